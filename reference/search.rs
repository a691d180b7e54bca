//! The worst inputs of `exp` and `log` in `f64`, by directed search.
//!
//! The domain is cut into cells, one for each table slot and exponent, with finer ones where exponents of the argument of a
//! polynomial change. Each round draws as many inputs from every cell; the half of the cells with the larger errors goes on
//! to the next round, and once few are left, each is cut into four. Cells of `exp` fix the multiple of `ln 2 / 16`, and
//! with it the rounding error of the reduced argument, so that this error is chosen first, those of the polynomial and the
//! near halves of the last sum after it. When the cells have become small, the neighbours of the worst inputs, at all
//! powers of two times a few ulps, climb as long as they get worse. Then it starts again with other random inputs.
use std::f64::consts::LN_2;
use std::time::{Duration, Instant};

use lanestack::{Engine, Isa, Op, Threads};
use rayon::prelude::*;

use crate::golden::random::Random;

/// Inputs of a round, and the number of cells from which on they are cut.
const ROUND: usize = 1 << 24;
const FEW: usize = 512;
/// Inputs that are kept and whose neighbours are tried.
const KEEP: usize = 64;

/// An input and its result, with what the result misses in ulps of the true value.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub ulp: f64,
    pub x: f64,
    pub got: f64,
}

impl Case {
    /// The correctly rounded result, if the error is above 0.5 ulp and below 1.
    pub fn want(self) -> f64 {
        if self.ulp.abs() < 0.5 {
            self.got
        } else if self.ulp > 0.0 {
            self.got.next_down()
        } else {
            self.got.next_up()
        }
    }
}

/// Searches for about this long, and prints the worst inputs of the op with normal results, and with subnormal ones.
pub fn run(op: Op, isa: Isa, time: Duration) -> Result<(), lanestack::Error> {
    let parts: &[(&str, f64, f64)] = match op {
        Op::Exp => &[("normal results", -708.396, 709.7827), ("subnormal results", -745.13, -708.3964185322642)],
        Op::Log => &[("all results", f64::from_bits(1), f64::MAX)],
        _ => panic!("{op} is correctly rounded"),
    };
    for &(name, low, high) in parts {
        let mut search = Search::new(op, isa, low, high)?;
        let end = Instant::now() + time / parts.len() as u32;
        while Instant::now() < end {
            search.descend(end);
        }
        println!("{op} f64 on {isa}, {name}: {} restarts, {:.1e} inputs", search.restarts, search.inputs as f64);
        for case in search.best.iter().take(5) {
            println!(
                "    {:.5} ulp at {:#018x} ({:?}): got {:#018x}, want {:#018x}",
                case.ulp.abs(),
                case.x.to_bits(),
                case.x,
                case.got.to_bits(),
                case.want().to_bits()
            );
        }
    }
    Ok(())
}

/// Inputs between two, as places in their order.
#[derive(Clone, Copy, Debug)]
struct Cell {
    low: i64,
    high: i64,
}

struct Search {
    op: Op,
    engine: Engine,
    reference: Reference,
    cells: Vec<Cell>,
    best: Vec<Case>,
    restarts: u64,
    inputs: usize,
}

impl Search {
    fn new(op: Op, isa: Isa, low: f64, high: f64) -> Result<Self, lanestack::Error> {
        let engine = Engine::builder().isa(isa).threads(Threads::Exactly(1)).build()?;
        let edges = if op == Op::Exp { exp_edges() } else { log_edges() };
        let mut edges: Vec<i64> = edges.into_iter().filter(|x| low < *x && *x < high).map(place).collect();
        edges.extend([place(low), place(high)]);
        edges.sort_unstable();
        edges.dedup();
        let cells = edges.windows(2).map(|ends| Cell { low: ends[0], high: ends[1] }).collect();
        Ok(Self { op, engine, reference: Reference::new(), cells, best: vec![], restarts: 0, inputs: 0 })
    }

    /// From all cells down to small ones, and uphill from there.
    fn descend(&mut self, end: Instant) {
        let mut cells = self.cells.clone();
        let mut top = vec![];
        self.restarts += 1;
        for round in 0.. {
            let each = (ROUND / cells.len()).max(64);
            self.inputs += each * cells.len();
            let mut judged: Vec<(Vec<Case>, Cell)> = cells
                .par_iter()
                .enumerate()
                .map(|(i, &cell)| (self.sample(cell, each, self.restarts << 32 ^ round << 24 ^ i as u64), cell))
                .collect();
            judged.sort_by(|(a, _), (b, _)| b[0].ulp.abs().total_cmp(&a[0].ulp.abs()));
            top.extend(judged.iter().flat_map(|(cases, _)| cases));
            keep_worst(&mut top, KEEP);
            judged.truncate(judged.len().div_ceil(2));
            cells = judged.into_iter().map(|(_, cell)| cell).collect();
            if cells.len() <= FEW {
                cells = cells.iter().flat_map(|cell| cell.quarters()).collect();
            }
            if cells.iter().all(|cell| cell.high - cell.low < 1 << 20) || Instant::now() > end {
                break;
            }
        }
        let tops: Vec<Case> = top.par_iter().map(|&case| self.climb(case)).collect();
        self.best.extend(tops);
        keep_worst(&mut self.best, KEEP);
    }

