//! Functions that NumPy calls: its ufuncs, made of loops.
use std::ffi::{CString, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use lanestack::kernels::exact::{exp::ExpExact, log::LogExact};
use lanestack::kernels::exp::Exp;
use lanestack::kernels::fast::{exp::ExpFast, log::LogFast};
use lanestack::kernels::log::Log;
use lanestack::kernels::sqrt::Sqrt;
use lanestack::kernels::square::Square;
use lanestack::{Accuracy, Op};
use pyo3::exceptions::{PyNotImplementedError, PyRuntimeError};
use pyo3::ffi;
use pyo3::prelude::*;

use crate::call::{Call, Elements};
use crate::loops::{Evaluator, Halves, Integer, Integers, Loop, Numbers, Piped, Pipelines, Squares, ToHalf, Wrapping};
use crate::watch::{Float, Known};

/// A loop as NumPy calls it: where the elements are, how many, the bytes between them, and what was registered with it.
type Entry = unsafe extern "C" fn(*mut *mut c_char, *mut isize, *mut isize, *mut c_void);

/// NumPy's `PyUFunc_FromFuncAndData`, and its place in the table of functions.
type FromFuncAndData = unsafe extern "C" fn(
    *mut Entry,
    *mut *mut c_void,
    *mut c_char,
    c_int,
    c_int,
    c_int,
    c_int,
    *const c_char,
    *const c_char,
    c_int,
) -> *mut ffi::PyObject;
const FROM_FUNC_AND_DATA: usize = 1;
/// NumPy's `PyUFunc_None`: the function has no identity.
const NO_IDENTITY: c_int = -1;

/// NumPy's numbers of the types that there are loops for.
mod types {
    pub const BOOL: u8 = 0;
    pub const I8: u8 = 1;
    pub const U8: u8 = 2;
    pub const I16: u8 = 3;
    pub const U16: u8 = 4;
    pub const INT: u8 = 5;
    pub const UINT: u8 = 6;
    pub const LONG: u8 = 7;
    pub const ULONG: u8 = 8;
    pub const I64: u8 = 9;
    pub const U64: u8 = 10;
    pub const F32: u8 = 11;
    pub const F64: u8 = 12;
    pub const F16: u8 = 23;
}

#[cfg(target_pointer_width = "64")]
type Long = i64;
#[cfg(target_pointer_width = "64")]
type ULong = u64;

/// The loops of an op, with the types of arguments and results.
///
/// Where no loop has just the type that is given, NumPy takes the first that it may cast to. So numbers come first where
/// their loops and those of integers have a result in common: no cast must make an integer of a number.
fn loops<K: Known>(op: Op) -> Vec<(Entry, [u8; 2])> {
    use types::*;
    let numbers: [(Entry, [u8; 2]); 3] =
        [(halves::<u16>, [F16; 2]), (numbers::<f32, K>, [F32; 2]), (numbers::<f64, K>, [F64; 2])];
    if op == Op::Square {
        let integers: [(Entry, [u8; 2]); 10] = [
            (squares::<i8>, [I8; 2]),
            (squares::<u8>, [U8; 2]),
            (squares::<i16>, [I16; 2]),
            (squares::<u16>, [U16; 2]),
            (squares::<i32>, [INT; 2]),
            (squares::<u32>, [UINT; 2]),
            (squares::<Long>, [LONG; 2]),
            (squares::<ULong>, [ULONG; 2]),
            (squares::<i64>, [I64; 2]),
            (squares::<u64>, [U64; 2]),
        ];
        integers.into_iter().chain(numbers).collect()
    } else {
        let integers: [(Entry, [u8; 2]); 11] = [
            (halves::<u8>, [BOOL, F16]),
            (halves::<i8>, [I8, F16]),
            (halves::<u8>, [U8, F16]),
            (integers::<i16, f32, K>, [I16, F32]),
            (integers::<u16, f32, K>, [U16, F32]),
            (integers::<i32, f64, K>, [INT, F64]),
            (integers::<u32, f64, K>, [UINT, F64]),
            (integers::<Long, f64, K>, [LONG, F64]),
            (integers::<ULong, f64, K>, [ULONG, F64]),
            (integers::<i64, f64, K>, [I64, F64]),
            (integers::<u64, f64, K>, [U64, F64]),
        ];
        numbers.into_iter().chain(integers).collect()
    }
}

/// A ufunc that evaluates so.
pub fn new(py: Python<'_>, evaluator: Evaluator, doc: &str) -> PyResult<Py<PyAny>> {
    let loops = match (evaluator.op, evaluator.accuracy) {
        (Op::Exp, Accuracy::Default) => loops::<Exp>(Op::Exp),
        (Op::Exp, Accuracy::Exact) => loops::<ExpExact>(Op::Exp),
        (Op::Exp, Accuracy::Fast) => loops::<ExpFast>(Op::Exp),
        (Op::Log, Accuracy::Default) => loops::<Log>(Op::Log),
        (Op::Log, Accuracy::Exact) => loops::<LogExact>(Op::Log),
        (Op::Log, Accuracy::Fast) => loops::<LogFast>(Op::Log),
        (Op::Sqrt, _) => loops::<Sqrt>(Op::Sqrt),
        (Op::Square, _) => loops::<Square>(Op::Square),
        (op, _) => return Err(PyNotImplementedError::new_err(format!("lanestack: {op} has no ufunc yet"))),
    };
    let name = evaluator.op.name();
    made_of(py, name, doc, &loops, Box::leak(Box::new(evaluator)))
}

/// A ufunc that evaluates a pipeline so.
pub fn of_pipeline(py: Python<'_>, pipelines: Pipelines, doc: &str) -> PyResult<Py<PyAny>> {
    use types::{F32, F64};
    let name = pipelines.f64.to_string();
    let loops: [(Entry, [u8; 2]); 2] = [(piped_f32, [F32; 2]), (piped_f64, [F64; 2])];
    made_of(py, &name, doc, &loops, Box::leak(Box::new(pipelines)))
}

/// A ufunc of such loops, which are handed that data.
///
/// NumPy keeps what it is given for as long as the ufunc lives: all of it is leaked.
fn made_of<D>(
    py: Python<'_>,
    name: &str,
    doc: &str,
    loops: &[(Entry, [u8; 2])],
    data: &'static D,
) -> PyResult<Py<PyAny>> {
    let [name, doc] = [CString::new(name)?.into_raw(), CString::new(doc)?.into_raw()];
    let entries: Vec<Entry> = loops.iter().map(|&(entry, _)| entry).collect();
    let types: Vec<c_char> = loops.iter().flat_map(|(_, types)| types.map(|code| code as c_char)).collect();
    let data = vec![ptr::from_ref(data).cast_mut().cast::<c_void>(); loops.len()];
    let from_func_and_data = from_func_and_data(py)?;
    // SAFETY: as many loops, types and data as said, and their memory is never freed.
    unsafe {
        let ufunc = from_func_and_data(
            entries.leak().as_mut_ptr(),
            data.leak().as_mut_ptr(),
            types.leak().as_mut_ptr(),
            loops.len() as c_int,
            1,
            1,
            NO_IDENTITY,
            name,
            doc,
            0,
        );
        Ok(Bound::from_owned_ptr_or_err(py, ufunc)?.unbind())
    }
}

fn from_func_and_data(py: Python<'_>) -> PyResult<FromFuncAndData> {
    // NumPy 2 has moved it.
    let module = py.import("numpy._core._multiarray_umath").or_else(|_| py.import("numpy.core._multiarray_umath"))?;
    let capsule = module.getattr("_UFUNC_API")?;
    // SAFETY: the capsule, which has no name, holds a table of functions that lives as long as the process.
    unsafe {
        let table = ffi::PyCapsule_GetPointer(capsule.as_ptr(), ptr::null()).cast::<*const c_void>();
        if table.is_null() {
            return Err(PyErr::fetch(py));
        }
        Ok(std::mem::transmute::<*const c_void, FromFuncAndData>(*table.add(FROM_FUNC_AND_DATA)))
    }
}

/// # Safety
/// NumPy calls it as it promises: see [`run`].
unsafe extern "C" fn numbers<T: Float, K: Known>(
    at: *mut *mut c_char,
    len: *mut isize,
    strides: *mut isize,
    data: *mut c_void,
) {
    // SAFETY: as above.
    unsafe { run(|evaluator| Numbers::<T, K>(evaluator, PhantomData), at, len, strides, data) }
}

/// # Safety
/// NumPy calls it as it promises: see [`run`].
unsafe extern "C" fn integers<S: Integer<T>, T: Float, K: Known>(
    at: *mut *mut c_char,
    len: *mut isize,
    strides: *mut isize,
    data: *mut c_void,
) {
    // SAFETY: as above.
    unsafe { run(|evaluator| Integers::<S, T, K>(evaluator, PhantomData), at, len, strides, data) }
}

/// # Safety
/// NumPy calls it as it promises: see [`run`].
unsafe extern "C" fn halves<S: ToHalf>(at: *mut *mut c_char, len: *mut isize, strides: *mut isize, data: *mut c_void) {
    // SAFETY: as above.
    unsafe { run(|evaluator| Halves::<S>(evaluator.op, PhantomData), at, len, strides, data) }
}

/// # Safety
/// NumPy calls it as it promises: see [`run`].
unsafe extern "C" fn squares<I: Wrapping>(
    at: *mut *mut c_char,
    len: *mut isize,
    strides: *mut isize,
    data: *mut c_void,
) {
    // SAFETY: as above.
    unsafe { run(|_| Squares::<I>(PhantomData), at, len, strides, data) }
}

/// # Safety
/// NumPy calls it as it promises: see [`run`].
unsafe extern "C" fn piped_f32(at: *mut *mut c_char, len: *mut isize, strides: *mut isize, data: *mut c_void) {
    // SAFETY: as above, with pipelines.
    unsafe { run_with(|p: &Pipelines| &p.evaluator, |p| Piped(&p.evaluator, &p.f32), at, len, strides, data) }
}

/// # Safety
/// NumPy calls it as it promises: see [`run`].
unsafe extern "C" fn piped_f64(at: *mut *mut c_char, len: *mut isize, strides: *mut isize, data: *mut c_void) {
    // SAFETY: as above, with pipelines.
    unsafe { run_with(|p: &Pipelines| &p.evaluator, |p| Piped(&p.evaluator, &p.f64), at, len, strides, data) }
}

/// One call by NumPy of a loop that was registered with an evaluator.
///
/// # Safety
/// See [`run_with`].
#[inline(always)]
unsafe fn run<L: Loop>(
    work: impl FnOnce(&'static Evaluator) -> L,
    at: *mut *mut c_char,
    len: *mut isize,
    strides: *mut isize,
    data: *mut c_void,
) {
    // SAFETY: as above.
    unsafe { run_with(|evaluator| evaluator, work, at, len, strides, data) }
}

/// One call by NumPy.
///
/// # Safety
/// `data` is what was registered. The rest holds the address of the first argument and of the first result, their number, and
/// the bytes from one to the next, of elements as [`Call::new`] asks for.
#[inline(always)]
unsafe fn run_with<D: 'static, L: Loop>(
    evaluator: impl FnOnce(&'static D) -> &'static Evaluator,
    work: impl FnOnce(&'static D) -> L,
    at: *mut *mut c_char,
    len: *mut isize,
    strides: *mut isize,
    data: *mut c_void,
) {
    // SAFETY: as above.
    let (data, src, dst, len) = unsafe {
        (
            &*data.cast::<D>(),
            Elements::new((*at).cast::<L::Src>(), *strides),
            Elements::new((*at.add(1)).cast::<L::Dst>(), *strides.add(1)),
            usize::try_from(*len).unwrap_or(0),
        )
    };
    let call = || {
        let work = work(data);
        // SAFETY: as above.
        unsafe { Call::new(&work, src, dst, len) }.run(evaluator(data));
    };
    // No panic may cross into C.
    if catch_unwind(AssertUnwindSafe(call)).is_err() {
        Python::attach(|py| PyRuntimeError::new_err("lanestack: a defect; please report it").restore(py));
    }
}
