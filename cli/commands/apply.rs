//! The command `apply`.
use crate::args::Apply;
use crate::failure::Failure;

/// Runs it.
pub fn run(_options: &Apply) -> Result<(), Failure> {
    Err(Failure::failed("not built yet"))
}
