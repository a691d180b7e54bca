//! The command `verify`.
mod text;

use std::env;
use std::fmt::LowerExp;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use lanestack::{Accuracy, Engine, Isa, Op, Threads, build};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::chosen;
use crate::args::{Dtype, Isas, Verify};
use crate::failure::Failure;
use crate::reference::golden::digest::{BLOCK, BLOCKS, digest};
use crate::reference::{Miss, Real, Truth, error, golden};
use crate::verification::{Case, Disagreement, Matrix, Row, Verification};

/// The version of the JSON document's form.
const SCHEMA: u32 = 1;
/// Samples of each op and type, unless said otherwise.
const SAMPLES: usize = 1 << 21;
/// Seconds that the digests of `f32` may take where not all are asked for.
const BUDGET: f64 = 38.0;
/// Of how many blocks of `f32` one is taken where there is no time for all.
const SPARSE: u32 = 61;
/// Blocks with wrong results that are looked at one by one, at most.
const JUDGED_BLOCKS: usize = 16;
/// Results that are made before they are looked at: they stay in the cache.
const PIECE: u32 = 1 << 12;
/// Elements that are judged at once.
const PART: usize = 1 << 13;

/// Runs it.
pub fn run(options: &Verify) -> Result<(), Failure> {
    let verification = Plan::new(options)?.verify();
    let mut out = anstream::stdout().lock();
    if options.json {
        serde_json::to_writer_pretty(&mut out, &verification).map_err(io::Error::from)?;
        writeln!(out)?;
    } else if options.markdown {
        out.write_all(text::markdown(&verification).as_bytes())?;
    } else {
        out.write_all(text::report(&verification).as_bytes())?;
    }
    out.flush()?;
    if verification.passed { Ok(()) } else { Err(Failure::Found) }
}

/// What to verify.
struct Plan {
    ops: Vec<Op>,
    dtypes: Vec<Dtype>,
    isas: Vec<Isa>,
    tiers: Vec<Accuracy>,
    samples: usize,
    exhaustive: bool,
    pool: ThreadPool,
    bar: ProgressBar,
}

