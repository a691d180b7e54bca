//! How a slice is spread over threads.
//!
//! Work is cut into chunks; as many tasks as there may be threads take the next chunk from a common list until none is
//! left. A chunk fits the second-level cache of a core, and is long enough that taking it costs nothing. The result of an
//! element does not depend on any of this.
use std::env;
use std::fmt;
use std::mem::MaybeUninit;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use lanestack_kernels::isa::Slot;
use lanestack_kernels::lanes::{self, Kernel};
use lanestack_kernels::sweep::{MapInPlace, MapInto};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::dispatch::{Element, Token};
use crate::{Accuracy, Error, Isa, Op, memory};

/// The environment variable that names the instruction set of engines built without one.
pub const ISA_VARIABLE: &str = "LANESTACK_ISA";
/// The environment variable that gives the number of threads of engines built without one.
pub const THREADS_VARIABLE: &str = "LANESTACK_NUM_THREADS";

/// Bytes of source in a chunk, at most: with as many of the destination, half of a 512 KiB second-level cache.
const CHUNK_BYTES: usize = 128 << 10;
/// Estimated nanoseconds of work from which on it is spread over threads.
///
/// A parallel call costs 20 to 45 µs before any work, but an idle core may come late: two threads were measured to break
/// even with one at 170 µs of work on a Zen 5 guest of two cores, and at 300 to 450 µs on a Zen 3 guest
/// (`cargo bench --bench threads` measures it on your machine).
const PARALLEL_FROM_NS: f64 = 300_000.0;
/// Estimated nanoseconds per byte moved, once the data does not fit a core's own cache.
const NS_PER_BYTE: f64 = 0.02;
/// Bytes that a core's own cache is taken to hold.
const OWN_CACHE_BYTES: usize = 512 << 10;

/// How many threads an [`Engine`] uses.
///
/// ```
/// use lanestack::Threads;
///
/// assert_eq!("auto".parse(), Ok(Threads::Auto));
/// assert_eq!("4".parse(), Ok(Threads::Exactly(4)));
/// assert!("0".parse::<Threads>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Threads {
    /// Inside a rayon pool, all of that pool's. Outside, those of rayon's global pool: as many as this process may use
    /// by its CPU affinity and its cgroup's quota, unless `RAYON_NUM_THREADS` says otherwise. The environment variable
    /// `LANESTACK_NUM_THREADS`, if set, turns this into `Exactly`.
    #[default]
    Auto,
    /// This many, from 1 to 4096. Inside a rayon pool: at most this many of that pool's at a time. Outside: a pool of the
    /// engine's own, made when it is first needed and shared by the engine's clones.
    Exactly(usize),
}

impl Threads {
    /// The numbers of threads that are accepted; far more than there are CPUs would only be in each other's way.
    pub(crate) const POSSIBLE: RangeInclusive<usize> = 1..=4096;
}

impl fmt::Display for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.pad("auto"),
            Self::Exactly(n) => f.pad(&n.to_string()),
        }
    }
}

impl FromStr for Threads {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.parse() {
            _ if text == "auto" => Ok(Self::Auto),
            Ok(n) if Self::POSSIBLE.contains(&n) => Ok(Self::Exactly(n)),
            _ => Err(Error::BadThreads { text: text.to_owned() }),
        }
    }
}

/// Evaluates ops with a chosen instruction set and accuracy on a chosen number of threads.
///
/// Cheap to clone; clones share their threads. The free functions ([`exp`](crate::exp) and the others) run on an engine
/// built without any choice.
///
/// ```
/// use lanestack::{Engine, Isa, Op, Threads};
///
/// let engine = Engine::builder().isa(Isa::Portable).threads(Threads::Exactly(2)).build()?;
/// assert_eq!(engine.run(Op::Square, &[1.0, 2.0, 3.0]), [1.0, 4.0, 9.0]);
///
/// let mut roots = [0.0f32; 2];
/// engine.run_into(Op::Sqrt, &[4.0, 9.0], &mut roots);
/// assert_eq!(roots, [2.0, 3.0]);
///
/// engine.run_in_place(Op::Square, &mut roots);
/// assert_eq!(roots, [4.0, 9.0]);
/// # Ok::<(), lanestack::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Engine {
    isa: Isa,
    token: Token,
    accuracy: Accuracy,
    threads: Threads,
    pool: Arc<OnceLock<ThreadPool>>,
}

/// The choices for an [`Engine`]; made by [`Engine::builder`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Builder {
    isa: Option<Isa>,
    accuracy: Accuracy,
    threads: Option<Threads>,
}

impl Builder {
    /// Takes this instruction set and no other.
    ///
    /// Without it: the one that the environment variable `LANESTACK_ISA` names, else the best available.
    pub fn isa(mut self, isa: Isa) -> Self {
        self.isa = Some(isa);
        self
    }

    /// Evaluates with at least this accuracy; without it, [`Accuracy::Default`].
    pub fn accuracy(mut self, accuracy: Accuracy) -> Self {
        self.accuracy = accuracy;
        self
    }

