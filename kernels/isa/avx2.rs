//! AVX2 with FMA: 256-bit registers, 16 of them.
//!
//! A vector of `f64` is two registers, eight lanes: the keys of eight lanes fill one register, so that one shuffle,
//! subtraction or table lookup (`vpermd`: eight entries of 32 bits) serves both.
use core::arch::asm;
use core::arch::x86_64::*;

use super::scalar::lone;
use super::{Slot, crossings, has, operators, pair_operators};
use crate::block::Block;
use crate::lanes::{Double, Key, Lanes, Level, Mask, Simd, Single, Streaming, Task};
use crate::table::{ShortTable, Table16, Words};

/// The proof that AVX2 and FMA may be used.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());
/// Eight `f32`.
#[derive(Clone, Copy, Debug)]
pub struct F32(__m256);
/// Eight `f64`: lanes 0 to 3 and 4 to 7.
#[derive(Clone, Copy, Debug)]
pub struct F64(__m256d, __m256d);
/// The keys of eight lanes; of `f64` in the order 0 1 4 5 2 3 6 7.
#[derive(Clone, Copy, Debug)]
pub struct Keys(__m256i);
/// Eight truth values of `f32`.
#[derive(Clone, Copy, Debug)]
pub struct M32(__m256);
/// Eight truth values of `f64`.
#[derive(Clone, Copy, Debug)]
pub struct M64(__m256d, __m256d);

/// One intrinsic call, or a few.
macro_rules! op {
    ($call:expr) => {
        // SAFETY: vectors of this file are made only from an `Avx2`, and an `Avx2` only where `detect` saw its features;
        // loads and stores check the length.
        unsafe { $call }
    };
}

#[rustfmt::skip]
impl Simd for Avx2 {
    const NAME: &'static str = "avx2";
    const FUSED: bool = true;
    const TAKES_APART: bool = false;
    const WORDS: usize = 16;
    const STREAMS: bool = true;
    type F32 = F32;
    type F64 = F64;
    type F32Block = Block<F32, 2>;
    type F32LongBlock = Block<F32, 4>;
    type F64LongBlock = Block<F64, 4>;
    type F64Block = Block<F64, 2>;
    type F64ShortBlock = Block<F64, 2>;
    fn detect() -> Option<Self> { has!("avx2", "fma").then_some(Self(())) }
    crossings!(Avx2, "avx2,fma");
    #[inline(always)] fn drain(self) { op!(_mm_sfence()) }
    #[inline(always)] fn prefetch<T>(self, src: &[T], bytes: usize, level: Level) { let line = src.as_ptr().cast::<i8>().wrapping_add(bytes); match level { Level::First => op!(_mm_prefetch::<_MM_HINT_T0>(line)), Level::Second => op!(_mm_prefetch::<_MM_HINT_T1>(line)) } }
}

