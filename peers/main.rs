//! Runs lanestack beside its peers: speed, accuracy and special values in one table.
//!
//! Who takes part is in `candidates`; how they are measured is shared with `lanestack compare --peers`: `cli/beside.rs`.
#[path = "../cli"]
#[allow(dead_code, unused_imports, reason = "modules of the command, of which parts are taken")]
mod cli {
    pub mod beside;
    pub mod judged;
    pub mod machine;
    pub mod peers;
    pub mod plain;
    pub mod reference;
    pub mod rounds;
    pub mod summary;
}
// The names that these modules have for each other.
use cli::{beside, judged, peers, plain, reference, rounds, summary};

mod args;
mod candidates;
mod matrix;
mod provenance;
mod record;
mod sleef;
mod wide_loops;

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use lanestack::{Isa, Op};

use args::{Args, Command, Dtype, Measure};
use beside::Table;
use candidates::{Opened, Real};
use provenance::Provenance;

fn main() -> ExitCode {
    let done = match Args::parse() {
        Args { command: Some(Command::Matrix(options)), .. } => matrix::run(&options),
        Args { command: Some(Command::Provenance), measure } => {
            let libraries = measure.libraries();
            print!("{}", Provenance::here(&Opened::new(&libraries), &libraries).list());
            Ok(())
        }
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
    let opened = Opened::new(&options.libraries());
    for absent in opened.absent() {
        eprintln!("absent: {absent}");
    }
    let mut tables = Vec::new();
    for &op in Op::ALL.iter().filter(|op| options.op.is_empty() || options.op.contains(op)) {
        for dtype in [Dtype::F64, Dtype::F32] {
            if options.dtype.is_empty() || options.dtype.contains(&dtype) {
                let table = match dtype {
                    Dtype::F64 => measure::<f64>(&opened, op, options),
                    Dtype::F32 => measure::<f32>(&opened, op, options),
                };
                println!("{} {}\n{}\n", table.op, table.dtype, table.text().join("\n"));
                tables.push(table);
            }
        }
    }
    if options.record {
        let mut provenance = Provenance::here(&opened, &options.libraries());
        let Measure { elements, rounds, samples, .. } = options;
        let how = format!(
            "{elements} elements, {rounds} rounds, one thread; errors on {samples} inputs and those at borders"
        );
        provenance.facts.push(("measured", how));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/records").join(provenance.folder());
        fs::create_dir_all(&folder)?;
        let records = [("md", record::markdown(&tables, &provenance)), ("csv", record::csv(&tables, &provenance))];
        for (ending, content) in records {
            let file = folder.join(format!("{}-peers.{ending}", provenance.date));
            fs::write(&file, content)?;
            println!("written: {}", file.display());
        }
    }
    Ok(())
}

/// The table of one op and type.
fn measure<T: Real>(opened: &Opened, op: Op, options: &Measure) -> Table {
    let isas: Vec<Isa> =
        Isa::available().iter().copied().filter(|isa| options.isa.is_empty() || options.isa.contains(isa)).collect();
    let candidates = opened.candidates::<T>(op, &isas);
    Table::measure(op, &candidates, options.elements, options.rounds, options.samples)
}
