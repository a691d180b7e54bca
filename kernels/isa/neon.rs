//! NEON (AdvSIMD): 128-bit registers, 32 of them.
//!
//! The keys of `f64` stay in the upper halves of their lanes, the lower halves coming along. Tables are read entry by
//! entry: two lanes are two loads.
use core::arch::aarch64::*;

use super::scalar::lone;
use super::{Slot, crossings, has, operators};
use crate::block::Block;
use crate::lanes::{Double, Key, Lanes, Mask, Simd, Single, Task};
use crate::table::{ShortTable, Table16, Words};

/// The proof that NEON may be used.
#[derive(Clone, Copy, Debug)]
pub struct Neon(());
/// Four `f32`.
#[derive(Clone, Copy, Debug)]
pub struct F32(float32x4_t);
/// Two `f64`.
#[derive(Clone, Copy, Debug)]
pub struct F64(float64x2_t);
/// The keys of four `f32`.
#[derive(Clone, Copy, Debug)]
pub struct K32(uint32x4_t);
/// The keys of two `f64`.
#[derive(Clone, Copy, Debug)]
pub struct K64(uint64x2_t);
/// Four truth values.
#[derive(Clone, Copy, Debug)]
pub struct M32(uint32x4_t);
/// Two truth values.
#[derive(Clone, Copy, Debug)]
pub struct M64(uint64x2_t);

/// One intrinsic call, or a few.
macro_rules! op {
    ($call:expr) => {
        // SAFETY: vectors of this file are made only from a `Neon`, and a `Neon` only where `detect` saw its features;
        // loads and stores check the length.
        unsafe { $call }
    };
}

#[rustfmt::skip]
impl Simd for Neon {
    const NAME: &'static str = "neon";
    const FUSED: bool = true;
    const TAKES_APART: bool = false;
    const WORDS: usize = 16;
    type F32 = F32;
    type F64 = F64;
    type F32Block = Block<F32, 2>;
    type F32LongBlock = Block<F32, 4>;
    type F64LongBlock = Block<F64, 4>;
    type F64Block = Block<F64, 4>;
    type F64ShortBlock = Block<F64, 4>;
    fn detect() -> Option<Self> { has!("neon").then_some(Self(())) }
    crossings!(Neon, "neon");
}

