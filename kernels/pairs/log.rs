//! The natural logarithm as a pair.
//!
//! # Method
//! That of [`crate::log`], with 32 slots or 16: `x = 2^e m`, `r = m c - 1` with `|r| <= 1/32` (0.0339), exactly, and
//! `ln x = (e ln 2 - ln c) + ln(1 + r)`. Around 1, `c = 1`, so that nothing cancels there. The heads of `ln 2` and `ln c`, whose
//! sums are exact, `r` and `-r^2/2` make a pair without any loss; the rest is below 2^-10 of the result.
//!
//! # Error
//! What is certain is the nearest number, for every input. One in 2600 (950) is not.
//!
//! # Domain
//! Positive normal numbers. `ln 1 = +0`.
//!
//! # Speed
//! For sixteen elements on AVX-512, 31 operations, 14 of them multiply-adds and three lookups, instead of 42 in `f64` lanes: a
//! Zen 4, with two passes for each, takes 19 cycles, and 30 for those. For eight on AVX2, 58 instructions instead of 82, 18 cycles
//! instead of 25; for four on NEON, 49 instead of 70.
//!
//! # Source
//! `coefficients/tables.py`; `coefficients/log.sollya` for the polynomials, then moved by some ulps until fewest inputs were
//! uncertain.
use crate::lanes::Single;
use crate::poly::horner;
use crate::table::Words;

/// `ln 2` rounded to a multiple of 2^-17: exact times any exponent.
const LN2: f32 = f32::from_bits(0x3f31_7200);
/// `ln 2 - LN2`, rounded.
const LN2_REST: f32 = f32::from_bits(0x35bf_be8e);
/// The least mantissa of the first of 16 slots, that of [`crate::log`]: the slot around 1 reaches to above `e^(1/32)`. Beyond, `high`
/// is in the binade of `head - high`, which is exact so.
const LEAST: f32 = f32::from_bits(0x3f3c_1200);

/// What depends on the size of the tables.
trait Tables {
    /// `(ln(1 + r) - r + r^2/2) / r^3`, to 2^-38 of `ln(1 + r)`, or 2^-36.6 with 16 entries.
    const POLY: [f32; 4];
    /// By how much the larger sum is too large, and the smaller one too small, relative to the result.
    const ERROR: f32;
    /// `e`, `m` and its slot in the low bits, and the unit in which `e` counts.
    fn split<V: Single>(x: V) -> (V, V, V, f32);
    /// `c`, of few bits.
    fn reciprocal<V: Single>(slot: V) -> V;
    /// `-ln c` rounded to a multiple of 2^-17; with 32 slots, `LN2` more where `m` is halved.
    fn log<V: Single>(slot: V) -> V;
    /// What that lacks.
    fn log_rest<V: Single>(slot: V) -> V;
}

/// 32 entries.
struct Large;
/// 16 entries.
struct Small;

static RECIPROCALS_32: Words<32> = Words([
    0x3f80_0000,
    0x3f74_0000,
    0x3f6c_0000,
    0x3f68_0000,
    0x3f60_0000,
    0x3f5c_0000,
    0x3f54_0000,
    0x3f50_0000,
    0x3f4c_0000,
    0x3f44_0000,
    0x3f40_0000,
    0x3f3c_0000,
    0x3f38_0000,
    0x3f34_0000,
    0x3f30_0000,
    0x3f2c_0000,
    0x3fa8_0000,
    0x3fa6_0000,
    0x3fa2_0000,
    0x3fa0_0000,
    0x3f9c_0000,
    0x3f9a_0000,
    0x3f96_0000,
    0x3f94_0000,
    0x3f90_0000,
    0x3f8e_0000,
    0x3f8c_0000,
    0x3f8a_0000,
    0x3f88_0000,
    0x3f86_0000,
    0x3f84_0000,
    0x3f80_0000,
]);
static LOGS_32: Words<32> = Words([
    0x0000_0000,
    0x3d44_a800,
    0x3da6_9800,
    0x3dc9_9c00,
    0x3e08_bc00,
    0x3e1b_3000,
    0x3e41_1e00,
    0x3e54_a000,
    0x3e68_8200,
    0x3e88_bc00,
    0x3e93_4b00,
    0x3e9e_1300,
    0x3ea9_1500,
    0x3eb4_5600,
    0x3ebf_d800,
    0x3ecb_9d00,
    0x3ed7_a900,
    0x3edd_cb00,
    0x3eea_4800,
    0x3ef0_a400,
    0x3efd_9b00,
    0x3f02_1b00,
    0x3f08_d780,
    0x3f0c_4780,
    0x3f13_4b00,
    0x3f16_df80,
    0x3f1a_8100,
    0x3f1e_3000,
    0x3f21_ed00,
    0x3f25_b800,
    0x3f29_9180,
    0x3f31_7200,
]);
static LOGS_REST_32: Words<32> = Words([
    0x0000_0000,
    0xb62b_d6c1,
    0x358a_e904,
    0xb606_8a9b,
    0x35e8_227e,
    0xb4d3_fa9c,
    0x3432_a8d2,
    0xb616_1ba9,
    0xb580_d9aa,
    0x3668_227e,
    0x3504_4d37,
    0xb658_8ccd,
    0x3660_738a,
    0x3603_e9c7,
    0xb5b8_84fd,
    0x3550_c4d6,
    0x3615_248d,
    0x348d_c071,
    0x3511_b7bf,
    0x3621_a272,
    0xb5ea_10b7,
    0x34be_7604,
    0x3682_3c76,
    0xb55f_86e2,
    0x3584_4d37,
    0x362a_f61c,
    0x368a_d9d9,
    0x3680_c36c,
    0xb2d0_6dc4,
    0xb5a4_1a3d,
    0xb56c_bcc4,
    0x35bf_be8e,
]);
static RECIPROCALS_16: Words<16> = Words([
    0x3fac_0000,
    0x3fa4_0000,
    0x3f9c_0000,
    0x3f98_0000,
    0x3f94_0000,
    0x3f8c_0000,
    0x3f88_0000,
    0x3f84_0000,
    0x3f80_0000,
    0x3f70_0000,
    0x3f64_0000,
    0x3f58_0000,
    0x3f4c_0000,
    0x3f44_0000,
    0x3f38_0000,
    0x3f30_0000,
]);
static LOGS_16: Words<16> = Words([
    0xbe97_4700,
    0xbe7d_c800,
    0xbe4a_9200,
    0xbe2f_fa00,
    0xbe14_aa00,
    0xbdb7_8800,
    0xbd78_5000,
    0xbcfc_1000,
    0x0000_0000,
    0x3d84_2c00,
    0x3ded_3800,
    0x3e2d_fa00,
    0x3e68_8200,
    0x3e88_bc00,
    0x3ea9_1500,
    0x3ebf_d800,
]);
static LOGS_REST_16: Words<16> = Words([
    0xb52e_b847,
    0xb643_6af2,
    0xb654_e7a3,
    0x35f8_f587,
    0xb617_c100,
    0x3635_d46a,
    0xb5c3_0046,
    0xb61b_0e78,
    0x0000_0000,
    0x35c5_acf2,
    0x361d_8e11,
    0x3356_a87b,
    0xb580_d9aa,
    0x3668_227e,
    0x3660_738a,
    0xb5b8_84fd,
]);