impl Plan {
    fn new(options: &Verify) -> Result<Self, Failure> {
        let isas = isas(&Isas::each(&options.isa))?;
        let threads = Engine::builder().isa(isas[0]).threads(options.threads).build()?.workers();
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
            Failure::failed(format!("cannot start {threads} threads ({error}): ask for fewer with --threads"))
        })?;
        let style = ProgressStyle::with_template("{msg:24} {wide_bar} {percent:>3} %, {eta} left").expect("a template");
        Ok(Self {
            ops: chosen(&options.op, Op::ALL),
            dtypes: chosen(&options.dtype, &[Dtype::F32, Dtype::F64]),
            isas,
            tiers: chosen(&options.accuracy, Accuracy::ALL),
            samples: options.samples.unwrap_or(SAMPLES),
            exhaustive: options.exhaustive,
            pool,
            bar: ProgressBar::new(0).with_style(style),
        })
    }

    fn verify(self) -> Verification {
        let start = Instant::now();
        self.bar.enable_steady_tick(Duration::from_millis(250));
        let mut verification = Verification {
            schema: SCHEMA,
            version: build::VERSION,
            revision: build::REVISION,
            target: build::TARGET,
            threads: self.pool.current_num_threads(),
            rows: vec![],
            matrices: vec![],
            notes: vec![],
            seconds: 0.0,
            passed: true,
        };
        for &dtype in &self.dtypes {
            match dtype {
                Dtype::F32 => {
                    self.sampled::<f32>(&mut verification);
                    self.digested(&mut verification);
                }
                Dtype::F64 => self.sampled::<f64>(&mut verification),
            }
        }
        self.bar.finish_and_clear();
        verification.passed =
            verification.rows.iter().all(|row| row.passed) && verification.matrices.iter().all(|matrix| matrix.passed);
        verification.seconds = start.elapsed().as_secs_f64();
        verification
    }

    /// The tiers that have a kernel of their own among those asked for: others serve the rest.
    fn served<T: Real>(&self, op: Op) -> Vec<Accuracy> {
        let served: Vec<Accuracy> = self.tiers.iter().map(|&tier| op.tier::<T>(tier)).collect();
        chosen(&served, Accuracy::ALL)
    }

    fn engine(&self, isa: Isa, tier: Accuracy) -> Engine {
        let builder = Engine::builder().isa(isa).accuracy(tier).threads(Threads::Exactly(1));
        builder.build().expect("the isa was built with before")
    }

    /// Samples, hard cases and special values on every isa and tier.
    fn sampled<T: Real + LowerExp>(&self, verification: &mut Verification)
    where
        Truth<T>: Miss<T>,
    {
        let count: usize = self.ops.iter().map(|&op| 1 + self.served::<T>(op).len() * self.isas.len()).sum();
        self.bar.set_length(count as u64);
        self.bar.reset();
        for &op in &self.ops {
            self.bar.set_message(format!("{op} {}, samples", T::NAME));
            let mut xs = T::samples(op, self.samples);
            let truths: Vec<Truth<T>> = self.pool.install(|| xs.par_iter().map(|&x| T::truth(op, x)).collect());
            let hard = T::hard(op);
            let truths: Vec<Truth<T>> =
                truths.into_iter().chain(hard.iter().map(|&(x, y)| Truth::given(op, x, y))).collect();
            xs.extend(hard.iter().map(|case| case.0));
            self.bar.inc(1);
            for tier in self.served::<T>(op) {
                let mut results = vec![];
                for &isa in &self.isas {
                    let start = Instant::now();
                    let engine = self.engine(isa, tier);
                    let ys = engine.run(op, &xs);
                    let spec = op.spec::<T>(tier);
                    let fused = isa.is_fused() == Some(true);
                    let bound = if fused { spec.ulp } else { spec.ulp_unfused };
                    let judged = self.pool.install(|| judge(&xs, &truths, &ys));
                    let (specials, specials_wrong, special) = specials::<T>(op, tier, &engine);
                    let max = judged.worst.map_or(0.0, |(error, _)| error);
                    verification.rows.push(Row {
                        op: op.name(),
                        dtype: T::NAME,
                        accuracy: tier.name(),
                        isa: isa.name(),
                        fused,
                        inputs: xs.len() as u64,
                        exhaustive: false,
                        bad_blocks: 0,
                        judged_blocks: 0,
                        bad_from: None,
                        max_ulp: max.is_finite().then_some(max),
                        mean_ulp: (judged.measured > 0).then(|| judged.sum / judged.measured as f64),
                        correctly_rounded_percent: 100.0 * judged.right as f64 / xs.len() as f64,
                        bound_ulp: bound,
                        worst: judged.worst.map(|(_, i)| case(xs[i], ys[i], truths[i].rounded)),
                        specials,
                        specials_wrong,
                        special,
                        seconds: start.elapsed().as_secs_f64(),
                        passed: max <= bound && specials_wrong == 0,
                    });
                    results.push((isa, ys));
                    self.bar.inc(1);
                }
                verification.matrices.push(matrix::<T>(op, tier, &xs, &results));
            }
        }
    }

    /// `f32` on as many inputs as there are, or as there is time for.
    fn digested(&self, verification: &mut Verification) {
        let mut jobs: Vec<Job> = vec![];
        for &op in &self.ops {
            for tier in self.served::<f32>(op) {
                let isas = self.isas.iter().filter(|&&isa| digests(op, tier, isa).is_some());
                jobs.extend(isas.map(|&isa| Job { op, tier, isa, seconds: self.seconds_for_all(op, tier, isa) }));
            }
        }
        // exp and log first, the default tier first, fast isas first, all inputs while there is time; of the rest, some blocks.
        let is_late = |job: &Job| (matches!(job.op, Op::Sqrt | Op::Square), job.tier == Accuracy::Fast);
        jobs.sort_by(|a, b| is_late(a).cmp(&is_late(b)).then(a.seconds.total_cmp(&b.seconds)));
        let (mut left, mut slower, mut partly) = (BUDGET, 1.0f64, false);
        self.bar.reset();
        for (i, &Job { op, tier, isa, seconds }) in jobs.iter().enumerate() {
            let plan = self.strides(&jobs[i..], left, slower);
            let blocks: u64 = plan.iter().map(|&stride| u64::from(BLOCKS.div_ceil(stride))).sum();
            self.bar.set_length(self.bar.position() + blocks);
            let stride = plan[0];
            self.bar.set_message(format!("{op} f32 {isa}, digests"));
            let start = Instant::now();
            let engine = self.engine(isa, tier);
            let want = digests(op, tier, isa).expect("an op with digests");
            let blocks: Vec<u32> = (0..BLOCKS).step_by(stride as usize).collect();
            let bad: Vec<u32> = self.pool.install(|| {
                let bad = blocks.par_iter().filter(|&&block| {
                    self.bar.inc(1);
                    block_digest(&engine, op, block) != want[block as usize]
                });
                bad.copied().collect()
            });
            let row = verification
                .rows
                .iter_mut()
                .find(|row| (row.op, row.dtype, row.accuracy, row.isa) == (op.name(), "f32", tier.name(), isa.name()));
            let row = row.expect("samples come first");
            row.inputs = blocks.len() as u64 * u64::from(BLOCK);
            row.exhaustive = stride == 1;
            partly |= stride > 1;
            self.settle(&engine, op, &bad, row);
            let taken = start.elapsed().as_secs_f64();
            row.seconds += taken;
            left -= taken;
            if stride == 1 {
                slower = slower.max(taken / seconds);
            }
        }
        if partly {
            verification.notes.push("f32 in part: --exhaustive takes all 2^32 inputs everywhere".to_owned());
        }
    }

    /// Looks at the blocks whose digest is wrong, and adds to the row what is found.
    fn settle(&self, engine: &Engine, op: Op, bad: &[u32], row: &mut Row) {
        // Spread over all of them: neighbours are wrong in the same way.
        let step = bad.len().div_ceil(JUDGED_BLOCKS).max(1);
        let judged: Vec<u32> = bad.iter().copied().step_by(step).collect();
        let wrong = self.pool.install(|| wrong_of(engine, op, &judged, row.bound_ulp));
        row.bad_blocks = bad.len() as u64;
        row.judged_blocks = judged.len() as u64;
        row.bad_from = bad.first().map(|block| format!("{:#010x}", block * BLOCK));
        // Blocks that were not looked at are taken to be as wrong as those that were.
        let share = bad.len() as f64 / judged.len().max(1) as f64;
        let right = 100.0 * (1.0 - share * wrong.count as f64 / row.inputs as f64);
        row.correctly_rounded_percent = match row.max_ulp {
            Some(max) if max <= 0.5 => right,
            _ => row.correctly_rounded_percent.min(right),
        };
        if let Some((error, worst)) = wrong.worst
            && row.max_ulp.is_some_and(|max| error > max)
        {
            row.max_ulp = error.is_finite().then_some(error);
            row.worst = Some(worst);
        }
        row.passed &= bad.is_empty();
    }

    /// Of how many blocks each job takes one: all while there is time, at this multiple of the estimates, and some of the rest.
    fn strides(&self, jobs: &[Job], left: f64, slower: f64) -> Vec<u32> {
        let total: f64 = jobs.iter().map(|job| job.seconds).sum();
        let mut left = left - slower * total / f64::from(SPARSE);
        let stride = |&Job { seconds, .. }: &Job| {
            let all = self.exhaustive || slower * seconds <= left;
            left -= if all { slower * seconds } else { 0.0 };
            if all { 1 } else { SPARSE }
        };
        jobs.iter().map(stride).collect()
    }

    /// How long all inputs of `f32` would take.
    fn seconds_for_all(&self, op: Op, tier: Accuracy, isa: Isa) -> f64 {
        let engine = self.engine(isa, tier);
        let time = |block| {
            let start = Instant::now();
            std::hint::black_box(block_digest(&engine, op, block));
            start.elapsed().as_secs_f64()
        };
        // Around 1, where nothing is special, and a NaN block; the first run brings the code into the cache.
        [0x3f8, 0x3f8, 0x7fa].map(time)[1..].iter().sum::<f64>() / 2.0 * f64::from(BLOCKS)
            / self.pool.current_num_threads() as f64
    }
}

