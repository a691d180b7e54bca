//! lanestack beside others: times in the same rounds, errors on the same inputs, in one table.
use lanestack::{Accuracy, Engine, Isa, Op, Threads};
use serde::{Deserialize, Serialize};

use crate::judged::{self, Judged};
use crate::peers::{self, Absent, Peer};
use crate::plain;
use crate::reference::{self, Truth};
use crate::rounds;
use crate::summary::Summary;

/// Columns of a table.
const WIDTH: usize = 98;

/// What lanestack is called in the tables.
pub const LANESTACK: &str = "lanestack";

/// An element type that others have functions of, too.
pub trait Real: peers::Real + plain::Real + reference::Real {
    /// Whether it is subnormal.
    fn is_subnormal(self) -> bool;
    /// As `f64`.
    fn wide(self) -> f64;
    /// By how many ulp a result misses the truth.
    fn error(truth: &Truth<Self>, y: Self) -> f64;
}

macro_rules! real {
    ($($t:ident)*) => { $(impl Real for $t {
        fn is_subnormal(self) -> bool {
            <$t>::is_subnormal(self)
        }
        fn wide(self) -> f64 {
            self.into()
        }
        fn error(truth: &Truth<Self>, y: Self) -> f64 {
            reference::error(truth, y)
        }
    })* };
}
real! { f32 f64 }

/// Those that there are, and those that are not here.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Beside {
    /// The files that were opened.
    pub opened: Vec<String>,
    /// What could not be opened.
    pub absent: Vec<Absent>,
    /// One for each op and type.
    pub tables: Vec<Table>,
}

/// All candidates for one op and type, in the first-level cache, on one thread.
#[derive(Debug, Serialize, Deserialize)]
pub struct Table {
    pub op: &'static str,
    pub dtype: &'static str,
    pub elements: usize,
    /// The tiers of lanestack that have a kernel of their own, most accurate first.
    pub tiers: Vec<&'static str>,
    /// Those of each isa together, the fastest first.
    pub rows: Vec<Row>,
}

/// One candidate.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    pub library: &'static str,
    /// Its name for the accuracy.
    pub class: &'static str,
    /// The isa of its code, unless it chooses by itself.
    pub isa: Option<&'static str>,
    /// Nanoseconds per element.
    pub ns: Summary,
    /// For each tier: lanestack's time over this one's, both of the same round and on the same isa, or if this one has none,
    /// on lanestack's best.
    pub ratios: Vec<Option<Summary>>,
    #[serde(flatten)]
    pub judged: Judged,
}

/// lanestack in every tier that has a kernel of its own on every one of these isas, and std.
pub fn ours<T: Real>(op: Op, isas: &[Isa]) -> Vec<Peer<T>> {
    let tiers = Accuracy::ALL.iter().copied().filter(|&tier| op.tier::<T>(tier) == tier);
    let kernels = isas.iter().flat_map(|&isa| tiers.clone().map(move |tier| (isa, tier)));
    let lanestack = kernels.map(|(isa, tier)| {
        let engine = Engine::builder().isa(isa).accuracy(tier).threads(Threads::Exactly(1)).build();
        let engine = engine.expect("an available isa");
        let call = Box::new(move |src: &[T], dst: &mut [T]| engine.run_into(op, src, dst));
        Peer { library: LANESTACK, class: tier.name(), isa: Some(isa), call }
    });
    let std = T::std(op).map(|sweep| Peer { library: "std", class: "", isa: None, call: Box::new(sweep) });
    lanestack.chain(std).collect()
}

