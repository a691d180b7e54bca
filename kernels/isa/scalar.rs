//! One lane: our own algorithms without SIMD, to tell what the lanes give.
//!
//! Fused where the CPU has fused multiply-add, so that its bits are those of the vector isas.
use core::ops::{Add, Div, Mul, Sub};

use super::Slot;
use crate::lanes::{Double, Key, Lanes, Mask, Simd, Single, Task};
use crate::table::{ShortTable, Table16, Words};

/// The token of one lane with (`Scalar<true>`) or without fused multiply-add.
#[derive(Clone, Copy, Debug)]
pub struct Scalar<const FUSED: bool>(());
/// One `f32`.
#[derive(Clone, Copy, Debug)]
pub struct F32<const FUSED: bool>(f32);
/// One `f64`.
#[derive(Clone, Copy, Debug)]
pub struct F64<const FUSED: bool>(f64);
/// One key.
#[derive(Clone, Copy, Debug)]
pub struct K(u32);
/// One truth value.
#[derive(Clone, Copy, Debug)]
pub struct M(bool);

#[cfg(target_arch = "x86_64")]
mod fused {
    use super::super::{crossings, has};
    use super::*;

    #[rustfmt::skip]
    impl Simd for Scalar<true> {
        const NAME: &'static str = "scalar";
        const FUSED: bool = true;
        const TAKES_APART: bool = false;
        const WORDS: usize = 0;
        type F32 = F32<true>;
        type F64 = F64<true>;
        type F32Block = F32<true>;
        type F32LongBlock = F32<true>;
        type F64LongBlock = F64<true>;
        type F64Block = F64<true>;
        type F64ShortBlock = F64<true>;
        fn detect() -> Option<Self> { has!("fma").then_some(Self(())) }
        crossings!(Scalar<true>, "fma");
    }
}

#[cfg(target_arch = "aarch64")]
mod fused {
    use super::super::{crossings, has};
    use super::*;

    #[rustfmt::skip]
    impl Simd for Scalar<true> {
        const NAME: &'static str = "scalar";
        const FUSED: bool = true;
        const TAKES_APART: bool = false;
        const WORDS: usize = 0;
        type F32 = F32<true>;
        type F64 = F64<true>;
        type F32Block = F32<true>;
        type F32LongBlock = F32<true>;
        type F64LongBlock = F64<true>;
        type F64Block = F64<true>;
        type F64ShortBlock = F64<true>;
        fn detect() -> Option<Self> { has!("neon").then_some(Self(())) }
        crossings!(Scalar<true>, "neon");
    }
}

#[rustfmt::skip]
impl Simd for Scalar<false> {
    const NAME: &'static str = "scalar";
    const FUSED: bool = false;
    const TAKES_APART: bool = false;
    const WORDS: usize = 0;
    type F32 = F32<false>;
    type F64 = F64<false>;
    type F32Block = F32<false>;
    type F32LongBlock = F32<false>;
    type F64LongBlock = F64<false>;
    type F64Block = F64<false>;
    type F64ShortBlock = F64<false>;
    fn detect() -> Option<Self> { Some(Self(())) }
    #[inline(never)] fn enter<T: Task>(self, task: T) -> T::Out { task.run(self) }
    #[cold] #[inline(never)] fn enter_cold<T: Task>(self, task: T) -> T::Out { task.run(self) }
}

