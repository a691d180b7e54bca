//! Views of `ndarray`: every stride, the same bits as slices.
#![cfg(feature = "ndarray")]
mod golden;

use lanestack::arrays::{self, Array, Array1, Array2, ArrayView, ArrayViewMut, Dimension, s};
use lanestack::{Accuracy, Engine, Op, Threads};

/// 3-D, positive, all different.
fn cube() -> Array<f64, ndarray::Ix3> {
    Array::from_shape_fn((7, 9, 11), |(i, j, k)| 0.25 + (i * 99 + j * 11 + k) as f64 * 0.01)
}

fn check<D: Dimension>(engine: &Engine, op: Op, src: ArrayView<'_, f64, D>, got: ArrayView<'_, f64, D>) {
    assert_eq!(src.shape(), got.shape());
    let alone = |x: f64| engine.run(op, &[x])[0].to_bits();
    ndarray::Zip::from(&src).and(&got).for_each(|&x, &y| assert_eq!(alone(x), y.to_bits(), "{op}({x:e}) = {y:e}"));
}

/// Out of place into `dst` (any strides) and into a new array, and in place.
fn all_ways<D: Dimension>(src: ArrayView<'_, f64, D>, mut dst: ArrayViewMut<'_, f64, D>) {
    let global = Engine::global();
    for &op in Op::ALL {
        arrays::run_into(op, src.view(), dst.view_mut());
        check(global, op, src.view(), dst.view());
        check(global, op, src.view(), arrays::run(op, &src).view());
        dst.assign(&src);
        arrays::run_in_place(op, dst.view_mut());
        check(global, op, src.view(), dst.view());
        let exact = global.with_accuracy(Accuracy::Exact);
        exact.run_array_into(op, src.view(), dst.view_mut());
        check(&exact, op, src.view(), dst.view());
        check(&exact, op, src.view(), exact.run_array(op, &src).view());
        dst.assign(&src);
        exact.run_array_in_place(op, dst.view_mut());
        check(&exact, op, src.view(), dst.view());
    }
}

#[test]
fn every_stride() {
    let cube = cube();
    let mut out = Array::zeros((7, 9, 11));
    all_ways(cube.view(), out.view_mut());
    all_ways(cube.slice(s![1..5, .., 2..9]), out.slice_mut(s![2..6, .., 4..]));
    all_ways(cube.slice(s![..;-1, ..;2, ..;3]), out.slice_mut(s![.., ..5, ..4]));
    all_ways(cube.slice(s![.., ..5, ..4]), out.slice_mut(s![..;-1, ..;2, ..;-3]));
    all_ways(cube.slice(s![3, .., ..]), out.slice_mut(s![2, .., ..]));
    all_ways(cube.slice(s![.., 3, 4]), out.slice_mut(s![.., 8, 10]));
    all_ways(cube.slice(s![2..2, .., ..]), out.slice_mut(s![2..2, .., ..]));
    all_ways(cube.slice(s![3, 4, 5]), out.slice_mut(s![0, 0, 0]));
    let mut turned = Array::zeros((11, 9, 7));
    all_ways(cube.t(), turned.view_mut());
    all_ways(cube.view(), turned.view_mut().reversed_axes());
    let one = Array1::from_elem(1, 2.0);
    all_ways(one.broadcast((7, 9, 11)).unwrap(), out.view_mut());
}

#[test]
fn nothing_else_is_written() {
    let src = Array2::from_elem((20, 30), 2.0);
    let mut dst = Array2::from_elem((20, 30), -1.0);
    arrays::run_into(Op::Square, src.slice(s![3..9;2, 5..20]), dst.slice_mut(s![3..9;2, 5..20]));
    for ((i, j), &y) in dst.indexed_iter() {
        let inside = (3..9).contains(&i) && (i - 3) % 2 == 0 && (5..20).contains(&j);
        assert_eq!(y, if inside { 4.0 } else { -1.0 }, "at {i}, {j}");
    }
}

