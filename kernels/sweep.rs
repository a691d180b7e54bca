//! A kernel over a slice.
//!
//! Blocks first, then vector by vector, then the last few elements in a vector filled up with ones: every element goes
//! through the same operations, so that its result does not depend on where it stands. In long slices, blocks begin where
//! results fill whole cache lines: a store across two of them costs as much as two.
//!
//! A slice that no cache holds is better [streamed](MapStreaming): a result that goes past the caches spares them, and the
//! memory need not be read before it is written.
use core::marker::PhantomData;

use crate::isa::Slot;
use crate::lanes::{Element, Kernel, Lanes, Simd, Streaming, Task};

/// Bytes of a cache line.
const LINE: usize = 64;
/// Blocks from which on it pays to begin at a cache line.
const LONG: usize = 32;
/// Bytes of the source that are asked for ahead of their use, where the results are streamed.
const AHEAD: usize = 2048;

/// `dst[i] = kernel(src[i])`.
///
/// # Panics
/// If the lengths differ.
#[derive(Debug)]
pub struct MapInto<'a, T, D, K> {
    /// The arguments.
    pub src: &'a [T],
    /// The places of the results.
    pub dst: &'a mut [D],
    /// The function.
    pub kernel: K,
}

/// As [`MapInto`], with the results written past the caches where the isa [can](Simd::STREAMS): for slices that are too
/// large for any cache. The bits are the same.
///
/// # Panics
/// If the lengths differ.
#[derive(Debug)]
pub struct MapStreaming<'a, T, D, K> {
    /// The arguments.
    pub src: &'a [T],
    /// The places of the results.
    pub dst: &'a mut [D],
    /// The function.
    pub kernel: K,
}

/// `data[i] = kernel(data[i])`.
#[derive(Debug)]
pub struct MapInPlace<'a, T, K> {
    /// The arguments, and then the results.
    pub data: &'a mut [T],
    /// The function.
    pub kernel: K,
}

/// How blocks of results are written.
trait Stores {
    /// Before the block of `src` at this place is computed.
    fn before<S: Simd, T>(token: S, src: &[T]);
    /// Writes the block.
    fn write<V: Lanes, D: Slot<V::Elem>>(block: V, dst: &mut [D]);
    /// After all blocks.
    fn after<S: Simd>(token: S);
}

/// Into the caches.
struct Plain;

impl Stores for Plain {
    #[inline(always)]
    fn before<S: Simd, T>(_: S, _: &[T]) {}
    #[inline(always)]
    fn write<V: Lanes, D: Slot<V::Elem>>(block: V, dst: &mut [D]) {
        block.store(dst);
    }
    #[inline(always)]
    fn after<S: Simd>(_: S) {}
}

/// Past the caches.
struct Streamed;

impl Stores for Streamed {
    #[inline(always)]
    fn before<S: Simd, T>(token: S, src: &[T]) {
        for line in (0..size_of_val(src)).step_by(LINE) {
            token.prefetch(src, AHEAD + line);
        }
    }
    #[inline(always)]
    fn write<V: Lanes, D: Slot<V::Elem>>(block: V, dst: &mut [D]) {
        block.stream(dst, Streaming(()));
    }
    #[inline(always)]
    fn after<S: Simd>(token: S) {
        token.drain();
    }
}

impl<T: Element, D: Slot<T>, K: Kernel> Task for MapInto<'_, T, D, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        map::<S, T, D, K, Plain>(token, self.src, self.dst);
    }
}

impl<T: Element, D: Slot<T>, K: Kernel> Task for MapStreaming<'_, T, D, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let Self { src, dst, kernel } = self;
        match S::STREAMS {
            true => map::<S, T, D, K, Streamed>(token, src, dst),
            false => token.enter(MapInto { src, dst, kernel }),
        }
    }
}

#[inline(always)]
fn map<S: Simd, T: Element, D: Slot<T>, K: Kernel, W: Stores>(token: S, src: &[T], dst: &mut [D]) {
    assert_eq!(src.len(), dst.len(), "the source and the destination differ in length");
    let block = T::Block::<S>::LEN;
    if src.len() < block {
        return Rest::<T, D, K> { src, dst, kernel: PhantomData }.run(token);
    }
    let head = until_line(dst, block);
    let ((first, src), (first_dst, dst)) = (src.split_at(head), dst.split_at_mut(head));
    if head > 0 {
        token.enter_cold(Rest::<T, D, K> { src: first, dst: first_dst, kernel: PhantomData });
    }
    let (mut s, mut d) = (src.chunks_exact(block), dst.chunks_exact_mut(block));
    for (src, dst) in (&mut s).zip(&mut d) {
        W::before(token, src);
        let x = T::Block::<S>::load(token, src);
        if T::rare::<S, K>(x) {
            token.enter_cold(AnyBlock::<T, D, K> { src, dst, kernel: PhantomData });
        } else {
            W::write(T::ordinary::<S, K>(x), dst);
        }
    }
    Rest::<T, D, K> { src: s.remainder(), dst: d.into_remainder(), kernel: PhantomData }.run(token);
    W::after(token);
}

