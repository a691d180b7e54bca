//! How far it got: on a terminal a bar, in a log a line now and then, and in the end what it was limited by.
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::in_words;
use super::stream::{Work, Works};

/// How often a log gets a line.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// How far the run is.
#[derive(Debug)]
pub struct Progress {
    /// Files that are written.
    files: AtomicU64,
    all_files: u64,
    /// Bytes of elements that are written: of the file at hand, and of all.
    of_file: AtomicU64,
    of_all: AtomicU64,
    /// Bytes of elements of the file at hand, and of all; 0 where that is not known.
    whole_file: AtomicU64,
    whole: u64,
    /// Bytes of an element of the first file.
    size: u8,
    asked_to_stop: AtomicBool,
    shown: Shown,
    start: Instant,
}

#[derive(Debug)]
enum Shown {
    Bar(ProgressBar),
    /// When the last line was written.
    Lines(Mutex<Instant>),
    Nothing,
}

impl Progress {
    /// Of a run over so many files with so many bytes of elements in all, if that is known, of `size` bytes each.
    pub fn new(files: usize, bytes: Option<u64>, size: u8, quiet: bool) -> Self {
        let bar = || {
            let bar = bytes.map_or_else(ProgressBar::no_length, ProgressBar::new);
            let rate = move |state: &ProgressState, f: &mut dyn fmt::Write| {
                let _ = write!(f, "{}", rates(state.per_sec(), size));
            };
            let template = match bytes {
                Some(_) => "{wide_bar} {decimal_bytes} of {decimal_total_bytes}, {rate}, {eta} left",
                None => "{spinner} {decimal_bytes}, {rate}",
            };
            let style = ProgressStyle::with_template(template).expect("a valid template").with_key("rate", rate);
            bar.with_style(style)
        };
        let shown = match bar() {
            _ if quiet => Shown::Nothing,
            bar if !bar.is_hidden() => Shown::Bar(bar),
            _ => Shown::Lines(Mutex::new(Instant::now())),
        };
        Self {
            files: AtomicU64::new(0),
            all_files: files as u64,
            of_file: AtomicU64::new(0),
            of_all: AtomicU64::new(0),
            whole_file: AtomicU64::new(0),
            whole: bytes.unwrap_or(0),
            size,
            asked_to_stop: AtomicBool::new(false),
            shown,
            start: Instant::now(),
        }
    }

    /// Begins with a file that has so many bytes of elements, if that is known.
    pub fn begin_file(&self, bytes: Option<u64>) {
        self.of_file.store(0, Relaxed);
        self.whole_file.store(bytes.unwrap_or(0), Relaxed);
    }

    /// One more file is written.
    pub fn end_file(&self) {
        self.files.fetch_add(1, Relaxed);
    }

    /// So many more bytes of elements are written.
    pub fn advance(&self, bytes: u64) {
        self.of_file.fetch_add(bytes, Relaxed);
        let done = self.of_all.fetch_add(bytes, Relaxed) + bytes;
        match &self.shown {
            Shown::Bar(bar) => bar.set_position(done),
            Shown::Lines(last) => {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    anstream::eprintln!("lanestack: {}", self.line(done, self.start.elapsed()));
                }
            }
            Shown::Nothing => {}
        }
    }

    fn line(&self, done: u64, took: Duration) -> String {
        let rate = done as f64 / took.as_secs_f64();
        match self.whole {
            0 => format!("{}, {:.2} GB/s", in_words(done), rate / 1e9),
            whole => {
                let left = whole.saturating_sub(done) as f64 / rate;
                format!("{} of {}, {:.2} GB/s, {left:.0} s left", in_words(done), in_words(whole), rate / 1e9)
            }
        }
    }

    /// The bytes of elements that are written, of all files.
    pub fn written(&self) -> u64 {
        self.of_all.load(Relaxed)
    }

    /// The bytes of elements of the file at hand that are written.
    pub fn of_file(&self) -> u64 {
        self.of_file.load(Relaxed)
    }

    /// How far it got, in words: of the file at hand, and of the files.
    pub fn so_far(&self) -> String {
        let of_file = match self.whole_file.load(Relaxed) {
            0 => in_words(self.of_file()),
            whole => format!("{} of {}", in_words(self.of_file()), in_words(whole)),
        };
        match self.all_files {
            1 => of_file,
            all => format!("{} of {all} files and {of_file}", self.files.load(Relaxed)),
        }
    }

    /// Lets the run stop where nothing is done by halves.
    #[cfg(all(unix, not(lanestack_no_os)))]
    pub fn ask_to_stop(&self) {
        self.asked_to_stop.store(true, Relaxed);
    }

    /// Whether it is to stop.
    pub fn is_asked_to_stop(&self) -> bool {
        self.asked_to_stop.load(Relaxed)
    }

    /// Takes a bar off the terminal.
    pub fn clear(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }

    /// Says what was done, and what limited it; `arithmetic` is what the ops alone would have taken.
    pub fn sum_up(&self, works: &Works, arithmetic: Duration) {
        if matches!(self.shown, Shown::Nothing) {
            return;
        }
        let (bytes, took) = (self.written(), self.start.elapsed());
        let files = if self.all_files == 1 { String::new() } else { format!(" of {} files", self.all_files) };
        anstream::eprintln!(
            "lanestack: {}{files} in {:.1} s, {}; {}",
            in_words(bytes),
            took.as_secs_f64(),
            rates(bytes as f64 / took.as_secs_f64(), self.size),
            limit(works, arithmetic, took)
        );
    }
}

