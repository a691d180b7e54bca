//! Looks for one result of `exp` or `log` that is not what it must be, on one lane, fused and not: the other isas do the same
//! operations. Exit status: 0 if there is none, 1 if there is one, named first.
//!
//! `run.py` calls it on kernels with a changed constant; see `README.md`.
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use lanestack_kernels::exact::{exp::ExpExact, log::LogExact};
use lanestack_kernels::exp::Exp;
use lanestack_kernels::fast::{exp::ExpFast, log::LogFast};
use lanestack_kernels::isa::scalar::Scalar;
use lanestack_kernels::lanes::{Element, Kernel, Simd};
use lanestack_kernels::log::Log;
use lanestack_kernels::sweep::MapInto;

#[path = "../tests/golden/mod.rs"]
mod golden;
use golden::digest::{BLOCK, BLOCKS, digest};

/// Results of a piece stay in the cache.
const PIECE: u32 = 1 << 12;

type Found = Result<(), String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let found = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["exp", "f32"] => single("exp", Exp),
        ["exp", "fast"] => fast("exp", ExpFast),
        ["exp", "f64"] => double("exp", "default", Exp).and_then(|()| double("exp", "exact", ExpExact)),
        ["log", "f32"] => single("log", Log),
        ["log", "fast"] => fast("log", LogFast),
        ["log", "f64"] => double("log", "default", Log).and_then(|()| double("log", "exact", LogExact)),
        _ => Err("usage: lanestack-mutants exp|log f32|fast|f64".to_owned()),
    };
    match found {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            println!("{what}");
            ExitCode::FAILURE
        }
    }
}

/// `kernel` of each element, on one lane.
fn run<T: Element, K: Kernel>(fused: bool, kernel: K, src: &[T], dst: &mut [T]) {
    if fused {
        Scalar::<true>::detect().expect("fused multiply-add").enter(MapInto { src, dst, kernel });
    } else {
        Scalar::<false>::detect().expect("one lane").enter(MapInto { src, dst, kernel });
    }
}

fn double<K: Kernel>(op: &str, tier: &str, kernel: K) -> Found {
    for fused in [true, false] {
        let kind = if fused { "fused" } else { "unfused" };
        let (hard, want): (Vec<f64>, Vec<f64>) = golden::f64_hard(op).into_iter().unzip();
        let mut got = vec![0.0; hard.len()];
        run(fused, kernel, &hard, &mut got);
        for ((x, got), want) in hard.iter().zip(&got).zip(&want) {
            let allowed = u64::from(tier == "default");
            if got.to_bits().abs_diff(want.to_bits()) > allowed {
                return Err(format!("{op} f64 {tier} {kind} of {x:e}: got {got:e}, want {want:e}"));
            }
        }
        let xs = golden::f64_inputs(op);
        let mut got = vec![0.0; xs.len()];
        run(fused, kernel, &xs, &mut got);
        if Some(golden::f64_digest(&got)) != golden::f64_golden(op, tier, fused) {
            return Err(format!("{op} f64 {tier} {kind}: another digest of the results"));
        }
    }
    Ok(())
}

fn single<K: Kernel>(op: &str, kernel: K) -> Found {
    let (hard, want): (Vec<u32>, Vec<u32>) = golden::f32_hard(op).into_iter().unzip();
    let hard: Vec<f32> = hard.into_iter().map(f32::from_bits).collect();
    for fused in [true, false] {
        let mut got = vec![0.0; hard.len()];
        run(fused, kernel, &hard, &mut got);
        if let Some(i) = (0..got.len()).find(|&i| got[i].to_bits() != want[i]) {
            return Err(format!("{op} f32 of {:e}: got {:e}, want {:e}", hard[i], got[i], f32::from_bits(want[i])));
        }
    }
    let want = golden::f32_digests(op).expect("digests");
    digests(op, true, kernel, &want).and_then(|()| digests(op, false, kernel, &want))
}

/// The fast tier of `f32`, which has one set of bits where it is fused; where it is not, results below 1 ulp are within two.
fn fast<K: Kernel>(op: &str, kernel: K) -> Found {
    digests(op, true, kernel, &golden::f32_fast_digests(op).expect("digests"))?;
    let apart = |block: u32| {
        let xs: Vec<f32> = (0..PIECE).map(|k| f32::from_bits(block * BLOCK + k * (BLOCK / PIECE))).collect();
        let (mut fused, mut unfused) = (xs.clone(), xs.clone());
        run(true, kernel, &xs, &mut fused);
        run(false, kernel, &xs, &mut unfused);
        fused.iter().zip(&unfused).any(|(a, b)| !(a.is_nan() && b.is_nan()) && a.to_bits().abs_diff(b.to_bits()) > 2)
    };
    match first_bad(&(0..BLOCKS).collect::<Vec<_>>(), apart) {
        Some(block) => {
            Err(format!("{op} f32 unfused: more than two ulps from fused, in {:#010x} and on", block * BLOCK))
        }
        None => Ok(()),
    }
}

fn digests<K: Kernel>(op: &str, fused: bool, kernel: K, want: &[u64]) -> Found {
    // Some blocks first: most changes show in these.
    let blocks: Vec<u32> = (0..BLOCKS).step_by(61).chain(0..BLOCKS).collect();
    match first_bad(&blocks, |block| block_digest(fused, kernel, block) != want[block as usize]) {
        Some(block) => {
            let kind = if fused { "fused" } else { "unfused" };
            Err(format!("{op} f32 {kind}: another digest of the inputs from {:#010x} on", block * BLOCK))
        }
        None => Ok(()),
    }
}

fn block_digest<K: Kernel>(fused: bool, kernel: K, block: u32) -> u64 {
    let (mut xs, mut got) = (vec![0.0; PIECE as usize], vec![0.0; PIECE as usize]);
    (0..BLOCK / PIECE).fold(0, |sum: u64, piece| {
        let first = block * BLOCK + piece * PIECE;
        xs.iter_mut().zip(first..=first + (PIECE - 1)).for_each(|(x, input)| *x = f32::from_bits(input));
        run(fused, kernel, &xs, &mut got);
        sum.wrapping_add(digest(first, &got))
    })
}

/// One of the bad blocks, on as many threads as there are CPUs.
fn first_bad(blocks: &[u32], is_bad: impl Fn(u32) -> bool + Sync) -> Option<u32> {
    let (next, bad) = (AtomicU32::new(0), AtomicU32::new(u32::MAX));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while bad.load(Ordering::Relaxed) == u32::MAX {
                    let Some(&block) = blocks.get(next.fetch_add(1, Ordering::Relaxed) as usize) else { break };
                    if is_bad(block) {
                        bad.store(block, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    Some(bad.into_inner()).filter(|&block| block != u32::MAX)
}
