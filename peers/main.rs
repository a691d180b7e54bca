//! Runs lanestack beside its peers.
#[path = "../cli"]
#[allow(dead_code, reason = "modules of the command, of which parts are taken")]
mod cli {
    pub mod peers;
    pub mod plain;
    pub mod reference;
    pub mod summary;
}
use cli::plain;

mod rounds;

use std::path::PathBuf;

use cli::peers::{Call, Peers};
use cli::summary::Summary;
use lanestack::{Accuracy, Engine, Isa, Op, Threads};

struct Candidate<T> {
    name: String,
    isa: Option<Isa>,
    call: Call<T>,
}

fn main() {
    let folders = [PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.venv/lib"))];
    let peers = Peers::open(&folders);
    for absent in peers.absent() {
        println!("absent: {}: {} ({})", absent.library, absent.why, absent.get);
    }
    let only: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| only.is_empty() || only.iter().any(|o| o == name);
    for &op in Op::ALL {
        if has(op.name()) || !Op::ALL.iter().any(|op| only.iter().any(|o| o == op.name())) {
            if has("f64") || !has("f32") {
                run::<f64>(&peers, op);
            }
            if has("f32") || !has("f64") {
                run::<f32>(&peers, op);
            }
        }
    }
}

fn run<T: plain::Real + cli::peers::Real>(peers: &Peers, op: Op) {
    let mut candidates: Vec<Candidate<T>> = Vec::new();
    for &isa in Isa::available() {
        for &accuracy in Accuracy::ALL {
            if op.tier::<T>(accuracy) == accuracy {
                let engine =
                    Engine::builder().isa(isa).accuracy(accuracy).threads(Threads::Exactly(1)).build().unwrap();
                candidates.push(Candidate {
                    name: format!("lanestack {accuracy}"),
                    isa: Some(isa),
                    call: Box::new(move |src, dst| engine.run_into(op, src, dst)),
                });
            }
        }
    }
    let ours = candidates.len();
    if let Some(sweep) = <T as plain::Real>::std(op) {
        candidates.push(Candidate { name: "std".into(), isa: None, call: Box::new(sweep) });
    }
    candidates.extend(peers.of(op).into_iter().map(|peer| Candidate {
        name: format!("{} {}", peer.library, peer.class),
        isa: peer.isa,
        call: peer.call,
    }));
    const N: usize = 2048;
    let source = plain::ordinary::<T>(op, N);
    let mut memory = vec![T::ONE; 2 * N + 64];
    let at = memory.as_ptr().align_offset(64);
    let (src, dst) = memory[at..at + 2 * N].split_at_mut(N);
    src.copy_from_slice(&source);
    let calls: Vec<&Call<T>> = candidates.iter().map(|c| &c.call).collect();
    let times = rounds::run(&calls, src, dst, 400);
    println!(
        "\n{op} {}      (ratio: lanestack's time / this one's, same isa and round; for rows without isa, the best isa)",
        T::NAME
    );
    println!("{:<20}{:<9} {:>8} {:>6} {:>8}   ratios of {}", "peer", "isa", "ns", "+-%", "min", "default exact fast");
    for (k, c) in candidates.iter().enumerate() {
        let ns = Summary::of(times[k].iter().copied()).unwrap();
        let isa = c.isa.unwrap_or(Isa::best());
        let ratios: Vec<String> = (0..ours)
            .filter(|&o| candidates[o].isa == Some(isa) && o != k)
            .map(|o| {
                let r = Summary::of(times[o].iter().zip(&times[k]).map(|(a, b)| a / b)).unwrap();
                format!("{} {:.3} (+-{:.1}%)", &candidates[o].name[10..], r.median, 100.0 * r.spread())
            })
            .collect();
        println!(
            "{:<20}{:<9} {:>8.4} {:>6.1} {:>8.4}   {}",
            c.name,
            c.isa.map_or("", |i| i.name()),
            ns.median,
            100.0 * ns.spread(),
            ns.min,
            ratios.join("  ")
        );
    }
}
