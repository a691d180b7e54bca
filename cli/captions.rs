//! A sentence or two for each picture, made from the figures: what is to be seen on it.
use crate::comparison::{Comparison, Inputs, Limit, Row, Section};
use crate::intensity::flops;
use crate::profile::{SizeCurve, ThreadCurve};
use crate::sizes::binary;
use crate::story::times;

/// The gain from which on twice the cores would help, and below which they would hardly.
const HELPS: f64 = 1.6;
const HARDLY: f64 = 1.15;

/// The figures that captions are made of.
pub struct Captions<'a> {
    comparison: &'a Comparison,
    best: &'static str,
    threads: usize,
    /// The type that sentences speak of.
    dtype: &'static str,
}

impl<'a> Captions<'a> {
    /// Of this run.
    pub fn new(comparison: &'a Comparison) -> Self {
        let sections = &comparison.sections;
        let dtype = if sections.iter().any(|section| section.dtype == "f64") { "f64" } else { "f32" };
        let best = comparison.provenance.isas.last().copied().unwrap_or_default();
        Self { comparison, best, threads: comparison.provenance.threads, dtype }
    }

    /// Which roof binds what moves most and computes least, and what does the contrary.
    pub fn roofline(&self) -> Option<String> {
        let sections = || self.comparison.sections.iter().filter(|section| section.dtype == self.dtype);
        let counted = || sections().filter_map(|section| Some((section.op, flops(section.op, section.dtype)?)));
        // The last of the least, the first of the most: square, exp.
        let light = counted()
            .map(|(op, _)| op)
            .reduce(|a, b| if flops(b, self.dtype) <= flops(a, self.dtype) { b } else { a })?;
        let heavy = counted().map(|(op, _)| op).find(|op| flops(op, self.dtype) > Some(10.0));
        let bytes = if self.dtype == "f64" { 16 } else { 8 };
        let parts = [self.bound(light, true), self.bound(light, false)];
        let bound: Vec<String> = parts.into_iter().flatten().collect();
        let light = format!(
            "{light} ({}) does {} operation for {bytes} bytes moved: {}.",
            self.dtype,
            flops(light, self.dtype)?,
            bound.join("; "),
        );
        let heavy = heavy.and_then(|op| {
            let bound = self.bound(op, true)?;
            Some(format!(" {op} does {} with the same bytes: {bound}.", flops(op, self.dtype)?))
        });
        Some(light + &heavy.unwrap_or_default())
    }

    /// What binds an op, in cache or far beyond.
    fn bound(&self, op: &str, in_cache: bool) -> Option<String> {
        let section = self.section(op, in_cache)?;
        let one = row(section, self.best, 1)?;
        let all = row(section, self.best, self.threads).filter(|_| self.threads > 1);
        let place = &section.place;
        let limit = all.filter(|_| !in_cache).and_then(|row| row.limit).or(one.limit)?;
        let copying = |row: &Row, name: &str| {
            Some(format!("{:.0} GB/s on {name}, {:.0} % of copying there", row.gb_per_s?, row.roof_percent?))
        };
        let one_moves = copying(one, "one thread")?;
        let all_move = all.and_then(|row| copying(row, &format!("{} threads", self.threads)));
        let moves = if in_cache {
            one_moves
        } else {
            [Some(one_moves), all_move].into_iter().flatten().collect::<Vec<_>>().join(" and ")
        };
        let gflop = flops(op, self.dtype)? / one.median()?;
        let peak = self
            .peak()
            .map_or(String::new(), |peak| format!(", {:.0} % of its multiply-add peak", 100.0 * gflop / peak));
        Some(match limit {
            Limit::Compute => {
                format!("in {place}, arithmetic binds it, at {gflop:.1} Gflop/s on one thread of {}{peak}", self.best)
            }
            Limit::Cache => format!("in {place}, the copy roof of {place} binds it, at {moves}"),
            Limit::Memory => format!("in {place}, memory's copy roof binds it, at {moves}"),
            Limit::Both => format!("in {place}, arithmetic and memory's copy roof bind it together, at {moves}"),
        })
    }

    /// Multiply-adds of the best isa on one thread.
    fn peak(&self) -> Option<f64> {
        let roofs = &self.comparison.profile.as_ref()?.roofs;
        let peak = roofs.peaks.iter().find(|peak| (peak.isa, peak.dtype) == (self.best, self.dtype))?;
        Some(peak.gflops.one())
    }

