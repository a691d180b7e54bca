//! The exponential function, `e^x`.
//!
//! # Method
//! With `k` the whole number nearest to `16 x / ln 2`, `j` its low four bits and `r = x - k ln2/16`, `|r| <= ln2/32`:
//! `e^x = 2^(k/16) e^r`. The factor `s = 2^(k/16)` is a table entry for `j/16` whose exponent is raised by the rest of `k`,
//! in one integer addition; `e^r` is a polynomial. `f32` is evaluated in `f64` lanes and rounded once; but as a
//! [pair](crate::pairs), which gives the same, where the isa makes that faster.
//!
//! The `f64` table holds no rounded powers, but numbers near them, chosen so that what they miss, `ln(2^(j/16) / entry)`,
//! is nearly a number of 21 bits that repeats every eight entries. That correction joins `r`, so the last step `s + s p`
//! makes the only error of the size of a result's half ulp.
//!
//! # Error
//! `f32`: 0.5 ulp, correctly rounded for every input, fused or not. The constants are tuned for it: the polynomial and
//! the table entries were moved by some ulps until the hardest inputs, 1530 within 2^-43 of a rounding boundary, came out
//! right; the tests run all 2^32. Do not tidy them up.
//!
//! `f64`: 0.55 ulp where fused; below 1 ulp where not. `proofs/` shows less than 0.5351 and 0.5668, subnormal results
//! included. The worst found, by directed search over 4e9 inputs (`reference/search.rs`): 0.53240 ulp, of
//! 0x408456cb2d91ba13 got 0x7a9f7e03daf63f5f, want 0x7a9f7e03daf63f60, just below a power of two, where the roundings of `r`
//! and of `e^r - 1` count most; of subnormal results 0.52117, of 0xc086235b678ba88c got 0x000fa20431669d20, want
//! 0x000fa20431669d1f; not fused 0.55046, of 0x4085da90333b9321 got 0x7efdfbba49ddf8be, want 0x7efdfbba49ddf8bf.
//!
//! # Domain
//! All numbers. For `f64`, `|x| < 707` is ordinary (`x` from -667 on where not fused): results are normal and the exponent
//! cannot overflow. Nothing subnormal is multiplied, which takes an Intel CPU 150 cycles: `k` is found from `x + 1021 ln 2`.
//! For `f32`, `x` is clamped to where the result is 0 or infinite anyway, and all inputs are ordinary, but for pairs.
//!
//! # Special
//! `e^-inf = 0`, `e^inf = inf`, `e^±0 = 1`; overflow gives `inf`; subnormal results are rounded once; a NaN stays itself,
//! made quiet.
//!
//! # Speed
//! `f64`: of 22 instructions for eight elements on AVX-512, 11 are multiply-adds or products, which take a Zen 4 11 cycles, and
//! all of them 11.8.
//!
//! # Source
//! `coefficients/exp.sollya` for the polynomials, `coefficients/tables.py` for the tables of `f64`.
use crate::lanes::{Double, Kernel, Key, Lanes, Long, Simd, Single, Spec};
use crate::pairs;
use crate::poly::horner;
use crate::table::{ShortTable, Table16, from_bits};

/// The exponential function, as a kernel.
#[derive(Clone, Copy, Debug)]
pub struct Exp;

/// `1.5 * 2^48`: adding it rounds to a multiple of 1/16, counted in the low bits of the sum.
pub(crate) const SIXTEENTHS: f64 = 422212465065984.0;
/// `1.5 * 2^52`: adding it rounds to a whole number.
const WHOLES: f64 = 6755399441055744.0;

/// `log2(e)`, rounded.
pub(crate) const LOG2_E: f64 = core::f64::consts::LOG2_E;
/// `ln 2`, rounded.
pub(crate) const LN2: f64 = core::f64::consts::LN_2;
/// `ln 2 - LN2`, rounded.
pub(crate) const LN2_REST: f64 = f64::from_bits(0x3c7a_bc9e_3b39_803f);
/// `ln 2` in three pieces, two of 38 bits, whose products with any `k/16` are exact without fused multiply-add.
pub(crate) const LN2_PIECES: [f64; 3] =
    from_bits([0x3fe6_2e42_fefa_0000, 0x3d7c_f79a_bc9e_0000, 0x3b0d_9cc0_1f97_b57a]);
/// `LN2` in two pieces, the first of 33 bits, likewise.
const LN2_HALVES: [f64; 2] = from_bits([0x3fe6_2e42_fef0_0000, 0x3dd4_73de_0000_0000]);

