//! Linux: pages of files that stay in the system's cache only where they were before, room on disks, limits.
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{Advice, FallocateFlags, fadvise, fallocate, statvfs};
use rustix::io::{Errno, ReadWriteFlags, pread, preadv2, pwrite, pwritev2};
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Read or write, and drop again the pages that this brought into the cache, and no others: `RWF_DONTCACHE`, since Linux
/// 6.14, for which rustix has no name.
const DROPPING: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x80);
/// Bytes that the disk may be behind with what was written before pages are dropped in the other way.
const BEHIND: u64 = 32 << 20;

/// A file, read or written so that the cache of files is left as it was found.
#[derive(Debug)]
pub struct Pages {
    file: File,
    way: Way,
}

/// How pages are dropped that were not there before.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// By the system.
    Flag,
    /// By telling it which, where it has no such flag, or not for this kind of disk.
    Tell,
    /// Not at all: nothing tells which were there before, or they are few.
    Keep,
}

impl Pages {
    /// A file of which so much will be read or written: of a short one, the pages may stay.
    pub fn new(file: File, short: bool) -> Self {
        Self { file, way: if short { Way::Keep } else { Way::Flag } }
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Reads what is at this place of the file, until the bytes are full or the file ends.
    pub fn read(&mut self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        if self.way == Way::Flag {
            match full(bytes, |rest, done| preadv2(&self.file, &mut [IoSliceMut::new(rest)], at + done, DROPPING)) {
                Err(error) if is_unknown(error) => self.tell(),
                done => return Ok(done?),
            }
        }
        let there = match self.way {
            Way::Tell => self.read_cached(bytes, at),
            _ => 0,
        };
        let read = there + full(&mut bytes[there..], |rest, done| pread(&self.file, rest, at + there as u64 + done))?;
        if self.way == Way::Tell {
            self.drop(at + there as u64, at + read as u64);
        }
        Ok(read)
    }

    /// From now on, tells the system which pages to drop.
    fn tell(&mut self) {
        self.way = Way::Tell;
        // Reading ahead would bring in pages that then seem to have been there.
        let _ = fadvise(&self.file, 0, None, Advice::Random);
    }

    /// Reads what is in the cache already, up to the first page that is not.
    fn read_cached(&mut self, bytes: &mut [u8], at: u64) -> usize {
        match preadv2(&self.file, &mut [IoSliceMut::new(bytes)], at, ReadWriteFlags::NOWAIT) {
            Ok(read) => read,
            Err(Errno::AGAIN | Errno::INTR) => 0,
            Err(_) => {
                self.way = Way::Keep;
                0
            }
        }
    }

    /// Writes the bytes at this place of the file.
    pub fn write(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        if self.way == Way::Flag {
            match all(bytes, |rest, done| pwritev2(&self.file, &[IoSlice::new(rest)], at + done, DROPPING)) {
                Err(error) if is_unknown(error) => self.tell(),
                done => return Ok(done?),
            }
        }
        all(bytes, |rest, done| pwrite(&self.file, rest, at + done))?;
        if self.way == Way::Tell {
            // Pages that are yet to be written to the disk are not dropped, but begin their way there.
            let end = at + bytes.len() as u64;
            self.drop(at, end);
            self.drop(at.saturating_sub(BEHIND), end.saturating_sub(BEHIND));
        }
        Ok(())
    }

    /// Makes sure that all of it is on the disk, and that of a new file no pages are left.
    pub fn sync(&self, new: bool) -> io::Result<()> {
        self.file.sync_all()?;
        if new && self.way != Way::Keep {
            let _ = fadvise(&self.file, 0, None, Advice::DontNeed);
        }
        Ok(())
    }

    fn drop(&self, from: u64, to: u64) {
        if let Some(len) = to.checked_sub(from).and_then(|len| len.try_into().ok()) {
            let _ = fadvise(&self.file, from, Some(len), Advice::DontNeed);
        }
    }
}

/// Whether it is the flag that is at fault.
fn is_unknown(error: Errno) -> bool {
    [Errno::OPNOTSUPP, Errno::INVAL, Errno::NOSYS].contains(&error)
}

/// Fills the bytes, unless an end comes first, and tells how many there are.
fn full(bytes: &mut [u8], read: impl Fn(&mut [u8], u64) -> Result<usize, Errno>) -> Result<usize, Errno> {
    let mut done = 0;
    while done < bytes.len() {
        match read(&mut bytes[done..], done as u64) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Writes all the bytes.
fn all(bytes: &[u8], write: impl Fn(&[u8], u64) -> Result<usize, Errno>) -> Result<(), Errno> {
    let mut done = 0;
    while done < bytes.len() {
        match write(&bytes[done..], done as u64) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => done += written,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes the room on the disk that the file will need, if the file system can do that.
pub fn take_room(file: &File, len: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, len) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(()),
        done => Ok(done?),
    }
}

/// The bytes that are free on the disk that this folder is on.
pub fn free_room(folder: &Path) -> Option<u64> {
    let disk = statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

/// The longest file that this process may write.
pub fn longest_file() -> Option<u64> {
    getrlimit(Resource::Fsize).current
}

/// How long the calling thread has been on a CPU.
pub fn cpu_time() -> Option<Duration> {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs;

    use super::*;

    const PAGE: u64 = 4096;

    /// The number of pages in the cache, found by reading them without waiting.
    fn cached(path: &Path) -> usize {
        let file = File::open(path).unwrap();
        // What a page that is not there lets the system read is that page alone, and it is not asked for again.
        fadvise(&file, 0, None, Advice::Random).unwrap();
        let pages = file.metadata().unwrap().len() / PAGE;
        let is_cached = |page: &u64| {
            preadv2(&file, &mut [IoSliceMut::new(&mut [0; 1])], page * PAGE, ReadWriteFlags::NOWAIT) == Ok(1)
        };
        (0..pages).filter(is_cached).count()
    }

    fn forget(path: &Path) {
        let file = File::open(path).unwrap();
        file.sync_all().unwrap();
        fadvise(&file, 0, None, Advice::DontNeed).unwrap();
    }

    #[test]
    fn the_cache_is_left_as_it_was() {
        let exe = env::current_exe().unwrap();
        let folder = tempfile::tempdir_in(exe.parent().unwrap()).unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        let (len, window, known) = (1024 * PAGE as usize, 256 * PAGE as usize, 300);
        let content: Vec<u8> = (0..len).map(|k| (k / 7) as u8).collect();
        fs::write(&old, &content).unwrap();
        forget(&old);
        if cached(&old) > 0 {
            eprintln!("NOT RUN: what becomes of cached pages: {folder:?} is on a disk that is nothing but cache");
            return;
        }
        let all = len / PAGE as usize;
        // The pages of both that are in the cache after a copy.
        let copied = |way| {
            forget(&old);
            let someone = File::open(&old).unwrap();
            fadvise(&someone, 0, None, Advice::Random).unwrap();
            full(&mut vec![0; known * PAGE as usize], |rest, done| pread(&someone, rest, done)).unwrap();

            let mut from = Pages { file: File::open(&old).unwrap(), way };
            let mut to = Pages { file: File::create(&new).unwrap(), way };
            if way == Way::Tell {
                from.tell();
            }
            take_room(&to.file, len as u64).unwrap();
            let mut bytes = vec![0; window];
            for at in (0..len).step_by(window) {
                assert_eq!(from.read(&mut bytes, at as u64).unwrap(), window);
                to.write(&bytes, at as u64).unwrap();
            }
            assert_eq!(from.read(&mut bytes, len as u64).unwrap(), 0);
            to.sync(true).unwrap();
            let pages = [&old, &new].map(|path| cached(path));
            assert!(fs::read(&new).unwrap() == content, "{way:?}");
            pages
        };
        for (way, want) in [(Way::Flag, [known, 0]), (Way::Tell, [known, 0]), (Way::Keep, [all, all])] {
            // On a busy machine, the system keeps a page now and then that it has in hand at the moment.
            let tries: Vec<_> = (0..5).map(|_| copied(way)).take_while(|&pages| pages != want).collect();
            assert!(tries.len() < 5, "{way:?}: {tries:?}, not {want:?}");
        }
    }
}
