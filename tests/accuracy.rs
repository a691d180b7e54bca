//! The largest error is what the spec says, in fractions of an ulp.
mod golden;
mod inputs;
mod oracle;

use lanestack::{Accuracy, Engine, Isa, Op, Threads};
use oracle::{Exact, Real};
use rayon::prelude::*;

/// Numbers of one kind.
const MANY: usize = 3_000_000;

/// Where the slots of the kernels' tables meet: nothing depends on these being up to date, only sharpness does.
fn slot_edges(op: Op) -> Vec<f64> {
    match op {
        // Half way between multiples of ln2 / 16.
        Op::Exp => (-17300..16400).map(|k| (f64::from(k) + 0.5) * (core::f64::consts::LN_2 / 16.0)).collect(),
        // The mantissas that end a slot, in binades around 1 and far from it; and multiples of 1/64.
        Op::Log => [-1074i32, -1030, -1022, -700, -3, -2, -1, 0, 1, 2, 10, 1000, 1022]
            .into_iter()
            .flat_map(|e| {
                let scale = move |m: f64| m * 2f64.powi(e / 2) * 2f64.powi(e - e / 2);
                let slots = (0..16u64).map(move |j| scale(f64::from_bits((0x3fe7_8240 << 32) + (j << 48))));
                slots.chain((32..128).map(move |i| scale(f64::from(i) / 64.0)))
            })
            .collect(),
        _ => vec![],
    }
}

fn cases(op: Op) -> Vec<f64> {
    let many = MANY / inputs::stride();
    let mut all = inputs::any_bits(many, 1);
    all.extend(inputs::values::<f64>(op, many, 2));
    // Bits at random again, where a result is neither 0 nor infinite nor 1.
    let mut random = inputs::Random(3);
    all.extend((0..many).map(|_| match op {
        Op::Exp => f64::from_bits((1023 - 30 + random.bits() % 40) << 52 | random.bits() & (u64::MAX >> 12 | 1 << 63)),
        _ => f64::from_bits(random.bits() >> 1),
    }));
    all.extend(golden::f64_worst(op.name()).into_iter().flat_map(|x| inputs::around(x, 5000)));
    for x in inputs::borders::<f64>(op) {
        all.extend(inputs::around(x, 5000));
    }
    all.extend(slot_edges(op).into_iter().flat_map(|x| inputs::around(x, 20)));
    all.extend(inputs::powers_of_two::<f64>(10));
    // Ever closer to 0 and to 1.
    for e in 1..54 {
        for _ in 0..1000 {
            let small = random.uniform(1.0, 2.0) * 2f64.powi(-e);
            all.extend([small, -small, 1.0 + small, 1.0 - small]);
        }
    }
    // Subnormal results and arguments.
    all.extend((0..many / 4).map(|_| match op {
        Op::Exp => random.uniform(-745.2, -708.3),
        Op::Square => random.uniform(0.0, 1.5e-154),
        _ => f64::from_bits(random.bits() >> (12 + random.below(52))),
    }));
    all
}

fn engine(isa: Isa) -> Engine {
    Engine::builder().isa(isa).threads(Threads::Exactly(1)).build().expect("an available isa")
}

