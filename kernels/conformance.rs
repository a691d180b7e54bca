//! Every operation of every instruction set against plain Rust, lane by lane.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::vec::Vec;
use std::{assert_eq, eprintln, format};

use crate::block::Block;
#[cfg(target_arch = "aarch64")]
use crate::isa::neon::Neon;
#[cfg(target_arch = "x86_64")]
use crate::isa::{avx2::Avx2, avx512::Avx512};
use crate::isa::{portable::Portable, scalar::Scalar};
use crate::lanes::{Double, Element, Key, Lanes, Simd, Single, Task};
use crate::table::{ShortTable, Table16};

/// Numbers that look random and are the same each time (SplitMix64).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
}

/// An element type, as bits, and its operations in plain Rust.
trait Plain: Element {
    fn bits(self) -> u64;
    fn of_bits(bits: u64) -> Self;
    fn of(x: f64) -> Self;
    fn add(self, o: Self) -> Self;
    fn sub(self, o: Self) -> Self;
    fn mul(self, o: Self) -> Self;
    fn mul_add(self, a: Self, b: Self) -> Self;
    fn root(self) -> Self;
    fn key(self) -> u32;
    fn of_key(key: u32) -> Self;
    #[allow(clippy::eq_op, reason = "a NaN is what differs from itself")]
    fn nan(self) -> bool {
        self != self
    }
    fn negative(self) -> Self {
        Self::of_bits(self.bits() ^ Self::of(-0.0).bits())
    }
}

macro_rules! plain {
    ($t:ident, $bits:ident, $key:ident => $to_key:expr, $from_key:expr) => {
        impl Plain for $t {
            fn bits(self) -> u64 {
                self.to_bits().into()
            }
            fn of_bits(bits: u64) -> Self {
                Self::from_bits(bits as $bits)
            }
            fn of(x: f64) -> Self {
                x as Self
            }
            fn add(self, o: Self) -> Self {
                self + o
            }
            fn sub(self, o: Self) -> Self {
                self - o
            }
            fn mul(self, o: Self) -> Self {
                self * o
            }
            fn mul_add(self, a: Self, b: Self) -> Self {
                $t::mul_add(self, a, b)
            }
            fn root(self) -> Self {
                self.sqrt()
            }
            fn key(self) -> u32 {
                let $key = self.to_bits();
                $to_key
            }
            fn of_key($key: u32) -> Self {
                Self::from_bits($from_key)
            }
        }
    };
}
plain!(f32, u32, key => key, key);
plain!(f64, u64, key => (key >> 32) as u32, u64::from(key) << 32);

/// Zeros, ones, the ends of every range, NaN.
fn special<T: Plain>() -> Vec<T> {
    let mut all: Vec<T> = [0.0, 1.0, 1.5, 2.0, 0.1, 1e-3, 3e5, 1e30, 1e-30, 1e300, 1e-300, f64::INFINITY]
        .into_iter()
        .map(T::of)
        .collect();
    let infinity = T::of(f64::INFINITY).bits();
    let quiet = T::of(f64::NAN).bits() - infinity;
    let least_normal = 2 * quiet;
    for bits in
        [1, 2, least_normal - 1, least_normal, least_normal + 1, infinity - 1, infinity + quiet, infinity + quiet + 5]
    {
        all.push(T::of_bits(bits));
    }
    let negative: Vec<T> = all.iter().map(|x| x.negative()).collect();
    all.extend(negative);
    all
}

/// Special values, any bits, and numbers of like size, so that sums and products round.
fn some<T: Plain>(random: &mut Random, special: &[T], n: usize) -> Vec<T> {
    (0..n)
        .map(|_| {
            let bits = random.bits();
            match bits >> 61 {
                0 | 1 => special[(bits % special.len() as u64) as usize],
                2 | 3 => {
                    // A signalling NaN is left out: what makes it quiet differs among operations.
                    let x = T::of_bits(bits << 3 ^ bits >> 40);
                    if x.nan() { T::ONE } else { x }
                }
                _ => T::of(
                    (bits as u32) as f64 / 1e9
                        * if bits >> 32 & 1 == 0 { 1.0 } else { -1.0 }
                        * 2f64.powi((bits >> 33) as i32 % 12),
                ),
            }
        })
        .collect()
}

