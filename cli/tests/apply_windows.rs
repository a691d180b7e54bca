//! `apply` over files of many windows, over several files at once, and in its other ways: the bits are those of one call.
mod files;

use std::fs;

use files::{Folder, Number, header, npy, plain, plain_result};
use lanestack::{Accuracy, Engine, Op};

/// Little memory makes small windows.
const LITTLE: [&str; 2] = ["--memory", "24M"];

/// A file of several windows however they are cut: their ends are inside elements where the header's length is odd.
fn many_windows<T: Number>(descr: &str, big: bool, odd: usize, count: usize) {
    let source = T::some(count);
    let mut header = header(1, &format!("'{descr}'"), false, &format!("({count},)"));
    let len = header.len() - 10 - odd;
    header.drain(header.len() - 1 - odd..header.len() - 1);
    header[8..10].copy_from_slice(&(len as u16).to_le_bytes());
    let input = npy(&header, big, &source);
    for (op, accuracy) in [(Op::Exp, Accuracy::Default), (Op::Log, Accuracy::Exact), (Op::Square, Accuracy::Default)] {
        let engine = Engine::global().with_accuracy(accuracy);
        let expected = npy(&header, big, &engine.run(op, &source));
        for memory in [&LITTLE[..], &[]] {
            let folder = Folder::large().with("in.npy", &input);
            let mut command = folder.apply(op.name(), "in.npy", "out.npy");
            command.args(["--accuracy", accuracy.name()]).args(memory).assert().success();
            assert!(folder.read("out.npy") == expected, "{op} of {descr}, {odd}, {memory:?}");
            // From a pipe to a pipe, where windows are cut elsewhere.
            let mut command = folder.apply(op.name(), "-", "-");
            let command = command.args(["--accuracy", accuracy.name()]).args(memory).write_stdin(input.clone());
            assert!(command.output().unwrap().stdout == expected, "{op} of {descr}, {odd}, {memory:?}, pipe");
            let mut command = files::lanestack();
            command.current_dir(folder.path("")).args(["apply", op.name(), "in.npy", "--in-place", "--quiet"]);
            command.args(["--accuracy", accuracy.name()]).args(memory).assert().success().stderr("");
            assert!(folder.read("in.npy") == expected, "{op} of {descr}, {odd}, {memory:?}, in place");
            assert_eq!(folder.names(), ["in.npy", "out.npy"]);
        }
    }
}

#[test]
fn doubles() {
    many_windows::<f64>("<f8", false, 0, 1_500_000);
    many_windows::<f64>(">f8", true, 3, 1_300_001);
}

#[test]
fn singles() {
    many_windows::<f32>("<f4", false, 1, 2_500_003);
    many_windows::<f32>(">f4", true, 0, 2_500_000);
}

#[test]
fn raw_elements() {
    for count in [0, 1, 1_300_001] {
        let source = f64::some(count);
        let folder = Folder::large().with("in", npy(&[], false, &source));
        let expected = npy(&[], false, &Engine::global().run(Op::Sqrt, &source));
        folder.apply("sqrt", "in", "out").args(["--raw", "f64"]).args(LITTLE).assert().success();
        assert!(folder.read("out") == expected, "{count}");
        let mut command = folder.apply("sqrt", "-", "-");
        let command = command.args(["--raw", "f64"]).args(LITTLE).write_stdin(folder.read("in"));
        assert!(command.output().unwrap().stdout == expected, "{count}");
    }
    let folder = Folder::new().with("in", npy(&[], false, &f32::some(77)));
    folder.apply("exp", "in", "out").args(["--raw", "f32"]).assert().success();
    assert!(folder.read("out") == npy(&[], false, &Engine::global().run(Op::Exp, &f32::some(77))));
}

#[test]
fn raw_elements_that_are_not_whole() {
    let folder = Folder::new().with("in", [0; 12]);
    let mut command = folder.apply("sqrt", "in", "out");
    command.args(["--raw", "f64"]);
    folder.refuses(command, 1, &["\"in\"", "inside an element", "12 bytes"]);
    let mut command = folder.apply("sqrt", "-", "out");
    command.args(["--raw", "f64"]).write_stdin([0; 12]);
    folder.refuses(command, 1, &["\"-\"", "inside an element", "12 bytes"]);
}