#[rustfmt::skip]
impl Lanes for F32 {
    type Elem = f32;
    type Token = Neon;
    type Mask = M32;
    type Key = K32;
    const LEN: usize = 4;
    #[inline(always)] fn new(_: Neon, x: f32) -> Self { Self(op!(vdupq_n_f32(x))) }
    #[inline(always)] fn splat(self, x: f32) -> Self { Self(op!(vdupq_n_f32(x))) }
    #[inline(always)] fn token(self) -> Neon { Neon(()) }
    #[inline(always)] fn load(_: Neon, src: &[f32]) -> Self { assert!(src.len() >= 4); Self(op!(vld1q_f32(src.as_ptr()))) }
    #[inline(always)] fn store<D: Slot<f32>>(self, dst: &mut [D]) { assert!(dst.len() >= 4); op!(vst1q_f32(dst.as_mut_ptr().cast(), self.0)) }
    #[inline(always)] fn mul_add(self, a: Self, b: Self) -> Self { Self(op!(vfmaq_f32(b.0, self.0, a.0))) }
    #[inline(always)] fn neg_mul_add(self, a: Self, b: Self) -> Self { Self(op!(vfmsq_f32(b.0, self.0, a.0))) }
    #[inline(always)] fn sqrt(self) -> Self { Self(op!(vsqrtq_f32(self.0))) }
    #[inline(always)] fn abs(self) -> Self { Self(op!(vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(self.0), vreinterpretq_u32_f32(vdupq_n_f32(lone::f32(-0.0))))))) }
    #[inline(always)] fn neg(self) -> Self { Self(op!(vreinterpretq_f32_u32(veorq_u32(vreinterpretq_u32_f32(self.0), vreinterpretq_u32_f32(vdupq_n_f32(lone::f32(-0.0))))))) }
    #[inline(always)] fn clamp(self, lo: f32, hi: f32) -> Self { Self(op!(vminq_f32(vdupq_n_f32(hi), vmaxq_f32(vdupq_n_f32(lo), self.0)))) }
    #[inline(always)] fn at_least(self, lo: f32) -> Self { Self(op!(vmaxnmq_f32(self.0, vdupq_n_f32(lo)))) }
    #[inline(always)] fn lt(self, o: Self) -> M32 { M32(op!(vcltq_f32(self.0, o.0))) }
    #[inline(always)] fn eq(self, o: Self) -> M32 { M32(op!(vceqq_f32(self.0, o.0))) }
    #[inline(always)] fn is_nan(self) -> M32 { M32(op!(vmvnq_u32(vceqq_f32(self.0, self.0)))) }
    #[inline(always)] fn all_same(a: &[Self], b: &[Self]) -> bool { let mut differ = op!(vdupq_n_u32(0)); for (&a, &b) in a.iter().zip(b) { differ = op!(vorrq_u32(differ, veorq_u32(vreinterpretq_u32_f32(a.0), vreinterpretq_u32_f32(b.0)))) } op!(vmaxvq_u32(differ)) == 0 }
    #[inline(always)] fn pick(mask: M32, yes: Self, no: Self) -> Self { Self(op!(vbslq_f32(mask.0, yes.0, no.0))) }
    #[inline(always)] fn key(self) -> K32 { K32(op!(vreinterpretq_u32_f32(self.0))) }
}

#[rustfmt::skip]
impl Single for F32 {
    type Wide = Block<F64, 2>;
    const UNIT: f32 = 1.0;
    #[inline(always)] fn widen(self) -> Self::Wide { Block([F64(op!(vcvt_f64_f32(vget_low_f32(self.0)))), F64(op!(vcvt_high_f64_f32(self.0)))]) }
    #[inline(always)] fn narrow(wide: Self::Wide) -> Self { Self(op!(vcvt_high_f32_f64(vcvt_f32_f64(wide.0[0].0), wide.0[1].0))) }
    #[inline(always)] fn sub_bits(self, o: Self) -> Self { Self(op!(vreinterpretq_f32_u32(vsubq_u32(vreinterpretq_u32_f32(self.0), vreinterpretq_u32_f32(o.0))))) }
    #[inline(always)] fn max_bits(self, o: Self) -> Self { Self(op!(vreinterpretq_f32_s32(vmaxq_s32(vreinterpretq_s32_f32(self.0), vreinterpretq_s32_f32(o.0))))) }
    #[inline(always)] fn power(table: &'static Words<8>, z: Self) -> Self { let z = op!(vreinterpretq_u32_f32(z.0)); Self(op!(vreinterpretq_f32_u32(vaddq_u32(lookup8(table, z), vshlq_n_u32::<20>(z))))) }
    #[inline(always)] fn lookup8(table: &'static Words<8>, z: Self) -> Self { Self(op!(vreinterpretq_f32_u32(lookup8(table, vreinterpretq_u32_f32(z.0))))) }
    #[inline(always)] fn raise(self, z: Self) -> Self { let n = op!(vandq_u32(vshlq_n_u32::<20>(vreinterpretq_u32_f32(z.0)), vdupq_n_u32(0xff80_0000))); Self(op!(vreinterpretq_f32_u32(vaddq_u32(vreinterpretq_u32_f32(self.0), n)))) }
    #[inline(always)] fn apart(self) -> (Self, Self) { let e = op!(vandq_u32(vreinterpretq_u32_f32(self.sub_bits(self.splat(0.75)).0), vdupq_n_u32(0xff80_0000))); (Self(op!(vcvtq_n_f32_s32::<23>(vreinterpretq_s32_u32(e)))), self.sub_bits(Self(op!(vreinterpretq_f32_u32(e))))) }
    #[inline(always)] fn lookup16(table: &'static Words<16>, z: Self) -> Self { Self(op!(vreinterpretq_f32_u32(lookup16(table, vreinterpretq_u32_f32(z.0))))) }
    #[inline(always)] fn slot16(self, least: f32) -> (Self, Self, Self) { let offset = op!(vreinterpretq_u32_f32(self.sub_bits(self.splat(least)).0)); let e = op!(vandq_u32(offset, vdupq_n_u32(0xff80_0000))); (Self(op!(vcvtq_n_f32_s32::<23>(vreinterpretq_s32_u32(e)))), self.sub_bits(Self(op!(vreinterpretq_f32_u32(e)))), Self(op!(vreinterpretq_f32_u32(vshrq_n_u32::<19>(offset))))) }
    #[inline(always)] fn raise16(self, z: Self) -> Self { let n = op!(vandq_u32(vshlq_n_u32::<19>(vreinterpretq_u32_f32(z.0)), vdupq_n_u32(0xff80_0000))); Self(op!(vreinterpretq_f32_u32(vaddq_u32(vreinterpretq_u32_f32(self.0), n)))) }
}

