//! Real numbers to about 95 bits, and the exact results of `sqrt` and `square`: no code of the kernels, nor any library's.
use lanestack::Op;

/// Whole `m` and `e` with `|x| = m 2^e`; `x` is finite.
pub fn parts(x: f64) -> (u64, i32) {
    let (field, fraction) = ((x.to_bits() >> 52 & 0x7ff) as i32, x.to_bits() & ((1 << 52) - 1));
    if field == 0 { (fraction, -1074) } else { (fraction | 1 << 52, field - 1075) }
}

/// `m 2^e`, rounded once, to nearest and ties to even.
pub fn round(m: u128, e: i32) -> f64 {
    if m == 0 {
        return 0.0;
    }
    let top = 127 - m.leading_zeros() as i32; // 2^(top + e) <= m 2^e
    let drop = (top - 52).max(-1074 - e); // this many bits are below the last place
    let (kept, exponent) = if drop <= 0 {
        (m << -drop, e + drop)
    } else if drop > 127 {
        (0, e)
    } else {
        let (kept, half) = (m >> drop, 1 << (drop - 1));
        let rest = m & ((1 << drop) - 1);
        (kept + u128::from(rest > half || rest == half && kept & 1 == 1), e + drop)
    };
    // `kept` has 53 bits or is 2^53; below the normal numbers its unit is 2^-1074.
    let biased = exponent + 1075;
    if kept >> 52 == 0 {
        return f64::from_bits(kept as u64);
    }
    let bits = ((biased as u64) << 52) + (kept as u64 - (1 << 52));
    if biased >= 2047 || bits >= f64::INFINITY.to_bits() { f64::INFINITY } else { f64::from_bits(bits) }
}

/// The square, correctly rounded.
pub fn square(x: f64) -> f64 {
    if !x.is_finite() {
        return f64::INFINITY;
    }
    let (m, e) = parts(x);
    round(u128::from(m) * u128::from(m), 2 * e)
}

/// The square root, correctly rounded.
pub fn sqrt(x: f64) -> f64 {
    if x == 0.0 || x == f64::INFINITY {
        return x;
    }
    if x < 0.0 {
        return f64::NAN;
    }
    let (m, e) = parts(x);
    // 2^108 or more times an even power: the root has 54 bits or more, and one more says whether it is exact.
    let shift = m.leading_zeros() + 60 - ((e + m.leading_zeros() as i32 + 60) & 1) as u32;
    let m = u128::from(m) << shift;
    let root = m.isqrt();
    round(root << 1 | u128::from(root * root != m), (e - shift as i32) / 2 - 1)
}

/// A real number as `(high + low) 2^exponent`, to about 95 bits.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    high: f64,
    low: f64,
    exponent: i32,
}

impl Exact {
    /// The true value for finite numbers with a finite, non-zero result.
    pub fn of(op: Op, x: f64) -> Self {
        match op {
            Op::Exp => exp(x),
            Op::Log => log(x),
            Op::Sqrt => root_value(x),
            Op::Square => square_value(x),
            _ => panic!("the oracle does not know {op}"),
        }
    }

    /// The nearest `f64`, for normal results.
    pub fn nearest(self) -> f64 {
        times_power_of_two(self.high, self.exponent)
    }

    /// For normal results: of the two `f64` around the value the one with an odd last bit, so that rounding it to `f32` is
    /// rounding once; `None` if 95 bits do not tell on which side of an `f64` the value is.
    pub fn odd(self) -> Option<f64> {
        let (near, bits) = (self.nearest(), self.nearest().to_bits());
        if bits & 1 == 1 {
            return Some(near);
        }
        let is_beyond = (self.low > 0.0) == (self.high > 0.0);
        let is_known = self.low.abs() > self.high.abs() * times_power_of_two(1.0, -90);
        is_known.then(|| f64::from_bits(if is_beyond { bits + 1 } else { bits - 1 }))
    }

    /// By how many ulps of the true value (the distance of the two `f64` around it) `y` misses it.
    pub fn error(self, y: f64) -> f64 {
        let y = times_power_of_two(y, -self.exponent);
        let (difference, rest) = two_sum(y, -self.high);
        let mut leading = exponent_of(self.high);
        if self.high.abs() == times_power_of_two(1.0, leading)
            && (self.low < 0.0) == (self.high > 0.0)
            && self.low != 0.0
        {
            leading -= 1;
        }
        let ulp = (leading + self.exponent).max(-1022) - 52 - self.exponent;
        times_power_of_two((difference + (rest - self.low)).abs(), -ulp)
    }
}

