//! The exact tier: `f64`, correctly rounded.
//!
//! Three stages, each more accurate and slower than the one before, as Ziv proposed (ACM TOMS 17, 1991):
//!
//! 1. on lanes, a sum of two `f64` with a proven error bound `E`, of 66 to 69 bits ([`exp`], [`log`]). With `high` its
//!    leading part, `high + (low + E)` and `high + (low - E)`, each rounded to `f64`, are one number for nearly all elements;
//!    the true value lies between the two, rounding is monotonic, and so that number is its nearest. Where they are two, the
//!    block is [tried](crate::lanes::Kernel::f64_try) in vain and computed again, element by element where need be;
//! 2. for one element in some thousands, on integers of 192 bits, with a test of the same kind ([`fixed`]); each thread keeps
//!    the last of its results, for arrays that hold the same element again and again;
//! 3. for one in 2^50 or so, on integers of 320 bits: more than the known hardest elements need.
//!
//! A correctly rounded result does not depend on how it was found: its bits are the same on every isa, fused or not.
pub mod exp;
pub mod fixed;
pub mod log;

#[cfg(feature = "std")]
use core::cell::Cell;

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

/// `y` where the two roundings are alike, and elsewhere `accurate` of `x`.
#[inline(always)]
fn settle<V: Double>(x: V, y: V, alike: V::Mask, accurate: fn(f64) -> f64) -> V {
    if alike.all() { y } else { x.token().enter_cold(Settle { x, y, alike, accurate }) }
}

struct Settle<V: Double> {
    x: V,
    y: V,
    alike: V::Mask,
    accurate: fn(f64) -> f64,
}

impl<V: Double> Task for Settle<V> {
    type Out = V;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> V {
        const { assert!(V::LEN <= MOST_LANES) };
        let Self { x, y, alike, accurate } = self;
        let [mut xs, mut ys] = [[0.0; MOST_LANES]; 2];
        x.store(&mut xs);
        if x.same(x.splat(xs[0])) {
            return x.splat(recalled(xs[0], accurate));
        }
        // No result is a NaN.
        V::pick(alike, y, x.splat(f64::NAN)).store(&mut ys);
        for (y, x) in ys.iter_mut().zip(xs).take(V::LEN) {
            if y.is_nan() {
                *y = recalled(x, accurate);
            }
        }
        V::load(x.token(), &ys)
    }
}

/// `accurate` of `x`, from memory if this thread has computed it lately: an array of one and the same uncertain element took a
/// hundred times as long as any other.
#[cfg(feature = "std")]
fn recalled(x: f64, accurate: fn(f64) -> f64) -> f64 {
    type Known = (usize, u64, f64); // a function, the bits of an argument, and the result
    std::thread_local! {
        static KNOWN: [Cell<Known>; 16] = const { [const { Cell::new((0, 0, 0.0)) }; 16] };
    }
    let (function, bits) = (accurate as usize, x.to_bits());
    KNOWN.with(|known| {
        // Fibonacci hashing: the upper bits of a product with 2^64 over the golden ratio.
        let place = &known[(bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as usize];
        match place.get() {
            (f, argument, y) if f == function && argument == bits => y,
            _ => {
                let y = accurate(x);
                place.set((function, bits, y));
                y
            }
        }
    })
}

#[cfg(not(feature = "std"))]
fn recalled(x: f64, accurate: fn(f64) -> f64) -> f64 {
    accurate(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recalled_is_what_was_asked_for() {
        // More arguments than places, again and again, and those of one function by the other, too.
        for _ in 0..2 {
            for x in (1..100).map(|k| f64::from(k) / 7.0) {
                assert_eq!(recalled(x, fixed::exp), fixed::exp(x));
                assert_eq!(recalled(x, fixed::log), fixed::log(x));
                assert_eq!(recalled(x, fixed::exp), fixed::exp(x));
            }
        }
    }
}
