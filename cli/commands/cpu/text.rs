//! What `cpu` tells, as text of at most 100 columns.
use std::fmt::{Display, Write};

use anstyle::Style;

use super::explain::{Explanation, Planned};
use super::facts::{Allowed, Caches, Choice, Cpu, Facts, Layout, Row, not_saved};
use super::measured::Measured;
use crate::machine::{Feature, Offer};
use crate::roofs::Rates;
use crate::sizes::binary;

/// The columns that lines are broken at, and those that the names of facts take.
const WIDTH: usize = 100;
const NAMES: usize = 16;

const HEADING: Style = Style::new().bold();

/// Everything.
pub fn facts(facts: &Facts) -> String {
    let Facts { build, cpu, system, topology, lanestack, measured, .. } = facts;
    let mut out =
        Text(format!("lanestack {} ({}), {}, {}\n", build.version, build.revision, build.rustc, build.target));
    out.cpu(cpu);
    out.system(system, &cpu.features, topology.cpus);
    out.topology(topology);
    out.choice(lanestack);
    out.isas(lanestack);
    if let Some(measured) = measured {
        out.measured(measured);
    }
    out.0
}

/// What is done with a slice of so many elements, and why; or from which number on what is done.
pub fn explanation(explanation: &Explanation) -> String {
    let Explanation { op, dtype, elements, plans, .. } = explanation;
    let mut out = Text(String::new());
    let mut target = "";
    for plan in plans {
        let is_new = target != plan.target;
        target = plan.target;
        let what = match target {
            "into" => "into memory of yours",
            "in-place" => "in place",
            _ => "into new memory",
        };
        match elements {
            Some(len) => {
                out.heading(&format!("{op} of {len} {dtype}, {what}"));
                plan.why.iter().for_each(|(name, text)| out.fact(name, text));
            }
            None => {
                if is_new {
                    out.heading(&format!("{op} of {dtype}, {what}"));
                }
                out.step(plan);
            }
        }
    }
    if elements.is_none() {
        out.0 += "\n";
        out.sentence(&format!("With a number of elements, lanestack cpu --explain {op} {dtype} 8M tells why."));
    }
    out.0
}

struct Text(String);

impl Text {
    fn step(&mut self, plan: &Planned) {
        let stores = match (plan.streaming, plan.prefetching) {
            (true, _) => "streaming stores",
            (false, true) => "plain stores, prefetching",
            (false, false) => "plain stores",
        };
        let pages = if plan.huge_pages { ", in huge pages" } else { "" };
        let threads = counted(plan.threads, "thread");
        self.fact(&format!("from {}", plan.elements), format!("{threads} on {}, {stores}{pages}", plan.isa));
    }

    fn cpu(&mut self, cpu: &Cpu) {
        let model = cpu.family_model_stepping;
        let model =
            model.map(|(family, model, stepping)| format!("family {family}, model {model}, stepping {stepping}"));
        self.heading("What the CPU says");
        self.fact("brand", known(cpu.brand.as_ref()));
        self.fact("model", known(model));
        self.fact(
            "architecture",
            match cpu.x86_64_level {
                Some(level) => format!("{}, level {level} of 4 (x86-64-v{level})", cpu.architecture),
                None => cpu.architecture.to_owned(),
            },
        );
        self.fact(
            "vectors",
            match &cpu.vector_bits[..] {
                [] => known::<u32>(None),
                bits => {
                    let widest = bits[bits.len() - 1];
                    let all: Vec<String> = bits.iter().map(u32::to_string).collect();
                    format!("{} bits; the widest hold {} f64 or {} f32", all.join(", "), widest / 64, widest / 32)
                }
            },
        );
        self.fact("features", list(&cpu.features, |offer| offer != Offer::Missing));
        self.fact("not offered", list(&cpu.features, |offer| offer == Offer::Missing));
        self.fact(
            "cores",
            match &cpu.core_kinds[..] {
                [] => "of one kind, as far as the system tells".to_owned(),
                kinds => {
                    let kind =
                        |kind: &crate::machine::CoreKind| format!("{}: {}", kind.name, counted(kind.cpus.len(), "CPU"));
                    kinds.iter().map(kind).collect::<Vec<_>>().join("; ")
                }
            },
        );
    }

