//! Times of many candidates, in rounds: each round times each of them once, in an order of its own.
//!
//! What disturbs a round disturbs all, so that the quotient of two within a round is steadier than either of them.
use std::hint::black_box;
use std::time::Instant;

use crate::candidates::Real;
use crate::cli::peers::{Call, Peer};
use crate::reference::golden::random::Random;

/// Nanoseconds of a sample: many times what reading the clock takes, and short beside a time slice.
const SAMPLE_NS: f64 = 30_000.0;
/// Bytes of a cache line, and of a vector at most.
const LINE: usize = 64;

/// Nanoseconds per element, of each candidate in each round.
pub fn times<T: Real>(candidates: &[Peer<T>], ordinary: &[T], rounds: usize) -> Vec<Vec<f64>> {
    let len = ordinary.len();
    // Both begin with a cache line, and lie side by side.
    let gap = LINE / size_of::<T>();
    let mut memory = vec![T::ONE; 2 * len.next_multiple_of(gap) + gap];
    let from = memory.as_ptr().align_offset(LINE);
    let (src, dst) = memory[from..].split_at_mut(len.next_multiple_of(gap));
    let (src, dst) = (&mut src[..len], &mut dst[..len]);
    src.copy_from_slice(ordinary);

    let calls: Vec<usize> = candidates.iter().map(|peer| calls(&peer.call, src, dst)).collect();
    let mut times = vec![Vec::with_capacity(rounds); candidates.len()];
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    let mut random = Random(0);
    for _ in 0..rounds {
        shuffle(&mut order, &mut random);
        for &which in &order {
            let call = &candidates[which].call;
            // Brings its code and the elements into the cache.
            call(src, dst);
            times[which].push(time(call, src, dst, calls[which]) / len as f64);
        }
    }
    times
}

/// Nanoseconds of a call.
fn time<T>(call: &Call<T>, src: &[T], dst: &mut [T], calls: usize) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        call(black_box(src), black_box(&mut *dst));
    }
    start.elapsed().as_secs_f64() * 1e9 / calls as f64
}

/// The number of calls that make a sample.
fn calls<T>(call: &Call<T>, src: &[T], dst: &mut [T]) -> usize {
    let ns = (0..5).map(|_| time(call, src, dst, 2)).fold(f64::INFINITY, f64::min);
    (SAMPLE_NS / ns).ceil() as usize
}

fn shuffle(order: &mut [usize], random: &mut Random) {
    for last in (1..order.len()).rev() {
        order.swap(last, random.whole(0, last as i32) as usize);
    }
}
