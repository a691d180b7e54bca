//! `f32`: every op on all 2^32 inputs, on every isa, to the bit; the fast tier within its bound, and with one set of bits
//! where fused.
//!
//! The results are compared with digests that came from neither the kernels nor the oracle (see `reference/README.md`),
//! and with the oracle where something changes, every NaN among that. Inputs that are hard to round are tried one by
//! one, always.
//!
//! An emulator is too slow for all. `LANESTACK_TEST_STRIDE=256` tries, against the oracle, one block of 2^16 inputs out
//! of 256, and every block in which something changes. `LANESTACK_TEST_FULL=neon` tries on these isas, against the
//! digests, all inputs but for most of those with the same result as a million neighbours (NaN, zero, one, infinity).
mod golden;
mod inputs;
mod oracle;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Instant;

use golden::digest::{BLOCK, BLOCKS, canonical, digest};
use lanestack::{Accuracy, Engine, Isa, Op, Threads};
use oracle::Real;
use rayon::prelude::*;

/// How many results are made before they are looked at: they stay in the cache.
const PIECE: u32 = 1 << 12;

/// How many wrong results, and how many wrong blocks of them, are shown.
const SHOWN: usize = 8;
const BLOCKS_SHOWN: usize = 3;

/// One op after the other, each on all threads, so that the seconds tell something.
static ONE_OP: Mutex<()> = Mutex::new(());

/// Inputs and results of a piece.
#[derive(Clone)]
struct Piece {
    xs: Vec<f32>,
    got: Vec<f32>,
}

impl Piece {
    fn new() -> Self {
        Self { xs: vec![0.0; PIECE as usize], got: vec![0.0; PIECE as usize] }
    }

    /// The results of the inputs with the bits from `first` on.
    fn run(&mut self, engine: &Engine, op: Op, first: u32) {
        for (x, input) in self.xs.iter_mut().zip(first..=first + (PIECE - 1)) {
            *x = f32::from_bits(input);
        }
        engine.run_into(op, &self.xs, &mut self.got);
    }
}

/// Wrong results: how many, and the first of them as the bits of the input, and what was got and wanted.
#[derive(Clone, Default)]
struct Wrong {
    count: u64,
    first: Vec<(u32, f32, f32)>,
}

impl Wrong {
    fn compare(&mut self, x: f32, got: f32, want: f32) {
        if got.to_bits() != want.to_bits() {
            self.count += 1;
            if self.first.len() < SHOWN {
                self.first.push((x.to_bits(), got, want));
            }
        }
    }

    /// `size` inputs from `first` on, against the oracle.
    fn of(engine: &Engine, op: Op, first: u32, size: u32) -> Self {
        let (mut wrong, mut piece) = (Self::default(), Piece::new());
        for k in 0..size / PIECE {
            piece.run(engine, op, first + k * PIECE);
            for (&x, &got) in piece.xs.iter().zip(&piece.got) {
                wrong.compare(x, got, f32::truth(op, x));
            }
        }
        wrong
    }

    /// Together with those of later inputs.
    fn and(mut self, later: Self) -> Self {
        self.count += later.count;
        self.first.extend(later.first);
        self.first.truncate(SHOWN);
        self
    }

    fn describe(&self) -> String {
        let mut text = format!("{} wrong, the first are\n", self.count);
        for &(x, got, want) in &self.first {
            let number = f32::from_bits(x);
            text +=
                &format!("    {x:#010x} ({number:e}): got {} ({got:e}), want {} ({want:e})\n", got.hex(), want.hex());
        }
        text
    }
}

/// Whether the digests are tried on an isa.
fn is_full(isa: Isa) -> bool {
    let named = std::env::var("LANESTACK_TEST_FULL").unwrap_or_default();
    inputs::stride() == 1 || named.split(',').any(|name| name == isa.name())
}

/// The upper halves of the inputs to try against the oracle: where something changes and, but for a stride of 1, evenly.
fn oracle_blocks(op: Op) -> Vec<u32> {
    let mut all = BTreeSet::new();
    if inputs::stride() > 1 {
        all.extend((0..1 << 16).step_by(inputs::stride()));
    }
    for x in inputs::borders::<f32>(op).into_iter().chain(inputs::nans()) {
        let block = x.to_bits() >> 16;
        all.extend([block.saturating_sub(1), block, (block + 1).min(0xffff)]);
    }
    all.into_iter().collect()
}

/// The blocks to try against the digests: but for a stride of 1, one in 16 of those that have only one result. All ops
/// are monotonic over such a block, so that the first and the last result tell.
fn digest_blocks(op: Op) -> Vec<u32> {
    let result = |input| canonical(f32::truth(op, f32::from_bits(input)));
    let has_one = |block| result(block * BLOCK) == result(block * BLOCK + (BLOCK - 1));
    (0..BLOCKS).filter(|&block| inputs::stride() == 1 || block % 16 == 0 || !has_one(block)).collect()
}