fn within_bound(op: Op) {
    let all = cases(op);
    println!("{op} f64: {} inputs", all.len());
    let isas = inputs::isas();
    let worst: Vec<(f64, f64, f64, Isa)> = isas
        .iter()
        .map(|&isa| {
            let engine = engine(isa);
            all.par_chunks(1 << 14)
                .map(|xs| {
                    let mut worst = (0.0, 0.0, 0.0, isa);
                    for (&x, y) in xs.iter().zip(engine.run(op, xs)) {
                        let rounded = f64::truth(op, x);
                        if y.to_bits() == rounded.to_bits() {
                            continue;
                        }
                        let near = op == Op::Log || op == Op::Exp && x.abs() < 800.0;
                        let exact = near && rounded.is_finite() && y.is_finite();
                        let error = if exact { Exact::of(op, x).error(y) } else { f64::INFINITY };
                        if error > worst.0 {
                            worst = (error, x, y, isa);
                        }
                    }
                    worst
                })
                .reduce(|| (0.0, 0.0, 0.0, isa), |a, b| if b.0 > a.0 { b } else { a })
        })
        .collect();
    let mut missed = vec![];
    for (error, x, y, isa) in worst {
        let spec = op.spec::<f64>(Accuracy::Default);
        let bound = if isa.is_fused() == Some(true) { spec.ulp } else { spec.ulp_unfused };
        let says = if error == 0.0 {
            format!("{op} f64 {isa}: all correctly rounded, bound {bound}")
        } else {
            let (xs, got, want) = (x.hex(), y.hex(), f64::truth(op, x).hex());
            format!("{op} f64 {isa}: {error:.4} ulp, bound {bound}, at {x:e} ({xs}): got {got}, want {want}")
        };
        println!("{says}");
        // What equals the correctly rounded result misses by half an ulp at most.
        if error.max(0.5) > bound {
            missed.push(says);
        }
    }
    assert!(missed.is_empty(), "beyond the bound:\n{}", missed.join("\n"));
}

#[test]
fn exp_is_within_its_bound() {
    within_bound(Op::Exp);
}

#[test]
fn log_is_within_its_bound() {
    within_bound(Op::Log);
}

#[test]
fn sqrt_is_within_its_bound() {
    within_bound(Op::Sqrt);
}

#[test]
fn square_is_within_its_bound() {
    within_bound(Op::Square);
}

#[test]
fn every_op_is_tested() {
    assert_eq!(Op::ALL, [Op::Exp, Op::Log, Op::Sqrt, Op::Square], "a new op needs a test here and an oracle");
}

/// The two references, made in different ways, agree, and the finer one tells a tenth of an ulp.
#[test]
fn the_references_agree() {
    let mut cases: Vec<(Op, f64)> = vec![];
    cases.extend(inputs::values::<f64>(Op::Exp, 200_000, 5).into_iter().map(|x| (Op::Exp, x.clamp(-708.0, 709.7))));
    cases.extend(inputs::values::<f64>(Op::Log, 200_000, 6).into_iter().map(|x| (Op::Log, x)));
    cases.extend(inputs::any_bits::<f64>(200_000, 7).into_iter().map(|x| (Op::Log, f64::from_bits(x.to_bits() >> 1))));
    for (op, x) in cases {
        let rounded = f64::truth(op, x);
        if !rounded.is_finite() || rounded == 0.0 {
            continue;
        }
        let exact = Exact::of(op, x);
        assert_eq!(exact.nearest().to_bits(), rounded.to_bits(), "{op} of {x:e}");
        let [below, at, above] =
            [-1i64, 0, 1].map(|i| exact.error(f64::from_bits(rounded.to_bits().wrapping_add_signed(i))));
        assert!(at <= 0.5, "{op} of {x:e}: {at}");
        // The two numbers around the true value are one ulp apart (half of one, below a power of two).
        let sum = at + below.min(above);
        assert!((sum - 1.0).abs() < 1e-9 || sum < 1.0 + 1e-9 && rounded.to_bits() << 12 == 0, "{op} of {x:e}: {sum}");
    }
    // 2^-1074 has one bit: the error of a subnormal result counts in units of that.
    let exact = Exact::of(Op::Exp, -744.0);
    let (a, b) = (exact.error(f64::from_bits(1)), exact.error(f64::from_bits(2)));
    assert!((a + b - 1.0).abs() < 1e-9, "{a} {b}");
}

/// The oracle's integer arithmetic against the instructions.
#[test]
fn square_and_sqrt_by_integers() {
    for op in [Op::Sqrt, Op::Square] {
        for x in inputs::any_bits::<f64>(300_000, 8).into_iter().chain(inputs::powers_of_two::<f64>(3)) {
            let want = if op == Op::Sqrt { x.sqrt() } else { x * x };
            let got = f64::truth(op, x);
            assert!(got == want && got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(), "{op} of {x:e}");
        }
    }
}
