//! Every operation of every instruction set against plain Rust, lane by lane.
use core::any::Any;
use core::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::vec::Vec;
use std::{eprintln, vec};

#[cfg(target_arch = "aarch64")]
use crate::isa::neon::Neon;
#[cfg(target_arch = "x86_64")]
use crate::isa::{avx2::Avx2, avx512::Avx512};
use crate::isa::{portable::Portable, scalar::Scalar};
use crate::lanes::{Double, Element, Key, Lanes, Level, Mask, Simd, Single, Streaming, Task};
use crate::table::{ShortTable, Table16, Words};

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
trait Plain: Element + Into<f64> {
    fn bits(self) -> u64;
    fn of_bits(bits: u64) -> Self;
    fn of(x: f64) -> Self;
    fn add(self, o: Self) -> Self;
    fn sub(self, o: Self) -> Self;
    fn mul(self, o: Self) -> Self;
    fn mul_add(self, a: Self, b: Self) -> Self;
    fn div(self, o: Self) -> Self;
    fn root(self) -> Self;
    fn key(self) -> u32;
    #[allow(clippy::eq_op, reason = "a NaN is what differs from itself")]
    fn nan(self) -> bool {
        self != self
    }
    fn negative(self) -> Self {
        Self::of_bits(self.bits() ^ Self::of(-0.0).bits())
    }
}

macro_rules! plain {
    ($t:ident, $bits:ident, $key:ident => $to_key:expr) => {
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
            fn div(self, o: Self) -> Self {
                self / o
            }
            fn root(self) -> Self {
                self.sqrt()
            }
            fn key(self) -> u32 {
                let $key = self.to_bits();
                $to_key
            }
        }
    };
}
plain!(f32, u32, key => key);
plain!(f64, u64, key => (key >> 32) as u32);

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

/// Named results, one list of lanes each.
type Results<T> = Vec<(&'static str, Vec<T>)>;

fn lanes<V: Lanes>(x: V) -> Vec<V::Elem> {
    let mut out: Vec<V::Elem> = (0..V::LEN).map(|_| V::Elem::ONE).collect();
    x.store(&mut out);
    out
}

/// The lanes are those wanted; where `nans_alike`, any NaN is as good as another.
fn compare<T: Plain>(isa: &str, nans_alike: bool, got: &Results<T>, want: &Results<T>) {
    assert_eq!(got.len(), want.len());
    for ((name, got), (same_name, want)) in got.iter().zip(want) {
        assert_eq!(name, same_name);
        assert_eq!(got.len(), want.len());
        for (i, (got, want)) in got.iter().zip(want).enumerate() {
            assert!(
                got.bits() == want.bits() || nans_alike && got.nan() && want.nan(),
                "{isa} {}, {name}, lane {i}: got {got:?} ({:#x}), want {want:?} ({:#x})",
                T::NAME,
                got.bits(),
                want.bits()
            );
        }
    }
}

/// The operands of one round.
struct Operands<T> {
    a: Vec<T>,
    b: Vec<T>,
    c: Vec<T>,
    /// `a * b`, rounded: where nearly all cancels, one rounding shows.
    product: Vec<T>,
    /// Every other one of `a`.
    half_alike: Vec<T>,
    low: T,
    high: T,
}

impl<T: Plain> Operands<T> {
    fn new(random: &mut Random, special: &[T], len: usize) -> Self {
        let [a, b, c] = [0; 3].map(|_| some(random, special, len));
        let product = a.iter().zip(&b).map(|(a, b)| a.mul(*b)).collect();
        let half_alike = a.iter().zip(&b).enumerate().map(|(i, (a, b))| if i % 2 == 0 { *a } else { *b }).collect();
        // Of zeros with different signs, a clamp may give either.
        let zero = T::of(0.0);
        let (low, high) =
            if b[0] < c[0] && b[0] != zero && c[0] != zero { (b[0], c[0]) } else { (T::of(-104.0), T::of(89.0)) };
        Self { a, b, c, product, half_alike, low, high }
    }
    fn each(&self, name: &'static str, f: &dyn Fn(T, T, T) -> T) -> (&'static str, Vec<T>) {
        (name, self.a.iter().zip(&self.b).zip(&self.c).map(|((a, b), c)| f(*a, *b, *c)).collect())
    }
    /// What arithmetic must give.
    fn arithmetic(&self, fused: bool) -> Results<T> {
        let mul_add = |a: T, b: T, c: T| if fused { a.mul_add(b, c) } else { a.mul(b).add(c) };
        let rest = Self {
            c: self.product.clone(),
            a: self.a.clone(),
            b: self.b.clone(),
            product: vec![],
            half_alike: vec![],
            ..*self
        };
        vec![
            self.each("add", &|a, b, _| a.add(b)),
            self.each("sub", &|a, b, _| a.sub(b)),
            self.each("mul", &|a, b, _| a.mul(b)),
            self.each("mul_add", &|a, b, c| mul_add(a, b, c)),
            self.each("neg_mul_add", &|a, b, c| mul_add(a.negative(), b, c)),
            rest.each("neg_mul_add of a product", &|a, b, c| mul_add(a.negative(), b, c)),
            self.each("div", &|a, b, _| a.div(b)),
            self.each("fused", &|a, b, c| a.mul_add(b, c)),
            self.each("sqrt", &|a, _, _| a.root()),
        ]
    }
    /// What chooses among numbers must give, NaN to the bit.
    fn choices(&self) -> Results<T> {
        let half = Self {
            b: self.half_alike.clone(),
            a: self.a.clone(),
            c: self.c.clone(),
            product: vec![],
            half_alike: vec![],
            ..*self
        };
        let clamp = |x: T| {
            if x < self.low {
                self.low
            } else if x > self.high {
                self.high
            } else {
                x
            }
        };
        vec![
            self.each("load, store", &|a, _, _| a),
            self.each("new", &|_, _, _| self.a[0]),
            self.each("splat", &|_, _, _| self.b[0]),
            self.each("lt, pick", &|a, b, c| if a < b { a } else { c }),
            self.each("eq, pick", &|a, b, c| if a == b { b } else { c }),
            half.each("eq, pick, half alike", &|a, b, c| if a == b { b } else { c }),
            self.each("is_nan, pick", &|a, b, c| if a.nan() { b } else { c }),
            self.each("abs", &|a, _, _| if a.bits() & T::of(-0.0).bits() == 0 { a } else { a.negative() }),
            self.each("neg", &|a, _, _| a.negative()),
            self.each("eq, all", &|_, b, c| if self.a.iter().any(|a| a.nan()) { c } else { b }),
            self.each("clamp", &|a, _, _| clamp(a)),
            self.each("at_least", &|a, _, _| if a < self.low { self.low } else { a }),
        ]
    }
}

/// Asks lanes for [`Operands::arithmetic`] and [`Operands::choices`]; compiled for the isa, unlike all around it.
struct Ask<'a, V: Lanes>(&'a Operands<V::Elem>);

