//! AVX-512 (F, DQ, BW and VL): 512-bit registers, 32 of them.
//!
//! A sixteen-entry table of `f64` fills two registers, and one instruction (`vpermi2pd`) looks eight entries up. The keys
//! of `f64` stay in the upper halves of their lanes, the lower halves coming along.
use core::arch::asm;
use core::arch::x86_64::*;

use super::scalar::lone;
use super::{Slot, crossings, has, operators};
use crate::block::Block;
use crate::lanes::{Double, Key, Lanes, Level, Mask, Simd, Single, Streaming, Task};
use crate::table::{ShortTable, Table16, Words};

/// The proof that AVX-512 F, DQ, BW and VL may be used.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(());
/// Sixteen `f32`.
#[derive(Clone, Copy, Debug)]
pub struct F32(__m512);
/// Eight `f64`.
#[derive(Clone, Copy, Debug)]
pub struct F64(__m512d);
/// The keys of sixteen `f32`.
#[derive(Clone, Copy, Debug)]
pub struct K32(__m512i);
/// The keys of eight `f64`.
#[derive(Clone, Copy, Debug)]
pub struct K64(__m512i);
/// Sixteen truth values.
#[derive(Clone, Copy, Debug)]
pub struct M32(__mmask16);
/// Eight truth values.
#[derive(Clone, Copy, Debug)]
pub struct M64(__mmask8);

/// One intrinsic call, or a few.
macro_rules! op {
    ($call:expr) => {
        // SAFETY: vectors of this file are made only from an `Avx512`, and an `Avx512` only where `detect` saw its
        // features; loads and stores check the length.
        unsafe { $call }
    };
}

#[rustfmt::skip]
impl Simd for Avx512 {
    const NAME: &'static str = "avx512";
    const FUSED: bool = true;
    const TAKES_APART: bool = true;
    const WORDS: usize = 32;
    const STREAMS: bool = true;
    type F32 = F32;
    type F64 = F64;
    type F32Block = Block<F32, 4>;
    type F32LongBlock = Block<F32, 4>;
    type F64LongBlock = Block<F64, 8>;
    type F64Block = Block<F64, 4>;
    type F64ShortBlock = Block<F64, 3>;
    fn detect() -> Option<Self> { has!("avx512f", "avx512dq", "avx512bw", "avx512vl").then_some(Self(())) }
    crossings!(Avx512, "avx512f,avx512dq,avx512bw,avx512vl");
    #[inline(always)] fn drain(self) { op!(_mm_sfence()) }
    #[inline(always)] fn prefetch<T>(self, src: &[T], bytes: usize, level: Level) { let line = src.as_ptr().cast::<i8>().wrapping_add(bytes); match level { Level::First => op!(_mm_prefetch::<_MM_HINT_T0>(line)), Level::Second => op!(_mm_prefetch::<_MM_HINT_T1>(line)) } }
}

