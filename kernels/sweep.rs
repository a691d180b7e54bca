//! A kernel over a slice.
//!
//! Blocks first, then vector by vector, then the last few elements in a vector filled up with ones: every element goes
//! through the same operations, so that its result does not depend on where it stands. In long slices, blocks begin where
//! results fill whole cache lines: a store across two of them costs as much as two.
//!
//! A slice that no cache holds is better [streamed](MapStreaming): a result that goes past the caches spares them, and the
//! memory need not be read before it is written.
use core::iter::Zip;
use core::marker::PhantomData;
use core::slice::{ChunksExact, ChunksExactMut};

use crate::isa::Slot;
use crate::lanes::{Element, Kernel, Lanes, Simd, Streaming, Task};

/// Bytes of a cache line.
const LINE: usize = 64;
/// Blocks from which on it pays to begin at a cache line.
const LONG: usize = 32;
/// Ordinary elements, one after another, from which on it pays to leave the code for rare ones.
const CALM: usize = 8;

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
    /// The address of the arguments that will be wanted after these, if it is known: their beginning is asked for in time.
    pub next: Option<usize>,
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
        map::<S, T, K, _, Plain>(token, self.kernel, Two::new(self.src, self.dst), None);
    }
}

impl<T: Element, D: Slot<T>, K: Kernel> Task for MapStreaming<'_, T, D, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let Self { src, dst, kernel, next } = self;
        match S::STREAMS {
            true => map::<S, T, K, _, Streamed>(token, kernel, Two::new(src, dst), next),
            false => token.enter(MapInto { src, dst, kernel }),
        }
    }
}

impl<T: Element, K: Kernel> Task for MapInPlace<'_, T, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        map::<S, T, K, _, Plain>(token, self.kernel, self.data, None);
    }
}

/// Where arguments are and results go: two slices, or one.
trait Places<T>: Sized {
    type Slot: Slot<T>;
    type Lent<'b>: Places<T>
    where
        Self: 'b;
    type Pieces: Iterator<Item = Self>;
    fn src(&self) -> &[T];
    fn dst(&mut self) -> &mut [Self::Slot];
    fn split_at(self, n: usize) -> (Self, Self);
    /// The same for a while.
    fn lend(&mut self) -> Self::Lent<'_>;
    /// Pieces of `n` elements, as many as there are, and what is left.
    fn pieces(self, n: usize) -> (Self::Pieces, Self);
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

struct PiecesOfTwo<'a, T, D>(Zip<ChunksExact<'a, T>, ChunksExactMut<'a, D>>);

impl<'a, T, D> Iterator for PiecesOfTwo<'a, T, D> {
    type Item = Two<'a, T, D>;
    #[inline(always)]
    fn next(&mut self) -> Option<Two<'a, T, D>> {
        let (src, dst) = self.0.next()?;
        Some(Two { src, dst })
    }
}

impl<'a, T, D: Slot<T>> Places<T> for Two<'a, T, D> {
    type Slot = D;
    type Lent<'b>
        = Two<'b, T, D>
    where
        Self: 'b;
    type Pieces = PiecesOfTwo<'a, T, D>;
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
    #[inline(always)]
    fn lend(&mut self) -> Two<'_, T, D> {
        Two { src: self.src, dst: self.dst }
    }
    #[inline(always)]
    fn pieces(self, n: usize) -> (Self::Pieces, Self) {
        let whole = self.src.len() / n * n;
        let (pieces, rest) = self.split_at(whole);
        (PiecesOfTwo(pieces.src.chunks_exact(n).zip(pieces.dst.chunks_exact_mut(n))), rest)
    }
}

impl<'a, T: Slot<T>> Places<T> for &'a mut [T] {
    type Slot = T;
    type Lent<'b>
        = &'b mut [T]
    where
        Self: 'b;
    type Pieces = ChunksExactMut<'a, T>;
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
    #[inline(always)]
    fn lend(&mut self) -> &mut [T] {
        self
    }
    #[inline(always)]
    fn pieces(self, n: usize) -> (Self::Pieces, Self) {
        let whole = self.len() / n * n;
        let (pieces, rest) = self.split_at_mut(whole);
        (pieces.chunks_exact_mut(n), rest)
    }
}

/// How blocks of results are written.
trait Stores {
    /// Bytes of the source that are asked for ahead of their use.
    const AHEAD: usize;
    /// Before the block of `src` at this place is computed; what lies `ahead`, in bytes, is to be asked for.
    fn before<S: Simd, T>(token: S, src: &[T], ahead: usize);
    /// Writes the block.
    fn write<V: Lanes, D: Slot<V::Elem>>(block: V, dst: &mut [D]);
    /// After all blocks.
    fn after<S: Simd>(token: S);
}

/// Into the caches.
struct Plain;

