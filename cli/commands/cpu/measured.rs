//! What `cpu --measure` finds out, and what follows from it.
use lanestack::{Engine, Isa, PARALLEL_FROM_VARIABLE, STORES_VARIABLE, THREADS_VARIABLE};
use serde::Serialize;

use crate::failure::Failure;
use crate::measure::{Summary, Team};
use crate::roofs::{Level, Rates, Roofs};

/// The part of the most that counts as all of it.
const ALL: f64 = 0.95;

/// Figures, and what they say.
#[derive(Debug, Serialize)]
pub struct Measured {
    /// What memory and arithmetic give at most.
    pub roofs: Roofs,
    /// Nanoseconds of a parallel call without work, the threads having gone to sleep before.
    pub wake_up_ns: Summary,
    /// How many times faster a copy in memory is with stores past the caches, for each number of threads of the roofs.
    pub streaming_gain: Option<Rates>,
    /// The recommended settings.
    pub settings: Vec<Setting>,
    /// What else the figures say.
    pub sentences: Vec<String>,
}

/// A recommendation.
#[derive(Debug, Serialize)]
pub struct Setting {
    /// The environment variable that sets it.
    pub variable: &'static str,
    /// What to set it to; `auto` is what holds without it.
    pub value: String,
    /// Why.
    pub why: String,
}

impl Measured {
    /// Measures, on as many threads as the engine uses, in some ten seconds.
    pub fn new(engine: &Engine) -> Result<Self, Failure> {
        let threads = engine.workers();
        let wake_up_ns = Team::new(threads)?.wake_up();
        Ok(Self::of(Roofs::measure(threads)?, wake_up_ns))
    }

    fn of(roofs: Roofs, wake_up_ns: Summary) -> Self {
        let memory = roofs.levels.iter().find(|level| level.name == "memory");
        let streaming_gain = memory.and_then(gain);
        let settings =
            vec![threads(&roofs, memory), stores(streaming_gain.as_ref()), parallel_from(&roofs, &wake_up_ns)];
        let sentences = sentences(&roofs, memory);
        Self { roofs, wake_up_ns, streaming_gain, settings, sentences }
    }
}

/// What streaming stores gain over plain ones.
fn gain(level: &Level) -> Option<Rates> {
    let times = |(streaming, plain): (&f64, &f64)| streaming / plain;
    Some(Rates(level.copy_streaming.as_ref()?.0.iter().zip(&level.copy_plain.0).map(times).collect()))
}

/// The least number of threads that give as good as the most.
fn enough(threads: &[usize], rates: &Rates) -> usize {
    let most = rates.0.iter().copied().fold(0.0, f64::max);
    threads.iter().zip(&rates.0).find(|&(_, &rate)| rate >= ALL * most).map_or(1, |(&threads, _)| threads)
}

fn threads(roofs: &Roofs, memory: Option<&Level>) -> Setting {
    let all = roofs.threads[roofs.threads.len() - 1];
    let setting = |value: String, why| Setting { variable: THREADS_VARIABLE, value, why };
    let Some(best) = roofs.peaks.first().filter(|_| all > 1) else {
        return setting("auto".to_owned(), "there is one thread".to_owned());
    };
    let needed = enough(&roofs.threads, &best.gflops);
    let times = |rates: &Rates| rates.0.iter().copied().fold(0.0, f64::max) / rates.one();
    let copy = memory.map_or(String::new(), |memory| {
        let enough = enough(&roofs.threads, &memory.copy);
        let limit = match enough {
            enough if enough == all => String::new(),
            1 => ", and one thread moves all that memory can".to_owned(),
            enough => format!(", and {enough} threads move all that memory can"),
        };
        format!("; copies in memory {:.1} times as fast{limit}", times(&memory.copy))
    });
    let value = if needed < all { needed.to_string() } else { "auto".to_owned() };
    let beyond = if needed < all { format!("{needed} threads do all that {all} do: ") } else { String::new() };
    setting(value, format!("{beyond}arithmetic is {:.1} times as fast as on one{copy}", times(&best.gflops)))
}

fn stores(gain: Option<&Rates>) -> Setting {
    let (value, why) = match gain.map(Rates::all) {
        None => ("auto", "this isa or this memory has no choice".to_owned()),
        Some(times) if times < ALL => ("plain", format!("copies past the caches are {:.2} times as fast", times)),
        Some(times) => {
            ("auto", format!("copies past the caches are {:.2} times as fast, where no cache holds all", times))
        }
    };
    Setting { variable: STORES_VARIABLE, value: value.to_owned(), why }
}

fn parallel_from(roofs: &Roofs, wake_up: &Summary) -> Setting {
    let us = |ns: f64| ns / 1e3;
    let why = match roofs.threads.len() {
        1 => "there is one thread".to_owned(),
        _ => format!(
            "waking the threads takes {:.0} to {:.0} µs, which `auto` measures in each process",
            us(wake_up.p25),
            us(wake_up.p75)
        ),
    };
    Setting { variable: PARALLEL_FROM_VARIABLE, value: "auto".to_owned(), why }
}