#[rustfmt::skip]
impl<const FUSED: bool> Lanes for F32<FUSED> where Scalar<FUSED>: Simd {
    type Elem = f32;
    type Token = Scalar<FUSED>;
    type Mask = M;
    type Key = K;
    const LEN: usize = 1;
    #[inline(always)] fn new(_: Scalar<FUSED>, x: f32) -> Self { Self(x) }
    #[inline(always)] fn splat(self, x: f32) -> Self { Self(x) }
    #[inline(always)] fn token(self) -> Scalar<FUSED> { Scalar(()) }
    #[inline(always)] fn load(_: Scalar<FUSED>, src: &[f32]) -> Self { Self(src[0]) }
    #[inline(always)] fn store<D: Slot<f32>>(self, dst: &mut [D]) { dst[0].put(lone::f32(self.0)) }
    #[inline(always)] fn mul_add(self, a: Self, b: Self) -> Self { Self(if FUSED { lone::fma_f32(self.0, a.0, b.0) } else { self.0 * a.0 + b.0 }) }
    #[inline(always)] fn neg_mul_add(self, a: Self, b: Self) -> Self { Self(if FUSED { lone::neg_fma_f32(self.0, a.0, b.0) } else { b.0 - self.0 * a.0 }) }
    #[inline(always)] fn sqrt(self) -> Self { Self(lone::f32(lone::sqrt_f32(self.0))) }
    #[inline(always)] fn abs(self) -> Self { Self(lone::f32(self.0.abs())) }
    #[inline(always)] fn neg(self) -> Self { Self(lone::f32(-self.0)) }
    #[inline(always)] fn clamp(self, lo: f32, hi: f32) -> Self { Self(self.0.clamp(lo, hi)) }
    #[inline(always)] fn at_least(self, lo: f32) -> Self { Self(if self.0 > lo { self.0 } else { lo }) }
    #[inline(always)] fn lt(self, o: Self) -> M { M(self.0 < o.0) }
    #[inline(always)] fn eq(self, o: Self) -> M { M(self.0 == o.0) }
    #[inline(always)] fn is_nan(self) -> M { M(self.0.is_nan()) }
    #[inline(always)] fn all_same(a: &[Self], b: &[Self]) -> bool { a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a.0.to_bits() ^ b.0.to_bits())) == 0 }
    #[inline(always)] fn pick(mask: M, yes: Self, no: Self) -> Self { if mask.0 { yes } else { no } }
    #[inline(always)] fn key(self) -> K { K(self.0.to_bits()) }
}

#[rustfmt::skip]
impl<const FUSED: bool> Single for F32<FUSED> where Scalar<FUSED>: Simd {
    type Wide = F64<FUSED>;
    const UNIT: f32 = 1.0 / 8388608.0;
    #[inline(always)] fn widen(self) -> Self::Wide { F64(self.0 as f64) }
    #[inline(always)] fn narrow(wide: Self::Wide) -> Self { Self(wide.0 as f32) }
    #[inline(always)] fn sub_bits(self, o: Self) -> Self { Self(f32::from_bits(self.0.to_bits().wrapping_sub(o.0.to_bits()))) }
    #[inline(always)] fn max_bits(self, o: Self) -> Self { Self(f32::from_bits((self.0.to_bits() as i32).max(o.0.to_bits() as i32) as u32)) }
    #[inline(always)] fn power(table: &'static Words<8>, z: Self) -> Self { let z = z.0.to_bits(); Self(f32::from_bits(table.0[z as usize % 8].wrapping_add(z << 20))) }
    #[inline(always)] fn lookup8(table: &'static Words<8>, z: Self) -> Self { Self(f32::from_bits(table.0[z.0.to_bits() as usize % 8])) }
    #[inline(always)] fn raise(self, z: Self) -> Self { Self(f32::from_bits(self.0.to_bits().wrapping_add(z.0.to_bits() << 20 & 0xff80_0000))) }
    #[inline(always)] fn apart(self) -> (Self, Self) { let e = self.0.to_bits().wrapping_sub(0.75f32.to_bits()) & 0xff80_0000; (Self(e as i32 as f32), Self(f32::from_bits(self.0.to_bits().wrapping_sub(e)))) }
}