impl<V: Lanes> Ask<'_, V> {
    #[inline(always)]
    fn ask(&self, token: V::Token) -> [Results<V::Elem>; 2] {
        let Operands { a, b, c, product, half_alike, low, high } = self.0;
        let [x, y, z, product, half] = [a, b, c, product, half_alike].map(|x| V::load(token, x));
        let arithmetic = [
            ("add", x + y),
            ("sub", x - y),
            ("mul", x * y),
            ("mul_add", x.mul_add(y, z)),
            ("neg_mul_add", x.neg_mul_add(y, z)),
            ("neg_mul_add of a product", x.neg_mul_add(y, product)),
            ("div", x / y),
            ("fused", x.fused(y, z)),
            ("sqrt", x.sqrt()),
        ];
        let choices = [
            ("load, store", x),
            ("new", V::new(token, a[0])),
            ("splat", x.splat(b[0])),
            ("lt, pick", V::pick(x.lt(y), x, z)),
            ("eq, pick", V::pick(x.eq(y), y, z)),
            ("eq, pick, half alike", V::pick(x.eq(half), half, z)),
            ("is_nan, pick", V::pick(x.is_nan(), y, z)),
            ("abs", x.abs()),
            ("neg", x.neg()),
            ("eq, all", if x.eq(x).all() { y } else { z }),
            ("clamp", x.clamp(*low, *high)),
            ("at_least", V::pick(x.is_nan(), x, x.at_least(*low))),
        ];
        let mut out = [Vec::new(), Vec::new()];
        for (name, x) in arithmetic {
            out[0].push((name, lanes(x)));
        }
        for (name, x) in choices {
            out[1].push((name, lanes(x)));
        }
        out
    }
}

/// What becomes of a lane's key, given another's and a constant.
fn changed(k: u32, other: u32, c: u32) -> [u32; 6] {
    [k, k.wrapping_sub(c), k & c, k << 1, k.wrapping_sub(c) & 0xfff0_0000, k.max(other)]
}

/// Changes keys likewise, and asks whether one is at least each bound.
struct AskKeys<'a, V: Lanes> {
    xs: &'a [V::Elem],
    others: &'a [V::Elem],
    constant: u32,
    bounds: [[u32; 2]; 6],
}

