//! The measurements for pictures: every size, more and more threads, and errors.
use std::iter;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use lanestack::{Accuracy, Engine, Isa, Op, Threads};

use crate::beside;
use crate::failure::Failure;
use crate::judged;
use crate::measure::{self, Pass, Team};
use crate::plain;
use crate::profile::{Errors, Profile, Scaled, SizeCurve, Sized, ThreadCurve};
use crate::sizes::Size;
use crate::yardsticks::Copied;

/// Bytes of source and result, from these on; each size is twice the one before.
const LEAST: u64 = 1 << 10;
/// The time for one op and type, at each size, and for each number of threads in cache and far beyond.
const SIZE: Duration = Duration::from_millis(30);
const IN_CACHE: Duration = Duration::from_millis(250);
const FAR: Duration = Duration::from_millis(150);
/// Inputs that errors are measured on.
const SAMPLES: usize = 40_000;

const STD: &str = "std";
const COPY: &str = "copy";

/// What is measured with.
pub struct Profiler {
    /// Best last.
    isas: Vec<Isa>,
    /// The best isa on 1, 2, 4 and so on, and all threads.
    engines: Vec<Engine>,
    /// Teams of as many threads, but one.
    teams: Vec<Team>,
    /// Bytes of source and result: in a core's own cache, and far beyond all.
    chunk: u64,
    far: u64,
    bar: ProgressBar,
}

impl Profiler {
    /// For so many ops and types, with up to so many threads.
    pub fn new(isas: &[Isa], threads: usize, chunk: u64, far: u64, ops: usize) -> Result<Self, Failure> {
        let best = *isas.last().expect("there is an isa");
        let engine = |&threads: &usize| Engine::builder().isa(best).threads(Threads::Exactly(threads)).build();
        let counts: Vec<usize> =
            iter::successors(Some(1), |n| Some(2 * n)).take_while(|&n| n < threads).chain([threads]).collect();
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").expect("a valid template");
        Ok(Self {
            isas: isas.to_vec(),
            engines: counts.iter().map(engine).collect::<Result<_, _>>()?,
            teams: counts[1..].iter().map(|&threads| Team::new(threads)).collect::<Result<_, _>>()?,
            chunk,
            far,
            bar: ProgressBar::new(ops as u64).with_style(style),
        })
    }

    /// Measures these ops on one type, in `src` and `dst` of the far size, and adds what is found.
    pub fn measure<T: beside::Real>(&self, ops: &[Op], src: &mut [T], dst: &mut [T], profile: &mut Profile) {
        let one = self.engines.first().expect("one thread");
        let copy = |engine: &Engine| -> Pass<'_, T> {
            let engine = engine.clone();
            Box::new(move |src, dst| engine.map_into(Copied, src, dst))
        };
        self.curves::<T>(
            COPY,
            vec![(self.best(), 1, copy(one)), (self.best(), self.all(), copy(self.last()))],
            src,
            dst,
            profile,
        );
        self.threads::<T>(COPY, Op::Square, &copy, src, dst, profile);
        for &op in ops {
            self.bar.set_message(format!("{op} {}, every size and number of threads", T::NAME));
            self.bar.inc(1);
            for part in src.chunks_mut(1 << 16) {
                part.copy_from_slice(&plain::ordinary(op, part.len()));
            }
            let run = |engine: &Engine| -> Pass<'_, T> {
                let engine = engine.clone();
                Box::new(move |src, dst| engine.run_into(op, src, dst))
            };
            let std = T::std(op).map(|sweep| -> (&str, usize, Pass<'_, T>) { (STD, 1, Box::new(sweep)) });
            let lanes = [(self.best(), 1, run(one)), (self.best(), self.all(), run(self.last()))];
            self.curves(op.name(), std.into_iter().chain(lanes).collect(), src, dst, profile);
            self.threads(op.name(), op, &run, src, dst, profile);
            self.errors::<T>(op, profile);
        }
    }