#[rustfmt::skip]
impl Lanes for F32 {
    type Elem = f32;
    type Token = Avx2;
    type Mask = M32;
    type Key = Keys;
    const LEN: usize = 8;
    #[inline(always)] fn new(_: Avx2, x: f32) -> Self { Self(op!(_mm256_set1_ps(x))) }
    #[inline(always)] fn splat(self, x: f32) -> Self { Self(op!(_mm256_set1_ps(x))) }
    #[inline(always)] fn token(self) -> Avx2 { Avx2(()) }
    #[inline(always)] fn load(_: Avx2, src: &[f32]) -> Self { assert!(src.len() >= 8); Self(op!(_mm256_loadu_ps(src.as_ptr()))) }
    #[inline(always)] fn load_part(_: Avx2, src: &[f32]) -> Self { let mask = first32(src.len()); Self(op!(_mm256_blendv_ps(_mm256_set1_ps(1.0), _mm256_maskload_ps(src.as_ptr(), mask), _mm256_castsi256_ps(mask)))) }
    #[inline(always)] fn store<D: Slot<f32>>(self, dst: &mut [D]) { assert!(dst.len() >= 8); op!(_mm256_storeu_ps(dst.as_mut_ptr().cast(), self.0)) }
    #[inline(always)] fn store_part<D: Slot<f32>>(self, dst: &mut [D]) { if dst.len() >= 8 { self.store(dst) } else { store_part32(self.0, dst.as_mut_ptr().cast(), dst.len()) } }
    #[inline(always)] fn stream<D: Slot<f32>>(self, dst: &mut [D], _: Streaming) { assert!(dst.len() >= 8); let to = dst.as_mut_ptr(); if to.cast::<__m256>().is_aligned() { op!(_mm256_stream_ps(to.cast(), self.0)) } else { self.store(dst) } }
    #[inline(always)] fn mul_add(self, a: Self, b: Self) -> Self { Self(op!(_mm256_fmadd_ps(self.0, a.0, b.0))) }
    #[inline(always)] fn neg_mul_add(self, a: Self, b: Self) -> Self { Self(op!(_mm256_fnmadd_ps(self.0, a.0, b.0))) }
    #[inline(always)] fn sqrt(self) -> Self { Self(op!(_mm256_sqrt_ps(self.0))) }
    #[inline(always)] fn abs(self) -> Self { Self(op!(_mm256_andnot_ps(_mm256_set1_ps(lone::f32(-0.0)), self.0))) }
    #[inline(always)] fn neg(self) -> Self { Self(op!(_mm256_xor_ps(_mm256_set1_ps(lone::f32(-0.0)), self.0))) }
    #[inline(always)] fn clamp(self, lo: f32, hi: f32) -> Self { Self(op!(_mm256_min_ps(_mm256_set1_ps(hi), _mm256_max_ps(_mm256_set1_ps(lo), self.0)))) }
    #[inline(always)] fn at_least(self, lo: f32) -> Self { Self(op!(_mm256_max_ps(self.0, _mm256_set1_ps(lo)))) }
    #[inline(always)] fn lt(self, o: Self) -> M32 { M32(op!(_mm256_cmp_ps::<_CMP_LT_OQ>(self.0, o.0))) }
    #[inline(always)] fn eq(self, o: Self) -> M32 { M32(op!(_mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, o.0))) }
    #[inline(always)] fn is_nan(self) -> M32 { M32(op!(_mm256_cmp_ps::<_CMP_UNORD_Q>(self.0, self.0))) }
    #[inline(always)] fn all_same(a: &[Self], b: &[Self]) -> bool { let mut differ = zero(); for (a, b) in a.iter().zip(b) { differ = op!(_mm256_or_si256(differ, _mm256_xor_si256(_mm256_castps_si256(a.0), _mm256_castps_si256(b.0)))) } op!(_mm256_testz_si256(differ, differ)) != 0 }
    #[inline(always)] fn pick(mask: M32, yes: Self, no: Self) -> Self { Self(op!(_mm256_blendv_ps(no.0, yes.0, mask.0))) }
    #[inline(always)] fn key(self) -> Keys { Keys(op!(_mm256_castps_si256(self.0))) }
    #[inline(always)] fn keep_abreast(vectors: &mut [Self]) { op!(pass32(vectors)) }
}