    fn system(&mut self, system: &Allowed, features: &[Feature], cpus: Option<usize>) {
        self.heading("What the system allows");
        self.fact(
            "system",
            match &system.release {
                Some(release) => format!("{} {release}", system.name),
                None => system.name.to_owned(),
            },
        );
        self.fact("hypervisor", system.hypervisor.as_deref().unwrap_or("none that it tells of"));
        let unsaved = match &not_saved(features)[..] {
            [] => String::new(),
            names => format!("; not those of {}: programs cannot use these", names.join(" ")),
        };
        self.fact(
            "registers",
            match (&system.registers_saved, system.xcr0) {
                (Some(saved), Some(xcr0)) => format!("saved are {} (XCR0 {xcr0:#x}){unsaved}", saved.join(" ")),
                _ => "unknown which are saved; features count as far as programs can use them".to_owned(),
            },
        );
        self.fact(
            "affinity",
            match (system.affinity_cpus, cpus) {
                (Some(allowed), Some(all)) if allowed >= all => "all CPUs".to_owned(),
                (Some(allowed), Some(all)) => format!("{allowed} of {all} CPUs"),
                (allowed, _) => known(allowed.map(|allowed| counted(allowed, "CPU"))),
            },
        );
        self.fact(
            "cgroup quota",
            system.quota_cpus.map_or("none known".to_owned(), |quota| format!("{quota:.1} CPUs")),
        );
        self.fact("memory", known(system.memory_bytes.map(|bytes| format!("{} for this process", binary(bytes)))));
        self.fact(
            "pages",
            format!("{}, huge pages {}", known(system.page_bytes.map(binary)), known(system.huge_pages.as_ref())),
        );
        self.fact("clock", known(system.governor.as_ref().map(|name| format!("governor {name}"))));
    }

    fn topology(&mut self, topology: &Layout) {
        self.heading("Topology");
        self.fact(
            "CPUs",
            match topology.cpus {
                Some(cpus) => {
                    let parts = [(topology.cores, "core"), (topology.sockets, "socket")];
                    let parts = parts.iter().filter_map(|&(count, name)| Some(counted(count?, name)));
                    std::iter::once(cpus.to_string()).chain(parts).collect::<Vec<_>>().join(", ")
                }
                None => known::<String>(None),
            },
        );
        if topology.caches.is_empty() {
            self.fact("caches", known::<String>(None));
        }
        for caches in &topology.caches {
            self.fact(&format!("L{} cache", caches.cache.level), about(caches));
        }
        if topology.memory_nodes.is_empty() {
            self.fact("memory nodes", known::<String>(None));
        }
        for node in &topology.memory_nodes {
            let cpus = counted(node.cpus.len(), "CPU");
            self.fact(
                &format!("memory node {}", node.number),
                format!("{} near {cpus}", known(node.bytes.map(binary))),
            );
        }
    }

    fn choice(&mut self, choice: &Choice) {
        self.heading("What lanestack uses, and why");
        self.fact("isa", format!("{}: {}", choice.isa, choice.isa_why));
        self.fact("threads", format!("{}: {}", choice.threads, choice.threads_why));
        self.fact("stores", format!("{}: {}", choice.stores, choice.stores_why));
        self.fact(
            "huge pages",
            match choice.huge_pages_from_bytes {
                Some(bytes) => format!("asked for in new memory of {} or more", binary(bytes as u64)),
                None => "not asked for on this system".to_owned(),
            },
        );
        if let Some(ns) = choice.wake_ns {
            self.fact("waking", format!("{:.0} µs until all threads have come, as this process measured", ns / 1e3));
        }
        let set = choice.settings.iter().filter_map(|set| Some(format!("{}={}", set.name, set.value.as_ref()?)));
        let unset = choice.settings.iter().filter(|setting| setting.value.is_none()).map(|setting| setting.name);
        let unset: Vec<&str> = unset.collect();
        let unset = if unset.is_empty() { String::new() } else { format!("not set: {}", unset.join(", ")) };
        self.fact(
            "variables",
            set.chain([unset].into_iter().filter(|text| !text.is_empty())).collect::<Vec<_>>().join("; "),
        );
        self.0 += "\n  op     type isa      at once  largest error      threads from  streaming from  wider isa\n";
        for row in &choice.ops {
            self.row(row);
        }
    }

