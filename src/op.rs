//! The list of functions: the only one.
use std::fmt;
use std::str::FromStr;

use lanestack_kernels::lanes::{Kernel, Spec};

use crate::{Element, Error};

/// One line per function: its variant and name, and its kernel.
macro_rules! ops {
    ($($(#[$doc:meta])* $op:ident $name:literal = $kernel:path;)*) => {
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

            /// Runs the task with the op's kernel: the dispatch from a name to code.
            pub(crate) fn dispatch<T: KernelTask>(self, task: T) -> T::Out {
                match self { $(Self::$op => task.run($kernel)),* }
            }
        }
    };
}

ops! {
    /// The exponential function, see [`exp`](crate::exp).
    Exp "exp" = lanestack_kernels::exp::Exp;
    /// The natural logarithm, see [`log`](crate::log).
    Log "log" = lanestack_kernels::log::Log;
    /// The square root, see [`sqrt`](crate::sqrt).
    Sqrt "sqrt" = lanestack_kernels::sqrt::Sqrt;
    /// The square, see [`square`](crate::square).
    Square "square" = lanestack_kernels::square::Square;
}

/// Work that needs to know its kernel at compile time.
pub(crate) trait KernelTask {
    /// What the work returns.
    type Out;
    /// Does the work.
    fn run<K: Kernel>(self, kernel: K) -> Self::Out;
}

impl Op {
    /// What is promised for elements of type `T`: the largest error, and the special values.
    ///
    /// ```
    /// use lanestack::Op;
    ///
    /// assert_eq!(Op::Exp.spec::<f32>().ulp, 0.5); // correctly rounded
    /// ```
    pub fn spec<T: Element>(self) -> Spec<T> {
        struct SpecOf<T>(std::marker::PhantomData<T>);
        impl<T: Element> KernelTask for SpecOf<T> {
            type Out = Spec<T>;
            fn run<K: Kernel>(self, _: K) -> Spec<T> {
                T::spec::<K>()
            }
        }
        self.dispatch(SpecOf(std::marker::PhantomData))
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