impl<V: Lanes> AskKeys<'_, V> {
    #[inline(always)]
    fn ask(&self, token: V::Token) -> [[bool; 2]; 6] {
        let (k, other, c) = (V::load(token, self.xs).key(), V::load(token, self.others).key(), self.constant);
        let changed = [k, k.minus(c), k.and(c), k.and(u32::MAX).twice(), k.minus(c).and(0xfff0_0000), k.max(other)];
        let mut out = [[false; 2]; 6];
        for ((out, key), bounds) in out.iter_mut().zip(changed).zip(self.bounds) {
            for (out, bound) in out.iter_mut().zip(bounds) {
                *out = key.any_at_least(bound);
            }
        }
        out
    }
}

/// `V` on one round's operands.
struct Round<'a, V: Lanes> {
    ask: Ask<'a, V>,
    keys: [AskKeys<'a, V>; 2],
}

impl<V: Lanes> Task for Round<'_, V> {
    type Out = ([Results<V::Elem>; 2], [[[bool; 2]; 6]; 2]);
    #[inline(always)]
    fn run<S: Simd>(self, token: S) -> Self::Out {
        let token = same_token(token);
        (self.ask.ask(token), [self.keys[0].ask(token), self.keys[1].ask(token)])
    }
}

/// The token of `V`, which is the one that `enter` was called on.
#[inline(always)]
fn same_token<S: Simd, T: Simd>(token: S) -> T {
    *(&token as &dyn Any).downcast_ref::<T>().expect("entered by the vector's own token")
}

/// A positive normal number.
fn positive<T: Plain>(bits: u64) -> T {
    let infinity = T::of(f64::INFINITY).bits();
    let least = infinity & infinity.wrapping_neg(); // the last bit of the exponent
    T::of_bits(least + bits % (infinity - least))
}

/// An estimate of `1/√x`, if there is one.
struct AskReciprocalRoot<'a, V: Lanes>(&'a [V::Elem]);

impl<V: Lanes> Task for AskReciprocalRoot<'_, V> {
    type Out = Option<Vec<V::Elem>>;
    #[inline(always)]
    fn run<S: Simd>(self, token: S) -> Self::Out {
        V::load(same_token(token), self.0).reciprocal_root().map(lanes)
    }
}

/// What all vectors can.
fn any_lanes<V: Lanes<Elem: Plain>>(token: V::Token) {
    let isa = <V::Token as Simd>::NAME;
    let special = special::<V::Elem>();
    let mut random = Random(1);
    let len = V::LEN;
    for _ in 0..3000 {
        let operands = Operands::new(&mut random, &special, len);
        let Operands { a, b, .. } = &operands;
        // One lane everywhere: then the largest key is that lane's. And all lanes: the largest is seen wherever it is.
        let bits = random.bits();
        let (lane, constant) = ((bits >> 32) as usize % len, bits as u32);
        let alike = [a, b].map(|x| (0..len).map(|_| x[lane]).collect::<Vec<_>>());
        let keys = [[&alike[0], &alike[1]], [a, b]].map(|[xs, others]| {
            let most = (0..len).map(|i| changed(xs[i].key(), others[i].key(), constant));
            let most = most.reduce(|a, b| core::array::from_fn(|i| a[i].max(b[i]))).expect("a lane");
            AskKeys::<V> { xs, others, constant, bounds: most.map(|k| [k, k.saturating_add(1)]) }
        });
        let want = keys.each_ref().map(|keys| keys.bounds.map(|[k, _]| [true, k == u32::MAX]));
        let ([arithmetic, choices], answers) = token.enter(Round::<V> { ask: Ask(&operands), keys });
        compare(isa, true, &arithmetic, &operands.arithmetic(V::Token::FUSED));
        compare(isa, false, &choices, &operands.choices());
        assert_eq!(answers, want, "{isa} {}: keys of {a:x?}, {b:x?}, constant {constant:#x}", V::Elem::NAME);
    }
    for _ in 0..3000 {
        let xs: Vec<V::Elem> = (0..len).map(|_| positive(random.bits())).collect();
        for (y, x) in token.enter(AskReciprocalRoot::<V>(&xs)).into_iter().flatten().zip(&xs) {
            let [short, square] = [y.into(), y.into() * y.into() * (*x).into()];
            let most = 2f64.powi(-14) + 2f64.powi(-20);
            assert!(
                (square - 1.0).abs() <= 2.0 * most - most * most && short.to_bits().trailing_zeros() >= 32,
                "{isa} {}: the reciprocal root of {x:?} is not {y:?}",
                V::Elem::NAME
            );
        }
    }
    for short in 0..len {
        let src: Vec<V::Elem> = (0..short).map(|_| V::Elem::ONE).collect();
        let loads = catch_unwind(AssertUnwindSafe(|| lanes(V::load(token, &src))));
        assert!(loads.is_err(), "{isa}: a load of {len} from {short}");
        let mut dst = src.clone();
        let stores = catch_unwind(AssertUnwindSafe(|| V::new(token, V::Elem::ONE).store(&mut dst)));
        assert!(stores.is_err(), "{isa}: a store of {len} to {short}");
    }
    // A long slice is read and written at its head only.
    let src: Vec<V::Elem> = (0..len + 3).map(|i| V::Elem::of(i as f64)).collect();
    let mut dst = src.clone();
    (V::load(token, &src) + V::new(token, V::Elem::ONE)).store(&mut dst);
    for (i, x) in dst.into_iter().enumerate() {
        assert!(x == V::Elem::of(if i < len { i + 1 } else { i } as f64), "{isa}: element {i} after a store of {len}");
    }
}

