//! What memory and arithmetic can do: kernels of our own, each of which is next to nothing or one operation.
use lanestack::kernels::lanes::{Double, Kernel, Medium, Single, Spec};

macro_rules! yardsticks {
    ($($(#[$doc:meta])* $yardstick:ident($x:ident) = $f:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $yardstick;

        impl Kernel for $yardstick {
            const F32: Spec<f32> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 0.1 };
            const F64: Spec<f64> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 0.1 };
            type F32Block = Medium;
            type F64Block = Medium;
            #[inline(always)]
            fn f32<V: Single>(self, $x: V) -> V {
                $f
            }
            #[inline(always)]
            fn f64<V: Double>(self, $x: V) -> V {
                $f
            }
        }
    )* };
}

yardsticks! {
    /// The element itself: what an op costs without arithmetic.
    Copied(x) = x;
    /// The negative: in place, the least work that changes every element.
    Negated(x) = x.splat(0.0) - x;
    /// One, whatever the element: in place, what writing costs.
    Filled(x) = x.splat(1.0);
    /// The square root as the CPU has it.
    Rooted(x) = x.sqrt();
    /// The reciprocal, by a division.
    Inverted(x) = x.splat(1.0) / x;
}
