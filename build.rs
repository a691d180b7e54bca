//! The facts of the build, for the reports: git revision, compiler, target, features. It makes no kernels.
use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    for watched in ["build.rs", "Cargo.toml", "src", "kernels", "cli", ".git/HEAD", ".git/logs/HEAD"] {
        if Path::new(watched).exists() {
            println!("cargo::rerun-if-changed={watched}");
        }
    }
    let features: Vec<String> = env::vars()
        .filter_map(|(key, _)| key.strip_prefix("CARGO_FEATURE_").map(str::to_lowercase))
        .filter(|feature| feature != "default")
        .collect();
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    fact("REVISION", &revision().unwrap_or_else(|| "unknown".into()));
    fact("RUSTC", &output(&rustc, &["--version"]).unwrap_or_else(|| "unknown".into()));
    fact("TARGET", &env::var("TARGET").unwrap_or_else(|_| "unknown".into()));
    fact("FEATURES", &features.join(" "));
}

fn fact(name: &str, value: &str) {
    println!("cargo::rustc-env=LANESTACK_BUILD_{name}={value}");
}

/// The commit that is checked out, if this package is the top of its own checkout (and not, say, vendored into
/// another); with a `+` if tracked files were changed since.
fn revision() -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    let commit = output("git", &["rev-parse", "--short=12", "HEAD"])?;
    let changed = output("git", &["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() { commit } else { format!("{commit}+") })
}

fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
