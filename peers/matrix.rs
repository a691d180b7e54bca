//! One op, or a pipeline, over a square matrix, as `numpy_numexpr.py` asks for it: the counterpart of a NumPy program, as a process.
use std::hint::black_box;
use std::io;
use std::time::Instant;

use lanestack::arrays::{ArrayView, ArrayViewMut, s};
use lanestack::{Buffer, Engine, Error, Op, Pipeline, Step, Threads};
use serde::Serialize;

use crate::args::{Dtype, Matrix};
use crate::beside::Real;
use crate::plain;

/// Ordinary elements, which are repeated.
const PATTERN: usize = 1 << 16;

/// Nanoseconds per element, each time, in each way.
#[derive(Default, Serialize)]
struct Times {
    /// Into memory that was written before.
    warm: Vec<f64>,
    /// The same, one quarter of the matrix after the other; of a single op.
    quadrants: Vec<f64>,
    /// Into a new vector.
    fresh: Vec<f64>,
}

/// Runs it, and prints JSON.
pub fn run(options: &Matrix) -> io::Result<()> {
    let engine = Engine::builder().threads(Threads::Exactly(options.threads)).build().map_err(io::Error::other)?;
    let times = match options.dtype {
        Dtype::F32 => times::<f32>(&engine, options),
        Dtype::F64 => times::<f64>(&engine, options),
    }
    .map_err(io::Error::other)?;
    println!("{}", serde_json::to_string(&times)?);
    Ok(())
}

fn times<T: Real>(engine: &Engine, &Matrix { ref steps, size, repeats, .. }: &Matrix) -> Result<Times, Error> {
    let pipeline: Pipeline<T> = steps.parse()?;
    let single = match *pipeline.steps() {
        [Step::Op(op)] => Some(op),
        _ => None,
    };
    let pattern = plain::ordinary::<T>(single.unwrap_or(Op::Log), PATTERN);
    // In huge pages, as NumPy's arrays.
    let mut elements = Buffer::zeroed(size * size);
    elements.chunks_mut(PATTERN).for_each(|chunk| chunk.copy_from_slice(&pattern[..chunk.len()]));
    let mut dst = Buffer::zeroed(size * size);
    // Wakes the threads.
    engine.pipe_into(&pipeline, &elements, &mut dst);
    let mut times = Times::default();
    for _ in 0..repeats {
        let ns = |start: Instant| start.elapsed().as_secs_f64() * 1e9 / elements.len() as f64;
        let start = Instant::now();
        engine.pipe_into(&pipeline, &elements, black_box(&mut dst));
        times.warm.push(ns(start));

        if let Some(op) = single {
            let start = Instant::now();
            quadrants(engine, op, size, &elements, black_box(&mut dst));
            times.quadrants.push(ns(start));
        }

        let start = Instant::now();
        let fresh = black_box(engine.pipe(&pipeline, &elements));
        times.fresh.push(ns(start));
        drop(fresh);
    }
    Ok(times)
}

/// Each quarter of the matrix for itself.
fn quadrants<T: Real>(engine: &Engine, op: Op, size: usize, src: &[T], dst: &mut [T]) {
    let src = ArrayView::from_shape((size, size), src).expect("rows after each other");
    let mut dst = ArrayViewMut::from_shape((size, size), dst).expect("rows after each other");
    let half = size / 2;
    for rows in [0..half, half..size] {
        for columns in [0..half, half..size] {
            let part = s![rows.clone(), columns];
            engine.run_array_into(op, src.slice(part), dst.slice_mut(part));
        }
    }
}
