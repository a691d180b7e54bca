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

impl<T: Element, D: Slot<T>, K: Kernel> Task for MapInto<'_, T, D, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        map::<S, T, K, _, Plain>(token, Two::new(self.src, self.dst));
    }
}

impl<T: Element, D: Slot<T>, K: Kernel> Task for MapStreaming<'_, T, D, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let Self { src, dst, kernel } = self;
        match S::STREAMS {
            true => map::<S, T, K, _, Streamed>(token, Two::new(src, dst)),
            false => token.enter(MapInto { src, dst, kernel }),
        }
    }
}

impl<T: Element, K: Kernel> Task for MapInPlace<'_, T, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        map::<S, T, K, _, Plain>(token, self.data);
    }
}

/// Where arguments are and results go: two slices, or one.
trait Places<T>: Sized {
    type Slot: Slot<T>;
    fn src(&self) -> &[T];
    fn dst(&mut self) -> &mut [Self::Slot];
    fn split_at(self, n: usize) -> (Self, Self);
}

struct Two<'a, T, D> {
    src: &'a [T],
    dst: &'a mut [D],
}

impl<'a, T, D> Two<'a, T, D> {
    #[inline(always)]
    fn new(src: &'a [T], dst: &'a mut [D]) -> Self {
        assert_eq!(src.len(), dst.len(), "the source and the destination differ in length");
        Self { src, dst }
    }
}

impl<T, D: Slot<T>> Places<T> for Two<'_, T, D> {
    type Slot = D;
    #[inline(always)]
    fn src(&self) -> &[T] {
        self.src
    }
    #[inline(always)]
    fn dst(&mut self) -> &mut [D] {
        self.dst
    }
    #[inline(always)]
    fn split_at(self, n: usize) -> (Self, Self) {
        let ((src, src_rest), (dst, dst_rest)) = (self.src.split_at(n), self.dst.split_at_mut(n));
        (Self { src, dst }, Self { src: src_rest, dst: dst_rest })
    }
}

impl<T: Slot<T>> Places<T> for &mut [T] {
    type Slot = T;
    #[inline(always)]
    fn src(&self) -> &[T] {
        self
    }
    #[inline(always)]
    fn dst(&mut self) -> &mut [T] {
        self
    }
    #[inline(always)]
    fn split_at(self, n: usize) -> (Self, Self) {
        self.split_at_mut(n)
    }
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

#[inline(always)]
fn map<S: Simd, T: Element, K: Kernel, P: Places<T>, W: Stores>(token: S, mut places: P) {
    let block = T::Block::<S, K>::LEN;
    if places.src().len() < block {
        return part::<S, T, K, P>(token, places);
    }
    let head = until_line(places.dst(), block);
    let (first, mut rest) = places.split_at(head);
    if head > 0 {
        token.enter_cold(Part { places: first, kernel: PhantomData::<(T, K)> });
    }
    while rest.src().len() >= block {
        W::before(token, &rest.src()[..block]);
        match T::ordinary::<S, K>(T::Block::<S, K>::load(token, rest.src())) {
            Some(y) => {
                W::write(y, rest.dst());
                rest = rest.split_at(block).1;
            }
            None => rest = token.enter_cold(AnyBlocks { places: rest, kernel: PhantomData::<(T, K)> }),
        }
    }
    part::<S, T, K, P>(token, rest);
    W::after(token);
}

/// The number of elements before the first cache line that begins in a long slice; none of a short one.
#[inline(always)]
fn until_line<D>(dst: &[D], block: usize) -> usize {
    if dst.len() < LONG * block { 0 } else { dst.as_ptr().align_offset(LINE).min(block) }
}

/// Less than a block: vector by vector, and then what is left.
#[inline(always)]
fn part<S: Simd, T: Element, K: Kernel, P: Places<T>>(token: S, mut places: P) {
    let vector = T::Vector::<S>::LEN;
    while places.src().len() >= vector {
        let (mut one, rest) = places.split_at(vector);
        match T::ordinary_vector::<S, K>(T::Vector::<S>::load(token, one.src())) {
            Some(y) => y.store(one.dst()),
            None => token.enter_cold(AnyPart { places: one, kernel: PhantomData::<(T, K)> }),
        }
        places = rest;
    }
    if !places.src().is_empty() {
        match T::ordinary_vector::<S, K>(T::Vector::<S>::load_part(token, places.src())) {
            Some(y) => y.store_part(places.dst()),
            None => token.enter_cold(AnyPart { places, kernel: PhantomData::<(T, K)> }),
        }
    }
}

/// Less than a block, out of the way.
struct Part<P, K> {
    places: P,
    kernel: PhantomData<K>,
}

impl<T: Element, K: Kernel, P: Places<T>> Task for Part<P, (T, K)> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        part::<S, T, K, P>(token, self.places);
    }
}

/// A block that holds a rare element, and those that follow it as long as they do, too: rare elements come together, and
/// to enter code of another kind costs time. Returns what is left.
struct AnyBlocks<P, K> {
    places: P,
    kernel: PhantomData<K>,
}

impl<T: Element, K: Kernel, P: Places<T>> Task for AnyBlocks<P, (T, K)> {
    type Out = P;

    #[inline(always)]
    fn run<S: Simd>(self, token: S) -> P {
        let (block, mut rest) = (T::Block::<S, K>::LEN, self.places);
        let mut x = T::Block::<S, K>::load(token, rest.src());
        loop {
            T::any_block::<S, K>(x).store(rest.dst());
            rest = rest.split_at(block).1;
            if rest.src().len() < block {
                return rest;
            }
            x = T::Block::<S, K>::load(token, rest.src());
            if !T::rare::<S, K>(x) {
                return rest;
            }
        }
    }
}

/// One vector with a rare element, or part of one.
struct AnyPart<P, K> {
    places: P,
    kernel: PhantomData<K>,
}

impl<T: Element, K: Kernel, P: Places<T>> Task for AnyPart<P, (T, K)> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let mut places = self.places;
        T::any::<S, K>(T::Vector::<S>::load_part(token, places.src())).store_part(places.dst());
    }
}
