//! Arithmetic against memory: each variant below the roofs that the machine was measured to have.
use super::frame::{Axis, Frame, key, line_key, variant};
use super::svg::{Anchor, Shape, range};
use crate::comparison::{Comparison, Section};
use crate::intensity::{flops, intensity};
use crate::report::numbered;
use crate::roofs::Roofs;

const SIZE: (f64, f64) = (560.0, 440.0);

/// One picture for each type.
pub fn pictures(comparison: &Comparison) -> Vec<String> {
    let Some(profile) = &comparison.profile else { return Vec::new() };
    let of_type = |dtype| {
        let sections: Vec<&Section> = comparison.sections.iter().filter(|section| section.dtype == dtype).collect();
        (!sections.is_empty()).then(|| picture(dtype, &sections, &profile.roofs, comparison))
    };
    ["f64", "f32"].into_iter().filter_map(of_type).collect()
}

fn picture(dtype: &str, sections: &[&Section], roofs: &Roofs, comparison: &Comparison) -> String {
    let best = comparison.provenance.isas.last().copied().unwrap_or_default();
    let all = *roofs.threads.last().unwrap_or(&1);
    // exp and log of f32 compute in lanes of f64.
    let peaks: Vec<_> = roofs.peaks.iter().filter(|peak| peak.dtype == dtype).collect();
    let rates = sections
        .iter()
        .flat_map(|section| section.rows.iter().filter_map(|row| Some(flops(section.op, dtype)? / row.median()?)));
    let (least, most) = range(rates.chain(peaks.iter().map(|peak| peak.gflops.all())), 1.5);
    let x = Axis {
        name: "operations per byte moved",
        numbers: (0.03, 12.0),
        logarithmic: true,
        bytes: false,
        whole: false,
    };
    let y = Axis { name: "Gflop/s", numbers: (least, most), logarithmic: true, bytes: false, whole: false };
    let label = "operations in a second against operations per byte, with the measured roofs";
    let mut frame = Frame::new(&format!("Roofline, {dtype}"), label, SIZE, &x, &y);

    let top = peaks.iter().find(|peak| peak.isa == best);
    for (threads, class) in [(1, "roof"), (all, "roof dashed")].into_iter().take(if all > 1 { 2 } else { 1 }) {
        let rate = |rates: &crate::roofs::Rates| if threads == 1 { rates.one() } else { rates.all() };
        let flat = top.map_or(most, |peak| rate(&peak.gflops));
        // With all threads, only the nearest level and memory: more lines would hide the marks.
        let last = roofs.levels.len().saturating_sub(1);
        for (k, level) in roofs.levels.iter().enumerate().filter(|&(k, _)| threads == 1 || k == 0 || k == last) {
            let copy = rate(&level.copy);
            let (from, to) = (x.numbers.0.max(least / copy), flat / copy);
            let title = format!("{}: {copy:.0} GB/s copied on {}", level.name, of_threads(threads));
            frame.curve(class, &[(from, from * copy), (to, flat)], &title);
            if threads == 1 || k == 0 {
                let name = format!(
                    "{}{} {copy:.0} GB/s",
                    level.name,
                    if threads > 1 { format!(" x{threads}") } else { String::new() }
                );
                // Names on the way up, one level further than the other, and those of all threads higher.
                let along = from * if threads == 1 { 1.06 * 1.95f64.powi(k as i32) } else { 2.6 };
                let at = frame.at(along, along * copy);
                frame.picture.text("note", Anchor::Start, (at.0, at.1 - 5.0), &name);
            }
        }
    }
    for (k, peak) in peaks.iter().enumerate() {
        let mut flat = |rate: f64, threads: usize, class: &str| {
            let from = roofs
                .levels
                .first()
                .map_or(1.0, |level| rate / if threads == 1 { level.copy.one() } else { level.copy.all() });
            let name = format!("{} {rate:.0} Gflop/s", numbered(peak.isa, threads));
            frame.curve(class, &[(from, rate), (x.numbers.1, rate)], &format!("multiply-adds: {name}"));
            // Peaks of the same height have their names side by side.
            let twins =
                peaks[..k].iter().filter(|other| threads == 1 && (other.gflops.one() / rate).ln().abs() < 0.15).count();
            let at = frame.at(x.numbers.1 / 6.0f64.powi(twins as i32), rate);
            frame.picture.text("note", Anchor::End, (at.0, at.1 - 4.0), &name);
        };
        flat(peak.gflops.one(), 1, "roof");
        if all > 1 && peak.isa == best {
            flat(peak.gflops.all(), all, "roof dashed");
        }
    }
    let mut named: Vec<(&str, f64)> = Vec::new();
    for section in sections {
        let (Some(work), Some(intensity)) = (flops(section.op, dtype), intensity(section.op, dtype)) else { continue };
        // Ops with the same place would hide each other: they stand side by side.
        let place = match named.iter().find(|(op, _)| *op == section.op) {
            Some(&(_, place)) => place,
            None => {
                let twin = named.iter().filter(|(_, place)| (place / intensity - 1.0).abs() < 0.5).count();
                let place = intensity * 1.75f64.powi(twin as i32);
                named.push((section.op, place));
                place
            }
        };
        for row in &section.rows {
            let Some(ns) = row.median() else { continue };
            let (class, shape) = variant(row.variant);
            let hollow = if section.in_cache { "" } else { " hollow" };
            let size = if row.threads > 1 { 1.5 } else { 1.0 };
            let name = numbered(row.variant, row.threads);
            let title = format!(
                "{} {dtype} in {}, {name}: {:.2} Gflop/s, {ns:.3} ns/element",
                section.op,
                section.place,
                work / ns
            );
            // Far ones a little to the right.
            let at = frame.at(place * if section.in_cache { 0.94 } else { 1.09 }, work / ns);
            frame.picture.mark(&format!("{class}{hollow}"), shape, size, at, &title);
        }
    }
    for (op, place) in named {
        let at = frame.at(place, least);
        frame.picture.text("op", Anchor::Middle, (at.0, at.1 - 6.0), op);
    }
    frame.picture.finish()
}

fn of_threads(threads: usize) -> String {
    if threads == 1 { "one thread".to_owned() } else { format!("{threads} threads") }
}

/// What the marks stand for.
pub fn legend(comparison: &Comparison) -> String {
    let names = ["std"].iter().chain(&comparison.provenance.isas);
    let mut keys: Vec<String> = names.map(|name| key(variant(name).0, variant(name).1, name)).collect();
    keys.push(key("c-ink", Shape::Circle, "in cache"));
    keys.push(key("c-ink hollow", Shape::Circle, "far beyond"));
    keys.push(line_key("roof", "roof, one thread"));
    if comparison.provenance.threads > 1 {
        keys.push(line_key(
            "roof dashed",
            &format!("roof, {} threads; their marks are larger", comparison.provenance.threads),
        ));
    }
    keys.concat()
}