/// Loads as many elements as there are, and stores them to as many places, by each way there is.
struct AskParts<'a, V: Lanes> {
    src: &'a [V::Elem],
    stored: &'a mut [V::Elem],
    /// Places for all lanes, from the first on.
    streamed: [&'a mut [V::Elem]; 2],
}

impl<V: Lanes> Task for AskParts<'_, V> {
    type Out = Vec<V::Elem>;
    #[inline(always)]
    fn run<S: Simd>(self, token: S) -> Self::Out {
        let x = V::load_part(same_token(token), self.src);
        x.store_part(self.stored);
        for dst in self.streamed {
            x.stream(dst, Streaming(()));
        }
        token.prefetch(self.src, 1 << 20, Level::First);
        token.prefetch(self.src, 1 << 20, Level::Second);
        token.drain();
        lanes(x)
    }
}

/// Fewer elements than lanes, and stores past the caches, aligned and not.
fn parts<V: Lanes<Elem: Plain>>(token: V::Token) {
    let isa = <V::Token as Simd>::NAME;
    let numbers: Vec<V::Elem> = (0..4 * V::LEN + 64).map(|i| V::Elem::of(i as f64 + 0.5)).collect();
    let untouched = V::Elem::of(-1.0);
    let filled =
        |n: usize| -> Vec<V::Elem> { (0..V::LEN).map(|i| if i < n { numbers[i] } else { V::Elem::ONE }).collect() };
    for n in 0..V::LEN + 3 {
        for places in 0..V::LEN + 3 {
            let (mut stored, mut streamed) = ([untouched; 64], vec![untouched; numbers.len()]);
            let aligned = streamed.as_ptr().align_offset(64);
            let (a, b) = streamed[aligned..].split_at_mut(V::LEN);
            let ask = AskParts::<V> { src: &numbers[..n], stored: &mut stored[..places], streamed: [a, &mut b[1..]] };
            let want = filled(n);
            assert!(token.enter(ask) == want, "{isa} {}: {n} elements loaded", V::Elem::NAME);
            for (i, y) in stored.iter().enumerate() {
                let want = if i < places.min(V::LEN) { want[i] } else { untouched };
                assert!(*y == want, "{isa} {}: {n} elements in {places} places, place {i}", V::Elem::NAME);
            }
            for (i, y) in streamed.iter().enumerate() {
                let lane = [aligned, aligned + V::LEN + 1]
                    .iter()
                    .find_map(|&from| i.checked_sub(from).filter(|&k| k < V::LEN));
                let want = lane.map_or(untouched, |k| want[k]);
                assert!(*y == want, "{isa} {}: {n} elements streamed, place {i}", V::Elem::NAME);
            }
        }
    }
}

struct AskSingle<'a, V> {
    a: &'a [f32],
    wide: &'a [f64],
    lanes: PhantomData<V>,
}

impl<V: Single> Task for AskSingle<'_, V> {
    type Out = (Results<f64>, Results<f32>);
    #[inline(always)]
    fn run<S: Simd>(self, token: S) -> Self::Out {
        let token: V::Token = same_token(token);
        let (x, wide) = (V::load(token, self.a), V::Wide::load(token, self.wide));
        let narrow = [("widen, narrow", lanes(V::narrow(x.widen()))), ("narrow", lanes(V::narrow(wide)))];
        (Vec::from([("widen", lanes(x.widen()))]), Vec::from(narrow))
    }
}

static EIGHT_WORDS: Words<8> =
    Words([0x0123_4567, 0x89ab_cdef, 0x3f80_0000, 0xbf80_0001, 0x1111_1111, 0xffff_ffff, 0x0000_0000, 0x8444_4444]);

static SIXTEEN_WORDS: Words<16> = Words(different());
static THIRTY_TWO_WORDS: Words<32> = Words(different());
/// No two alike.
const fn different<const N: usize>() -> [u32; N] {
    let mut words = [0; N];
    let mut j = 0;
    while j < N {
        words[j] = 0x9e37_79b9u32.wrapping_mul(j as u32 + 1);
        j += 1;
    }
    words
}
/// The least mantissa of the first of sixteen slots.
const LEAST: f32 = 0.7346;

