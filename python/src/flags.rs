//! Floating-point exceptions: those that the IEEE functions raise, no more and no less.
//!
//! NumPy clears the sticky flags of the calling thread before a loop and looks at them after it. The kernels raise what
//! they like on the way to right results, so what an op should have raised is told from its arguments; and the workers of a
//! pool have flags of their own, so what they find is handed to the caller.
use std::ffi::c_int;
use std::ops::{BitOr, BitOrAssign, Sub};

#[cfg(target_arch = "x86_64")]
const FE: [c_int; 4] = [1, 4, 8, 16];
#[cfg(target_arch = "aarch64")]
const FE: [c_int; 4] = [1, 2, 4, 8];

// SAFETY: C99's fenv.h, which the C library that Python itself needs has; nothing is passed but numbers.
unsafe extern "C" {
    safe fn feclearexcept(excepts: c_int) -> c_int;
    safe fn feraiseexcept(excepts: c_int) -> c_int;
    safe fn fetestexcept(excepts: c_int) -> c_int;
}

/// A set of floating-point exceptions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    pub const NONE: Self = Self(0);
    pub const INVALID: Self = Self(1);
    pub const DIVIDE: Self = Self(2);
    pub const OVERFLOW: Self = Self(4);
    pub const UNDERFLOW: Self = Self(8);
    const ALL: Self = Self(15);

    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    pub fn bits(self) -> u8 {
        self.0
    }

    pub fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// These if it is so, else none.
    pub fn when(self, so: bool) -> Self {
        if so { self } else { Self::NONE }
    }

    /// Those that this thread has raised since they were cleared.
    #[inline]
    pub fn raised() -> Self {
        let excepts = fetestexcept(Self::ALL.excepts());
        (0..4).fold(Self::NONE, |flags, k| flags | Self(1 << k).when(excepts & FE[k] != 0))
    }

    /// Clears these.
    pub fn clear(self) {
        if !self.is_none() {
            feclearexcept(self.excepts());
        }
    }

    /// Raises these.
    pub fn raise(self) {
        if !self.is_none() {
            feraiseexcept(self.excepts());
        }
    }

    fn excepts(self) -> c_int {
        (0..4).filter(|k| self.0 & 1 << k != 0).map(|k| FE[k]).sum()
    }

    /// Does the work and leaves this thread's flags as they were, but for those that the work returns, which are raised.
    #[inline]
    pub fn around(work: impl FnOnce() -> Self) {
        let before = Self::raised();
        let due = before | work();
        let now = Self::raised();
        (now - due).clear();
        (due - now).raise();
    }

    /// Does the work; returns what it returns, and what its instructions raise: for threads whose flags nobody else reads.
    pub fn of(work: impl FnOnce() -> Self) -> Self {
        Self::ALL.clear();
        let told = work();
        told | Self::raised()
    }
}

impl BitOr for Flags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

impl Sub for Flags {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}
