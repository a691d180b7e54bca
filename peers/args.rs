//! The arguments.
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use lanestack::{Isa, Op};

/// Runs lanestack beside every peer found on this machine: in one process, on the same memory, in turn.
#[derive(Debug, Parser)]
#[command(name = "lanestack-peers", args_conflicts_with_subcommands = true)]
pub struct Args {
    /// What to do instead.
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub measure: Measure,
}

/// What to do instead of measuring peers in one process.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Evaluate one op, or a pipeline, over a square matrix, and print nanoseconds per element as JSON: for numpy_numexpr.py.
    Matrix(Matrix),
    /// Print where figures come from: the machine, the build, and the peers' versions.
    Provenance,
}

/// What to measure.
#[derive(Debug, ClapArgs)]
pub struct Measure {
    /// Only these ops (exp, log, sqrt, square), separated by commas.
    #[arg(long, value_name = "OP", value_delimiter = ',')]
    pub op: Vec<Op>,
    /// Only these element types, separated by commas.
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    pub dtype: Vec<Dtype>,
    /// Only these instruction sets, and what has none, separated by commas.
    #[arg(long, value_name = "ISA", value_delimiter = ',')]
    pub isa: Vec<Isa>,
    /// Elements of source and result each.
    #[arg(long, value_name = "N", default_value = "2048", value_parser = positive)]
    pub elements: usize,
    /// How often each is timed.
    #[arg(long, value_name = "N", default_value = "400", value_parser = positive)]
    pub rounds: usize,
    /// Inputs that errors are measured on.
    #[arg(long, value_name = "N", default_value = "2000000")]
    pub samples: usize,
    /// The folder of the peers' libraries, instead of the one that `peers/install` makes.
    #[arg(long, value_name = "FOLDER")]
    pub libraries: Option<PathBuf>,
    /// Write the tables to benches/records, as Markdown and as CSV.
    #[arg(long)]
    pub record: bool,
}

impl Measure {
    /// Where to look for libraries first.
    pub fn libraries(&self) -> PathBuf {
        let installed = || Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/lib");
        self.libraries.clone().unwrap_or_else(installed)
    }
}

/// A matrix.
#[derive(Debug, ClapArgs)]
pub struct Matrix {
    /// The op, or a pipeline: square,sqrt.
    pub steps: String,
    /// The element type.
    pub dtype: Dtype,
    /// Rows, and columns.
    #[arg(value_parser = positive)]
    pub size: usize,
    /// The number of threads.
    #[arg(long, default_value = "2", value_parser = positive)]
    pub threads: usize,
    /// How often in each way.
    #[arg(long, default_value = "3", value_parser = positive)]
    pub repeats: usize,
}

/// An element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dtype {
    /// 32 bits.
    F32,
    /// 64 bits.
    F64,
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&n| n > 0).ok_or_else(|| "expected a whole number from 1 on".to_owned())
}
