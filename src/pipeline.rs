//! Several steps as one value: from code, or from text.
use std::fmt;
use std::mem;
use std::str::FromStr;

use lanestack_kernels::lanes::Kernel;
use lanestack_kernels::sqrt::Sqrt;
use lanestack_kernels::square::Square;
use lanestack_kernels::steps::{Abs, Affine, Chain, Clip, Link, Max, Min, Neg, Offset, Recip, Scale};

use crate::op::KernelTask;
use crate::{Accuracy, Element, Error, Op};

/// One step of a [`Pipeline`] over elements of type `T`.
///
/// Each rounds once, in the type of the elements, and gives the same bits on every machine, whether it has fused
/// multiply-add or not; `exp` and `log` are as accurate as the [`Engine`](crate::Engine)'s tier promises. NaN stays itself, made quiet,
/// if not said otherwise; a NaN made from numbers has a clear sign.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step<T> {
    /// One of the functions.
    Op(Op),
    /// `scale(a)`: `a x`.
    Scale(T),
    /// `offset(b)`: `x + b`.
    Offset(T),
    /// `affine(a, b)`: `a x + b`, one fused multiply-add.
    Affine(T, T),
    /// `neg`: the element with the other sign, NaN as well.
    Neg,
    /// `abs`: the element without its sign, NaN as well.
    Abs,
    /// `recip`: `1 / x`; `recip(±0) = ±inf`, `recip(±inf) = ±0`.
    Recip,
    /// `clip(lo, hi)`: `max(lo)`, then `min(hi)`.
    Clip(T, T),
    /// `min(c)`: the smaller of `x` and `c`, where -0 is smaller than +0.
    Min(T),
    /// `max(c)`: the larger of `x` and `c`, likewise.
    Max(T),
}

impl<T> From<Op> for Step<T> {
    fn from(op: Op) -> Self {
        Self::Op(op)
    }
}

/// The names of steps with constants, and without.
const NAMES: [&str; 9] = ["scale", "offset", "affine", "neg", "abs", "recip", "clip", "min", "max"];

impl<T: Element> Step<T> {
    /// The step of this name with these constants; else, why there is none.
    fn named(name: &str, constants: &[T]) -> Result<Self, String> {
        let step = match (name, constants) {
            ("scale", &[a]) => Self::Scale(a),
            ("offset", &[b]) => Self::Offset(b),
            ("affine", &[a, b]) => Self::Affine(a, b),
            ("neg", []) => Self::Neg,
            ("abs", []) => Self::Abs,
            ("recip", []) => Self::Recip,
            ("clip", &[lo, hi]) => Self::Clip(lo, hi),
            ("min", &[c]) => Self::Min(c),
            ("max", &[c]) => Self::Max(c),
            _ => match name.parse() {
                Ok(op) if constants.is_empty() => Self::Op(op),
                _ => return Err(Self::unknown(name, constants.len())),
            },
        };
        step.check()?;
        Ok(step)
    }

    /// Why there is no such step with so many constants.
    fn unknown(name: &str, given: usize) -> String {
        let wanted = match name {
            "scale" | "offset" | "min" | "max" => 1,
            "affine" | "clip" => 2,
            _ if NAMES.contains(&name) || name.parse::<Op>().is_ok() => 0,
            _ => {
                let names: Vec<_> = Op::ALL.iter().map(|op| op.name()).chain(NAMES).collect();
                return format!("no step is named {name:?}: there are {}", names.join(", "));
            }
        };
        let constants = |n| match n {
            0 => "no constants".to_owned(),
            1 => "1 constant".to_owned(),
            n => format!("{n} constants"),
        };
        format!("{name} takes {}, not {given}", constants(wanted))
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Op(op) => op.name(),
            Self::Scale(_) => "scale",
            Self::Offset(_) => "offset",
            Self::Affine(..) => "affine",
            Self::Neg => "neg",
            Self::Abs => "abs",
            Self::Recip => "recip",
            Self::Clip(..) => "clip",
            Self::Min(_) => "min",
            Self::Max(_) => "max",
        }
    }

    fn constants(&self) -> Vec<T> {
        match *self {
            Self::Op(_) | Self::Neg | Self::Abs | Self::Recip => vec![],
            Self::Scale(a) | Self::Offset(a) | Self::Min(a) | Self::Max(a) => vec![a],
            Self::Affine(a, b) | Self::Clip(a, b) => vec![a, b],
        }
    }

    /// Whether the constants will do; else, why not.
    #[allow(clippy::eq_op, reason = "a NaN is what differs from itself")]
    fn check(&self) -> Result<(), String> {
        if self.constants().iter().any(|c| c != c) {
            return Err(format!("a constant of {} is NaN", self.name()));
        }
        match self {
            Self::Clip(lo, hi) if lo > hi => {
                Err(format!("clip has bounds the wrong way round: {lo:?} is above {hi:?}"))
            }
            _ => Ok(()),
        }
    }

    /// The step as a link of a chain; an op that has far more to compute than to move stands by itself.
    fn link(self) -> Result<Link, Op> {
        Ok(match self {
            Self::Op(Op::Sqrt) => Link::Sqrt(Sqrt),
            Self::Op(Op::Square) => Link::Square(Square),
            Self::Op(op) => return Err(op),
            Self::Scale(a) => Link::Scale(Scale::new(a)),
            Self::Offset(b) => Link::Offset(Offset::new(b)),
            Self::Affine(a, b) => Link::Affine(Affine::new(a, b)),
            Self::Neg => Link::Neg(Neg),
            Self::Abs => Link::Abs(Abs),
            Self::Recip => Link::Recip(Recip),
            Self::Clip(lo, hi) => Link::Clip(Clip::new(lo, hi)),
            Self::Min(c) => Link::Min(Min::new(c)),
            Self::Max(c) => Link::Max(Max::new(c)),
        })
    }
}

