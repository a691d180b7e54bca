//! Where a result goes, so that a reader finds the old file or the whole new one, and never anything between.
use std::fmt;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::in_words;
use super::system::{self, Pages};
use super::temporary::{self, Temporary, folder};
use crate::failure::Failure;

/// The most links that are followed, as on Linux.
const LINKS: usize = 40;

/// A place to write a result to.
#[derive(Debug)]
pub struct Output {
    /// As the user calls it.
    pub name: PathBuf,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// A new file, made in the same folder, takes the place of the old one.
    Replace { path: PathBuf, old: Option<Metadata> },
    /// The values of a file are written over.
    InPlace,
    /// Devices and pipes cannot be replaced; they are written to.
    Stream,
    /// What this process was started with, which may be a file that is not to be replaced.
    Stdout,
}

/// A result that is being written.
#[derive(Debug)]
pub struct Draft {
    old: Option<Metadata>,
    to: To,
}

enum To {
    New { temporary: Temporary, pages: Pages, at: u64 },
    Old { pages: Pages, at: u64 },
    Stream(Box<dyn Write + Send>),
}

impl fmt::Debug for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New { .. } => "New",
            Self::Old { .. } => "Old",
            Self::Stream(_) => "Stream",
        })
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.way {
            Way::Replace { old: Some(_), .. } => write!(f, "{:?}, which it replaces", self.name),
            Way::InPlace => f.write_str("itself"),
            _ => write!(f, "{:?}", self.name),
        }
    }
}

impl Output {
    /// The place that `name` stands for, if a file can be there. Makes and changes nothing.
    pub fn at(name: &Path) -> Result<Self, Failure> {
        let way = if name == Path::new("-") || name == Path::new("/dev/stdout") {
            if io::stdout().is_terminal() {
                return Err(Failure::failed("stdout is a terminal, which cannot show elements: name a file with -o"));
            }
            Way::Stdout
        } else {
            match fs::metadata(name) {
                Ok(old) if old.is_dir() => {
                    return Err(Failure::failed(format!("{name:?} is a directory: name a file to write")));
                }
                Ok(old) if !old.is_file() => Way::Stream,
                Ok(old) => {
                    refuse_protected(name, &old)?;
                    replace(name, Some(old))?
                }
                Err(error) if error.kind() == ErrorKind::NotFound => replace(name, None)?,
                Err(error) => return Err(cannot_write(name, error)),
            }
        };
        Ok(Self { name: name.to_owned(), way })
    }

    /// The file itself, whose values are to be written over.
    pub fn in_place(name: &Path) -> Result<Self, Failure> {
        match fs::metadata(name) {
            Ok(old) if !old.is_file() => {
                Err(Failure::failed(format!("{name:?} is no file, so that nothing in it can be rewritten: use -o")))
            }
            Ok(old) => {
                refuse_protected(name, &old)?;
                Ok(Self { name: name.to_owned(), way: Way::InPlace })
            }
            Err(error) => Err(cannot_write(name, error)),
        }
    }

    /// What can be written to once only: a path that no other output may have, nor another input be.
    pub fn place(&self) -> PathBuf {
        match &self.way {
            Way::Replace { path, .. } => {
                let folder = folder(path);
                folder.canonicalize().unwrap_or(folder.to_owned()).join(path.file_name().unwrap_or_default())
            }
            Way::Stdout => "-".into(),
            _ => self.name.canonicalize().unwrap_or_else(|_| self.name.clone()),
        }
    }

    /// Whether the values of a file are written over, so that an interruption leaves it half done.
    pub fn is_in_place(&self) -> bool {
        matches!(self.way, Way::InPlace)
    }

    /// The folder in which a file of this output's length will be made.
    pub fn folder(&self) -> Option<&Path> {
        match &self.way {
            Way::Replace { path, .. } => Some(folder(path)),
            _ => None,
        }
    }

