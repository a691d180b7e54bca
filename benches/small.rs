//! What a call costs besides its work, on short slices.
//!
//! For each isa, op and type and a row of lengths `n`, on the engine's default threads: the time of a call, that of a plain
//! loop over `std`'s function, and the overhead: the call's time less `n` times the rate of a long slice in cache less the
//! latency of one vector. Calls do not overlap (on x86-64 a fence separates them, whose time is subtracted): a program
//! needs the results before it goes on.
//!
//! `cargo bench --bench small -- avx2 exp f64` runs a part.
use std::hint::black_box;
use std::time::Instant;

use lanestack::kernels::exp::Exp;
use lanestack::kernels::lanes::{Double, Kernel, Medium, Single, Spec};
use lanestack::kernels::log::Log;
use lanestack::{Element, Engine, Isa, Op, build};

const LENGTHS: [usize; 22] = [1, 2, 3, 4, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 100, 128, 1000];
/// A slice in the first-level cache that is long enough to tell the rate.
const LONG: usize = 1536;
/// Bytes of a page.
const PAGE: usize = 4096;
/// Rounds, of which the median counts, and nanoseconds of one measurement in a round.
const ROUNDS: usize = 15;
const NS: f64 = 20_000.0;
/// Evaluations of the chain that tells the latency.
const LINKS: usize = 32;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |kind: &[&str], name: &str| {
        let of_kind = wanted.iter().filter(|word| kind.contains(&word.as_str())).collect::<Vec<_>>();
        of_kind.is_empty() || of_kind.iter().any(|word| *word == name)
    };
    let isas: Vec<&str> = Isa::ALL.iter().map(|isa| isa.name()).collect();
    println!("lanestack {} ({}), {}, {}", build::VERSION, build::REVISION, build::RUSTC, build::TARGET);
    println!("isa       op   type      n   call/ns    std/ns  std/call  overhead/ns  in a row  std/call");
    for &isa in Isa::available().iter().filter(|isa| is_wanted(&isas, isa.name())) {
        let engine = Engine::builder().isa(isa).build().expect("available");
        let mut worst = Worst::default();
        for (op, name) in [(Op::Exp, "exp"), (Op::Log, "log")] {
            if is_wanted(&["exp", "log"], name) && is_wanted(&["f32", "f64"], "f32") {
                match op {
                    Op::Exp => rows(&engine, op, Exp, f32::exp, &mut worst),
                    _ => rows(&engine, op, Log, f32::ln, &mut worst),
                }
            }
            if is_wanted(&["exp", "log"], name) && is_wanted(&["f32", "f64"], "f64") {
                match op {
                    Op::Exp => rows(&engine, op, Exp, f64::exp, &mut worst),
                    _ => rows(&engine, op, Log, f64::ln, &mut worst),
                }
            }
        }
        let Worst { overhead, alone, in_a_row } = worst;
        println!(
            "{isa}: overhead at most {overhead:.1} ns; from n = 8 on, std takes {alone:.2} times as long, or more;"
        );
        println!("{isa}: in a row, {in_a_row:.2} times, or more\n");
    }
}

struct Worst {
    overhead: f64,
    alone: f64,
    in_a_row: f64,
}

impl Default for Worst {
    fn default() -> Self {
        Self { overhead: f64::NEG_INFINITY, alone: f64::INFINITY, in_a_row: f64::INFINITY }
    }
}

/// Where in `room` to begin so that the low twelve bits of addresses are half a page from those of `src`: by these, the CPU tells
/// whether a load must wait for a store of the call before.
fn half_a_page_from<'a, T>(src: &[T], room: &'a mut [T]) -> &'a mut [T] {
    let apart = src.as_ptr().addr().wrapping_add(PAGE / 2).wrapping_sub(room.as_ptr().addr()) % PAGE;
    &mut room[apart / size_of::<T>()..][..src.len()]
}

