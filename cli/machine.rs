//! What this machine is: the CPU, its caches, the memory and the cores that this process may use.
//!
//! Every fact is optional: an unknown CPU, a container without `/sys` or another operating system leaves gaps, and the
//! reports say "unknown". The cfg `lanestack_no_os` leaves all that is not portable out, to test just that.
#[cfg(target_arch = "x86_64")]
mod cpuid;
mod features;
mod system;

use std::env;
use std::thread;

use lanestack::Threads;
use serde::{Deserialize, Serialize};

#[cfg(target_arch = "x86_64")]
pub use cpuid::processor;
pub use features::{Feature, Offer, features, is_native, lacking, vector_bits, x86_64_level};
pub use system::System;

/// The CPU by its own account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Processor {
    /// The brand string.
    pub brand: Option<String>,
    /// Family, model and stepping (x86), as decimal numbers.
    pub family_model_stepping: Option<(u32, u32, u32)>,
    /// The hypervisor, if the CPU says that there is one.
    pub hypervisor: Option<String>,
}

/// One cache.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cache {
    /// Its level, 1 being the nearest to the core.
    pub level: u32,
    /// What it holds: `data` or `unified` (data and instructions).
    pub kind: String,
    /// Its size.
    pub bytes: u64,
    /// The size of a line.
    pub line_bytes: Option<u64>,
    /// How many CPUs share one.
    pub shared_by: Option<u32>,
}

/// The CPUs of the whole machine, as far as the operating system shows it. A CPU is what runs one thread at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Topology {
    /// CPUs that are switched on.
    pub cpus: Option<usize>,
    /// Cores that they belong to: fewer than CPUs where a core runs several threads.
    pub cores: Option<usize>,
    /// Packages that hold the cores.
    pub sockets: Option<usize>,
    /// Groups of CPUs that have a part of the memory near.
    pub memory_nodes: Option<usize>,
}

/// Cores of one kind, where there are several kinds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoreKind {
    /// What the operating system calls it.
    pub name: String,
    /// The numbers of its CPUs.
    pub cpus: Vec<usize>,
}

/// A part of the memory, and the CPUs that have it near.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MemoryNode {
    /// Its number.
    pub number: usize,
    /// The numbers of its CPUs.
    pub cpus: Vec<usize>,
    /// Its size.
    pub bytes: Option<u64>,
}

/// What the operating system leaves to this process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Allowance {
    /// CPUs that its affinity lets it run on.
    pub cpus: Option<usize>,
    /// CPUs' worth of time that its cgroup may take; `None` also if there is no limit.
    pub quota: Option<f64>,
    /// Bytes of memory that it may still use.
    pub memory: Option<u64>,
    /// The size of a page of memory.
    pub page_bytes: Option<u64>,
    /// When memory comes in huge pages: `always`, `madvise` or `never`.
    pub huge_pages: Option<String>,
}

/// The registers that the operating system saves when it switches between programs, as bits of XCR0 (x86).
pub fn saved_registers() -> Option<u64> {
    #[cfg(target_arch = "x86_64")]
    return cpuid::xcr0();
    #[cfg(not(target_arch = "x86_64"))]
    None
}

/// The CPU.
#[cfg(not(target_arch = "x86_64"))]
pub fn processor() -> Processor {
    Processor { brand: System::here().brand(), ..Processor::default() }
}

/// The data caches as the first CPU sees them, nearest first.
pub fn caches() -> Vec<Cache> {
    caches_of(&System::here())
}

/// As [`caches`], by the account of a system, or else of the CPU.
pub fn caches_of(system: &System) -> Vec<Cache> {
    let caches = system.caches();
    #[cfg(target_arch = "x86_64")]
    let caches = if caches.is_empty() { cpuid::caches() } else { caches };
    caches
}

/// The CPUs of the machine.
pub fn topology() -> Topology {
    System::here().topology()
}

/// What the operating system leaves to this process.
pub fn allowance() -> Allowance {
    System::here().allowance()
}

/// The bytes of memory that this process may still use: what the system has available, or less by a cgroup's limit.
pub fn memory_allowed() -> Option<u64> {
    System::here().memory_allowed()
}

/// Why there are that many threads, in one phrase without the number, as `all CPUs`: `threads` is what
/// [`workers`](lanestack::Engine::workers) says, `option` what `--threads` said.
pub fn why_threads(option: Threads, threads: usize) -> String {
    why_threads_of(option, threads, &topology(), &allowance())
}

/// As [`why_threads`], of a machine and what is left of it.
pub fn why_threads_of(option: Threads, threads: usize, topology: &Topology, allowance: &Allowance) -> String {
    if option != Threads::Auto {
        return "by --threads".to_owned();
    }
    for variable in [lanestack::THREADS_VARIABLE, "RAYON_NUM_THREADS"] {
        if env::var(variable).is_ok_and(|value| value.parse() == Ok(threads)) {
            return format!("by {variable}");
        }
    }
    let parallelism = thread::available_parallelism().map_or(1, usize::from);
    why_parallelism(parallelism, topology, allowance)
}

/// Why the standard library counts `parallelism` CPUs.
fn why_parallelism(parallelism: usize, topology: &Topology, allowance: &Allowance) -> String {
    let affinity = allowance.cpus.or(topology.cpus);
    match (allowance.quota, affinity, topology.cpus) {
        (Some(quota), Some(affinity), _) if parallelism < affinity => format!("cgroup quota of {quota:.1} CPUs"),
        (_, Some(affinity), Some(all)) if affinity < all => format!("CPU affinity: {affinity} of {all} CPUs"),
        (_, _, Some(all)) if parallelism == all => "all CPUs".to_owned(),
        _ => "all CPUs that this process may use".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(parallelism: usize, all: Option<usize>, affinity: Option<usize>, quota: Option<f64>) -> String {
        let topology = Topology { cpus: all, ..Topology::default() };
        why_parallelism(parallelism, &topology, &Allowance { cpus: affinity, quota, ..Allowance::default() })
    }

    #[test]
    fn reasons_for_a_number_of_threads() {
        assert_eq!(why_threads(Threads::Exactly(3), 3), "by --threads");
        assert_eq!(why(8, Some(8), Some(8), None), "all CPUs");
        assert_eq!(why(8, Some(8), Some(8), Some(20.0)), "all CPUs");
        assert_eq!(why(2, Some(8), Some(2), None), "CPU affinity: 2 of 8 CPUs");
        assert_eq!(why(1, Some(8), Some(8), Some(1.5)), "cgroup quota of 1.5 CPUs");
        assert_eq!(why(1, Some(8), Some(4), Some(1.5)), "cgroup quota of 1.5 CPUs");
        assert_eq!(why(4, None, None, None), "all CPUs that this process may use");
    }

    #[test]
    fn facts_are_plausible_or_absent() {
        let processor = processor();
        assert!(processor.brand.is_none_or(|brand| !brand.trim().is_empty()));
        for cache in caches() {
            assert!(
                cache.level > 0 && cache.bytes > 0 && ["data", "unified"].contains(&cache.kind.as_str()),
                "{cache:?}"
            );
        }
        assert!(caches().is_sorted_by_key(|cache| cache.level));
        assert!(memory_allowed().is_none_or(|bytes| bytes > 0));
        assert!(topology().cpus.is_none_or(|cpus| cpus > 0));
    }
}
