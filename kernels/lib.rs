//! The kernels of [lanestack](https://docs.rs/lanestack): `exp`, `log`, `sqrt` and `square` on vectors of `f32` and
//! `f64`, each written once, in safe Rust, over the traits of [`lanes`], and instantiated for every instruction set in
//! [`isa`].
//!
//! This crate knows one core and one slice. Which instruction set to take, how many threads to use and which way to go
//! through memory is decided in the crate `lanestack`; use that one, unless you write a kernel of your own:
//!
//! ```
//! use lanestack_kernels::isa::portable::Portable;
//! use lanestack_kernels::{lanes::Simd, sqrt::Sqrt, sweep::MapInto};
//!
//! let token = Portable::detect().expect("the portable lanes run everywhere");
//! let mut roots = [0.0; 3];
//! token.enter(MapInto { src: &[1.0, 4.0, 9.0], dst: &mut roots, kernel: Sqrt });
//! assert_eq!(roots, [1.0, 2.0, 3.0]);
//! ```
//!
//! # Glossary
//!
//! - *lanes*: a vector of elements, the type that a kernel computes with ([`lanes::Lanes`]).
//! - *block*: several vectors computed side by side, so that the latency of one hides behind the others; a block is
//!   itself a (wider) vector ([`block::Block`]).
//! - *isa*: an instruction set. Its *token* is the proof that this CPU has it; vectors are born from tokens only.
//! - *kernel*: a function on lanes ([`lanes::Kernel`]).
//! - *ordinary, rare*: most elements take the short path of a kernel; a block with an element outside its range takes
//!   the longer path that is right for every element and gives the same bits where both are right.
//! - *sweep*: a kernel over a slice ([`sweep`]).
//! - *fused*: with one rounding for `a * b + c`. On every isa with fused multiply-add the kernels give the same bits.
#![no_std]
#![deny(unsafe_code)]

#[cfg(any(feature = "std", test))]
extern crate std;

pub mod block;
#[cfg(test)]
mod conformance;
pub mod exact;
pub mod exp;
pub mod fast;
#[allow(unsafe_code, reason = "the tables call vendor intrinsics and read slices through pointers")]
pub mod isa;
pub mod lanes;
pub mod log;
pub mod pairs;
pub mod poly;
pub mod sqrt;
pub mod square;
pub mod steps;
pub mod sweep;
pub mod table;
pub mod then;
