//! Files of numbers in a folder, and the command in that folder.
#![allow(dead_code, reason = "no test uses all of it")]
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command as Process;

use assert_cmd::Command;
use lanestack::{Element, Engine, Op};
use tempfile::TempDir;

/// A number in a file.
pub trait Number: Element {
    /// Of every kind, infinite and subnormal ones and NaNs among them.
    fn some(count: usize) -> Vec<Self>;
    fn bytes(self, big: bool) -> Vec<u8>;
}

macro_rules! number {
    ($t:ident, $bits:ident) => {
        impl Number for $t {
            fn some(count: usize) -> Vec<Self> {
                let special = [0.0, -0.0, $t::INFINITY, -$t::INFINITY, $t::NAN, -$t::NAN, $t::MIN_POSITIVE / 8.0, -1.0];
                let odd = $bits::MAX / 3 * 2 + 0x1234567;
                let other =
                    (0..).map(|k: $bits| $t::from_bits(k.wrapping_mul(odd)) * if k % 3 == 0 { 1.0 } else { 1e-30 });
                special.into_iter().chain((1..100).map(|k| k as $t / 7.0)).chain(other).take(count).collect()
            }
            fn bytes(self, big: bool) -> Vec<u8> {
                if big { self.to_be_bytes().into() } else { self.to_le_bytes().into() }
            }
        }
    };
}
number!(f32, u32);
number!(f64, u64);

/// A header as NumPy writes it: a dictionary, filled up with spaces to a multiple of 64.
pub fn header(version: u8, descr: &str, fortran: bool, shape: &str) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut text = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}");
    let start = if version == 1 { 10 } else { 12 };
    text += &" ".repeat(63 - (start + text.len()) % 64);
    text += "\n";
    let len = text.len() as u32;
    let len = if version == 1 { (len as u16).to_le_bytes().to_vec() } else { len.to_le_bytes().to_vec() };
    [b"\x93NUMPY", &[version, 0][..], &len, text.as_bytes()].concat()
}

pub fn npy<T: Number>(header: &[u8], big: bool, elements: &[T]) -> Vec<u8> {
    let mut file = header.to_vec();
    file.extend(elements.iter().flat_map(|x| x.bytes(big)));
    file
}

/// A file of a few doubles.
pub fn plain(count: usize) -> Vec<u8> {
    npy(&header(1, "'<f8'", false, &format!("({count},)")), false, &f64::some(count))
}

/// What `apply` is to make of `plain(count)`.
pub fn plain_result(op: Op, count: usize) -> Vec<u8> {
    npy(&header(1, "'<f8'", false, &format!("({count},)")), false, &Engine::global().run(op, &f64::some(count)))
}

pub fn lanestack() -> Command {
    Command::cargo_bin("lanestack").unwrap()
}

/// A folder, and what is in it.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// On the disk that holds what is built, for files that a folder of temporary ones may have no room for.
    pub fn large() -> Self {
        Self(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn with(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), bytes).unwrap();
        self
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn files(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let paths = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().path());
        paths.map(|path| (path.clone(), fs::read(path).ok())).collect()
    }

    pub fn apply(&self, op: &str, input: &str, output: &str) -> Command {
        let mut command = lanestack();
        command.current_dir(self.0.path()).args(["apply", op, input, "-o", output]);
        command
    }

    /// The command, to be given arguments and pipes.
    pub fn process(&self) -> Process {
        let mut process = Process::new(lanestack().get_program());
        process.current_dir(self.0.path());
        process
    }

    /// The names of what is in it, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The command fails with one line that has these words, and nothing in the folder has changed.
    pub fn refuses(&self, mut command: Command, status: i32, words: &[&str]) {
        let before = self.files();
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(output.stdout.is_empty());
        for word in words {
            assert!(said.contains(word), "{word:?} is not in: {said}");
        }
        if status == 1 {
            assert!(said.starts_with("lanestack: ") && said.ends_with('\n') && said.lines().count() == 1, "{said}");
        }
        assert!(self.files() == before, "the folder has changed: {:?}", self.files().keys());
    }
}
