//! The traits between kernels and instruction sets.
//!
//! A kernel sees [`Lanes`] (any vector), and more precisely [`Single`] (of `f32`) or [`Double`] (of `f64`), both of
//! which can also be viewed through their [`Key`]s. An instruction set is a [`Simd`] token that names its vectors.
use core::fmt::Debug;
use core::ops::{Add, Div, Mul, Sub};

use crate::block::Block;
pub use crate::isa::Slot;
use crate::isa::is_intel;
use crate::table::{ShortTable, Table16, Words};
use crate::then::Then;

/// The token of an instruction set: the proof that this CPU, and the operating system on it, supports it.
pub trait Simd: Copy + Debug + Send + Sync + 'static {
    /// The name of the instruction set, as a user types it.
    const NAME: &'static str;
    /// Whether [`Lanes::mul_add`] rounds once (fused) or twice.
    const FUSED: bool;
    /// Whether [`Single::apart`] is made of instructions for just that: then a kernel that begins with it has hardly any rare
    /// elements.
    const TAKES_APART: bool;
    /// Of how many words one is looked up in a few instructions, at most, for [`crate::pairs`]: 32, 16 or, where these do not pay, 0.
    const WORDS: usize;
    /// Whether [`Lanes::stream`] differs from [`Lanes::store`].
    const STREAMS: bool = false;
    /// One vector of `f32`.
    type F32: Single<Token = Self>;
    /// One vector of `f64`.
    type F64: Double<Token = Self>;
    /// As many vectors of `f32` side by side as the registers hold, for kernels that compute in [`Single::Wide`].
    type F32Block: Single<Token = Self>;
    /// More of them, for kernels that stay in `f32` lanes.
    type F32LongBlock: Single<Token = Self>;
    /// As many vectors of `f64` side by side as the registers hold, for kernels that keep four or five values of each.
    type F64Block: Double<Token = Self>;
    /// More of them, for kernels that keep two or three values of each.
    type F64LongBlock: Double<Token = Self>;
    /// Fewer, for kernels that keep more.
    type F64ShortBlock: Double<Token = Self>;

    /// The token, if this CPU and the operating system support the instruction set.
    fn detect() -> Option<Self>;

    /// Runs `task` in code compiled for this instruction set.
    ///
    /// This and [`enter_cold`](Self::enter_cold) are the only crossings: below them, all is inlined. Beware of closures
    /// made outside and called inside: they are compiled without the instruction set, and measured 65 times slower.
    fn enter<T: Task>(self, task: T) -> T::Out;

    /// As [`enter`](Self::enter), for what seldom happens: the code is placed out of the way.
    fn enter_cold<T: Task>(self, task: T) -> T::Out;

    /// Waits until all that this thread has [streamed](Lanes::stream) is in memory.
    #[inline(always)]
    fn drain(self) {}

    /// Asks for the cache line `bytes` further on than the start of `src` to be brought into a cache.
    #[inline(always)]
    fn prefetch<T>(self, _src: &[T], _bytes: usize, _level: Level) {}
}

/// The most lanes that a vector has, on any isa.
pub(crate) const MOST_LANES: usize = 16;

/// The cache that arguments are brought into ahead of their use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Level {
    /// The first-level cache.
    First,
    /// The second-level cache.
    Second,
}

impl Level {
    /// The one into which this CPU brings them sooner: the second on Intel's. On an Emerald Rapids, lines asked for as "not to
    /// be kept", which wait for a place in the first one, came half as fast, 10.9 GB/s of a copy instead of 19.2, 55 instead of
    /// 126 on 16 threads. On a Zen 4, `square` takes 0.34 ns for an `f64` with the first, and 0.52 with the second; on a Zen 3
    /// it makes no difference.
    ///
    /// The second, too, for `rows` with streamed results: at each gap what the CPU asks for by itself comes to nothing, and fewer
    /// lines can be on their way to the first than the memory can bring. With rows of 32 KB on a Zen 4 (first, second; one
    /// thread, two): `exp` 0.67, 0.59; 0.38, 0.33 ns, `square` 0.52, 0.53; 0.36, 0.34.
    #[inline]
    pub(crate) fn here(rows: bool) -> Self {
        if rows || is_intel() { Self::Second } else { Self::First }
    }
    /// How many bytes ahead to ask.
    #[inline(always)]
    pub(crate) fn ahead(self) -> usize {
        match self {
            Self::First => 2048,
            Self::Second => 4096,
        }
    }
}

