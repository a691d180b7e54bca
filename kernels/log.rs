//! The natural logarithm, `ln x`.
//!
//! # Method
//! `x = 2^e m` with `m` in [0.7346, 1.4693), from the bits of `x` less those of 0.7346. The next four bits choose one of
//! sixteen slots and with it `c`, near `1/m`, of seven bits: `r = m c - 1` with `|r| <= 0.0338`, and
//! `ln x = (e ln 2 - ln c) + ln(1 + r)`. The slot around 1 has `c = 1`, so that nothing cancels there. `ln 2` and `ln c` are
//! each a head, whose sums are exact, and a tail; `ln(1 + r)` is a polynomial. `f32` is evaluated in `f64` lanes, where
//! its subnormal inputs are normal, and rounded once; but as a [pair](crate::pairs), which gives the same, where the isa makes
//! that faster.
//!
//! # Error
//! `f32`: 0.5 ulp, correctly rounded for every input, fused or not. Slots have tables of their own, chosen until the
//! hardest inputs, 23134 within 2^-41 of a rounding boundary, came out right; the closest, 0x65d890d3, lies 2^-57.8 from
//! one. The tests run all 2^32. Do not tidy them up: they are right for just these operations in this order.
//!
//! `f64`: 0.55 ulp where fused; below 1 ulp where not. `proofs/` shows less than 0.5464 and 0.5623. The worst found, by
//! directed search over 4e9 inputs (`reference/search.rs`): 0.54355 ulp, of 0x3ff081ffd4606f6e got 0x3f9ffea7ff1166de, want
//! 0x3f9ffea7ff1166df, at the top of the slot around 1, where `r^2` has just passed 2^-10 and the result has not reached 2^-5;
//! not fused 0.54356, of 0x3ff081fea37f6ae1 got 0x3f9ffe5e1f08feaa, want 0x3f9ffe5e1f08feab. 0.5000 far from 1.
//!
//! # Domain
//! All numbers. Positive normal numbers are ordinary.
//!
//! # Special
//! `ln 1 = +0`, `ln ±0 = -inf`, `ln inf = inf`, `ln(x < 0)` is the NaN with a clear sign and no payload, a NaN stays itself,
//! made quiet.
//!
//! # Speed
//! `f64`: of 35 instructions for eight elements on AVX-512, 13 are multiply-adds and 3 lookups; a Zen 4 takes 18 cycles, and
//! 14 for all of them, were its four pipes never idle.
//!
//! # Source
//! `coefficients/log.sollya` for the polynomials, `coefficients/tables.py` for the tables of `f64`.
use crate::lanes::{Double, Element, Kernel, Key, Lanes, Medium, Simd, Single, Spec};
use crate::pairs;
use crate::poly::horner;
use crate::table::{ShortTable, Table16, from_bits};

/// The natural logarithm, as a kernel.
#[derive(Clone, Copy, Debug)]
pub struct Log;

/// The key of 0.7346, the least mantissa. It puts the upper edge of the slot around 1 just above `e^(1/32)`, where the
/// results of the next slot leave the binade in which its rounding errors would count double.
const LEAST: u32 = 0x3fe7_8240;
/// The sign and exponent of a key.
const EXPONENT: u32 = 0xfff0_0000;

/// `ln 2` rounded to a multiple of 2^-42: exact times any exponent.
pub(crate) const LN2: f64 = f64::from_bits(0x3fe6_2e42_fefa_3800);
/// `ln 2 - LN2`, rounded.
pub(crate) const LN2_REST: f64 = f64::from_bits(0x3d2e_f357_93c7_6730);

