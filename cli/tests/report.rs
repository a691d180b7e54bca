//! Runs kept in files, and what is made of them: `compare --save`, `--load`, `--baseline`, `--export`.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use assert_cmd::cargo::CommandCargoExt;
use assert_cmd::prelude::*;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use tempfile::TempDir;

fn compare(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("lanestack").expect("the binary is built with its tests");
    command.arg("compare").args(args);
    for variable in ["LANESTACK_ISA", "LANESTACK_NUM_THREADS", "RAYON_NUM_THREADS", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

const QUICK: [&str; 8] = ["--op", "square", "--dtype", "f64", "--size", "512", "--threads", "1"];

/// A run that was measured once, for all tests.
fn run() -> &'static Path {
    static RUN: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = RUN.get_or_init(|| {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("run.json");
        compare(&QUICK).arg("--save").arg(&path).assert().success();
        (folder, path)
    });
    path
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("it is there")).expect("JSON")
}

/// The run with something changed, in a new file.
fn changed(folder: &TempDir, change: impl FnOnce(&mut Value)) -> String {
    let mut run = json(run());
    change(&mut run);
    let path = folder.path().join("changed.json");
    fs::write(&path, run.to_string()).expect("it can be written");
    path.to_str().expect("UTF-8").to_owned()
}

/// All times of lanestack's, or of std, times `by`.
fn scale(run: &mut Value, std: bool, by: f64) {
    for row in run["sections"][0]["rows"].as_array_mut().expect("a list") {
        if (row["variant"] == "std") == std {
            for part in ["min", "p25", "median", "p75", "max"] {
                row["ns"][part] = (row["ns"][part].as_f64().expect("a number") * by).into();
            }
        }
    }
}

