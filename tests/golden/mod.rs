//! What all `f32` results must be: digests and hard cases in `tests/data`, made by the package `reference`.
#![allow(dead_code, reason = "each user takes what it needs")]
pub mod digest;
pub mod random;

/// For each block of inputs the digest of its results; nothing for an op that has no file.
pub fn f32_digests(op: &str) -> Option<Vec<u64>> {
    let bytes: &[u8] = match op {
        "exp" => include_bytes!("../data/f32-exp.digests"),
        "log" => include_bytes!("../data/f32-log.digests"),
        "sqrt" => include_bytes!("../data/f32-sqrt.digests"),
        "square" => include_bytes!("../data/f32-square.digests"),
        _ => return None,
    };
    Some(numbers(bytes))
}

/// The same for the fast tier, where fused; nothing for an op that has no kernel of its own there.
pub fn f32_fast_digests(op: &str) -> Option<Vec<u64>> {
    let bytes: &[u8] = match op {
        "exp" => include_bytes!("../data/f32-exp-fast.digests"),
        "log" => include_bytes!("../data/f32-log-fast.digests"),
        _ => return None,
    };
    Some(numbers(bytes))
}

fn numbers(bytes: &[u8]) -> Vec<u64> {
    bytes.as_chunks().0.iter().map(|&digest| u64::from_le_bytes(digest)).collect()
}

/// The inputs with the largest errors of the fast tier, fused and not.
pub fn f32_worst(op: &str) -> Vec<f32> {
    let lines = include_str!("../data/f32.worst").lines();
    let words = lines.filter_map(|line| line.strip_prefix(op)?.strip_prefix(' '));
    words.map(|word| f32::from_bits(u32::from_str_radix(word, 16).expect("the bits in hexadecimal"))).collect()
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

/// Inputs of `f64` for an op, the same everywhere: over the values where it does something, over all bits, near 1 and 0.
pub fn f64_inputs(op: &str) -> Vec<f64> {
    let (low, high) = if op == "exp" { (-746.0, 710.0) } else { (0.0, 4.0) };
    let mut random = random::Random(0);
    let mut input = |i: u32| {
        let bits = random.bits();
        let part = random::part(bits);
        match i % 8 {
            0..3 => low + (high - low) * part,
            3 => 0.5 + part * 1.5,
            4 => 0.96 + part * 0.08,
            5 => (part - 0.5) / f64::from(1 << (bits % 32)),
            6 => f64::from_bits(bits >> 1),
            _ => f64::from_bits(bits),
        }
    };
    (0..F64_INPUTS).map(&mut input).collect()
}

/// How many they are: with so many, a result that changes for one input in ten thousand shows.
const F64_INPUTS: u32 = 1 << 19;

/// The digest of the results of these inputs; NaN are told apart.
pub fn f64_digest(results: &[f64]) -> u64 {
    let weight = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1 | 1;
    results.iter().enumerate().fold(0, |sum, (i, y)| sum.wrapping_add(weight(i).wrapping_mul(y.to_bits())))
}

/// What the digest of an op, a tier and a kind of arithmetic (fused or not) must be.
pub fn f64_golden(op: &str, tier: &str, fused: bool) -> Option<u64> {
    let key = format!("{op} {tier} {} ", if fused { "fused" } else { "unfused" });
    let line = include_str!("../data/f64.digests").lines().find_map(|line| line.strip_prefix(&key))?;
    Some(u64::from_str_radix(line, 16).expect("a digest in hexadecimal"))
}

/// The inputs with the largest errors of the default tier that are known.
pub fn f64_worst(op: &str) -> Vec<f64> {
    let lines = include_str!("../data/f64.worst").lines();
    let words = lines.filter_map(|line| line.strip_prefix(op)?.strip_prefix(' '));
    words.map(|word| f64::from_bits(u64::from_str_radix(word, 16).expect("the bits in hexadecimal"))).collect()
}

/// Inputs of `f64` that are hard to round, with their correctly rounded results.
pub fn f64_hard(op: &str) -> Vec<(f64, f64)> {
    let text = match op {
        "exp" => include_str!("../data/f64-exp.hard"),
        "log" => include_str!("../data/f64-log.hard"),
        _ => return vec![],
    };
    let number = |word: &str| f64::from_bits(u64::from_str_radix(word, 16).expect("the bits in hexadecimal"));
    let pair = |line: &str| line.split_once(' ').map(|(x, y)| (number(x), number(y))).expect("input and result");
    text.lines().filter(|line| !line.starts_with('#')).map(pair).collect()
}
