//! The report of `compare` for people: at most 100 columns.
use anstyle::{AnsiColor, Style};

use crate::baseline::Baseline;
use crate::beside::{Beside, LANESTACK, LEGEND};
use crate::comparison::{Bits, Comparison, Inputs, Limit, Provenance, Row, Section, Stack};
use crate::measure::{NOISY, Summary};
use crate::sizes::binary;
use crate::story::times;
use crate::tables;

/// Columns of a paragraph.
const WIDTH: usize = 98;
/// Columns of a variant's name and bits, and of its figures at one size.
const LEFT: usize = 19;
const SIDE: usize = 39;

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default();

/// All of it.
pub fn text(comparison: &Comparison) -> String {
    let mut lines = header(&comparison.provenance);
    lines.extend(roofs(comparison));
    lines.extend(legend(&comparison.notes));
    let best = comparison.provenance.isas.last().copied().unwrap_or_default();
    for sections in pairs_of(&comparison.sections) {
        lines.push(String::new());
        lines.extend(table(&sections, best));
    }
    lines.extend(stacks(&comparison.sections));
    lines.extend(inputs(&comparison.inputs));
    lines.extend(comparison.beside.iter().flat_map(beside));
    for sentence in &comparison.sentences {
        lines.push(String::new());
        let (lead, rest) = sentence.split_once(':').unwrap_or(("", sentence));
        lines.extend(paragraph(lead, rest));
    }
    lines.extend(comparison.baseline.iter().flat_map(|baseline| changes(comparison, baseline)));
    lines.push(String::new());
    lines.push(format!("{FAINT}Measured in {:.0} s. With --json, everything in full.{FAINT:#}", comparison.seconds));
    lines.join("\n") + "\n"
}

/// What has changed since another run.
fn changes(comparison: &Comparison, baseline: &Baseline) -> Vec<String> {
    let mut lines = Vec::new();
    for sentence in baseline.sentences() {
        let (lead, rest) = sentence.split_once(':').unwrap_or(("", &sentence));
        lines.push(String::new());
        lines.extend(paragraph(lead, rest));
    }
    let Some(table) = tables::changes(comparison).filter(|table| !table.rows.is_empty()) else { return lines };
    lines.push(String::new());
    let row =
        |cells: &[String]| format!("{:<38}{:>12}{:>12}{:>10}  {}", cells[0], cells[1], cells[2], cells[3], cells[4]);
    lines.push(format!("{FAINT}{}{FAINT:#}", row(&table.heads)));
    lines.extend(table.rows.iter().map(|cells| row(cells)));
    lines
}

/// How much longer the slowest class of input takes than the fastest.
fn inputs(inputs: &[Inputs]) -> Vec<String> {
    let mut lines = Vec::new();
    for inputs in inputs {
        let Some(((slow, fast), times)) = inputs.extremes().zip(inputs.times()) else { continue };
        if lines.is_empty() {
            let title = "what input does: the slowest class over the fastest, in cache, one thread";
            lines.extend([String::new(), format!("{STRONG}{title}{STRONG:#}")]);
        }
        lines.push(format!(
            "{:<11}{:<9}{times:>5.2}   {} {} ns, {} {} ns",
            format!("{} {}", inputs.op, inputs.dtype),
            inputs.variant,
            slow.name,
            nanoseconds(slow.ns.median).trim(),
            fast.name,
            nanoseconds(fast.ns.median).trim()
        ));
    }
    lines
}

/// The build and the machine.
fn header(provenance: &Provenance) -> Vec<String> {
    let Provenance { version, revision, rustc, target, .. } = provenance;
    let mut lines = vec![format!("{STRONG}lanestack {version}{STRONG:#} ({revision}), {rustc}, {target}")];
    if !provenance.optimized {
        lines.push(format!("{WARN}{UNOPTIMIZED}{WARN:#}"));
    }
    for (name, value) in facts(provenance) {
        lines.extend(wrap(&value, WIDTH - 9).into_iter().enumerate().map(|(k, part)| {
            let name = if k == 0 { name } else { "" };
            format!("{FAINT}{name:<9}{FAINT:#}{part}")
        }));
    }
    lines
}

/// What to know of a debug build.
pub const UNOPTIMIZED: &str = "A debug build: its figures say nothing of the library's speed.";

