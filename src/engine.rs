//! How a slice is spread over threads.
//!
//! Work is cut into chunks; as many tasks as there may be threads take the next chunk from a common list until none is
//! left. [`plan`](crate::plan) decides how long they are, and whether threads pay at all. The result of an element does not
//! depend on any of this.
use std::env;
use std::fmt;
use std::iter;
use std::mem::MaybeUninit;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use lanestack_kernels::isa::{Places, Slot};
use lanestack_kernels::lanes::{self, Kernel, Task};
use lanestack_kernels::sweep::{Map, MapLong};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::dispatch::{Element, Token};
use crate::plan::{self, Plan, Request, Stores, Target, Wake, Way};
use crate::{Accuracy, Buffer, Error, Isa, Op, memory};

/// How often the waking of threads is tried, and for how long at most.
const WAKES: usize = 5;
const WAKES_TAKE: Duration = Duration::from_micros(800);
/// After such a time without work, a pool's threads sleep; and one that comes later than that is not waited for.
const UNTIL_ASLEEP: Duration = Duration::from_micros(60);
const LATEST: Duration = Duration::from_micros(100);

/// The environment variable that names the instruction set of engines built without one.
pub const ISA_VARIABLE: &str = "LANESTACK_ISA";
/// The environment variable that gives the number of threads of engines built without one.
pub const THREADS_VARIABLE: &str = "LANESTACK_NUM_THREADS";

/// The environment variable that says how engines built without that choice write results: see [`Stores`].
pub const STORES_VARIABLE: &str = "LANESTACK_STORES";
/// The environment variable that gives the number of elements from which on engines built without one use threads, or
/// `auto`: see [`Builder::parallel_from`].
pub const PARALLEL_FROM_VARIABLE: &str = "LANESTACK_PARALLEL_FROM";

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
    stores: Stores,
    parallel_from: Option<usize>,
    pool: Arc<OnceLock<ThreadPool>>,
}

/// The choices for an [`Engine`]; made by [`Engine::builder`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Builder {
    isa: Option<Isa>,
    accuracy: Accuracy,
    threads: Option<Threads>,
    stores: Option<Stores>,
    parallel_from: Option<usize>,
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

    /// Writes results into the caches or past them; they are the same. Where streaming is not possible, all are plain.
    ///
    /// Without it, or with [`Stores::Auto`]: what the environment variable `LANESTACK_STORES` says, else `Auto`.
    pub fn stores(mut self, stores: Stores) -> Self {
        self.stores = Some(stores);
        self
    }

    /// Uses threads for slices of at least this many elements (and at least two), and for no others.
    ///
    /// Without it: what the environment variable `LANESTACK_PARALLEL_FROM` says, else by an estimate, which
    /// [`Engine::plan`] shows. `usize::MAX` stands for never.
    pub fn parallel_from(mut self, elements: usize) -> Self {
        self.parallel_from = Some(elements);
        self
    }

    /// The engine.
    ///
    /// # Errors
    /// If this CPU lacks the instruction set, if the number of threads is not from 1 to 4096, or if one of the environment
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
        let stores = match self.stores {
            Some(stores @ (Stores::Plain | Stores::Streaming)) => stores,
            Some(Stores::Auto) | None => from_environment(STORES_VARIABLE)?.unwrap_or_default(),
        };
        let parallel_from = match self.parallel_from {
            Some(elements) => Some(elements),
            None => from_environment::<Elements>(PARALLEL_FROM_VARIABLE)?.and_then(|from| from.0),
        };
        let token = Token::detect(isa).ok_or(Error::IsaUnavailable { isa }).map_err(|error| match self.isa {
            Some(_) => error,
            None => in_environment(ISA_VARIABLE, error),
        })?;
        Ok(Engine { isa, token, accuracy: self.accuracy, threads, stores, parallel_from, pool: Arc::default() })
    }
}

/// A number of elements, or none for `auto`.
struct Elements(Option<usize>);

impl FromStr for Elements {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.parse() {
            _ if text == "auto" => Ok(Self(None)),
            Ok(n) => Ok(Self(Some(n))),
            Err(_) => Err(Error::BadLength { text: text.to_owned() }),
        }
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
    /// If one of the environment variables is not understood, or names what this CPU lacks.
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

    /// The choice of stores; see [`plan`](Self::plan) for what it comes to.
    pub fn stores(&self) -> Stores {
        self.stores
    }

