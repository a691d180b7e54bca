//! What `cpu` tells, as plain data.
use std::env;

use lanestack::{Element, Engine, ISA_VARIABLE, Isa, Op, PARALLEL_FROM_VARIABLE, STORES_VARIABLE, Stores};
use lanestack::{THREADS_VARIABLE, Target, Threads, Way, build};
use serde::Serialize;

use super::measured::Measured;
use crate::machine::{self, Allowance, Cache, CoreKind, Feature, MemoryNode, Offer, System, Topology};

/// The version of the JSON document's form: `docs/schemas/cpu.schema.json`.
const SCHEMA: u32 = 1;

/// The bits of XCR0, and the registers whose saving each stands for.
const REGISTERS: [(u32, &str); 9] = [
    (0, "x87"),
    (1, "xmm"),
    (2, "ymm"),
    (5, "mask"),
    (6, "zmm0-15"),
    (7, "zmm16-31"),
    (9, "pkru"),
    (17, "tile-config"),
    (18, "tile-data"),
];

/// Everything; the fields are those of the JSON document, whose `schema` counts up when one changes its meaning.
#[derive(Debug, Serialize)]
pub struct Facts {
    /// The version of this document's form.
    pub schema: u32,
    /// This build.
    pub build: Build,
    /// What the CPU says.
    pub cpu: Cpu,
    /// What the operating system allows.
    pub system: Allowed,
    /// CPUs, caches and memory.
    pub topology: Layout,
    /// What lanestack uses, and why.
    pub lanestack: Choice,
    /// What was measured, if that was asked for.
    pub measured: Option<Measured>,
}

/// The build.
#[derive(Debug, Serialize)]
pub struct Build {
    pub version: &'static str,
    pub revision: &'static str,
    pub rustc: &'static str,
    pub target: &'static str,
}

/// The CPU by its own account.
#[derive(Debug, Serialize)]
pub struct Cpu {
    pub architecture: &'static str,
    pub brand: Option<String>,
    /// As decimal numbers (x86).
    pub family_model_stepping: Option<(u32, u32, u32)>,
    /// The level of the x86-64 architecture whose features programs can use.
    pub x86_64_level: Option<u32>,
    /// Bits of the vector registers that programs can use, narrowest first.
    pub vector_bits: Vec<u32>,
    /// The features that matter, and who offers each.
    pub features: Vec<Feature>,
    /// The kinds of cores, if there are several.
    pub core_kinds: Vec<CoreKind>,
}

/// What the operating system allows.
#[derive(Debug, Serialize)]
pub struct Allowed {
    pub name: &'static str,
    pub release: Option<String>,
    /// The bits of XCR0 (x86).
    pub xcr0: Option<u64>,
    /// The registers that these bits stand for.
    pub registers_saved: Option<Vec<&'static str>>,
    /// CPUs that the affinity of this process lets it run on.
    pub affinity_cpus: Option<usize>,
    /// CPUs' worth of time that its cgroups, version 1 or 2, leave it; `null` also if there is no limit.
    pub quota_cpus: Option<f64>,
    /// Bytes of memory that it may still use: what is available, or less by a cgroup's limit.
    pub memory_bytes: Option<u64>,
    pub page_bytes: Option<u64>,
    /// When memory comes in huge pages: `always`, `madvise` or `never`.
    pub huge_pages: Option<String>,
    pub hypervisor: Option<String>,
    /// Who decides on the clock's speed, and how.
    pub governor: Option<String>,
}

/// CPUs, caches and memory.
#[derive(Debug, Serialize)]
pub struct Layout {
    /// CPUs that are switched on; each runs one thread at a time.
    pub cpus: Option<usize>,
    pub cores: Option<usize>,
    pub sockets: Option<usize>,
    /// Kinds of caches for data, nearest first.
    pub caches: Vec<Caches>,
    pub memory_nodes: Vec<MemoryNode>,
}

/// Caches of one kind.
#[derive(Debug, Serialize)]
pub struct Caches {
    #[serde(flatten)]
    pub cache: Cache,
    /// How many of them there are.
    pub count: Option<usize>,
}

/// What lanestack uses.
#[derive(Debug, Serialize)]
pub struct Choice {
    pub isa: &'static str,
    pub isa_why: String,
    pub threads: usize,
    pub threads_why: String,
    pub stores: &'static str,
    pub stores_why: String,
    /// Bytes read and written from which on results go past the caches, if they ever do.
    pub streaming_from_bytes: Option<usize>,
    /// Bytes of new memory from which on huge pages are asked for, if they ever are.
    pub huge_pages_from_bytes: Option<usize>,
    /// What waking the threads was measured to cost, if a decision hung on it.
    pub wake_ns: Option<f64>,
    /// The environment variables that are listened to, and what they say.
    pub settings: Vec<Variable>,
    /// What serves each op and type.
    pub ops: Vec<Row>,
    /// All instruction sets that there are kernels for, best first.
    pub isas: Vec<Known>,
}