/// Contains these words, however the lines are broken.
fn says(words: &str) -> impl Predicate<str> + use<> {
    let words = words.to_owned();
    predicate::function(move |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").contains(&words))
}

fn shown(args: &[&str]) -> String {
    let output = compare(&["--load", run().to_str().expect("UTF-8")]).args(args).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_saved_run_is_shown_as_it_was() {
    let again: Value = serde_json::from_str(&shown(&["--json"])).expect("JSON");
    assert_eq!(again, json(run()));
    assert_eq!(shown(&["--export", "json"]), shown(&["--json"]));
    let text = shown(&[]);
    assert!(text.starts_with("lanestack ") && text.contains("square f64"), "{text}");
}

#[test]
fn csv_has_a_line_for_each_variant() {
    let csv = shown(&["--export", "csv"]);
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let heads = lines.next().expect("a line of heads");
    let rows = json(run())["sections"][0]["rows"].as_array().expect("a list").clone();
    let column = |name| heads.iter().position(|&head| head == name).expect("there is such a column");
    for row in &rows {
        let cells = lines.next().expect("a line for each variant");
        assert_eq!(cells.len(), heads.len());
        assert_eq!(cells[column("variant")], row["variant"].as_str().expect("a name"));
        assert_eq!(cells[column("median_ns")].parse().ok(), row["ns"]["median"].as_f64());
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn markdown_has_the_tables() {
    let text = shown(&["--export", "md"]);
    assert!(text.contains("**square f64 in L1") && text.contains("\n| std | "), "{text}");
}

#[test]
fn only_a_slower_lanestack_fails() {
    let folder = TempDir::new().expect("a folder");
    let run = run().to_str().expect("UTF-8");
    let against =
        |file: &str, percent: &str| compare(&["--load", run, "--baseline", file, "--fail-if-slower", percent]).assert();
    against(run, "0").success().stdout(says("0 are faster and 0 slower"));
    let half = changed(&folder, |run| scale(run, false, 0.5));
    against(&half, "50")
        .code(1)
        .stderr(contains("longer than in").and(contains("+100.0 %")).and(contains("square f64")));
    against(&half, "101%").success();
    let std = changed(&folder, |run| scale(run, true, 0.5));
    against(&std, "5").success().stdout(contains("slower"));
    let double = changed(&folder, |run| scale(run, false, 2.0));
    against(&double, "5").success().stdout(contains("faster"));
}

/// What is measured once more, because it seems to be slower, is still slower than a hundredth of the time.
#[test]
fn a_measured_run_fails_against_a_much_faster_one() {
    let folder = TempDir::new().expect("a folder");
    let fast = changed(&folder, |run| scale(run, false, 0.01));
    let failed = compare(&QUICK).args(["--baseline", &fast, "--fail-if-slower", "100"]).assert().code(1);
    failed.stdout(contains("slower")).stderr(contains("--fail-if-slower: "));
}

#[test]
fn another_machine_is_said_and_is_no_limit() {
    let folder = TempDir::new().expect("a folder");
    let other = changed(&folder, |run| run["provenance"]["processor"]["brand"] = "Abacus 3000".into());
    let run = run().to_str().expect("UTF-8");
    compare(&["--load", run, "--baseline", &other]).assert().success().stdout(says("Another machine: CPU Abacus 3000"));
    for start in [&["--load", run][..], &QUICK] {
        compare(start)
            .args(["--baseline", &other, "--fail-if-slower", "5"])
            .assert()
            .code(1)
            .stdout("")
            .stderr(contains("another machine").and(contains("Abacus 3000")));
    }
}

#[test]
fn a_file_that_is_no_run_is_refused_before_anything_is_measured() {
    let folder = TempDir::new().expect("a folder");
    let newer = changed(&folder, |run| run["schema"] = 99.into());
    let noise = folder.path().join("noise.json");
    fs::write(&noise, "{\"schema\": 1").expect("it can be written");
    let noise = noise.to_str().expect("UTF-8");
    for (file, why) in [("/no/such/file", "No such file"), (&newer, "form 99"), (noise, "it is no run that compare")] {
        for option in ["--baseline", "--load"] {
            let failed = compare(&[option, file]).assert().code(1).stdout("");
            failed.stderr(contains(format!("{option}: cannot read {file}: ")).and(contains(why)));
        }
    }
    let damaged = changed(&folder, |run| run["sections"][0]["rows"] = "none".into());
    compare(&["--load", &damaged]).assert().code(1).stderr(contains("it is damaged"));
}

#[test]
fn a_run_with_nothing_in_common_is_no_baseline() {
    let folder = TempDir::new().expect("a folder");
    let other = changed(&folder, |run| run["sections"][0]["elements"] = 1.into());
    let run = run().to_str().expect("UTF-8");
    compare(&["--load", run, "--baseline", &other]).assert().code(1).stderr(contains("no figure in common"));
}

#[test]
fn what_cannot_be_written_is_found_before_anything_is_measured() {
    compare(&["--save", "/no/such/folder/run.json"]).assert().code(1).stdout("").stderr(contains("/no/such/folder"));
}

#[test]
fn options_that_contradict_each_other_are_wrong_usage() {
    let wrong: [&[&str]; 5] = [
        &["--fail-if-slower", "5"],
        &["--fail-if-slower", "-5", "--baseline", "x"],
        &["--load", "x", "--op", "exp"],
        &["--json", "--export", "csv"],
        &["--export", "xml"],
    ];
    for args in wrong {
        compare(args).assert().code(2).stdout("").stderr(contains("--"));
    }
}

#[test]
fn a_page_is_written_whole_or_not_at_all() {
    let folder = TempDir::new().expect("a folder");
    let page = folder.path().join("report.html");
    shown(&["--html", page.to_str().expect("UTF-8")]);
    let text = fs::read_to_string(&page).expect("it is there");
    assert!(text.starts_with("<!doctype html>") && text.ends_with("</html>\n") && text.contains("<svg "), "{text}");
    compare(&["--html", "/no/such/folder/report.html"]).assert().code(1).stdout("").stderr(contains("/no/such/folder"));
}

#[test]
fn a_plot_is_at_most_100_columns_wide() {
    let text = shown(&["--plot"]);
    assert!(text.contains("lanes █") && text.lines().all(|line| line.chars().count() <= 100), "{text}");
}
