//! Times of many candidates, in rounds: each round measures each candidate once, in an order of its own.
//!
//! What disturbs a round disturbs all, so that the quotient of two within a round is steadier than either of them.
use std::hint::black_box;
use std::time::Instant;

use crate::cli::peers::Call;
use crate::cli::reference::golden::random::Random;

/// Nanoseconds of a sample: many times what reading the clock takes, and short beside a time slice.
const SAMPLE_NS: f64 = 30_000.0;

/// Nanoseconds per element, of each candidate in each round.
pub fn run<T>(candidates: &[&Call<T>], src: &[T], dst: &mut [T], rounds: usize) -> Vec<Vec<f64>> {
    let len = src.len() as f64;
    let calls: Vec<usize> =
        candidates.iter().map(|call| (SAMPLE_NS / estimate(call, src, dst)).ceil() as usize).collect();
    let mut times = vec![Vec::with_capacity(rounds); candidates.len()];
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    let mut random = Random(0);
    for _ in 0..rounds {
        shuffle(&mut order, &mut random);
        for &which in &order {
            let call = candidates[which];
            // Brings its code and the elements into the cache.
            call(src, dst);
            times[which].push(time(call, src, dst, calls[which]) / len);
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

/// Nanoseconds of a call, roughly: the least of some.
fn estimate<T>(call: &Call<T>, src: &[T], dst: &mut [T]) -> f64 {
    (0..5).map(|_| time(call, src, dst, 2)).fold(f64::INFINITY, f64::min)
}

fn shuffle(order: &mut [usize], random: &mut Random) {
    for last in (1..order.len()).rev() {
        order.swap(last, random.whole(0, last as i32) as usize);
    }
}
