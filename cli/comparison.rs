//! What `compare` finds out, as plain data.
use serde::{Deserialize, Serialize};

use crate::baseline::Baseline;
use crate::beside::Beside;
use crate::machine::{Allowance, Cache, Processor};
use crate::measure::{NOISY, Paired, Summary};
use crate::profile::Profile;

/// The version of the JSON document's form.
pub const SCHEMA: u32 = 1;

/// Everything; the fields are those of the JSON document, whose `schema` counts up when one changes its meaning.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Comparison {
    /// The version of this document's form.
    pub schema: u32,
    /// What was measured, where, and with which build.
    pub provenance: Provenance,
    /// Nanoseconds that one parallel call takes without any work.
    pub wake_up_ns: Option<Summary>,
    /// What memory can do.
    pub roofs: Vec<Roof>,
    /// The measurements: one section for each op, type and size.
    pub sections: Vec<Section>,
    /// What classes of input cost, with the best isa in cache.
    pub inputs: Vec<Inputs>,
    /// What only pictures show, if they were asked for.
    pub profile: Option<Profile>,
    /// lanestack beside others, if that was asked for.
    pub beside: Option<Beside>,
    /// What has changed since another run, if that was asked for.
    pub baseline: Option<Baseline>,
    /// What is to be known of these figures.
    pub notes: Vec<String>,
    /// What the figures say.
    pub sentences: Vec<String>,
    /// How long it all took.
    pub seconds: f64,
}

/// The build and the machine.
#[derive(Debug, Serialize, Deserialize)]
pub struct Provenance {
    pub version: &'static str,
    pub revision: &'static str,
    pub rustc: &'static str,
    pub target: &'static str,
    pub features: &'static str,
    pub optimized: bool,
    pub processor: Processor,
    pub caches: Vec<Cache>,
    pub allowance: Allowance,
    /// All that this CPU and its operating system offer, best first.
    pub isas_available: Vec<&'static str>,
    /// Those that are compared, best last.
    pub isas: Vec<&'static str>,
    pub isas_why: String,
    pub threads: usize,
    pub threads_why: String,
    /// Seconds since 1970.
    pub time: u64,
}

/// What each class of input costs one op, on one thread and in cache.
#[derive(Debug, Serialize, Deserialize)]
pub struct Inputs {
    pub op: &'static str,
    pub dtype: &'static str,
    /// The isa.
    pub variant: &'static str,
    /// Ordinary input first.
    pub classes: Vec<Class>,
}

/// A class of input.
#[derive(Debug, Serialize, Deserialize)]
pub struct Class {
    pub name: &'static str,
    /// Nanoseconds per element.
    pub ns: Summary,
}

impl Inputs {
    /// The slowest and the fastest class.
    pub fn extremes(&self) -> Option<(&Class, &Class)> {
        let by_time = |a: &&Class, b: &&Class| a.ns.median.total_cmp(&b.ns.median);
        Some((self.classes.iter().max_by(by_time)?, self.classes.iter().min_by(by_time)?))
    }

    /// How many times as long as the fastest the slowest takes.
    pub fn times(&self) -> Option<f64> {
        self.extremes().map(|(slow, fast)| slow.ns.median / fast.ns.median)
    }
}

/// How fast memory is read and written at the same time.
#[derive(Debug, Serialize, Deserialize)]
pub struct Roof {
    /// `copy` (the platform's memcpy) or `read-modify-write` (a loop that negates each element where it stands).
    pub kind: &'static str,
    /// Where source and result are.
    pub place: String,
    pub threads: usize,
    /// Bytes read plus bytes written; what the CPU reads because it writes does not count.
    pub gb_per_s: Summary,
}

/// The variants of one op, one type and one size.
#[derive(Debug, Serialize, Deserialize)]
pub struct Section {
    pub op: &'static str,
    pub dtype: &'static str,
    pub elements: usize,
    /// Source and result together.
    pub bytes: u64,
    /// The cache that source and result fit in, or `memory`.
    pub place: String,
    pub in_cache: bool,
    pub rows: Vec<Row>,
    /// What lanes and threads give, each alone and both together.
    pub stack: Option<Stack>,
}

