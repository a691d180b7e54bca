//! The exponential function in `f32` lanes.
//!
//! # Method
//! With `k` the multiple of 1/8 nearest to `x / ln 2`, `n` the whole number below it, `j = 8 (k - n)` and
//! `r = x - k ln 2 + c`: `e^x = 2^n (2^(j/8) e^-c) e^r`. Of all `c` near zero, this one has a table of eight `2^(j/8) e^-c` whose
//! entries are within 0.032 ulp of the truth, so that the last step makes the only error of the size of a result's half ulp.
//! Where fused, `c` comes for nothing: `k` is found as `z = EIGHTHS + k`, and `z` times what `ln 2` lacks is `c` and `k` times it.
//!
//! # Error
//! Fused: 0.5924 ulp, of 0xc1960231; not fused: 0.6254, of 0xc23cadef; found by trying all inputs, subnormal results among them.
//!
//! # Domain
//! All numbers. `|x| < 86` is ordinary (`x` from -68 on where not fused): results are normal. To scale by an instruction, where
//! there is one, would make all ordinary, and subnormal and vanishing results thirty times slower on Intel's CPUs. For their
//! sake, too, no factor is subnormal: `k` is found from `x + 125.5 ln 2`, and `r` is near `c` where `x` is.
//!
//! # Special
//! `e^-inf = 0`, `e^inf = inf`, `e^±0 = 1`; overflow gives `inf`; subnormal results are rounded once; a NaN stays itself, made
//! quiet.
//!
//! # Speed
//! Of 21 instructions for eight elements on AVX2, 8 are multiply-adds and one is a lookup; on AVX-512, 14 operations for sixteen.
//!
//! # Source
//! `coefficients/exp.sollya` for the polynomial, `coefficients/tables.py` for the table and `c`.
use core::f32::consts::{LN_2, LOG2_E};

use crate::exp::Exp;
use crate::lanes::{Double, Kernel, Key, Long, Simd, Single, Spec};
use crate::poly::horner;
use crate::table::Words;

/// The exponential function, as a kernel.
#[derive(Clone, Copy, Debug)]
pub struct ExpFast;

/// A multiple of 512 from 2^20 to 2^21: adding it rounds to a multiple of 1/8, counted in the low twelve bits of the sum.
const EIGHTHS: f32 = 1346560.0;
/// `LN_2 - ln 2`, to as many bits as matter; times `EIGHTHS`, `c` to 2^-33.
const LACK: f32 = f32::from_bits(0x3102_dd9b);
/// `ln 2` to 13 bits, whose product with any `k` is exact without fused multiply-add, the rest, and `c`.
const LN2_UNFUSED: [f32; 2] = [f32::from_bits(0x3f31_7000), f32::from_bits(0x3805_fdf4)];
const CENTER: f32 = f32::from_bits(0x3b28_0e15);
/// `(e^r - 1 - r) / r^2` for `|r - c| <= ln2/16`, to 2^-32.5 of `e^r`.
const POLY: [f32; 3] = [f32::from_bits(0x3eff_fffd), f32::from_bits(0x3e2a_ae27), f32::from_bits(0x3d2b_12d4)];
/// `2^(j/8) e^-c`, rounded.
static POWERS: Words<8> =
    Words([0x3f7f_5829, 0x3f8b_3a3e, 0x3f97_d424, 0x3fa5_9202, 0x3fb4_8e45, 0x3fc4_e5be, 0x3fd6_b7da, 0x3fea_26de]);
/// `POWERS[j]` less `j << 20`, since the low bits of `k` will be added along with the others.
static POWERS_LESS: Words<8> = {
    let Words(mut words) = POWERS;
    let mut j = 0;
    while j < 8 {
        words[j] -= (j as u32) << 20;
        j += 1;
    }
    Words(words)
};

/// `x` is rare below `-WHOLE ln 2`: results become subnormal.
const WHOLE: f32 = 125.5;
/// Without fused multiply-add, a product on its way to a normal result might be subnormal and lose bits.
const WHOLE_UNFUSED: f32 = 99.5;
/// `x` is rare from here on: exponents overflow.
const ABOVE: f32 = 87.0;
/// The largest `x` with a finite `e^x`.
const LARGEST: f32 = f32::from_bits(0x42b1_7217);

impl Kernel for ExpFast {
    const F32: Spec<f32> = Spec { ulp: 0.63, ulp_unfused: 0.63, ns: 0.2, ..Exp::F32 };
    const F64: Spec<f64> = Exp::F64;
    type F32Block = Long;
    type F64Block = Long;

    #[inline(always)]
    fn f32_rare<V: Single>(self, x: V) -> bool {
        shifted(x).key().any_at_least((ABOVE + whole::<V>() * LN_2).to_bits()) // negative sums, too
    }

    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        let (z, r) = reduce(x);
        let s = V::power(&POWERS_LESS, z); // 2^k e^-c
        s.mul_add(exp_less_one(r), s)
    }

    #[inline(always)]
    fn f32_any<V: Single>(self, x: V) -> V {
        let (z, r) = reduce(x.at_least(-104.0));
        let (s, p) = (V::lookup8(&POWERS, z), exp_less_one(r));
        // Below 2^-126 the exponent's field overflows. There, the sum with a unit is rounded to a multiple of its ulp,
        // 2^(-149 - n), and in bits it exceeds the unit by more than `y` has; elsewhere by less. No number is subnormal on the
        // way, for these are slow.
        let unit = x.splat(f32::MIN_POSITIVE).sub_bits(x.splat(0.0).raise(z)).abreast(); // 2^(-126 - n)
        let high = (unit + s).abreast();
        let low = (unit - high) + s;
        let subnormal = (high + s.mul_add(p, low)).sub_bits(unit).abreast();
        let y = s.mul_add(p, s).raise(z);
        V::pick(x.lt(x.splat(LARGEST.next_up())), y.max_bits(subnormal), x + x.splat(f32::INFINITY))
    }

    #[inline(always)]
    fn f64_rare<V: Double>(self, x: V) -> bool {
        Exp.f64_rare(x)
    }

    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        Exp.f64(x)
    }

    #[inline(always)]
    fn f64_any<V: Double>(self, x: V) -> V {
        Exp.f64_any(x)
    }
}

#[inline(always)]
fn whole<V: Single>() -> f32 {
    if V::Token::FUSED { WHOLE } else { WHOLE_UNFUSED }
}

/// `x + whole ln 2`: not below zero where `x` is ordinary.
#[inline(always)]
fn shifted<V: Single>(x: V) -> V {
    x + x.splat(whole::<V>() * LN_2)
}

/// `z = EIGHTHS + k`, with `8 k` in its low bits, and `r`, for `e^x = 2^k e^-c e^r`.
#[inline(always)]
fn reduce<V: Single>(x: V) -> (V, V) {
    let z = shifted(x).mul_add(x.splat(LOG2_E), x.splat(EIGHTHS - whole::<V>()));
    let k = z - x.splat(EIGHTHS);
    let r = if V::Token::FUSED {
        z.mul_add(x.splat(LACK), k.neg_mul_add(x.splat(LN_2), x)) // rounded once
    } else {
        let [head, rest] = LN2_UNFUSED;
        k.neg_mul_add(x.splat(head), x) + k.neg_mul_add(x.splat(rest), x.splat(CENTER))
    };
    (z, r)
}

/// `e^r - 1 = r + r^2 q(r)`.
#[inline(always)]
fn exp_less_one<V: Single>(r: V) -> V {
    (r * r).mul_add(horner(r, &POLY), r)
}
