//! What all `f32` results must be: digests and hard cases in `tests/data`, made by the package `reference`.
#![allow(dead_code, reason = "each user takes what it needs")]
pub mod digest;

/// For each block of inputs the digest of its results; nothing for an op that has no file.
pub fn f32_digests(op: &str) -> Option<Vec<u64>> {
    let bytes: &[u8] = match op {
        "exp" => include_bytes!("../data/f32-exp.digests"),
        "log" => include_bytes!("../data/f32-log.digests"),
        "sqrt" => include_bytes!("../data/f32-sqrt.digests"),
        "square" => include_bytes!("../data/f32-square.digests"),
        _ => return None,
    };
    Some(bytes.as_chunks().0.iter().map(|&digest| u64::from_le_bytes(digest)).collect())
}

/// The bits of inputs whose exact result is next to a rounding boundary, and of their results; none for an op that has
/// no such inputs, because it has no file.
pub fn f32_hard(op: &str) -> Vec<(u32, u32)> {
    let text = match op {
        "exp" => include_str!("../data/f32-exp.hard"),
        "log" => include_str!("../data/f32-log.hard"),
        _ => return vec![],
    };
    let bits = |word: &str| u32::from_str_radix(word, 16).expect("the bits in hexadecimal");
    let pair = |line: &str| line.split_once(' ').map(|(x, y)| (bits(x), bits(y))).expect("input and result");
    text.lines().filter(|line| !line.starts_with('#')).map(pair).collect()
}