impl Section {
    /// Each row as it is, or as measured once more if that was faster.
    pub fn keep_faster(&mut self, again: Self) {
        for row in again.rows {
            let same = |old: &&mut Row| (old.variant, old.threads) == (row.variant, row.threads);
            if let Some(old) = self.rows.iter_mut().find(same)
                && row.median().is_some_and(|ns| old.median().is_none_or(|old| ns < old))
            {
                *old = row;
            }
        }
        self.stack = again.stack.or(self.stack);
    }
}

/// One variant.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    /// `std` or the isa.
    pub variant: &'static str,
    pub threads: usize,
    /// Nanoseconds per element; `None` if not shown.
    pub ns: Option<Summary>,
    pub noisy: bool,
    /// If each thread repeats a chunk of its own: pairs of one thread and all.
    pub paired: Option<Paired>,
    pub gb_per_s: Option<f64>,
    /// Percent of the copy with as many threads, in the same place.
    pub roof_percent: Option<f64>,
    pub speedup_over_std: Option<f64>,
    pub limit: Option<Limit>,
    pub bits: Option<Bits>,
}

impl Row {
    /// A row with its time; the rest follows from other rows.
    pub fn new(variant: &'static str, threads: usize, ns: Option<Summary>) -> Self {
        Self {
            variant,
            threads,
            ns,
            noisy: ns.is_some_and(|ns| ns.spread() > NOISY),
            paired: None,
            gb_per_s: None,
            roof_percent: None,
            speedup_over_std: None,
            limit: None,
            bits: None,
        }
    }

    /// Median nanoseconds per element.
    pub fn median(&self) -> Option<f64> {
        self.ns.map(|ns| ns.median)
    }

    /// Sets what follows from the time of this row, of the copy and of std on one thread.
    pub fn relate(&mut self, bytes_per_element: usize, copy: Option<f64>, std: Option<f64>) {
        let Some(ns) = self.median() else { return };
        self.gb_per_s = Some(bytes_per_element as f64 / ns);
        self.roof_percent = copy.map(|copy| 100.0 * copy / ns);
        self.speedup_over_std = std.map(|std| std / ns);
    }
}

/// Percent of the roof from which on the roof is what limits.
const ROOF: f64 = 50.0;

/// What a row's time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Limit {
    /// Arithmetic.
    Compute,
    /// Reading and writing the cache.
    Cache,
    /// Reading and writing memory.
    Memory,
    /// Arithmetic and memory add up.
    Both,
}

impl Limit {
    /// In cache: the roof decides.
    pub fn in_cache(roof_percent: f64) -> Self {
        if roof_percent >= ROOF { Self::Cache } else { Self::Compute }
    }

    /// Beyond the caches: how much longer it takes than the same in cache, or else the roof.
    pub fn in_memory(ns: f64, in_cache_ns: Option<f64>, roof_percent: f64) -> Self {
        match in_cache_ns.map(|in_cache| ns / in_cache) {
            Some(times) if times < 1.15 => Self::Compute,
            Some(times) if times < 1.5 => Self::Both,
            Some(_) => Self::Memory,
            None if roof_percent >= ROOF => Self::Memory,
            None => Self::Compute,
        }
    }
}

/// How the results compare with those of `scalar`, bit by bit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bits {
    /// Whether this is what the others are compared with.
    pub reference: bool,
    /// Elements compared.
    pub elements: usize,
    /// Elements whose bits differ.
    pub differ: usize,
    /// The most representable numbers that two results are apart; `None` if one is a number and the other not.
    pub most_steps: Option<u64>,
}

