//! What a pipeline cannot do without: scaling and shifting, signs, reciprocals and bounds.
//!
//! # Method
//! One operation each, in the element's own type, with the constants in that type, too.
//!
//! # Error
//! 0.5 ulp: correctly rounded. [`Affine`] is one fused multiply-add on every isa; where there is no such instruction, it
//! is computed element by element, some ten times slower.
//!
//! # Domain
//! All numbers.
//!
//! # Special
//! A NaN stays itself, made quiet; but [`Neg`] and [`Abs`] change its sign, and nothing else. A NaN made from numbers
//! (`0 * inf`, `inf - inf`) has a clear sign and no payload. `recip(±0) = ±inf`, `recip(±inf) = ±0`. In [`Min`], [`Max`] and
//! [`Clip`], -0 is less than +0, as in IEEE 754's minimum and maximum: `max(0)` of -0 is +0, and `min(-0)` of +0 is -0.
//!
//! # Speed
//! The store's, as that of the [square](crate::square); of [`Recip`] the division's: on a Zen 4 ten cycles for eight `f64`.
//!
//! # Source
//! IEEE 754-2019, 5.4.1, 5.5.1 and 9.6.
use crate::lanes::{Double, Element, Kernel, Lanes, Medium, Single, Spec};
use crate::sqrt::Sqrt;
use crate::square::Square;

/// A constant of a kernel, which serves either element type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant {
    f32: f32,
    f64: f64,
}

impl From<f32> for Constant {
    fn from(x: f32) -> Self {
        Self { f32: x, f64: x.into() }
    }
}

impl From<f64> for Constant {
    /// For elements of `f32`, it is rounded.
    fn from(x: f64) -> Self {
        Self { f32: x as f32, f64: x }
    }
}

