//! `exp` and `log` of one `f64`, correctly rounded, on integers alone: the second and third stage of the exact tier.
//!
//! # Method
//! A number is an integer of `N` words, scaled: one word before the point, `N - 1` behind it. First with 128 bits behind the
//! point; where that leaves the rounding open, with 256. Neither depends on the floating-point environment, but that `log`
//! of a subnormal number is `log` of zero if the caller has these count as zero.
//!
//! `e^x = 2^k e^(i/64) e^s` with `x = k ln 2 + i/64 + s`, `0 <= s < 1/64`: `e^s` is Taylor's polynomial.
//! `ln x = e ln 2 - ln c + ln(1 + u)` with `x = 2^e m`, `1 <= m < 2`, and `c = C/256` the number just above `1/m` for the
//! leading six bits of `m`: `0 <= u = m c - 1 < 0.0192`, and `ln(1 + u)` is Mercator's series. So is `ln(1 - d)`, just below 1.
//!
//! # Error
//! A *unit* is that of the last word, 2^-128 or 2^-256. Each product and each constant is cut off and misses less than
//! one unit, each of Horner's steps scales what was missed before by `s` or `u`, and the rest of either series is below
//! a tenth of a unit. `e^x / 2^k`: below 7 units (2.1 of `e^s`, times `e^(i/64) < 2.1`, and 2.2 of the factors and the
//! reduced argument). `ln x`: below 5 units. Both are rounded with 8 units.
//!
//! The third stage is certain because no result lies that near to the middle of two `f64`, where alone the rounding is
//! open: 8 units are 2^-253. Over all `f64`, the published worst cases of all rounding directions are 2^-113 of the result
//! away for `e^x` with `|x| >= 2^-30`, 2^-158 for smaller `|x|` down to 2^-54, and 2^-118 for `ln x`, so at least 2^-171
//! (V. Lefèvre and J.-M. Muller, Worst cases for correct rounding of the elementary functions in double precision, ARITH-15,
//! 2001; the hardest in `tests/data`, see `docs/accuracy.md`).
//!
//! # Source
//! Every constant is computed by the compiler, from its series, with 64 bits to spare.

/// Units by which a result may be wrong, and some to spare.
const ERROR: u64 = 8;
/// Words of constants: as many as the third stage has, and one to spare.
const WORDS: usize = 6;

/// A non-negative number: the last word is its whole part, the others are behind the point, last word first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed<const N: usize>([u64; N]);

impl<const N: usize> Fixed<N> {
    const BITS: i32 = 64 * (N as i32 - 1);

    const fn whole(n: u64) -> Self {
        let mut words = [0; N];
        words[N - 1] = n;
        Self(words)
    }

    /// `m 2^e`, cut off.
    const fn scaled(m: u64, e: i32) -> Self {
        let mut words = [0; N];
        let shift = e + Self::BITS;
        let wide = if shift >= 0 { (m as u128) << (shift % 64) } else { 0 };
        let at = (shift / 64) as usize;
        if shift >= 0 && at < N {
            words[at] = wide as u64;
            if at + 1 < N {
                words[at + 1] = (wide >> 64) as u64;
            }
        }
        Self(words)
    }

    /// The leading words.
    const fn cut<const M: usize>(self) -> Fixed<M> {
        let mut words = [0; M];
        let mut i = 0;
        while i < M {
            words[i] = self.0[N - M + i];
            i += 1;
        }
        Fixed(words)
    }

    const fn is_zero(self) -> bool {
        let mut i = 0;
        while i < N {
            if self.0[i] != 0 {
                return false;
            }
            i += 1;
        }
        true
    }

    const fn plus(self, o: Self) -> Self {
        let (mut words, mut carry, mut i) = ([0; N], 0, 0);
        while i < N {
            let sum = self.0[i] as u128 + o.0[i] as u128 + carry;
            words[i] = sum as u64;
            carry = sum >> 64;
            i += 1;
        }
        Self(words)
    }

    /// The difference, which must not be negative.
    const fn minus(self, o: Self) -> Self {
        let (mut words, mut borrow, mut i) = ([0; N], false, 0);
        while i < N {
            let (difference, a) = self.0[i].overflowing_sub(o.0[i]);
            let (difference, b) = difference.overflowing_sub(borrow as u64);
            words[i] = difference;
            borrow = a || b;
            i += 1;
        }
        Self(words)
    }

    /// The product, cut off.
    const fn times(self, o: Self) -> Self {
        let mut wide = [0u64; 2 * WORDS];
        let mut i = 0;
        while i < N {
            let (mut carry, mut j) = (0, 0);
            while j < N {
                let sum = self.0[i] as u128 * o.0[j] as u128 + wide[i + j] as u128 + carry;
                wide[i + j] = sum as u64;
                carry = sum >> 64;
                j += 1;
            }
            wide[i + N] = carry as u64;
            i += 1;
        }
        let (mut words, mut i) = ([0; N], 0);
        while i < N {
            words[i] = wide[N - 1 + i];
            i += 1;
        }
        Self(words)
    }