/// Leave to write past the caches. Only the [sweeps](crate::sweep) of this crate make one: they [drain](Simd::drain) what
/// was written so before they return, so that nobody can look for it in vain.
#[derive(Clone, Copy, Debug)]
pub struct Streaming(pub(crate) ());

/// Work that needs to know its instruction set at compile time.
pub trait Task {
    /// What the work returns.
    type Out;
    /// Does the work. Mark it `#[inline(always)]`.
    fn run<S: Simd>(self, token: S) -> Self::Out;
}

/// An element type: `f32` or `f64`.
pub trait Element: Copy + Debug + PartialOrd + Send + Sync + Slot<Self> + sealed::Sealed + 'static {
    /// Not a number, with a clear sign and no payload.
    const NAN: Self;
    /// One: the element that fills up a last vector, being harmless to every kernel.
    const ONE: Self;
    /// The name of the type, as a user types it.
    const NAME: &'static str;
    /// `self * a + b`, rounded once, without the help of an instruction.
    fn fused(self, a: Self, b: Self) -> Self;
    /// One vector.
    type Vector<S: Simd>: Lanes<Elem = Self, Token = S>;
    /// Several vectors side by side.
    type Block<S: Simd, B: BlockLen>: Lanes<Elem = Self, Token = S>;
    /// How many of them suit the kernel.
    type BlockLen<K: Kernel>: BlockLen;
    /// How many of them suit its code for rare elements, which keeps more values of each `f64`.
    type RareLen<B: BlockLen>: BlockLen;

    /// Whether it is ±0 or ±inf.
    fn is_zero_or_infinite(self) -> bool;
    /// Itself; but the number above if it is +0.
    fn next_up_from_zero(self) -> Self;
    /// Itself; but the number below if it is -0.
    fn next_down_from_negative_zero(self) -> Self;

    /// The kernel's promises for this element type.
    fn spec<K: Kernel>() -> Spec<Self>;
    /// Whether the block holds an element that only [`any_block`](Self::any_block) gets right.
    fn rare<S: Simd, K: Kernel, B: BlockLen>(kernel: K, x: Self::Block<S, B>) -> bool;
    /// The kernel on a block, unless it holds a rare element or some result is uncertain.
    fn ordinary<S: Simd, K: Kernel, B: BlockLen>(kernel: K, x: Self::Block<S, B>) -> Option<Self::Block<S, B>>;
    /// The kernel on any block.
    fn any_block<S: Simd, K: Kernel, B: BlockLen>(kernel: K, x: Self::Block<S, B>) -> Self::Block<S, B>;
    /// The kernel on a vector, unless it holds a rare element or some result is uncertain.
    fn ordinary_vector<S: Simd, K: Kernel>(kernel: K, x: Self::Vector<S>) -> Option<Self::Vector<S>>;
    /// The kernel on any vector.
    fn any<S: Simd, K: Kernel>(kernel: K, x: Self::Vector<S>) -> Self::Vector<S>;
}

/// A function on lanes, for both element types, and what it promises.
///
/// `f32` and `f64` need only be right for ordinary elements; where `..._rare` says that there are others, `..._any` is
/// taken. The two agree bit for bit wherever both are right: a result must not depend on an element's neighbours. A kernel
/// may also find only in the end that a result is uncertain: what it tries gives none, and `..._any` is taken.
pub trait Kernel: Copy + Debug + Send + Sync {
    /// The promises for `f32`.
    const F32: Spec<f32>;
    /// The promises for `f64`.
    const F64: Spec<f64>;
    /// How many vectors of `f32` to compute side by side.
    type F32Block: BlockLen;
    /// How many vectors of `f64` to compute side by side.
    type F64Block: BlockLen;

    /// The function of ordinary elements.
    fn f32<V: Single>(self, x: V) -> V;
    /// The function of ordinary elements.
    fn f64<V: Double>(self, x: V) -> V;

