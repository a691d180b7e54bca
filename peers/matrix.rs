//! One op over a square matrix, as `numpy_numexpr.py` asks for it: the counterpart of a NumPy program, as a process.
use std::hint::black_box;
use std::io;
use std::time::Instant;

use lanestack::arrays::{Array2, s};
use lanestack::kernels::lanes::Element;
use lanestack::{Engine, Op, Threads};
use serde::Serialize;

use crate::args::{Dtype, Matrix};
use crate::beside::Real;
use crate::plain;

/// Ordinary elements, which are repeated.
const PATTERN: usize = 1 << 16;

#[derive(Serialize)]
struct Report {
    op: &'static str,
    dtype: &'static str,
    size: usize,
    threads: usize,
    isa: &'static str,
    /// Nanoseconds per element, each time.
    ns: Vec<f64>,
}

/// Runs it, and prints JSON.
pub fn run(options: &Matrix) -> io::Result<()> {
    let engine = Engine::builder().threads(Threads::Exactly(options.threads)).build().map_err(io::Error::other)?;
    let (dtype, ns) = match options.dtype {
        Dtype::F32 => (f32::NAME, times::<f32>(&engine, options)),
        Dtype::F64 => (f64::NAME, times::<f64>(&engine, options)),
    };
    let Matrix { op, size, threads, .. } = *options;
    let report = Report { op: op.name(), dtype, size, threads, isa: engine.isa().name(), ns };
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

fn times<T: Real>(engine: &Engine, options: &Matrix) -> Vec<f64> {
    let &Matrix { op, size, .. } = options;
    let pattern = plain::ordinary::<T>(op, PATTERN);
    let src = Array2::from_shape_fn((size, size), |(row, column)| pattern[(row * size + column) % PATTERN]);
    let mut dst = src.clone();
    let sweep: &mut dyn FnMut() -> Option<Vec<T>> = if options.quadrants {
        &mut || quadrants(engine, op, &src, &mut dst)
    } else if options.fresh {
        &mut || Some(engine.run(op, src.as_slice().expect("in order")))
    } else {
        &mut || {
            engine.run_into(op, src.as_slice().expect("in order"), dst.as_slice_mut().expect("in order"));
            None
        }
    };
    // Wakes the threads.
    sweep();
    (0..options.repeats)
        .map(|_| {
            let start = Instant::now();
            let result = black_box(sweep());
            let ns = start.elapsed().as_secs_f64() * 1e9;
            drop(result);
            ns / (size * size) as f64
        })
        .collect()
}

/// Each quarter of the matrix for itself, as the tutorial does it.
fn quadrants<T: Real>(engine: &Engine, op: Op, src: &Array2<T>, dst: &mut Array2<T>) -> Option<Vec<T>> {
    let (size, half) = (src.nrows(), src.nrows() / 2);
    for rows in [0..half, half..size] {
        for columns in [0..half, half..size] {
            let part = s![rows.clone(), columns];
            engine.run_array_into(op, src.slice(part), dst.slice_mut(part));
        }
    }
    None
}
