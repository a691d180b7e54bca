//! Sentences made from the measured figures. A figure made of noisy ones has a `~` in front.
use lanestack::Isa;

use crate::comparison::{Bits, Comparison, Row, Section};
use crate::measure::{NOISY, Summary};

/// Percent of the product from which on lanes and threads are said to multiply.
const MULTIPLY: f64 = 90.0;
/// Percent of the copy's speed from which on a variant is said to be at the roof.
const AT_ROOF: f64 = 85.0;

/// What the figures say: lanes, threads, both, why sqrt and square gain less, bits, and noise.
pub fn sentences(comparison: &Comparison) -> Vec<String> {
    let story = Story::new(comparison);
    let all = [
        story.lanes(),
        story.threads(),
        story.wake_up(),
        story.stacked_in_cache(),
        story.stacked_in_memory(),
        story.moved_and_computed(),
        story.room_for_lanes(),
        story.one_instruction(),
        story.at_the_roof(),
        story.bits(),
        story.noise(),
    ];
    all.into_iter().flatten().collect()
}

/// The figures that the sentences are made of.
struct Story<'a> {
    comparison: &'a Comparison,
    /// The best isa.
    best: &'static str,
    threads: usize,
    /// The first section in cache and the last one in memory, of each op and type.
    in_cache: Vec<&'a Section>,
    in_memory: Vec<&'a Section>,
}

impl<'a> Story<'a> {
    fn new(comparison: &'a Comparison) -> Self {
        let mut in_cache: Vec<&Section> = Vec::new();
        let mut in_memory: Vec<&Section> = Vec::new();
        for section in &comparison.sections {
            let same = |other: &&Section| (other.op, other.dtype) == (section.op, section.dtype);
            if section.in_cache && !in_cache.iter().any(same) {
                in_cache.push(section);
            }
            if !section.in_cache {
                in_memory.retain(|other| !same(other));
                in_memory.push(section);
            }
        }
        let provenance = &comparison.provenance;
        let best = provenance.isas.last().copied().unwrap_or_default();
        Self { comparison, best, threads: provenance.threads, in_cache, in_memory }
    }

    fn lanes(&self) -> Option<String> {
        let gains = each_op(&self.in_cache, |section| gain(section, self.best))?;
        Some(format!("Lanes: on one thread and in cache, {} runs {gains} times as fast as std.", self.best))
    }

    fn threads(&self) -> Option<String> {
        let (n, best) = (self.threads, self.best);
        if n < 2 {
            return Some("Threads: there is just one, so they give nothing here.".to_owned());
        }
        let pairs = |section: &Section| row(section, best, n)?.paired;
        let pairs_made: Vec<_> = self.in_cache.iter().filter_map(|section| pairs(section)).collect();
        if pairs_made.is_empty() {
            return None;
        }
        let ratio = |section: &Section| Some(times(pairs(section)?.shown?.ratio.median));
        Some(match each_op(&self.in_cache, ratio) {
            Some(gains) => format!(
                "Threads: {n} threads that repeat a chunk each, in their own caches, run {best}'s {gains} times as fast as \
                 one: medians of the quotients within {} clean pairs of {}.",
                pairs_made.iter().map(|paired| paired.clean).sum::<usize>(),
                pairs_made.iter().map(|paired| paired.pairs).sum::<usize>(),
            ),
            None => format!("Threads: what {n} give in cache is not shown, for want of undisturbed pairs with one."),
        })
    }

    /// From how many elements on it can pay to wake threads.
    fn wake_up(&self) -> Option<String> {
        let (wake, first) = (self.comparison.wake_up_ns?, self.in_cache.first()?);
        let one = row(first, self.best, 1)?.ns?;
        let noisy = one.spread() > NOISY || wake.spread() > 5.0 * NOISY;
        // n threads save (1 - 1/n) of the time, which must be more than waking them takes.
        let elements = wake.median / (1.0 - 1.0 / self.threads as f64) / one.median;
        Some(format!(
            "Waking threads: a parallel call takes {} us before any work, so that a call of {} {} can gain from {} elements \
             on.",
            marked(format!("{:.0}", wake.median / 1e3), noisy),
            first.op,
            first.dtype,
            marked(count(elements), noisy),
        ))
    }