impl<T: Element + Slot<T>, K: Kernel> Task for MapInPlace<'_, T, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let block = T::Block::<S>::LEN;
        let (head, data) = self.data.split_at_mut(until_line(self.data, block));
        if !head.is_empty() {
            token.enter_cold(RestInPlace::<T, K> { data: head, kernel: PhantomData });
        }
        let mut blocks = data.chunks_exact_mut(block);
        for data in &mut blocks {
            let x = T::Block::<S>::load(token, data);
            if T::rare::<S, K>(x) {
                token.enter_cold(AnyBlockInPlace::<T, K> { data, kernel: PhantomData });
            } else {
                T::ordinary::<S, K>(x).store(data);
            }
        }
        RestInPlace::<T, K> { data: blocks.into_remainder(), kernel: PhantomData }.run(token);
    }
}

/// The number of elements before the first cache line that begins in a long slice; none of a short one.
#[inline(always)]
fn until_line<D>(dst: &[D], block: usize) -> usize {
    if dst.len() < LONG * block { 0 } else { dst.as_ptr().align_offset(LINE).min(block) }
}

/// Less than a block: vector by vector, and then what is left.
struct Rest<'a, T, D, K> {
    src: &'a [T],
    dst: &'a mut [D],
    kernel: PhantomData<K>,
}

impl<T: Element, D: Slot<T>, K: Kernel> Task for Rest<'_, T, D, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let vector = T::Vector::<S>::LEN;
        let (mut s, mut d) = (self.src.chunks_exact(vector), self.dst.chunks_exact_mut(vector));
        for (src, dst) in (&mut s).zip(&mut d) {
            let x = T::Vector::<S>::load(token, src);
            if T::rare_vector::<S, K>(x) {
                token.enter_cold(AnyPart::<T, D, K> { src, dst, kernel: PhantomData });
            } else {
                T::ordinary_vector::<S, K>(x).store(dst);
            }
        }
        let (src, dst) = (s.remainder(), d.into_remainder());
        if !src.is_empty() {
            let x = T::Vector::<S>::load_part(token, src);
            if T::rare_vector::<S, K>(x) {
                token.enter_cold(AnyPart::<T, D, K> { src, dst, kernel: PhantomData });
            } else {
                T::ordinary_vector::<S, K>(x).store_part(dst);
            }
        }
    }
}

/// Less than a block, in place.
struct RestInPlace<'a, T, K> {
    data: &'a mut [T],
    kernel: PhantomData<K>,
}

impl<T: Element, K: Kernel> Task for RestInPlace<'_, T, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let mut vectors = self.data.chunks_exact_mut(T::Vector::<S>::LEN);
        for data in &mut vectors {
            let x = T::Vector::<S>::load(token, data);
            if T::rare_vector::<S, K>(x) {
                token.enter_cold(AnyPartInPlace::<T, K> { data, kernel: PhantomData });
            } else {
                T::ordinary_vector::<S, K>(x).store(data);
            }
        }
        let data = vectors.into_remainder();
        if !data.is_empty() {
            let x = T::Vector::<S>::load_part(token, data);
            if T::rare_vector::<S, K>(x) {
                token.enter_cold(AnyPartInPlace::<T, K> { data, kernel: PhantomData });
            } else {
                T::ordinary_vector::<S, K>(x).store_part(data);
            }
        }
    }
}

/// `$name` and `${name}InPlace`: a task of `$load`, `$any` and `$store` for what holds a rare element.
macro_rules! any {
    ($($(#[$doc:meta])* $name:ident $in_place:ident: $lanes:ident $load:ident $any:ident $store:ident;)*) => { $(
        $(#[$doc])*
        struct $name<'a, T, D, K> {
            src: &'a [T],
            dst: &'a mut [D],
            kernel: PhantomData<K>,
        }

        impl<T: Element, D: Slot<T>, K: Kernel> Task for $name<'_, T, D, K> {
            type Out = ();

            #[inline(always)]
            fn run<S: Simd>(self, token: S) {
                T::$any::<S, K>(T::$lanes::<S>::$load(token, self.src)).$store(self.dst);
            }
        }

        $(#[$doc])*
        struct $in_place<'a, T, K> {
            data: &'a mut [T],
            kernel: PhantomData<K>,
        }

        impl<T: Element + Slot<T>, K: Kernel> Task for $in_place<'_, T, K> {
            type Out = ();

            #[inline(always)]
            fn run<S: Simd>(self, token: S) {
                T::$any::<S, K>(T::$lanes::<S>::$load(token, self.data)).$store(self.data);
            }
        }
    )* };
}
any! {
    /// One block with a rare element.
    AnyBlock AnyBlockInPlace: Block load any_block store;
    /// One vector with a rare element, or part of one.
    AnyPart AnyPartInPlace: Vector load_part any store_part;
}
