//! What an engine does with a slice, and why: on how many threads, in which chunks, and which way results go to memory.
//!
//! The decisions are made here, from a small model of costs, and the engine carries out what a [`Plan`] says.
use std::fmt;
use std::str::FromStr;

use crate::{Accuracy, Error, Isa, Op, memory};

/// Elements up to which a slice is swept at once: any op takes less time than thinking about threads.
pub(crate) const SHORT: usize = 256;
/// How many times as long as [`Spec::ns`](lanestack_kernels::lanes::Spec::ns) says an element is taken to need, at most.
pub(crate) const SLOWEST: f64 = 5.0;
/// Bytes that a core's own cache is taken to hold.
const OWN_CACHE: usize = 512 << 10;
/// Nanoseconds per byte moved by one thread: from a shared cache, and from memory.
const NS_PER_BYTE: [f64; 2] = [0.02, 0.04];
/// Nanoseconds of one thread's work that are certainly not worth waking another, and that certainly are.
const NEVER: f64 = 20_000.0;
const ALWAYS: f64 = 500_000.0;
/// Bytes of source in a chunk, at most: with as many of the destination, half of a 512 KiB second-level cache.
const CHUNK: usize = 128 << 10;
/// The same where no cache holds all: there, the beginning of each chunk is waited for, none of it being prefetched.
const LONG_CHUNK: usize = 1 << 20;
/// Bytes of a page of memory, on most systems.
pub(crate) const PAGE: usize = 4096;

/// How results are written.
///
/// ```
/// use lanestack::Stores;
///
/// assert_eq!("streaming".parse(), Ok(Stores::Streaming));
/// assert_eq!(Stores::default(), Stores::Auto);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stores {
    /// As it is faster: streaming if source and destination together are larger than the last-level cache, into memory
    /// that is not the source itself, nor new and in small pages.
    #[default]
    Auto,
    /// Into the caches, as any program stores: good if the results are used soon.
    Plain,
    /// Past the caches, wherever the instruction set can (AVX-512 and AVX2) and more than some hundred elements go to
    /// memory that is not the source itself: spares the caches, and reading the destination before it is overwritten.
    Streaming,
}

impl Stores {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Auto, Self::Plain, Self::Streaming];

    /// The name, as it is parsed and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Plain => "plain",
            Self::Streaming => "streaming",
        }
    }
}

impl fmt::Display for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Stores {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.iter().copied().find(|stores| stores.name() == name);
        found.ok_or_else(|| Error::UnknownStores { name: name.to_owned() })
    }
}

/// Where the results of a call go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// Into memory of the caller's: [`Engine::run_into`](crate::Engine::run_into).
    Into,
    /// To where the arguments are: [`Engine::run_in_place`](crate::Engine::run_in_place).
    InPlace,
    /// Into new memory: [`Engine::run`](crate::Engine::run).
    New,
}

/// What an engine does with a slice; made by [`Engine::plan`](crate::Engine::plan), and what its calls carry out.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// The op.
    pub op: Op,
    /// The name of the element type.
    pub dtype: &'static str,
    /// The number of elements.
    pub len: usize,
    /// Where the results go.
    pub target: Target,
    /// The instruction set.
    pub isa: Isa,
    /// The tier whose kernel serves.
    pub tier: Accuracy,
    /// What is done.
    pub way: Way,
}

/// The decisions of a [`Plan`], and the figures behind them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Way {
    /// The number of threads: with 1, the calling thread alone.
    pub threads: usize,
    /// The number of elements in a chunk, which a thread takes at a time: all of them, if there is one thread and the memory
    /// is not new.
    pub chunk: usize,
    /// Whether results go past the caches.
    pub streaming: bool,
    /// Whether arguments are asked for ahead of their use: where results go past the caches, and in place where no cache holds
    /// all and computing takes as long as moving.
    pub prefetching: bool,
    /// Whether huge pages are asked for.
    pub huge_pages: bool,
    /// Bytes read and written.
    pub bytes: usize,
    /// Bytes of the last-level cache, if that was asked.
    pub last_level: Option<usize>,
    /// Estimated nanoseconds on one thread.
    pub serial_ns: f64,
    /// Estimated nanoseconds on all threads that there are, if that was estimated.
    pub parallel_ns: Option<f64>,
    /// How many threads there are, if that was asked.
    pub workers: Option<usize>,
    /// What waking them was measured to cost, if it was measured.
    pub wake: Option<Wake>,
    /// The length from which on threads are used, if the engine was told.
    pub parallel_from: Option<usize>,
    /// How results are written by the engine's settings.
    pub stores: Stores,
}

/// What it costs to wake a pool's threads, as measured once per process and number of threads.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Wake {
    /// Nanoseconds of a call in which all threads have come, and done nothing.
    pub call_ns: f64,
    /// Nanoseconds between the first thread's coming and the last one's.
    pub late_ns: f64,
}

