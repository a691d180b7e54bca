//! Medians and their spread.
use serde::{Deserialize, Serialize};

/// A spread from which on a figure counts as noisy.
pub const NOISY: f64 = 0.05;

/// Median and quartiles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many samples there are.
    pub samples: usize,
    /// The least.
    pub min: f64,
    /// The lower quartile.
    pub p25: f64,
    /// The median.
    pub median: f64,
    /// The upper quartile.
    pub p75: f64,
    /// The greatest.
    pub max: f64,
}

impl Summary {
    /// The summary of some samples, if there are any.
    pub fn of(samples: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = samples.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let at = |part: f64| {
            let place = part * last as f64;
            let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            low + (high - low) * place.fract()
        };
        Some(Self {
            samples: last + 1,
            min: sorted[0],
            p25: at(0.25),
            median: at(0.5),
            p75: at(0.75),
            max: sorted[last],
        })
    }

    /// The distance from the median to the farther quartile, as a part of the median.
    pub fn spread(&self) -> f64 {
        (self.median - self.p25).max(self.p75 - self.median) / self.median
    }

    /// The same in another unit.
    pub fn scaled(&self, by: f64) -> Self {
        let Self { samples, min, p25, median, p75, max } = *self;
        Self { samples, min: min * by, p25: p25 * by, median: median * by, p75: p75 * by, max: max * by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles() {
        let of = |samples: &[f64]| Summary::of(samples.iter().copied());
        assert_eq!(of(&[]), None);
        let one = of(&[3.0]).expect("one sample");
        assert_eq!((one.min, one.median, one.max, one.spread()), (3.0, 3.0, 3.0, 0.0));
        let five = of(&[5.0, 1.0, 4.0, 2.0, 3.0]).expect("five samples");
        assert_eq!((five.p25, five.median, five.p75), (2.0, 3.0, 4.0));
        assert_eq!(of(&[1.0, 2.0]).map(|two| two.median), Some(1.5));
        assert!((of(&[1.0, 10.0, 11.0]).expect("three").spread() - 0.45).abs() < 1e-12);
    }
}
