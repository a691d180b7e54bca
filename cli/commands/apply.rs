//! The command `apply`.
mod jobs;
mod output;
mod progress;
mod signals;
mod source;
mod stream;
#[cfg_attr(all(target_os = "linux", not(lanestack_no_os)), path = "apply/system/linux.rs")]
#[cfg_attr(not(all(target_os = "linux", not(lanestack_no_os))), path = "apply/system/elsewhere.rs")]
mod system;
mod temporary;

use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lanestack::{Engine, Pipeline};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::args::{self, Apply};
use crate::failure::Failure;
use crate::npy::{self, ByteOrder, Stored};
use jobs::Job;
use progress::Progress;
use stream::{Shape, Stop, Windows, Works, stream};

/// Runs it: what can be found to be wrong is found before anything is computed.
pub fn run(options: &Apply) -> Result<(), Failure> {
    let engine = engine(options)?;
    let windows = Windows::within(options.memory).map_err(|why| Failure::Usage(format!("--memory: {why}")))?;
    let jobs = jobs::of(options)?;
    for job in &jobs {
        match job.source.dtype.size {
            4 => drop(pipeline::<f32>(&options.pipeline)?),
            _ => drop(pipeline::<f64>(&options.pipeline)?),
        }
    }
    if options.dry_run {
        tell(&jobs, windows)?;
    } else {
        // It may take the room that is needed.
        let folders: HashSet<_> = jobs.iter().filter_map(|job| job.output.folder()).collect();
        folders.into_iter().for_each(temporary::remove_abandoned);
    }
    for Job { source, output } in &jobs {
        source.length().map_or(Ok(()), |length| output.check_room(length))?;
    }
    if options.dry_run {
        return Ok(());
    }
    let pool = if jobs.iter().all(|job| job.source.elements.is_some_and(|n| n < FEW)) { None } else { pool(&engine)? };
    let run = Run { pipeline: options.pipeline.clone(), engine, pool, windows };
    let size = jobs[0].source.dtype.size;
    let bytes = jobs.iter().map(|job| job.source.data_bytes()).sum();
    let progress = Arc::new(Progress::new(jobs.len(), bytes, size, options.quiet));
    signals::watch(&progress, options.in_place);
    let (mut works, mut arithmetic) = (Works::default(), Duration::ZERO);
    for job in jobs {
        let done = match job.source.dtype.size {
            4 => run.evaluate::<f32>(job, &progress),
            _ => run.evaluate::<f64>(job, &progress),
        };
        let (of_file, arithmetic_of_file) = done.inspect_err(|_| progress.clear())?;
        works += of_file;
        arithmetic += arithmetic_of_file;
    }
    progress.clear();
    // Of what is done at once, there is nothing to tell.
    if progress.written() > windows.bytes {
        progress.sum_up(&works, arithmetic);
    }
    Ok(())
}

fn engine(options: &Apply) -> Result<Engine, Failure> {
    let mut builder = Engine::builder().accuracy(options.accuracy).threads(options.threads);
    if let Some(isa) = options.isa {
        builder = builder.isa(isa);
    }
    Ok(builder.build()?)
}

fn pipeline<T: Stored>(text: &str) -> Result<Pipeline<T>, Failure> {
    args::pipeline_of(text).map_err(Failure::Usage)
}

/// So few elements are left to one thread whatever is done.
const FEW: u64 = 256;

/// The engine's threads, if they are several. They are made here because a pool that cannot be made is then no panic.
fn pool(engine: &Engine) -> Result<Option<ThreadPool>, Failure> {
    let threads = engine.workers();
    if threads == 1 {
        return Ok(None);
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
        Failure::failed(format!("cannot start {threads} threads ({error}): ask for fewer with --threads"))
    })?;
    Ok(Some(pool))
}

/// All that is the same for every file.
struct Run {
    pipeline: String,
    engine: Engine,
    pool: Option<ThreadPool>,
    windows: Windows,
}