#[rustfmt::skip]
impl Single for F32 {
    type Wide = F64;
    const UNIT: f32 = 1.0 / 8388608.0;
    #[inline(always)] fn widen(self) -> F64 { F64(op!(_mm256_cvtps_pd(_mm256_castps256_ps128(self.0))), op!(_mm256_cvtps_pd(_mm256_extractf128_ps::<1>(self.0)))) }
    #[inline(always)] fn narrow(wide: F64) -> Self { Self(op!(_mm256_insertf128_ps::<1>(_mm256_castps128_ps256(_mm256_cvtpd_ps(wide.0)), _mm256_cvtpd_ps(wide.1)))) }
    #[inline(always)] fn sub_bits(self, o: Self) -> Self { Self(op!(_mm256_castsi256_ps(_mm256_sub_epi32(_mm256_castps_si256(self.0), _mm256_castps_si256(o.0))))) }
    #[inline(always)] fn max_bits(self, o: Self) -> Self { Self(op!(_mm256_castsi256_ps(_mm256_max_epi32(_mm256_castps_si256(self.0), _mm256_castps_si256(o.0))))) }
    #[inline(always)] fn power(table: &'static Words<8>, z: Self) -> Self { let z = op!(_mm256_castps_si256(z.0)); Self(op!(_mm256_castsi256_ps(_mm256_add_epi32(lookup8(table, 0, z), _mm256_slli_epi32::<20>(z))))) }
    #[inline(always)] fn lookup8(table: &'static Words<8>, z: Self) -> Self { Self(op!(_mm256_castsi256_ps(lookup8(table, 0, _mm256_castps_si256(z.0))))) }
    #[inline(always)] fn raise(self, z: Self) -> Self { let n = op!(_mm256_and_si256(_mm256_slli_epi32::<20>(_mm256_castps_si256(z.0)), _mm256_set1_epi32(-1 << 23))); Self(op!(_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(self.0), n)))) }
    #[inline(always)] fn apart(self) -> (Self, Self) { let e = Self(op!(_mm256_and_ps(self.sub_bits(self.splat(0.75)).0, _mm256_set1_ps(f32::NEG_INFINITY)))); (Self(op!(_mm256_cvtepi32_ps(_mm256_castps_si256(e.0)))), self.sub_bits(e)) }
    #[inline(always)] fn lookup16(table: &'static Words<16>, z: Self) -> Self { Self(op!(_mm256_castsi256_ps(lookup16(table, _mm256_castps_si256(z.0))))) }
    #[inline(always)] fn slot16(self, least: f32) -> (Self, Self, Self) { let offset = self.sub_bits(self.splat(least)).0; let e = op!(_mm256_and_ps(offset, _mm256_set1_ps(f32::NEG_INFINITY))); (Self(op!(_mm256_cvtepi32_ps(_mm256_castps_si256(e)))), self.sub_bits(Self(e)), Self(op!(_mm256_castsi256_ps(_mm256_srli_epi32::<19>(_mm256_castps_si256(offset)))))) }
    #[inline(always)] fn raise16(self, z: Self) -> Self { let n = op!(_mm256_and_si256(_mm256_slli_epi32::<19>(_mm256_castps_si256(z.0)), _mm256_set1_epi32(-1 << 23))); Self(op!(_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(self.0), n)))) }
}

