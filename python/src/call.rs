//! One call of a loop by NumPy: elements that lie anywhere, in tiles and on threads.
//!
//! Elements side by side are evaluated where they are; others are gathered into a tile, evaluated there, and scattered, so
//! that nothing between or beyond them is read or written. What NumPy promises: elements are aligned, and source and
//! destination either share no element, or are the same elements in the same order.
use std::mem::MaybeUninit;
use std::slice;

use lanestack::{Stores, Target};

use crate::flags::Flags;
use crate::loops::{Ahead, Evaluator, Loop};
use crate::pool;
use crate::rows::Row;

/// Elements of a tile for those that are gathered or scattered.
const GATHERED: usize = 1024;
/// Elements up to which no thought is given to threads.
const SHORT: usize = 256;
/// Bytes of a page of memory, on most systems.
const PAGE: usize = 4096;

/// Where elements lie: the first, and the bytes from one to the next.
pub struct Elements<T> {
    start: *mut T,
    stride: isize,
}

impl<T> Clone for Elements<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Elements<T> {}

// SAFETY: what is done with the elements is for `Call` to answer for.
unsafe impl<T: Send> Send for Elements<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Elements<T> {}

impl<T: Copy> Elements<T> {
    pub fn new(start: *mut T, stride: isize) -> Self {
        Self { start, stride }
    }

    /// Where the element is.
    #[inline(always)]
    fn at(self, k: usize) -> *mut T {
        self.start.wrapping_byte_offset(self.stride * k as isize)
    }

    fn from(self, k: usize) -> Self {
        Self { start: self.at(k), ..self }
    }

    fn are_side_by_side(self, len: usize) -> bool {
        self.stride == size_of::<T>() as isize || len == 1
    }

    /// # Safety
    /// They lie side by side, have values, and nobody writes them while the slice is used.
    unsafe fn slice<'b>(self, len: usize) -> &'b [T] {
        // SAFETY: as above.
        unsafe { slice::from_raw_parts(self.start, len) }
    }

    /// # Safety
    /// They lie side by side, can be written, and nobody else uses them while the slice is used.
    unsafe fn slots<'b>(self, len: usize) -> &'b mut [MaybeUninit<T>] {
        // SAFETY: as above.
        unsafe { slice::from_raw_parts_mut(self.start.cast(), len) }
    }

    /// The least address and the one after the greatest.
    fn range(self, len: usize) -> [usize; 2] {
        let ends = [self.start.addr(), self.at(len - 1).addr()];
        [ends[0].min(ends[1]), ends[0].max(ends[1]) + size_of::<T>()]
    }
}

/// The elements of a call.
pub struct Call<'a, L: Loop> {
    work: &'a L,
    src: Elements<L::Src>,
    dst: Elements<L::Dst>,
    len: usize,
}

impl<'a, L: Loop> Call<'a, L> {
    /// # Safety
    /// The elements of `src` can be read and those of `dst` be written, by this call alone while it lasts; they share none, or
    /// are the same in the same order.
    pub unsafe fn new(work: &'a L, src: Elements<L::Src>, dst: Elements<L::Dst>, len: usize) -> Self {
        Self { work, src, dst, len }
    }

    /// Does it all, and raises what is to be raised.
    #[inline]
    pub fn run(&self, evaluator: &Evaluator) {
        if self.len <= SHORT {
            return self.alone(|| self.part(0, self.len, None));
        }
        // A plan for one thread asks how many there are if there is work enough for several.
        let target = if self.src.start.addr() == self.dst.start.addr() { Target::InPlace } else { Target::Into };
        let way = self.work.plan(evaluator.planner(), self.len, target).way;
        let pool = way.workers.and_then(|_| pool::of(pool::number()));
        let way = pool.as_ref().map_or(way, |pool| self.work.plan(pool.engine(), self.len, target).way);
        let ahead = match way.stores {
            _ if way.prefetching => Some(Ahead { next: None }),
            Stores::Auto if target == Target::Into => self.of_many(evaluator),
            _ => None,
        };
        let head = self.until_page();
        match pool {
            Some(pool) if way.threads > 1 => {
                let pieces = 1 + (self.len - head).div_ceil(way.chunk);
                let flags = pool.spread(way.threads, pieces, |piece| {
                    let to = (head + piece * way.chunk).min(self.len);
                    let from = if piece == 0 { 0 } else { head + (piece - 1) * way.chunk };
                    match L::BY_HARDWARE {
                        true => Flags::of(|| self.part(from, to, ahead)),
                        false => self.part(from, to, ahead),
                    }
                });
                flags.raise();
            }
            _ => self.alone(|| self.part(0, self.len, ahead)),
        }
    }

