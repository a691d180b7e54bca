//! Throughput against size, and speed against threads.
use super::frame::{Axis, Frame, key, line_key, op};
use super::svg::{Anchor, Shape, range};
use crate::comparison::Comparison;
use crate::profile::{SizeCurve, ThreadCurve};
use crate::report::numbered;
use crate::sizes::binary;
use crate::story::times;

const SIZE: (f64, f64) = (400.0, 300.0);
const COPY: &str = "copy";

/// Throughput against size: one picture for each op of a type.
pub fn sizes(comparison: &Comparison, dtype: &str) -> Vec<String> {
    let Some(profile) = &comparison.profile else { return Vec::new() };
    let curves: Vec<&SizeCurve> = profile.sizes.iter().filter(|curve| curve.dtype == dtype).collect();
    let rates = || curves.iter().flat_map(|curve| &curve.points).map(|point| point.gb_per_s());
    // Calls of a few elements on several threads would stretch the axis for nothing.
    let (least, most) = range(rates(), 1.2);
    let y = (least.max(most / 2000.0), most);
    let ends = range(curves.iter().flat_map(|curve| &curve.points).map(|point| point.bytes as f64), 1.0);
    let mut ops: Vec<&str> = curves.iter().map(|curve| curve.op).filter(|&op| op != COPY).collect();
    ops.dedup();
    let picture = |op: &&str| {
        let x = Axis { name: "source and result, bytes", numbers: ends, logarithmic: true, bytes: true, whole: false };
        let y = Axis { name: "GB/s", numbers: y, logarithmic: true, bytes: false, whole: false };
        let label = "bytes read and written in a second, against the size";
        let mut frame = Frame::new(&format!("{op} {dtype}"), label, SIZE, &x, &y);
        caches(&mut frame, comparison);
        let roofs = curves.iter().filter(|curve| curve.op == COPY);
        for curve in roofs.chain(curves.iter().filter(|curve| curve.op == *op)) {
            let points: Vec<(f64, f64)> = curve.points.iter().map(|p| (p.bytes as f64, p.gb_per_s())).collect();
            let what = if curve.op == COPY { COPY } else { curve.variant };
            frame.curve(class(curve), &points, &numbered(what, curve.threads));
            for (point, &(x, y)) in curve.points.iter().zip(&points).filter(|_| curve.op != COPY) {
                let at = frame.at(x, y);
                let title = format!(
                    "{}, {}: {:.3} ns/element, {y:.1} GB/s",
                    numbered(what, curve.threads),
                    binary(point.bytes),
                    point.ns.median
                );
                frame.picture.mark(class(curve), Shape::Circle, 0.55, at, &title);
            }
        }
        frame.picture.finish()
    };
    ops.iter().map(picture).collect()
}

fn class(curve: &SizeCurve) -> &'static str {
    match (curve.op, curve.variant, curve.threads) {
        (COPY, _, 1) => "roof",
        (COPY, ..) => "roof dashed",
        (_, "std", _) => "c-grey",
        (_, _, 1) => "c-blue",
        _ => "c-orange",
    }
}

/// Where each cache ends.
fn caches(frame: &mut Frame, comparison: &Comparison) {
    let ((least, most), sizes) = (frame.y.ends(), frame.x);
    for cache in comparison.provenance.caches.iter().filter(|cache| sizes.holds(cache.bytes as f64)) {
        let x = cache.bytes as f64;
        let title = format!("L{}: {}", cache.level, binary(cache.bytes));
        frame.curve("cache", &[(x, least), (x, most)], &title);
        let at = frame.at(x, most);
        frame.picture.text("note", Anchor::End, (at.0 - 3.0, at.1 + 10.0), &format!("L{}", cache.level));
    }
}

/// What the curves over sizes stand for.
pub fn sizes_legend(comparison: &Comparison) -> String {
    let best = comparison.provenance.isas.last().copied().unwrap_or_default();
    let all = comparison.provenance.threads;
    let mut keys = vec![line_key("c-grey", "std"), line_key("c-blue", best), line_key("roof", "copying")];
    if all > 1 {
        keys.insert(2, line_key("c-orange", &format!("{best} on up to {all} threads")));
        keys.push(line_key("roof dashed", &format!("copying on {all}")));
    }
    keys.concat()
}

/// Speed against threads: in cache, and far beyond.
pub fn threads(comparison: &Comparison, dtype: &str) -> Vec<String> {
    let Some(profile) = &comparison.profile else { return Vec::new() };
    let curves: Vec<&ThreadCurve> = profile.scaling.iter().filter(|curve| curve.dtype == dtype).collect();
    let all = comparison.provenance.threads;
    let most = curves.iter().flat_map(|curve| &curve.points).map(|point| point.times).fold(all as f64, f64::max);
    let place = |in_cache: bool| {
        let title =
            format!("{dtype}, {}", if in_cache { "each thread in its own cache" } else { "far beyond the caches" });
        let x = Axis { name: "threads", numbers: (1.0, all as f64), logarithmic: all > 4, bytes: false, whole: true };
        let y = Axis {
            name: "times as fast as one",
            numbers: (if all > 4 { 0.7 } else { 0.0 }, most * 1.08),
            logarithmic: all > 4,
            bytes: false,
            whole: false,
        };
        let mut frame = Frame::new(&title, "how many times as fast as one thread, against threads", SIZE, &x, &y);
        frame.curve("ideal", &[(1.0, 1.0), (all as f64, all as f64)], "ideal: n threads are n times as fast");
        let here = || curves.iter().filter(move |curve| curve.in_cache == in_cache);
        for curve in here().filter(|curve| curve.op == COPY) {
            let points: Vec<(f64, f64)> = curve.points.iter().map(|p| (p.threads as f64, p.times)).collect();
            frame.curve("roof", &points, "copying");
        }
        for (k, curve) in here().filter(|curve| curve.op != COPY).enumerate() {
            let (class, shape) = op(k);
            let points: Vec<(f64, f64)> = curve.points.iter().map(|p| (p.threads as f64, p.times)).collect();
            frame.curve(class, &points, curve.op);
            for (point, &(x, y)) in curve.points.iter().zip(&points) {
                let at = frame.at(x, y);
                let title = format!("{} {dtype} on {} threads: {} times", curve.op, point.threads, times(y));
                frame.picture.mark(class, shape, 0.9, at, &title);
            }
        }
        frame.picture.finish()
    };
    if curves.is_empty() || all == 1 { Vec::new() } else { [true, false].map(place).to_vec() }
}

/// What the curves over threads stand for.
pub fn threads_legend(comparison: &Comparison) -> String {
    let mut ops: Vec<&str> = comparison.sections.iter().map(|section| section.op).collect();
    ops.dedup();
    let keys = ops.iter().enumerate().map(|(k, name)| key(op(k).0, op(k).1, name));
    let lines = [line_key("ideal", "ideal"), line_key("roof", "copying, the limit far beyond the caches")];
    keys.chain(lines).collect()
}
