//! The digests of `f64` results: of the exact tier by MPFR and integer arithmetic, of the default tier as the kernels give
//! them. And those of all `f32` results of the fast tier, as one lane gives them.
use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

use lanestack::{Accuracy, Engine, Isa, Op, Threads};
use rayon::prelude::*;

use crate::golden::digest::{BLOCK, BLOCKS, digest};
use crate::oracle::Real;
use crate::{golden, mpfr};

/// Writes the files; nothing that is not correctly rounded where it should be is written.
pub fn run(folder: &Path) -> io::Result<()> {
    let mut text = String::new();
    for &op in Op::ALL {
        let xs = golden::f64_inputs(op.name());
        let truth = |&x: &f64| match op {
            Op::Exp | Op::Log if x.is_nan() => f64::truth(op, x),
            Op::Exp => mpfr::exp(x),
            Op::Log if x < 0.0 => f64::from_bits(f64::BITS_OF_NAN),
            Op::Log => mpfr::log(x),
            _ => f64::truth(op, x),
        };
        let exact = golden::f64_digest(&xs.iter().map(truth).collect::<Vec<_>>());
        for (kind, fused) in [("fused", true), ("unfused", false)] {
            let isa = Isa::available().iter().find(|isa| isa.is_fused() == Some(fused));
            let isa = isa.ok_or_else(|| io::Error::other(format!("this CPU has no {kind} isa")))?;
            let engine = Engine::builder().isa(*isa).threads(Threads::Exactly(1)).build().map_err(io::Error::other)?;
            for &tier in Accuracy::ALL {
                let is_exact = op.spec::<f64>(tier).ulp == 0.5;
                let digest = if is_exact { exact } else { golden::f64_digest(&engine.run(op, &xs)) };
                writeln!(text, "{op} {tier} {kind} {digest:016x}").expect("a string takes it");
            }
        }
    }
    fs::write(folder.join("f64.digests"), text)?;
    for &op in Op::ALL.iter().filter(|op| op.tier::<f32>(Accuracy::Fast) == Accuracy::Fast) {
        fs::write(folder.join(format!("f32-{op}-fast.digests")), fast(op)?)?;
    }
    Ok(())
}

fn fast(op: Op) -> io::Result<Vec<u8>> {
    let builder = Engine::builder().isa(Isa::Scalar).accuracy(Accuracy::Fast).threads(Threads::Exactly(1));
    let engine = builder.build().map_err(io::Error::other)?;
    if Isa::Scalar.is_fused() != Some(true) {
        return Err(io::Error::other("this CPU has no fused multiply-add"));
    }
    let blocks = (0..BLOCKS).into_par_iter().flat_map_iter(|block| {
        let first = block * BLOCK;
        let xs: Vec<f32> = (first..=first + (BLOCK - 1)).map(f32::from_bits).collect();
        digest(first, &engine.run(op, &xs)).to_le_bytes()
    });
    Ok(blocks.collect())
}
