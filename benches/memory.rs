//! How near the ops come to what limits them, on slices far larger than any cache.
//!
//! Two limits are taken in the same run: the op's own speed in the first-level cache times the threads, and the fastest way
//! that this program finds to move the same bytes: a copy with plain stores, streaming stores, streaming stores and
//! prefetching, or the C library's, in small pages or huge ones, in chunks of three sizes. The ratio is that of the slower
//! limit's time to the op's, a median of pairs measured in turn; beside it the quartiles.
//!
//! `cargo bench --bench memory -- exp f64 into 2` runs a part: of ops, types, targets (`into` warm memory, `new` memory, `in
//! place`) and numbers of threads. `--mib 512` is the size of an array, `--pairs 15` the number of pairs. The whole takes
//! some minutes and 3.5 GiB of memory; its output, redirected to a file, is a record.
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use lanestack::{Element, Engine, Op, Target, Threads, build};

/// Bytes of chunks.
const CHUNKS: [usize; 3] = [128 << 10, 1 << 20, 8 << 20];
/// Times that each way to move bytes is tried.
const TRIES: usize = 3;
/// Bytes of a slice in the first-level cache.
const IN_CACHE: usize = 12 << 10;

fn main() {
    let options = Options::of_arguments();
    let bytes = options.mib << 20;
    println!("lanestack {} ({}), {}, {}", build::VERSION, build::REVISION, build::RUSTC, build::TARGET);
    println!("{}, isa {}, {} MiB per array, {} pairs", cpu(), Engine::global().isa(), options.mib, options.pairs);
    let sources = Pages::ALL.map(|pages| Memory::new(bytes, pages, 1));
    let targets = Pages::ALL.map(|pages| Memory::new(bytes, pages, 2));
    let mut arrays = Arrays { sources, targets };
    for &target in &options.targets {
        for &threads in &options.threads {
            let fastest = fastest_move(&mut arrays, target, threads);
            println!(
                "op     type  target   threads   op/ms  limit/ms  of which cache  memory   ratio  quartiles  stores"
            );
            for &op in &options.ops {
                let case = Case { op, target, threads, fastest, pairs: options.pairs };
                if options.types.contains(&"f32") {
                    case.row::<f32>(&mut arrays);
                }
                if options.types.contains(&"f64") {
                    case.row::<f64>(&mut arrays);
                }
            }
        }
    }
}

struct Options {
    ops: Vec<Op>,
    types: Vec<&'static str>,
    targets: Vec<Target>,
    threads: Vec<usize>,
    mib: usize,
    pairs: usize,
}

impl Options {
    fn of_arguments() -> Self {
        let cpus = thread::available_parallelism().map_or(1, usize::from);
        let mut options = Self { ops: vec![], types: vec![], targets: vec![], threads: vec![], mib: 512, pairs: 15 };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut number = || words.next().and_then(|n| n.parse().ok()).expect("a number");
            match word.as_str() {
                "--mib" => options.mib = number(),
                "--pairs" => options.pairs = number(),
                "f32" => options.types.push("f32"),
                "f64" => options.types.push("f64"),
                "into" => options.targets.push(Target::Into),
                "new" => options.targets.push(Target::New),
                "in-place" => options.targets.push(Target::InPlace),
                "--bench" => {}
                word => match (word.parse(), word.parse()) {
                    (Ok(op), _) => options.ops.push(op),
                    (_, Ok(threads)) => options.threads.push(threads),
                    _ => panic!("unknown word {word:?}"),
                },
            }
        }
        let all = |list: &mut Vec<_>, of: &[_]| {
            if list.is_empty() {
                list.extend_from_slice(of)
            }
        };
        all(&mut options.targets, &[Target::Into, Target::New, Target::InPlace]);
        if options.ops.is_empty() {
            options.ops = Op::ALL.to_vec();
        }
        if options.types.is_empty() {
            options.types = vec!["f32", "f64"];
        }
        if options.threads.is_empty() {
            options.threads = if cpus > 1 { vec![1, cpus] } else { vec![1] };
        }
        options
    }
}

