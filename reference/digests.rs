//! The results of all `f32` inputs, as digests, and the inputs that are hard to round.
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Instant;

use rayon::prelude::*;

use crate::golden::digest::{BLOCK, BLOCKS, digest};
use crate::mpfr::{self, Function};

/// An input is hard if its exact result is within this part of itself from where rounding changes.
const HARD: f64 = 1.0 / (1u64 << 43) as f64;

/// In ulps of `f64`, how close to where rounding to `f32` changes a result of the platform's `f64` function may come
/// before MPFR decides instead. 2^11 ulps are 2^-42 of the result or more: that finds all hard inputs, and the platform
/// may be wrong by 2^10 ulps. `check_platform` sees that it is not wrong by two.
const DOUBTFUL: u64 = 1 << 11;

/// How many results are made before they are digested: they stay in the cache.
const PIECE: u32 = 1 << 12;

/// What was found out about an op.
struct Found {
    digests: Vec<u64>,
    /// The bits of the inputs that are hard, and of their results.
    hard: Vec<(u32, u32)>,
    decided: u64,
}

/// What was found out in a block, beside its digest.
#[derive(Default)]
struct Notes {
    hard: Vec<(u32, u32)>,
    decided: u64,
}

/// Writes the files to `folder` or, for `check`, compares what is there; then `true` says that all is the same.
pub fn run(folder: &Path, check: bool) -> io::Result<bool> {
    check_platform();
    let mut same = true;
    let mut save = |name: String, content: &[u8]| -> io::Result<()> {
        let path = folder.join(&name);
        if !check {
            return fs::write(path, content);
        }
        if fs::read(path)? != content {
            println!("{name} is not what comes out");
            same = false;
        }
        Ok(())
    };
    let transcendental = |function| {
        move |x: f32, notes: &mut Notes| {
            let estimate = f64::from(x);
            let estimate = if function == Function::Exp { estimate.exp() } else { estimate.ln() };
            if is_doubtful(estimate) { decided(function, x, notes) } else { estimate as f32 }
        }
    };
    for (op, function) in [("exp", Function::Exp), ("log", Function::Log)] {
        let found = all_inputs(op, transcendental(function));
        save(format!("f32-{op}.digests"), &bytes(&found.digests))?;
        save(format!("f32-{op}.hard"), hard_text(op, &found.hard).as_bytes())?;
    }
    save("f32-sqrt.digests".into(), &bytes(&all_inputs("sqrt", |x, _| sqrt(x)).digests))?;
    save("f32-square.digests".into(), &bytes(&all_inputs("square", |x, _| square(x)).digests))?;
    Ok(same)
}

fn all_inputs(op: &str, function: impl Fn(f32, &mut Notes) -> f32 + Sync) -> Found {
    let start = Instant::now();
    let blocks: Vec<(u64, Notes)> = (0..BLOCKS)
        .into_par_iter()
        .map(|block| {
            let (mut sum, mut notes, mut results) = (0u64, Notes::default(), [0.0; PIECE as usize]);
            for piece in 0..BLOCK / PIECE {
                let first = block * BLOCK + piece * PIECE;
                for (input, y) in (first..=first + (PIECE - 1)).zip(&mut results) {
                    *y = function(f32::from_bits(input), &mut notes);
                }
                sum = sum.wrapping_add(digest(first, &results));
            }
            (sum, notes)
        })
        .collect();
    let mut found = Found { digests: vec![], hard: vec![], decided: 0 };
    for (digest, notes) in blocks {
        found.digests.push(digest);
        found.hard.extend(notes.hard);
        found.decided += notes.decided;
    }
    let (hard, decided, seconds) = (found.hard.len(), found.decided, start.elapsed().as_secs_f64());
    println!("{op} f32: {decided} results by MPFR, {hard} of them hard, {seconds:.1} s");
    found
}

/// Whether the exact result may round to another `f32` than `estimate` does, or is hard.
fn is_doubtful(estimate: f64) -> bool {
    const LEAST_NORMAL: f64 = f32::MIN_POSITIVE as f64;
    let y = estimate.abs();
    if y >= LEAST_NORMAL {
        // 29 bits are too many for f32; rounding changes at half of what they count. This holds for the step from the
        // largest number to infinity too.
        (y.to_bits() & ((1 << 29) - 1)).abs_diff(1 << 28) <= DOUBTFUL
    } else {
        // Rounding changes half-way between multiples of 2^-149.
        let units = y * 2f64.powi(149);
        ((units - units.floor()) - 0.5).abs() <= units * (DOUBTFUL as f64 * f64::EPSILON)
    }
}

#[cold]
fn decided(function: Function, x: f32, notes: &mut Notes) -> f32 {
    notes.decided += 1;
    let y = mpfr::to_f32(function, x);
    if mpfr::is_hard(function, x, HARD) {
        notes.hard.push((x.to_bits(), y.to_bits()));
    }
    y
}

