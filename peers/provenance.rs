//! Where figures come from: the machine, the build, and the peers' versions.
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use lanestack::build;

use crate::candidates::Opened;
use crate::cli::machine;

/// All of it.
pub struct Provenance {
    /// The day, as `2026-01-31`.
    pub date: String,
    cpu: String,
    /// Names and values.
    pub facts: Vec<(&'static str, String)>,
}

impl Provenance {
    /// Of this build on this machine, now.
    pub fn here(opened: &Opened, libraries: &Path) -> Self {
        let processor = machine::processor();
        let brand = processor.brand.unwrap_or_else(|| "unknown CPU".to_owned());
        let cpu = match processor.family_model_stepping {
            Some((family, model, _)) => format!("{brand} family {family} model {model}"),
            None => brand,
        };
        let days = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86400);
        let date = date(days as i64);
        let hypervisor = processor.hypervisor.map_or(String::new(), |name| format!(", a guest of {name}"));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let libc = first_line("ldd", &["--version"]);
        let mut files = opened.files();
        files.sort();
        let facts = vec![
            ("date", date.clone()),
            ("CPU", format!("{cpu}{hypervisor}")),
            ("kernel", format!("{} {}", std::env::consts::OS, kernel.trim())),
            ("lanestack", format!("{} ({})", build::VERSION, build::REVISION)),
            ("rustc", format!("{}, {}", build::RUSTC, build::TARGET)),
            ("libc", libc.unwrap_or_else(|| "unknown".to_owned())),
            ("SLEEF", format!("{}, through sleef-sys", sleef_sys::VERSION)),
            ("wide", locked_version("wide").unwrap_or_else(|| "unknown".to_owned())),
            ("packages", packages(libraries).join(", ")),
            ("opened", files.join(", ")),
        ];
        Self { date, cpu, facts }
    }

    /// The facts as a list in Markdown.
    pub fn list(&self) -> String {
        self.facts.iter().map(|(name, value)| format!("- {name}: {value}\n")).collect()
    }

    /// The name of the folder for this CPU.
    pub fn folder(&self) -> String {
        let plain: String =
            self.cpu.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
        plain.split_whitespace().collect::<Vec<_>>().join("-")
    }
}

/// The day that is so many after 1970-01-01.
fn date(days: i64) -> String {
    // Years begin in March, so that the day that comes and goes is the last of one.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned())
}

/// The version that the workspace is built with.
fn locked_version(package: &str) -> Option<String> {
    let after = include_str!("../Cargo.lock").split(&format!("name = \"{package}\"\nversion = \"")).nth(1)?;
    after.split('"').next().map(str::to_owned)
}

/// The Python packages beside the libraries, as `mkl 2026.0.0`.
fn packages(libraries: &Path) -> Vec<String> {
    let pythons = fs::read_dir(libraries).into_iter().flatten().flatten();
    let installed =
        pythons.flat_map(|python| fs::read_dir(python.path().join("site-packages")).into_iter().flatten().flatten());
    let mut packages: Vec<String> = installed
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let (package, version) = name.strip_suffix(".dist-info")?.split_once('-')?;
            ["mkl", "intel_cmplr_lib_rt", "numpy", "numexpr"].contains(&package).then(|| format!("{package} {version}"))
        })
        .collect();
    packages.sort();
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(11_017), "2000-03-01");
        assert_eq!(date(20_454), "2026-01-01");
        assert_eq!(date(20_453), "2025-12-31");
    }

    #[test]
    fn wide_is_locked() {
        assert!(locked_version("wide").is_some_and(|version| version.starts_with("1.")));
    }
}
