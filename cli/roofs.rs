//! What this machine can do at most: how fast each level of memory is read, written and copied, and how many results the
//! arithmetic of each isa gives; on one thread, two, four and so on up to all.
//!
//! Each figure is the best of many laps, since all that disturbs a lap makes it slower. In a lap, the threads that take part
//! begin together, each with memory of its own that it was the first to write, and the last one to end stops the clock.
mod laps;
mod loops;

use std::hint::black_box;
use std::marker::PhantomData;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use lanestack::kernels::lanes::{Lanes, Simd, Task};
use lanestack::{Buffer, Element, Engine, Isa, Op, Threads};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::machine::{self, Cache};
use crate::plain::{self, Real};
use crate::yardsticks::{Copied, Inverted, Rooted};
use laps::{Laps, Trial, Turn};
use loops::{CHAINS, CHAINS_OF_PAIRS, Map, MultiplyAdds, Read, START, Stream, Write};

/// How long the laps take, all in turn: who is disturbed for a while is not all the time.
const SHARE: Duration = Duration::from_secs(9);
/// Places that a result may have behind its source, a cache line apart: loads that seem to lie where a store has not ended
/// yet have to wait, on many CPUs, and these look at the last twelve bits of an address only.
const PLACES: usize = 4096 / LINE;
const LINE: usize = 64;
/// Elements whose square roots and quotients are taken: source and result fit any first-level cache.
const ELEMENTS: usize = 896;
/// What is assumed where the machine does not tell.
const LAST_LEVEL: u64 = 32 << 20;
/// How many times the last-level cache what is far takes.
const FAR: usize = 16;

/// The roofs of this machine; the fields are those of the JSON document.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Roofs {
    /// The numbers of threads that all figures are for, in this order: 1, 2, 4 and so on, and all.
    pub threads: Vec<usize>,
    /// The levels of memory, nearest first; without memory itself if too little is free.
    pub levels: Vec<Level>,
    /// The arithmetic of each isa and type, best isa first.
    pub peaks: Vec<Peak>,
    /// How long finding them took.
    pub seconds: f64,
}

/// One figure for each number of threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rates(pub Vec<f64>);

impl Rates {
    /// With one thread.
    pub fn one(&self) -> f64 {
        self.0[0]
    }

    /// With all threads.
    pub fn all(&self) -> f64 {
        self.0[self.0.len() - 1]
    }

    /// The greater of two, for each number of threads.
    fn or(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a.max(*b)).collect())
    }
}

/// A cache, or memory: gigabytes (10^9) a second.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Level {
    /// `L1`, `L2` and so on, or `memory`.
    pub name: String,
    /// Bytes that a thread goes through when it works alone.
    pub bytes: usize,
    /// Bytes read, by a loop of vectors.
    pub read: Rates,
    /// Bytes written by the faster of the following two; what the CPU reads because it writes does not count.
    pub write: Rates,
    /// By a loop of vectors that stores into the caches.
    pub write_plain: Rates,
    /// By the system's memset, of zeros.
    pub write_memset: Rates,
    /// Bytes read plus bytes written by the fastest of the following three.
    pub copy: Rates,
    /// By a loop of vectors that stores into the caches.
    pub copy_plain: Rates,
    /// By the system's memcpy.
    pub copy_memcpy: Rates,
    /// By a loop of vectors that stores past the caches: in memory only, and where the isa can.
    pub copy_streaming: Option<Rates>,
}

/// The arithmetic of an isa: billions (10^9) a second.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Peak {
    /// The isa.
    pub isa: &'static str,
    /// The element type.
    pub dtype: &'static str,
    /// Floating-point operations of independent multiply-adds in registers; each counts as two.
    pub gflops: Rates,
    /// Square roots, from cache to cache.
    pub square_roots: Rates,
    /// Quotients, from cache to cache.
    pub quotients: Rates,
}