#[rustfmt::skip]
impl Lanes for F64 {
    type Elem = f64;
    type Token = Avx2;
    type Mask = M64;
    type Key = Keys;
    const LEN: usize = 8;
    #[inline(always)] fn new(_: Avx2, x: f64) -> Self { Self(op!(_mm256_set1_pd(x)), op!(_mm256_set1_pd(x))) }
    #[inline(always)] fn splat(self, x: f64) -> Self { Self(op!(_mm256_set1_pd(x)), op!(_mm256_set1_pd(x))) }
    #[inline(always)] fn token(self) -> Avx2 { Avx2(()) }
    #[inline(always)] fn load(_: Avx2, src: &[f64]) -> Self { assert!(src.len() >= 8); Self(op!(_mm256_loadu_pd(src.as_ptr())), op!(_mm256_loadu_pd(src.as_ptr().add(4)))) }
    #[inline(always)] fn load_part(_: Avx2, src: &[f64]) -> Self { Self(load_part64(src.as_ptr(), src.len()), load_part64(src.as_ptr().wrapping_add(4), src.len().saturating_sub(4))) }
    #[inline(always)] fn store<D: Slot<f64>>(self, dst: &mut [D]) { assert!(dst.len() >= 8); op!(_mm256_storeu_pd(dst.as_mut_ptr().cast(), self.0)); op!(_mm256_storeu_pd(dst.as_mut_ptr().add(4).cast(), self.1)) }
    #[inline(always)] fn store_part<D: Slot<f64>>(self, dst: &mut [D]) { if dst.len() >= 8 { self.store(dst) } else { store_part64(self, dst.as_mut_ptr().cast(), dst.len()) } }
    #[inline(always)] fn stream<D: Slot<f64>>(self, dst: &mut [D], _: Streaming) { assert!(dst.len() >= 8); let to = dst.as_mut_ptr(); if to.cast::<__m256d>().is_aligned() { op!(_mm256_stream_pd(to.cast(), self.0)); op!(_mm256_stream_pd(to.add(4).cast(), self.1)) } else { self.store(dst) } }
    #[inline(always)] fn mul_add(self, a: Self, b: Self) -> Self { Self(op!(_mm256_fmadd_pd(self.0, a.0, b.0)), op!(_mm256_fmadd_pd(self.1, a.1, b.1))) }
    #[inline(always)] fn neg_mul_add(self, a: Self, b: Self) -> Self { Self(op!(_mm256_fnmadd_pd(self.0, a.0, b.0)), op!(_mm256_fnmadd_pd(self.1, a.1, b.1))) }
    #[inline(always)] fn sqrt(self) -> Self { Self(op!(_mm256_sqrt_pd(self.0)), op!(_mm256_sqrt_pd(self.1))) }
    #[inline(always)] fn abs(self) -> Self { let sign = op!(_mm256_set1_pd(lone::f64(-0.0))); Self(op!(_mm256_andnot_pd(sign, self.0)), op!(_mm256_andnot_pd(sign, self.1))) }
    #[inline(always)] fn neg(self) -> Self { let sign = op!(_mm256_set1_pd(lone::f64(-0.0))); Self(op!(_mm256_xor_pd(sign, self.0)), op!(_mm256_xor_pd(sign, self.1))) }
    #[inline(always)] fn clamp(self, lo: f64, hi: f64) -> Self { Self(clamp(self.0, lo, hi), clamp(self.1, lo, hi)) }
    #[inline(always)] fn at_least(self, lo: f64) -> Self { Self(op!(_mm256_max_pd(self.0, _mm256_set1_pd(lo))), op!(_mm256_max_pd(self.1, _mm256_set1_pd(lo)))) }
    #[inline(always)] fn lt(self, o: Self) -> M64 { M64(op!(_mm256_cmp_pd::<_CMP_LT_OQ>(self.0, o.0)), op!(_mm256_cmp_pd::<_CMP_LT_OQ>(self.1, o.1))) }
    #[inline(always)] fn eq(self, o: Self) -> M64 { M64(op!(_mm256_cmp_pd::<_CMP_EQ_OQ>(self.0, o.0)), op!(_mm256_cmp_pd::<_CMP_EQ_OQ>(self.1, o.1))) }
    #[inline(always)] fn is_nan(self) -> M64 { M64(op!(_mm256_cmp_pd::<_CMP_UNORD_Q>(self.0, self.0)), op!(_mm256_cmp_pd::<_CMP_UNORD_Q>(self.1, self.1))) }
    #[inline(always)] fn all_same(a: &[Self], b: &[Self]) -> bool { let mut differ = zero(); for (a, b) in a.iter().zip(b) { differ = op!(_mm256_or_si256(differ, _mm256_or_si256(_mm256_xor_si256(int(a.0), int(b.0)), _mm256_xor_si256(int(a.1), int(b.1))))) } op!(_mm256_testz_si256(differ, differ)) != 0 }
    #[inline(always)] fn pick(mask: M64, yes: Self, no: Self) -> Self { Self(op!(_mm256_blendv_pd(no.0, yes.0, mask.0)), op!(_mm256_blendv_pd(no.1, yes.1, mask.1))) }
    #[inline(always)] fn key(self) -> Keys { Keys(op!(_mm256_castps_si256(_mm256_shuffle_ps::<0xdd>(_mm256_castpd_ps(self.0), _mm256_castpd_ps(self.1))))) }
    #[inline(always)] fn keep_abreast(vectors: &mut [Self]) { op!(pass64(vectors)) }
}