fn name(target: Target) -> &'static str {
    match target {
        Target::Into => "into",
        Target::New => "new",
        _ => "in place",
    }
}

fn cpu() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let brand = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    brand.map_or("unknown CPU".to_owned(), |(_, brand)| brand.to_owned())
}

/// An op in one situation.
struct Case {
    op: Op,
    target: Target,
    threads: usize,
    fastest: Move,
    pairs: usize,
}

impl Case {
    fn row<T: Element + From<f32>>(&self, arrays: &mut Arrays) {
        let Self { op, target, threads, fastest, pairs } = *self;
        let engine = Engine::builder().threads(Threads::Exactly(threads)).build().expect("an engine");
        let fill = |x: &mut [T]| {
            x.iter_mut().enumerate().for_each(|(i, x)| *x = T::from(0.1 + (i % 4096) as f32 * 0.002));
        };
        for memory in &mut arrays.sources {
            fill(memory.elements());
        }
        let in_cache = speed_in_cache::<T>(op);
        let len = arrays.sources[1].elements::<T>().len();
        let cache_ms = len as f64 * in_cache / 1e6 / threads as f64;
        let (mut ours, mut limits, mut ratios) = (vec![], vec![], vec![]);
        for _ in 0..pairs {
            limits.push(fastest.time(arrays, target, threads));
            let (src, dst) = (arrays.sources[1].elements::<T>(), arrays.targets[1].elements::<T>());
            if target == Target::InPlace {
                dst.copy_from_slice(src);
            }
            let start = Instant::now();
            let kept = match target {
                Target::Into => {
                    engine.run_into(op, black_box(src), black_box(dst));
                    vec![]
                }
                Target::New => engine.run(op, black_box(src)),
                _ => {
                    engine.run_in_place(op, black_box(dst));
                    vec![]
                }
            };
            ours.push(start.elapsed().as_secs_f64() * 1e3);
            drop(black_box(kept));
            ratios.push(cache_ms.max(limits[limits.len() - 1]) / ours[ours.len() - 1]);
        }
        let [ours, memory_ms] = [ours, limits].map(|times| quartiles(times)[1]);
        let [low, ratio, high] = quartiles(ratios);
        let streaming = engine.plan::<T>(op, len, target).way.streaming;
        println!(
            "{op:6} {:4}  {:8} {threads:7} {ours:7.1} {:9.1} {cache_ms:15.1} {memory_ms:7.1} {ratio:7.3}  {low:.3} {high:.3}  {}",
            T::NAME,
            name(target),
            cache_ms.max(memory_ms),
            if streaming { "streaming" } else { "plain" },
        );
    }
}

/// Nanoseconds per element on one thread.
fn speed_in_cache<T: Element + From<f32>>(op: Op) -> f64 {
    let engine = Engine::builder().threads(Threads::Exactly(1)).build().expect("an engine");
    let src: Vec<T> = (0..IN_CACHE / size_of::<T>()).map(|i| T::from(0.1 + (i % 4096) as f32 * 0.002)).collect();
    let mut dst = src.clone();
    let times = (0..101).map(|_| {
        let start = Instant::now();
        for _ in 0..50 {
            engine.run_into(op, black_box(&src), black_box(&mut dst));
        }
        start.elapsed().as_secs_f64() * 1e9 / 50.0 / src.len() as f64
    });
    quartiles(times.collect())[1]
}

