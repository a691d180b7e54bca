//! `f32` in the default tier, correctly rounded in `f32` lanes, where these look words up in large tables, which make the
//! polynomials short: 32 on AVX-512, 16 on AVX2 and NEON ([`Simd::WORDS`](crate::lanes::Simd::WORDS)).
//!
//! The result is found as a pair, `high + low`, of some 36 bits, and 34 from the smaller table. With `low` a little too large and
//! a little too small, the two sums round to one number for nearly all elements: the true value lies between them, rounding is
//! monotonic, and so that number is its nearest (Ziv, ACM TOMS 17, 1991). The block of an element for which they are two is tried
//! in vain, and computed in `f64` lanes, which takes twice as long.
//!
//! How much too large and too small: as little as is right for every `f32`, by trying all of them. The tests do so, element by
//! element, on every CPU with fused multiply-add.
pub mod exp;
pub mod log;