#[rustfmt::skip]
impl Lanes for F32 {
    type Elem = f32;
    type Token = Avx512;
    type Mask = M32;
    type Key = K32;
    const LEN: usize = 16;
    #[inline(always)] fn new(_: Avx512, x: f32) -> Self { Self(op!(_mm512_set1_ps(x))) }
    #[inline(always)] fn splat(self, x: f32) -> Self { Self(op!(_mm512_set1_ps(x))) }
    #[inline(always)] fn token(self) -> Avx512 { Avx512(()) }
    #[inline(always)] fn load(_: Avx512, src: &[f32]) -> Self { assert!(src.len() >= 16); Self(op!(_mm512_loadu_ps(src.as_ptr()))) }
    #[inline(always)] fn load_part(_: Avx512, src: &[f32]) -> Self { Self(op!(_mm512_mask_loadu_ps(_mm512_set1_ps(1.0), first(src.len()) as u16, src.as_ptr()))) }
    #[inline(always)] fn store<D: Slot<f32>>(self, dst: &mut [D]) { assert!(dst.len() >= 16); op!(_mm512_storeu_ps(dst.as_mut_ptr().cast(), self.0)) }
    #[inline(always)] fn store_part<D: Slot<f32>>(self, dst: &mut [D]) { op!(_mm512_mask_storeu_ps(dst.as_mut_ptr().cast(), first(dst.len()) as u16, self.0)) }
    #[inline(always)] fn stream<D: Slot<f32>>(self, dst: &mut [D], _: Streaming) { assert!(dst.len() >= 16); let to = dst.as_mut_ptr(); if to.cast::<__m512>().is_aligned() { op!(_mm512_stream_ps(to.cast(), self.0)) } else { self.store(dst) } }
    #[inline(always)] fn mul_add(self, a: Self, b: Self) -> Self { Self(op!(_mm512_fmadd_ps(self.0, a.0, b.0))) }
    #[inline(always)] fn neg_mul_add(self, a: Self, b: Self) -> Self { Self(op!(_mm512_fnmadd_ps(self.0, a.0, b.0))) }
    #[inline(always)] fn sqrt(self) -> Self { Self(op!(_mm512_sqrt_ps(self.0))) }
    #[inline(always)] fn reciprocal_root(self) -> Option<Self> { Some(Self(op!(_mm512_and_ps(_mm512_rsqrt14_ps(self.0), _mm512_castsi512_ps(_mm512_set1_epi32(-1 << 3)))))) }
    #[inline(always)] fn abs(self) -> Self { Self(op!(_mm512_andnot_ps(_mm512_set1_ps(lone::f32(-0.0)), self.0))) }
    #[inline(always)] fn neg(self) -> Self { Self(op!(_mm512_xor_ps(_mm512_set1_ps(lone::f32(-0.0)), self.0))) }
    #[inline(always)] fn clamp(self, lo: f32, hi: f32) -> Self { Self(op!(_mm512_min_ps(_mm512_set1_ps(hi), _mm512_max_ps(_mm512_set1_ps(lo), self.0)))) }
    #[inline(always)] fn at_least(self, lo: f32) -> Self { Self(op!(_mm512_max_ps(self.0, _mm512_set1_ps(lo)))) }
    #[inline(always)] fn lt(self, o: Self) -> M32 { M32(op!(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, o.0))) }
    #[inline(always)] fn eq(self, o: Self) -> M32 { M32(op!(_mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, o.0))) }
    #[inline(always)] fn is_nan(self) -> M32 { M32(op!(_mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self.0, self.0))) }
    #[inline(always)] fn all_same(a: &[Self], b: &[Self]) -> bool { let mut differ = op!(_mm512_setzero_si512()); for (&a, &b) in a.iter().zip(b) { differ = changes(differ, op!(_mm512_castps_si512(a.0)), op!(_mm512_castps_si512(b.0))) } op!(_mm512_test_epi32_mask(differ, differ)) == 0 }
    #[inline(always)] fn pick(mask: M32, yes: Self, no: Self) -> Self { Self(op!(_mm512_mask_blend_ps(mask.0, no.0, yes.0))) }
    #[inline(always)] fn key(self) -> K32 { K32(op!(_mm512_castps_si512(self.0))) }
}

