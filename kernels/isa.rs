//! One table per instruction set.
//!
//! Each file defines a token, its vectors and, one operation per line and in the same order everywhere, what they do:
//! to read one against another (`diff avx2.rs avx512.rs`) is the guide to adding the next. All hand-written `unsafe` of
//! this crate is in these files.
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::slice;

use crate::lanes::{Lanes, Streaming};

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;
#[cfg(target_arch = "aarch64")]
pub mod neon;
pub mod portable;
pub mod scalar;

/// A place that a result can be written to: a `T`, or memory for one that is not initialized yet.
///
/// # Safety
/// The type has the size, alignment and layout of `T`, and any `T` may be written to it.
pub unsafe trait Slot<T>: Send {
    /// Writes `x`.
    fn put(&mut self, x: T);
}

// SAFETY: the type itself.
unsafe impl Slot<f32> for f32 {
    #[inline(always)]
    fn put(&mut self, x: f32) {
        *self = x;
    }
}

// SAFETY: the type itself.
unsafe impl Slot<f64> for f64 {
    #[inline(always)]
    fn put(&mut self, x: f64) {
        *self = x;
    }
}

// SAFETY: `MaybeUninit<T>` is documented to have the layout of `T`, and any `T` is a value of it.
unsafe impl<T: Send> Slot<T> for MaybeUninit<T> {
    #[inline(always)]
    fn put(&mut self, x: T) {
        self.write(x);
    }
}

/// Where arguments are and results go: two slices of one length, or one for both. One type, so that a loop is compiled once.
#[derive(Debug)]
pub struct Places<'a, T> {
    src: *const T,
    dst: *mut MaybeUninit<T>,
    len: usize,
    slices: PhantomData<&'a mut [T]>,
}

impl<'a, T: Copy> Places<'a, T> {
    /// The arguments in `src`, and the results to `dst`.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline(always)]
    pub fn two<D: Slot<T>>(src: &'a [T], dst: &'a mut [D]) -> Self {
        assert_eq!(src.len(), dst.len(), "the source and the destination differ in length");
        Self { src: src.as_ptr(), dst: dst.as_mut_ptr().cast(), len: src.len(), slices: PhantomData }
    }
    /// Each result in place of its argument.
    #[inline(always)]
    pub fn one(data: &'a mut [T]) -> Self {
        let dst = data.as_mut_ptr();
        Self { src: dst, dst: dst.cast(), len: data.len(), slices: PhantomData }
    }
    /// The number of elements.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }
    /// Whether there are none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// The arguments.
    #[inline(always)]
    pub fn src(&self) -> &[T] {
        // SAFETY: `len` elements, and while this borrow of `self` lasts, nothing is written.
        unsafe { slice::from_raw_parts(self.src, self.len) }
    }
    /// The address of the first result.
    #[inline(always)]
    pub fn dst(&self) -> *const T {
        self.dst.cast()
    }
    /// The first elements, as [`Lanes::load`] does.
    #[inline(always)]
    pub fn load<V: Lanes<Elem = T>>(&self, token: V::Token) -> V {
        V::load(token, self.src())
    }
    /// The first results, as [`Lanes::store`] does.
    #[inline(always)]
    pub fn store<V: Lanes<Elem = T>>(&mut self, y: V)
    where
        T: Send,
    {
        y.store(self.slots());
    }
    /// The first results, as [`Lanes::store_part`] does.
    #[inline(always)]
    pub fn store_part<V: Lanes<Elem = T>>(&mut self, y: V)
    where
        T: Send,
    {
        y.store_part(self.slots());
    }
    /// The first results, as [`Lanes::stream`] does.
    #[inline(always)]
    pub fn stream<V: Lanes<Elem = T>>(&mut self, y: V, leave: Streaming)
    where
        T: Send,
    {
        y.stream(self.slots(), leave);
    }
    /// The first `n`, and the others.
    ///
    /// # Panics
    /// If there are fewer.
    #[inline(always)]
    pub fn split_at(self, n: usize) -> (Self, Self) {
        assert!(n <= self.len);
        // SAFETY: within the slices, or at their ends.
        let (src, dst) = unsafe { (self.src.add(n), self.dst.add(n)) };
        (Self { len: n, ..self }, Self { src, dst, len: self.len - n, ..self })
    }
    /// The same for a while.
    #[inline(always)]
    pub fn lend(&mut self) -> Places<'_, T> {
        Places { ..*self }
    }
    /// The places of `n` elements each, from the first on, as many as there are.
    ///
    /// # Panics
    /// If `n` is zero.
    #[inline(always)]
    pub fn pieces(self, n: usize) -> Pieces<'a, T> {
        assert!(n > 0);
        Pieces { rest: self, n }
    }

    /// To be written by vectors alone, which make no initialized place one that is not.
    #[inline(always)]
    fn slots(&mut self) -> &mut [MaybeUninit<T>] {
        // SAFETY: `len` places, and while this borrow of `self` lasts, nothing else is read or written.
        unsafe { slice::from_raw_parts_mut(self.dst, self.len) }
    }
}

