//! The arguments.
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use lanestack::{Accuracy, Element, Isa, Op, Pipeline, Threads};

/// Element-wise exp, log, sqrt and square: SIMD lanes stacked on threads.
///
/// Without a command, it runs `compare`.
#[derive(Debug, Parser)]
#[command(name = "lanestack", version, about, args_conflicts_with_subcommands = true)]
#[command(after_help = "\
Examples:
  lanestack                                what lanes and threads give, in half a minute
  lanestack apply log in.npy -o out.npy    the logarithm of each number in a file
  lanestack cpu --measure                  what this CPU and its memory give at most
  lanestack verify                         whether all results are as documented
  lanestack help cpu                       all about one command

Environment: LANESTACK_ISA and LANESTACK_NUM_THREADS set what --isa and --threads leave open, LANESTACK_STORES and \
LANESTACK_PARALLEL_FROM how results are written and when threads are used; NO_COLOR turns colour off.

Exit status: 0 success, 1 failure, 2 wrong usage.")]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure every variant of every op: what lanes give, what threads give, and what limits them.
    Compare(Compare),
    /// Evaluate ops over .npy files of any size.
    Apply(Apply),
    /// Check on this machine that all results are within the documented bounds.
    Verify(Verify),
    /// Show what this CPU offers and what lanestack makes of it.
    Cpu(Cpu),
    /// Print a manual page, in the form that `man` reads.
    Man(Man),
    /// Print completions for a shell.
    Completions(Completions),
}

/// Options of `compare`.
#[derive(Debug, Default, ClapArgs)]
#[command(after_help = "Examples:\n  \
    lanestack compare --html report.html                      pictures and tables, for a browser\n  \
    lanestack compare --op exp --dtype f64 --plot             bars and curves, in the terminal\n  \
    lanestack compare --save before.json                      keep the figures,\n  \
    lanestack compare --baseline before.json                  and see later what has changed\n  \
    lanestack compare --baseline before.json --fail-if-slower 5\n  \
    lanestack compare --load before.json --export csv         no new measurement\n\n\
    Files are written whole or not at all.\n\
    Exit status: 0 success, 1 failure or, with --fail-if-slower, something is slower, 2 wrong usage.")]
pub struct Compare {
    /// Only these ops (exp, log, sqrt, square), separated by commas.
    #[arg(long, value_name = "OP", value_delimiter = ',')]
    pub op: Vec<Op>,
    /// Only these element types, separated by commas.
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    pub dtype: Vec<Dtype>,
    /// Sizes in elements, like 2048, 64k or 8M, separated by commas, instead of one in cache and one far beyond.
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = elements)]
    pub size: Vec<usize>,
    /// Only these instruction sets, separated by commas; all stands for all that this CPU has.
    #[arg(long, value_name = "ISA", value_delimiter = ',', value_parser = isas)]
    pub isa: Vec<Isas>,
    /// The number of threads of the threaded variant.
    #[arg(long, value_name = "N", default_value = "auto")]
    pub threads: Threads,
    /// Also lanestack beside MKL, SVML, libmvec and SLEEF: those found in this folder, else where the system has them.
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, require_equals = true)]
    pub peers: Option<Option<PathBuf>>,
    /// Also write a report with pictures: one HTML file. It measures more, for a minute or two.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Also draw bars and curves in characters. It measures more, as --html does.
    #[arg(long, conflicts_with_all = ["export", "json"])]
    pub plot: bool,
    /// Also save all figures, for --baseline and --load.
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Show what --save wrote, here or elsewhere, instead of measuring.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["op", "dtype", "size", "isa", "threads", "peers", "save"])]
    pub load: Option<PathBuf>,
    /// Also what has changed since --save wrote this file, here or elsewhere: what lies beyond the spread of both.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Fail if some variant of lanestack's has become slower than in the baseline by more than this, beyond the spread.
    #[arg(long, value_name = "PERCENT", requires = "baseline", value_parser = percent)]
    pub fail_if_slower: Option<f64>,
    /// Print this instead of the text: Markdown, CSV, or JSON.
    #[arg(long, value_name = "FORMAT")]
    pub export: Option<Format>,
    /// Print JSON, as --export json does.
    #[arg(long, conflicts_with = "export")]
    pub json: bool,
}

/// What figures are printed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables in Markdown.
    Md,
    /// One line for each variant, comma-separated.
    Csv,
    /// Everything.
    Json,
}

