//! The command `cpu`.
use std::fmt::Display;
use std::io::{self, Write};

use anstyle::Style;
use clap::ValueEnum;
use lanestack::{Element, Engine, Isa, Op, Target, Threads, build};

use crate::args::{Cpu, Dtype, elements};
use crate::failure::Failure;
use crate::machine::{self, Allowance, Cache, Feature, Offer, Topology};

/// The columns that lines are broken at, and those that the names of facts take.
const WIDTH: usize = 100;
const NAMES: usize = 16;

const HEADING: Style = Style::new().bold();

/// Runs it.
pub fn run(options: &Cpu) -> Result<(), Failure> {
    if let [op, dtype, len] = options.explain.as_slice() {
        return explain(options, op, dtype, len);
    }
    let engine = Engine::builder().build()?;
    if options.measure {
        println!("{}", serde_json::to_string_pretty(&crate::roofs::Roofs::measure(engine.workers())?).unwrap());
        return Ok(());
    }
    let mut out = anstream::stdout().lock();
    writeln!(out, "lanestack {} ({}), {}, {}", build::VERSION, build::REVISION, build::RUSTC, build::TARGET)?;
    write_processor(&mut out, &machine::features())?;
    write_system(&mut out, &machine::features())?;
    write_choice(&mut out, &engine)?;
    write_rejected(&mut out, &engine)?;
    Ok(out.flush()?)
}

/// What is done with a slice, and why: into memory of the caller's, in place, and into new memory.
fn explain(options: &Cpu, op: &str, dtype: &str, len: &str) -> Result<(), Failure> {
    let op: Op = op.parse()?;
    let dtype = Dtype::from_str(dtype, false)
        .map_err(|_| Failure::Usage(format!("unknown type {dtype:?}: expected f32 or f64")))?;
    let len = elements(len).map_err(|why| Failure::Usage(format!("bad number of elements {len:?}: {why}")))?;
    let builder = Engine::builder().accuracy(options.accuracy).threads(options.threads);
    let engine = match options.isa {
        Some(isa) => builder.isa(isa).build()?,
        None => builder.build()?,
    };
    let plan = |target| match dtype {
        Dtype::F32 => engine.plan::<f32>(op, len, target),
        Dtype::F64 => engine.plan::<f64>(op, len, target),
    };
    let mut out = anstream::stdout().lock();
    for (target, what) in
        [(Target::Into, "into memory of yours"), (Target::InPlace, "in place"), (Target::New, "into new memory")]
    {
        let plan = plan(target);
        heading(&mut out, &format!("{op} of {len} {}, {what}", plan.dtype))?;
        for line in plan.to_string().lines() {
            let (name, text) = line.split_once(": ").expect("a name");
            let text = if name == "isa" && options.isa.is_none() {
                format!("{text}: {}", why_isa(plan.isa))
            } else {
                text.to_owned()
            };
            fact(&mut out, name, text)?;
        }
    }
    Ok(out.flush()?)
}

fn write_processor(out: &mut impl Write, features: &[Feature]) -> io::Result<()> {
    let processor = machine::processor();
    let model = processor.family_model_stepping;
    let model = model.map(|(family, model, stepping)| format!("family {family}, model {model}, stepping {stepping}"));
    heading(out, "What the CPU says")?;
    fact(out, "brand", known(processor.brand))?;
    fact(out, "model", known(model))?;
    fact(out, "hypervisor", processor.hypervisor.as_deref().unwrap_or("none that it tells of"))?;
    fact(out, "features", list(features, |offer| offer != Offer::Missing))?;
    fact(out, "not offered", list(features, |offer| offer == Offer::Missing))?;
    let caches = machine::caches();
    if caches.is_empty() {
        fact(out, "caches", known::<String>(None))?;
    }
    caches.iter().try_for_each(|cache| fact(out, &format!("L{} cache", cache.level), about(cache)))
}

fn write_system(out: &mut impl Write, features: &[Feature]) -> io::Result<()> {
    let (topology, allowance) = (machine::topology(), machine::allowance());
    let saved = match list(features, |offer| offer == Offer::NotSaved).as_str() {
        "none" => "saved for all features above".to_owned(),
        names => format!("not saved for {names}: programs cannot use these"),
    };
    heading(out, "What the system allows")?;
    fact(out, "registers", if features.is_empty() { known::<String>(None) } else { saved })?;
    fact(out, "CPUs", cpus(&topology))?;
    fact(out, "affinity", known(allowance.cpus.map(|cpus| affinity(cpus, &topology))))?;
    fact(out, "cgroup quota", allowance.quota.map_or("none known".to_owned(), |quota| format!("{quota:.1} CPUs")))?;
    fact(out, "memory", known(allowance.memory.map(|bytes| format!("{:.1} GB for this process", bytes as f64 / 1e9))))?;
    fact(out, "pages", pages(&allowance))
}

