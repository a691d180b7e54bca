//! A file of any length through little memory: while one window of it is computed, the next ones are read, and those before
//! are written.
//!
//! Windows go round: from the reader to the calling thread, which has its elements replaced, to the writer, and back to the
//! reader. Their number bounds the memory, and who waits for whom shows what limits the whole.
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::output::Draft;
use super::progress::Progress;
use super::source::Elements;
use super::system;
use crate::npy::{self, Stored};

/// The most bytes of a window: it stays in a cache from the reader to the writer.
pub const WINDOW_BYTES: u64 = 4 << 20;
/// The least.
const LEAST_WINDOW_BYTES: u64 = 64 << 10;
/// As many windows keep all three at work, ...
const LEAST_WINDOWS: u64 = 3;
/// ... and more than these make nothing faster.
const MOST_WINDOWS: u64 = 16;
/// Bytes of memory for all but windows: code, the stacks of threads, buffers.
const SPARE_BYTES: u64 = 20 << 20;
/// Vectors are read and written fastest where one begins at a multiple of this.
const ALIGNMENT: usize = 64;

/// How much memory windows take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Windows {
    /// The bytes of each.
    pub bytes: u64,
    /// Their number.
    pub count: u64,
}

/// Some of the elements.
struct Window<T> {
    memory: Vec<T>,
    /// Where they are in this memory.
    start: usize,
    len: usize,
}

/// What one of the three was doing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// How long it was not waiting for one of the others.
    pub busy: Duration,
    /// How long its thread was on a CPU of that, if that is known.
    pub on_cpu: Duration,
}

/// What all three were doing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Works {
    pub reading: Work,
    pub computing: Work,
    pub writing: Work,
}

/// Why it did not come to an end.
#[derive(Debug)]
pub enum Stop {
    Read(npy::Error),
    Write(io::Error),
    /// There is no thread for it.
    Thread(io::Error),
    /// It was asked to stop, and has done nothing by halves.
    Asked,
}

impl Windows {
    /// Those that fit into this memory, if it is enough.
    pub fn within(memory: u64) -> Result<Self, String> {
        let room = memory.saturating_sub(SPARE_BYTES);
        let bytes = (room / LEAST_WINDOWS / LEAST_WINDOW_BYTES * LEAST_WINDOW_BYTES).min(WINDOW_BYTES);
        if bytes == 0 {
            let least = (SPARE_BYTES + LEAST_WINDOWS * LEAST_WINDOW_BYTES).div_ceil(1 << 20);
            return Err(format!("too little memory: {least}M is the least"));
        }
        Ok(Self { bytes, count: (room / bytes).min(MOST_WINDOWS) })
    }

    /// No more of them than so many bytes take.
    fn for_bytes(self, bytes: Option<u64>) -> u64 {
        // The first may be shorter.
        bytes.map_or(self.count, |bytes| self.count.min(bytes / self.bytes + 2))
    }

    /// The memory that all of it takes at most.
    pub fn memory(self) -> u64 {
        SPARE_BYTES + self.count * self.bytes
    }
}

impl<T: Stored> Window<T> {
    fn new(bytes: u64) -> Self {
        let (room, most_before) = (bytes as usize / size_of::<T>(), ALIGNMENT / size_of::<T>());
        // Zeros that are not written to are no memory yet.
        let memory = vec![T::zeroed(); room + most_before];
        let start = memory.as_ptr().align_offset(ALIGNMENT).min(most_before);
        Self { memory, start, len: 0 }
    }

    fn elements(&mut self) -> &mut [T] {
        &mut self.memory[self.start..][..self.len]
    }
}

impl Work {
    fn on<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let (start, cpu) = (Instant::now(), system::cpu_time());
        let result = work();
        self.busy += start.elapsed();
        self.on_cpu += system::cpu_time().zip(cpu).map_or(Duration::ZERO, |(now, then)| now.saturating_sub(then));
        result
    }
}

impl std::ops::AddAssign for Works {
    fn add_assign(&mut self, other: Self) {
        for (mine, its) in [
            (&mut self.reading, other.reading),
            (&mut self.computing, other.computing),
            (&mut self.writing, other.writing),
        ] {
            mine.busy += its.busy;
            mine.on_cpu += its.on_cpu;
        }
    }
}

