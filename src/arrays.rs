//! The ops over views of `ndarray`: any dimension, any strides, contiguous or not.
//!
//! A part of a large matrix is evaluated into the same part of another like this:
//!
//! ```
//! use lanestack::Op;
//! use lanestack::arrays::{self, Array2, s};
//!
//! let data = Array2::from_elem((4, 6), 2.0);
//! let mut result = Array2::zeros((4, 6));
//! arrays::run_into(Op::Square, data.slice(s![..2, 3..]), result.slice_mut(s![..2, 3..]));
//! assert_eq!(result[(1, 3)], 4.0);
//! assert_eq!(result[(1, 2)], 0.0);
//! ```
//!
//! Elements that lie side by side in both arrays are evaluated in place; others pass through a small buffer. Results have
//! the same bits as those of slices.
pub use ndarray::{Array, Array1, Array2, ArrayBase, ArrayView, ArrayViewMut, Dimension, s};
use ndarray::{ArrayViewD, ArrayViewMut1, ArrayViewMutD, Axis, Data, ShapeBuilder, StrideShape};

use lanestack_kernels::isa::Places;

use crate::plan::{SHORT, Way};
use crate::{Element, Engine, Op, Target, memory};

/// Elements of the buffer that strided rows pass through: half of a small first-level cache, source and result together.
const BUFFER: usize = 1024;

/// Arranges views of one shape alike: axes in the order of the first one's memory, so that rows are as long as they can be
/// and lie close together. The order of the elements does not matter, as long as it is the same in all.
macro_rules! arrange {
    ($first:ident $(, $other:ident)?) => {
        let mut order: Vec<usize> = (0..$first.ndim()).collect();
        order.sort_by_key(|&axis| std::cmp::Reverse($first.strides()[axis].unsigned_abs()));
        $first.permute_axes(order.as_slice());
        $($other.permute_axes(order.as_slice());)?
        for axis in (0..$first.ndim()).map(Axis) {
            if $first.strides()[axis.index()] < 0 {
                $first.invert_axis(axis);
                $($other.invert_axis(axis);)?
            }
        }
        if let Some(last) = $first.ndim().checked_sub(1) {
            let merged = rows_merged($first.shape(), $first.strides());
            $(let merged = merged.min(rows_merged($other.shape(), $other.strides()));)?
            for take in (last - merged..last).rev() {
                $first.merge_axes(Axis(take), Axis(last));
                $($other.merge_axes(Axis(take), Axis(last));)?
            }
        }
    };
}

/// A new array with the op of each element, in the memory order of `src`, on the engine of the free functions.
///
/// ```
/// use lanestack::Op;
/// use lanestack::arrays::{self, Array2};
///
/// let roots = arrays::run(Op::Sqrt, &Array2::from_elem((2, 3), 9.0).t());
/// assert_eq!(roots, Array2::from_elem((3, 2), 3.0));
/// ```
///
/// # Panics
/// As [`exp`](crate::exp).
pub fn run<T: Element, S: Data<Elem = T>, D: Dimension>(op: Op, src: &ArrayBase<S, D>) -> Array<T, D> {
    Engine::global().run_array(op, src)
}

/// Writes the op of each element of `src` to the same place of `dst`, on the engine of the free functions.
///
/// # Panics
/// If the shapes differ, and as [`exp`](crate::exp).
pub fn run_into<T: Element, D: Dimension>(op: Op, src: ArrayView<'_, T, D>, dst: ArrayViewMut<'_, T, D>) {
    Engine::global().run_array_into(op, src, dst);
}

/// Replaces each element by the op of it, on the engine of the free functions.
///
/// ```
/// use lanestack::Op;
/// use lanestack::arrays::{self, Array1, s};
///
/// let mut x = Array1::from_vec(vec![1.0, 2.0, 3.0, 4.0]);
/// arrays::run_in_place(Op::Square, x.slice_mut(s![..;-2]));
/// assert_eq!(x.as_slice(), Some(&[1.0, 4.0, 3.0, 16.0][..]));
/// ```
///
/// # Panics
/// As [`exp`](crate::exp).
pub fn run_in_place<T: Element, D: Dimension>(op: Op, data: ArrayViewMut<'_, T, D>) {
    Engine::global().run_array_in_place(op, data);
}

impl Engine {
    /// A new array with the op of each element, in the memory order of `src`.
    pub fn run_array<T: Element, S: Data<Elem = T>, D: Dimension>(&self, op: Op, src: &ArrayBase<S, D>) -> Array<T, D> {
        let in_order = |shape: StrideShape<D>, elements| {
            Array::from_shape_vec(shape, self.run(op, elements)).expect("as many results as elements")
        };
        match src.as_slice_memory_order() {
            Some(elements) if src.is_standard_layout() => in_order(src.raw_dim().into(), elements),
            Some(elements) if src.t().is_standard_layout() => in_order(src.raw_dim().f().into(), elements),
            _ => {
                let mut data = src.to_owned();
                self.run_array_in_place(op, data.view_mut());
                data
            }
        }
    }

