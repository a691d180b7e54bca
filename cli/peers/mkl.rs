//! Intel's MKL: its vector functions as its manual has them, and its kernels past the dispatch by CPU.
//!
//! The dispatch looks at the vendor of the CPU: on others than Intel's, it takes code for SSE2. The kernels that it would
//! take on Intel's have names as well, and run on every CPU that has their isa.
use std::ffi::{c_int, c_longlong, c_void};
use std::mem;
use std::path::PathBuf;

use lanestack::{Isa, Op};

use super::library::{Library, Symbol};
use super::{Peer, Real};

/// What it is called here.
pub const NAME: &str = "MKL";
/// What its kernels are called, past the dispatch.
const KERNELS: &str = "MKL kernel";
/// How to get it.
pub const GET: &str = "pip install mkl";

/// The classes, and the mode of each: high accuracy, low accuracy, enhanced performance.
const CLASSES: [(&str, c_longlong); 3] = [("HA", 2), ("LA", 1), ("EP", 3)];
/// The isas that there are kernels for, by file and by name.
const ISAS: [(Isa, &str, &str); 2] =
    [(Isa::Avx512, "libmkl_vml_avx512.so", "Z0"), (Isa::Avx2, "libmkl_vml_avx2.so", "L9")];

/// 32-bit numbers of elements, and the calling thread only.
const LP64: c_int = 0;
const SEQUENTIAL: c_int = 1;

/// MKL, and the files of its kernels.
pub struct Mkl {
    entry: Library,
    core: Library,
    kernels: Vec<(Isa, &'static str, Library)>,
}

impl Mkl {
    /// Opens it.
    pub fn open(folders: &[PathBuf]) -> Result<Self, String> {
        let entry = Library::open(folders, "libmkl_rt.so")?;
        for (name, layer) in [("MKL_Set_Interface_Layer", LP64), ("MKL_Set_Threading_Layer", SEQUENTIAL)] {
            let symbol = entry.symbol(name).ok_or_else(|| format!("it lacks {name}"))?;
            // SAFETY: this is its signature by the manual.
            unsafe { mem::transmute::<*const c_void, unsafe extern "C" fn(c_int) -> c_int>(symbol.0)(layer) };
        }
        // The files of the kernels need this one, and do not find it by themselves.
        let core = Library::open(folders, "libmkl_core.so")?;
        let kernels = ISAS
            .iter()
            .filter(|(isa, ..)| isa.is_available())
            .filter_map(|&(isa, file, name)| Some((isa, name, Library::open(folders, file).ok()?)));
        Ok(Self { kernels: kernels.collect(), entry, core })
    }

    /// The files.
    pub fn libraries(&self) -> impl Iterator<Item = &Library> {
        [&self.entry, &self.core].into_iter().chain(self.kernels.iter().map(|(_, _, library)| library))
    }

    /// Its functions: `vmdExp`, and `mkl_vml_kernel_dExp_Z0HAynn` for each isa.
    pub fn of<T: Real>(&self, op: Op) -> Vec<Peer<T>> {
        let function = match op {
            Op::Exp => "Exp",
            Op::Log => "Ln",
            Op::Sqrt => "Sqrt",
            Op::Square => "Sqr",
            _ => return Vec::new(),
        };
        let letter = T::LETTER;
        let mut peers = Vec::new();
        for (class, mode) in CLASSES {
            if let Some(symbol) = self.entry.symbol(&format!("vm{letter}{function}")) {
                peers.push(Peer { library: NAME, class, isa: None, call: over_slices(symbol, mode) });
            }
        }
        for (isa, name, library) in &self.kernels {
            for (class, mode) in CLASSES {
                let how = if class == "EP" { "nnn" } else { "ynn" };
                let symbol = library.symbol(&format!("mkl_vml_kernel_{letter}{function}_{name}{class}{how}"));
                if let Some(symbol) = symbol {
                    peers.push(Peer { library: KERNELS, class, isa: Some(*isa), call: over_slices(symbol, mode) });
                }
            }
        }
        peers
    }
}

/// A function of number of elements, source, destination and mode.
fn over_slices<T: Real>(symbol: Symbol, mode: c_longlong) -> super::Call<T> {
    type Function<T> = unsafe extern "C" fn(c_int, *const T, *mut T, c_longlong);
    // SAFETY: the symbol is such a function, by the manual and by its code.
    let function = unsafe { mem::transmute::<*const c_void, Function<T>>(symbol.0) };
    Box::new(move |src, dst| {
        assert_eq!(src.len(), dst.len());
        let len = c_int::try_from(src.len()).expect("MKL counts in 32 bits");
        // SAFETY: both slices have this length.
        unsafe { function(len, src.as_ptr(), dst.as_mut_ptr(), mode) };
    })
}
