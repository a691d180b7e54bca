//! Several vectors side by side, as one wider vector.
//!
//! A kernel is a chain of dependent operations, each with a latency of some cycles. A block interleaves as many chains as
//! the registers hold: the steps of its vectors stand next to each other, and the CPU overlaps them.
use core::ops::{Add, Div, Mul, Sub};

use crate::lanes::{Double, Key, Lanes, Mask, Single, Slot, Streaming};
use crate::table::{ShortTable, Table16, Words};

/// `U` vectors, computed side by side.
#[derive(Clone, Copy, Debug)]
pub struct Block<V, const U: usize>(pub [V; U]);

/// Vectors of a block of blocks that are kept abreast, at most.
const ABREAST: usize = 8;

/// The block of `$f` for each `$k`: a plain loop, since a closure might be compiled without the isa's features.
macro_rules! each {
    ($k:ident => $f:expr) => {{
        let mut out = [{
            let $k = 0;
            $f
        }; U];
        #[allow(clippy::needless_range_loop, reason = "the operands are indexed alike")]
        for $k in 1..U {
            out[$k] = $f;
        }
        Block(out)
    }};
}

macro_rules! operators {
    ($($tr:ident $f:ident;)*) => { $(impl<V: Lanes, const U: usize> $tr for Block<V, U> {
        type Output = Self;
        #[inline(always)]
        fn $f(self, o: Self) -> Self { each!(k => self.0[k].$f(o.0[k])) }
    })* };
}
operators! {
    Add add;
    Sub sub;
    Mul mul;
    Div div;
}

#[rustfmt::skip]
impl<V: Lanes, const U: usize> Lanes for Block<V, U> {
    type Elem = V::Elem;
    type Token = V::Token;
    type Mask = Block<V::Mask, U>;
    type Key = Block<V::Key, U>;
    const LEN: usize = U * V::LEN;
    #[inline(always)] fn new(token: V::Token, x: V::Elem) -> Self { Self([V::new(token, x); U]) }
    #[inline(always)] fn splat(self, x: V::Elem) -> Self { Self([self.0[0].splat(x); U]) }
    #[inline(always)] fn token(self) -> V::Token { self.0[0].token() }
    #[inline(always)] fn load(token: V::Token, src: &[V::Elem]) -> Self { assert!(src.len() >= Self::LEN); each!(k => V::load(token, &src[k * V::LEN..])) }
    #[inline(always)] fn store<D: Slot<V::Elem>>(self, dst: &mut [D]) { assert!(dst.len() >= Self::LEN); for k in 0..U { self.0[k].store(&mut dst[k * V::LEN..]) } }
    #[inline(always)] fn stream<D: Slot<V::Elem>>(self, dst: &mut [D], leave: Streaming) { assert!(dst.len() >= Self::LEN); for k in 0..U { self.0[k].stream(&mut dst[k * V::LEN..], leave) } }
    #[inline(always)] fn mul_add(self, a: Self, b: Self) -> Self { each!(k => self.0[k].mul_add(a.0[k], b.0[k])) }
    #[inline(always)] fn neg_mul_add(self, a: Self, b: Self) -> Self { each!(k => self.0[k].neg_mul_add(a.0[k], b.0[k])) }
    #[inline(always)] fn fused(self, a: Self, b: Self) -> Self { each!(k => self.0[k].fused(a.0[k], b.0[k])) }
    #[inline(always)] fn sqrt(self) -> Self { each!(k => self.0[k].sqrt()) }
    #[inline(always)] fn reciprocal_root(mut self) -> Option<Self> { for x in &mut self.0 { *x = x.reciprocal_root()?; } Some(self) }
    #[inline(always)] fn abs(self) -> Self { each!(k => self.0[k].abs()) }
    #[inline(always)] fn neg(self) -> Self { each!(k => self.0[k].neg()) }
    #[inline(always)] fn clamp(self, lo: V::Elem, hi: V::Elem) -> Self { each!(k => self.0[k].clamp(lo, hi)) }
    #[inline(always)] fn at_least(self, lo: V::Elem) -> Self { each!(k => self.0[k].at_least(lo)) }
    #[inline(always)] fn lt(self, o: Self) -> Self::Mask { each!(k => self.0[k].lt(o.0[k])) }
    #[inline(always)] fn eq(self, o: Self) -> Self::Mask { each!(k => self.0[k].eq(o.0[k])) }
    #[inline(always)] fn is_nan(self) -> Self::Mask { each!(k => self.0[k].is_nan()) }
    #[inline(always)] fn pick(mask: Self::Mask, yes: Self, no: Self) -> Self { each!(k => V::pick(mask.0[k], yes.0[k], no.0[k])) }
    #[inline(always)] fn same(self, o: Self) -> bool { V::all_same(&self.0, &o.0) }
    #[inline(always)] fn all_same(a: &[Self], b: &[Self]) -> bool { a.iter().zip(b).fold(true, |all, (a, b)| all & a.same(*b)) }
    #[inline(always)] fn key(self) -> Self::Key { each!(k => self.0[k].key()) }
    #[inline(always)] fn abreast(mut self) -> Self { V::keep_abreast(&mut self.0); self }
    #[inline(always)] fn keep_abreast(blocks: &mut [Self]) { let (mut all, n) = ([blocks[0].0[0]; ABREAST], blocks.len() * U); if n <= ABREAST { for k in 0..n { all[k] = blocks[k / U].0[k % U]; } V::keep_abreast(&mut all[..n]); for k in 0..n { blocks[k / U].0[k % U] = all[k]; } } }
}