impl Roofs {
    /// Finds them with up to so many threads, in some ten seconds.
    pub fn measure(threads: usize) -> Result<Self, Failure> {
        let start = Instant::now();
        let laps = Laps::new(threads)?;
        let places = places(&laps);
        let arithmetic = Isa::available().iter().map(|&isa| Arithmetic::new(isa, threads)).collect::<Vec<_>>();
        let mut trials: Vec<Trial<'_>> = places.iter().flat_map(Place::trials).collect();
        for isa in &arithmetic {
            trials.extend(isa.trials::<f64>(&isa.f64));
            trials.extend(isa.trials::<f32>(&isa.f32));
        }
        let mut best = laps.best(&trials, SHARE).into_iter();
        drop(trials);
        let levels = places.into_iter().map(|place| place.level(&mut best)).collect();
        let peaks =
            arithmetic.iter().flat_map(|isa| [isa.peak::<f64>(&mut best), isa.peak::<f32>(&mut best)]).collect();
        Ok(Self { threads: laps.counts, levels, peaks, seconds: start.elapsed().as_secs_f64() })
    }
}

/// The caches, and memory if there is room.
fn places(laps: &Laps) -> Vec<Place> {
    let caches = machine::caches();
    let mut places = Vec::new();
    for (name, bytes) in working_sets(&caches) {
        places.push(Place::new(laps, name, laps.counts.iter().map(|&threads| (threads, bytes)).collect(), false));
    }
    let far: Vec<(usize, usize)> = laps.counts.iter().map(|&threads| (threads, far(&caches, threads))).collect();
    let (_, most) = needed(&far);
    if machine::memory_allowed().is_none_or(|allowed| allowed / 2 > most as u64) {
        places.push(Place::new(laps, "memory".to_owned(), far, true));
    }
    places
}

/// Half of a thread's part of each cache, but more than the caches before it hold.
fn working_sets(caches: &[Cache]) -> Vec<(String, usize)> {
    let mut before = 0;
    let mut sets = Vec::new();
    for cache in caches {
        let part = cache.bytes / u64::from(cache.shared_by.unwrap_or(1).max(1));
        let bytes = (part / 2).max(before * 3 / 2).next_multiple_of(2 * 4096);
        sets.push((format!("L{}", cache.level), bytes as usize));
        before = part;
    }
    sets
}

/// The bytes that each of so many threads goes through in memory: together many times the last-level caches that they use, which keep
/// a part of what is only some times as large.
fn far(caches: &[Cache], threads: usize) -> usize {
    let last = caches.iter().max_by_key(|cache| (cache.level, cache.bytes));
    let bytes = last.map_or(LAST_LEVEL, |last| last.bytes) as usize;
    let shared_by = last.and_then(|last| last.shared_by).map_or(usize::MAX, |n| n.max(1) as usize);
    (FAR * bytes * threads.div_ceil(shared_by) / threads).next_multiple_of(2 * 4096)
}

/// The bytes that each thread needs, among whatever number of others it works, and those of all with what they come from.
fn needed(bytes: &[(usize, usize)]) -> (Vec<usize>, usize) {
    let threads = bytes.iter().map(|&(threads, _)| threads).max().unwrap_or(0);
    let most = |thread| bytes.iter().filter(|&&(threads, _)| threads > thread).map(|&(_, bytes)| bytes).max();
    let each: Vec<usize> = (0..threads).map(|thread| most(thread).unwrap_or(0)).collect();
    let all = each.iter().sum::<usize>() + each.iter().max().map_or(0, |&bytes| bytes);
    (each, all)
}

/// A level of memory, of which each thread has a part.
struct Place {
    name: String,
    /// What each of so many threads goes through.
    bytes: Vec<(usize, usize)>,
    memory: Vec<Mutex<Buffer<f64>>>,
    engine: Engine,
    /// Whether stores past the caches are tried.
    streaming: bool,
}

/// What is timed there.
type Work = fn(&Engine, &mut [f64], Turn);

impl Place {
    fn new(laps: &Laps, name: String, bytes: Vec<(usize, usize)>, beyond: bool) -> Self {
        let engine = Engine::builder().isa(Isa::best()).threads(Threads::Exactly(1)).build().expect("the best isa");
        let (each, _) = needed(&bytes);
        let ones = vec![1.0; each.iter().max().map_or(0, |&bytes| bytes) / size_of::<f64>()];
        let own = |thread: usize| engine.run_buffer(Op::Square, &ones[..each[thread] / size_of::<f64>()]);
        let memory = laps.team.install(|| rayon::broadcast(|thread| Mutex::new(own(thread.index()))));
        let streaming = beyond && engine.isa().streams() == Some(true);
        Self { name, bytes, memory, engine, streaming }
    }

