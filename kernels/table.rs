//! Tables that fit into registers, laid out for every isa at compile time.

/// Sixteen `f64`, as whole words and split into halves.
#[derive(Debug)]
#[repr(align(64))]
pub struct Table16 {
    /// The entries' bits.
    pub bits: [u64; 16],
    /// The low halves of the bits.
    pub low: Words<16>,
    /// The high halves of the bits.
    pub high: Words<16>,
}

/// `N` `f64` whose low 32 bits are zero, so that half the lookups do.
#[derive(Debug)]
#[repr(align(64))]
pub struct ShortTable<const N: usize> {
    /// The entries' bits.
    pub bits: [u64; N],
    /// The high halves of the bits.
    pub high: Words<N>,
}

/// 32-bit words, aligned for vector loads.
#[derive(Debug)]
#[repr(align(64))]
pub struct Words<const N: usize>(pub [u32; N]);

impl Table16 {
    /// The table of the numbers with these bits.
    pub const fn new(bits: [u64; 16]) -> Self {
        Self { low: halves(&bits, 0), high: halves(&bits, 32), bits }
    }
}

impl<const N: usize> ShortTable<N> {
    /// The table of the numbers with these high words; the low words are zero.
    pub const fn new(high: [u32; N]) -> Self {
        let mut bits = [0; N];
        let mut i = 0;
        while i < N {
            bits[i] = (high[i] as u64) << 32;
            i += 1;
        }
        Self { bits, high: Words(high) }
    }
}

const fn halves<const N: usize>(bits: &[u64; N], shift: u32) -> Words<N> {
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        out[i] = (bits[i] >> shift) as u32;
        i += 1;
    }
    Words(out)
}

/// The numbers with these bits: polynomials are written like tables.
pub const fn from_bits<const N: usize>(bits: [u64; N]) -> [f64; N] {
    let mut out = [0.0; N];
    let mut i = 0;
    while i < N {
        out[i] = f64::from_bits(bits[i]);
        i += 1;
    }
    out
}