type Pair = (f64, f64);

fn exponent_of(x: f64) -> i32 {
    (x.to_bits() >> 52 & 0x7ff) as i32 - 1023
}

/// `x 2^n`, in steps that are each exact unless the result is not a normal number.
fn times_power_of_two(mut x: f64, mut n: i32) -> f64 {
    while n != 0 {
        let step = n.clamp(-1000, 1000);
        x *= f64::from_bits(((step + 1023) as u64) << 52);
        n -= step;
    }
    x
}

/// `a + b`, exactly.
fn two_sum(a: f64, b: f64) -> Pair {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

fn add(a: Pair, b: Pair) -> Pair {
    let (s, e) = two_sum(a.0, b.0);
    let (t, f) = two_sum(a.1, b.1);
    let (s, e) = two_sum(s, e + t);
    two_sum(s, e + f)
}

fn mul(a: Pair, b: Pair) -> Pair {
    let p = a.0 * b.0;
    let e = a.0.mul_add(b.0, -p);
    two_sum(p, e + (a.0 * b.1 + a.1 * b.0))
}

fn div(a: Pair, b: Pair) -> Pair {
    let q = a.0 / b.0;
    let rest = add(a, mul((-q, 0.0), b));
    two_sum(q, (rest.0 + rest.1) / (b.0 + b.1))
}

/// `ln 2` to 108 bits.
const LN2: Pair = (core::f64::consts::LN_2, f64::from_bits(0x3c7a_bc9e_3b39_803f));

/// `x = f 2^n` with `f` in `[1, 2)`, for `x > 0`.
fn fraction(x: f64) -> (f64, i32) {
    let (m, e) = parts(x);
    let top = 63 - m.leading_zeros() as i32;
    (m as f64 / (1u64 << top) as f64, e + top)
}

/// The square of `f`, and what rounding leaves of it.
fn square_value(x: f64) -> Exact {
    let (f, n) = fraction(x.abs());
    let high = f * f;
    Exact { high, low: f.mul_add(f, -high), exponent: 2 * n }
}

/// A root near that of `f`, and a step of Newton's method.
fn root_value(x: f64) -> Exact {
    let (f, n) = fraction(x);
    let f = if n & 1 == 0 { f } else { 2.0 * f };
    let near = f.sqrt();
    let (high, low) = two_sum(near, -near.mul_add(near, -f) / (2.0 * near));
    Exact { high, low, exponent: n >> 1 }
}

fn exp(x: f64) -> Exact {
    let k = (x / core::f64::consts::LN_2).round();
    let r = add((x, 0.0), mul((-k, 0.0), LN2));
    // e^(r/256) - 1 by Taylor's series, and then eight times (1 + t)^2 - 1 = 2t + t^2.
    let r = (r.0 / 256.0, r.1 / 256.0);
    let mut t = (0.0, 0.0);
    for n in (1..=11).rev() {
        t = div(mul(r, add((1.0, 0.0), t)), (f64::from(n), 0.0));
    }
    for _ in 0..8 {
        t = add((2.0 * t.0, 2.0 * t.1), mul(t, t));
    }
    let (high, low) = add((1.0, 0.0), t);
    Exact { high, low, exponent: k as i32 }
}

fn log(x: f64) -> Exact {
    // x = f 2^n with f in [0.75, 1.5)
    let (mut f, mut n) = fraction(x);
    if f >= 1.5 {
        (f, n) = (f / 2.0, n + 1);
    }
    let log_f = if (f - 1.0).abs() < 1.0 / 1024.0 {
        // ln f = 2 (s + s^3/3 + s^5/5 + ...) for s = (f - 1) / (f + 1)
        let s = div((f - 1.0, 0.0), two_sum(f, 1.0));
        let square = mul(s, s);
        let mut sum = (0.0, 0.0);
        for n in [13, 11, 9, 7, 5, 3, 1] {
            sum = add(mul(sum, square), div((1.0, 0.0), (f64::from(n), 0.0)));
        }
        mul((2.0, 0.0), mul(s, sum))
    } else {
        // ln f = y + ln(1 + t) for any y near it and t = f e^-y - 1
        let y = f.ln();
        let Exact { high, low, exponent } = exp(-y);
        let scale = times_power_of_two(f, exponent);
        let t = add(mul((scale, 0.0), (high, low)), (-1.0, 0.0));
        add((y, 0.0), add(t, (-0.5 * t.0 * t.0, 0.0)))
    };
    let (high, low) = add(mul((f64::from(n), 0.0), LN2), log_f);
    Exact { high, low, exponent: 0 }
}
