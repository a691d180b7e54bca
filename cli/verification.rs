//! What `verify` finds out, as plain data.
use serde::Serialize;

/// Everything; the fields are those of the JSON document, whose `schema` counts up when one changes its meaning.
#[derive(Debug, Serialize)]
pub struct Verification {
    /// The version of this document's form.
    pub schema: u32,
    pub version: &'static str,
    pub revision: &'static str,
    pub target: &'static str,
    pub threads: usize,
    pub rows: Vec<Row>,
    pub matrices: Vec<Matrix>,
    /// What is to be known of these figures.
    pub notes: Vec<String>,
    pub seconds: f64,
    pub passed: bool,
}

/// One op, type and tier on one isa.
#[derive(Debug, Serialize)]
pub struct Row {
    pub op: &'static str,
    pub dtype: &'static str,
    pub accuracy: &'static str,
    pub isa: &'static str,
    /// Whether multiply-add rounds once.
    pub fused: bool,
    /// Inputs whose results were judged.
    pub inputs: u64,
    /// Whether these were all that there are.
    pub exhaustive: bool,
    /// The largest error in ulp of those that were measured; at most 0.5 means correctly rounded. `None` is no number.
    pub max_ulp: Option<f64>,
    /// The mean of the errors of the samples, of which some lie where results are hard to round.
    pub mean_ulp: Option<f64>,
    /// An estimate where not all blocks with wrong results were looked at.
    pub correctly_rounded_percent: f64,
    /// Blocks of 2^20 inputs of `f32` whose digest is not as it must be; how many of them were looked at one by one; and
    /// the first input of the first.
    pub bad_blocks: u64,
    pub judged_blocks: u64,
    pub bad_from: Option<String>,
    /// The bound that is documented.
    pub bound_ulp: f64,
    /// The input with the largest error.
    pub worst: Option<Case>,
    /// Special values that were tried, in several places, and how many were not as prescribed.
    pub specials: u64,
    pub specials_wrong: u64,
    /// The first of these.
    pub special: Option<Case>,
    pub seconds: f64,
    pub passed: bool,
}

/// An input with its result: bits in hexadecimal, and numbers.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    pub x: String,
    pub got: String,
    pub want: String,
    pub x_value: String,
    pub got_value: String,
    pub want_value: String,
}

/// How many results differ between isas: `differing[i][j]` between `isas[i]` and `isas[j]`.
#[derive(Debug, Serialize)]
pub struct Matrix {
    pub op: &'static str,
    pub dtype: &'static str,
    pub accuracy: &'static str,
    pub isas: Vec<&'static str>,
    pub differing: Vec<Vec<u64>>,
    /// Inputs that were compared.
    pub inputs: u64,
    /// Whether those that must agree do: all, or for `f64` in the default tier all with fused multiply-add.
    pub passed: bool,
    /// The first input where they do not.
    pub broken: Option<Disagreement>,
}

/// Two isas that must agree and do not, in hexadecimal.
#[derive(Debug, Serialize)]
pub struct Disagreement {
    pub isas: [&'static str; 2],
    pub x: String,
    pub x_value: String,
    pub results: [String; 2],
}
