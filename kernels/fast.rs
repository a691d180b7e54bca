//! The fast tier: `f32`, below 1 ulp, in `f32` lanes from end to end, twice as many to a register as the default tier has.
//!
//! For `f64`, these kernels are those of the default tier.
pub mod exp;
pub mod log;
