//! `f64` results have the bits that they have on every other machine, and had before.
//!
//! Those of the exact tier, of `sqrt` and of `square` are the correctly rounded ones. Those of the default tier are what the
//! kernels have come to give; `reference/README.md` tells how to write them anew, if they are meant to change.
mod golden;
mod inputs;
mod oracle;

use lanestack::{Accuracy, Engine, Op, Threads};

#[test]
fn f64_bits() {
    let mut wrong = vec![];
    for &op in Op::ALL {
        let xs = golden::f64_inputs(op.name());
        for &isa in inputs::isas() {
            let fused = isa.is_fused() == Some(true);
            for &tier in Accuracy::ALL {
                let engine = Engine::builder().isa(isa).accuracy(tier).threads(Threads::Exactly(1)).build();
                let got = golden::f64_digest(&engine.expect("an available isa").run(op, &xs));
                let want = golden::f64_golden(op.name(), tier.name(), fused).expect("a line in tests/data/f64.digests");
                if got != want {
                    wrong.push(format!("{op} f64 {isa} {tier}: digest {got:016x}, expected {want:016x}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The digests of correctly rounded results do not depend on the kernels.
#[test]
fn the_exact_digests_are_those_of_the_oracle() {
    for &op in Op::ALL {
        let want: Vec<f64> = golden::f64_inputs(op.name()).into_iter().map(|x| oracle::Real::truth(op, x)).collect();
        for fused in [true, false] {
            assert_eq!(golden::f64_golden(op.name(), "exact", fused), Some(golden::f64_digest(&want)), "{op}");
        }
    }
}