    /// The number of threads that a long slice is spread over, if called from here. Starts no thread.
    pub fn workers(&self) -> usize {
        /// What rayon's global pool will have, or has, unless the program makes it otherwise.
        static GLOBAL: LazyLock<usize> = LazyLock::new(|| match env::var("RAYON_NUM_THREADS").map(|n| n.parse()) {
            Ok(Ok(n)) if n > 0 => n,
            _ => thread::available_parallelism().map_or(1, usize::from),
        });
        match self.threads {
            Threads::Exactly(n) if rayon::current_thread_index().is_some() => n.min(rayon::current_num_threads()),
            Threads::Exactly(n) => n,
            Threads::Auto if rayon::current_thread_index().is_some() => rayon::current_num_threads(),
            Threads::Auto => *GLOBAL,
        }
    }

    /// Whether a slice of `len` elements is spread over threads, if called from here.
    pub fn is_parallel<T: Element>(&self, op: Op, len: usize) -> bool {
        self.way::<T>(self.ns::<T>(op), len, Target::Into).threads > 1
    }

    /// What is done with a slice of `len` elements, if called from here, and why.
    ///
    /// ```
    /// use lanestack::{Engine, Op, Target};
    ///
    /// let plan = Engine::global().plan::<f64>(Op::Exp, 100, Target::Into);
    /// assert_eq!(plan.way.threads, 1);
    /// println!("{plan}");
    /// ```
    pub fn plan<T: Element>(&self, op: Op, len: usize, target: Target) -> Plan {
        let way = self.way::<T>(self.ns::<T>(op), len, target);
        Plan { op, dtype: T::NAME, len, target, isa: self.isa, tier: op.tier::<T>(self.accuracy), way }
    }

    /// The op of each element, in a new vector.
    ///
    /// Where it has 4 MiB or more, huge pages are asked for, which on Linux makes new memory several times faster.
    pub fn run<T: Element>(&self, op: Op, src: &[T]) -> Vec<T> {
        memory::vec_filled(src.len(), |dst| self.write(op, src, dst, Target::New))
    }

    /// The op of each element, in memory that suits long sweeps.
    pub fn run_buffer<T: Element>(&self, op: Op, src: &[T]) -> Buffer<T> {
        Buffer::filled(src.len(), |dst| self.write(op, src, dst, Target::New))
    }

