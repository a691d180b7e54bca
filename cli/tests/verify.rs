//! The command `verify`.
use assert_cmd::Command;
use predicates::prelude::*;
use serde_json::Value;

fn verify(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("lanestack").expect("the command");
    command.arg("verify").args(arguments);
    command
}

#[test]
fn a_small_run_passes() {
    let says =
        predicate::str::contains("PASS").and(predicate::str::contains("avx").or(predicate::str::contains("portable")));
    verify(&["--dtype", "f64", "--samples", "20000"]).assert().success().stdout(says);
}

#[test]
fn f32_digests() {
    let output = verify(&["--op", "exp", "--dtype", "f32", "--samples", "5000", "--isa", "portable", "--json"])
        .output()
        .expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let row = &document["rows"][0];
    assert_eq!(
        (row["op"].as_str(), row["dtype"].as_str(), row["isa"].as_str()),
        (Some("exp"), Some("f32"), Some("portable"))
    );
    assert!(row["inputs"].as_u64().expect("a number") >= 1 << 26);
    assert_eq!(row["correctly_rounded_percent"].as_f64(), Some(100.0));
}

#[test]
fn json_has_every_row_and_matrix() {
    let arguments = ["--op", "exp,log", "--dtype", "f64", "--samples", "20000", "--isa", "portable,scalar", "--json"];
    let output = verify(&arguments).output().expect("runs");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(document["schema"], 1);
    assert_eq!(document["passed"], true);
    // Two ops, two tiers, two isas.
    assert_eq!(document["rows"].as_array().map(Vec::len), Some(8));
    assert_eq!(document["matrices"].as_array().map(Vec::len), Some(4));
    for row in document["rows"].as_array().expect("rows") {
        let (max, bound) = (row["max_ulp"].as_f64().expect("a number"), row["bound_ulp"].as_f64().expect("a number"));
        assert!(max <= bound && max > 0.49, "{row}");
        assert_eq!(row["specials_wrong"], 0);
        assert_eq!(bound == 0.5, row["accuracy"] == "exact");
    }
}

#[test]
fn one_tier_alone() {
    let output = verify(&["--op", "log", "--dtype", "f64", "--samples", "1000", "--accuracy", "exact", "--markdown"])
        .output()
        .expect("runs");
    let table = String::from_utf8(output.stdout).expect("text");
    assert!(
        table.starts_with("| op | type | tier |") && table.contains("| exact |") && !table.contains("| default |"),
        "{table}"
    );
}

#[test]
fn wrong_usage() {
    for (arguments, says) in [
        (&["--isa", "sse9"][..], "unknown instruction set"),
        (&["--accuracy", "best"], "unknown accuracy"),
        (&["--op", "sin"], "unknown op"),
        (&["--samples", "0"], "at least one"),
        (&["--json", "--markdown"], "cannot be used with"),
    ] {
        verify(arguments).assert().code(2).stderr(predicate::str::contains(says));
    }
}

#[test]
fn an_isa_is_judged_once_and_the_environment_is_heard() {
    let rows = |command: &mut Command| -> Vec<String> {
        let document: Value = serde_json::from_slice(&command.output().expect("runs").stdout).expect("JSON");
        let rows = document["rows"].as_array().expect("rows").iter();
        rows.map(|row| row["isa"].as_str().expect("a name").to_owned()).collect()
    };
    let small = ["--op", "sqrt", "--dtype", "f64", "--samples", "1000", "--json"];
    let twice = [&small[..], &["--isa", "scalar,portable,scalar"]].concat();
    assert_eq!(rows(&mut verify(&twice)).len(), 2);
    assert_eq!(rows(verify(&small).env("LANESTACK_ISA", "portable")), ["portable"]);
    verify(&small).env("LANESTACK_ISA", "sse9").assert().code(2).stderr(predicate::str::contains("LANESTACK_ISA"));
}

#[test]
fn the_table_is_narrow() {
    let output = verify(&["--dtype", "f64", "--samples", "1000"]).output().expect("runs");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
}