/// As it is parsed; constants as short as they can be to be read back.
impl<T: Element> fmt::Display for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        let constants: Vec<_> = self.constants().into_iter().map(shortest).collect();
        if constants.is_empty() { Ok(()) } else { write!(f, "({})", constants.join(",")) }
    }
}

fn shortest<T: Element>(x: T) -> String {
    let (plain, exponential) = (x.to_string(), format!("{x:e}"));
    if plain.len() <= exponential.len() { plain } else { exponential }
}

/// Steps, one after another, evaluated in one pass over memory: see [`Engine::pipe`](crate::Engine::pipe).
///
/// The results have the bits that the steps give one after another. In text, steps are separated by `,` or `|`, with blanks
/// wherever they please; constants are read in the type of the elements: `affine(0.1,0)` multiplies `f32` by the `f32`
/// nearest to 0.1.
///
/// ```
/// use lanestack::{Engine, Op, Pipeline, Step};
///
/// let pipeline: Pipeline<f64> = "square, affine(2,-1) | sqrt".parse()?;
/// assert_eq!(pipeline.to_string(), "square,affine(2,-1),sqrt");
/// assert_eq!(pipeline, Pipeline::new([Op::Square.into(), Step::Affine(2.0, -1.0), Op::Sqrt.into()])?);
///
/// let engine = Engine::global();
/// assert_eq!(engine.pipe(&pipeline, &[1.0, 5.0]), [1.0, 7.0]);
///
/// let error = "square,afine(2,-1)".parse::<Pipeline<f64>>().unwrap_err();
/// assert!(error.to_string().contains("no step is named \"afine\""), "{error}");
/// # Ok::<(), lanestack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline<T> {
    steps: Vec<Step<T>>,
    stages: Vec<Stage>,
}

/// Steps that one kernel takes in registers: simple ones, and at the end one of the ops that stand by themselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    links: Vec<Link>,
    op: Option<Op>,
}

impl Stage {
    fn all_of<T: Element>(steps: &[Step<T>]) -> Vec<Self> {
        let mut stages = Vec::new();
        let mut stage = Self::default();
        for step in steps {
            match step.link() {
                Ok(link) => stage.links.push(link),
                Err(op) => {
                    stage.op = Some(op);
                    stages.push(mem::take(&mut stage));
                }
            }
        }
        if !stage.links.is_empty() {
            stages.push(stage);
        }
        stages
    }

    /// Runs the task with the stage's kernel.
    pub(crate) fn dispatch<T: Element, K: KernelTask>(&self, accuracy: Accuracy, task: K) -> K::Out {
        struct After<'a, K>(Chain<'a>, K);
        impl<K: KernelTask> KernelTask for After<'_, K> {
            type Out = K::Out;
            fn run<E: Kernel>(self, end: E) -> K::Out {
                self.1.run(self.0.then(end))
            }
        }
        let chain = Chain(&self.links);
        match self.op {
            None => task.run(chain),
            Some(op) if self.links.is_empty() => T::dispatch(op, accuracy, task),
            Some(op) => T::dispatch(op, accuracy, After(chain, task)),
        }
    }
}