struct AskBits<'a, V> {
    a: &'a [f32],
    b: &'a [f32],
    /// Numbers whose parts are asked for.
    whole: &'a [f32],
    /// `a` with one bit of one lane turned over.
    near: &'a [f32],
    /// Normal numbers, positive and of both signs, and powers of two by which they are scaled to others.
    positive: &'a [f32],
    normal: &'a [f32],
    powers: &'a [f32],
    /// The normal ones, of which one is made subnormal at times, and their largest size, or one that is too small.
    sized: &'a [f32],
    most: f32,
    lanes: PhantomData<V>,
}

impl<V: Single> Task for AskBits<'_, V> {
    type Out = Results<f32>;
    #[inline(always)]
    fn run<S: Simd>(self, token: S) -> Self::Out {
        let token: V::Token = same_token(token);
        let [x, y, whole, near] = [self.a, self.b, self.whole, self.near].map(|x| V::load(token, x));
        let [positive, normal, sized] = [self.positive, self.normal, self.sized].map(|x| V::load(token, x));
        let powers = V::load(token, self.powers);
        let (exponent, mantissa) = whole.apart();
        let (slot16, slot32) = (positive.slot16(LEAST), positive.slot32());
        let results = [
            ("sub_bits", x.sub_bits(y)),
            ("max_bits", x.max_bits(y)),
            ("power", V::power(&EIGHT_WORDS, x)),
            ("lookup8", V::lookup8(&EIGHT_WORDS, x)),
            ("raise", x.raise(y)),
            ("exponent", exponent * exponent.splat(V::UNIT)),
            ("mantissa", mantissa),
            ("same", if x.same(x) { y } else { x }),
            ("same, but for a bit", if x.same(near) { x } else { y }),
            ("normal up to", if sized.is_normal_up_to(self.most) { x } else { y }),
            ("lookup32", V::lookup32(&THIRTY_TWO_WORDS, x)),
            ("lookup16", V::lookup16(&SIXTEEN_WORDS, x)),
            ("raise16", x.raise16(y)),
            ("slot16, exponent", slot16.0 * x.splat(V::UNIT)),
            ("slot16, mantissa", slot16.1),
            ("slot16", slot16.2),
            ("slot32, exponent", slot32.0),
            ("slot32, mantissa", slot32.1),
            ("slot32", slot32.2),
            ("scale", normal.scale(powers)),
        ];
        let mut out = Vec::new();
        for (name, x) in results {
            out.push((name, lanes(x)));
        }
        out
    }
}

/// The same in plain Rust.
fn plain_bits<V>(ask: &AskBits<'_, V>) -> Results<f32> {
    let each = |name, f: &dyn Fn(u32, u32) -> u32| {
        (name, ask.a.iter().zip(ask.b).map(|(a, b)| f32::from_bits(f(a.to_bits(), b.to_bits()))).collect::<Vec<f32>>())
    };
    let of_whole = |name, f: &dyn Fn(f32) -> f32| (name, ask.whole.iter().map(|&x| f(x)).collect());
    let is_normal = ask.sized.iter().all(|x| x.is_normal() && x.abs() <= ask.most);
    let of_positive = |name, f: &dyn Fn(f32) -> f32| (name, ask.positive.iter().map(|&x| f(x)).collect());
    let binade = |x: f32| (x.to_bits() >> 23) as f32 - 127.0;
    let exponent16 = |x: f32| ((f64::from(x) / f64::from(LEAST)).to_bits() >> 52) as f32 - 1023.0;
    let scaled = |(x, k): (&f32, &f32)| x * 2f32.powi(k.floor() as i32);
    let sign = |x: f32| f32::from_bits(x.to_bits() & 1 << 31 | 1.0f32.to_bits());
    Vec::from([
        each("sub_bits", &|a, b| a.wrapping_sub(b)),
        each("max_bits", &|a, b| (a as i32).max(b as i32) as u32),
        each("power", &|a, _| EIGHT_WORDS.0[a as usize % 8].wrapping_add(a << 20)),
        each("lookup8", &|a, _| EIGHT_WORDS.0[a as usize % 8]),
        each("raise", &|a, b| a.wrapping_add(b >> 3 << 23)),
        of_whole("exponent", &|x| {
            // Of what is no normal number, exact in `f64`.
            if x.is_nan() {
                x
            } else if x.is_infinite() {
                f32::INFINITY
            } else {
                ((f64::from(x).abs() / 0.75).to_bits() >> 52) as f32 - 1023.0
            }
        }),
        of_whole("mantissa", &|x| match f64::from(x) {
            _ if x.is_nan() => x,
            x if x == 0.0 || x.is_infinite() => sign(x as f32),
            x => {
                // 1 to 2, halved from 3/2 on.
                let m = f64::from_bits(x.to_bits() & !(0x7ff << 52) | 1023 << 52);
                (if m.abs() < 1.5 { m } else { m / 2.0 }) as f32
            }
        }),
        each("same", &|_, b| b),
        each("same, but for a bit", &|_, b| b),
        each("normal up to", &|a, b| if is_normal { a } else { b }),
        each("lookup32", &|a, _| THIRTY_TWO_WORDS.0[a as usize % 32]),
        each("lookup16", &|a, _| SIXTEEN_WORDS.0[a as usize % 16]),
        each("raise16", &|a, b| a.wrapping_add(b >> 4 << 23)),
        of_positive("slot16, exponent", &|x| exponent16(x)),
        of_positive("slot16, mantissa", &|x| (f64::from(x) / 2f64.powi(exponent16(x) as i32)) as f32),
        of_positive("slot16", &|x| f32::from_bits(x.to_bits().wrapping_sub(LEAST.to_bits()) >> 19)),
        of_positive("slot32, exponent", &binade),
        of_positive("slot32, mantissa", &|x| {
            let m = f64::from(x) / 2f64.powi(binade(x) as i32);
            (if m < 1.5 { m } else { m / 2.0 }) as f32
        }),
        of_positive("slot32", &|x| f32::from_bits(x.to_bits() >> 18)),
        ("scale", ask.normal.iter().zip(ask.powers).map(scaled).collect()),
    ])
}