    /// How, if this is one row of what no cache holds: its results go past the caches, as those of a whole do.
    fn of_many(&self, evaluator: &Evaluator) -> Option<Ahead> {
        let bytes = self.len * (size_of::<L::Src>() + size_of::<L::Dst>());
        let row = Row::of([self.src.start.addr(), self.dst.start.addr()], bytes);
        (row.bytes > evaluator.last_level()).then_some(Ahead { next: Some(row.next) })
    }

    /// Does the work on the calling thread.
    #[inline(always)]
    fn alone(&self, work: impl FnOnce() -> Flags) {
        if L::BY_HARDWARE {
            work();
        } else {
            Flags::around(work);
        }
    }

    /// The number of elements before the first page of the destination that begins with one.
    fn until_page(&self) -> usize {
        match self.dst.are_side_by_side(self.len) {
            true => self.dst.start.align_offset(PAGE).min(self.len),
            false => 0,
        }
    }

    /// Does a part of the work on this thread; returns what that raises, unless the hardware raises it.
    #[inline]
    fn part(&self, from: usize, to: usize, ahead: Option<Ahead>) -> Flags {
        let (src, dst, len) = (self.src.from(from), self.dst.from(from), to - from);
        if len == 0 {
            return Flags::NONE;
        }
        let ([start, end], [dst_start, dst_end]) = (src.range(len), dst.range(len));
        let are_apart = end <= dst_start || dst_end <= start;
        if src.are_side_by_side(len) && dst.are_side_by_side(len) {
            if are_apart {
                // SAFETY: `new` says that they can be read and written, and they share no byte.
                return unsafe { self.work.run_into(src.slice(len), dst.slots(len), ahead) };
            }
            if start == dst_start {
                // SAFETY: the elements of the destination are those of the source, and so have values.
                let data = || unsafe { dst.slots(len).assume_init_mut() };
                if let Some(flags) = self.work.run_in_place(data, ahead) {
                    return flags;
                }
            }
        }
        (0..len).step_by(GATHERED).fold(Flags::NONE, |flags, k| {
            flags | self.gathered(src.from(k), dst.from(k), GATHERED.min(len - k), are_apart)
        })
    }

    /// Does one tile of elements that are not side by side, or that are to be read before any is written.
    fn gathered(&self, src: Elements<L::Src>, dst: Elements<L::Dst>, len: usize, are_apart: bool) -> Flags {
        let (mut arguments, mut results) = ([MaybeUninit::uninit(); GATHERED], [MaybeUninit::uninit(); GATHERED]);
        let arguments = match src.are_side_by_side(len) && are_apart {
            // SAFETY: `new` says that they can be read, and nobody writes them.
            true => unsafe { src.slice(len) },
            false => {
                for (k, slot) in arguments[..len].iter_mut().enumerate() {
                    // SAFETY: `new` says that it can be read.
                    slot.write(unsafe { src.at(k).read() });
                }
                // SAFETY: just written.
                unsafe { arguments[..len].assume_init_ref() }
            }
        };
        if dst.are_side_by_side(len) {
            // SAFETY: `new` says that they can be written, and the arguments are elsewhere.
            return unsafe { self.work.run_into(arguments, dst.slots(len), None) };
        }
        let flags = self.work.run_into(arguments, &mut results[..len], None);
        for (k, result) in results[..len].iter().enumerate() {
            // SAFETY: `run_into` has written the result, and `new` says that this can be written.
            unsafe { dst.at(k).write(result.assume_init()) };
        }
        flags
    }
}
