//! Makes what the tests of lanestack compare with, and looks for its worst results; shares no code with the kernels.
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use lanestack::{Isa, Op};

mod bits;
mod digests;
#[path = "../tests/golden/mod.rs"]
mod golden;
mod mpfr;
#[path = "../tests/oracle/mod.rs"]
mod oracle;
mod random;
mod search;

const USAGE: &str = "usage: lanestack-reference COMMAND

  digests            writes tests/data/f32-*: digests of all results, and the inputs that are hard to round
  digests --check    writes nothing; fails if the files are not what comes out
  bits               writes tests/data/f64.digests and f32-*-fast.digests: those of the exact tier from MPFR, of the
                     default tier and of the fast one as they are now
  random [N]         compares the exact tier with MPFR on N inputs at random, 100 million of each op unless said otherwise
  search [SECONDS]   looks for the worst results of the default tier in f64, for 600 seconds an op unless said otherwise";

/// Inputs of `random`.
const SAMPLES: usize = 100_000_000;

/// Seconds of `search` for each op.
const SECONDS: u64 = 600;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let passed = match arguments[..] {
        ["digests"] => digests(false),
        ["digests", "--check"] => digests(true),
        ["bits"] => bits(),
        ["random"] => random(SAMPLES),
        ["random", count] if count.parse::<usize>().is_ok() => random(count.parse().expect("a number")),
        ["search"] => search(SECONDS),
        ["search", seconds] if seconds.parse::<u64>().is_ok() => search(seconds.parse().expect("a number")),
        _ => {
            eprintln!("{USAGE}");
            false
        }
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data")
}

fn said(error: io::Error) -> bool {
    eprintln!("{}: {error}", folder().display());
    false
}

fn digests(check: bool) -> bool {
    digests::run(&folder(), check).unwrap_or_else(said)
}

fn bits() -> bool {
    bits::run(&folder()).map_or_else(said, |()| true)
}

fn search(seconds: u64) -> bool {
    let found = [Op::Exp, Op::Log].map(|op| search::run(op, Isa::best(), Duration::from_secs(seconds)));
    found.iter().all(Result::is_ok)
}

fn random(samples: usize) -> bool {
    [Op::Exp, Op::Log].map(|op| random::run(op, samples)) == [true, true]
}
