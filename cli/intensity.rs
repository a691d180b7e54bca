//! How much arithmetic an op is: for rooflines.

/// Floating-point operations per element in the kernel of the default tier, as counted in its source: a multiply-add is
/// two, a square root one; moving bits, looking up and rare elements do not count. `exp` and `log` of `f32` are counted as
/// pairs, which portable and scalar lanes do not compute. None for an op that nobody has counted.
pub fn flops(op: &str, dtype: &str) -> Option<f64> {
    match (op, dtype) {
        ("exp", "f64") => Some(23.0),
        ("log", "f64") => Some(30.0),
        ("exp", "f32") => Some(26.0),
        ("log", "f32") => Some(33.0),
        ("sqrt" | "square", _) => Some(1.0),
        _ => None,
    }
}

/// Operations per byte read and written.
pub fn intensity(op: &str, dtype: &str) -> Option<f64> {
    Some(flops(op, dtype)? / if dtype == "f64" { 16.0 } else { 8.0 })
}