/// The operations of `f32` on bits and exponents.
fn bits<V: Single>(token: V::Token) {
    let special = special::<f32>();
    let mut random = Random(4);
    for _ in 0..5000 {
        let [a, b] = [0; 2].map(|_| (0..V::LEN).map(|_| f32::from_bits(random.bits() as u32)).collect::<Vec<f32>>());
        // A NaN comes from arithmetic: it is quiet.
        let a: Vec<f32> =
            a.into_iter().map(|x| if x.is_nan() { f32::from_bits(x.to_bits() | 1 << 22) } else { x }).collect();
        // Normal and positive; or anything, where that is promised.
        let positive =
            |x: &f32| f32::from_bits(x.to_bits() & !(0xff << 23) & (u32::MAX >> 1) | (1 + x.to_bits() % 254) << 23);
        let whole =
            if V::Token::TAKES_APART { some(&mut random, &special, V::LEN) } else { a.iter().map(positive).collect() };
        // The exponent of zero is -inf: `special_values` of the kernel ask.
        let whole: Vec<f32> = whole.into_iter().map(|x| if x == 0.0 { 1.0 } else { x }).collect();
        let mut near = a.clone();
        let lane = &mut near[random.bits() as usize % V::LEN];
        *lane = f32::from_bits(lane.to_bits() ^ 1 << (random.bits() % 32));
        let positive: Vec<f32> = b.iter().map(positive).collect();
        let exponent = |x: &f32| f32::from_bits(x.to_bits() & !(0xff << 23) | (67 + x.to_bits() % 120) << 23);
        let normal: Vec<f32> = b.iter().map(exponent).collect();
        let powers: Vec<f32> = a.iter().map(|x| (x.to_bits() % 960) as f32 / 8.0 - 60.0).collect();
        let mut sized = normal.clone();
        let mut most = normal.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
        match random.bits() % 4 {
            0 => most = most.next_down(),
            1 => {
                let lane = &mut sized[random.bits() as usize % V::LEN];
                *lane = f32::from_bits(lane.to_bits() & !(0xff << 23) | 1);
            }
            _ => {}
        }
        let ask = AskBits::<V> {
            a: &a,
            b: &b,
            whole: &whole,
            near: &near,
            positive: &positive,
            normal: &normal,
            powers: &powers,
            sized: &sized,
            most,
            lanes: PhantomData,
        };
        let want = plain_bits(&ask);
        compare(<V::Token as Simd>::NAME, false, &token.enter(ask), &want);
    }
}

