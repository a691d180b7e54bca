//! `f32`: every op on all 2^32 inputs, on every isa, to the bit.
//!
//! Under an emulator, `LANESTACK_TEST_STRIDE=256` tries one block of 2^16 inputs out of 256, and every block in which
//! something changes.
mod inputs;
mod oracle;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Instant;

use lanestack::{Accuracy, Engine, Op, Threads};
use oracle::Real;
use rayon::prelude::*;

/// The upper halves of the inputs to try.
fn blocks(op: Op) -> Vec<u32> {
    let stride = inputs::stride();
    let mut all: BTreeSet<u32> = (0..1 << 16).step_by(stride).collect();
    for x in inputs::borders::<f32>(op).into_iter().chain(inputs::nans()) {
        let block = x.to_bits() >> 16;
        all.extend([block.saturating_sub(1), block, (block + 1).min(0xffff)]);
    }
    all.into_iter().collect()
}

fn all_inputs(op: Op) {
    let spec = op.spec::<f32>(Accuracy::Default);
    assert_eq!((spec.ulp, spec.ulp_unfused), (0.5, 0.5), "this test expects correct rounding");
    let engines: Vec<Engine> = inputs::isas()
        .iter()
        .map(|&isa| Engine::builder().isa(isa).threads(Threads::Exactly(1)).build().expect("an available isa"))
        .collect();
    let blocks = blocks(op);
    let start = Instant::now();
    let wrong = Mutex::new(vec![(0u64, vec![]); engines.len()]);
    blocks.par_iter().for_each_init(
        || (vec![0.0f32; 1 << 16], vec![0.0f32; 1 << 16], vec![0.0f32; 1 << 16]),
        |(xs, want, got), &block| {
            for (low, (x, y)) in (0..).zip(xs.iter_mut().zip(want.iter_mut())) {
                *x = f32::from_bits(block << 16 | low);
                *y = f32::truth(op, *x);
            }
            for (k, engine) in engines.iter().enumerate() {
                engine.run_into(op, xs, got);
                if got.iter().zip(want.iter()).all(|(a, b)| a.to_bits() == b.to_bits()) {
                    continue;
                }
                let (count, first) = &mut wrong.lock().expect("no panic while held")[k];
                for ((x, got), want) in xs.iter().zip(got.iter()).zip(want.iter()) {
                    if got.to_bits() != want.to_bits() {
                        *count += 1;
                        first.push((x.to_bits(), got.hex(), want.hex()));
                    }
                }
                first.sort_unstable();
                first.truncate(8);
            }
        },
    );
    println!("{op} f32: {} inputs per isa in {:.1} s", (blocks.len() as u64) << 16, start.elapsed().as_secs_f64());
    let mut says = String::new();
    for (engine, (count, first)) in engines.iter().zip(wrong.into_inner().expect("no panic while held")) {
        if count > 0 {
            says += &format!("{op} f32 {}: {count} wrong, the first are\n", engine.isa());
            for (x, got, want) in first {
                says += &format!("    {x:#010x} ({:e}): got {got}, want {want}\n", f32::from_bits(x));
            }
        }
    }
    assert!(says.is_empty(), "{says}");
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