/// Kernels with their constants, and the functions on lanes that they are.
macro_rules! steps {
    (@struct $(#[$doc:meta])* $kernel:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $kernel;
    };
    (@struct $(#[$doc:meta])* $kernel:ident $($constant:ident)+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $kernel { $($constant: Constant),* }

        impl $kernel {
            /// The kernel, with its constants, which are not to be NaN.
            pub fn new($($constant: impl Into<Constant>),*) -> Self {
                Self { $($constant: $constant.into()),* }
            }
        }
    };
    ($($(#[$doc:meta])* $kernel:ident($($constant:ident),*) = $f:path, $ns:expr;)*) => { $(
        steps!(@struct $(#[$doc])* $kernel $($constant)*);

        impl Kernel for $kernel {
            const F32: Spec<f32> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: $ns / 2.0 };
            const F64: Spec<f64> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: $ns };
            type F32Block = Medium;
            type F64Block = Medium;
            #[inline(always)]
            fn f32<V: Single>(self, x: V) -> V {
                $f(x, $(self.$constant.f32),*)
            }
            #[inline(always)]
            fn f64<V: Double>(self, x: V) -> V {
                $f(x, $(self.$constant.f64),*)
            }
        }
    )* };
}

steps! {
    /// `a x`.
    Scale(a) = scale, 0.09;
    /// `x + b`.
    Offset(b) = offset, 0.09;
    /// `a x + b`, rounded once.
    Affine(a, b) = affine, 0.09;
    /// `-x`.
    Neg() = Lanes::neg, 0.09;
    /// `|x|`.
    Abs() = Lanes::abs, 0.09;
    /// `1 / x`.
    Recip() = recip, 0.4;
    /// The smaller of `x` and `c`.
    Min(c) = min, 0.1;
    /// The larger of `x` and `c`.
    Max(c) = max, 0.1;
    /// The nearest to `x` that is neither below `lo` nor above `hi`, which is not to be less: `min(hi)` of `max(lo)`.
    Clip(lo, hi) = clip, 0.12;
}

/// A step, as a value.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the kernel of its name")]
pub enum Link {
    Sqrt(Sqrt),
    Square(Square),
    Scale(Scale),
    Offset(Offset),
    Affine(Affine),
    Neg(Neg),
    Abs(Abs),
    Recip(Recip),
    Min(Min),
    Max(Max),
    Clip(Clip),
}

/// Steps that are known at run time only, one after another as one kernel: a block stays in registers, and a jump leads from
/// step to step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chain<'a>(pub &'a [Link]);

/// The expression with the link's kernel.
macro_rules! each_link {
    ($link:expr, $kernel:ident => $f:expr) => {
        match $link {
            Link::Sqrt($kernel) => $f,
            Link::Square($kernel) => $f,
            Link::Scale($kernel) => $f,
            Link::Offset($kernel) => $f,
            Link::Affine($kernel) => $f,
            Link::Neg($kernel) => $f,
            Link::Abs($kernel) => $f,
            Link::Recip($kernel) => $f,
            Link::Min($kernel) => $f,
            Link::Max($kernel) => $f,
            Link::Clip($kernel) => $f,
        }
    };
}

macro_rules! link_by_link {
    ($lanes:ident, $f:ident, $rare:ident, $try:ident, $any:ident) => {
        #[inline(always)]
        fn $f<V: $lanes>(self, x: V) -> V {
            self.$any(x)
        }
        #[inline(always)]
        fn $try<V: $lanes>(self, mut x: V) -> Option<V> {
            for link in self.0 {
                x = each_link!(*link, kernel => if kernel.$rare(x) { return None } else { kernel.$try(x)? });
            }
            Some(x)
        }
        #[inline(always)]
        fn $any<V: $lanes>(self, mut x: V) -> V {
            for link in self.0 {
                x = each_link!(*link, kernel => kernel.$any(x));
            }
            x
        }
    };
}

/// No bound holds for all together; each step keeps its own.
impl Kernel for Chain<'_> {
    const F32: Spec<f32> = Spec { ulp: f64::INFINITY, ulp_unfused: f64::INFINITY, special: &[], ns: 0.05 };
    const F64: Spec<f64> = Spec { ulp: f64::INFINITY, ulp_unfused: f64::INFINITY, special: &[], ns: 0.09 };
    type F32Block = Medium;
    type F64Block = Medium;
    link_by_link!(Single, f32, f32_rare, f32_try, f32_any);
    link_by_link!(Double, f64, f64_rare, f64_try, f64_any);
}

#[inline(always)]
fn scale<V: Lanes>(x: V, a: V::Elem) -> V {
    clear(x, x * x.splat(a), a, a)
}

#[inline(always)]
fn offset<V: Lanes>(x: V, b: V::Elem) -> V {
    clear(x, x + x.splat(b), V::Elem::ONE, b)
}

#[inline(always)]
fn affine<V: Lanes>(x: V, a: V::Elem, b: V::Elem) -> V {
    clear(x, x.fused(x.splat(a), x.splat(b)), a, b)
}

/// `y = a x + b`, with a clear sign where it is NaN and `x` is not: x86 sets it by itself, Arm does not.
#[inline(always)]
fn clear<V: Lanes>(x: V, y: V, a: V::Elem, b: V::Elem) -> V {
    // Only then can it be: otherwise numbers give numbers.
    if a.is_zero_or_infinite() || b.is_zero_or_infinite() {
        let nan = x.splat(V::Elem::NAN);
        return V::pick(x.is_nan(), y, V::pick(y.is_nan(), nan, y));
    }
    y
}

#[inline(always)]
fn recip<V: Lanes>(x: V) -> V {
    x.splat(V::Elem::ONE) / x
}

#[inline(always)]
fn min<V: Lanes>(x: V, c: V::Elem) -> V {
    // -0 < +0: all that is above the largest number below -0 is replaced by -0.
    let y = V::pick(x.splat(c.next_down_from_negative_zero()).lt(x), x.splat(c), x);
    V::pick(x.is_nan(), x + x, y)
}

#[inline(always)]
fn max<V: Lanes>(x: V, c: V::Elem) -> V {
    let y = V::pick(x.lt(x.splat(c.next_up_from_zero())), x.splat(c), x);
    V::pick(x.is_nan(), x + x, y)
}

#[inline(always)]
fn clip<V: Lanes>(x: V, lo: V::Elem, hi: V::Elem) -> V {
    min(max(x, lo), hi)
}
