//! What pictures need beyond the sections of `compare`, as plain data.
use serde::{Deserialize, Serialize};

use crate::judged::Judged;
use crate::roofs::Roofs;
use crate::summary::Summary;

/// Curves and errors.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Profile {
    /// What this machine can do at most.
    pub roofs: Roofs,
    /// How long calls of every size take: std and the best isa on one thread, the best isa on all, and copying.
    pub sizes: Vec<SizeCurve>,
    /// How much faster more threads are: the best isa and copying, in cache and far beyond.
    pub scaling: Vec<ThreadCurve>,
    /// Errors of std and of each isa.
    pub errors: Vec<Errors>,
}

/// One variant over all sizes.
#[derive(Debug, Serialize, Deserialize)]
pub struct SizeCurve {
    /// The op, or `copy`.
    pub op: &'static str,
    pub dtype: &'static str,
    /// `std`, or the isa.
    pub variant: &'static str,
    pub threads: usize,
    pub points: Vec<Sized>,
}

/// What a call of some size takes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sized {
    pub elements: usize,
    /// Source and result together.
    pub bytes: u64,
    /// Nanoseconds per element.
    pub ns: Summary,
}

impl Sized {
    /// Bytes read and written in a nanosecond.
    pub fn gb_per_s(&self) -> f64 {
        self.bytes as f64 / self.elements as f64 / self.ns.median
    }
}

/// The best isa on more and more threads.
#[derive(Debug, Serialize, Deserialize)]
pub struct ThreadCurve {
    /// The op, or `copy`.
    pub op: &'static str,
    pub dtype: &'static str,
    /// The isa.
    pub variant: &'static str,
    /// In cache, each thread repeats a chunk of its own; elsewhere, all share one long slice.
    pub in_cache: bool,
    pub points: Vec<Scaled>,
}

/// What some threads give.
#[derive(Debug, Serialize, Deserialize)]
pub struct Scaled {
    pub threads: usize,
    /// How many times as fast as one thread.
    pub times: f64,
}

/// The errors of one variant.
#[derive(Debug, Serialize, Deserialize)]
pub struct Errors {
    pub op: &'static str,
    pub dtype: &'static str,
    /// `std`, or the isa.
    pub variant: &'static str,
    /// The bound that lanestack promises, in ulp.
    pub bound: Option<f64>,
    /// Inputs that were judged, beside special ones.
    pub inputs: usize,
    #[serde(flatten)]
    pub judged: Judged,
}