/// `(e^r - 1 - r) / r^2` for `|r| <= ln2/32`, to 2^-66 of `e^r`.
const POLY: [f64; 6] = from_bits([
    0x3fe0_0000_0000_0004,
    0x3fc5_5555_5555_555e,
    0x3fa5_5555_5548_4d82,
    0x3f81_1111_1100_2fc7,
    0x3f56_c183_dc72_e073,
    0x3f2a_01c5_e5ce_e772,
]);
/// Near `2^(j/16)`, less `j << 48` in the bits, since the low bits of `k` will be added along with the others.
pub(crate) static POWERS: Table16 = Table16::new([
    0x3ff0_0000_0000_0081,
    0x3fef_b558_6cf9_89cd,
    0x3fef_72b8_3c7d_512a,
    0x3fef_387a_6e75_624a,
    0x3fef_06fe_0a31_b656,
    0x3fee_dea6_4c12_33bd,
    0x3fee_bfda_d536_2aed,
    0x3fee_ab07_dd48_538c,
    0x3fee_a09e_667f_3c83,
    0x3fee_a114_73eb_0293,
    0x3fee_ace5_422a_a069,
    0x3fee_c491_82a3_f0a9,
    0x3fee_e89f_995a_d29f,
    0x3fef_199b_dd85_520d,
    0x3fef_5818_dcfb_a59f,
    0x3fef_a4af_a2a4_8ffb,
]);
/// `ln(2^(j/16) / POWERS[j])`, the same for `j` and `j + 8` to 2^-62.5.
static CORRECTIONS: ShortTable<8> = ShortTable::new([
    0xbd20_2005,
    0xbd26_b270,
    0x3d12_89b6,
    0xbcee_e86e,
    0x3d24_1864,
    0x3d14_5fef,
    0xbd23_12e6,
    0x3d1d_0bf6,
]);

/// `(e^r - 1) / r` for `|r| <= ln2/32`, tuned together with `POWERS_F32`.
const POLY_F32: [f64; 6] = from_bits([
    0x3ff0_0000_0000_0095,
    0x3fe0_0000_0001_3944,
    0x3fc5_5555_5694_9469,
    0x3fa5_5556_acc3_6971,
    0x3f81_0fbb_a9ef_f396,
    0x3f55_3c05_1e23_0774,
]);
/// Near `2^(j/16)`, less `j << 48` in the bits, tuned.
static POWERS_F32: Table16 = Table16::new([
    0x3ff0_0000_0000_0000,
    0x3fef_b558_6cf9_8913,
    0x3fef_72b8_3c7d_5198,
    0x3fef_387a_6e75_625a,
    0x3fef_06fe_0a31_b722,
    0x3fee_dea6_4c12_3431,
    0x3fee_bfda_d536_2a64,
    0x3fee_ab07_dd48_5404,
    0x3fee_a09e_667f_3bb0,
    0x3fee_a114_73eb_0162,
    0x3fee_ace5_422a_a0ba,
    0x3fee_c491_82a3_f075,
    0x3fee_e89f_995a_d3db,
    0x3fef_199b_dd85_529b,
    0x3fef_5818_dcfb_a4a5,
    0x3fef_a4af_a2a4_90d5,
]);

/// `x` is rare below `-WHOLE ln 2`: results become subnormal.
const WHOLE: f64 = 1021.0;
/// Without fused multiply-add, a product on its way to a normal result might be subnormal and lose bits.
const WHOLE_UNFUSED: f64 = 963.0;
/// `x` is rare from here on: exponents overflow.
const ABOVE: f64 = 707.0;
/// The least `x` for which `e^x` is no subnormal number.
const LEAST: f64 = f64::from_bits(0xc086_232b_dd7a_bcd2);
/// The largest `x` with a finite `e^x`.
pub(crate) const LARGEST: f64 = 709.782712893384;