/// `(ln(1 + r) - r) / r^2`, to 2^-62.2 of `ln(1 + r)` in the slot around 1.
const POLY: [f64; 9] = from_bits([
    0xbfe0_0000_0000_0000,
    0x3fd5_5555_5555_54ec,
    0xbfcf_ffff_ffff_fe9a,
    0x3fc9_9999_99b9_7903,
    0xbfc5_5555_5580_b950,
    0x3fc2_4923_126a_cabd,
    0xbfbf_fffc_84a7_f51e,
    0x3fbc_8003_2c2e_a3fc,
    0xbfb9_a827_29e2_b1ae,
]);
/// `c`, a multiple of 1/64.
static RECIPROCALS: ShortTable<16> = ShortTable::new([
    0x3ff5_8000,
    0x3ff4_8000,
    0x3ff3_8000,
    0x3ff3_0000,
    0x3ff2_8000,
    0x3ff1_8000,
    0x3ff1_0000,
    0x3ff0_8000,
    0x3ff0_0000,
    0x3fee_0000,
    0x3fec_8000,
    0x3feb_0000,
    0x3fe9_8000,
    0x3fe8_8000,
    0x3fe7_0000,
    0x3fe6_0000,
]);
/// `-ln c` rounded to a multiple of 2^-42.
pub(crate) static LOGS: Table16 = Table16::new([
    0xbfd2_e8e2_bae1_2000,
    0xbfcf_b918_6d5e_4000,
    0xbfc9_525a_9cf4_6000,
    0xbfc5_ff30_70a7_a000,
    0xbfc2_9552_f820_0000,
    0xbfb6_f0d2_8ae5_8000,
    0xbfaf_0a30_c011_8000,
    0xbf9f_829b_0e78_0000,
    0x0000_0000_0000_0000,
    0x3fb0_8598_b59e_4000,
    0x3fbd_a727_6384_4000,
    0x3fc5_bf40_6b54_4000,
    0x3fcd_1037_f265_6000,
    0x3fd1_178e_8227_e000,
    0x3fd5_22ae_0738_a000,
    0x3fd7_fafa_3bd8_1000,
]);
/// `-ln c - LOGS`, to 2^-65.
static LOGS_REST: ShortTable<16> = ShortTable::new([
    0x3d26_7b1f,
    0x3d0d_572b,
    0x3d32_9713,
    0x3d38_586f,
    0x3d35_b968,
    0x3d34_b464,
    0x3d2d_599f,
    0xbd29_8026,
    0x0000_0000,
    0xbd17_e5dd,
    0x3d1a_8940,
    0xbd12_7024,
    0xbd08_4a7e,
    0x3d31_ef79,
    0x3d2e_be71,
    0x3d34_6fb8,
]);

/// `ln(1 + r) / r` for `|r| <= 0.0318`, to 2^-44.1.
const POLY_F32: [f64; 7] = from_bits([
    0x3ff0_0000_0000_002e,
    0xbfe0_0000_0001_a1ae,
    0x3fd5_5555_5511_294c,
    0xbfcf_ffff_2adf_ab1d,
    0x3fc9_99a0_76e2_0483,
    0xbfc5_5c26_f387_d10b,
    0x3fc2_3640_38e5_88e2,
]);
/// `c`, a multiple of 1/256, chosen together with `LOGS_F32`.
static RECIPROCALS_F32: ShortTable<16> = ShortTable::new([
    0x3ff5_4000,
    0x3ff4_a000,
    0x3ff3_e000,
    0x3ff2_f000,
    0x3ff2_2000,
    0x3ff1_a000,
    0x3ff1_3000,
    0x3ff0_8000,
    0x3ff0_0000,
    0x3fee_2000,
    0x3fec_8000,
    0x3fea_e000,
    0x3fe9_8000,
    0x3fe8_6000,
    0x3fe7_2000,
    0x3fe6_4000,
]);
/// Near `-ln c`, moved by up to 131 ulp.
static LOGS_F32: Table16 = Table16::new([
    0xbfd2_2941_fbcf_7943,
    0xbfd0_4025_94b4_d0a6,
    0xbfcb_c286_742d_8d59,
    0xbfc5_9338_d998_200c,
    0xbfbf_ec91_31db_ea80,
    0xbfb8_c345_d631_9b21,
    0xbfb2_53f6_2f0a_1419,
    0xbf9f_829b_0e78_3380,
    0x0000_0000_0000_0000,
    0x3fae_ea31_c006_b87c,
    0x3fbd_a727_6384_4678,
    0x3fc6_574e_be8c_1308,
    0x3fcd_1037_f265_5e4b,
    0x3fd1_6b5c_cbac_fbc0,
    0x3fd4_c9e0_9e17_2c81,
    0x3fd7_41d8_76c6_7bb1,
]);

impl Kernel for Log {
    const F32: Spec<f32> = Spec {
        ulp: 0.5,
        ulp_unfused: 0.5,
        special: &[
            (1.0, 0.0),
            (0.0, f32::NEG_INFINITY),
            (-0.0, f32::NEG_INFINITY),
            (f32::INFINITY, f32::INFINITY),
            (f32::NEG_INFINITY, f32::NAN),
            (-1.0, f32::NAN),
            (-f32::from_bits(1), f32::NAN),
            (f32::MIN, f32::NAN),
            (f32::NAN, f32::NAN),
        ],
        ns: 1.0,
    };
    const F64: Spec<f64> = Spec {
        ulp: 0.55,
        ulp_unfused: 1.0,
        special: &[
            (1.0, 0.0),
            (0.0, f64::NEG_INFINITY),
            (-0.0, f64::NEG_INFINITY),
            (f64::INFINITY, f64::INFINITY),
            (f64::NEG_INFINITY, f64::NAN),
            (-1.0, f64::NAN),
            (-f64::from_bits(1), f64::NAN),
            (f64::MIN, f64::NAN),
            (f64::NAN, f64::NAN),
        ],
        ns: 1.6,
    };
    type F32Block = Medium;
    type F64Block = Medium;