/// What results of `f32` are tried by their digests, and how long all take.
struct Job {
    op: Op,
    tier: Accuracy,
    isa: Isa,
    seconds: f64,
}

/// The digests of what a kernel must give; the fast tier has none where it is not fused.
fn digests(op: Op, tier: Accuracy, isa: Isa) -> Option<Vec<u64>> {
    match tier {
        Accuracy::Fast if isa.is_fused() == Some(true) => golden::f32_fast_digests(op.name()),
        Accuracy::Fast => None,
        _ => golden::f32_digests(op.name()),
    }
}

/// The isas asked for by `--isa` or the environment, else all that there are.
fn isas(asked: &[Isa]) -> Result<Vec<Isa>, Failure> {
    let is_forced = env::var_os(lanestack::ISA_VARIABLE).is_some_and(|name| !name.is_empty());
    if asked.is_empty() && is_forced {
        return Ok(vec![Engine::builder().build()?.isa()]);
    }
    for &isa in asked {
        Engine::builder().isa(isa).build()?;
    }
    Ok(chosen(asked, Isa::available()))
}

/// What is found of some results.
#[derive(Clone, Copy, Default)]
struct Judged {
    right: u64,
    measured: u64,
    sum: f64,
    /// The largest error and its place.
    worst: Option<(f64, usize)>,
}

