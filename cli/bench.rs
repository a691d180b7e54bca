//! The measurements of `compare`: the variants of one op at one size, held against std and against copying.
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use lanestack::{Accuracy, Engine, Isa, Op, Threads};

use crate::classes::classes;
use crate::comparison::{Bits, Class, Inputs, Limit, Roof, Row, Section, Stack};
use crate::failure::Failure;
use crate::measure::{self, Paired, Pass, Summary, Team};
use crate::plain::{self, Real};
use crate::sizes::{Caches, Size};
use crate::yardsticks::{Copied, Negated};

/// Seconds of measuring, at most: the whole command is to stay below 30.
const BUDGET: f64 = 24.0;
/// Elements that are compared bit by bit.
const COMPARED: usize = 1 << 18;
/// Elements of a class of input, and the time for all classes of an op and type.
const CLASS_ELEMENTS: usize = 1024;
const CLASSES: Duration = Duration::from_millis(60);

const STD: &str = "std";
/// The yardsticks: the copy roof is the faster of the first two.
const COPY: &str = "copy by lanes";
const MEMCPY: &str = "copy by memcpy";
const MODIFY: &str = "read-modify-write";

/// What the measurements share.
pub struct Bench<'a> {
    caches: &'a Caches,
    /// One thread each, best last.
    engines: Vec<Engine>,
    /// If there are several threads.
    all: Option<All>,
    roofs: Vec<Roof>,
    budget: Budget,
}

/// All threads, and the best isa on them.
struct All {
    team: Team,
    engine: Engine,
    wake_up_ns: Summary,
}

/// A pass, and the row that it becomes.
struct Variant<'a, T> {
    name: &'static str,
    threads: usize,
    pass: Pass<'a, T>,
}

impl<'a> Bench<'a> {
    /// For these isas, best last, and so many threads, and these sections to come: whether each is in cache.
    pub fn new(isas: &[Isa], threads: usize, caches: &'a Caches, sections: &[bool]) -> Result<Self, Failure> {
        let engine = |isa: &Isa, threads| Engine::builder().isa(*isa).threads(Threads::Exactly(threads)).build();
        let all = if threads > 1 {
            let team = Team::new(threads)?;
            let wake_up_ns = team.wake_up();
            Some(All { team, engine: engine(isas.last().expect("there is an isa"), threads)?, wake_up_ns })
        } else {
            None
        };
        Ok(Self {
            caches,
            engines: isas.iter().map(|isa| engine(isa, 1)).collect::<Result<_, _>>()?,
            all,
            roofs: Vec::new(),
            budget: Budget::new(sections),
        })
    }

    /// Allows time for these sections, now that the planned ones are done.
    pub fn allow(&mut self, sections: &[bool]) {
        self.budget = Budget::new(sections);
    }

    /// Nanoseconds that one parallel call takes without any work.
    pub fn wake_up_ns(&self) -> Option<Summary> {
        self.all.as_ref().map(|all| all.wake_up_ns)
    }

    /// What memory can do: the medians of all sections' medians.
    pub fn roofs(self) -> Vec<Roof> {
        let mut pooled: Vec<(Roof, Vec<f64>)> = Vec::new();
        for roof in self.roofs {
            let median = roof.gb_per_s.median;
            let same = |(other, _): &&mut (Roof, Vec<f64>)| {
                (other.kind, &other.place, other.threads) == (roof.kind, &roof.place, roof.threads)
            };
            match pooled.iter_mut().find(same) {
                Some((_, medians)) => medians.push(median),
                None => pooled.push((roof, vec![median])),
            }
        }
        let roof = |(roof, medians)| Some(Roof { gb_per_s: Summary::of(medians)?, ..roof });
        pooled.into_iter().filter_map(roof).collect()
    }

