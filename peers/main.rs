//! Runs lanestack beside its peers: speed, accuracy and special values in one table.
//!
//! Who takes part is in `candidates`; `rounds` times them, `accuracy` judges them, and `table` prints what came out.
#[path = "../cli"]
#[allow(dead_code, unused_imports, reason = "modules of the command, of which parts are taken")]
mod cli {
    pub mod machine;
    pub mod peers;
    pub mod plain;
    pub mod reference;
    pub mod summary;
}
use cli::{plain, reference};

mod accuracy;
mod args;
mod candidates;
mod matrix;
mod provenance;
mod rounds;
mod sleef;
mod table;
mod wide_loops;

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use lanestack::Op;

use args::{Args, Command, Dtype, Measure};
use candidates::{Candidates, Real};
use provenance::Provenance;
use table::Table;

fn main() -> ExitCode {
    let done = match Args::parse() {
        Args { command: Some(Command::Matrix(options)), .. } => matrix::run(&options),
        Args { measure, .. } => run(&measure),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lanestack-peers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Measure) -> io::Result<()> {
    let candidates = Candidates::open(&options.libraries());
    for absent in candidates.absent() {
        eprintln!("absent: {absent}");
    }
    let mut tables = Vec::new();
    for &op in Op::ALL.iter().filter(|op| options.op.is_empty() || options.op.contains(op)) {
        for dtype in [Dtype::F64, Dtype::F32] {
            if options.dtype.is_empty() || options.dtype.contains(&dtype) {
                let table = match dtype {
                    Dtype::F64 => measure::<f64>(&candidates, op, options),
                    Dtype::F32 => measure::<f32>(&candidates, op, options),
                };
                println!("{}", table.text());
                tables.push(table);
            }
        }
    }
    if options.record {
        let provenance = Provenance::here(&candidates, &options.libraries());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/records").join(provenance.folder());
        fs::create_dir_all(&folder)?;
        for (ending, content) in
            [("md", table::markdown(&tables, &provenance, options)), ("csv", table::csv(&tables, &provenance, options))]
        {
            let file = folder.join(format!("{}-peers.{ending}", provenance.date));
            fs::write(&file, content)?;
            println!("written: {}", file.display());
        }
    }
    Ok(())
}

/// The table of one op and type.
fn measure<T: Real>(candidates: &Candidates, op: Op, options: &Measure) -> Table {
    let candidates = candidates.of::<T>(op, &options.isa);
    let times = rounds::times(&candidates, &plain::ordinary(op, options.elements), options.rounds);
    let judged = accuracy::judge(&candidates, op, options.samples);
    Table::new(op, &candidates, &times, judged)
}
