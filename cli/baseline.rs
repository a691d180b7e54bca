//! A run held against an earlier one, figure by figure.
use serde::{Deserialize, Serialize};

use crate::comparison::{Comparison, Provenance, Section};
use crate::summary::Summary;

/// What has changed since another run.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Baseline {
    /// The file that the other run is saved in.
    pub file: String,
    /// The build that made it.
    pub version: String,
    pub revision: String,
    /// Seconds since 1970.
    pub time: u64,
    /// In what machine and build differ, in words.
    pub differences: Vec<String>,
    /// Whether the machine is another one.
    pub other_machine: bool,
    /// The figures that both runs have.
    pub changes: Vec<Change>,
}

/// One figure in both runs.
#[derive(Debug, Serialize, Deserialize)]
pub struct Change {
    pub op: &'static str,
    pub dtype: &'static str,
    pub elements: usize,
    pub place: String,
    /// `std` or the isa.
    pub variant: &'static str,
    pub threads: usize,
    /// Nanoseconds per element, in the other run and in this one.
    pub before: Summary,
    pub after: Summary,
    /// The quotient of the medians: above 1, it has become slower.
    pub times: f64,
    pub verdict: Verdict,
}

/// Whether a change is more than spread: each run's middle half of samples lies beyond that of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Faster,
    Same,
    Slower,
}

impl Verdict {
    fn of(before: Summary, after: Summary) -> Self {
        match () {
            () if after.p25 > before.p75 => Self::Slower,
            () if after.p75 < before.p25 => Self::Faster,
            () => Self::Same,
        }
    }

    /// The verdict as a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Same => "same",
            Self::Slower => "slower",
        }
    }
}

impl Change {
    /// Whether a variant of lanestack's is slower by more than so many percent, and by more than spread.
    pub fn is_slower_by(&self, percent: f64) -> bool {
        self.variant != "std" && self.verdict == Verdict::Slower && self.times > 1.0 + percent / 100.0
    }

    /// What is measured, in words.
    pub fn name(&self) -> String {
        let threads = if self.threads > 1 { format!(" x{}", self.threads) } else { String::new() };
        format!("{} {} in {}, {}{threads}", self.op, self.dtype, self.place, self.variant)
    }
}

impl Baseline {
    /// This run's sections held against those of another run, saved in `file`.
    pub fn of(file: String, before: &Comparison, provenance: &Provenance, sections: &[Section]) -> Self {
        let differences = differences(&before.provenance, provenance);
        Self {
            file,
            version: before.provenance.version.to_owned(),
            revision: before.provenance.revision.to_owned(),
            time: before.provenance.time,
            other_machine: is_other_machine(&before.provenance, provenance),
            differences,
            changes: sections.iter().flat_map(|section| changes(&before.sections, section)).collect(),
        }
    }

    /// The figures that fail under `--fail-if-slower`.
    pub fn slower_by(&self, percent: f64) -> Vec<&Change> {
        self.changes.iter().filter(|change| change.is_slower_by(percent)).collect()
    }

    /// How many figures have become faster, and slower.
    pub fn moved(&self) -> (usize, usize) {
        let count = |verdict| self.changes.iter().filter(|change| change.verdict == verdict).count();
        (count(Verdict::Faster), count(Verdict::Slower))
    }

    /// What it comes to, in sentences.
    pub fn sentences(&self) -> Vec<String> {
        let (faster, slower) = self.moved();
        let mean = |name: &str, std: bool| {
            let logs = self.changes.iter().filter(|change| (change.variant == "std") == std).map(|c| c.times.ln());
            let (sum, n) = logs.fold((0.0, 0), |(sum, n), log| (sum + log, n + 1));
            let mean = (sum / f64::from(n)).exp();
            if n > 0 { format!(" {name} takes {mean:.3} times as long (geometric mean).") } else { String::new() }
        };
        let counts = format!(
            "Since {} (lanestack {}, {}): of {} figures, {faster} are faster and {slower} slower by more than their spread.{}{}",
            self.file,
            self.version,
            self.revision,
            self.changes.len(),
            mean("lanestack", false),
            mean("std, which lanestack cannot change,", true),
        );
        let what = if self.other_machine { "Another machine" } else { "Not the same" };
        let differences = (!self.differences.is_empty()).then(|| format!("{what}: {}.", self.differences.join("; ")));
        [counts].into_iter().chain(differences).collect()
    }
}

