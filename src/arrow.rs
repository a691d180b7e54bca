//! The ops and pipelines over Arrow's arrays of `Float32` and `Float64`, and over columns of such arrays.
//!
//! ```
//! use std::sync::Arc;
//!
//! use lanestack::arrow::{ArrayRef, Float64Array};
//! use lanestack::{Engine, Op, Pipeline};
//!
//! let engine = Engine::global();
//! let areas = Float64Array::from(vec![Some(4.0), None, Some(9.0)]);
//! let sides = engine.run_arrow(Op::Sqrt, &areas);
//! assert_eq!(sides, Float64Array::from(vec![Some(2.0), None, Some(3.0)]));
//!
//! // A column: arrays one after another, whose type is known when the program runs.
//! let column: Vec<ArrayRef> = vec![Arc::new(areas), Arc::new(sides)];
//! let pipeline: Pipeline<f64> = "square,affine(2,-1)".parse()?;
//! let column = engine.pipe_column(&pipeline, column)?;
//! assert_eq!(*column[1], Float64Array::from(vec![Some(7.0), None, Some(17.0)]));
//! # Ok::<(), lanestack::Error>(())
//! ```
//!
//! *Nulls*: the result is null where the argument is; the two share one validity bitmap. Values under nulls are evaluated
//! as if they were none, whatever bits they hold; what comes out there means nothing, but is the same on every machine
//! wherever other results are.
//!
//! *Memory*: an array that is given away (`run_arrow_owned`, `run_column`) is evaluated in place if nobody else has its
//! values; else, and where they are memory that Arrow did not allocate, or begin in the middle of it, the results are in new memory.
//!
//! *Threads*: a column is planned as a whole, however small its arrays are. Results have the same bits as those of slices.
use std::mem::{self, MaybeUninit};
use std::sync::Arc;

pub use arrow_array::{Array, ArrayRef, Float32Array, Float64Array, PrimitiveArray};
use arrow_array::{ArrowPrimitiveType, cast::AsArray, types};
use arrow_buffer::{ArrowNativeType, MutableBuffer, ScalarBuffer};
use arrow_schema::DataType;

use crate::engine::{touch_end, until_page};
use crate::{Element, Engine, Error, Op, Pipeline, Target, Way, memory};

/// An element type, and the type of Arrow that has such elements.
pub trait Float: Element + ArrowNativeType {
    /// Arrow's type.
    type Arrow: ArrowPrimitiveType<Native = Self>;
}

impl Float for f32 {
    type Arrow = types::Float32Type;
}

impl Float for f64 {
    type Arrow = types::Float64Type;
}

/// The evaluation of Arrow's arrays.
impl Engine {
    /// The op of each element, in new memory.
    pub fn run_arrow<A>(&self, op: Op, array: &PrimitiveArray<A>) -> PrimitiveArray<A>
    where
        A: ArrowPrimitiveType<Native: Element>,
    {
        self.array(Function::Op(op), array.clone())
    }

    /// The op of each element: in place if nobody else has the values, else in new memory.
    ///
    /// ```
    /// use lanestack::arrow::Float32Array;
    /// use lanestack::{Engine, Op};
    ///
    /// let array = Float32Array::from(vec![1.0, 2.0, 3.0]);
    /// let place = array.values().as_ptr();
    /// let squares = Engine::global().run_arrow_owned(Op::Square, array);
    /// assert_eq!(squares.values()[..], [1.0, 4.0, 9.0]);
    /// assert_eq!(squares.values().as_ptr(), place);
    /// ```
    pub fn run_arrow_owned<A>(&self, op: Op, array: PrimitiveArray<A>) -> PrimitiveArray<A>
    where
        A: ArrowPrimitiveType<Native: Element>,
    {
        self.array(Function::Op(op), array)
    }

