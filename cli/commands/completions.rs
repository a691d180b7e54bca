//! The command `completions`.
use std::io::Write;

use clap::CommandFactory;

use crate::args::{Args, Completions};
use crate::failure::Failure;

/// Runs it.
pub fn run(options: &Completions) -> Result<(), Failure> {
    let mut command = Args::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, name, &mut script);
    let mut out = std::io::stdout().lock();
    out.write_all(&script)?;
    Ok(out.flush()?)
}
