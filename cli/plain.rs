//! What lanestack is compared with: plain Rust loops on the platform's libm; and the ordinary elements it is timed on.
use lanestack::{Element, Op};

/// A loop over a slice.
pub type Sweep<T> = fn(&[T], &mut [T]);

/// An element type with what the platform makes of it.
pub trait Real: Element {
    /// The nearest element.
    fn nearest(x: f64) -> Self;
    /// The plain loop of an op, if there is one.
    fn std(op: Op) -> Option<Sweep<Self>>;
    /// How many representable numbers lie between the two; `None` if only one of them is a number.
    fn steps(self, other: Self) -> Option<u64>;
    /// Whether the two have the same bits.
    fn same_bits(self, other: Self) -> bool;
}

macro_rules! real {
    ($($t:ident $signed:ident)*) => { $(impl Real for $t {
        fn nearest(x: f64) -> Self {
            x as Self
        }

        fn std(op: Op) -> Option<Sweep<Self>> {
            Some(match op {
                Op::Exp => |src, dst| each(src, dst, Self::exp),
                Op::Log => |src, dst| each(src, dst, Self::ln),
                Op::Sqrt => |src, dst| each(src, dst, Self::sqrt),
                Op::Square => |src, dst| each(src, dst, |x: Self| x * x),
                _ => return None,
            })
        }

        fn steps(self, other: Self) -> Option<u64> {
            // Bits counted so that neighbours differ by one, across zero too.
            let place = |x: Self| match x.to_bits() as $signed {
                bits if bits < 0 => i128::from($signed::MIN) - i128::from(bits),
                bits => i128::from(bits),
            };
            match (self.is_nan(), other.is_nan()) {
                (true, true) => Some(0),
                (false, false) => Some(u64::try_from((place(self) - place(other)).abs()).expect("at most 2^64 - 1")),
                _ => None,
            }
        }

        fn same_bits(self, other: Self) -> bool {
            self.to_bits() == other.to_bits()
        }
    })* };
}
real! { f32 i32 f64 i64 }

/// One loop per function: never inlined, so that the compiler knows nothing of the elements.
#[inline(never)]
fn each<T: Copy>(src: &[T], dst: &mut [T], f: impl Fn(T) -> T) {
    for (y, &x) in dst.iter_mut().zip(src) {
        *y = f(x);
    }
}

/// Elements of the ordinary range of the op, spread evenly and in no order.
pub fn ordinary<T: Real>(op: Op, len: usize) -> Vec<T> {
    let (least, most) = match op {
        Op::Exp | Op::Square => (-10.0, 10.0),
        _ => (0.1, 100.0),
    };
    // Multiples of the golden ratio, modulo one.
    let part = |k: usize| (k as f64 * 0.618_033_988_749_894_8).fract();
    (0..len).map(|k| T::nearest(least + (most - least) * part(k))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_between_numbers() {
        assert_eq!(1f64.steps(1.0), Some(0));
        assert_eq!(1f64.steps(1.0 + f64::EPSILON), Some(1));
        assert_eq!((-0f32).steps(0.0), Some(0));
        assert_eq!(f32::from_bits(1).steps(-f32::from_bits(1)), Some(2));
        assert_eq!(f64::NAN.steps(-f64::NAN), Some(0));
        assert_eq!(f64::NAN.steps(1.0), None);
        assert_eq!(f64::INFINITY.steps(f64::NEG_INFINITY), Some(2 * f64::INFINITY.to_bits()));
    }

    #[test]
    fn every_op_has_a_plain_loop() {
        for &op in Op::ALL {
            let src: Vec<f64> = ordinary(op, 1000);
            let mut dst = vec![0.0; 1000];
            f64::std(op).unwrap_or_else(|| panic!("std lacks {op}"))(&src, &mut dst);
            assert!(dst.iter().all(|y| y.is_finite()), "{op}");
        }
    }
}