fn lanes<V: Lanes>(x: V) -> Vec<V::Elem> {
    let mut out: Vec<V::Elem> = (0..V::LEN).map(|_| V::Elem::ONE).collect();
    x.store(&mut out);
    out
}

/// Equal bits; any NaN is as good as another where the operation makes or chooses it.
#[track_caller]
fn same<T: Plain>(what: &str, got: &[T], want: impl Fn(usize) -> T) {
    for (i, got) in got.iter().enumerate() {
        let want = want(i);
        assert!(
            got.bits() == want.bits() || got.nan() && want.nan(),
            "{what} {}, lane {i} of {}: got {got:?} ({:#x}), want {want:?} ({:#x})",
            T::NAME,
            "vector or block",
            got.bits(),
            want.bits()
        );
    }
}

/// Equal bits, NaN included.
#[track_caller]
fn exactly<T: Plain>(what: &str, got: &[T], want: impl Fn(usize) -> T) {
    for (i, got) in got.iter().enumerate() {
        let want = want(i);
        assert_eq!(got.bits(), want.bits(), "{what} {}, lane {i}: got {got:?}, want {want:?}", T::NAME);
    }
}

/// What all vectors can.
#[inline(always)]
fn common<V: Lanes<Elem: Plain>>(token: V::Token) {
    let special = special::<V::Elem>();
    let mut random = Random(1);
    let fused = V::Token::FUSED;
    let len = V::LEN;
    let zero = V::Elem::of(0.0);
    for round in 0..2000 {
        let (a, b, c) =
            (some(&mut random, &special, len), some(&mut random, &special, len), some(&mut random, &special, len));
        let (x, y, z) = (V::load(token, &a), V::load(token, &b), V::load(token, &c));
        exactly("load, store", &lanes(x), |i| a[i]);
        exactly("new", &lanes(V::new(token, a[0])), |_| a[0]);
        exactly("splat", &lanes(x.splat(b[0])), |_| b[0]);
        same("add", &lanes(x + y), |i| a[i].add(b[i]));
        same("sub", &lanes(x - y), |i| a[i].sub(b[i]));
        same("mul", &lanes(x * y), |i| a[i].mul(b[i]));
        let mul_add = |a: V::Elem, b: V::Elem, c: V::Elem| if fused { a.mul_add(b, c) } else { a.mul(b).add(c) };
        same("mul_add", &lanes(x.mul_add(y, z)), |i| mul_add(a[i], b[i], c[i]));
        same("neg_mul_add", &lanes(x.neg_mul_add(y, z)), |i| mul_add(a[i].negative(), b[i], c[i]));
        // Where nearly all cancels, one rounding shows.
        let near: Vec<V::Elem> = (0..len).map(|i| a[i].mul(b[i])).collect();
        let w = V::load(token, &near);
        same("mul_add of a rest", &lanes(x.neg_mul_add(y, w)), |i| mul_add(a[i].negative(), b[i], near[i]));
        same("sqrt", &lanes(x.sqrt()), |i| a[i].root());
        let (lo, hi) = if b[0] < c[0] { (b[0], c[0]) } else { (V::Elem::of(-104.0), V::Elem::of(89.0)) };
        let clamp = |x: V::Elem| {
            if x < lo {
                lo
            } else if x > hi {
                hi
            } else {
                x
            }
        };
        let clamped = lanes(x.clamp(lo, hi));
        for i in 0..len {
            let want = clamp(a[i]);
            // Of zeros with different signs, either may come.
            let both_zero = clamped[i] == zero && want == zero;
            assert!(
                clamped[i].bits() == want.bits() || both_zero,
                "clamp, lane {i}: {:?} to {lo:?}..={hi:?} gave {:?}",
                a[i],
                clamped[i]
            );
        }
        exactly("lt, pick", &lanes(V::pick(x.lt(y), x, z)), |i| if a[i] < b[i] { a[i] } else { c[i] });
        exactly("eq, pick", &lanes(V::pick(x.eq(y), y, z)), |i| if a[i] == b[i] { b[i] } else { c[i] });
        let e = V::load(token, &(0..len).map(|i| if i % 2 == round % 2 { a[i] } else { b[i] }).collect::<Vec<_>>());
        exactly("eq, pick", &lanes(V::pick(x.eq(e), y, z)), |i| {
            let equal = if i % 2 == round % 2 { !a[i].nan() } else { a[i] == b[i] };
            if equal { b[i] } else { c[i] }
        });
        exactly("is_nan, pick", &lanes(V::pick(x.is_nan(), y, z)), |i| if a[i].nan() { b[i] } else { c[i] });
        keys::<V>(token, &a, &b, random.bits());
    }
    for short in 0..len {
        let src: Vec<V::Elem> = (0..short).map(|_| V::Elem::ONE).collect();
        let loads = catch_unwind(AssertUnwindSafe(|| lanes(V::load(token, &src))));
        assert!(loads.is_err(), "a load from {short} of {len}");
        let mut dst = src.clone();
        let stores = catch_unwind(AssertUnwindSafe(|| V::new(token, zero).store(&mut dst)));
        assert!(stores.is_err(), "a store to {short} of {len}");
    }
    // A long slice is read and written at its head only.
    let src: Vec<V::Elem> = (0..len + 3).map(|i| V::Elem::of(i as f64)).collect();
    let mut dst = src.clone();
    (V::load(token, &src) + V::new(token, V::Elem::ONE)).store(&mut dst);
    exactly("store", &dst, |i| V::Elem::of(if i < len { i + 1 } else { i } as f64));
}