#[rustfmt::skip]
impl Single for F32 {
    type Wide = Block<F64, 2>;
    const UNIT: f32 = 1.0;
    #[inline(always)] fn widen(self) -> Self::Wide { Block([F64(op!(_mm512_cvtps_pd(_mm512_castps512_ps256(self.0)))), F64(op!(_mm512_cvtps_pd(_mm512_extractf32x8_ps::<1>(self.0))))]) }
    #[inline(always)] fn narrow(wide: Self::Wide) -> Self { Self(op!(_mm512_insertf32x8::<1>(_mm512_castps256_ps512(_mm512_cvtpd_ps(wide.0[0].0)), _mm512_cvtpd_ps(wide.0[1].0)))) }
    #[inline(always)] fn sub_bits(self, o: Self) -> Self { Self(op!(_mm512_castsi512_ps(_mm512_sub_epi32(_mm512_castps_si512(self.0), _mm512_castps_si512(o.0))))) }
    #[inline(always)] fn max_bits(self, o: Self) -> Self { Self(op!(_mm512_castsi512_ps(_mm512_max_epi32(_mm512_castps_si512(self.0), _mm512_castps_si512(o.0))))) }
    #[inline(always)] fn power(table: &'static Words<8>, z: Self) -> Self { Self(op!(_mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(lookup8(table, z.0)), _mm512_slli_epi32::<20>(_mm512_castps_si512(z.0)))))) }
    #[inline(always)] fn lookup8(table: &'static Words<8>, z: Self) -> Self { Self(lookup8(table, z.0)) }
    #[inline(always)] fn raise(self, z: Self) -> Self { let n = op!(_mm512_and_si512(_mm512_slli_epi32::<20>(_mm512_castps_si512(z.0)), _mm512_set1_epi32(-1 << 23))); Self(op!(_mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(self.0), n)))) }
    #[inline(always)] fn apart(self) -> (Self, Self) { let m = Self(op!(_mm512_getmant_ps::<_MM_MANT_NORM_P75_1P5, _MM_MANT_SIGN_SRC>(self.0))); (Self(op!(_mm512_getexp_ps(self.0))) - Self(op!(_mm512_getexp_ps(m.0))), m) }
    #[inline(always)] fn are_normal_up_to(vectors: &[Self], most: f32) -> bool { let (mut size, mut subnormal) = (vectors[0].0, 0); for x in vectors { (size, subnormal) = (op!(_mm512_range_ps::<0b1011>(size, x.0)), subnormal | op!(_mm512_fpclass_ps_mask::<0x20>(x.0))) } op!(_mm512_cmp_ps_mask::<_CMP_NLE_UQ>(size, _mm512_set1_ps(most))) | subnormal == 0 }
    #[inline(always)] fn lookup32(table: &'static Words<32>, z: Self) -> Self { Self(op!(_mm512_permutex2var_ps(_mm512_load_ps(table.0.as_ptr().cast()), _mm512_castps_si512(z.0), _mm512_load_ps(table.0.as_ptr().add(16).cast())))) }
    #[inline(always)] fn slot32(self) -> (Self, Self, Self) { let m = op!(_mm512_getmant_ps::<_MM_MANT_NORM_P75_1P5, _MM_MANT_SIGN_SRC>(self.0)); (Self(op!(_mm512_getexp_ps(self.0))), Self(m), Self(op!(_mm512_castsi512_ps(_mm512_srli_epi32::<18>(_mm512_castps_si512(self.0)))))) }
    #[inline(always)] fn scale(self, k: Self) -> Self { Self(op!(_mm512_scalef_ps(self.0, k.0))) }
}

