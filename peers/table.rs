//! What came out, for people and for programs.
use std::fmt::Write;

use lanestack::{Isa, Op};

use crate::accuracy::Judged;
use crate::args::Measure;
use crate::candidates::{LANESTACK, Real};
use crate::cli::peers::Peer;
use crate::cli::summary::Summary;
use crate::provenance::Provenance;

/// All candidates for one op and type.
pub struct Table {
    op: &'static str,
    dtype: &'static str,
    /// The tiers of lanestack, most accurate first.
    tiers: Vec<&'static str>,
    /// Those of each isa together, the fastest first.
    rows: Vec<Row>,
}

struct Row {
    library: &'static str,
    class: &'static str,
    isa: Option<Isa>,
    /// Nanoseconds per element.
    ns: Summary,
    /// For each tier: lanestack's time over this one's, both of the same round and, if this one has an isa, on that.
    ratios: Vec<Option<Summary>>,
    judged: Judged,
}

impl Table {
    /// From the times in each round, and what was found of results.
    pub fn new<T: Real>(op: Op, candidates: &[Peer<T>], times: &[Vec<f64>], judged: Vec<Judged>) -> Self {
        let ours = || candidates.iter().zip(times).filter(|(peer, _)| peer.library == LANESTACK);
        let best = ours().find_map(|(peer, _)| peer.isa);
        let mut tiers: Vec<&str> = Vec::new();
        for (peer, _) in ours() {
            if !tiers.contains(&peer.class) {
                tiers.push(peer.class);
            }
        }
        let mut rows: Vec<Row> = candidates
            .iter()
            .zip(times)
            .zip(judged)
            .map(|((peer, times), judged)| {
                let ratio = |&tier: &&str| {
                    let (_, our) = ours().find(|(our, _)| our.class == tier && our.isa == peer.isa.or(best))?;
                    Summary::of(our.iter().zip(times).map(|(our, theirs)| our / theirs))
                };
                let ns = Summary::of(times.iter().copied()).expect("at least one round");
                let ratios = tiers.iter().map(ratio).collect();
                Row { library: peer.library, class: peer.class, isa: peer.isa, ns, ratios, judged }
            })
            .collect();
        let place =
            |row: &Row| row.isa.map_or(0, |isa| 1 + Isa::ALL.iter().position(|&other| other == isa).expect("all"));
        rows.sort_by(|a, b| place(a).cmp(&place(b)).then(a.ns.median.total_cmp(&b.ns.median)));
        Self { op: op.name(), dtype: T::NAME, tiers, rows }
    }

    /// The heads of the columns.
    fn heads(&self) -> Vec<String> {
        let mut heads: Vec<String> = ["isa", "library", "class", "ns", "+-%"].map(str::to_owned).into();
        heads.extend(self.tiers.iter().map(|tier| format!("/{tier}")));
        heads.extend(["max ulp", "wrong for"].map(str::to_owned));
        heads
    }

    /// The rows of text.
    fn cells(&self) -> impl Iterator<Item = Vec<String>> {
        self.rows.iter().map(|row| {
            let isa = row.isa.map_or("-", Isa::name);
            let mut cells: Vec<String> = [isa, row.library, row.class].map(str::to_owned).into();
            cells.push(format!("{:.4}", row.ns.median));
            cells.push(format!("{:.1}", 100.0 * row.ns.spread()));
            cells.extend(
                row.ratios.iter().map(|ratio| ratio.map_or(String::new(), |ratio| format!("{:.3}", ratio.median))),
            );
            cells.push(ulp(row.judged.ulp));
            cells.push(row.judged.wrong.join(", "));
            cells
        })
    }

    /// In columns.
    pub fn text(&self) -> String {
        let lines: Vec<Vec<String>> = [self.heads()].into_iter().chain(self.cells()).collect();
        let widths: Vec<usize> = (0..lines[0].len())
            .map(|column| lines.iter().map(|line| line[column].len()).max().expect("there are heads"))
            .collect();
        let mut text = format!("{} {}\n", self.op, self.dtype);
        for line in lines {
            let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                let words = column < 3 || column + 1 == widths.len();
                if words { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            text += cells.collect::<Vec<_>>().join("  ").trim_end();
            text += "\n";
        }
        text
    }
}

fn ulp(error: f64) -> String {
    if error < 1000.0 { format!("{error:.3}") } else { format!("{error:.1e}") }
}

/// How to read the tables.
const LEGEND: &str = "Each row is a candidate. *ns*: nanoseconds per element, the median of all rounds; *+-%*: from there \
    to the farther quartile. */default* and so on: the time of lanestack in that tier over the time of the row, the median \
    of the quotients of each round, both on the same isa (for rows without one, lanestack's best): below 1, lanestack is \
    faster. *max ulp*: the largest error found where argument and result are normal numbers. *wrong for*: kinds of input \
    with a wrong result, in which subnormal numbers count if the error is above 4 ulp and above *max ulp*.";

/// A record for people.
pub fn markdown(tables: &[Table], provenance: &Provenance, options: &Measure) -> String {
    let mut text = format!("# lanestack beside its peers, {}\n\n", provenance.date);
    for (name, value) in &provenance.facts {
        let _ = writeln!(text, "- {name}: {value}");
    }
    let Measure { elements, rounds, samples, .. } = options;
    let _ = writeln!(
        text,
        "- measured: {elements} elements, {rounds} rounds, errors on {samples} inputs and more, one thread\n\n{LEGEND}"
    );
    for table in tables {
        let heads = table.heads();
        let _ = writeln!(
            text,
            "\n## {} {}\n\n| {} |\n|{}",
            table.op,
            table.dtype,
            heads.join(" | "),
            "---|".repeat(heads.len())
        );
        for cells in table.cells() {
            let ours = cells[1] == LANESTACK;
            let cells =
                cells.iter().map(|cell| if ours && !cell.is_empty() { format!("**{cell}**") } else { cell.clone() });
            let _ = writeln!(text, "| {} |", cells.collect::<Vec<_>>().join(" | "));
        }
    }
    text
}

/// A record for programs.
pub fn csv(tables: &[Table], provenance: &Provenance, options: &Measure) -> String {
    let mut text = String::new();
    for (name, value) in &provenance.facts {
        let _ = writeln!(text, "# {name}: {value}");
    }
    let Measure { elements, rounds, samples, .. } = options;
    let _ = writeln!(
        text,
        "# measured: {elements} elements, {rounds} rounds, errors on {samples} inputs and more, one thread"
    );
    text += "op,dtype,isa,library,class,ns,p25,p75,min,tier,ratio,ratio_p25,ratio_p75,max_ulp,wrong_for\n";
    for table in tables {
        for row in &table.rows {
            for (tier, ratio) in table.tiers.iter().zip(&row.ratios) {
                let Some(ratio) = ratio else { continue };
                let isa = row.isa.map_or("", Isa::name);
                let Summary { median, p25, p75, min, .. } = row.ns;
                let _ = writeln!(
                    text,
                    "{},{},{isa},{},{},{median:.5},{p25:.5},{p75:.5},{min:.5},{tier},{:.4},{:.4},{:.4},{},{}",
                    table.op,
                    table.dtype,
                    row.library,
                    row.class,
                    ratio.median,
                    ratio.p25,
                    ratio.p75,
                    ulp(row.judged.ulp),
                    row.judged.wrong.join("; "),
                );
            }
        }
    }
    text
}
