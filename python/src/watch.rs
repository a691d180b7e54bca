//! Kernels that tell what they should raise.
//!
//! What an op raises can be told from its arguments, but to look at these takes time of its own, and on a long slice the
//! memory would idle meanwhile. So it is done inside the kernel: an argument that may raise something counts as rare, and
//! where the kernel deals with rare ones, out of the way, they are looked at closely.
use std::cell::Cell;
use std::fmt::Debug;

use lanestack::Element;
use lanestack::kernels::exact::{exp::ExpExact, log::LogExact};
use lanestack::kernels::exp::Exp;
use lanestack::kernels::fast::{exp::ExpFast, log::LogFast};
use lanestack::kernels::lanes::{self, Double, Kernel, Lanes, Mask, Single, Spec};
use lanestack::kernels::log::Log;
use lanestack::kernels::sqrt::Sqrt;
use lanestack::kernels::square::Square;

use crate::flags::Flags;

thread_local! {
    /// What the kernels on this thread have found.
    static FOUND: Cell<Flags> = const { Cell::new(Flags::NONE) };
}

/// Does the work; returns what the watched kernels found meanwhile.
#[inline(always)]
pub fn found_in(work: impl FnOnce()) -> Flags {
    FOUND.set(Flags::NONE);
    work();
    FOUND.get()
}

/// A kernel that notes what it should raise.
#[derive(Clone, Copy, Debug)]
pub struct Watched<K>(K);

impl<K: Known> Watched<K> {
    pub const KERNEL: Self = Self(K::KERNEL);
}

macro_rules! watched {
    ($lanes:ident, $ordinary:ident, $rare:ident, $try:ident, $any:ident) => {
        #[inline(always)]
        fn $ordinary<V: $lanes>(self, x: V) -> V {
            self.0.$ordinary(x)
        }
        #[inline(always)]
        fn $rare<V: $lanes>(self, x: V) -> bool {
            self.0.$rare(x) || !K::Exceptions::are_none(x)
        }
        #[inline(always)]
        fn $try<V: $lanes>(self, x: V) -> Option<V> {
            self.0.$try(x)
        }
        #[inline(always)]
        fn $any<V: $lanes>(self, x: V) -> V {
            FOUND.set(FOUND.get() | K::Exceptions::of(x));
            self.0.$any(x)
        }
    };
}

impl<K: Known> Kernel for Watched<K> {
    const F32: Spec<f32> = K::F32;
    const F64: Spec<f64> = K::F64;
    type F32Block = K::F32Block;
    type F64Block = K::F64Block;
    watched!(Single, f32, f32_rare, f32_try, f32_any);
    watched!(Double, f64, f64_rare, f64_try, f64_any);
}

/// A kernel of which it is known what it should raise.
pub trait Known: Kernel {
    const KERNEL: Self;
    type Exceptions: Exceptions;
}

macro_rules! known {
    ($($kernel:ident: $exceptions:ident),*) => {
        $(impl Known for $kernel {
            const KERNEL: Self = $kernel;
            type Exceptions = $exceptions;
        })*
    };
}
known!(Exp: OfExp, ExpExact: OfExp, ExpFast: OfExp, Log: OfLog, LogExact: OfLog, LogFast: OfLog);
known!(Sqrt: OfSqrt, Square: OfSquare);

/// What a function raises, by its arguments.
pub trait Exceptions {
    /// Whether its own instructions raise just that: then nobody has to look.
    const BY_HARDWARE: bool = false;
    /// Whether there are certainly none, at a glance.
    fn are_none<V: Lanes<Elem: Float>>(x: V) -> bool;
    /// Those of all lanes.
    fn of<V: Lanes<Elem: Float>>(x: V) -> Flags;
}

pub struct OfExp;

impl Exceptions for OfExp {
    #[inline(always)]
    fn are_none<V: Lanes<Elem: Float>>(x: V) -> bool {
        x.abs().lt(x.splat(V::Elem::EXP)).all()
    }
    #[inline(always)]
    fn of<V: Lanes<Elem: Float>>(x: V) -> Flags {
        let finite = V::pick(x.abs().lt(x.splat(V::Elem::INFINITY)), x, x.splat(V::Elem::POSITIVE_ZERO));
        let [least, most] = V::Elem::EXP_NORMAL;
        Flags::UNDERFLOW.when(any(x, finite.lt(x.splat(least))))
            | Flags::OVERFLOW.when(any(x, x.splat(most).lt(finite)))
            | signaling(x)
    }
}