    /// The op of each element of an array whose type is known when the program runs, in new memory.
    ///
    /// # Errors
    /// [`Error::ArrayType`] if the array is neither of type `Float32` nor `Float64`.
    ///
    /// ```
    /// use lanestack::arrow::{ArrayRef, Float32Array};
    /// use lanestack::{Engine, Op};
    ///
    /// let array: ArrayRef = std::sync::Arc::new(Float32Array::from(vec![Some(9.0), None]));
    /// let roots = Engine::global().run_arrow_dyn(Op::Sqrt, &array)?;
    /// assert_eq!(*roots, Float32Array::from(vec![Some(3.0), None]));
    ///
    /// let whole = arrow_array::Int64Array::from(vec![9]);
    /// let error = Engine::global().run_arrow_dyn(Op::Sqrt, &whole).unwrap_err();
    /// assert!(error.to_string().contains("has the type Int64: expected Float32 or Float64"), "{error}");
    /// # Ok::<(), lanestack::Error>(())
    /// ```
    pub fn run_arrow_dyn(&self, op: Op, array: &dyn Array) -> Result<ArrayRef, Error> {
        match array.data_type() {
            DataType::Float32 => self.array_dyn::<f32>(Function::Op(op), array),
            DataType::Float64 => self.array_dyn::<f64>(Function::Op(op), array),
            _ => Err(unsuitable(0, array, EITHER)),
        }
    }

    /// The op of each element of a column, array by array: in place where nobody else has the values, else in new memory.
    ///
    /// To keep a column, give away a copy of its vector: that shares the arrays.
    ///
    /// # Errors
    /// [`Error::ArrayType`] if the first array is neither of type `Float32` nor `Float64`, or another one is not of the
    /// first one's type.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use lanestack::arrow::{ArrayRef, Float64Array};
    /// use lanestack::{Engine, Op};
    ///
    /// let column: Vec<ArrayRef> = [0.0, 1.0].map(|x| Arc::new(Float64Array::from(vec![x; 3])) as ArrayRef).into();
    /// let powers = Engine::global().run_column(Op::Exp, column.clone())?;
    /// assert_eq!(*powers[0], Float64Array::from(vec![1.0; 3]));
    /// assert_eq!(*column[0], Float64Array::from(vec![0.0; 3]));
    /// # Ok::<(), lanestack::Error>(())
    /// ```
    pub fn run_column(&self, op: Op, column: Vec<ArrayRef>) -> Result<Vec<ArrayRef>, Error> {
        match column.first() {
            None => Ok(column),
            Some(first) => match first.data_type() {
                DataType::Float32 => self.column::<f32>(Function::Op(op), column),
                DataType::Float64 => self.column::<f64>(Function::Op(op), column),
                _ => Err(unsuitable(0, first, EITHER)),
            },
        }
    }

    /// The pipeline of each element, in new memory.
    pub fn pipe_arrow<A>(&self, pipeline: &Pipeline<A::Native>, array: &PrimitiveArray<A>) -> PrimitiveArray<A>
    where
        A: ArrowPrimitiveType<Native: Element>,
    {
        self.array(Function::Pipeline(pipeline), array.clone())
    }

    /// The pipeline of each element: in place if nobody else has the values, else in new memory.
    pub fn pipe_arrow_owned<A>(&self, pipeline: &Pipeline<A::Native>, array: PrimitiveArray<A>) -> PrimitiveArray<A>
    where
        A: ArrowPrimitiveType<Native: Element>,
    {
        self.array(Function::Pipeline(pipeline), array)
    }

    /// The pipeline of each element of an array whose type is known when the program runs, in new memory.
    ///
    /// # Errors
    /// [`Error::ArrayType`] if the array is not of the pipeline's type.
    pub fn pipe_arrow_dyn<T: Float>(&self, pipeline: &Pipeline<T>, array: &dyn Array) -> Result<ArrayRef, Error> {
        self.array_dyn(Function::Pipeline(pipeline), array)
    }

    /// The pipeline of each element of a column, array by array: in place where nobody else has the values, else in new
    /// memory.
    ///
    /// # Errors
    /// [`Error::ArrayType`] if an array is not of the pipeline's type.
    pub fn pipe_column<T: Float>(&self, pipeline: &Pipeline<T>, column: Vec<ArrayRef>) -> Result<Vec<ArrayRef>, Error> {
        self.column(Function::Pipeline(pipeline), column)
    }

