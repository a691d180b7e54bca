//! Arrow's arrays and columns: the bits of slices, one validity bitmap, and in place only what nobody else has.
#![cfg(feature = "arrow")]
mod inputs;
mod oracle;

use std::ptr::NonNull;
use std::sync::Arc;

use arrow_array::builder::PrimitiveBuilder;
use arrow_array::{ArrowPrimitiveType, Float16Array, Int32Array, NullArray, StringArray, types};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};
use inputs::Random;
use lanestack::arrow::{Array, ArrayRef, Float, Float32Array, Float64Array, PrimitiveArray};
use lanestack::{Engine, Error, Op, Pipeline, Stores, Threads};
use oracle::Real;

type ArrayOf<T> = PrimitiveArray<<T as Float>::Arrow>;

const STEPS: &str = "square,affine(0.5,-1),abs,sqrt,log,neg,exp";

fn engine(threads: usize) -> Engine {
    Engine::builder().threads(Threads::Exactly(threads)).parallel_from(2000).build().expect("an engine")
}

fn bits<T: Real>(xs: &[T]) -> Vec<u64> {
    xs.iter().map(|x| x.bits()).collect()
}

/// Any bits, under nulls as well, where every third is null.
fn some_array<T: Real + Float>(len: usize, seed: u64) -> ArrayOf<T> {
    let mut random = Random(seed);
    let valid: NullBuffer = (0..len).map(|_| !random.bits().is_multiple_of(3)).collect();
    PrimitiveArray::new(inputs::any_bits::<T>(len, seed).into(), Some(valid))
}

fn place<A: ArrowPrimitiveType>(array: &PrimitiveArray<A>) -> *const A::Native {
    array.values().as_ptr()
}

/// The validity is that of the source, in the same memory; all values, those under nulls too, are those of slices.
fn check<T: Real + Float>(what: &str, got: &dyn Array, src: &ArrayOf<T>, want: &[T]) {
    let got: &ArrayOf<T> = got.as_any().downcast_ref().expect("an array of the same type");
    assert!(bits(got.values()) == bits(want), "{what}: values");
    assert_eq!(got.nulls(), src.nulls(), "{what}");
    let bitmap = |array: &ArrayOf<T>| array.nulls().map(|nulls| (nulls.buffer().as_ptr(), nulls.offset()));
    assert_eq!(bitmap(got), bitmap(src), "{what}: the bitmap");
}

fn arrays_as_slices<T: Real + Float>() {
    let whole = some_array::<T>(10_007, 41);
    let none = PrimitiveArray::new(whole.values().clone(), None);
    let all_null = ArrayOf::<T>::new(whole.values().clone(), Some(NullBuffer::new_null(whole.len())));
    let sources = [
        whole.clone(),
        none.slice(5, 3000),
        all_null.slice(1, 5001),
        all_null,
        none,
        whole.slice(0, 77),
        whole.slice(13, 5001),
        whole.slice(2500, 1),
        whole.slice(100, 4000).slice(3, 999),
        whole.slice(17, 0),
        ArrayOf::<T>::new_null(0),
    ];
    let pipeline: Pipeline<T> = STEPS.parse().expect("steps");
    for &isa in inputs::isas() {
        for threads in [1, 3] {
            let engine = Engine::builder().isa(isa).threads(Threads::Exactly(threads)).parallel_from(2000);
            let engine = engine.build().expect("an engine");
            for (k, src) in sources.iter().enumerate() {
                // One of one's own, as builders make it.
                let own = || {
                    let mut builder = PrimitiveBuilder::<T::Arrow>::new();
                    builder.append_slice(src.values());
                    ArrayOf::<T>::new(builder.finish().values().clone(), src.nulls().cloned())
                };
                for &op in Op::ALL {
                    let what = format!("{op} {} {isa} {threads} source {k}", T::NAME);
                    let want = engine.run(op, src.values());
                    check(&what, &engine.run_arrow(op, src), src, &want);
                    check(&what, &engine.run_arrow_dyn(op, src).expect(&what), src, &want);
                    check(&what, &engine.run_arrow_owned(op, src.clone()), src, &want);
                    check(&what, &engine.run_arrow_owned(op, own()), src, &want);
                }
                let what = format!("{pipeline} {} {isa} {threads} source {k}", T::NAME);
                let want = engine.pipe(&pipeline, src.values());
                check(&what, &engine.pipe_arrow(&pipeline, src), src, &want);
                check(&what, &engine.pipe_arrow_dyn(&pipeline, src).expect(&what), src, &want);
                check(&what, &engine.pipe_arrow_owned(&pipeline, src.clone()), src, &want);
                check(&what, &engine.pipe_arrow_owned(&pipeline, own()), src, &want);
            }
        }
    }
}