    /// The worst four of inputs from a cell at random.
    fn sample(&self, cell: Cell, count: usize, seed: u64) -> Vec<Case> {
        let mut random = Random(seed);
        let span = (cell.high - cell.low) as u64;
        let mut worst = vec![];
        for part in (0..count).step_by(1024) {
            let draw = |_| value(cell.low + ((u128::from(random.bits()) * u128::from(span)) >> 64) as i64);
            let xs: Vec<f64> = (0..1024.min(count - part)).map(draw).collect();
            self.judge(&xs, &mut worst);
        }
        worst
    }

    /// Keeps the worst four of these inputs and those already found.
    fn judge(&self, xs: &[f64], worst: &mut Vec<Case>) {
        let mut ys = vec![0.0; xs.len()];
        self.engine.run_into(self.op, xs, &mut ys);
        for (&x, &got) in xs.iter().zip(&ys) {
            let ulp = self.reference.error(self.op, x, got);
            if worst.len() < 4 || ulp.abs() > worst[3].ulp.abs() {
                worst.push(Case { ulp, x, got });
                keep_worst(worst, 4);
            }
        }
    }

    /// Goes to the worst neighbour while there is a worse one.
    fn climb(&self, mut case: Case) -> Case {
        loop {
            let here = place(case.x);
            let steps = (0..44).flat_map(|n| (1..128).step_by(2).flat_map(move |m| [m << n, -m << n]));
            let (low, high) = (self.cells[0].low, self.cells[self.cells.len() - 1].high);
            let xs: Vec<f64> = steps.map(|step| here + step).filter(|i| (low..high).contains(i)).map(value).collect();
            let mut worst = vec![case];
            self.judge(&xs, &mut worst);
            if worst[0].x == case.x {
                return case;
            }
            case = worst[0];
        }
    }
}

impl Cell {
    fn quarters(self) -> impl Iterator<Item = Self> {
        let at = move |i: i64| self.low + ((i128::from(self.high - self.low) * i128::from(i)) / 4) as i64;
        (0..4).map(move |i| Self { low: at(i), high: at(i + 1) }).filter(|cell| cell.low < cell.high)
    }
}

fn keep_worst(cases: &mut Vec<Case>, count: usize) {
    cases.sort_by(|a, b| b.ulp.abs().total_cmp(&a.ulp.abs()).then(a.x.total_cmp(&b.x)));
    cases.dedup_by_key(|case| case.x.to_bits());
    cases.truncate(count);
}

/// The place of a number among all, in order.
fn place(x: f64) -> i64 {
    let bits = x.to_bits() as i64;
    if bits < 0 { i64::MIN - bits } else { bits }
}

fn value(place: i64) -> f64 {
    f64::from_bits(if place < 0 { i64::MIN - place } else { place } as u64)
}

/// Halfway between the multiples of `ln 2 / 16`, these, and powers of two.
fn exp_edges() -> Vec<f64> {
    let halves = (-35_000..=35_000).map(|i| f64::from(i) * LN_2 / 32.0);
    halves.chain((-70..-4).flat_map(|n| [2f64.powi(n), -(2f64.powi(n))])).collect()
}

/// Sixteenths of each binade, powers of two for the subnormal numbers, and powers of two from 1.
fn log_edges() -> Vec<f64> {
    let slots = (1..0x7ff0).map(|i| f64::from_bits((i << 48) + 0x8240_0000_0000));
    let subnormal = (0..52).map(|i| f64::from_bits(1 << i));
    let around = (4..53).flat_map(|n| [1.0 + 2f64.powi(-n), 1.0 - 2f64.powi(-n)]);
    slots.chain(subnormal).chain(around).collect()
}

type Pair = (f64, f64);

/// `ln 2` to 108 bits.
const LN2: Pair = (LN_2, f64::from_bits(0x3c7a_bc9e_3b39_803f));
/// How finely the reference cuts, which is not where the kernels do.
const PARTS: i32 = 128;

/// `exp` and `log` to some 2^-68 of themselves, which is far below what is to be told apart.
struct Reference {
    /// `2^(j/128)`
    powers: Vec<Pair>,
    /// `ln(j/128)`
    logs: Vec<Pair>,
}

impl Reference {
    fn new() -> Self {
        let powers = (0..PARTS).map(|j| exp_series(mul(LN2, (f64::from(j) / f64::from(PARTS), 0.0)))).collect();
        let log = |j: i32| {
            // One step of Newton's: ln c = y + ln(c e^-y)
            let (c, y) = (f64::from(j) / f64::from(PARTS), (f64::from(j.max(1)) / f64::from(PARTS)).ln());
            let t = add(mul((c, 0.0), exp_series((-y, 0.0))), (-1.0, 0.0));
            add((y, 0.0), t)
        };
        Self { powers, logs: (0..2 * PARTS).map(log).collect() }
    }

