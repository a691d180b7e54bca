//! `apply` when something goes wrong on the way, done in earnest: nothing is lost, and no rubbish stays.
#![cfg(all(target_os = "linux", not(lanestack_no_os)))]
mod files;

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use files::{Folder, header, lanestack, npy, plain, plain_result};
use lanestack::{Accuracy, Engine, Op};
use rustix::process::{Pid, Signal, kill_process};

/// Elements that take a tenth of a second at least with the options `SLOW`.
const MANY: usize = 6_000_000;
const SLOW: [&str; 8] = ["--accuracy", "exact", "--isa", "scalar", "--threads", "1", "--memory", "24M"];

/// Positive and negative numbers, of ordinary size.
fn many() -> Vec<f64> {
    (0..MANY).map(|k| (k % 1001) as f64 - 500.25).collect()
}

fn many_file() -> Vec<u8> {
    npy(&header(1, "'<f8'", false, &format!("({MANY},)")), false, &many())
}

fn many_results() -> Vec<f64> {
    Engine::global().with_accuracy(Accuracy::Exact).run(Op::Exp, &many())
}

/// The command at work on much, with a pipe for what it says.
fn slow(folder: &Folder, args: &[&str]) -> Child {
    folder.process().args(["apply", "exp"]).args(args).args(SLOW).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until a temporary file is there, and gives its name.
fn temporary(folder: &Folder) -> String {
    let start = Instant::now();
    loop {
        if let Some(name) = folder.names().into_iter().find(|name| name.contains(".lanestack-")) {
            return name;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "there is no temporary file in a minute");
        thread::sleep(Duration::from_millis(1));
    }
}

/// By a call: until another process had done it, all might be over.
fn send(signal: Signal, child: &Child) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn killed_at_any_moment() {
    let folder = Folder::large().with("in.npy", many_file()).with("out.npy", "precious");
    let results = npy(&[], false, &many_results());
    let (mut killed, mut left) = (0, 0);
    for milliseconds in [0, 1, 3, 7, 20, 45, 70, 100] {
        let mut child = slow(&folder, &["in.npy", "-o", "out.npy"]);
        thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        let done = child.wait().unwrap().success();
        killed += u32::from(!done);
        // One that is killed when the results have just taken their place leaves them there, and no file beside them.
        let (out, beside) = (folder.read("out.npy"), folder.names().len() > 2);
        assert!(!done && out == b"precious" || !beside && out.ends_with(&results), "killed after {milliseconds} ms");
        fs::write(folder.path("out.npy"), "precious").unwrap();
        left += folder.names().len() - 2;
        // At most that of the last run: each one cleans up after the one before.
        assert!(folder.names().len() <= 3, "{:?}", folder.names());
    }
    assert!(killed > 3 && left > 1, "{killed} were killed in time, {left} left a file");
    folder.apply("exp", "in.npy", "out.npy").args(["--accuracy", "exact"]).assert().success();
    assert_eq!(folder.names(), ["in.npy", "out.npy"]);
    assert!(folder.read("out.npy").ends_with(&results));
}

#[test]
fn asked_to_end() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let number = signal.as_raw();
        if is_ignored(number) {
            println!("NOT RUN: {signal:?}, which this test itself was told to ignore, as by nohup");
            continue;
        }
        let folder = Folder::new().with("out.npy", "precious");
        // Blocked in reading.
        let mut process = folder.process();
        process.args(["apply", "exp", "-", "-o", "out.npy"]).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&plain(1000)[..4000]).unwrap();
        let name = temporary(&folder);
        assert_eq!(name, format!(".out.npy.lanestack-{}", child.id()));
        send(signal, &child);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(number), "{}", said(&output));
        assert!(said(&output).contains("interrupted after 0 bytes of 8.0 kB; what was there before is as it was"));
        assert_eq!(folder.names(), ["out.npy"]);
        assert!(folder.read("out.npy") == b"precious");
    }
}

/// Whether children begin with this signal ignored, as this process has.
fn is_ignored(number: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or("0").trim();
    u64::from_str_radix(ignored, 16).expect("hexadecimal") >> (number - 1) & 1 == 1
}