#[rustfmt::skip]
impl Lanes for F64 {
    type Elem = f64;
    type Token = Neon;
    type Mask = M64;
    type Key = K64;
    const LEN: usize = 2;
    #[inline(always)] fn new(_: Neon, x: f64) -> Self { Self(op!(vdupq_n_f64(x))) }
    #[inline(always)] fn splat(self, x: f64) -> Self { Self(op!(vdupq_n_f64(x))) }
    #[inline(always)] fn token(self) -> Neon { Neon(()) }
    #[inline(always)] fn load(_: Neon, src: &[f64]) -> Self { assert!(src.len() >= 2); Self(op!(vld1q_f64(src.as_ptr()))) }
    #[inline(always)] fn store<D: Slot<f64>>(self, dst: &mut [D]) { assert!(dst.len() >= 2); op!(vst1q_f64(dst.as_mut_ptr().cast(), self.0)) }
    #[inline(always)] fn mul_add(self, a: Self, b: Self) -> Self { Self(op!(vfmaq_f64(b.0, self.0, a.0))) }
    #[inline(always)] fn neg_mul_add(self, a: Self, b: Self) -> Self { Self(op!(vfmsq_f64(b.0, self.0, a.0))) }
    #[inline(always)] fn sqrt(self) -> Self { Self(op!(vsqrtq_f64(self.0))) }
    #[inline(always)] fn abs(self) -> Self { Self(op!(vreinterpretq_f64_u64(vbicq_u64(vreinterpretq_u64_f64(self.0), vreinterpretq_u64_f64(vdupq_n_f64(lone::f64(-0.0))))))) }
    #[inline(always)] fn neg(self) -> Self { Self(op!(vreinterpretq_f64_u64(veorq_u64(vreinterpretq_u64_f64(self.0), vreinterpretq_u64_f64(vdupq_n_f64(lone::f64(-0.0))))))) }
    #[inline(always)] fn clamp(self, lo: f64, hi: f64) -> Self { Self(op!(vminq_f64(vdupq_n_f64(hi), vmaxq_f64(vdupq_n_f64(lo), self.0)))) }
    #[inline(always)] fn at_least(self, lo: f64) -> Self { Self(op!(vmaxnmq_f64(self.0, vdupq_n_f64(lo)))) }
    #[inline(always)] fn lt(self, o: Self) -> M64 { M64(op!(vcltq_f64(self.0, o.0))) }
    #[inline(always)] fn eq(self, o: Self) -> M64 { M64(op!(vceqq_f64(self.0, o.0))) }
    #[inline(always)] fn is_nan(self) -> M64 { M64(op!(veorq_u64(vceqq_f64(self.0, self.0), vdupq_n_u64(u64::MAX)))) }
    #[inline(always)] fn all_same(a: &[Self], b: &[Self]) -> bool { let mut differ = op!(vdupq_n_u64(0)); for (&a, &b) in a.iter().zip(b) { differ = op!(vorrq_u64(differ, veorq_u64(int(a), int(b)))) } op!(vmaxvq_u32(vreinterpretq_u32_u64(differ))) == 0 }
    #[inline(always)] fn pick(mask: M64, yes: Self, no: Self) -> Self { Self(op!(vbslq_f64(mask.0, yes.0, no.0))) }
    #[inline(always)] fn key(self) -> K64 { K64(int(self)) }
}

