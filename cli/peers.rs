//! Other libraries that evaluate the same functions, opened at run time where they are installed.
//!
//! A library's own file knows its names: of the files to open, and of the functions in them. What those functions are
//! given is the business of `call`.
mod call;
mod libmvec;
mod library;
mod mkl;
mod sleef;
mod svml;

use std::fmt;
use std::path::PathBuf;

use lanestack::{Isa, Op};
use serde::{Deserialize, Serialize};

pub use call::{Call, Real};
use library::Library;

/// One function of a peer, over slices.
pub struct Peer<T> {
    /// The library.
    pub library: &'static str,
    /// Its name for the accuracy.
    pub class: &'static str,
    /// The instruction set that its code is for; `None` if it chooses by itself.
    pub isa: Option<Isa>,
    /// Evaluates it, from source to destination of the same length.
    pub call: Call<T>,
}

/// A library that could not be opened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Absent {
    /// The library.
    pub library: &'static str,
    /// Why.
    pub why: String,
    /// How to get it.
    pub get: &'static str,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { library, why, get } = self;
        write!(f, "{library}: {why}; to get it: {get}")
    }
}

/// The peers of this machine.
pub struct Peers {
    mkl: Option<mkl::Mkl>,
    svml: Option<Library>,
    libmvec: Option<Library>,
    sleef: Option<Library>,
    absent: Vec<Absent>,
}

impl Peers {
    /// Opens all that are found in these folders, else where the system looks for libraries.
    pub fn open(folders: &[PathBuf]) -> Self {
        let mut absent = Vec::new();
        let mkl = note(mkl::Mkl::open(folders), mkl::NAME, mkl::GET, &mut absent);
        let svml = note(svml::open(folders), svml::NAME, svml::GET, &mut absent);
        let libmvec = note(libmvec::open(folders), libmvec::NAME, libmvec::GET, &mut absent);
        let sleef = note(sleef::open(folders), sleef::NAME, sleef::GET, &mut absent);
        Self { mkl, svml, libmvec, sleef, absent }
    }

    /// Those that are not here.
    pub fn absent(&self) -> &[Absent] {
        &self.absent
    }

    /// The names of the files that were opened.
    pub fn files(&self) -> Vec<String> {
        let mkl = self.mkl.iter().flat_map(mkl::Mkl::libraries);
        let all = mkl.chain(&self.svml).chain(&self.libmvec).chain(&self.sleef);
        all.filter_map(|library| Some(library.path.file_name()?.to_string_lossy().into_owned())).collect()
    }

    /// All that evaluate an op on an instruction set of this CPU.
    pub fn of<T: Real>(&self, op: Op) -> Vec<Peer<T>> {
        let mkl = self.mkl.iter().flat_map(|mkl| mkl.of(op));
        let svml = self.svml.iter().flat_map(|library| svml::of(library, op));
        let libmvec = self.libmvec.iter().flat_map(|library| libmvec::of(library, op));
        let sleef = self.sleef.iter().flat_map(|library| sleef::of(library, op));
        mkl.chain(svml).chain(libmvec).chain(sleef).collect()
    }
}

fn note<L>(opened: Result<L, String>, library: &'static str, get: &'static str, to: &mut Vec<Absent>) -> Option<L> {
    opened.map_err(|why| to.push(Absent { library, why, get })).ok()
}

/// What takes and returns one vector, for each instruction set of this CPU and each class: `name` gives the symbol for an
/// isa, a number of lanes and a class.
fn of_vectors<T: Real>(
    library: &'static str,
    file: &Library,
    classes: &[&'static str],
    name: impl Fn(Isa, usize, &str) -> Option<String>,
) -> Vec<Peer<T>> {
    let mut peers = Vec::new();
    for &isa in Isa::available() {
        for &class in classes {
            let Some(lanes) = T::lanes(isa) else { continue };
            let symbol = name(isa, lanes, class).and_then(|name| file.symbol(&name));
            // SAFETY: a library's names say what its functions take.
            if let Some(call) = symbol.and_then(|symbol| unsafe { T::call(isa, symbol) }) {
                peers.push(Peer { library, class, isa: Some(isa), call });
            }
        }
    }
    peers
}
