//! The command `lanestack`.
//!
//! Arguments become options (`args`), a command does the work and returns plain data (`commands`), printing comes last
//! (`report`). Exit status: 0 for success, 1 for a failure, 2 for wrong usage.
#![deny(unsafe_code)]

mod args;
mod baseline;
mod bench;
mod beside;
mod captions;
mod classes;
mod commands;
mod comparison;
mod date;
mod export;
mod failure;
mod html;
mod intensity;
mod judged;
mod machine;
mod measure;
mod npy;
#[allow(unsafe_code, reason = "functions of other libraries")]
mod peers;
mod plain;
mod plot;
mod profile;
mod profiler;
mod reference;
mod report;
mod roofs;
mod rounds;
mod saved;
mod sizes;
mod story;
mod summary;
mod tables;
mod verification;
mod whole;
mod yardsticks;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match commands::run(args::Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
