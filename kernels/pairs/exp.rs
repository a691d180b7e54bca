//! The exponential function as a pair.
//!
//! # Method
//! With `k` the multiple of 1/32 (or 1/16) nearest to `x / ln 2` and `r = x - k ln 2`, `|r| <= ln2/64` (or 32): `e^x = 2^n s e^r`,
//! `n` being the whole number below `k` and `s` the nearest number to `2^(k - n)`, from a table; what it misses joins `r`. That
//! has a head, which is exact, and a rest; `s + s r` and the error of this sum are taken with the head, and all else is below
//! 2^-13 (or 2^-11) of them, its rounding errors below 2^-36 (2^-34).
//!
//! # Error
//! What is certain is the nearest number, for every input. One in 4300 (900) is not.
//!
//! # Domain
//! Zero and `2^-126 <= |x| <= 87.33`: results are normal, and so are factors, since others take an Intel CPU 150 cycles. A NaN
//! stays itself, made quiet.
//!
//! # Speed
//! For sixteen elements on AVX-512, 22 operations, ten of them multiply-adds and two lookups, instead of 38 in `f64` lanes: a
//! Zen 4, with two passes for each, takes 16 cycles, and 25 for those. For eight on AVX2, 47 instructions instead of 59, 13.5 cycles
//! instead of 18; for four on NEON, 41 instead of 56.
//!
//! # Source
//! `coefficients/tables.py`; `coefficients/exp.sollya` for the polynomials, then moved by some ulps until fewest inputs were
//! uncertain.
use core::f32::consts::{LN_2, LOG2_E};

use crate::lanes::Single;
use crate::poly::horner;
use crate::table::Words;

/// The largest size of an ordinary `x`.
const LARGEST: f32 = 87.33;
/// `ln 2 - LN_2`, rounded.
const LN2_REST: f32 = f32::from_bits(0xb102_e308);

/// What depends on the size of the tables.
trait Tables {
    /// Adding it rounds to a multiple of 1/32 or 1/16, counted in the low bits of the sum.
    const ROUND: f32;
    /// `(e^r - 1 - r) / r^2`, to 2^-42 of `e^r`, or 2^-37 with 16 entries.
    const POLY: [f32; 3];
    /// By how much the larger sum exceeds the smaller one, relative to `2^n s`.
    const WIDTH: f32;
    /// `2^j`, rounded, for `j` the fraction in the low bits of `z`.
    fn power<V: Single>(z: V) -> V;
    /// `ln(2^j / power)`, and by how much the larger sum is too large.
    fn correction<V: Single>(z: V) -> V;
    /// `y 2^n` for `n` the whole number below `k`, and of `z`.
    fn scale<V: Single>(y: V, k: V, z: V) -> V;
}

/// 32 entries.
struct Large;
/// 16 entries.
struct Small;

static POWERS_32: Words<32> = Words([
    0x3f80_0000,
    0x3f82_cd87,
    0x3f85_aac3,
    0x3f88_980f,
    0x3f8b_95c2,
    0x3f8e_a43a,
    0x3f91_c3d3,
    0x3f94_f4f0,
    0x3f98_37f0,
    0x3f9b_8d3a,
    0x3f9e_f532,
    0x3fa2_7043,
    0x3fa5_fed7,
    0x3fa9_a15b,
    0x3fad_583f,
    0x3fb1_23f6,
    0x3fb5_04f3,
    0x3fb8_fbaf,
    0x3fbd_08a4,
    0x3fc1_2c4d,
    0x3fc5_672a,
    0x3fc9_b9be,
    0x3fce_248c,
    0x3fd2_a81e,
    0x3fd7_44fd,
    0x3fdb_fbb8,
    0x3fe0_ccdf,
    0x3fe5_b907,
    0x3fea_c0c7,
    0x3fef_e4ba,
    0x3ff5_257d,
    0x3ffa_83b3,
]);
static CORRECTIONS_32: Words<32> = Words([
    0x2d25_e69b,
    0xb34a_2fac,
    0x3346_d5c8,
    0xb36e_c720,
    0xb24d_dc97,
    0xb351_737b,
    0x334b_2ee0,
    0xb315_7c80,
    0x3309_325f,
    0xb2e6_dfaa,
    0x331b_9050,
    0x309b_02bf,
    0xb305_104a,
    0xb2e2_8c1e,
    0xb200_42dc,
    0xb336_4ee4,
    0x3293_176b,
    0x32c5_aa99,
    0xb302_db44,
    0xb28d_fbe4,
    0x31b4_23d8,
    0xb31a_3ccd,
    0x31d2_2de5,
    0xb305_b505,
    0xb27c_b809,
    0xb2f2_4f86,
    0xb1b4_5de7,
    0xb1da_379b,
    0xb1d2_3dcb,
    0xb2d5_a3dc,
    0x31b0_f43a,
    0xb215_4182,
]);
static POWERS_16: Words<16> = Words([
    0x3f80_0000,
    0x3f85_aac3,
    0x3f8b_95c2,
    0x3f91_c3d3,
    0x3f98_37f0,
    0x3f9e_f532,
    0x3fa5_fed7,
    0x3fad_583f,
    0x3fb5_04f3,
    0x3fbd_08a4,
    0x3fc5_672a,
    0x3fce_248c,
    0x3fd7_44fd,
    0x3fe0_ccdf,
    0x3fea_c0c7,
    0x3ff5_257d,
]);
static CORRECTIONS_16: Words<16> = Words([
    0x2e50_5bc0,
    0x3346_ff80,
    0xb24d_35b5,
    0x334b_5898,
    0x3309_5c18,
    0x331b_ba09,
    0xb304_e692,
    0xb1ff_37f4,
    0x3293_6adc,
    0xb302_b18b,
    0x31b5_719d,
    0x31d3_7ba9,
    0xb27c_1127,
    0xb1b3_1022,
    0xb1d0_f007,
    0x31b2_41fe,
]);

