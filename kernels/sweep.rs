//! A kernel over a slice.
//!
//! Blocks first, then vector by vector; what is left is the end of a last vector, which computes some elements again, or, of
//! fewer elements than a vector has, one filled up with ones. Every element goes through the same operations, so that its result
//! does not depend on where it stands. In long slices, blocks begin where results fill whole cache lines: a store across two of
//! them costs as much as two.
//!
//! For a slice that no cache holds there is another loop, [`MapLong`]: it asks for arguments ahead of their use, and its results
//! may be [streamed](MapStreaming), which spares the caches, and reading memory before it is written.
use core::marker::PhantomData;

use crate::isa::{Places, Slot};
use crate::lanes::{BlockLen, Element, Kernel, Lanes, Level, MOST_LANES, Simd, Streaming, Task};

/// Bytes of a cache line.
const LINE: usize = 64;
/// Bytes of results from which on it pays to begin at a cache line.
const LONG: usize = 4096;
/// Ordinary elements, one after another, from which on it pays to leave the code for rare ones.
const CALM: usize = 8;

/// `dst[i] = kernel(src[i])`.
///
/// # Panics
/// If the lengths differ.
#[derive(Debug)]
pub struct MapInto<'a, T, D, K> {
    /// The arguments.
    pub src: &'a [T],
    /// The places of the results.
    pub dst: &'a mut [D],
    /// The function.
    pub kernel: K,
}

/// As [`MapInto`], with the results written past the caches where the isa [can](Simd::STREAMS): for slices that are too
/// large for any cache. The bits are the same.
///
/// # Panics
/// If the lengths differ.
#[derive(Debug)]
pub struct MapStreaming<'a, T, D, K> {
    /// The arguments.
    pub src: &'a [T],
    /// The places of the results.
    pub dst: &'a mut [D],
    /// The function.
    pub kernel: K,
    /// The address of the arguments that will be wanted after these, if it is known: their beginning is asked for in time.
    pub next: Option<usize>,
}

/// `data[i] = kernel(data[i])`.
#[derive(Debug)]
pub struct MapInPlace<'a, T, K> {
    /// The arguments, and then the results.
    pub data: &'a mut [T],
    /// The function.
    pub kernel: K,
}

/// A kernel over places: what [`MapInto`] and [`MapInPlace`] are, compiled once for both.
#[derive(Debug)]
pub struct Map<'a, T, K> {
    /// The arguments and the places of the results.
    pub places: Places<'a, T>,
    /// The function.
    pub kernel: K,
}

/// As [`Map`], with the arguments asked for ahead of their use where the isa [streams](Simd::STREAMS): for slices that are too
/// large for any cache. The bits are the same.
#[derive(Debug)]
pub struct MapLong<'a, T, K> {
    /// The arguments and the places of the results.
    pub places: Places<'a, T>,
    /// The function.
    pub kernel: K,
    /// The address of the arguments that will be wanted after these, if it is known: their beginning is asked for in time.
    pub next: Option<usize>,
    /// Whether results go past the caches: not in place, where they are in one.
    pub streaming: bool,
}

impl<T: Element, K: Kernel> Task for Map<'_, T, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        map(token, self.kernel, self.places, None, Near);
    }
}

impl<T: Element, D: Slot<T>, K: Kernel> Task for MapInto<'_, T, D, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        Map { places: Places::two(self.src, self.dst), kernel: self.kernel }.run(token);
    }
}

impl<T: Element, D: Slot<T>, K: Kernel> Task for MapStreaming<'_, T, D, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let places = Places::two(self.src, self.dst);
        MapLong { places, kernel: self.kernel, next: self.next, streaming: true }.run(token);
    }
}

impl<T: Element, K: Kernel> Task for MapLong<'_, T, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let Self { places, kernel, next, streaming } = self;
        match S::STREAMS {
            true => {
                let level = Level::here(streaming && next.is_some());
                map(token, kernel, places, next, Far { streaming, level });
            }
            false => token.enter(Map { places, kernel }),
        }
    }
}