/// What vectors of `f32` can, with as many lanes of `f64`.
fn single<V: Single>(token: V::Token) {
    any_lanes::<V>(token);
    bits::<V>(token);
    double::<V::Wide>(token);
    assert_eq!(V::LEN, V::Wide::LEN);
    let isa = <V::Token as Simd>::NAME;
    let special = special::<f32>();
    let mut random = Random(2);
    for _ in 0..5000 {
        let a = some(&mut random, &special, V::LEN);
        // Halfway cases and their neighbours; subnormal and infinite results; NaN keep what fits of them.
        let wide: Vec<f64> = a
            .iter()
            .map(|&x| {
                let (x, bits) = (f64::from(x), random.bits());
                match bits >> 62 {
                    _ if !x.is_finite() => x,
                    0 => f64::from_bits(x.to_bits() + (1 << 28)),
                    1 => f64::from_bits(x.to_bits() + (1 << 28) + bits % 3 - 1),
                    2 => x * 1e-42,
                    _ => f64::from_bits(bits << 2),
                }
            })
            .map(|x| if x.is_nan() { f64::from_bits(x.to_bits() | 1 << 51) } else { x })
            .collect();
        let (wider, narrower) = token.enter(AskSingle::<V> { a: &a, wide: &wide, lanes: PhantomData });
        compare(isa, false, &wider, &Vec::from([("widen", a.iter().map(|&x| widened(x)).collect())]));
        let narrowed = wide.iter().map(|&x| narrowed(x)).collect();
        compare(isa, false, &narrower, &Vec::from([("widen, narrow", a.clone()), ("narrow", narrowed)]));
    }
}

/// `x` as `f64`; of a NaN, sign and payload stay, its head first.
fn widened(x: f32) -> f64 {
    let bits = u64::from(x.to_bits());
    if x.is_nan() { f64::from_bits((bits >> 31 << 63) | 0x7ff8 << 48 | (bits & 0x7f_ffff) << 29) } else { x.into() }
}

fn narrowed(x: f64) -> f32 {
    let bits = x.to_bits();
    let nan = (bits >> 32 & 0x8000_0000) as u32 | 0x7fc0_0000 | (bits >> 29 & 0x7f_ffff) as u32;
    if x.is_nan() { f32::from_bits(nan) } else { x as f32 }
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

struct AskDouble<'a, V> {
    a: &'a [f64],
    b: &'a [f64],
    /// `a` with one bit of one lane turned over.
    near: &'a [f64],
    normal: &'a [f64],
    n: &'a [f64],
    constant: u32,
    lanes: PhantomData<V>,
}

impl<V: Double> Task for AskDouble<'_, V> {
    type Out = Results<f64>;
    #[inline(always)]
    fn run<S: Simd>(self, token: S) -> Self::Out {
        let token: V::Token = same_token(token);
        let [x, y, near, normal, n] = [self.a, self.b, self.near, self.normal, self.n].map(|x| V::load(token, x));
        let minus = x.key().minus(self.constant);
        let exponent = |key: V::Key| V::exponent(key.and(0xfff0_0000)) * x.splat(V::UNIT);
        let results = [
            ("load, store", x),
            ("abreast", x.abreast()),
            ("same", if x.same(x) { y } else { x }),
            ("same, but for a bit", if x.same(near) { x } else { y }),
            ("add_bits", x.add_bits(y)),
            ("sub_bits", x.sub_bits(y)),
            ("power", V::power(&SIXTEEN, x)),
            ("power_parts, first", V::power_parts(&SIXTEEN, x).0),
            ("power_parts, second", V::power_parts(&SIXTEEN, x).1),
            ("lookup16_low", V::lookup16_low(&SIXTEEN, x)),
            ("lookup8", V::lookup8(&EIGHT, x)),
            ("lookup16", V::lookup16(&SIXTEEN, x.key())),
            ("lookup16_short", V::lookup16_short(&SIXTEEN_SHORT, x.key())),
            ("exponent", exponent(x.key())),
            ("sub_key", y.sub_key(x.key().and(u32::MAX))),
            ("minus, lookup16", V::lookup16(&SIXTEEN, minus)),
            ("minus, lookup16_short", V::lookup16_short(&SIXTEEN_SHORT, minus)),
            ("minus, exponent", exponent(minus)),
            ("minus, and, sub_key", y.sub_key(minus.and(0xfff0_0000))),
            ("and, lookup16", V::lookup16(&SIXTEEN, x.key().and(0x000b_0000))),
            ("max, exponent", exponent(x.key().max(y.key()))),
            ("twice, exponent", exponent(x.key().twice())),
            ("add_exponent", normal.add_exponent(n)),
        ];
        let mut out = Vec::new();
        for (name, x) in results {
            out.push((name, lanes(x)));
        }
        out
    }
}

