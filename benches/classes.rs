//! What each class of input costs, for every op, type, tier and isa: `cargo bench --bench classes [-- OP ...]`.
//!
//! One thread, in cache, classes in turn, medians. No class may take more than twice as long as another, in the exact tier
//! four times; what does is marked.
use std::hint::black_box;
use std::time::Instant;

use lanestack::{Accuracy, Element, Engine, Isa, Op, Threads};

#[path = "../cli/classes.rs"]
mod classes;

const ELEMENTS: usize = 2048;
const ROUNDS: usize = 31;
/// Nanoseconds of a sample, at least.
const SAMPLE: f64 = 20_000.0;

fn all<T: Element>(only: &[String], nearest: fn(f64) -> T) {
    for &op in Op::ALL.iter().filter(|op| only.is_empty() || only.iter().any(|name| name == op.name())) {
        let ordinary: Vec<T> = (0..ELEMENTS).map(|k| nearest(0.1 + k as f64 * 0.004)).collect();
        let classes = classes::classes(op, &ordinary, nearest);
        for &tier in Accuracy::ALL.iter().filter(|&&tier| op.tier::<T>(tier) == tier) {
            for &isa in Isa::available() {
                let engine = Engine::builder().isa(isa).accuracy(tier).threads(Threads::Exactly(1)).build();
                let ns = times(&engine.expect("available"), op, &classes);
                let of = |k: usize| (classes[k].0, ns[k]);
                let (slow, most) = (0..ns.len()).map(of).max_by(|a, b| a.1.total_cmp(&b.1)).expect("classes");
                let (fast, least) = (0..ns.len()).map(of).min_by(|a, b| a.1.total_cmp(&b.1)).expect("classes");
                let limit = if tier == Accuracy::Exact { 4.0 } else { 2.0 };
                let mark = if most > limit * least { " !" } else { "" };
                println!(
                    "{:<7}{:<4} {:<8} {:<9} ordinary {:7.3} ns   {:5.2} times: {slow} {most:.3}, {fast} {least:.3}{mark}",
                    op.name(),
                    T::NAME,
                    tier.name(),
                    isa.name(),
                    ns[0],
                    most / least
                );
            }
        }
    }
}

/// Median nanoseconds per element of each class.
fn times<T: Element>(engine: &Engine, op: Op, classes: &[(&str, Vec<T>)]) -> Vec<f64> {
    let mut dst = vec![T::ONE; ELEMENTS];
    let mut samples = vec![Vec::new(); classes.len()];
    for _ in 0..ROUNDS {
        for ((_, src), samples) in classes.iter().zip(&mut samples) {
            engine.run_into(op, src, &mut dst);
            let (start, mut calls) = (Instant::now(), 0);
            while calls == 0 || (start.elapsed().as_nanos() as f64) < SAMPLE {
                for _ in 0..4 {
                    engine.run_into(op, black_box(src), black_box(&mut dst));
                }
                calls += 4;
            }
            samples.push(start.elapsed().as_nanos() as f64 / (calls * ELEMENTS) as f64);
        }
    }
    samples.iter_mut().for_each(|samples| samples.sort_unstable_by(f64::total_cmp));
    samples.iter().map(|samples| samples[samples.len() / 2]).collect()
}

fn main() {
    let only: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    all::<f64>(&only, |x| x);
    all::<f32>(&only, |x| x as f32);
}
