//! The exponential function in `f32` lanes.
//!
//! # Method
//! With `k` the multiple of 1/4 nearest to `x / ln 2`, `n` the whole number below it, `j = 4 (k - n)` and
//! `r = x - k ln 2`, `|r| <= ln2/8`: `e^x = 2^n 2^(j/4) e^r`. A table holds `2^(j/4)` rounded; what that misses joins `r`
//! from a second table, so that the last step makes the only error of the size of a result's half ulp.
//!
//! # Error
//! Fused: 0.7101 ulp, of 0xc26927ed; not fused: 0.7351, of 0x3fa64935; found by trying all inputs. Beside the last rounding, those
//! of `r` and of `e^r - 1` count, each an eighth as large, and half as much the polynomial.
//!
//! # Domain
//! All numbers. `|x| < 86` is ordinary (`x` from -68 on where not fused): results are normal. To scale by an instruction, where
//! there is one, would make all ordinary, and subnormal and vanishing results thirty times slower on Intel's CPUs. For their
//! sake, too, `k` is found from `x + 125.5 ln 2`, which is not subnormal.
//!
//! # Special
//! `e^-inf = 0`, `e^inf = inf`, `e^±0 = 1`; overflow gives `inf`; subnormal results are rounded once; a NaN stays itself, made
//! quiet.
//!
//! # Speed
//! Of 23 instructions for eight elements on AVX2, 8 are multiply-adds, for which a Zen 3 has two pipes: it takes 6.3 cycles, and 4
//! for these. Of eight powers instead of four, the lookups took another cycle.
//!
//! # Source
//! `coefficients/exp.sollya` for the polynomial, `coefficients/tables.py` for the tables.
use core::f32::consts::{LN_2, LOG2_E};

use crate::exp::Exp;
use crate::lanes::{Double, Kernel, Key, Long, QUARTERS, Simd, Single, Spec};
use crate::poly::horner;
use crate::table::{Four, Words};

/// The exponential function, as a kernel.
#[derive(Clone, Copy, Debug)]
pub struct ExpFast;

/// `ln 2` to 13 bits, whose product with any `k` is exact, and the rest.
const LN2: [f32; 2] = [f32::from_bits(0x3f31_7000), f32::from_bits(0x3805_fdf4)];
/// `(e^r - 1 - r) / r^2` for `|r| <= ln2/8`, to 2^-27.4 of `e^r`.
const POLY: [f32; 3] = [f32::from_bits(0x3f00_0001), f32::from_bits(0x3e2a_b8ee), f32::from_bits(0x3d2a_a7bd)];
/// `2^(j/4)`, rounded.
static POWERS: Four = Four::new([0x3f80_0000, 0x3f98_37f0, 0x3fb5_04f3, 0x3fd7_44fd]);
/// `POWERS[j]` less `j << 21`, since the low bits of `k` will be added along with the others.
static POWERS_LESS: Four = {
    let Words([a, b, c, d, ..]) = POWERS.0;
    Four::new([a, b - (1 << 21), c - (2 << 21), d - (3 << 21)])
};
/// `ln(2^(j/4) / POWERS[j])`, rounded; 2^-60 instead of zero, lest the argument be subnormal, and slow.
static CORRECTIONS: Four = Four::new([0x2180_0000, 0x3309_2801, 0x3293_02ae, 0xb27c_e183]);

/// `x` is rare below `-WHOLE ln 2`: results become subnormal.
const WHOLE: f32 = 125.5;
/// Without fused multiply-add, a product on its way to a normal result might be subnormal and lose bits.
const WHOLE_UNFUSED: f32 = 99.5;
/// `x` is rare from here on: exponents overflow.
const ABOVE: f32 = 87.0;
/// `2^-26`, whose ulp is that of subnormal numbers times 2^100; and whose bits, subtracted, multiply by 2^100.
const UNIT: f32 = 1.0 / (1u32 << 26) as f32;
const LESS_HUNDRED: f32 = f32::from_bits((100u32 << 23).wrapping_neg());

impl Kernel for ExpFast {
    const F32: Spec<f32> = Spec { ulp: 0.74, ulp_unfused: 0.74, ns: 0.2, ..Exp::F32 };
    const F64: Spec<f64> = Exp::F64;
    type F32Block = Long;
    type F64Block = Long;

    #[inline(always)]
    fn f32_rare<V: Single>(self, x: V) -> bool {
        shifted(x).key().any_at_least((ABOVE + whole::<V>() * LN_2).to_bits()) // negative sums, too
    }

    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        let (z, _, r) = reduce(x);
        let s = V::power(&POWERS_LESS, z); // 2^k
        s.mul_add(exp_less_one(r), s)
    }

    #[inline(always)]
    fn f32_any<V: Single>(self, x: V) -> V {
        let (z, k, r) = reduce(x.clamp(-104.0, 89.0));
        let (s, p) = (V::lookup4(&POWERS, z), exp_less_one(r));
        let y = s.mul_add(p, s).raise(z);
        // Below 2^-126 the exponent's field overflows. With 100 more, the last addition rounds to a multiple of 2^-149, which is
        // the ulp of the sum: its bits are larger where that is needed, and smaller elsewhere. No number is subnormal on the
        // way, for these are slow. From 2^128 on, the bits are those of infinity or of a NaN.
        let (s, unit) = (s.raise(z).sub_bits(x.splat(LESS_HUNDRED)), x.splat(UNIT));
        let high = unit + s;
        let low = (unit - high) + s;
        let subnormal = (high + s.mul_add(p, low)).sub_bits(unit);
        let y = y.max_bits(subnormal).min_bits(x.splat(f32::INFINITY));
        V::pick(k.is_nan(), k, y)
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

/// `x + whole ln 2`: not below zero where `x` is ordinary, and not subnormal.
#[inline(always)]
fn shifted<V: Single>(x: V) -> V {
    x + x.splat(whole::<V>() * LN_2)
}

/// `e^r - 1 = r + r^2 q(r)`.
#[inline(always)]
fn exp_less_one<V: Single>(r: V) -> V {
    (r * r).mul_add(horner(r, &POLY), r)
}

/// `z` with `4 k` in its low bits, `k`, and `r` with the table's correction, for `e^x = 2^k e^r`.
#[inline(always)]
fn reduce<V: Single>(x: V) -> (V, V, V) {
    let z = shifted(x).mul_add(x.splat(LOG2_E), x.splat(QUARTERS - whole::<V>()));
    let k = z - x.splat(QUARTERS);
    let correction = V::lookup4(&CORRECTIONS, z);
    (z, k, k.neg_mul_add(x.splat(LN2[0]), x) + k.neg_mul_add(x.splat(LN2[1]), correction))
}
