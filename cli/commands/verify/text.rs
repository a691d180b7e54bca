//! The report of `verify` for people, and its table for documents.
use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use crate::verification::{Case, Disagreement, Matrix, Row, Verification};

const STRONG: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// All of it, at most 110 columns wide.
pub fn report(verification: &Verification) -> String {
    let Verification { version, revision, target, threads, seconds, .. } = verification;
    let mut text = format!("{STRONG}lanestack {version}{STRONG:#} ({revision}), {target}, {threads} threads\n\n");
    let mut line = |line: String| writeln!(text, "{}", line.trim_end()).expect("a string takes it");
    line(format!(
        "{STRONG}{:<7}{:<5}{:<9}{:<9}{:>15} {:>9} {:>7} {:>10} {:>6}  {:<8} {:>6}{STRONG:#}",
        "op", "type", "tier", "isa", "inputs", "max ulp", "mean", "% rounded", "bound", "special", "s"
    ));
    let mut shown = None;
    for row in &verification.rows {
        let inputs = if row.exhaustive { "all 4294967296".to_owned() } else { row.inputs.to_string() };
        let special = if row.specials_wrong == 0 { "right".to_owned() } else { format!("{} bad", row.specials_wrong) };
        let verdict = if row.passed { String::new() } else { format!("  {BAD}FAIL{BAD:#}") };
        line(format!(
            "{:<7}{:<5}{:<9}{:<9}{:>15} {:>9} {:>7} {:>10} {:>6}  {:<8} {:>6.1}{verdict}",
            row.op,
            row.dtype,
            row.accuracy,
            row.isa,
            inputs,
            ulp(row),
            mean(row),
            percent(row),
            row.bound_ulp,
            special,
            row.seconds
        ));
        if row.max_ulp.is_none_or(|max| max > 0.5)
            && let Some(worst) = &row.worst
        {
            // The same on several isas is said once.
            if shown.replace(&worst.x) != Some(&worst.x) {
                line(format!("       worst: {} ({}): got {}, want {}", worst.x, worst.x_value, worst.got, worst.want));
            }
        }
        if let Some(from) = &row.bad_from {
            let Row { bad_blocks, judged_blocks, .. } = row;
            line(format!(
                "       {bad_blocks} blocks of 2^20 inputs are wrong, the first from {from} on; {judged_blocks} looked at"
            ));
        }
        if let Some(special) = &row.special {
            line(format!("       special: {}", described(special)));
        }
    }
    line(format!("\n{STRONG}The same bits on all isas{STRONG:#}"));
    for matrix in &verification.matrices {
        let verdict = if matrix.passed { String::new() } else { format!("  {BAD}FAIL{BAD:#}") };
        line(format!("{:<7}{:<5}{:<9}{}{verdict}", matrix.op, matrix.dtype, matrix.accuracy, differences(matrix)));
    }
    for note in &verification.notes {
        line(format!("\n{note}"));
    }
    line(String::new());
    line(match failure(verification) {
        None => format!("{GOOD}PASS{GOOD:#}: every result is within its documented bound, in {seconds:.0} s"),
        Some(what) => format!("{BAD}FAIL{BAD:#}: {what}"),
    });
    text
}

/// The worst failure, in a sentence.
fn failure(verification: &Verification) -> Option<String> {
    if verification.passed {
        return None;
    }
    let error = |row: &Row| row.max_ulp.unwrap_or(f64::INFINITY);
    let bad = verification.rows.iter().filter(|row| !row.passed);
    let broken = || verification.matrices.iter().find_map(|matrix| Some((matrix, matrix.broken.as_ref()?)));
    // Of equals the first: the best isa.
    Some(match bad.rev().max_by(|a, b| error(a).total_cmp(&error(b))) {
        Some(row) => {
            let name = format!("{} {} {} on {}", row.op, row.dtype, row.accuracy, row.isa);
            match (&row.worst, &row.special, &row.bad_from) {
                (Some(worst), ..) if error(row) > row.bound_ulp => {
                    format!("{name} misses by {} ulp (bound {}): {}", ulp(row), row.bound_ulp, described(worst))
                }
                (_, Some(special), _) => format!("{name}, special value: {}", described(special)),
                (.., from) => {
                    let from = from.as_deref().unwrap_or_default();
                    format!("{name}: another digest of the inputs from {from} on, though no result there is wrong")
                }
            }
        }
        None => match broken() {
            Some((matrix, Disagreement { isas: [a, b], x, x_value, results: [of_a, of_b] })) => {
                let Matrix { op, dtype, accuracy, .. } = matrix;
                format!("{op} {dtype} {accuracy} of {x} ({x_value}): {a} gives {of_a}, {b} gives {of_b}")
            }
            None => "see above".to_owned(),
        },
    })
}

/// The table, for `docs/accuracy.md`.
pub fn markdown(verification: &Verification) -> String {
    let mut text = String::from(
        "| op | type | tier | isa | inputs | max ulp | mean ulp | correctly rounded | bound | worst input, got, want |\n",
    );
    text += "|---|---|---|---|---|---|---|---|---|---|\n";
    for row in &verification.rows {
        let inputs = if row.exhaustive { "all 2^32".to_owned() } else { row.inputs.to_string() };
        let worst = match &row.worst {
            Some(worst) if row.max_ulp.is_none_or(|max| max > 0.5) => {
                format!("`{}` `{}` `{}`", worst.x, worst.got, worst.want)
            }
            _ => String::new(),
        };
        writeln!(
            text,
            "| {} | {} | {} | {} | {inputs} | {} | {} | {} | {} | {worst} |",
            row.op,
            row.dtype,
            row.accuracy,
            row.isa,
            ulp(row),
            mean(row),
            percent(row),
            row.bound_ulp
        )
        .expect("a string takes it");
    }
    text
}

fn ulp(row: &Row) -> String {
    match row.max_ulp {
        Some(max) if max <= 0.5 => "0.5".to_owned(),
        Some(max) if max < 1000.0 => format!("{max:.4}"),
        Some(max) => format!("{max:.2e}"),
        None => "inf".to_owned(),
    }
}

fn mean(row: &Row) -> String {
    match row.mean_ulp {
        Some(mean) if mean < 100.0 => format!("{mean:.4}"),
        Some(mean) => format!("{mean:.1e}"),
        None => "-".to_owned(),
    }
}

/// 100 only where it is all of them.
fn percent(row: &Row) -> String {
    match row.correctly_rounded_percent {
        100.0 => "100".to_owned(),
        percent => format!("{:.4}", percent.min(99.9999)),
    }
}

fn described(case: &Case) -> String {
    let Case { x, got, want, x_value, got_value, want_value } = case;
    format!("{x} ({x_value}): got {got} ({got_value}), want {want} ({want_value})")
}

/// `avx512 = avx2 = scalar, portable: 2 of 1000 differ`: isas that agree, and how many results of others differ from them.
fn differences(matrix: &Matrix) -> String {
    let mut groups: Vec<Vec<usize>> = vec![];
    for i in 0..matrix.isas.len() {
        match groups.iter_mut().find(|group| matrix.differing[group[0]][i] == 0) {
            Some(group) => group.push(i),
            None => groups.push(vec![i]),
        }
    }
    let name = |group: &Vec<usize>| group.iter().map(|&i| matrix.isas[i]).collect::<Vec<_>>().join(" = ");
    let others = groups.iter().skip(1).map(|group| {
        let count = matrix.differing[groups[0][0]][group[0]];
        format!("; {}: {count} of {} differ from these", name(group), matrix.inputs)
    });
    groups.first().map(name).unwrap_or_default() + &others.collect::<String>()
}
