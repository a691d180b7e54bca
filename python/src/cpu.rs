//! What the CPU offers, and what is done with a call.
use std::iter;

use lanestack::{Accuracy, Element, Engine, Error, ISA_VARIABLE, Isa, Op, Target, Threads, build};

use crate::pool;

/// The largest error of an op, in ulps, on the instruction set that is taken.
pub fn ulp<T: Element>(op: Op, accuracy: Accuracy) -> Result<f64, Error> {
    let spec = op.spec::<T>(accuracy);
    let is_fused = Engine::builder().build()?.isa().is_fused() == Some(true);
    Ok(if is_fused { spec.ulp } else { spec.ulp_unfused })
}

/// What is done with so many elements: lines of a name, a colon and what there is to say.
pub fn explain<T: Element>(op: Op, accuracy: Accuracy, len: usize, is_in_place: bool) -> Result<String, Error> {
    let target = if is_in_place { Target::InPlace } else { Target::Into };
    // The pool has measured what it costs to wake its threads.
    let plan = match pool::of(pool::number()) {
        Some(pool) => pool.engine().with_accuracy(accuracy).plan::<T>(op, len, target),
        None => Engine::builder().accuracy(accuracy).threads(Threads::Exactly(1)).build()?.plan::<T>(op, len, target),
    };
    Ok(plan.to_string())
}

/// The build, the instruction sets and the ops: lines as above.
pub fn show() -> Result<String, Error> {
    let taken = Engine::builder().build()?.isa();
    let isas = Isa::ALL.iter().map(|&isa| {
        let what = match isa.is_available() {
            _ if isa == taken => "taken".to_owned(),
            true => format!("available; {ISA_VARIABLE}={isa} takes it"),
            false => "not offered by this CPU and system".to_owned(),
        };
        format!("{isa}: {what}")
    });
    let ops = Op::ALL.iter().map(|&op| {
        let bounds = Accuracy::ALL
            .iter()
            .map(|&tier| Ok(format!("{tier} {} and {} ulp", ulp::<f32>(op, tier)?, ulp::<f64>(op, tier)?)));
        Ok(format!("{op}: float32 and float64 within {}", bounds.collect::<Result<Vec<_>, Error>>()?.join(", ")))
    });
    let build = format!("build: {} ({}), {}, {}", build::VERSION, build::REVISION, build::RUSTC, build::TARGET);
    let lines = iter::once(Ok(build)).chain(isas.map(Ok)).chain(ops);
    Ok(lines.collect::<Result<Vec<_>, Error>>()?.join("\n"))
}
