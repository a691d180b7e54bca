//! The vector functions `exp`, `log` and `sqrt` of [SLEEF](https://sleef.org), from the library that the system has.
//!
//! A name is SLEEF's own: function, type (`d` or `f`), number of lanes, largest error in tenths of an ulp, instruction set.
//! Each is safe to call where that instruction set is enabled, and `unsafe` elsewhere:
//!
//! ```
//! # #[cfg(target_arch = "x86_64")] {
//! use std::arch::x86_64::*;
//!
//! #[target_feature(enable = "avx2,fma")]
//! fn e_to_the(x: f64) -> f64 {
//!     _mm256_cvtsd_f64(sleef_sys::Sleef_expd4_u10avx2(_mm256_set1_pd(x)))
//! }
//!
//! if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
//!     // SAFETY: the CPU has both.
//!     assert!((unsafe { e_to_the(1.0) } - std::f64::consts::E).abs() < 1e-15);
//! }
//! # }
//! ```
//!
//! Rust's stable compilers refuse declarations of foreign functions that take or return vectors by value, but not pointers
//! to such functions. So each is declared without arguments, and its address is called as what it is.
#![no_std]
#![allow(non_snake_case, reason = "the names are those of the C library")]

#[cfg(target_arch = "aarch64")]
use core::arch::aarch64::*;
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::*;

/// The version of the library that was found when this was built.
pub const VERSION: &str = env!("SLEEF_SYS_VERSION");

/// Functions of one vector, by instruction set and type.
macro_rules! functions {
    ($($feature:literal $vector:ident: $($name:ident)*;)*) => { $($(
        #[doc = concat!("SLEEF's `", stringify!($name), "`.")]
        ///
        /// # Safety
        #[doc = concat!("The CPU must have `", $feature, "`; nothing is to be shown where that is enabled.")]
        #[inline]
        #[target_feature(enable = $feature)]
        pub fn $name(x: $vector) -> $vector {
            mod foreign {
                unsafe extern "C" {
                    pub fn $name();
                }
            }
            // SAFETY: this is its type by SLEEF's header; it reads nothing but its argument and its own tables, and the
            // instruction set is enabled here.
            unsafe {
                let function: unsafe extern "C" fn($vector) -> $vector =
                    core::mem::transmute::<unsafe extern "C" fn(), _>(foreign::$name);
                function(x)
            }
        }
    )*)* };
}

#[cfg(target_arch = "x86_64")]
functions! {
    "avx512f" __m512d: Sleef_expd8_u10avx512f Sleef_logd8_u10avx512f Sleef_logd8_u35avx512f
        Sleef_sqrtd8_u05avx512f Sleef_sqrtd8_u35avx512f;
    "avx512f" __m512: Sleef_expf16_u10avx512f Sleef_logf16_u10avx512f Sleef_logf16_u35avx512f
        Sleef_sqrtf16_u05avx512f Sleef_sqrtf16_u35avx512f;
    "avx2,fma" __m256d: Sleef_expd4_u10avx2 Sleef_logd4_u10avx2 Sleef_logd4_u35avx2
        Sleef_sqrtd4_u05avx2 Sleef_sqrtd4_u35avx2;
    "avx2,fma" __m256: Sleef_expf8_u10avx2 Sleef_logf8_u10avx2 Sleef_logf8_u35avx2
        Sleef_sqrtf8_u05avx2 Sleef_sqrtf8_u35avx2;
    "sse4.1" __m128d: Sleef_expd2_u10sse4 Sleef_logd2_u10sse4 Sleef_logd2_u35sse4
        Sleef_sqrtd2_u05sse4 Sleef_sqrtd2_u35sse4;
    "sse4.1" __m128: Sleef_expf4_u10sse4 Sleef_logf4_u10sse4 Sleef_logf4_u35sse4
        Sleef_sqrtf4_u05sse4 Sleef_sqrtf4_u35sse4;
}

#[cfg(target_arch = "aarch64")]
functions! {
    "neon" float64x2_t: Sleef_expd2_u10advsimd Sleef_logd2_u10advsimd Sleef_logd2_u35advsimd
        Sleef_sqrtd2_u05advsimd Sleef_sqrtd2_u35advsimd;
    "neon" float32x4_t: Sleef_expf4_u10advsimd Sleef_logf4_u10advsimd Sleef_logf4_u35advsimd
        Sleef_sqrtf4_u05advsimd Sleef_sqrtf4_u35advsimd;
}
