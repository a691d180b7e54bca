//! The tiers.
use std::fmt;
use std::str::FromStr;

use crate::Error;

/// How accurate results are at least: a tier, chosen per engine or per call and never for the whole process.
///
/// A tier is an upper bound on the error. Where an op and a type have no kernel of their own for it, the next more
/// accurate one serves: [`Op::tier`](crate::Op::tier) tells which.
///
/// ```
/// use lanestack::{Accuracy, Engine, Op};
///
/// let x = [0.1f64, 1.0, 10.0];
/// let near = Engine::global().run(Op::Exp, &x); // within the bound of the default tier
/// let nearest = Engine::global().with_accuracy(Accuracy::Exact).run(Op::Exp, &x);
/// assert_eq!(nearest, [1.1051709180756477, 2.718281828459045, 22026.465794806718]);
/// # assert!(near.iter().zip(nearest).all(|(a, b)| a.to_bits().abs_diff(b.to_bits()) <= 1));
/// assert_eq!("exact".parse(), Ok(Accuracy::Exact));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Accuracy {
    /// Correctly rounded: no other number is nearer to the true value. The same bits on every machine.
    Exact,
    /// `f32` correctly rounded, `f64` within the bound of [`Op::spec`](crate::Op::spec).
    #[default]
    Default,
    /// `exp` and `log` of `f32` within the bound of [`Op::spec`](crate::Op::spec), below 1 ulp, in a third of the time or so;
    /// all else as by default.
    Fast,
}

impl Accuracy {
    /// All tiers, most accurate first.
    pub const ALL: &[Self] = &[Self::Exact, Self::Default, Self::Fast];

    /// The name, as it is parsed and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Default => "default",
            Self::Fast => "fast",
        }
    }
}

impl fmt::Display for Accuracy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Accuracy {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .iter()
            .copied()
            .find(|accuracy| accuracy.name() == name)
            .ok_or_else(|| Error::UnknownAccuracy { name: name.to_owned() })
    }
}