#[rustfmt::skip]
impl Double for F64 {
    const UNIT: f64 = 1.0;
    #[inline(always)] fn add_bits(self, o: Self) -> Self { from_int(op!(vaddq_u64(int(self), int(o)))) }
    #[inline(always)] fn sub_bits(self, o: Self) -> Self { from_int(op!(vsubq_u64(int(self), int(o)))) }
    #[inline(always)] fn add_exponent(self, n: Self) -> Self { let n = n + n.splat(super::TO_INTEGER); self.add_bits(from_int(op!(vshlq_n_u64::<52>(int(n))))) }
    #[inline(always)] fn power(table: &'static Table16, z: Self) -> Self { from_int(op!(vaddq_u64(lookup::<16>(&table.bits, int(z)), vshlq_n_u64::<48>(int(z))))) }
    #[inline(always)] fn power_parts(table: &'static Table16, z: Self) -> (Self, Self) { let (shifted, part) = (op!(vshlq_n_u64::<48>(int(z))), op!(vdupq_n_u64(0xf << 48))); (from_int(op!(vaddq_u64(lookup::<16>(&table.bits, int(z)), vandq_u64(shifted, part)))), from_int(op!(vbicq_u64(shifted, part)))) }
    #[inline(always)] fn lookup16_low(table: &'static Table16, z: Self) -> Self { from_int(lookup::<16>(&table.bits, int(z))) }
    #[inline(always)] fn lookup8(table: &'static ShortTable<8>, z: Self) -> Self { from_int(lookup::<8>(&table.bits, int(z))) }
    #[inline(always)] fn lookup16(table: &'static Table16, key: K64) -> Self { from_int(lookup::<16>(&table.bits, op!(vshrq_n_u64::<48>(key.0)))) }
    #[inline(always)] fn lookup16_short(table: &'static ShortTable<16>, key: K64) -> Self { from_int(lookup::<16>(&table.bits, op!(vshrq_n_u64::<48>(key.0)))) }
    #[inline(always)] fn exponent(key: K64) -> Self { Self(op!(vcvtq_n_f64_s64::<52>(vreinterpretq_s64_u64(key.0)))) }
    #[inline(always)] fn sub_key(self, key: K64) -> Self { self.sub_bits(from_int(key.0)) }
}

#[rustfmt::skip]
impl Key for K32 {
    #[inline(always)] fn minus(self, c: u32) -> Self { Self(op!(vsubq_u32(self.0, vdupq_n_u32(c)))) }
    #[inline(always)] fn and(self, c: u32) -> Self { Self(op!(vandq_u32(self.0, vdupq_n_u32(c)))) }
    #[inline(always)] fn twice(self) -> Self { Self(op!(vaddq_u32(self.0, self.0))) }
    #[inline(always)] fn max(self, o: Self) -> Self { Self(op!(vmaxq_u32(self.0, o.0))) }
    #[inline(always)] fn any_at_least(self, c: u32) -> bool { op!(vmaxvq_u32(self.0)) >= c }
}

