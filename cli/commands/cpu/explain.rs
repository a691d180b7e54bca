//! What is done with a slice, and why.
use clap::ValueEnum;
use lanestack::{Element, Engine, Op, Plan, Target};
use serde::Serialize;

use super::facts::{first, why_isa};
use crate::args::{Cpu, Dtype, elements};
use crate::failure::Failure;

/// The version of the JSON document's form: `docs/schemas/cpu-explain.schema.json`.
const SCHEMA: u32 = 1;
/// The longest slice that is thought of, in elements.
const LONGEST: usize = 1 << 40;

/// The plans for an op and a type; the fields are those of the JSON document.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// The version of this document's form.
    pub schema: u32,
    pub op: &'static str,
    pub dtype: &'static str,
    /// The number of elements, if one was given.
    pub elements: Option<usize>,
    /// Into memory of the caller's, in place and into new memory; without a number of elements, each from the number on
    /// from which it holds.
    pub plans: Vec<Planned>,
}

/// One plan.
#[derive(Debug, Serialize)]
pub struct Planned {
    /// `into`, `in-place` or `new`.
    pub target: &'static str,
    pub elements: usize,
    pub isa: &'static str,
    pub tier: &'static str,
    pub threads: usize,
    /// Elements of a chunk, which a thread takes at a time.
    pub chunk: usize,
    pub streaming: bool,
    pub prefetching: bool,
    pub huge_pages: bool,
    /// Bytes read and written.
    pub bytes: usize,
    /// Estimated nanoseconds on one thread.
    pub serial_ns: f64,
    /// Estimated nanoseconds on all threads, if that was estimated.
    pub parallel_ns: Option<f64>,
    /// Names, and what was decided and why.
    pub why: Vec<(String, String)>,
}

impl Explanation {
    /// As the options ask for.
    pub fn new(options: &Cpu) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::Usage(format!("--explain OP TYPE [N]: {what}"));
        let (op, dtype, len) = match options.explain.as_slice() {
            [op, dtype] => (op, dtype, None),
            [op, dtype, len] => (op, dtype, Some(len)),
            _ => return Err(wrong("expected two or three values, like exp f64 8M".to_owned())),
        };
        let op: Op = op.parse().map_err(|error: lanestack::Error| wrong(error.to_string()))?;
        let dtype =
            Dtype::from_str(dtype, false).map_err(|_| wrong(format!("unknown type {dtype:?}: expected f32 or f64")))?;
        let len =
            len.map(|text| elements(text).map_err(|why| wrong(format!("bad number of elements {text:?}: {why}"))));
        let len = len.transpose()?;
        let builder = Engine::builder().accuracy(options.accuracy).threads(options.threads);
        let engine = match options.isa {
            Some(isa) => builder.isa(isa).build()?,
            None => builder.build()?,
        };
        let why = options.isa.is_none().then(|| why_isa(engine.isa()));
        let plans = match dtype {
            Dtype::F32 => plans::<f32>(&engine, op, len),
            Dtype::F64 => plans::<f64>(&engine, op, len),
        };
        let dtype = plans[0].dtype;
        let plans = plans.iter().map(|plan| Planned::new(plan, why.as_deref())).collect();
        Ok(Self { schema: SCHEMA, op: op.name(), dtype, elements: len, plans })
    }
}

/// The plan of a length, or of each length where it changes.
fn plans<T: Element>(engine: &Engine, op: Op, len: Option<usize>) -> Vec<Plan> {
    let targets = [Target::Into, Target::InPlace, Target::New];
    let lens = |target| match len {
        Some(len) => vec![len],
        None => changes(|len| {
            let way = engine.plan::<T>(op, len, target).way;
            [way.threads > 1, way.streaming, way.prefetching, way.huge_pages]
        }),
    };
    targets
        .iter()
        .flat_map(|&target| lens(target).into_iter().map(move |len| engine.plan::<T>(op, len, target)))
        .collect()
}

/// One, and the other numbers at which the parts of something change, each of them once at most.
fn changes<const N: usize>(of: impl Fn(usize) -> [bool; N]) -> Vec<usize> {
    let mut lens = vec![1];
    lens.extend((0..N).filter_map(|part| first(LONGEST, |len| of(len)[part])));
    lens.sort_unstable();
    lens.dedup();
    lens
}

impl Planned {
    fn new(plan: &Plan, why_isa: Option<&str>) -> Self {
        let target = match plan.target {
            Target::Into => "into",
            Target::InPlace => "in-place",
            _ => "new",
        };
        let said = |line: &str| {
            let (name, text) = line.split_once(": ").expect("a name");
            let why = why_isa.filter(|_| name == "isa").map_or(String::new(), |why| format!(": {why}"));
            (name.to_owned(), format!("{text}{why}"))
        };
        Self {
            target,
            elements: plan.len,
            isa: plan.isa.name(),
            tier: plan.tier.name(),
            threads: plan.way.threads,
            chunk: plan.way.chunk,
            streaming: plan.way.streaming,
            prefetching: plan.way.prefetching,
            huge_pages: plan.way.huge_pages,
            bytes: plan.way.bytes,
            serial_ns: plan.way.serial_ns,
            parallel_ns: plan.way.parallel_ns,
            why: plan.to_string().lines().map(said).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_found_once() {
        assert_eq!(changes(|len| [len >= 1000, len >= 5, len >= 1000]), [1, 5, 1000]);
        assert_eq!(changes(|_| [false, true, false]), [1]);
    }
}
