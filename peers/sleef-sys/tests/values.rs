//! Every function on every instruction set that this CPU has, against the standard library.
//!
//! `LANESTACK_REQUIRE=avx512,avx2,neon` names those that must not be skipped.
#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]

#[cfg(target_arch = "aarch64")]
use std::arch::aarch64::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// Arguments of `exp`, and of `log` and `sqrt`: as many as any vector has lanes, many times over.
fn arguments(least: f64, most: f64) -> impl Iterator<Item = f64> {
    (0..4096).map(move |k| least + (most - least) * f64::from(k) / 4095.0)
}

/// The largest error in ulp of `f64` against the standard library, or of `f32` against the `f64` result.
fn worst(truth: fn(f64) -> f64, single: bool, least: f64, most: f64, of: impl Fn(f64) -> f64) -> f64 {
    arguments(least, most)
        .map(|x| if single { f64::from(x as f32) } else { x })
        .map(|x| {
            let truth = truth(x);
            let exponent = (truth.to_bits() >> 52 & 0x7ff) as i32 - 1023;
            (of(x) - truth).abs() / 2f64.powi(exponent - if single { 23 } else { 52 })
        })
        .fold(0.0, |worst, error| if error > worst || error.is_nan() { error } else { worst })
}

/// For each function: every lane of it gives a result within its bound, and an ulp for the standard library's `f64`.
macro_rules! values {
    ($test:ident $name:literal $has:expr, $feature:literal, $vector:ident $element:ident $splat:ident:
        $($function:ident $truth:ident $tenths:literal;)*) => {
        #[test]
        fn $test() {
            if !$has {
                let required = std::env::var("LANESTACK_REQUIRE").unwrap_or_default();
                assert!(!required.split(',').any(|name| name == $name), "this CPU lacks {}", $name);
                println!("skipped: this CPU lacks {}", $name);
                return;
            }
            $({
                #[target_feature(enable = $feature)]
                fn lanes(x: $element) -> [$element; size_of::<$vector>() / size_of::<$element>()] {
                    // SAFETY: an array of as many elements has no other layout.
                    unsafe { std::mem::transmute(sleef_sys::$function($splat(x))) }
                }
                let one = |x: f64| {
                    // SAFETY: the CPU has the instruction set.
                    let all = unsafe { lanes(x as $element) };
                    assert!(all.iter().all(|y| y.to_bits() == all[0].to_bits()), "lanes of {} differ", stringify!($function));
                    f64::from(all[0])
                };
                let single = size_of::<$element>() == 4;
                let (least, most) = if stringify!($truth) == "exp" { (-80.0, 80.0) } else { (1e-3, 1e3) };
                let (worst, bound) = (worst(f64::$truth, single, least, most, one), f64::from($tenths) / 10.0);
                let std = if single { 0.0 } else { 1.0 };
                assert!(worst <= bound + std, "{}: off by {worst} ulp, promised {bound}", stringify!($function));
            })*
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::*;

    fn avx2() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
    }

    values! { avx512_f64 "avx512" is_x86_feature_detected!("avx512f"), "avx512f", __m512d f64 _mm512_set1_pd:
        Sleef_expd8_u10avx512f exp 10; Sleef_logd8_u10avx512f ln 10; Sleef_logd8_u35avx512f ln 35;
        Sleef_sqrtd8_u05avx512f sqrt 5; Sleef_sqrtd8_u35avx512f sqrt 35;
    }
    values! { avx512_f32 "avx512" is_x86_feature_detected!("avx512f"), "avx512f", __m512 f32 _mm512_set1_ps:
        Sleef_expf16_u10avx512f exp 10; Sleef_logf16_u10avx512f ln 10; Sleef_logf16_u35avx512f ln 35;
        Sleef_sqrtf16_u05avx512f sqrt 5; Sleef_sqrtf16_u35avx512f sqrt 35;
    }
    values! { avx2_f64 "avx2" avx2(), "avx2,fma", __m256d f64 _mm256_set1_pd:
        Sleef_expd4_u10avx2 exp 10; Sleef_logd4_u10avx2 ln 10; Sleef_logd4_u35avx2 ln 35;
        Sleef_sqrtd4_u05avx2 sqrt 5; Sleef_sqrtd4_u35avx2 sqrt 35;
    }
    values! { avx2_f32 "avx2" avx2(), "avx2,fma", __m256 f32 _mm256_set1_ps:
        Sleef_expf8_u10avx2 exp 10; Sleef_logf8_u10avx2 ln 10; Sleef_logf8_u35avx2 ln 35;
        Sleef_sqrtf8_u05avx2 sqrt 5; Sleef_sqrtf8_u35avx2 sqrt 35;
    }
    values! { sse4_f64 "sse4" is_x86_feature_detected!("sse4.1"), "sse4.1", __m128d f64 _mm_set1_pd:
        Sleef_expd2_u10sse4 exp 10; Sleef_logd2_u10sse4 ln 10; Sleef_logd2_u35sse4 ln 35;
        Sleef_sqrtd2_u05sse4 sqrt 5; Sleef_sqrtd2_u35sse4 sqrt 35;
    }
    values! { sse4_f32 "sse4" is_x86_feature_detected!("sse4.1"), "sse4.1", __m128 f32 _mm_set1_ps:
        Sleef_expf4_u10sse4 exp 10; Sleef_logf4_u10sse4 ln 10; Sleef_logf4_u35sse4 ln 35;
        Sleef_sqrtf4_u05sse4 sqrt 5; Sleef_sqrtf4_u35sse4 sqrt 35;
    }
}

#[cfg(target_arch = "aarch64")]
mod aarch64 {
    use super::*;

    values! { neon_f64 "neon" true, "neon", float64x2_t f64 vdupq_n_f64:
        Sleef_expd2_u10advsimd exp 10; Sleef_logd2_u10advsimd ln 10; Sleef_logd2_u35advsimd ln 35;
        Sleef_sqrtd2_u05advsimd sqrt 5; Sleef_sqrtd2_u35advsimd sqrt 35;
    }
    values! { neon_f32 "neon" true, "neon", float32x4_t f32 vdupq_n_f32:
        Sleef_expf4_u10advsimd exp 10; Sleef_logf4_u10advsimd ln 10; Sleef_logf4_u35advsimd ln 35;
        Sleef_sqrtf4_u05advsimd sqrt 5; Sleef_sqrtf4_u35advsimd sqrt 35;
    }
}