/// What to stream: elements that begin at this place of their file, and whose bytes are in the other order if `swapped`.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The place of the first element.
    pub start: u64,
    /// The bytes of all elements, if that is known.
    pub bytes: Option<u64>,
    /// Whether their bytes are in the other order.
    pub swapped: bool,
    /// Whether the results take the place of what is read.
    pub in_place: bool,
}

/// Reads all elements, has them replaced by `compute`, and writes them.
pub fn stream<T: Stored>(
    shape: Shape,
    windows: Windows,
    input: &mut Elements,
    output: &mut Draft,
    mut compute: impl FnMut(&mut [T]),
    progress: &Progress,
) -> Result<Works, Stop> {
    let (free, to_read) = channel();
    let (read, to_compute) = channel();
    let (computed, to_write) = channel();
    for _ in 0..windows.for_bytes(shape.bytes) {
        free.send(Window::new(windows.bytes)).expect("its receiver is there");
    }
    let mut computing = Work::default();
    let mut works = thread::scope(|scope| {
        let reader = thread::Builder::new().name("read".into());
        let reader = reader
            .spawn_scoped(scope, || read_all::<T>(shape, windows, input, to_read, read, progress))
            .map_err(Stop::Thread)?;
        let writer = thread::Builder::new().name("write".into());
        let writer = writer.spawn_scoped(scope, || write_all(shape, output, to_write, free, progress));
        let writer = writer.map_err(Stop::Thread)?;
        for mut window in to_compute {
            computing.on(|| compute(window.elements()));
            if computed.send(window).is_err() {
                break;
            }
        }
        drop(computed);
        let (writing, written) = writer.join().expect("writing does not panic");
        let (reading, read) = reader.join().expect("reading does not panic");
        written.map_err(Stop::Write)?;
        read?;
        Ok(Works { reading, computing, writing })
    })?;
    works.writing.on(|| output.sync()).map_err(Stop::Write)?;
    Ok(works)
}

/// Fills windows until there are no more elements, or nobody takes the windows.
fn read_all<T: Stored>(
    shape: Shape,
    windows: Windows,
    input: &mut Elements,
    free: Receiver<Window<T>>,
    full: Sender<Window<T>>,
    progress: &Progress,
) -> (Work, Result<(), Stop>) {
    let mut work = Work::default();
    let size = size_of::<T>() as u64;
    let mut left = shape.bytes;
    // All windows but the first begin where a page of the file does, if elements do.
    let mut room = (windows.bytes - shape.start % windows.bytes) / size * size;
    if room == 0 {
        room = windows.bytes;
    }
    while left != Some(0) {
        if progress.is_asked_to_stop() {
            return (work, Err(Stop::Asked));
        }
        let Ok(mut window) = free.recv() else { return (work, Ok(())) };
        let bytes = left.map_or(room, |left| room.min(left));
        window.len = (bytes / size) as usize;
        let read = work.on(|| {
            let read = input.read(bytemuck::cast_slice_mut(window.elements()))?;
            window.len = read / size_of::<T>();
            if shape.swapped {
                T::swap_bytes(window.elements());
            }
            Ok(read as u64)
        });
        match read {
            Ok(read) => left = if read < bytes { Some(0) } else { left.map(|left| left - read) },
            Err(error) => return (work, Err(Stop::Read(error))),
        }
        if window.len > 0 && full.send(window).is_err() {
            return (work, Ok(()));
        }
        room = windows.bytes;
    }
    (work, input.end(shape.in_place).map_err(Stop::Read))
}

/// Writes windows until there are no more, and gives them back.
fn write_all<T: Stored>(
    shape: Shape,
    output: &mut Draft,
    full: Receiver<Window<T>>,
    free: Sender<Window<T>>,
    progress: &Progress,
) -> (Work, io::Result<()>) {
    let mut work = Work::default();
    for mut window in full {
        let written = work.on(|| {
            if shape.swapped {
                T::swap_bytes(window.elements());
            }
            output.write(bytemuck::cast_slice(window.elements()))
        });
        if written.is_err() {
            return (work, written);
        }
        progress.advance(size_of_val(window.elements()) as u64);
        // When all has been read, nobody takes it.
        let _ = free.send(window);
    }
    (work, Ok(()))
}