    fn stacked_in_cache(&self) -> Option<String> {
        let stacks = || self.in_cache.iter().filter_map(|section| Some((section, section.stack?)));
        let (section, stack) = stacks().next()?;
        let shares = Summary::of(stacks().map(|(_, stack)| 100.0 * stack.share()))?;
        let multiply = if shares.min >= MULTIPLY { "They multiply" } else { "They do not quite multiply" };
        Some(format!(
            "Stacked, in cache: lanes alone make {} {} {} times as fast, threads alone {} times; the product is {}, and both \
             together gave {}. {multiply}: over all that is shown, both gave {:.0} to {:.0} % of the product.",
            section.op,
            section.dtype,
            times(stack.lanes),
            times(stack.threads),
            times(stack.product()),
            marked(times(stack.both), stack.noisy),
            shares.min,
            shares.max,
        ))
    }

    fn stacked_in_memory(&self) -> Option<String> {
        let shares = each_op(&self.in_memory, |section| {
            section.stack.map(|stack| marked(format!("{:.0} %", 100.0 * stack.share()), stack.noisy))
        })?;
        let below = |section: &&Section| section.stack.is_some_and(|stack| 100.0 * stack.share() < MULTIPLY);
        let why = if self.in_memory.iter().any(below) {
            " Every core has its own lanes, but all share one memory: what one of the two has taken from it, the other \
             cannot take again."
        } else {
            ""
        };
        Some(format!("Stacked, far beyond the caches: of the product, both together gave {shares}.{why}"))
    }

    /// Bytes moved against arithmetic.
    fn moved_and_computed(&self) -> Option<String> {
        let of_f64 = self.in_memory.iter().find(|section| section.dtype == "f64");
        let far = *of_f64.or(self.in_memory.first())?;
        let bytes = far.bytes / far.elements as u64;
        let one = copy_ns(far, 1)?;
        let all = copy_ns(far, self.threads).filter(|_| self.threads > 1).map_or(String::new(), |ns| {
            format!(" ({} threads: {:.1} GB/s, {ns:.2} ns)", self.threads, bytes as f64 / ns)
        });
        let same_type: Vec<&Section> =
            self.in_cache.iter().copied().filter(|section| section.dtype == far.dtype).collect();
        let computed: Vec<String> = same_type
            .iter()
            .filter_map(|section| Some((section, row(section, self.best, 1)?)))
            .filter_map(|(section, row)| {
                Some(format!("{} {}", section.op, marked(format!("{:.2} ns", row.median()?), row.noisy)))
            })
            .collect();
        (!computed.is_empty()).then(|| {
            format!(
                "Why sqrt and square gain less: whatever the op, an element of {} moves {bytes} bytes, half in and half out. \
                 At the copy roof of {:.1} GB/s that takes {one:.2} ns{all}, while in cache all that {} does with an element \
                 takes: {}. The longer of the two decides.",
                far.dtype,
                bytes as f64 / one,
                self.best,
                computed.join(", "),
            )
        })
    }

    /// What std leaves below the roof is all that lanes can gain.
    fn room_for_lanes(&self) -> Option<String> {
        let gains = each_op(&self.in_memory, |section| {
            let room = row(section, "std", 1)?.median()? / copy_ns(section, 1)?;
            Some(format!("{} of {}", gain(section, self.best)?, times(room)))
        })?;
        Some(format!(
            "Room for lanes: far beyond the caches little is faster than a copy, so on one thread the time of std over that \
             of the copy is about all that there is to gain. {} took {gains}.",
            self.best
        ))
    }

    fn one_instruction(&self) -> Option<String> {
        let simple: Vec<&Section> =
            self.in_cache.iter().copied().filter(|section| ["sqrt", "square"].contains(&section.op)).collect();
        let portable = each_op(&simple, |section| gain(section, "portable"))?;
        let best = each_op(&simple, |section| gain(section, self.best))?;
        (self.best != "portable").then(|| {
            format!(
                "One instruction: sqrt and square are a single one, and the compiler puts std's loop on the target's basic \
                 lanes by itself. On the same lanes portable runs {portable} times as fast; what {} adds in cache is its own \
                 lanes: {best} times.",
                self.best,
            )
        })
    }