impl Kernel for Exp {
    const F32: Spec<f32> = Spec {
        ulp: 0.5,
        ulp_unfused: 0.5,
        special: &[
            (0.0, 1.0),
            (-0.0, 1.0),
            (f32::INFINITY, f32::INFINITY),
            (f32::NEG_INFINITY, 0.0),
            (f32::MAX, f32::INFINITY),
            (f32::MIN, 0.0),
            (88.72284, f32::INFINITY),
            (-104.0, 0.0),
            (f32::NAN, f32::NAN),
        ],
        ns: 0.72,
    };
    const F64: Spec<f64> = Spec {
        ulp: 0.55,
        ulp_unfused: 1.0,
        special: &[
            (0.0, 1.0),
            (-0.0, 1.0),
            (f64::INFINITY, f64::INFINITY),
            (f64::NEG_INFINITY, 0.0),
            (f64::MAX, f64::INFINITY),
            (f64::MIN, 0.0),
            (709.7827128933841, f64::INFINITY),
            (-745.1332191019412, 0.0),
            (f64::NAN, f64::NAN),
        ],
        ns: 0.95,
    };
    type F32Block = Long;
    type F64Block = Long;

    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        let x = x.clamp(-104.0, 89.0).widen();
        let z = x.mul_add(x.splat(LOG2_E), x.splat(SIXTEENTHS));
        let k = z - x.splat(SIXTEENTHS); // in units of 1
        let r = if V::Token::FUSED {
            k.neg_mul_add(x.splat(LN2), x)
        } else {
            k.neg_mul_add(x.splat(LN2_HALVES[1]), k.neg_mul_add(x.splat(LN2_HALVES[0]), x))
        };
        let s = V::Wide::power(&POWERS_F32, z); // 2^k
        V::narrow((s * r).mul_add(horner(r, &POLY_F32), s)) // s + s r (e^r - 1)/r
    }

    #[inline(always)]
    fn f32_rare<V: Single>(self, x: V) -> bool {
        V::Token::WORDS > 0 && pairs::exp::rare(x)
    }

    #[inline(always)]
    fn f32_try<V: Single>(self, x: V) -> Option<V> {
        match V::Token::WORDS {
            32 => pairs::exp::pair32(x),
            16 => pairs::exp::pair16(x),
            _ => Some(self.f32(x)),
        }
    }

    #[inline(always)]
    fn f64_rare<V: Double>(self, x: V) -> bool {
        shifted(x).key().any_at_least(((ABOVE + whole_of::<V>() * LN2).to_bits() >> 32) as u32) // negative sums, too
    }

    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        let (z, p) = split(x);
        let s = V::power(&POWERS, z); // 2^k
        s.mul_add(p, s)
    }

    #[inline(always)]
    fn f64_any<V: Double>(self, x: V) -> V {
        let (z, p) = split(x.at_least(-746.0));
        let (s, n) = V::power_parts(&POWERS, z); // 2^k = 2^n s
        let normal = s.mul_add(p, s).add_bits(n);
        // Below 2^-1022 the last addition must round to a multiple of 2^(-1074 - n), which is this unit's ulp and that of the
        // sum. No number is subnormal on the way.
        let unit = x.splat(f64::MIN_POSITIVE).sub_bits(n); // 2^(-1022 - n)
        let high = unit + s;
        let low = (unit - high) + s;
        let subnormal = (high + s.mul_add(p, low)).sub_bits(unit);
        let y = V::pick(x.lt(x.splat(LEAST)), subnormal, normal);
        V::pick(x.lt(x.splat(LARGEST.next_up())), y, x + x.splat(f64::INFINITY))
    }
}

/// The whole number below `k`, a multiple of 1/16.
#[inline(always)]
pub(crate) fn whole<V: Double>(k: V) -> V {
    let n = ((k - k.splat(15.0 / 32.0)) + k.splat(WHOLES)) - k.splat(WHOLES);
    // One less, if the caller has sums rounded down: exponents would go wrong where results begin to be subnormal.
    V::pick((k - n).lt(k.splat(1.0)), n, n + k.splat(1.0))
}

#[inline(always)]
fn whole_of<V: Double>() -> f64 {
    if V::Token::FUSED { WHOLE } else { WHOLE_UNFUSED }
}

/// `x + WHOLE ln 2`: not below zero where `x` is ordinary.
#[inline(always)]
fn shifted<V: Double>(x: V) -> V {
    x + x.splat(whole_of::<V>() * LN2)
}

/// `z` with `16 k` in its low bits, and `p = e^r - 1` with the table's correction in `r`, for `e^x = 2^k e^r`.
#[inline(always)]
fn split<V: Double>(x: V) -> (V, V) {
    let z = shifted(x).mul_add(x.splat(LOG2_E), x.splat(SIXTEENTHS - whole_of::<V>()));
    let k = z - x.splat(SIXTEENTHS);
    let correction = V::lookup8(&CORRECTIONS, z);
    let r = if V::Token::FUSED {
        k.neg_mul_add(x.splat(LN2), x) + k.neg_mul_add(x.splat(LN2_REST), correction)
    } else {
        let [a, b, c] = LN2_PIECES;
        k.neg_mul_add(x.splat(b), k.neg_mul_add(x.splat(a), x)) + k.neg_mul_add(x.splat(c), correction)
    };
    (z, (r * r).mul_add(horner(r, &POLY), r)) // e^r - 1 = r + r^2 q(r)
}
