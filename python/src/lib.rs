//! NumPy's side of lanestack: the module `lanestack._lanestack`, which the Python files beside make a package.
mod call;
mod exceptions;
mod flags;
mod half;
mod loops;
mod pool;
mod ufunc;

use lanestack::{Accuracy, Error, Op};
use pyo3::exceptions::{PyImportError, PyValueError};
use pyo3::prelude::*;

use crate::loops::Evaluator;

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

    /// The number of threads of a call from here.
    #[pyfunction]
    fn num_threads() -> usize {
        pool::number()
    }

    /// Sets the number of threads of calls without a limit of their own; without a number, to what it was at first.
    #[pyfunction]
    #[pyo3(signature = (number=None))]
    fn set_num_threads(number: Option<usize>) -> PyResult<()> {
        pool::set_number(number).map_err(value_error)
    }

    /// Sets the number of threads of this thread's calls, 0 for no limit; returns what it was.
    #[pyfunction]
    fn swap_limit(limit: usize) -> PyResult<usize> {
        pool::set_limit(limit).map_err(value_error)
    }
}

fn value_error(error: Error) -> PyErr {
    PyValueError::new_err(format!("lanestack: {error}"))
}