#[rustfmt::skip]
impl Key for K64 {
    #[inline(always)] fn minus(self, c: u32) -> Self { Self(op!(vsubq_u64(self.0, upper(c)))) }
    #[inline(always)] fn and(self, c: u32) -> Self { Self(op!(vandq_u64(self.0, upper(c)))) }
    #[inline(always)] fn twice(self) -> Self { Self(op!(vaddq_u64(self.0, self.0))) }
    #[inline(always)] fn max(self, o: Self) -> Self { Self(op!(vreinterpretq_u64_u32(vmaxq_u32(vreinterpretq_u32_u64(self.0), vreinterpretq_u32_u64(o.0))))) }
    #[inline(always)] fn any_at_least(self, c: u32) -> bool { op!(vmaxvq_u32(vreinterpretq_u32_u64(vandq_u64(self.0, upper(u32::MAX))))) >= c }
}

#[rustfmt::skip]
impl Mask for M32 {
    #[inline(always)] fn all(self) -> bool { op!(vminvq_u32(self.0)) != 0 }
}
#[rustfmt::skip]
impl Mask for M64 {
    #[inline(always)] fn all(self) -> bool { op!(vminvq_u32(vreinterpretq_u32_u64(self.0))) != 0 }
}

operators! {
    F32: Add add vaddq_f32;
    F32: Sub sub vsubq_f32;
    F32: Mul mul vmulq_f32;
    F32: Div div vdivq_f32;
    F64: Add add vaddq_f64;
    F64: Sub sub vsubq_f64;
    F64: Mul mul vmulq_f64;
    F64: Div div vdivq_f64;
}

#[inline(always)]
fn int(x: F64) -> uint64x2_t {
    op!(vreinterpretq_u64_f64(x.0))
}
#[inline(always)]
fn from_int(x: uint64x2_t) -> F64 {
    F64(op!(vreinterpretq_f64_u64(x)))
}
/// `c` in the upper half of each 64-bit lane.
#[inline(always)]
fn upper(c: u32) -> uint64x2_t {
    op!(vdupq_n_u64((c as u64) << 32))
}
/// Eight words, chosen by the low three bits of `j`: a lookup of bytes, four by four.
#[inline(always)]
fn lookup8(words: &'static Words<8>, j: uint32x4_t) -> uint32x4_t {
    let words = uint8x16x2_t(op!(vld1q_u8(words.0.as_ptr().cast())), op!(vld1q_u8(words.0.as_ptr().add(4).cast())));
    op!(vreinterpretq_u32_u8(vqtbl2q_u8(words, bytes(op!(vandq_u32(j, vdupq_n_u32(7)))))))
}
/// As `lookup8`, of sixteen words, by the low four bits.
#[inline(always)]
fn lookup16(words: &'static Words<16>, j: uint32x4_t) -> uint32x4_t {
    let words = words.0.as_ptr();
    let [a, b, c, d] = [0, 4, 8, 12].map(|at| words.wrapping_add(at).cast());
    let words = uint8x16x4_t(op!(vld1q_u8(a)), op!(vld1q_u8(b)), op!(vld1q_u8(c)), op!(vld1q_u8(d)));
    op!(vreinterpretq_u32_u8(vqtbl4q_u8(words, bytes(op!(vandq_u32(j, vdupq_n_u32(15)))))))
}
/// The places of the four bytes of each word.
#[inline(always)]
fn bytes(word: uint32x4_t) -> uint8x16_t {
    let first = op!(vmulq_u32(word, vdupq_n_u32(0x0404_0404)));
    op!(vreinterpretq_u8_u32(vaddq_u32(first, vdupq_n_u32(0x0302_0100))))
}
/// The entries chosen by the low bits of `j`; `N` is a power of two.
#[inline(always)]
fn lookup<const N: usize>(bits: &'static [u64; N], j: uint64x2_t) -> uint64x2_t {
    let (a, b) = (op!(vgetq_lane_u64::<0>(j)) as usize % N, op!(vgetq_lane_u64::<1>(j)) as usize % N);
    op!(vcombine_u64(vld1_u64(&raw const bits[a]), vld1_u64(&raw const bits[b])))
}