    /// Where more threads cannot help.
    fn at_the_roof(&self) -> Option<String> {
        let ops = each_op(&self.in_memory, |section| {
            let row = row(section, self.best, self.threads)?;
            let percent = row.roof_percent.filter(|&percent| percent >= AT_ROOF)?;
            Some(marked(format!("{percent:.0} %"), row.noisy))
        })?;
        Some(format!(
            "At the roof: {} on all threads reaches, of the speed of the copy, {ops}. More lanes or threads cannot make that \
             faster; moving less can: chunks that stay in cache, several ops in one pass, f32.",
            self.best
        ))
    }

    fn bits(&self) -> Option<String> {
        let compared = |isa: &str| self.comparison.sections.iter().any(|section| row(section, isa, 1).is_some());
        let isas = self.comparison.provenance.isas.iter().copied();
        let isas = isas.filter(|&isa| isa != Isa::Scalar.name() && compared(isa));
        let (same, other): (Vec<_>, Vec<_>) = isas.partition(|isa| self.differing(isa).is_empty());
        let mut parts = Vec::new();
        if !same.is_empty() {
            parts.push(format!("{} gave scalar's bits for every element compared.", same.join(" and ")));
        }
        parts.extend(
            other.into_iter().chain(["std"]).filter_map(|variant| difference(variant, &self.differing(variant))),
        );
        (!parts.is_empty()).then(|| format!("Bits: {}", parts.join(" ")))
    }

    /// Where a variant's bits differ from scalar's: once for each op and type.
    fn differing(&self, variant: &str) -> Vec<(String, Bits)> {
        let mut all: Vec<(String, Bits)> = Vec::new();
        for section in &self.comparison.sections {
            let name = format!("{} {}", section.op, section.dtype);
            let bits = row(section, variant, 1).and_then(|row| row.bits).filter(|bits| bits.differ > 0);
            if let Some(bits) = bits.filter(|_| all.iter().all(|(other, _)| *other != name)) {
                all.push((name, bits));
            }
        }
        all
    }

    fn noise(&self) -> Option<String> {
        let rows = || self.comparison.sections.iter().flat_map(|section| &section.rows);
        let noisy = rows().filter(|row| row.noisy).count();
        let missing = rows().filter(|row| row.ns.is_none()).count();
        let mut text = "Noise:".to_owned();
        if noisy > 0 {
            text += &format!(
                " {noisy} of {} figures have a spread above {:.0} %; what is made of them is marked ~ here.",
                rows().count(),
                100.0 * NOISY
            );
        }
        if missing > 0 {
            text += &format!(" Not shown, for want of clean pairs: {missing}.");
        }
        (noisy + missing > 0).then(|| text + " Other work on this machine does that: repeat when it is quiet.")
    }
}

/// How a variant's bits differ from scalar's, and why they may.
fn difference(variant: &str, differing: &[(String, Bits)]) -> Option<String> {
    let share = differing.iter().map(|(_, bits)| 100.0 * bits.differ as f64 / bits.elements as f64).reduce(f64::max)?;
    let share = if share < 0.01 { "less than 0.01".to_owned() } else { format!("up to {share:.2}") };
    let why = match variant.parse::<Isa>().map(Isa::is_fused) {
        Err(_) => " (the platform's libm, with bounds of its own)",
        Ok(Some(false)) => " (without fused multiply-add)",
        Ok(_) => "",
    };
    let apart = match differing.iter().try_fold(0, |most: u64, (_, bits)| Some(most.max(bits.most_steps?))) {
        Some(0) => "NaNs with other bits".to_owned(),
        Some(steps) => format!("at most {steps} ulp apart"),
        None => "NaN against a number".to_owned(),
    };
    let ops: Vec<&str> = differing.iter().map(|(op, _)| op.as_str()).collect();
    Some(format!("{variant}{why} differs for {}: {share} % of the elements, {apart}.", ops.join(", ")))
}

fn row<'a>(section: &'a Section, variant: &str, threads: usize) -> Option<&'a Row> {
    section.rows.iter().find(|row| row.variant == variant && row.threads == threads)
}

/// The nanoseconds per element of the copy that the section's rows are held against.
fn copy_ns(section: &Section, threads: usize) -> Option<f64> {
    let row = section.rows.iter().find(|row| row.threads == threads && row.roof_percent.is_some())?;
    Some(row.median()? * row.roof_percent? / 100.0)
}

