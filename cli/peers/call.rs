//! Calls of foreign functions of one vector, over slices.
#[cfg(target_arch = "aarch64")]
use std::arch::aarch64::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use lanestack::{Element, Isa};

use super::library::Symbol;

/// A function over a slice, from source to destination.
pub type Call<T> = Box<dyn Fn(&[T], &mut [T]) + Send + Sync>;

/// An element type that others have functions of.
pub trait Real: Element {
    /// The letter that stands for the type in MKL's names.
    const LETTER: char;
    /// What C puts behind a function's name.
    const SUFFIX: &'static str;
    /// The number of lanes of a vector, if there are functions of vectors for this isa.
    fn lanes(isa: Isa) -> Option<usize>;
    /// Calls a function of one vector, if this CPU has the isa and there are such functions for it.
    ///
    /// # Safety
    ///
    /// The symbol must be a function that takes one vector of the isa's full width and returns another, and touches nothing
    /// else.
    unsafe fn call(isa: Isa, function: Symbol) -> Option<Call<Self>>;
}

/// For each isa, its vector type: a loop over slices that calls a function of one vector.
macro_rules! vectors {
    ($t:ty, $letter:literal, $suffix:literal: $($arch:literal $isa:ident $feature:literal $each:ident
        $vector:ident $lanes:literal $load:ident $store:ident;)*) => {
        $(
            #[cfg(target_arch = $arch)]
            #[target_feature(enable = $feature)]
            unsafe fn $each(function: Symbol, src: &[$t], dst: &mut [$t]) {
                // SAFETY: the caller's promise.
                let function = unsafe {
                    std::mem::transmute::<*const std::ffi::c_void, unsafe extern "C" fn($vector) -> $vector>(function.0)
                };
                let ((src, src_rest), (dst, dst_rest)) = (src.as_chunks::<$lanes>(), dst.as_chunks_mut::<$lanes>());
                for (x, y) in src.iter().zip(dst) {
                    // SAFETY: both are as long as the vector.
                    unsafe { $store(y.as_mut_ptr(), function($load(x.as_ptr()))) };
                }
                if !src_rest.is_empty() {
                    let mut last = [1.0; $lanes];
                    last[..src_rest.len()].copy_from_slice(src_rest);
                    // SAFETY: it is as long as the vector.
                    unsafe { $store(last.as_mut_ptr(), function($load(last.as_ptr()))) };
                    dst_rest.copy_from_slice(&last[..src_rest.len()]);
                }
            }
        )*

        impl Real for $t {
            const LETTER: char = $letter;
            const SUFFIX: &'static str = $suffix;

            fn lanes(isa: Isa) -> Option<usize> {
                match isa {
                    $(#[cfg(target_arch = $arch)] Isa::$isa => Some($lanes),)*
                    _ => None,
                }
            }

            unsafe fn call(isa: Isa, function: Symbol) -> Option<Call<Self>> {
                match isa {
                    $(
                        #[cfg(target_arch = $arch)]
                        Isa::$isa if isa.is_available() => {
                            // SAFETY: the CPU has the isa; the rest is the caller's promise.
                            Some(Box::new(move |src, dst| unsafe { $each(function, src, dst) }))
                        }
                    )*
                    _ => None,
                }
            }
        }
    };
}

vectors! { f64, 'd', "":
    "x86_64" Avx512 "avx512f" f64_by_8 __m512d 8 _mm512_loadu_pd _mm512_storeu_pd;
    "x86_64" Avx2 "avx2,fma" f64_by_4 __m256d 4 _mm256_loadu_pd _mm256_storeu_pd;
    "aarch64" Neon "neon" f64_by_2 float64x2_t 2 vld1q_f64 vst1q_f64;
}
vectors! { f32, 's', "f":
    "x86_64" Avx512 "avx512f" f32_by_16 __m512 16 _mm512_loadu_ps _mm512_storeu_ps;
    "x86_64" Avx2 "avx2,fma" f32_by_8 __m256 8 _mm256_loadu_ps _mm256_storeu_ps;
    "aarch64" Neon "neon" f32_by_4 float32x4_t 4 vld1q_f32 vst1q_f32;
}
