//! Memory that is written before it is read: the library's only unsafe code.
use std::mem::MaybeUninit;

/// A vector of `len` elements, written by `fill`, which must write every one.
pub(crate) fn vec_filled<T>(len: usize, fill: impl FnOnce(&mut [MaybeUninit<T>])) -> Vec<T> {
    let mut out = Vec::with_capacity(len);
    fill(&mut out.spare_capacity_mut()[..len]);
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