impl Run {
    /// Evaluates one file. Gives what was done, and the time that this takes all threads in cache.
    fn evaluate<T: Stored>(&self, job: Job, progress: &Progress) -> Result<(Works, Duration), Failure> {
        let Job { source, output } = job;
        let name = source.name.clone();
        let cannot_read = |error: npy::Error| Failure::failed(format!("{name:?} {error}"));
        let (header, bytes) = (source.header.clone(), source.data_bytes());
        let shape = Shape {
            start: header.len() as u64,
            bytes,
            swapped: source.dtype.order != ByteOrder::NATIVE,
            in_place: output.is_in_place(),
        };
        let pipeline = pipeline::<T>(&self.pipeline)?;
        let mut arithmetic = None;
        let compute = |elements: &mut [T]| {
            arithmetic.get_or_insert_with(|| in_cache(&self.engine, &pipeline, elements));
            match &self.pool {
                Some(pool) => pool.install(|| self.engine.pipe_in_place(&pipeline, elements)),
                None => self.engine.pipe_in_place(&pipeline, elements),
            }
        };
        progress.begin_file(bytes);
        // What fits into a window floods no cache.
        let short = bytes.is_some_and(|bytes| bytes <= self.windows.bytes);
        let length = source.length();
        let mut input = source.elements(short).map_err(cannot_read)?;
        let mut draft = output.begin(&header, length, short)?;
        let streamed = stream(shape, self.windows, &mut input, &mut draft, compute, progress);
        let finished = streamed.and_then(|works| draft.finish().map(|()| works).map_err(Stop::Write));
        let elements = progress.of_file() / size_of::<T>() as u64;
        let works = finished.map_err(|stop| {
            let left = output.left(elements);
            let failure = match stop {
                Stop::Read(error) => cannot_read(error),
                Stop::Write(error) => output.cannot_write(error),
                Stop::Thread(error) => Failure::failed(format!("cannot start a thread to read or write: {error}")),
                Stop::Asked => Failure::failed("interrupted"),
            };
            failure.followed_by(&format!(", after {}; {left}", progress.so_far()))
        })?;
        progress.end_file();
        let threads = self.pool.as_ref().map_or(1, ThreadPool::current_num_threads);
        let arithmetic = arithmetic.unwrap_or_default() * elements as f64 / threads as f64;
        Ok((works, Duration::from_secs_f64(arithmetic)))
    }
}

/// The seconds that one of these elements takes one thread where the cache has it: the best of some tries on a copy of a few.
fn in_cache<T: Stored>(engine: &Engine, pipeline: &Pipeline<T>, elements: &[T]) -> f64 {
    let few = &elements[..elements.len().min(2048)];
    let time = |mut copy: Vec<T>| {
        let start = Instant::now();
        engine.pipe_in_place(pipeline, &mut copy);
        start.elapsed()
    };
    let best = (0..5).map(|_| time(few.to_vec())).min();
    best.unwrap_or_default().as_secs_f64() / few.len() as f64
}

/// Tells what would be done.
fn tell(jobs: &[Job], windows: Windows) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    let mut total = Some(0);
    for Job { source, output } in jobs {
        let length = source.length();
        total = total.zip(length).map(|(total, length)| total + length);
        let shape = source.shape.as_ref().map_or(String::new(), |shape| format!(", shape {shape:?}"));
        let elements = source.elements.map_or("as many elements as come".into(), |n| format!("{n} elements"));
        let type_name = source.dtype.name();
        writeln!(stdout, "{:?} to {}: {type_name}{shape}, {elements}, {}", source.name, output, size(length))?;
    }
    writeln!(stdout, "to read: {0}; to write: {0}", size(total))?;
    writeln!(stdout, "memory: {} at most", in_words(windows.memory()))?;
    Ok(())
}

fn size(bytes: Option<u64>) -> String {
    bytes.map_or("of unknown length".into(), in_words)
}

/// A number of bytes, to one decimal place.
fn in_words(bytes: u64) -> String {
    match bytes as f64 {
        few if few < 1e3 => format!("{few} bytes"),
        few if few < 1e6 => format!("{:.1} kB", few / 1e3),
        some if some < 1e9 => format!("{:.1} MB", some / 1e6),
        many => format!("{:.1} GB", many / 1e9),
    }
}
