//! `f32` in pairs: what is certain is correctly rounded, for every input in the domain, element by element.
//!
//! A block with one uncertain element is computed in another way, all of it: the results of slices do not show what each
//! element by itself would have been. One lane shows it. `LANESTACK_TEST_STRIDE=256` tries one block of 2^16 inputs out of
//! 256, and always the inputs that are hardest to round.
#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod golden;
mod inputs;
mod oracle;

use std::ops::RangeInclusive;
use std::time::Instant;

use lanestack::Op;
use lanestack::kernels::isa::scalar::{F32, Scalar};
use lanestack::kernels::lanes::{Lanes, Simd, Task};
use lanestack::kernels::pairs;
use oracle::Real;
use rayon::prelude::*;

/// How many wrong results are shown.
const SHOWN: usize = 8;

/// A pair, of tables of 32 words or 16.
#[derive(Clone, Copy, Debug)]
enum Pair {
    Exp32,
    Exp16,
    Log32,
    Log16,
}

/// The results of some inputs, where they are certain.
struct Results {
    pair: Pair,
    xs: Vec<f32>,
}

impl Task for Results {
    type Out = Vec<(f32, Option<f32>)>;
    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> Self::Out {
        let token = Scalar::<true>::detect().expect("it was detected before");
        let mut out = Vec::with_capacity(self.xs.len());
        for x in self.xs {
            let lane = F32::new(token, x);
            let y = match self.pair {
                Pair::Exp32 => pairs::exp::pair32(lane),
                Pair::Exp16 => pairs::exp::pair16(lane),
                Pair::Log32 => pairs::log::pair32(lane),
                Pair::Log16 => pairs::log::pair16(lane),
            };
            let mut lanes = [f32::NAN];
            if let Some(y) = y {
                y.store(&mut lanes);
            }
            out.push((x, y.map(|_| lanes[0])));
        }
        out
    }
}

/// Tries the domain, and how many results are uncertain: fewer than one in `certain`, or all would be computed twice. Of a
/// sample that says nothing: uncertain ones come together, one in 25 of the block from 0xb3000000 on.
fn all_inputs(pair: Pair, certain: u64) {
    let Some(token) = Scalar::<true>::detect() else {
        return println!("no fused multiply-add here: not tried");
    };
    let (op, sizes, signs): (Op, RangeInclusive<f32>, &[f32]) = match pair {
        Pair::Exp32 | Pair::Exp16 => (Op::Exp, f32::MIN_POSITIVE..=87.33, &[-1.0, 1.0]),
        Pair::Log32 | Pair::Log16 => (Op::Log, f32::MIN_POSITIVE..=f32::MAX, &[1.0]),
    };
    let takes = |x: &f32| signs.contains(&x.signum()) && (sizes.contains(&x.abs()) || op == Op::Exp && *x == 0.0);
    let start = Instant::now();
    let hard: Vec<f32> =
        golden::f32_hard(op.name()).into_iter().map(|(x, _)| f32::from_bits(x)).filter(takes).collect();
    let inputs = |block: u32| -> Vec<f32> {
        let truth = |low| f32::truth(op, f32::from_bits(block << 16 | low)).to_bits();
        // Where all results are one number, one block in 16.
        let skipped = !block.is_multiple_of(16) && truth(0) == truth(0xffff);
        let xs = (0..if skipped { 0 } else { 1 << 16 }).map(|low| f32::from_bits(block << 16 | low));
        xs.filter(takes).collect()
    };
    let outcome = |xs: Vec<f32>| {
        let (tried, mut uncertain, mut wrong) = (xs.len() as u64, 0, vec![]);
        for (x, y) in token.enter(Results { pair, xs }) {
            match y {
                None => uncertain += 1,
                Some(y) if y.to_bits() != f32::truth(op, x).to_bits() => wrong.push((x, y)),
                Some(_) => {}
            }
        }
        (tried, uncertain, wrong)
    };
    let blocks: Vec<u32> = (0..1 << 16).step_by(inputs::stride()).collect();
    let (tried, uncertain, mut wrong) = blocks
        .into_par_iter()
        .map(|block| outcome(inputs(block)))
        .reduce(|| (0, 0, vec![]), |a, b| (a.0 + b.0, a.1 + b.1, [a.2, b.2].concat()));
    wrong.extend(outcome(hard).2);
    println!("{pair:?}: {uncertain} of {tried} results are uncertain; {:.1} s", start.elapsed().as_secs_f64());
    let first: Vec<String> = wrong.iter().take(SHOWN).map(|(x, y)| format!("{} got {}", x.hex(), y.hex())).collect();
    assert!(wrong.is_empty(), "{pair:?}: {} wrong, the first are\n{}", wrong.len(), first.join("\n"));
    let is_sample = inputs::stride() > 1;
    assert!(is_sample || uncertain * certain < tried, "{pair:?}: more than one in {certain} results is uncertain");
}

#[test]
fn exp() {
    all_inputs(Pair::Exp32, 4000);
    all_inputs(Pair::Exp16, 800);
}

#[test]
fn log() {
    all_inputs(Pair::Log32, 2500);
    all_inputs(Pair::Log16, 900);
}