fn judge<T: Real>(xs: &[T], truths: &[Truth<T>], ys: &[T]) -> Judged
where
    Truth<T>: Miss<T>,
{
    let part = |start: usize| {
        let mut judged = Judged::default();
        for i in start..(start + PART).min(xs.len()) {
            let error = error(&truths[i], ys[i]);
            judged.right += u64::from(truths[i].is(ys[i]));
            if error.is_finite() && truths[i].is_measured() {
                judged.measured += 1;
                judged.sum += error;
            }
            if judged.worst.is_none_or(|(worst, _)| error > worst) {
                judged.worst = Some((error, i));
            }
        }
        judged
    };
    let both = |a: Judged, b: Judged| Judged {
        right: a.right + b.right,
        measured: a.measured + b.measured,
        sum: a.sum + b.sum,
        worst: [a.worst, b.worst].into_iter().flatten().max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))),
    };
    (0..xs.len()).into_par_iter().step_by(PART).map(part).reduce(Judged::default, both)
}

/// Prescribed results, to the bit, at each place of a block and behind it: how many, how many wrong, and the first.
fn specials<T: Real + LowerExp>(op: Op, tier: Accuracy, engine: &Engine) -> (u64, u64, Option<Case>) {
    let nans = [T::QUIET, 1, T::QUIET | 0x1234, T::QUIET >> 1].into_iter().flat_map(|payload| {
        let infinity = T::MADE_NAN ^ T::QUIET;
        [infinity | payload, infinity | payload | infinity << 1 & !infinity]
    });
    let pairs = op
        .spec::<T>(tier)
        .special
        .iter()
        .filter(|(x, _)| !is_nan(*x))
        .map(|&(x, y)| (x, if is_nan(y) { T::of_bits(T::MADE_NAN) } else { y }));
    let pairs: Vec<(T, T)> = pairs.chain(nans.map(|x| (T::of_bits(x), T::of_bits(x | T::QUIET)))).collect();
    let len = 2 * engine.isa().block::<T>(op, tier).expect("an available isa") + 1;
    let (mut tried, mut wrong, mut first) = (0, 0, None);
    for (x, want) in pairs {
        for at in 0..len {
            let mut data = vec![T::ONE; len];
            data[at] = x;
            engine.run_in_place(op, &mut data);
            tried += 1;
            if data[at].bits() != want.bits() {
                wrong += 1;
                first = first.or_else(|| Some(case(x, data[at], want)));
            }
        }
    }
    (tried, wrong, first)
}