/// Options of `apply`.
#[derive(Debug, ClapArgs)]
#[command(
    override_usage = "lanestack apply [OPTIONS] <PIPELINE> <IN.npy>... (-o <OUT.npy> | --in-place)",
    after_help = "A file is read, computed and written window by window, so that its size does not matter. The output is a \
    whole new file or, on any failure, what was there before; it may be the input itself. Devices and pipes are written to \
    as they are.\n\
    Several inputs: lanestack apply exp *.npy -o 'out/{name}.exp.npy', with {name} for the input's name without its \
    extension, {dir} for its folder.\n\
    Exit status: 0 success, 1 failure, 2 wrong usage."
)]
pub struct Apply {
    /// What to do, one step after another in one pass: 'square, affine(2,-1), sqrt'. Steps are exp, log, sqrt, square, neg,
    /// abs, recip, scale(a), offset(b), affine(a,b) for ax+b, clip(lo,hi), min(c), max(c).
    #[arg(value_parser = pipeline)]
    pub pipeline: String,
    /// The files to read: .npy, one array of float32 or float64 in either byte order; - is stdin.
    #[arg(value_name = "IN.npy", required = true)]
    pub input: Vec<PathBuf>,
    /// The file to write, of the same shape, order and type; - is stdout.
    #[arg(short, long, value_name = "OUT.npy")]
    pub output: Option<PathBuf>,
    /// Rewrite the values in the input itself, without room for a second file; an interruption leaves it half done.
    #[arg(long, conflicts_with = "output")]
    pub in_place: bool,
    /// Read and write bare little-endian elements of this type, without a header.
    #[arg(long, value_name = "TYPE")]
    pub raw: Option<Dtype>,
    /// The most memory to take, in bytes, like 64M or 1G (powers of 1024).
    #[arg(long, value_name = "SIZE", default_value = "256M", value_parser = bytes)]
    pub memory: u64,
    /// Tell sizes and memory, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Neither progress nor a summary.
    #[arg(short, long)]
    pub quiet: bool,
    /// The instruction set, instead of the best that this CPU has.
    #[arg(long, value_parser = isa)]
    pub isa: Option<Isa>,
    /// How accurate results are at least: default, exact (float64 correctly rounded, too),
    /// or fast (float32 within 1 ulp, in a third of the time).
    #[arg(long, value_name = "TIER", default_value = "default")]
    pub accuracy: Accuracy,
    /// The number of threads.
    #[arg(long, value_name = "N", default_value = "auto")]
    pub threads: Threads,
}

/// Options of `cpu`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  lanestack cpu
  lanestack cpu --measure
  lanestack cpu --measure --json > machine.json
  lanestack cpu --explain exp f64
  lanestack cpu --explain sqrt f32 8M --isa avx2 --threads 4

Environment: LANESTACK_ISA, LANESTACK_NUM_THREADS, LANESTACK_STORES (auto, plain, streaming) and LANESTACK_PARALLEL_FROM \
(auto, or a number of elements) change what it tells.

The forms of the JSON documents are docs/schemas/cpu.schema.json and docs/schemas/cpu-explain.schema.json in the sources.

Exit status: 0 success, even if much is unknown; 1 failure, 2 wrong usage.")]
pub struct Cpu {
    /// Tell instead what is done with a slice, and why: an op, an element type, and a number of elements like 2048, 64k or
    /// 8M; without a number, what is done from which number on.
    #[arg(long, num_args = 2..=3, value_names = ["OP", "TYPE", "N"], allow_negative_numbers = true)]
    pub explain: Vec<String>,
    /// Also measure, in ten seconds or so, what each cache and memory give at most, what the arithmetic of each isa does, and
    /// what waking threads costs; and recommend settings. Best on a machine that does nothing else.
    #[arg(long, conflicts_with = "explain")]
    pub measure: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// The instruction set, instead of the best that this CPU has.
    #[arg(long, requires = "explain", value_parser = isa)]
    pub isa: Option<Isa>,
    /// How accurate results are at least.
    #[arg(long, value_name = "TIER", default_value = "default", requires = "explain")]
    pub accuracy: Accuracy,
    /// The number of threads.
    #[arg(long, value_name = "N", default_value = "auto", requires = "explain")]
    pub threads: Threads,
}

/// Options of `verify`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  lanestack verify
  lanestack verify --exhaustive --op exp,log --dtype f32
  lanestack verify --accuracy exact --samples 100M --json

Its reference travels with it and shares nothing with the kernels: digests of all 2^32 results of f32, true values to 95 \
bits for f64, and published inputs that are hard to round.