/// Keys can only be asked whether one is large: so the largest is found by halving, for each lane alone.
#[inline(always)]
fn keys<V: Lanes<Elem: Plain>>(token: V::Token, a: &[V::Elem], b: &[V::Elem], bits: u64) {
    let len = V::LEN;
    let constant = bits as u32;
    let lane = (bits >> 32) as usize % len;
    // All lanes alike: then the key's value is what it is at least.
    let (alike, other) = (V::new(token, a[lane]), V::new(token, b[lane]));
    let (k, o) = (a[lane].key(), b[lane].key());
    let clear = alike.key().and(u32::MAX);
    for (what, key, want) in [
        ("key", alike.key(), k),
        ("minus", alike.key().minus(constant), k.wrapping_sub(constant)),
        ("and", alike.key().and(constant), k & constant),
        ("twice", clear.twice(), k << 1),
        ("minus, and", alike.key().minus(constant).and(0xfff0_0000), k.wrapping_sub(constant) & 0xfff0_0000),
        ("max", alike.key().max(other.key()), k.max(o)),
        ("max", other.key().and(u32::MAX).max(clear), k.max(o)),
    ] {
        assert!(key.any_at_least(want), "{what} of {k:#x} and {constant:#x}: less than {want:#x}");
        assert!(
            want == u32::MAX || !key.any_at_least(want + 1),
            "{what} of {k:#x} and {constant:#x}: more than {want:#x}"
        );
    }
    // One lane stands out, and is seen wherever it is.
    let mut xs = a.to_vec();
    let most = a.iter().map(|x| x.key()).max().expect("a lane");
    let key = V::load(token, &xs).key();
    assert!(key.any_at_least(most) && (most == u32::MAX || !key.any_at_least(most + 1)), "any_at_least {most:#x}");
    let top = V::Elem::of_key(0xffff_fff0);
    xs[lane] = top;
    assert!(V::load(token, &xs).key().any_at_least(0xffff_fff0), "lane {lane} is not seen");
    let most = a.iter().zip(b).map(|(x, y)| x.key().max(y.key())).max().expect("a lane");
    let key = V::load(token, a).key().max(V::load(token, b).key());
    assert!(key.any_at_least(most) && (most == u32::MAX || !key.any_at_least(most + 1)), "max, any_at_least {most:#x}");
}