#[rustfmt::skip]
impl Lanes for F64 {
    type Elem = f64;
    type Token = Avx512;
    type Mask = M64;
    type Key = K64;
    const LEN: usize = 8;
    #[inline(always)] fn new(_: Avx512, x: f64) -> Self { Self(op!(_mm512_set1_pd(x))) }
    #[inline(always)] fn splat(self, x: f64) -> Self { Self(op!(_mm512_set1_pd(x))) }
    #[inline(always)] fn token(self) -> Avx512 { Avx512(()) }
    #[inline(always)] fn load(_: Avx512, src: &[f64]) -> Self { assert!(src.len() >= 8); Self(op!(_mm512_loadu_pd(src.as_ptr()))) }
    #[inline(always)] fn load_part(_: Avx512, src: &[f64]) -> Self { Self(op!(_mm512_mask_loadu_pd(_mm512_set1_pd(1.0), first(src.len()) as u8, src.as_ptr()))) }
    #[inline(always)] fn store<D: Slot<f64>>(self, dst: &mut [D]) { assert!(dst.len() >= 8); op!(_mm512_storeu_pd(dst.as_mut_ptr().cast(), self.0)) }
    #[inline(always)] fn store_part<D: Slot<f64>>(self, dst: &mut [D]) { op!(_mm512_mask_storeu_pd(dst.as_mut_ptr().cast(), first(dst.len()) as u8, self.0)) }
    #[inline(always)] fn stream<D: Slot<f64>>(self, dst: &mut [D], _: Streaming) { assert!(dst.len() >= 8); let to = dst.as_mut_ptr(); if to.cast::<__m512>().is_aligned() { op!(_mm512_stream_pd(to.cast(), self.0)) } else { self.store(dst) } }
    #[inline(always)] fn mul_add(self, a: Self, b: Self) -> Self { Self(op!(_mm512_fmadd_pd(self.0, a.0, b.0))) }
    #[inline(always)] fn neg_mul_add(self, a: Self, b: Self) -> Self { Self(op!(_mm512_fnmadd_pd(self.0, a.0, b.0))) }
    #[inline(always)] fn sqrt(self) -> Self { Self(op!(_mm512_sqrt_pd(self.0))) }
    #[inline(always)] fn reciprocal_root(self) -> Option<Self> { Some(Self(op!(_mm512_and_pd(_mm512_rsqrt14_pd(self.0), _mm512_castsi512_pd(_mm512_set1_epi64(-1 << 32)))))) }
    #[inline(always)] fn abs(self) -> Self { Self(op!(_mm512_andnot_pd(_mm512_set1_pd(lone::f64(-0.0)), self.0))) }
    #[inline(always)] fn neg(self) -> Self { Self(op!(_mm512_xor_pd(_mm512_set1_pd(lone::f64(-0.0)), self.0))) }
    #[inline(always)] fn clamp(self, lo: f64, hi: f64) -> Self { Self(op!(_mm512_min_pd(_mm512_set1_pd(hi), _mm512_max_pd(_mm512_set1_pd(lo), self.0)))) }
    #[inline(always)] fn at_least(self, lo: f64) -> Self { Self(op!(_mm512_max_pd(self.0, _mm512_set1_pd(lo)))) }
    #[inline(always)] fn lt(self, o: Self) -> M64 { M64(op!(_mm512_cmp_pd_mask::<_CMP_LT_OQ>(self.0, o.0))) }
    #[inline(always)] fn eq(self, o: Self) -> M64 { M64(op!(_mm512_cmp_pd_mask::<_CMP_EQ_OQ>(self.0, o.0))) }
    #[inline(always)] fn is_nan(self) -> M64 { M64(op!(_mm512_cmp_pd_mask::<_CMP_UNORD_Q>(self.0, self.0))) }
    #[inline(always)] fn all_same(a: &[Self], b: &[Self]) -> bool { let mut differ = op!(_mm512_setzero_si512()); for (&a, &b) in a.iter().zip(b) { differ = changes(differ, int(a), int(b)) } op!(_mm512_test_epi64_mask(differ, differ)) == 0 }
    #[inline(always)] fn pick(mask: M64, yes: Self, no: Self) -> Self { Self(op!(_mm512_mask_blend_pd(mask.0, no.0, yes.0))) }
    #[inline(always)] fn key(self) -> K64 { K64(int(self)) }
    #[inline(always)] fn keep_abreast(vectors: &mut [Self]) { op!(pass(vectors)) }
}