Exit status: 0 all as documented, 1 something is not, 2 wrong usage.")]
pub struct Verify {
    /// Only these ops (exp, log, sqrt, square), separated by commas.
    #[arg(long, value_name = "OP", value_delimiter = ',')]
    pub op: Vec<Op>,
    /// Only these element types, separated by commas.
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    pub dtype: Vec<Dtype>,
    /// Only these instruction sets, separated by commas; all stands for all that this CPU has.
    #[arg(long, value_name = "ISA", value_delimiter = ',', value_parser = isas)]
    pub isa: Vec<Isas>,
    /// Only these tiers (exact, default, fast), separated by commas.
    #[arg(long, value_name = "TIER", value_delimiter = ',')]
    pub accuracy: Vec<Accuracy>,
    /// All 2^32 inputs of f32 on every isa, even where that takes longer than a minute.
    #[arg(long)]
    pub exhaustive: bool,
    /// The number of samples of each op and type, like 100000, 64k or 8M, instead of two million.
    #[arg(long, value_name = "N", value_parser = elements)]
    pub samples: Option<usize>,
    /// The number of threads.
    #[arg(long, value_name = "N", default_value = "auto")]
    pub threads: Threads,
    /// Print JSON.
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// Print the table alone, in Markdown.
    #[arg(long)]
    pub markdown: bool,
}

/// Options of `man`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  lanestack man | man -l -
  lanestack man cpu | man -l -
  lanestack man --folder ~/.local/share/man/man1

Exit status: 0 success, 1 failure, 2 wrong usage.")]
pub struct Man {
    /// Of this command; without, of lanestack as a whole.
    pub command: Option<String>,
    /// Write all pages to files in this folder instead.
    #[arg(long, conflicts_with = "command")]
    pub folder: Option<PathBuf>,
}

/// Options of `completions`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  lanestack completions bash > ~/.local/share/bash-completion/completions/lanestack
  lanestack completions zsh > ~/.zfunc/_lanestack
  lanestack completions fish > ~/.config/fish/completions/lanestack.fish

Exit status: 0 success, 1 failure, 2 wrong usage.")]
pub struct Completions {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// An instruction set, or all that this CPU has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isas {
    /// All.
    All,
    /// One.
    One(Isa),
}

impl Isas {
    /// The instruction sets that a list stands for.
    pub fn each(list: &[Self]) -> Vec<Isa> {
        let each = |isas: &Self| match isas {
            Self::All => Isa::available().to_vec(),
            Self::One(isa) => vec![*isa],
        };
        list.iter().flat_map(each).collect()
    }
}

/// An element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dtype {
    /// 32 bits.
    F32,
    /// 64 bits.
    F64,
}

/// An instruction set that this CPU has.
fn isa(name: &str) -> Result<Isa, String> {
    let isa: Isa = name.parse().map_err(|error: lanestack::Error| error.to_string())?;
    match isa.is_available() {
        true => Ok(isa),
        false => Err(lanestack::Error::IsaUnavailable { isa }.to_string()),
    }
}

/// An instruction set that this CPU has, or all of them.
fn isas(name: &str) -> Result<Isas, String> {
    if name == "all" { Ok(Isas::All) } else { isa(name).map(Isas::One).map_err(|why| why + ", or all") }
}

/// A number of elements, with an optional suffix k, M or G (powers of 1024).
pub fn elements(text: &str) -> Result<usize, String> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1 << 10),
        Some((at, 'm' | 'M')) => (&text[..at], 1 << 20),
        Some((at, 'g' | 'G')) => (&text[..at], 1 << 30),
        _ => (text, 1),
    };
    let count: usize = digits.parse().map_err(|_| "expected a whole number, like 2048, 64k or 8M".to_owned())?;
    match count.checked_mul(unit) {
        Some(n) if n > 0 => Ok(n),
        Some(_) => Err("expected at least one element".to_owned()),
        None => Err("too many elements".to_owned()),
    }
}

/// A number of bytes, with an optional suffix k, M or G (powers of 1024).
fn bytes(text: &str) -> Result<u64, String> {
    let bytes = elements(text).map_err(|_| "expected a whole number of bytes, like 64M or 1G")?;
    Ok(bytes as u64)
}

/// What `apply` is to do, in the form of a [`Pipeline`]. Who forgets it gives a file in its place.
fn pipeline(text: &str) -> Result<String, String> {
    let is_file = text == "-" || text.ends_with(".npy") || Path::new(text).is_file();
    match pipeline_of::<f64>(text) {
        Err(_) if is_file => {
            Err("what to do with a file comes before it, as in: apply exp in.npy -o out.npy".to_owned())
        }
        parsed => parsed.map(|_| text.to_owned()),
    }
}

