//! One table per instruction set.
//!
//! Each file defines a token, its vectors and, one operation per line and in the same order everywhere, what they do:
//! to read one against another (`diff avx2.rs avx512.rs`) is the guide to adding the next. All hand-written `unsafe` of
//! this crate is in these files.
use core::mem::MaybeUninit;

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;
#[cfg(target_arch = "aarch64")]
pub mod neon;
pub mod portable;
pub mod scalar;

/// A place that a result can be written to: a `T`, or memory for one that is not initialized yet.
///
/// # Safety
/// The type has the size, alignment and layout of `T`, and any `T` may be written to it.
pub unsafe trait Slot<T>: Send {
    /// Writes `x`.
    fn put(&mut self, x: T);
}

// SAFETY: the type itself.
unsafe impl Slot<f32> for f32 {
    #[inline(always)]
    fn put(&mut self, x: f32) {
        *self = x;
    }
}

// SAFETY: the type itself.
unsafe impl Slot<f64> for f64 {
    #[inline(always)]
    fn put(&mut self, x: f64) {
        *self = x;
    }
}

// SAFETY: `MaybeUninit<T>` is documented to have the layout of `T`, and any `T` is a value of it.
unsafe impl<T: Send> Slot<T> for MaybeUninit<T> {
    #[inline(always)]
    fn put(&mut self, x: T) {
        self.write(x);
    }
}

/// `Type: Trait method intrinsic;`: an operator that is one intrinsic.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! operators {
    ($($v:ident: $tr:ident $f:ident $i:ident;)*) => { $(impl core::ops::$tr for $v {
        type Output = Self;
        #[inline(always)]
        fn $f(self, o: Self) -> Self { Self(op!($i(self.0, o.0))) }
    })* };
}
/// As `operators`, for a vector of two registers.
#[cfg(target_arch = "x86_64")]
macro_rules! pair_operators {
    ($($v:ident: $tr:ident $f:ident $i:ident;)*) => { $(impl core::ops::$tr for $v {
        type Output = Self;
        #[inline(always)]
        fn $f(self, o: Self) -> Self { Self(op!($i(self.0, o.0)), op!($i(self.1, o.1))) }
    })* };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use operators;
#[cfg(target_arch = "x86_64")]
use pair_operators;

/// The two crossings of a token into code compiled for its features.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! crossings {
    ($token:ty, $features:literal) => {
        #[inline]
        fn enter<T: Task>(self, task: T) -> T::Out {
            #[target_feature(enable = $features)]
            fn inside<T: Task>(token: $token, task: T) -> T::Out {
                task.run(token)
            }
            // SAFETY: the token exists, so its `detect` saw these features.
            unsafe { inside(self, task) }
        }
        #[inline]
        fn enter_cold<T: Task>(self, task: T) -> T::Out {
            #[cold]
            #[inline(never)]
            #[target_feature(enable = $features)]
            fn inside<T: Task>(token: $token, task: T) -> T::Out {
                task.run(token)
            }
            // SAFETY: the token exists, so its `detect` saw these features.
            unsafe { inside(self, task) }
        }
    };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crossings;

/// Whether the CPU has the feature: asked at run time with the standard library (and an operating system that it knows,
/// see the cfg `lanestack_no_os`), else what the compiler was told.
#[cfg(target_arch = "x86_64")]
macro_rules! has {
    ($($feature:tt),+) => {{
        #[cfg(all(feature = "std", not(lanestack_no_os)))]
        { true $(&& std::arch::is_x86_feature_detected!($feature))+ }
        #[cfg(not(all(feature = "std", not(lanestack_no_os))))]
        { true $(&& cfg!(target_feature = $feature))+ }
    }};
}
#[cfg(target_arch = "aarch64")]
macro_rules! has {
    ($($feature:tt),+) => {{
        #[cfg(all(feature = "std", not(lanestack_no_os)))]
        { true $(&& std::arch::is_aarch64_feature_detected!($feature))+ }
        #[cfg(not(all(feature = "std", not(lanestack_no_os))))]
        { true $(&& cfg!(target_feature = $feature))+ }
    }};
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use has;

/// `1.5 * 2^52`: added to a whole number, it leaves that number in the low bits.
const TO_INTEGER: f64 = 6755399441055744.0;
