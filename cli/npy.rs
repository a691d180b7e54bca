//! Files of NumPy's format .npy that hold `f32` or `f64`.
//!
//! A file is a header, which says type, order and shape, and then the elements. The result of an op has the header of its
//! source, byte for byte; so the order of the axes and all but the number of elements can be left alone.
//!
//! The header is a Python literal, but NumPy writes only a small part of that language, and this reads no more than that
//! part, in time and memory that do not depend on what the header claims.
use std::fmt;
use std::io::{self, Read};

use bytemuck::Pod;
use lanestack::Element;

/// The longest header that is read: what version 1 of the format can hold.
const LONGEST_HEADER: usize = 1 << 16;
const MAGIC: &[u8] = b"\x93NUMPY";

/// The header of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// All its bytes.
    pub bytes: Vec<u8>,
    /// The type of the elements.
    pub dtype: Dtype,
    /// The number of elements.
    pub elements: u64,
    /// The lengths of the axes, which need not multiply to something that a file can hold where one is 0.
    pub shape: Vec<u64>,
}

/// The type of the elements, and how they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dtype {
    /// Bytes of an element: 4 or 8.
    pub size: u8,
    /// The order of these.
    pub order: ByteOrder,
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The lowest.
    Little,
    /// The highest.
    Big,
}

/// Why a file is not read.
#[derive(Debug)]
pub enum Error {
    /// The operating system says so.
    Io(io::Error),
    /// What is in the file; a phrase that follows its name.
    Content(String),
}

impl Dtype {
    /// Its name in NumPy.
    pub fn name(self) -> &'static str {
        match self.size {
            4 => "float32",
            _ => "float64",
        }
    }
}

impl ByteOrder {
    /// That of this machine.
    pub const NATIVE: Self = if cfg!(target_endian = "big") { Self::Big } else { Self::Little };
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                f.write_str("does not exist: is its path right?")
            }
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::Content(what) => f.write_str(what),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Header {
    /// Reads the header, and nothing of what follows it.
    pub fn read(file: &mut impl Read) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        append(file, &mut bytes, 8)?;
        if !bytes.starts_with(MAGIC) {
            return Err(content("is not a .npy file: numpy.save writes one"));
        }
        let length_bytes = match bytes[MAGIC.len()..] {
            [1, 0] => 2,
            [2 | 3, 0] => 4,
            [major, minor] => {
                return Err(content(format!(
                    "has version {major}.{minor} of the format .npy: 1.0 to 3.0 are understood"
                )));
            }
            _ => return Err(ends_early()),
        };
        append(file, &mut bytes, length_bytes)?;
        let length = bytes.get(8..8 + length_bytes).ok_or_else(ends_early)?;
        let length = length.iter().rev().fold(0, |length, &byte| length << 8 | usize::from(byte));
        if length > LONGEST_HEADER {
            return Err(content(format!("has a header of {length} bytes: no array of floats needs that")));
        }
        let start = bytes.len();
        append(file, &mut bytes, length)?;
        let text = bytes.get(start..start + length).ok_or_else(ends_early)?;
        let (dtype, elements, shape) = interpret(&String::from_utf8_lossy(text))?;
        Ok(Self { bytes, dtype, elements, shape })
    }

    /// The bytes of all elements.
    pub fn data_bytes(&self) -> u64 {
        self.elements * u64::from(self.dtype.size)
    }
}

/// Appends the next `len` bytes, or as many as there are.
fn append(file: &mut impl Read, bytes: &mut Vec<u8>, len: usize) -> io::Result<()> {
    file.take(len as u64).read_to_end(bytes).map(drop)
}