/// An environment variable.
#[derive(Debug, Serialize)]
pub struct Variable {
    pub name: &'static str,
    pub value: Option<String>,
}

/// What serves an op and a type.
#[derive(Debug, Serialize)]
pub struct Row {
    pub op: &'static str,
    pub dtype: &'static str,
    pub isa: &'static str,
    /// Elements that are computed side by side.
    pub at_once: Option<usize>,
    /// The largest error, in units in the last place; 0.5 means correctly rounded.
    pub ulp: f64,
    /// Elements from which on all threads are used, if they ever are.
    pub threads_from: Option<usize>,
    /// Elements from which on results go past the caches, if they ever do.
    pub streaming_from: Option<usize>,
    /// The next better isa of this kind of CPU, and why it is not taken.
    pub wider: Option<Untaken>,
}

/// An isa that is not taken.
#[derive(Clone, Debug, Serialize)]
pub struct Untaken {
    pub isa: &'static str,
    pub why: String,
}

/// An isa that there are kernels for.
#[derive(Debug, Serialize)]
pub struct Known {
    pub isa: &'static str,
    pub available: bool,
    pub taken: bool,
    /// Why it is not taken, and how it could be.
    pub why_not: Option<String>,
}

impl Facts {
    /// All but what must be measured.
    pub fn gather(engine: &Engine, system: &System) -> Self {
        let (processor, features) = (machine::processor(), machine::features());
        let (allowance, topology) = (system.allowance(), system.topology());
        Self {
            schema: SCHEMA,
            build: Build {
                version: build::VERSION,
                revision: build::REVISION,
                rustc: build::RUSTC,
                target: build::TARGET,
            },
            system: allowed(system, &allowance, processor.hypervisor),
            topology: layout(system, &topology),
            lanestack: choice(engine, &topology, &allowance),
            cpu: Cpu {
                architecture: env::consts::ARCH,
                brand: processor.brand,
                family_model_stepping: processor.family_model_stepping,
                x86_64_level: machine::x86_64_level(),
                vector_bits: machine::vector_bits(&features),
                features,
                core_kinds: system.core_kinds(),
            },
            measured: None,
        }
    }
}

fn allowed(system: &System, allowance: &Allowance, hypervisor: Option<String>) -> Allowed {
    let xcr0 = machine::saved_registers();
    let saved = |xcr0| REGISTERS.iter().filter(|&&(bit, _)| xcr0 >> bit & 1 == 1).map(|&(_, name)| name).collect();
    Allowed {
        name: env::consts::OS,
        release: system.release(),
        xcr0,
        registers_saved: xcr0.map(|xcr0: u64| saved(xcr0)),
        affinity_cpus: allowance.cpus,
        quota_cpus: allowance.quota,
        memory_bytes: allowance.memory,
        page_bytes: allowance.page_bytes,
        huge_pages: allowance.huge_pages.clone(),
        hypervisor,
        governor: system.governor(),
    }
}

fn layout(system: &System, topology: &Topology) -> Layout {
    let mut caches: Vec<Caches> =
        system.all_caches().into_iter().map(|(cache, count)| Caches { cache, count: Some(count) }).collect();
    if caches.is_empty() {
        let one = |cache| Caches { cache, count: None };
        caches = machine::caches_of(system).into_iter().map(one).collect();
    }
    let Topology { cpus, cores, sockets, .. } = *topology;
    Layout { cpus, cores, sockets, caches, memory_nodes: system.memory_nodes() }
}

fn choice(engine: &Engine, topology: &Topology, allowance: &Allowance) -> Choice {
    let threads = engine.workers();
    let isa = engine.isa();
    let far = engine.plan::<f64>(Op::Square, 1 << 40, Target::Into).way;
    let streaming_from = first(1 << 40, |bytes| way(engine, bytes, Target::Into).streaming);
    let ops: Vec<Row> = Op::ALL.iter().flat_map(|&op| [row::<f32>(engine, op), row::<f64>(engine, op)]).collect();
    // Where threads begin to pay, it was looked at what waking them costs.
    let wake = Op::ALL
        .iter()
        .zip(ops.iter().skip(1).step_by(2))
        .find_map(|(&op, row)| engine.plan::<f64>(op, row.threads_from?, Target::Into).way.wake);
    let variables = [ISA_VARIABLE, THREADS_VARIABLE, "RAYON_NUM_THREADS", STORES_VARIABLE, PARALLEL_FROM_VARIABLE];
    Choice {
        isa: isa.name(),
        isa_why: why_isa(isa),
        threads,
        threads_why: machine::why_threads_of(Threads::Auto, threads, topology, allowance),
        stores: engine.stores().name(),
        stores_why: why_stores(engine, &far),
        streaming_from_bytes: streaming_from,
        huge_pages_from_bytes: first(1 << 40, |bytes| way(engine, 2 * bytes, Target::New).huge_pages),
        wake_ns: wake.map(|wake| wake.call_ns),
        settings: variables.map(|name| Variable { name, value: set(name) }).into(),
        ops,
        isas: Isa::ALL.iter().map(|&known| self::known(known, isa)).collect(),
    }
}