fn rows<T: Element + From<f32>, K: Kernel>(
    engine: &Engine,
    op: Op,
    kernel: K,
    std: impl Fn(T) -> T + Copy,
    worst: &mut Worst,
) {
    let src: Vec<T> = (0..LONG).map(|i| T::from(0.5 + (i * 37 % 1024) as f32 / 512.0)).collect();
    let [mut dst, mut other] = [(); 2].map(|()| vec![T::ONE; LONG + PAGE / size_of::<T>()]);
    let [dst, other] = [&mut dst, &mut other].map(|room| half_a_page_from(&src, room));
    let rate = median_of(|| time(|| engine.run_into(op, black_box(&src), black_box(&mut *dst)), || ())) / LONG as f64;
    let latency = latency::<T, K>(engine, kernel);
    for n in LENGTHS {
        let mut times = [(); 5].map(|()| Vec::new());
        let [nothing, call, plain, calls, plains] = &mut times;
        for _ in 0..ROUNDS {
            let mut pass = || {
                black_box((black_box(&src[..n]), black_box(&mut dst[..n])));
            };
            nothing.push(time(&mut pass, fence));
            let mut run = || engine.run_into(op, black_box(&src[..n]), black_box(&mut dst[..n]));
            call.push(time(&mut run, fence));
            calls.push(time(&mut run, || ()));
            let mut walk = || {
                for (x, y) in black_box(&src[..n]).iter().zip(black_box(&mut other[..n])) {
                    *y = std(*x);
                }
            };
            plain.push(time(&mut walk, fence));
            plains.push(time(&mut walk, || ()));
        }
        let [nothing, call, plain, calls, plains] = times.map(median);
        let (call, plain) = (call - nothing, plain - nothing);
        let overhead = call - n as f64 * rate - latency;
        worst.overhead = worst.overhead.max(overhead);
        if n >= 8 {
            worst.alone = worst.alone.min(plain / call);
            worst.in_a_row = worst.in_a_row.min(plains / calls);
        }
        println!(
            "{:9} {op:4} {:4} {n:6} {call:9.1} {plain:9.1} {:9.2} {overhead:12.1} {calls:9.1} {:9.2}",
            engine.isa(),
            T::NAME,
            plain / call,
            plains / calls
        );
    }
    println!("{:9} {op:4} {:4}   rate {rate:.3} ns per element, latency {latency:.1} ns", engine.isa(), T::NAME);
}

/// The nanoseconds from one result of a vector to the next that depends on it.
fn latency<T: Element + From<f32>, K: Kernel>(engine: &Engine, kernel: K) -> f64 {
    let mut lanes = [T::ONE];
    engine.map_into(Width, &[T::ONE], &mut lanes);
    let width = (1..=64).find(|&n| T::from(n as f32) == lanes[0]).expect("a width");
    let src = vec![T::from(1.5); width];
    let mut dst = src.clone();
    let run = |dst: &mut [T]| engine.map_into(Chain::<K, LINKS>(kernel), black_box(&src), black_box(dst));
    let chain = median_of(|| time(|| run(&mut dst), fence));
    let run = |dst: &mut [T]| engine.map_into(Chain::<K, 1>(kernel), black_box(&src), black_box(dst));
    let single = median_of(|| time(|| run(&mut dst), fence));
    (chain - single) / (LINKS - 1) as f64
}

const SPEC32: Spec<f32> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 1.0 };
const SPEC64: Spec<f64> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 1.0 };

/// Its result is the number of lanes of the vector.
#[derive(Clone, Copy, Debug)]
struct Width;

impl Kernel for Width {
    const F32: Spec<f32> = SPEC32;
    const F64: Spec<f64> = SPEC64;
    type F32Block = Medium;
    type F64Block = Medium;
    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        x.splat(V::LEN as f32)
    }
    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        x.splat(V::LEN as f64)
    }
}

/// A kernel, `N` times over on a number that depends on the last result.
#[derive(Clone, Copy, Debug)]
struct Chain<K, const N: usize>(K);

impl<K: Kernel, const N: usize> Kernel for Chain<K, N> {
    const F32: Spec<f32> = SPEC32;
    const F64: Spec<f64> = SPEC64;
    type F32Block = K::F32Block;
    type F64Block = K::F64Block;
    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        let mut y = x;
        for _ in 0..N {
            y = self.0.f32(y.mul_add(x.splat(f32::MIN_POSITIVE), x));
        }
        y
    }
    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        let mut y = x;
        for _ in 0..N {
            y = self.0.f64(y.mul_add(x.splat(f64::MIN_POSITIVE), x));
        }
        y
    }
}

/// The nanoseconds of a call, with this between it and the next.
#[inline(always)]
fn time(mut call: impl FnMut(), between: impl Fn() + Copy) -> f64 {
    let mut calls = |n: usize| {
        let start = Instant::now();
        for _ in 0..n {
            call();
            between();
        }
        start.elapsed().as_secs_f64() * 1e9 / n as f64
    };
    let once = calls(8).max(1.0);
    calls((NS / once) as usize + 1)
}

/// Lets nothing begin before all before it is done.
#[inline(always)]
fn fence() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: it touches nothing, and every x86-64 CPU has it.
    unsafe {
        std::arch::x86_64::_mm_lfence();
    }
}

fn median_of(mut measure: impl FnMut() -> f64) -> f64 {
    median((0..ROUNDS).map(|_| measure()).collect())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