/// The pipeline that this text means for a type; else why there is none, and an arrow to the place in the text.
pub fn pipeline_of<T: Element>(text: &str) -> Result<Pipeline<T>, String> {
    text.parse().map_err(|error| match error {
        lanestack::Error::BadPipeline { at, why, .. } => {
            let line = text.replace(char::is_control, " ");
            let before = " ".repeat(text[..at].chars().count());
            format!("{why}\n\n    {line}\n    {before}^")
        }
        other => other.to_string(),
    })
}

/// A percentage that is not negative, with or without its sign: `5`, `2.5%`.
fn percent(text: &str) -> Result<f64, String> {
    match text.strip_suffix('%').unwrap_or(text).parse() {
        Ok(percent) if (0.0..f64::INFINITY).contains(&percent) => Ok(percent),
        _ => Err("expected a percentage, like 5 or 2.5".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }

    /// The command lines in a text: indented or in a block of code, up to what is said of them or done with their output.
    fn command_lines(text: &str) -> impl Iterator<Item = &str> {
        let lines = text.lines().filter(|line| line.trim_start().starts_with("lanestack"));
        let lines = lines.map(|line| {
            let line = line.trim_start();
            let end = ["  ", " | ", " > ", " #"].iter().filter_map(|end| line.find(end)).min();
            &line[..end.unwrap_or(line.len())]
        });
        lines.filter(|line| line.split(' ').next() == Some("lanestack"))
    }

    /// The words as a shell would see them.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                c => words.last_mut().expect("one at least").push(c),
            }
        }
        words
    }

    fn assert_understood(text: &str, place: &str) -> usize {
        command_lines(text)
            .map(|line| {
                if let Err(error) = Args::try_parse_from(words(line)) {
                    // An example may name an instruction set that this CPU lacks.
                    let lacks = error.to_string().contains("this CPU does not offer");
                    let helps = error.kind() == clap::error::ErrorKind::DisplayHelp;
                    assert!(lacks || helps, "{line:?} in {place}: {error}");
                }
            })
            .count()
    }

    #[test]
    fn examples_of_the_help_are_understood() {
        use clap::CommandFactory;
        let command = Args::command();
        for command in command.get_subcommands().chain([&command]) {
            let Some(help) = command.get_after_help() else { continue };
            let help = help.to_string();
            let examples = assert_understood(&help, command.get_name());
            assert!(examples > 0 || !help.contains("Examples:"), "{}", command.get_name());
        }
    }

    #[test]
    fn command_lines_of_the_docs_are_understood() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let docs = std::fs::read_dir(root.join("docs")).expect("a folder").map(|entry| entry.expect("an entry").path());
        let pages = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
        for page in pages.chain([root.join("README.md")]) {
            let text = std::fs::read_to_string(&page).expect("text");
            // Every second part is a block of code.
            for block in text.split("```").skip(1).step_by(2) {
                assert_understood(block, &page.display().to_string());
            }
        }
    }

    #[test]
    fn percentages() {
        assert_eq!((percent("5"), percent("2.5%"), percent("0")), (Ok(5.0), Ok(2.5), Ok(0.0)));
        for bad in ["", "%", "-1", "NaN", "inf", "5 %"] {
            assert!(percent(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(elements("2048"), Ok(2048));
        assert_eq!(elements("64k"), Ok(65536));
        assert_eq!(elements("8M"), Ok(8 << 20));
        assert_eq!(bytes("64M"), Ok(64 << 20));
        for bad in ["", "k", "0", "-1", "1.5M", "99999999999999999999", "99999999999G"] {
            assert!(elements(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn pipelines() {
        assert_eq!(pipeline("square, affine(2,-1) | sqrt").as_deref(), Ok("square, affine(2,-1) | sqrt"));
        let why = pipeline("square,afine(2,-1),sqrt").unwrap_err();
        assert!(why.ends_with("\n\n    square,afine(2,-1),sqrt\n           ^"), "{why}");
        let why = pipeline("exp,\n ün").unwrap_err();
        assert!(why.ends_with("\n\n    exp,  ün\n          ^"), "{why}");
        for (text, column) in [("", 0), ("exp,", 4), ("clip(2,1)", 0), ("scale(1e999)", 6), ("exp exp", 4)] {
            let why = pipeline(text).unwrap_err();
            assert!(why.ends_with(&format!("\n    {text}\n    {}^", " ".repeat(column))), "{why}");
        }
        assert!(pipeline_of::<f32>("scale(1e99)").unwrap_err().contains("f32") && pipeline("scale(1e99)").is_ok());
        assert!(pipeline("in.npy").unwrap_err().contains("comes before it"));
    }
}
