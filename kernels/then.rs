//! Two kernels, one after the other, as one: the value between them stays in registers.
use crate::lanes::{BlockLen, Double, Kernel, Single, Spec};

/// What [`Kernel::then`] makes: `B` of `A` of an element.
#[derive(Clone, Copy, Debug)]
pub struct Then<A, B>(pub(crate) A, pub(crate) B);

macro_rules! one_after_the_other {
    ($lanes:ident, $ordinary:ident, $rare:ident, $try:ident, $any:ident) => {
        #[inline(always)]
        fn $ordinary<V: $lanes>(self, x: V) -> V {
            self.1.$any(self.0.$ordinary(x))
        }
        #[inline(always)]
        fn $rare<V: $lanes>(self, x: V) -> bool {
            self.0.$rare(x)
        }
        #[inline(always)]
        fn $try<V: $lanes>(self, x: V) -> Option<V> {
            let y = self.0.$try(x)?;
            if self.1.$rare(y) { None } else { self.1.$try(y) }
        }
        #[inline(always)]
        fn $any<V: $lanes>(self, x: V) -> V {
            self.1.$any(self.0.$any(x))
        }
    };
}

/// No bound holds for the two together: a small error of the first may be a large one after the second. Each keeps its own.
impl<A: Kernel, B: Kernel> Kernel for Then<A, B> {
    const F32: Spec<f32> =
        Spec { ulp: f64::INFINITY, ulp_unfused: f64::INFINITY, special: &[], ns: A::F32.ns + B::F32.ns };
    const F64: Spec<f64> =
        Spec { ulp: f64::INFINITY, ulp_unfused: f64::INFINITY, special: &[], ns: A::F64.ns + B::F64.ns };
    type F32Block = <A::F32Block as BlockLen>::Min<B::F32Block>;
    type F64Block = <A::F64Block as BlockLen>::Min<B::F64Block>;
    one_after_the_other!(Single, f32, f32_rare, f32_try, f32_any);
    one_after_the_other!(Double, f64, f64_rare, f64_try, f64_any);
}