impl Table {
    /// Times so many elements in so many rounds, and judges results on so many inputs.
    pub fn measure<T: Real>(op: Op, candidates: &[Peer<T>], elements: usize, rounds: usize, samples: usize) -> Self {
        let calls: Vec<_> = candidates.iter().map(|peer| &peer.call).collect();
        let times = rounds::times(&calls, &plain::ordinary(op, elements), rounds);
        let judged = judged::judge(candidates, op, samples);

        let ours = || candidates.iter().zip(&times).filter(|(peer, _)| peer.library == LANESTACK);
        let place = |isa: Isa| Isa::ALL.iter().position(|&other| other == isa);
        let best = ours().filter_map(|(peer, _)| peer.isa).min_by_key(|&isa| place(isa));
        let tiers: Vec<Accuracy> =
            Accuracy::ALL.iter().copied().filter(|tier| ours().any(|(peer, _)| peer.class == tier.name())).collect();
        let ratios = |peer: &Peer<T>, times: &[f64]| {
            let ratio = |tier: &Accuracy| {
                let same = |our: &Peer<T>| our.class == tier.name() && our.isa == peer.isa.or(best);
                let (_, our) = ours().find(|(our, _)| same(our))?;
                Summary::of(our.iter().zip(times).map(|(our, theirs)| our / theirs))
            };
            tiers.iter().map(ratio).collect()
        };
        let rows = candidates.iter().zip(&times).zip(judged).map(|((peer, times), judged)| {
            let ns = Summary::of(times.iter().copied()).expect("at least one round");
            let isa = peer.isa.map(Isa::name);
            let row = Row { library: peer.library, class: peer.class, isa, ns, ratios: ratios(peer, times), judged };
            (peer.isa.map(place), row)
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by(|(a, row), (b, other)| a.cmp(b).then(row.ns.median.total_cmp(&other.ns.median)));
        Self {
            op: op.name(),
            dtype: T::NAME,
            elements,
            tiers: tiers.iter().map(|tier| tier.name()).collect(),
            rows: rows.into_iter().map(|(_, row)| row).collect(),
        }
    }

    /// The heads of the columns.
    pub fn heads(&self) -> Vec<String> {
        let heads = ["isa", "library", "class", "ns", "+-%"].map(str::to_owned);
        let tiers = self.tiers.iter().map(|tier| format!("/{tier}"));
        heads.into_iter().chain(tiers).chain(["max ulp", "wrong for"].map(str::to_owned)).collect()
    }

    /// What stands below them, row by row.
    pub fn cells(&self) -> impl Iterator<Item = Vec<String>> {
        self.rows.iter().map(|row| {
            let names = [row.isa.unwrap_or("-"), row.library, row.class].map(str::to_owned);
            let times = [format!("{:.4}", row.ns.median), format!("{:.1}", 100.0 * row.ns.spread())];
            let ratios =
                row.ratios.iter().map(|ratio| ratio.map_or(String::new(), |ratio| format!("{:.3}", ratio.median)));
            let judged = [ulp(row.judged.ulp), row.judged.wrong.join(", ")];
            names.into_iter().chain(times).chain(ratios).chain(judged).collect()
        })
    }

    /// Rows of text, the heads first; what is wrong may need more lines than one.
    pub fn text(&self) -> Vec<String> {
        let lines: Vec<Vec<String>> = [self.heads()].into_iter().chain(self.cells()).collect();
        let last = lines[0].len() - 1;
        let width = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..last).map(width).collect();
        let left: usize = widths.iter().map(|width| width + 2).sum();
        let aligned = |(column, (cell, &width)): (usize, (&String, &usize))| {
            if column < 3 { format!("{cell:<width$}  ") } else { format!("{cell:>width$}  ") }
        };
        let row = |line: &Vec<String>| {
            let cells: String = line.iter().zip(&widths).enumerate().map(aligned).collect();
            let wrong = wrapped(&line[last], WIDTH.saturating_sub(left)).join(&format!("\n{:left$}", ""));
            (cells + &wrong).trim_end().to_owned()
        };
        lines.iter().map(row).collect()
    }
}

/// The parts of a list in lines of at most so many columns, if each part is as short as that.
fn wrapped(list: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in list.split_inclusive(", ") {
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.len() + part.trim_end().len() <= width => *line += part,
            _ => lines.push(part.to_owned()),
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// An error in a few digits.
pub fn ulp(error: f64) -> String {
    if error < 1000.0 { format!("{error:.3}") } else { format!("{error:.1e}") }
}

/// How to read a table.
pub const LEGEND: &str = "Each row is a candidate. ns: nanoseconds per element, the median of all rounds. +-%: from there \
    to the farther quartile. /default and so on: the time of lanestack in that tier over the time of the row, the median of \
    the quotients of each round, both on the same isa (for rows without one, lanestack's best): below 1, lanestack is \
    faster. max ulp: the largest error found where argument and result are normal numbers. wrong for: kinds of input with a \
    wrong result, in which subnormal numbers count if the error is above 4 ulp and above max ulp.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanestack_stands_beside_a_slow_peer() {
        let slow = |src: &[f64], dst: &mut [f64]| {
            for (y, x) in dst.iter_mut().zip(src) {
                *y = (0..50).fold(x.sqrt(), |y, _| std::hint::black_box(y));
            }
        };
        let mut candidates = ours::<f64>(Op::Sqrt, &[Isa::Portable, Isa::Scalar]);
        candidates.push(Peer { library: "slow", class: "CR", isa: Some(Isa::Portable), call: Box::new(slow) });
        let table = Table::measure(Op::Sqrt, &candidates, 256, 9, 1000);
        let names: Vec<_> = table.rows.iter().map(|row| (row.isa, row.library)).collect();
        let portable = Some("portable");
        assert_eq!(names, [(None, "std"), (portable, LANESTACK), (portable, "slow"), (Some("scalar"), LANESTACK)]);
        assert_eq!(table.tiers, ["default"]);
        for row in &table.rows {
            let ratio = row.ratios[0].expect("on every isa").median;
            match row.library {
                LANESTACK => assert_eq!(ratio, 1.0),
                "slow" => assert!(ratio < 1.0, "{ratio}"),
                _ => assert!(ratio > 0.0, "{ratio}"),
            }
            assert_eq!((row.judged.ulp <= 0.5, row.judged.wrong.len()), (true, 0), "{}", row.library);
        }
        assert_eq!(table.text().len(), 5);
    }

    #[test]
    fn a_long_list_is_wrapped() {
        assert_eq!(wrapped("", 10), [""]);
        assert_eq!(wrapped("one, two, three", 10), ["one, two,", "three"]);
        assert_eq!(wrapped("wider than that, two", 10), ["wider than that,", "two"]);
    }
}
