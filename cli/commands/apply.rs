//! The command `apply`.
mod output;

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use lanestack::{Engine, Op};
use rayon::ThreadPoolBuilder;

use crate::args::Apply;
use crate::failure::Failure;
use crate::machine;
use crate::npy::{self, Header, Stored};
use output::Output;

/// Bytes of memory beside the elements: for pieces on their way and for threads.
const SPARE_BYTES: u64 = 16 << 20;

/// Runs it: what can be found to be wrong is found before anything is computed, and the output comes last.
pub fn run(options: &Apply) -> Result<(), Failure> {
    let engine = engine(options)?;
    let output = Output::at(&options.output)?;
    let source = Source::open(&options.input)?;
    match source.header.dtype.size {
        4 => evaluate::<f32>(options.op, &engine, source, output),
        _ => evaluate::<f64>(options.op, &engine, source, output),
    }
}

fn engine(options: &Apply) -> Result<Engine, Failure> {
    let mut builder = Engine::builder().accuracy(options.accuracy).threads(options.threads);
    if let Some(isa) = options.isa {
        builder = builder.isa(isa);
    }
    Ok(builder.build()?)
}

fn evaluate<T: Stored>(op: Op, engine: &Engine, source: Source, output: Output) -> Result<(), Failure> {
    let Header { bytes, dtype, .. } = source.header.clone();
    let mut elements = source.elements::<T>()?;
    compute(op, engine, &mut elements)?;
    output.write(|mut file| {
        file.write_all(&bytes)?;
        npy::write(&mut file, dtype.order, &elements)
    })
}

/// So few elements are left to one thread whatever the op.
const FEW: usize = 256;

/// Replaces each element by the op of it. A pool is made here because one that cannot be made is then no panic.
fn compute<T: Stored>(op: Op, engine: &Engine, elements: &mut [T]) -> Result<(), Failure> {
    let threads = engine.workers();
    if threads == 1 || elements.len() < FEW {
        engine.run_in_place(op, elements);
        return Ok(());
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
        Failure::failed(format!("cannot start {threads} threads ({error}): ask for fewer with --threads"))
    })?;
    pool.install(|| engine.run_in_place(op, elements));
    Ok(())
}

/// A file that is read, beyond its header.
struct Source {
    path: PathBuf,
    file: File,
    header: Header,
}

impl Source {
    fn open(path: &Path) -> Result<Self, Failure> {
        let refuse = |error: npy::Error| Failure::failed(format!("{path:?} {error}"));
        let metadata = fs::metadata(path).map_err(|error| refuse(error.into()))?;
        if metadata.is_dir() {
            return Err(Failure::failed(format!("{path:?} is a directory: name a .npy file in it")));
        }
        let mut file = File::open(path).map_err(|error| refuse(error.into()))?;
        let header = Header::read(&mut file).map_err(refuse)?;
        if metadata.is_file() {
            let found = metadata.len().saturating_sub(header.bytes.len() as u64);
            npy::check_length(header.data_bytes(), found).map_err(refuse)?;
        }
        Ok(Self { path: path.to_owned(), file, header })
    }

    /// All elements, in memory.
    fn elements<T: Stored>(self) -> Result<Vec<T>, Failure> {
        let mut elements = self.room()?;
        self.fill(&mut elements).map_err(|error| Failure::failed(format!("{:?} {error}", self.path)))?;
        Ok(elements)
    }

    /// An empty vector that has room for the elements: refused where the system would rather kill this process later.
    fn room<T>(&self) -> Result<Vec<T>, Failure> {
        let needed = self.header.data_bytes();
        let refuse = |allowed: &str| {
            let (path, needed) = (&self.path, gigabytes(needed));
            Failure::failed(format!("{path:?} needs {needed} of memory, but {allowed}: evaluate it in parts"))
        };
        if let Some(allowed) = machine::memory_allowed()
            && needed > SPARE_BYTES
            && needed.saturating_add(SPARE_BYTES) > allowed
        {
            return Err(refuse(&format!("this process may use {}", gigabytes(allowed))));
        }
        let mut elements = Vec::new();
        elements.try_reserve_exact(self.count()).map_err(|_| refuse("the system does not give it"))?;
        Ok(elements)
    }

    /// The number of elements; where it is too large for this system, so that no memory can be had for it.
    fn count(&self) -> usize {
        usize::try_from(self.header.elements).unwrap_or(usize::MAX)
    }

    /// Reads the elements, and makes sure that nothing follows.
    fn fill<T: Stored>(&self, elements: &mut Vec<T>) -> Result<(), npy::Error> {
        npy::read(&mut &self.file, self.header.dtype.order, self.count(), elements)?;
        let mut more = Vec::new();
        (&self.file).take(1).read_to_end(&mut more)?;
        let expected = self.header.data_bytes();
        npy::check_length(expected, expected + more.len() as u64)
    }
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}