    /// Whether some element is not ordinary.
    #[inline(always)]
    fn f32_rare<V: Single>(self, _: V) -> bool {
        false
    }
    /// Whether some element is not ordinary.
    #[inline(always)]
    fn f64_rare<V: Double>(self, _: V) -> bool {
        false
    }
    /// The function of ordinary elements, if all results are certain.
    #[inline(always)]
    fn f32_try<V: Single>(self, x: V) -> Option<V> {
        Some(self.f32(x))
    }
    /// The function of ordinary elements, if all results are certain.
    #[inline(always)]
    fn f64_try<V: Double>(self, x: V) -> Option<V> {
        Some(self.f64(x))
    }
    /// This function, and then the other of its result, as one kernel: the same bits as one after the other over a slice,
    /// without the way through memory.
    ///
    /// ```
    /// use lanestack_kernels::isa::portable::Portable;
    /// use lanestack_kernels::{lanes::{Kernel, Simd}, sqrt::Sqrt, square::Square, steps::Offset, sweep::MapInto};
    ///
    /// let token = Portable::detect().expect("the portable lanes run everywhere");
    /// let mut y = [0.0; 2];
    /// token.enter(MapInto { src: &[0.75, 0.0], dst: &mut y, kernel: Square.then(Offset::new(1.0)).then(Sqrt) });
    /// assert_eq!(y, [1.25, 1.0]);
    /// ```
    #[inline(always)]
    fn then<K: Kernel>(self, next: K) -> Then<Self, K> {
        Then(self, next)
    }
    /// The function of all elements.
    #[inline(always)]
    fn f32_any<V: Single>(self, x: V) -> V {
        self.f32(x)
    }
    /// The function of all elements.
    #[inline(always)]
    fn f64_any<V: Double>(self, x: V) -> V {
        self.f64(x)
    }
}

/// How many vectors a kernel computes side by side: the fewer, the more values it keeps of each.
pub trait BlockLen {
    /// The vectors of `f32`.
    type F32<S: Simd>: Single<Token = S>;
    /// The vectors of `f64`.
    type F64<S: Simd>: Double<Token = S>;
    /// The shorter of this and the other.
    type Min<O: BlockLen>: BlockLen;
    /// The shorter of this and [`Long`].
    type MinLong: BlockLen;
    /// The shorter of this and [`Medium`].
    type MinMedium: BlockLen;
    /// As many as suit the kernel where no cache holds all.
    type Far: BlockLen;
}

/// Twice [`Simd::F32LongBlock`], [`Simd::F64Block`], for kernels of a single operation: a shorter loop may take more time to be
/// fetched than to be executed. But where no cache holds all, it is [`Medium`]: `square` of a long slice took up to 1.7 times as
/// long on a Zen 4, whose buffers for lines on their way were full of those of one block.
#[derive(Clone, Copy, Debug)]
pub struct Longest;

/// [`Simd::F32LongBlock`], [`Simd::F64LongBlock`].
#[derive(Clone, Copy, Debug)]
pub struct Long;

/// [`Simd::F32Block`], [`Simd::F64Block`].
#[derive(Clone, Copy, Debug)]
pub struct Medium;

/// [`Simd::F32Block`], [`Simd::F64ShortBlock`].
#[derive(Clone, Copy, Debug)]
pub struct Short;

impl BlockLen for Longest {
    type F32<S: Simd> = Block<S::F32LongBlock, 2>;
    type F64<S: Simd> = Block<S::F64Block, 2>;
    type Min<O: BlockLen> = O;
    type MinLong = Long;
    type MinMedium = Medium;
    type Far = Medium;
}

impl BlockLen for Long {
    type F32<S: Simd> = S::F32LongBlock;
    type F64<S: Simd> = S::F64LongBlock;
    type Min<O: BlockLen> = O::MinLong;
    type MinLong = Self;
    type MinMedium = Medium;
    type Far = Self;
}

impl BlockLen for Medium {
    type F32<S: Simd> = S::F32Block;
    type F64<S: Simd> = S::F64Block;
    type Min<O: BlockLen> = O::MinMedium;
    type MinLong = Self;
    type MinMedium = Self;
    type Far = Self;
}

impl BlockLen for Short {
    type F32<S: Simd> = S::F32Block;
    type F64<S: Simd> = S::F64ShortBlock;
    type Min<O: BlockLen> = Self;
    type MinLong = Self;
    type MinMedium = Self;
    type Far = Self;
}

