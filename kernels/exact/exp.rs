//! The exponential function, correctly rounded in `f64`.
//!
//! # Method
//! That of [`crate::exp`], carried to 68 bits: the same reduction to `e^x = s e^r` with `s` from the same table and the
//! correction of its entry in full, but `r`, `e^r - 1` and `s e^r` are each a sum of two `f64`. Only the cubic term and what
//! follows it are a single one. Where the two roundings of that sum differ, [`super::fixed`] decides.
//!
//! # Error
//! 0.5 ulp: correctly rounded for every input, fused or not. The sum misses `e^x / s` by less than the 2^-68 that it is
//! tested with: `proofs/` shows less than 2^-69. One element in 2^14 or so goes to the second stage. `f32`: that of
//! [`crate::exp`].
//!
//! # Domain
//! All numbers. `|x| < 708` is ordinary: results are normal. `s` is taken without its power of two, which joins the result
//! at the end, so that no term underflows.
//!
//! # Special
//! As [`crate::exp`]. Subnormal results are tested and rounded in units of 2^-1074.
//!
//! # Source
//! `coefficients/exp.sollya` for the polynomial, `coefficients/tables.py` for the corrections.
use super::{fixed, product, settle};
use crate::exp::{Exp, LARGEST, LN2, LN2_PIECES, LN2_REST, LOG2_E, POWERS, SIXTEENTHS, whole};
use crate::lanes::{Double, Kernel, Key, Long, Short, Simd, Single, Spec};
use crate::poly::horner;
use crate::table::{Table16, from_bits};

/// The exponential function, correctly rounded, as a kernel.
#[derive(Clone, Copy, Debug)]
pub struct ExpExact;

/// `ln(2^(j/16) / POWERS[j])`, rounded.
static CORRECTIONS: Table16 = Table16::new([
    0xbd20_1fff_ffff_ffbf,
    0xbd26_b26d_0787_6143,
    0x3d12_89b2_30e1_eb7f,
    0xbcee_e857_6a18_b79c,
    0x3d24_1862_70be_307e,
    0x3d14_5fea_7568_f12c,
    0xbd23_12e7_3755_88b9,
    0x3d1d_0bf6_f810_5c9d,
    0xbd20_200a_94be_2354,
    0xbd26_b272_973e_e14f,
    0x3d12_89ba_7dc5_362b,
    0xbcee_e883_de85_4dca,
    0x3d24_1866_8ca5_224a,
    0x3d14_5ff4_72f3_4fb2,
    0xbd23_12e5_1174_4922,
    0x3d1d_0bf4_8492_d369,
]);

/// `(e^r - 1 - r - r^2/2) / r^3` for `|r| <= ln2/32`, to 2^-55.5.
const POLY: [f64; 6] = from_bits([
    0x3fc5_5555_5555_5556,
    0x3fa5_5555_5555_5557,
    0x3f81_1111_110d_5770,
    0x3f56_c16c_16b8_05ee,
    0x3f2a_01b1_f897_1ea5,
    0x3efa_01ba_4f26_834d,
]);

/// By how much the sum may miss `e^x / s`.
const ERROR: f64 = 1.0 / (1u128 << 68) as f64;
/// What the low part of `1 + e^x / s` may lose besides, in units of its high part.
const ERROR_SUBNORMAL: f64 = 1.0 / (1u128 << 100) as f64;

/// The keys, without their sign, from which on `x` is rare.
const RARE: u32 = ((708.0f64.to_bits() >> 32) as u32) << 1;

impl Kernel for ExpExact {
    const F32: Spec<f32> = Exp::F32;
    const F64: Spec<f64> = Spec { ulp: 0.5, ulp_unfused: 0.5, ns: 2.0, ..Exp::F64 };
    type F32Block = Long;
    type F64Block = Short;

