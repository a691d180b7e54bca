//! Times of many functions in rounds: each round times each of them once, in an order and in a place of its own.
//!
//! What disturbs a round disturbs all, so that the quotient of two within a round is steadier than either of them. Where
//! source, result and the stack lie in memory, seen from a function's tables, makes differences of a quarter and more.
use std::hint::black_box;
use std::time::Instant;

use crate::plain::Real;
use crate::reference::golden::random::Random;

/// Nanoseconds of a sample: many times what reading the clock takes, and short beside a time slice.
const SAMPLE_NS: f64 = 30_000.0;
/// Bytes of a cache line, and of a vector at most.
const LINE: usize = 64;
/// Places that source and result may have: a line apart, over 256 KiB.
const PLACES: usize = 1 << 12;
/// Places that the stack may have: over more than a page.
const DEPTHS: i32 = 64;

/// Nanoseconds per element, of each function in each round.
pub fn times<T: Real, F: Fn(&[T], &mut [T])>(functions: &[F], elements: &[T], rounds: usize) -> Vec<Vec<f64>> {
    let (len, line) = (elements.len(), LINE / size_of::<T>());
    let part = len.next_multiple_of(line);
    let mut memory = vec![T::ONE; 2 * part + PLACES * line];
    let first = memory.as_ptr().align_offset(LINE);
    let mut random = Random(0);
    let mut calls = vec![0; functions.len()];
    let mut times = vec![Vec::with_capacity(rounds); functions.len()];
    let mut order: Vec<usize> = (0..functions.len()).collect();
    for round in 0..=rounds {
        // Source and result begin with a cache line, and lie side by side.
        let from = first + line * random.whole(0, PLACES as i32 - 2) as usize;
        let (src, dst) = memory[from..from + 2 * part].split_at_mut(part);
        let (src, dst) = (&mut src[..len], &mut dst[..len]);
        src.copy_from_slice(elements);
        shuffle(&mut order, &mut random);
        at_depth(random.whole(0, DEPTHS), &mut || {
            for &which in &order {
                let function = &functions[which];
                // Brings its code and the elements into the cache.
                function(src, dst);
                match round {
                    0 => calls[which] = enough(function, src, dst),
                    _ => times[which].push(time(function, src, dst, calls[which]) / len as f64),
                }
            }
        });
    }
    times
}

/// Does the work so many cache lines, and some, further down the stack.
#[inline(never)]
fn at_depth(lines: i32, work: &mut dyn FnMut()) {
    let line = black_box([0u8; LINE]);
    if lines == 0 {
        work()
    } else {
        at_depth(lines - 1, work)
    }
    black_box(line);
}

/// Nanoseconds of a call.
fn time<T>(function: &impl Fn(&[T], &mut [T]), src: &[T], dst: &mut [T], calls: usize) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        function(black_box(src), black_box(&mut *dst));
    }
    start.elapsed().as_secs_f64() * 1e9 / calls as f64
}

/// The number of calls that make a sample.
fn enough<T>(function: &impl Fn(&[T], &mut [T]), src: &[T], dst: &mut [T]) -> usize {
    let ns = (0..5).map(|_| time(function, src, dst, 2)).fold(f64::INFINITY, f64::min);
    (SAMPLE_NS / ns).ceil() as usize
}

fn shuffle(order: &mut [usize], random: &mut Random) {
    for last in (1..order.len()).rev() {
        order.swap(last, random.whole(0, last as i32) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn every_function_is_timed_in_every_round() {
        let calls = [Cell::new(0), Cell::new(0), Cell::new(0)];
        let functions = calls.each_ref().map(|calls| {
            move |src: &[f32], dst: &mut [f32]| {
                assert_eq!((src, dst.len()), (&[1.0, 2.0, 3.0][..], 3));
                assert_eq!((src.as_ptr().align_offset(LINE), dst.as_ptr().align_offset(LINE)), (0, 0));
                calls.set(calls.get() + 1);
            }
        });
        let times = times(&functions, &[1.0, 2.0, 3.0], 7);
        assert!(times.iter().all(|times| times.len() == 7 && times.iter().all(|&ns| ns > 0.0)), "{times:?}");
        assert!(calls.iter().all(|calls| calls.get() > 14), "{calls:?}");
    }
}
