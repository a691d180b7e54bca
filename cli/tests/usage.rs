//! What the command says of itself, and how it takes wrong usage.
use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, is_empty};

#[test]
fn help() {
    for args in [&["--help"][..], &["apply", "--help"]] {
        let status = contains("Exit status: 0 success, 1 failure, 2 wrong usage.");
        Command::cargo_bin("lanestack").unwrap().args(args).assert().success().stdout(status).stderr(is_empty());
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
