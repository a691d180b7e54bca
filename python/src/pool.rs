//! The threads: a pool for each number of them that is asked for, which all calls share.
//!
//! They are this package's own: rayon's global pool does not survive a fork, and in a child a call would wait for ever for
//! threads that only the parent has.
use std::cell::Cell;
use std::process;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use lanestack::{Engine, Error, Op, Target, Threads};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::flags::Flags;

/// The pools of one process.
struct Process {
    id: u32,
    pools: Mutex<Vec<Arc<Pool>>>,
}

/// Threads, and an engine that plans for them.
pub struct Pool {
    threads: ThreadPool,
    engine: Engine,
}

static PROCESS: AtomicPtr<Process> = AtomicPtr::new(ptr::null_mut());
/// The number of threads of calls without a limit of their own.
static NUMBER: AtomicUsize = AtomicUsize::new(1);
/// What it was at first.
static FIRST: OnceLock<usize> = OnceLock::new();

thread_local! {
    /// The number of threads of this thread's calls, if it has a limit of its own.
    static LIMIT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Sets the number of threads by the environment. To be called before all else.
pub fn initialize() -> Result<(), Error> {
    let number = Engine::builder().build()?.workers();
    NUMBER.store(*FIRST.get_or_init(|| number), Ordering::Relaxed);
    Ok(())
}

/// The number of threads of a call from here.
pub fn number() -> usize {
    LIMIT.get().unwrap_or_else(|| NUMBER.load(Ordering::Relaxed))
}

/// Sets the number of threads of calls without a limit; without a number, to what it was at first.
pub fn set_number(number: Option<isize>) -> Result<(), Error> {
    let number = number.map(checked).transpose()?.or(FIRST.get().copied()).unwrap_or(1);
    NUMBER.store(number, Ordering::Relaxed);
    // Other pools end when the calls that use them do.
    let mut pools = process().pools.lock().unwrap_or_else(PoisonError::into_inner);
    pools.retain(|pool| pool.threads.current_num_threads() == number);
    Ok(())
}

/// Sets the number of threads of this thread's calls, none for no limit; returns what it was.
pub fn set_limit(limit: Option<isize>) -> Result<Option<usize>, Error> {
    Ok(LIMIT.replace(limit.map(checked).transpose()?))
}

fn checked(number: isize) -> Result<usize, Error> {
    match number.to_string().parse()? {
        Threads::Exactly(number) => Ok(number),
        _ => Err(Error::BadThreads { text: number.to_string() }),
    }
}

/// The pool of so many threads; none if the calling one is enough, or if they cannot be started.
pub fn of(number: usize) -> Option<Arc<Pool>> {
    if number == 1 {
        return None;
    }
    let mut pools = process().pools.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = pools.iter().find(|pool| pool.threads.current_num_threads() == number) {
        return Some(pool.clone());
    }
    let pool = Arc::new(Pool::new(number)?);
    pools.push(pool.clone());
    Some(pool)
}

/// This process's pools. Those of a parent, whose threads a child does not have, are left alone.
fn process() -> &'static Process {
    let id = process::id();
    loop {
        let current = PROCESS.load(Ordering::Acquire);
        // SAFETY: it is null or was made below, and is never freed once it is here.
        if let Some(process) = unsafe { current.as_ref() }.filter(|process| process.id == id) {
            return process;
        }
        let new = Box::into_raw(Box::new(Process { id, pools: Mutex::default() }));
        if PROCESS.compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: made above, and nobody else has it.
            drop(unsafe { Box::from_raw(new) });
        }
    }
}

impl Pool {
    fn new(number: usize) -> Option<Self> {
        /// Elements whose time lies where waking threads may pay or not, on any instruction set.
        const SOME: usize = 1 << 17;
        let threads =
            ThreadPoolBuilder::new().num_threads(number).thread_name(|k| format!("lanestack-{k}")).build().ok()?;
        let engine = Engine::builder().threads(Threads::Exactly(number)).build().ok()?;
        // The engine measures here and once what waking these threads costs; elsewhere it would start threads of its own.
        threads.install(|| engine.plan::<f64>(Op::Exp, SOME, Target::Into));
        Some(Self { threads, engine })
    }

    /// The engine that plans for these threads.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Does the work on every piece, on at most so many threads; returns what all of it raised.
    pub fn spread(&self, threads: usize, pieces: usize, work: impl Fn(usize) -> Flags + Sync) -> Flags {
        let (next, raised) = (AtomicUsize::new(0), AtomicU8::new(0));
        self.threads.install(|| {
            (0..threads).into_par_iter().with_max_len(1).for_each(|_| {
                let mut flags = Flags::NONE;
                loop {
                    let piece = next.fetch_add(1, Ordering::Relaxed);
                    if piece >= pieces {
                        break;
                    }
                    flags |= work(piece);
                }
                raised.fetch_or(flags.bits(), Ordering::Relaxed);
            });
        });
        Flags::from_bits(raised.into_inner())
    }
}
