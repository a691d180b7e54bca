//! What the kernels are tried on: random numbers, and those where something changes.
#![allow(dead_code, reason = "each test takes what it needs")]
use lanestack::{Accuracy, Engine, Isa, Op, Threads};

use crate::oracle::Real;

#[path = "../golden/random.rs"]
#[allow(clippy::duplicate_mod, reason = "the digests of a test may need it, too")]
mod random;
pub use random::Random;

/// The instruction sets to test, said aloud, so that a log tells what ran.
pub fn isas() -> &'static [Isa] {
    let isas = Isa::available();
    println!("isas: {}", isas.iter().map(Isa::to_string).collect::<Vec<_>>().join(" "));
    isas
}

/// The tiers that have a kernel of their own for the op and the type: no other need be tried.
pub fn tiers<T: Real>(op: Op) -> impl Iterator<Item = Accuracy> {
    Accuracy::ALL.iter().copied().filter(move |&tier| op.tier::<T>(tier) == tier)
}

/// Every op with every tier that has a kernel of its own.
pub fn kernels<T: Real>() -> impl Iterator<Item = (Op, Accuracy)> {
    Op::ALL.iter().flat_map(|&op| tiers::<T>(op).map(move |tier| (op, tier)))
}

/// An engine that stays on the calling thread.
pub fn serial(isa: Isa, tier: Accuracy) -> Engine {
    Engine::builder().isa(isa).accuracy(tier).threads(Threads::Exactly(1)).build().expect("an available isa")
}

/// Of how many inputs one is tried: the environment variable `LANESTACK_TEST_STRIDE`, for emulators, else 1.
pub fn stride() -> usize {
    match std::env::var("LANESTACK_TEST_STRIDE") {
        Ok(text) => text.parse().ok().filter(|&n| n > 0).expect("LANESTACK_TEST_STRIDE is a number from 1 on"),
        Err(_) => 1,
    }
}

/// Any bits, NaN included.
pub fn any_bits<T: Real>(n: usize, seed: u64) -> Vec<T> {
    let mut random = Random(seed);
    (0..n).map(|_| T::of_bits(random.bits())).collect()
}

/// Evenly over the values where the op does something.
pub fn values<T: Real>(op: Op, n: usize, seed: u64) -> Vec<T> {
    let double = size_of::<T>() == 8;
    let ranges: &[(f64, f64)] = match op {
        Op::Exp if double => {
            &[(-746.0, 710.0), (-708.0, 708.0), (-1.0, 1.0), (-0.05, 0.05), (-746.0, -708.0), (709.0, 709.79)]
        }
        Op::Exp => &[(-104.0, 89.0), (-1.0, 1.0), (-104.0, -87.0)],
        Op::Log if double => {
            &[(0.0, 4.0), (0.7, 1.5), (0.9, 1.1), (0.99, 1.01), (0.0, 1e6), (1.0 - 1e-12, 1.0 + 1e-12)]
        }
        Op::Log => &[(0.0, 4.0), (0.7, 1.5), (0.9, 1.1), (0.99, 1.01), (0.0, 1e6)],
        _ => &[(0.0, 4.0), (-2.0, 2.0), (0.0, 1e6)],
    };
    let mut random = Random(seed);
    (0..n)
        .map(|i| {
            let (low, high) = ranges[i % ranges.len()];
            T::of_f64(random.uniform(low, high))
        })
        .collect()
}

/// What every kernel must take for ordinary: its results are normal numbers.
pub fn ordinary<T: Real>(n: usize, seed: u64) -> Vec<T> {
    let mut random = Random(seed);
    (0..n).map(|_| T::of_f64(random.uniform(-6.0, 6.0).exp())).collect()
}

/// `x` and `ulps` numbers on both sides of it, in the order of the bits (over zero it goes on at the other sign).
pub fn around<T: Real>(x: T, ulps: u64) -> impl Iterator<Item = T> {
    // In this order of whole numbers, -0 and +0 are neighbours.
    let line = |bits: u64| if bits & T::SIGN == 0 { bits as i64 } else { -1 - (bits ^ T::SIGN) as i64 };
    let back = |place: i64| if place >= 0 { place as u64 } else { (-1 - place) as u64 | T::SIGN };
    let centre = line(x.bits());
    (-(ulps as i64)..=ulps as i64).map(move |i| T::of_bits(back(centre + i) & (T::SIGN << 1).wrapping_sub(1)))
}

/// NaN of both signs, quiet and signalling, with payloads.
pub fn nans<T: Real>() -> Vec<T> {
    let payload = T::QUIET - 1;
    let mut random = Random(7);
    let mut all = vec![];
    for payload in
        [1, 2, 0x1234, payload, payload >> 1, 1 << 21, 1 << 20, random.bits() & payload, random.bits() & payload]
    {
        for quiet in [0, T::QUIET] {
            for sign in [0, T::SIGN] {
                all.push(T::of_bits(T::BITS_OF_INFINITY | sign | quiet | payload));
            }
        }
    }
    all.push(T::of_bits(T::BITS_OF_NAN));
    all.push(T::of_bits(T::BITS_OF_NAN | T::SIGN));
    // Payloads in the low words only, as of each bit.
    let mut bit = 1;
    while bit < T::QUIET {
        all.push(T::of_bits(T::BITS_OF_INFINITY | bit));
        bit <<= 1;
    }
    all
}

/// Where something changes: zero, one, infinity, the least normal, where results leave the range or the fast path.
pub fn borders<T: Real>(op: Op) -> Vec<T> {
    let least_normal = T::of_bits(T::QUIET << 1);
    let mut all: Vec<T> = [0.0, 1.0, 0.5, 2.0, 1.5, 0.75].into_iter().map(T::of_f64).collect();
    all.push(T::of_bits(T::BITS_OF_INFINITY));
    all.push(least_normal);
    let numbers: &[f64] = match op {
        Op::Exp => &[
            709.782712893384,
            708.0,
            708.3964185322641,
            744.4400719213812,
            745.1332191019411,
            746.0,
            710.0, // f64
            88.72284,
            89.0,
            87.33655,
            103.27893,
            103.97208,
            104.0, // f32
        ],
        Op::Log => &[0.7346, 1.4692, core::f64::consts::FRAC_1_SQRT_2, core::f64::consts::SQRT_2, core::f64::consts::E],
        Op::Sqrt => &[4.0, 0.25],
        // Results that become infinite, subnormal, zero.
        _ => &[
            1.3407807929942597e154,
            1.4916681462400413e-154,
            1.5717277847026288e-162,
            1.8446743e19,
            1.0842022e-19,
            2.646978e-23,
        ],
    };
    all.extend(numbers.iter().map(|&x| T::of_f64(x)));
    let negative: Vec<T> = all.iter().map(|x| T::of_bits(x.bits() ^ T::SIGN)).collect();
    all.extend(negative);
    all
}

/// Powers of two, all of them, with the numbers next to them.
pub fn powers_of_two<T: Real>(ulps: u64) -> Vec<T> {
    let mut all = vec![];
    let mut bit = 1;
    while bit < T::QUIET << 1 {
        all.extend(around(T::of_bits(bit), ulps));
        bit <<= 1;
    }
    let mut bits = T::QUIET << 1;
    while bits < T::BITS_OF_INFINITY {
        all.extend(around(T::of_bits(bits), ulps));
        bits += T::QUIET << 1;
    }
    let negative: Vec<T> = all.iter().map(|x| T::of_bits(x.bits() ^ T::SIGN)).collect();
    all.extend(negative);
    all
}
