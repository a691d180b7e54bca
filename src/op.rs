//! The list of functions.
use std::fmt;
use std::str::FromStr;

use lanestack_kernels::lanes::{Element, Spec};
use lanestack_kernels::{exp::Exp, log::Log, sqrt::Sqrt, square::Square};

use crate::Error;

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
pub enum Op {
    /// The exponential function, see [`exp`](crate::exp).
    Exp,
    /// The natural logarithm, see [`log`](crate::log).
    Log,
    /// The square root, see [`sqrt`](crate::sqrt).
    Sqrt,
    /// The square, see [`square`](crate::square).
    Square,
}

impl Op {
    /// All ops.
    pub const ALL: &[Self] = &[Self::Exp, Self::Log, Self::Sqrt, Self::Square];

    /// The name, as it is parsed and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exp => "exp",
            Self::Log => "log",
            Self::Sqrt => "sqrt",
            Self::Square => "square",
        }
    }

    /// What is promised for elements of type `T`: the largest error, and the special values.
    ///
    /// ```
    /// use lanestack::Op;
    ///
    /// assert_eq!(Op::Exp.spec::<f32>().ulp, 0.5); // correctly rounded
    /// ```
    pub fn spec<T: Element>(self) -> Spec<T> {
        match self {
            Self::Exp => T::spec::<Exp>(),
            Self::Log => T::spec::<Log>(),
            Self::Sqrt => T::spec::<Sqrt>(),
            Self::Square => T::spec::<Square>(),
        }
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
        Self::ALL
            .iter()
            .copied()
            .find(|op| op.name() == name)
            .ok_or_else(|| Error::UnknownOp { name: name.to_owned() })
    }
}