#[test]
fn several_files() {
    let folder = Folder::new().with("a.npy", plain(9)).with("b.c.npy", plain(700)).with("d.npy", plain(0));
    let apply = |args: &[&str]| {
        let mut command = files::lanestack();
        command.current_dir(folder.path("")).args(["apply", "log", "a.npy", "b.c.npy"]).args(args);
        command
    };
    fs::create_dir(folder.path("out")).unwrap();
    apply(&["d.npy", "-o", "out/{name}.log.npy"]).assert().success().stderr("");
    apply(&["-o", "{dir}/out/../{name}.2.npy"]).assert().success();
    for (name, count) in [("a", 9), ("b.c", 700), ("d", 0)] {
        assert!(folder.read(&format!("out/{name}.log.npy")) == plain_result(Op::Log, count));
        assert!(name == "d" || folder.read(&format!("{name}.2.npy")) == plain_result(Op::Log, count));
    }
    apply(&["--in-place"]).assert().success();
    assert!(folder.read("a.npy") == plain_result(Op::Log, 9) && folder.read("b.c.npy") == plain_result(Op::Log, 700));
}

#[test]
fn several_files_never_meet() {
    let folder = Folder::new().with("a.npy", plain(9)).with("b.npy", plain(9)).with("bad.npy", "no array");
    fs::create_dir(folder.path("far")).unwrap();
    fs::copy(folder.path("a.npy"), folder.path("far/a.npy")).unwrap();
    let apply = |args: &[&str]| {
        let mut command = files::lanestack();
        command.current_dir(folder.path("")).args(["apply", "log"]).args(args);
        command
    };
    folder.refuses(
        apply(&["a.npy", "b.npy", "-o", "out.npy"]),
        2,
        &["\"a.npy\"", "\"b.npy\"", "\"out.npy\"", "{name}"],
    );
    folder.refuses(apply(&["a.npy", "far/a.npy", "-o", "{name}.out.npy"]), 2, &["a.out.npy", "{dir}"]);
    folder.refuses(apply(&["a.npy", "a.npy", "-o", "{name}.out.npy"]), 2, &["a.out.npy"]);
    folder.refuses(apply(&["a.npy", "./a.npy", "--in-place"]), 2, &["a.npy"]);
    folder.refuses(apply(&["a.npy", "b.npy", "-o", "-"]), 2, &["\"-\""]);
    // An output that is an input: its own, it may be; not another one, by whatever name.
    folder.refuses(apply(&["a.npy", "b.npy", "-o", "far/../b.npy"]), 2, &["b.npy"]);
    folder.refuses(apply(&["far/a.npy", "b.npy", "a.npy", "-o", "far/../{name}.npy"]), 2, &["the input"]);
    // Nothing is computed if anything is wrong.
    folder.refuses(apply(&["a.npy", "bad.npy", "-o", "{name}.out.npy"]), 1, &["bad.npy", "not a .npy file"]);
    folder.refuses(apply(&["a.npy", "missing.npy", "-o", "{name}.out.npy"]), 1, &["missing.npy", "does not exist"]);
    // What was forgotten is named.
    folder.refuses(apply(&["a.npy", "new.npy"]), 2, &["-o", "\"new.npy\""]);
    folder.refuses(apply(&["a.npy", "-o", "b.npy", "--in-place"]), 2, &["--in-place"]);
    let mut command = files::lanestack();
    command.current_dir(folder.path("")).args(["apply", "a.npy", "-o", "b.npy"]);
    folder.refuses(command, 2, &["before it", "apply exp in.npy -o out.npy"]);
}

#[test]
fn sizes_and_memory_are_told() {
    let folder = Folder::new().with("in.npy", npy(&header(1, "'>f4'", false, "(3, 5)"), true, &f32::some(15)));
    let before = folder.files();
    let told = folder.apply("exp", "in.npy", "out.npy").args(["--dry-run", "--memory", "32M"]).output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    for words in ["\"in.npy\"", "\"out.npy\"", "float32", "[3, 5]", "15 elements", "188 bytes", "memory: "] {
        assert!(told.contains(words), "{words:?} is not in: {told}");
    }
    assert!(folder.files() == before);
    for (memory, words) in [("1M", "the least"), ("0", "bytes"), ("much", "64M")] {
        let mut command = folder.apply("exp", "in.npy", "out.npy");
        command.args(["--memory", memory]);
        folder.refuses(command, 2, &["--memory", words]);
    }
}

#[test]
fn in_place_is_for_files() {
    let folder = Folder::new().with("in.npy", plain(3));
    for name in ["-", "missing.npy", "."] {
        let mut command = files::lanestack();
        command.current_dir(folder.path("")).args(["apply", "exp", name, "--in-place"]).write_stdin(plain(3));
        folder.refuses(command, 1, &[name]);
    }
}
