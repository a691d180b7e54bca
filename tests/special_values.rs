//! Special values give what the spec says, to the bit, wherever they stand; and NaN stay themselves, made quiet.
mod inputs;
mod oracle;

use lanestack::{Accuracy, Op};
use oracle::Real;

/// Arguments with the bits of their results.
fn pairs<T: Real>(op: Op, tier: Accuracy) -> Vec<(T, T)> {
    let mut all: Vec<(T, T)> = vec![];
    for &(x, y) in op.spec::<T>(tier).special {
        let y = match (x.is_nan(), y.is_nan()) {
            (true, true) => T::of_bits(x.bits() | T::QUIET),
            (false, true) => T::of_bits(T::BITS_OF_NAN),
            _ => y,
        };
        assert_eq!(T::truth(op, x).bits(), y.bits(), "the oracle, {op} of {}", x.hex());
        all.push((x, y));
    }
    all.extend(inputs::nans().into_iter().map(|x: T| (x, T::of_bits(x.bits() | T::QUIET))));
    all
}

/// The special value at every place of a block, of the vectors after it, and of the tail; its neighbours are as ever.
fn everywhere<T: Real>() {
    for &isa in inputs::isas() {
        for (op, tier) in inputs::kernels::<T>() {
            let block = isa.block::<T>(op, tier).expect("an available isa");
            let engine = inputs::serial(isa, tier);
            let (plain, plain_y) = (T::of_f64(1.5), engine.run(op, &[T::of_f64(1.5)])[0]);
            for (x, y) in pairs::<T>(op, tier) {
                // A block and all that is left of another; and vectors and a tail alone.
                for len in [2 * block - 1, block.saturating_sub(1), 1] {
                    for at in 0..len {
                        let mut xs = vec![plain; len];
                        xs[at] = x;
                        let mut into = vec![T::ONE; len];
                        engine.run_into(op, &xs, &mut into);
                        engine.run_in_place(op, &mut xs);
                        for (i, (into, in_place)) in into.iter().zip(&xs).enumerate() {
                            let want = if i == at { y } else { plain_y };
                            assert!(
                                into.bits() == want.bits() && in_place.bits() == want.bits(),
                                "{op} {} {isa} {tier}: {} stands at {at} of {len}; element {i}: got {} into, {} in place, want {}",
                                T::NAME,
                                x.hex(),
                                into.hex(),
                                in_place.hex(),
                                want.hex()
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn f32_everywhere() {
    everywhere::<f32>();
}

#[test]
fn f64_everywhere() {
    everywhere::<f64>();
}

/// Special values side by side, and around the places where a result becomes infinite, zero, subnormal or NaN.
fn borders<T: Real>() {
    for &isa in inputs::isas() {
        for (op, tier) in inputs::kernels::<T>() {
            let engine = inputs::serial(isa, tier);
            let spec = op.spec::<T>(tier);
            let bound = if isa.is_fused() == Some(true) { spec.ulp } else { spec.ulp_unfused };
            let mut xs: Vec<T> = inputs::borders::<T>(op).into_iter().flat_map(|x| inputs::around(x, 70)).collect();
            xs.extend(pairs::<T>(op, tier).into_iter().map(|(x, _)| x));
            for (x, y) in xs.iter().zip(engine.run(op, &xs)) {
                let want = T::truth(op, *x);
                // An infinite result or a NaN is that exactly, and so is what is correctly rounded; else it is one of two.
                let near = y.bits().abs_diff(want.bits()) <= 1 && want.bits() & !T::SIGN < T::BITS_OF_INFINITY;
                let prescribed = want.bits() & !T::SIGN >= T::BITS_OF_INFINITY || bound == 0.5;
                assert!(
                    y.bits() == want.bits() || near && !prescribed,
                    "{op} {} {isa} {tier}: {}: got {}, want {}",
                    T::NAME,
                    x.hex(),
                    y.hex(),
                    want.hex()
                );
            }
        }
    }
}

#[test]
fn f32_borders() {
    borders::<f32>();
}

#[test]
fn f64_borders() {
    borders::<f64>();
}

/// Subnormal numbers are not flushed, in or out.
#[test]
fn subnormals_are_kept() {
    for &isa in inputs::isas() {
        for &tier in Accuracy::ALL {
            let engine = inputs::serial(isa, tier);
            let tiny = f64::from_bits(1);
            assert_eq!(engine.run(Op::Sqrt, &[tiny]), [2f64.powi(-537)], "{isa} {tier}");
            assert_eq!(engine.run(Op::Log, &[tiny]), [-744.4400719213812], "{isa} {tier}");
            assert_eq!(engine.run(Op::Exp, &[-744.44f64])[0].to_bits(), 1, "{isa} {tier}");
            assert_eq!(engine.run(Op::Square, &[2f64.powi(-537)])[0].to_bits(), 1, "{isa} {tier}");
            let tiny = f32::from_bits(1);
            assert_eq!(engine.run(Op::Sqrt, &[tiny]), [3.743392e-23], "{isa} {tier}");
            assert_eq!(engine.run(Op::Log, &[tiny]), [-103.27893], "{isa} {tier}");
            assert_eq!(engine.run(Op::Exp, &[-103.2f32])[0].to_bits(), 1, "{isa} {tier}");
            assert_eq!(engine.run(Op::Square, &[2f32.powi(-74)])[0].to_bits(), 2, "{isa} {tier}");
        }
    }
}
