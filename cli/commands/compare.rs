//! The command `compare`.
use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::slice;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use lanestack::{Engine, Isa, Op, build};

use super::chosen;
use crate::args::{Compare, Dtype, Format, Isas};
use crate::baseline::Baseline;
use crate::bench::{self, Bench};
use crate::beside::{self, Beside, Table};
use crate::comparison::{Comparison, Provenance, SCHEMA, Section};
use crate::export;
use crate::failure::Failure;
use crate::html;
use crate::machine;
use crate::peers::Peers;
use crate::plain::{self, Real};
use crate::plot;
use crate::profile::Profile;
use crate::profiler::Profiler;
use crate::report;
use crate::roofs::Roofs;
use crate::saved;
use crate::sizes::{Caches, Size, binary};
use crate::story;
use crate::tables;
use crate::whole::WholeFile;

/// Bytes of the largest size for pictures, where little memory is allowed.
const SMALL_FAR: u64 = 16 << 20;

/// Elements that peers are timed on: source and result fit the first-level cache.
const PEER_ELEMENTS: usize = 2048;
const PEER_ROUNDS: usize = 200;
/// Inputs that the errors of peers are measured on.
const PEER_SAMPLES: usize = 200_000;

/// Runs it: what can be found to be wrong is found before anything is measured, and files come before text.
pub fn run(options: &Compare) -> Result<(), Failure> {
    let save = options.save.as_deref().map(WholeFile::at).transpose()?;
    let html = options.html.as_deref().map(WholeFile::at).transpose()?;
    let before = before(options)?;
    let mut comparison = match &options.load {
        Some(file) => loaded(file, before.as_ref(), options)?,
        None => Plan::new(options)?.measure(before.as_ref(), options.fail_if_slower)?,
    };
    comparison.baseline = before.as_ref().map(|before| before.against(&comparison.provenance, &comparison.sections));
    let slower = slower(&comparison, options)?;
    if let Some(file) = save {
        file.write(|file| Ok(serde_json::to_writer(file, &comparison)?))?;
    }
    if let Some(file) = html {
        file.write(|file| file.write_all(html::page(&comparison).as_bytes()))?;
    }
    print(&comparison, options)?;
    slower.map_or(Ok(()), Err)
}

/// Reads a run that is to be shown again.
fn loaded(file: &Path, before: Option<&Before>, options: &Compare) -> Result<Comparison, Failure> {
    let run = saved::read(file, "--load")?;
    if let Some(before) = before.filter(|_| options.fail_if_slower.is_some()) {
        before.refuse_other_machine(&run.provenance)?;
    }
    Ok(run)
}

/// Prints it in the form that was asked for.
fn print(comparison: &Comparison, options: &Compare) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match options.export {
        _ if options.json => print_json(&mut out, comparison)?,
        Some(Format::Json) => print_json(&mut out, comparison)?,
        Some(Format::Csv) => out.write_all(tables::figures(comparison).csv().as_bytes())?,
        Some(Format::Md) => out.write_all(export::markdown(comparison).as_bytes())?,
        None => out.write_all(report::text(comparison).as_bytes())?,
    }
    if options.plot {
        out.write_all(plot::text(comparison).as_bytes())?;
    }
    Ok(out.flush()?)
}

fn print_json(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, comparison)?;
    writeln!(out)
}

/// The run to hold this one against.
struct Before {
    file: String,
    run: Comparison,
}

impl Before {
    fn against(&self, provenance: &Provenance, sections: &[Section]) -> Baseline {
        Baseline::of(self.file.clone(), &self.run, provenance, sections)
    }

    /// Times of another machine are no limit for this one's.
    fn refuse_other_machine(&self, provenance: &Provenance) -> Result<(), Failure> {
        let baseline = self.against(provenance, &[]);
        if !baseline.other_machine {
            return Ok(());
        }
        Err(Failure::failed(format!(
            "--fail-if-slower: {} is of another machine ({}), whose times say nothing of this one's: save a baseline here, or \
             leave --fail-if-slower out",
            baseline.file,
            baseline.differences.join("; ")
        )))
    }
}

/// Reads the baseline, if there is one.
fn before(options: &Compare) -> Result<Option<Before>, Failure> {
    let Some(file) = &options.baseline else { return Ok(None) };
    Ok(Some(Before { file: file.display().to_string(), run: saved::read(file, "--baseline")? }))
}