    /// Measures the variants of an op at one size.
    pub fn section<T: Real>(&mut self, op: Op, src: &[T], dst: &mut [T]) -> Section {
        let bytes = 2 * size_of_val(src) as u64;
        let place = self.caches.place(bytes, self.all.as_ref().map_or(1, |all| all.team.threads()));
        let chunk = Size::Bytes(self.caches.chunk()).elements(size_of::<T>());
        let fits_chunk = src.len() <= chunk;
        let (share, pairs_share) = self.budget.next(place.in_cache, format!("{op} {} in {}", T::NAME, place.name));

        let rows = self.rows(op, src, dst, !fits_chunk, share);
        let pairs = if fits_chunk { self.pairs::<T>(op, chunk, pairs_share) } else { Vec::new() };
        let mut section = Section {
            op: op.name(),
            dtype: T::NAME,
            elements: src.len(),
            bytes,
            place: place.name,
            in_cache: place.in_cache,
            rows,
            stack: None,
        };
        self.relate(&mut section, 2 * size_of::<T>());
        if !pairs.is_empty() {
            self.add_pairs(&mut section, &pairs, 2 * size_of::<T>());
        }
        compare_bits::<T>(op, &self.engines, &mut section.rows);
        section
    }

    /// Measures what each class of input costs with the best isa.
    pub fn inputs<T: Real>(&self, op: Op) -> Inputs {
        let engine = self.engines.last().expect("there is an isa");
        let ordinary = plain::ordinary::<T>(op, CLASS_ELEMENTS);
        let classes = classes(op, &ordinary, T::nearest);
        let mut passes: Vec<Pass<'_, T>> = Vec::new();
        for (_, class) in &classes {
            passes.push(Box::new(move |_, dst| engine.run_into(op, class, dst)));
        }
        let times = measure::in_turn(&passes, &ordinary, &mut ordinary.clone(), CLASSES);
        let class = |(&(name, _), ns)| Class { name, ns };
        let classes = classes.iter().zip(times).map(class).collect();
        Inputs { op: op.name(), dtype: T::NAME, variant: engine.isa().name(), classes }
    }

    /// The yardsticks and the variants, in turn.
    fn rows<T: Real>(&self, op: Op, src: &[T], dst: &mut [T], spread: bool, share: Duration) -> Vec<Row> {
        let mut variants = one_thread(&self.engines, op);
        if let Some(all) = self.all.as_ref().filter(|_| spread) {
            variants.extend(all_threads(all, op));
        }
        let (names, passes): (Vec<_>, Vec<_>) = variants.into_iter().map(|v| ((v.name, v.threads), v.pass)).unzip();
        let times = measure::in_turn(&passes, src, dst, share);
        names.into_iter().zip(times).map(|((name, threads), ns)| Row::new(name, threads, Some(ns))).collect()
    }

    /// Pairs of one thread and all, each thread with a chunk of its own; none if there is just one.
    fn pairs<T: Real>(&self, op: Op, chunk: usize, share: Duration) -> Vec<(&'static str, Paired)> {
        let Some(all) = &self.all else { return Vec::new() };
        let variants = paired::<T>(&self.engines, op);
        let (names, passes): (Vec<_>, Vec<_>) = variants.into_iter().map(|v| (v.name, v.pass)).unzip();
        names.into_iter().zip(all.team.pairs(&passes, &plain::ordinary(op, chunk), share)).collect()
    }

    /// Takes the yardsticks out of the rows, and holds the others against them and against std.
    fn relate(&mut self, section: &mut Section, bytes: usize) {
        let (yardsticks, mut rows): (Vec<Row>, Vec<Row>) =
            section.rows.drain(..).partition(|row| [COPY, MEMCPY, MODIFY].contains(&row.variant));
        let time = |rows: &[Row], name: &str, threads: usize| {
            rows.iter().find(|row| (row.variant, row.threads) == (name, threads))?.median()
        };
        let copy =
            |threads| [COPY, MEMCPY].iter().filter_map(|name| time(&yardsticks, name, threads)).min_by(f64::total_cmp);
        let std = time(&rows, STD, 1);
        for row in &mut rows {
            row.relate(bytes, copy(row.threads), std);
        }
        if let Some(All { team, engine, .. }) = &self.all {
            let ns = |name, threads| rows.iter().find(|row| (row.variant, row.threads) == (name, threads))?.ns;
            let both = |name| Some([ns(name, 1)?, ns(name, team.threads())?]);
            section.stack = both(STD).zip(both(engine.isa().name())).map(|(std, lanes)| Stack::of(std, lanes));
        }
        section.rows = rows;
        for yardstick in yardsticks {
            self.roof(yardstick.variant, &section.place, yardstick.threads, yardstick.ns, bytes);
        }
    }