impl<T: Element, K: Kernel> Task for MapInPlace<'_, T, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        Map { places: Places::one(self.data), kernel: self.kernel }.run(token);
    }
}

/// Where blocks are, and how they come and go.
trait Distance: Copy {
    /// How many vectors make a block of a kernel that is suited by so many.
    type BlockLen<B: BlockLen>: BlockLen;
    /// How many bytes of the source are asked for ahead of their use.
    fn ahead(self) -> usize;
    /// Before the block of `src` at this place is computed; what lies `ahead`, in bytes, is to be asked for.
    fn before<S: Simd, T>(self, token: S, src: &[T], ahead: usize);
    /// Whether results go past the caches.
    fn is_streaming(self) -> bool;
    /// After all blocks.
    fn after<S: Simd>(self, token: S);
}

/// In a cache.
#[derive(Clone, Copy)]
struct Near;

impl Distance for Near {
    type BlockLen<B: BlockLen> = B;
    #[inline(always)]
    fn ahead(self) -> usize {
        0
    }
    #[inline(always)]
    fn before<S: Simd, T>(self, _: S, _: &[T], _: usize) {}
    #[inline(always)]
    fn is_streaming(self) -> bool {
        false
    }
    #[inline(always)]
    fn after<S: Simd>(self, _: S) {}
}

/// In memory.
#[derive(Clone, Copy)]
struct Far {
    /// Whether results go past the caches. One loop for both: what it waits for is the memory.
    streaming: bool,
    /// Where arguments go.
    level: Level,
}

impl Distance for Far {
    type BlockLen<B: BlockLen> = B::Far;
    #[inline(always)]
    fn ahead(self) -> usize {
        self.level.ahead()
    }
    #[inline(always)]
    fn before<S: Simd, T>(self, token: S, src: &[T], ahead: usize) {
        for line in (0..size_of_val(src)).step_by(LINE) {
            token.prefetch(src, ahead.wrapping_add(line), self.level);
        }
    }
    #[inline(always)]
    fn is_streaming(self) -> bool {
        self.streaming
    }
    #[inline(always)]
    fn after<S: Simd>(self, token: S) {
        if self.streaming {
            token.drain();
        }
    }
}

/// How many vectors make a block.
type Len<T, K, D> = <D as Distance>::BlockLen<<T as Element>::BlockLen<K>>;
/// How many vectors make one of the blocks behind the others.
type Fewer<T, K, D> = <Len<T, K, D> as BlockLen>::MinMedium;

/// Writes a block.
#[inline(always)]
fn store<V: Lanes>(block: V, places: &mut Places<'_, V::Elem>, streaming: bool) {
    match streaming {
        true => places.stream(block, Streaming(())),
        false => places.store(block),
    }
}

#[inline(always)]
fn map<S: Simd, T: Element, K: Kernel, D: Distance>(
    token: S,
    kernel: K,
    mut places: Places<'_, T>,
    next: Option<usize>,
    distance: D,
) {
    // Nothing is read, not even under a mask: there may be no memory.
    if places.is_empty() {
        return;
    }
    let x = last(token, &places);
    if places.len() < T::Block::<S, Fewer<T, K, D>>::LEN {
        if !vectors(token, kernel, places.lend()) {
            finish(token, kernel, places, x, T::ordinary_vector::<S, K>(kernel, x));
        }
        return;
    }
    // The last vector before the others, so that the CPU overlaps it with them: by itself, it would be as slow as it is long.
    let y = match places.len().is_multiple_of(T::Vector::<S>::LEN) {
        true => None,
        false => T::ordinary_vector::<S, K>(kernel, x),
    };
    let mut rest = blocks(token, kernel, places.lend(), next, distance);
    if const { T::Block::<S, Fewer<T, K, D>>::LEN < T::Block::<S, Len<T, K, D>>::LEN } {
        let done = ordinary::<S, T, K, D, Fewer<T, K, D>>(token, kernel, rest.lend(), 0, distance);
        rest = rest.split_at(done).1;
    }
    if !vectors(token, kernel, rest) {
        finish(token, kernel, places, x, y);
    }
    distance.after(token);
}

