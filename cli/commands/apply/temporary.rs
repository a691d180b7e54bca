//! A file in the making: beside the one whose place it will take, marked as ours, and removed unless it gets that far.
//!
//! It is locked as long as it is being made. One that is not was left by a run that was killed, and the next run in the same
//! folder removes it.
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, PoisonError};

/// What the name ends with, before the number of the process.
const MARK: &str = ".lanestack-";
/// The longest name of a file that is common.
const LONGEST_NAME: usize = 255;

/// The one that is being made by this process.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// A file in the making.
#[derive(Debug)]
pub struct Temporary {
    path: PathBuf,
    target: PathBuf,
    /// Holds the lock.
    _lock: File,
}

impl Temporary {
    /// A new file beside `target`, open to be written: for the user only, or with the permissions of new files.
    pub fn beside(target: &Path, private: bool) -> io::Result<(Self, File)> {
        let folder = folder(target);
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        // Processes of two containers may have one number, and one folder.
        for attempt in 0..1000 {
            let path = folder.join(name(target, attempt));
            match create(&path, private) {
                Ok(file) => {
                    *unfinished = Some(path.clone());
                    let temporary = Self { path, target: target.to_owned(), _lock: file.try_clone()? };
                    return Ok((temporary, file));
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// Gives it the name of the file whose place it takes, for good.
    pub fn take_place(self) -> io::Result<()> {
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        fs::rename(&self.path, &self.target)?;
        *unfinished = None;
        // Some systems cannot open a folder, or have nothing to write of it.
        match File::open(folder(&self.target)).and_then(|folder| folder.sync_all()) {
            Err(error) if error.raw_os_error() == Some(5) => Err(error), // EIO
            _ => Ok(()),
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        remove_unfinished(|_| ());
    }
}

/// Removes the one that is being made, and then, before another can be, does what is told whether there was one.
pub fn remove_unfinished(then: impl FnOnce(bool)) {
    let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    let path = unfinished.take();
    if let Some(path) = &path {
        let _ = fs::remove_file(path);
    }
    then(path.is_some());
}

/// The folder that a file is in.
pub fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file, locked if its file system has locks; an error of the kind `AlreadyExists` if another one has that name.
fn create(path: &Path, private: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if private {
        keep_private(&mut options);
    }
    let file = options.open(path)?;
    // Between the two, another run may have taken it for abandoned.
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(ErrorKind::AlreadyExists.into()),
        _ if !path.exists() => Err(ErrorKind::AlreadyExists.into()),
        _ => Ok(file),
    }
}

#[cfg(unix)]
fn keep_private(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

/// Elsewhere, a file has the permissions of its folder.
#[cfg(not(unix))]
fn keep_private(_: &mut OpenOptions) {}

/// Gives the file the owner, if that is allowed, and the permissions of the one whose place it will take.
pub fn resemble(file: &File, old: &fs::Metadata) -> io::Result<()> {
    own(file, old);
    file.set_permissions(old.permissions())
}

#[cfg(unix)]
fn own(file: &File, old: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let _ = fchown(file, Some(old.uid()), Some(old.gid()));
}

#[cfg(not(unix))]
fn own(_: &File, _: &fs::Metadata) {}

/// `.NAME.lanestack-PID`, with less of the name where that is too long.
fn name(target: &Path, attempt: u32) -> String {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let end = match attempt {
        0 => format!("{MARK}{}", process::id()),
        _ => format!("{MARK}{}-{attempt}", process::id()),
    };
    // A name that is itself too long is to be refused as such.
    let fits = if name.len() > LONGEST_NAME { name.len() } else { LONGEST_NAME - 1 - end.len() };
    format!(".{}{end}", &name[..name.floor_char_boundary(fits)])
}

/// Whether the name is one that [`name`] makes.
fn is_ours(name: &OsStr) -> bool {
    let parts = name.to_str().and_then(|name| name.rsplit_once(MARK));
    parts.is_some_and(|(name, number)| {
        let number = number.split_once('-').map_or(number, |(number, _)| number);
        name.len() > 1 && name.starts_with('.') && !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit())
    })
}

/// Removes what runs have left in the folder that were killed: what is marked as ours and not locked.
pub fn remove_abandoned(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_ours(&entry.file_name())
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks() {
        let target = Path::new("folder/out.npy");
        assert_eq!(name(target, 0), format!(".out.npy.lanestack-{}", process::id()));
        let long = "ü".repeat(127);
        for target in [target, Path::new("out.lanestack-1"), Path::new(&long)] {
            for attempt in [0, 1, 999] {
                let name = name(target, attempt);
                assert!(is_ours(OsStr::new(&name)) && name.len() <= LONGEST_NAME, "{name}");
            }
        }
        for other in [
            "out.npy",
            ".out.npy",
            "out.npy.lanestack-12",
            ".out.npy.lanestack-",
            ".out.npy.lanestack-12a",
            ".out.npy.lanestack--1",
            ".lanestack-12",
            ".out.npy.lanestack-12.npy",
        ] {
            assert!(!is_ours(OsStr::new(other)), "{other}");
        }
    }

    #[test]
    fn only_what_is_abandoned_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let locked = File::create(path(".a.npy.lanestack-1")).unwrap();
        locked.lock().unwrap();
        for name in [".a.npy.lanestack-2", ".b.npy.lanestack-3-1", ".a.npy", ".lanestack-4", "a.npy.lanestack-5"] {
            File::create(path(name)).unwrap();
        }
        fs::create_dir(path(".a.npy.lanestack-6")).unwrap();
        remove_abandoned(folder.path());
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        let expected = [".a.npy", ".a.npy.lanestack-1", ".a.npy.lanestack-6", ".lanestack-4", "a.npy.lanestack-5"];
        assert_eq!(left, expected);
    }
}