/// What [`Places::pieces`] gives.
#[derive(Debug)]
pub struct Pieces<'a, T> {
    rest: Places<'a, T>,
    n: usize,
}

impl<'a, T: Copy> Iterator for Pieces<'a, T> {
    type Item = Places<'a, T>;
    #[inline(always)]
    fn next(&mut self) -> Option<Places<'a, T>> {
        if self.rest.len < self.n {
            return None;
        }
        let (piece, rest) = Places { ..self.rest }.split_at(self.n);
        self.rest = rest;
        Some(piece)
    }
}

impl<'a, T: Copy> Pieces<'a, T> {
    /// What no whole piece is left of.
    #[inline(always)]
    pub fn rest(self) -> Places<'a, T> {
        self.rest
    }
}

/// `Type: Trait method intrinsic;`: an operator that is one intrinsic.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! operators {
    ($($v:ident: $tr:ident $f:ident $i:ident;)*) => { $(impl core::ops::$tr for $v {
        type Output = Self;
        #[inline(always)]
        fn $f(self, o: Self) -> Self { Self(op!($i(self.0, o.0))) }
    })* };
}
/// As `operators`, for a vector of two registers.
#[cfg(target_arch = "x86_64")]
macro_rules! pair_operators {
    ($($v:ident: $tr:ident $f:ident $i:ident;)*) => { $(impl core::ops::$tr for $v {
        type Output = Self;
        #[inline(always)]
        fn $f(self, o: Self) -> Self { Self(op!($i(self.0, o.0)), op!($i(self.1, o.1))) }
    })* };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use operators;
#[cfg(target_arch = "x86_64")]
use pair_operators;

/// Has the stack frame that this becomes part of begin at a cache line: vectors that find no register are kept there, and one
/// that lay across two pages took a loop twice its time, in one of twenty processes; `log` of `f64` gains a hundredth in all.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn align_frame() {
    #[repr(align(64))]
    struct Line(MaybeUninit<u8>);
    let line = Line(MaybeUninit::uninit());
    // SAFETY: no instruction.
    unsafe { core::arch::asm!("/* {0} */", in(reg) line.0.as_ptr(), options(readonly, nostack, preserves_flags)) };
}
#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn align_frame() {}

/// The two crossings of a token into code compiled for its features.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! crossings {
    ($token:ty, $features:literal) => {
        #[inline]
        fn enter<T: Task>(self, task: T) -> T::Out {
            #[target_feature(enable = $features)]
            fn inside<T: Task>(token: $token, task: T) -> T::Out {
                $crate::isa::align_frame();
                task.run(token)
            }
            // SAFETY: the token exists, so its `detect` saw these features.
            unsafe { inside(self, task) }
        }
        #[inline]
        fn enter_cold<T: Task>(self, task: T) -> T::Out {
            #[cold]
            #[inline(never)]
            #[target_feature(enable = $features)]
            fn inside<T: Task>(token: $token, task: T) -> T::Out {
                $crate::isa::align_frame();
                task.run(token)
            }
            // SAFETY: the token exists, so its `detect` saw these features.
            unsafe { inside(self, task) }
        }
    };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crossings;

/// Whether the CPU has the feature: asked at run time with the standard library (and an operating system that it knows,
/// see the cfg `lanestack_no_os`), else what the compiler was told.
#[cfg(target_arch = "x86_64")]
macro_rules! has {
    ($($feature:tt),+) => {{
        #[cfg(all(feature = "std", not(lanestack_no_os)))]
        { true $(&& std::arch::is_x86_feature_detected!($feature))+ }
        #[cfg(not(all(feature = "std", not(lanestack_no_os))))]
        { true $(&& cfg!(target_feature = $feature))+ }
    }};
}
#[cfg(target_arch = "aarch64")]
macro_rules! has {
    ($($feature:tt),+) => {{
        #[cfg(all(feature = "std", not(lanestack_no_os)))]
        { true $(&& std::arch::is_aarch64_feature_detected!($feature))+ }
        #[cfg(not(all(feature = "std", not(lanestack_no_os))))]
        { true $(&& cfg!(target_feature = $feature))+ }
    }};
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use has;

/// Whether Intel made this CPU, asked once: a guest's host is asked in its place, which takes microseconds.
#[cfg(target_arch = "x86_64")]
pub(crate) fn is_intel() -> bool {
    use core::sync::atomic::{AtomicU8, Ordering::Relaxed};
    static KNOWN: AtomicU8 = AtomicU8::new(0);
    match KNOWN.load(Relaxed) {
        0 => {
            let vendor = core::arch::x86_64::__cpuid(0);
            let intel = [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes) == [*b"Genu", *b"ineI", *b"ntel"];
            KNOWN.store(1 + u8::from(intel), Relaxed);
            intel
        }
        known => known == 2,
    }
}
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn is_intel() -> bool {
    false
}

/// `1.5 * 2^52`: added to a whole number, it leaves that number in the low bits.
const TO_INTEGER: f64 = 6755399441055744.0;