    /// The bytes of each of so many threads.
    fn bytes(&self, threads: usize) -> usize {
        self.bytes.iter().find(|&&(count, _)| count == threads).map_or(0, |&(_, bytes)| bytes)
    }

    fn trial(&self, work: Work, counted: fn(usize) -> usize) -> Trial<'_> {
        Trial {
            work: Box::new(move |turn| {
                let mut data = self.memory[turn.thread].lock().expect("no lap panics");
                work(&self.engine, &mut data[..self.bytes(turn.threads) / size_of::<f64>()], turn);
            }),
            amount: Box::new(move |threads| counted(self.bytes(threads)) as f64 / 1e9),
        }
    }

    fn trials(&self) -> Vec<Trial<'_>> {
        let whole = |work| self.trial(work, |bytes| bytes);
        // What is copied is read and written.
        let halves = |work| self.trial(work, |bytes| bytes - PLACES * LINE);
        let mut trials = vec![
            whole(|engine, data, turn| {
                black_box(engine.enter(Read(data, turn.passes)));
            }),
            whole(|engine, data, turn| engine.enter(Write(data, turn.passes))),
            whole(|_, data, turn| (0..turn.passes).for_each(|_| black_box(&mut *data).fill(0.0))),
            halves(|engine, data, turn| {
                let (src, dst) = apart(data, turn.round);
                engine.enter(Map(Copied, src, dst, turn.passes));
            }),
            halves(|_, data, turn| {
                let (src, dst) = apart(data, turn.round);
                (0..turn.passes).for_each(|_| black_box(&mut *dst).copy_from_slice(black_box(src)));
            }),
        ];
        if self.streaming {
            trials.push(halves(|engine, data, turn| {
                let (src, dst) = apart(data, turn.round);
                engine.enter(Stream(Copied, src, dst, turn.passes));
            }));
        }
        trials
    }

    /// From the best of the trials, in their order.
    fn level(self, best: &mut impl Iterator<Item = Rates>) -> Level {
        let bytes = self.bytes(1);
        let mut next = || best.next().expect("one for each trial");
        let (read, write_plain, write_memset, copy_plain, copy_memcpy) = (next(), next(), next(), next(), next());
        let copy_streaming = self.streaming.then(next);
        let write = write_plain.or(&write_memset);
        let copy = copy_streaming.iter().fold(copy_plain.or(&copy_memcpy), |copy, rates| copy.or(rates));
        let name = self.name;
        Level { name, bytes, read, write, write_plain, write_memset, copy, copy_plain, copy_memcpy, copy_streaming }
    }
}

/// Source and result, which lies in another place in each round.
fn apart(data: &mut [f64], round: usize) -> (&mut [f64], &mut [f64]) {
    let line = LINE / size_of::<f64>();
    let half = (data.len() - PLACES * line) / 2;
    // All places come up, far from each other in turn.
    let gap = round * (PLACES * 5 / 8 - 1) % PLACES * line;
    let (src, rest) = data.split_at_mut(half);
    (src, &mut rest[gap..gap + half])
}

/// The arithmetic of an isa, and for each thread a source and a result.
struct Arithmetic {
    engine: Engine,
    f64: Vec<Mutex<[Vec<f64>; 2]>>,
    f32: Vec<Mutex<[Vec<f32>; 2]>>,
}

impl Arithmetic {
    fn new(isa: Isa, threads: usize) -> Self {
        fn memory<T: Real>(threads: usize) -> Vec<Mutex<[Vec<T>; 2]>> {
            let ordinary = plain::ordinary::<T>(Op::Sqrt, ELEMENTS);
            (0..threads).map(|_| Mutex::new([ordinary.clone(), ordinary.clone()])).collect()
        }
        let engine = Engine::builder().isa(isa).threads(Threads::Exactly(1)).build().expect("it is available");
        Self { engine, f64: memory(threads), f32: memory(threads) }
    }

