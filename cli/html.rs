//! The report of `compare` as one HTML file: pictures, a sentence below each, and behind them the tables.
//!
//! Nothing is loaded from anywhere. Colours follow the reader's scheme; the only script copies tables.
mod curves;
mod frame;
mod roofline;
mod stacks;
mod strips;
mod svg;

use crate::baseline::Baseline;
use crate::captions::Captions;
use crate::comparison::{Comparison, Provenance, Section, Stack};
use crate::date;
use crate::report::{UNOPTIMIZED, facts};
use crate::story::times;
use crate::tables::{self, Table};
use svg::escaped;

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/copy.js");
/// Nothing from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/// The whole file.
pub fn page(comparison: &Comparison) -> String {
    let Provenance { version, revision, time, .. } = &comparison.provenance;
    let brand = comparison.provenance.processor.brand.as_deref().unwrap_or("unknown CPU");
    let title = format!("lanestack on {brand}, {}", date::day(*time));
    let parts = [header(comparison), cards(comparison), figures(comparison), changes(comparison), rest(comparison)];
    let json = serde_json::to_string(comparison).expect("plain data").replace('<', "\\u003c");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"generator\" content=\"lanestack {version} ({revision})\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{}\n</main>\n\
         <script type=\"application/json\" id=\"figures\">{json}</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        escaped(&title),
        parts.join("\n"),
    )
}

/// What was measured, where and when.
fn header(comparison: &Comparison) -> String {
    let provenance = &comparison.provenance;
    let Provenance { version, revision, rustc, target, optimized, time, .. } = provenance;
    let build = format!("lanestack {version} ({revision}), {rustc}, {target}");
    let facts = [("date", date::minute(*time)), ("build", build)].into_iter().chain(facts(provenance));
    let facts: String = facts.map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escaped(&value))).collect();
    let warning = if *optimized { String::new() } else { format!("<p class=\"warn\">{UNOPTIMIZED}</p>") };
    let noise = comparison.sentences.iter().find(|sentence| sentence.starts_with("Noise:"));
    let noise = noise.map_or(String::new(), |noise| format!("<p class=\"warn\">{}</p>", escaped(noise)));
    format!(
        "<header>\n<h1>How fast are exp, log, sqrt and square here, and why?</h1>\n<p class=\"lead\">Lanes inside a core, threads \
         across cores: what each gives on this machine, what both give together, and what stands in the way.</p>\n\
         <dl>{facts}</dl>{warning}{noise}\n</header>"
    )
}

/// The gain of each op, in large figures.
fn cards(comparison: &Comparison) -> String {
    let dtype = comparison.sections.first().map_or("f64", |section| section.dtype);
    let mut ops: Vec<&str> = comparison.sections.iter().map(|section| section.op).collect();
    ops.dedup();
    let find = |op: &str, in_cache| {
        let of_op = |s: &&Section| (s.op, s.dtype, s.in_cache) == (op, dtype, in_cache);
        comparison.sections.iter().find(of_op)?.stack
    };
    let gain = |stack: Stack| format!("{}{}\u{d7}", if stack.noisy { "~" } else { "" }, times(stack.both));
    let card = |op: &&str| {
        let near = find(op, true)?;
        let far = find(op, false).map_or(String::new(), |far| format!("<p>far beyond the caches {}</p>", gain(far)));
        Some(format!(
            "<li><h2>{op} <small>{dtype}</small></h2><p class=\"big\">{}</p><p>in cache: lanes {} \u{b7} threads {}</p>{far}</li>",
            gain(near),
            times(near.lanes),
            times(near.threads_on_lanes),
        ))
    };
    let cards: String = ops.iter().filter_map(card).collect();
    if cards.is_empty() { cards } else { format!("<ul class=\"cards\">{cards}</ul>") }
}

/// Every picture, with its sentence and its tables.
fn figures(comparison: &Comparison) -> String {
    let captions = Captions::new(comparison);
    let threads = comparison.provenance.threads;
    let profile = comparison.profile.as_ref();
    let mut parts = vec![
        figure(
            "What do lanes give, and what do threads?",
            "A bar is what the best instruction set on all threads gains over a plain loop on one: lanes first, threads on top.",
            &stacks::legend(threads),
            &stacks::pictures(comparison),
            captions.stacks(),
            &[tables::stacks(comparison)],
        ),
        figure(
            "Which roof is in the way?",
            "The lines are what this machine was measured to give at most: the sloping ones how fast memory moves bytes, the \
             level ones how fast the CPU multiplies and adds. An op stands where its arithmetic per byte puts it; std \
             is counted as if it did lanestack's arithmetic. Ops with the same place stand side by side.",
            &roofline::legend(comparison),
            &roofline::pictures(comparison),
            captions.roofline(),
            &profile.map(|profile| tables::limits(profile).into()).unwrap_or_else(|| vec![tables::roofs(comparison)]),
        ),
    ];
    if let Some(profile) = profile {
        let dtypes = |pictures: fn(&Comparison, &str) -> Vec<String>| {
            ["f64", "f32"].into_iter().flat_map(|dtype| pictures(comparison, dtype)).collect::<Vec<_>>()
        };
        parts.extend([
            figure(
                "What does the size of a call do?",
                "Each mark is a call of that size, warm, as a program makes it: waking threads counts.",
                &curves::sizes_legend(comparison),
                &dtypes(curves::sizes),
                captions.sizes(),
                &[tables::sizes(profile)],
            ),
            figure(
                "Would more cores help?",
                "How many times as fast as one thread the best instruction set is on several.",
                &curves::threads_legend(comparison),
                &dtypes(curves::threads),
                captions.scaling(),
                &[tables::scaling(profile)],
            ),
        ]);
    }
    parts.push(figure(
        "Which input is slow?",
        "Classes of input that functions are known to stumble over, on one thread in cache.",
        &strips::inputs_legend(),
        &strips::inputs(comparison).into_iter().collect::<Vec<_>>(),
        captions.inputs(),
        &[tables::inputs(comparison)],
    ));
    if let Some(profile) = profile {
        parts.push(figure(
            "How accurate is it?",
            "The largest error found in a short search, in units in the last place of the true result.",
            &strips::errors_legend(comparison),
            &strips::errors(comparison).into_iter().collect::<Vec<_>>(),
            captions.errors(),
            &[tables::errors(profile)],
        ));
    }
    parts.concat()
}

