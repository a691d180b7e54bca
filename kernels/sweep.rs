//! A kernel over a slice.
//!
//! Blocks first, then vector by vector, then the last few elements in a vector filled up with ones: every element goes
//! through the same operations, so that its result does not depend on where it stands.
use crate::isa::Slot;
use crate::lanes::{Element, Kernel, Lanes, Simd, Task};

/// The most lanes that one vector has, on any isa.
const MOST_LANES: usize = 16;

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
        let block = T::Block::<S>::LEN;
        let (mut s, mut d) = (src.chunks_exact(block), dst.chunks_exact_mut(block));
        for (src, dst) in (&mut s).zip(&mut d) {
            let x = T::Block::<S>::load(token, src);
            if T::rare::<S, K>(x) {
                token.enter_cold(AnyBlock { src, dst, kernel });
            } else {
                T::ordinary::<S, K>(x).store(dst);
            }
        }
        let vector = T::Vector::<S>::LEN;
        let (mut s, mut d) = (s.remainder().chunks_exact(vector), d.into_remainder().chunks_exact_mut(vector));
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

impl<T: Element + Slot<T>, K: Kernel> Task for MapInPlace<'_, T, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let Self { data, kernel } = self;
        let mut blocks = data.chunks_exact_mut(T::Block::<S>::LEN);
        for data in &mut blocks {
            let x = T::Block::<S>::load(token, data);
            if T::rare::<S, K>(x) {
                token.enter_cold(AnyBlockInPlace { data, kernel });
            } else {
                T::ordinary::<S, K>(x).store(data);
            }
        }
        let mut vectors = blocks.into_remainder().chunks_exact_mut(T::Vector::<S>::LEN);
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
        T::any_block::<S, K>(T::Block::<S>::load(token, self.src)).store(self.dst);
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
        T::any_block::<S, K>(T::Block::<S>::load(token, self.data)).store(self.data);
    }
}
