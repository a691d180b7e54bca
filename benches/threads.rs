//! From what time of work on do threads pay? The figures behind the engine's threshold.
//!
//! For each op and type and a row of lengths, the time of a call on one thread and spread over all, in turn, medians of
//! many; then the shortest work on one thread from which on spreading was faster. The calls come with pauses in between,
//! long enough that the pool's threads have gone to sleep: that is how a program calls.
use std::hint::black_box;
use std::time::{Duration, Instant};

use lanestack::kernels::{exp::Exp, lanes::Kernel, log::Log, sqrt::Sqrt, square::Square};
use lanestack::{Element, Engine, Threads};
use rayon::prelude::*;

const PAIRS: usize = 41;
const PAUSE: Duration = Duration::from_micros(200);

fn main() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{} threads, isa {}", threads, Engine::global().isa());
    println!("{:8} {:5} {:>9} {:>12} {:>12} {:>7}", "op", "type", "length", "1 thread/us", "all/us", "ratio");
    row::<f64, _>("exp", Exp);
    row::<f32, _>("exp", Exp);
    row::<f64, _>("log", Log);
    row::<f64, _>("sqrt", Sqrt);
    row::<f64, _>("square", Square);
    row::<f32, _>("square", Square);
}

fn row<T: Element + From<f32>, K: Kernel>(name: &str, kernel: K) {
    let serial = Engine::builder().threads(Threads::Exactly(1)).build().expect("a CPU");
    for len in (12..=21).map(|k| 1usize << k) {
        let src: Vec<T> = (0..len).map(|i| T::from(0.1 + (i % 4096) as f32 * 0.002)).collect();
        let mut dst = vec![T::ONE; len];
        let (mut one, mut all) = (Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            one.push(timed(|| serial.map_into(kernel, black_box(&src), &mut dst)));
            all.push(timed(|| spread(&serial, kernel, black_box(&src), &mut dst)));
        }
        let (one, all) = (median(one), median(all));
        println!("{name:8} {:5} {len:9} {one:12.1} {all:12.1} {:7.2}", T::NAME, one / all);
    }
}

/// Over all threads whatever the length: one chunk each.
fn spread<T: Element, K: Kernel>(engine: &Engine, kernel: K, src: &[T], dst: &mut [T]) {
    let chunk = src.len().div_ceil(rayon::current_num_threads());
    src.par_chunks(chunk).zip(dst.par_chunks_mut(chunk)).for_each(|(src, dst)| engine.map_into(kernel, src, dst));
}

fn timed(work: impl FnOnce()) -> f64 {
    std::thread::sleep(PAUSE);
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
