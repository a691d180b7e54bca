//! Polynomials.
use crate::lanes::Lanes;

/// As [`horner`], but the order of a block's steps is the compiler's, up to the last: it spills less where many values are
/// alive, and the exact `log` gains a fiftieth.
#[inline(always)]
pub fn horner_loose<V: Lanes, const N: usize>(x: V, c: &[V::Elem; N]) -> V {
    let mut sum = x.splat(c[N - 1]);
    for i in (0..N - 1).rev() {
        sum = sum.mul_add(x, x.splat(c[i]));
    }
    sum.abreast()
}

/// `c[0] + c[1] x + c[2] x^2 + ...` by Horner's rule: the fewest operations, and a block hides its latency.
#[inline(always)]
pub fn horner<V: Lanes, const N: usize>(x: V, c: &[V::Elem; N]) -> V {
    let mut sum = x.splat(c[N - 1]);
    for i in (0..N - 1).rev() {
        sum = sum.mul_add(x, x.splat(c[i])).abreast();
    }
    sum
}
