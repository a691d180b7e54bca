//! The square root.
//!
//! # Method
//! The instruction, which IEEE 754 requires to be correctly rounded; but where the isa estimates `1/√x` by another one
//! (AVX-512), Newton's method in Markstein's form, which multiply-adds do sooner. From the estimate `y` come `g = x y`, near
//! `√x`, and `h = y/2`, near `1/(2 √x)`. What both miss is `√(1 - 2 r)` with `r = 1/2 - g h`, and a polynomial `q` corrects
//! both: `g + g q`, `h + h q`. The last step, `g + (x - g²) h`, adds what is left, and is the only rounding that counts.
//!
//! # Error
//! 0.5 ulp: correctly rounded. For Newton's form `proofs/sqrt.py` shows it from the error of the estimate alone, whichever CPU
//! makes it: the step before the last is within 0.67 ulp of the root, so that near the middle of two numbers, `g` is one of
//! the two, and the last sum is on the right side; the few arguments that this leaves open are tried with every estimate.
//!
//! # Domain
//! All numbers. Those from 2^-918 on (`f32`: 2^-80) are ordinary: there `x - g²` is no subnormal number. The others are left to
//! the instruction, which takes three times as long over subnormal numbers in places: they are scaled first.
//!
//! # Special
//! `sqrt(-0) = -0`, `sqrt(inf) = inf`, `sqrt(x < 0)` is the NaN with a clear sign and no payload (x86 sets the sign by
//! itself, Arm does not: one bit pattern is picked), a NaN stays itself, made quiet.
//!
//! # Speed
//! On a Zen 4 the instruction takes 16 cycles for eight `f64`, 10 for sixteen `f32` (AVX-512), and all else hides behind it.
//! Newton's form takes 12 and 8.8: 9 multiply-adds (`f32`: 6) of a cycle each, the estimate and five other operations.
//!
//! # Source
//! IEEE 754-2019, 5.4.1 and 9.2; P. Markstein, *Computation of elementary functions on the IBM RISC System/6000 processor*,
//! IBM Journal of Research and Development 34, 1990. The polynomial is worked out where it stands.
use crate::lanes::{Double, Element, Kernel, Key, Lanes, Medium, Single, Spec};
use crate::poly::horner;
use crate::table::from_bits;

/// The square root, as a kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sqrt;

/// The least ordinary numbers, `2^-918` and `2^-80`: what `x` lacks of a square of as many bits is a multiple of `2^-104` (`f32`:
/// `2^-46`) of them, and so a normal number.
const LEAST: f64 = f64::from_bits((1023 - 918) << 52);
const LEAST_F32: f32 = f32::from_bits((127 - 80) << 23);
/// `2^-511` and `2^-63`, the roots of the least normal numbers.
const ROOT: f64 = f64::from_bits((1023 - 511) << 52);
const ROOT_F32: f32 = f32::from_bits((127 - 63) << 23);
/// Whose bits, subtracted, add those of 1.
const LESS_ONE_F32: f32 = f32::from_bits(1.0f32.to_bits().wrapping_neg());
/// Whose bits, subtracted, halve a number.
const HALVED: f64 = f64::from_bits(1 << 52);
const HALVED_F32: f32 = f32::from_bits(1 << 23);
/// `1/√(1 - 2 r) - 1` for `|r| <= 2^-14`, to 2^-55.8 and never above it: the series up to `5/2 r^3`; and for its next term,
/// `35/8 r^4`, the best that a square and a constant can do (Chebyshev), lowered by the error of that and a little.
const POLY: [f64; 4] =
    from_bits([0xbc72_6000_0000_0000, 0x3ff0_0000_0000_0000, 0x3ff8_0000_0460_0000, 0x4004_0000_0000_0000]);