/// Type, number of elements and shape, from the header's dictionary.
fn interpret(text: &str) -> Result<(Dtype, u64, Vec<u64>), Error> {
    let damaged = || content("has a damaged header: copy or save it again");
    let mut rest = Literal { rest: text };
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    rest.expect('{').ok_or_else(damaged)?;
    while !rest.skip('}') {
        let key = rest.string().ok_or_else(damaged)?;
        rest.expect(':').ok_or_else(damaged)?;
        match key {
            "descr" if rest.is_next('[') => return Err(unsupported("a structured type")),
            "descr" => descr = Some(rest.string().ok_or_else(damaged)?),
            "fortran_order" => fortran_order = Some(rest.boolean().ok_or_else(damaged)?),
            "shape" => shape = Some(rest.integers().ok_or_else(damaged)?),
            _ => return Err(damaged()),
        }
        if !rest.skip(',') && !rest.is_next('}') {
            return Err(damaged());
        }
    }
    let (Some(descr), Some(_), Some(shape), "") = (descr, fortran_order, shape, rest.rest.trim()) else {
        return Err(damaged());
    };
    let dtype = dtype(descr).ok_or_else(|| unsupported(&format!("the type {descr:?}")))?;
    let elements = if shape.contains(&0) { Some(0) } else { shape.iter().try_fold(1, |n: u64, &m| n.checked_mul(m)) };
    let elements = elements.filter(|n| n.checked_mul(dtype.size.into()).is_some());
    let elements = elements.ok_or_else(|| content("has a header that claims more elements than a file can hold"))?;
    Ok((dtype, elements, shape))
}

/// The type, if it is one that there are kernels for.
fn dtype(descr: &str) -> Option<Dtype> {
    let mut chars = descr.chars();
    let order = match chars.next()? {
        '<' => ByteOrder::Little,
        '>' => ByteOrder::Big,
        '=' => ByteOrder::NATIVE,
        _ => return None,
    };
    match chars.as_str() {
        "f4" => Some(Dtype { size: 4, order }),
        "f8" => Some(Dtype { size: 8, order }),
        _ => None,
    }
}

fn content(what: impl Into<String>) -> Error {
    Error::Content(what.into())
}

fn ends_early() -> Error {
    content("ends inside its header: copy or save it again")
}

fn unsupported(what: &str) -> Error {
    content(format!("holds elements of {what}: convert them to float32 or float64, as with numpy's astype"))
}

/// What is still to be read of a Python literal.
struct Literal<'a> {
    rest: &'a str,
}

impl<'a> Literal<'a> {
    fn is_next(&mut self, c: char) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.starts_with(c)
    }

    fn skip(&mut self, c: char) -> bool {
        let found = self.is_next(c);
        if found {
            self.rest = &self.rest[c.len_utf8()..];
        }
        found
    }

    fn expect(&mut self, c: char) -> Option<()> {
        self.skip(c).then_some(())
    }

    /// A string without escapes.
    fn string(&mut self) -> Option<&'a str> {
        let quote = ['\'', '"'].into_iter().find(|&quote| self.skip(quote))?;
        let (string, rest) = self.rest.split_once(quote)?;
        self.rest = rest;
        (!string.contains(['\\', '\n'])).then_some(string)
    }

    fn boolean(&mut self) -> Option<bool> {
        self.rest = self.rest.trim_start();
        let (value, rest) = [("True", true), ("False", false)]
            .into_iter()
            .find_map(|(name, value)| Some((value, self.rest.strip_prefix(name)?)))?;
        self.rest = rest;
        Some(value)
    }

    /// A tuple of whole numbers. Python 2 put an `L` behind large ones.
    fn integers(&mut self) -> Option<Vec<u64>> {
        let mut integers = Vec::new();
        let mut comma = false;
        self.expect('(')?;
        while !self.skip(')') {
            if !integers.is_empty() && !comma {
                return None;
            }
            self.rest = self.rest.trim_start();
            let digits = self.rest.find(|c: char| !c.is_ascii_digit())?;
            integers.push(self.rest[..digits].parse().ok()?);
            self.rest = &self.rest[digits..];
            self.rest = self.rest.strip_prefix('L').unwrap_or(self.rest);
            comma = self.skip(',');
        }
        // With one number and no comma, it is not a tuple.
        (integers.len() != 1 || comma).then_some(integers)
    }
}

/// An element type that files hold.
pub trait Stored: Element + Pod {
    /// Turns the order of the bytes of each element.
    fn swap_bytes(elements: &mut [Self]);
}

macro_rules! stored {
    ($t:ident, $bits:ident) => {
        impl Stored for $t {
            fn swap_bytes(elements: &mut [Self]) {
                // As integers: a signalling NaN must not pass for a number on its way.
                bytemuck::cast_slice_mut::<_, $bits>(elements).iter_mut().for_each(|bits| *bits = bits.swap_bytes());
            }
        }
    };
}
stored!(f32, u32);
stored!(f64, u64);

