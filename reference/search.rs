//! The worst inputs of the default tier in `f64`, by directed search.
//!
//! The domain is cut where the kernels' tables and the binades of results meet. In each region, inputs at random; the
//! regions that come out worst are searched again with more of them, and so on; last, all around the worst inputs. An
//! error above half an ulp shows as a result that is not correctly rounded: the exact tier tells those few, and only they
//! are measured.
use std::f64::consts::LN_2;

use lanestack::{Accuracy, Engine, Op, Threads};
use rayon::prelude::*;

use crate::generator::Random;
use crate::oracle::Exact;

const BATCH: usize = 1 << 12;
/// Inputs of each region at first, and of those that remain at last.
const FIRST: usize = 1 << 16;
const LAST: usize = 1 << 28;
/// Regions that remain at last, inputs around which all are tried, and how many these are to each side.
const REMAIN: usize = 8;
const TOP: usize = 64;
const AROUND: u64 = 1 << 22;

/// Numbers between which both ends are of one sign.
type Region = (f64, f64);
/// An error in ulp, the input and the result.
type Case = (f64, f64, f64);

/// Searches, and prints the worst inputs.
pub fn run(op: Op) {
    let groups: &[(&str, Vec<Region>)] = &match op {
        Op::Exp => [("normal results", exp_regions(false)), ("subnormal results", exp_regions(true))],
        _ => [("around 1", log_regions(true)), ("elsewhere", log_regions(false))],
    };
    for (name, regions) in groups {
        let mut best = search(op, regions.clone());
        best.truncate(5);
        println!("{op} f64 default, {name}: the worst of {} regions", regions.len());
        for (error, x, y) in best {
            let want = if op == Op::Exp { crate::mpfr::exp(x) } else { crate::mpfr::log(x) };
            println!(
                "    {error:.5} ulp at {:#018x} ({x:e}): got {:#018x}, want {:#018x}",
                x.to_bits(),
                y.to_bits(),
                want.to_bits()
            );
        }
    }
}

fn search(op: Op, mut regions: Vec<Region>) -> Vec<Case> {
    let judge = Judge::new(op);
    let (mut samples, mut best) = (FIRST, vec![]);
    loop {
        let mut found: Vec<(Vec<Case>, Region)> =
            regions.par_iter().map(|&region| (judge.random(region, samples), region)).collect();
        found.sort_by(|a, b| error(&b.0).total_cmp(&error(&a.0)));
        best.extend(found.iter().flat_map(|(cases, _)| cases.iter().copied()));
        sort(&mut best);
        best.truncate(TOP);
        if samples >= LAST {
            break;
        }
        found.truncate((found.len() / 4).max(REMAIN));
        samples = (samples * 4).min(LAST);
        regions = found.into_iter().map(|(_, region)| region).collect();
    }
    let around: Vec<Case> = best.par_iter().flat_map(|&(_, x, _)| judge.around(x)).collect();
    best.extend(around);
    sort(&mut best);
    best.dedup_by_key(|case| case.1.to_bits());
    best
}

fn error(cases: &[Case]) -> f64 {
    cases.first().map_or(0.0, |case| case.0)
}

fn sort(cases: &mut [Case]) {
    cases.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
}

struct Judge {
    op: Op,
    default: Engine,
    exact: Engine,
}

impl Judge {
    fn new(op: Op) -> Self {
        let default = Engine::builder().threads(Threads::Exactly(1)).build().expect("the best isa");
        assert_eq!(default.isa().is_fused(), Some(true), "the search is for isas with fused multiply-add");
        Self { op, exact: default.with_accuracy(Accuracy::Exact), default }
    }

    /// The worst few of these inputs.
    fn worst(&self, inputs: impl Iterator<Item = f64>, count: usize) -> Vec<Case> {
        let (mut xs, mut ys, mut want) = (vec![0.0; BATCH], vec![0.0; BATCH], vec![0.0; BATCH]);
        let (mut inputs, mut worst, mut left) = (inputs, vec![], count);
        while left > 0 {
            let n = left.min(BATCH);
            left -= n;
            xs.iter_mut().zip(inputs.by_ref()).for_each(|(x, input)| *x = input);
            self.default.run_into(self.op, &xs, &mut ys);
            self.exact.run_into(self.op, &xs, &mut want);
            for ((&x, &y), _) in xs.iter().zip(&ys).zip(&want).take(n).filter(|((_, y), want)| y != want) {
                worst.push((Exact::of(self.op, x).error(y), x, y));
            }
            if worst.len() > 16 * TOP {
                sort(&mut worst);
                worst.truncate(TOP);
            }
        }
        sort(&mut worst);
        worst.truncate(TOP);
        worst
    }

    fn random(&self, (a, b): Region, count: usize) -> Vec<Case> {
        let mut random = Random(a.to_bits() ^ count as u64);
        self.worst(std::iter::from_fn(|| Some(random.between(a, b))), count)
    }

    fn around(&self, x: f64) -> Vec<Case> {
        let first = x.to_bits() - AROUND;
        self.worst((0..).map(|i| f64::from_bits(first + i)), 2 * AROUND as usize)
    }
}

/// For some exponents of results, each entry of the table and eighths of its range.
fn exp_regions(subnormal: bool) -> Vec<Region> {
    let exponents: &[i32] = if subnormal {
        &[-1023, -1024, -1025, -1026, -1028, -1032, -1040, -1050, -1060, -1070]
    } else {
        &[-1022, -1000, -700, -100, -10, -3, -2, -1, 0, 1, 2, 10, 100, 700, 1000, 1022]
    };
    let mut regions = vec![];
    for n in exponents {
        for part in -4..124 {
            let at = |part: i32| (f64::from(*n) + f64::from(part) / 128.0) * LN_2;
            let (a, b) = (at(part), at(part + 1));
            if a.is_sign_negative() == b.is_sign_negative() && a != 0.0 && b != 0.0 && (subnormal || a > -708.39) {
                regions.push((a, b));
            }
        }
    }
    regions
}

/// Parts of a binade: in those around 1, and in others.
fn log_regions(around: bool) -> Vec<Region> {
    let mut regions = vec![];
    if around {
        // 256 parts from 0.7 to 1.5, and finer ones between 1/64 and 1/16 from 1.
        regions.extend((0..256).map(|i| (0.7 + f64::from(i) / 320.0, 0.7 + f64::from(i + 1) / 320.0)));
        regions.extend((-64..64).map(|i| (1.0 + f64::from(i) / 1024.0, 1.0 + f64::from(i + 1) / 1024.0)));
    } else {
        for e in [-1074, -1050, -1023, -1000, -300, -20, -4, -3, -2, 1, 2, 3, 4, 20, 300, 1000, 1023] {
            let scale = |m: f64| m * 2f64.powi(e / 2) * 2f64.powi(e - e / 2);
            regions.extend((0..32).map(|i| (scale(1.0 + f64::from(i) / 32.0), scale(1.0 + f64::from(i + 1) / 32.0))));
        }
        regions.retain(|(a, b)| b.is_finite() && a < b);
    }
    regions
}
