//! Makes what the tests of lanestack compare with; shares no code with the kernels.
use std::path::Path;
use std::process::ExitCode;

#[path = "../tests/golden/digest.rs"]
mod digest;
mod digests;
mod mpfr;

const USAGE: &str = "usage: lanestack-reference digests [--check]

  digests            writes tests/data/f32-*: digests of all results, and the inputs that are hard to round
  digests --check    writes nothing; fails if the files are not what comes out";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let check = match arguments[..] {
        ["digests"] => false,
        ["digests", "--check"] => true,
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
    match digests::run(&folder, check) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}
