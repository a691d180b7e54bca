//! Intel's short vector mathematical library: what its compilers call.
use std::path::PathBuf;

use lanestack::{Isa, Op};

use super::library::Library;
use super::{Peer, Real, of_vectors};

/// What it is called here.
pub const NAME: &str = "SVML";
/// How to get it.
pub const GET: &str = "pip install intel-cmplr-lib-rt";

/// High accuracy, low accuracy, enhanced performance, correctly rounded.
const CLASSES: &[&str] = &["CR", "HA", "LA", "EP"];

/// Opens it.
pub fn open(folders: &[PathBuf]) -> Result<Library, String> {
    // It needs this one, and does not find it by itself.
    Library::open(folders, "libintlc.so.5")?;
    Library::open(folders, "libsvml.so")
}

/// Its functions for each isa, past the dispatch by CPU: `__svml_exp8_ha_z0`.
pub fn of<T: Real>(library: &Library, op: Op) -> Vec<Peer<T>> {
    of_vectors(NAME, library, CLASSES, |isa, lanes, class| {
        let function = match op {
            Op::Exp => "exp",
            Op::Log => "log",
            Op::Sqrt => "sqrt",
            _ => return None,
        };
        let class = match class {
            "CR" => "_cr",
            "HA" => "_ha",
            "EP" => "_ep",
            _ => "",
        };
        let isa = match isa {
            Isa::Avx512 => "z0",
            Isa::Avx2 => "l9",
            _ => return None,
        };
        Some(format!("__svml_{function}{}{lanes}{class}_{isa}", T::SUFFIX))
    })
}
