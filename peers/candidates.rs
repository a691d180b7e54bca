//! Who takes part: lanestack in every tier on every isa, loops of plain Rust, and the peers.
use std::path::Path;

use lanestack::{Isa, Op};

use crate::cli::beside;
use crate::cli::peers::{Peer, Peers};
use crate::{sleef, wide_loops};

/// An element type that the candidates have functions of.
pub trait Real: beside::Real {
    /// Loops over the vectors of the crate `wide`.
    fn wide_loop(op: Op) -> Option<Peer<Self>>;
    /// The functions of SLEEF, through `sleef-sys`.
    fn sleef(op: Op) -> Vec<Peer<Self>>;
}

macro_rules! real {
    ($($t:ident)*) => { $(impl Real for $t {
        fn wide_loop(op: Op) -> Option<Peer<Self>> {
            wide_loops::$t(op)
        }
        fn sleef(op: Op) -> Vec<Peer<Self>> {
            sleef::$t(op)
        }
    })* };
}
real! { f32 f64 }

/// The peers that are opened at run time. SLEEF is none of them: it comes through `sleef-sys`.
pub struct Opened(Peers);

impl Opened {
    /// Opens the libraries in this folder, else where the system has them.
    pub fn new(folder: &Path) -> Self {
        Self(Peers::open(&[folder.to_owned()]))
    }

    /// What is not here: why, and how to get it.
    pub fn absent(&self) -> impl Iterator<Item = String> {
        self.0.absent().iter().filter(|absent| absent.library != sleef::NAME).map(ToString::to_string)
    }

    /// The names of the files that were opened.
    pub fn files(&self) -> Vec<String> {
        self.0.files()
    }

    /// All candidates for an op on these isas.
    pub fn candidates<T: Real>(&self, op: Op, isas: &[Isa]) -> Vec<Peer<T>> {
        let opened = self.0.of(op).into_iter().filter(|peer| peer.library != sleef::NAME);
        let others = T::wide_loop(op).into_iter().chain(T::sleef(op)).chain(opened);
        let mut all = beside::ours(op, isas);
        all.extend(others.filter(|peer| peer.isa.is_none_or(|isa| isas.contains(&isa))));
        all
    }
}
