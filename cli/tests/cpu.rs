//! The command `cpu` as a process.
use assert_cmd::Command;
use lanestack::{Engine, ISA_VARIABLE, Isa, Op, THREADS_VARIABLE, Target, Threads};
use serde_json::Value;

fn lanestack_cpu() -> Command {
    let mut command = Command::cargo_bin("lanestack").unwrap();
    command.arg("cpu").env_remove(ISA_VARIABLE).env_remove(THREADS_VARIABLE).env_remove("RAYON_NUM_THREADS");
    command
}

fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    String::from_utf8(output.stdout).unwrap()
}

/// The line that starts with these words, and what follows them.
fn line<'a>(text: &'a str, start: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix(start)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no line starts with {start:?} in:\n{text}")).trim_start()
}

#[test]
fn tells_which_isa_is_taken_for_what() {
    let text = printed(&mut lanestack_cpu());
    let best = Isa::best();
    assert!(line(&text, "isa").starts_with(&format!("{best}: ")), "{text}");
    for op in Op::ALL {
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        for dtype in ["f32", "f64"] {
            assert!(rows.iter().any(|row| row.starts_with(&[op.name(), dtype, best.name()])), "{op} {dtype}:\n{text}");
        }
    }
    for isa in Isa::ALL.iter().filter(|&&isa| isa != best) {
        let why = if isa.is_available() { "available; " } else { "not available: " };
        assert!(line(&text, isa.name()).starts_with(why), "{text}");
    }
}

#[test]
fn lines_are_short_and_plain() {
    let text = printed(&mut lanestack_cpu());
    assert!(text.lines().all(|line| line.chars().count() <= 100 && line.trim_end() == line), "{text}");
    assert!(!text.contains('\x1b'), "{text}");
    let text = printed(lanestack_cpu().env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR"));
    assert!(text.contains('\x1b'), "{text}");
    let text = printed(lanestack_cpu().env("NO_COLOR", "1"));
    assert!(!text.contains('\x1b'), "{text}");
}

#[test]
fn tells_who_chose() {
    for &isa in Isa::available() {
        let text = printed(lanestack_cpu().env(ISA_VARIABLE, isa.name()));
        assert_eq!(line(&text, "isa"), format!("{isa}: by {ISA_VARIABLE}"));
    }
    let text = printed(lanestack_cpu().env(THREADS_VARIABLE, "3"));
    assert_eq!(line(&text, "threads"), format!("3: by {THREADS_VARIABLE}"));
    let text = printed(lanestack_cpu().env("RAYON_NUM_THREADS", "5"));
    assert_eq!(line(&text, "threads"), "5: by RAYON_NUM_THREADS");
    let text = printed(lanestack_cpu().env(THREADS_VARIABLE, "1"));
    let rows = text.lines().filter(|line| line.starts_with("  exp ") || line.starts_with("  square "));
    assert_eq!(rows.filter(|row| row.split_whitespace().any(|word| word == "never")).count(), 4, "{text}");
}

#[test]
fn refuses_what_it_cannot_choose() {
    let unknown = lanestack_cpu().env(ISA_VARIABLE, "mmx").output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
    let said = String::from_utf8(unknown.stderr).unwrap();
    assert!(said.contains(ISA_VARIABLE) && said.contains("mmx") && said.lines().count() == 1, "{said}");
    assert!(unknown.stdout.is_empty());
}

/// A reader that has gone is no failure: the pipe is closed before the command starts to write.
#[test]
fn closed_pipe_is_quiet() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let command = lanestack_cpu();
    let mut process = std::process::Command::new(command.get_program());
    let output = process.args(command.get_args()).stdout(writer).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let output = output.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.status.success());
}

/// `--explain` tells what the library plans, for each way to call it.
#[test]
fn explains_a_slice() {
    let mut command = lanestack_cpu();
    command.env_remove(lanestack::STORES_VARIABLE).env_remove(lanestack::PARALLEL_FROM_VARIABLE);
    let text = printed(command.args(["--explain", "exp", "f64", "100", "--threads", "1"]));
    let engine = Engine::builder().threads(Threads::Exactly(1)).build().unwrap();
    for target in [Target::Into, Target::InPlace, Target::New] {
        for planned in engine.plan::<f64>(Op::Exp, 100, target).to_string().lines() {
            let words: Vec<&str> = planned.split([' ', ':']).filter(|word| !word.is_empty()).collect();
            let said = text.lines().any(|line| {
                let line: Vec<&str> = line.split([' ', ':']).filter(|word| !word.is_empty()).collect();
                line.starts_with(&words)
            });
            assert!(said, "{planned:?} in:\n{text}");
        }
    }
    let text =
        printed(lanestack_cpu().args(["--explain", "square", "f32", "1G", "--threads", "2", "--isa", "portable"]));
    assert!(line(&text, "threads").starts_with("2: "), "{text}");
    assert_eq!(line(&text, "stores"), "plain: portable has no others");
    let text =
        printed(lanestack_cpu().args(["--explain", "log", "f64", "10"]).env(lanestack::STORES_VARIABLE, "plain"));
    assert_eq!(line(&text, "stores"), "plain: by choice");
    for (wrong, named) in [(["cosh", "f64", "10"], "cosh"), (["exp", "f16", "10"], "f16"), (["exp", "f64", "-1"], "-1")]
    {
        let output = lanestack_cpu().arg("--explain").args(wrong).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(named) && said.contains("--explain"), "{said}");
    }
}

/// Without a number of elements: each number from which on something else is done.
#[test]
fn explains_every_length() {
    let mut command = lanestack_cpu();
    command.env_remove(lanestack::STORES_VARIABLE).env(lanestack::PARALLEL_FROM_VARIABLE, "12345");
    let text = printed(command.args(["--explain", "sqrt", "f32", "--threads", "2"]));
    for target in ["into memory of yours", "in place", "into new memory"] {
        let (_, part) = text.split_once(&format!("sqrt of f32, {target}\n")).expect("a part");
        assert!(part.starts_with("  from 1          1 thread on "), "{text}");
        assert!(line(part, "from 12345").starts_with("2 threads on "), "{text}");
    }
}

#[test]
fn json_tells_the_same() {
    let json = |args: &[&str]| -> Value { serde_json::from_str(&printed(lanestack_cpu().args(args))).unwrap() };
    let facts = json(&["--json"]);
    assert_eq!((&facts["schema"], &facts["measured"]), (&1.into(), &Value::Null));
    assert_eq!(facts["lanestack"]["isa"], Isa::best().name());
    assert_eq!(facts["lanestack"]["isas"].as_array().map(Vec::len), Some(Isa::ALL.len()));
    assert_eq!(facts["lanestack"]["ops"].as_array().map(Vec::len), Some(2 * Op::ALL.len()));
    let plans = json(&["--explain", "exp", "f64", "8M", "--threads", "2", "--json"]);
    assert_eq!((&plans["elements"], &plans["plans"][0]["threads"]), (&(8 << 20).into(), &2.into()));
    assert_eq!(plans["plans"].as_array().map(Vec::len), Some(3));
    let scalar = printed(lanestack_cpu().arg("--json").env(ISA_VARIABLE, "scalar"));
    let scalar: Value = serde_json::from_str(&scalar).unwrap();
    let wider = &scalar["lanestack"]["ops"][0]["wider"];
    assert_eq!(wider["isa"], Isa::Portable.name());
    assert_eq!(wider["why"], format!("available; {ISA_VARIABLE}=portable takes it"));
}