    const fn times_whole(self, n: u64) -> Self {
        let (mut words, mut carry, mut i) = ([0; N], 0, 0);
        while i < N {
            let sum = self.0[i] as u128 * n as u128 + carry;
            words[i] = sum as u64;
            carry = sum >> 64;
            i += 1;
        }
        Self(words)
    }

    /// The quotient, cut off.
    const fn over(self, n: u64) -> Self {
        let (mut words, mut rest, mut i) = ([0; N], 0, N);
        while i > 0 {
            i -= 1;
            let part = rest << 64 | self.0[i] as u128;
            words[i] = (part / n as u128) as u64;
            rest = part % n as u128;
        }
        Self(words)
    }

    /// How many terms Mercator's series of this needs, which is below 0.0192: the next one, `u^(n+1)/(n+1)` with `u < 2^-z`, is
    /// below 2^-133 or 2^-261.
    fn terms(self) -> usize {
        let first = (0..N - 1).rev().find(|&i| self.0[i] != 0).unwrap_or(0);
        let zeros = 64 * (N - 2 - first) + self.0[first].leading_zeros() as usize;
        let most = if N == 3 { 24 } else { 48 }; // the next one is below 2^-134, 2^-264
        most.min(Self::BITS as usize / zeros + 1)
    }

    /// The `f64` nearest to this times `2^exponent`; in the middle of two, the larger.
    fn nearest(self, exponent: i32) -> f64 {
        let Some(top) = (0..N).rev().find(|&i| self.0[i] != 0) else { return 0.0 };
        let leading = 64 * top as i32 + 63 - self.0[top].leading_zeros() as i32; // the place of the leading bit
        let unit = exponent - Self::BITS; // of the last place
        if leading + unit > 1023 {
            return f64::INFINITY;
        }
        let drop = (leading - 52).max(-1074 - unit); // this many places are below an ulp of the result
        let word = |i: i32| usize::try_from(i).ok().and_then(|i| self.0.get(i)).map_or(0, |&word| u128::from(word));
        let bits = |place: i32, count: u32| {
            let i = place.div_euclid(64);
            (word(i + 1) << 64 | word(i)) >> place.rem_euclid(64) & ((1 << count) - 1)
        };
        let kept = bits(drop, 53) as u64 + bits(drop - 1, 1) as u64;
        // A carry runs on into the exponent, as it should. Below the normal numbers, the bits are those of the count.
        let exponent = if kept >> 52 == 0 || drop > leading - 52 { 0 } else { (leading + unit + 1022) as u64 };
        f64::from_bits((exponent << 52) + kept)
    }

    /// As [`nearest`](Self::nearest), if that is certain for what this misses by less than [`ERROR`] units.
    fn rounded(self, exponent: i32) -> Option<f64> {
        let error = Self::scaled(ERROR, -Self::BITS);
        let (a, b) = (self.minus(error).nearest(exponent), self.plus(error).nearest(exponent));
        (a.to_bits() == b.to_bits()).then_some(a)
    }
}

/// `ln(p/q)` for whole `p >= q`, as `2 (t + t^3/3 + t^5/5 + ...)` with `t = (p - q) / (p + q)`.
const fn ln_ratio(p: u64, q: u64) -> Fixed<WORDS> {
    let (a, b) = (p - q, p + q);
    let mut power = Fixed::whole(2 * a).over(b);
    let (mut sum, mut n) = (Fixed::whole(0), 1);
    while !power.is_zero() {
        sum = sum.plus(power.over(n));
        power = power.times_whole(a * a).over(b * b);
        n += 2;
    }
    sum
}

const LN2: Fixed<WORDS> = ln_ratio(2, 1);

/// `e^(i/64)`, to beyond `ln 2`.
static EXPS: [Fixed<WORDS>; 46] = {
    let (mut step, mut term, mut n) = (Fixed::whole(1), Fixed::whole(1), 1);
    while !term.is_zero() {
        term = term.over(64 * n);
        step = step.plus(term);
        n += 1;
    }
    let (mut all, mut i) = ([Fixed::whole(1); 46], 1);
    while i < all.len() {
        all[i] = all[i - 1].times(step);
        i += 1;
    }
    all
};

/// `1/n!`; those that each stage needs come first.
static INVERSE_FACTORIALS: [Fixed<WORDS>; 28] = {
    let (mut all, mut n) = ([Fixed::whole(1); 28], 1);
    while n < all.len() {
        all[n] = all[n - 1].over(n as u64);
        n += 1;
    }
    all
};

/// `1/n`, from `n = 1` on.
static INVERSES: [Fixed<WORDS>; 48] = {
    let (mut all, mut n) = ([Fixed::whole(1); 48], 1);
    while n < all.len() {
        all[n] = Fixed::whole(1).over(n as u64 + 1);
        n += 1;
    }
    all
};

/// `C`, of which `C/256` is at least `1/m` for all `m` from `1 + i/64` on.
const fn reciprocal(i: usize) -> u64 {
    (256u64 * 64).div_ceil(64 + i as u64)
}

