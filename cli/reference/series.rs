//! `exp` and `log` from their series, in whole numbers of 1300 bits: slow, for what 95 bits cannot decide.
use std::sync::LazyLock;

use lanestack::Op;
use num_bigint::{BigInt, Sign};

use super::exact::{parts, round};

/// Bits behind the point: so many that no `f64` argument or result comes near the last.
const BITS: i32 = 1300;

/// The correctly rounded result, for finite numbers with a finite, non-zero result that is not a dyadic fraction.
pub fn rounded(op: Op, x: f64) -> f64 {
    let (y, exponent) = value(op, x);
    // No result is exact: a last bit of 1 stands for all that is cut off.
    let cut = y.bits() as i32 - 120;
    let kept = u128::try_from(y.magnitude() >> cut).expect("120 bits") | 1;
    let magnitude = round(kept, exponent + cut);
    if y.sign() == Sign::Minus { -magnitude } else { magnitude }
}

/// As `rounded`, for `f32`.
pub fn rounded_f32(op: Op, x: f64) -> f32 {
    let (y, exponent) = value(op, x);
    // 52 bits and a last bit of 1 for the rest: `f32` is rounded to once.
    let cut = y.bits() as i32 - 52;
    let kept = u128::try_from(y.magnitude() >> cut).expect("52 bits") << 1 | 1;
    let magnitude = round(kept, exponent + cut - 1) as f32;
    if y.sign() == Sign::Minus { -magnitude } else { magnitude }
}

/// `y` and `e` with the result `y 2^e`.
fn value(op: Op, x: f64) -> (BigInt, i32) {
    match op {
        Op::Exp => exp(x),
        Op::Log => (log(x), -BITS),
        _ => panic!("{op} has no series"),
    }
}

/// `m 2^e` with `BITS` behind the point.
fn fixed(m: u64, e: i32) -> BigInt {
    let shift = BITS + e;
    if shift < 0 { BigInt::from(m) >> -shift } else { BigInt::from(m) << shift }
}

fn exp(x: f64) -> (BigInt, i32) {
    let (m, e) = parts(x);
    let x_fixed = if x < 0.0 { -fixed(m, e) } else { fixed(m, e) };
    // e^x = 2^k e^r
    let k = (x / std::f64::consts::LN_2).round() as i32;
    let r = x_fixed - &*LN2 * k;
    let (mut sum, mut term, mut n) = (fixed(1, 0), fixed(1, 0), 1u32);
    // A shift rounds down: a negative term ends as -1.
    while term.bits() > 1 {
        term = ((term * &r) >> BITS) / n;
        sum += &term;
        n += 1;
    }
    (sum, k - BITS)
}

fn log(x: f64) -> BigInt {
    let (m, e) = parts(x);
    // x = f 2^n with f in [0.75, 1.5)
    let top = 63 - m.leading_zeros() as i32;
    let n = e + top + i32::from(m as f64 / (1u64 << top) as f64 >= 1.5);
    &*LN2 * n + ln(&fixed(m, e - n))
}

static LN2: LazyLock<BigInt> = LazyLock::new(|| ln(&fixed(2, 0)));

/// `ln f = 2 (s + s^3/3 + s^5/5 + ...)` for `s = (f - 1) / (f + 1)`.
fn ln(f: &BigInt) -> BigInt {
    let one = fixed(1, 0);
    let s: BigInt = ((f - &one) << BITS) / (f + &one);
    let square: BigInt = (&s * &s) >> BITS;
    let (mut sum, mut power, mut n) = (BigInt::ZERO, s, 1u32);
    while power.bits() > 1 {
        sum += &power / n;
        power = (power * &square) >> BITS;
        n += 2;
    }
    sum * 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::golden;

    #[test]
    fn known_results() {
        assert_eq!(rounded(Op::Exp, 1.0), std::f64::consts::E);
        assert_eq!(rounded(Op::Log, 2.0), std::f64::consts::LN_2);
        assert_eq!(rounded(Op::Log, 10.0), std::f64::consts::LN_10);
        // Just above half way between 1 and the next, by 2^-107; and just above half way to the one before.
        assert_eq!(rounded(Op::Exp, 2f64.powi(-53)), 1.0 + f64::EPSILON);
        assert_eq!(rounded(Op::Exp, -(2f64.powi(-54))), 1.0);
        assert_eq!(rounded(Op::Exp, f64::from_bits(1)), 1.0);
        assert_eq!(rounded(Op::Exp, -745.0).to_bits(), 1);
        assert_eq!(rounded_f32(Op::Exp, 1.0), std::f32::consts::E);
    }

    #[test]
    fn hard_cases() {
        for op in [Op::Exp, Op::Log] {
            let in_range = |&(_, y): &(f64, f64)| y.is_finite() && y != 0.0;
            for (x, y) in golden::f64_hard(op.name()).into_iter().filter(in_range).step_by(31) {
                assert_eq!(rounded(op, x).to_bits(), y.to_bits(), "{op} of {x:e}");
            }
            for (x, y) in golden::f32_hard(op.name()).into_iter().step_by(31) {
                assert_eq!(rounded_f32(op, f32::from_bits(x).into()).to_bits(), y, "{op} of {x:#010x}");
            }
        }
    }
}