#[test]
fn arrays_of_f32_as_slices() {
    arrays_as_slices::<f32>();
}

#[test]
fn arrays_of_f64_as_slices() {
    arrays_as_slices::<f64>();
}

/// Arrays of many lengths, each with its neighbours' threads.
#[test]
fn columns_as_slices() {
    let pipeline: Pipeline<f64> = STEPS.parse().expect("steps");
    // The last ones are long: parts of them begin at pages, some of which are huge.
    let lengths = [vec![0, 1, 7, 100, 0, 3000, 5, 20_000, 0], vec![10; 5000], vec![900_000, 3, 600_000]];
    for lengths in lengths {
        let arrays: Vec<_> = lengths.iter().enumerate().map(|(k, &len)| some_array::<f64>(len, k as u64)).collect();
        let shared = || arrays.iter().map(|array| Arc::new(array.clone()) as ArrayRef).collect::<Vec<_>>();
        let own = |array: &Float64Array| Float64Array::new(array.values().to_vec().into(), array.nulls().cloned());
        let own = || arrays.iter().map(|array| Arc::new(own(array)) as ArrayRef).collect::<Vec<_>>();
        // Some in place, some not.
        let mixed = || shared().into_iter().zip(own()).enumerate().map(|(k, (a, b))| if k % 2 == 0 { a } else { b });
        for (threads, stores) in
            [(1, Stores::Plain), (1, Stores::Streaming), (3, Stores::Plain), (3, Stores::Streaming)]
        {
            let engine = Engine::builder().threads(Threads::Exactly(threads)).stores(stores).parallel_from(2000);
            let engine = engine.build().expect("an engine");
            for column in [shared(), own(), mixed().collect()] {
                let results = engine.run_column(Op::Log, column.clone()).expect("a column");
                let piped = engine.pipe_column(&pipeline, column).expect("a column");
                assert_eq!((results.len(), piped.len()), (arrays.len(), arrays.len()));
                for ((src, result), piped) in arrays.iter().zip(results).zip(piped) {
                    let what = format!("{} elements, {threads} threads, {stores}", src.len());
                    check(&what, &result, src, &engine.run(Op::Log, src.values()));
                    check(&what, &piped, src, &engine.pipe(&pipeline, src.values()));
                }
            }
        }
    }
    assert!(engine(1).run_column(Op::Exp, vec![]).expect("a column").is_empty());
}

