//! The exponential function in `f32` lanes.
//!
//! # Method
//! With `k` the multiple of 1/8 nearest to `x / ln 2`, `n` the whole number below it, `j = 8 (k - n)` and
//! `r = x - k ln 2`, `|r| <= ln2/16`: `e^x = 2^n 2^(j/8) e^r`. A table holds `2^(j/8)` rounded; what that misses joins `r`
//! from a second table, so that the last step makes the only error of the size of a result's half ulp.
//!
//! # Error
//! 0.7700 ulp, of 0xc2af1565, found by trying all inputs. All above 0.5675 are subnormal results, which are rounded twice.
//!
//! # Domain
//! All numbers. `|x| < 87` is ordinary (69 where not fused): results are normal. To scale by an instruction, where there is one,
//! would make all ordinary, and subnormal and vanishing results thirty times slower on Intel's CPUs.
//!
//! # Special
//! `e^-inf = 0`, `e^inf = inf`, `e^±0 = 1`; overflow gives `inf`; subnormal results are not flushed; a NaN stays itself, made
//! quiet.
//!
//! # Speed
//! Of 24 instructions for eight elements on AVX2, 8 are multiply-adds and 2 lookups, which share two pipes on a Zen 3 and take
//! two turns each there: it takes 7.5 cycles, and 6 for these.
//!
//! # Source
//! `coefficients/exp.sollya` for the polynomial, `coefficients/tables.py` for the tables.
use crate::exp::Exp;
use crate::lanes::{Double, EIGHTHS, Kernel, Key, Long, Simd, Single, Spec};
use crate::poly::horner;
use crate::table::Words;

/// The exponential function, as a kernel.
#[derive(Clone, Copy, Debug)]
pub struct ExpFast;

/// `ln 2` to 13 bits, whose product with any `k` is exact, and the rest.
const LN2: [f32; 2] = [f32::from_bits(0x3f31_7000), f32::from_bits(0x3805_fdf4)];
/// `(e^r - 1 - r) / r^2` for `|r| <= ln2/16`, to 2^-32.4 of `e^r`.
const POLY: [f32; 3] = [0.5, f32::from_bits(0x3e2a_ae41), f32::from_bits(0x3d2a_ac54)];
/// `2^(j/8)`, rounded.
static POWERS: Words<8> =
    Words([0x3f80_0000, 0x3f8b_95c2, 0x3f98_37f0, 0x3fa5_fed7, 0x3fb5_04f3, 0x3fc5_672a, 0x3fd7_44fd, 0x3fea_c0c7]);
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
/// `ln(2^(j/8) / POWERS[j])`, rounded; 2^-60 instead of zero, lest the argument be subnormal, and slow.
static CORRECTIONS: Words<8> =
    Words([0x2180_0000, 0xb24e_0611, 0x3309_2801, 0xb305_1aa9, 0x3293_02ae, 0x31b3_d0e5, 0xb27c_e183, 0xb1d2_90be]);

/// The keys, without their sign, from which on `x` is rare: beyond 87, exponents overflow; without fused multiply-add, below
/// -69 a product on its way to a normal result might be subnormal and lose bits.
const RARE: u32 = 87.0f32.to_bits() << 1;
const RARE_UNFUSED: u32 = 69.0f32.to_bits() << 1;
/// `2^-26`, whose ulp is that of subnormal numbers times 2^100; and whose bits, subtracted, multiply by 2^100.
const UNIT: f32 = 1.0 / (1u32 << 26) as f32;
const LESS_HUNDRED: f32 = f32::from_bits((100u32 << 23).wrapping_neg());

impl Kernel for ExpFast {
    const F32: Spec<f32> = Spec { ulp: 0.78, ulp_unfused: 0.78, ns: 0.2, ..Exp::F32 };
    const F64: Spec<f64> = Exp::F64;
    type F32Block = Long;
    type F64Block = Long;

    #[inline(always)]
    fn f32_rare<V: Single>(self, x: V) -> bool {
        x.key().twice().any_at_least(if V::Token::FUSED { RARE } else { RARE_UNFUSED })
    }

    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        let (z, _, r) = reduce(x);
        times_exp(V::power(&POWERS_LESS, z), r)
    }

    #[inline(always)]
    fn f32_any<V: Single>(self, x: V) -> V {
        let (z, k, r) = reduce(x.clamp(-104.0, 89.0));
        let y = times_exp(V::lookup8(&POWERS, z), r).raise(z);
        // Below 2^-126 the exponent's field overflows. With 100 more, an addition rounds to a multiple of 2^-149, which is the ulp
        // of the sum: its bits are larger where that is needed, and smaller elsewhere. No number is subnormal on the way, for
        // these are slow. From 2^128 on, the bits are those of infinity or of a NaN.
        let unit = x.splat(UNIT);
        let subnormal = (y.sub_bits(x.splat(LESS_HUNDRED)) + unit).sub_bits(unit);
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

/// `s e^r`.
#[inline(always)]
fn times_exp<V: Single>(s: V, r: V) -> V {
    s.mul_add((r * r).mul_add(horner(r, &POLY), r), s) // e^r - 1 = r + r^2 q(r)
}

/// `z` with `8 k` in its low bits, `k`, and `r` with the table's correction, for `e^x = 2^k e^r`.
#[inline(always)]
fn reduce<V: Single>(x: V) -> (V, V, V) {
    let z = x.mul_add(x.splat(core::f32::consts::LOG2_E), x.splat(EIGHTHS));
    let k = z - x.splat(EIGHTHS);
    let correction = V::lookup8(&CORRECTIONS, z);
    (z, k, k.neg_mul_add(x.splat(LN2[0]), x) + k.neg_mul_add(x.splat(LN2[1]), correction))
}