#[rustfmt::skip]
impl Double for F64 {
    const UNIT: f64 = 1.0 / 1048576.0;
    #[inline(always)] fn add_bits(self, o: Self) -> Self { from_int(op!(_mm256_add_epi64(int(self.0), int(o.0))), op!(_mm256_add_epi64(int(self.1), int(o.1)))) }
    #[inline(always)] fn sub_bits(self, o: Self) -> Self { from_int(op!(_mm256_sub_epi64(int(self.0), int(o.0))), op!(_mm256_sub_epi64(int(self.1), int(o.1)))) }
    #[inline(always)] fn add_exponent(self, n: Self) -> Self { let n = n + n.splat(super::TO_INTEGER); self.add_bits(from_int(op!(_mm256_slli_epi64::<52>(int(n.0))), op!(_mm256_slli_epi64::<52>(int(n.1))))) }
    #[inline(always)] fn power(table: &'static Table16, z: Self) -> Self { let z = low_words(z); unpack(lookup16(&table.low, z), op!(_mm256_add_epi32(lookup16(&table.high, z), _mm256_slli_epi32::<16>(z)))) }
    #[inline(always)] fn power_parts(table: &'static Table16, z: Self) -> (Self, Self) { let z = low_words(z); let (shifted, part) = (op!(_mm256_slli_epi32::<16>(z)), op!(_mm256_set1_epi32(0xf << 16))); (unpack(lookup16(&table.low, z), op!(_mm256_add_epi32(lookup16(&table.high, z), _mm256_and_si256(shifted, part)))), unpack(zero(), op!(_mm256_andnot_si256(part, shifted)))) }
    #[inline(always)] fn lookup16_low(table: &'static Table16, z: Self) -> Self { let z = low_words(z); unpack(lookup16(&table.low, z), lookup16(&table.high, z)) }
    #[inline(always)] fn lookup8(table: &'static ShortTable<8>, z: Self) -> Self { unpack(zero(), lookup8(&table.high, 0, low_words(z))) }
    #[inline(always)] fn lookup16(table: &'static Table16, key: Keys) -> Self { let j = op!(_mm256_srli_epi32::<16>(key.0)); unpack(lookup16(&table.low, j), lookup16(&table.high, j)) }
    #[inline(always)] fn lookup16_short(table: &'static ShortTable<16>, key: Keys) -> Self { let j = op!(_mm256_srli_epi32::<16>(key.0)); unpack(zero(), lookup16(&table.high, j)) }
    #[inline(always)] fn exponent(key: Keys) -> Self { let biased = unpack(op!(_mm256_xor_si256(key.0, _mm256_set1_epi32(i32::MIN))), op!(_mm256_set1_epi32(0x4330_0000))); biased - biased.splat(4503599627370496.0 + 2147483648.0) }
    #[inline(always)] fn sub_key(self, key: Keys) -> Self { self.sub_bits(unpack(zero(), key.0)) }
}

#[rustfmt::skip]
impl Key for Keys {
    #[inline(always)] fn minus(self, c: u32) -> Self { Self(op!(_mm256_sub_epi32(self.0, _mm256_set1_epi32(c as i32)))) }
    #[inline(always)] fn and(self, c: u32) -> Self { Self(op!(_mm256_and_si256(self.0, _mm256_set1_epi32(c as i32)))) }
    #[inline(always)] fn twice(self) -> Self { Self(op!(_mm256_add_epi32(self.0, self.0))) }
    #[inline(always)] fn max(self, o: Self) -> Self { Self(op!(_mm256_max_epu32(self.0, o.0))) }
    #[inline(always)] fn any_at_least(self, c: u32) -> bool { op!(_mm256_movemask_epi8(_mm256_cmpeq_epi32(_mm256_max_epu32(self.0, _mm256_set1_epi32(c as i32)), self.0))) != 0 }
}

#[rustfmt::skip]
impl Mask for M32 {
    #[inline(always)] fn all(self) -> bool { op!(_mm256_movemask_ps(self.0)) == 0xff }
}
#[rustfmt::skip]
impl Mask for M64 {
    #[inline(always)] fn all(self) -> bool { op!(_mm256_movemask_pd(_mm256_and_pd(self.0, self.1))) == 0xf }
}

operators! {
    F32: Add add _mm256_add_ps;
    F32: Sub sub _mm256_sub_ps;
    F32: Mul mul _mm256_mul_ps;
    F32: Div div _mm256_div_ps;
}
pair_operators! {
    F64: Add add _mm256_add_pd;
    F64: Sub sub _mm256_sub_pd;
    F64: Mul mul _mm256_mul_pd;
    F64: Div div _mm256_div_pd;
}