    /// Writes the op of each element of `src` to the same place of `dst`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn run_into<T: Element>(&self, op: Op, src: &[T], dst: &mut [T]) {
        self.write(op, src, memory::unwritten(dst), Target::Into);
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
        self.write(op, src, dst, Target::Into);
        memory::written(dst)
    }

    /// Replaces each element by the op of it.
    pub fn run_in_place<T: Element>(&self, op: Op, data: &mut [T]) {
        match self.is_short::<T>(data.len(), || self.ns::<T>(op)) {
            true => T::sweep_in_place(self.token, op, self.accuracy, data),
            false => self.each_chunk(self.ns::<T>(op), data, |data, way| match way.prefetching {
                true => T::sweep_long(self.token, op, self.accuracy, Places::one(data), None, false),
                false => T::sweep_in_place(self.token, op, self.accuracy, data),
            }),
        }
    }

    fn write<T: Element>(&self, op: Op, src: &[T], dst: &mut [MaybeUninit<T>], target: Target) {
        assert_same_len(src, dst);
        match self.is_short::<T>(src.len(), || self.ns::<T>(op)) {
            true => T::sweep(self.token, op, self.accuracy, src, dst),
            false => self.each_pair(self.ns::<T>(op), src, dst, target, |src, dst, way| {
                touch_end(dst, way);
                match way.prefetching {
                    true => T::sweep_long(self.token, op, self.accuracy, Places::two(src, dst), None, way.streaming),
                    false => T::sweep(self.token, op, self.accuracy, src, dst),
                }
            }),
        }
    }

    /// Writes zeros.
    pub(crate) fn write_zeros<T: Element>(&self, dst: &mut [MaybeUninit<T>]) {
        let way = self.way::<T>(0.0, dst.len(), Target::New);
        self.each_piece_of(dst, &way, |dst| {
            touch_end(dst, &way);
            dst.fill(MaybeUninit::new(T::ZERO));
        });
    }

    /// Copies the elements.
    pub(crate) fn copy<T: Element>(&self, src: &[T], dst: &mut [MaybeUninit<T>]) {
        self.each_pair(0.0, src, dst, Target::New, |src, dst, way| {
            touch_end(dst, way);
            dst.write_copy_of_slice(src);
        });
    }

    /// Whether to sweep a slice at once without more ado: what [`Way::of`] would come to.
    #[inline(always)]
    fn is_short<T>(&self, len: usize, ns: impl FnOnce() -> f64) -> bool {
        self.parallel_from.is_none()
            && (len <= plan::SHORT || self.stores != Stores::Streaming && plan::is_short::<T>(ns(), len))
    }

    /// The instruction set, with the proof that it is available.
    pub(crate) fn token(&self) -> Token {
        self.token
    }

    /// The time of one element as [`lanes::Spec::ns`] has it.
    pub(crate) fn ns<T: Element>(&self, op: Op) -> f64 {
        op.spec::<T>(self.accuracy).ns
    }

    /// What is done with a slice whose elements take so long.
    pub(crate) fn way<T>(&self, ns: f64, len: usize, target: Target) -> Way {
        Way::of(&Request {
            ns: if len > plan::SHORT { ns * self.token.slowness(self.isa) } else { ns },
            size: size_of::<T>(),
            len,
            target,
            streams: self.isa.streams() == Some(true),
            stores: self.stores,
            parallel_from: self.parallel_from,
            workers: &|| self.workers(),
            wake: &|workers| self.wake(workers),
        })
    }

    /// The same engine on the calling thread only, for parts of a whole that goes this way.
    #[cfg(feature = "arrow")]
    pub(crate) fn serial(&self, way: &Way) -> Self {
        let stores = if way.streaming { Stores::Streaming } else { Stores::Plain };
        Self { threads: Threads::Exactly(1), stores, ..self.clone() }
    }

    /// As [`run_into`](Self::run_into), for a kernel: one of the library's or [one of your own](crate::kernels).
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn map_into<T: lanes::Element, D: Slot<T>, K: Kernel>(&self, kernel: K, src: &[T], dst: &mut [D]) {
        assert_same_len(src, dst);
        if self.is_short::<T>(src.len(), || T::spec::<K>().ns) {
            return self.token.run(Map { places: Places::two(src, dst), kernel });
        }
        self.each_pair(T::spec::<K>().ns, src, dst, Target::Into, |src, dst, way| {
            self.map_way(kernel, Places::two(src, dst), way);
        });
    }

    /// As [`run_in_place`](Self::run_in_place), for a kernel: one of the library's or [one of your own](crate::kernels).
    pub fn map_in_place<T: lanes::Element, K: Kernel>(&self, kernel: K, data: &mut [T]) {
        match self.is_short::<T>(data.len(), || T::spec::<K>().ns) {
            true => self.token.run(Map { places: Places::one(data), kernel }),
            false => self.each_chunk(T::spec::<K>().ns, data, |data, way| {
                self.map_way(kernel, Places::one(data), way);
            }),
        }
    }

    fn map_way<T: lanes::Element, K: Kernel>(&self, kernel: K, places: Places<'_, T>, way: &Way) {
        match way.prefetching {
            true => self.token.run(MapLong { places, kernel, next: None, streaming: way.streaming }),
            false => self.token.run(Map { places, kernel }),
        }
    }

    /// Runs the task in code compiled for the engine's instruction set, on the calling thread: for what is no function of one
    /// element, such as a sum.
    ///
    /// ```
    /// use lanestack::Engine;
    /// use lanestack::kernels::lanes::{Lanes, Simd, Task};
    ///
    /// /// The number of `f64` in a vector.
    /// struct Width;
    ///
    /// impl Task for Width {
    ///     type Out = usize;
    ///     #[inline(always)]
    ///     fn run<S: Simd>(self, _: S) -> usize {
    ///         S::F64::LEN
    ///     }
    /// }
    /// assert!(Engine::global().enter(Width) >= 1);
    /// ```
    pub fn enter<T: Task>(&self, task: T) -> T::Out {
        self.token.run(task)
    }

    /// Sweeps the source into the destination, in one go or chunk by chunk. Out of line, as the next one is: short slices would
    /// pay for what it keeps on the stack.
    #[inline(never)]
    pub(crate) fn each_pair<T: lanes::Element, D: Send>(
        &self,
        ns: f64,
        src: &[T],
        dst: &mut [D],
        target: Target,
        sweep: impl Fn(&[T], &mut [D], &Way) + Sync,
    ) {
        let way = self.way::<T>(ns, src.len(), target);
        if way.chunk >= src.len() {
            return sweep(src, dst, &way);
        }
        let head = until_page(dst, &way);
        let ((first, src), (first_dst, dst)) = (src.split_at(head), dst.split_at_mut(head));
        let pieces = iter::once((first, first_dst)).chain(src.chunks(way.chunk).zip(dst.chunks_mut(way.chunk)));
        match way.threads {
            1 => pieces.for_each(|(src, dst)| sweep(src, dst, &way)),
            _ => self.spread(pieces, |(src, dst)| sweep(src, dst, &way)),
        }
    }

    /// Sweeps the data in place, in one go or chunk by chunk.
    #[inline(never)]
    pub(crate) fn each_chunk<T: lanes::Element>(&self, ns: f64, data: &mut [T], sweep: impl Fn(&mut [T], &Way) + Sync) {
        let way = self.way::<T>(ns, data.len(), Target::InPlace);
        self.each_piece_of(data, &way, |data| sweep(data, &way));
    }

    /// Does the work on the data, in one go or chunk by chunk.
    fn each_piece_of<T: Send>(&self, data: &mut [T], way: &Way, work: impl Fn(&mut [T]) + Sync) {
        if way.chunk >= data.len() {
            return work(data);
        }
        let (first, data) = data.split_at_mut(until_page(data, way));
        let pieces = iter::once(first).chain(data.chunks_mut(way.chunk));
        match way.threads {
            1 => pieces.for_each(work),
            _ => self.spread(pieces, work),
        }
    }

    /// What it costs to wake this many threads, measured when it is first asked.
    fn wake(&self, workers: usize) -> Wake {
        /// By the number of binary digits.
        static MEASURED: [OnceLock<Wake>; usize::BITS as usize] = [const { OnceLock::new() }; usize::BITS as usize];
        static MEASURING: Mutex<()> = Mutex::new(());
        let measured = &MEASURED[workers.ilog2() as usize];
        // Not to be waited for: the one who measures may need the very thread that asks.
        match measured.get().copied().ok_or_else(|| MEASURING.try_lock()) {
            Ok(wake) => wake,
            Err(Ok(_measuring)) => *measured.get_or_init(|| self.measure_wake(workers)),
            Err(Err(_)) => Wake::TYPICAL,
        }
    }

    /// The longest of some rendezvous of threads that were asleep, kept within bounds: threads that come late lose more than
    /// threads that are not asked would have gained, and on a virtual machine they come ten times later at times.
    fn measure_wake(&self, workers: usize) -> Wake {
        self.rendezvous(workers); // starts the threads, if need be
        let start = Instant::now();
        let mut wakes = Vec::new();
        while wakes.len() < WAKES && start.elapsed() < WAKES_TAKE {
            thread::sleep(UNTIL_ASLEEP);
            wakes.push(self.rendezvous(workers));
        }
        let longest = wakes.into_iter().max_by(|a, b| a.call_ns.total_cmp(&b.call_ns));
        let Wake { call_ns, late_ns } = longest.unwrap_or(Wake::TYPICAL);
        let call_ns = call_ns.clamp(Wake::LEAST_NS, Wake::MOST_NS);
        Wake { call_ns, late_ns: late_ns.min(call_ns / 2.0) }
    }

    /// A call in which each thread waits for the others, some time at most.
    fn rendezvous(&self, workers: usize) -> Wake {
        let (start, come) = (Instant::now(), Mutex::new(Vec::new()));
        self.spread(0..workers, |_| {
            come.lock().expect("noting the time does not panic").push(start.elapsed());
            while come.lock().expect("noting the time does not panic").len() < workers && start.elapsed() < LATEST {
                std::hint::spin_loop();
            }
        });
        let call_ns = start.elapsed().as_nanos() as f64;
        let come = come.into_inner().expect("noting the time does not panic");
        let late_ns = (come[come.len() - 1] - come[0]).as_nanos() as f64;
        Wake { call_ns, late_ns }
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

#[inline(always)]
pub(crate) fn assert_same_len<T, D>(src: &[T], dst: &[D]) {
    assert!(
        src.len() == dst.len(),
        "lanestack: the source has {} elements, but the destination has {}",
        src.len(),
        dst.len()
    );
}

/// Touches new memory that is to come as a huge page: the system clears it towards the place that is touched first, and
/// upwards, in the order of the sweep after it, all was measured to take two thirds of the time.
pub(crate) fn touch_end<T: Element>(dst: &mut [MaybeUninit<T>], way: &Way) {
    if let (true, Some(last)) = (way.huge_pages, dst.last_mut()) {
        last.write(T::ZERO);
    }
}

/// The number of elements before the first chunk, which begins where a page does.
pub(crate) fn until_page<D>(dst: &[D], way: &Way) -> usize {
    dst.as_ptr().align_offset(if way.huge_pages { memory::HUGE_PAGE } else { plan::PAGE }).min(dst.len())
}
