//! Where elements come from: a file, a pipe or a device.
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::system::Pages;
use crate::args::Dtype;
use crate::failure::Failure;
use crate::npy::{self, ByteOrder, Error, Header};

/// An input whose header has been read.
#[derive(Debug)]
pub struct Source {
    /// As the user calls it.
    pub name: PathBuf,
    /// What comes before the elements, byte for byte; nothing in a raw file.
    pub header: Vec<u8>,
    /// The type of the elements.
    pub dtype: npy::Dtype,
    /// The lengths of the axes, if a header tells them.
    pub shape: Option<Vec<u64>>,
    /// The number of elements, if it is known.
    pub elements: Option<u64>,
    from: From,
}

/// The elements of a source, from the first to the last.
#[derive(Debug)]
pub struct Elements {
    from: Opened,
    /// The bytes of all of them, if that is known.
    expected: Option<u64>,
    /// The bytes that were read.
    found: u64,
    /// The bytes of one.
    size: u64,
}

enum From {
    /// A file as it was, to be opened again.
    File(Metadata),
    /// Anything else, of which the header has been read.
    Stream(Box<dyn Read + Send>),
}

enum Opened {
    File { pages: Pages, start: u64, was: Metadata },
    Stream(Box<dyn Read + Send>),
}

impl fmt::Debug for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::File(_)) { "File" } else { "Stream" })
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::File { .. }) { "File" } else { "Stream" })
    }
}

impl Source {
    /// Opens it and reads its header; with `raw`, it has none, but elements of this type from its first byte on.
    pub fn open(name: &Path, raw: Option<Dtype>) -> Result<Self, Failure> {
        let refuse = |error| Failure::failed(format!("{name:?} {error}"));
        if name == Path::new("-") {
            return Self::stream(name, Box::new(io::stdin()), raw).map_err(refuse);
        }
        if fs::metadata(name).map_err(|error| refuse(error.into()))?.is_dir() {
            return Err(Failure::failed(format!("{name:?} is a directory: name a .npy file in it")));
        }
        Self::file(name, raw).map_err(refuse)
    }

    fn file(name: &Path, raw: Option<Dtype>) -> Result<Self, Error> {
        let mut file = File::open(name)?;
        // Of the one that was opened, whatever gets its name meanwhile.
        let was = file.metadata()?;
        if !was.is_file() {
            return Self::stream(name, Box::new(file), raw);
        }
        match raw {
            Some(dtype) => {
                let dtype = little(dtype);
                let elements = npy::whole(was.len(), dtype.size.into())?;
                Ok(Self { elements: Some(elements), ..Self::raw(name, dtype, From::File(was)) })
            }
            None => {
                let header = Header::read(&mut file)?;
                npy::check_length(header.data_bytes(), was.len().saturating_sub(header.bytes.len() as u64))?;
                Ok(Self::npy(name, header, From::File(was)))
            }
        }
    }

    fn stream(name: &Path, mut stream: Box<dyn Read + Send>, raw: Option<Dtype>) -> Result<Self, Error> {
        match raw {
            Some(dtype) => Ok(Self::raw(name, little(dtype), From::Stream(stream))),
            None => Ok(Self::npy(name, Header::read(&mut stream)?, From::Stream(stream))),
        }
    }

    fn npy(name: &Path, header: Header, from: From) -> Self {
        let Header { bytes, dtype, elements, shape } = header;
        Self { name: name.to_owned(), header: bytes, dtype, shape: Some(shape), elements: Some(elements), from }
    }

    fn raw(name: &Path, dtype: npy::Dtype, from: From) -> Self {
        Self { name: name.to_owned(), header: Vec::new(), dtype, shape: None, elements: None, from }
    }

    /// The bytes of all elements, if that is known.
    pub fn data_bytes(&self) -> Option<u64> {
        self.elements.map(|elements| elements * u64::from(self.dtype.size))
    }

    /// The bytes of it all, if that is known.
    pub fn length(&self) -> Option<u64> {
        self.data_bytes().map(|bytes| self.header.len() as u64 + bytes)
    }

    /// Its elements.
    pub fn elements(self, short: bool) -> Result<Elements, Error> {
        let (expected, start) = (self.data_bytes(), self.header.len() as u64);
        let from = match self.from {
            From::Stream(stream) => Opened::Stream(stream),
            From::File(was) => {
                let file = File::open(&self.name)?;
                same(&was, &file.metadata()?)?;
                Opened::File { pages: Pages::new(file, short), start, was }
            }
        };
        Ok(Elements { from, expected, found: 0, size: self.dtype.size.into() })
    }
}

impl Elements {
    /// Reads the next elements, and tells how many bytes that was: as many as there is room for, unless these are the last.
    pub fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Error> {
        let left = self.expected.map_or(u64::MAX, |expected| expected - self.found);
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let bytes = &mut bytes[..most];
        let read = match &mut self.from {
            Opened::File { pages, start, .. } => pages.read(bytes, *start + self.found)?,
            Opened::Stream(stream) => full(stream, bytes)?,
        };
        self.found += read as u64;
        if read < most {
            if let Opened::File { pages, was, .. } = &self.from {
                same(was, &pages.file().metadata()?)?;
            }
            match self.expected {
                Some(expected) => npy::check_length(expected, self.found)?,
                None => drop(npy::whole(self.found, self.size)?),
            }
        }
        Ok(read)
    }

    /// Makes sure that nothing follows, and that a file is still as it was when it was opened; but for its values, if they
    /// are `rewritten`.
    pub fn end(&mut self, rewritten: bool) -> Result<(), Error> {
        match &mut self.from {
            Opened::File { pages, was, .. } => {
                let now = pages.file().metadata()?;
                if rewritten && now.len() == was.len() { Ok(()) } else { same(was, &now) }
            }
            Opened::Stream(stream) => {
                let more = full(stream, &mut [0])? as u64;
                npy::check_length(self.found, self.found + more)
            }
        }
    }
}

/// Fills the bytes, unless an end comes first, and tells how many there are.
fn full(stream: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < bytes.len() {
        match stream.read(&mut bytes[done..]) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

fn same(was: &Metadata, now: &Metadata) -> Result<(), Error> {
    let changed = |what| Err(Error::Content(format!("{what} while it was read: try again when it stays as it is")));
    match now.len().cmp(&was.len()) {
        std::cmp::Ordering::Less => changed("was cut short"),
        std::cmp::Ordering::Greater => changed("has grown"),
        _ if now.modified().ok() != was.modified().ok() => changed("was changed"),
        _ => Ok(()),
    }
}

fn little(dtype: Dtype) -> npy::Dtype {
    let size = match dtype {
        Dtype::F32 => 4,
        Dtype::F64 => 8,
    };
    npy::Dtype { size, order: ByteOrder::Little }
}