    fn array<A>(&self, function: Function<'_, A::Native>, array: PrimitiveArray<A>) -> PrimitiveArray<A>
    where
        A: ArrowPrimitiveType<Native: Element>,
    {
        self.arrays(function, vec![array]).remove(0)
    }

    fn array_dyn<T: Float>(&self, function: Function<'_, T>, array: &dyn Array) -> Result<ArrayRef, Error> {
        Ok(Arc::new(self.array(function, typed::<T>(0, array)?)))
    }

    fn column<T: Float>(&self, function: Function<'_, T>, column: Vec<ArrayRef>) -> Result<Vec<ArrayRef>, Error> {
        // Each array of the column goes, so that what remains may be the only one to have the values.
        let arrays = column.into_iter().enumerate().map(|(at, array)| typed::<T>(at, &array));
        let results = self.arrays(function, arrays.collect::<Result<_, _>>()?);
        Ok(results.into_iter().map(|array| Arc::new(array) as ArrayRef).collect())
    }

    fn arrays<A>(&self, function: Function<'_, A::Native>, arrays: Vec<PrimitiveArray<A>>) -> Vec<PrimitiveArray<A>>
    where
        A: ArrowPrimitiveType<Native: Element>,
    {
        let parts = arrays.into_iter().map(|array| {
            let (_, values, nulls) = array.into_parts();
            (Values::of(values), nulls)
        });
        let (mut values, nulls): (Vec<_>, Vec<_>) = parts.unzip();
        self.evaluate(function, values.iter_mut().map(Values::places).collect());
        let results = values.into_iter().map(Values::evaluated);
        results.zip(nulls).map(|(values, nulls)| PrimitiveArray::new(values, nulls)).collect()
    }

    /// Evaluates all of the places, with the threads that the whole is worth.
    fn evaluate<T: Element>(&self, function: Function<'_, T>, all: Vec<Places<'_, T>>) {
        let len = all.iter().map(Places::len).sum();
        let in_place = all.iter().all(|places| matches!(places, Places::One(_)));
        let ns = match function {
            Function::Op(op) => self.ns::<T>(op),
            Function::Pipeline(pipeline) => pipeline.ns(self.accuracy()),
        };
        let way = self.way::<T>(ns, len, if in_place { Target::InPlace } else { Target::New });
        let chunks = chunks(all, &way);
        let work = |chunk: Vec<Piece<'_, T>>| {
            for Piece { places, way } in chunk {
                let serial = self.serial(&way);
                match (places, function) {
                    (Places::One(data), Function::Op(op)) => serial.run_in_place(op, data),
                    (Places::One(data), Function::Pipeline(pipeline)) => serial.pipe_in_place(pipeline, data),
                    (Places::Two(src, dst), _) => {
                        touch_end(dst, &way);
                        match function {
                            Function::Op(op) => serial.run_uninit(op, src, dst),
                            Function::Pipeline(pipeline) => serial.pipe_uninit(pipeline, src, dst),
                        };
                    }
                }
            }
        };
        match way.threads {
            1 => chunks.into_iter().for_each(work),
            _ => self.spread(chunks.into_iter(), work),
        }
    }
}

/// What is evaluated.
#[derive(Clone, Copy)]
enum Function<'a, T> {
    Op(Op),
    Pipeline(&'a Pipeline<T>),
}

/// The types of arrays that ops are for.
const EITHER: &str = "Float32 or Float64";

fn unsuitable(at: usize, array: &dyn Array, expected: &'static str) -> Error {
    Error::ArrayType { at, found: array.data_type().to_string(), expected }
}

/// The array as what it must be; shares its memory.
fn typed<T: Float>(at: usize, array: &dyn Array) -> Result<PrimitiveArray<T::Arrow>, Error> {
    let expected = if size_of::<T>() == 4 { "Float32" } else { "Float64" };
    array.as_primitive_opt().cloned().ok_or_else(|| unsuitable(at, array, expected))
}

/// The values of an array, and where the results go.
enum Values<T: ArrowNativeType> {
    /// To the same place: nobody else has it.
    Own(MutableBuffer),
    /// To new memory.
    Shared(ScalarBuffer<T>, Box<[MaybeUninit<T>]>),
}

impl<T: Element + ArrowNativeType> Values<T> {
    fn of(values: ScalarBuffer<T>) -> Self {
        let len = values.len();
        match values.into_inner().into_mutable() {
            Ok(own) => Self::Own(own),
            Err(shared) => Self::Shared(ScalarBuffer::new(shared, 0, len), memory::unwritten_box(len)),
        }
    }

