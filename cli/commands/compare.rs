//! The command `compare`.
use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use lanestack::{Engine, Isa, Op, build};

use super::chosen;
use crate::args::{Compare, Dtype, Isas};
use crate::bench::{self, Bench};
use crate::beside::{self, Beside, Table};
use crate::comparison::{Comparison, Provenance, Section};
use crate::failure::Failure;
use crate::machine;
use crate::peers::Peers;
use crate::plain::{self, Real};
use crate::report;
use crate::sizes::{Caches, Size, binary};
use crate::story;

/// The version of the JSON document's form.
const SCHEMA: u32 = 1;

/// Elements that peers are timed on: source and result fit the first-level cache.
const PEER_ELEMENTS: usize = 2048;
const PEER_ROUNDS: usize = 200;
/// Inputs that the errors of peers are measured on.
const PEER_SAMPLES: usize = 200_000;

/// Runs it.
pub fn run(options: &Compare) -> Result<(), Failure> {
    let comparison = Plan::new(options)?.measure()?;
    let mut out = anstream::stdout().lock();
    if options.json {
        serde_json::to_writer_pretty(&mut out, &comparison).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        out.write_all(report::text(&comparison).as_bytes())?;
    }
    Ok(out.flush()?)
}

/// What to measure.
struct Plan {
    ops: Vec<Op>,
    dtypes: Vec<Dtype>,
    sizes: Vec<Size>,
    /// Best last.
    isas: Vec<Isa>,
    isas_why: String,
    threads: usize,
    threads_why: String,
    caches: Caches,
    notes: Vec<String>,
    /// Where to look for libraries of others first, if these are asked for.
    peers: Option<Vec<PathBuf>>,
}

impl Plan {
    fn new(options: &Compare) -> Result<Self, Failure> {
        for isa in Isas::each(&options.isa) {
            Engine::builder().isa(isa).build()?;
        }
        if let Some(folder) = options.peers.iter().flatten().find(|folder| !folder.is_dir()) {
            return Err(Failure::Usage(format!("--peers: {} is no folder", folder.display())));
        }
        let engine = Engine::builder().threads(options.threads).build()?;
        let threads = engine.workers();
        let (isas, isas_why) = isas(options, &engine);
        let caches = Caches::new(machine::caches());
        let mut notes = Vec::new();
        let sizes = if options.size.is_empty() {
            default_sizes(&caches, threads, &mut notes)
        } else {
            asked_sizes(&options.size, &chosen(&options.dtype, &[Dtype::F32, Dtype::F64]))?
        };
        Ok(Self {
            ops: chosen(&options.op, Op::ALL),
            dtypes: chosen(&options.dtype, &[Dtype::F64, Dtype::F32]),
            sizes,
            isas,
            isas_why,
            threads,
            threads_why: machine::why_threads(options.threads, threads),
            caches,
            notes,
            peers: options.peers.as_ref().map(|folder| peer_folders(folder.as_deref())),
        })
    }

    /// Measures it all.
    fn measure(self) -> Result<Comparison, Failure> {
        let start = Instant::now();
        let in_cache = |size: &Size| {
            let bytes = size.elements(size_of::<f64>()) * 2 * size_of::<f64>();
            self.caches.place(bytes as u64, self.threads).in_cache
        };
        let each = self.ops.len() * self.dtypes.len();
        let planned: Vec<bool> = self.sizes.iter().flat_map(|size| vec![in_cache(size); each]).collect();
        let mut bench = Bench::new(&self.isas, self.threads, &self.caches, &planned)?;
        let (mut sections, mut inputs) = (Vec::new(), Vec::new());
        for dtype in &self.dtypes {
            match dtype {
                Dtype::F32 => self.sections::<f32>(&mut bench, &mut sections)?,
                Dtype::F64 => self.sections::<f64>(&mut bench, &mut sections)?,
            }
            inputs.extend(self.ops.iter().map(|&op| match dtype {
                Dtype::F32 => bench.inputs::<f32>(op),
                Dtype::F64 => bench.inputs::<f64>(op),
            }));
        }
        bench::find_limits(&mut sections);
        let place = |name| self.ops.iter().position(|op| op.name() == name);
        sections.sort_by_key(|section| place(section.op));
        inputs.sort_by_key(|inputs| place(inputs.op));
        let mut comparison = Comparison {
            schema: SCHEMA,
            wake_up_ns: bench.wake_up_ns(),
            roofs: bench.roofs(),
            sections,
            inputs,
            beside: self.beside(),
            notes: self.notes.clone(),
            sentences: Vec::new(),
            seconds: start.elapsed().as_secs_f64(),
            provenance: self.provenance(),
        };
        comparison.sentences = story::sentences(&comparison);
        Ok(comparison)
    }

    /// The tables of peers, if these are asked for.
    fn beside(&self) -> Option<Beside> {
        let peers = Peers::open(self.peers.as_ref()?);
        let mut tables = Vec::new();
        for &op in &self.ops {
            for dtype in &self.dtypes {
                tables.push(match dtype {
                    Dtype::F32 => self.table::<f32>(&peers, op),
                    Dtype::F64 => self.table::<f64>(&peers, op),
                });
            }
        }
        Some(Beside { opened: peers.files(), absent: peers.absent().to_vec(), tables })
    }

