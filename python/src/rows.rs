//! Rows that come one after another: NumPy hands a block of a matrix over row by row, and does not say how large it is.
use std::cell::Cell;

/// What this thread has been given.
#[derive(Clone, Copy)]
struct Rows {
    /// Where the arguments and the results of the last row are.
    last: [usize; 2],
    /// Bytes read and written since the addresses began to rise.
    bytes: usize,
    /// Bytes of the whole that rows are known to be of.
    whole: usize,
}

/// A row among those before it.
pub struct Row {
    /// The bytes that the call's memory has, as far as is known.
    pub bytes: usize,
    /// Where the arguments of the next row are, if it lies as far from this one as this one from the last.
    pub next: usize,
}

thread_local! {
    static ROWS: Cell<Rows> = const { Cell::new(Rows { last: [0; 2], bytes: 0, whole: 0 }) };
}

impl Row {
    /// The row with its arguments and results at these addresses, together so many bytes.
    pub fn of([src, dst]: [usize; 2], bytes: usize) -> Self {
        let Rows { last, bytes: before, whole } = ROWS.get();
        let bytes = if dst > last[1] { before.saturating_add(bytes) } else { bytes };
        ROWS.set(Rows { last: [src, dst], bytes, whole });
        Self { bytes: bytes.max(whole), next: src.wrapping_add(src.wrapping_sub(last[0])) }
    }
}

/// Says of how many bytes the whole is that the following rows on this thread are of, 0 if that is unknown; returns what was
/// said before.
pub fn set_whole(whole: usize) -> usize {
    ROWS.replace(Rows { whole, ..ROWS.get() }).whole
}
