//! Element-wise `exp`, `log`, `sqrt` and `square` over slices and arrays of `f32` and `f64`: SIMD lanes inside a core,
//! chunks across cores, the two multiplied.
//!
//! ```
//! let x: Vec<f64> = (1..=1000).map(f64::from).collect();
//!
//! let y = lanestack::log(&x); // a new vector
//! let mut z = vec![0.0; 1000];
//! lanestack::exp_into(&y, &mut z); // into memory of yours
//! lanestack::sqrt_in_place(&mut z); // in place
//!
//! assert!((z[99] - 10.0).abs() < 1e-12);
//! ```
//!
//! # What you can rely on
//!
//! - *Accuracy*: `f32` results are correctly rounded for every input. `f64` `sqrt` and `square` are, too; `exp` and `log`
//!   are within 0.55 ulp where the CPU has fused multiply-add, and below 1 ulp where it has not; with
//!   [`Accuracy::Exact`] they are correctly rounded. With [`Accuracy::Fast`], `exp` and `log` of `f32` are within 0.63 and
//!   0.94 ulp, in a third of the time or so. See [`Op::spec`] and `docs/accuracy.md`.
//! - *The same bits*: a result depends on the element and the op only: not on its position, the length or alignment of the
//!   slice, in place or not, the number of threads, nor, where there is fused multiply-add, on the instruction set. Results
//!   that are correctly rounded are the same on every machine.
//! - *Special values* as in IEEE 754 and C's Annex F. Subnormal numbers are never flushed, in or out. A NaN stays itself,
//!   made quiet; a NaN made from a number (`log(-1)`) has a clear sign and no payload.
//! - *No surprises*: the instruction set is chosen by what the CPU and the operating system offer, and [`Isa`] tells which.
//!   One that is forced, by [`Builder::isa`] or the environment variable `LANESTACK_ISA`, runs or is an error. Control
//!   registers (rounding, flush-to-zero) are never changed; results are as promised for the default ones, and
//!   `docs/environment.md` says what holds for others.
//!
//! # Threads
//!
//! Short slices are evaluated on the calling thread; those for which it is estimated to pay are spread over the rayon pool
//! that the call comes from, or rayon's global one. What waking its threads costs is measured when a call of more than 20 µs
//! first asks, which takes a millisecond. [`Builder::threads`] and the environment variable `LANESTACK_NUM_THREADS` set the
//! number of threads: see [`Threads`]; [`Builder::parallel_from`] and `LANESTACK_PARALLEL_FROM` the length from which on they
//! are used.
//!
//! # Several steps in one pass
//!
//! For `sqrt` and `square`, and all that computes as little, the way through memory is what costs. A [`Pipeline`] takes all
//! its steps in one pass: [`Engine::pipe`] and its like. Known at compile time, kernels compose as types:
//! [`Kernel::then`](kernels::lanes::Kernel::then) and [`Engine::map_into`].
//!
//! # Memory
//!
//! Results of what the last-level cache cannot hold go past the caches, unless they are written in place;
//! [`Builder::stores`] and `LANESTACK_STORES` overrule that: see [`Stores`]. Huge pages are asked for in new vectors of 4 MiB
//! and more, and in a [`Buffer`]. [`Engine::plan`] tells what is done with a slice, and why.
//!
//! # Features
//!
//! `arrow`: the same over Arrow's arrays and columns of `Float32` and `Float64`, in the module `arrow`.
//!
//! `ndarray`: the same over `ArrayView` and `ArrayViewMut` of any dimension, contiguous or not, in the module `arrays`.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

mod accuracy;
#[cfg(feature = "ndarray")]
pub mod arrays;
#[cfg(feature = "arrow")]
pub mod arrow;
pub mod build;
mod dispatch;
mod engine;
mod error;
#[allow(unsafe_code, reason = "the one place for it, see there")]
mod memory;
mod op;
mod pipeline;
mod plan;
mod tiles;

pub use accuracy::Accuracy;
pub use dispatch::{Element, Isa};
pub use engine::{Builder, Engine, ISA_VARIABLE, PARALLEL_FROM_VARIABLE, STORES_VARIABLE, THREADS_VARIABLE, Threads};
pub use error::Error;
pub use lanestack_kernels as kernels;
pub use lanestack_kernels::lanes::Spec;
pub use memory::Buffer;
pub use op::Op;
pub use pipeline::{Pipeline, Step};
pub use plan::{Plan, Stores, Target, Wake, Way};