/// One figure; nothing if there is nothing to see.
fn figure(
    title: &str,
    what: &str,
    legend: &str,
    pictures: &[String],
    caption: Option<String>,
    tables: &[Table],
) -> String {
    let Some(caption) = caption.filter(|_| !pictures.is_empty()) else { return String::new() };
    let panels: String = pictures.iter().map(|picture| format!("<div>{picture}</div>")).collect();
    let tables: String = tables.iter().map(table).collect();
    format!(
        "<section>\n<h2>{title}</h2>\n<p class=\"what\">{what}</p>\n<figure>\n<ul class=\"legend\">{legend}</ul>\n\
         <div class=\"panels\">{panels}</div>\n<figcaption>{}</figcaption>\n</figure>\n\
         <details><summary>The figures behind it</summary>{tables}</details>\n</section>\n",
        escaped(&caption),
    )
}

/// A table that can be copied.
fn table(table: &Table) -> String {
    let is_number: Vec<bool> = (0..table.heads.len()).map(|k| table.is_number(k)).collect();
    let cells = |cells: &[String], tag: &str| {
        let cell = |(cell, &number): (&String, &bool)| {
            let class = if number { " class=\"number\"" } else { "" };
            format!("<{tag}{class}>{}</{tag}>", escaped(cell))
        };
        format!("<tr>{}</tr>", cells.iter().zip(&is_number).map(cell).collect::<String>())
    };
    let rows: String = table.rows.iter().map(|row| cells(row, "td")).collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table><caption>{0} <button type=\"button\" class=\"copy\">Copy</button></caption>\
         <thead>{1}</thead><tbody>{rows}</tbody></table></div>",
        escaped(&table.title),
        cells(&table.heads, "th"),
    )
}

/// What has changed since another run.
fn changes(comparison: &Comparison) -> String {
    let Some((baseline, changes)) = comparison.baseline.as_ref().zip(tables::changes(comparison)) else {
        return String::new();
    };
    let sentences = paragraphs(&Baseline::sentences(baseline));
    let changes = if changes.rows.is_empty() { String::new() } else { table(&changes) };
    format!("<section>\n<h2>What has changed?</h2>\n{sentences}{changes}</section>\n")
}

/// All variants, all sentences, and how it was measured.
fn rest(comparison: &Comparison) -> String {
    let variants: String = comparison.sections.iter().map(|section| table(&tables::section(section))).collect();
    let notes: String = comparison.notes.iter().map(|note| format!("<li>{}</li>", escaped(note))).collect();
    format!(
        "<section>\n<h2>What the figures say</h2>\n{}<details><summary>Every variant</summary>{variants}</details>\n</section>\n\
         <section>\n<h2>How it was measured</h2>\n<ul>\
         <li>std is a plain Rust loop on the platform's libm; the others are lanestack's kernels, all of the same source.</li>\
         <li>Variants were timed in turn, round by round, so that what disturbs one disturbs all; figures are medians, and ~ marks \
         what is made of figures with more spread than 5 %.</li>\
         <li>Speed-ups are over std on one thread, at the same size and in the same rounds. In cache, threads repeat a chunk each.</li>\
         <li>GB/s are bytes read plus bytes written; what the CPU reads because it writes does not count.</li>\
         <li>Roofs are the best of many laps; the copy that percentages refer to was timed in the same rounds as the variant.</li>\
         <li>A change counts as more than spread if each run's middle half of samples lies beyond that of the other.</li>\
         {notes}<li>All of it took {:.0} s. The figures in full are in this file as JSON, in the element with the id \"figures\"; \
         lanestack compare --json describes itself in docs/compare.md.</li></ul>\n</section>",
        paragraphs(&comparison.sentences),
        comparison.seconds,
    )
}

/// Sentences that say in front what they are about.
fn paragraphs(sentences: &[String]) -> String {
    let paragraph = |sentence: &String| match sentence.split_once(':') {
        Some((lead, rest)) => format!("<p><strong>{}:</strong>{}</p>\n", escaped(lead), escaped(rest)),
        None => format!("<p>{}</p>\n", escaped(sentence)),
    };
    sentences.iter().map(paragraph).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::made_up;

    #[test]
    fn the_page_stands_alone() {
        let page = page(&made_up());
        for absent in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!page.contains(absent), "{absent}");
        }
        for part in
            ["<title>lanestack on unknown CPU, 1970-01-01</title>", "role=\"img\"", "<figcaption>", "class=\"copy\""]
        {
            assert!(page.contains(part), "{part}");
        }
        let json = page.split_once("id=\"figures\">").expect("JSON").1.split_once("</script>").expect("an end").0;
        let json: serde_json::Value = serde_json::from_str(json).expect("JSON");
        assert_eq!(json["sections"].as_array().map(Vec::len), Some(4));
    }
}