/// The number of elements in so many bytes of a raw file.
pub fn whole(bytes: u64, size: u64) -> Result<u64, Error> {
    match bytes % size {
        0 => Ok(bytes / size),
        _ => Err(content(format!("ends inside an element: {bytes} bytes are no whole number of elements of {size}"))),
    }
}

/// Checks that the bytes behind the header are those of the elements, no fewer and no more.
pub fn check_length(expected: u64, found: u64) -> Result<(), Error> {
    match found {
        _ if found < expected => Err(truncated(expected, found)),
        _ if found > expected => Err(content("goes on after its array: a file must hold one array and nothing else")),
        _ => Ok(()),
    }
}

fn truncated(expected: u64, found: u64) -> Error {
    content(format!(
        "is truncated: its header promises {expected} bytes of elements, but it holds {found}: copy or save it again"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The start of a file, with this text and no more in its header.
    fn file(version: u8, text: &str) -> Vec<u8> {
        let len = text.len() as u32;
        let len = if version == 1 { (len as u16).to_le_bytes().to_vec() } else { len.to_le_bytes().to_vec() };
        [MAGIC, &[version, 0], &len, text.as_bytes()].concat()
    }

    fn dictionary(descr: &str, shape: &str) -> String {
        format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}   \n")
    }

    fn refused(bytes: &[u8]) -> String {
        Header::read(&mut &bytes[..]).unwrap_err().to_string()
    }

    #[test]
    fn headers() {
        let little = Dtype { size: 8, order: ByteOrder::Little };
        let big = Dtype { size: 4, order: ByteOrder::Big };
        let native = Dtype { size: 4, order: ByteOrder::NATIVE };
        for (text, dtype, elements, shape) in [
            (dictionary("'<f8'", "()"), little, 1, &[][..]),
            (dictionary("'<f8'", "(0,)"), little, 0, &[0]),
            (dictionary("'<f8'", "(3,)"), little, 3, &[3]),
            (dictionary("'>f4'", "(2, 3, 4)"), big, 24, &[2, 3, 4]),
            (dictionary("'=f4'", "(2, 3)"), native, 6, &[2, 3]),
            // Python 2, on some systems.
            (dictionary("'<f8'", "(3L, 4L)"), little, 12, &[3, 4]),
            (
                dictionary("'<f8'", "(18446744073709551615, 0, 18446744073709551615)"),
                little,
                0,
                &[u64::MAX, 0, u64::MAX],
            ),
            ("{\"shape\":(7,),'fortran_order':True,'descr':'<f8'}".into(), little, 7, &[7]),
        ] {
            for version in 1..=3 {
                let mut bytes = file(version, &text);
                let header = bytes.clone();
                bytes.extend(b"elements");
                let mut rest = &bytes[..];
                let expected = Header { bytes: header, dtype, elements, shape: shape.into() };
                assert_eq!(Header::read(&mut rest).unwrap(), expected, "{text}");
                assert_eq!(rest, b"elements");
            }
        }
    }

    #[test]
    fn unsupported_types() {
        for descr in ["'<i4'", "'|b1'", "'<c8'", "'|O'", "'<f2'", "'<f16'", "'<U3'", "'|f8'", "'f8'", "''", "'<M8[ns]'"]
        {
            let why = refused(&file(1, &dictionary(descr, "(3,)")));
            assert!(why.starts_with("holds elements of the type") && why.contains("astype"), "{descr}: {why}");
        }
        assert!(refused(&file(1, &dictionary("[('a', '<f8'), ('b', '<i4')]", "(3,)"))).contains("a structured type"));
    }

    #[test]
    fn damaged_headers() {
        for text in [
            "",
            "{",
            "}",
            "{}",
            "\0\0\0",
            "{'descr'}",
            "{'descr': '<f8'}",
            "{'descr': '<f8', 'fortran_order': False}",
            "{'descr': '<f8', 'fortran_order': 0, 'shape': (3,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), } + 1",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'more': 1, }",
            "{'descr': '<f8' 'fortran_order': False, 'shape': (3,), }",
            "{'descr': '<f8, 'fortran_order': False, 'shape': (3,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), ",
        ] {
            assert!(refused(&file(2, text)).contains("damaged"), "{text}");
        }
        let many = "(".repeat(60000);
        for shape in
            ["3", "(3)", "[3]", "(-3,)", "(3.0,)", "(3 4)", "(3,,)", "(,)", "(3", "(99999999999999999999,)", &many]
        {
            assert!(refused(&file(2, &dictionary("'<f8'", shape))).contains("damaged"), "{shape:.20}");
        }
        for shape in ["(4294967296, 4294967296)", "(18446744073709551615,)", "(2305843009213693952,)"] {
            assert!(refused(&file(1, &dictionary("'<f8'", shape))).contains("more elements than"), "{shape}");
        }
    }

    #[test]
    fn other_files() {
        for other in [&b""[..], b"\x93", b"PK\x03\x04 and so on", b"plain text", b"\x93numpy\x01\0"] {
            assert!(refused(other).starts_with("is not a .npy file"), "{other:?}");
        }
        assert!(refused(b"\x93NUMPY\x04\0\x10\0").contains("version 4.0"));
        assert!(refused(b"\x93NUMPY\x01\x01\x10\0").contains("version 1.1"));
        assert!(refused(b"\x93NUMPY\x02\0\xff\xff\xff\xff{").contains("header of 4294967295 bytes"));
        let whole = file(1, &dictionary("'<f8'", "(3,)"));
        for len in MAGIC.len()..whole.len() {
            assert!(refused(&whole[..len]).contains("ends inside its header"), "{len}");
        }
    }

    /// An independent reader must understand what this one accepts in the same way, however the header was altered.
    #[test]
    fn altered_headers_are_read_as_npyz_reads_them() {
        let alphabet = b"{}()[]'\",:.<>=|f48 3L0T\\\xff";
        let whole = file(1, &dictionary("'<f8'", "(2, 13)"));
        let mut accepted = 0;
        for at in MAGIC.len() + 4..whole.len() {
            for &byte in alphabet {
                for replaced in [0, 1, 2] {
                    let mut bytes = whole.clone();
                    bytes.splice(at..(at + replaced).min(whole.len()), [byte]);
                    let len = (bytes.len() - MAGIC.len() - 4) as u16;
                    bytes[MAGIC.len() + 2..MAGIC.len() + 4].copy_from_slice(&len.to_le_bytes());
                    let Ok(header) = Header::read(&mut &bytes[..]) else { continue };
                    let text = String::from_utf8_lossy(&bytes[MAGIC.len() + 4..]);
                    if text.contains('=') || text.contains("L,") || text.contains("L)") {
                        continue; // npyz reads neither '=' nor the numbers of Python 2.
                    }
                    let theirs = npyz::NpyHeader::from_reader(&bytes[..]).unwrap_or_else(|e| panic!("{text}: {e}"));
                    let order = if header.dtype.order == ByteOrder::Little { '<' } else { '>' };
                    assert_eq!(theirs.dtype().descr(), format!("'{order}f{}'", header.dtype.size), "{text}");
                    assert_eq!(theirs.len(), header.elements, "{text}");
                    accepted += 1;
                }
            }
        }
        assert!(accepted > 100, "{accepted}");
    }

    #[test]
    fn bytes_are_swapped_without_a_look_at_the_number() {
        // Signalling NaN, too.
        let patterns = [0x7f80_0001, 0xff8f_ffff, 0x0102_0304, 0];
        let mut singles = patterns.map(f32::from_bits);
        f32::swap_bytes(&mut singles);
        assert_eq!(singles.map(f32::to_bits), patterns.map(u32::swap_bytes));
        let patterns = [0x7ff0_0000_0000_0001, 0x0102_0304_0506_0708, u64::MAX];
        let mut doubles = patterns.map(f64::from_bits);
        f64::swap_bytes(&mut doubles);
        assert_eq!(doubles.map(f64::to_bits), patterns.map(u64::swap_bytes));
    }

    #[test]
    fn lengths() {
        let why = "is truncated: its header promises 24 bytes of elements, but it holds 20: copy or save it again";
        assert_eq!(check_length(24, 20).unwrap_err().to_string(), why);
        assert!(check_length(24, 24).is_ok());
        assert_eq!(whole(24, 8).unwrap(), 3);
        assert!(whole(20, 8).unwrap_err().to_string().contains("inside an element: 20 bytes"));
        assert!(check_length(24, 25).unwrap_err().to_string().contains("one array and nothing else"));
    }
}
