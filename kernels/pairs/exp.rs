//! The exponential function as a pair.
//!
//! # Method
//! With `k` the multiple of 1/32 nearest to `x / ln 2` and `r = x - k ln 2`, `|r| <= ln2/64`: `e^x = 2^n s e^r`, `n` being the
//! whole number below `k` and `s` the nearest number to `2^(k - n)`, from a table; what it misses joins `r`. That has a head,
//! which is exact, and a rest, and `s + s r` and the error of this sum are taken with the head; all else is below 2^-13, and its
//! rounding errors below 2^-36.
//!
//! # Error
//! What is [certain](pair) is the nearest number, for every input. One in 2^12.3 is not.
//!
//! # Domain
//! `2^-126 <= |x| <= 87.33`: results are normal, and so are factors, since others take an Intel CPU 150 cycles. A NaN stays
//! itself, made quiet.
//!
//! # Speed
//! For sixteen elements on AVX-512, 22 operations, ten of them multiply-adds and two lookups, instead of 38 in `f64` lanes. A
//! Zen 4, which executes 512-bit operations in two passes, takes 15 cycles, and 25 for those.
//!
//! # Source
//! `coefficients/tables.py`; the polynomial is the series, its last two terms moved until fewest inputs were uncertain.
use core::f32::consts::{LN_2, LOG2_E};

use crate::lanes::Single;
use crate::poly::horner;
use crate::table::Words;

/// `1.5 * 2^18`: adding it rounds to a multiple of 1/32, counted in the low bits of the sum.
const THIRTY_SECONDS: f32 = 393216.0;
/// The largest size of an ordinary `x`.
const LARGEST: f32 = 87.33;
/// `ln 2 - LN_2`, rounded.
const LN2_REST: f32 = f32::from_bits(0xb102_e308);
/// `(e^r - 1 - r) / r^2`, to 2^-42 of `e^r`.
const POLY: [f32; 3] = [0.5, f32::from_bits(0x3e2a_aaf5), f32::from_bits(0x3d2a_bacc)];
/// By how much the larger sum exceeds the smaller one, relative to the power of two, `2.7009 / 2^37`.
const WIDTH: f32 = f32::from_bits(0x2dac_db8c);
/// `2^(j/32)`, rounded.
static POWERS: Words<32> = Words([
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
/// `ln(2^(j/32) / POWERS[j])`, and `1.2961 / 2^37`, by which the larger sum is too large.
static CORRECTIONS: Words<32> = Words([
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

/// Whether some element is outside the domain.
#[inline(always)]
pub(crate) fn rare<V: Single>(x: V) -> bool {
    !x.within(f32::MIN_POSITIVE, LARGEST)
}

/// `e^x` in the domain, if it is certain.
#[inline(always)]
pub fn pair<V: Single>(x: V) -> Option<V> {
    let z = x.mul_add(x.splat(LOG2_E), x.splat(THIRTY_SECONDS));
    let k = z - x.splat(THIRTY_SECONDS);
    let head = k.neg_mul_add(x.splat(LN_2), x); // exact
    let rest = k.neg_mul_add(x.splat(LN2_REST), V::lookup32(&CORRECTIONS, z));
    let r = (head + rest).abreast();
    let p = (r * r).mul_add(horner(r, &POLY), rest); // e^r - 1 - head
    let s = V::lookup32(&POWERS, z);
    let high = s.mul_add(head, s).abreast();
    let low = s.mul_add(p, s.mul_add(head, s - high));
    let y = high + low;
    let same = y.same(high + s.neg_mul_add(x.splat(WIDTH), low));
    if same { Some(y.scale(k)) } else { None }
}
