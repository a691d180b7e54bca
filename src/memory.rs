//! Memory: written before it is read, in huge pages, and how much of it a cache holds. The library's only unsafe code.
use std::mem::MaybeUninit;
use std::sync::LazyLock;

/// Bytes of a huge page, on most systems.
pub(crate) const HUGE_PAGE: usize = 2 << 20;
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
    unsafe { &mut *(std::ptr::from_mut(slots) as *mut [MaybeUninit<T>]) }
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
