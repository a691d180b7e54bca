//! Opening a shared library.
use std::error::Error;
use std::ffi::c_void;
use std::fs;
use std::path::{Path, PathBuf};

/// A library that stays open until the process ends.
pub struct Library {
    /// The file, or its name if the system found it.
    pub path: PathBuf,
    handle: &'static libloading::Library,
}

/// A symbol of a library: code that is there until the process ends.
#[derive(Clone, Copy, Debug)]
pub struct Symbol(pub *const c_void);

// SAFETY: an address.
unsafe impl Send for Symbol {}
// SAFETY: as above.
unsafe impl Sync for Symbol {}

impl Library {
    /// Opens the file of this name, or of this name with a number behind it, the greatest first; in these folders, else
    /// where the system looks.
    pub fn open(folders: &[PathBuf], name: &str) -> Result<Self, String> {
        let found = folders.iter().find_map(|folder| newest(folder, name));
        let path = found.unwrap_or_else(|| name.into());
        // SAFETY: these are libraries of mathematical functions, which do nothing of note when they are opened.
        match unsafe { libloading::Library::new(&path) } {
            Ok(handle) => Ok(Self { path, handle: Box::leak(Box::new(handle)) }),
            Err(error) => Err(error.source().unwrap_or(&error).to_string()),
        }
    }

    /// The symbol, if the library has it.
    pub fn symbol(&self, name: &str) -> Option<Symbol> {
        // SAFETY: the address is only taken.
        let symbol = unsafe { self.handle.get::<*const c_void>(name) };
        symbol.ok().map(|symbol| Symbol(*symbol)).filter(|symbol| !symbol.0.is_null())
    }
}

fn newest(folder: &Path, name: &str) -> Option<PathBuf> {
    let number = |path: &PathBuf| {
        let file = path.file_name()?.to_str()?;
        match file.strip_prefix(name)? {
            "" => Some(0),
            rest => rest.strip_prefix('.')?.parse::<u32>().ok(),
        }
    };
    let files = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    files.filter_map(|path| Some((number(&path)?, path))).max().map(|(_, path)| path)
}
