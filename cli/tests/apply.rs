//! The command `apply` as a process, on files made by a writer of its own.
mod files;

use std::fs;
use std::path::Path;

use files::{Folder, Number, header, lanestack, npy, plain, plain_result};
use lanestack::{Engine, Isa, Op};

fn every_shape_and_order<T: Number>(size: usize) {
    let shapes = [("()", 1), ("(5,)", 5), ("(0,)", 0), ("(0, 3)", 0), ("(2, 3, 4)", 24), ("(70001,)", 70001)];
    let mut ops = Op::ALL.iter().cycle();
    for (shape, count) in shapes {
        for order in ['<', '>', '='] {
            for fortran in [false, true] {
                for version in 1..=3 {
                    let big = order == '>' || (order == '=' && cfg!(target_endian = "big"));
                    let op = *ops.next().unwrap();
                    let header = header(version, &format!("'{order}f{size}'"), fortran, shape);
                    let source = T::some(count);
                    let folder = Folder::new().with("in.npy", npy(&header, big, &source));
                    folder.apply(op.name(), "in.npy", "out.npy").assert().success().stdout("").stderr("");
                    let expected = npy(&header, big, &Engine::global().run(op, &source));
                    assert!(
                        folder.read("out.npy") == expected,
                        "{op} of {order}f{size}, {shape}, {fortran}, {version}"
                    );
                    assert_eq!(folder.files().len(), 2);
                }
            }
        }
    }
}

#[test]
fn single_precision() {
    every_shape_and_order::<f32>(4);
}

#[test]
fn double_precision() {
    every_shape_and_order::<f64>(8);
}

#[test]
fn pipelines() {
    let folder = Folder::new().with("f64.npy", plain(70001));
    let singles = f32::some(999);
    let header = header(1, "'>f4'", true, "(3, 333)");
    let folder = folder.with("f32.npy", npy(&header, true, &singles));
    let text = "square, affine(0.1,-1) | abs,clip(1e-3,inf),log";
    folder.apply(text, "f64.npy", "out.npy").assert().success();
    let bits = |x: f64| Engine::global().run(Op::Log, &[x.mul_add(x, 0.0).mul_add(0.1, -1.0).abs().max(1e-3)])[0];
    let out = folder.read("out.npy");
    let (start, expected) = (out.len() - 70001 * 8, f64::some(70001));
    for (bytes, x) in out[start..].as_chunks::<8>().0.iter().zip(expected) {
        let y = f64::from_le_bytes(*bytes);
        assert!(x.is_nan() && y.is_nan() || y.to_bits() == bits(x).to_bits(), "{x:e}: {y:e}");
    }
    // Constants are read in the type of the file.
    folder.apply(text, "f32.npy", "out.npy").assert().success();
    let expected = Engine::global().pipe(&text.parse().unwrap(), &singles);
    assert!(folder.read("out.npy") == npy(&header, true, &expected));
    folder.refuses(folder.apply("scale(1e99)", "f32.npy", "new.npy"), 2, &["f32", "\n    scale(1e99)\n          ^"]);
    folder.refuses(folder.apply("exp,ecp(2)", "f64.npy", "new.npy"), 2, &["ecp", "\n    exp,ecp(2)\n        ^"]);
}

#[test]
fn isas() {
    let count = 1000;
    for &isa in Isa::ALL {
        let folder = Folder::new().with("in.npy", plain(count));
        let mut command = folder.apply("exp", "in.npy", "out.npy");
        command.args(["--isa", isa.name()]);
        if isa.is_available() {
            command.assert().success();
            let engine = Engine::builder().isa(isa).build().unwrap();
            let expected = npy(&header(1, "'<f8'", false, "(1000,)"), false, &engine.run(Op::Exp, &f64::some(count)));
            assert!(folder.read("out.npy") == expected, "{isa}");
        } else {
            folder.refuses(command, 2, &[isa.name(), "available are"]);
            let mut command = folder.apply("exp", "in.npy", "out.npy");
            command.env("LANESTACK_ISA", isa.name());
            folder.refuses(command, 2, &["LANESTACK_ISA", isa.name()]);
        }
    }
}

#[test]
fn threads() {
    let count = 1_000_000;
    let folder = Folder::new().with("in.npy", plain(count));
    let expected = plain_result(Op::Log, count);
    for threads in ["1", "2", "3", "auto"] {
        folder.apply("log", "in.npy", "out.npy").args(["--threads", threads]).assert().success();
        assert!(folder.read("out.npy") == expected, "{threads}");
        folder.apply("log", "in.npy", "out.npy").env("LANESTACK_NUM_THREADS", threads).assert().success();
        assert!(folder.read("out.npy") == expected, "{threads}");
    }
}

