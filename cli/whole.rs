//! Files that are written whole or not at all.
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;

use crate::failure::Failure;

/// A file to be written.
#[derive(Debug)]
pub struct WholeFile {
    path: PathBuf,
    /// A device or a pipe cannot be replaced: it is written to.
    in_place: bool,
}

impl WholeFile {
    /// The file of this name, if one can be there. Makes and changes nothing.
    pub fn at(path: &Path) -> Result<Self, Failure> {
        let failed = |why: &str| Err(Failure::failed(format!("cannot write {}: {why}", path.display())));
        match fs::metadata(path) {
            Ok(old) if old.is_dir() => return failed("it is a directory: name a file"),
            Ok(old) => return Ok(Self { path: path.to_owned(), in_place: !old.is_file() }),
            Err(error) if error.kind() != ErrorKind::NotFound => return failed(&error.to_string()),
            Err(_) => {}
        }
        if !folder(path).is_dir() {
            return failed(&format!("there is no directory {}", folder(path).display()));
        }
        Ok(Self { path: path.to_owned(), in_place: false })
    }

    /// Writes what `content` writes: to a new file beside it, which then takes its name.
    pub fn write(self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let written = if self.in_place {
            fs::OpenOptions::new().write(true).open(&self.path).and_then(|mut file| content(&mut file))
        } else {
            self.replace(content)
        };
        written.map_err(|error| Failure::failed(format!("cannot write {}: {error}", self.path.display())))
    }

    fn replace(&self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        // Links are to stay links.
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let beside = folder(&path).join(format!(".lanestack-{}.part", process::id()));
        let written = File::create_new(&beside).and_then(|file| {
            let mut buffered = BufWriter::new(file);
            content(&mut buffered)?;
            buffered.into_inner()?.sync_all()?;
            fs::rename(&beside, &path)
        });
        written.inspect_err(|error| {
            // What was there already is another's.
            if error.kind() != ErrorKind::AlreadyExists {
                let _ = fs::remove_file(&beside);
            }
        })
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
