//! What can go wrong before any element is computed.
use std::fmt;

use crate::{Accuracy, Isa, Op, Stores, Threads};

/// Why an [`Engine`](crate::Engine) could not be built, or a name not be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// No instruction set has this name.
    UnknownIsa {
        /// The name.
        name: String,
    },
    /// This CPU, or the operating system on it, lacks the instruction set that was asked for.
    IsaUnavailable {
        /// The instruction set.
        isa: Isa,
    },
    /// No op has this name.
    UnknownOp {
        /// The name.
        name: String,
    },
    /// No tier has this name.
    UnknownAccuracy {
        /// The name.
        name: String,
    },
    /// No way of storing results has this name.
    UnknownStores {
        /// The name.
        name: String,
    },
    /// Neither `auto` nor a number of elements.
    BadLength {
        /// What stood there instead.
        text: String,
    },
    /// Neither `auto` nor a number of threads from 1 to 4096.
    BadThreads {
        /// What stood there instead.
        text: String,
    },
    /// A text is not understood as a [`Pipeline`](crate::Pipeline).
    BadPipeline {
        /// The text.
        text: String,
        /// The byte of it where what is wrong begins.
        at: usize,
        /// What is wrong there.
        why: String,
    },
    /// An Arrow array has elements that the op or the pipeline is not for.
    ArrayType {
        /// Which array of its column, from 0.
        at: usize,
        /// The type that it has.
        found: String,
        /// The type that it must have.
        expected: &'static str,
    },
    /// An environment variable holds something that is not understood.
    Environment {
        /// The name of the variable.
        variable: &'static str,
        /// What is wrong with its value.
        cause: Box<Error>,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownIsa { name } => {
                write!(f, "unknown instruction set {name:?}: expected one of {}", names(Isa::ALL))
            }
            Self::IsaUnavailable { isa } => {
                write!(f, "this CPU does not offer {isa}: available are {}", names(Isa::available()))
            }
            Self::UnknownOp { name } => write!(f, "unknown op {name:?}: expected one of {}", names(Op::ALL)),
            Self::UnknownAccuracy { name } => {
                write!(f, "unknown accuracy {name:?}: expected one of {}", names(Accuracy::ALL))
            }
            Self::UnknownStores { name } => {
                write!(f, "unknown stores {name:?}: expected one of {}", names(Stores::ALL))
            }
            Self::BadLength { text } => {
                write!(f, "bad number of elements {text:?}: expected {} or a whole number", Threads::Auto)
            }
            Self::BadThreads { text } => {
                let (auto, most) = (Threads::Auto, Threads::POSSIBLE.end());
                write!(f, "bad number of threads {text:?}: expected {auto} or a number from 1 to {most}")
            }
            Self::BadPipeline { text, at, why } => {
                write!(f, "bad pipeline {text:?}: at character {}: {why}", text[..*at].chars().count() + 1)
            }
            Self::ArrayType { at, found, expected } => {
                write!(f, "Arrow array {at} has the type {found}: expected {expected}; cast it first")
            }
            Self::Environment { variable, cause } => write!(f, "environment variable {variable}: {cause}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Environment { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

fn names<T: fmt::Display>(all: &[T]) -> String {
    all.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}