    /// Adds the rows of threads that have a chunk each.
    fn add_pairs(&mut self, section: &mut Section, pairs: &[(&'static str, Paired)], bytes: usize) {
        let shown = |name| pairs.iter().find(|(of, _)| *of == name)?.1.shown;
        let copy = shown(COPY);
        let std = shown(STD);
        for &(name, paired) in pairs.iter().filter(|(name, _)| *name != COPY) {
            let mut row = Row::new(name, paired.threads, paired.shown.map(|shown| shown.all));
            row.relate(bytes, copy.map(|copy| copy.all.median), std.map(|std| std.one.median));
            row.paired = Some(paired);
            section.rows.push(row);
        }
        let best = self.engines.last().and_then(|engine| shown(engine.isa().name()));
        section.stack = std.zip(best).map(|(std, best)| Stack::of([std.one, std.all], [best.one, best.all]));
        let threads = pairs.first().map_or(1, |(_, paired)| paired.threads);
        let place = self.caches.place(self.caches.chunk(), threads).name;
        self.roof(COPY, &place, threads, copy.map(|copy| copy.all), bytes);
    }

    fn roof(&mut self, kind: &'static str, place: &str, threads: usize, ns: Option<Summary>, bytes: usize) {
        if let Some(gb_per_s) = ns.and_then(|ns| Summary::of([bytes as f64 / ns.median])) {
            self.roofs.push(Roof { kind, place: place.to_owned(), threads, gb_per_s });
        }
    }
}

/// The yardsticks, std, and every isa.
fn one_thread<T: Real>(engines: &[Engine], op: Op) -> Vec<Variant<'_, T>> {
    let best = engines.last().expect("there is an isa");
    let memcpy = Variant { name: MEMCPY, threads: 1, pass: Box::new(|src, dst| dst.copy_from_slice(src)) };
    let modify = Variant { name: MODIFY, threads: 1, pass: Box::new(|_, dst| best.map_in_place(Negated, dst)) };
    let variants = [copy(best), memcpy, modify].into_iter().chain(std_loop(op));
    variants.chain(engines.iter().map(|engine| lanes(engine, op))).collect()
}

/// What pairs of one thread and all are made of.
fn paired<T: Real>(engines: &[Engine], op: Op) -> Vec<Variant<'_, T>> {
    let best = engines.last().expect("there is an isa");
    [copy(best)].into_iter().chain(std_loop(op)).chain([lanes(best, op)]).collect()
}

fn copy<T: Real>(engine: &Engine) -> Variant<'_, T> {
    Variant { name: COPY, threads: 1, pass: Box::new(|src, dst| engine.map_into(Copied, src, dst)) }
}

fn std_loop<'a, T: Real>(op: Op) -> Option<Variant<'a, T>> {
    T::std(op).map(|sweep| Variant { name: STD, threads: 1, pass: Box::new(sweep) })
}

fn lanes<T: Real>(engine: &Engine, op: Op) -> Variant<'_, T> {
    Variant { name: engine.isa().name(), threads: 1, pass: Box::new(move |src, dst| engine.run_into(op, src, dst)) }
}

/// The yardsticks, std and the best isa, spread over all threads.
fn all_threads<'a, T: Real>(All { team, engine, .. }: &'a All, op: Op) -> Vec<Variant<'a, T>> {
    let all = |name, pass: Pass<'a, T>| Variant { name, threads: team.threads(), pass };
    let mut variants = vec![
        all(COPY, Box::new(|src, dst| team.install(|| engine.map_into(Copied, src, dst)))),
        all(MEMCPY, team.spread(|src, dst| dst.copy_from_slice(src), 1)),
        all(MODIFY, Box::new(|_, dst| team.install(|| engine.map_in_place(Negated, dst)))),
    ];
    variants.extend(T::std(op).map(|sweep| all(STD, team.spread(sweep, 4))));
    variants.push(all(engine.isa().name(), Box::new(move |src, dst| team.install(|| engine.run_into(op, src, dst)))));
    variants
}