#[test]
fn wrong_usage() {
    let folder = Folder::new().with("in.npy", plain(3));
    let with = |args: &[&str]| {
        let mut command = folder.apply("exp", "in.npy", "out.npy");
        command.args(args);
        command
    };
    folder.refuses(with(&["--threads", "0"]), 2, &["--threads", "from 1 to 4096"]);
    folder.refuses(with(&["--threads", "-1"]), 2, &["'-1'"]);
    folder.refuses(with(&["--threads", "many"]), 2, &["--threads", "from 1 to 4096"]);
    folder.refuses(with(&["--threads", "4097"]), 2, &["--threads", "from 1 to 4096"]);
    folder.refuses(with(&["--isa", "mmx"]), 2, &["--isa", "mmx", "portable"]);
    folder.refuses(with(&["third.npy"]), 2, &["third.npy"]);
    folder.refuses(folder.apply("exp", "in.npy", ""), 2, &["--output"]);
    folder.refuses(folder.apply("cosh", "in.npy", "out.npy"), 2, &["cosh", "exp, log, sqrt, square"]);

    let set = |variable: &str, value: &str| {
        let mut command = with(&[]);
        command.env(variable, value);
        command
    };
    folder.refuses(set("LANESTACK_ISA", "mmx"), 2, &["LANESTACK_ISA", "mmx", "portable"]);
    folder.refuses(set("LANESTACK_NUM_THREADS", "0"), 2, &["LANESTACK_NUM_THREADS", "from 1 to 4096"]);

    let mut command = lanestack();
    command.args(["apply", "exp", "in.npy"]).current_dir(folder.path(""));
    folder.refuses(command, 2, &["--output"]);
}

/// Both where the output is new and where it would take the place of a file.
fn refused_input(input: impl AsRef<[u8]>, words: &[&str]) {
    let folder = Folder::new().with("in.npy", input).with("old.npy", "precious");
    let words = [&["in.npy"], words].concat();
    for output in ["new.npy", "old.npy", "in.npy"] {
        folder.refuses(folder.apply("exp", "in.npy", output), 1, &words);
    }
}

#[test]
fn other_types() {
    for descr in ["'<i8'", "'|u1'", "'|b1'", "'<c16'", "'|O'", "'<f2'", "'<f16'", "'<U5'", "'<M8[ns]'"] {
        let file = npy(&header(1, descr, false, "(3,)"), false, &f64::some(3));
        refused_input(file, &["the type", descr.trim_matches('\''), "astype"]);
    }
    let fields = header(1, "[('größe', '<f8')]", false, "(3,)");
    refused_input(npy(&fields, false, &f64::some(3)), &["structured", "astype"]);
}

#[test]
fn truncated_files() {
    let whole = plain(3);
    for len in [128 + 23, 128 + 16, 128] {
        refused_input(&whole[..len], &["truncated", "24 bytes", &(len - 128).to_string()]);
    }
    for len in [127, 11, 9, 8, 6] {
        refused_input(&whole[..len], &["ends inside its header"]);
    }
    for len in [5, 0] {
        refused_input(&whole[..len], &["not a .npy file"]);
    }
}

#[test]
fn other_files() {
    refused_input("x,y\n1,2\n", &["not a .npy file"]);
    refused_input(b"PK\x03\x04", &["not a .npy file"]);
    refused_input(b"\x93NUMPY\x09\x00\x10\x00", &["version 9.0"]);
    refused_input(b"\x93NUMPY\x03\x00\xff\xff\xff\xff{'descr': ", &["4294967295 bytes"]);
    // numpy.save may be called several times on one file: none of its arrays is to be lost.
    refused_input([plain(3), plain(3)].concat(), &["one array and nothing else"]);
    refused_input([&plain(3)[..], b"\n"].concat(), &["one array and nothing else"]);
}

#[test]
fn damaged_headers() {
    for shape in ["(-3,)", "3", "(3", "(99999999999999999999,)"] {
        refused_input(npy(&header(1, "'<f8'", false, shape), false, &f64::some(3)), &["damaged"]);
    }
    for shape in ["(4294967296, 4294967296)", "(2305843009213693952,)"] {
        refused_input(npy(&header(1, "'<f8'", false, shape), false, &f64::some(3)), &["more elements"]);
    }
    refused_input(npy(&header(1, "'<f8'", false, "(1152921504606846976,)"), false, &f64::some(3)), &["truncated"]);
    refused_input(header(3, "'<f8'", false, &"(".repeat(60000)), &["damaged"]);
}