#[rustfmt::skip]
impl<const FUSED: bool> Lanes for F64<FUSED> where Scalar<FUSED>: Simd {
    type Elem = f64;
    type Token = Scalar<FUSED>;
    type Mask = M;
    type Key = K;
    const LEN: usize = 1;
    #[inline(always)] fn new(_: Scalar<FUSED>, x: f64) -> Self { Self(x) }
    #[inline(always)] fn splat(self, x: f64) -> Self { Self(x) }
    #[inline(always)] fn token(self) -> Scalar<FUSED> { Scalar(()) }
    #[inline(always)] fn load(_: Scalar<FUSED>, src: &[f64]) -> Self { Self(src[0]) }
    #[inline(always)] fn store<D: Slot<f64>>(self, dst: &mut [D]) { dst[0].put(lone::f64(self.0)) }
    #[inline(always)] fn mul_add(self, a: Self, b: Self) -> Self { Self(if FUSED { lone::fma_f64(self.0, a.0, b.0) } else { self.0 * a.0 + b.0 }) }
    #[inline(always)] fn neg_mul_add(self, a: Self, b: Self) -> Self { Self(if FUSED { lone::neg_fma_f64(self.0, a.0, b.0) } else { b.0 - self.0 * a.0 }) }
    #[inline(always)] fn sqrt(self) -> Self { Self(lone::f64(lone::sqrt_f64(self.0))) }
    #[inline(always)] fn abs(self) -> Self { Self(lone::f64(self.0.abs())) }
    #[inline(always)] fn neg(self) -> Self { Self(lone::f64(-self.0)) }
    #[inline(always)] fn clamp(self, lo: f64, hi: f64) -> Self { Self(self.0.clamp(lo, hi)) }
    #[inline(always)] fn at_least(self, lo: f64) -> Self { Self(if self.0 > lo { self.0 } else { lo }) }
    #[inline(always)] fn lt(self, o: Self) -> M { M(self.0 < o.0) }
    #[inline(always)] fn eq(self, o: Self) -> M { M(self.0 == o.0) }
    #[inline(always)] fn is_nan(self) -> M { M(self.0.is_nan()) }
    #[inline(always)] fn all_same(a: &[Self], b: &[Self]) -> bool { a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a.0.to_bits() ^ b.0.to_bits())) == 0 }
    #[inline(always)] fn pick(mask: M, yes: Self, no: Self) -> Self { if mask.0 { yes } else { no } }
    #[inline(always)] fn key(self) -> K { K((self.0.to_bits() >> 32) as u32) }
}

#[rustfmt::skip]
impl<const FUSED: bool> Double for F64<FUSED> where Scalar<FUSED>: Simd {
    const UNIT: f64 = 1.0 / 1048576.0;
    #[inline(always)] fn add_bits(self, o: Self) -> Self { Self(f64::from_bits(self.0.to_bits().wrapping_add(o.0.to_bits()))) }
    #[inline(always)] fn sub_bits(self, o: Self) -> Self { Self(f64::from_bits(self.0.to_bits().wrapping_sub(o.0.to_bits()))) }
    #[inline(always)] fn add_exponent(self, n: Self) -> Self { let n = n.0 + super::TO_INTEGER; self.add_bits(Self(f64::from_bits(n.to_bits() << 52))) }
    #[inline(always)] fn power(table: &'static Table16, z: Self) -> Self { let z = z.0.to_bits(); Self(f64::from_bits(table.bits[z as usize % 16].wrapping_add(z << 48))) }
    #[inline(always)] fn power_parts(table: &'static Table16, z: Self) -> (Self, Self) { let z = z.0.to_bits(); let part = z << 48 & 0xf << 48; (Self(f64::from_bits(table.bits[z as usize % 16].wrapping_add(part))), Self(f64::from_bits((z << 48) - part))) }
    #[inline(always)] fn lookup16_low(table: &'static Table16, z: Self) -> Self { Self(f64::from_bits(table.bits[z.0.to_bits() as usize % 16])) }
    #[inline(always)] fn lookup8(table: &'static ShortTable<8>, z: Self) -> Self { Self(f64::from_bits(table.bits[z.0.to_bits() as usize % 8])) }
    #[inline(always)] fn lookup16(table: &'static Table16, key: K) -> Self { Self(f64::from_bits(table.bits[(key.0 >> 16) as usize % 16])) }
    #[inline(always)] fn lookup16_short(table: &'static ShortTable<16>, key: K) -> Self { Self(f64::from_bits(table.bits[(key.0 >> 16) as usize % 16])) }
    #[inline(always)] fn exponent(key: K) -> Self { Self(key.0 as i32 as f64) }
    #[inline(always)] fn sub_key(self, key: K) -> Self { Self(f64::from_bits(self.0.to_bits().wrapping_sub((key.0 as u64) << 32))) }
}