/// Block by block. Returns the places of the last elements, fewer than a block.
#[inline(always)]
fn blocks<'a, S: Simd, T: Element, K: Kernel, D: Distance>(
    token: S,
    kernel: K,
    places: Places<'a, T>,
    next: Option<usize>,
    distance: D,
) -> Places<'a, T> {
    let block = T::Block::<S, Len<T, K, D>>::LEN;
    let head = until_line(&places, block);
    let (first, mut rest) = places.split_at(head);
    if head > 0 {
        token.enter_cold(Part { places: first, kernel });
    }
    // One loop for what comes before the end and for the end, where the next arguments are asked for: with a second copy of its
    // code here, the compiler kept whole blocks in memory.
    let (mut ahead, mut end) = (distance.ahead(), None);
    if let Some(next) = next
        && ahead > 0
    {
        let near = rest.len().saturating_sub(ahead / size_of::<T>()) / block * block;
        let (most, last) = rest.split_at(near);
        (rest, end) = (most, Some((next.wrapping_sub(last.src().as_ptr().addr()), last)));
    }
    let mut run = 1;
    loop {
        let done = ordinary::<S, T, K, D, Len<T, K, D>>(token, kernel, rest.lend(), ahead, distance);
        run = if done > 0 { 1 } else { 2 * run };
        rest = rest.split_at(done).1;
        if rest.len() < block {
            match end.take() {
                Some(last) => (ahead, rest) = last,
                None => return rest,
            }
            continue;
        }
        let len = PhantomData::<Len<T, K, D>>;
        let any = AnyBlocks { places: rest.lend(), kernel, run, streaming: distance.is_streaming(), len };
        let done = token.enter_cold(any);
        rest = rest.split_at(done).1;
    }
}

/// The blocks before the first with a rare element. Returns the number of elements that are done.
#[inline(always)]
fn ordinary<S: Simd, T: Element, K: Kernel, D: Distance, B: BlockLen>(
    token: S,
    kernel: K,
    places: Places<'_, T>,
    ahead: usize,
    distance: D,
) -> usize {
    let block = T::Block::<S, B>::LEN;
    let whole = places.len() / block * block;
    for (k, mut places) in places.pieces(block).enumerate() {
        distance.before(token, places.src(), ahead);
        match T::ordinary::<S, K, B>(kernel, places.load(token)) {
            Some(y) => store(y, &mut places, distance.is_streaming()),
            None => return k * block,
        }
    }
    whole
}

/// The number of elements before the first cache line that begins in a long slice; none of a short one.
#[inline(always)]
fn until_line<T: Element>(places: &Places<'_, T>, block: usize) -> usize {
    if places.len() * size_of::<T>() < LONG { 0 } else { places.dst().align_offset(LINE).min(block) }
}

/// Vector by vector. Returns whether that was all.
#[inline(always)]
fn vectors<S: Simd, T: Element, K: Kernel>(token: S, kernel: K, places: Places<'_, T>) -> bool {
    let mut vectors = places.pieces(T::Vector::<S>::LEN);
    for places in &mut vectors {
        let x = places.load(token);
        vector(token, kernel, places, x);
    }
    vectors.rest().is_empty()
}

/// The arguments of the last vector, taken before there are results: in place, some may come to stand where these are.
#[inline(always)]
fn last<S: Simd, T: Element>(token: S, places: &Places<'_, T>) -> T::Vector<S> {
    let src = places.src();
    match src.len().checked_sub(T::Vector::<S>::LEN) {
        Some(before) => T::Vector::<S>::load(token, &src[before..]),
        None => T::Vector::<S>::load_part(token, src),
    }
}

