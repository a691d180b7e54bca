//! Which input goes to which output, all checked before anything is computed.
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::output::Output;
use super::source::Source;
use crate::args::Apply;
use crate::failure::Failure;

/// What the pattern of outputs takes from an input.
const NAME: &str = "{name}";
const FOLDER: &str = "{dir}";

/// One input and its output.
#[derive(Debug)]
pub struct Job {
    pub source: Source,
    pub output: Output,
}

/// Those that are asked for: at least one.
pub fn of(options: &Apply) -> Result<Vec<Job>, Failure> {
    let output = |input: &PathBuf| match &options.output {
        Some(pattern) => Output::at(&expand(pattern, input)),
        None if options.in_place => Output::in_place(input),
        None => Err(Failure::Usage(no_output(&options.input))),
    };
    let outputs = options.input.iter().map(output).collect::<Result<Vec<_>, _>>()?;
    refuse_conflicts(&options.input, &outputs)?;
    let job = |(input, output): (&PathBuf, _)| Ok(Job { source: Source::open(input, options.raw)?, output });
    options.input.iter().zip(outputs).map(job).collect()
}

fn no_output(inputs: &[PathBuf]) -> String {
    match inputs {
        [.., last] if inputs.len() > 1 && !last.exists() => {
            format!("no output: is it {last:?}? Then put -o (--output) before it")
        }
        _ => "no output: name it with -o (--output), or rewrite the input itself with --in-place".to_owned(),
    }
}

/// The output of this input.
fn expand(pattern: &Path, input: &Path) -> PathBuf {
    // What is no text has no placeholders.
    let Some(mut rest) = pattern.to_str() else { return pattern.to_owned() };
    let name = match input.to_str() {
        Some("-") => "stdin".as_ref(),
        _ => input.file_stem().unwrap_or_default(),
    };
    let folder = input.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut output = OsString::new();
    let placeholders = [(NAME, name), (FOLDER, folder.as_os_str())];
    while let Some((at, placeholder, value)) =
        placeholders.into_iter().filter_map(|(name, value)| Some((rest.find(name)?, name, value))).min()
    {
        output.push(&rest[..at]);
        output.push(value);
        rest = &rest[at + placeholder.len()..];
    }
    output.push(rest);
    output.into()
}

/// Refuses an output that two inputs have, by whatever names, or that is another input.
fn refuse_conflicts(inputs: &[PathBuf], outputs: &[Output]) -> Result<(), Failure> {
    let place = |input: &PathBuf| input.is_file().then(|| input.canonicalize().ok()).flatten();
    let inputs_at: HashMap<PathBuf, &PathBuf> =
        inputs.iter().filter_map(|input| Some((place(input)?, input))).collect();
    let mut taken = HashMap::new();
    for (input, output) in inputs.iter().zip(outputs) {
        let (name, at) = (&output.name, output.place());
        if let Some(other) = inputs_at.get(&at)
            && place(input).as_ref() != Some(&at)
        {
            return Err(Failure::Usage(format!(
                "{input:?} would be written to {name:?} (--output), which is the input {other:?}: choose another name"
            )));
        }
        if let Some(other) = taken.insert(at, input) {
            return Err(Failure::Usage(format!(
                "{other:?} and {input:?} would both be written to {name:?} (--output): tell them apart by {NAME} or \
                 {FOLDER}, as in -o '{FOLDER}/{NAME}.out.npy'"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, input, output) in [
            ("out.npy", "in.npy", "out.npy"),
            ("{name}.exp.npy", "far/in.npy", "in.exp.npy"),
            ("{dir}/{name}.exp.npy", "far/in.npy", "far/in.exp.npy"),
            ("{dir}/{name}.exp.npy", "in.npy", "./in.exp.npy"),
            ("{name}-{name}", "a.b.npy", "a.b-a.b"),
            ("out/{name}", "-", "out/stdin"),
            ("{other}{", "in.npy", "{other}{"),
            // What an input is called is no pattern.
            ("{name}{dir}", "{dir}/{name}.npy", "{name}{dir}"),
        ] {
            assert_eq!(expand(Path::new(pattern), Path::new(input)), Path::new(output), "{pattern} of {input}");
        }
    }
}