/// Tries all ways to move the bytes, tells of them, and takes the fastest.
fn fastest_move(arrays: &mut Arrays, target: Target, threads: usize) -> Move {
    let mut moves = vec![];
    for pages in Pages::ALL {
        for stores in Stores::ALL {
            moves.extend(CHUNKS.map(|chunk| Move { pages, stores, chunk }));
        }
    }
    moves.retain(|way| target != Target::InPlace || way.stores != Stores::Library);
    let mut times = vec![vec![]; moves.len()];
    for _ in 0..TRIES {
        for (way, times) in moves.iter().zip(&mut times) {
            times.push(way.time(arrays, target, threads));
        }
    }
    let times: Vec<f64> = times.into_iter().map(|times| quartiles(times)[1]).collect();
    println!("\nmoving {}, threads {threads}, ms by chunks of {CHUNKS:?}", name(target));
    for (ways, times) in moves.chunks(CHUNKS.len()).zip(times.chunks(CHUNKS.len())) {
        let times: Vec<String> = times.iter().map(|ms| format!("{ms:7.1}")).collect();
        println!("  {:5?} pages, {:10?} {}", ways[0].pages, ways[0].stores, times.join(" "));
    }
    let best = (0..moves.len()).min_by(|&a, &b| times[a].total_cmp(&times[b])).expect("a way");
    moves[best]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Pages {
    Small,
    Huge,
}

impl Pages {
    const ALL: [Self; 2] = [Self::Small, Self::Huge];
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stores {
    Plain,
    Streaming,
    Prefetched,
    Library,
}

impl Stores {
    const ALL: [Self; 4] = [Self::Plain, Self::Streaming, Self::Prefetched, Self::Library];
}

/// One memory of each kind of pages, to read and to write.
struct Arrays {
    sources: [Memory; 2],
    targets: [Memory; 2],
}

/// A way to move bytes.
#[derive(Clone, Copy, Debug)]
struct Move {
    pages: Pages,
    stores: Stores,
    chunk: usize,
}

impl Move {
    /// Milliseconds, taken by all threads together.
    fn time(self, arrays: &mut Arrays, target: Target, threads: usize) -> f64 {
        let kind = self.pages as usize;
        let (src, dst) = (&mut arrays.sources[kind], &mut arrays.targets[kind]);
        let start = Instant::now();
        let new = (target == Target::New).then(|| Memory::new(src.bytes, self.pages, 0));
        let from = if target == Target::InPlace { dst.start } else { src.start };
        let to = new.as_ref().map_or(dst.start, |memory| memory.start);
        let places = Places { from, to, bytes: src.bytes, next: AtomicUsize::new(0) };
        thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| self.take(&places));
            }
            self.take(&places);
        });
        start.elapsed().as_secs_f64() * 1e3
    }

    /// Moves chunk by chunk until there are no more.
    fn take(self, places: &Places) {
        loop {
            let at = places.next.fetch_add(self.chunk, Ordering::Relaxed);
            if at >= places.bytes {
                return;
            }
            let bytes = self.chunk.min(places.bytes - at);
            // SAFETY: the chunk lies in both memories, and no other thread takes it.
            unsafe { move_chunk(places.from.add(at), places.to.add(at), bytes, self.stores) };
        }
    }
}

struct Places {
    from: *mut u8,
    to: *mut u8,
    bytes: usize,
    next: AtomicUsize,
}

// SAFETY: the threads write where they have taken a chunk, and nowhere else.
unsafe impl Sync for Places {}

/// # Safety
/// Both places have so many bytes, a multiple of 64 in number and in address; they are the same or do not overlap.
unsafe fn move_chunk(from: *mut u8, to: *mut u8, bytes: usize, stores: Stores) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && stores != Stores::Library {
        // SAFETY: as the caller promises; the CPU has AVX2.
        return unsafe {
            match stores {
                Stores::Plain => x86::lines::<false, false>(from, to, bytes),
                Stores::Streaming => x86::lines::<true, false>(from, to, bytes),
                _ => x86::lines::<true, true>(from, to, bytes),
            }
        };
    }
    let _ = stores;
    // SAFETY: as the caller promises.
    unsafe { to.copy_from(from, bytes) };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    /// # Safety
    /// As [`super::move_chunk`].
    #[target_feature(enable = "avx2")]
    pub unsafe fn lines<const STREAMING: bool, const PREFETCHED: bool>(from: *mut u8, to: *mut u8, bytes: usize) {
        for at in (0..bytes).step_by(64) {
            // SAFETY: as the caller promises; what is prefetched need not be there.
            unsafe {
                let (from, to) = (from.add(at).cast::<__m256d>(), to.add(at).cast::<__m256d>());
                if PREFETCHED {
                    _mm_prefetch::<_MM_HINT_NTA>(from.cast::<i8>().wrapping_add(1024));
                }
                // Something is to change, lest moving in place be optimized away.
                let sign = _mm256_set1_pd(-0.0);
                let (a, b) = (_mm256_xor_pd(*from, sign), _mm256_xor_pd(*from.add(1), sign));
                if STREAMING {
                    _mm256_stream_pd(to.cast(), a);
                    _mm256_stream_pd(to.add(1).cast(), b);
                } else {
                    _mm256_store_pd(to.cast(), a);
                    _mm256_store_pd(to.add(1).cast(), b);
                }
            }
        }
        _mm_sfence();
    }
}

