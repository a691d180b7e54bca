//! What the command says of itself, and how it takes wrong usage.
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use assert_cmd::Command;
use assert_cmd::cargo::CommandCargoExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, is_empty};

#[test]
fn help() {
    for args in [&["--help"][..], &["apply", "--help"], &["cpu", "-h"], &["verify", "-h"], &["man", "-h"]] {
        let status = contains("Exit status: 0 ").and(contains(" 2 wrong usage."));
        let says = status.and(contains("xamples:").or(contains("apply")));
        Command::cargo_bin("lanestack").unwrap().args(args).assert().success().stdout(says).stderr(is_empty());
    }
    Command::cargo_bin("lanestack")
        .unwrap()
        .arg("--version")
        .assert()
        .success()
        .stdout(contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_ends_with_two() {
    for args in [&["unknown"][..], &["--unknown"], &["cpu", "more"], &["apply"], &["compare", "--op", "cosh"]] {
        let named = contains(*args.last().unwrap()).or(contains("required"));
        Command::cargo_bin("lanestack").unwrap().args(args).assert().code(2).stdout(is_empty()).stderr(named);
    }
}

/// Before it measures for half a minute, it says so; this does not wait for the end.
#[test]
fn without_a_command_it_says_what_it_does() {
    let mut command = std::process::Command::cargo_bin("lanestack").unwrap();
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(process.stderr.take().unwrap()).read_line(&mut said).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(said.contains("lanestack compare") && said.contains("lanestack --help"), "{said:?}");
}

#[test]
fn errors_name_the_option_or_the_variable() {
    let foreign = if cfg!(target_arch = "aarch64") { "avx2" } else { "neon" };
    let wrong: [(&[&str], &str); 8] = [
        (&["compare", "--threads", "0"], "--threads"),
        (&["compare", "--isa", "avx1024"], "--isa"),
        (&["compare", "--isa", foreign], "--isa"),
        (&["verify", "--isa", foreign], "--isa"),
        (&["cpu", "--explain", "exp", "f64", "10", "--isa", foreign], "--isa"),
        (&["cpu", "--explain", "exp", "f64", "10", "--accuracy", "fas"], "--accuracy"),
        (&["cpu", "--measure", "--explain", "exp", "f64"], "--measure"),
        (&["man", "nothing"], "nothing"),
    ];
    for (args, named) in wrong {
        let failed = Command::cargo_bin("lanestack").unwrap().args(args).assert().code(2);
        failed.stdout(is_empty()).stderr(contains(named));
    }
    for (variable, value) in
        [("LANESTACK_STORES", "foo"), ("LANESTACK_PARALLEL_FROM", "-3"), ("LANESTACK_ISA", foreign)]
    {
        let failed = Command::cargo_bin("lanestack").unwrap().arg("cpu").env(variable, value).assert().code(2);
        failed.stdout(is_empty()).stderr(contains(variable).and(contains(value)));
    }
}

#[test]
fn manual_pages_and_completions() {
    let printed = |args: &[&str]| {
        let output = Command::cargo_bin("lanestack").unwrap().args(args).assert().success().get_output().clone();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(printed(&["man"]).contains(".TH lanestack 1"));
    let page = printed(&["man", "cpu"]);
    assert!(page.contains(".TH lanestack-cpu 1") && page.contains(r"\-\-explain") && page.contains("Exit status"));
    let folder = tempfile::tempdir().unwrap();
    printed(&["man", "--folder", folder.path().to_str().unwrap()]);
    for name in ["lanestack.1", "lanestack-compare.1", "lanestack-apply.1", "lanestack-verify.1", "lanestack-cpu.1"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        assert!(script.contains("compare") && script.contains("explain"), "{shell}");
    }
}