#[test]
fn memory_order_is_kept() {
    let rows = Array2::from_elem((3, 5), 4.0);
    assert!(arrays::run(Op::Sqrt, &rows).is_standard_layout());
    assert!(arrays::run(Op::Sqrt, &rows.t()).t().is_standard_layout());
    let cube = cube();
    let turned = cube.view().permuted_axes([1, 0, 2]);
    assert_eq!(arrays::run(Op::Sqrt, &turned).strides(), turned.strides());
}

#[test]
fn quadrants_on_many_threads() {
    let n = 1500;
    let data = Array2::from_shape_fn((n, n), |(i, j)| 1.0 + (i * n + j) as f64 * 1e-5);
    let whole = Engine::builder().threads(Threads::Exactly(1)).build().unwrap().run_array(Op::Log, &data);
    for threads in 1..=3 {
        let engine = Engine::builder().threads(Threads::Exactly(threads)).build().unwrap();
        let mut out = Array2::zeros((n, n));
        for (rows, columns) in [(0..700, 0..800), (0..700, 800..n), (700..n, 0..800), (700..n, 800..n)] {
            let part = s![rows, columns];
            engine.run_array_into(Op::Log, data.slice(part), out.slice_mut(part));
        }
        assert!(whole == out, "{threads} threads");
        // A strided view, and in place.
        let mut columns = data.clone();
        engine.run_array_in_place(Op::Log, columns.view_mut().reversed_axes());
        assert!(whole == columns, "{threads} threads, in place");
        let mut even = data.clone();
        engine.run_array_in_place(Op::Log, even.slice_mut(s![.., ..;2]));
        assert!(whole.slice(s![.., ..;2]) == even.slice(s![.., ..;2]), "{threads} threads, every other column");
        assert!(data.slice(s![.., 1..;2]) == even.slice(s![.., 1..;2]), "{threads} threads, the others");
    }
}

/// Inputs on which the tiers differ, in every layout, on one thread and on several.
#[test]
fn tiers_are_honoured() {
    for op in [Op::Exp, Op::Log] {
        let cases = golden::f64_hard(op.name());
        let n = 600;
        let case = |i: usize, j: usize| cases[(i * n + j) % cases.len()];
        let src = Array2::from_shape_fn((n, n), |(i, j)| case(i, j).0);
        let nearest = Array2::from_shape_fn((n, n), |(i, j)| case(i, j).1);
        for threads in [1, 3] {
            let near = Engine::builder().threads(Threads::Exactly(threads)).build().unwrap();
            let exact = near.with_accuracy(Accuracy::Exact);
            assert!(exact.run_array(op, &src) == nearest, "{op}, {threads} threads");
            assert!(exact.run_array(op, &src.t()) == nearest.t(), "{op}, turned");
            assert!(
                exact.run_array(op, &src.slice(s![..;-2, 1..;3])) == nearest.slice(s![..;-2, 1..;3]),
                "{op}, strided"
            );
            let mut out = Array2::zeros((n, n));
            exact.run_array_into(op, src.slice(s![.., ..;-1]), out.slice_mut(s![.., ..;-1]));
            assert!(out == nearest, "{op}, into, {threads} threads");
            out.assign(&src);
            exact.run_array_in_place(op, out.slice_mut(s![.., ..;2]));
            assert!(out.slice(s![.., ..;2]) == nearest.slice(s![.., ..;2]), "{op}, in place, {threads} threads");
            assert!(near.run_array(op, &src) != nearest, "{op}: the default tier is another");
        }
    }
}

#[test]
#[should_panic(expected = "the source has the shape [2, 3], but the destination has [3, 2]")]
fn shapes_must_agree() {
    arrays::run_into(Op::Exp, Array2::<f64>::zeros((2, 3)).view(), Array2::zeros((3, 2)).view_mut());
}