#[rustfmt::skip]
impl Key for K {
    #[inline(always)] fn minus(self, c: u32) -> Self { Self(self.0.wrapping_sub(c)) }
    #[inline(always)] fn and(self, c: u32) -> Self { Self(self.0 & c) }
    #[inline(always)] fn twice(self) -> Self { Self(self.0 << 1) }
    #[inline(always)] fn max(self, o: Self) -> Self { Self(self.0.max(o.0)) }
    #[inline(always)] fn any_at_least(self, c: u32) -> bool { self.0 >= c }
}

#[rustfmt::skip]
impl Mask for M {
    #[inline(always)] fn all(self) -> bool { self.0 }
}

/// `Type: Trait method operator;`
macro_rules! operators {
    ($($v:ident: $tr:ident $f:ident $o:tt;)*) => { $(impl<const FUSED: bool> $tr for $v<FUSED> {
        type Output = Self;
        #[inline(always)]
        fn $f(self, o: Self) -> Self { Self(self.0 $o o.0) }
    })* };
}
operators! {
    F32: Add add +;
    F32: Sub sub -;
    F32: Mul mul *;
    F32: Div div /;
    F64: Add add +;
    F64: Sub sub -;
    F64: Mul mul *;
    F64: Div div /;
}

/// What the language has no word for in a `no_std` crate: one fused multiply-add, one square root, and a result that
/// stays alone: an empty `asm!` that "changes" it keeps the compiler from making vectors of this isa, from reasoning
/// that the root of a negative number is a NaN already, whichever, and from turning `-x + y` into `y - x`, which has the
/// other NaN.
#[cfg(target_arch = "x86_64")]
pub(super) mod lone {
    use core::arch::asm;
    use core::arch::x86_64::*;

    #[inline(always)]
    pub fn f32(mut x: f32) -> f32 {
        // SAFETY: the assembly is empty.
        unsafe { asm!("/* {0} */", inout(xmm_reg) x, options(pure, nomem, nostack, preserves_flags)) };
        x
    }
    #[inline(always)]
    pub fn f64(mut x: f64) -> f64 {
        // SAFETY: the assembly is empty.
        unsafe { asm!("/* {0} */", inout(xmm_reg) x, options(pure, nomem, nostack, preserves_flags)) };
        x
    }
    #[inline(always)]
    pub fn fma_f32(a: f32, b: f32, c: f32) -> f32 {
        // SAFETY: called for `Scalar<true>` only, whose `detect` saw FMA.
        unsafe { _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(a), _mm_set_ss(b), _mm_set_ss(c))) }
    }
    #[inline(always)]
    pub fn neg_fma_f32(a: f32, b: f32, c: f32) -> f32 {
        // SAFETY: called for `Scalar<true>` only, whose `detect` saw FMA.
        unsafe { _mm_cvtss_f32(_mm_fnmadd_ss(_mm_set_ss(a), _mm_set_ss(b), _mm_set_ss(c))) }
    }
    #[inline(always)]
    pub fn fma_f64(a: f64, b: f64, c: f64) -> f64 {
        // SAFETY: called for `Scalar<true>` only, whose `detect` saw FMA.
        unsafe { _mm_cvtsd_f64(_mm_fmadd_sd(_mm_set_sd(a), _mm_set_sd(b), _mm_set_sd(c))) }
    }
    #[inline(always)]
    pub fn neg_fma_f64(a: f64, b: f64, c: f64) -> f64 {
        // SAFETY: called for `Scalar<true>` only, whose `detect` saw FMA.
        unsafe { _mm_cvtsd_f64(_mm_fnmadd_sd(_mm_set_sd(a), _mm_set_sd(b), _mm_set_sd(c))) }
    }
    #[inline(always)]
    pub fn sqrt_f32(x: f32) -> f32 {
        // SAFETY: part of x86-64.
        unsafe { _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))) }
    }
    #[inline(always)]
    pub fn sqrt_f64(x: f64) -> f64 {
        // SAFETY: part of x86-64.
        unsafe { _mm_cvtsd_f64(_mm_sqrt_sd(_mm_setzero_pd(), _mm_set_sd(x))) }
    }
}

