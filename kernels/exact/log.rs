//! The natural logarithm, correctly rounded in `f64`.
//!
//! # Method
//! That of [`crate::log`], carried further: the same slots and heads, the tail of `ln c` in full, and `head + r - r^2/2`
//! without any loss, as a sum of two `f64`. Only the cubic term and what follows it are a single one. Where the two
//! roundings of that sum differ, [`super::fixed`] decides. Ordinary elements are first tested with a coarser bound, since its
//! operations would cost a tenth of all.
//!
//! # Error
//! 0.5 ulp: correctly rounded for every input, fused or not. The sum misses `ln x` by less than `|r^3| CUBIC + |ln x| WHOLE`
//! (around 1 `WHOLE_AROUND_1`), which it is tested with: shown in `proofs/`. One element in 2^8 (near 1.03) to 2^20 (far
//! from 1) goes to the second stage. `f32`: that of [`crate::log`].
//!
//! # Domain
//! All numbers. Positive normal numbers are ordinary, and those within 2^-22 of 1 as slow as rare ones.
//!
//! # Special
//! As [`crate::log`].
//!
//! # Speed
//! Of 48 instructions for eight elements on AVX-512, 18 are multiply-adds and 3 lookups; a Zen 4 takes 26 cycles, and 21 for
//! these.
//!
//! # Source
//! `coefficients/log.sollya` for the polynomial, `coefficients/tables.py` for the table.
use super::{fixed, product, settle};
use crate::lanes::{Double, Kernel, Medium, Short, Simd, Single, Spec};
use crate::log::{LIMITS_F64, LN2, LN2_REST, LOGS, Log, reduce, special, split, split_any};
use crate::poly::horner_loose;
use crate::table::{Table16, from_bits};

/// The natural logarithm, correctly rounded, as a kernel.
#[derive(Clone, Copy, Debug)]
pub struct LogExact;

/// `-ln c - LOGS`, rounded.
static LOGS_REST: Table16 = Table16::new([
    0x3d26_7b1e_99b7_2bd8,
    0x3d0d_572a_ab99_3c87,
    0x3d32_9713_7d9f_158f,
    0x3d38_586f_183b_ebf2,
    0x3d35_b967_f447_1dfc,
    0x3d34_b464_1b66_4613,
    0x3d2d_599e_8336_8e91,
    0xbd29_8026_7c7e_09e4,
    0x0000_0000_0000_0000,
    0xbd17_e5dd_7009_902c,
    0x3d1a_8940_1fa7_1733,
    0xbd12_7023_eb68_981c,
    0xbd08_4a7e_75b6_f6e4,
    0x3d31_ef78_ce2d_07f2,
    0x3d2e_be70_8164_c759,
    0x3d34_6fb7_9bf6_d4cb,
]);

/// `(ln(1 + r) - r + r^2/2) / (-r^3/2)` for `|r| <= 0.0338`, to 2^-53.7.
const POLY: [f64; 9] = from_bits([
    0xbfe5_5555_5555_5555,
    0x3fdf_ffff_ffff_ff49,
    0xbfd9_9999_9999_b50d,
    0x3fd5_5555_5575_c603,
    0xbfd2_4924_9123_680b,
    0x3fcf_fffc_e495_d745,
    0xbfcc_71cf_180e_0e7e,
    0x3fc9_a7b5_358b_7fc4,
    0xbfc7_4344_7c18_d19e,
]);

/// By how much the sum may miss `ln x`, in units of `r^3`; the step before the last is rounded twice where not fused.
const CUBIC: f64 = 1.0 / (1u64 << 52) as f64;
const CUBIC_UNFUSED: f64 = 1.25 / (1u64 << 52) as f64;
/// And in units of its high part; of that around 1, where nothing is added to what `r` gives.
const WHOLE: f64 = 1.0 / (1u128 << 78) as f64;
const WHOLE_AROUND_1: f64 = 1.0 / (1u128 << 103) as f64;
/// The same more coarsely, which costs less: in units of `r^2/2`, and of 1. It is too much near 1.
const SQUARE: f64 = 0.068 / (1u64 << 52) as f64;
const SQUARE_UNFUSED: f64 = 0.085 / (1u64 << 52) as f64;
const LEAST: f64 = 1.0 / (1u128 << 83) as f64;

