//! Memory: written before it is read, in huge pages, and how much of it a cache holds. The library's only unsafe code.
use std::alloc::{self, Layout};
use std::fmt;
use std::mem::{self, MaybeUninit};
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};
use std::sync::LazyLock;

use crate::{Element, Engine};

/// Bytes of a huge page, on most systems.
pub(crate) const HUGE_PAGE: usize = 2 << 20;
/// Bytes of a cache line.
const LINE: usize = 64;
/// Bytes from which on it pays to ask for huge pages.
const LARGE: usize = 4 << 20;
/// Bytes that the last-level cache is taken to have where nothing tells.
const LAST_LEVEL: usize = 32 << 20;

/// A vector of `len` elements, written by `fill`, which must write every one.
pub(crate) fn vec_filled<T>(len: usize, fill: impl FnOnce(&mut [MaybeUninit<T>])) -> Vec<T> {
    let mut out = Vec::with_capacity(len);
    let slots = &mut out.spare_capacity_mut()[..len];
    if wants_huge_pages(size_of_val(slots)) {
        advise_huge_pages(slots);
    }
    fill(slots);
    // SAFETY: the callers of this private function are the engine's runs, whose sweeps write all of the slice.
    unsafe { out.set_len(len) };
    out
}

/// Memory of `len` elements, to be written.
#[cfg(feature = "arrow")]
pub(crate) fn unwritten_box<T>(len: usize) -> Box<[MaybeUninit<T>]> {
    let mut slots = Box::new_uninit_slice(len);
    if wants_huge_pages(size_of_val(&*slots)) {
        advise_huge_pages(&mut slots);
    }
    slots
}

/// The memory as initialized, once every element has been written.
#[cfg(feature = "arrow")]
pub(crate) fn written_box<T>(slots: Box<[MaybeUninit<T>]>) -> Box<[T]> {
    // SAFETY: as above: sweeps have written all of it.
    unsafe { slots.assume_init() }
}

/// The slice as initialized, once every element has been written.
pub(crate) fn written<T>(slots: &mut [MaybeUninit<T>]) -> &mut [T] {
    // SAFETY: as above: a sweep has written all of the slice.
    unsafe { slots.assume_init_mut() }
}

/// The slice as memory to be written.
///
/// It must be written with elements only; the callers are the engine's runs, whose sweeps do just that.
pub(crate) fn unwritten<T>(slots: &mut [T]) -> &mut [MaybeUninit<T>] {
    // SAFETY: the layout is the same, and no caller writes what is not initialized.
    unsafe { &mut *(ptr::from_mut(slots) as *mut [MaybeUninit<T>]) }
}

/// Elements in memory that suits long sweeps: it begins at a multiple of 64 bytes, and where it has 4 MiB or more, huge pages
/// are asked for and it is first written by all threads.
///
/// It is a slice of a length that stays; new ones cost what allocation costs, so keep them.
///
/// ```
/// use lanestack::{Buffer, Engine, Op};
///
/// let x = Buffer::from(&[1.0, 4.0, 9.0][..]);
/// let mut y = Buffer::zeroed(3);
/// lanestack::sqrt_into(&x, &mut y);
/// assert_eq!(y[..], [1.0, 2.0, 3.0]);
///
/// let z = Engine::global().run_buffer(Op::Square, &y);
/// assert_eq!(z[..], x[..]);
/// ```
pub struct Buffer<T: Element> {
    start: NonNull<T>,
    len: usize,
}

impl<T: Element> Buffer<T> {
    /// `len` zeros, written by the threads of the engine of the free functions.
    ///
    /// # Panics
    /// If there can be no so large memory, and as [`exp`](crate::exp).
    pub fn zeroed(len: usize) -> Self {
        Self::filled(len, |slots| Engine::global().write_zeros(slots))
    }

    /// `len` elements, written by `fill`, which must write every one.
    pub(crate) fn filled(len: usize, fill: impl FnOnce(&mut [MaybeUninit<T>])) -> Self {
        let layout = Self::layout(len);
        let start = match layout.size() {
            0 => NonNull::new(ptr::without_provenance_mut(layout.align())).expect("no null"),
            // SAFETY: the size is not zero.
            _ => NonNull::new(unsafe { alloc::alloc(layout) }.cast())
                .unwrap_or_else(|| alloc::handle_alloc_error(layout)),
        };
        let buffer = Self { start, len };
        // SAFETY: there are so many places, which nobody else knows of; they need not be initialized.
        let slots = unsafe { std::slice::from_raw_parts_mut(start.as_ptr().cast(), len) };
        if wants_huge_pages(layout.size()) {
            advise_huge_pages(slots);
        }
        fill(slots);
        buffer
    }

    fn layout(len: usize) -> Layout {
        let align = if wants_huge_pages(len.saturating_mul(size_of::<T>())) { HUGE_PAGE } else { LINE };
        let layout = Layout::array::<T>(len).and_then(|layout| layout.align_to(align));
        layout.unwrap_or_else(|_| panic!("lanestack: no memory has {len} elements of type {}", T::NAME))
    }
}