#[allow(clippy::eq_op, reason = "a NaN is what differs from itself")]
fn is_nan<T: Real>(x: T) -> bool {
    x != x
}

fn matrix<T: Real + LowerExp>(op: Op, tier: Accuracy, xs: &[T], results: &[(Isa, Vec<T>)]) -> Matrix {
    let is_one = op.spec::<T>(tier).ulp == 0.5;
    let fused = |isa: Isa| isa.is_fused() == Some(true);
    let mut broken = None;
    let mut differing = vec![];
    for (isa, ys) in results {
        let mut row = vec![];
        for (other, others) in results {
            let differ = |&i: &usize| ys[i].bits() != others[i].bits();
            let count = (0..ys.len()).filter(differ).count() as u64;
            if count > 0 && broken.is_none() && (is_one || fused(*isa) == fused(*other)) {
                let i = (0..ys.len()).find(differ).expect("one that differs");
                broken = Some(Disagreement {
                    isas: [isa.name(), other.name()],
                    x: hex(xs[i]),
                    x_value: value(xs[i]),
                    results: [hex(ys[i]), hex(others[i])],
                });
            }
            row.push(count);
        }
        differing.push(row);
    }
    Matrix {
        op: op.name(),
        dtype: T::NAME,
        accuracy: tier.name(),
        isas: results.iter().map(|(isa, _)| isa.name()).collect(),
        differing,
        inputs: xs.len() as u64,
        passed: broken.is_none(),
        broken,
    }
}

fn hex<T: Real>(x: T) -> String {
    format!("{:#0width$x}", x.bits(), width = 2 + 2 * size_of::<T>())
}

fn value<T: LowerExp>(x: T) -> String {
    format!("{x:e}")
}

fn case<T: Real + LowerExp>(x: T, got: T, want: T) -> Case {
    Case {
        x: hex(x),
        got: hex(got),
        want: hex(want),
        x_value: value(x),
        got_value: value(got),
        want_value: value(want),
    }
}

/// Results of the inputs with the bits from `first` on.
fn piece(engine: &Engine, op: Op, first: u32) -> (Vec<f32>, Vec<f32>) {
    let xs: Vec<f32> = (first..=first + (PIECE - 1)).map(f32::from_bits).collect();
    let ys = engine.run(op, &xs);
    (xs, ys)
}

fn block_digest(engine: &Engine, op: Op, block: u32) -> u64 {
    (0..BLOCK / PIECE).fold(0, |sum: u64, k| {
        let first = block * BLOCK + k * PIECE;
        sum.wrapping_add(digest(first, &piece(engine, op, first).1))
    })
}

/// Wrong results of `f32` in some blocks: how many, and the worst.
#[derive(Default)]
struct Wrong {
    count: u64,
    worst: Option<(f64, Case)>,
}

fn wrong_of(engine: &Engine, op: Op, blocks: &[u32], bound: f64) -> Wrong {
    let of_piece = |first: u32| {
        let (xs, ys) = piece(engine, op, first);
        let mut wrong = Wrong::default();
        for (&x, &y) in xs.iter().zip(&ys) {
            let truth = f32::truth(op, x);
            let both_nan = is_nan(y) && is_nan(truth.rounded);
            let error = error(&truth, y);
            if error > bound && !both_nan {
                wrong.count += 1;
                if wrong.worst.as_ref().is_none_or(|(worst, _)| error > *worst) {
                    wrong.worst = Some((error, case(x, y, truth.rounded)));
                }
            }
        }
        wrong
    };
    let both = |a: Wrong, b: Wrong| Wrong {
        count: a.count + b.count,
        worst: match (a.worst, b.worst) {
            (Some(a), Some(b)) => Some(if b.0 > a.0 { b } else { a }),
            (a, b) => a.or(b),
        },
    };
    let pieces: Vec<u32> =
        blocks.iter().flat_map(|&block| (0..BLOCK / PIECE).map(move |k| block * BLOCK + k * PIECE)).collect();
    pieces.into_par_iter().map(of_piece).reduce(Wrong::default, both)
}