/// The machine, and what is used of it.
pub fn facts(provenance: &Provenance) -> [(&'static str, String); 4] {
    let processor = &provenance.processor;
    let brand = processor.brand.as_deref().unwrap_or("unknown");
    let signature = processor.family_model_stepping.map_or(String::new(), |(family, model, stepping)| {
        format!(", family {family} model {model} stepping {stepping}")
    });
    let hypervisor = processor.hypervisor.as_ref().map_or(String::new(), |name| format!(", a guest of {name}"));
    let caches: Vec<String> =
        provenance.caches.iter().map(|cache| format!("L{} {}", cache.level, binary(cache.bytes))).collect();
    let caches = if caches.is_empty() { "unknown".to_owned() } else { caches.join(", ") };
    let memory = provenance.allowance.memory.map_or("unknown".to_owned(), binary);
    let pages = provenance.allowance.huge_pages.as_ref().map_or(String::new(), |when| format!(", huge pages: {when}"));
    [
        ("CPU", format!("{brand}{signature}{hypervisor}")),
        ("isas", format!("{}, best last ({})", provenance.isas.join(", "), provenance.isas_why)),
        ("threads", format!("{} ({})", provenance.threads, provenance.threads_why)),
        ("caches", format!("{caches}; memory allowed {memory}{pages}")),
    ]
}

/// What memory can do: a line for each kind, a column for each place.
fn roofs(comparison: &Comparison) -> Vec<String> {
    let mut kinds: Vec<&str> = comparison.roofs.iter().map(|roof| roof.kind).collect();
    let mut places: Vec<(&str, usize)> =
        comparison.roofs.iter().map(|roof| (roof.place.as_str(), roof.threads)).collect();
    sort_once(&mut kinds);
    sort_once(&mut places);
    let heads = places.iter().map(|&(place, threads)| format!("{:>11}", numbered(place, threads)));
    let mut lines = vec![format!("{FAINT}{:<27}{}{FAINT:#}", "roofs    GB/s", heads.collect::<String>())];
    for kind in kinds {
        let figures = places.iter().map(|&(place, threads)| {
            let mut roofs = comparison.roofs.iter();
            let roof = roofs.find(|roof| (roof.kind, roof.place.as_str(), roof.threads) == (kind, place, threads));
            format!("{:>11}", roof.map_or(String::new(), |roof| figure(roof.gb_per_s.median)))
        });
        lines.push(format!("{:<9}{kind:<18}{}", "", figures.collect::<String>()).trim_end().to_owned());
    }
    if let Some(wake) = comparison.wake_up_ns.map(|ns| ns.scaled(1e-3)) {
        let Summary { p25, median, p75, .. } = wake;
        let text = format!("a parallel call takes {median:.0} us before any work (quartiles {p25:.0} and {p75:.0})");
        lines.push(format!("{FAINT}{:<9}{FAINT:#}{text}", "wake-up"));
    }
    lines
}

/// Sorted, and each just once.
fn sort_once<T: Ord>(all: &mut Vec<T>) {
    all.sort_unstable();
    all.dedup();
}

/// A name, with the number of threads if these are several.
pub fn numbered(name: &str, threads: usize) -> String {
    if threads > 1 { format!("{name} x{threads}") } else { name.to_owned() }
}

/// How to read the tables.
fn legend(notes: &[String]) -> Vec<String> {
    let text = format!(
        "Each line is a variant: std is a plain Rust loop on the platform's libm, the others are lanestack's; xN is on N \
         threads, which in cache repeat a chunk each. ns: per element, the median. +-%: from there to the farther quartile, \
         ! above {:.0}. GB/s: bytes read and written. roof%: of the speed of the faster copy, same place and threads. gain: \
         times as fast as std on one thread. limit: what the time goes to. bits: = for scalar's bits, or how many elements \
         differ from them.",
        100.0 * NOISY
    );
    let mut lines = vec![String::new()];
    lines.extend(
        [text].iter().chain(notes).flat_map(|text| wrap(text, WIDTH)).map(|line| format!("{FAINT}{line}{FAINT:#}")),
    );
    lines
}

/// The sections of one op and type, two sizes to a table.
fn pairs_of(sections: &[Section]) -> Vec<Vec<&Section>> {
    let mut tables: Vec<Vec<&Section>> = Vec::new();
    for section in sections {
        match tables.last_mut() {
            Some(table) if table.len() < 2 && (table[0].op, table[0].dtype) == (section.op, section.dtype) => {
                table.push(section);
            }
            _ => tables.push(vec![section]),
        }
    }
    tables
}

fn table(sections: &[&Section], best: &str) -> Vec<String> {
    let title = format!("{} {}", sections[0].op, sections[0].dtype);
    let mut top = format!("{STRONG}{title:<LEFT$}{STRONG:#}");
    let mut heads = format!("{:<11}{:<8}", "variant", "bits");
    for section in sections {
        top += &format!(
            "|{:^SIDE$}",
            format!("{}: {}, {}", section.place, elements(section.elements), binary(section.bytes))
        );
        heads += &format!("|{:>7}{:>4} {:>5}{:>6}{:>6}  {:<8}", "ns", "+-%", "GB/s", "roof%", "gain", "limit");
    }
    let mut lines = vec![top.trim_end().to_owned(), format!("{FAINT}{}{FAINT:#}", heads.trim_end())];
    let mut variants: Vec<(&str, usize)> = Vec::new();
    for row in sections.iter().flat_map(|section| &section.rows) {
        if !variants.contains(&(row.variant, row.threads)) {
            variants.push((row.variant, row.threads));
        }
    }
    for (variant, threads) in variants {
        let rows = sections
            .iter()
            .map(|section| section.rows.iter().find(|row| (row.variant, row.threads) == (variant, threads)));
        lines.push(variant_line(variant, threads, rows, variant == best));
    }
    lines
}

fn variant_line<'a>(
    variant: &str,
    threads: usize,
    rows: impl Iterator<Item = Option<&'a Row>> + Clone,
    best: bool,
) -> String {
    let name = numbered(variant, threads);
    let bits = rows.clone().flatten().find_map(|row| row.bits).map_or(String::new(), |bits| same(&bits));
    let style = if best { STRONG } else { Style::new() };
    let sides: String = rows.map(|row| format!("|{}", row.map_or(" ".repeat(SIDE), |row| side(row, best)))).collect();
    format!("{style}{name:<11}{style:#}{bits:<8}{sides}").trim_end().to_owned()
}