/// The platform's `f64` functions, which decide all but the doubtful results, against MPFR on an even sample.
fn check_platform() {
    let mut worst = 0;
    for input in (0..=u32::MAX).step_by((1 << 16) - 1) {
        let x = f64::from(f32::from_bits(input));
        for (platform, exact) in [(x.exp(), mpfr::exp(x)), (x.ln(), mpfr::log(x))] {
            if !(platform.is_nan() && exact.is_nan()) {
                worst = worst.max(platform.to_bits().abs_diff(exact.to_bits()));
            }
        }
    }
    println!("the platform's f64 functions differ from MPFR by {worst} ulp at most, in an even sample");
    assert!(worst <= 1, "the platform's functions are not what this program was made for");
}

fn bytes(digests: &[u64]) -> Vec<u8> {
    digests.iter().flat_map(|digest| digest.to_le_bytes()).collect()
}

fn hard_text(op: &str, hard: &[(u32, u32)]) -> String {
    let mut text = format!(
        "# f32 {op}: inputs whose exact result is within 2^-43 of itself from where rounding changes, and their results, \
         as bits. Made by lanestack-reference, which asked MPFR.\n"
    );
    for (x, y) in hard {
        writeln!(text, "{x:08x} {y:08x}").expect("memory for it");
    }
    text
}

/// Whole `m` and `e` with `|x| = m 2^e`; `x` is finite.
fn parts(x: f32) -> (u64, i32) {
    let (exponent, fraction) = (x.to_bits() >> 23 & 0xff, x.to_bits() & 0x7f_ffff);
    if exponent == 0 { (fraction.into(), -149) } else { ((fraction | 1 << 23).into(), exponent as i32 - 150) }
}

/// `m 2^e`, to nearest and ties to even; `m` is below 2^63.
fn round(m: u64, e: i32) -> f32 {
    let bits = 64 - m.leading_zeros() as i32;
    // The last place of a result with 24 bits, or of the subnormal numbers, is worth 2^unit.
    let unit = (bits + e - 24).max(-149);
    let kept = match unit - e {
        up @ ..=0 => m << -up,
        64.. => 0, // less than half a unit
        down => {
            let tie = 1 << (down - 1);
            let odd = m >> down & 1;
            (m + (tie - 1) + odd) >> down
        }
    };
    // The leading bit of a normal number counts as one more in the exponent's field, as does a carry.
    let bits = ((unit + 149) as u64) * (1 << 23) + kept;
    f32::from_bits(bits.min(f32::INFINITY.to_bits().into()) as u32)
}

fn sqrt(x: f32) -> f32 {
    if x.is_nan() || x == 0.0 || x == f32::INFINITY {
        return x;
    }
    if x < 0.0 {
        return f32::NAN;
    }
    let (m, e) = parts(x);
    // 51 or 52 bits and an even exponent: the root has 26 bits.
    let shift = m.leading_zeros() as i32 - 12;
    let shift = shift - ((e - shift) & 1);
    let (m, e) = (m << shift, e - shift);
    let root = m.isqrt();
    // One bit more for what is left, so that no inexact root looks like a tie.
    round(root << 1 | u64::from(root * root != m), e / 2 - 1)
}

fn square(x: f32) -> f32 {
    if !x.is_finite() {
        return x.abs();
    }
    let (m, e) = parts(x);
    round(m * m, 2 * e)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_arithmetic() {
        let bits = f32::from_bits;
        for (x, y) in [(4.0, 2.0), (2.0, 2f32.sqrt()), (bits(1), 3.743_392e-23), (f32::MAX, 1.844_674_3e19), (0.0, 0.0)]
        {
            assert_eq!(sqrt(x), y);
        }
        assert_eq!(sqrt(-0.0).to_bits(), (-0.0f32).to_bits());
        assert!(sqrt(-1.0).is_nan() && sqrt(f32::NAN).is_nan() && square(f32::NAN).is_nan());
        assert_eq!((sqrt(f32::INFINITY), square(f32::NEG_INFINITY)), (f32::INFINITY, f32::INFINITY));
        assert_eq!((square(-3.0), square(0.1), square(-0.0).to_bits()), (9.0, 0.1 * 0.1, 0));
        // Infinite from the tie between the largest number and 2^128 on; zero up to the tie between 0 and 2^-149.
        assert_eq!((square(bits(0x5f7f_ffff)), square(bits(0x5f80_0000))), (f32::MAX - 2f32.powi(104), f32::INFINITY));
        assert_eq!(square(2f32.powi(-75)).to_bits(), 0);
        assert_eq!(square(2f32.powi(-75) * (1.0 + f32::EPSILON)).to_bits(), 1);
    }

    #[test]
    fn doubtful() {
        let tie = 1.0 + 2f64.powi(-24);
        assert!(is_doubtful(tie) && is_doubtful(tie * (1.0 - 2f64.powi(-43))) && !is_doubtful(tie + 2f64.powi(-40)));
        let largest = 2f64.powi(128) - 2f64.powi(103);
        assert!(is_doubtful(largest) && is_doubtful(-largest) && !is_doubtful(2f64.powi(128)));
        assert!(is_doubtful(2f64.powi(-150)) && !is_doubtful(2f64.powi(-149)) && is_doubtful(2.5 * 2f64.powi(-149)));
        assert!(!is_doubtful(0.0) && !is_doubtful(f64::INFINITY) && !is_doubtful(f64::NAN) && !is_doubtful(1e-60));
    }
}