/// The same in plain Rust.
fn plain_double(a: &[f64], b: &[f64], normal: &[f64], n: &[f64], constant: u32) -> Results<f64> {
    let each = |name, f: &dyn Fn(u64, u64) -> u64| {
        (name, a.iter().zip(b).map(|(a, b)| f64::from_bits(f(a.to_bits(), b.to_bits()))).collect::<Vec<f64>>())
    };
    let key = |a: u64| (a >> 32) as u32;
    let minus = |a: u64| key(a).wrapping_sub(constant);
    let slot = |key: u32| (key >> 16) as usize % 16;
    let exponent = |key: u32| f64::from(key as i32 >> 20).to_bits();
    let scaled = normal.iter().zip(n).map(|(x, n)| x * 2f64.powi(*n as i32)).collect();
    Vec::from([
        each("load, store", &|a, _| a),
        each("abreast", &|a, _| a),
        each("same", &|_, b| b),
        each("same, but for a bit", &|_, b| b),
        each("add_bits", &|a, b| a.wrapping_add(b)),
        each("sub_bits", &|a, b| a.wrapping_sub(b)),
        each("power", &|a, _| SIXTEEN.bits[a as usize % 16].wrapping_add(a << 48)),
        each("power_parts, first", &|a, _| SIXTEEN.bits[a as usize % 16].wrapping_add((a % 16) << 48)),
        each("power_parts, second", &|a, _| (a / 16) << 52),
        each("lookup16_low", &|a, _| SIXTEEN.bits[a as usize % 16]),
        each("lookup8", &|a, _| EIGHT.bits[a as usize % 8]),
        each("lookup16", &|a, _| SIXTEEN.bits[slot(key(a))]),
        each("lookup16_short", &|a, _| SIXTEEN_SHORT.bits[slot(key(a))]),
        each("exponent", &|a, _| exponent(key(a))),
        each("sub_key", &|a, b| b.wrapping_sub(a >> 32 << 32)),
        each("minus, lookup16", &|a, _| SIXTEEN.bits[slot(minus(a))]),
        each("minus, lookup16_short", &|a, _| SIXTEEN_SHORT.bits[slot(minus(a))]),
        each("minus, exponent", &|a, _| exponent(minus(a))),
        each("minus, and, sub_key", &|a, b| b.wrapping_sub(u64::from(minus(a) & 0xfff0_0000) << 32)),
        each("and, lookup16", &|a, _| SIXTEEN.bits[slot(key(a)) & 11]),
        each("max, exponent", &|a, b| exponent(key(a).max(key(b)))),
        each("twice, exponent", &|a, _| exponent(key(a) << 1)),
        ("add_exponent", scaled),
    ])
}

/// What vectors of `f64` can.
fn double<V: Double>(token: V::Token) {
    any_lanes::<V>(token);
    let mut random = Random(3);
    for _ in 0..5000 {
        // Any bits at all: these operations are on integers. And normal numbers with normal results.
        let [a, b] = [0; 2].map(|_| (0..V::LEN).map(|_| f64::from_bits(random.bits())).collect::<Vec<f64>>());
        let mut near = a.clone();
        let lane = &mut near[random.bits() as usize % V::LEN];
        *lane = f64::from_bits(lane.to_bits() ^ 1 << (random.bits() % 64));
        let normal: Vec<f64> =
            a.iter().map(|x| f64::from_bits(x.to_bits() & !(0x7ff << 52) | (523 + x.to_bits() % 1001) << 52)).collect();
        let n: Vec<f64> = a.iter().map(|_| (random.bits() % 1001) as f64 - 500.0).collect();
        let constant = random.bits() as u32;
        let ask = AskDouble::<V> { a: &a, b: &b, near: &near, normal: &normal, n: &n, constant, lanes: PhantomData };
        compare(<V::Token as Simd>::NAME, false, &token.enter(ask), &plain_double(&a, &b, &normal, &n, constant));
    }
}

fn all_vectors<S: Simd>(token: S) {
    parts::<S::F32>(token);
    parts::<S::F64>(token);
    single::<S::F32>(token);
    double::<S::F64>(token);
    single::<S::F32Block>(token);
    single::<S::F32LongBlock>(token);
    double::<S::F64Block>(token);
    double::<S::F64LongBlock>(token);
    double::<S::F64ShortBlock>(token);
}

/// What was entered by the cold way is compiled for the isa, too.
fn cold<S: Simd>(token: S) {
    struct Sum;
    impl Task for Sum {
        type Out = f64;
        #[inline(always)]
        fn run<S: Simd>(self, token: S) -> f64 {
            lanes(S::F64::new(token, 0.1).mul_add(S::F64::new(token, 10.0), S::F64::new(token, -1.0)))[0]
        }
    }
    let want = if S::FUSED { 0.1f64.mul_add(10.0, -1.0) } else { 0.0 };
    assert_eq!(token.enter_cold(Sum), want);
    assert_eq!(token.enter(Sum), want);
}

fn conforms<S: Simd>() {
    match S::detect() {
        Some(token) => {
            eprintln!("conformance: {} {}", S::NAME, if S::FUSED { "fused" } else { "unfused" });
            all_vectors(token);
            cold(token);
        }
        None => {
            let required = std::env::var("LANESTACK_REQUIRE").unwrap_or_default();
            // One of the two tokens named `scalar` is always there.
            let missing = S::NAME != "scalar" && required.split(',').any(|name| name.trim() == S::NAME);
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