    fn trials<'a, T: Real>(&'a self, memory: &'a [Mutex<[Vec<T>; 2]>]) -> [Trial<'a>; 4] {
        fn trial<'a>(amount: usize, work: impl Fn(Turn) + Sync + 'a) -> Trial<'a> {
            Trial { work: Box::new(work), amount: Box::new(move |_| amount as f64 / 1e9) }
        }
        let lanes = self.engine.enter(Width::<T>(PhantomData));
        let own = |turn: Turn| memory[turn.thread].lock().expect("no lap panics");
        [
            trial(2 * CHAINS * lanes, move |turn| self.multiply_adds::<T, CHAINS>(&own(turn)[0], turn.passes)),
            trial(2 * CHAINS_OF_PAIRS * lanes, move |turn| {
                self.multiply_adds::<T, CHAINS_OF_PAIRS>(&own(turn)[0], turn.passes);
            }),
            trial(ELEMENTS, move |turn| {
                let [src, dst] = &mut *own(turn);
                self.engine.enter(Map(Rooted, src, dst, turn.passes));
            }),
            trial(ELEMENTS, move |turn| {
                let [src, dst] = &mut *own(turn);
                self.engine.enter(Map(Inverted, src, dst, turn.passes));
            }),
        ]
    }

    fn multiply_adds<T: Real, const N: usize>(&self, src: &[T], passes: usize) {
        let start: &[T; START] = src.first_chunk().expect("there are more");
        black_box(self.engine.enter(MultiplyAdds::<T, N>(black_box(start), black_box(T::nearest(0.5)), passes)));
    }

    /// From the best of the trials, in their order.
    fn peak<T: Element>(&self, best: &mut impl Iterator<Item = Rates>) -> Peak {
        let mut next = || best.next().expect("one for each trial");
        let (many, few) = (next(), next());
        Peak {
            isa: self.engine.isa().name(),
            dtype: T::NAME,
            gflops: many.or(&few),
            square_roots: next(),
            quotients: next(),
        }
    }
}

/// The lanes of a vector.
struct Width<T>(PhantomData<T>);

impl<T: Element> Task for Width<T> {
    type Out = usize;
    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> usize {
        T::Vector::<S>::LEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(level: u32, bytes: u64, shared_by: Option<u32>) -> Cache {
        Cache { level, kind: "unified".to_owned(), bytes, line_bytes: None, shared_by }
    }

    #[test]
    fn a_working_set_fits_its_cache_and_no_nearer_one() {
        let server = [cache(1, 48 << 10, Some(2)), cache(2, 1 << 20, Some(2)), cache(3, 16 << 20, Some(32))];
        let sets = working_sets(&server);
        assert_eq!(sets, [("L1".to_owned(), 16 << 10), ("L2".into(), 256 << 10), ("L3".into(), 768 << 10)]);
        assert_eq!(working_sets(&[]), []);
    }

    #[test]
    fn far_is_many_times_the_last_level_caches() {
        let two_caches = [cache(1, 32 << 10, Some(1)), cache(3, 32 << 20, Some(8))];
        let sixteenth = |threads| far(&two_caches, threads) >> 20;
        assert_eq!([1, 2, 4, 8, 16].map(sixteenth), [512, 256, 128, 64, 64]);
        assert_eq!(far(&[], 1) as u64, 16 * LAST_LEVEL);
        assert_eq!(needed(&[(1, 8), (2, 6), (4, 3)]), (vec![8, 6, 3, 3], 28));
    }

    #[test]
    fn results_lie_in_every_place_behind_their_source() {
        let mut data = vec![0.0; 2 * 1024];
        let mut places: Vec<usize> = (0..PLACES)
            .map(|round| {
                let (src, dst) = apart(&mut data, round);
                assert_eq!((src.len(), dst.len()), (768, 768));
                (dst.as_ptr() as usize - src.as_ptr() as usize - 768 * 8) / LINE
            })
            .collect();
        assert!(places.windows(2).all(|pair| pair[0].abs_diff(pair[1]) > 8), "{places:?}");
        places.sort();
        assert!(places.iter().copied().eq(0..PLACES), "{places:?}");
    }
}
