//! The command `cpu`.
mod explain;
mod facts;
mod measured;
mod text;

use std::io::{self, Write};

use lanestack::Engine;
use serde::Serialize;

use crate::args::Cpu;
use crate::failure::Failure;
use crate::machine::System;
use explain::Explanation;
use facts::Facts;
use measured::Measured;

/// Runs it.
pub fn run(options: &Cpu) -> Result<(), Failure> {
    if !options.explain.is_empty() {
        let explanation = Explanation::new(options)?;
        return print(options, &explanation, || text::explanation(&explanation));
    }
    let engine = Engine::builder().build()?;
    let mut facts = Facts::gather(&engine, &System::here());
    if options.measure {
        facts.measured = Some(Measured::new(&engine)?);
    }
    print(options, &facts, || text::facts(&facts))
}

/// Prints JSON or text.
fn print(options: &Cpu, data: &impl Serialize, text: impl Fn() -> String) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match options.json {
        true => {
            serde_json::to_writer_pretty(&mut out, data).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        false => out.write_all(text().as_bytes())?,
    }
    Ok(out.flush()?)
}