/// The gain of a variant over std, on one thread.
fn gain(section: &Section, variant: &str) -> Option<String> {
    let gained = row(section, variant, 1)?;
    let noisy = gained.noisy || row(section, "std", 1).is_some_and(|std| std.noisy);
    Some(marked(times(gained.speedup_over_std?), noisy))
}

/// A figure that is not to be relied on has a mark.
fn marked(figure: String, noisy: bool) -> String {
    if noisy { format!("~{figure}") } else { figure }
}

/// `exp A (f64) and B (f32), log ...`, of the sections that have one.
fn each_op(sections: &[&Section], what: impl Fn(&Section) -> Option<String>) -> Option<String> {
    let mut ops: Vec<&str> = sections.iter().map(|section| section.op).collect();
    ops.dedup();
    let of_op = |op: &&str| {
        let of_types = sections.iter().filter(|section| section.op == *op);
        let figures: Vec<String> =
            of_types.filter_map(|section| Some(format!("{} ({})", what(section)?, section.dtype))).collect();
        (!figures.is_empty()).then(|| format!("{op} {}", figures.join(" and ")))
    };
    let parts: Vec<String> = ops.iter().filter_map(of_op).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// How many times, in three digits or so.
pub fn times(factor: f64) -> String {
    if factor < 9.995 { format!("{factor:.2}") } else { format!("{factor:.1}") }
}

/// A number of elements in two digits or so.
fn count(elements: f64) -> String {
    match elements {
        x if x < 1e4 => format!("{x:.0}"),
        x if x < 1e6 => format!("{:.0} thousand", x / 1e3),
        x => format!("{:.1} million", x / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::made_up;

    #[test]
    fn sentences_are_made_of_the_figures() {
        let text = sentences(&made_up()).join("\n");
        for part in [
            "avx2 runs exp 6.00 (f64), square 2.00 (f64) times as fast as std",
            "run avx2's exp 2.00 (f64) times as fast as one: medians of the quotients within 11 clean pairs of 18.",
            "takes 20 us before any work, so that a call of exp f64 can gain from 40 thousand elements on",
            "exp f64 6.00 times as fast, threads alone 2.00 times; the product is 12.0, and both together gave 12.0.",
            "They multiply: over all that is shown, both gave 100 to 100 % of the product.",
            "of the product, both together gave exp 100 % (f64), square 102 % (f64).",
            "an element of f64 moves 16 bytes, half in and half out. At the copy roof of 16.0 GB/s that takes 1.00 ns (2 \
             threads: 32.0 GB/s, 0.50 ns)",
            "exp 1.00 ns, square 0.10 ns.",
            "avx2 took exp 4.00 of 6.00 (f64), square 1.10 of 1.10 (f64).",
            "portable runs square 1.00 (f64) times as fast; what avx2 adds in cache is its own lanes: square 2.00 (f64)",
            "portable and avx2 gave scalar's bits",
            "std (the platform's libm, with bounds of its own) differs for exp f64, square f64: up to 0.10 % of the \
             elements, at most 1 ulp apart.",
            "Not shown, for want of clean pairs: 1.",
        ] {
            assert!(text.contains(part), "{part:?} is missing in\n{text}");
        }
        assert!(!text.contains('~'));
    }

    #[test]
    fn what_memory_takes_and_what_is_noisy_is_said() {
        let mut comparison = made_up();
        let noisy = Summary::of([0.8, 1.0, 1.2]).expect("three samples");
        for section in comparison.sections.iter_mut().filter(|section| !section.in_cache) {
            let stack = section.stack.as_mut().expect("made so");
            (stack.both, stack.noisy) = (stack.product() / 2.0, true);
            section.rows[1] = Row { ns: Some(noisy), noisy: true, ..Row::new("avx2", 1, None) };
        }
        let text = sentences(&comparison).join("\n");
        assert!(text.contains("gave exp ~50 % (f64), square ~50 % (f64). Every core has its own lanes"), "{text}");
        assert!(text.contains("2 of 18 figures have a spread above 5 %"), "{text}");
    }

    #[test]
    fn nothing_is_said_without_figures() {
        let mut comparison = made_up();
        comparison.sections.clear();
        assert_eq!(sentences(&comparison), [""; 0]);
        comparison.provenance.threads = 1;
        assert_eq!(sentences(&comparison).len(), 1);
    }
}