#[test]
fn signals_that_are_to_be_ignored() {
    let folder = Folder::new();
    let mut process = Command::new("sh");
    process.args(["-c", "trap '' HUP; exec \"$0\" apply exp - -o out.npy"]).arg(lanestack().get_program());
    let mut child = process.current_dir(folder.path("")).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let (start, end) = (&plain(1000)[..4000], &plain(1000)[4000..]);
    stdin.write_all(start).unwrap();
    temporary(&folder);
    send(Signal::HUP, &child);
    thread::sleep(Duration::from_millis(50));
    stdin.write_all(end).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert!(folder.read("out.npy") == plain_result(Op::Exp, 1000));
}

#[test]
fn a_run_leaves_the_files_of_others_alone() {
    let folder = Folder::new().with("in.npy", plain(9)).with(".old.npy.lanestack-1", "rubbish");
    let mut process = folder.process();
    let mut child = process.args(["apply", "exp", "-", "-o", "out.npy"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let (start, end) = (&plain(1000)[..4000], &plain(1000)[4000..]);
    stdin.write_all(start).unwrap();
    while folder.names().len() != 2 || !temporary(&folder).starts_with(".out.npy") {
        thread::sleep(Duration::from_millis(1)); // It removes what was abandoned.
    }
    let name = temporary(&folder);
    for output in ["other.npy", "out.npy"] {
        folder.apply("sqrt", "in.npy", output).assert().success();
        assert!(folder.names().contains(&name), "{:?}", folder.names());
    }
    stdin.write_all(end).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    // Who finishes last has the name.
    assert!(folder.read("out.npy") == plain_result(Op::Exp, 1000));
    assert_eq!(folder.names(), ["in.npy", "other.npy", "out.npy"]);
}

/// What a script says that runs where 8 MiB of a file system are at `disk`, and files `in.npy` and `in`, which are larger.
fn on_a_small_disk(script: &str) -> Option<String> {
    let folder = Folder::large().with("in.npy", many_file()).with("in", npy(&[], false, &many()));
    fs::create_dir(folder.path("disk")).unwrap();
    let mount = "mount -t tmpfs -o size=8m none disk || exit 99; printf precious >disk/out.npy;";
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut command = Command::new("unshare");
    command.args(if is_root { &["--mount"][..] } else { &["--mount", "--user", "--map-root-user"] });
    command.args(["sh", "-c", &format!("{mount} {script}")]).arg(lanestack().get_program());
    let output = command.current_dir(folder.path("")).output().ok()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success() && !told.is_empty()).then_some(told).or_else(|| {
        eprintln!("NOT RUN: a disk that is full: neither root nor allowed to mount one in a namespace of users");
        None
    })
}

#[test]
fn a_full_disk() {
    let Some(told) = on_a_small_disk(
        "head -c 5000000 in >disk/.out.npy.lanestack-1; \"$0\" apply exp in.npy -o disk/out.npy 2>&1; echo \"status $?\"; ls -A disk; cat disk/out.npy",
    ) else {
        return;
    };
    // It is found before anything is computed, but after the room was freed that a killed run has left.
    assert!(told.contains("cannot write \"disk/out.npy\": it will have 48.0 MB, but 8.4 MB are free"), "{told}");
    assert!(told.ends_with("status 1\nout.npy\nprecious"), "{told}");
}

#[test]
fn a_disk_that_runs_full() {
    // Of a pipe without a header, nobody knows how much will come.
    let Some(told) = on_a_small_disk(
        "\"$0\" apply exp - --raw f64 -o disk/out.npy --memory 24M <in 2>&1; echo \"status $?\"; ls -A disk; cat disk/out.npy",
    ) else {
        return;
    };
    let words =
        ["cannot write \"disk/out.npy\": No space left on device", ", after ", "MB; \"disk/out.npy\" is as it was"];
    assert!(words.iter().all(|word| told.contains(word)), "{told}");
    assert!(told.ends_with("status 1\nout.npy\nprecious"), "{told}");
}

/// A limit like a quota, which needs no rights.
#[test]
fn a_limit_of_files() {
    let folder = Folder::large().with("in.npy", many_file()).with("in", npy(&[], false, &many()));
    let run = |command: &str| {
        fs::write(folder.path("out"), "precious").unwrap();
        let mut process = Command::new("bash");
        process.args(["-c", &format!("ulimit -f 8192; {command}")]).arg(lanestack().get_program());
        let output = process.current_dir(folder.path("")).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert_eq!(folder.names(), ["in", "in.npy", "out"]);
        assert!(folder.read("out") == b"precious");
        said(&output)
    };
    let told = run("\"$0\" apply exp in.npy -o out");
    assert!(told.contains("it will have 48.0 MB, but this process may make files of 8.4 MB at most"), "{told}");
    let told = run("\"$0\" apply exp - --raw f64 -o out --memory 24M <in");
    assert!(
        told.contains("cannot write \"out\": File too large") && told.contains("MB; \"out\" is as it was"),
        "{told}"
    );
}

#[test]
fn an_input_that_changes_meanwhile() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 3] = [
        ("was cut short while it was read", |path| {
            OpenOptions::new().write(true).open(path).unwrap().set_len(20_000_000).unwrap();
        }),
        ("has grown while it was read", |path| {
            OpenOptions::new().append(true).open(path).unwrap().write_all(b"more").unwrap();
        }),
        ("was changed while it was read", |path| {
            OpenOptions::new().write(true).open(path).unwrap().write_all(b"\x93NUMPY").unwrap();
        }),
    ];
    for old in [true, false] {
        for (words, change) in changes {
            let folder = Folder::large().with("in.npy", many_file());
            if old {
                fs::write(folder.path("out.npy"), "precious").unwrap();
            }
            let child = slow(&folder, &["in.npy", "-o", "out.npy"]);
            temporary(&folder);
            change(&folder.path("in.npy"));
            let output = child.wait_with_output().unwrap();
            let said = said(&output);
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.starts_with("lanestack: \"in.npy\"") && said.contains(words), "{said}");
            assert!(said.contains(" of 48.0 MB; "), "{said}");
            if old {
                assert!(said.contains("\"out.npy\" is as it was") && folder.read("out.npy") == b"precious", "{said}");
            } else {
                assert!(said.contains("there is no \"out.npy\"") && folder.names() == ["in.npy"], "{said}");
            }
        }
    }
}

