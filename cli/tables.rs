//! The figures of `compare` as tables of text: for Markdown, for CSV, and behind the pictures of the HTML report.
use crate::baseline::Verdict;
use crate::beside::ulp;
use crate::comparison::{Comparison, Section};
use crate::profile::{Errors, Profile};
use crate::report::{elements, figure, limit, nanoseconds, numbered, same};
use crate::roofs::Rates;
use crate::sizes::binary;
use crate::story::times;

/// Heads of columns, and rows of as many cells.
#[derive(Debug, PartialEq)]
pub struct Table {
    pub title: String,
    pub heads: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// With these heads, separated by `|`.
    pub fn new(title: impl Into<String>, heads: &str, rows: Vec<Vec<String>>) -> Self {
        Self { title: title.into(), heads: heads.split('|').map(str::to_owned).collect(), rows }
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | ").replace('\n', " "));
        let numbers = (0..self.heads.len()).map(|k| self.is_number(k));
        let rule: String = numbers.map(|number| if number { "---:|" } else { "---|" }).collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("**{}**\n\n{}|{rule}\n{rows}", self.title, line(&self.heads))
    }

    /// As CSV: a line of heads, and a line for each row.
    pub fn csv(&self) -> String {
        let cell = |cell: &String| match cell.contains([',', '"', '\n']) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell.clone(),
        };
        let line = |cells: &Vec<String>| cells.iter().map(cell).collect::<Vec<_>>().join(",") + "\n";
        [&self.heads].into_iter().chain(&self.rows).map(line).collect()
    }

    /// Whether a column holds numbers.
    pub fn is_number(&self, column: usize) -> bool {
        let is_figure =
            |cell: &&str| cell.trim_start_matches(['~', '+', '-']).starts_with(|c: char| c.is_ascii_digit());
        let mut cells = self.rows.iter().map(|row| row[column].as_str()).filter(|cell| !cell.is_empty()).peekable();
        cells.peek().is_some() && cells.all(|cell| is_figure(&cell))
    }
}

/// What memory can do.
pub fn roofs(comparison: &Comparison) -> Table {
    let row = |roof: &crate::comparison::Roof| {
        vec![roof.kind.to_owned(), roof.place.clone(), roof.threads.to_string(), figure(roof.gb_per_s.median)]
    };
    Table::new("Roofs", "how|place|threads|GB/s", comparison.roofs.iter().map(row).collect())
}

/// The variants of one op, type and size.
pub fn section(section: &Section) -> Table {
    let Section { op, dtype, place, bytes, .. } = section;
    let title = format!("{op} {dtype} in {place}: {}, {}", elements(section.elements), binary(*bytes));
    let row = |row: &crate::comparison::Row| {
        vec![
            numbered(row.variant, row.threads),
            row.ns.map_or("not shown".to_owned(), |ns| nanoseconds(ns.median)),
            row.ns.map_or(String::new(), |ns| format!("{:.1}", 100.0 * ns.spread())),
            row.gb_per_s.map_or(String::new(), figure),
            row.roof_percent.map_or(String::new(), |percent| format!("{percent:.0}")),
            row.speedup_over_std.map_or(String::new(), times),
            row.limit.map_or(String::new(), |of| limit(of).to_owned()),
            row.bits.map_or(String::new(), |bits| same(&bits)),
        ]
    };
    Table::new(title, "variant|ns/element|±%|GB/s|roof %|times std|limit|bits", section.rows.iter().map(row).collect())
}

/// What lanes and threads give, alone and together.
pub fn stacks(comparison: &Comparison) -> Table {
    let row = |section: &Section| {
        let stack = section.stack?;
        let mark = if stack.noisy { "~" } else { "" };
        Some(vec![
            format!("{} {}", section.op, section.dtype),
            section.place.clone(),
            times(stack.lanes),
            times(stack.threads_on_lanes),
            times(stack.threads),
            times(stack.product()),
            format!("{mark}{}", times(stack.both)),
            format!("{mark}{:.0} %", 100.0 * stack.share()),
        ])
    };
    let rows = comparison.sections.iter().filter_map(row).collect();
    Table::new(
        "Lanes and threads, times std",
        "op|place|lanes|threads on top|threads without lanes|product|together|of product",
        rows,
    )
}