fn changes(before: &[Section], section: &Section) -> Vec<Change> {
    let same =
        |other: &&Section| (other.op, other.dtype, other.elements) == (section.op, section.dtype, section.elements);
    let Some(before) = before.iter().find(same) else { return Vec::new() };
    let change = |row: &crate::comparison::Row| {
        let other = before.rows.iter().find(|other| (other.variant, other.threads) == (row.variant, row.threads))?;
        let (before, after) = (other.ns?, row.ns?);
        Some(Change {
            op: section.op,
            dtype: section.dtype,
            elements: section.elements,
            place: section.place.clone(),
            variant: row.variant,
            threads: row.threads,
            before,
            after,
            times: after.median / before.median,
            verdict: Verdict::of(before, after),
        })
    };
    section.rows.iter().filter_map(change).collect()
}

fn is_other_machine(before: &Provenance, after: &Provenance) -> bool {
    (&before.processor, &before.caches, before.target) != (&after.processor, &after.caches, after.target)
}

/// Each difference that figures may come from.
fn differences(before: &Provenance, after: &Provenance) -> Vec<String> {
    let mut all = Vec::new();
    let mut differ = |what: &str, before: String, after: String| {
        if before != after {
            all.push(format!("{what} {before} there, {after} here"));
        }
    };
    let cpu = |of: &Provenance| {
        let signature = of.processor.family_model_stepping.map_or(String::new(), |(family, model, stepping)| {
            format!(" (family {family} model {model} stepping {stepping})")
        });
        format!("{}{signature}", of.processor.brand.as_deref().unwrap_or("unknown"))
    };
    let caches = |of: &Provenance| {
        let caches: Vec<String> =
            of.caches.iter().map(|cache| format!("L{} {}", cache.level, crate::sizes::binary(cache.bytes))).collect();
        caches.join(", ")
    };
    differ("CPU", cpu(before), cpu(after));
    differ("caches", caches(before), caches(after));
    differ("target", before.target.to_owned(), after.target.to_owned());
    differ("threads", before.threads.to_string(), after.threads.to_string());
    differ("compiler", before.rustc.to_owned(), after.rustc.to_owned());
    differ("optimized", before.optimized.to_string(), after.optimized.to_string());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::made_up;

    fn scaled(by: f64) -> Comparison {
        let mut all = made_up();
        for row in all.sections.iter_mut().flat_map(|section| &mut section.rows) {
            row.ns = row.ns.map(|ns| ns.scaled(by));
        }
        all
    }

    fn against(before: &Comparison) -> Baseline {
        let now = made_up();
        Baseline::of("before.json".to_owned(), before, &now.provenance, &now.sections)
    }

    #[test]
    fn a_verdict_needs_more_than_spread() {
        let ns = |samples: [f64; 5]| Summary::of(samples).expect("five samples");
        let (quiet, wide) = (ns([1.0, 1.0, 1.0, 1.1, 1.2]), ns([0.9, 1.0, 1.5, 1.6, 1.7]));
        assert_eq!(Verdict::of(quiet, wide), Verdict::Same);
        assert_eq!(Verdict::of(quiet, quiet.scaled(1.2)), Verdict::Slower);
        assert_eq!(Verdict::of(quiet.scaled(1.2), quiet), Verdict::Faster);
        assert_eq!(Verdict::of(quiet, quiet), Verdict::Same);
    }

    #[test]
    fn only_lanestack_fails_and_only_beyond_the_percentage() {
        let same = against(&made_up());
        assert_eq!((same.moved(), same.slower_by(0.0).len(), same.differences.len()), ((0, 0), 0, 0));
        let now = against(&scaled(0.9)); // 11 % slower than then
        let std = now.changes.iter().filter(|change| change.variant == "std").count();
        assert_eq!(now.moved(), (0, now.changes.len()));
        assert!(std > 0 && now.slower_by(10.0).len() == now.changes.len() - std && now.slower_by(12.0).is_empty());
        assert!(now.sentences()[0].contains("lanestack takes 1.111 times as long"), "{:?}", now.sentences());
        assert_eq!(against(&scaled(2.0)).slower_by(0.0).len(), 0);
    }

    #[test]
    fn another_machine_is_named() {
        let mut before = made_up();
        before.provenance.processor.brand = Some("Abacus".to_owned());
        let baseline = against(&before);
        assert!(baseline.other_machine);
        assert!(
            baseline.sentences()[1].contains("Another machine: CPU Abacus there, unknown here"),
            "{:?}",
            baseline.sentences()
        );
        let mut before = made_up();
        before.provenance.threads = 64;
        assert!(
            !against(&before).other_machine
                && against(&before).sentences()[1].contains("Not the same: threads 64 there, 2 here")
        );
    }
}
