//! Measurements: passes in turn, and pairs of one thread and all.
use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::plain::{Real, Sweep};
pub use crate::summary::{NOISY, Summary};

/// What is timed: a function over a slice of any length, from source to destination.
pub type Pass<'a, T> = Box<dyn Fn(&[T], &mut [T]) + Sync + 'a>;

/// Clean pairs below which a ratio counts as not shown.
pub const LEAST_PAIRS: usize = 5;

/// Rounds that are made even if the time is over: fewer have no quartiles to speak of.
const LEAST_ROUNDS: usize = 5;
/// Rounds after which more would tell no more.
const MOST_ROUNDS: usize = 400;
/// Nanoseconds that a sample should last: much longer than reading the clock, much shorter than a time slice.
const SAMPLE_NS: f64 = 200_000.0;
/// Nanoseconds that each thread of a pair is kept busy: at least 5 ms, and some reserve.
const LAP_NS: f64 = 6_000_000.0;
/// Nanoseconds that a sample should last at most: a small part of the time that there is.
const WINDOW_NS: f64 = 5_000_000.0;
/// Bytes of source and result that a sample covers at most.
const MOST_WINDOW_BYTES: usize = 128 << 20;
/// Elements that a sample covers at least, if there are as many.
const LEAST_WINDOW: usize = 1 << 16;
/// The share of its time that a thread may have waited for a core in an undisturbed measurement.
const WAITED: f64 = 0.02;
/// The deviation from the median that one thread's time may have in a clean pair.
const DEVIATION: f64 = 0.05;

/// One reading of the clock.
#[derive(Clone, Copy, Debug)]
pub struct Lap {
    ns: f64,
    /// Whether the operating system gave the core to others meanwhile.
    disturbed: bool,
}

fn timed(work: impl FnOnce()) -> Lap {
    let before = waited_ns();
    let start = Instant::now();
    work();
    let ns = start.elapsed().as_secs_f64() * 1e9;
    let waited = waited_ns().zip(before).map_or(0, |(after, before)| after - before);
    Lap { ns, disturbed: waited as f64 > WAITED * ns }
}

/// For how long the calling thread has been ready but without a core, where the operating system counts it.
fn waited_ns() -> Option<u64> {
    if !cfg!(all(target_os = "linux", not(lanestack_no_os))) {
        return None;
    }
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').nth(1)?.parse().ok()
}

/// The undisturbed ones, unless these are too few.
fn summary(laps: &[Lap]) -> Summary {
    let quiet = || laps.iter().filter(|lap| !lap.disturbed).map(|lap| lap.ns);
    let enough = quiet().count() >= LEAST_ROUNDS;
    let chosen: Vec<f64> = if enough { quiet().collect() } else { laps.iter().map(|lap| lap.ns).collect() };
    Summary::of(chosen).expect("at least one round was made")
}

/// Nanoseconds per element of each pass, measured in turn (A B C A B C ...) for about as long as `share` says.
///
/// Where source and result are large, a sample covers a window of them, and the next sample the next window: what it
/// touches was last touched before all the other windows were, and is as far from the caches as if all were one.
pub fn in_turn<T: Real>(passes: &[Pass<'_, T>], src: &[T], dst: &mut [T], share: Duration) -> Vec<Summary> {
    let start = Instant::now();
    let plans: Vec<Plan> = passes.iter().map(|pass| Plan::new(pass, src, dst)).collect();
    let mut laps = vec![Vec::new(); passes.len()];
    let mut next = 0;
    for round in 0..MOST_ROUNDS {
        if round >= LEAST_ROUNDS && start.elapsed() > share {
            break;
        }
        for ((pass, &Plan { window, calls }), laps) in passes.iter().zip(&plans).zip(&mut laps) {
            let from = if next + window <= src.len() { next } else { 0 };
            next = from + window;
            let (src, dst) = (&src[from..next], &mut dst[from..next]);
            if calls > 1 {
                pass(src, dst); // brings its code and the elements back into the cache
            }
            let lap = timed(|| repeat(pass, src, dst, calls));
            laps.push(Lap { ns: lap.ns / (calls * window) as f64, ..lap });
        }
    }
    laps.iter().map(|laps| summary(laps)).collect()
}

fn repeat<T: Real>(pass: &Pass<'_, T>, src: &[T], dst: &mut [T], calls: usize) {
    for _ in 0..calls {
        pass(black_box(src), black_box(&mut *dst));
    }
}

/// What a sample of a pass covers.
#[derive(Debug, PartialEq)]
struct Plan {
    /// Elements.
    window: usize,
    /// How often.
    calls: usize,
}

impl Plan {
    fn new<T: Real>(pass: &Pass<'_, T>, src: &[T], dst: &mut [T]) -> Self {
        let probe = src.len().min(LEAST_WINDOW);
        let ns = estimate(pass, &src[..probe], &mut dst[..probe]) / probe as f64;
        Self::of(ns, src.len(), 2 * size_of::<T>())
    }

    /// For a pass that takes `ns` per element of `bytes` in source and result.
    fn of(ns: f64, len: usize, bytes: usize) -> Self {
        let most = (MOST_WINDOW_BYTES / bytes).min((WINDOW_NS / ns) as usize).max(LEAST_WINDOW);
        let window = if len <= most { len } else { most.next_multiple_of(LEAST_WINDOW).min(len) };
        Self { window, calls: (SAMPLE_NS / (ns * window as f64)).ceil().max(1.0) as usize }
    }
}

/// The nanoseconds of a call, roughly; this is also the warm-up.
fn estimate<T: Real>(pass: &Pass<'_, T>, src: &[T], dst: &mut [T]) -> f64 {
    let mut calls = 1;
    loop {
        let ns = timed(|| repeat(pass, src, dst, calls)).ns;
        if calls > 1 && ns > SAMPLE_NS / 4.0 {
            return ns / calls as f64;
        }
        calls *= 2;
    }
}

/// A pair of measurements back to back: one thread, and then all, each with its own chunk.
#[derive(Clone, Copy, Debug)]
struct Pair {
    one: Lap,
    all: Lap,
}

/// What pairs of one thread and all show.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Paired {
    /// How many threads all are.
    pub threads: usize,
    /// The elements of a thread's chunk.
    pub chunk: usize,
    /// The pairs that were measured.
    pub pairs: usize,
    /// Those of them that nothing disturbed.
    pub clean: usize,
    /// The figures of the clean ones, if there are enough.
    pub shown: Option<Shown>,
}

