//! A large matrix, evaluated by quadrants into another: `cargo run --release --features ndarray --example matrix`.
//!
//! Each quadrant is a view with gaps between its rows; the engine spreads it over the threads.
use std::time::Instant;

use lanestack::arrays::{self, Array2, s};
use lanestack::{Engine, Op};

fn main() {
    let n = 4000;
    let half = n / 2;
    let data = Array2::from_shape_fn((n, n), |(i, j)| 1.0 + (i + j) as f64 / n as f64);
    let mut result = Array2::zeros((n, n));
    println!("{n} x {n} float64, {} threads, {}", Engine::global().workers(), Engine::global().isa());
    for &op in Op::ALL {
        let start = Instant::now();
        for (rows, columns) in [(0..half, 0..half), (0..half, half..n), (half..n, 0..half), (half..n, half..n)] {
            let quadrant = s![rows, columns];
            arrays::run_into(op, data.slice(quadrant), result.slice_mut(quadrant));
        }
        println!("{op:6} {:6.1} ms", start.elapsed().as_secs_f64() * 1e3);
    }
}