/// Two ways to be faster, and both.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// The best isa over std, on one thread.
    pub lanes: f64,
    /// All threads over one, with std.
    pub threads: f64,
    /// All threads over one, with the best isa.
    pub threads_on_lanes: f64,
    /// The best isa on all threads over std on one.
    pub both: f64,
    /// Whether one of the four times that these are made of is noisy.
    pub noisy: bool,
}

impl Stack {
    /// From the times of std and of the best isa, each on one thread and on all.
    pub fn of(std: [Summary; 2], lanes: [Summary; 2]) -> Self {
        let gain = |from: Summary, to: Summary| from.median / to.median;
        Self {
            lanes: gain(std[0], lanes[0]),
            threads: gain(std[0], std[1]),
            threads_on_lanes: gain(lanes[0], lanes[1]),
            both: gain(std[0], lanes[1]),
            noisy: std.iter().chain(&lanes).any(|ns| ns.spread() > NOISY),
        }
    }

    /// What both would give if neither were in the other's way.
    pub fn product(&self) -> f64 {
        self.lanes * self.threads
    }

    /// What both gave of that.
    pub fn share(&self) -> f64 {
        self.both / self.product()
    }
}

/// A comparison for the tests of what is made of it: exp and square, f64, in L1 and in memory, on one thread and two.
#[cfg(test)]
pub fn made_up() -> Comparison {
    use crate::beside;
    use crate::judged::Judged;
    use crate::measure::Shown;
    use crate::peers::Absent;

    let ns = |median: f64| Summary::of([median; 9]).expect("nine samples");
    let section = |op, in_cache: bool, rows: &[(&'static str, usize, f64)]| {
        let bytes = if in_cache { 16 << 10 } else { 128 << 20 };
        let copy = if in_cache { 0.1 } else { 1.0 };
        let mut rows: Vec<Row> =
            rows.iter().map(|&(variant, threads, time)| Row::new(variant, threads, Some(ns(time)))).collect();
        let std = rows[0].median();
        for row in &mut rows {
            row.relate(16, Some(copy / row.threads as f64), std);
            row.bits = Some(Bits {
                reference: row.variant == "scalar",
                elements: 1000,
                differ: usize::from(row.variant == "std"),
                most_steps: Some(u64::from(row.variant == "std")),
            });
        }
        let place = if in_cache { "L1" } else { "memory" }.to_owned();
        let elements = bytes as usize / 16;
        Section { op, dtype: "f64", elements, bytes, place, in_cache, rows, stack: None }
    };
    let mut sections = vec![
        section("exp", true, &[("std", 1, 6.0), ("scalar", 1, 3.0), ("portable", 1, 3.0), ("avx2", 1, 1.0)]),
        section("exp", false, &[("std", 1, 6.0), ("avx2", 1, 1.5), ("std", 2, 3.0), ("avx2", 2, 0.75)]),
        section("square", true, &[("std", 1, 0.2), ("scalar", 1, 0.4), ("portable", 1, 0.2), ("avx2", 1, 0.1)]),
        section("square", false, &[("std", 1, 1.1), ("avx2", 1, 1.0), ("std", 2, 0.9), ("avx2", 2, 0.8)]),
    ];
    for section in sections.iter_mut().filter(|section| !section.in_cache) {
        let times: Vec<Summary> = section.rows.iter().filter_map(|row| row.ns).collect();
        section.stack = Some(Stack::of([times[0], times[2]], [times[1], times[3]]));
    }
    let shown = Shown { one: ns(1.0), all: ns(0.5), ratio: ns(2.0) };
    for (section, shown) in [(0, Some(shown)), (2, None)] {
        let clean = if shown.is_some() { 8 } else { 3 };
        let mut row = Row::new("avx2", 2, shown.map(|shown| shown.all));
        row.paired = Some(Paired { threads: 2, chunk: 16384, pairs: 9, clean, shown });
        sections[section].rows.push(row);
    }
    sections[0].stack = Some(Stack::of([ns(6.0), ns(3.0)], [ns(1.0), ns(0.5)]));
    let provenance = Provenance {
        version: "0.0.0",
        revision: "0123456789ab+",
        rustc: "rustc 1.2.3",
        target: "x86_64-unknown-linux-gnu",
        features: "",
        optimized: false,
        processor: Processor::default(),
        caches: Vec::new(),
        allowance: Allowance::default(),
        isas_available: vec!["avx2", "portable", "scalar"],
        isas: vec!["scalar", "portable", "avx2"],
        isas_why: "by --isa".to_owned(),
        threads: 2,
        threads_why: "by --threads".to_owned(),
        time: 0,
    };
    let roof =
        |kind, place: &str, threads, figure| Roof { kind, place: place.to_owned(), threads, gb_per_s: ns(figure) };
    let row = |library| beside::Row {
        library,
        class: "enhanced",
        isa: Some("portable"),
        ns: ns(12.3456),
        ratios: vec![Some(ns(0.5)), None, Some(ns(123.4))],
        judged: Judged { ulp: 1e6, wrong: vec!["early overflow", "subnormal in"] },
    };
    let table = beside::Table {
        op: "exp",
        dtype: "f64",
        elements: 2048,
        tiers: vec!["exact", "default", "fast"],
        rows: vec![row("lanestack"), row("MKL kernel")],
    };
    let absent = vec![Absent { library: "SVML", why: "no such file".to_owned(), get: "apt-get install it" }];
    let beside = Beside { opened: vec!["libm.so".to_owned()], absent, tables: vec![table] };
    Comparison {
        schema: 1,
        provenance,
        wake_up_ns: Some(ns(20_000.0)),
        roofs: vec![roof("copy by lanes", "L1", 1, 160.0), roof("copy by lanes", "memory", 2, 20.0)],
        sections,
        inputs: vec![Inputs {
            op: "exp",
            dtype: "f64",
            variant: "avx2",
            classes: vec![Class { name: "ordinary", ns: ns(1.0) }, Class { name: "subnormal out", ns: ns(1.75) }],
        }],
        profile: None,
        beside: Some(beside),
        baseline: None,
        notes: vec!["A note.".to_owned()],
        sentences: vec![format!("Many: {}", "words ".repeat(100).trim_end())],
        seconds: 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_follows_from_three_times() {
        let mut row = Row::new("avx2", 1, Summary::of([2.0]));
        row.relate(16, Some(1.0), Some(8.0));
        assert_eq!((row.gb_per_s, row.roof_percent, row.speedup_over_std), (Some(8.0), Some(50.0), Some(4.0)));
        assert!(Row::new("std", 1, Summary::of([1.0, 2.0, 3.0])).noisy);
    }

    #[test]
    fn limits() {
        assert_eq!(Limit::in_cache(49.0), Limit::Compute);
        assert_eq!(Limit::in_cache(95.0), Limit::Cache);
        assert_eq!(Limit::in_memory(1.1, Some(1.0), 95.0), Limit::Compute);
        assert_eq!(Limit::in_memory(1.3, Some(1.0), 50.0), Limit::Both);
        assert_eq!(Limit::in_memory(3.0, Some(1.0), 50.0), Limit::Memory);
        assert_eq!(Limit::in_memory(3.0, None, 49.0), Limit::Compute);
    }

    #[test]
    fn a_stack_is_the_product_if_nothing_is_in_the_way() {
        let ns = |median| Summary::of([median]).expect("one sample");
        let stack = Stack::of([ns(8.0), ns(4.0)], [ns(2.0), ns(1.0)]);
        assert_eq!(stack, Stack { lanes: 4.0, threads: 2.0, threads_on_lanes: 2.0, both: 8.0, noisy: false });
        assert_eq!((stack.product(), stack.share()), (8.0, 1.0));
        let noisy = Summary::of([1.0, 2.0, 3.0]).expect("three samples");
        assert!(Stack::of([ns(8.0), noisy], [ns(2.0), ns(1.0)]).noisy);
    }
}