    fn best(&self) -> &'static str {
        self.last().isa().name()
    }

    fn last(&self) -> &Engine {
        self.engines.last().expect("one thread at least")
    }

    fn all(&self) -> usize {
        self.last().workers()
    }

    /// The passes over slices of every size.
    fn curves<T: beside::Real>(
        &self,
        op: &'static str,
        mut passes: Vec<(&'static str, usize, Pass<'_, T>)>,
        src: &[T],
        dst: &mut [T],
        profile: &mut Profile,
    ) {
        if self.all() == 1 {
            passes.pop();
        }
        let (names, passes): (Vec<_>, Vec<_>) =
            passes.into_iter().map(|(variant, threads, pass)| ((variant, threads), pass)).unzip();
        let mut curves: Vec<SizeCurve> = names
            .into_iter()
            .map(|(variant, threads)| SizeCurve { op, dtype: T::NAME, variant, threads, points: Vec::new() })
            .collect();
        for bytes in iter::successors(Some(LEAST), |bytes| Some(2 * bytes)).take_while(|&bytes| bytes <= self.far) {
            let elements = Size::Bytes(bytes).elements(size_of::<T>());
            let times = measure::in_turn(&passes, &src[..elements], &mut dst[..elements], SIZE);
            for (curve, ns) in curves.iter_mut().zip(times) {
                curve.points.push(Sized { elements, bytes, ns });
            }
        }
        profile.sizes.extend(curves);
    }

    /// A pass on 1, 2, 4 and so on, and all threads: each with a chunk of its own, and all with a far slice.
    fn threads<'a, T: beside::Real>(
        &self,
        name: &'static str,
        op: Op,
        pass: &dyn Fn(&Engine) -> Pass<'a, T>,
        src: &[T],
        dst: &mut [T],
        profile: &mut Profile,
    ) {
        let curve = |in_cache, points| ThreadCurve { op: name, dtype: T::NAME, variant: self.best(), in_cache, points };
        let chunk = plain::ordinary(op, Size::Bytes(self.chunk).elements(size_of::<T>()));
        let alone = [pass(&self.engines[0])];
        let shown = |team: &Team| {
            let shown = team.pairs(&alone, &chunk, IN_CACHE).first()?.shown?;
            Some(Scaled { threads: team.threads(), times: shown.ratio.median })
        };
        let one = Scaled { threads: 1, times: 1.0 };
        let in_cache = [one].into_iter().chain(self.teams.iter().filter_map(shown)).collect();
        profile.scaling.push(curve(true, in_cache));

        let passes: Vec<Pass<'_, T>> = self.engines.iter().map(pass).collect();
        let times = measure::in_turn(&passes, src, dst, FAR * passes.len() as u32);
        let point = |(engine, ns): (&Engine, &measure::Summary)| Scaled {
            threads: engine.workers(),
            times: times[0].median / ns.median,
        };
        profile.scaling.push(curve(false, self.engines.iter().zip(&times).map(point).collect()));
    }

    /// Errors of std and of each isa.
    fn errors<T: beside::Real>(&self, op: Op, profile: &mut Profile) {
        let mut peers = beside::ours::<T>(op, &self.isas);
        peers.retain(|peer| peer.library != beside::LANESTACK || peer.class == Accuracy::Default.name());
        let spec = op.spec::<T>(Accuracy::Default);
        for (peer, judged) in peers.iter().zip(judged::judge(&peers, op, SAMPLES)) {
            let bound = peer.isa.map(|isa| if isa.is_fused() == Some(false) { spec.ulp_unfused } else { spec.ulp });
            profile.errors.push(Errors {
                op: op.name(),
                dtype: T::NAME,
                variant: peer.isa.map_or(STD, Isa::name),
                bound,
                inputs: SAMPLES,
                judged,
            });
        }
    }
}

impl Drop for Profiler {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