/// The figures of clean pairs.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Shown {
    /// Nanoseconds per element on one thread.
    pub one: Summary,
    /// Nanoseconds per element on all: the time until the last one is done, by the elements of all.
    pub all: Summary,
    /// How many times faster all are than one: the quotient within each pair.
    pub ratio: Summary,
}

impl Paired {
    fn of(pairs: &[Pair], threads: usize, chunk: usize) -> Self {
        let clean = clean(pairs);
        let ns = |lap: fn(&Pair) -> Lap, elements: usize| {
            Summary::of(clean.iter().map(|pair| lap(pair).ns / elements as f64))
        };
        let shown = || {
            Some(Shown {
                one: ns(|pair| pair.one, chunk)?,
                all: ns(|pair| pair.all, threads * chunk)?,
                ratio: Summary::of(clean.iter().map(|pair| threads as f64 * pair.one.ns / pair.all.ns))?,
            })
        };
        let shown = if clean.len() >= LEAST_PAIRS { shown() } else { None };
        Self { threads, chunk, pairs: pairs.len(), clean: clean.len(), shown }
    }
}

/// The pairs during which no thread had to wait for a core, and one thread took as long as it mostly does.
fn clean(pairs: &[Pair]) -> Vec<Pair> {
    let quiet = pairs.iter().copied().filter(|pair| !pair.one.disturbed && !pair.all.disturbed);
    let Some(usual) = Summary::of(quiet.clone().map(|pair| pair.one.ns)) else { return Vec::new() };
    quiet.filter(|pair| (pair.one.ns / usual.median - 1.0).abs() <= DEVIATION).collect()
}

/// Threads that work together.
#[derive(Debug)]
pub struct Team {
    pool: ThreadPool,
}

impl Team {
    /// Starts them.
    pub fn new(threads: usize) -> Result<Self, Failure> {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        Ok(Self { pool: pool.map_err(|error| Failure::failed(format!("cannot start {threads} threads: {error}")))? })
    }