/// A variant's figures at one size.
fn side(row: &Row, best: bool) -> String {
    let Some(ns) = row.ns else {
        let why =
            row.paired.map_or(String::new(), |paired| format!(": {} of {} pairs clean", paired.clean, paired.pairs));
        return format!("{WARN}{:^SIDE$}{WARN:#}", format!("not shown{why}"));
    };
    let percent = 100.0 * ns.spread();
    let spread = if percent < 9.95 { format!("{percent:.1}") } else { format!("{percent:.0}") };
    let (warn, mark) = if row.noisy { (WARN, "!") } else { (FAINT, " ") };
    let good = if best { GOOD } else { Style::new() };
    format!(
        "{:>7}{warn}{:>5}{warn:#}{:>5}{:>6}{good}{:>6}{good:#}  {:<8}",
        nanoseconds(ns.median),
        spread + mark,
        row.gb_per_s.map_or(String::new(), figure),
        row.roof_percent.map_or(String::new(), |percent| format!("{percent:.0}")),
        row.speedup_over_std.map_or(String::new(), times),
        row.limit.map_or(String::new(), |of| format!("{}{}", limit(of), if row.noisy { "?" } else { "" })),
    )
}

/// Three decimals as long as there is room.
pub fn nanoseconds(ns: f64) -> String {
    if ns < 999.0 { format!("{ns:.3}") } else { format!("{ns:.0}") }
}

pub fn figure(x: f64) -> String {
    if x < 99.95 { format!("{x:.1}") } else { format!("{x:.0}") }
}

pub fn limit(limit: Limit) -> &'static str {
    match limit {
        Limit::Compute => "compute",
        Limit::Cache => "cache",
        Limit::Memory => "memory",
        Limit::Both => "both",
    }
}

pub fn same(bits: &Bits) -> String {
    let percent = 100.0 * bits.differ as f64 / bits.elements as f64;
    match bits.differ {
        _ if bits.reference => "scalar".to_owned(),
        0 => "=".to_owned(),
        _ if percent < 0.01 => "<.01%".to_owned(),
        _ => format!("{percent:.2}%"),
    }
}

/// A number of elements in a few digits.
pub fn elements(n: usize) -> String {
    match n {
        n if n >= 1_000_000 => format!("{:.1} M elements", n as f64 / 1e6),
        1 => "1 element".to_owned(),
        n => format!("{n} elements"),
    }
}