    /// How much lanes give and how much threads.
    pub fn stacks(&self) -> Option<String> {
        let stacked = |op: &str, in_cache| {
            let section = self.section(op, in_cache)?;
            let stack = section.stack?;
            let share = 100.0 * stack.lanes.ln() / stack.both.ln();
            let shares = match stack.lanes > 1.0 && stack.threads_on_lanes > 1.0 {
                true => format!(", which are {share:.0} and {:.0} % of the bar", 100.0 - share),
                false => String::new(),
            };
            let place = if in_cache { "in cache" } else { "far beyond the caches" };
            Some(format!(
                "{place} {} = {} by lanes x {} by {} threads{shares}",
                times(stack.both),
                times(stack.lanes),
                times(stack.threads_on_lanes),
                self.threads,
            ))
        };
        let of_op = |op: &str| {
            let parts: Vec<String> = [true, false].into_iter().filter_map(|place| stacked(op, place)).collect();
            (!parts.is_empty()).then(|| format!("{op} ({}): {}", self.dtype, parts.join("; ")))
        };
        let ops = self.ops();
        let chosen = [ops.first(), ops.last().filter(|_| ops.len() > 1)];
        let parts: Vec<String> = chosen.into_iter().flatten().filter_map(|op| of_op(op)).collect();
        (!parts.is_empty()).then(|| {
            format!(
                "{}. One step to the right is one factor, so bars that stand end to end are multiplied.",
                parts.join(". ")
            )
        })
    }

    /// From what size on threads pay, and how the levels of memory show.
    pub fn sizes(&self) -> Option<String> {
        let curves = &self.comparison.profile.as_ref()?.sizes;
        let ops = self.ops();
        let find = |op: &str, threads| {
            let same = |c: &&SizeCurve| (c.op, c.dtype, c.variant, c.threads) == (op, self.dtype, self.best, threads);
            curves.iter().find(same)
        };
        let from = |op: &str| {
            let (one, all) = (find(op, 1)?, find(op, self.threads).filter(|_| self.threads > 1)?);
            let mut pairs = one.points.iter().zip(&all.points);
            // Beyond that size, all later ones gain as well, or nearly.
            let gains =
                |(one, all): &(&crate::profile::Sized, &crate::profile::Sized)| all.ns.median < 0.9 * one.ns.median;
            let first = pairs.find(gains)?.0;
            Some(format!("{op} from {}", binary(first.bytes)))
        };
        let starts: Vec<String> = ops.iter().filter_map(|op| from(op)).collect();
        let threads = match starts.is_empty() {
            true if self.threads > 1 => "No size gained a tenth by threads.".to_owned(),
            true => String::new(),
            false => format!(
                "{} threads pay (a tenth or more) for {} of source and result on: below, waking them costs more than they save.",
                self.threads,
                starts.join(", ")
            ),
        };
        let falls = ops.last().and_then(|op| {
            let points = &find(op, 1)?.points;
            let best = points.iter().map(|point| point.gb_per_s()).fold(0.0, f64::max);
            let last = points.last()?.gb_per_s();
            Some(format!(" {op} on one thread falls from {best:.0} GB/s at its best to {last:.0} in memory.",))
        });
        Some((threads + &falls.unwrap_or_default()).trim().to_owned())
    }

    /// Whether twice the cores would help `sqrt`, or what takes its place.
    pub fn scaling(&self) -> Option<String> {
        let op = if self.ops().contains(&"sqrt") { "sqrt" } else { self.ops().first().copied()? };
        let (cache, memory) = (self.curve(op, true)?, self.curve(op, false)?);
        let last = |curve: &ThreadCurve| curve.points.last().map(|point| point.times);
        if self.threads < 2 {
            return Some(format!("There is one thread: whether more would help {op} cannot be seen here."));
        }
        let near = last(cache).filter(|_| cache.points.len() > 1).map_or(String::new(), |gain| {
            format!(
                "In caches of their own {} threads run {op} ({}) {} times as fast as one. ",
                self.threads,
                self.dtype,
                times(gain)
            )
        });
        let gain = self.doubled(op)?;
        let verdict = match gain {
            gain if gain < HARDLY => "hardly",
            gain if gain < HELPS => "a little",
            _ => "yes",
        };
        let copy = self.curve("copy", false).and_then(last)?;
        let in_cache = match last(cache).filter(|_| cache.points.len() > 1) {
            Some(of) if of > 0.8 * self.threads as f64 => "in cache yes, nearly twice",
            Some(_) => "in cache less than twice, as the curve bends",
            None => "in cache it is not shown",
        };
        Some(format!(
            "{near}Far beyond the caches {} times, and copying {} times. Would twice the cores help {op} here? {}; far beyond the \
             caches {verdict}: {} cores would make it about {} times as fast as {}, if memory goes on as copying has so far.",
            times(last(memory)?),
            times(copy),
            capitalized(in_cache),
            2 * self.threads,
            times(gain),
            self.threads,
        ))
    }