macro_rules! functions {
    ($op:ident, $f:ident, $into:ident, $in_place:ident, $what:literal, $ulp64:literal, $special:literal, $twelve:literal) => {
        #[doc = concat!("The ", $what, " of each element.")]
        ///
        /// # Error
        #[doc = concat!("Correctly rounded for `f32`; for `f64` ", $ulp64, ".")]
        ///
        /// # Special values
        #[doc = $special]
        ///
        /// # Panics
        /// If one of the environment variables `LANESTACK_...` is set to what is not understood or not available.
        ///
        /// ```
        #[doc = concat!("let y = lanestack::", stringify!($f), "(&[1.0, 2.0]);")]
        #[doc = concat!("assert_eq!(y, ", $twelve, ");")]
        /// ```
        pub fn $f<T: Element>(src: &[T]) -> Vec<T> {
            Engine::global().run(Op::$op, src)
        }

        #[doc = concat!("Writes the ", $what, " of each element of `src` to the same place of `dst`; see [`", stringify!($f), "`].")]
        ///
        /// # Panics
        /// If the lengths differ, or if one of the environment variables `LANESTACK_...` is set to what is not understood or
        /// not available.
        ///
        /// ```
        /// let mut y = [0.0; 2];
        #[doc = concat!("lanestack::", stringify!($into), "(&[1.0, 2.0], &mut y);")]
        #[doc = concat!("assert_eq!(y, ", $twelve, ");")]
        /// ```
        pub fn $into<T: Element>(src: &[T], dst: &mut [T]) {
            Engine::global().run_into(Op::$op, src, dst);
        }

        #[doc = concat!("Replaces each element by its ", $what, "; see [`", stringify!($f), "`].")]
        ///
        /// # Panics
        /// If one of the environment variables `LANESTACK_...` is set to what is not understood or not available.
        ///
        /// ```
        /// let mut y = [1.0, 2.0];
        #[doc = concat!("lanestack::", stringify!($in_place), "(&mut y);")]
        #[doc = concat!("assert_eq!(y, ", $twelve, ");")]
        /// ```
        pub fn $in_place<T: Element>(data: &mut [T]) {
            Engine::global().run_in_place(Op::$op, data);
        }
    };
}

functions! {
    Exp, exp, exp_into, exp_in_place, "exponential function",
    "within 0.55 ulp (1 ulp where there is no fused multiply-add), subnormal results included",
    "`exp(±0) = 1`, `exp(-inf) = 0`, `exp(inf) = inf`, `exp(NaN) = NaN`; overflow gives `inf`.",
    "[2.718281828459045, 7.38905609893065]"
}
functions! {
    Log, log, log_into, log_in_place, "natural logarithm",
    "within 0.55 ulp (1 ulp where there is no fused multiply-add), subnormal arguments included",
    "`log(1) = 0`, `log(±0) = -inf`, `log(inf) = inf`, `log(x < 0) = NaN`, `log(NaN) = NaN`.",
    "[0.0, 0.6931471805599453]"
}
functions! {
    Sqrt, sqrt, sqrt_into, sqrt_in_place, "square root", "as well",
    "`sqrt(-0) = -0`, `sqrt(inf) = inf`, `sqrt(x < 0) = NaN`, `sqrt(NaN) = NaN`.",
    "[1.0, 1.4142135623730951]"
}
functions! {
    Square, square, square_into, square_in_place, "square", "as well",
    "`square(±0) = 0`, `square(±inf) = inf`, `square(NaN) = NaN`; overflow gives `inf`.",
    "[1.0, 4.0]"
}

/// The examples of the README and the pages of `docs/`, as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/stacking.md")]
    struct Stacking;
    #[doc = include_str!("../docs/choosing.md")]
    struct Choosing;
    #[doc = include_str!("../docs/adding-a-function.md")]
    struct AddingAFunction;
    #[doc = include_str!("../docs/adding-an-isa.md")]
    struct AddingAnIsa;
    #[cfg(feature = "arrow")]
    #[doc = include_str!("../docs/arrow.md")]
    struct Arrow;
}