/// Bytes, read and written, and elements in a second.
fn rates(bytes: f64, size: u8) -> String {
    format!("{:.2} GB/s, {:.0} million elements/s", bytes / 1e9, bytes / 1e6 / f64::from(size))
}

/// Which of the three had the least time to wait for the others, and for what it waited itself.
fn limit(works: &Works, arithmetic: Duration, took: Duration) -> String {
    let Works { reading, computing, writing } = works;
    // Waiting for the disk, or copying between a file's pages and windows.
    let moved = |work: &Work| if work.on_cpu * 2 > work.busy { "memory" } else { "the disk" };
    let computed = if arithmetic * 2 > computing.busy { "arithmetic" } else { "memory" };
    let (what, doing, busy) = [
        (moved(reading), "reading", reading.busy),
        (computed, "computing", computing.busy),
        (moved(writing), "writing", writing.busy),
    ]
    .into_iter()
    .max_by_key(|&(.., busy)| busy)
    .expect("there are three");
    let percent = 100.0 * busy.as_secs_f64() / took.as_secs_f64();
    format!("limited by {what}: {percent:.0} % of the time went into {doing}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        let seconds = Duration::from_secs;
        let work = |busy, on_cpu| Work { busy: seconds(busy), on_cpu: seconds(on_cpu) };
        let of = |reading, computing, writing, arithmetic| {
            limit(&Works { reading, computing, writing }, seconds(arithmetic), seconds(10))
        };
        assert_eq!(
            of(work(9, 1), work(2, 2), work(5, 5), 2),
            "limited by the disk: 90 % of the time went into reading"
        );
        assert_eq!(of(work(3, 1), work(2, 2), work(8, 7), 2), "limited by memory: 80 % of the time went into writing");
        let computing = "of the time went into computing";
        assert_eq!(of(work(3, 1), work(10, 9), work(8, 7), 9), format!("limited by arithmetic: 100 % {computing}"));
        assert_eq!(of(work(3, 1), work(10, 9), work(8, 7), 2), format!("limited by memory: 100 % {computing}"));
    }

    #[test]
    fn words() {
        let progress = Progress::new(1, Some(20_000_000_000), 8, true);
        progress.begin_file(Some(20_000_000_000));
        progress.advance(1_500_000_000);
        assert_eq!(progress.so_far(), "1.5 GB of 20.0 GB");
        assert_eq!(progress.line(1_500_000_000, Duration::from_secs(3)), "1.5 GB of 20.0 GB, 0.50 GB/s, 37 s left");
        let progress = Progress::new(3, None, 8, true);
        progress.end_file();
        progress.begin_file(None);
        progress.advance(500_000_000);
        assert_eq!(progress.so_far(), "1 of 3 files and 500.0 MB");
        assert_eq!(progress.line(500_000_000, Duration::from_secs(1)), "500.0 MB, 0.50 GB/s");
    }
}
