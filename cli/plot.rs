//! The bars and curves of the report in characters: at most 100 columns.
use crate::captions::Captions;
use crate::comparison::{Comparison, Section};
use crate::report::{numbered, wrap};
use crate::sizes::binary;
use crate::story::times;

/// Columns of a paragraph, and of the longest bar.
const WIDTH: usize = 98;
const BAR: f64 = 56.0;
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What lanes and threads give as bars, and throughput against size as curves, with a sentence below each.
pub fn text(comparison: &Comparison) -> String {
    let captions = Captions::new(comparison);
    let mut lines = vec![
        String::new(),
        "lanes █ and threads ▒, times std on one thread; twice the length is the square".to_owned(),
    ];
    let stacked = || comparison.sections.iter().filter_map(|section| Some((section, section.stack?)));
    let most = stacked().map(|(_, stack)| stack.both.max(stack.lanes)).fold(2.0, f64::max);
    let columns = |factor: f64| (BAR * factor.max(1.0).ln() / most.ln()).round() as usize;
    for (section, stack) in stacked() {
        let Section { op, dtype, place, .. } = section;
        let lanes = columns(stack.lanes.min(stack.both));
        let threads = columns(stack.both) - lanes;
        let name = format!("{op} {dtype} in {place}");
        lines.push(format!("{name:<21}{}{} {}", "█".repeat(lanes), "▒".repeat(threads), times(stack.both)));
    }
    let mut caption = |caption: Option<String>| {
        lines.extend(caption.iter().flat_map(|caption| wrap(caption, WIDTH)));
        lines.push(String::new());
    };
    caption(captions.stacks());
    caption(captions.roofline());
    for curve in comparison.profile.iter().flat_map(|profile| &profile.sizes) {
        let rates = || curve.points.iter().map(|point| point.gb_per_s());
        let most = rates().fold(0.0, f64::max);
        let step = |rate: f64| STEPS[((rate / most * 8.0).ceil() as usize).clamp(1, 8) - 1];
        let drawn: String = rates().flat_map(|rate| [step(rate); 2]).collect();
        let ends = curve.points.first().zip(curve.points.last());
        let ends = ends.map_or(String::new(), |(a, b)| format!("{} to {}", binary(a.bytes), binary(b.bytes)));
        let name = format!("{} {} {}", curve.op, curve.dtype, numbered(curve.variant, curve.threads));
        lines.push(format!("{name:<24}{drawn}  most {most:.0} GB/s, {ends}"));
    }
    for caption in [captions.sizes(), captions.scaling(), captions.inputs(), captions.errors()].into_iter().flatten() {
        lines.extend(wrap(&caption, WIDTH));
        lines.push(String::new());
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::made_up;

    #[test]
    fn bars_are_as_long_as_their_factors() {
        let text = text(&made_up());
        let bar = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).expect("a line for each stack");
            line.chars().filter(|c| "█▒".contains(*c)).count()
        };
        assert_eq!(bar("exp f64 in L1"), BAR as usize);
        assert!(bar("square f64 in memory") < bar("exp f64 in memory"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}
