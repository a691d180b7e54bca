//! The loops that find the roofs: each does nothing but what it measures, as often as it is told.
use std::hint::black_box;

use lanestack::kernels::lanes::{Element, Kernel, Lanes, Simd, Task};
use lanestack::kernels::sweep::{MapInPlace, MapInto, MapStreaming};

use crate::yardsticks::Filled;

/// Chains of dependent multiply-adds side by side. An x86-64 CPU starts two a cycle at most and ends each after four or five,
/// so that ten keep it busy; with their factor, fourteen fit in sixteen registers. Arm's start four, and there are 32.
pub const CHAINS: usize = if cfg!(target_arch = "aarch64") { 24 } else { 14 };
/// The same where a vector is two registers.
pub const CHAINS_OF_PAIRS: usize = CHAINS / 2;
/// Sums side by side, for the same reason.
const SUMS: usize = 8;
/// The most lanes that a vector has.
const LANES: usize = 16;
/// Elements that [`MultiplyAdds`] starts from.
pub const START: usize = CHAINS * LANES;

/// Adds up the elements.
pub struct Read<'a>(pub &'a [f64], pub usize);
/// Writes ones.
pub struct Write<'a>(pub &'a mut [f64], pub usize);
/// The kernel of the one to the other, through the caches.
pub struct Map<'a, T, K>(pub K, pub &'a [T], pub &'a mut [T], pub usize);
/// The same past the caches, where the isa can.
pub struct Stream<'a, T, K>(pub K, pub &'a [T], pub &'a mut [T], pub usize);
/// So many chains of multiply-adds in registers, from elements and a factor that the compiler must not know.
pub struct MultiplyAdds<'a, T, const N: usize>(pub &'a [T; START], pub T, pub usize);

impl Task for Read<'_> {
    type Out = f64;
    #[inline(always)]
    fn run<S: Simd>(self, token: S) -> f64 {
        let Self(src, passes) = self;
        let mut sums = [S::F64::new(token, 0.0); SUMS];
        for _ in 0..passes {
            for piece in black_box(src).chunks_exact(SUMS * S::F64::LEN) {
                for (sum, part) in sums.iter_mut().zip(piece.chunks_exact(S::F64::LEN)) {
                    *sum = *sum + S::F64::load(token, part);
                }
            }
        }
        first(sums)
    }
}

impl Task for Write<'_> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let Self(data, passes) = self;
        for _ in 0..passes {
            MapInPlace { data: black_box(&mut *data), kernel: Filled }.run(token);
        }
    }
}

impl<T: Element, K: Kernel> Task for Map<'_, T, K> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let Self(kernel, src, dst, passes) = self;
        for _ in 0..passes {
            MapInto { src: black_box(src), dst: black_box(&mut *dst), kernel }.run(token);
        }
    }
}

impl<T: Element, K: Kernel> Task for Stream<'_, T, K> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let Self(kernel, src, dst, passes) = self;
        for _ in 0..passes {
            MapStreaming { src: black_box(src), dst: black_box(&mut *dst), kernel, next: None }.run(token);
        }
    }
}

impl<T: Element, const N: usize> Task for MultiplyAdds<'_, T, N> {
    type Out = T;
    #[inline(always)]
    fn run<S: Simd>(self, token: S) -> T {
        let Self(start, factor, passes) = self;
        let factor = T::Vector::<S>::new(token, factor);
        let mut x = [factor; N];
        for (x, start) in x.iter_mut().zip(start.chunks_exact(LANES)) {
            *x = T::Vector::<S>::load(token, start);
        }
        for _ in 0..passes {
            for x in &mut x {
                *x = x.mul_add(factor, factor);
            }
        }
        first(x)
    }
}

/// The first lane of the sum. The compiler must not know that the others are not needed.
#[inline(always)]
fn first<V: Lanes, const N: usize>(vectors: [V; N]) -> V::Elem {
    let mut sum = vectors[0];
    for vector in &vectors[1..] {
        sum = sum + *vector;
    }
    let mut lanes = [V::Elem::ONE; LANES];
    sum.store(&mut lanes);
    black_box(lanes)[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yardsticks::{Copied, Inverted, Rooted};
    use lanestack::{Engine, Isa};

    #[test]
    fn every_loop_does_its_work() {
        for &isa in Isa::available() {
            let engine = Engine::builder().isa(isa).build().expect("it is available");
            let (src, mut dst) = (vec![4.0f64; 4096], vec![0.0; 4096]);
            let sum: f64 = engine.enter(Read(&src, 3));
            assert_eq!(sum, 3.0 * 4.0 * 4096.0 / engine.enter(Lane) as f64, "{isa}");
            engine.enter(Map(Copied, &src, &mut dst, 1));
            assert_eq!(dst, src, "{isa}");
            engine.enter(Write(&mut dst, 1));
            assert_eq!(dst, [1.0; 4096], "{isa}");
            engine.enter(Stream(Copied, &src, &mut dst, 1));
            assert_eq!(dst, src, "{isa}");
            engine.enter(Map(Rooted, &src, &mut dst, 1));
            assert_eq!(dst, [2.0; 4096], "{isa}");
            engine.enter(Map(Inverted, &src, &mut dst, 1));
            assert_eq!(dst, [0.25; 4096], "{isa}");
            let three = engine.enter(MultiplyAdds::<f32, CHAINS>(&[3.0; START], 0.5, 2));
            assert_eq!(three, CHAINS as f32 * (3.0 / 4.0 + 0.5 / 2.0 + 0.5), "{isa}");
        }
    }

    struct Lane;
    impl Task for Lane {
        type Out = usize;
        fn run<S: Simd>(self, _: S) -> usize {
            S::F64::LEN
        }
    }
}