impl Wake {
    /// As on a server of these years.
    pub(crate) const TYPICAL: Self = Self { call_ns: 60_000.0, late_ns: 20_000.0 };
    /// The nanoseconds of a call that a measurement may find: two threads were seen to break even with one at 20 to 450 µs of
    /// work, and that in the middle is the least to lose.
    pub(crate) const LEAST_NS: f64 = 5_000.0;
    pub(crate) const MOST_NS: f64 = 100_000.0;
}

/// What a decision is made from.
pub(crate) struct Request<'a> {
    /// Nanoseconds of an element in cache on the instruction set.
    pub ns: f64,
    /// Bytes of an element.
    pub size: usize,
    pub len: usize,
    pub target: Target,
    /// Whether the instruction set can stream.
    pub streams: bool,
    pub stores: Stores,
    pub parallel_from: Option<usize>,
    /// How many threads there are, and what waking them costs; asked only if need be.
    pub workers: &'a dyn Fn() -> usize,
    pub wake: &'a dyn Fn(usize) -> Wake,
}

/// Whether a slice of more than [`SHORT`] elements is swept at once, too, into the caches: a core's own holds it, and no CPU
/// takes so long that threads would pay. To find that out here takes some nanoseconds less than by [`Way::of`].
#[inline(always)]
pub(crate) fn is_short<T>(ns: f64, len: usize) -> bool {
    len as f64 * ns * SLOWEST < NEVER && len.saturating_mul(2 * size_of::<T>()) <= OWN_CACHE
}

impl Way {
    pub(crate) fn of(request: &Request<'_>) -> Self {
        let &Request { ns, size, len, target, streams, stores, parallel_from, .. } = request;
        let bytes = len.saturating_mul(size).saturating_mul(if target == Target::InPlace { 1 } else { 2 });
        let last_level = (bytes > OWN_CACHE).then(memory::last_level);
        let beyond = last_level.is_some_and(|cache| bytes > cache);
        let moved = if beyond { NS_PER_BYTE[1] } else { NS_PER_BYTE[0] };
        let moved = if last_level.is_some() { moved * bytes as f64 } else { 0.0 };
        let huge_pages = target == Target::New && memory::wants_huge_pages(len.saturating_mul(size));
        let faster = match stores {
            Stores::Auto => beyond,
            Stores::Plain => false,
            Stores::Streaming => true,
        };
        let streaming = streams && faster && len > SHORT && (target == Target::Into || huge_pages);
        let in_cache = len as f64 * ns;
        // An op that computes less leaves the CPU time to ask for the memory itself; there it was 5 to 20 % slower on a Zen 3, and
        // 10 % faster elsewhere.
        let in_turn = streams && beyond && target == Target::InPlace && in_cache >= moved;
        let mut way = Self {
            threads: 1,
            chunk: len,
            streaming,
            prefetching: streaming || in_turn,
            huge_pages,
            bytes,
            last_level,
            serial_ns: in_cache.max(moved),
            parallel_ns: None,
            workers: None,
            wake: None,
            parallel_from,
            stores,
        };
        if way.pays(request) {
            way.threads = way.workers.unwrap_or(1);
        }
        if way.threads > 1 || huge_pages {
            way.chunk = chunk(size, len, beyond, &way);
            way.threads = way.threads.min(len.div_ceil(way.chunk)).max(1);
        }
        way
    }

    /// Whether to spread the work over threads.
    fn pays(&mut self, request: &Request<'_>) -> bool {
        let long = match self.parallel_from {
            Some(from) => request.len >= from.max(2),
            None => request.len > SHORT && self.serial_ns >= NEVER,
        };
        if !long {
            return false;
        }
        let workers = (request.workers)();
        self.workers = Some(workers);
        if workers <= 1 || self.parallel_from.is_some() || self.serial_ns >= ALWAYS {
            return workers > 1;
        }
        // The first thread works alone until the others come; then the rest is shared.
        let wake = (request.wake)(workers);
        let parallel_ns = wake.call_ns + (self.serial_ns - wake.late_ns).max(0.0) / workers as f64;
        (self.wake, self.parallel_ns) = (Some(wake), Some(parallel_ns));
        parallel_ns < self.serial_ns
    }

    /// What of the decision about threads there is to tell.
    fn why_threads(&self) -> String {
        let us = |ns: f64| if ns < 1e3 { format!("{ns:.0} ns") } else { format!("{:.1} µs", ns / 1e3) };
        let serial = us(self.serial_ns);
        match (self.parallel_from, self.workers) {
            (_, Some(1)) => "there is one".to_owned(),
            (Some(from), _) => format!("threads are to be used from {from} elements on"),
            (None, None) => format!("some {serial} of work, which no other thread would come in time for"),
            (None, Some(n)) => match (self.wake, self.parallel_ns) {
                (Some(wake), Some(parallel)) => format!(
                    "{serial} on one thread, {} on {n}, which cost {} to wake, the last one {} after the first",
                    us(parallel),
                    us(wake.call_ns),
                    us(wake.late_ns)
                ),
                _ => format!("some {serial} of work on one thread, to be shared in any case"),
            },
        }
    }

