//! Are threads used when they pay?
//!
//! For each op and type and 13 sizes from 10^2 to 10^8: the time of a call on one thread, on all, and as the engine decides,
//! in turn, medians; and how much longer the engine's way takes than the better of the other two. The calls come with pauses
//! in between, long enough that the pool's threads have gone to sleep: that is how a program calls. Calls too short for a
//! clock are timed some at a time.
//!
//! `cargo bench --bench threads -- exp f64` runs a part.
use std::hint::black_box;
use std::time::{Duration, Instant};

use lanestack::{Buffer, Element, Engine, Op, Target, build};

const PAUSE: Duration = Duration::from_micros(200);
/// Calls of each kind, and seconds that they shall take at most; but three calls are made.
const CALLS: usize = 61;
const SECONDS: f64 = 1.0;
/// The square roots of ten's powers.
const EXPONENTS: std::ops::RangeInclusive<i32> = 4..=16;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |name: &str, others: &[&str]| {
        words.iter().any(|word| word == name) || !words.iter().any(|word| others.contains(&word.as_str()))
    };
    let engine = Engine::builder().build().expect("an engine");
    println!("lanestack {} ({}), {}, {}", build::VERSION, build::REVISION, build::RUSTC, build::TARGET);
    println!("isa {}, {} threads", engine.isa(), engine.workers());
    let names: Vec<&str> = Op::ALL.iter().map(|op| op.name()).collect();
    let mut worst = 0.0f64;
    for &op in Op::ALL.iter().filter(|op| is_wanted(op.name(), &names)) {
        if is_wanted("f32", &["f64"]) {
            worst = worst.max(rows::<f32>(&engine, op));
        }
        if is_wanted("f64", &["f32"]) {
            worst = worst.max(rows::<f64>(&engine, op));
        }
    }
    println!("\nthe engine's way takes at most {worst:.2} times as long as the better one");
}

/// Prints the rows, and returns the largest ratio.
fn rows<T: Element + From<f32>>(engine: &Engine, op: Op) -> f64 {
    let from = |len| Engine::builder().isa(engine.isa()).parallel_from(len).build().expect("an engine");
    let engines = [from(usize::MAX), from(0), engine.clone()];
    let most = size(*EXPONENTS.end());
    let src: Vec<T> = (0..most).map(|i| T::from(0.1 + (i % 4096) as f32 * 0.002)).collect();
    let (src, mut dst) = (Buffer::from(&src[..]), Buffer::zeroed(most));
    println!("\nop     type     length   one/us    all/us  engine/us  to better  threads  wake/us");
    let mut worst = 0.0f64;
    for len in EXPONENTS.map(size) {
        let way = engine.plan::<T>(op, len, Target::Into).way;
        let (src, dst) = (&src[..len], &mut dst[..len]);
        let at_a_time = (30_000 / len).clamp(1, 100);
        let mut times = [vec![], vec![], vec![]];
        let start = Instant::now();
        while times[2].len() < 3 || times[2].len() < CALLS && start.elapsed().as_secs_f64() < SECONDS {
            for (engine, times) in engines.iter().zip(&mut times) {
                // Once before, since what the other kinds leave in which core's cache is not their concern.
                engine.run_into(op, black_box(src), black_box(dst));
                std::thread::sleep(PAUSE);
                let start = Instant::now();
                for _ in 0..at_a_time {
                    engine.run_into(op, black_box(src), black_box(dst));
                }
                times.push(start.elapsed().as_secs_f64() * 1e6 / at_a_time as f64);
            }
        }
        let [one, all, chosen] = times.map(median);
        let ratio = chosen / one.min(all);
        worst = worst.max(ratio);
        println!(
            "{op:6} {:4} {len:10} {one:8.1} {all:9.1} {chosen:10.1} {ratio:10.2} {:8} {:>8}",
            T::NAME,
            way.threads,
            way.wake.map_or("-".to_owned(), |wake| format!("{:.0}", wake.call_ns / 1e3)),
        );
    }
    worst
}

fn size(exponent: i32) -> usize {
    10f64.powf(f64::from(exponent) / 2.0).round() as usize
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