    /// Uses this many threads.
    ///
    /// Without it, or with [`Threads::Auto`]: what the environment variable `LANESTACK_NUM_THREADS` says, else `Auto`.
    pub fn threads(mut self, threads: Threads) -> Self {
        self.threads = Some(threads);
        self
    }

    /// The engine.
    ///
    /// # Errors
    /// If this CPU lacks the instruction set, if the number of threads is not from 1 to 4096, or if one of the two environment
    /// variables is looked at and is not understood.
    pub fn build(self) -> Result<Engine, Error> {
        let isa = match self.isa {
            Some(isa) => isa,
            None => from_environment(ISA_VARIABLE)?.unwrap_or_else(Isa::best),
        };
        let threads = match self.threads {
            Some(Threads::Exactly(n)) if !Threads::POSSIBLE.contains(&n) => {
                return Err(Error::BadThreads { text: n.to_string() });
            }
            Some(threads @ Threads::Exactly(_)) => threads,
            Some(Threads::Auto) | None => from_environment(THREADS_VARIABLE)?.unwrap_or_default(),
        };
        let token = Token::detect(isa).ok_or(Error::IsaUnavailable { isa }).map_err(|error| match self.isa {
            Some(_) => error,
            None => in_environment(ISA_VARIABLE, error),
        })?;
        Ok(Engine { isa, token, accuracy: self.accuracy, threads, pool: Arc::default() })
    }
}

fn from_environment<T: FromStr<Err = Error>>(variable: &'static str) -> Result<Option<T>, Error> {
    match env::var_os(variable) {
        Some(value) if !value.is_empty() => {
            value.to_string_lossy().parse().map(Some).map_err(|error| in_environment(variable, error))
        }
        _ => Ok(None),
    }
}

fn in_environment(variable: &'static str, cause: Error) -> Error {
    Error::Environment { variable, cause: Box::new(cause) }
}

