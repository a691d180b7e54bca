//! The square.
//!
//! # Method
//! One multiplication. Memory is its limit on every CPU: the yardstick for all that moves data.
//!
//! # Error
//! 0.5 ulp: correctly rounded.
//!
//! # Domain
//! All numbers.
//!
//! # Special
//! `square(±0) = 0`, `square(±inf) = inf`, a NaN stays itself, made quiet. Overflow gives `inf`, underflow is gradual.
//!
//! # Speed
//! The store's: one vector a cycle, half of one where 512-bit stores take two passes.
//!
//! # Source
//! IEEE 754-2019, 5.4.1.
use crate::lanes::{Double, Kernel, Longest, Single, Spec};

/// The square, as a kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Square;

impl Kernel for Square {
    const F32: Spec<f32> = Spec {
        ulp: 0.5,
        ulp_unfused: 0.5,
        special: &[
            (0.0, 0.0),
            (-0.0, 0.0),
            (-1.0, 1.0),
            (f32::MAX, f32::INFINITY),
            (f32::INFINITY, f32::INFINITY),
            (f32::NEG_INFINITY, f32::INFINITY),
            (f32::MIN_POSITIVE, 0.0),
            (f32::NAN, f32::NAN),
        ],
        ns: 0.06,
    };
    const F64: Spec<f64> = Spec {
        ulp: 0.5,
        ulp_unfused: 0.5,
        special: &[
            (0.0, 0.0),
            (-0.0, 0.0),
            (-1.0, 1.0),
            (f64::MAX, f64::INFINITY),
            (f64::INFINITY, f64::INFINITY),
            (f64::NEG_INFINITY, f64::INFINITY),
            (f64::MIN_POSITIVE, 0.0),
            (f64::NAN, f64::NAN),
        ],
        ns: 0.09,
    };
    type F32Block = Longest;
    type F64Block = Longest;

    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        x * x
    }
    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        x * x
    }
}
