//! The list of functions: the only one.
use std::fmt;
use std::str::FromStr;

use lanestack_kernels::lanes::{Kernel, Spec};

use crate::{Accuracy, Element, Error};

/// One line per function: its variant and name, its kernel, that of the exact tier if `f64` needs one of its own, and that
/// of the fast tier if `f32` gains by one.
macro_rules! ops {
    ($($(#[$doc:meta])* $op:ident $name:literal = $kernel:path $(, exact $exact:path)? $(, fast $fast:path)?;)*) => {
        /// A function of one element, by name.
        ///
        /// ```
        /// use lanestack::Op;
        ///
        /// assert_eq!("log".parse(), Ok(Op::Log));
        /// assert_eq!(Op::Log.to_string(), "log");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Op { $($(#[$doc])* $op),* }

        impl Op {
            /// All ops.
            pub const ALL: &[Self] = &[$(Self::$op),*];

            /// The name, as it is parsed and printed.
            pub fn name(self) -> &'static str {
                match self { $(Self::$op => $name),* }
            }

            /// Runs the task with the kernel of the default tier: the dispatch from a name to code.
            #[inline(always)]
            pub(crate) fn dispatch<T: KernelTask>(self, task: T) -> T::Out {
                match self { $(Self::$op => task.run($kernel)),* }
            }

            /// As `dispatch`, with the kernel that serves the tier for `f32`.
            #[inline(always)]
            pub(crate) fn dispatch_f32<T: KernelTask>(self, accuracy: Accuracy, task: T) -> T::Out {
                match (self, accuracy) {
                    $($((Self::$op, Accuracy::Fast) => task.run($fast),)?)*
                    _ => self.dispatch(task),
                }
            }

            /// As `dispatch`, with the kernel that serves the tier for `f64`.
            #[inline(always)]
            pub(crate) fn dispatch_f64<T: KernelTask>(self, accuracy: Accuracy, task: T) -> T::Out {
                match (self, accuracy) {
                    $($((Self::$op, Accuracy::Exact) => task.run($exact),)?)*
                    _ => self.dispatch(task),
                }
            }

            /// The tier that serves for `f32`.
            pub(crate) fn tier_f32(self, accuracy: Accuracy) -> Accuracy {
                match (self, accuracy) {
                    $($((Self::$op, Accuracy::Fast) => { let _ = $fast; Accuracy::Fast })?)*
                    _ => Accuracy::Default,
                }
            }

            /// The tier that serves for `f64`.
            pub(crate) fn tier_f64(self, accuracy: Accuracy) -> Accuracy {
                match (self, accuracy) {
                    $($((Self::$op, Accuracy::Exact) => { let _ = $exact; Accuracy::Exact })?)*
                    _ => Accuracy::Default,
                }
            }
        }
    };
}

ops! {
    /// The exponential function, see [`exp`](crate::exp).
    Exp "exp" = lanestack_kernels::exp::Exp, exact lanestack_kernels::exact::exp::ExpExact,
        fast lanestack_kernels::fast::exp::ExpFast;
    /// The natural logarithm, see [`log`](crate::log).
    Log "log" = lanestack_kernels::log::Log, exact lanestack_kernels::exact::log::LogExact,
        fast lanestack_kernels::fast::log::LogFast;
    /// The square root, see [`sqrt`](crate::sqrt).
    Sqrt "sqrt" = lanestack_kernels::sqrt::Sqrt;
    /// The square, see [`square`](crate::square).
    Square "square" = lanestack_kernels::square::Square;
}

/// Work that needs to know its kernel at compile time.
pub trait KernelTask {
    /// What the work returns.
    type Out;
    /// Does the work.
    fn run<K: Kernel>(self, kernel: K) -> Self::Out;
}

impl Op {
    /// What a tier promises for elements of type `T`: the largest error, and the special values.
    ///
    /// ```
    /// use lanestack::{Accuracy, Op};
    ///
    /// assert_eq!(Op::Exp.spec::<f32>(Accuracy::Default).ulp, 0.5); // correctly rounded
    /// assert_eq!(Op::Exp.spec::<f64>(Accuracy::Exact).ulp, 0.5);
    /// ```
    pub fn spec<T: Element>(self, accuracy: Accuracy) -> Spec<T> {
        struct SpecOf<T>(std::marker::PhantomData<T>);
        impl<T: Element> KernelTask for SpecOf<T> {
            type Out = Spec<T>;
            fn run<K: Kernel>(self, _: K) -> Spec<T> {
                T::spec::<K>()
            }
        }
        T::dispatch(self, accuracy, SpecOf(std::marker::PhantomData))
    }

    /// The tier whose kernel serves where this one is asked for: the op may have none of its own for the type, and then
    /// one at least as accurate serves.
    ///
    /// ```
    /// use lanestack::{Accuracy, Op};
    ///
    /// assert_eq!(Op::Exp.tier::<f64>(Accuracy::Exact), Accuracy::Exact);
    /// assert_eq!(Op::Exp.tier::<f32>(Accuracy::Fast), Accuracy::Fast);
    /// assert_eq!(Op::Sqrt.tier::<f64>(Accuracy::Exact), Accuracy::Default); // correctly rounded anyway
    /// ```
    pub fn tier<T: Element>(self, accuracy: Accuracy) -> Accuracy {
        T::tier(self, accuracy)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Op {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.iter().copied().find(|op| op.name() == name).ok_or_else(|| Error::UnknownOp { name: name.to_owned() })
    }
}