impl Tables for Large {
    const POLY: [f32; 4] = [
        f32::from_bits(0x3eaa_aaab),
        f32::from_bits(0xbe80_003c),
        f32::from_bits(0x3e4c_d660),
        f32::from_bits(0xbe26_2b13),
    ];
    const ERROR: f32 = f32::from_bits(0x2d8d_0b3a); // 2^-35.86
    #[inline(always)]
    fn split<V: Single>(x: V) -> (V, V, V, f32) {
        let (e, m, slot) = x.slot32();
        (e, m, slot, 1.0)
    }
    #[inline(always)]
    fn reciprocal<V: Single>(slot: V) -> V {
        V::lookup32(&RECIPROCALS_32, slot)
    }
    #[inline(always)]
    fn log<V: Single>(slot: V) -> V {
        V::lookup32(&LOGS_32, slot)
    }
    #[inline(always)]
    fn log_rest<V: Single>(slot: V) -> V {
        V::lookup32(&LOGS_REST_32, slot)
    }
}

impl Tables for Small {
    const POLY: [f32; 4] = [
        f32::from_bits(0x3eaa_aaa7),
        f32::from_bits(0xbe7f_ffd2),
        f32::from_bits(0x3e4d_0bd6),
        f32::from_bits(0xbe2b_c98c),
    ];
    const ERROR: f32 = f32::from_bits(0x2e42_0300); // 2^-34.40
    #[inline(always)]
    fn split<V: Single>(x: V) -> (V, V, V, f32) {
        let (e, m, slot) = x.slot16(LEAST);
        (e, m, slot, V::UNIT)
    }
    #[inline(always)]
    fn reciprocal<V: Single>(slot: V) -> V {
        V::lookup16(&RECIPROCALS_16, slot)
    }
    #[inline(always)]
    fn log<V: Single>(slot: V) -> V {
        V::lookup16(&LOGS_16, slot)
    }
    #[inline(always)]
    fn log_rest<V: Single>(slot: V) -> V {
        V::lookup16(&LOGS_REST_16, slot)
    }
}

/// `ln x` in the domain, if it is certain, from tables of 32 words.
#[inline(always)]
pub fn pair32<V: Single>(x: V) -> Option<V> {
    pair::<V, Large>(x)
}

/// `ln x` in the domain, if it is certain, from tables of 16 words.
#[inline(always)]
pub fn pair16<V: Single>(x: V) -> Option<V> {
    pair::<V, Small>(x)
}

#[inline(always)]
fn pair<V: Single, T: Tables>(x: V) -> Option<V> {
    let (e, m, slot, unit) = T::split(x);
    let r = m.mul_add(T::reciprocal(slot), x.splat(-1.0)); // exact
    let head = e.mul_add(x.splat(LN2 * unit), T::log(slot)); // exact
    let rest = e.mul_add(x.splat(LN2_REST * unit), T::log_rest(slot));
    let minus_half = r * r.splat(-0.5);
    let high = minus_half.mul_add(r, head + r); // head + r - r^2/2
    let low = minus_half.mul_add(r, (head - high) + r); // both sums exact
    let low = low + (r * r * r).mul_add(horner(r, &T::POLY), rest);
    let error = x.splat(T::ERROR);
    let y = high + high.mul_add(error, low);
    let same = y.same(high + high.neg_mul_add(error, low));
    if same { Some(y) } else { None }
}
