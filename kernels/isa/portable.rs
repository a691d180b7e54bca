//! Any CPU, through the crate `wide`: primitive operations only, and never fused.
//!
//! That gives `portable` one set of bits on every machine. The keys of `f64` stay in the upper halves of their lanes, the
//! lower halves coming along.
use core::ops::{Add, Div, Mul, Sub};

use wide::bytemuck::cast;
use wide::{f32x8, f64x4, i32x8, u32x8, u64x4};

use super::Slot;
use super::scalar::lone;
use crate::block::Block;
use crate::lanes::{Double, Key, Lanes, Mask, Simd, Single, Task};
use crate::table::{ShortTable, Table16, Words};

/// The token of the portable lanes, which every CPU has.
#[derive(Clone, Copy, Debug)]
pub struct Portable(());
/// Eight `f32`.
#[derive(Clone, Copy, Debug)]
pub struct F32(f32x8);
/// Four `f64`.
#[derive(Clone, Copy, Debug)]
pub struct F64(f64x4);
/// The keys of eight `f32`.
#[derive(Clone, Copy, Debug)]
pub struct K32(u32x8);
/// The keys of four `f64`.
#[derive(Clone, Copy, Debug)]
pub struct K64(u64x4);
/// Eight truth values.
#[derive(Clone, Copy, Debug)]
pub struct M32(f32x8);
/// Four truth values.
#[derive(Clone, Copy, Debug)]
pub struct M64(f64x4);

#[rustfmt::skip]
impl Simd for Portable {
    const NAME: &'static str = "portable";
    const FUSED: bool = false;
    const TAKES_APART: bool = false;
    const WORDS: usize = 0;
    type F32 = F32;
    type F64 = F64;
    type F32Block = Block<F32, 1>;
    type F32LongBlock = Block<F32, 1>;
    type F64LongBlock = Block<F64, 1>;
    type F64Block = Block<F64, 1>;
    type F64ShortBlock = Block<F64, 1>;
    fn detect() -> Option<Self> { Some(Self(())) }
    #[inline(never)] fn enter<T: Task>(self, task: T) -> T::Out { task.run(self) }
    #[cold] #[inline(never)] fn enter_cold<T: Task>(self, task: T) -> T::Out { task.run(self) }
}

#[rustfmt::skip]
impl Lanes for F32 {
    type Elem = f32;
    type Token = Portable;
    type Mask = M32;
    type Key = K32;
    const LEN: usize = 8;
    #[inline(always)] fn new(_: Portable, x: f32) -> Self { Self(f32x8::splat(x)) }
    #[inline(always)] fn splat(self, x: f32) -> Self { Self(f32x8::splat(x)) }
    #[inline(always)] fn token(self) -> Portable { Portable(()) }
    #[inline(always)] fn load(_: Portable, src: &[f32]) -> Self { let mut a = [0.0; 8]; a.copy_from_slice(&src[..8]); Self(f32x8::new(a)) }
    #[inline(always)] fn store<D: Slot<f32>>(self, dst: &mut [D]) { for (d, y) in dst[..8].iter_mut().zip(self.0.to_array()) { d.put(y); } }
    #[inline(always)] fn mul_add(self, a: Self, b: Self) -> Self { self * a + b }
    #[inline(always)] fn neg_mul_add(self, a: Self, b: Self) -> Self { b - self * a }
    #[inline(always)] fn sqrt(self) -> Self { Self(self.0.sqrt()) }
    #[inline(always)] fn abs(self) -> Self { Self(self.0 & f32x8::splat(lone::f32(f32::from_bits(!0 >> 1)))) }
    #[inline(always)] fn neg(self) -> Self { Self(self.0 ^ f32x8::splat(lone::f32(-0.0))) }
    #[inline(always)] fn clamp(self, lo: f32, hi: f32) -> Self { let (lo, hi) = (self.splat(lo), self.splat(hi)); Self::pick(self.lt(lo), lo, Self::pick(hi.lt(self), hi, self)) }
    #[inline(always)] fn at_least(self, lo: f32) -> Self { Self(self.0.fast_max(self.splat(lo).0)) }
    #[inline(always)] fn lt(self, o: Self) -> M32 { M32(self.0.simd_lt(o.0)) }
    #[inline(always)] fn eq(self, o: Self) -> M32 { M32(self.0.simd_eq(o.0)) }
    #[inline(always)] fn is_nan(self) -> M32 { M32(self.0.is_nan()) }
    #[inline(always)] fn all_same(a: &[Self], b: &[Self]) -> bool { let mut differ = u32x8::splat(0); for (a, b) in a.iter().zip(b) { differ |= a.key().0 ^ b.key().0 } differ == u32x8::splat(0) }
    #[inline(always)] fn pick(mask: M32, yes: Self, no: Self) -> Self { Self(mask.0.select(yes.0, no.0)) }
    #[inline(always)] fn key(self) -> K32 { K32(cast(self.0)) }
}

