//! SLEEF's functions through `sleef-sys`, over slices.
#[cfg(target_arch = "aarch64")]
use std::arch::aarch64::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use lanestack::{Isa, Op};

use crate::cli::peers::Peer;

/// What it is called.
pub const NAME: &str = "SLEEF";

/// For each isa, its functions.
macro_rules! sleef {
    ($t:ident: $($arch:literal $isa:ident $feature:literal $lanes:literal $load:ident $store:ident:
        $($op:ident $class:literal $function:ident;)*)*) => {
        pub fn $t(op: Op) -> Vec<Peer<$t>> {
            let mut peers = Vec::new();
            $($(
                #[cfg(target_arch = $arch)]
                if op == Op::$op && Isa::$isa.is_available() {
                    #[target_feature(enable = $feature)]
                    fn sweep(src: &[$t], dst: &mut [$t]) {
                        let ((src, src_rest), (dst, dst_rest)) = (src.as_chunks::<$lanes>(), dst.as_chunks_mut::<$lanes>());
                        for (x, y) in src.iter().zip(dst) {
                            // SAFETY: both are as long as the vector.
                            unsafe { $store(y.as_mut_ptr(), sleef_sys::$function($load(x.as_ptr()))) };
                        }
                        if !src_rest.is_empty() {
                            let mut last = [1.0; $lanes];
                            last[..src_rest.len()].copy_from_slice(src_rest);
                            // SAFETY: it is as long as the vector.
                            unsafe { $store(last.as_mut_ptr(), sleef_sys::$function($load(last.as_ptr()))) };
                            dst_rest.copy_from_slice(&last[..src_rest.len()]);
                        }
                    }
                    peers.push(Peer {
                        library: NAME,
                        class: $class,
                        isa: Some(Isa::$isa),
                        // SAFETY: the CPU has the isa.
                        call: Box::new(|src, dst| unsafe { sweep(src, dst) }),
                    });
                }
            )*)*
            peers
        }
    };
}

sleef! { f64:
    "x86_64" Avx512 "avx512f" 8 _mm512_loadu_pd _mm512_storeu_pd:
        Exp "u10" Sleef_expd8_u10avx512f;
        Log "u10" Sleef_logd8_u10avx512f;
        Log "u35" Sleef_logd8_u35avx512f;
        Sqrt "u05" Sleef_sqrtd8_u05avx512f;
        Sqrt "u35" Sleef_sqrtd8_u35avx512f;
    "x86_64" Avx2 "avx2,fma" 4 _mm256_loadu_pd _mm256_storeu_pd:
        Exp "u10" Sleef_expd4_u10avx2;
        Log "u10" Sleef_logd4_u10avx2;
        Log "u35" Sleef_logd4_u35avx2;
        Sqrt "u05" Sleef_sqrtd4_u05avx2;
        Sqrt "u35" Sleef_sqrtd4_u35avx2;
    "aarch64" Neon "neon" 2 vld1q_f64 vst1q_f64:
        Exp "u10" Sleef_expd2_u10advsimd;
        Log "u10" Sleef_logd2_u10advsimd;
        Log "u35" Sleef_logd2_u35advsimd;
        Sqrt "u05" Sleef_sqrtd2_u05advsimd;
        Sqrt "u35" Sleef_sqrtd2_u35advsimd;
}
sleef! { f32:
    "x86_64" Avx512 "avx512f" 16 _mm512_loadu_ps _mm512_storeu_ps:
        Exp "u10" Sleef_expf16_u10avx512f;
        Log "u10" Sleef_logf16_u10avx512f;
        Log "u35" Sleef_logf16_u35avx512f;
        Sqrt "u05" Sleef_sqrtf16_u05avx512f;
        Sqrt "u35" Sleef_sqrtf16_u35avx512f;
    "x86_64" Avx2 "avx2,fma" 8 _mm256_loadu_ps _mm256_storeu_ps:
        Exp "u10" Sleef_expf8_u10avx2;
        Log "u10" Sleef_logf8_u10avx2;
        Log "u35" Sleef_logf8_u35avx2;
        Sqrt "u05" Sleef_sqrtf8_u05avx2;
        Sqrt "u35" Sleef_sqrtf8_u35avx2;
    "aarch64" Neon "neon" 4 vld1q_f32 vst1q_f32:
        Exp "u10" Sleef_expf4_u10advsimd;
        Log "u10" Sleef_logf4_u10advsimd;
        Log "u35" Sleef_logf4_u35advsimd;
        Sqrt "u05" Sleef_sqrtf4_u05advsimd;
        Sqrt "u35" Sleef_sqrtf4_u35advsimd;
}
