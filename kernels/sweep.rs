//! A kernel over a slice.
//!
//! Blocks first, then vector by vector, then the last few elements in a vector filled up with ones: every element goes
//! through the same operations, so that its result does not depend on where it stands. In long slices, blocks begin where
//! results fill whole cache lines: a store across two of them costs as much as two.
use crate::isa::Slot;
use crate::lanes::{Element, Kernel, Lanes, Simd, Task};

/// The most lanes that one vector has, on any isa.
const MOST_LANES: usize = 16;
/// Bytes of a cache line.
const LINE: usize = 64;
/// Blocks from which on it pays to begin at a cache line.
const LONG: usize = 32;

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
        let Self { src, dst, kernel } = self;
        assert_eq!(src.len(), dst.len(), "the source and the destination differ in length");
        let block = T::Block::<S, K>::LEN;
        let head = until_line(dst, block);
        let ((first, src), (first_dst, dst)) = (src.split_at(head), dst.split_at_mut(head));
        if head > 0 {
            token.enter_cold(Rest { src: first, dst: first_dst, kernel });
        }
        let (mut s, mut d) = (src.chunks_exact(block), dst.chunks_exact_mut(block));
        for (src, dst) in (&mut s).zip(&mut d) {
            let x = T::Block::<S, K>::load(token, src);
            match if T::rare::<S, K>(x) { None } else { T::ordinary::<S, K>(x) } {
                Some(y) => y.store(dst),
                None => token.enter_cold(AnyBlock { src, dst, kernel }),
            }
        }
        Rest { src: s.remainder(), dst: d.into_remainder(), kernel }.run(token);
    }
}

impl<T: Element + Slot<T>, K: Kernel> Task for MapInPlace<'_, T, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let Self { data, kernel } = self;
        let block = T::Block::<S, K>::LEN;
        let (head, data) = data.split_at_mut(until_line(data, block));
        if !head.is_empty() {
            token.enter_cold(RestInPlace { data: head, kernel });
        }
        let mut blocks = data.chunks_exact_mut(block);
        for data in &mut blocks {
            let x = T::Block::<S, K>::load(token, data);
            match if T::rare::<S, K>(x) { None } else { T::ordinary::<S, K>(x) } {
                Some(y) => y.store(data),
                None => token.enter_cold(AnyBlockInPlace { data, kernel }),
            }
        }
        RestInPlace { data: blocks.into_remainder(), kernel }.run(token);
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
    #[allow(dead_code, reason = "names the type")]
    kernel: K,
}

impl<T: Element, D: Slot<T>, K: Kernel> Task for Rest<'_, T, D, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let vector = T::Vector::<S>::LEN;
        let (mut s, mut d) = (self.src.chunks_exact(vector), self.dst.chunks_exact_mut(vector));
        for (src, dst) in (&mut s).zip(&mut d) {
            T::any::<S, K>(T::Vector::<S>::load(token, src)).store(dst);
        }
        let (src, dst) = (s.remainder(), d.into_remainder());
        if !src.is_empty() {
            for (d, y) in dst.iter_mut().zip(last::<S, T, K>(token, src)) {
                d.put(y);
            }
        }
    }
}

/// Less than a block, in place.
struct RestInPlace<'a, T, K> {
    data: &'a mut [T],
    #[allow(dead_code, reason = "names the type")]
    kernel: K,
}

impl<T: Element, K: Kernel> Task for RestInPlace<'_, T, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let mut vectors = self.data.chunks_exact_mut(T::Vector::<S>::LEN);
        for data in &mut vectors {
            T::any::<S, K>(T::Vector::<S>::load(token, data)).store(data);
        }
        let data = vectors.into_remainder();
        if !data.is_empty() {
            let ys = last::<S, T, K>(token, data);
            data.copy_from_slice(&ys[..data.len()]);
        }
    }
}

/// The results of fewer elements than a vector has, and then some ones'.
#[inline(always)]
fn last<S: Simd, T: Element + Slot<T>, K: Kernel>(token: S, src: &[T]) -> [T; MOST_LANES] {
    const { assert!(T::Vector::<S>::LEN <= MOST_LANES) };
    let mut lanes = [T::ONE; MOST_LANES];
    lanes[..src.len()].copy_from_slice(src);
    T::any::<S, K>(T::Vector::<S>::load(token, &lanes)).store(&mut lanes);
    lanes
}

/// One block with a rare element.
struct AnyBlock<'a, T, D, K> {
    src: &'a [T],
    dst: &'a mut [D],
    #[allow(dead_code, reason = "names the type")]
    kernel: K,
}

impl<T: Element, D: Slot<T>, K: Kernel> Task for AnyBlock<'_, T, D, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        T::any_block::<S, K>(T::Block::<S, K>::load(token, self.src)).store(self.dst);
    }
}

/// One block with a rare element, in place.
struct AnyBlockInPlace<'a, T, K> {
    data: &'a mut [T],
    #[allow(dead_code, reason = "names the type")]
    kernel: K,
}

impl<T: Element + Slot<T>, K: Kernel> Task for AnyBlockInPlace<'_, T, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        T::any_block::<S, K>(T::Block::<S, K>::load(token, self.data)).store(self.data);
    }
}