/// What vectors of `f32` can.
#[inline(always)]
fn single<V: Single>(token: V::Token) {
    common::<V>(token);
    common::<V::Wide>(token);
    double::<V::Wide>(token);
    assert_eq!(V::LEN, V::Wide::LEN);
    let special = special::<f32>();
    let mut random = Random(2);
    for _ in 0..5000 {
        let a = some(&mut random, &special, V::LEN);
        let wide = lanes(V::load(token, &a).widen());
        same("widen", &wide, |i| f64::from(a[i]));
        exactly("narrow", &lanes(V::narrow(V::load(token, &a).widen())), |i| a[i]);
        // Halfway cases and their neighbours, subnormal and infinite results.
        let exact: Vec<f64> = a
            .iter()
            .map(|&x| {
                let (x, bits) = (f64::from(x), random.bits());
                match bits >> 62 {
                    _ if !x.is_finite() => x,
                    0 => f64::from_bits(x.to_bits() + (1 << 28)),
                    1 => f64::from_bits(x.to_bits() + (1 << 28) + bits % 3 - 1),
                    2 => x * 1e-12,
                    _ => f64::from_bits(bits << 2),
                }
            })
            .map(|x| if x.is_nan() { 1e39 } else { x })
            .collect();
        let wide = V::Wide::load(token, &exact);
        same("narrow", &lanes(V::narrow(wide)), |i| exact[i] as f32);
    }
}

static SIXTEEN: Table16 = Table16::new([
    0x0123_4567_89ab_cdef,
    0x3ff0_0000_0000_0001,
    0xfff1_2345_0000_0002,
    0x4000_0000_ffff_ffff,
    0x1111_1111_2222_2222,
    0x3333_3333_4444_4444,
    0x5555_5555_6666_6666,
    0x7fff_ffff_8888_8888,
    0x9999_9999_aaaa_aaaa,
    0xbbbb_bbbb_cccc_cccc,
    0xdddd_dddd_eeee_eeee,
    0x0000_0000_0000_0000,
    0x8000_0000_0000_0000,
    0x0000_0000_ffff_ffff,
    0xffff_ffff_0000_0000,
    0x3fe8_0000_0f0f_0f0f,
]);
static SIXTEEN_SHORT: ShortTable<16> = ShortTable::new([
    0x0123_4567,
    0x89ab_cdef,
    0x3ff0_0000,
    0xbff0_0001,
    0x1111_1111,
    0x2222_2222,
    0x7333_3333,
    0x8444_4444,
    0x5555_5555,
    0x6666_6666,
    0xffff_ffff,
    0x0000_0000,
    0x9999_9999,
    0xaaaa_aaaa,
    0xbbbb_bbbb,
    0x8000_0000,
]);
static EIGHT: ShortTable<8> = ShortTable::new([
    0x0123_4567,
    0x89ab_cdef,
    0x3ff0_0000,
    0xbff0_0001,
    0x1111_1111,
    0xffff_ffff,
    0x0000_0000,
    0x8444_4444,
]);

