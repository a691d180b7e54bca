//! The exact tier on inputs at random, on every isa, against MPFR.
use lanestack::{Accuracy, Engine, Isa, Op, Threads};
use rayon::prelude::*;

use crate::golden::random::Random;
use crate::mpfr;

const BATCH: usize = 1 << 14;

/// One of `exp` and `log`, on so many inputs: whether all results are correctly rounded.
pub fn run(op: Op, samples: usize) -> bool {
    let truth = if op == Op::Exp { mpfr::exp } else { mpfr::log };
    let engine = |&isa| {
        let builder = Engine::builder().isa(isa).accuracy(Accuracy::Exact).threads(Threads::Exactly(1));
        builder.build().expect("an available isa")
    };
    let engines: Vec<Engine> = Isa::available().iter().map(engine).collect();
    let wrong = (0..samples.div_ceil(BATCH)).into_par_iter().flat_map_iter(|batch| {
        let mut random = Random(batch as u64 + if op == Op::Exp { 0 } else { 1 << 40 });
        let xs: Vec<f64> = (0..BATCH).map(|i| input(op, i, &mut random)).collect();
        let want: Vec<f64> = xs.iter().map(|&x| truth(x)).collect();
        let judged = engines.iter().flat_map(|engine| {
            let got = engine.run(op, &xs);
            let wrong = (0..BATCH).filter(|&i| got[i].to_bits() != want[i].to_bits());
            wrong.map(|i| (engine.isa(), xs[i], got[i], want[i])).collect::<Vec<_>>()
        });
        judged.collect::<Vec<_>>()
    });
    let wrong: Vec<(Isa, f64, f64, f64)> = wrong.collect();
    let isas: Vec<&str> = Isa::available().iter().map(|isa| isa.name()).collect();
    println!(
        "{op} f64 exact: {} wrong of {} inputs, on {}",
        wrong.len(),
        samples.div_ceil(BATCH) * BATCH,
        isas.join(", ")
    );
    for (isa, x, got, want) in wrong.iter().take(8) {
        println!(
            "    {isa}: {:#018x} ({x:e}): got {:#018x}, want {:#018x}",
            x.to_bits(),
            got.to_bits(),
            want.to_bits()
        );
    }
    wrong.is_empty()
}

/// Evenly over values, near where results are small, and over all exponents.
fn input(op: Op, i: usize, random: &mut Random) -> f64 {
    match (op, i % 8) {
        (Op::Exp, 0..3) => random.uniform(-708.0, 709.0),
        (Op::Exp, 3..5) => random.uniform(-2.0, 2.0),
        (Op::Exp, 5) => random.uniform(-745.2, -708.0),
        (Op::Exp, _) => with_exponent(random, -40, 9) * if i.is_multiple_of(2) { 1.0 } else { -1.0 },
        (_, 0..3) => random.uniform(0.4, 2.5),
        (_, 3..5) => 1.0 + with_exponent(random, -50, -3) * if i.is_multiple_of(2) { 1.0 } else { -1.0 },
        (_, 5) => f64::from_bits(random.bits() >> (12 + random.bits() % 20)), // subnormal
        (_, _) => with_exponent(random, -1022, 1023),
    }
}

/// A positive number with an exponent from `low` to `high`, all alike.
fn with_exponent(random: &mut Random, low: i32, high: i32) -> f64 {
    let exponent = random.whole(low, high);
    f64::from_bits(((exponent + 1023) as u64) << 52 | random.bits() >> 12)
}