/// `-ln(C/256)`.
static LOGS: [Fixed<WORDS>; 64] = {
    let (mut all, mut i) = ([Fixed::whole(0); 64], 0);
    while i < all.len() {
        all[i] = ln_ratio(256, reciprocal(i));
        i += 1;
    }
    all
};

/// `c[0] + c[1] x + c[2] x^2 + ...`
fn horner<const N: usize>(x: Fixed<N>, c: &[Fixed<WORDS>]) -> Fixed<N> {
    let (last, rest) = c.split_last().expect("a polynomial has coefficients");
    rest.iter().rev().fold(last.cut(), |sum, c| sum.times(x).plus(c.cut()))
}

/// `c[0] - c[1] x + c[2] x^2 - ...`
fn alternating<const N: usize>(x: Fixed<N>, c: &[Fixed<WORDS>]) -> Fixed<N> {
    let (last, rest) = c.split_last().expect("a polynomial has coefficients");
    rest.iter().rev().fold(last.cut(), |sum, c| c.cut::<N>().minus(sum.times(x)))
}

/// `n ln 2`, cut off once.
fn times_ln2<const N: usize>(n: u64) -> Fixed<N> {
    LN2.times_whole(n).cut()
}

/// Whole `m` and `e` with `|x| = m 2^e` and 53 bits of `m`; `x` is finite and not zero.
fn parts(x: f64) -> (u64, i32) {
    let (field, fraction) = ((x.to_bits() >> 52 & 0x7ff) as i32, x.to_bits() & ((1 << 52) - 1));
    if field == 0 {
        let shift = fraction.leading_zeros() as i32 - 11;
        (fraction << shift, -1074 - shift)
    } else {
        (fraction | 1 << 52, field - 1075)
    }
}

/// 2^-55: for smaller `|x|`, `e^x` is nearest to 1.
const TINY: f64 = 1.0 / (1u64 << 55) as f64;

/// `e^x`, correctly rounded. A NaN stays itself, made quiet.
pub fn exp(x: f64) -> f64 {
    if x.is_nan() {
        x + x
    } else if x.abs() < TINY {
        1.0
    } else if x >= 709.79 {
        f64::INFINITY
    } else if x <= -745.14 {
        0.0
    } else {
        let (v, k) = exp_fixed::<3>(x);
        v.rounded(k).unwrap_or_else(|| {
            let (v, k) = exp_fixed::<5>(x);
            v.nearest(k)
        })
    }
}

/// `e^x = v 2^k`, for `TINY <= |x| < 746`.
fn exp_fixed<const N: usize>(x: f64) -> (Fixed<N>, i32) {
    /// `2^63 / ln 2`, cut off.
    const LOG2_E: u64 = 0xb8aa_3b29_5c17_f0bb;
    let (m, e) = parts(x);
    let size = Fixed::<N>::scaled(m, e); // |x|, exactly
    // |x| / ln 2 in units of 2^-53, too small by less than two of them.
    let quotient = (u128::from(size.0[N - 1] << 54 | size.0[N - 2] >> 10) * u128::from(LOG2_E)) >> 64;
    let (k, r) = if x > 0.0 {
        let k = (quotient >> 53) as u64;
        (k as i32, size.minus(times_ln2(k)))
    } else {
        let k = ((quotient + 2) >> 53) as u64 + 1;
        (-(k as i32), times_ln2(k).minus(size))
    };
    let i = (r.0[N - 2] >> 58) as usize; // r < ln 2 + 2^-50
    let s = r.minus(Fixed::scaled(i as u64, -6));
    let terms = if N == 3 { 16 } else { 28 }; // the next one is below 2^-139, 2^-265
    (horner(s, &INVERSE_FACTORIALS[..terms]).times(EXPS[i].cut()), k)
}

/// `ln x`, correctly rounded. A NaN stays itself, made quiet.
pub fn log(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        x + x
    } else if x < 0.0 {
        f64::NAN
    } else if x == 0.0 {
        f64::NEG_INFINITY
    } else if x == 1.0 {
        0.0
    } else {
        let y = log_fixed::<3>(x).rounded(0).unwrap_or_else(|| log_fixed::<5>(x).nearest(0));
        if x < 1.0 { -y } else { y }
    }
}

/// `|ln x|`, for finite positive `x`.
fn log_fixed<const N: usize>(x: f64) -> Fixed<N> {
    let (m, e) = parts(x);
    let e = e + 52; // x = 2^e m / 2^52
    let i = (m >> 46 & 63) as usize;
    if (e, i) == (-1, 63) {
        let d = Fixed::whole(1).minus(Fixed::scaled(m, -53)); // 1 - x, exactly
        return horner(d, &INVERSES[..d.terms()]).times(d);
    }
    let u = Fixed::<N>::scaled(m, -60).times_whole(reciprocal(i)).minus(Fixed::whole(1)); // exactly
    let log_m = alternating(u, &INVERSES[..u.terms()]).times(u).plus(LOGS[i].cut());
    let whole = times_ln2(u64::from(e.unsigned_abs()));
    if e < 0 { whole.minus(log_m) } else { whole.plus(log_m) }
}