impl Kernel for Sqrt {
    const F32: Spec<f32> = Spec {
        ulp: 0.5,
        ulp_unfused: 0.5,
        special: &[
            (0.0, 0.0),
            (-0.0, -0.0),
            (1.0, 1.0),
            (f32::INFINITY, f32::INFINITY),
            (f32::NEG_INFINITY, f32::NAN),
            (-1.0, f32::NAN),
            (-f32::from_bits(1), f32::NAN),
            (f32::NAN, f32::NAN),
        ],
        ns: 0.2,
    };
    const F64: Spec<f64> = Spec {
        ulp: 0.5,
        ulp_unfused: 0.5,
        special: &[
            (0.0, 0.0),
            (-0.0, -0.0),
            (1.0, 1.0),
            (f64::INFINITY, f64::INFINITY),
            (f64::NEG_INFINITY, f64::NAN),
            (-1.0, f64::NAN),
            (-f64::from_bits(1), f64::NAN),
            (f64::NAN, f64::NAN),
        ],
        ns: 0.7,
    };
    type F32Block = Medium;
    type F64Block = Medium;

    #[inline(always)]
    fn f32_rare<V: Single>(self, x: V) -> bool {
        let [least, infinity] = [LEAST_F32, f32::INFINITY].map(f32::to_bits);
        x.key().minus(least).any_at_least(infinity - least)
    }

    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        let Some(y) = x.reciprocal_root() else { return x.sqrt() };
        let h = y.sub_bits(y.splat(HALVED_F32));
        let (g, r) = reduce(x, y, h, x.splat(0.5));
        finish(x, g, h, r)
    }

    #[inline(always)]
    fn f32_any<V: Single>(self, x: V) -> V {
        any(x, x.sub_bits(x.splat(LESS_ONE_F32)), [0.0, f32::MIN_POSITIVE, ROOT_F32])
    }

    #[inline(always)]
    fn f64_rare<V: Double>(self, x: V) -> bool {
        let [least, infinity] = [LEAST, f64::INFINITY].map(|x| (x.to_bits() >> 32) as u32);
        x.key().minus(least).any_at_least(infinity - least)
    }

    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        let Some(y) = x.reciprocal_root() else { return x.sqrt() };
        let h = y.sub_bits(y.splat(HALVED));
        let (g, r) = reduce(x, y, h, x.splat(0.5));
        finish(x, g, h, horner(r, &POLY))
    }

    #[inline(always)]
    fn f64_any<V: Double>(self, x: V) -> V {
        any(x, x.add_bits(x.splat(1.0)), [0.0, f64::MIN_POSITIVE, ROOT])
    }
}

/// `g = x y`, near `√x`, and `r`: what `g` and `h` miss is `√(1 - 2 r)`.
#[inline(always)]
fn reduce<V: Lanes>(x: V, y: V, h: V, half: V) -> (V, V) {
    let g = x * y;
    (g, g.neg_mul_add(h, half)) // 1/2 - g h
}

/// `√x` from `g (1 + q)`, near it, and `h (1 + q)`, near `1 / (2 √x)`.
#[inline(always)]
fn finish<V: Lanes>(x: V, g: V, h: V, q: V) -> V {
    let (g, h) = (g.mul_add(q, g), h.mul_add(q, h));
    g.neg_mul_add(g, x).mul_add(h, g) // g + (x - g^2) h
}

/// `√x` by the instruction, which takes its time over subnormal numbers: `raised`, which is behind the exponent of 1, makes
/// normal ones of them.
#[inline(always)]
fn any<V: Lanes>(x: V, raised: V, [zero, least, root]: [V::Elem; 3]) -> V {
    let (zero, subnormal) = (x.splat(zero), x.lt(x.splat(least)));
    let y = V::pick(subnormal, raised - x.splat(V::Elem::ONE), x).sqrt();
    let y = V::pick(x.lt(zero), x.splat(V::Elem::NAN), V::pick(subnormal, y * x.splat(root), y));
    // Zero comes last: a caller may have subnormal numbers count as such.
    V::pick(x.eq(zero), x + x, y)
}