#[rustfmt::skip]
impl Single for F32 {
    type Wide = Block<F64, 2>;
    const UNIT: f32 = 1.0 / 8388608.0;
    #[inline(always)] fn widen(self) -> Self::Wide { let [a, b, c, d, e, f, g, h] = self.0.to_array().map(f64::from); Block([F64(f64x4::new([a, b, c, d])), F64(f64x4::new([e, f, g, h]))]) }
    #[inline(always)] fn narrow(wide: Self::Wide) -> Self { let ([a, b, c, d], [e, f, g, h]) = (wide.0[0].0.to_array(), wide.0[1].0.to_array()); Self(f32x8::new([a, b, c, d, e, f, g, h].map(|x| x as f32))) }
    #[inline(always)] fn sub_bits(self, o: Self) -> Self { Self(cast(self.key().0 - o.key().0)) }
    #[inline(always)] fn max_bits(self, o: Self) -> Self { let (a, b): (i32x8, i32x8) = (cast(self.0), cast(o.0)); Self(cast(a.max(b))) }
    #[inline(always)] fn power(table: &'static Words<8>, z: Self) -> Self { Self(cast(lookup8(table, z.key().0) + (z.key().0 << 20u32))) }
    #[inline(always)] fn lookup8(table: &'static Words<8>, z: Self) -> Self { Self(cast(lookup8(table, z.key().0))) }
    #[inline(always)] fn raise(self, z: Self) -> Self { Self(cast(self.key().0 + ((z.key().0 << 20u32) & u32x8::splat(0xff80_0000)))) }
    #[inline(always)] fn apart(self) -> (Self, Self) { let e = (self.key().0 - u32x8::splat(0.75f32.to_bits())) & u32x8::splat(0xff80_0000); (Self(f32x8::from_i32x8(cast(e))), Self(cast(self.key().0 - e))) }
}

#[rustfmt::skip]
impl Lanes for F64 {
    type Elem = f64;
    type Token = Portable;
    type Mask = M64;
    type Key = K64;
    const LEN: usize = 4;
    #[inline(always)] fn new(_: Portable, x: f64) -> Self { Self(f64x4::splat(x)) }
    #[inline(always)] fn splat(self, x: f64) -> Self { Self(f64x4::splat(x)) }
    #[inline(always)] fn token(self) -> Portable { Portable(()) }
    #[inline(always)] fn load(_: Portable, src: &[f64]) -> Self { let mut a = [0.0; 4]; a.copy_from_slice(&src[..4]); Self(f64x4::new(a)) }
    #[inline(always)] fn store<D: Slot<f64>>(self, dst: &mut [D]) { for (d, y) in dst[..4].iter_mut().zip(self.0.to_array()) { d.put(y); } }
    #[inline(always)] fn mul_add(self, a: Self, b: Self) -> Self { self * a + b }
    #[inline(always)] fn neg_mul_add(self, a: Self, b: Self) -> Self { b - self * a }
    #[inline(always)] fn sqrt(self) -> Self { Self(self.0.sqrt()) }
    #[inline(always)] fn abs(self) -> Self { Self(self.0 & f64x4::splat(lone::f64(f64::from_bits(!0 >> 1)))) }
    #[inline(always)] fn neg(self) -> Self { Self(self.0 ^ f64x4::splat(lone::f64(-0.0))) }
    #[inline(always)] fn clamp(self, lo: f64, hi: f64) -> Self { let (lo, hi) = (self.splat(lo), self.splat(hi)); Self::pick(self.lt(lo), lo, Self::pick(hi.lt(self), hi, self)) }
    #[inline(always)] fn at_least(self, lo: f64) -> Self { Self(self.0.fast_max(self.splat(lo).0)) }
    #[inline(always)] fn lt(self, o: Self) -> M64 { M64(self.0.simd_lt(o.0)) }
    #[inline(always)] fn eq(self, o: Self) -> M64 { M64(self.0.simd_eq(o.0)) }
    #[inline(always)] fn is_nan(self) -> M64 { M64(self.0.is_nan()) }
    #[inline(always)] fn all_same(a: &[Self], b: &[Self]) -> bool { let mut differ = u64x4::splat(0); for (&a, &b) in a.iter().zip(b) { differ |= int(a) ^ int(b) } differ == u64x4::splat(0) }
    #[inline(always)] fn pick(mask: M64, yes: Self, no: Self) -> Self { Self(mask.0.select(yes.0, no.0)) }
    #[inline(always)] fn key(self) -> K64 { K64(int(self)) }
}

