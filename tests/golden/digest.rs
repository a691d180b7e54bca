//! One number for the results of many inputs, by which all 2^32 `f32` results of an op fit in a small file.

/// Each digest in the files is of this many inputs: 4096 digests, 32 KiB, tell of all `f32`.
pub const BLOCK: u32 = 1 << 20;

/// How many blocks there are.
pub const BLOCKS: u32 = 1 << 12;

/// The digest of the results of the inputs with the bits `first`, `first + 1` and so on. All NaN count as one.
///
/// It is the sum of the results' bits times weights that look random, one per input; so digests of parts add up,
/// wrapping, to that of the whole. A single wrong result always shows, because the weights are odd; several hide each
/// other only by a chance of about 2^-64.
pub fn digest(first: u32, results: &[f32]) -> u64 {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15; // 2^64 over the golden ratio
    // The input times STEP, by addition: half the time of a loop that multiplies (0.6 ns an element).
    let (mut sum, mut z) = (0u64, u64::from(first).wrapping_mul(STEP));
    for y in results {
        let weight = z ^ z >> 32 | 1;
        sum = sum.wrapping_add(weight.wrapping_mul(canonical(*y).into()));
        z = z.wrapping_add(STEP);
    }
    sum
}

/// The bits, the same for every NaN.
pub fn canonical(y: f32) -> u32 {
    if y.is_nan() { 0x7fc0_0000 } else { y.to_bits() }
}
