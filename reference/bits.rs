//! The digests of `f64` results: of the exact tier by MPFR and integer arithmetic, of the default tier as the kernels give
//! them.
use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

use lanestack::{Accuracy, Engine, Isa, Op, Threads};

use crate::oracle::Real;
use crate::{golden, mpfr};

/// Writes the file; nothing that is not correctly rounded where it should be is written.
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
    fs::write(folder.join("f64.digests"), text)
}
