//! Laps: threads that begin together work until the last one is done.
use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::Rates;
use crate::failure::Failure;
use crate::measure::Team;

/// Rounds that are made even if the time is over.
const LEAST_ROUNDS: usize = 3;
/// Seconds that a lap should last at least.
const LAP: f64 = 0.001;

/// What a thread is told when a lap begins.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Its number, from 0.
    pub thread: usize,
    /// How many threads take part.
    pub threads: usize,
    /// How often to do the work.
    pub passes: usize,
    /// The number of the round.
    pub round: usize,
}

/// What is timed.
pub struct Trial<'a> {
    /// The work of a thread.
    pub work: Box<dyn Fn(Turn) + Sync + 'a>,
    /// What a thread among so many does in a pass, in billions.
    pub amount: Box<dyn Fn(usize) -> f64 + Sync + 'a>,
}

/// The threads.
#[derive(Debug)]
pub struct Laps {
    /// All of them.
    pub team: Team,
    /// How many take part in a lap: 1, 2, 4 and so on, and all.
    pub counts: Vec<usize>,
}

impl Laps {
    /// Starts them.
    pub fn new(threads: usize) -> Result<Self, Failure> {
        Ok(Self { team: Team::new(threads)?, counts: counts(threads) })
    }

    /// Billions a second, the best of each trial with each number of threads, tried in turn for as long as `share` says.
    pub fn best(&self, trials: &[Trial<'_>], share: Duration) -> Vec<Rates> {
        let start = Instant::now();
        let passes: Vec<Vec<usize>> = trials
            .iter()
            .map(|trial| self.counts.iter().map(|&threads| self.enough(trial, threads)).collect())
            .collect();
        let mut best = vec![Rates(vec![0.0; self.counts.len()]); trials.len()];
        let mut round = 0;
        while round < LEAST_ROUNDS || start.elapsed() < share {
            for ((trial, passes), best) in trials.iter().zip(&passes).zip(&mut best) {
                for ((&threads, &passes), best) in self.counts.iter().zip(passes).zip(&mut best.0) {
                    let done = (trial.amount)(threads) * (threads * passes) as f64;
                    *best = best.max(done / self.seconds(trial, threads, passes, round));
                }
            }
            round += 1;
        }
        best
    }

    /// How many passes make a lap.
    fn enough(&self, trial: &Trial<'_>, threads: usize) -> usize {
        iter::successors(Some(1), |passes| Some(2 * passes))
            .find(|&passes| self.seconds(trial, threads, passes, 0) >= LAP)
            .expect("more passes take longer")
    }

    /// Seconds from the first thread's start to the last one's end.
    fn seconds(&self, trial: &Trial<'_>, threads: usize, passes: usize, round: usize) -> f64 {
        let ready = AtomicUsize::new(0);
        let times = self.team.install(|| {
            rayon::broadcast(|own| {
                let turn = Turn { thread: own.index(), threads, passes, round };
                (turn.thread < threads).then(|| {
                    if passes > 1 {
                        (trial.work)(Turn { passes: 1, ..turn }); // brings its memory back into the cache
                    }
                    ready.fetch_add(1, Ordering::SeqCst);
                    while ready.load(Ordering::SeqCst) < threads {
                        thread::yield_now();
                    }
                    let start = Instant::now();
                    (trial.work)(turn);
                    (start, Instant::now())
                })
            })
        });
        let start = times.iter().flatten().map(|time| time.0).min().expect("a thread took part");
        let end = times.iter().flatten().map(|time| time.1).max().expect("a thread took part");
        (end - start).as_secs_f64()
    }
}

/// 1, 2, 4 and so on, and all.
fn counts(threads: usize) -> Vec<usize> {
    iter::successors(Some(1), |count| Some(2 * count)).take_while(|&count| count < threads).chain([threads]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_threads() {
        assert_eq!(counts(1), [1]);
        assert_eq!(counts(2), [1, 2]);
        assert_eq!(counts(6), [1, 2, 4, 6]);
    }

    #[test]
    fn every_thread_that_takes_part_does_every_pass() {
        let laps = Laps::new(3).expect("three threads");
        let passes = [(); 3].map(|()| AtomicUsize::new(0));
        let rounds = AtomicUsize::new(0);
        let trial = Trial {
            work: Box::new(|turn| {
                assert!(turn.thread < turn.threads);
                passes[turn.thread].fetch_add(turn.passes, Ordering::SeqCst);
                rounds.fetch_max(turn.round, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(2));
            }),
            amount: Box::new(|threads| 6.0 / threads as f64),
        };
        let best = laps.best(&[trial], Duration::ZERO);
        // One pass is a lap: one to find that out, and three rounds, alone and as the first or second of two and of three.
        assert_eq!(passes.map(AtomicUsize::into_inner), [12, 8, 4]);
        assert_eq!(rounds.into_inner(), 2);
        let [rates] = &best[..] else { panic!("{best:?}") };
        assert!(rates.0.len() == 3 && rates.0.iter().all(|rate| (0.0..=3000.0).contains(rate)), "{rates:?}");
    }
}