    /// What of the decision about stores there is to tell.
    fn why_stores(&self, plan: &Plan) -> String {
        let mib = |bytes: usize| format!("{:.1} MiB", bytes as f64 / (1 << 20) as f64);
        match (plan.target, self.stores, self.last_level) {
            (Target::InPlace, ..) if self.prefetching => {
                "what is written has just been read, having been asked for ahead: no cache holds all".to_owned()
            }
            (Target::InPlace, ..) => "what is written has just been read".to_owned(),
            (Target::New, Stores::Auto | Stores::Streaming, _) if !self.huge_pages => {
                "new memory in small pages has just been cleared, and is in a cache".to_owned()
            }
            (_, Stores::Plain, _) => "by choice".to_owned(),
            _ if plan.isa.streams() != Some(true) => format!("{} has no others", plan.isa),
            _ if plan.len <= SHORT => format!("no more than {SHORT} elements"),
            (_, Stores::Streaming, _) => "by choice".to_owned(),
            (_, _, None) => format!("{} are moved, which a core's own cache holds", mib(self.bytes)),
            (_, _, Some(cache)) => format!("{} are moved, the last-level cache has {}", mib(self.bytes), mib(cache)),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Way { threads, chunk, streaming, huge_pages, .. } = self.way;
        writeln!(f, "isa: {}", self.isa)?;
        writeln!(f, "tier: {}", self.tier)?;
        writeln!(f, "threads: {threads}: {}", self.way.why_threads())?;
        writeln!(f, "chunks: {} of {chunk} elements", self.len.div_ceil(chunk.max(1)))?;
        writeln!(f, "stores: {}: {}", if streaming { "streaming" } else { "plain" }, self.way.why_stores(self))?;
        write!(
            f,
            "huge pages: {}",
            match (self.target, huge_pages) {
                (Target::New, true) => "asked for",
                (Target::New, false) => "not asked for: the memory is small, or the system has none",
                _ => "as the memory has them",
            }
        )
    }
}

/// The number of elements in a chunk.
fn chunk(size: usize, len: usize, beyond: bool, way: &Way) -> usize {
    let (page, most) = match (way.huge_pages, beyond) {
        (true, _) => (memory::HUGE_PAGE, memory::HUGE_PAGE),
        (_, true) => (PAGE, LONG_CHUNK),
        _ => (PAGE, CHUNK),
    };
    // Four chunks per thread even out what else the machine does; each page is touched by one thread.
    len.div_ceil(4 * way.threads).next_multiple_of(page / size).min(most / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_goes_the_way_that_would_be_planned() {
        let mut short = 0;
        for (ns, slowness) in [(0.0, 1.0), (0.06, 0.1), (0.06, SLOWEST), (0.95, 1.0), (0.95, SLOWEST), (8.0, SLOWEST)] {
            for len in (SHORT + 1..1 << 17).step_by(97).filter(|&len| is_short::<f64>(ns, len)) {
                for (target, stores) in
                    [(Target::Into, Stores::Auto), (Target::New, Stores::Auto), (Target::InPlace, Stores::Plain)]
                {
                    let way = Way::of(&Request {
                        ns: ns * slowness,
                        size: size_of::<f64>(),
                        len,
                        target,
                        streams: true,
                        stores,
                        parallel_from: None,
                        workers: &|| 64,
                        wake: &|_| Wake { call_ns: 0.0, late_ns: 0.0 },
                    });
                    assert_eq!(
                        (way.threads, way.chunk, way.streaming, way.prefetching, way.huge_pages),
                        (1, len, false, false, false),
                        "{way:?}"
                    );
                    short += 1;
                }
            }
        }
        assert!(short > 0);
    }

    /// In place, where no cache holds all, arguments are asked for ahead if computing takes as long as moving.
    #[test]
    fn in_place_what_takes_time_is_asked_for_ahead() {
        let is_prefetching = |ns, streams| {
            let way = Way::of(&Request {
                ns,
                size: size_of::<f64>(),
                len: 1 << 36,
                target: Target::InPlace,
                streams,
                stores: Stores::Auto,
                parallel_from: None,
                workers: &|| 1,
                wake: &|_| Wake::TYPICAL,
            });
            assert!(!way.streaming);
            way.prefetching
        };
        assert!(is_prefetching(0.95, true));
        assert!(!is_prefetching(0.09, true));
        assert!(!is_prefetching(0.95, false));
    }
}