#[rustfmt::skip]
impl Double for F64 {
    const UNIT: f64 = 1.0;
    #[inline(always)] fn add_bits(self, o: Self) -> Self { from_int(int(self) + int(o)) }
    #[inline(always)] fn sub_bits(self, o: Self) -> Self { from_int(int(self) - int(o)) }
    #[inline(always)] fn add_exponent(self, n: Self) -> Self { let n = n + n.splat(super::TO_INTEGER); self.add_bits(from_int(int(n) << 52u32)) }
    #[inline(always)] fn power(table: &'static Table16, z: Self) -> Self { from_int(lookup(&table.bits, int(z)) + (int(z) << 48u32)) }
    #[inline(always)] fn power_parts(table: &'static Table16, z: Self) -> (Self, Self) { let shifted = int(z) << 48; let part = shifted & u64x4::splat(0xf << 48); (from_int(lookup(&table.bits, int(z)) + part), from_int(shifted - part)) }
    #[inline(always)] fn lookup16_low(table: &'static Table16, z: Self) -> Self { from_int(lookup(&table.bits, int(z))) }
    #[inline(always)] fn lookup8(table: &'static ShortTable<8>, z: Self) -> Self { from_int(lookup(&table.bits, int(z))) }
    #[inline(always)] fn lookup16(table: &'static Table16, key: K64) -> Self { from_int(lookup(&table.bits, key.0 >> 48u32)) }
    #[inline(always)] fn lookup16_short(table: &'static ShortTable<16>, key: K64) -> Self { from_int(lookup(&table.bits, key.0 >> 48u32)) }
    #[inline(always)] fn exponent(key: K64) -> Self { let biased = from_int(((key.0 >> 52u32) ^ u64x4::splat(0x800)) | u64x4::splat(0x4330 << 48)); biased - biased.splat(4503599627370496.0 + 2048.0) }
    #[inline(always)] fn sub_key(self, key: K64) -> Self { self.sub_bits(from_int(key.0)) }
}

#[rustfmt::skip]
impl Key for K32 {
    #[inline(always)] fn minus(self, c: u32) -> Self { Self(self.0 - u32x8::splat(c)) }
    #[inline(always)] fn and(self, c: u32) -> Self { Self(self.0 & u32x8::splat(c)) }
    #[inline(always)] fn twice(self) -> Self { Self(self.0 + self.0) }
    #[inline(always)] fn max(self, o: Self) -> Self { Self(self.0.max(o.0)) }
    #[inline(always)] fn any_at_least(self, c: u32) -> bool { self.0.to_array().into_iter().fold(false, |any, k| any | (k >= c)) }
}

#[rustfmt::skip]
impl Key for K64 {
    #[inline(always)] fn minus(self, c: u32) -> Self { Self(self.0 - upper(c)) }
    #[inline(always)] fn and(self, c: u32) -> Self { Self(self.0 & upper(c)) }
    #[inline(always)] fn twice(self) -> Self { Self(self.0 + self.0) }
    #[inline(always)] fn max(self, o: Self) -> Self { Self(self.0.max(o.0)) }
    #[inline(always)] fn any_at_least(self, c: u32) -> bool { self.0.to_array().into_iter().fold(false, |any, k| any | (k >= (c as u64) << 32)) }
}

#[rustfmt::skip]
impl Mask for M32 {
    #[inline(always)] fn all(self) -> bool { self.0.to_bitmask() == 0xff }
}
#[rustfmt::skip]
impl Mask for M64 {
    #[inline(always)] fn all(self) -> bool { self.0.to_bitmask() == 0xf }
}

/// `Type: Trait method operator;`
macro_rules! operators {
    ($($v:ident: $tr:ident $f:ident $o:tt;)*) => { $(impl $tr for $v {
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

#[inline(always)]
fn int(x: F64) -> u64x4 {
    cast(x.0)
}
#[inline(always)]
fn from_int(x: u64x4) -> F64 {
    F64(cast(x))
}
/// `c` in the upper half of each 64-bit lane.
#[inline(always)]
fn upper(c: u32) -> u64x4 {
    u64x4::splat((c as u64) << 32)
}
/// The words chosen by the low three bits of `j`.
#[inline(always)]
fn lookup8(words: &'static Words<8>, j: u32x8) -> u32x8 {
    u32x8::new(j.to_array().map(|j| words.0[j as usize % 8]))
}
/// The entries chosen by the low bits of `j`; `N` is a power of two.
#[inline(always)]
fn lookup<const N: usize>(bits: &'static [u64; N], j: u64x4) -> u64x4 {
    u64x4::new(j.to_array().map(|j| bits[j as usize % N]))
}