    /// lanestack beside its peers, in one op and type.
    fn table<T: beside::Real>(&self, peers: &Peers, op: Op) -> Table {
        let mut candidates = beside::ours::<T>(op, &self.isas);
        candidates.extend(peers.of(op).into_iter().filter(|peer| peer.isa.is_none_or(|isa| self.isas.contains(&isa))));
        Table::measure(op, &candidates, PEER_ELEMENTS, PEER_ROUNDS, PEER_SAMPLES)
    }

    fn provenance(self) -> Provenance {
        Provenance {
            version: build::VERSION,
            revision: build::REVISION,
            rustc: build::RUSTC,
            target: build::TARGET,
            features: build::FEATURES,
            optimized: !cfg!(debug_assertions),
            processor: machine::processor(),
            caches: machine::caches(),
            allowance: machine::allowance(),
            isas_available: Isa::available().iter().map(|isa| isa.name()).collect(),
            isas: self.isas.iter().map(|isa| isa.name()).collect(),
            isas_why: self.isas_why,
            threads: self.threads,
            threads_why: self.threads_why,
            time: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        }
    }

    /// The sections of one type: every size, every op.
    fn sections<T: Real>(&self, bench: &mut Bench, sections: &mut Vec<Section>) -> Result<(), Failure> {
        for size in &self.sizes {
            let elements = size.elements(size_of::<T>());
            let (mut src, mut dst) = (memory::<T>(elements)?, memory::<T>(elements)?);
            for &op in &self.ops {
                repeat_into(&plain::ordinary(op, elements.min(1 << 16)), &mut src);
                sections.push(bench.section(op, &src, &mut dst));
            }
        }
        Ok(())
    }
}

/// Where to look for libraries of others: in this folder, else in the environment that is active in this shell.
fn peer_folders(folder: Option<&Path>) -> Vec<PathBuf> {
    let environments = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(env::var_os);
    match folder {
        Some(folder) => vec![folder.to_owned()],
        None => environments.map(|root| Path::new(&root).join("lib")).collect(),
    }
}

/// The isas to compare, best last, and why these.
fn isas(options: &Compare, engine: &Engine) -> (Vec<Isa>, String) {
    let forced = env::var_os(lanestack::ISA_VARIABLE).is_some_and(|name| !name.is_empty());
    let (asked, why) = match forced {
        _ if options.isa.contains(&Isas::All) => (Vec::new(), why_all()),
        _ if !options.isa.is_empty() => (Isas::each(&options.isa), "by --isa".to_owned()),
        true => (vec![engine.isa()], format!("by {}", lanestack::ISA_VARIABLE)),
        false => (Vec::new(), "all that this CPU and its operating system offer".to_owned()),
    };
    let mut isas = chosen(&asked, Isa::available());
    isas.reverse();
    (isas, why)
}

/// All, and which others this build knows but this CPU lacks.
fn why_all() -> String {
    let lacks =
        Isa::ALL.iter().filter_map(|&isa| Some(format!("; {isa} is not available: {}", machine::lacking(isa)?)));
    format!("all, by --isa{}", lacks.collect::<String>())
}

fn default_sizes(caches: &Caches, threads: usize, notes: &mut Vec<String>) -> Vec<Size> {
    let far = caches.far(threads, machine::memory_allowed());
    let mut sizes = vec![Size::Bytes(caches.near())];
    match far.bytes {
        Some(bytes) => {
            sizes.push(Size::Bytes(bytes));
            notes.push(format!("The far size, source and result together, is {}: {}.", binary(bytes), far.why));
        }
        None => notes.push(far.why),
    }
    sizes
}

/// The sizes as asked for, if they fit in memory.
fn asked_sizes(asked: &[usize], dtypes: &[Dtype]) -> Result<Vec<Size>, Failure> {
    let element = if dtypes.contains(&Dtype::F64) { 8 } else { 4 };
    let most = asked.iter().copied().max().unwrap_or(0);
    let needed = (most as u64).saturating_mul(2 * element);
    if let Some(allowed) = machine::memory_allowed().filter(|&allowed| allowed < needed) {
        return Err(Failure::failed(format!(
            "{most} elements need {} for source and result, but this process may use {}",
            binary(needed),
            binary(allowed)
        )));
    }
    let mut sizes: Vec<usize> = asked.to_vec();
    sizes.sort_unstable();
    sizes.dedup();
    Ok(sizes.into_iter().map(Size::Elements).collect())
}

/// Elements whose memory has been written once, so that it is there when it is measured.
fn memory<T: Real>(elements: usize) -> Result<Vec<T>, Failure> {
    let mut all = Vec::new();
    all.try_reserve_exact(elements).map_err(|_| Failure::failed(format!("no memory for {elements} elements")))?;
    all.resize(elements, T::ONE);
    Ok(all)
}

fn repeat_into<T: Real>(pattern: &[T], all: &mut [T]) {
    for part in all.chunks_mut(pattern.len()) {
        part.copy_from_slice(&pattern[..part.len()]);
    }
}
