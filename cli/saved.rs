//! Runs in files: what `--save` writes, and `--load` and `--baseline` read.
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::comparison::{Comparison, SCHEMA};
use crate::failure::Failure;

/// The fields that say who wrote a file, in every version of its form.
#[derive(Deserialize)]
struct Origin {
    schema: u32,
    provenance: Build,
}

#[derive(Deserialize)]
struct Build {
    version: String,
}

/// Reads a run; `option` is what named the file.
pub fn read(path: &Path, option: &str) -> Result<Comparison, Failure> {
    let failed = |why: &str| Failure::failed(format!("{option}: cannot read {}: {why}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| failed(&error.to_string()))?;
    let Origin { schema, provenance: Build { version } } = serde_json::from_str(&text)
        .map_err(|error| failed(&format!("it is no run that compare --save or --json wrote ({error})")))?;
    if schema != SCHEMA {
        return Err(failed(&format!(
            "lanestack {version} wrote it in form {schema}, and this is {}, which reads form {SCHEMA}: save it again",
            lanestack::build::VERSION
        )));
    }
    // The names in it are kept for as long as those of this run, which is until the end.
    serde_json::from_str(String::leak(text)).map_err(|error| failed(&format!("it is damaged ({error})")))
}
