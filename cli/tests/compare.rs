//! The command `compare` as a process.
use std::io::Read;
use std::process::{Command, Stdio};

use assert_cmd::cargo::CommandCargoExt;
use assert_cmd::prelude::*;
use predicates::prelude::*;
use serde_json::Value;

/// `lanestack compare`, without what the environment may set.
fn compare(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("lanestack").expect("the binary is built with its tests");
    command.arg("compare").args(args);
    for variable in ["LANESTACK_ISA", "LANESTACK_NUM_THREADS", "RAYON_NUM_THREADS", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

const QUICK: [&str; 6] = ["--op", "square", "--dtype", "f64", "--size", "4096"];

fn stdout(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "no progress where stderr is no terminal");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn json_has_every_variant() {
    let text = stdout(compare(&QUICK).args(["--threads", "2", "--json"]));
    let json: Value = serde_json::from_str(&text).expect("one JSON document");
    assert_eq!(json["schema"], 1);
    assert_eq!(json["provenance"]["threads"], 2);
    let sections = json["sections"].as_array().expect("a list");
    assert_eq!(sections.len(), 1);
    assert_eq!((&sections[0]["op"], &sections[0]["elements"]), (&"square".into(), &4096.into()));
    let rows = sections[0]["rows"].as_array().expect("a list");
    let variants: Vec<(&str, u64)> = rows
        .iter()
        .map(|row| (row["variant"].as_str().expect("a name"), row["threads"].as_u64().expect("a number")))
        .collect();
    let available: Vec<&str> = lanestack::Isa::available().iter().rev().map(|isa| isa.name()).collect();
    let mut expected = vec![("std", 1)];
    expected.extend(available.iter().map(|&isa| (isa, 1)));
    expected.extend([("std", 2), (*available.last().expect("there is an isa"), 2)]);
    assert_eq!(variants, expected);
    for row in rows.iter().filter(|row| row["threads"] == 1) {
        assert!(row["ns"]["median"].as_f64().is_some_and(|ns| ns > 0.0), "{row}");
        assert!(row["gb_per_s"].is_f64() && row["roof_percent"].is_f64() && row["limit"].is_string(), "{row}");
        assert_eq!(row["bits"]["differ"], 0, "square is correctly rounded everywhere: {row}");
    }
    assert!(json["roofs"].as_array().is_some_and(|roofs| roofs.len() >= 3));
    assert!(json["sentences"].as_array().is_some_and(|sentences| !sentences.is_empty()));
}

#[test]
fn the_report_is_plain_text_of_at_most_100_columns() {
    let text = stdout(compare(&QUICK).args(["--threads", "1"]));
    assert!(text.starts_with("lanestack ") && text.contains("square f64"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(!text.contains('\x1b'), "no colour where stdout is no terminal");
}

/// Which of them are here depends on the machine; each is either in the table or absent, and says how to get it.
#[test]
fn peers_are_in_the_table_or_named_as_absent() {
    let quick = ["--op", "exp", "--dtype", "f32", "--size", "64", "--threads", "1", "--json"];
    let json = |args: &[&str]| -> Value {
        serde_json::from_str(&stdout(compare(&quick).args(args))).expect("one JSON document")
    };
    assert_eq!(json(&[])["beside"], Value::Null);
    let beside = &json(&["--peers"])["beside"];
    let names = |list: &Value, name: &str| -> Vec<String> {
        list.as_array().expect("a list").iter().map(|one| one[name].as_str().expect("a name").to_owned()).collect()
    };
    let table = &beside["tables"][0];
    let here = names(&table["rows"], "library");
    let absent = names(&beside["absent"], "library");
    assert!(["lanestack", "std"].iter().all(|name| here.iter().any(|library| library == name)), "{here:?}");
    // Without vectors of its own, a CPU has no use for most of them.
    let peers =
        if lanestack::Isa::best() == lanestack::Isa::Portable { &[][..] } else { &["MKL", "SVML", "libmvec", "SLEEF"] };
    for peer in peers {
        let is = |list: &[String]| list.iter().any(|library| library == peer);
        assert!(is(&here) != is(&absent), "{peer}: {beside}");
    }
    for row in table["rows"].as_array().expect("a list") {
        assert!(row["ns"]["median"].as_f64().is_some_and(|ns| ns > 0.0), "{row}");
        assert!(row["ratios"][0]["median"].as_f64().is_some_and(|ratio| ratio > 0.0), "{row}");
    }
    for row in table["rows"].as_array().expect("a list").iter().filter(|row| row["class"] == "default") {
        assert!(row["ulp"].as_f64().is_some_and(|ulp| ulp <= 0.5) && row["wrong"] == serde_json::json!([]), "{row}");
    }
    assert!(names(&beside["absent"], "get").iter().all(|how| !how.is_empty()));
}

#[test]
fn a_folder_of_peers_must_be_there() {
    let failed = compare(&QUICK).arg("--peers=/no/such/folder").assert().code(2);
    failed.stderr(predicate::str::contains("--peers: /no/such/folder is no folder"));
}

#[test]
fn no_color_beats_a_forced_one() {
    let text = stdout(compare(&QUICK).args(["--isa", "scalar", "--threads", "1"]).env("CLICOLOR_FORCE", "1"));
    assert!(text.contains('\x1b'));
    let text = stdout(
        compare(&QUICK).args(["--isa", "scalar", "--threads", "1"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1"),
    );
    assert!(!text.contains('\x1b'));
}

#[test]
fn only_the_isa_that_the_environment_names() {
    let text = stdout(compare(&QUICK).args(["--threads", "1", "--json"]).env("LANESTACK_ISA", "portable"));
    let json: Value = serde_json::from_str(&text).expect("one JSON document");
    assert_eq!(json["provenance"]["isas"], serde_json::json!(["portable"]));
}

#[test]
fn wrong_usage_ends_with_status_2() {
    let missing = lanestack::Isa::ALL.iter().find(|isa| !isa.is_available()).expect("no CPU has them all");
    let wrong: [(&[&str], String); 6] = [
        (&["--isa", missing.name()], format!("this CPU does not offer {missing}")),
        (&["--isa", "avx3"], "unknown instruction set".to_owned()),
        (&["--threads", "0"], "bad number of threads".to_owned()),
        (&["--op", "cosh"], "unknown op".to_owned()),
        (&["--dtype", "f16"], "f16".to_owned()),
        (&["--size", "0"], "at least one element".to_owned()),
    ];
    for (args, message) in wrong {
        compare(args).assert().code(2).stdout("").stderr(predicate::str::contains(message));
    }
    for (variable, value) in [("LANESTACK_ISA", "avx3"), ("LANESTACK_NUM_THREADS", "none")] {
        compare(&[]).env(variable, value).assert().code(2).stdout("").stderr(predicate::str::contains(variable));
    }
}

#[test]
fn more_than_the_memory_is_refused() {
    compare(&["--size", "1000000G"]).assert().code(1).stdout("").stderr(predicate::str::contains("elements"));
}

#[test]
fn a_closed_pipe_is_quiet() {
    let mut child = compare(&QUICK)
        .args(["--isa", "scalar", "--threads", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let mut errors = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut errors).expect("UTF-8");
    assert_eq!(errors, "");
    assert!(child.wait().expect("it ends").success());
}
