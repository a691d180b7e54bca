//! The vector functions of the GNU C library.
use std::path::PathBuf;

use lanestack::{Isa, Op};

use super::library::Library;
use super::{Peer, Real, of_vectors};

/// What it is called here.
pub const NAME: &str = "libmvec";
/// How to get it.
pub const GET: &str = "part of the GNU C library, on x86-64 from 2.22 on, on aarch64 from 2.38 on";

/// Opens it.
pub fn open(folders: &[PathBuf]) -> Result<Library, String> {
    Library::open(folders, "libmvec.so.1")
}

/// Its functions, by the names of the vector ABI: `_ZGVeN8v_exp`.
pub fn of<T: Real>(library: &Library, op: Op) -> Vec<Peer<T>> {
    of_vectors(NAME, library, &["4 ulp"], |isa, lanes, _| {
        let function = match op {
            Op::Exp => "exp",
            Op::Log => "log",
            _ => return None,
        };
        let isa = match isa {
            Isa::Avx512 => 'e',
            Isa::Avx2 => 'd',
            Isa::Neon => 'n',
            _ => return None,
        };
        Some(format!("_ZGV{isa}N{lanes}v_{function}{}", T::SUFFIX))
    })
}