#[rustfmt::skip]
impl Double for F64 {
    const UNIT: f64 = 1.0 / 4503599627370496.0;
    #[inline(always)] fn add_bits(self, o: Self) -> Self { from_int(op!(_mm512_add_epi64(int(self), int(o)))) }
    #[inline(always)] fn sub_bits(self, o: Self) -> Self { from_int(op!(_mm512_sub_epi64(int(self), int(o)))) }
    #[inline(always)] fn add_exponent(self, n: Self) -> Self { let n = n + n.splat(super::TO_INTEGER); self.add_bits(from_int(op!(_mm512_slli_epi64::<52>(int(n))))) }
    #[inline(always)] fn power(table: &'static Table16, z: Self) -> Self { from_int(op!(_mm512_add_epi64(lookup16(&table.bits, int(z)), _mm512_slli_epi64::<48>(int(z))))) }
    #[inline(always)] fn powers<const U: usize>(table: &'static Table16, mut z: [Self; U]) -> [Self; U] { let mut k = 0; while k + 1 < U { (z[k], z[k + 1]) = two_powers(table, z[k], z[k + 1]); k += 2 } if k < U { z[k] = Self::power(table, z[k]) } z }
    #[inline(always)] fn power_parts(table: &'static Table16, z: Self) -> (Self, Self) { let (shifted, part) = (op!(_mm512_slli_epi64::<48>(int(z))), op!(_mm512_set1_epi64(0xf << 48))); (from_int(op!(_mm512_add_epi64(lookup16(&table.bits, int(z)), _mm512_and_si512(shifted, part)))), from_int(op!(_mm512_andnot_si512(part, shifted)))) }
    #[inline(always)] fn lookup16_low(table: &'static Table16, z: Self) -> Self { from_int(lookup16(&table.bits, int(z))) }
    #[inline(always)] fn lookup8(table: &'static ShortTable<8>, z: Self) -> Self { from_int(op!(_mm512_permutexvar_epi64(int(z), _mm512_loadu_si512(table.bits.as_ptr().cast())))) }
    #[inline(always)] fn lookup16(table: &'static Table16, key: K64) -> Self { from_int(lookup16(&table.bits, op!(_mm512_srli_epi64::<48>(key.0)))) }
    #[inline(always)] fn lookup16_short(table: &'static ShortTable<16>, key: K64) -> Self { from_int(lookup16(&table.bits, op!(_mm512_srli_epi64::<48>(key.0)))) }
    #[inline(always)] fn exponent(key: K64) -> Self { Self(op!(_mm512_cvtepi64_pd(key.0))) }
    #[inline(always)] fn sub_key(self, key: K64) -> Self { self.sub_bits(from_int(key.0)) }
}

#[rustfmt::skip]
impl Key for K32 {
    #[inline(always)] fn minus(self, c: u32) -> Self { Self(op!(_mm512_sub_epi32(self.0, _mm512_set1_epi32(c as i32)))) }
    #[inline(always)] fn and(self, c: u32) -> Self { Self(op!(_mm512_and_si512(self.0, _mm512_set1_epi32(c as i32)))) }
    #[inline(always)] fn twice(self) -> Self { Self(op!(_mm512_add_epi32(self.0, self.0))) }
    #[inline(always)] fn max(self, o: Self) -> Self { Self(op!(_mm512_max_epu32(self.0, o.0))) }
    #[inline(always)] fn any_at_least(self, c: u32) -> bool { op!(_mm512_cmpge_epu32_mask(self.0, _mm512_set1_epi32(c as i32))) != 0 }
}

#[rustfmt::skip]
impl Key for K64 {
    #[inline(always)] fn minus(self, c: u32) -> Self { Self(op!(_mm512_sub_epi64(self.0, upper(c)))) }
    #[inline(always)] fn and(self, c: u32) -> Self { Self(op!(_mm512_and_si512(self.0, upper(c)))) }
    #[inline(always)] fn twice(self) -> Self { Self(op!(_mm512_add_epi64(self.0, self.0))) }
    #[inline(always)] fn max(self, o: Self) -> Self { Self(op!(_mm512_max_epu32(self.0, o.0))) }
    #[inline(always)] fn any_at_least(self, c: u32) -> bool { op!(_mm512_cmpge_epu64_mask(self.0, upper(c))) != 0 }
}

#[rustfmt::skip]
impl Mask for M32 {
    #[inline(always)] fn all(self) -> bool { self.0 == u16::MAX }
}
#[rustfmt::skip]
impl Mask for M64 {
    #[inline(always)] fn all(self) -> bool { self.0 == u8::MAX }
}

