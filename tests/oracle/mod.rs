//! What the results must be: correctly rounded values, and by how much a result misses the true one.
//!
//! Nothing here is shared with the kernels: `exp` and `log` come from CORE-MATH, `sqrt` and `square` from integer
//! arithmetic, and fractions of an ulp from double-double arithmetic of about 100 bits.
#![allow(dead_code, reason = "each test takes what it needs")]
use lanestack::{Element, Op};

mod exact;
#[allow(unused_imports, reason = "each test takes what it needs")]
pub use exact::{Exact, parts};
use exact::{sqrt, square};

/// An element type, as bits.
pub trait Real: Element + std::fmt::LowerExp {
    /// The bits of 1, of infinity, and of the NaN that is made from a number.
    const BITS_OF_ONE: u64;
    const BITS_OF_INFINITY: u64;
    const BITS_OF_NAN: u64;
    /// The bit that makes a NaN quiet, and the sign.
    const QUIET: u64;
    const SIGN: u64;
    fn bits(self) -> u64;
    fn of_bits(bits: u64) -> Self;
    fn of_f64(x: f64) -> Self;
    fn to_f64(self) -> f64;
    /// The correctly rounded result for what is not a NaN.
    fn rounded(op: Op, x: Self) -> Self;

    fn is_nan(self) -> bool {
        self.bits() & !Self::SIGN > Self::BITS_OF_INFINITY
    }
    /// What the op must give, to the bit: a NaN gives itself, made quiet; a NaN from a number is plain.
    fn truth(op: Op, x: Self) -> Self {
        if x.is_nan() {
            return Self::of_bits(x.bits() | Self::QUIET);
        }
        let y = Self::rounded(op, x);
        if y.is_nan() { Self::of_bits(Self::BITS_OF_NAN) } else { y }
    }
    /// The bits, to look at.
    fn hex(self) -> String {
        format!("{:#0width$x}", self.bits(), width = 2 + 2 * size_of::<Self>())
    }
}

impl Real for f32 {
    const BITS_OF_ONE: u64 = 0x3f80_0000;
    const BITS_OF_INFINITY: u64 = 0x7f80_0000;
    const BITS_OF_NAN: u64 = 0x7fc0_0000;
    const QUIET: u64 = 1 << 22;
    const SIGN: u64 = 1 << 31;
    #[inline]
    fn bits(self) -> u64 {
        self.to_bits().into()
    }
    #[inline]
    fn of_bits(bits: u64) -> Self {
        Self::from_bits(bits as u32)
    }
    fn of_f64(x: f64) -> Self {
        x as f32
    }
    fn to_f64(self) -> f64 {
        self.into()
    }
    #[inline]
    fn rounded(op: Op, x: Self) -> Self {
        match op {
            Op::Exp => core_math::expf(x),
            Op::Log => core_math::logf(x),
            // With more than twice the digits, rounding twice is rounding once.
            Op::Sqrt => f64::from(x).sqrt() as f32,
            // Exact in f64.
            Op::Square => (f64::from(x) * f64::from(x)) as f32,
            _ => panic!("the oracle does not know {op}"),
        }
    }
}

impl Real for f64 {
    const BITS_OF_ONE: u64 = 0x3ff0_0000_0000_0000;
    const BITS_OF_INFINITY: u64 = 0x7ff0_0000_0000_0000;
    const BITS_OF_NAN: u64 = 0x7ff8_0000_0000_0000;
    const QUIET: u64 = 1 << 51;
    const SIGN: u64 = 1 << 63;
    #[inline]
    fn bits(self) -> u64 {
        self.to_bits()
    }
    #[inline]
    fn of_bits(bits: u64) -> Self {
        Self::from_bits(bits)
    }
    fn of_f64(x: f64) -> Self {
        x
    }
    fn to_f64(self) -> f64 {
        self
    }
    #[inline]
    fn rounded(op: Op, x: Self) -> Self {
        match op {
            Op::Exp => core_math::exp(x),
            Op::Log => core_math::log(x),
            Op::Sqrt => sqrt(x),
            Op::Square => square(x),
            _ => panic!("the oracle does not know {op}"),
        }
    }
}