    #[inline(always)]
    fn f32_rare<V: Single>(self, x: V) -> bool {
        Exp.f32_rare(x)
    }
    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        Exp.f32(x)
    }
    #[inline(always)]
    fn f32_try<V: Single>(self, x: V) -> Option<V> {
        Exp.f32_try(x)
    }

    #[inline(always)]
    fn f64_rare<V: Double>(self, x: V) -> bool {
        x.key().twice().any_at_least(RARE)
    }

    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        self.f64_any(x)
    }

    #[inline(always)]
    fn f64_try<V: Double>(self, x: V) -> Option<V> {
        let (z, _, p) = split(x);
        let (s, exponent) = V::power_parts(&POWERS, z); // 2^k = 2^n s
        let (high, low) = scale(s, p);
        let [a, b] = [s.mul_add(s.splat(ERROR), low), s.neg_mul_add(s.splat(ERROR), low)];
        let (a, b) = (high + a, high + b);
        if a.same(b) { Some(a.add_bits(exponent)) } else { None }
    }

    #[inline(always)]
    fn f64_any<V: Double>(self, x: V) -> V {
        let one = x.splat(1.0);
        let overflows = x.splat(LARGEST).lt(x);
        let number = V::pick(x.is_nan(), one, V::pick(overflows, one, x)).clamp(-746.0, LARGEST);
        let (_, k, p) = split(number);
        let n = whole(k); // k = n + j/16; s = 2^(j/16)
        let s = V::power(&POWERS, (k - n) + x.splat(SIXTEENTHS));
        let (high, low) = scale(s, p);
        let error = s * x.splat(ERROR);
        // Below 2^-1022 the sum must be rounded to a multiple of 2^-1074, which is the ulp of `unit`, scaled by 2^-n.
        let unit = one.add_exponent(x.splat(-1022.0) - n);
        let unit_error = unit.mul_add(x.splat(ERROR_SUBNORMAL), error);
        let unit_high = unit + high;
        let unit_low = ((unit - unit_high) + high) + low;
        let a = raise(n, high + (low + error), (unit_high + (unit_low + unit_error)).sub_bits(unit));
        let b = raise(n, high + (low - error), (unit_high + (unit_low - unit_error)).sub_bits(unit));
        // By their bits: as numbers, subnormal ones all compare equal if the caller has them count as zero.
        let alike = a.sub_bits(b).add_bits(one).eq(one);
        let y = settle(number, a, alike, fixed::exp);
        let y = V::pick(overflows, x.splat(f64::INFINITY), y);
        V::pick(x.is_nan(), x + x, y)
    }
}

/// `2^n y`, if that is not below 2^-1022, or else the `subnormal` result.
#[inline(always)]
fn raise<V: Double>(n: V, y: V, subnormal: V) -> V {
    let one = y.splat(1.0);
    let exponent = V::pick(y.lt(one), n - one, n);
    V::pick(exponent.lt(n.splat(-1022.0)), subnormal, y.add_exponent(n))
}

/// `z` with `16 k` in its low bits, `k`, and `e^r - 1` as a sum, with the table's correction in `r`, for `e^x = 2^k e^r`.
#[inline(always)]
fn split<V: Double>(x: V) -> (V, V, (V, V)) {
    let half = x.splat(0.5);
    let z = x.mul_add(x.splat(LOG2_E), x.splat(SIXTEENTHS));
    let k = z - x.splat(SIXTEENTHS);
    let correction = V::lookup16_low(&CORRECTIONS, z);
    // x - k ln2 = head + rest
    let (head, rest) = if V::Token::FUSED {
        (k.neg_mul_add(x.splat(LN2), x), k.neg_mul_add(x.splat(LN2_REST), correction))
    } else {
        let [a, b, c] = LN2_PIECES;
        let (first, second) = (k.neg_mul_add(x.splat(a), x), k * x.splat(b)); // exact
        let head = first - second;
        (head, ((first - head) - second) + k.neg_mul_add(x.splat(c), correction))
    };
    let r = head + rest;
    let r_low = (head - r) + rest;
    let (square, minus_square_low) = product(r, r);
    let p = square.mul_add(half, r); // r + r^2/2
    let p_low = square.mul_add(half, r - p);
    // r_low (1 + r) + what r^2/2 lost + r^3 q(r)
    let rest = minus_square_low.neg_mul_add(half, r.mul_add(r_low, r_low));
    let rest = (square * r).mul_add(horner(r, &POLY), rest);
    (z, k, (p, p_low + rest))
}

/// `s (1 + p)` as a sum.
#[inline(always)]
fn scale<V: Double>(s: V, (p, p_low): (V, V)) -> (V, V) {
    let (sp, minus_sp_low) = product(s, p);
    let high = s + sp;
    (high, ((s - high) + sp) - s.neg_mul_add(p_low, minus_sp_low))
}
