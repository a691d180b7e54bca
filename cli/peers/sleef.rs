//! SLEEF.
use std::path::PathBuf;

use lanestack::{Isa, Op};

use super::library::Library;
use super::{Peer, Real, of_vectors};

/// What it is called here.
pub const NAME: &str = "SLEEF";
/// How to get it.
pub const GET: &str = "apt-get install libsleef3";

/// Opens it.
pub fn open(folders: &[PathBuf]) -> Result<Library, String> {
    Library::open(folders, "libsleef.so.3")
}

/// Its functions, by bound (in tenths of an ulp) and isa: `Sleef_expd8_u10avx512f`.
pub fn of<T: Real>(library: &Library, op: Op) -> Vec<Peer<T>> {
    of_vectors(NAME, library, &["u05", "u10", "u35"], |isa, lanes, class| {
        let function = match op {
            Op::Exp => "exp",
            Op::Log => "log",
            Op::Sqrt => "sqrt",
            _ => return None,
        };
        let letter = if T::SUFFIX.is_empty() { 'd' } else { 'f' };
        let isa = match isa {
            Isa::Avx512 => "avx512f",
            Isa::Avx2 => "avx2",
            Isa::Neon => "advsimd",
            _ => return None,
        };
        Some(format!("Sleef_{function}{letter}{lanes}_{class}{isa}"))
    })
}