/// The inputs that are hard to round.
fn hard(engine: &Engine, op: Op) -> String {
    let cases = golden::f32_hard(op.name());
    let (xs, want): (Vec<f32>, Vec<f32>) =
        cases.into_iter().map(|(x, y)| (f32::from_bits(x), f32::from_bits(y))).unzip();
    let mut got = vec![0.0; xs.len()];
    engine.run_into(op, &xs, &mut got);
    let mut wrong = Wrong::default();
    for ((x, got), want) in xs.into_iter().zip(got).zip(want) {
        wrong.compare(x, got, want);
    }
    if wrong.count == 0 { String::new() } else { format!("hard cases: {}", wrong.describe()) }
}

/// Blocks of 2^16 inputs.
fn against_the_oracle(engine: &Engine, op: Op) -> String {
    let blocks = oracle_blocks(op);
    let start = Instant::now();
    let wrong = blocks.par_iter().map(|&block| Wrong::of(engine, op, block << 16, 1 << 16));
    let wrong = wrong.collect::<Vec<_>>().into_iter().fold(Wrong::default(), Wrong::and);
    println!(
        "{op} f32 {}: {} inputs against the oracle in {:.1} s",
        engine.isa(),
        blocks.len() << 16,
        start.elapsed().as_secs_f64()
    );
    if wrong.count == 0 { String::new() } else { format!("against the oracle: {}", wrong.describe()) }
}

/// Those of the blocks whose digest is not the one wanted.
fn bad_blocks(engine: &Engine, op: Op, blocks: &[u32], want: &[u64]) -> Vec<u32> {
    let start = Instant::now();
    let is_bad = |piece: &mut Piece, &block: &u32| {
        let got = (0..BLOCK / PIECE).fold(0, |sum: u64, k| {
            let first = block * BLOCK + k * PIECE;
            piece.run(engine, op, first);
            sum.wrapping_add(digest(first, &piece.got))
        });
        (got != want[block as usize]).then_some(block)
    };
    let bad = blocks.par_iter().map_init(Piece::new, is_bad).flatten().collect();
    println!(
        "{op} f32 {} {}: {} of {BLOCKS} digests, each of 2^20 inputs, in {:.1} s",
        engine.isa(),
        engine.accuracy(),
        blocks.len(),
        start.elapsed().as_secs_f64()
    );
    bad
}

/// All inputs, or as good as all.
fn against_the_digests(engine: &Engine, op: Op) -> String {
    let want = golden::f32_digests(op.name()).expect("an op has digests: see reference/README.md");
    assert_eq!(want.len(), BLOCKS as usize);
    let bad = bad_blocks(engine, op, &digest_blocks(op), &want);
    if bad.is_empty() {
        return String::new();
    }
    let mut says = format!("digests: {} wrong, the first are\n", bad.len());
    for block in bad.into_iter().take(BLOCKS_SHOWN) {
        let (first, wrong) = (block * BLOCK, Wrong::of(engine, op, block * BLOCK, BLOCK));
        says += &format!("  inputs {first:#010x} to {:#010x}: ", first + (BLOCK - 1));
        says += &match wrong.count {
            0 => "the oracle finds nothing wrong, so the digest in tests/data is\n".to_string(),
            _ => wrong.describe(),
        };
    }
    says
}

fn all_inputs(op: Op) {
    let spec = op.spec::<f32>(Accuracy::Default);
    assert_eq!((spec.ulp, spec.ulp_unfused), (0.5, 0.5), "this test expects correct rounding");
    let _one_op = ONE_OP.lock().unwrap_or_else(|failed_elsewhere| failed_elsewhere.into_inner());
    let mut says = String::new();
    for &isa in inputs::isas() {
        let engine = Engine::builder().isa(isa).threads(Threads::Exactly(1)).build().expect("an available isa");
        let mut wrong = hard(&engine, op) + &against_the_oracle(&engine, op);
        if is_full(isa) {
            wrong += &against_the_digests(&engine, op);
        }
        if !wrong.is_empty() {
            says += &format!("{op} f32 {isa}:\n{wrong}");
        }
    }
    assert!(says.is_empty(), "\n{says}");
}

#[test]
fn exp() {
    all_inputs(Op::Exp);
}

#[test]
fn log() {
    all_inputs(Op::Log);
}

#[test]
fn sqrt() {
    all_inputs(Op::Sqrt);
}

#[test]
fn square() {
    all_inputs(Op::Square);
}

