//! `f32` in the default tier, correctly rounded in `f32` lanes: where one instruction looks up one of 32 words, which makes the
//! polynomials short ([`Simd::PAIRS`](crate::lanes::Simd::PAIRS)).
//!
//! The result is found as a pair, `high + low`, of some 36 bits. With `low` a little too large and a little too small, the two
//! sums round to one number for nearly all elements: the true value lies between them, rounding is monotonic, and so that
//! number is its nearest (Ziv, ACM TOMS 17, 1991). The block of an element for which they are two is tried in vain, and computed
//! in `f64` lanes, which takes twice as long.
//!
//! How much too large and too small: as little as is right for every `f32`, by trying all of them. The tests do so on every isa
//! with fused multiply-add, whether it takes this way or not.
pub mod exp;
pub mod log;
