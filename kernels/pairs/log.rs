//! The natural logarithm as a pair.
//!
//! # Method
//! That of [`crate::log`], with 32 slots, by the leading five bits of the mantissa: `x = 2^e m` with `m` in [1, 2), halved from
//! 3/2 on, `r = m c - 1` with `|r| <= 1/32`, exactly, and `ln x = (e ln 2 - ln c) + ln(1 + r)`. The slots on both sides of 1 have
//! `c = 1`, so that nothing cancels there. The heads of `ln 2` and `ln c`, whose sums are exact, `r` and `-r^2/2` make a pair
//! without any loss; the rest is below 2^-10 of the result.
//!
//! # Error
//! What is [certain](pair) is the nearest number, for every input. One in 2^11.4 is not.
//!
//! # Domain
//! Positive normal numbers. `ln 1 = +0`.
//!
//! # Speed
//! For sixteen elements on AVX-512, 31 operations, 14 of them multiply-adds and three lookups, instead of 42 in `f64` lanes. A
//! Zen 4 takes 19 cycles, and 30 for those.
//!
//! # Source
//! `coefficients/tables.py`, `coefficients/log.sollya` for the polynomial, then moved by some ulps until fewest inputs were
//! uncertain.
use crate::lanes::Single;
use crate::poly::horner;
use crate::table::Words;

/// `ln 2` rounded to a multiple of 2^-17: exact times any exponent.
const LN2: f32 = f32::from_bits(0x3f31_7200);
/// `ln 2 - LN2`, rounded.
const LN2_REST: f32 = f32::from_bits(0x35bf_be8e);
/// `(ln(1 + r) - r + r^2/2) / r^3`, to POLYERR of `ln(1 + r)`.
const POLY: [f32; 4] = [
    f32::from_bits(0x3eaa_aaab),
    f32::from_bits(0xbe80_003c),
    f32::from_bits(0x3e4c_d660),
    f32::from_bits(0xbe26_2b13),
];
/// By how much the larger sum is too large, and the smaller one too small, relative to the result: 2^-35.86.
const ERROR: f32 = f32::from_bits(0x2d8d_0b3a);
/// `c`, a multiple of 1/64.
static RECIPROCALS: Words<32> = Words([
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
    0x3fa4_0000,
    0x3fa4_0000,
    0x3fa0_0000,
    0x3f9c_0000,
    0x3f98_0000,
    0x3f98_0000,
    0x3f94_0000,
    0x3f90_0000,
    0x3f90_0000,
    0x3f8c_0000,
    0x3f88_0000,
    0x3f88_0000,
    0x3f84_0000,
    0x3f84_0000,
    0x3f80_0000,
]);
/// `-ln c` rounded to a multiple of 2^-17, with `LN2` more where `m` is halved.
static LOGS: Words<32> = Words([
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
    0x3ee4_0000,
    0x3ee4_0000,
    0x3ef0_a400,
    0x3efd_9b00,
    0x3f05_7380,
    0x3f05_7380,
    0x3f0c_4780,
    0x3f13_4b00,
    0x3f13_4b00,
    0x3f1a_8100,
    0x3f21_ed00,
    0x3f21_ed00,
    0x3f29_9180,
    0x3f29_9180,
    0x3f31_7200,
]);
/// `-ln c`, with `ln 2` more where `m` is halved, less `LOGS`.
static LOGS_REST: Words<32> = Words([
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
    0xb5c7_1755,
    0xb5c7_1755,
    0x3621_a272,
    0xb5ea_10b7,
    0x365c_5a0b,
    0x365c_5a0b,
    0xb55f_86e2,
    0x3584_4d37,
    0x3584_4d37,
    0x368a_d9d9,
    0xb2d0_6dc4,
    0xb2d0_6dc4,
    0xb56c_bcc4,
    0xb56c_bcc4,
    0x35bf_be8e,
]);

/// `ln x` in the domain, if it is certain.
#[inline(always)]
pub fn pair<V: Single>(x: V) -> Option<V> {
    let (e, slot) = (x.binade(), x.head());
    let (_, m) = x.apart(); // halved from 3/2 on
    let r = m.mul_add(V::lookup32(&RECIPROCALS, slot), x.splat(-1.0)); // exact
    let head = e.mul_add(x.splat(LN2), V::lookup32(&LOGS, slot)); // exact
    let rest = e.mul_add(x.splat(LN2_REST), V::lookup32(&LOGS_REST, slot));
    let minus_half = r * r.splat(-0.5);
    let high = minus_half.mul_add(r, head + r); // head + r - r^2/2
    let low = minus_half.mul_add(r, (head - high) + r); // both sums exact
    let low = low + (r * r * r).mul_add(horner(r, &POLY), rest);
    let error = x.splat(ERROR);
    let y = high + high.mul_add(error, low);
    let same = y.same(high + high.neg_mul_add(error, low));
    if same { Some(y) } else { None }
}