impl Stores for Plain {
    const AHEAD: usize = 0;
    #[inline(always)]
    fn before<S: Simd, T>(_: S, _: &[T], _: usize) {}
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
    // Into the second-level cache: asked for as "not to be kept", lines came half as fast on an Emerald Rapids, 10.9 GB/s of a
    // copy instead of 19.2, 55 instead of 126 on 16 threads; on a Zen 3 it makes no difference.
    const AHEAD: usize = 4096;
    #[inline(always)]
    fn before<S: Simd, T>(token: S, src: &[T], ahead: usize) {
        for line in (0..size_of_val(src)).step_by(LINE) {
            token.prefetch(src, ahead.wrapping_add(line));
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
fn map<S: Simd, T: Element, K: Kernel, P: Places<T>, W: Stores>(
    token: S,
    kernel: K,
    mut places: P,
    next: Option<usize>,
) {
    let block = T::Block::<S, K>::LEN;
    if places.src().len() < block {
        return part::<S, T, K, P>(token, kernel, places);
    }
    let head = until_line(places.dst(), block);
    let (first, mut rest) = places.split_at(head);
    if head > 0 {
        token.enter_cold(Part { places: first, kernel: (kernel, PhantomData::<T>) });
    }
    // One loop for what comes before the end and for the end, where the next arguments are asked for: with a second copy of its
    // code here, the compiler kept whole blocks in memory.
    let (mut ahead, mut end) = (W::AHEAD, None);
    if let Some(next) = next
        && W::AHEAD > 0
    {
        let near = rest.src().len().saturating_sub(W::AHEAD / size_of::<T>()) / block * block;
        let (most, last) = rest.split_at(near);
        (rest, end) = (most, Some((next.wrapping_sub(last.src().as_ptr().addr()), last)));
    }
    loop {
        let done = ordinary::<S, T, K, P::Lent<'_>, W>(token, kernel, rest.lend(), ahead);
        rest = rest.split_at(done).1;
        if rest.src().len() < block {
            match end.take() {
                Some(last) => (ahead, rest) = last,
                None => break,
            }
            continue;
        }
        let done = token.enter_cold(AnyBlocks { places: rest.lend(), kernel: (kernel, PhantomData::<T>) });
        rest = rest.split_at(done).1;
    }
    part::<S, T, K, P>(token, kernel, rest);
    W::after(token);
}

/// The blocks before the first with a rare element. Returns the number of elements that are done.
#[inline(always)]
fn ordinary<S: Simd, T: Element, K: Kernel, P: Places<T>, W: Stores>(
    token: S,
    kernel: K,
    places: P,
    ahead: usize,
) -> usize {
    let block = T::Block::<S, K>::LEN;
    let whole = places.src().len() / block * block;
    for (k, mut places) in places.pieces(block).0.enumerate() {
        W::before(token, places.src(), ahead);
        match T::ordinary::<S, K>(kernel, T::Block::<S, K>::load(token, places.src())) {
            Some(y) => W::write(y, places.dst()),
            None => return k * block,
        }
    }
    whole
}

/// The number of elements before the first cache line that begins in a long slice; none of a short one.
#[inline(always)]
fn until_line<D>(dst: &[D], block: usize) -> usize {
    if dst.len() < LONG * block { 0 } else { dst.as_ptr().align_offset(LINE).min(block) }
}

/// Less than a block: vector by vector, and then what is left.
#[inline(always)]
fn part<S: Simd, T: Element, K: Kernel, P: Places<T>>(token: S, kernel: K, places: P) {
    let (vectors, mut rest) = places.pieces(T::Vector::<S>::LEN);
    for mut places in vectors {
        match T::ordinary_vector::<S, K>(kernel, T::Vector::<S>::load(token, places.src())) {
            Some(y) => y.store(places.dst()),
            None => token.enter_cold(AnyPart { places, kernel: (kernel, PhantomData::<T>) }),
        }
    }
    if !rest.src().is_empty() {
        match T::ordinary_vector::<S, K>(kernel, T::Vector::<S>::load_part(token, rest.src())) {
            Some(y) => y.store_part(rest.dst()),
            None => token.enter_cold(AnyPart { places: rest, kernel: (kernel, PhantomData::<T>) }),
        }
    }
}

/// Less than a block, out of the way.
struct Part<P, K> {
    places: P,
    kernel: K,
}

impl<T: Element, K: Kernel, P: Places<T>> Task for Part<P, (K, PhantomData<T>)> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        part::<S, T, K, P>(token, self.kernel.0, self.places);
    }
}

/// A block that holds a rare element, and those that follow it until [`CALM`] elements are ordinary: rare elements come
/// together, and to enter code of another kind costs time. Returns the number of elements that are done.
struct AnyBlocks<P, K> {
    places: P,
    kernel: K,
}

impl<T: Element, K: Kernel, P: Places<T>> Task for AnyBlocks<P, (K, PhantomData<T>)> {
    type Out = usize;

    #[inline(always)]
    fn run<S: Simd>(self, token: S) -> usize {
        let block = T::Block::<S, K>::LEN;
        let whole = self.places.src().len() / block * block;
        let mut calm = 0;
        for (k, mut places) in self.places.pieces(block).0.enumerate() {
            let x = T::Block::<S, K>::load(token, places.src());
            // The first may hold none, but uncertain results.
            if k > 0 && !T::rare::<S, K>(self.kernel.0, x) {
                calm += block;
                if calm >= CALM {
                    return k * block;
                }
            } else {
                calm = 0;
            }
            T::any_block::<S, K>(self.kernel.0, x).store(places.dst());
        }
        whole
    }
}

/// One vector with a rare element, or part of one.
struct AnyPart<P, K> {
    places: P,
    kernel: K,
}

impl<T: Element, K: Kernel, P: Places<T>> Task for AnyPart<P, (K, PhantomData<T>)> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let mut places = self.places;
        T::any::<S, K>(self.kernel.0, T::Vector::<S>::load_part(token, places.src())).store_part(places.dst());
    }
}
