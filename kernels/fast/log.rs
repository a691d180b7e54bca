//! The natural logarithm in `f32` lanes.
//!
//! # Method
//! `x = 2^e m` with `m` in [3/4, 3/2): `r = m - 1` is exact, and `ln x = e ln 2 + (r + r^2 P(r))` with a polynomial of degree 8
//! and no table.
//!
//! # Error
//! Fused: 0.9182 ulp, of 0x3f214dcf, found by trying all inputs; not fused 0.9332, of 0x3fbdd33f. Two roundings matter: that of
//! `q = r + r^2 P`, and the last. They stay below 1 ulp together: `|q| < 0.41`, half an ulp of which is a quarter of an ulp of
//! results from 0.5 on. Smaller results have `|e| <= 1`, and there, since `ln 2` is rounded to a multiple of 2^-21, the last sum is
//! exact if it is in the binade of `q`, and off by a half at most if it is in the next one.
//!
//! # Domain
//! All numbers. Positive normal numbers are ordinary; where the isa takes numbers apart by instructions, all are that have no
//! sign.
//!
//! # Special
//! `ln 1 = +0`, `ln ±0 = -inf`, `ln inf = inf`, `ln(x < 0)` is the NaN with a clear sign and no payload, a NaN stays itself,
//! made quiet.
//!
//! # Speed
//! For eight elements on AVX2, 10 of 18 operations are multiply-adds and one is a product: on two pipes, 5.5 cycles. A Zen 3
//! takes 7.9. For sixteen elements on AVX-512 it is 17 operations, as many of them for these pipes.
//!
//! # Source
//! `coefficients/log.sollya` for the polynomial, then moved by single ulps for the sake of the largest error.
use crate::lanes::{Double, Kernel, Key, Long, Medium, Simd, Single, Spec};
use crate::log::{LIMITS_F32, Log, special};
use crate::poly::horner;

/// The natural logarithm, as a kernel.
#[derive(Clone, Copy, Debug)]
pub struct LogFast;

/// `ln 2`, rounded: a multiple of 2^-21.
const LN2: f32 = core::f32::consts::LN_2;
/// Where not fused: `ln 2` rounded to a multiple of 2^-17, exact times any exponent, and the rest.
const LN2_UNFUSED: [f32; 2] = [f32::from_bits(0x3f31_7200), f32::from_bits(0x35bf_be8e)];
/// `(ln(1 + r) - r) / r^2`, to 2^-28.7.
const POLY: [f32; 9] = [
    f32::from_bits(0xbf00_0000),
    f32::from_bits(0x3eaa_aaea),
    f32::from_bits(0xbe80_0024),
    f32::from_bits(0x3e4c_ada0),
    f32::from_bits(0xbe2a_7125),
    f32::from_bits(0x3e14_947a),
    f32::from_bits(0xbe07_4cad),
    f32::from_bits(0x3dd4_e96c),
    f32::from_bits(0xbd33_63ff),
];
/// Whose bits, subtracted, add those of 1.
const LESS_ONE: f32 = f32::from_bits(1.0f32.to_bits().wrapping_neg());

impl Kernel for LogFast {
    const F32: Spec<f32> = Spec { ulp: 0.94, ulp_unfused: 0.94, ns: 0.3, ..Log::F32 };
    const F64: Spec<f64> = Log::F64;
    type F32Block = Long;
    type F64Block = Medium;

    #[inline(always)]
    fn f32_rare<V: Single>(self, x: V) -> bool {
        if V::Token::TAKES_APART { x.key().any_at_least((-0.0f32).to_bits()) } else { Log.f32_rare(x) }
    }

    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        combine(x.apart())
    }

    #[inline(always)]
    fn f32_any<V: Single>(self, x: V) -> V {
        // A subnormal's bits count multiples of 2^-149: behind the exponent of 1, they make 1 + 2^126 x.
        let one = x.splat(1.0);
        let subnormal = x.lt(x.splat(f32::MIN_POSITIVE));
        let normal = V::pick(subnormal, x.sub_bits(x.splat(LESS_ONE)) - one, x);
        let (e, m) = normal.apart();
        let e = V::pick(subnormal, e - x.splat(126.0 / V::UNIT), e);
        special(x, combine((e, m)), LIMITS_F32)
    }

    #[inline(always)]
    fn f64_rare<V: Double>(self, x: V) -> bool {
        Log.f64_rare(x)
    }

    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        Log.f64(x)
    }

    #[inline(always)]
    fn f64_any<V: Double>(self, x: V) -> V {
        Log.f64_any(x)
    }
}

/// `ln(2^e m)`, `e` in [`Single::UNIT`]s.
#[inline(always)]
fn combine<V: Single>((e, m): (V, V)) -> V {
    let r = m - m.splat(1.0);
    let squared = r * r;
    if V::Token::FUSED {
        e.mul_add(e.splat(LN2 * V::UNIT), squared.mul_add(horner(r, &POLY), r))
    } else {
        let [head, rest] = LN2_UNFUSED.map(|part| e * e.splat(part * V::UNIT));
        head + (r + (squared * horner(r, &POLY) + rest))
    }
}