#[test]
fn missing_input() {
    let folder = Folder::new().with("old.npy", "precious");
    fs::create_dir(folder.path("folder")).unwrap();
    for output in ["new.npy", "old.npy"] {
        folder.refuses(folder.apply("exp", "missing.npy", output), 1, &["missing.npy"]);
        folder.refuses(folder.apply("exp", "folder", output), 1, &["folder", "is a directory"]);
        folder.refuses(folder.apply("exp", "old.npy/in.npy", output), 1, &["old.npy/in.npy"]);
    }
}

#[test]
fn unwritable_output() {
    let folder = Folder::new().with("in.npy", plain(3)).with("protected.npy", "precious");
    fs::create_dir(folder.path("folder")).unwrap();
    let mut permissions = fs::metadata(folder.path("protected.npy")).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(folder.path("protected.npy"), permissions).unwrap();

    folder.refuses(folder.apply("exp", "in.npy", "missing/out.npy"), 1, &["out.npy", "no directory", "missing"]);
    folder.refuses(folder.apply("exp", "in.npy", "in.npy/out.npy"), 1, &["in.npy/out.npy"]);
    folder.refuses(folder.apply("exp", "in.npy", "folder"), 1, &["folder", "is a directory"]);
    folder.refuses(folder.apply("exp", "in.npy", "."), 1, &["is a directory"]);
    folder.refuses(folder.apply("exp", "in.npy", "protected.npy"), 1, &["protected.npy", "write-protected"]);
    folder.refuses(folder.apply("exp", "in.npy", &"x".repeat(300)), 1, &["xxx"]);
}

#[test]
fn output_takes_the_place_of_a_file() {
    let folder = Folder::new().with("in.npy", plain(9)).with("old.npy", "old, and of another length");
    folder.apply("sqrt", "in.npy", "old.npy").assert().success();
    assert!(folder.read("old.npy") == plain_result(Op::Sqrt, 9));
    assert!(folder.read("in.npy") == plain(9));
    assert_eq!(folder.files().len(), 2);
}

#[test]
fn output_may_be_the_input() {
    let folder = Folder::new().with("in.npy", plain(99));
    folder.apply("square", "in.npy", "./in.npy").assert().success();
    assert!(folder.read("in.npy") == plain_result(Op::Square, 99));
    assert_eq!(folder.files().len(), 1);
}

#[test]
fn output_may_be_a_hard_link_to_the_input() {
    let folder = Folder::new().with("in.npy", plain(99));
    fs::hard_link(folder.path("in.npy"), folder.path("link.npy")).unwrap();
    folder.apply("square", "in.npy", "link.npy").assert().success();
    assert!(folder.read("link.npy") == plain_result(Op::Square, 99));
    assert!(folder.read("in.npy") == plain(99));
}

#[test]
fn small_files_start_no_threads() {
    let folder = Folder::new().with("in.npy", plain(3));
    folder.apply("exp", "in.npy", "out.npy").args(["--threads", "4096"]).assert().success();
}

#[cfg(unix)]
mod unix {
    use std::io::Read;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{FileTypeExt, symlink};
    use std::process::{Command as Process, Stdio};
    use std::thread;

    use super::*;

    #[test]
    fn links_stay() {
        let folder = Folder::new().with("in.npy", plain(9));
        fs::create_dir(folder.path("far")).unwrap();
        symlink("far/out.npy", folder.path("first")).unwrap();
        symlink("first", folder.path("second")).unwrap();
        // At first there is nothing at the end of the links, then there is a file.
        for op in [Op::Exp, Op::Sqrt] {
            folder.apply(op.name(), "in.npy", "second").assert().success();
            assert!(folder.read("far/out.npy") == plain_result(op, 9));
            for link in ["first", "second"] {
                assert!(fs::symlink_metadata(folder.path(link)).unwrap().is_symlink());
            }
        }
        assert_eq!(fs::read_dir(folder.path("far")).unwrap().count(), 1);
    }

    #[test]
    fn output_may_be_a_link_to_the_input() {
        let folder = Folder::new().with("in.npy", plain(99));
        symlink("in.npy", folder.path("link.npy")).unwrap();
        folder.apply("square", "in.npy", "link.npy").assert().success();
        assert!(folder.read("in.npy") == plain_result(Op::Square, 99));
        assert!(fs::symlink_metadata(folder.path("link.npy")).unwrap().is_symlink());
    }

    #[test]
    fn links_without_end() {
        let folder = Folder::new().with("in.npy", plain(9));
        symlink("one", folder.path("other")).unwrap();
        symlink("other", folder.path("one")).unwrap();
        folder.refuses(folder.apply("exp", "in.npy", "one"), 1, &["one"]);
        folder.refuses(folder.apply("exp", "one", "out.npy"), 1, &["one"]);
    }