/// Lanes and threads, each alone and both together.
fn stacks(sections: &[Section]) -> Vec<String> {
    let stacked = pairs_of(sections).into_iter().filter(|table| table.iter().any(|section| section.stack.is_some()));
    let tables: Vec<_> = stacked.collect();
    let Some(first) = tables.first() else { return Vec::new() };
    let mut top = format!("{STRONG}{:<LEFT$}{STRONG:#}", "lanes x threads");
    let mut heads = format!("{:<LEFT$}", "over std");
    for section in first {
        top += &format!("|{:^SIDE$}", if section.in_cache { "in cache" } else { "in memory" });
        heads += &format!("|{:>7}{:>8}{:>9}{:>10}     ", "lanes", "threads", "product", "together");
    }
    let mut lines = vec![String::new(), top.trim_end().to_owned(), format!("{FAINT}{}{FAINT:#}", heads.trim_end())];
    for table in tables {
        let name = format!("{} {}", table[0].op, table[0].dtype);
        let sides: String = table
            .iter()
            .map(|section| {
                section.stack.map_or(format!("|{:^SIDE$}", "not shown"), |of| format!("|{:<SIDE$}", stack(of)))
            })
            .collect();
        lines.push(format!("{name:<LEFT$}{sides}").trim_end().to_owned());
    }
    lines
}

fn stack(stack: Stack) -> String {
    format!(
        "{:>7}{:>8}{:>9}{:>10} {:>4}",
        times(stack.lanes),
        times(stack.threads),
        times(stack.product()),
        times(stack.both),
        format!("{:.0}%{}", 100.0 * stack.share(), if stack.noisy { "!" } else { "" }),
    )
}

/// lanestack beside others.
fn beside(beside: &Beside) -> Vec<String> {
    let mut lines = vec![String::new()];
    lines.extend(wrap(LEGEND, WIDTH).into_iter().map(|line| format!("{FAINT}{line}{FAINT:#}")));
    for table in &beside.tables {
        let title = format!("{} {}", table.op, table.dtype);
        lines.push(String::new());
        lines.push(format!("{STRONG}{title}{STRONG:#} beside others: {} elements, one thread", table.elements));
        let mut rows = table.text().into_iter();
        lines.extend(rows.next().map(|heads| format!("{FAINT}{heads}{FAINT:#}")));
        lines.extend(rows.zip(&table.rows).map(|(line, row)| {
            let style = if row.library == LANESTACK { STRONG } else { Style::new() };
            format!("{style}{line}{style:#}")
        }));
    }
    for absent in &beside.absent {
        lines.push(String::new());
        lines.extend(paragraph("Absent", &format!(" {absent}")));
    }
    lines
}

/// A sentence with what it is about in front.
fn paragraph(lead: &str, rest: &str) -> Vec<String> {
    let mut lines = wrap(&format!("{lead}:{rest}"), WIDTH);
    if let Some(first) = lines.first_mut() {
        *first = first.replacen(lead, &format!("{STRONG}{lead}{STRONG:#}"), 1);
    }
    lines
}

/// The words in lines of at most so many columns.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a line");
        if !line.is_empty() && line.len() + 1 + word.len() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::made_up;

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let text = anstream::adapter::strip_str(&text(&made_up())).to_string();
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{line}");
            assert_eq!(line.trim_end(), line);
        }
        for part in [
            "not shown: 3 of 9 pairs clean",
            "exp f64",
            "square f64",
            "8.4 M elements",
            "A debug build",
            "beside others",
            "Absent: SVML",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn columns_stand_below_their_heads() {
        let comparison = made_up();
        let lines = table(&[&comparison.sections[0], &comparison.sections[1]], "avx2");
        let bars = |line: &String| {
            let plain = anstream::adapter::strip_str(line).to_string();
            plain.char_indices().filter(|(_, c)| *c == '|').map(|(at, _)| at).collect::<Vec<_>>()
        };
        assert!(lines.iter().all(|line| bars(line) == bars(&lines[0])), "{}", lines.join("\n"));
    }

    #[test]
    fn words_are_wrapped() {
        assert_eq!(wrap("a bc def g", 4), ["a bc", "def", "g"]);
        assert_eq!(wrap("longword a", 4), ["longword", "a"]);
    }
}
