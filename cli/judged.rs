//! The errors of others' functions, and what they make of special values: against the reference of `verify`.
use lanestack::{Accuracy, Op};
use rayon::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};

use crate::beside::Real;
use crate::peers::Peer;
use crate::reference::Truth;

/// Inputs that one thread judges at a time.
const BATCH: usize = 1 << 12;
/// Errors in ulp from which on a result among subnormal numbers is wrong, whatever the class.
const WRONG: f64 = 4.0;

/// What is found of one peer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Judged {
    /// The largest error in ulp where argument and result are normal numbers; infinite if one of these is NaN.
    #[serde(deserialize_with = "infinite_if_null")]
    pub ulp: f64,
    /// The kinds of input that it gives a wrong result for.
    pub wrong: Vec<&'static str>,
}

/// JSON has no infinity: it is written as null.
fn infinite_if_null<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::INFINITY))
}

/// Kinds of input that a function may get wrong although it is accurate otherwise.
const KINDS: [&str; 10] =
    [NORMAL, EARLY, "NaN", "inf", "0", "negative", "overflow", "underflow", "subnormal in", "subnormal out"];
const NORMAL: &str = "normal";
/// Infinity where the true result is a normal number.
const EARLY: &str = "early overflow";

/// Judges peers on so many inputs, and on all that is special.
pub fn judge<T: Real>(peers: &[Peer<T>], op: Op, samples: usize) -> Vec<Judged> {
    let mut inputs: Vec<T> = op.spec::<T>(Accuracy::Default).special.iter().map(|&(x, _)| x).collect();
    inputs.extend(T::samples(op, samples));
    let none = || vec![[0f64; KINDS.len()]; peers.len()];
    let worst = inputs.par_chunks(BATCH).map(|inputs| {
        let truths: Vec<Truth<T>> = inputs.iter().map(|&x| T::truth(op, x)).collect();
        let mut worst = none();
        let mut results = vec![T::ONE; inputs.len()];
        for (peer, worst) in peers.iter().zip(&mut worst) {
            (peer.call)(inputs, &mut results);
            for ((&x, truth), &y) in inputs.iter().zip(&truths).zip(&results) {
                let worst = &mut worst[kind(x, truth, y)];
                *worst = worst.max(error(truth, y));
            }
        }
        worst
    });
    let worst = worst.reduce(none, |mut all, more| {
        all.iter_mut().flatten().zip(more.iter().flatten()).for_each(|(all, more)| *all = all.max(*more));
        all
    });
    worst.into_iter().map(judged).collect()
}

fn judged(worst: [f64; KINDS.len()]) -> Judged {
    let ulp = worst[0];
    let limit = if ulp.is_finite() { ulp.max(WRONG) } else { WRONG };
    let wrong = KINDS.iter().zip(worst).filter(|&(_, worst)| worst > limit).map(|(&kind, _)| kind);
    Judged { ulp, wrong: wrong.collect() }
}

/// Which of the kinds, by argument, true result and result.
fn kind<T: Real>(x: T, truth: &Truth<T>, y: T) -> usize {
    let (argument, result) = (x.wide(), truth.rounded.wide());
    let name = match () {
        () if argument.is_nan() => "NaN",
        () if argument.is_infinite() => "inf",
        () if argument == 0.0 => "0",
        () if result.is_nan() => "negative",
        () if x.is_subnormal() => "subnormal in",
        () if result.is_infinite() => "overflow",
        () if result == 0.0 && !truth.is_measured() && argument != 1.0 => "underflow",
        () if truth.rounded.is_subnormal() => "subnormal out",
        () if y.wide().is_infinite() => EARLY,
        () => NORMAL,
    };
    KINDS.iter().position(|&kind| kind == name).expect("one of them")
}

/// The error in ulp; any NaN is as good as another, and the least number as good as 0 where the result underflows.
fn error<T: Real>(truth: &Truth<T>, y: T) -> f64 {
    let (truth_is, y_is) = (truth.rounded.wide(), y.wide());
    match () {
        () if truth_is.is_nan() => {
            if y_is.is_nan() {
                0.0
            } else {
                f64::INFINITY
            }
        }
        () if y_is.is_nan() => f64::INFINITY,
        () if truth_is == 0.0 && !truth.is_measured() && y.bits() == 1 => 1.0,
        () => T::error(truth, y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(f: fn(f64) -> f64) -> Peer<f64> {
        let call = move |src: &[f64], dst: &mut [f64]| dst.iter_mut().zip(src).for_each(|(y, &x)| *y = f(x));
        Peer { library: "", class: "", isa: None, call: Box::new(call) }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let peers = [
            peer(f64::exp),
            peer(|x| if x.is_nan() { 0.0 } else { x.exp() }),
            peer(|x| if x > 709.0 { f64::INFINITY } else { x.exp() }),
            peer(|x| if x < -708.4 { 0.0 } else { x.exp() }),
            peer(|x| if x.abs() < 1e-300 { 1.0 } else { x.exp() * (1.0 + 4.0 * f64::EPSILON) }),
        ];
        let judged = judge(&peers, Op::Exp, 10_000);
        assert!(judged[0].wrong.is_empty() && judged[0].ulp < 1.0, "{:?}", judged[0]);
        assert_eq!(judged[1].wrong, ["NaN"]);
        assert_eq!(judged[2].wrong, [EARLY]);
        assert_eq!(judged[3].wrong, ["subnormal out"]);
        assert!(judged[4].ulp > 4.0 && judged[4].ulp < 10.0, "{:?}", judged[4]);
        let judged =
            judge(&[peer(f64::ln), peer(|x| if x < 1e-307 { f64::NEG_INFINITY } else { x.ln() })], Op::Log, 10_000);
        assert!(judged[0].wrong.is_empty(), "{:?}", judged[0]);
        assert!(judged[1].wrong.contains(&"subnormal in") && judged[1].wrong.contains(&"negative"), "{:?}", judged[1]);
    }
}
