//! The exact tier: `f64`, correctly rounded.
//!
//! Three stages, each more accurate and slower than the one before, as Ziv proposed (ACM TOMS 17, 1991):
//!
//! 1. on lanes, a sum of two `f64` with a proven error bound `E`, of 66 to 69 bits ([`exp`], [`log`]). With `high` its
//!    leading part, `high + (low + E)` and `high + (low - E)`, each rounded to `f64`, are one number for nearly all elements;
//!    the true value lies between the two, rounding is monotonic, and so that number is its nearest;
//! 2. for one element in some thousands, on integers of 192 bits, with a test of the same kind ([`fixed`]);
//! 3. for one in 2^50 or so, on integers of 320 bits: more than the known hardest elements need.
//!
//! A correctly rounded result does not depend on how it was found: its bits are the same on every isa, fused or not.
pub mod exp;
pub mod fixed;
pub mod log;

use crate::lanes::{Double, Mask, Simd, Task};

/// The most lanes that a block of `f64` has, on any isa.
const MOST_LANES: usize = 64;

/// `x` as a sum of two numbers of 26 bits (Veltkamp).
#[inline(always)]
pub(crate) fn halves<V: Double>(x: V) -> (V, V) {
    let t = x * x.splat(134217729.0);
    let head = t - (t - x);
    (head, x - head)
}

/// `a b` as a sum: the product, and what it is larger by.
#[inline(always)]
fn product<V: Double>(a: V, b: V) -> (V, V) {
    let p = a * b;
    let excess = if V::Token::FUSED {
        a.neg_mul_add(b, p)
    } else {
        // All products are exact (Dekker).
        let ((a, a_low), (b, b_low)) = (halves(a), halves(b));
        (((p - a * b) - a * b_low) - a_low * b) - a_low * b_low
    };
    (p, excess)
}

/// The lanes on which the two roundings `a` and `b` agree, and elsewhere `accurate` of `x`.
#[inline(always)]
fn settle<V: Double>(x: V, a: V, b: V, accurate: fn(f64) -> f64) -> V {
    if a.eq(b).all() { a } else { x.token().enter_cold(Settle { x, a, b, accurate }) }
}

/// As `settle`, for results that may be subnormal: these all compare equal if the caller has them count as zero (DAZ).
#[inline(always)]
fn settle_small<V: Double>(x: V, a: V, b: V, accurate: fn(f64) -> f64) -> V {
    let one = x.splat(1.0);
    let alike = a.add_exponent(one).eq(b.add_exponent(one)).all(); // never, of numbers from 2^1023 on
    if alike { a } else { x.token().enter_cold(Settle { x, a, b, accurate }) }
}

struct Settle<V> {
    x: V,
    a: V,
    b: V,
    accurate: fn(f64) -> f64,
}

impl<V: Double> Task for Settle<V> {
    type Out = V;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> V {
        const { assert!(V::LEN <= MOST_LANES) };
        let [mut x, mut a, mut b] = [[0.0; MOST_LANES]; 3];
        self.x.store(&mut x);
        self.a.store(&mut a);
        self.b.store(&mut b);
        for ((a, b), x) in a.iter_mut().zip(b).zip(x).take(V::LEN) {
            if a.to_bits() != b.to_bits() {
                *a = (self.accurate)(x);
            }
        }
        V::load(self.x.token(), &a)
    }
}