/// What vectors of `f64` can.
#[inline(always)]
fn double<V: Double>(token: V::Token) {
    let mut random = Random(3);
    let len = V::LEN;
    let bits_of = |xs: &[f64]| xs.iter().map(|x| x.to_bits()).collect::<Vec<u64>>();
    for _ in 0..5000 {
        // Any bits at all: these operations are on integers.
        let a: Vec<f64> = (0..len).map(|_| f64::from_bits(random.bits())).collect();
        let b: Vec<f64> = (0..len).map(|_| f64::from_bits(random.bits())).collect();
        let (x, y) = (V::load(token, &a), V::load(token, &b));
        let (i, j) = (bits_of(&a), bits_of(&b));
        exactly("load, store of any bits", &lanes(x), |k| a[k]);
        exactly("add_bits", &lanes(x.add_bits(y)), |k| f64::from_bits(i[k].wrapping_add(j[k])));
        exactly("sub_bits", &lanes(x.sub_bits(y)), |k| f64::from_bits(i[k].wrapping_sub(j[k])));
        exactly("power", &lanes(V::power(&SIXTEEN, x)), |k| {
            f64::from_bits(SIXTEEN.bits[i[k] as usize % 16].wrapping_add(i[k] << 48))
        });
        exactly("lookup8", &lanes(V::lookup8(&EIGHT, x)), |k| f64::from_bits(EIGHT.bits[i[k] as usize % 8]));
        let slot = |k: usize| (i[k] >> 48) as usize % 16;
        exactly("lookup16", &lanes(V::lookup16(&SIXTEEN, x.key())), |k| f64::from_bits(SIXTEEN.bits[slot(k)]));
        exactly("lookup16_short", &lanes(V::lookup16_short(&SIXTEEN_SHORT, x.key())), |k| {
            f64::from_bits(SIXTEEN_SHORT.bits[slot(k)])
        });
        exactly("exponent", &lanes(V::exponent(x.key())), |k| f64::from((i[k] >> 32) as u32 as i32 >> 20));
        let c = random.bits() as u32;
        let key = |k: usize| ((i[k] >> 32) as u32).wrapping_sub(c);
        let minus = x.key().minus(c);
        exactly("minus, lookup16", &lanes(V::lookup16(&SIXTEEN, minus)), |k| {
            f64::from_bits(SIXTEEN.bits[(key(k) >> 16) as usize % 16])
        });
        exactly("minus, exponent", &lanes(V::exponent(minus)), |k| f64::from(key(k) as i32 >> 20));
        exactly("sub_key", &lanes(y.sub_key(minus.and(0xfff0_0000))), |k| {
            f64::from_bits(j[k].wrapping_sub(u64::from(key(k) & 0xfff0_0000) << 32))
        });
        exactly("sub_key", &lanes(y.sub_key(x.key().and(u32::MAX))), |k| {
            f64::from_bits(j[k].wrapping_sub(i[k] >> 32 << 32))
        });
        exactly("and, lookup16", &lanes(V::lookup16(&SIXTEEN, x.key().and(0x000b_0000))), |k| {
            f64::from_bits(SIXTEEN.bits[slot(k) & 11])
        });
        // The largest of keys, lane by lane, and their doubles.
        let key = |k: usize| ((i[k] >> 32) as u32).max((j[k] >> 32) as u32);
        exactly("max", &lanes(V::exponent(x.key().max(y.key()))), |k| f64::from(key(k) as i32 >> 20));
        exactly("twice", &lanes(V::exponent(x.key().twice())), |k| f64::from(((i[k] >> 31) as u32 & !1) as i32 >> 20));
        // Normal numbers, normal results.
        let n: Vec<f64> = (0..len).map(|_| (random.bits() % 1001) as f64 - 500.0).collect();
        let normal: Vec<f64> = a
            .iter()
            .map(|x| f64::from_bits(x.to_bits() & 0x800f_ffff_ffff_ffff | (523 + x.to_bits() % 1001) << 52))
            .collect();
        let scaled = V::load(token, &normal).add_exponent(V::load(token, &n));
        exactly("add_exponent", &lanes(scaled), |k| normal[k] * 2f64.powi(n[k] as i32));
    }
}

struct Conforms;

impl Task for Conforms {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        single::<S::F32>(token);
        common::<S::F64>(token);
        double::<S::F64>(token);
        single::<S::F32Block>(token);
        common::<S::F64Block>(token);
        double::<S::F64Block>(token);
        // A block of three, whatever the isa's own is.
        single::<Block<S::F32, 3>>(token);
        common::<Block<S::F64, 3>>(token);
        double::<Block<S::F64, 3>>(token);
    }
}

fn conforms<S: Simd>() {
    match S::detect() {
        Some(token) => {
            eprintln!("conformance: {} {}", S::NAME, if S::FUSED { "fused" } else { "unfused" });
            token.enter(Conforms);
            token.enter_cold(Conforms);
        }
        None => {
            let required = std::env::var("LANESTACK_REQUIRE").unwrap_or_default();
            let missing = required.split(',').any(|name| name.trim() == S::NAME);
            assert!(!missing, "LANESTACK_REQUIRE asks for {}, which is not available", S::NAME);
            eprintln!("conformance: {} is not available here", S::NAME);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn avx512() {
    conforms::<Avx512>();
}

#[cfg(target_arch = "x86_64")]
#[test]
fn avx2() {
    conforms::<Avx2>();
}

#[cfg(target_arch = "aarch64")]
#[test]
fn neon() {
    conforms::<Neon>();
}

#[test]
fn portable() {
    conforms::<Portable>();
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
#[test]
fn scalar_fused() {
    conforms::<Scalar<true>>();
}

#[test]
fn scalar_unfused() {
    conforms::<Scalar<false>>();
}