/// What classes of input cost.
pub fn inputs(comparison: &Comparison) -> Table {
    let rows = comparison.inputs.iter().flat_map(|inputs| {
        let fast = inputs.extremes().map_or(1.0, |(_, fast)| fast.ns.median);
        inputs.classes.iter().map(move |class| {
            vec![
                format!("{} {}", inputs.op, inputs.dtype),
                class.name.to_owned(),
                nanoseconds(class.ns.median),
                times(class.ns.median / fast),
            ]
        })
    });
    Table::new("Classes of input", "op|class|ns/element|times the fastest", rows.collect())
}

/// What this machine can do at most: copying at each level, and multiply-adds.
pub fn limits(profile: &Profile) -> [Table; 2] {
    let roofs = &profile.roofs;
    let heads = |first: &str| {
        let threads =
            roofs.threads.iter().map(|&n| if n == 1 { "one thread".to_owned() } else { format!("{n} threads") });
        [first.to_owned()].into_iter().chain(threads).collect::<Vec<_>>()
    };
    let row = |name: String, rates: &Rates| [name].into_iter().chain(rates.0.iter().copied().map(figure)).collect();
    let levels =
        roofs.levels.iter().map(|level| row(format!("{}, {}", level.name, binary(level.bytes as u64)), &level.copy));
    let peaks = roofs.peaks.iter().map(|peak| row(format!("{} {}", peak.isa, peak.dtype), &peak.gflops));
    [
        Table { title: "Copying, GB/s".to_owned(), heads: heads("level, bytes of a thread"), rows: levels.collect() },
        Table { title: "Multiply-adds, Gflop/s".to_owned(), heads: heads("isa"), rows: peaks.collect() },
    ]
}

/// How long calls of every size take.
pub fn sizes(profile: &Profile) -> Table {
    let rows = profile.sizes.iter().flat_map(|curve| {
        curve.points.iter().map(|point| {
            vec![
                format!("{} {}", curve.op, curve.dtype),
                numbered(curve.variant, curve.threads),
                point.elements.to_string(),
                binary(point.bytes),
                nanoseconds(point.ns.median),
                figure(point.gb_per_s()),
            ]
        })
    });
    Table::new("Every size", "op|variant|elements|source and result|ns/element|GB/s", rows.collect())
}

/// How much faster more threads are.
pub fn scaling(profile: &Profile) -> Table {
    let rows = profile.scaling.iter().flat_map(|curve| {
        let place = if curve.in_cache { "in cache" } else { "far beyond" };
        curve.points.iter().map(move |point| {
            let op = format!("{} {}", curve.op, curve.dtype);
            vec![op, curve.variant.to_owned(), place.to_owned(), point.threads.to_string(), times(point.times)]
        })
    });
    Table::new("Threads", "op|variant|place|threads|times one thread", rows.collect())
}

/// How large errors are.
pub fn errors(profile: &Profile) -> Table {
    let row = |of: &Errors| {
        vec![
            format!("{} {}", of.op, of.dtype),
            of.variant.to_owned(),
            ulp(of.judged.ulp),
            of.bound.map_or(String::new(), |bound| bound.to_string()),
            if of.judged.wrong.is_empty() { "none".to_owned() } else { of.judged.wrong.join(", ") },
        ]
    };
    let rows = profile.errors.iter().map(row).collect();
    Table::new("Accuracy", "op|variant|largest error found, ulp|bound|wrong for", rows)
}

