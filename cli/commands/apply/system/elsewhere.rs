//! Systems that nothing is known of: files are read and written plainly.
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

/// A file, read or written. What the system keeps of it in memory is left to the system.
#[derive(Debug)]
pub struct Pages {
    file: File,
}

impl Pages {
    /// A file, however much of it will be read or written.
    pub fn new(file: File, _short: bool) -> Self {
        Self { file }
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Reads what is at this place of the file, until the bytes are full or the file ends.
    pub fn read(&mut self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        self.file.seek(SeekFrom::Start(at))?;
        let mut done = 0;
        while done < bytes.len() {
            match self.file.read(&mut bytes[done..]) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Writes the bytes at this place of the file.
    pub fn write(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)
    }

    /// Makes sure that all of it is on the disk.
    pub fn sync(&self, _new: bool) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// Room on the disk is taken as the file grows.
pub fn take_room(_: &File, _: u64) -> io::Result<()> {
    Ok(())
}

/// Not known.
pub fn free_room(_: &Path) -> Option<u64> {
    None
}

/// Not known.
pub fn longest_file() -> Option<u64> {
    None
}

/// Not known.
pub fn cpu_time() -> Option<Duration> {
    None
}
