//! The command `compare`.
use crate::args::Compare;
use crate::failure::Failure;

/// Runs it.
pub fn run(_options: &Compare) -> Result<(), Failure> {
    Err(Failure::failed("not built yet"))
}