#[test]
fn an_error_of_reading() {
    let folder = Folder::new().with("out.npy", "precious");
    folder.refuses(folder.apply("exp", "/proc/self/mem", "out.npy"), 1, &["/proc/self/mem", "cannot be read"]);
    fs::create_dir(folder.path("folder")).unwrap();
    folder.refuses(folder.apply("exp", "folder", "out.npy"), 1, &["folder", "is a directory"]);
}

#[test]
fn missing_permissions() {
    let folder = Folder::new().with("in.npy", plain(9)).with("secret.npy", plain(9));
    let mode = |name: &str, mode| fs::set_permissions(folder.path(name), PermissionsExt::from_mode(mode)).unwrap();
    fs::create_dir(folder.path("locked")).unwrap();
    for (name, bits) in [("", 0o755), ("in.npy", 0o644), ("secret.npy", 0), ("locked", 0o555)] {
        mode(name, bits);
    }
    let program = lanestack().get_program().to_owned();
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let run = |args: &[&str]| {
        let mut command = if is_root { Command::new("setpriv") } else { Command::new(&program) };
        if is_root {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
        }
        command.args(args).current_dir(folder.path("")).output()
    };
    if !run(&["--version"]).is_ok_and(|output| output.status.success()) {
        eprintln!("NOT RUN: missing permissions: root has them all, and cannot run the command as nobody");
        return;
    }
    let before = folder.names();
    for (args, words) in [
        (["apply", "exp", "secret.npy", "-o", "/dev/null"], ["secret.npy", "Permission denied"]),
        (["apply", "exp", "in.npy", "-o", "locked/out.npy"], ["locked/out.npy", "Permission denied"]),
    ] {
        let output = run(&args).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(words.iter().all(|word| said(&output).contains(word)), "{}", said(&output));
    }
    assert_eq!(folder.names(), before);
    mode("locked", 0o755);
}

