//! NumPy's side of lanestack: the module `lanestack._lanestack`, which the Python files beside make a package.
mod call;
mod cpu;
mod flags;
mod half;
mod loops;
mod pool;
mod rows;
mod ufunc;
mod watch;

use lanestack::{Accuracy, Error, Op, Pipeline};
use pyo3::exceptions::{PyImportError, PyValueError};
use pyo3::prelude::*;

use crate::loops::{Evaluator, Pipelines};

/// The functions behind the package `lanestack`.
#[pymodule(gil_used = false)]
mod _lanestack {
    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        pool::initialize().map_err(|error| PyImportError::new_err(format!("lanestack: {error}")))?;
        module.add("__version__", lanestack::build::VERSION)
    }

    /// The ufunc of an op and a tier, documented so.
    #[pyfunction]
    fn ufunc(py: Python<'_>, op: &str, tier: &str, doc: &str) -> PyResult<Py<PyAny>> {
        let op: Op = op.parse().map_err(value_error)?;
        let accuracy: Accuracy = tier.parse().map_err(value_error)?;
        super::ufunc::new(py, Evaluator::new(op, accuracy).map_err(value_error)?, doc)
    }

    /// The ufunc of a pipeline and a tier, documented so, and the pipeline's text as it is printed.
    #[pyfunction]
    fn pipeline(py: Python<'_>, text: &str, tier: &str, doc: &str) -> PyResult<(Py<PyAny>, String)> {
        let accuracy = tier.parse().map_err(value_error)?;
        // What is planned for a pipeline is planned for as long an op.
        let evaluator = Evaluator::new(Op::Exp, accuracy).map_err(value_error)?;
        let (f32, f64): (Pipeline<f32>, Pipeline<f64>) =
            (text.parse().map_err(value_error)?, text.parse().map_err(value_error)?);
        let text = f64.to_string();
        Ok((super::ufunc::of_pipeline(py, Pipelines { evaluator, f32, f64 }, doc)?, text))
    }

    /// The number of threads of a call from here.
    #[pyfunction]
    fn num_threads() -> usize {
        pool::number()
    }

    /// Sets the number of threads of calls without a limit of their own; without a number, to what it was at first.
    #[pyfunction]
    #[pyo3(signature = (number=None))]
    fn set_num_threads(number: Option<isize>) -> PyResult<()> {
        pool::set_number(number).map_err(value_error)
    }

    /// Sets the number of threads of this thread's calls, none for no limit; returns what it was.
    #[pyfunction]
    #[pyo3(signature = (limit))]
    fn swap_limit(limit: Option<isize>) -> PyResult<Option<usize>> {
        pool::set_limit(limit).map_err(value_error)
    }

    /// Says of how many bytes the whole is that the following calls on this thread do parts of, 0 if that is unknown;
    /// returns what was said before.
    #[pyfunction]
    fn swap_whole(bytes: usize) -> usize {
        rows::set_whole(bytes)
    }

    /// The largest error, in ulps.
    #[pyfunction]
    fn ulp(op: &str, tier: &str, dtype: &str) -> PyResult<f64> {
        let (op, tier) = (op.parse().map_err(value_error)?, tier.parse().map_err(value_error)?);
        if dtype == "f4" { cpu::ulp::<f32>(op, tier) } else { cpu::ulp::<f64>(op, tier) }.map_err(value_error)
    }

    /// What is done with so many elements.
    #[pyfunction]
    fn explain(op: &str, tier: &str, dtype: &str, len: usize, is_in_place: bool) -> PyResult<String> {
        let (op, tier) = (op.parse().map_err(value_error)?, tier.parse().map_err(value_error)?);
        match dtype {
            "f4" => cpu::explain::<f32>(op, tier, len, is_in_place),
            _ => cpu::explain::<f64>(op, tier, len, is_in_place),
        }
        .map_err(value_error)
    }

    /// What the CPU offers.
    #[pyfunction]
    fn show_cpu() -> PyResult<String> {
        cpu::show().map_err(value_error)
    }
}

fn value_error(error: Error) -> PyErr {
    PyValueError::new_err(format!("lanestack: {error}"))
}