    fn places(&mut self) -> Places<'_, T> {
        match self {
            Self::Own(own) => Places::One(own.typed_data_mut()),
            Self::Shared(src, dst) => Places::Two(src, dst),
        }
    }

    /// The results, once all places have been evaluated.
    fn evaluated(self) -> ScalarBuffer<T> {
        match self {
            Self::Own(own) => own.into(),
            Self::Shared(_, dst) => memory::written_box(dst).into_vec().into(),
        }
    }
}

/// Where arguments are and results go: one slice, or two.
enum Places<'a, T> {
    One(&'a mut [T]),
    Two(&'a [T], &'a mut [MaybeUninit<T>]),
}

impl<T: Element> Places<'_, T> {
    fn len(&self) -> usize {
        match self {
            Self::One(data) => data.len(),
            Self::Two(src, _) => src.len(),
        }
    }

    /// What is done with these places of a whole that goes this way: only new memory can come in huge pages, and only such
    /// memory is streamed to.
    fn way(&self, whole: &Way) -> Way {
        let huge_pages = match self {
            Self::One(_) => false,
            Self::Two(src, _) => memory::wants_huge_pages(size_of_val(*src)),
        };
        Way {
            huge_pages,
            streaming: whole.streaming && huge_pages,
            prefetching: whole.prefetching && huge_pages,
            ..*whole
        }
    }

    fn until_page(&self, way: &Way) -> usize {
        match self {
            Self::One(data) => until_page(data, way),
            Self::Two(_, dst) => until_page(dst, way),
        }
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        match self {
            Self::One(data) => {
                let (a, b) = data.split_at_mut(index);
                (Self::One(a), Self::One(b))
            }
            Self::Two(src, dst) => {
                let ((src_a, src_b), (dst_a, dst_b)) = (src.split_at(index), dst.split_at_mut(index));
                (Self::Two(src_a, dst_a), Self::Two(src_b, dst_b))
            }
        }
    }
}

/// Places of one array that one thread evaluates, and how.
struct Piece<'a, T> {
    places: Places<'a, T>,
    way: Way,
}

/// Chunks of about the length that the way says: parts of long arrays, which begin where a page does, and several short
/// arrays.
fn chunks<'a, T: Element>(all: Vec<Places<'a, T>>, whole: &Way) -> Vec<Vec<Piece<'a, T>>> {
    let (mut chunks, mut chunk, mut len) = (Vec::new(), Vec::new(), 0);
    for mut rest in all {
        let way = rest.way(whole);
        let mut next = if rest.len() > way.chunk { rest.until_page(&way) } else { rest.len() };
        while rest.len() > 0 {
            let (places, after) = rest.split_at(next);
            len += places.len();
            chunk.push(Piece { places, way });
            if len >= way.chunk {
                chunks.push(mem::take(&mut chunk));
                len = 0;
            }
            next = after.len().min(way.chunk);
            rest = after;
        }
    }
    chunks.push(chunk);
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Threads;

    /// Every element once, in order, in chunks that are each worth a thread's attention.
    #[test]
    fn chunks_are_neither_short_nor_long() {
        let engine = Engine::builder().threads(Threads::Exactly(2)).parallel_from(1).build().expect("an engine");
        for lengths in [vec![10; 50_000], vec![300_000, 1, 0, 5, 700_000], vec![8192; 30], vec![3], vec![0], vec![]] {
            let len = lengths.iter().sum();
            let way = engine.way::<f64>(1.0, len, Target::InPlace);
            let mut data: Vec<Vec<f64>> = lengths.iter().map(|&len| vec![0.0; len]).collect();
            let chunks = chunks(data.iter_mut().map(|data| Places::One(data)).collect(), &way);
            let lengths: Vec<usize> =
                chunks.iter().map(|chunk| chunk.iter().map(|piece| piece.places.len()).sum()).collect();
            assert!(lengths.iter().rev().skip(1).all(|len| (way.chunk..2 * way.chunk).contains(len)), "{lengths:?}");
            let mut count = 0.0;
            for piece in chunks.into_iter().flatten() {
                let Places::One(data) = piece.places else { unreachable!("all are in place") };
                for x in data {
                    *x += count;
                    count += 1.0;
                }
            }
            assert!(data.concat().into_iter().eq((0..len).map(|k| k as f64)));
        }
    }
}