fn write_choice(out: &mut impl Write, engine: &Engine) -> io::Result<()> {
    let threads = engine.workers();
    heading(out, "What lanestack makes of it")?;
    fact(out, "isa", format!("{}: {}", engine.isa(), why_isa(engine.isa())))?;
    fact(out, "threads", format!("{threads}: {}", machine::why_threads(Threads::Auto, threads)))?;
    writeln!(out)?;
    writeln!(out, "  op      type  isa       at once  largest error      threads pay from")?;
    for &op in Op::ALL {
        write_op::<f32>(out, engine, op)?;
        write_op::<f64>(out, engine, op)?;
    }
    Ok(())
}

fn write_op<T: Element>(out: &mut impl Write, engine: &Engine, op: Op) -> io::Result<()> {
    let isa = engine.isa();
    let spec = op.spec::<T>(engine.accuracy());
    let error = match if isa.is_fused() == Some(true) { spec.ulp } else { spec.ulp_unfused } {
        0.5 => "correctly rounded".to_owned(),
        ulp => format!("{ulp} ulp"),
    };
    let at_once = known(isa.block::<T>(op, engine.accuracy()));
    let from = parallel_from::<T>(engine, op).map_or("never: one thread".to_owned(), |len| format!("{len} elements"));
    writeln!(out, "  {op:<8}{:<6}{isa:<10}{at_once:>7}  {error:<17}  {from}", T::NAME)
}

/// The other instruction sets: why they are not taken, and how they can be.
fn write_rejected(out: &mut impl Write, engine: &Engine) -> io::Result<()> {
    heading(out, "Not taken")?;
    for &isa in Isa::ALL.iter().filter(|&&isa| isa != engine.isa()) {
        let why = match machine::lacking(isa) {
            Some(lack) => format!("not available: {lack}"),
            None => format!("available; {}={isa} takes it", lanestack::ISA_VARIABLE),
        };
        fact(out, isa.name(), why)?;
    }
    Ok(())
}

fn why_isa(isa: Isa) -> String {
    match std::env::var_os(lanestack::ISA_VARIABLE) {
        Some(value) if !value.is_empty() => format!("by {}", lanestack::ISA_VARIABLE),
        _ if isa == Isa::ALL[0] => "the widest that there are kernels for".to_owned(),
        _ => "the best of those that this CPU and system offer".to_owned(),
    }
}

/// The number of elements from which on threads are used, if there are several.
fn parallel_from<T: Element>(engine: &Engine, op: Op) -> Option<usize> {
    let (mut serial, mut parallel) = (0, 1 << 40);
    engine.is_parallel::<T>(op, parallel).then_some(())?;
    while parallel - serial > 1 {
        let middle = serial + (parallel - serial) / 2;
        *if engine.is_parallel::<T>(op, middle) { &mut parallel } else { &mut serial } = middle;
    }
    Some(parallel)
}

fn about(cache: &Cache) -> String {
    let size = match cache.bytes {
        bytes if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        bytes => format!("{} KiB", bytes >> 10),
    };
    let shared = match cache.shared_by {
        Some(1) => " for each CPU".to_owned(),
        Some(n) => format!(" for {n} CPUs"),
        None => String::new(),
    };
    let line = cache.line_bytes.map_or(String::new(), |bytes| format!(", lines of {bytes} bytes"));
    format!("{size} {}{shared}{line}", cache.kind)
}

fn cpus(topology: &Topology) -> String {
    let parts = [(topology.cores, "core"), (topology.sockets, "socket"), (topology.memory_nodes, "memory node")];
    let parts = parts.iter().filter_map(|&(count, name)| Some(counted(count?, name)));
    match topology.cpus {
        Some(cpus) => std::iter::once(cpus.to_string()).chain(parts).collect::<Vec<_>>().join(", "),
        None => known::<String>(None),
    }
}

fn affinity(cpus: usize, topology: &Topology) -> String {
    match topology.cpus {
        Some(all) if cpus >= all => "all CPUs".to_owned(),
        Some(all) => format!("{cpus} of {all} CPUs"),
        None => counted(cpus, "CPU"),
    }
}

fn pages(allowance: &Allowance) -> String {
    let size = allowance.page_bytes.map(|bytes| format!("{} KiB", bytes >> 10));
    format!("{}, huge pages {}", known(size), known(allowance.huge_pages.as_ref()))
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

fn heading(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n{HEADING}{text}{HEADING:#}")
}

/// A name and what is to be said of it, on as many lines as it takes.
fn fact(out: &mut impl Write, name: &str, text: impl Display) -> io::Result<()> {
    let mut line = format!("  {name:<NAMES$}");
    let mut is_new = true;
    for word in text.to_string().split(' ') {
        if !is_new && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "{line}")?;
            line = " ".repeat(2 + NAMES);
            is_new = true;
        }
        line += if is_new { "" } else { " " };
        line += word;
        is_new = false;
    }
    writeln!(out, "{line}")
}
