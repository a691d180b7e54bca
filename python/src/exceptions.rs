//! What an op raises, told from its arguments.
//!
//! One pass asks whether all arguments are ordinary, which nearly all tiles are; only where not, a second asks what they
//! are. Both are plain loops that the compiler turns into vector code, once more for wider vectors.
use lanestack::{Element, Op};

use crate::flags::Flags;

/// Elements whose exceptions can be told.
pub trait Float: Element + PartialOrd {
    /// The least argument whose `exp` is not subnormal, and the greatest whose `exp` is finite.
    const EXP: [Self; 2];
    /// The least positive number.
    const LEAST: Self;
    const INFINITY: Self;
    const NEG_INFINITY: Self;

    fn is_signaling(self) -> bool;
}

macro_rules! float {
    ($t:ident, exp $exp:expr) => {
        impl Float for $t {
            const EXP: [Self; 2] = $exp;
            const LEAST: Self = Self::from_bits(1);
            const INFINITY: Self = Self::INFINITY;
            const NEG_INFINITY: Self = Self::NEG_INFINITY;

            #[inline(always)]
            fn is_signaling(self) -> bool {
                let bits = self.abs().to_bits();
                (Self::INFINITY.to_bits() < bits) & (bits < Self::NAN.to_bits())
            }
        }
    };
}
float!(f32, exp [f32::from_bits(0xc2ae_ac4f), f32::from_bits(0x42b1_7217)]);
float!(f64, exp [f64::from_bits(0xc086_232b_dd7a_bcd2), f64::from_bits(0x4086_2e42_fefa_39ef)]);

/// Whether the op's own instructions raise what it should: then nobody has to ask.
pub fn are_raised_by_hardware(op: Op) -> bool {
    op == Op::Square
}

/// What the op raises for these arguments; none if the hardware does.
pub fn of<T: Float>(op: Op, x: &[T]) -> Flags {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the CPU has it.
        return unsafe { of_avx2(op, x) };
    }
    of_any(op, x)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn of_avx2<T: Float>(op: Op, x: &[T]) -> Flags {
    of_any(op, x)
}

#[inline(always)]
fn of_any<T: Float>(op: Op, x: &[T]) -> Flags {
    let ordinary = match op {
        Op::Exp => T::EXP,
        Op::Log => [T::LEAST, T::INFINITY],
        Op::Sqrt => [T::ZERO, T::INFINITY],
        _ => return Flags::NONE,
    };
    if x.iter().fold(true, |all, &x| all & (ordinary[0] <= x) & (x <= ordinary[1])) {
        return Flags::NONE;
    }
    let [mut finite_below, mut negative, mut zero, mut finite_above, mut signaling] = [false; 5];
    for &x in x {
        finite_below |= (x < ordinary[0]) & (x > T::NEG_INFINITY);
        negative |= x < T::ZERO;
        zero |= x == T::ZERO;
        finite_above |= (x > ordinary[1]) & (x < T::INFINITY);
        signaling |= x.is_signaling();
    }
    let invalid = Flags::INVALID.when(signaling);
    match op {
        Op::Exp => invalid | Flags::UNDERFLOW.when(finite_below) | Flags::OVERFLOW.when(finite_above),
        Op::Log => invalid | Flags::INVALID.when(negative) | Flags::DIVIDE.when(zero),
        _ => invalid | Flags::INVALID.when(negative),
    }
}
