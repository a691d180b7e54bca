//! Who takes part: lanestack in every tier on every isa, loops of plain Rust, and the peers.
use std::path::{Path, PathBuf};

use lanestack::{Accuracy, Engine, Isa, Op, Threads};

use crate::cli::peers::{self, Peer, Peers};
use crate::plain;
use crate::reference::{self, Truth};

/// What lanestack is called in the tables.
pub const LANESTACK: &str = "lanestack";

/// An element type that the candidates have functions of.
pub trait Real: peers::Real + plain::Real + reference::Real {
    /// Whether it is subnormal.
    fn is_subnormal(self) -> bool;
    /// As `f64`.
    fn wide(self) -> f64;
    /// By how many ulp a result misses the truth.
    fn error(truth: &Truth<Self>, y: Self) -> f64;
    /// Loops over the vectors of the crate `wide`.
    fn wide_loop(op: Op) -> Option<Peer<Self>>;
    /// The functions of SLEEF, through `sleef-sys`.
    fn sleef(op: Op) -> Vec<Peer<Self>>;
}

/// The peers that are here.
pub struct Candidates {
    opened: Peers,
}

impl Candidates {
    /// Opens the libraries in this folder, else where the system has them.
    pub fn open(folder: &Path) -> Self {
        Self { opened: Peers::open(&[folder.to_owned()]) }
    }

    /// What is not here: why, and how to get it.
    pub fn absent(&self) -> impl Iterator<Item = String> {
        self.opened.absent().iter().filter(|absent| absent.library != peers::SLEEF).map(ToString::to_string)
    }

    /// The files that were opened.
    pub fn files(&self) -> Vec<&PathBuf> {
        self.opened.files()
    }

    /// All candidates for an op, those of other isas than asked for left out.
    pub fn of<T: Real>(&self, op: Op, isas: &[Isa]) -> Vec<Peer<T>> {
        let ours = Isa::available().iter().flat_map(|&isa| tiers(op, isa));
        let std = T::std(op).map(|sweep| Peer { library: "std", class: "", isa: None, call: Box::new(sweep) });
        // SLEEF comes through `sleef-sys`.
        let opened = self.opened.of(op).into_iter().filter(|peer| peer.library != peers::SLEEF);
        let all = ours.chain(std).chain(T::wide_loop(op)).chain(T::sleef(op)).chain(opened);
        all.filter(|peer| isas.is_empty() || peer.isa.is_none_or(|isa| isas.contains(&isa))).collect()
    }
}

/// The tiers that have a kernel of their own.
fn tiers<T: Real>(op: Op, isa: Isa) -> impl Iterator<Item = Peer<T>> {
    let own = Accuracy::ALL.iter().copied().filter(move |&tier| op.tier::<T>(tier) == tier);
    own.map(move |tier| {
        let engine = Engine::builder().isa(isa).accuracy(tier).threads(Threads::Exactly(1)).build();
        let engine = engine.expect("an available isa");
        let call = Box::new(move |src: &[T], dst: &mut [T]| engine.run_into(op, src, dst));
        Peer { library: LANESTACK, class: tier.name(), isa: Some(isa), call }
    })
}

macro_rules! real {
    ($($t:ident)*) => { $(impl Real for $t {
        fn is_subnormal(self) -> bool {
            <$t>::is_subnormal(self)
        }
        fn wide(self) -> f64 {
            self.into()
        }
        fn error(truth: &Truth<Self>, y: Self) -> f64 {
            reference::error(truth, y)
        }
        fn wide_loop(op: Op) -> Option<Peer<Self>> {
            crate::wide_loops::$t(op)
        }
        fn sleef(op: Op) -> Vec<Peer<Self>> {
            crate::sleef::$t(op)
        }
    })* };
}
real! { f32 f64 }
