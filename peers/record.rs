//! Tables with where they come from, to be kept.
use std::fmt::Write;

use crate::beside::{LANESTACK, LEGEND, Row, Table, ulp};
use crate::provenance::Provenance;
use crate::summary::Summary;

/// For people.
pub fn markdown(tables: &[Table], provenance: &Provenance) -> String {
    let mut text = format!("# lanestack beside its peers, {}\n\n{}", provenance.date, provenance.list());
    let _ = writeln!(text, "\n{LEGEND}");
    for table in tables {
        let heads = table.heads();
        let rule = "---|".repeat(heads.len());
        let _ = writeln!(text, "\n## {} {}\n\n| {} |\n|{rule}", table.op, table.dtype, heads.join(" | "));
        for (row, cells) in table.rows.iter().zip(table.cells()) {
            let strong = |cell: String| format!("**{cell}**");
            let ours = row.library == LANESTACK;
            let cells = cells.into_iter().map(|cell| if ours && !cell.is_empty() { strong(cell) } else { cell });
            let _ = writeln!(text, "| {} |", cells.collect::<Vec<_>>().join(" | "));
        }
    }
    text
}

/// For programs: a line for each row and each of lanestack's tiers.
pub fn csv(tables: &[Table], provenance: &Provenance) -> String {
    let mut text = String::new();
    for (name, value) in &provenance.facts {
        let _ = writeln!(text, "# {name}: {value}");
    }
    text += "op,dtype,isa,library,class,ns,ns_p25,ns_p75,ns_min,tier,ratio,ratio_p25,ratio_p75,max_ulp,wrong_for\n";
    for table in tables {
        for row in &table.rows {
            for (tier, ratio) in table.tiers.iter().zip(&row.ratios) {
                let Row { library, class, isa, ns, judged, .. } = row;
                let Summary { median, p25, p75, min, .. } = ns;
                let ratio = ratio.map_or(",,".to_owned(), |Summary { median, p25, p75, .. }| {
                    format!("{median:.4},{p25:.4},{p75:.4}")
                });
                let _ = writeln!(
                    text,
                    "{},{},{},{library},{class},{median:.5},{p25:.5},{p75:.5},{min:.5},{tier},{ratio},{},{}",
                    table.op,
                    table.dtype,
                    isa.unwrap_or_default(),
                    ulp(judged.ulp),
                    judged.wrong.join("; "),
                );
            }
        }
    }
    text
}