/// Why this run fails, if it does: what has become slower than it was asked to.
fn slower(comparison: &Comparison, options: &Compare) -> Result<Option<Failure>, Failure> {
    let Some(baseline) = &comparison.baseline else { return Ok(None) };
    if baseline.changes.is_empty() {
        return Err(Failure::failed(format!(
            "--baseline: {} has no figure in common with this run: choose the same ops, types, sizes and isas",
            baseline.file
        )));
    }
    let Some(percent) = options.fail_if_slower else { return Ok(None) };
    let slower = baseline.slower_by(percent);
    let names: Vec<String> =
        slower.iter().map(|change| format!("{} {:+.1} %", change.name(), 100.0 * (change.times - 1.0))).collect();
    Ok((!names.is_empty()).then(|| {
        Failure::failed(format!(
            "--fail-if-slower: {} of {} figures take more than {percent} % longer than in {}, beyond the spread: {}",
            names.len(),
            baseline.changes.len(),
            baseline.file,
            names.join(", ")
        ))
    }))
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
    /// Whether to measure what only pictures show.
    pictures: bool,
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
            pictures: options.html.is_some() || options.plot,
            peers: options.peers.as_ref().map(|folder| peer_folders(folder.as_deref())),
        })
    }

    /// Measures it all.
    fn measure(self, before: Option<&Before>, percent: Option<f64>) -> Result<Comparison, Failure> {
        let start = Instant::now();
        if self.pictures {
            anstream::eprintln!("lanestack: measuring for about a minute, at most two");
        }
        let provenance = self.provenance();
        if let Some(before) = before.filter(|_| percent.is_some()) {
            before.refuse_other_machine(&provenance)?;
        }
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
        if let Some((before, percent)) = before.zip(percent) {
            self.again(&mut bench, &mut sections, &provenance, before, percent)?;
        }
        bench::find_limits(&mut sections);
        let profile = if self.pictures { Some(self.profile()?) } else { None };
        let place = |name| self.ops.iter().position(|op| op.name() == name);
        sections.sort_by_key(|section| place(section.op));
        inputs.sort_by_key(|inputs| place(inputs.op));
        let mut comparison = Comparison {
            schema: SCHEMA,
            wake_up_ns: bench.wake_up_ns(),
            roofs: bench.roofs(),
            sections,
            inputs,
            profile,
            beside: self.beside(),
            baseline: None,
            notes: self.notes.clone(),
            sentences: Vec::new(),
            seconds: start.elapsed().as_secs_f64(),
            provenance,
        };
        comparison.sentences = story::sentences(&comparison);
        Ok(comparison)
    }

    /// What only pictures show.
    fn profile(&self) -> Result<Profile, Failure> {
        let far = self.caches.far(self.threads, machine::memory_allowed()).bytes.unwrap_or(SMALL_FAR);
        let ops = self.ops.len() * self.dtypes.len();
        let profiler = Profiler::new(&self.isas, self.threads, self.caches.chunk(), far, ops)?;
        let roofs = Roofs::measure(self.threads)?;
        let mut profile = Profile { roofs, sizes: Vec::new(), scaling: Vec::new(), errors: Vec::new() };
        for dtype in &self.dtypes {
            match dtype {
                Dtype::F32 => self.profile_of::<f32>(&profiler, far, &mut profile)?,
                Dtype::F64 => self.profile_of::<f64>(&profiler, far, &mut profile)?,
            }
        }
        Ok(profile)
    }

    fn profile_of<T: beside::Real>(&self, profiler: &Profiler, far: u64, profile: &mut Profile) -> Result<(), Failure> {
        let elements = Size::Bytes(far).elements(size_of::<T>());
        profiler.measure::<T>(&self.ops, &mut memory(elements)?, &mut memory(elements)?, profile);
        Ok(())
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

    fn provenance(&self) -> Provenance {
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
            isas_why: self.isas_why.clone(),
            threads: self.threads,
            threads_why: self.threads_why.clone(),
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

    /// Measures once more where something seems to have become slower: what disturbs one measurement seldom disturbs two,
    /// and each row keeps its faster one.
    fn again(
        &self,
        bench: &mut Bench,
        sections: &mut [Section],
        provenance: &Provenance,
        before: &Before,
        percent: f64,
    ) -> Result<(), Failure> {
        let seems = |section: &Section| before.against(provenance, slice::from_ref(section));
        let slower = sections.iter_mut().filter(|section| !seems(section).slower_by(percent).is_empty());
        let mut slower: Vec<&mut Section> = slower.collect();
        bench.allow(&slower.iter().map(|section| section.in_cache).collect::<Vec<_>>());
        for section in &mut slower {
            let op = self.ops.iter().copied().find(|op| op.name() == section.op).expect("it was measured");
            let repeated = match section.dtype {
                "f32" => bench.section::<f32>(op, &elements(op, section.elements)?, &mut memory(section.elements)?),
                _ => bench.section::<f64>(op, &elements(op, section.elements)?, &mut memory(section.elements)?),
            };
            section.keep_faster(repeated);
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

/// So many ordinary elements.
fn elements<T: Real>(op: Op, elements: usize) -> Result<Vec<T>, Failure> {
    let mut all = memory(elements)?;
    repeat_into(&plain::ordinary(op, elements.min(1 << 16)), &mut all);
    Ok(all)
}

fn repeat_into<T: Real>(pattern: &[T], all: &mut [T]) {
    for part in all.chunks_mut(pattern.len()) {
        part.copy_from_slice(&pattern[..part.len()]);
    }
}