fn sentences(roofs: &Roofs, memory: Option<&Level>) -> Vec<String> {
    let mut sentences = Vec::new();
    let peak = |isa: Isa| roofs.peaks.iter().find(|peak| (peak.isa, peak.dtype) == (isa.name(), "f64"));
    if let (Some(wide), Some(narrow)) = (peak(Isa::Avx512), peak(Isa::Avx2)) {
        let times = wide.gflops.one() / narrow.gflops.one();
        sentences.push(match times < 1.5 {
            true => format!(
                "512-bit registers hold twice as many elements as 256-bit ones but multiply {times:.2} times as fast: this \
                 CPU takes two passes. What avx512 gains comes from fewer and stronger instructions."
            ),
            false => format!("512-bit operations take one pass: avx512 multiplies {times:.2} times as fast as avx2."),
        });
    }
    if let (Some(best), Some(memory)) = (roofs.peaks.iter().find(|peak| peak.dtype == "f64"), memory) {
        let balance = |gflops: f64, bytes: f64| gflops / bytes * 16.0;
        sentences.push(format!(
            "In memory, an op on f64 is limited by arithmetic only if it takes more than {:.0} floating-point operations per \
             element on one thread, {:.0} on {}.",
            balance(best.gflops.one(), memory.copy.one()),
            balance(best.gflops.all(), memory.copy.all()),
            roofs.threads[roofs.threads.len() - 1]
        ));
    }
    if memory.is_none() {
        sentences.push("Memory itself was not measured: too little of it is free.".to_owned());
    }
    sentences
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::roofs::Peak;

    /// A machine of four CPUs: two cores of two threads, and memory that two threads exhaust.
    pub fn made_up() -> Measured {
        let rates = |rates: [f64; 3]| Rates(rates.to_vec());
        let peak = |isa, gflops: [f64; 3]| Peak {
            isa,
            dtype: "f64",
            gflops: rates(gflops),
            square_roots: rates([1.0, 2.0, 2.0]),
            quotients: rates([2.0, 4.0, 4.0]),
        };
        let memory = Level {
            name: "memory".to_owned(),
            bytes: 128 << 20,
            read: rates([20.0, 31.0, 31.5]),
            write: rates([30.0, 60.0, 60.0]),
            write_plain: rates([15.0, 30.0, 30.0]),
            write_memset: rates([30.0, 60.0, 60.0]),
            copy: rates([20.0, 31.0, 31.5]),
            copy_plain: rates([12.0, 20.0, 21.0]),
            copy_memcpy: rates([13.0, 20.0, 21.0]),
            copy_streaming: Some(rates([20.0, 31.0, 31.5])),
        };
        let roofs = Roofs {
            threads: vec![1, 2, 4],
            levels: vec![memory],
            peaks: vec![peak("avx512", [59.0, 118.0, 119.0]), peak("avx2", [58.0, 117.0, 118.0])],
            seconds: 9.0,
        };
        Measured::of(roofs, Summary::of([10_000.0, 20_000.0, 30_000.0]).expect("three samples"))
    }

    fn value<'a>(measured: &'a Measured, variable: &str) -> &'a Setting {
        measured.settings.iter().find(|setting| setting.variable == variable).expect("a recommendation")
    }

    #[test]
    fn two_cores_of_two_threads_need_two() {
        let measured = made_up();
        let threads = value(&measured, THREADS_VARIABLE);
        assert_eq!(threads.value, "2");
        assert!(threads.why.contains("2 threads do all that 4 do") && threads.why.contains("2.0 times"), "{threads:?}");
        assert!(threads.why.contains("copies in memory 1.6 times as fast, and 2 threads move all"), "{threads:?}");
        assert!(measured.sentences[0].contains("two passes"), "{:?}", measured.sentences);
        assert!(measured.sentences[1].contains("more than 47 ") && measured.sentences[1].contains("60 on 4"));
    }

    #[test]
    fn stores_are_recommended_by_what_they_gain() {
        let measured = made_up();
        assert_eq!(measured.streaming_gain.as_ref().map(Rates::all), Some(1.5));
        assert_eq!(value(&measured, STORES_VARIABLE).value, "auto");
        let loss = Rates(vec![1.0, 0.8]);
        assert_eq!(stores(Some(&loss)).value, "plain");
        assert_eq!(stores(None).value, "auto");
    }

    #[test]
    fn one_thread_and_no_memory() {
        let mut roofs = made_up().roofs;
        roofs.threads.truncate(1);
        roofs.levels.clear();
        for peak in &mut roofs.peaks {
            peak.gflops.0.truncate(1);
        }
        let measured = Measured::of(roofs, Summary::of([1.0]).expect("a sample"));
        assert_eq!(value(&measured, THREADS_VARIABLE).value, "auto");
        assert_eq!(measured.streaming_gain, None);
        assert!(measured.sentences.iter().any(|sentence| sentence.contains("too little")));
    }
}