impl Tables for Large {
    const ROUND: f32 = 393216.0; // 1.5 * 2^18
    const POLY: [f32; 3] = [0.5, f32::from_bits(0x3e2a_aaf5), f32::from_bits(0x3d2a_bacc)];
    const WIDTH: f32 = f32::from_bits(0x2dac_db8c); // 2.7 / 2^37, of which 1.3 too large
    #[inline(always)]
    fn power<V: Single>(z: V) -> V {
        V::lookup32(&POWERS_32, z)
    }
    #[inline(always)]
    fn correction<V: Single>(z: V) -> V {
        V::lookup32(&CORRECTIONS_32, z)
    }
    #[inline(always)]
    fn scale<V: Single>(y: V, k: V, _: V) -> V {
        y.scale(k)
    }
}

impl Tables for Small {
    const ROUND: f32 = 786432.0; // 1.5 * 2^19
    const POLY: [f32; 3] = [0.5, f32::from_bits(0x3e2a_aba2), f32::from_bits(0x3d2a_b153)];
    const WIDTH: f32 = f32::from_bits(0x2ed4_4189); // 3.3 / 2^35, of which 1.6 too large
    #[inline(always)]
    fn power<V: Single>(z: V) -> V {
        V::lookup16(&POWERS_16, z)
    }
    #[inline(always)]
    fn correction<V: Single>(z: V) -> V {
        V::lookup16(&CORRECTIONS_16, z)
    }
    #[inline(always)]
    fn scale<V: Single>(y: V, _: V, z: V) -> V {
        y.raise16(z)
    }
}

/// Whether some element is outside the domain; or zero, which some isas do not tell from subnormal numbers.
#[inline(always)]
pub(crate) fn rare<V: Single>(x: V) -> bool {
    !x.is_normal_up_to(LARGEST)
}

/// `e^x` in the domain, if it is certain, from tables of 32 words.
#[inline(always)]
pub fn pair32<V: Single>(x: V) -> Option<V> {
    pair::<V, Large>(x)
}

/// `e^x` in the domain, if it is certain, from tables of 16 words.
#[inline(always)]
pub fn pair16<V: Single>(x: V) -> Option<V> {
    pair::<V, Small>(x)
}

#[inline(always)]
fn pair<V: Single, T: Tables>(x: V) -> Option<V> {
    let z = x.mul_add(x.splat(LOG2_E), x.splat(T::ROUND));
    let k = z - x.splat(T::ROUND);
    let head = k.neg_mul_add(x.splat(LN_2), x); // exact
    let rest = k.neg_mul_add(x.splat(LN2_REST), T::correction(z));
    let r = (head + rest).abreast();
    let p = (r * r).mul_add(horner(r, &T::POLY), rest); // e^r - 1 - head
    let s = T::power(z);
    let high = s.mul_add(head, s).abreast();
    let low = s.mul_add(p, s.mul_add(head, s - high));
    let y = high + low;
    let same = y.same(high + s.neg_mul_add(x.splat(T::WIDTH), low));
    if same { Some(T::scale(y, k, z)) } else { None }
}