    #[inline(always)]
    fn f32_rare<V: Single>(self, x: V) -> bool {
        // Subnormal numbers would be none of their own kind, but for a caller who has them count as zero (DAZ).
        let normal = f32::MIN_POSITIVE.to_bits();
        x.key().minus(normal).any_at_least(f32::INFINITY.to_bits() - normal)
    }

    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        let x = x.widen();
        let (e, m, key) = split(x);
        let r = m.mul_add(V::Wide::lookup16_short(&RECIPROCALS_F32, key), x.splat(-1.0)); // exact, fused or not
        let log_c = V::Wide::lookup16(&LOGS_F32, key);
        let ln2 = |ln2: f64| x.splat(ln2 * V::Wide::UNIT);
        V::narrow(if V::Token::FUSED {
            horner(r, &POLY_F32).mul_add(r, e.mul_add(ln2(core::f64::consts::LN_2), log_c))
        } else {
            horner(r, &POLY_F32).mul_add(r, e * ln2(LN2_REST)) + e.mul_add(ln2(LN2), log_c)
        })
    }

    #[inline(always)]
    fn f32_try<V: Single>(self, x: V) -> Option<V> {
        match V::Token::WORDS {
            32 => pairs::log::pair32(x),
            16 => pairs::log::pair16(x),
            _ => Some(self.f32(x)),
        }
    }

    #[inline(always)]
    fn f32_any<V: Single>(self, x: V) -> V {
        special(x, self.f32(x), LIMITS_F32)
    }

    #[inline(always)]
    fn f64_rare<V: Double>(self, x: V) -> bool {
        let normal = (f64::MIN_POSITIVE.to_bits() >> 32) as u32;
        x.key().minus(normal).any_at_least(((f64::INFINITY.to_bits() >> 32) as u32) - normal)
    }

    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        let (e, m, key) = split(x);
        combine(e, m, key)
    }

    #[inline(always)]
    fn f64_any<V: Double>(self, x: V) -> V {
        let (e, m, key) = split_any(x);
        special(x, combine(e, m, key), LIMITS_F64)
    }
}

/// `ln 0`, and what bounds positive numbers.
pub(crate) const LIMITS_F32: [f32; 3] = [f32::NEG_INFINITY, 0.0, f32::INFINITY];
/// As `LIMITS_F32`.
pub(crate) const LIMITS_F64: [f64; 3] = [f64::NEG_INFINITY, 0.0, f64::INFINITY];

/// `y`, but for what is not positive and finite.
#[inline(always)]
pub(crate) fn special<V: Lanes>(x: V, y: V, [least, zero, infinity]: [V::Elem; 3]) -> V {
    let zero = x.splat(zero);
    let y = V::pick(zero.lt(x), y, V::pick(x.eq(zero), x.splat(least), x.splat(V::Elem::NAN)));
    V::pick(x.lt(x.splat(infinity)), y, x + x)
}

/// As `split`, for subnormal numbers too; `e` and `m` are finite for whatever is none.
#[inline(always)]
pub(crate) fn split_any<V: Double>(x: V) -> (V, V, V::Key) {
    // A subnormal's bits count multiples of 2^-1074: behind the exponent of 1, they make 1 + 2^1022 x.
    let one = x.splat(1.0);
    let subnormal = x.lt(x.splat(f64::MIN_POSITIVE));
    let (e, m, key) = split(V::pick(subnormal, x.add_bits(one) - one, x));
    (V::pick(subnormal, e - x.splat(1022.0 / V::UNIT), e), m, key)
}

/// `e`, in [`Double::UNIT`]s, and `m` of `x = 2^e m`, and the key that holds the slot.
#[inline(always)]
pub(crate) fn split<V: Double>(x: V) -> (V, V, V::Key) {
    let key = x.key().minus(LEAST);
    let e = key.and(EXPONENT);
    (V::exponent(e), x.sub_key(e), key)
}

/// `r = m c - 1`, exactly.
#[inline(always)]
pub(crate) fn reduce<V: Double>(m: V, key: V::Key) -> V {
    let c = V::lookup16_short(&RECIPROCALS, key);
    if V::Token::FUSED {
        m.mul_add(c, m.splat(-1.0))
    } else {
        // m = a + b, 26 bits each (Veltkamp), so that products with c are exact.
        let t = m * m.splat(134217729.0);
        let a = t - (t - m);
        (a * c - m.splat(1.0)) + (m - a) * c
    }
}

/// `ln(2^e m)`, `e` in [`Double::UNIT`]s.
#[inline(always)]
fn combine<V: Double>(e: V, m: V, key: V::Key) -> V {
    let r = reduce(m, key);
    let head = e.mul_add(e.splat(LN2 * V::UNIT), V::lookup16(&LOGS, key)); // exact
    let rest = e.mul_add(e.splat(LN2_REST * V::UNIT), V::lookup16_short(&LOGS_REST, key));
    let high = head + r;
    let low = ((head - high) + r) + rest;
    high + (r * r).mul_add(horner(r, &POLY), low)
}