impl<T: Element> Pipeline<T> {
    /// These steps. Without any, elements are copied.
    ///
    /// # Errors
    /// If a constant is NaN, or the bounds of a [`Step::Clip`] are the wrong way round.
    pub fn new(steps: impl IntoIterator<Item = Step<T>>) -> Result<Self, Error> {
        let steps: Vec<_> = steps.into_iter().collect();
        for (k, step) in steps.iter().enumerate() {
            if let Err(why) = step.check() {
                let at = steps[..k].iter().map(|step| step.to_string().len() + 1).sum();
                return Err(Error::BadPipeline { text: text_of(&steps), at, why });
            }
        }
        Ok(Self::of(steps))
    }

    fn of(steps: Vec<Step<T>>) -> Self {
        let stages = Stage::all_of(&steps);
        Self { steps, stages }
    }

    pub(crate) fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// The steps.
    pub fn steps(&self) -> &[Step<T>] {
        &self.steps
    }

    /// The nanoseconds of one element as the specs have them.
    pub(crate) fn ns(&self, accuracy: Accuracy) -> f64 {
        let ns = |step: &Step<T>| match *step {
            Step::Op(op) => op.spec::<T>(accuracy).ns,
            Step::Recip => size_of::<T>() as f64 * 0.08,
            _ => size_of::<T>() as f64 * 0.01,
        };
        self.steps.iter().map(ns).sum()
    }
}

impl<T: Element> From<Op> for Pipeline<T> {
    fn from(op: Op) -> Self {
        Self::of(vec![Step::Op(op)])
    }
}

fn text_of<T: Element>(steps: &[Step<T>]) -> String {
    steps.iter().map(Step::to_string).collect::<Vec<_>>().join(",")
}

impl<T: Element> fmt::Display for Pipeline<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&text_of(&self.steps))
    }
}

impl<T: Element> FromStr for Pipeline<T> {
    type Err = Error;

    /// # Errors
    /// [`Error::BadPipeline`], which knows the place in the text.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut reader = Reader { text, at: 0 };
        match reader.steps() {
            Ok(steps) => Ok(Self::of(steps)),
            Err((at, why)) => Err(Error::BadPipeline { text: text.to_owned(), at, why }),
        }
    }
}

/// What is wrong, and at which byte.
type Wrong = (usize, String);

/// Text that is read from its beginning to its end.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// All steps: `step {(","|"|") step}`.
    fn steps<T: Element>(&mut self) -> Result<Vec<Step<T>>, Wrong> {
        let mut steps = Vec::new();
        loop {
            steps.push(self.step()?);
            match self.peek() {
                None => return Ok(steps),
                Some(',' | '|') => self.at += 1,
                Some(found) => return Err((self.at, format!("expected a comma or the end, found {found:?}"))),
            }
        }
    }

    /// `name ["(" number {"," number} ")"]`.
    fn step<T: Element>(&mut self) -> Result<Step<T>, Wrong> {
        let next = self.peek();
        let start = self.at;
        let name = self.word(|c| c.is_alphanumeric() || c == '_');
        if name.is_empty() {
            return Err((start, format!("expected a step, found {}", found(next))));
        }
        let mut constants = Vec::new();
        if self.peek() == Some('(') {
            loop {
                self.at += 1;
                if self.peek() == Some(')') && constants.is_empty() {
                    break;
                }
                constants.push(self.number()?);
                match self.peek() {
                    Some(',') => {}
                    Some(')') => break,
                    next => return Err((self.at, format!("expected a comma or ')', found {}", found(next)))),
                }
            }
            self.at += 1;
        }
        Step::named(name, &constants).map_err(|why| (start, why))
    }

    fn number<T: Element>(&mut self) -> Result<T, Wrong> {
        let next = self.peek();
        let start = self.at;
        let word = self.word(|c| c.is_alphanumeric() || "+-._".contains(c));
        let number = word.parse::<T>().map_err(|_| {
            let found = if word.is_empty() { found(next) } else { format!("{word:?}") };
            (start, format!("expected a number, found {found}"))
        })?;
        let infinite = number.is_zero_or_infinite() && number != T::ZERO;
        if infinite && word.contains(|c: char| c.is_ascii_digit()) {
            return Err((start, format!("{word} is beyond the numbers of {}", T::NAME)));
        }
        Ok(number)
    }

    /// The next character that is no blank.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        rest.trim_start().chars().next()
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let word = &rest[..rest.find(|c| !belongs(c)).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }
}

fn found(next: Option<char>) -> String {
    next.map_or("the end".to_owned(), |c| format!("{c:?}"))
}
