//! Measurements: variants in turn, medians and their spread.
