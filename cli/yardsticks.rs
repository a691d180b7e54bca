//! What memory can do: the least work that reads and writes as much as an op does, as kernels of our own.
use lanestack::kernels::lanes::{Double, Kernel, Medium, Single, Spec};

/// The element itself: what an op costs without arithmetic.
#[derive(Clone, Copy, Debug)]
pub struct Copied;

/// The negative: in place, the least work that changes every element.
#[derive(Clone, Copy, Debug)]
pub struct Negated;

/// One, whatever the element: in place, what writing costs.
#[derive(Clone, Copy, Debug)]
pub struct Filled;

/// The square root as the CPU has it.
#[derive(Clone, Copy, Debug)]
pub struct Rooted;

impl Kernel for Copied {
    const F32: Spec<f32> = Spec { ulp: 0.0, ulp_unfused: 0.0, special: &[], ns: 0.1 };
    const F64: Spec<f64> = Spec { ulp: 0.0, ulp_unfused: 0.0, special: &[], ns: 0.1 };
    type F32Block = Medium;
    type F64Block = Medium;
    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        x
    }
    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        x
    }
}

impl Kernel for Negated {
    const F32: Spec<f32> = Spec { ulp: 0.0, ulp_unfused: 0.0, special: &[], ns: 0.1 };
    const F64: Spec<f64> = Spec { ulp: 0.0, ulp_unfused: 0.0, special: &[], ns: 0.1 };
    type F32Block = Medium;
    type F64Block = Medium;
    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        x.splat(0.0) - x
    }
    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        x.splat(0.0) - x
    }
}

impl Kernel for Filled {
    const F32: Spec<f32> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 0.1 };
    const F64: Spec<f64> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 0.1 };
    type F32Block<S: Simd> = S::F32Block;
    type F64Block<S: Simd> = S::F64Block;
    #[inline(always)]
    fn f32<V: Single>(x: V) -> V {
        x.splat(1.0)
    }
    #[inline(always)]
    fn f64<V: Double>(x: V) -> V {
        x.splat(1.0)
    }
}

impl Kernel for Rooted {
    const F32: Spec<f32> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 0.1 };
    const F64: Spec<f64> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 0.1 };
    type F32Block<S: Simd> = S::F32Block;
    type F64Block<S: Simd> = S::F64Block;
    #[inline(always)]
    fn f32<V: Single>(x: V) -> V {
        x.sqrt()
    }
    #[inline(always)]
    fn f64<V: Double>(x: V) -> V {
        x.sqrt()
    }
}