/// The address of the values says whether they were evaluated where they were.
#[test]
fn in_place_where_nobody_else_has_the_values() {
    let engine = engine(3);
    let fresh =
        || Float64Array::new(vec![2.0; 10_000].into(), Some(NullBuffer::from_iter((0..10_000).map(|k| k % 2 == 0))));
    let stays = |array: Float64Array| {
        let at = place(&array);
        let squares = engine.run_arrow_owned(Op::Square, array);
        assert!(squares.values().iter().all(|&x| x == 4.0));
        place(&squares) == at
    };
    assert!(stays(fresh()), "a vector's memory");
    assert!(stays(Float64Array::from_iter_values([2.0; 100])), "a buffer's memory");
    let (beginning, middle) = (fresh().slice(0, 5000), fresh().slice(1, 5000));
    assert!(stays(beginning), "its beginning");
    assert!(!stays(middle), "its middle");
    let other_bitmap = fresh();
    let nulls = other_bitmap.nulls().cloned();
    assert!(stays(other_bitmap), "only the bitmap is shared");
    assert_eq!(nulls.map(|nulls| nulls.null_count()), Some(5000));

    let kept = fresh();
    assert!(!stays(kept.clone()));
    assert!(kept.values().iter().all(|&x| x == 2.0), "what someone else has stays");
    let slice = kept.slice(9000, 10);
    assert!(!stays(kept), "a slice of it is somewhere");
    assert!(slice.values().iter().all(|&x| x == 2.0));

    // A column: one array of its own, one that is in it twice, one that is kept.
    let (own, twice, kept) = (fresh(), Arc::new(fresh()), Arc::new(fresh()));
    let places = [&own, &*twice, &*twice, &*kept].map(place);
    let column: Vec<ArrayRef> = vec![Arc::new(own), twice.clone(), twice, kept.clone()];
    let squares = engine.run_column(Op::Square, column).expect("a column");
    let squares: Vec<&Float64Array> = squares.iter().map(|array| array.as_any().downcast_ref().unwrap()).collect();
    assert_eq!(place(squares[0]), places[0]);
    for k in 1..4 {
        assert_ne!(place(squares[k]), places[k], "array {k}");
        assert!(squares[k].values().iter().all(|&x| x == 4.0), "array {k}");
    }
    assert!(kept.values().iter().all(|&x| x == 2.0));
}

/// Memory that Arrow did not allocate is never written.
#[test]
fn foreign_memory_stays() {
    let owner = Arc::new(vec![9.0f32; 1000]);
    let start = NonNull::new(owner.as_ptr().cast_mut().cast()).expect("no null");
    // SAFETY: the owner has so many bytes, and lives as long as the buffer.
    let buffer = unsafe { Buffer::from_custom_allocation(start, 4000, owner.clone()) };
    let array = Float32Array::new(ScalarBuffer::new(buffer, 0, 1000), None);
    let roots = engine(1).run_arrow_owned(Op::Sqrt, array);
    assert!(roots.values().iter().all(|&x| x == 3.0));
    assert!(owner.iter().all(|&x| x == 9.0));
}

#[test]
fn other_types_are_errors() {
    let engine = engine(1);
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    let half: ArrayRef = Arc::new(Float16Array::new_null(3));
    let whole: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    let dictionary: ArrayRef = Arc::new(arrow_array::DictionaryArray::<types::Int8Type>::from_iter(["x", "x"]));
    let single: ArrayRef = Arc::new(Float32Array::from(vec![1.0]));
    let double: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    for other in [&text, &half, &whole, &dictionary, &(Arc::new(NullArray::new(2)) as ArrayRef)] {
        for error in [
            engine.run_arrow_dyn(Op::Exp, other).expect_err("another type"),
            engine.run_column(Op::Exp, vec![other.clone(), double.clone()]).expect_err("another type"),
        ] {
            let text = format!("Arrow array 0 has the type {}: expected Float32 or Float64", other.data_type());
            assert!(error.to_string().starts_with(&text), "{error}");
        }
    }
    let error = engine.run_column(Op::Exp, vec![single.clone(), single.clone(), double.clone()]).expect_err("mixed");
    assert_eq!(error, Error::ArrayType { at: 2, found: "Float64".to_owned(), expected: "Float32" });
    let pipeline: Pipeline<f64> = "exp".parse().expect("steps");
    let error = engine.pipe_column(&pipeline, vec![double, single.clone()]).expect_err("mixed");
    assert_eq!(error, Error::ArrayType { at: 1, found: "Float32".to_owned(), expected: "Float64" });
    let error = engine.pipe_arrow_dyn(&pipeline, &single).expect_err("another type");
    assert_eq!(error, Error::ArrayType { at: 0, found: "Float32".to_owned(), expected: "Float64" });
}
