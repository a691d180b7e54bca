//! Rows that come one after another: NumPy hands a block of a matrix over row by row, and does not say how large it is.
use std::cell::Cell;

/// What this thread has been given.
#[derive(Clone, Copy)]
struct Rows {
    /// Where the results of the last row are.
    last: usize,
    /// Bytes read and written since the addresses began to rise.
    bytes: usize,
    /// Bytes of the whole that rows are known to be of.
    whole: usize,
}

thread_local! {
    static ROWS: Cell<Rows> = const { Cell::new(Rows { last: 0, bytes: 0, whole: 0 }) };
}

/// The bytes that the call's memory has, as far as is known, with a row of so many, whose results are there.
pub fn bytes_with(address: usize, bytes: usize) -> usize {
    let mut rows = ROWS.get();
    rows.bytes = if address > rows.last { rows.bytes.saturating_add(bytes) } else { bytes };
    rows.last = address;
    ROWS.set(rows);
    rows.bytes.max(rows.whole)
}

/// Says of how many bytes the whole is that the following rows on this thread are of, 0 if that is unknown; returns what was
/// said before.
pub fn set_whole(whole: usize) -> usize {
    ROWS.replace(Rows { whole, ..ROWS.get() }).whole
}
