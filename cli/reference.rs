//! What results must be, by how much a result misses, and inputs to try: nothing here is shared with the kernels.
//!
//! True values are known to about 95 bits, so an error to 2^-40 ulp. Where that does not tell which of two results is
//! nearer, the series of `exp` and `log` in 1300 bits decide, and for `sqrt` and `square` always integer arithmetic.
//! Published inputs that are hard to round come with their results, from MPFR.
use lanestack::{Element, Op};

#[path = "../tests/oracle/exact.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod exact;
#[path = "../tests/golden/mod.rs"]
pub mod golden;
mod series;

use exact::Exact;
use golden::random::Random;

/// By how much an error may be judged wrongly, in ulp.
const DOUBT: f64 = 1.0 / (1u64 << 36) as f64;

/// An element type, as the reference sees it.
pub trait Real: Element {
    /// The bits.
    fn bits(self) -> u64;
    /// The element with these bits.
    fn of_bits(bits: u64) -> Self;
    /// The result of an op, and what is known of its true value.
    fn truth(op: Op, x: Self) -> Truth<Self>;
    /// Inputs that are hard to round, with their results.
    fn hard(op: Op) -> Vec<(Self, Self)>;
    /// Inputs spread over all that matters to the op.
    fn samples(op: Op, count: usize) -> Vec<Self>;
    /// The bit that makes a NaN quiet.
    const QUIET: u64;
    /// The NaN that is made from a number.
    const MADE_NAN: u64;
}

/// The correctly rounded result, and the true value where it is a number that is not trivially exact.
#[derive(Clone, Copy, Debug)]
pub struct Truth<T> {
    /// The correctly rounded result.
    pub rounded: T,
    value: Option<Exact>,
}

impl<T: Real> Truth<T> {
    /// A result given by others.
    pub fn given(op: Op, x: T, rounded: T) -> Self {
        Self { rounded, ..T::truth(op, x) }
    }

    /// Whether the true value is known beyond the rounded result, so that an error has a fraction.
    pub fn is_measured(&self) -> bool {
        self.value.is_some()
    }

    /// Whether a result is the correctly rounded one.
    pub fn is(&self, y: T) -> bool {
        y.bits() == self.rounded.bits()
    }
}

/// By how many ulp of the true value a result misses it; infinite where only one result will do.
pub fn error<T: Real>(truth: &Truth<T>, y: T) -> f64
where
    Truth<T>: Miss<T>,
{
    let error = truth.miss(y);
    // Near half an ulp, what was judged is the result itself.
    if truth.is(y) { error.min(0.5) } else { error.max(0.5 + DOUBT) }
}

/// The distance of a result from the true value, in ulp of the type.
pub trait Miss<T> {
    /// That distance; 0 where the result is right and the true value is not known beyond it.
    fn miss(&self, y: T) -> f64;
}

impl Miss<f64> for Truth<f64> {
    fn miss(&self, y: f64) -> f64 {
        match self.value {
            Some(value) if y.is_finite() => value.error(y),
            _ => wrong(self.is(y)),
        }
    }
}

impl Miss<f32> for Truth<f32> {
    fn miss(&self, y: f32) -> f64 {
        match self.value {
            Some(value) if y.is_finite() => {
                let value = value.nearest();
                let exponent = ((value.to_bits() >> 52 & 0x7ff) as i32 - 1023).max(-126);
                (f64::from(y) - value).abs() / 2f64.powi(exponent - 23)
            }
            _ => wrong(self.is(y)),
        }
    }
}

fn wrong(is_right: bool) -> f64 {
    if is_right { 0.0 } else { f64::INFINITY }
}

/// The value, where the result is a number other than 0 and, for `exp` and `log`, not exact.
fn value(op: Op, x: f64) -> Option<Exact> {
    let has_value = match op {
        Op::Exp => x != 0.0 && x < 709.782_712_893_384_1 && x > -745.133_219_101_941_2,
        Op::Log => x > 0.0 && x != 1.0 && x < f64::INFINITY,
        Op::Sqrt => x > 0.0 && x < f64::INFINITY,
        Op::Square => x != 0.0 && exact::square(x) != 0.0 && exact::square(x) < f64::INFINITY,
        _ => false,
    };
    has_value.then(|| Exact::of(op, x))
}

/// Results that follow from the definition: NaN, infinite, zero, one.
fn prescribed(op: Op, x: f64) -> f64 {
    match op {
        Op::Exp if x == 0.0 => 1.0,
        Op::Exp => {
            if x > 0.0 {
                f64::INFINITY
            } else {
                0.0
            }
        }
        Op::Log if x < 0.0 => f64::NAN,
        Op::Log => {
            if x == 0.0 {
                f64::NEG_INFINITY
            } else if x == 1.0 {
                0.0
            } else {
                x
            }
        }
        Op::Sqrt if x < 0.0 => f64::NAN,
        Op::Sqrt => exact::sqrt(x),
        Op::Square => exact::square(x),
        _ => unreachable!("every op has a reference"),
    }
}