    /// What twice the threads would gain in memory, if copying goes on as it has from one thread to all.
    fn doubled(&self, op: &str) -> Option<f64> {
        let (far, near) = (self.section(op, false)?, self.section(op, true)?);
        let now = row(far, self.best, self.threads)?.median()?;
        let alone = row(near, self.best, 1)?.median()?;
        let bytes = far.bytes as f64 / far.elements as f64;
        let copy = |threads: usize| {
            let row = far.rows.iter().find(|row| row.threads == threads && row.roof_percent.is_some())?;
            Some(bytes / (row.median()? * row.roof_percent? / 100.0))
        };
        let n = self.threads as f64;
        let (one, all) = (copy(1)?, copy(self.threads)?);
        // As if a share s of the work were done in turn: n / (1 + s (n - 1)).
        let share = ((n * one / all - 1.0) / (n - 1.0)).max(0.0);
        let roof = (2.0 * n * one / (1.0 + share * (2.0 * n - 1.0))).max(all).max(bytes / now);
        Some((now / (alone / (2.0 * n)).max(bytes / roof)).max(1.0))
    }

    /// Which class of input is slowest.
    pub fn inputs(&self) -> Option<String> {
        let worst = |inputs: &&Inputs| inputs.times().unwrap_or(0.0);
        let all = &self.comparison.inputs;
        let of = all.iter().max_by(|a, b| worst(a).total_cmp(&worst(b)))?;
        let name = |of: &Inputs| {
            let (slow, fast) = of.extremes()?;
            Some(format!("{} {}: {}, {} times {}", of.op, of.dtype, slow.name, times(of.times()?), fast.name))
        };
        let each: Vec<String> = all.iter().filter(|inputs| inputs.dtype == self.dtype).filter_map(name).collect();
        let (slow, fast) = of.extremes()?;
        Some(format!(
            "The slowest class of all is {} in {} {}, at {} times its fastest ({}). Slowest over fastest, {}.",
            slow.name,
            of.op,
            of.dtype,
            times(of.times()?),
            fast.name,
            each.join("; "),
        ))
    }

    /// How large errors are.
    pub fn errors(&self) -> Option<String> {
        let errors = &self.comparison.profile.as_ref()?.errors;
        let ours = || errors.iter().filter(|of| of.bound.is_some());
        let broken =
            ours().filter(|of| of.bound.is_some_and(|bound| of.judged.ulp > bound) || !of.judged.wrong.is_empty());
        let worst = ours().max_by(|a, b| a.judged.ulp.total_cmp(&b.judged.ulp))?;
        let std = errors.iter().filter(|of| of.bound.is_none()).max_by(|a, b| a.judged.ulp.total_cmp(&b.judged.ulp));
        let std = std.map_or(String::new(), |of| {
            format!(" std's largest is {:.3} ulp, of {} {}.", of.judged.ulp, of.op, of.dtype)
        });
        Some(match broken.count() {
            0 => format!(
                "Every variant of lanestack's kept its bound and every special value on {} inputs each: the largest error is {:.3} \
                 ulp, of {} {} on {}. 0.5 ulp is correctly rounded.{std}",
                worst.inputs, worst.judged.ulp, worst.op, worst.dtype, worst.variant,
            ),
            n => format!(
                "{n} variants of lanestack's broke their bound: this must not be; lanestack verify tells more.{std}"
            ),
        })
    }

    /// The ops that were measured on the type that sentences speak of.
    fn ops(&self) -> Vec<&'static str> {
        let mut ops: Vec<&str> =
            self.comparison.sections.iter().filter(|section| section.dtype == self.dtype).map(|s| s.op).collect();
        ops.dedup();
        ops
    }

    /// The first section in cache, or the last one beyond.
    fn section(&self, op: &str, in_cache: bool) -> Option<&'a Section> {
        let of_op = |s: &&Section| (s.op, s.dtype, s.in_cache) == (op, self.dtype, in_cache);
        let mut sections = self.comparison.sections.iter().filter(of_op);
        if in_cache { sections.next() } else { sections.next_back() }
    }

    fn curve(&self, op: &str, in_cache: bool) -> Option<&'a ThreadCurve> {
        let curves = &self.comparison.profile.as_ref()?.scaling;
        curves.iter().find(|curve| (curve.op, curve.dtype, curve.in_cache) == (op, self.dtype, in_cache))
    }
}

fn row<'a>(section: &'a Section, variant: &str, threads: usize) -> Option<&'a Row> {
    section.rows.iter().find(|row| (row.variant, row.threads) == (variant, threads))
}

fn capitalized(text: &str) -> String {
    text[..1].to_uppercase() + &text[1..]
}
