//! The square root.
//!
//! # Method
//! The instruction, which IEEE 754 requires to be correctly rounded.
//!
//! # Error
//! 0.5 ulp: correctly rounded.
//!
//! # Domain
//! All numbers.
//!
//! # Special
//! `sqrt(-0) = -0`, `sqrt(inf) = inf`, `sqrt(x < 0)` is the NaN with a clear sign and no payload (x86 sets the sign by
//! itself, Arm does not: one bit pattern is picked), a NaN stays itself, made quiet.
//!
//! # Speed
//! The instruction's: on a Zen 4 it takes 16 cycles for eight `f64`, 10 for sixteen `f32` (AVX-512), and all else hides
//! behind it.
//!
//! # Source
//! IEEE 754-2019, 5.4.1 and 9.2.
use crate::lanes::{Double, Kernel, Long, Medium, Single, Spec};

/// The square root, as a kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sqrt;

impl Kernel for Sqrt {
    const F32: Spec<f32> = Spec {
        ulp: 0.5,
        ulp_unfused: 0.5,
        special: &[
            (0.0, 0.0),
            (-0.0, -0.0),
            (1.0, 1.0),
            (f32::INFINITY, f32::INFINITY),
            (f32::NEG_INFINITY, f32::NAN),
            (-1.0, f32::NAN),
            (-f32::from_bits(1), f32::NAN),
            (f32::NAN, f32::NAN),
        ],
        ns: 0.2,
    };
    const F64: Spec<f64> = Spec {
        ulp: 0.5,
        ulp_unfused: 0.5,
        special: &[
            (0.0, 0.0),
            (-0.0, -0.0),
            (1.0, 1.0),
            (f64::INFINITY, f64::INFINITY),
            (f64::NEG_INFINITY, f64::NAN),
            (-1.0, f64::NAN),
            (-f64::from_bits(1), f64::NAN),
            (f64::NAN, f64::NAN),
        ],
        ns: 0.7,
    };
    type F32Block = Medium;
    type F64Block = Long;

    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        V::pick(x.lt(x.splat(0.0)), x.splat(f32::NAN), x.sqrt())
    }
    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        V::pick(x.lt(x.splat(0.0)), x.splat(f64::NAN), x.sqrt())
    }
}