    fn row(&mut self, row: &Row) {
        let error = match row.ulp {
            0.5 => "correctly rounded".to_owned(),
            ulp => format!("{ulp} ulp"),
        };
        let from = |elements: Option<usize>| elements.map_or("never".to_owned(), |elements| elements.to_string());
        let wider = row.wider.as_ref().map_or("none".to_owned(), |wider| match wider.why.starts_with("available") {
            true => format!("{}: not asked for", wider.isa),
            false => format!("{}: not offered", wider.isa),
        });
        let (op, dtype, isa, at_once) = (row.op, row.dtype, row.isa, known(row.at_once));
        let (threads, streaming) = (from(row.threads_from), from(row.streaming_from));
        self.line(&format!(
            "  {op:<7}{dtype:<5}{isa:<9}{at_once:>7}  {error:<17}  {threads:<13} {streaming:<15} {wider}"
        ));
    }

    /// The other instruction sets: why they are not taken, and how they can be.
    fn isas(&mut self, choice: &Choice) {
        self.heading("What if: the other instruction sets that there are kernels for");
        for known in choice.isas.iter().filter(|known| !known.taken) {
            self.fact(known.isa, known.why_not.as_deref().unwrap_or_default());
        }
        if choice.isas.iter().filter(|known| known.available).count() > 1 {
            self.fact("compare", "lanestack compare --isa all measures what each of those available gives");
        }
    }

    fn measured(&mut self, measured: &Measured) {
        let roofs = &measured.roofs;
        let all = roofs.threads[roofs.threads.len() - 1];
        let pair = |rates: &Rates, digits: usize| match all {
            1 => format!("{:.digits$}", rates.one()),
            _ => format!("{:.digits$} / {:.digits$}", rates.one(), rates.all()),
        };
        let threads = if all == 1 { "one thread".to_owned() } else { format!("one thread / {all}") };
        self.heading(&format!("What memory gives at most: GB/s, {threads}"));
        self.0 += "  level   each thread's   read             written          copied (read + written)\n";
        for level in &roofs.levels {
            let by = [
                ("lanes", Some(&level.copy_plain)),
                ("memcpy", Some(&level.copy_memcpy)),
                ("streaming", level.copy_streaming.as_ref()),
            ];
            let fastest = |(_, rates): &&(&str, Option<&Rates>)| rates.is_some_and(|r| r.all() == level.copy.all());
            let by = by.iter().find(fastest).map_or("", |(name, _)| name);
            let (read, write, copy) = (pair(&level.read, 1), pair(&level.write, 1), pair(&level.copy, 1));
            let bytes = binary(level.bytes as u64);
            self.line(&format!("  {:<8}{bytes:<16}{read:<17}{write:<17}{copy:<16} by {by}", level.name));
        }
        self.heading(&format!("What arithmetic gives at most: billions a second, {threads}"));
        self.0 += "  isa       type  multiply-adds (Gflop/s)  square roots   quotients\n";
        for peak in &roofs.peaks {
            let (gflops, roots, quotients) =
                (pair(&peak.gflops, 1), pair(&peak.square_roots, 2), pair(&peak.quotients, 2));
            self.line(&format!("  {:<10}{:<6}{gflops:<25}{roots:<15}{quotients}", peak.isa, peak.dtype));
        }
        if roofs.threads.len() > 2 {
            self.heading("Threads");
            self.0 += "  threads  copied in memory (GB/s)  multiply-adds (Gflop/s)\n";
            let memory = roofs.levels.iter().find(|level| level.name == "memory");
            for (k, threads) in roofs.threads.iter().enumerate() {
                let copy = known(memory.map(|memory| format!("{:.1}", memory.copy.0[k])));
                let gflops = known(roofs.peaks.first().map(|peak| format!("{:.1}", peak.gflops.0[k])));
                self.line(&format!("  {threads:<9}{copy:<25}{gflops}"));
            }
        }
        self.heading("What follows: recommended settings");
        for setting in &measured.settings {
            self.sentence(&format!("{}={}: {}", setting.variable, setting.value, setting.why));
        }
        for sentence in &measured.sentences {
            self.sentence(sentence);
        }
    }