/// What has changed since another run, by more than spread.
pub fn changes(comparison: &Comparison) -> Option<Table> {
    let baseline = comparison.baseline.as_ref()?;
    let moved = baseline.changes.iter().filter(|change| change.verdict != Verdict::Same).map(|change| {
        vec![
            change.name(),
            nanoseconds(change.before.median),
            nanoseconds(change.after.median),
            format!("{:+.1} %", 100.0 * (change.times - 1.0)),
            change.verdict.name().to_owned(),
        ]
    });
    Some(Table::new(format!("Since {}", baseline.file), "variant|before, ns|now, ns|time|verdict", moved.collect()))
}

/// Every figure in a row of its own, in full: the columns of CSV.
pub fn figures(comparison: &Comparison) -> Table {
    let heads = "op|dtype|elements|bytes|place|variant|threads|samples|min_ns|p25_ns|median_ns|p75_ns|max_ns|gb_per_s|\
        roof_percent|speedup_over_std|noisy|limit|bits_differ|bits_compared|baseline_ns|times_baseline|verdict";
    let rows = comparison.sections.iter().flat_map(|section| {
        section.rows.iter().map(move |row| {
            let change = comparison.baseline.iter().flat_map(|baseline| &baseline.changes).find(|change| {
                (change.op, change.dtype, change.elements) == (section.op, section.dtype, section.elements)
                    && (change.variant, change.threads) == (row.variant, row.threads)
            });
            let ns = |of: fn(&crate::summary::Summary) -> f64| row.ns.as_ref().map(of);
            let number = |x: Option<f64>| x.map_or(String::new(), |x| x.to_string());
            vec![
                section.op.to_owned(),
                section.dtype.to_owned(),
                section.elements.to_string(),
                section.bytes.to_string(),
                section.place.clone(),
                row.variant.to_owned(),
                row.threads.to_string(),
                row.ns.map_or(String::new(), |ns| ns.samples.to_string()),
                number(ns(|ns| ns.min)),
                number(ns(|ns| ns.p25)),
                number(ns(|ns| ns.median)),
                number(ns(|ns| ns.p75)),
                number(ns(|ns| ns.max)),
                number(row.gb_per_s),
                number(row.roof_percent),
                number(row.speedup_over_std),
                row.noisy.to_string(),
                row.limit.map_or(String::new(), |of| limit(of).to_owned()),
                row.bits.map_or(String::new(), |bits| bits.differ.to_string()),
                row.bits.map_or(String::new(), |bits| bits.elements.to_string()),
                number(change.map(|change| change.before.median)),
                number(change.map(|change| change.times)),
                change.map_or(String::new(), |change| change.verdict.name().to_owned()),
            ]
        })
    });
    Table::new("Figures", heads, rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::made_up;

    #[test]
    fn markdown_and_csv() {
        let rows = vec![vec!["a, b".to_owned(), "1.5".to_owned()], vec!["say \"c\"".to_owned(), "~2".to_owned()]];
        let table = Table::new("T", "name|ns", rows);
        assert_eq!(table.markdown(), "**T**\n\n| name | ns |\n|---|---:|\n| a, b | 1.5 |\n| say \"c\" | ~2 |\n");
        assert_eq!(table.csv(), "name,ns\n\"a, b\",1.5\n\"say \"\"c\"\"\",~2\n");
    }

    #[test]
    fn every_row_has_every_column() {
        let all = made_up();
        let mut tables: Vec<Table> = all.sections.iter().map(section).collect();
        tables.extend([roofs(&all), stacks(&all), inputs(&all), figures(&all)]);
        for table in tables {
            assert!(!table.rows.is_empty(), "{}", table.title);
            assert!(table.rows.iter().all(|row| row.len() == table.heads.len()), "{table:?}");
        }
        let rows: usize = all.sections.iter().map(|section| section.rows.len()).sum();
        assert_eq!(figures(&all).rows.len(), rows);
    }
}