    #[test]
    #[cfg(not(lanestack_no_os))]
    fn permissions_are_as_of_any_new_file_or_as_before() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new().with("in.npy", plain(9)).with("other", "").with("old.npy", "");
        fs::set_permissions(folder.path("old.npy"), PermissionsExt::from_mode(0o640)).unwrap();
        let mode = |name| fs::metadata(folder.path(name)).unwrap().permissions().mode();
        folder.apply("exp", "in.npy", "new.npy").assert().success();
        folder.apply("exp", "in.npy", "old.npy").assert().success();
        assert_eq!(mode("new.npy"), mode("other"));
        assert_eq!(mode("old.npy") & 0o7777, 0o640);
    }

    #[test]
    fn pipes() {
        let folder = Folder::new().with("in.npy", plain(70001));
        let expected = plain_result(Op::Exp, 70001);
        folder.apply("exp", "in.npy", "/dev/stdout").assert().success().stdout(expected.clone()).stderr("");
        folder.apply("exp", "/dev/stdin", "out.npy").write_stdin(plain(70001)).assert().success();
        assert!(folder.read("out.npy") == expected);

        for (stdin, word) in
            [(&plain(9)[..100], "ends inside"), (&plain(9)[..190], "truncated"), (&[0; 9], "not a .npy")]
        {
            let mut command = folder.apply("exp", "/dev/stdin", "new.npy");
            command.write_stdin(stdin);
            folder.refuses(command, 1, &["/dev/stdin", word]);
        }
        let mut command = folder.apply("exp", "/dev/stdin", "new.npy");
        command.write_stdin([plain(9), plain(9)].concat());
        folder.refuses(command, 1, &["/dev/stdin", "nothing else"]);
    }

    #[test]
    fn named_pipes() {
        let folder = Folder::new().with("in.npy", plain(70001));
        let pipe = folder.path("pipe");
        assert!(Process::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        folder.apply("exp", "in.npy", "pipe").assert().success();
        assert!(reader.join().unwrap() == plain_result(Op::Exp, 70001));
        assert!(fs::symlink_metadata(pipe).unwrap().file_type().is_fifo());
    }

    #[test]
    fn stdout_that_is_a_file() {
        let folder = Folder::new().with("in.npy", plain(9)).with("log", "before ");
        let file = fs::OpenOptions::new().append(true).open(folder.path("log")).unwrap();
        let mut process = folder.process();
        let args = ["apply", "exp", "in.npy", "-o", "/dev/stdout"];
        let status = process.args(args).stdout(file).status().unwrap();
        assert!(status.success());
        assert!(folder.read("log") == [&b"before "[..], &plain_result(Op::Exp, 9)].concat());
    }

    #[test]
    fn devices() {
        let folder = Folder::new().with("in.npy", plain(9));
        folder.apply("exp", "in.npy", "/dev/null").assert().success();
        assert!(fs::symlink_metadata("/dev/null").unwrap().file_type().is_char_device());
        if Path::new("/dev/full").exists() {
            folder.refuses(folder.apply("exp", "in.npy", "/dev/full"), 1, &["/dev/full"]);
        }
        folder.refuses(folder.apply("exp", "/dev/null", "out.npy"), 1, &["/dev/null", "not a .npy file"]);
    }

    #[test]
    fn closed_pipe_is_quiet() {
        let folder = Folder::new().with("in.npy", plain(1_000_000));
        let mut process = folder.process();
        let args = ["apply", "sqrt", "in.npy", "-o", "/dev/stdout"];
        process.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process.spawn().unwrap();
        let mut first = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
        assert!(output.status.success());
    }

    #[test]
    #[cfg(all(target_os = "linux", not(lanestack_no_os)))]
    fn more_than_any_disk_holds() {
        let folder = Folder::new();
        let mut command = folder.apply("exp", "/dev/stdin", "out.npy");
        command.write_stdin(header(1, "'<f8'", false, "(281474976710656,)"));
        folder.refuses(command, 1, &["out.npy", "2251799.8 GB", "free on that disk"]);
    }

    #[test]
    fn strange_names() {
        let folder = Folder::new().with("in.npy", plain(9)).with("two\nlines\x1b[31m.npy", "no");
        folder.refuses(folder.apply("exp", "two\nlines\x1b[31m.npy", "out.npy"), 1, &[r"two\nlines\u{1b}[31m.npy"]);
        let name = std::ffi::OsStr::from_bytes(b"\xff\xfe.npy");
        let mut command = lanestack();
        command.current_dir(folder.path("")).args(["apply", "exp", "in.npy", "-o"]).arg(name);
        command.assert().success();
        assert!(fs::read(folder.path("").join(name)).unwrap() == plain_result(Op::Exp, 9));
    }
}