#[test]
fn pipes_with_names() {
    let folder = Folder::new();
    for pipe in ["in", "out"] {
        assert!(Command::new("mkfifo").arg(folder.path(pipe)).status().unwrap().success());
    }
    let (from, to) = (folder.path("in"), folder.path("out"));
    let writer = thread::spawn(move || fs::write(from, plain(1_300_000)).unwrap());
    let reader = thread::spawn(move || fs::read(to).unwrap());
    folder.apply("exp", "in", "out").assert().success();
    writer.join().unwrap();
    assert!(reader.join().unwrap() == plain_result(Op::Exp, 1_300_000));
    assert_eq!(folder.names(), ["in", "out"]);
}

/// The first signal lets it come to the end of a window, and it says where that is.
#[test]
fn in_place_interrupted() {
    // So long that on a busy machine, too, not all is done when the signal comes.
    const LEN: usize = 8 * MANY;
    let (old, new) = (many().repeat(8), many_results().repeat(8));
    let header = header(1, "'<f8'", false, &format!("({LEN},)"));
    let folder = Folder::large().with("in.npy", npy(&header, false, &old));
    let mut child = slow(&folder, &["in.npy", "--in-place"]);
    // Not by reading the file: that has to wait for the disk, which is busy.
    let io = format!("/proc/{}/io", child.id());
    let written = || {
        let io = fs::read_to_string(&io).unwrap();
        io.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap().parse::<usize>().unwrap()
    };
    while written() < 100_000 {
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        thread::sleep(Duration::from_millis(1));
    }
    // Not by INT, which this test may have been told to ignore: what a shell runs in the background is.
    send(Signal::TERM, &child);
    let output = child.wait_with_output().unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let words = said.split("in its first ").nth(1).expect(&said);
    let done: usize = words.split(' ').next().unwrap().parse().unwrap();
    assert!(0 < done && done < LEN, "{said}");
    let expected = [&new[..done], &old[done..]].concat();
    assert!(folder.read("in.npy")[header.len()..] == npy(&[], false, &expected), "{said}");
    assert_eq!(folder.names(), ["in.npy"]);
}

/// A file of a gibibyte, and shorter ones in less.
#[test]
fn little_memory() {
    for (args, most) in [(&[][..], 256 << 10), (&["--memory", "64M"], 64 << 10), (&["--memory", "24M"], 24 << 10)] {
        let count = if args.is_empty() { 1 << 27 } else { 1 << 24 };
        let header = header(1, "'<f8'", false, &format!("({count},)"));
        let folder = Folder::large().with("in.npy", &header);
        File::options()
            .write(true)
            .open(folder.path("in.npy"))
            .unwrap()
            .set_len(header.len() as u64 + count * 8)
            .unwrap();
        let mut process = folder.process();
        process.args(["apply", "exp", "in.npy", "-o", "out.npy"]).args(args).stderr(Stdio::null());
        let mut child = process.spawn().unwrap();
        let status = format!("/proc/{}/status", child.id());
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            let status = fs::read_to_string(&status).unwrap_or_default();
            let field = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
            peak = field.and_then(|kib| kib.trim().parse().ok()).unwrap_or(peak);
            thread::sleep(Duration::from_millis(2));
        }
        assert!(child.wait().unwrap().success());
        assert!(peak > 0 && peak < most, "{peak} KiB of at most {most}");
        let mut output = File::open(folder.path("out.npy")).unwrap();
        assert_eq!(output.metadata().unwrap().len(), header.len() as u64 + count * 8);
        let mut start = vec![0; header.len() + 8000];
        output.read_exact(&mut start).unwrap();
        assert!(start == npy(&header, false, &[1.0; 1000]));
    }
}