operators! {
    F32: Add add _mm512_add_ps;
    F32: Sub sub _mm512_sub_ps;
    F32: Mul mul _mm512_mul_ps;
    F32: Div div _mm512_div_ps;
    F64: Add add _mm512_add_pd;
    F64: Sub sub _mm512_sub_pd;
    F64: Mul mul _mm512_mul_pd;
    F64: Div div _mm512_div_pd;
}

#[inline(always)]
fn int(x: F64) -> __m512i {
    op!(_mm512_castpd_si512(x.0))
}
#[inline(always)]
fn from_int(x: __m512i) -> F64 {
    F64(op!(_mm512_castsi512_pd(x)))
}
/// `differ | (a ^ b)`, in one instruction: of two, the compiler makes comparisons, of which fewer go at a time.
#[inline(always)]
fn changes(differ: __m512i, a: __m512i, b: __m512i) -> __m512i {
    op!(_mm512_ternarylogic_epi32::<0b1111_0110>(differ, a, b))
}
/// The mask of the first `n` lanes: of all, if there are fewer.
#[inline(always)]
fn first(n: usize) -> u32 {
    !(u32::MAX << n.min(16))
}
/// `c` in the upper half of each 64-bit lane.
#[inline(always)]
fn upper(c: u32) -> __m512i {
    op!(_mm512_set1_epi64(((c as u64) << 32) as i64))
}
/// Eight words, twice, so that bit 3 of the lanes of `j` makes no difference: chosen by the low three.
#[inline(always)]
fn lookup8(words: &'static Words<8>, j: __m512) -> __m512 {
    let words = op!(_mm512_broadcast_f32x8(_mm256_load_ps(words.0.as_ptr().cast())));
    op!(_mm512_permutexvar_ps(_mm512_castps_si512(j), words))
}
/// Sixteen entries, chosen by the low four bits of `j`.
#[inline(always)]
fn lookup16(bits: &'static [u64; 16], j: __m512i) -> __m512i {
    op!(_mm512_permutex2var_epi64(
        _mm512_loadu_si512(bits.as_ptr().cast()),
        j,
        _mm512_loadu_si512(bits.as_ptr().add(8).cast())
    ))
}
/// Sixteen words, chosen by the low four bits of the words of `j`.
#[inline(always)]
fn words16(words: &'static Words<16>, j: __m512i) -> __m512i {
    op!(_mm512_permutexvar_epi32(j, _mm512_load_si512(words.0.as_ptr().cast())))
}
/// [`Double::power`] of two vectors, in halves: a word comes out of one register, an entry out of two, which on a Zen 4 keeps the
/// multiply-adds waiting for a cycle. `exp` takes an eleventh less time so.
#[inline(always)]
fn two_powers(table: &'static Table16, a: F64, b: F64) -> (F64, F64) {
    let z = op!(_mm512_castps_si512(_mm512_shuffle_ps::<0x88>(_mm512_castpd_ps(a.0), _mm512_castpd_ps(b.0))));
    let low = words16(&table.low, z);
    let high = op!(_mm512_add_epi32(words16(&table.high, z), _mm512_slli_epi32::<16>(z)));
    (from_int(op!(_mm512_unpacklo_epi32(low, high))), from_int(op!(_mm512_unpackhi_epi32(low, high))))
}

/// Passes the four vectors of a block through an instruction that is none, but that the compiler takes for one of all these
/// registers. Those of other lengths, and of `f32`, are the compiler's: `exp` takes a twentieth less time so.
#[inline]
#[target_feature(enable = "avx512f")]
fn pass(vectors: &mut [F64]) {
    if let [a, b, c, d] = vectors {
        // SAFETY: no instruction.
        unsafe {
            asm!(
                "/* {} {} {} {} */",
                inout(zmm_reg) a.0,
                inout(zmm_reg) b.0,
                inout(zmm_reg) c.0,
                inout(zmm_reg) d.0,
                options(pure, nomem, nostack, preserves_flags)
            );
        }
    }
}