#[rustfmt::skip]
impl<V: Single, const U: usize> Single for Block<V, U> {
    type Wide = Block<V::Wide, U>;
    const UNIT: f32 = V::UNIT;
    #[inline(always)] fn widen(self) -> Self::Wide { each!(k => self.0[k].widen()) }
    #[inline(always)] fn narrow(wide: Self::Wide) -> Self { each!(k => V::narrow(wide.0[k])) }
    #[inline(always)] fn sub_bits(self, o: Self) -> Self { each!(k => self.0[k].sub_bits(o.0[k])) }
    #[inline(always)] fn max_bits(self, o: Self) -> Self { each!(k => self.0[k].max_bits(o.0[k])) }
    #[inline(always)] fn power(table: &'static Words<8>, z: Self) -> Self { each!(k => V::power(table, z.0[k])) }
    #[inline(always)] fn lookup8(table: &'static Words<8>, z: Self) -> Self { each!(k => V::lookup8(table, z.0[k])) }
    #[inline(always)] fn raise(self, z: Self) -> Self { each!(k => self.0[k].raise(z.0[k])) }
    #[inline(always)] fn apart(self) -> (Self, Self) { let (mut e, mut m) = (self, self); for k in 0..U { (e.0[k], m.0[k]) = self.0[k].apart(); } (e, m) }
    #[inline(always)] fn is_normal_up_to(self, most: f32) -> bool { V::are_normal_up_to(&self.0, most) }
    #[inline(always)] fn are_normal_up_to(blocks: &[Self], most: f32) -> bool { blocks.iter().fold(true, |all, x| all & x.is_normal_up_to(most)) }
    #[inline(always)] fn lookup16(table: &'static Words<16>, z: Self) -> Self { each!(k => V::lookup16(table, z.0[k])) }
    #[inline(always)] fn lookup32(table: &'static Words<32>, z: Self) -> Self { each!(k => V::lookup32(table, z.0[k])) }
    #[inline(always)] fn slot16(self, least: f32) -> (Self, Self, Self) { let (mut e, mut m, mut slot) = (self, self, self); for k in 0..U { (e.0[k], m.0[k], slot.0[k]) = self.0[k].slot16(least); } (e, m, slot) }
    #[inline(always)] fn slot32(self) -> (Self, Self, Self) { let (mut e, mut m, mut slot) = (self, self, self); for k in 0..U { (e.0[k], m.0[k], slot.0[k]) = self.0[k].slot32(); } (e, m, slot) }
    #[inline(always)] fn raise16(self, z: Self) -> Self { each!(k => self.0[k].raise16(z.0[k])) }
    #[inline(always)] fn scale(self, n: Self) -> Self { each!(k => self.0[k].scale(n.0[k])) }
}

#[rustfmt::skip]
impl<V: Double, const U: usize> Double for Block<V, U> {
    const UNIT: f64 = V::UNIT;
    #[inline(always)] fn add_bits(self, o: Self) -> Self { each!(k => self.0[k].add_bits(o.0[k])) }
    #[inline(always)] fn sub_bits(self, o: Self) -> Self { each!(k => self.0[k].sub_bits(o.0[k])) }
    #[inline(always)] fn add_exponent(self, n: Self) -> Self { each!(k => self.0[k].add_exponent(n.0[k])) }
    #[inline(always)] fn power(table: &'static Table16, z: Self) -> Self { Self(V::powers(table, z.0)) }
    #[inline(always)] fn power_parts(table: &'static Table16, z: Self) -> (Self, Self) { let (mut a, mut b) = (z, z); for k in 0..U { (a.0[k], b.0[k]) = V::power_parts(table, z.0[k]); } (a, b) }
    #[inline(always)] fn lookup16_low(table: &'static Table16, z: Self) -> Self { each!(k => V::lookup16_low(table, z.0[k])) }
    #[inline(always)] fn lookup8(table: &'static ShortTable<8>, z: Self) -> Self { each!(k => V::lookup8(table, z.0[k])) }
    #[inline(always)] fn lookup16(table: &'static Table16, key: Self::Key) -> Self { each!(k => V::lookup16(table, key.0[k])) }
    #[inline(always)] fn lookup16_short(table: &'static ShortTable<16>, key: Self::Key) -> Self { each!(k => V::lookup16_short(table, key.0[k])) }
    #[inline(always)] fn exponent(key: Self::Key) -> Self { each!(k => V::exponent(key.0[k])) }
    #[inline(always)] fn sub_key(self, key: Self::Key) -> Self { each!(k => self.0[k].sub_key(key.0[k])) }
}

#[rustfmt::skip]
impl<K: Key, const U: usize> Key for Block<K, U> {
    #[inline(always)] fn minus(self, c: u32) -> Self { each!(k => self.0[k].minus(c)) }
    #[inline(always)] fn and(self, c: u32) -> Self { each!(k => self.0[k].and(c)) }
    #[inline(always)] fn twice(self) -> Self { each!(k => self.0[k].twice()) }
    #[inline(always)] fn max(self, o: Self) -> Self { each!(k => self.0[k].max(o.0[k])) }
    #[inline(always)] fn any_at_least(self, c: u32) -> bool { let mut top = self.0[0]; for k in 1..U { top = top.max(self.0[k]); } top.any_at_least(c) }
}

#[rustfmt::skip]
impl<M: Mask, const U: usize> Mask for Block<M, U> {
    #[inline(always)] fn all(self) -> bool { self.0.into_iter().fold(true, |all, mask| all & mask.all()) }
}