    /// Writes the op of each element of `src` to the same place of `dst`.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn run_array_into<T: Element, D: Dimension>(
        &self,
        op: Op,
        src: ArrayView<'_, T, D>,
        dst: ArrayViewMut<'_, T, D>,
    ) {
        assert!(
            src.shape() == dst.shape(),
            "lanestack: the source has the shape {:?}, but the destination has {:?}",
            src.shape(),
            dst.shape()
        );
        let (mut src, mut dst) = (src.into_dyn(), dst.into_dyn());
        arrange!(dst, src);
        self.each_piece(op, Pair { src, dst }, |way, Pair { src, mut dst }| {
            let after = row_after(&src);
            for (src, mut dst) in src.rows().into_iter().zip(dst.rows_mut()) {
                match (src.as_slice(), dst.as_slice_mut()) {
                    (Some(src), Some(dst)) if way.prefetching && src.len() > SHORT => {
                        self.row(op, Places::two(src, dst), after, way);
                    }
                    (Some(src), Some(dst)) => T::sweep(self.token(), op, self.accuracy(), src, memory::unwritten(dst)),
                    _ => {
                        dst.assign(&src);
                        self.strided_in_place(op, dst);
                    }
                }
            }
        });
    }

    /// Replaces each element by the op of it.
    pub fn run_array_in_place<T: Element, D: Dimension>(&self, op: Op, data: ArrayViewMut<'_, T, D>) {
        let mut data = data.into_dyn();
        arrange!(data);
        self.each_piece(op, data, |way, mut data| {
            let after = row_after(&data.view());
            for mut row in data.rows_mut() {
                match row.as_slice_mut() {
                    Some(row) if way.prefetching && row.len() > SHORT => self.row(op, Places::one(row), after, way),
                    Some(row) => T::sweep_in_place(self.token(), op, self.accuracy(), row),
                    None => self.strided_in_place(op, row),
                }
            }
        });
    }

    /// Does the work on all of the array, cut into pieces if more threads than one are to share it.
    fn each_piece<P: Piece>(&self, op: Op, all: P, work: impl Fn(&Way, P) + Sync) {
        let way = self.way::<P::Elem>(self.ns::<P::Elem>(op), all.len(), P::TARGET);
        if way.threads == 1 {
            return work(&way, all);
        }
        let mut pieces = Vec::new();
        cut(all, way.chunk, &mut pieces);
        self.spread(pieces.into_iter(), |piece| work(&way, piece));
    }

    /// Evaluates a row of what goes this way, on the calling thread: how far the next one is, is in bytes.
    fn row<T: Element>(&self, op: Op, row: Places<'_, T>, after: Option<isize>, way: &Way) {
        let next = after.map(|bytes| row.src().as_ptr().addr().wrapping_add_signed(bytes));
        T::sweep_long(self.token(), op, self.accuracy(), row, next, way.streaming);
    }

    /// Evaluates elements that do not lie side by side, a buffer at a time.
    fn strided_in_place<T: Element>(&self, op: Op, mut row: ArrayViewMut1<'_, T>) {
        let mut buffer = [T::ONE; BUFFER];
        for mut part in row.axis_chunks_iter_mut(Axis(0), BUFFER) {
            let buffer = &mut buffer[..part.len()];
            for (slot, &x) in buffer.iter_mut().zip(&part) {
                *slot = x;
            }
            T::sweep_in_place(self.token(), op, self.accuracy(), buffer);
            for (slot, &y) in part.iter_mut().zip(&*buffer) {
                *slot = y;
            }
        }
    }
}

/// How many bytes it is from one row to the next, if there are rows.
fn row_after<T, S: Data<Elem = T>, D: Dimension>(array: &ArrayBase<S, D>) -> Option<isize> {
    array.strides().iter().nth_back(1).map(|stride| stride * size_of::<T>() as isize)
}

/// What can be cut in two along an axis.
trait Piece: Send + Sized {
    type Elem: Element;
    const TARGET: Target;
    fn shape(&self) -> &[usize];
    fn split_at(self, axis: Axis, index: usize) -> (Self, Self);
    fn len(&self) -> usize {
        self.shape().iter().product()
    }
}

impl<T: Element> Piece for ArrayViewMutD<'_, T> {
    type Elem = T;
    const TARGET: Target = Target::InPlace;
    fn shape(&self) -> &[usize] {
        ArrayBase::shape(self)
    }
    fn split_at(self, axis: Axis, index: usize) -> (Self, Self) {
        ArrayViewMutD::split_at(self, axis, index)
    }
}

/// Source and destination, of one shape.
struct Pair<'a, T> {
    src: ArrayViewD<'a, T>,
    dst: ArrayViewMutD<'a, T>,
}

impl<T: Element> Piece for Pair<'_, T> {
    type Elem = T;
    const TARGET: Target = Target::Into;
    fn shape(&self) -> &[usize] {
        self.dst.shape()
    }
    fn split_at(self, axis: Axis, index: usize) -> (Self, Self) {
        let (src_a, src_b) = self.src.split_at(axis, index);
        let (dst_a, dst_b) = self.dst.split_at(axis, index);
        (Self { src: src_a, dst: dst_a }, Self { src: src_b, dst: dst_b })
    }
}

/// Pieces of at most `chunk` elements, in order: halves of halves along the first axis that has more than one index.
fn cut<P: Piece>(all: P, chunk: usize, pieces: &mut Vec<P>) {
    let axis = all.shape().iter().position(|&len| len > 1);
    match axis {
        Some(axis) if all.len() > chunk => {
            let half = all.shape()[axis].div_ceil(2);
            let (a, b) = all.split_at(Axis(axis), half);
            cut(a, chunk, pieces);
            cut(b, chunk, pieces);
        }
        _ => pieces.push(all),
    }
}

/// How many of the axes before the last one just repeat its stride, so that they can be merged into it.
fn rows_merged(shape: &[usize], strides: &[isize]) -> usize {
    let last = shape.len() - 1;
    let mut next = strides[last] * shape[last] as isize;
    (0..last)
        .rev()
        .take_while(|&axis| {
            let merges = shape[axis] == 1 || strides[axis] == next;
            next *= shape[axis] as isize;
            merges
        })
        .count()
}