impl Real for f64 {
    const QUIET: u64 = 1 << 51;
    const MADE_NAN: u64 = 0x7ff8 << 48;

    fn bits(self) -> u64 {
        self.to_bits()
    }
    fn of_bits(bits: u64) -> Self {
        Self::from_bits(bits)
    }

    fn truth(op: Op, x: f64) -> Truth<f64> {
        if x.is_nan() {
            return Truth { rounded: Self::from_bits(x.to_bits() | Self::QUIET), value: None };
        }
        let Some(value) = value(op, x) else {
            let y = prescribed(op, x);
            return Truth { rounded: if y.is_nan() { Self::from_bits(Self::MADE_NAN) } else { y }, value: None };
        };
        match op {
            Op::Sqrt => return Truth { rounded: exact::sqrt(x), value: Some(value) },
            Op::Square => return Truth { rounded: exact::square(x), value: Some(value) },
            _ => {}
        }
        // Scaling the leading part rounds a second time where the result is subnormal: the nearest of three is taken.
        let near = value.nearest().to_bits();
        let candidates = [near, near.wrapping_sub(1), near + 1].map(Self::from_bits);
        let better = |a: f64, b: f64| if b.is_finite() && value.error(b) < value.error(a) { b } else { a };
        let best = candidates.into_iter().reduce(better).expect("three");
        let rounded = if value.error(best) < 0.5 - DOUBT { best } else { series::rounded(op, x) };
        Truth { rounded, value: Some(value) }
    }

    fn hard(op: Op) -> Vec<(f64, f64)> {
        golden::f64_hard(op.name())
    }

    fn samples(op: Op, count: usize) -> Vec<f64> {
        let borders =
            [0.0, 1.0, 708.0, 668.0, 640.0, 600.0, 709.782_712_893_384, 708.396_418_532_264_1, 744.440_071_921_381_2]
                .into_iter()
                .chain([745.133_219_101_941_1, 746.0, f64::MIN_POSITIVE, 0.7346, 1.4692, 1.0318, f64::INFINITY]);
        let near =
            borders.flat_map(|x: f64| (0..64).map(move |i| f64::from_bits((x.to_bits() + 32).saturating_sub(i))));
        let near: Vec<f64> = near.flat_map(|x| [x, -x]).collect();
        let mut random = Random(7);
        let near = near.into_iter().chain(golden::f64_worst(op.name()));
        near.chain(edges(op)).chain((0..count).map(|i| sample(op, i, &mut random, true))).collect()
    }
}

impl Real for f32 {
    const QUIET: u64 = 1 << 22;
    const MADE_NAN: u64 = 0x7fc0_0000;

    fn bits(self) -> u64 {
        self.to_bits().into()
    }
    fn of_bits(bits: u64) -> Self {
        Self::from_bits(bits as u32)
    }

    fn truth(op: Op, x: f32) -> Truth<f32> {
        if x.is_nan() {
            return Truth { rounded: Self::of_bits(x.bits() | Self::QUIET), value: None };
        }
        let value = value(op, x.into());
        let rounded = match (op, value) {
            (Op::Exp | Op::Log, Some(value)) => match value.odd() {
                Some(y) => y as f32,
                None => series::rounded_f32(op, x.into()),
            },
            // sqrt and square of 24 bits: rounding twice is rounding once
            _ => prescribed(op, x.into()) as f32,
        };
        let rounded = if rounded.is_nan() { Self::of_bits(Self::MADE_NAN) } else { rounded };
        // Where a result is out of range of f32, only one will do.
        Truth { rounded, value: value.filter(|_| rounded.is_finite() && rounded != 0.0) }
    }

    fn hard(op: Op) -> Vec<(f32, f32)> {
        golden::f32_hard(op.name()).into_iter().map(|(x, y)| (f32::from_bits(x), f32::from_bits(y))).collect()
    }

    fn samples(op: Op, count: usize) -> Vec<f32> {
        let mut random = Random(8);
        let worst = golden::f32_worst(op.name()).into_iter();
        worst.chain((0..count).map(|i| sample(op, i, &mut random, false) as f32)).collect()
    }
}

/// Powers of two, and where kernels with a table of a power of two of entries go from one to the next; each with its
/// neighbours.
fn edges(op: Op) -> impl Iterator<Item = f64> {
    let powers = (1u64..2047).map(|exponent| f64::from_bits(exponent << 52));
    let slots = (1..4096).map(move |i| match op {
        Op::Exp => f64::from(i) * (std::f64::consts::LN_2 / 256.0),
        _ => 0.5 + f64::from(i) / 2048.0,
    });
    let neighbours = |x: f64| [x.to_bits() - 1, x.to_bits(), x.to_bits() + 1].map(f64::from_bits);
    powers.chain(slots).flat_map(neighbours).flat_map(|x| [x, -x])
}