    /// How many they are.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Lets them work on what the library or rayon spreads.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.pool.install(work)
    }

    /// A pass that spreads a plain loop over the threads, in so many pieces for each.
    pub fn spread<T: Real>(&self, sweep: Sweep<T>, pieces: usize) -> Pass<'_, T> {
        Box::new(move |src, dst| {
            let piece = src.len().div_ceil(pieces * self.threads());
            self.install(|| {
                src.par_chunks(piece).zip(dst.par_chunks_mut(piece)).for_each(|(src, dst)| sweep(src, dst));
            });
        })
    }

    /// Nanoseconds that one parallel call takes if there is nothing to do, the threads having gone to sleep before.
    pub fn wake_up(&self) -> Summary {
        let laps: Vec<Lap> = (0..60)
            .map(|_| {
                let idle = Instant::now();
                while idle.elapsed() < Duration::from_micros(500) {
                    spin_loop();
                }
                timed(|| {
                    self.pool.broadcast(|_| ());
                })
            })
            .collect();
        summary(&laps)
    }

    /// Measures each pass on one thread and then on all, in turn, for about as long as `share` says, and up to twice as
    /// long as long as there are too few clean pairs. Each thread has a copy of `src` for its own chunk.
    pub fn pairs<T: Real>(&self, passes: &[Pass<'_, T>], src: &[T], share: Duration) -> Vec<Paired> {
        let start = Instant::now();
        let calls: Vec<usize> =
            passes.iter().map(|pass| (LAP_NS / estimate(pass, src, &mut src.to_vec())).ceil() as usize).collect();
        let mut pairs = vec![Vec::new(); passes.len()];
        for round in 0..MOST_ROUNDS {
            let late = if pairs.iter().all(|pairs| clean(pairs).len() >= LEAST_PAIRS) { share } else { 2 * share };
            if round >= LEAST_PAIRS && start.elapsed() > late {
                break;
            }
            for ((pass, &calls), pairs) in passes.iter().zip(&calls).zip(&mut pairs) {
                let one = self.lap(1, pass, src, calls);
                let all = self.lap(self.threads(), pass, src, calls);
                pairs.push(Pair { one, all });
            }
        }
        pairs.iter().map(|pairs| Paired::of(pairs, self.threads(), src.len())).collect()
    }

    /// Nanoseconds per call until the last of the first `active` threads is done. They start together, so that waking
    /// them does not count.
    fn lap<T: Real>(&self, active: usize, pass: &Pass<'_, T>, src: &[T], calls: usize) -> Lap {
        let ready = AtomicUsize::new(0);
        let laps = self.pool.broadcast(|thread| {
            (thread.index() < active).then(|| {
                let (src, mut dst) = (src.to_vec(), src.to_vec());
                pass(&src, &mut dst);
                ready.fetch_add(1, Ordering::SeqCst);
                while ready.load(Ordering::SeqCst) < active {
                    thread::yield_now();
                }
                timed(|| repeat(pass, &src, &mut dst, calls))
            })
        });
        let laps = || laps.iter().flatten();
        Lap {
            ns: laps().map(|lap| lap.ns).fold(0.0, f64::max) / calls as f64,
            disturbed: laps().any(|lap| lap.disturbed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lap(ns: f64) -> Lap {
        Lap { ns, disturbed: false }
    }

    #[test]
    fn disturbed_samples_count_only_if_the_others_are_too_few() {
        let mut laps = vec![Lap { ns: 100.0, disturbed: true }; 4];
        laps.extend([lap(1.0); 4]);
        assert_eq!(summary(&laps).samples, 8);
        laps.push(lap(1.0));
        assert_eq!((summary(&laps).samples, summary(&laps).max), (5, 1.0));
    }

    #[test]
    fn pairs_are_shown_if_enough_are_clean() {
        let good = Pair { one: lap(100.0), all: lap(105.0) };
        let slow = Pair { one: lap(150.0), all: lap(105.0) };
        let waited = Pair { one: lap(100.0), all: Lap { ns: 300.0, disturbed: true } };
        let few = Paired::of(&[good, good, good, good, slow, waited], 2, 10);
        assert_eq!((few.pairs, few.clean, few.shown.is_some()), (6, 4, false));
        let enough = Paired::of(&[good, good, good, good, good, slow, waited], 2, 10);
        let shown = enough.shown.expect("five clean pairs");
        assert_eq!((shown.one.median, shown.all.median), (10.0, 5.25));
        assert!((shown.ratio.median - 200.0 / 105.0).abs() < 1e-12);
        assert_eq!(Paired::of(&[], 2, 10).clean, 0);
    }

    #[test]
    fn a_sample_is_neither_short_nor_long() {
        assert_eq!(Plan::of(1.0, 1000, 16), Plan { window: 1000, calls: 200 });
        assert_eq!(Plan::of(1.0, 1 << 20, 16), Plan { window: 1 << 20, calls: 1 });
        assert_eq!(Plan::of(10.0, 8 << 20, 16), Plan { window: 1 << 19, calls: 1 });
        assert_eq!(Plan::of(0.01, 64 << 20, 16), Plan { window: 8 << 20, calls: 3 });
        assert_eq!(Plan::of(1e6, 8 << 20, 16), Plan { window: LEAST_WINDOW, calls: 1 });
        assert_eq!(Plan::of(1e6, 1, 16), Plan { window: 1, calls: 1 });
    }

    #[test]
    fn all_threads_take_part() {
        let team = Team::new(3).expect("three threads");
        let calls = AtomicUsize::new(0);
        let count: Pass<'_, f64> = Box::new(|_, _| {
            calls.fetch_add(1, Ordering::SeqCst);
        });
        team.lap(2, &count, &[1.0], 10);
        assert_eq!(calls.load(Ordering::SeqCst), 2 * 11);
        let negate = team.spread::<f64>(
            |src, dst| {
                for (y, x) in dst.iter_mut().zip(src) {
                    *y = -x;
                }
            },
            2,
        );
        let mut dst = [0.0; 7];
        negate(&[1.0; 7], &mut dst);
        assert_eq!(dst, [-1.0; 7]);
    }
}