impl Engine {
    /// An engine without any choice made yet.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The engine of the free functions.
    ///
    /// # Panics
    /// If `LANESTACK_ISA` or `LANESTACK_NUM_THREADS` is not understood, or names what this CPU lacks.
    pub fn global() -> &'static Self {
        static GLOBAL: LazyLock<Engine> = LazyLock::new(|| match Engine::builder().build() {
            Ok(engine) => engine,
            Err(error) => panic!("lanestack: {error}"),
        });
        &GLOBAL
    }

    /// The instruction set that this engine's kernels are compiled for.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// The accuracy that results have at least.
    pub fn accuracy(&self) -> Accuracy {
        self.accuracy
    }

    /// The same engine, on the same threads, with another accuracy: for a single call, say.
    #[must_use]
    pub fn with_accuracy(&self, accuracy: Accuracy) -> Self {
        Self { accuracy, ..self.clone() }
    }

    /// The choice of threads; see [`workers`](Self::workers) for what it comes to.
    pub fn threads(&self) -> Threads {
        self.threads
    }

    /// The number of threads that a long slice is spread over, if called from here. Starts no thread.
    pub fn workers(&self) -> usize {
        match self.threads {
            Threads::Exactly(n) if rayon::current_thread_index().is_some() => n.min(rayon::current_num_threads()),
            Threads::Exactly(n) => n,
            Threads::Auto if rayon::current_thread_index().is_some() => rayon::current_num_threads(),
            Threads::Auto => match env::var("RAYON_NUM_THREADS").map(|n| n.parse()) {
                Ok(Ok(n)) if n > 0 => n,
                _ => std::thread::available_parallelism().map_or(1, usize::from),
            },
        }
    }

    /// Whether a slice of `len` elements is spread over threads, if called from here.
    pub fn is_parallel<T: Element>(&self, op: Op, len: usize) -> bool {
        self.workers() > 1 && self.pays::<T>(self.ns::<T>(op), len)
    }

    /// The op of each element.
    pub fn run<T: Element>(&self, op: Op, src: &[T]) -> Vec<T> {
        memory::vec_filled(src.len(), |dst| self.write(op, src, dst))
    }

    /// Writes the op of each element of `src` to the same place of `dst`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn run_into<T: Element>(&self, op: Op, src: &[T], dst: &mut [T]) {
        self.write(op, src, memory::unwritten(dst));
    }

    /// As [`run_into`](Self::run_into), into memory that need not be initialized; returns it as what it then is.
    ///
    /// ```
    /// use lanestack::{Engine, Op};
    ///
    /// let mut squares = Vec::with_capacity(3);
    /// let written = Engine::global().run_uninit(Op::Square, &[1.0, 2.0, 3.0], squares.spare_capacity_mut());
    /// assert_eq!(written, [1.0, 4.0, 9.0]);
    /// ```
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn run_uninit<'a, T: Element>(&self, op: Op, src: &[T], dst: &'a mut [MaybeUninit<T>]) -> &'a mut [T] {
        self.write(op, src, dst);
        memory::written(dst)
    }

    /// Replaces each element by the op of it.
    pub fn run_in_place<T: Element>(&self, op: Op, data: &mut [T]) {
        self.each_chunk(self.ns::<T>(op), data, |data| T::sweep_in_place(self.token, op, self.accuracy, data));
    }

    /// The estimated time of one element.
    pub(crate) fn ns<T: Element>(&self, op: Op) -> f64 {
        op.spec::<T>(self.accuracy).ns
    }

    fn write<T: Element>(&self, op: Op, src: &[T], dst: &mut [MaybeUninit<T>]) {
        self.each_pair(self.ns::<T>(op), src, dst, |src, dst| T::sweep_into(self.token, op, self.accuracy, src, dst));
    }

    /// The same engine on the calling thread only.
    #[cfg(feature = "ndarray")]
    pub(crate) fn serial(&self) -> Self {
        Self { threads: Threads::Exactly(1), ..self.clone() }
    }

    /// As [`run_into`](Self::run_into), for a kernel: one of the library's or [one of your own](crate::kernels).
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn map_into<T: lanes::Element, D: Slot<T>, K: Kernel>(&self, kernel: K, src: &[T], dst: &mut [D]) {
        self.each_pair(T::spec::<K>().ns, src, dst, |src, dst| self.token.run(MapInto { src, dst, kernel }));
    }

    /// As [`run_in_place`](Self::run_in_place), for a kernel: one of the library's or [one of your own](crate::kernels).
    pub fn map_in_place<T: lanes::Element, K: Kernel>(&self, kernel: K, data: &mut [T]) {
        self.each_chunk(T::spec::<K>().ns, data, |data| self.token.run(MapInPlace { data, kernel }));
    }

    /// Sweeps the source into the destination, in one go or chunk by chunk.
    fn each_pair<T: lanes::Element, D: Send>(
        &self,
        ns: f64,
        src: &[T],
        dst: &mut [D],
        sweep: impl Fn(&[T], &mut [D]) + Sync,
    ) {
        assert!(
            src.len() == dst.len(),
            "lanestack: the source has {} elements, but the destination has {}",
            src.len(),
            dst.len()
        );
        match self.chunk_len::<T>(ns, src.len()) {
            None => sweep(src, dst),
            Some(len) => self.spread(src.chunks(len).zip(dst.chunks_mut(len)), |(src, dst)| sweep(src, dst)),
        }
    }

    /// Sweeps the data in place, in one go or chunk by chunk.
    fn each_chunk<T: lanes::Element>(&self, ns: f64, data: &mut [T], sweep: impl Fn(&mut [T]) + Sync) {
        match self.chunk_len::<T>(ns, data.len()) {
            None => sweep(data),
            Some(len) => self.spread(data.chunks_mut(len), sweep),
        }
    }

    /// The length of a chunk, or `None` if one thread shall do it all.
    pub(crate) fn chunk_len<T: lanes::Element>(&self, ns: f64, len: usize) -> Option<usize> {
        if !self.pays::<T>(ns, len) {
            return None;
        }
        let workers = self.workers();
        // Four chunks per thread even out what else the machine does; whole pages of elements keep chunks aligned alike.
        let page = 4096 / size_of::<T>();
        let share = len.div_ceil(4 * workers).next_multiple_of(page);
        (workers > 1).then(|| share.min(CHUNK_BYTES / size_of::<T>()))
    }

    /// Whether the estimated time of one thread is long enough to wake others.
    fn pays<T: lanes::Element>(&self, ns: f64, len: usize) -> bool {
        let bytes = 2 * size_of::<T>();
        let moved = if len.saturating_mul(bytes) > OWN_CACHE_BYTES { bytes as f64 * NS_PER_BYTE } else { 0.0 };
        len as f64 * (ns * self.isa.slowness()).max(moved) >= PARALLEL_FROM_NS
    }

    /// Does the work on every piece, on as many threads as the engine uses.
    pub(crate) fn spread<P: Send>(&self, pieces: impl Iterator<Item = P> + Send, work: impl Fn(P) + Sync) {
        let pieces = Mutex::new(pieces);
        let next = || pieces.lock().expect("taking the next piece does not panic").next();
        let run = || {
            let workers = match self.threads {
                Threads::Exactly(n) => n.min(rayon::current_num_threads()),
                Threads::Auto => rayon::current_num_threads(),
            };
            (0..workers).into_par_iter().with_max_len(1).for_each(|_| {
                while let Some(piece) = next() {
                    work(piece);
                }
            });
        };
        match self.threads {
            Threads::Exactly(n) if rayon::current_thread_index().is_none() => self.pool(n).install(run),
            _ => run(),
        }
    }

    fn pool(&self, threads: usize) -> &ThreadPool {
        self.pool.get_or_init(|| {
            ThreadPoolBuilder::new()
                .num_threads(threads)
                .thread_name(|k| format!("lanestack-{k}"))
                .build()
                .unwrap_or_else(|error| panic!("lanestack: cannot start {threads} threads: {error}"))
        })
    }
}