/// Compares every variant's results with those of `scalar`: the isas on ordinary and special elements, std on ordinary
/// ones (which NaN it makes of a number is its own choice).
fn compare_bits<T: Real>(op: Op, engines: &[Engine], rows: &mut [Row]) {
    let ordinary = plain::ordinary::<T>(op, COMPARED);
    let mut src = ordinary.clone();
    src.extend(op.spec::<T>(Accuracy::Default).special.iter().map(|&(x, _)| x));
    let scalar = Engine::builder().isa(Isa::Scalar).threads(Threads::Exactly(1)).build();
    let expected = scalar.expect("scalar is available everywhere").run(op, &src);
    for row in rows {
        let engine = engines.iter().find(|engine| engine.isa().name() == row.variant);
        let results = match (engine, T::std(op)) {
            (Some(engine), _) => engine.run(op, &src),
            (None, Some(sweep)) => {
                let mut results = ordinary.clone();
                sweep(&ordinary, &mut results);
                results
            }
            (None, None) => continue,
        };
        let pairs = || results.iter().zip(&expected);
        row.bits = Some(Bits {
            reference: row.variant == Isa::Scalar.name(),
            elements: results.len(),
            differ: pairs().filter(|&(a, b)| !a.same_bits(*b)).count(),
            most_steps: pairs().map(|(a, b)| a.steps(*b)).try_fold(0, |most, steps| Some(most.max(steps?))),
        });
    }
}

/// Says of every row what its time is spent on; for that, memory rows are held against the same variant in cache.
pub fn find_limits(sections: &mut [Section]) {
    let in_cache: Vec<_> = sections
        .iter()
        .filter(|section| section.in_cache)
        .flat_map(|section| {
            section.rows.iter().map(|row| ((section.op, section.dtype, row.variant, row.threads), row.median()))
        })
        .collect();
    for section in sections {
        for row in &mut section.rows {
            let key = (section.op, section.dtype, row.variant, row.threads);
            let cached = in_cache.iter().find(|(of, _)| *of == key).and_then(|(_, ns)| *ns);
            row.limit = row.median().zip(row.roof_percent).map(|(ns, roof)| match section.in_cache {
                true => Limit::in_cache(roof),
                false => Limit::in_memory(ns, cached, roof),
            });
        }
    }
}

/// The time that is left, and the bar that shows it.
struct Budget {
    end: Instant,
    /// What the sections to come would take at most.
    wanted: f64,
    bar: ProgressBar,
}

impl Budget {
    fn new(sections: &[bool]) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").expect("a valid template");
        Self {
            end: Instant::now() + Duration::from_secs_f64(BUDGET),
            wanted: sections.iter().map(|&in_cache| wanted(in_cache)).map(|(variants, pairs)| variants + pairs).sum(),
            bar: ProgressBar::new(sections.len() as u64).with_style(style),
        }
    }

    /// The time for the next section's variants, and for its pairs.
    fn next(&mut self, in_cache: bool, title: String) -> (Duration, Duration) {
        let left = self.end.saturating_duration_since(Instant::now()).as_secs_f64();
        let (variants, pairs) = wanted(in_cache);
        let scale = (left / self.wanted).min(1.0);
        self.wanted -= variants + pairs;
        self.bar.set_message(title);
        self.bar.inc(1);
        (Duration::from_secs_f64(variants * scale), Duration::from_secs_f64(pairs * scale))
    }
}

/// Seconds for the variants of a section, at most, and for its pairs of one thread and all.
fn wanted(in_cache: bool) -> (f64, f64) {
    if in_cache { (0.45, 0.75) } else { (1.8, 0.0) }
}

impl Drop for Budget {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
