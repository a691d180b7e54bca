//! Classes of input: numbers of every day, and those that functions are known to stumble over.
use lanestack::{Element, Op};

/// A class by name, and as many of its elements as there are ordinary ones.
pub fn classes<T: Element>(op: Op, ordinary: &[T], nearest: fn(f64) -> T) -> Vec<(&'static str, Vec<T>)> {
    let f64s = T::NAME == "f64";
    let least = if f64s { f64::MIN_POSITIVE } else { f32::MIN_POSITIVE.into() };
    // Multiples of the golden ratio, modulo one.
    let between = |from: f64, to: f64| -> Vec<T> {
        let part = |k: usize| (k as f64 * 0.618_033_988_749_894_8).fract();
        (0..ordinary.len()).map(|k| nearest(from + (to - from) * part(k))).collect()
    };
    let mut classes = vec![
        ("ordinary", ordinary.to_vec()),
        ("NaN", between(f64::NAN, f64::NAN)),
        ("inf", vec![nearest(f64::INFINITY); ordinary.len()]),
        ("0", vec![nearest(0.0); ordinary.len()]),
        ("negative", between(-0.1, -10.0)),
        ("subnormal in", between(0.0, least)),
    ];
    // The hardest to round, again and again: what is tried in vain once, is so in every place.
    let hard = |x: f64| ("hard", vec![nearest(x); ordinary.len()]);
    classes.extend(match op {
        Op::Exp if f64s => vec![
            ("subnormal out", between(-744.0, -709.0)),
            ("largest out", between(709.1, 709.78)),
            ("overflow", between(710.0, 1e4)),
            ("underflow", between(-746.0, -1e4)),
            hard(5.739_436_066_521_121),
        ],
        Op::Exp => vec![
            ("subnormal out", between(-103.0, -88.0)),
            ("largest out", between(88.1, 88.72)),
            ("overflow", between(89.0, 1e4)),
            ("underflow", between(-105.0, -1e4)),
            hard(-14.567_090_034_484_863),
        ],
        Op::Log if f64s => vec![("near 1", between(1.0 - 1e-12, 1.0 + 1e-12)), hard(1.778_109_727_563_028_7)],
        Op::Log => vec![("near 1", between(1.0 - 1e-6, 1.0 + 1e-6)), hard(9.472_636_222_839_355)],
        Op::Square if f64s => vec![("subnormal out", between(1e-161, 1e-155)), ("overflow", between(1e155, 1e300))],
        Op::Square => vec![("subnormal out", between(1e-22, 1e-20)), ("overflow", between(1e20, 1e38))],
        _ => Vec::new(),
    });
    let mixed = (0..ordinary.len()).map(|k| classes[k % classes.len()].1[k]).collect();
    classes.push(("mixed", mixed));
    classes
}