/// One input, over values, over exponents, near 1 and 0, and subnormal in or out.
fn sample(op: Op, i: usize, random: &mut Random, double: bool) -> f64 {
    let (low, high, subnormal) = if double { (-708.0, 709.7, -745.1) } else { (-87.0, 88.7, -103.9) };
    let sign = if random.bits() & 1 == 0 { 1.0 } else { -1.0 };
    match (op, i % 8) {
        (Op::Exp, 0..3) => random.uniform(low, high),
        (Op::Exp, 3 | 4) => random.uniform(-1.0, 1.0),
        (Op::Exp, 5) => random.uniform(subnormal, low),
        (Op::Exp, _) => sign * random.uniform(1.0, 2.0) * 2f64.powi(random.whole(-60, 9)),
        (_, 0..3) => random.uniform(0.4, 2.5),
        (_, 3 | 4) => 1.0 + sign * random.uniform(1.0, 2.0) * 2f64.powi(random.whole(-52, -4)),
        (_, 5) if double => f64::from_bits(random.bits() >> 12 >> random.whole(0, 51)),
        (_, 5) => f32::from_bits((random.bits() >> 41) as u32 >> random.whole(0, 22)).into(),
        (_, _) if double => f64::from_bits(random.bits() >> 1),
        (_, _) => f32::from_bits((random.bits() >> 33) as u32).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hard_cases() {
        for op in [Op::Exp, Op::Log] {
            for (x, y) in f64::hard(op) {
                let truth = f64::truth(op, x);
                assert!(truth.is(y) && error(&truth, y) <= 0.5, "{op} of {x:e}");
            }
            for (x, y) in f32::hard(op) {
                let truth = f32::truth(op, x);
                assert!(truth.is(y) && error(&truth, y) <= 0.5, "{op} of {x:e}");
            }
        }
    }

    /// A second opinion: another library's correctly rounded functions.
    #[test]
    fn the_same_as_core_math() {
        for (op, of_f64, of_f32) in [
            (Op::Exp, core_math::exp as fn(f64) -> f64, core_math::expf as fn(f32) -> f32),
            (Op::Log, core_math::log, core_math::logf),
        ] {
            for x in f64::samples(op, 50_000).into_iter().filter(|x| !x.is_nan()) {
                let (truth, y) = (f64::truth(op, x), of_f64(x));
                assert!(truth.is(y) || truth.rounded.is_nan() && y.is_nan(), "{op} of {x:e}: {y:e}, not {truth:?}");
            }
            for x in f32::samples(op, 50_000).into_iter().filter(|x| !x.is_nan()) {
                let (truth, y) = (f32::truth(op, x), of_f32(x));
                assert!(truth.is(y) || truth.rounded.is_nan() && y.is_nan(), "{op} of {x:e}: {y:e}, not {truth:?}");
            }
        }
    }

    #[test]
    fn values_of_sqrt_and_square_agree_with_integers() {
        for op in [Op::Sqrt, Op::Square] {
            for x in f64::samples(op, 50_000) {
                let truth = f64::truth(op, x);
                // A square may be half way between two numbers.
                assert!(truth.miss(truth.rounded) <= 0.5 + DOUBT, "{op} of {x:e}: {truth:?}");
            }
        }
    }

    #[test]
    fn errors_are_in_ulp() {
        let truth = f64::truth(Op::Exp, 1.0);
        assert_eq!(truth.rounded, std::f64::consts::E);
        let next = f64::from_bits(std::f64::consts::E.to_bits() + 1);
        assert!((error(&truth, next) + error(&truth, truth.rounded) - 1.0).abs() < 1e-9 || error(&truth, next) > 1.0);
        assert_eq!(error(&f64::truth(Op::Exp, 1e3), 1.0), f64::INFINITY);
        assert_eq!(error(&f64::truth(Op::Exp, 1e3), f64::INFINITY), 0.0);
        assert_eq!(f64::truth(Op::Exp, -745.0).rounded.to_bits(), 1);
        assert_eq!(f32::truth(Op::Log, 1.0).rounded.to_bits(), 0);
        assert_eq!(f32::truth(Op::Log, -1.0).rounded.to_bits(), 0x7fc0_0000);
        assert_eq!(f64::truth(Op::Sqrt, 2.0).rounded, 2f64.sqrt());
        assert_eq!(f32::truth(Op::Square, 1.1).rounded, 1.1f32 * 1.1);
    }
}
