//! What `--export` prints.
use crate::baseline::Baseline;
use crate::beside;
use crate::comparison::{Comparison, Provenance};
use crate::report::{UNOPTIMIZED, facts};
use crate::tables::{self, Table};

/// All of it as Markdown.
pub fn markdown(comparison: &Comparison) -> String {
    let Provenance { version, revision, rustc, target, optimized, .. } = &comparison.provenance;
    let mut text = format!("# lanestack compare\n\nlanestack {version} ({revision}), {rustc}, {target}\n");
    let mut paragraph = |paragraph: &str| {
        text.push('\n');
        text.push_str(paragraph);
        text.push_str(if paragraph.ends_with('\n') { "" } else { "\n" });
    };
    if !optimized {
        paragraph(UNOPTIMIZED);
    }
    paragraph(&facts(&comparison.provenance).map(|(name, value)| format!("- {name}: {value}\n")).concat());
    paragraph(&tables::roofs(comparison).markdown());
    for section in &comparison.sections {
        paragraph(&tables::section(section).markdown());
    }
    paragraph(&tables::stacks(comparison).markdown());
    paragraph(&tables::inputs(comparison).markdown());
    for table in comparison.beside.iter().flat_map(|beside| &beside.tables) {
        paragraph(&peers(table).markdown());
    }
    if let Some(changes) = tables::changes(comparison) {
        paragraph(&changes.markdown());
    }
    let changed = comparison.baseline.iter().flat_map(Baseline::sentences);
    for sentence in comparison.notes.iter().chain(&comparison.sentences).cloned().chain(changed) {
        paragraph(&sentence);
    }
    text
}

/// lanestack beside others.
fn peers(table: &beside::Table) -> Table {
    let title = format!("{} {} beside others: {} elements, one thread", table.op, table.dtype, table.elements);
    Table { title, heads: table.heads(), rows: table.cells().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::made_up;

    #[test]
    fn markdown_has_every_table() {
        let text = markdown(&made_up());
        for part in ["**exp f64 in L1", "| avx2 x2 |", "**Classes of input**", "beside others", "- threads: 2"] {
            assert!(text.contains(part), "{part:?} is missing in\n{text}");
        }
        assert!(!text.contains("\n\n\n"), "{text}");
    }
}