pub struct OfLog;

impl Exceptions for OfLog {
    #[inline(always)]
    fn are_none<V: Lanes<Elem: Float>>(x: V) -> bool {
        x.splat(V::Elem::POSITIVE_ZERO).lt(x).all()
    }
    #[inline(always)]
    fn of<V: Lanes<Elem: Float>>(x: V) -> Flags {
        let zero = x.splat(V::Elem::POSITIVE_ZERO);
        Flags::INVALID.when(any(x, x.lt(zero))) | Flags::DIVIDE.when(any(x, x.eq(zero))) | signaling(x)
    }
}

pub struct OfSqrt;

impl Exceptions for OfSqrt {
    #[inline(always)]
    fn are_none<V: Lanes<Elem: Float>>(x: V) -> bool {
        // -0 is its own root.
        x.splat(V::Elem::BELOW_ZERO).lt(x).all()
    }
    #[inline(always)]
    fn of<V: Lanes<Elem: Float>>(x: V) -> Flags {
        Flags::INVALID.when(any(x, x.lt(x.splat(V::Elem::POSITIVE_ZERO)))) | signaling(x)
    }
}

pub struct OfSquare;

impl Exceptions for OfSquare {
    const BY_HARDWARE: bool = true;
    #[inline(always)]
    fn are_none<V: Lanes<Elem: Float>>(_: V) -> bool {
        true
    }
    #[inline(always)]
    fn of<V: Lanes<Elem: Float>>(_: V) -> Flags {
        Flags::NONE
    }
}

/// Whether some lane holds.
#[inline(always)]
fn any<V: Lanes<Elem: Float>>(x: V, mask: V::Mask) -> bool {
    let zero = x.splat(V::Elem::POSITIVE_ZERO);
    !V::pick(mask, x.splat(<V::Elem as lanes::Element>::ONE), zero).eq(zero).all()
}

/// What signaling NaNs raise.
#[inline(always)]
fn signaling<V: Lanes<Elem: Float>>(x: V) -> Flags {
    if !any(x, x.is_nan()) {
        return Flags::NONE;
    }
    let mut lanes = [<V::Elem as lanes::Element>::ONE; MOST_LANES];
    x.store(&mut lanes);
    Flags::INVALID.when(lanes.into_iter().any(Float::is_signaling))
}

/// At least as many lanes as a block has, on any instruction set.
const MOST_LANES: usize = 256;

/// An element type, with what its exceptions depend on.
pub trait Float: Element {
    const POSITIVE_ZERO: Self;
    const INFINITY: Self;
    /// Zero's neighbour below.
    const BELOW_ZERO: Self;
    /// `exp` of arguments nearer to zero is normal.
    const EXP: Self;
    /// The least argument whose `exp` is normal, and the greatest whose `exp` is finite.
    const EXP_NORMAL: [Self; 2];

    fn is_signaling(self) -> bool;
}

macro_rules! float {
    ($t:ident, $exp:literal, $exp_normal:expr) => {
        impl Float for $t {
            const POSITIVE_ZERO: Self = 0.0;
            const INFINITY: Self = Self::INFINITY;
            const BELOW_ZERO: Self = -Self::from_bits(1);
            const EXP: Self = $exp;
            const EXP_NORMAL: [Self; 2] = $exp_normal;

            #[inline(always)]
            fn is_signaling(self) -> bool {
                let bits = self.abs().to_bits();
                Self::INFINITY.to_bits() < bits && bits < Self::NAN.to_bits()
            }
        }
    };
}
float!(f32, 87.0, [f32::from_bits(0xc2ae_ac4f), f32::from_bits(0x42b1_7217)]);
float!(f64, 708.0, [f64::from_bits(0xc086_232b_dd7a_bcd2), f64::from_bits(0x4086_2e42_fefa_39ef)]);