    fn heading(&mut self, text: &str) {
        writeln!(self.0, "\n{HEADING}{text}{HEADING:#}").expect("a string takes all");
    }

    /// A line, without the blanks at its end.
    fn line(&mut self, line: &str) {
        self.0 += line.trim_end();
        self.0.push('\n');
    }

    /// A name and what is to be said of it, on as many lines as it takes.
    fn fact(&mut self, name: &str, text: impl Display) {
        self.words(&format!("  {name:<NAMES$}"), 2 + NAMES, &text.to_string());
    }

    /// A sentence.
    fn sentence(&mut self, text: &str) {
        self.words("  ", 4, text);
    }

    /// Words after what the first line begins with, the other lines indented.
    fn words(&mut self, start: &str, indent: usize, text: &str) {
        let mut line = start.to_owned();
        for (k, word) in text.split(' ').enumerate() {
            if k > 0 && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.line(&line);
                line = " ".repeat(indent);
            } else if k > 0 {
                line.push(' ');
            }
            line += word;
        }
        self.line(&line);
    }
}

fn about(caches: &Caches) -> String {
    let cache = &caches.cache;
    let shared = match cache.shared_by {
        Some(1) => " for each CPU".to_owned(),
        Some(n) => format!(" for {n} CPUs"),
        None => String::new(),
    };
    let count = caches.count.map_or(String::new(), |count| format!("{count} of "));
    let line = cache.line_bytes.map_or(String::new(), |bytes| format!(", lines of {bytes} bytes"));
    format!("{count}{} {}{shared}{line}", binary(cache.bytes), cache.kind)
}

fn counted(count: usize, name: &str) -> String {
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

fn list(features: &[Feature], wanted: fn(Offer) -> bool) -> String {
    let names: Vec<&str> =
        features.iter().filter(|feature| wanted(feature.offer)).map(|feature| feature.name).collect();
    match names.is_empty() {
        true if features.is_empty() => known::<String>(None),
        true => "none".to_owned(),
        false => names.join(" "),
    }
}

fn known<T: Display>(fact: Option<T>) -> String {
    fact.map_or("unknown".to_owned(), |fact| fact.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::cpu::measured;
    use crate::machine::System;
    use lanestack::{Engine, Threads};

    fn text(system: &System, measured: Option<Measured>) -> String {
        let engine = Engine::builder().threads(Threads::Exactly(4)).build().expect("four threads");
        let mut facts = Facts::gather(&engine, system);
        facts.measured = measured;
        let text = super::facts(&facts);
        assert!(
            text.lines().all(|line| anstream::adapter::strip_str(line).to_string().chars().count() <= WIDTH),
            "{text}"
        );
        text
    }

    /// Without `/proc` and `/sys`, what they would tell is unknown, and all else is there.
    #[test]
    fn an_unknown_system() {
        let text = text(&System::at(None), None);
        for unknown in
            ["affinity        unknown", "memory          unknown", "CPUs            unknown", "memory nodes    unknown"]
        {
            assert!(text.contains(unknown), "{unknown:?} in:\n{text}");
        }
        assert!(text.contains("threads         4: ") && text.contains("exp    f64 "), "{text}");
    }

    #[test]
    fn what_was_measured() {
        let text = text(&System::here(), Some(measured::tests::made_up()));
        assert!(
            text.contains("memory  128 MiB         20.0 / 31.5      30.0 / 60.0      20.0 / 31.5      by streaming"),
            "{text}"
        );
        assert!(text.contains("  2        31.0                     118.0"), "{text}");
        assert!(text.contains("  LANESTACK_NUM_THREADS=2: 2 threads do"), "{text}");
    }
}
