//! The square.
//!
//! # Method
//! One multiplication; where fused, `x x + 0`, the same in every rounding mode, since both zeros have no sign. AMD's CPUs take up
//! to three times as long for a product that is subnormal, but not for a multiply-add. Memory is its limit on every CPU: the
//! yardstick for all that moves data.
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
//! The store's: one vector a cycle, half of one where 512-bit stores take two passes. In a Zen 4's first-level cache the third
//! operand of a multiply-add keeps stores waiting, and takes a tenth more than a product would; beyond it, nothing.
//!
//! # Source
//! IEEE 754-2019, 5.4.1.
use crate::lanes::{Double, Kernel, Lanes, Longest, Simd, Single, Spec};

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
        square(x, 0.0)
    }
    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        square(x, 0.0)
    }
}

#[inline(always)]
fn square<V: Lanes>(x: V, zero: V::Elem) -> V {
    if V::Token::FUSED { x.mul_add(x, x.splat(zero)) } else { x * x }
}
