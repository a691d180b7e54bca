//! What it saves to take all steps of a pipeline in one pass over memory.
//!
//! Three times are taken in turn, for slices far larger than any cache: of the pipeline, of its steps one after another
//! (the first into the destination, the others in place), and of the square alone, which is one pass of memory. Beside them
//! stands the pipeline's own speed on slices that the first-level cache holds, shared by the threads. Medians of rounds, with
//! the quartiles of the ratios.
//!
//! `cargo bench --bench pipelines -- 'square,sqrt'` takes other pipelines; `--mib 512` is the size of an array, `--rounds 15`
//! the number of rounds, `--threads 2` that of threads.
use std::hint::black_box;
use std::thread;
use std::time::Instant;

use lanestack::{Buffer, Element, Engine, Op, Pipeline, Threads, build};

/// Those that the project promises something about.
const PIPELINES: [&str; 3] = [
    "square | affine(2,0.5) | sqrt | log | exp",
    "square | affine(2,0.5) | abs | sqrt | square",
    "affine(2,0.5) | sqrt",
];
/// Bytes of a slice in the first-level cache.
const IN_CACHE: usize = 8 << 10;

fn main() {
    let (mut texts, mut mib, mut rounds) = (vec![], 512, 15);
    let mut threads = thread::available_parallelism().map_or(1, usize::from);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|n| n.parse().ok()).expect("a number");
        match word.as_str() {
            "--mib" => mib = number(),
            "--rounds" => rounds = number(),
            "--threads" => threads = number(),
            "--bench" => {}
            _ => texts.push(word),
        }
    }
    if texts.is_empty() {
        texts = PIPELINES.map(str::to_owned).to_vec();
    }
    let engine = Engine::builder().threads(Threads::Exactly(threads)).build().expect("an engine");
    println!("lanestack {} ({}), {}, {}", build::VERSION, build::REVISION, build::RUSTC, build::TARGET);
    println!("isa {}, {mib} MiB per array, {threads} threads, {rounds} rounds; milliseconds", engine.isa());
    println!(
        " type  pipeline  in cache  one pass  step by step   over the larger limit  step by step over it  pipeline"
    );
    for text in &texts {
        row::<f64>(&engine, text, mib << 20, rounds, threads);
        row::<f32>(&engine, text, mib << 20, rounds, threads);
    }
}

fn row<T: Element + From<f32>>(engine: &Engine, text: &str, bytes: usize, rounds: usize, threads: usize) {
    let pipeline: Pipeline<T> = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let len = bytes / size_of::<T>();
    let values: Vec<T> = (0..len).map(|i| T::from(0.1 + (i % 4096) as f32 * 0.002)).collect();
    let src = Buffer::from(&values[..]);
    drop(values);
    let mut dst = Buffer::zeroed(len);
    let cache = in_cache_ms(&pipeline, &src, &dst) / threads as f64;
    let steps: Vec<Pipeline<T>> = pipeline.steps().iter().map(|&step| Pipeline::new([step]).expect("a step")).collect();
    let (mut fused, mut pass, mut apart) = (vec![], vec![], vec![]);
    for _ in 0..rounds {
        fused.push(ms(|| engine.pipe_into(&pipeline, black_box(&src), black_box(&mut dst))));
        pass.push(ms(|| engine.run_into(Op::Square, black_box(&src), black_box(&mut dst))));
        apart.push(ms(|| {
            engine.pipe_into(&steps[0], black_box(&src), black_box(&mut dst));
            steps[1..].iter().for_each(|step| engine.pipe_in_place(step, black_box(&mut dst)));
        }));
    }
    let over: Vec<f64> = fused.iter().zip(&pass).map(|(fused, pass)| fused / pass.max(cache)).collect();
    let saved: Vec<f64> = fused.iter().zip(&apart).map(|(fused, apart)| apart / fused).collect();
    let [_, fused, _] = quartiles(fused);
    let [_, pass, _] = quartiles(pass);
    let [_, apart, _] = quartiles(apart);
    let ratio = |[low, middle, high]: [f64; 3]| format!("{middle:.3} ({low:.3}-{high:.3})");
    println!(
        "{:>5}  {fused:>8.1}  {cache:>8.1}  {pass:>8.1}  {apart:>12.1}  {:>22}  {:>20}  {text}",
        T::NAME,
        ratio(quartiles(over)),
        ratio(quartiles(saved))
    );
}

/// Milliseconds of the whole on one thread if every tile were in the first-level cache: the best of many tries on one.
fn in_cache_ms<T: Element>(pipeline: &Pipeline<T>, src: &[T], dst: &[T]) -> f64 {
    let engine = Engine::builder().threads(Threads::Exactly(1)).build().expect("an engine");
    let len = IN_CACHE / size_of::<T>();
    let (src, mut tile) = (&src[..len], dst[..len].to_vec());
    let best = (0..200).map(|_| {
        ms(|| (0..20).for_each(|_| engine.pipe_into(pipeline, black_box(src), black_box(&mut tile[..])))) / 20.0
    });
    best.fold(f64::INFINITY, f64::min) * (dst.len() / len) as f64
}

fn ms(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|k| values[k * (values.len() - 1) / 4])
}