/// The last vector, which begins with elements that were done before, if there are as many; their results are the same bits.
#[inline(always)]
fn finish<S: Simd, T: Element, K: Kernel>(
    token: S,
    kernel: K,
    places: Places<'_, T>,
    x: T::Vector<S>,
    y: Option<T::Vector<S>>,
) {
    let before = places.len().saturating_sub(T::Vector::<S>::LEN);
    write(token, kernel, places.split_at(before).1, x, y);
}

/// A vector, or part of one.
#[inline(always)]
fn vector<S: Simd, T: Element, K: Kernel>(token: S, kernel: K, places: Places<'_, T>, x: T::Vector<S>) {
    write(token, kernel, places, x, T::ordinary_vector::<S, K>(kernel, x));
}

/// The results of a vector, or part of one, if they are known.
#[inline(always)]
fn write<S: Simd, T: Element, K: Kernel>(
    token: S,
    kernel: K,
    mut places: Places<'_, T>,
    x: T::Vector<S>,
    y: Option<T::Vector<S>>,
) {
    match y {
        Some(y) => places.store_part(y),
        None => {
            let mut lanes = [T::ONE; MOST_LANES];
            x.store(&mut lanes);
            token.enter_cold(AnyVector { lanes, places, kernel });
        }
    }
}

/// Less than a block, out of the way.
struct Part<'a, T, K> {
    places: Places<'a, T>,
    kernel: K,
}

impl<T: Element, K: Kernel> Task for Part<'_, T, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let Self { mut places, kernel } = self;
        let x = last(token, &places);
        if !vectors(token, kernel, places.lend()) {
            finish(token, kernel, places, x, T::ordinary_vector::<S, K>(kernel, x));
        }
    }
}

/// Blocks from one on that holds a rare element or gave an uncertain result, until [`CALM`] elements are ordinary: rare elements
/// come together, and to enter code of another kind costs time. Returns the number of elements that are done.
struct AnyBlocks<'a, T, K, B> {
    places: Places<'a, T>,
    kernel: K,
    /// How many blocks to compute without looking. Of one and the same uncertain value, each block would be tried in vain: with
    /// twice as many after each try that failed at once, no more blocks are computed so for nothing than were tried for nothing.
    run: usize,
    /// Whether results go past the caches: one that went into them would make those behind it wait for its line.
    streaming: bool,
    len: PhantomData<B>,
}

impl<T: Element, K: Kernel, B: BlockLen> Task for AnyBlocks<'_, T, K, B> {
    type Out = usize;

    #[inline(always)]
    fn run<S: Simd>(self, token: S) -> usize {
        let block = T::Block::<S, B>::LEN;
        let whole = self.places.len() / block * block;
        let (mut calm, mut look) = (0, self.run);
        for (k, places) in self.places.pieces(block).enumerate() {
            if k >= look {
                // The longer there were rare ones, the longer until the next look.
                if T::rare::<S, K, B>(self.kernel, places.load(token)) {
                    (calm, look) = (0, k + 2 + k / 4);
                } else {
                    calm += block;
                    if calm >= CALM {
                        return k * block;
                    }
                }
            }
            for mut places in places.pieces(T::Block::<S, T::RareLen<B>>::LEN) {
                let x = places.load(token);
                store(T::any_block::<S, K, T::RareLen<B>>(self.kernel, x), &mut places, self.streaming);
            }
        }
        whole
    }
}

/// A vector with a rare element, or part of one.
struct AnyVector<'a, T, K> {
    lanes: [T; MOST_LANES],
    places: Places<'a, T>,
    kernel: K,
}

impl<T: Element, K: Kernel> Task for AnyVector<'_, T, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, token: S) {
        let Self { lanes, mut places, kernel } = self;
        let x = T::Vector::<S>::load(token, &lanes);
        places.store_part(T::any::<S, K>(kernel, x));
    }
}
