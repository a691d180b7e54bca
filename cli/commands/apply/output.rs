//! Where a result goes, so that a reader finds the old file or the whole new one, and never anything between.
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::failure::Failure;

/// The most links that are followed, as on Linux.
const LINKS: usize = 40;

/// A place to write a result to.
#[derive(Debug)]
pub struct Output {
    /// As the user calls it.
    name: PathBuf,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// A new file, made in the same folder, takes the place of the old one.
    Replace { path: PathBuf, permissions: Option<Permissions> },
    /// Devices and pipes cannot be replaced; they are written to.
    Stream,
    /// What this process was started with, which may be a file that is not to be replaced.
    Stdout,
}

impl Output {
    /// The place that `name` stands for, if a file can be there. Makes and changes nothing.
    pub fn at(name: &Path) -> Result<Self, Failure> {
        let way = if name == Path::new("/dev/stdout") {
            Way::Stdout
        } else {
            match fs::metadata(name) {
                Ok(old) if old.is_dir() => {
                    return Err(Failure::failed(format!("{name:?} is a directory: name a file to write")));
                }
                Ok(old) if !old.is_file() => Way::Stream,
                Ok(old) if old.permissions().readonly() => {
                    return Err(Failure::failed(format!("{name:?} is write-protected: choose another file to write")));
                }
                Ok(old) => replace(name, Some(old.permissions()))?,
                Err(error) if error.kind() == ErrorKind::NotFound => replace(name, None)?,
                Err(error) => return Err(cannot_write(name, error)),
            }
        };
        Ok(Self { name: name.to_owned(), way })
    }

    /// Writes what `content` writes.
    pub fn write(self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let written = match self.way {
            Way::Replace { path, permissions } => write_beside(&path, permissions, content),
            Way::Stream => OpenOptions::new().write(true).open(&self.name).and_then(|mut file| content(&mut file)),
            Way::Stdout => {
                let mut stdout = io::stdout().lock();
                content(&mut stdout).and_then(|()| stdout.flush())
            }
        };
        written.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => cannot_write(&self.name, error),
        })
    }
}

/// The way to replace the file, there or not, that `name` leads to by links: they are to stay.
fn replace(name: &Path, permissions: Option<Permissions>) -> Result<Way, Failure> {
    let mut path = name.to_owned();
    for _ in 0..LINKS {
        let folder = folder(&path).to_owned();
        match folder.canonicalize() {
            Ok(real) if real.starts_with("/proc") => {
                let why = "no file in /proc can be replaced: name the file itself";
                return Err(Failure::failed(format!("cannot write {name:?}: {why}")));
            }
            Ok(_) if folder.is_dir() => {}
            _ => return Err(Failure::failed(format!("cannot write {name:?}: there is no directory {folder:?}"))),
        }
        match fs::read_link(&path) {
            Ok(link) => path = folder.join(link),
            Err(_) => return Ok(Way::Replace { path, permissions }),
        }
    }
    Err(Failure::failed(format!("cannot write {name:?}: too many links lead on from it")))
}

/// Writes to a new file in the same folder, and then gives it the name; on any error it is removed.
fn write_beside(
    path: &Path,
    permissions: Option<Permissions>,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = new_file(folder(path), permissions.is_none())?;
    content(file.as_file_mut())?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map(|_: File| ()).map_err(|error| error.error)
}

/// A file that is removed unless it gets another name; for us only, unless `open`: with the permissions of new files.
fn new_file(folder: &Path, open: bool) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    if open {
        permit(&mut builder);
    }
    // The error's own words name a file that the user knows nothing of.
    builder.prefix(".lanestack-").tempfile_in(folder).map_err(|error| error.kind().into())
}

#[cfg(all(unix, not(lanestack_no_os)))]
fn permit(builder: &mut Builder<'_, '_>) {
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
}

/// Elsewhere, temporary files have the permissions of new files.
#[cfg(not(all(unix, not(lanestack_no_os))))]
fn permit(_: &mut Builder<'_, '_>) {}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn cannot_write(name: &Path, error: io::Error) -> Failure {
    Failure::failed(format!("cannot write {name:?}: {error}"))
}