    /// By how many ulps of the true value a result is too large.
    fn error(&self, op: Op, x: f64, y: f64) -> f64 {
        if op == Op::Exp { self.exp_error(x, y) } else { self.log_error(x, y) }
    }

    /// By how many ulps of `e^x` a result is too large.
    fn exp_error(&self, x: f64, y: f64) -> f64 {
        let k = (x * (f64::from(PARTS) / LN_2)).round();
        let h = k / f64::from(PARTS);
        let r = add((x, 0.0), mul((-h, 0.0), LN2));
        let n = h.floor();
        // e^r = 1 + r + r^2/2 + r^3 (1/6 + ...), |r| < 2^-8
        let square = mul(r, r);
        let cubic = r.0
            * square.0
            * (1.0 / 6.0 + r.0 * (1.0 / 24.0 + r.0 * (1.0 / 120.0 + r.0 * (1.0 / 720.0 + r.0 / 5040.0))));
        let (high, low) = add(add(r, (0.5 * square.0, 0.5 * square.1)), (cubic, 0.0));
        let s = self.powers[(k - n * f64::from(PARTS)) as usize];
        let e = add(s, mul(s, (high, low)));
        let n = n as i32;
        let below = e.0 < 1.0 || e.0 == 1.0 && e.1 < 0.0;
        let ulp = (if below { -53 } else { -52 }).max(-1074 - n);
        let y = y * 2f64.powi(-n / 2) * 2f64.powi(-n - -n / 2);
        ((y - e.0) - e.1) / 2f64.powi(ulp)
    }

    /// By how many ulps of `ln x` a result is too large.
    fn log_error(&self, x: f64, y: f64) -> f64 {
        let (x, shift) = if x < f64::MIN_POSITIVE { (x * 2f64.powi(54), -54) } else { (x, 0) };
        let bits = x.to_bits() as i64 - 0x3fe8_0000_0000_0000; // from 3/4 on
        let e = bits >> 52;
        let m = f64::from_bits((x.to_bits() as i64 - (e << 52)) as u64);
        let j = (f64::from(PARTS) / m).round();
        let c = j / f64::from(PARTS);
        let r = m.mul_add(c, -1.0); // exact, below 2^-7
        let square = (r * r, r.mul_add(r, -(r * r)));
        // ln(1 + r) = r - r^2/2 + r^3 (1/3 - ...)
        let mut q = 0.0;
        for i in (4..=10).rev() {
            q = r * ((if i % 2 == 0 { -1.0 } else { 1.0 }) / f64::from(i) + q);
        }
        let cube = mul(square, (r, 0.0));
        let cubic = add(div3(cube), (cube.0 * q, 0.0));
        let l = add(add((r, 0.0), (-0.5 * square.0, -0.5 * square.1)), cubic);
        let mut v = l;
        if j != f64::from(PARTS) {
            let (a, b) = self.logs[j as usize];
            v = add((-a, -b), v);
        }
        let e = (e as i32 + shift) as f64;
        if e != 0.0 {
            v = add(mul((e, 0.0), LN2), v);
        }
        if v.0 == 0.0 {
            return if y == 0.0 { 0.0 } else { f64::INFINITY };
        }
        let mut exponent = (v.0.to_bits() >> 52 & 0x7ff) as i32 - 1023;
        if v.0.to_bits() << 12 == 0 && v.1 != 0.0 && (v.1 < 0.0) == (v.0 > 0.0) {
            exponent -= 1; // a power of two, and the truth just below it
        }
        ((y - v.0) - v.1) * 2f64.powi(52 - exponent)
    }
}

/// A third, exact enough.
fn div3(a: Pair) -> Pair {
    let q = a.0 / 3.0;
    (q, ((-3.0f64).mul_add(q, a.0) + a.1) / 3.0)
}

/// `e^r` for `|r| < 1`, slowly.
fn exp_series(r: Pair) -> Pair {
    let r = (r.0 / 256.0, r.1 / 256.0);
    let mut t = (0.0, 0.0);
    for n in (1..=13).rev() {
        // t = r/n (1 + t), the quotient in two parts
        let p = mul(r, add((1.0, 0.0), t));
        let q = p.0 / f64::from(n);
        t = two_sum(q, ((-q).mul_add(f64::from(n), p.0) + p.1) / f64::from(n));
    }
    for _ in 0..8 {
        t = add((2.0 * t.0, 2.0 * t.1), mul(t, t));
    }
    add((1.0, 0.0), t)
}

/// `a + b`, exactly.
#[inline]
fn two_sum(a: f64, b: f64) -> Pair {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

#[inline]
fn add(a: Pair, b: Pair) -> Pair {
    let (s, e) = two_sum(a.0, b.0);
    let (t, f) = two_sum(a.1, b.1);
    let (s, e) = two_sum(s, e + t);
    two_sum(s, e + f)
}

#[inline]
fn mul(a: Pair, b: Pair) -> Pair {
    let p = a.0 * b.0;
    let e = a.0.mul_add(b.0, -p);
    two_sum(p, e + (a.0 * b.1 + a.1 * b.0))
}