/// As above.
#[cfg(target_arch = "aarch64")]
pub(super) mod lone {
    use core::arch::aarch64::*;
    use core::arch::asm;

    #[inline(always)]
    pub fn f32(mut x: f32) -> f32 {
        // SAFETY: the assembly is empty.
        unsafe { asm!("/* {0:v} */", inout(vreg) x, options(pure, nomem, nostack, preserves_flags)) };
        x
    }
    #[inline(always)]
    pub fn f64(mut x: f64) -> f64 {
        // SAFETY: the assembly is empty.
        unsafe { asm!("/* {0:v} */", inout(vreg) x, options(pure, nomem, nostack, preserves_flags)) };
        x
    }
    #[inline(always)]
    pub fn fma_f32(a: f32, b: f32, c: f32) -> f32 {
        // SAFETY: called for `Scalar<true>` only, whose `detect` saw NEON.
        unsafe { vget_lane_f32::<0>(vfma_f32(vdup_n_f32(c), vdup_n_f32(a), vdup_n_f32(b))) }
    }
    #[inline(always)]
    pub fn neg_fma_f32(a: f32, b: f32, c: f32) -> f32 {
        // SAFETY: called for `Scalar<true>` only, whose `detect` saw NEON.
        unsafe { vget_lane_f32::<0>(vfms_f32(vdup_n_f32(c), vdup_n_f32(a), vdup_n_f32(b))) }
    }
    #[inline(always)]
    pub fn fma_f64(a: f64, b: f64, c: f64) -> f64 {
        // SAFETY: called for `Scalar<true>` only, whose `detect` saw NEON.
        unsafe { vget_lane_f64::<0>(vfma_f64(vdup_n_f64(c), vdup_n_f64(a), vdup_n_f64(b))) }
    }
    #[inline(always)]
    pub fn neg_fma_f64(a: f64, b: f64, c: f64) -> f64 {
        // SAFETY: called for `Scalar<true>` only, whose `detect` saw NEON.
        unsafe { vget_lane_f64::<0>(vfms_f64(vdup_n_f64(c), vdup_n_f64(a), vdup_n_f64(b))) }
    }
    #[inline(always)]
    pub fn sqrt_f32(x: f32) -> f32 {
        // SAFETY: NEON is part of every aarch64 target that has an `f32` register.
        unsafe { vget_lane_f32::<0>(vsqrt_f32(vdup_n_f32(x))) }
    }
    #[inline(always)]
    pub fn sqrt_f64(x: f64) -> f64 {
        // SAFETY: NEON is part of every aarch64 target that has an `f64` register.
        unsafe { vget_lane_f64::<0>(vsqrt_f64(vdup_n_f64(x))) }
    }
}

/// As above, where there are no intrinsics: never fused, and the compiler is free.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) mod lone {
    #[inline(always)]
    pub fn f32(x: f32) -> f32 {
        x
    }
    #[inline(always)]
    pub fn f64(x: f64) -> f64 {
        x
    }
    #[inline(always)]
    pub fn fma_f32(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }
    #[inline(always)]
    pub fn neg_fma_f32(a: f32, b: f32, c: f32) -> f32 {
        c - a * b
    }
    #[inline(always)]
    pub fn fma_f64(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
    #[inline(always)]
    pub fn neg_fma_f64(a: f64, b: f64, c: f64) -> f64 {
        c - a * b
    }
    #[inline(always)]
    pub fn sqrt_f32(x: f32) -> f32 {
        wide::f32x4::splat(x).sqrt().to_array()[0]
    }
    #[inline(always)]
    pub fn sqrt_f64(x: f64) -> f64 {
        wide::f64x2::splat(x).sqrt().to_array()[0]
    }
}