/// What a kernel promises for one element type; documentation, tests and reports read it from here.
#[derive(Clone, Copy, Debug)]
pub struct Spec<T: 'static> {
    /// Largest error in units in the last place, on an isa with fused multiply-add; 0.5 means correctly rounded.
    pub ulp: f64,
    /// Largest error in units in the last place, on an isa without.
    pub ulp_unfused: f64,
    /// Arguments with a prescribed result, as in IEEE 754 and C's Annex F.
    pub special: &'static [(T, T)],
    /// Nanoseconds per element in cache, roughly, on some CPU with 256-bit registers: for the decision when threads pay, which
    /// measures how much faster this one is.
    pub ns: f64,
}

/// A vector of elements.
///
/// Holding one proves that its instruction set may be used, since it can only come from a token.
pub trait Lanes: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> {
    /// The element type.
    type Elem: Element;
    /// The token that vectors of this type are born from.
    type Token: Simd;
    /// One truth value per lane.
    type Mask: Mask;
    /// The leading 32 bits of each lane: sign, exponent and the head of the mantissa.
    type Key: Key;
    /// Number of lanes.
    const LEN: usize;

    /// `x` in all lanes.
    fn new(token: Self::Token, x: Self::Elem) -> Self;
    /// `x` in all lanes; for constants inside kernels.
    fn splat(self, x: Self::Elem) -> Self;
    /// The first [`LEN`](Self::LEN) elements of `src`.
    ///
    /// # Panics
    /// If `src` is shorter.
    fn load(token: Self::Token, src: &[Self::Elem]) -> Self;
    /// The first elements of `src`, as many as it has if they are fewer than lanes, and then ones.
    #[inline(always)]
    fn load_part(token: Self::Token, src: &[Self::Elem]) -> Self {
        const { assert!(Self::LEN <= MOST_LANES) };
        let mut lanes = [Self::Elem::ONE; MOST_LANES];
        for (lane, &x) in lanes[..Self::LEN].iter_mut().zip(src) {
            *lane = x;
        }
        Self::load(token, &lanes)
    }
    /// The token that this vector was born from.
    fn token(self) -> Self::Token;
    /// Writes the lanes to the first [`LEN`](Self::LEN) places of `dst`.
    ///
    /// # Panics
    /// If `dst` is shorter.
    fn store<D: Slot<Self::Elem>>(self, dst: &mut [D]);
    /// Writes the first lanes to the places of `dst`, as many as it has if they are fewer than lanes.
    #[inline(always)]
    fn store_part<D: Slot<Self::Elem>>(self, dst: &mut [D]) {
        const { assert!(Self::LEN <= MOST_LANES) };
        let mut lanes = [Self::Elem::ONE; MOST_LANES];
        self.store(&mut lanes);
        for (place, y) in dst.iter_mut().zip(&lanes[..Self::LEN]) {
            place.put(*y);
        }
    }
    /// As [`store`](Self::store), but past the caches if the isa can and `dst` begins at a multiple of the vector's size.
    #[inline(always)]
    fn stream<D: Slot<Self::Elem>>(self, dst: &mut [D], _: Streaming) {
        self.store(dst);
    }

    /// `self * a + b`: rounded once if the isa is fused, else twice.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// `b - self * a`: rounded once if the isa is fused, else twice.
    fn neg_mul_add(self, a: Self, b: Self) -> Self;
    /// `self * a + b`, rounded once on every isa: element by element where it is not fused.
    #[inline(always)]
    fn fused(self, a: Self, b: Self) -> Self {
        if Self::Token::FUSED {
            return self.mul_add(a, b);
        }
        let [mut x, mut y, mut z] = [[Self::Elem::ONE; MOST_LANES]; 3];
        self.store(&mut x);
        a.store(&mut y);
        b.store(&mut z);
        for ((x, a), b) in x[..Self::LEN].iter_mut().zip(y).zip(z) {
            *x = x.fused(a, b);
        }
        Self::load(self.token(), &x)
    }
    /// The square root, correctly rounded; the bits of a NaN result are unspecified unless the lane was a NaN.
    fn sqrt(self) -> Self;
    /// `1/√x` of a positive normal number, with a relative error of at most 2^-14 + 2^-20 and 21 significant bits, if the isa
    /// has an instruction for it: two CPUs may differ in the rest.
    #[inline(always)]
    fn reciprocal_root(self) -> Option<Self> {
        None
    }
    /// The lane without its sign, be it a number or not: an operation that stays one, whatever follows.
    fn abs(self) -> Self;
    /// The lane with the other sign, be it a number or not: an operation that stays one, whatever follows.
    fn neg(self) -> Self;
    /// The nearest value in `lo..=hi`; a NaN stays itself.
    fn clamp(self, lo: Self::Elem, hi: Self::Elem) -> Self;
    /// The larger of the lane and `lo`; anything for a NaN.
    fn at_least(self, lo: Self::Elem) -> Self;