impl<T: Element> Drop for Buffer<T> {
    fn drop(&mut self) {
        const { assert!(!mem::needs_drop::<T>()) };
        let layout = Self::layout(self.len);
        if layout.size() > 0 {
            // SAFETY: `filled` allocated it with this layout, and it ends here.
            unsafe { alloc::dealloc(self.start.as_ptr().cast(), layout) };
        }
    }
}

// SAFETY: it owns its elements, which are plain numbers.
unsafe impl<T: Element> Send for Buffer<T> {}
// SAFETY: as above.
unsafe impl<T: Element> Sync for Buffer<T> {}

impl<T: Element> Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: it has so many elements, all of which `filled` has let be written.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<T: Element> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and nobody else has them.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

/// A copy, made by the threads of the engine of the free functions.
impl<T: Element> From<&[T]> for Buffer<T> {
    fn from(src: &[T]) -> Self {
        Self::filled(src.len(), |slots| Engine::global().copy(src, slots))
    }
}

impl<T: Element> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl<T: Element> fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&**self).finish()
    }
}

/// Whether huge pages are asked for, for new memory of so many bytes.
pub(crate) fn wants_huge_pages(bytes: usize) -> bool {
    cfg!(all(target_os = "linux", not(lanestack_no_os))) && bytes >= LARGE
}

/// Asks for huge pages where whole small ones lie inside of the memory; the answer does not matter.
#[cfg(all(target_os = "linux", not(lanestack_no_os)))]
fn advise_huge_pages<T>(slots: &mut [MaybeUninit<T>]) {
    use std::ffi::{c_int, c_void};

    const MADV_HUGEPAGE: c_int = 14;
    /// At least a small page of any system.
    const PAGE: usize = 64 << 10;
    unsafe extern "C" {
        fn madvise(start: *mut c_void, bytes: usize, advice: c_int) -> c_int;
    }
    let start = slots.as_mut_ptr().cast::<u8>();
    let skipped = start.align_offset(PAGE);
    let bytes = size_of_val(slots).saturating_sub(skipped) / PAGE * PAGE;
    // SAFETY: all of that is inside of the slice, and the advice changes nothing that a program can read.
    unsafe { madvise(start.wrapping_add(skipped).cast(), bytes, MADV_HUGEPAGE) };
}

#[cfg(not(all(target_os = "linux", not(lanestack_no_os))))]
fn advise_huge_pages<T>(_: &mut [MaybeUninit<T>]) {}

/// Bytes of the last-level cache: by Linux's account, else by the CPU's, else 32 MiB. A virtual machine may be told of more
/// than its share.
pub(crate) fn last_level() -> usize {
    static BYTES: LazyLock<usize> = LazyLock::new(|| by_system().or_else(by_cpu).unwrap_or(LAST_LEVEL));
    *BYTES
}

#[cfg(all(target_os = "linux", not(lanestack_no_os)))]
fn by_system() -> Option<usize> {
    let about = |index: usize, fact: &str| {
        let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{fact}");
        std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
    };
    let caches = (0..).map_while(|index| Some((index, about(index, "level")?.parse::<u32>().ok()?)));
    let (last, _) = caches.max_by_key(|&(_, level)| level)?;
    about(last, "size")?.strip_suffix('K')?.parse::<usize>().ok().map(|kib| kib << 10)
}

#[cfg(not(all(target_os = "linux", not(lanestack_no_os))))]
fn by_system() -> Option<usize> {
    None
}

/// From the leaves of CPUID about caches: Intel's, and AMD's of the same form.
#[cfg(target_arch = "x86_64")]
fn by_cpu() -> Option<usize> {
    use std::arch::x86_64::{__cpuid, __cpuid_count};

    let caches_of = |leaf: u32| {
        let known = __cpuid(leaf & 0x8000_0000).eax >= leaf;
        (0..if known { 16 } else { 0 })
            .map(move |index| __cpuid_count(leaf, index))
            .take_while(|cache| cache.eax & 0x1f != 0)
            .map(|cache| {
                let sides = [cache.ebx >> 22, cache.ebx >> 12 & 0x3ff, cache.ebx & 0xfff, cache.ecx];
                let bytes: usize = sides.iter().map(|&side| side as usize + 1).product();
                (cache.eax >> 5 & 7, bytes)
            })
            .max()
            .map(|(_, bytes)| bytes)
    };
    caches_of(4).or_else(|| caches_of(0x8000_001d))
}

#[cfg(not(target_arch = "x86_64"))]
fn by_cpu() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_level_is_some_cache() {
        for bytes in [Some(last_level()), by_system(), by_cpu()].into_iter().flatten() {
            assert!((64 << 10..16 << 30).contains(&bytes), "{bytes} bytes");
        }
    }
}
