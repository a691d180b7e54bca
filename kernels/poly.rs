//! Polynomials.
use crate::lanes::Lanes;

/// `c[0] + c[1] x + c[2] x^2 + ...` by Horner's rule: the fewest operations, and a block hides its latency.
#[inline(always)]
pub fn horner<V: Lanes, const N: usize>(x: V, c: &[V::Elem; N]) -> V {
    let mut sum = x.splat(c[N - 1]);
    for i in (0..N - 1).rev() {
        sum = sum.mul_add(x, x.splat(c[i])).abreast();
    }
    sum
}