impl Kernel for LogExact {
    const F32: Spec<f32> = Log::F32;
    const F64: Spec<f64> = Spec { ulp: 0.5, ulp_unfused: 0.5, ns: 3.2, ..Log::F64 };
    type F32Block = Medium;
    type F64Block = Short;

    #[inline(always)]
    fn f32_rare<V: Single>(self, x: V) -> bool {
        Log.f32_rare(x)
    }
    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        Log.f32(x)
    }
    #[inline(always)]
    fn f32_try<V: Single>(self, x: V) -> Option<V> {
        Log.f32_try(x)
    }
    #[inline(always)]
    fn f32_any<V: Single>(self, x: V) -> V {
        Log.f32_any(x)
    }

    #[inline(always)]
    fn f64_rare<V: Double>(self, x: V) -> bool {
        Log.f64_rare(x)
    }

    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        self.f64_any(x)
    }

    #[inline(always)]
    fn f64_try<V: Double>(self, x: V) -> Option<V> {
        let (e, m, key) = split(x);
        let Sum { high, low, half_square, .. } = sum(e, m, key);
        let square = x.splat(if V::Token::FUSED { -SQUARE } else { -SQUARE_UNFUSED });
        let error = half_square.mul_add(square, x.splat(LEAST));
        let (a, b) = (high + (low + error), high + (low - error));
        if a.same(b) { Some(a) } else { None }
    }

    #[inline(always)]
    fn f64_any<V: Double>(self, x: V) -> V {
        let number = positive(x);
        let (e, m, key) = split_any(number);
        let Sum { head, high, low, cube, .. } = sum(e, m, key);
        let cubic = x.splat(if V::Token::FUSED { 2.0 * CUBIC } else { 2.0 * CUBIC_UNFUSED });
        let whole = V::pick(head.eq(x.splat(0.0)), x.splat(WHOLE_AROUND_1), x.splat(WHOLE));
        let error = cube.abs().mul_add(cubic, high.abs() * whole);
        let (a, b) = (high + (low + error), high + (low - error));
        special(x, settle(number, a, a.eq(b), fixed::log), LIMITS_F64)
    }
}

/// The positive finite elements; what is none stands in as 1.
#[inline(always)]
fn positive<V: Double>(x: V) -> V {
    let one = x.splat(1.0);
    V::pick(x.splat(0.0).lt(x), V::pick(x.lt(x.splat(f64::INFINITY)), x, one), one)
}

/// `ln x` as a sum of two numbers, and what its error is measured by.
struct Sum<V> {
    /// That of `2^e` and the slot: 0 around 1 and nowhere else.
    head: V,
    high: V,
    low: V,
    /// `-r^2/2`
    half_square: V,
    /// `-r^3/2`
    cube: V,
}

/// `ln(2^e m)`, `e` in [`Double::UNIT`]s.
#[inline(always)]
fn sum<V: Double>(e: V, m: V, key: V::Key) -> Sum<V> {
    let r = reduce(m, key);
    let head = e.mul_add(e.splat(LN2 * V::UNIT), V::lookup16(&LOGS, key)); // exact
    let rest = e.mul_add(e.splat(LN2_REST * V::UNIT), V::lookup16(&LOGS_REST, key));
    let minus_half = r * r.splat(-0.5);
    let half_square = minus_half * r;
    let high = minus_half.mul_add(r, head + r); // head + r - r^2/2
    let low = minus_half.mul_add(r, (head - high) + r); // both sums exact
    let rest = if V::Token::FUSED { rest } else { rest - product(minus_half, r).1 };
    let cube = half_square * r;
    Sum { head, high, low: cube.mul_add(horner_loose(r, &POLY), low + rest), half_square, cube }
}