/// The largest error of the fast tier on one isa, over all inputs or evenly over some, against `f64`: true to 2^-28 ulp.
fn fast_is_within_its_bound(isa: Isa, op: Op) -> String {
    let engine = inputs::serial(isa, Accuracy::Fast);
    let spec = op.spec::<f32>(Accuracy::Fast);
    let bound = if isa.is_fused() == Some(true) { spec.ulp } else { spec.ulp_unfused };
    let mut blocks: BTreeSet<u32> = (0..1 << 16).step_by(inputs::stride()).collect();
    blocks.extend(oracle_blocks(op));
    blocks.extend(golden::f32_worst(op.name()).into_iter().map(|x| x.to_bits() >> 16));
    let start = Instant::now();
    let worst_of = |piece: &mut Piece, &block: &u32| {
        let mut worst = (0.0, 0.0, 0.0);
        for k in 0..(1 << 16) / PIECE {
            piece.run(&engine, op, (block << 16) + k * PIECE);
            for (&x, &y) in piece.xs.iter().zip(&piece.got) {
                let error = error(op, x, y);
                if error > worst.0 {
                    worst = (error, x, y);
                }
            }
        }
        worst
    };
    let blocks: Vec<u32> = blocks.into_iter().collect();
    let worst = blocks.par_iter().map_init(Piece::new, worst_of);
    let (error, x, y) = worst.reduce(|| (0.0, 0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a });
    let says =
        format!("{op} f32 {isa} fast: {error:.4} ulp, bound {bound}, at {} ({x:e}): got {} ({y:e})", x.hex(), y.hex());
    println!("{says}; {} inputs in {:.1} s", blocks.len() << 16, start.elapsed().as_secs_f64());
    if error <= bound { String::new() } else { says + "\n" }
}

/// By how many ulps of the true value a result misses it: 0 for the nearest, infinite where only that will do.
fn error(op: Op, x: f32, y: f32) -> f64 {
    let nearest = f32::truth(op, x);
    if y.to_bits() == nearest.to_bits() {
        return 0.0;
    }
    let truth = f64::truth(op, x.into());
    if nearest.is_nan() || nearest.is_infinite() || truth == 0.0 || x == 0.0 {
        return f64::INFINITY;
    }
    let exponent = ((truth.to_bits() >> 52 & 0x7ff) as i32 - 1023).max(-126);
    (f64::from(y) - truth).abs() / f64::from_bits(((1023 + exponent - 23) as u64) << 52)
}

fn fast(op: Op) {
    let _one_op = ONE_OP.lock().unwrap_or_else(|failed_elsewhere| failed_elsewhere.into_inner());
    let mut says = String::new();
    let (fused, unfused): (Vec<Isa>, Vec<Isa>) = inputs::isas().iter().partition(|isa| isa.is_fused() == Some(true));
    // Of isas that must give the same bits, one is enough.
    for isa in fused.first().into_iter().chain(unfused.first()) {
        says += &fast_is_within_its_bound(*isa, op);
    }
    let want = golden::f32_fast_digests(op.name()).expect("an op of the fast tier has digests");
    for isa in fused {
        let engine = inputs::serial(isa, Accuracy::Fast);
        let blocks: Vec<u32> = match is_full(isa) {
            true => digest_blocks(op),
            false => (0..BLOCKS).step_by(inputs::stride().min(512)).collect(),
        };
        let bad = bad_blocks(&engine, op, &blocks, &want);
        if let Some(block) = bad.first() {
            let (count, first) = (bad.len(), block * BLOCK);
            says += &format!(
                "{op} f32 {isa} fast: {count} digests are others, that of {first:#010x} and on first of all\n"
            );
        }
    }
    assert!(says.is_empty(), "\n{says}");
}

#[test]
fn fast_exp() {
    fast(Op::Exp);
}

#[test]
fn fast_log() {
    fast(Op::Log);
}

#[test]
fn every_fast_op_is_tested() {
    let ops: Vec<Op> = inputs::kernels::<f32>().filter(|(_, tier)| *tier == Accuracy::Fast).map(|(op, _)| op).collect();
    assert_eq!(ops, [Op::Exp, Op::Log], "a new op of the fast tier needs a test here, and digests");
}

/// What the digests rely on: any one wrong result shows, parts add up, and all NaN are one.
#[test]
fn one_wrong_result_changes_the_digest() {
    let first = 0x3f80_0000;
    let ys: Vec<f32> = (0..1000).map(|i| f32::from_bits(first + 3 * i)).collect();
    let right = digest(first, &ys);
    assert_eq!(right, digest(first, &ys[..300]).wrapping_add(digest(first + 300, &ys[300..])));
    assert_ne!(right, digest(first + 1, &ys));
    for i in 0..ys.len() {
        for bit in 0..32 {
            let mut wrong = ys.clone();
            wrong[i] = f32::from_bits(wrong[i].to_bits() ^ 1 << bit);
            assert_ne!(right, digest(first, &wrong), "bit {bit} of result {i}");
        }
    }
    let (nan, other) = (f32::from_bits(0x7fc0_0000), f32::from_bits(0xff80_0001));
    assert_eq!(digest(u32::MAX, &[nan]), digest(u32::MAX, &[other]));
    assert_ne!(digest(u32::MAX, &[nan]), digest(u32::MAX, &[f32::INFINITY]));
}