    /// `self < o`, false for NaN.
    fn lt(self, o: Self) -> Self::Mask;
    /// `self == o`, false for NaN.
    fn eq(self, o: Self) -> Self::Mask;
    /// Whether the lane is a NaN.
    fn is_nan(self) -> Self::Mask;
    /// Whether the bits of all lanes are the same as those of `o`.
    #[inline(always)]
    fn same(self, o: Self) -> bool {
        Self::all_same(&[self], &[o])
    }
    /// As [`same`](Self::same), of the vectors of a block: what differs is gathered, and looked at once.
    fn all_same(a: &[Self], b: &[Self]) -> bool;
    /// `yes` where `mask` holds, else `no`.
    fn pick(mask: Self::Mask, yes: Self, no: Self) -> Self;

    /// The leading 32 bits of each lane.
    fn key(self) -> Self::Key;

    /// Itself; but all vectors of a block come here before one of them goes on.
    ///
    /// Left alone, the compiler may set one vector's chain of dependent operations behind another's, too long for the CPU
    /// to overlap them: `log` of `f64` took a fifth longer on AVX2, a sixteenth on AVX-512.
    #[inline(always)]
    fn abreast(self) -> Self {
        self
    }
    /// As [`abreast`](Self::abreast), for the vectors of a block.
    #[inline(always)]
    fn keep_abreast(_: &mut [Self]) {}
}

/// A vector of `f32`.
pub trait Single: Lanes<Elem = f32> {
    /// As many lanes of `f64`.
    type Wide: Double<Token = Self::Token>;
    /// The unit in which [`apart`](Self::apart) counts exponents, a power of two.
    const UNIT: f32;

    /// Each lane as `f64` (exact).
    fn widen(self) -> Self::Wide;
    /// Each lane rounded to `f32`, once.
    fn narrow(wide: Self::Wide) -> Self;

