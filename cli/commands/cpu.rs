//! The command `cpu`.
use crate::args::Cpu;
use crate::failure::Failure;

/// Runs it.
pub fn run(_options: &Cpu) -> Result<(), Failure> {
    Err(Failure::failed("not built yet"))
}