    /// Begins to write so many bytes, if that is known, of which the first are the header.
    pub fn begin(&self, header: &[u8], len: Option<u64>, short: bool) -> Result<Draft, Failure> {
        let name = &self.name;
        let refuse = |error| cannot_write(name, error);
        let (to, old) = match &self.way {
            Way::Replace { path, old } => {
                let (temporary, file) = Temporary::beside(path, old.is_some()).map_err(refuse)?;
                if let Some(len) = len {
                    system::take_room(&file, len).map_err(|error| {
                        let len = in_words(len);
                        Failure::failed(format!("cannot write {name:?}: no room for its {len} on that disk: {error}"))
                    })?;
                }
                (To::New { temporary, pages: Pages::new(file, short), at: 0 }, old.clone())
            }
            Way::InPlace => {
                let file = OpenOptions::new().write(true).open(name).map_err(refuse)?;
                (To::Old { pages: Pages::new(file, short), at: header.len() as u64 }, None)
            }
            Way::Stream => (To::Stream(Box::new(OpenOptions::new().write(true).open(name).map_err(refuse)?)), None),
            Way::Stdout => (To::Stream(Box::new(io::stdout())), None),
        };
        let mut draft = Draft { old, to };
        if !self.is_in_place() {
            draft.write(header).map_err(|error| self.cannot_write(error))?;
        }
        Ok(draft)
    }

    /// Why it cannot be written.
    pub fn cannot_write(&self, error: io::Error) -> Failure {
        match error.kind() {
            ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => cannot_write(&self.name, error),
        }
    }

    /// What there is after a failure, when so many elements had been written.
    pub fn left(&self, elements: u64) -> String {
        let name = &self.name;
        match &self.way {
            Way::Replace { old: Some(_), .. } => format!("{name:?} is as it was"),
            Way::Replace { old: None, .. } => format!("there is no {name:?}"),
            Way::InPlace => {
                format!("{name:?} has results in its first {elements} elements and old values in the others")
            }
            Way::Stream | Way::Stdout => format!("{elements} elements went to {name:?}"),
        }
    }

    /// Refuses a file that the disk has no room for, or that this process may not make so long.
    pub fn check_room(&self, len: u64) -> Result<(), Failure> {
        let Some(folder) = self.folder() else { return Ok(()) };
        let refuse =
            |why| Failure::failed(format!("cannot write {:?}: it will have {}, but {why}", self.name, in_words(len)));
        match (system::longest_file(), system::free_room(folder)) {
            (Some(longest), _) if longest < len => {
                Err(refuse(format!("this process may make files of {} at most (ulimit -f)", in_words(longest))))
            }
            (_, Some(free)) if free < len => Err(refuse(format!("{} are free on that disk", in_words(free)))),
            _ => Ok(()),
        }
    }
}

impl Draft {
    /// Writes what comes next.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.to {
            To::New { pages, at, .. } | To::Old { pages, at } => {
                pages.write(bytes, *at)?;
                *at += bytes.len() as u64;
                Ok(())
            }
            To::Stream(stream) => stream.write_all(bytes),
        }
    }

    /// Brings to the disk what was written.
    pub fn sync(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::New { pages, .. } => {
                if let Some(old) = &self.old {
                    temporary::resemble(pages.file(), old)?;
                }
                pages.sync(true)
            }
            To::Old { pages, .. } => pages.sync(false),
            To::Stream(stream) => stream.flush(),
        }
    }

    /// Lets a new file take its place.
    pub fn finish(self) -> io::Result<()> {
        match self.to {
            To::New { temporary, .. } => temporary.take_place(),
            _ => Ok(()),
        }
    }
}

fn refuse_protected(name: &Path, old: &Metadata) -> Result<(), Failure> {
    match old.permissions().readonly() {
        true => Err(Failure::failed(format!("{name:?} is write-protected: choose another file to write"))),
        false => Ok(()),
    }
}

/// The way to replace the file, there or not, that `name` leads to by links: they are to stay.
fn replace(name: &Path, old: Option<Metadata>) -> Result<Way, Failure> {
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
            Err(_) => return Ok(Way::Replace { path, old }),
        }
    }
    Err(Failure::failed(format!("cannot write {name:?}: too many links lead on from it")))
}

fn cannot_write(name: &Path, error: io::Error) -> Failure {
    Failure::failed(format!("cannot write {name:?}: {error}"))
}
