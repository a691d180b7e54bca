//! The inputs whose results are the hardest to round (`data/*.hard`, made by `data/hard.py`): what every isa makes of
//! them, and that the references agree on what it should be.
mod golden;
mod inputs;
mod oracle;

use lanestack::kernels::exact::fixed;
use lanestack::{Accuracy, Engine, Isa, Op, Threads};
use oracle::{Exact, Real};

/// By how many ulps of the true value `y` misses it; infinite where only `want` will do.
fn error(op: Op, x: f64, y: f64, want: f64) -> f64 {
    if y.to_bits() == want.to_bits() {
        return 0.5;
    }
    let near = op == Op::Log || x.abs() < 800.0;
    if near && y.is_finite() && want.is_finite() { Exact::of(op, x).error(y) } else { f64::INFINITY }
}

fn every_isa(op: Op) {
    let cases = golden::f64_hard(op.name());
    println!("{op} f64: {} hard cases", cases.len());
    // Each among hard ones, and each among easy ones: a kernel may decide for a whole vector or block.
    let dense: Vec<f64> = cases.iter().map(|c| c.0).collect();
    let sparse: Vec<f64> = (0..cases.len() * 37).map(|i| if i % 37 == 5 { dense[i / 37] } else { 1.75 }).collect();
    let mut missed = vec![];
    let mut alike: Vec<(Accuracy, Isa, Vec<f64>)> = vec![];
    for &isa in inputs::isas() {
        let is_fused = isa.is_fused() == Some(true);
        for &tier in Accuracy::ALL {
            let spec = op.spec::<f64>(tier);
            let bound = if is_fused { spec.ulp } else { spec.ulp_unfused };
            let is_exact = bound == 0.5;
            let builder = Engine::builder().isa(isa).accuracy(tier).threads(Threads::Exactly(1));
            let engine = builder.build().expect("an available isa");
            let got = engine.run(op, &dense);
            let among_easy = engine.run(op, &sparse);
            let (mut worst, mut at, mut wrong) = (0.0, 0.0, 0);
            for (i, (&(x, want), &y)) in cases.iter().zip(&got).enumerate() {
                let case =
                    || format!("{op} f64 {isa} {tier}: of {} ({x:e}) got {}, want {}", x.hex(), y.hex(), want.hex());
                if y.to_bits() != among_easy[i * 37 + 5].to_bits() {
                    missed.push(format!("{}, but among easy ones {}", case(), among_easy[i * 37 + 5].hex()));
                }
                let error = error(op, x, y, want);
                wrong += usize::from(y.to_bits() != want.to_bits());
                if error > worst {
                    (worst, at) = (error, x);
                }
                if error > bound || is_exact && y.to_bits() != want.to_bits() {
                    missed.push(format!("{}: {error:.4} ulp", case()));
                }
            }
            println!("{op} f64 {isa} {tier}: {wrong} not correctly rounded, at most {worst:.4} ulp, at {at:e}");
            if is_fused || is_exact {
                if let Some((_, first, bits)) = alike.iter().find(|f| f.0 == tier) {
                    for ((&(x, _), a), b) in cases.iter().zip(bits).zip(&got) {
                        if a.to_bits() != b.to_bits() {
                            missed.push(format!(
                                "{op} f64 {tier}, of {}: {first} {}, {isa} {}",
                                x.hex(),
                                a.hex(),
                                b.hex()
                            ));
                        }
                    }
                } else {
                    alike.push((tier, isa, got));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{} missed, first of all:\n{}", missed.len(), missed[..missed.len().min(20)].join("\n"));
}

#[test]
fn exp() {
    every_isa(Op::Exp);
}

#[test]
fn log() {
    every_isa(Op::Log);
}

/// All `N` below `2^bits` whose square is this, odd, number modulo `2^bits`.
fn roots(square: u128, bits: u32) -> Vec<u128> {
    (1..bits).fold(vec![1], |found, n| {
        let both = found.into_iter().flat_map(|k| [k, k + (1 << n)]);
        both.filter(|m| (m * m).wrapping_sub(square) % (2 << n) == 0).collect()
    })
}

/// Numbers whose roots are as near to the middle of two numbers as any: `1 <= x < 4` with `2^106 x = N^2 + j` for odd `N` and
/// small `j`, the middle being `N / 2^53`; and some powers of 4 times those, from the least normal numbers to the largest.
fn roots_near_middles() -> Vec<f64> {
    let mut all = vec![];
    for j in (-1601i128..=1599).step_by(8) {
        for (zeros, binade) in [(54, 1u128 << 106..1 << 107), (55, 1 << 107..1 << 108)] {
            for n in roots(j.wrapping_neg() as u128, zeros) {
                let x = (n * n).wrapping_add_signed(j);
                if binade.contains(&x) {
                    let x = (x >> zeros) as f64 * 2f64.powi(zeros as i32 - 106);
                    let powers = [-1022, -920, -918, -916, -2, 0, 2, 510, 1022];
                    all.extend(powers.map(|n| x * 2f64.powi(n)));
                }
            }
        }
    }
    all
}

#[test]
fn sqrt() {
    let hard = roots_near_middles();
    assert!(hard.len() > 5000, "{} cases", hard.len());
    println!("sqrt f64: {} cases", hard.len());
    let easy: Vec<f64> = hard.iter().flat_map(|&x| [1.75, 3.5, x, 1e-7, 5.0, 1e100, 2.0]).collect();
    // Rare ones may go another way.
    let rare: Vec<f64> = hard.iter().flat_map(|&x| [x, 0.0]).collect();
    for &isa in inputs::isas() {
        let engine = Engine::builder().isa(isa).threads(Threads::Exactly(1)).build().expect("an available isa");
        for xs in [&hard, &easy, &rare] {
            for (&x, y) in xs.iter().zip(engine.run(Op::Sqrt, xs)) {
                let want = f64::truth(Op::Sqrt, x);
                assert!(y.bits() == want.bits(), "{isa}: of {} ({x:e}) got {}, want {}", x.hex(), y.hex(), want.hex());
            }
        }
    }
}

/// MPFR, CORE-MATH and double-double arithmetic on every line.
#[test]
fn the_references_agree() {
    for op in [Op::Exp, Op::Log] {
        let mut seen = std::collections::HashSet::new();
        for (x, y) in golden::f64_hard(op.name()) {
            assert!(seen.insert(x.to_bits()), "{op}: {} twice", x.hex());
            let rounded = f64::truth(op, x);
            assert_eq!(
                rounded.to_bits(),
                y.to_bits(),
                "{op} of {}: {}, in the list {}",
                x.hex(),
                rounded.hex(),
                y.hex()
            );
            // 95 bits do not decide these, but tell half an ulp.
            if op == Op::Log && x != 1.0 || op == Op::Exp && x.abs() < 745.0 && y.is_finite() {
                let error = Exact::of(op, x).error(y);
                assert!(error < 0.5 + 1e-9, "{op} of {}: {error} ulp", x.hex());
            }
        }
        assert!(seen.len() > 2500, "{op}: {} cases", seen.len());
    }
}

/// The later stages of the exact tier alone, since few inputs reach them: on hard inputs and on ordinary ones.
#[test]
fn the_integer_stages() {
    for op in [Op::Exp, Op::Log] {
        let stage = if op == Op::Exp { fixed::exp } else { fixed::log };
        let mut xs: Vec<f64> = golden::f64_hard(op.name()).into_iter().map(|case| case.0).collect();
        let n = 1_000_000 / inputs::stride();
        xs.extend(inputs::values::<f64>(op, n, 61));
        xs.extend(inputs::any_bits::<f64>(n, 62));
        xs.extend(inputs::powers_of_two::<f64>(4));
        xs.extend(inputs::borders::<f64>(op).into_iter().flat_map(|x| inputs::around(x, 100)));
        xs.extend(inputs::nans::<f64>());
        for x in xs {
            let (y, want) = (stage(x), f64::truth(op, x));
            assert!(y.bits() == want.bits(), "{op} of {} ({x:e}): got {}, want {}", x.hex(), y.hex(), want.hex());
        }
    }
}