/// Memory of its own, in pages of one kind.
struct Memory {
    start: *mut u8,
    bytes: usize,
}

impl Memory {
    /// Filled with a byte, or untouched if that is 0.
    fn new(bytes: usize, pages: Pages, byte: u8) -> Self {
        let start = system::map(bytes, pages);
        let memory = Self { start, bytes };
        if byte != 0 {
            // SAFETY: the memory has so many bytes.
            unsafe { start.write_bytes(byte, bytes) };
        }
        memory
    }

    fn elements<T: Element>(&mut self) -> &mut [T] {
        // SAFETY: any bits are an element, the memory was filled when it was made, and it is aligned to a page.
        unsafe { std::slice::from_raw_parts_mut(self.start.cast(), self.bytes / size_of::<T>()) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        system::unmap(self.start, self.bytes);
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::ffi::{c_int, c_void};

    use super::Pages;

    const PROT_READ_WRITE: c_int = 3;
    const MAP_PRIVATE_ANONYMOUS: c_int = 0x22;
    const MADV_HUGEPAGE: c_int = 14;
    const MADV_NOHUGEPAGE: c_int = 15;
    const HUGE_PAGE: usize = 2 << 20;

    unsafe extern "C" {
        fn mmap(start: *mut c_void, bytes: usize, access: c_int, flags: c_int, file: c_int, at: i64) -> *mut c_void;
        fn munmap(start: *mut c_void, bytes: usize) -> c_int;
        fn madvise(start: *mut c_void, bytes: usize, advice: c_int) -> c_int;
    }

    /// Maps one huge page more than is asked for, and gives back what lies before the first and after the last one.
    pub fn map(bytes: usize, pages: Pages) -> *mut u8 {
        let advice = if pages == Pages::Huge { MADV_HUGEPAGE } else { MADV_NOHUGEPAGE };
        // SAFETY: it is new memory, which nobody knows of yet.
        unsafe {
            let all = mmap(std::ptr::null_mut(), bytes + HUGE_PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
            assert!(all.addr() as isize != -1, "no memory: {} bytes", bytes + HUGE_PAGE);
            let skipped = all.cast::<u8>().align_offset(HUGE_PAGE);
            let start = all.byte_add(skipped);
            if skipped > 0 {
                munmap(all, skipped);
            }
            if skipped < HUGE_PAGE {
                munmap(start.byte_add(bytes), HUGE_PAGE - skipped);
            }
            madvise(start, bytes, advice);
            start.cast()
        }
    }

    pub fn unmap(start: *mut u8, bytes: usize) {
        // SAFETY: it was mapped by `map`, and its owner is gone.
        unsafe { munmap(start.cast(), bytes) };
    }
}

/// Elsewhere, memory comes in what pages the system likes.
#[cfg(not(target_os = "linux"))]
mod system {
    use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};

    use super::Pages;

    fn layout(bytes: usize) -> Layout {
        Layout::from_size_align(bytes, 4096).expect("a size that there can be")
    }

    pub fn map(bytes: usize, _: Pages) -> *mut u8 {
        // SAFETY: there are some bytes.
        let start = unsafe { alloc(layout(bytes)) };
        if start.is_null() { handle_alloc_error(layout(bytes)) } else { start }
    }

    pub fn unmap(start: *mut u8, bytes: usize) {
        // SAFETY: it was made by `map`, and its owner is gone.
        unsafe { dealloc(start, layout(bytes)) };
    }
}

fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|k| values[(values.len() - 1) * k / 4])
}