#[inline(always)]
fn int(x: __m256d) -> __m256i {
    op!(_mm256_castpd_si256(x))
}
#[inline(always)]
fn from_int(a: __m256i, b: __m256i) -> F64 {
    F64(op!(_mm256_castsi256_pd(a)), op!(_mm256_castsi256_pd(b)))
}
#[inline(always)]
fn zero() -> __m256i {
    op!(_mm256_setzero_si256())
}
/// The second operand of `vminpd` and `vmaxpd` is the result if one is a NaN.
#[inline(always)]
fn clamp(x: __m256d, lo: f64, hi: f64) -> __m256d {
    op!(_mm256_min_pd(_mm256_set1_pd(hi), _mm256_max_pd(_mm256_set1_pd(lo), x)))
}
/// All bits in the first `n` of eight words.
#[inline(always)]
fn first32(n: usize) -> __m256i {
    op!(_mm256_cmpgt_epi32(_mm256_set1_epi32(n.min(8) as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)))
}
/// The first `n` of four elements, and then ones; `from` is the first of at least so many.
#[inline(always)]
fn load_part64(from: *const f64, n: usize) -> __m256d {
    let mask = op!(_mm256_cmpgt_epi64(_mm256_set1_epi64x(n.min(4) as i64), _mm256_setr_epi64x(0, 1, 2, 3)));
    op!(_mm256_blendv_pd(_mm256_set1_pd(1.0), _mm256_maskload_pd(from, mask), _mm256_castsi256_pd(mask)))
}
/// Writes the first `n < 8` lanes to as many places: halves, since the masked store takes as long as ten others.
#[inline(always)]
fn store_part32(x: __m256, mut to: *mut f32, n: usize) {
    let mut x4 = op!(_mm256_castps256_ps128(x));
    if n & 4 != 0 {
        op!(_mm_storeu_ps(to, x4));
        (x4, to) = op!((_mm256_extractf128_ps::<1>(x), to.add(4)));
    }
    if n & 2 != 0 {
        op!(_mm_storel_pd(to.cast(), _mm_castps_pd(x4)));
        (x4, to) = op!((_mm_movehl_ps(x4, x4), to.add(2)));
    }
    if n & 1 != 0 {
        op!(_mm_store_ss(to, x4));
    }
}
/// As `store_part32`.
#[inline(always)]
fn store_part64(x: F64, mut to: *mut f64, n: usize) {
    let mut x4 = x.0;
    if n & 4 != 0 {
        op!(_mm256_storeu_pd(to, x4));
        (x4, to) = op!((x.1, to.add(4)));
    }
    let mut x2 = op!(_mm256_castpd256_pd128(x4));
    if n & 2 != 0 {
        op!(_mm_storeu_pd(to, x2));
        (x2, to) = op!((_mm256_extractf128_pd::<1>(x4), to.add(2)));
    }
    if n & 1 != 0 {
        op!(_mm_store_sd(to, x2));
    }
}
/// The low words of eight lanes, in the order of `Keys`.
#[inline(always)]
fn low_words(x: F64) -> __m256i {
    op!(_mm256_castps_si256(_mm256_shuffle_ps::<0x88>(_mm256_castpd_ps(x.0), _mm256_castpd_ps(x.1))))
}
/// The lanes with these low and high words, in the order of `Keys`.
#[inline(always)]
fn unpack(low: __m256i, high: __m256i) -> F64 {
    from_int(op!(_mm256_unpacklo_epi32(low, high)), op!(_mm256_unpackhi_epi32(low, high)))
}
/// The eight words from `first` on, chosen by the low three bits of `j`.
#[inline(always)]
fn lookup8<const N: usize>(words: &'static Words<N>, first: usize, j: __m256i) -> __m256i {
    assert!(first + 8 <= N);
    op!(_mm256_permutevar8x32_epi32(_mm256_load_si256(words.0.as_ptr().add(first).cast()), j))
}
/// Sixteen words, chosen by the low four bits of `j`: two lookups, and bit 3 picks one.
#[inline(always)]
fn lookup16(words: &'static Words<16>, j: __m256i) -> __m256i {
    let (a, b) = (lookup8(words, 0, j), lookup8(words, 8, j));
    op!(_mm256_castps_si256(_mm256_blendv_ps(
        _mm256_castsi256_ps(a),
        _mm256_castsi256_ps(b),
        _mm256_castsi256_ps(_mm256_slli_epi32::<28>(j))
    )))
}

/// An instruction that is none, but that the compiler takes for one of all these registers.
macro_rules! pass {
    ($operands:literal: $($x:ident.$part:tt)+) => {
        // SAFETY: no instruction.
        unsafe { asm!(concat!("/* ", $operands, " */"), $(inout(ymm_reg) $x.$part,)+ options(pure, nomem, nostack, preserves_flags)) }
    };
}
/// Passes the vectors of a block through it.
#[inline]
#[target_feature(enable = "avx2")]
fn pass32(vectors: &mut [F32]) {
    if let [a, b, c, d] = vectors {
        pass!("{} {} {} {}": a.0 b.0 c.0 d.0);
    }
}
/// As `pass32`.
#[inline]
#[target_feature(enable = "avx2")]
fn pass64(vectors: &mut [F64]) {
    if let [a, b] = vectors {
        pass!("{} {} {} {}": a.0 a.1 b.0 b.1);
    }
}
