//! The natural logarithm in `f32` lanes.
//!
//! # Method
//! `x = 2^e m` with `m` in [1, 2). The whole number nearest to `6.98 m - 7` chooses one of eight slots and with it `c`, near
//! `1/m`, of five bits: `r = m c - 1`, `|r| <= 0.075`, and `ln x = (e ln 2 - ln c) + ln(1 + r)`. `ln 2` and `ln c` are each a
//! head, whose sums are exact, and a tail; `ln(1 + r)` is a polynomial. The first slot has `c = 1`, the last `c = 1/2`, so that
//! nothing cancels on either side of 1.
//!
//! # Error
//! Fused: 0.9520 ulp, of 0x3f899e32, found by trying all inputs. Two roundings matter: that of `ln(1 + r)`, and the last. They
//! stay below 1 ulp together because wherever there is a head, `ln(1 + r)` lies in a lower binade than the result. That fixes
//! the slots: the first must reach 1.0737, hence 6.98 and not 7. Do not tidy them up.
//!
//! # Domain
//! All numbers. Positive normal numbers are ordinary; where the isa takes numbers apart by instructions, all are that have no
//! sign.
//!
//! # Special
//! `ln 1 = +0`, `ln ±0 = -inf`, `ln inf = inf`, `ln(x < 0)` is the NaN with a clear sign and no payload, a NaN stays itself,
//! made quiet.
//!
//! # Speed
//! Of 34 instructions for eight elements on AVX2, 8 are multiply-adds and 3 lookups, of two turns each on a Zen 3: it takes 10
//! cycles, and 7 for these.
//!
//! # Source
//! `coefficients/log.sollya` for the polynomial, `coefficients/tables.py` for the tables.
use crate::lanes::{Double, Kernel, Key, Long, Medium, Simd, Single, Spec};
use crate::log::{Log, special_f32};
use crate::poly::horner;
use crate::table::Words;

/// The natural logarithm, as a kernel.
#[derive(Clone, Copy, Debug)]
pub struct LogFast;

/// The slots per unit of `m`.
const SLOTS: f32 = 6.98;
/// `1.5 * 2^23 - 7`: adding it rounds to a whole number, and the first slot is 0.
const FIRST: f32 = 12582912.0 - 7.0;
/// `ln 2` rounded to a multiple of 2^-17, exact times any exponent, and the rest. It is positive: infinity goes through both.
const LN2: [f32; 2] = [f32::from_bits(0x3f31_7200), f32::from_bits(0x35bf_be8e)];
/// `(ln(1 + r) - r) / r^2`, to 2^-25.3 of `ln(1 + r)`.
const POLY: [f32; 4] = [
    f32::from_bits(0xbeff_ffcb),
    f32::from_bits(0x3eaa_aab1),
    f32::from_bits(0xbe80_96a1),
    f32::from_bits(0x3e4d_544a),
];
/// `c`: a multiple of 1/32 where results are small.
static RECIPROCALS: Words<8> =
    Words([0x3f80_0000, 0x3f60_0000, 0x3f48_0000, 0x3f34_0000, 0x3f24_0000, 0x3f10_0000, 0x3f08_0000, 0x3f00_0000]);
/// `-ln c` rounded to a multiple of 2^-17.
static LOGS: Words<8> =
    Words([0x0000_0000, 0x3e08_bc00, 0x3e7c_c800, 0x3eb4_5600, 0x3ee4_0000, 0x3f13_4b00, 0x3f21_ed00, 0x3f31_7200]);
/// `-ln c - LOGS`, rounded.
static LOGS_REST: Words<8> =
    Words([0x0000_0000, 0x35e8_227e, 0x3663_659e, 0x3603_e9c7, 0xb5c7_1755, 0x3584_4d37, 0xb2d0_6dc4, 0x35bf_be8e]);
/// Whose bits, subtracted, add those of 1.
const LESS_ONE: f32 = f32::from_bits(1.0f32.to_bits().wrapping_neg());

impl Kernel for LogFast {
    const F32: Spec<f32> = Spec { ulp: 0.96, ulp_unfused: 0.96, ns: 0.3, ..Log::F32 };
    const F64: Spec<f64> = Log::F64;
    type F32Block = Long;
    type F64Block = Medium;

    #[inline(always)]
    fn f32_rare<V: Single>(self, x: V) -> bool {
        if V::Token::TAKES_APART { x.key().any_at_least((-0.0f32).to_bits()) } else { Log.f32_rare(x) }
    }

    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        combine(x.exponent(), x.mantissa())
    }

    #[inline(always)]
    fn f32_any<V: Single>(self, x: V) -> V {
        // A subnormal's bits count multiples of 2^-149: behind the exponent of 1, they make 1 + 2^126 x.
        let one = x.splat(1.0);
        let subnormal = x.lt(x.splat(f32::MIN_POSITIVE));
        let normal = V::pick(subnormal, x.sub_bits(x.splat(LESS_ONE)) - one, x);
        let e = normal.exponent();
        let e = V::pick(subnormal, e - x.splat(126.0), e);
        special_f32(x, combine(e, normal.mantissa()))
    }

    #[inline(always)]
    fn f64_rare<V: Double>(self, x: V) -> bool {
        Log.f64_rare(x)
    }

    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        Log.f64(x)
    }

    #[inline(always)]
    fn f64_any<V: Double>(self, x: V) -> V {
        Log.f64_any(x)
    }
}

/// `m c - 1`, rounded at most once.
#[inline(always)]
fn reduce<V: Single>(m: V, c: V) -> V {
    if V::Token::FUSED {
        m.mul_add(c, m.splat(-1.0))
    } else {
        // m = a + b, 12 bits each (Veltkamp), so that products with c are exact.
        let t = m * m.splat(4097.0);
        let a = t - (t - m);
        (a * c - m.splat(1.0)) + (m - a) * c
    }
}

/// `ln(2^e m)`.
#[inline(always)]
fn combine<V: Single>(e: V, m: V) -> V {
    let slot = m.mul_add(m.splat(SLOTS), m.splat(FIRST));
    let r = reduce(m, V::lookup8(&RECIPROCALS, slot));
    let head = e.mul_add(e.splat(LN2[0]), V::lookup8(&LOGS, slot)); // exact
    let rest = e.mul_add(e.splat(LN2[1]), V::lookup8(&LOGS_REST, slot));
    head + (r + (r * r).mul_add(horner(r, &POLY), rest))
}