/// What is done with a slice of `f64` of which so many bytes are read and as many written.
fn way(engine: &Engine, bytes: usize, target: Target) -> Way {
    engine.plan::<f64>(Op::Square, bytes / size_of::<f64>() / 2, target).way
}

fn row<T: Element>(engine: &Engine, op: Op) -> Row {
    let isa = engine.isa();
    let spec = op.spec::<T>(engine.accuracy());
    let better =
        Isa::ALL.iter().take_while(|&&better| better != isa).filter(|&&better| machine::is_native(better)).last();
    Row {
        op: op.name(),
        dtype: T::NAME,
        isa: isa.name(),
        at_once: isa.block::<T>(op, engine.accuracy()),
        ulp: if isa.is_fused() == Some(true) { spec.ulp } else { spec.ulp_unfused },
        threads_from: first(1 << 40, |len| engine.is_parallel::<T>(op, len)),
        streaming_from: first(1 << 40, |len| engine.plan::<T>(op, len, Target::Into).way.streaming),
        wider: better.map(|&better| Untaken { isa: better.name(), why: why_not(better) }),
    }
}

fn known(isa: Isa, taken: Isa) -> Known {
    let why_not = (isa != taken).then(|| why_not(isa));
    Known { isa: isa.name(), available: isa.is_available(), taken: isa == taken, why_not }
}

fn why_not(isa: Isa) -> String {
    match machine::lacking(isa) {
        Some(lack) => format!("not available: {lack}"),
        None => format!("available; {ISA_VARIABLE}={isa} takes it"),
    }
}

/// Why the engine of an unmarked choice has this instruction set.
pub fn why_isa(isa: Isa) -> String {
    match set(ISA_VARIABLE) {
        Some(_) => format!("by {ISA_VARIABLE}"),
        None if isa == Isa::ALL[0] => "the widest that there are kernels for".to_owned(),
        None => "the best of those that this CPU and system offer".to_owned(),
    }
}

fn why_stores(engine: &Engine, far: &Way) -> String {
    let last = far.last_level.map_or("the last-level cache".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
    match engine.stores() {
        Stores::Auto if engine.isa().streams() != Some(true) => {
            format!("into the caches, since {} has no other stores", engine.isa())
        }
        Stores::Auto => format!("past the caches where more than {last} are read and written, but not in place"),
        chosen => format!("by {STORES_VARIABLE}={chosen}"),
    }
}

/// What an environment variable says, unless it is empty.
fn set(variable: &str) -> Option<String> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
}

/// The first number from which on something holds, if it holds at the last: by bisection.
pub fn first(last: usize, holds: impl Fn(usize) -> bool) -> Option<usize> {
    let (mut below, mut from) = (0, last);
    holds(last).then_some(())?;
    while from - below > 1 {
        let middle = below + (from - below) / 2;
        *if holds(middle) { &mut from } else { &mut below } = middle;
    }
    Some(from)
}

/// Whether the CPU offers features whose registers the operating system does not save.
pub fn not_saved(features: &[Feature]) -> Vec<&'static str> {
    features.iter().filter(|feature| feature.offer == Offer::NotSaved).map(|feature| feature.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_many() {
        assert_eq!(first(1 << 40, |n| n >= 12345), Some(12345));
        assert_eq!(first(100, |n| n >= 1), Some(1));
        assert_eq!(first(100, |n| n > 100), None);
    }

    #[test]
    fn a_threshold_is_where_the_plan_changes() {
        let engine = Engine::builder().isa(Isa::best()).threads(Threads::Exactly(2)).build().expect("two threads");
        let facts = Facts::gather(&engine, &System::at(None));
        for (op, row) in Op::ALL.iter().zip(facts.lanestack.ops.iter().skip(1).step_by(2)) {
            let threads = |len| engine.plan::<f64>(*op, len, Target::Into).way.threads;
            let from = row.threads_from.expect("two threads pay some time");
            assert_eq!((row.op, threads(from - 1), threads(from)), (op.name(), 1, 2));
        }
        let streams = engine.isa().streams() == Some(true);
        assert_eq!(facts.lanestack.streaming_from_bytes.is_some(), streams);
        assert!(facts.lanestack.ops.iter().all(|row| row.streaming_from.is_some() == streams));
    }
}