    /// The bits of each lane less those of `o`, as integers (wrapping).
    fn sub_bits(self, o: Self) -> Self;
    /// The larger of the two lanes' bits, as signed integers.
    fn max_bits(self, o: Self) -> Self;
    /// `table[j] + (z << 20)` as integers, for the bits of `z` and `j` their low three.
    fn power(table: &'static Words<8>, z: Self) -> Self;
    /// `table[j]` for `j` the low three bits of `z`.
    fn lookup8(table: &'static Words<8>, z: Self) -> Self;
    /// The bits of each lane plus those of `z` from the fourth on, `<< 20`, as integers (wrapping): `z` counts eighths, and their
    /// whole number is added to the exponent.
    fn raise(self, z: Self) -> Self;
    /// `e`, in [`UNIT`](Self::UNIT)s, and `m` of a positive normal number `2^e m`, `3/4 <= m < 3/2`. Where
    /// [`TAKES_APART`](Simd::TAKES_APART), those of any other number, too: of a zero -inf and ±1, of an infinity inf and ±1, the
    /// sign of `m` being the number's, and of a NaN itself, made quiet.
    fn apart(self) -> (Self, Self);

    /// Whether all lanes are normal numbers of at most this size; anything for a zero or a NaN.
    #[inline(always)]
    fn is_normal_up_to(self, most: f32) -> bool {
        Self::are_normal_up_to(&[self], most)
    }
    /// As [`is_normal_up_to`](Self::is_normal_up_to), of the vectors of a block.
    #[inline(always)]
    fn are_normal_up_to(vectors: &[Self], most: f32) -> bool {
        let (mut all, least) = (true, f32::MIN_POSITIVE.to_bits());
        for x in vectors {
            let size = x.key().and(u32::MAX >> 1);
            all &= !size.minus(least).any_at_least(most.to_bits() - least + 1);
        }
        all
    }
    /// `table[j]` for `j` the low four bits of `z`.
    #[inline(always)]
    fn lookup16(table: &'static Words<16>, z: Self) -> Self {
        z.each(|z| f32::from_bits(table.0[z.to_bits() as usize % 16]))
    }
    /// `table[j]` for `j` the low five bits of `z`.
    #[inline(always)]
    fn lookup32(table: &'static Words<32>, z: Self) -> Self {
        z.each(|z| f32::from_bits(table.0[z.to_bits() as usize % 32]))
    }
    /// `e`, in [`UNIT`](Self::UNIT)s, and `m` of a positive normal number `2^e m`, `least <= m < 2 least`, and its slot in the low
    /// four bits: which sixteenth of these numbers `m` is in, all of them in the order of their bits.
    #[inline(always)]
    fn slot16(self, least: f32) -> (Self, Self, Self) {
        let offset = self.sub_bits(self.splat(least));
        let e = offset.each(|x| f32::from_bits(x.to_bits() & f32::NEG_INFINITY.to_bits()));
        let slot = offset.each(|x| f32::from_bits(x.to_bits() >> 19));
        (e.each(|e| (e.to_bits() as i32 >> 23) as f32 / Self::UNIT), self.sub_bits(e), slot)
    }
    /// `e` and `m` of a positive normal number `2^e m`, `1 <= m < 2`, but `m/2` from 3/2 on, and the slot of `m` in the low five
    /// bits: which 32nd of these numbers it is in.
    #[inline(always)]
    fn slot32(self) -> (Self, Self, Self) {
        let e = self.each(|x| (x.to_bits() >> 23) as f32 - 127.0);
        (e, self.apart().1, self.each(|x| f32::from_bits(x.to_bits() >> 18)))
    }
    /// As [`raise`](Self::raise), with `z` counting sixteenths.
    #[inline(always)]
    fn raise16(self, z: Self) -> Self {
        self.raise(z.each(|z| f32::from_bits(z.to_bits() >> 1)))
    }
    /// `self * 2^n` for `n` the whole number below `k`: exact if lane and result are normal.
    #[inline(always)]
    fn scale(self, k: Self) -> Self {
        self * k.each(|k| f32::from_bits(((libm::floorf(k) as i32 + 127) as u32) << 23))
    }
    /// `f` of each lane, one after the other.
    #[inline(always)]
    fn each(self, f: impl Fn(f32) -> f32) -> Self {
        const { assert!(Self::LEN <= MOST_LANES) };
        let mut lanes = [1.0; MOST_LANES];
        self.store(&mut lanes);
        for x in &mut lanes[..Self::LEN] {
            *x = f(*x);
        }
        Self::load(self.token(), &lanes)
    }
}

/// A vector of `f64`.
pub trait Double: Lanes<Elem = f64> {
    /// The unit in which [`exponent`](Self::exponent) counts, a power of two.
    const UNIT: f64;

    /// The 64 bits of each lane plus those of `o`, as integers (wrapping).
    fn add_bits(self, o: Self) -> Self;
    /// The 64 bits of each lane less those of `o`, as integers (wrapping).
    fn sub_bits(self, o: Self) -> Self;
    /// `self * 2^n` for whole `n`, by adding `n` to the exponent field: exact if lane and result are normal.
    fn add_exponent(self, n: Self) -> Self;

    /// `table[j] + (z << 48)` as integers, for the 64 bits of `z` and `j` their low four.
    fn power(table: &'static Table16, z: Self) -> Self;
    /// As [`power`](Self::power), of the vectors of a block.
    #[inline(always)]
    fn powers<const U: usize>(table: &'static Table16, mut z: [Self; U]) -> [Self; U] {
        for z in &mut z {
            *z = Self::power(table, *z);
        }
        z
    }
    /// [`power`](Self::power) in two parts: with the low four bits of `z` alone, and the other bits `<< 48`, to be added to a
    /// result's bits.
    fn power_parts(table: &'static Table16, z: Self) -> (Self, Self);
    /// `table[j]` for `j` the low four bits of `z`.
    fn lookup16_low(table: &'static Table16, z: Self) -> Self;
    /// `table[j]` for `j` the low three bits of `z`.
    fn lookup8(table: &'static ShortTable<8>, z: Self) -> Self;

    /// `table[j]` for `j` the bits 16 to 19 of the key: the head of the mantissa.
    fn lookup16(table: &'static Table16, key: Self::Key) -> Self;
    /// As [`lookup16`](Self::lookup16), from a table whose low words are zero.
    fn lookup16_short(table: &'static ShortTable<16>, key: Self::Key) -> Self;
    /// The bits 20 to 31 of the key, which has no others, as a signed number of [`UNIT`](Self::UNIT)s: the exponent.
    fn exponent(key: Self::Key) -> Self;
    /// The 64 bits of each lane less `key << 32`, as integers (wrapping).
    fn sub_key(self, key: Self::Key) -> Self;
}

/// The leading 32 bits of each lane, as unsigned integers.
///
/// Of a [`Double`], the low 32 bits may come along; [`and`](Self::and) clears them.
pub trait Key: Copy {
    /// `self - c` (wrapping).
    fn minus(self, c: u32) -> Self;
    /// `self & c`.
    fn and(self, c: u32) -> Self;
    /// `self << 1`: the sign is gone.
    fn twice(self) -> Self;
    /// The larger of two.
    fn max(self, o: Self) -> Self;
    /// Whether some lane is at least `c`.
    fn any_at_least(self, c: u32) -> bool;
}

/// One truth value per lane.
pub trait Mask: Copy {
    /// Whether all lanes hold.
    fn all(self) -> bool;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

macro_rules! element {
    ($t:ident, $fused:path, $vector:ident, $block:ident, $b:ident: $rare_len:ty, $spec:ident, $rare:ident, $try:ident, $any:ident) => {
        impl Element for $t {
            const NAN: Self = $t::NAN;
            const ONE: Self = 1.0;
            const NAME: &'static str = stringify!($t);
            #[inline(never)]
            fn fused(self, a: Self, b: Self) -> Self {
                $fused(self, a, b)
            }
            type Vector<S: Simd> = S::$vector;
            type Block<S: Simd, B: BlockLen> = B::$vector<S>;
            type BlockLen<K: Kernel> = K::$block;
            type RareLen<$b: BlockLen> = $rare_len;

            #[inline(always)]
            fn is_zero_or_infinite(self) -> bool {
                self == 0.0 || self.is_infinite()
            }
            #[inline(always)]
            fn next_up_from_zero(self) -> Self {
                if self.to_bits() == 0 { $t::from_bits(1) } else { self }
            }
            #[inline(always)]
            fn next_down_from_negative_zero(self) -> Self {
                if self.to_bits() == (-0.0 as $t).to_bits() { -$t::from_bits(1) } else { self }
            }
            #[inline(always)]
            fn spec<K: Kernel>() -> Spec<Self> {
                K::$spec
            }
            #[inline(always)]
            fn rare<S: Simd, K: Kernel, B: BlockLen>(kernel: K, x: Self::Block<S, B>) -> bool {
                kernel.$rare(x)
            }
            #[inline(always)]
            fn ordinary<S: Simd, K: Kernel, B: BlockLen>(kernel: K, x: Self::Block<S, B>) -> Option<Self::Block<S, B>> {
                if kernel.$rare(x) { None } else { kernel.$try(x) }
            }
            #[inline(always)]
            fn any_block<S: Simd, K: Kernel, B: BlockLen>(kernel: K, x: Self::Block<S, B>) -> Self::Block<S, B> {
                kernel.$any(x)
            }
            #[inline(always)]
            fn ordinary_vector<S: Simd, K: Kernel>(kernel: K, x: S::$vector) -> Option<S::$vector> {
                if kernel.$rare(x) { None } else { kernel.$try(x) }
            }
            #[inline(always)]
            fn any<S: Simd, K: Kernel>(kernel: K, x: S::$vector) -> S::$vector {
                kernel.$any(x)
            }
        }
    };
}
element!(f32, libm::fmaf, F32, F32Block, B: B, F32, f32_rare, f32_try, f32_any);
element!(f64, libm::fma, F64, F64Block, B: B::MinMedium, F64, f64_rare, f64_try, f64_any);
