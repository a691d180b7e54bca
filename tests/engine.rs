//! Which kernel runs, on how many threads, and what is refused.
//!
//! What the environment decides is tried in child processes: this test binary again, asked for `report` alone. Under an
//! emulator that the kernel does not start by itself, `LANESTACK_TEST_RUNNER` names it, as in `qemu-x86_64 -cpu Haswell`.
mod golden;
mod inputs;
mod oracle;

use std::collections::BTreeMap;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lanestack::kernels::exp::Exp;
use lanestack::kernels::lanes::{Double, Kernel, Medium, Simd, Single};
use lanestack::{Accuracy, Element, Engine, Error, Isa, Op, Spec, Target, Threads};

/// A kernel whose result is the name of the instruction set that it is compiled for, as a number.
#[derive(Clone, Copy, Debug)]
struct WhichIsa;

fn number(name: &str) -> f64 {
    name.bytes().fold(0u32, |n, b| (n * 31 + u32::from(b)) % 65521).into()
}

impl Kernel for WhichIsa {
    const F32: Spec<f32> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 1.0 };
    const F64: Spec<f64> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 1.0 };
    type F32Block = Medium;
    type F64Block = Medium;
    fn f32<V: Single>(self, x: V) -> V {
        x.splat(number(V::Token::NAME) as f32)
    }
    fn f64<V: Double>(self, x: V) -> V {
        x.splat(number(V::Token::NAME))
    }
}

/// The isas whose kernels the engine runs on slices that take blocks, vectors and a tail, short and spread over threads.
fn running(engine: &Engine) -> Vec<Isa> {
    let mut seen: Vec<f64> = vec![];
    for len in [1, 1000, 3_000_001] {
        let (mut ys, mut zs) = (vec![0.0f64; len], vec![0.0f32; len]);
        engine.map_into(WhichIsa, &vec![1.0; len], &mut ys);
        engine.map_in_place(WhichIsa, &mut zs);
        seen.extend(ys);
        seen.extend(zs.iter().map(|&z| f64::from(z)));
    }
    seen.sort_unstable_by(f64::total_cmp);
    seen.dedup();
    Isa::ALL.iter().copied().filter(|isa| seen.contains(&number(isa.name()))).collect()
}

#[test]
fn required_isas_are_available() {
    inputs::isas();
    let required = env::var("LANESTACK_REQUIRE").unwrap_or_default();
    for name in required.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let isa: Isa = name.parse().unwrap_or_else(|error| panic!("LANESTACK_REQUIRE: {error}"));
        assert!(isa.is_available(), "LANESTACK_REQUIRE asks for {isa}; available are {:?}", Isa::available());
    }
}

#[test]
fn a_forced_isa_runs_and_no_other() {
    for &isa in inputs::isas() {
        for threads in [Threads::Exactly(1), Threads::Exactly(2), Threads::Auto] {
            let engine = Engine::builder().isa(isa).threads(threads).build().expect("an available isa");
            assert_eq!(engine.isa(), isa);
            assert_eq!(running(&engine), [isa], "threads {threads}");
        }
    }
}

/// With and without fused multiply-add, `exp` of some `f64` differs in the last bit: the ops run the forced isa, too.
#[test]
fn fused_and_unfused_isas_differ_somewhere() {
    let xs = inputs::values::<f64>(Op::Exp, 100_000, 61);
    let of = |isa: Isa| Engine::builder().isa(isa).build().expect("an available isa").run(Op::Exp, &xs);
    let portable = of(Isa::Portable);
    for &isa in inputs::isas() {
        let differ = of(isa).iter().zip(&portable).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
        match isa.is_fused() {
            Some(true) => assert!(differ > 10, "{isa} is fused and differs from portable in {differ} results only"),
            Some(false) => assert_eq!(differ, 0, "{isa} is not fused"),
            None => panic!("{isa} is available"),
        }
    }
}

#[test]
fn what_is_not_available_is_refused() {
    let block = |isa: Isa| isa.block::<f32>(Op::Exp, Accuracy::Fast);
    let mut refused = 0;
    for &isa in Isa::ALL {
        let built = Engine::builder().isa(isa).build();
        if isa.is_available() {
            assert!(built.is_ok(), "{isa}");
            assert!(block(isa).is_some_and(|n| n > 0) && isa.is_fused().is_some(), "{isa}");
        } else {
            let error = built.expect_err("not available");
            assert_eq!(error, Error::IsaUnavailable { isa });
            assert!(error.to_string().contains(isa.name()), "{error}");
            assert!(block(isa).is_none() && isa.is_fused().is_none(), "{isa}");
            refused += 1;
        }
    }
    assert!(refused > 0, "no CPU has them all");
    assert!(Isa::available().ends_with(&[Isa::Portable, Isa::Scalar]), "these two are everywhere");
    assert_eq!(Isa::best(), Isa::available()[0]);
}

#[test]
fn zero_threads_are_refused() {
    let error = Engine::builder().threads(Threads::Exactly(0)).build().expect_err("no threads");
    assert_eq!(error, Error::BadThreads { text: "0".to_owned() });
    assert!(error.to_string().contains("\"0\""), "{error}");
}

#[test]
fn values_parse_as_they_print() {
    for &op in Op::ALL {
        assert_eq!(op.to_string().parse(), Ok(op));
        assert_eq!(format!("{op:>8}"), format!("{:>8}", op.name()));
    }
    for &isa in Isa::ALL {
        assert_eq!(isa.to_string().parse(), Ok(isa));
        assert_eq!(format!("{isa:<10}|"), format!("{:<10}|", isa.name()));
    }
    for threads in [Threads::Auto, Threads::Exactly(1), Threads::Exactly(17)] {
        assert_eq!(threads.to_string().parse(), Ok(threads));
    }
    for &tier in Accuracy::ALL {
        assert_eq!(tier.to_string().parse(), Ok(tier));
        assert_eq!(format!("{tier:>9}"), format!("{:>9}", tier.name()));
    }
    for bad in ["", "Exact", "exact ", "faster", "0.5"] {
        assert_eq!(bad.parse::<Accuracy>(), Err(Error::UnknownAccuracy { name: bad.to_owned() }));
    }
    for bad in ["", "AVX2", "avx", " avx2", "avx2 ", "exp"] {
        assert_eq!(bad.parse::<Isa>(), Err(Error::UnknownIsa { name: bad.to_owned() }));
    }
    for bad in ["", "Exp", "cosh", "exp "] {
        assert_eq!(bad.parse::<Op>(), Err(Error::UnknownOp { name: bad.to_owned() }));
    }
    for bad in ["", "0", "-1", "1.5", "many", "AUTO", "99999999999999999999999"] {
        assert_eq!(bad.parse::<Threads>(), Err(Error::BadThreads { text: bad.to_owned() }));
    }
    // A message names what was said and what could have been.
    let message = "avx".parse::<Isa>().expect_err("no isa").to_string();
    assert!(message.contains("\"avx\"") && Isa::ALL.iter().all(|isa| message.contains(isa.name())), "{message}");
    let message = "exakt".parse::<Accuracy>().expect_err("no tier").to_string();
    assert!(message.contains("\"exakt\"") && message.contains("exact") && message.contains("default"), "{message}");
    let message = "cosh".parse::<Op>().expect_err("no op").to_string();
    assert!(message.contains("\"cosh\"") && Op::ALL.iter().all(|op| message.contains(op.name())), "{message}");
}

#[test]
fn engines_are_shared() {
    fn shared<T: Send + Sync + Clone + std::fmt::Debug + 'static>() {}
    shared::<Engine>();
    fn plain<T: Copy + Send + Sync + Eq + std::hash::Hash>() {}
    plain::<Op>();
    plain::<Isa>();
    plain::<Threads>();
    plain::<Accuracy>();
    fn error<T: std::error::Error + Send + Sync + Clone + 'static>() {}
    error::<Error>();
}

/// A kernel that takes long, and counts how many threads are in it.
#[derive(Clone, Copy, Debug)]
struct Slow<const TEST: usize>;

/// How many are in it now, the most there have been, and the calls. One of each for every test, which run at once.
static INSIDE: [[AtomicUsize; 3]; 5] = [const { [const { AtomicUsize::new(0) }; 3] }; 5];

impl<const TEST: usize> Slow<TEST> {
    fn stay() {
        let [now, most, calls] = &INSIDE[TEST];
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        calls.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_micros(300));
        now.fetch_sub(1, Ordering::SeqCst);
    }
    /// The most threads that were in it at a time, since this was last asked.
    fn most() -> usize {
        let [_, most, calls] = &INSIDE[TEST];
        assert!(calls.swap(0, Ordering::SeqCst) > 0);
        most.swap(0, Ordering::SeqCst)
    }
}

impl<const TEST: usize> Kernel for Slow<TEST> {
    const F32: Spec<f32> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 1e6 };
    const F64: Spec<f64> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 1e6 };
    type F32Block = Medium;
    type F64Block = Medium;
    fn f32<V: Single>(self, x: V) -> V {
        Self::stay();
        x
    }
    fn f64<V: Double>(self, x: V) -> V {
        Self::stay();
        x
    }
}

/// Short, since it is slow: 24 chunks, or as many as the engine makes of it.
fn slowly<const TEST: usize>(engine: &Engine) {
    let mut data = vec![1.0f64; 24 * 512 * 2];
    if engine.isa() == Isa::Scalar {
        data.truncate(6 * 512);
    }
    engine.map_in_place(Slow::<TEST>, &mut data);
}

fn fastest(threads: Threads) -> Engine {
    Engine::builder().isa(Isa::best()).threads(threads).build().expect("an engine")
}

#[test]
fn exactly_n_uses_n_threads_at_most_and_at_least() {
    for n in [1, 2, 3, 5] {
        let engine = fastest(Threads::Exactly(n));
        assert_eq!(engine.workers(), n);
        slowly::<0>(&engine);
        assert_eq!(Slow::<0>::most(), n, "{n} threads, outside of any pool");
    }
}

#[test]
fn exactly_n_inside_a_foreign_pool() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().expect("four threads");
    for (n, most) in [(1, 1), (2, 2), (3, 3), (4, 4), (9, 4)] {
        let engine = fastest(Threads::Exactly(n));
        assert_eq!(pool.install(|| engine.workers()), most);
        pool.install(|| slowly::<1>(&engine));
        assert_eq!(Slow::<1>::most(), most, "Exactly({n}) in a pool of 4");
    }
    let engine = fastest(Threads::Auto);
    assert_eq!(pool.install(|| engine.workers()), 4);
    pool.install(|| slowly::<1>(&engine));
    assert_eq!(Slow::<1>::most(), 4, "Auto takes the pool it is called from");
    // It takes no other: a pool of one stays with one.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    pool.install(|| slowly::<1>(&engine));
    assert_eq!(Slow::<1>::most(), 1, "Auto in a pool of 1");
}

#[test]
fn clones_share_their_threads() {
    let engine = fastest(Threads::Exactly(2));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| slowly::<2>(&engine.clone()));
        }
    });
    assert_eq!(Slow::<2>::most(), 2, "three callers, one pool of two");
}

/// The tier is a matter of the engine or the call; another tier is on the same threads.
#[test]
fn another_tier_shares_the_threads() {
    let engine = Engine::builder().isa(Isa::best()).threads(Threads::Exactly(2)).build().expect("an engine");
    assert_eq!(engine.accuracy(), Accuracy::Default);
    std::thread::scope(|scope| {
        for &tier in Accuracy::ALL {
            let other = engine.with_accuracy(tier);
            assert_eq!((other.accuracy(), other.isa(), other.threads()), (tier, engine.isa(), engine.threads()));
            scope.spawn(move || slowly::<4>(&other));
            scope.spawn(|| slowly::<4>(&engine));
        }
    });
    assert_eq!(Slow::<4>::most(), 2, "four callers, one pool of two");
    assert_eq!(engine.accuracy(), Accuracy::Default, "the engine itself is as it was");
    let exact = Engine::builder().accuracy(Accuracy::Exact).build().expect("an engine");
    assert_eq!(exact.clone().accuracy(), Accuracy::Exact);
}

/// Engines of different tiers at work at once, in many threads, each give their own results.
#[test]
fn tiers_do_not_mix() {
    for &isa in inputs::isas() {
        for op in [Op::Exp, Op::Log] {
            let cases = golden::f64_hard(op.name());
            let (xs, nearest): (Vec<f64>, Vec<f64>) = cases.into_iter().unzip();
            let exact = Engine::builder().isa(isa).accuracy(Accuracy::Exact).build().expect("an available isa");
            let near = Engine::builder().isa(isa).build().expect("an available isa");
            let others = near.run(op, &xs);
            let differ = others.iter().zip(&nearest).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
            assert!(differ > 100, "{op} {isa}: the default tier differs in {differ} of {} hard cases only", xs.len());
            let rounds = (100 / inputs::stride()).max(4);
            std::thread::scope(|scope| {
                for first in 0..4 {
                    let (exact, near, xs, nearest, others) = (&exact, &near, &xs, &nearest, &others);
                    scope.spawn(move || {
                        for round in first..first + rounds {
                            if round % 2 == 0 {
                                assert!(exact.run(op, xs) == *nearest, "{op} {isa}");
                                assert!(exact.with_accuracy(Accuracy::Default).run(op, xs) == *others, "{op} {isa}");
                            } else {
                                assert!(near.run(op, xs) == *others, "{op} {isa}");
                                assert!(near.with_accuracy(Accuracy::Exact).run(op, xs) == *nearest, "{op} {isa}");
                            }
                        }
                    });
                }
            });
        }
    }
}

/// What serves a tier is at least as accurate, and is what it says.
#[test]
fn tiers_and_their_promises() {
    fn check<T: Element>() {
        for &op in Op::ALL {
            assert_eq!(op.tier::<T>(Accuracy::Default), Accuracy::Default, "{op}");
            let [exact, default, fast] =
                [Accuracy::Exact, Accuracy::Default, Accuracy::Fast].map(|tier| op.spec::<T>(tier));
            assert_eq!((exact.ulp, exact.ulp_unfused), (0.5, 0.5), "{op} {}", T::NAME);
            assert!(exact.ulp <= default.ulp && default.ulp <= default.ulp_unfused, "{op} {}", T::NAME);
            assert!(default.ulp <= fast.ulp && fast.ulp <= 1.0 && fast.ulp_unfused <= 1.0, "{op} {}", T::NAME);
            for &tier in Accuracy::ALL {
                let serves = op.tier::<T>(tier);
                assert_eq!(op.tier::<T>(serves), serves, "{op} {} {tier}", T::NAME);
                assert_eq!(op.spec::<T>(serves).ulp, op.spec::<T>(tier).ulp, "{op} {} {tier}", T::NAME);
            }
        }
    }
    check::<f32>();
    check::<f64>();
    assert_eq!(Accuracy::default(), Accuracy::Default);
    for op in [Op::Exp, Op::Log] {
        assert_eq!(op.tier::<f64>(Accuracy::Exact), Accuracy::Exact, "{op} has an exact kernel of its own");
        assert_eq!(op.tier::<f32>(Accuracy::Exact), Accuracy::Default, "{op} of f32 is exact anyway");
        assert_eq!(op.tier::<f32>(Accuracy::Fast), Accuracy::Fast, "{op} of f32 has a fast kernel of its own");
        assert_eq!(op.tier::<f64>(Accuracy::Fast), Accuracy::Default, "{op} of f64 is fast anyway");
    }
}

/// A kernel that panics does so in the caller, and the engine lives on.
#[test]
fn a_panic_in_a_kernel_reaches_the_caller() {
    #[derive(Clone, Copy, Debug)]
    struct Bad;
    impl Kernel for Bad {
        const F32: Spec<f32> = Slow::<3>::F32;
        const F64: Spec<f64> = Slow::<3>::F64;
        type F32Block = Medium;
        type F64Block = Medium;
        fn f32<V: Single>(self, _: V) -> V {
            panic!("no such function")
        }
        fn f64<V: Double>(self, _: V) -> V {
            panic!("no such function")
        }
    }
    let engine = fastest(Threads::Exactly(2));
    for _ in 0..2 {
        let work = AssertUnwindSafe(|| engine.map_in_place(Bad, &mut vec![1.0f64; 100_000]));
        assert!(catch_unwind(work).is_err());
        let mut data = vec![0.0f64; 1_000_000];
        engine.map_in_place(Exp, &mut data);
        assert!(data.iter().all(|&y| y == 1.0));
    }
}

#[test]
fn small_work_is_serial() {
    for &isa in inputs::isas() {
        let two = Engine::builder().isa(isa).threads(Threads::Exactly(2)).build().expect("an available isa");
        let one = Engine::builder().isa(isa).threads(Threads::Exactly(1)).build().expect("an available isa");
        for &op in Op::ALL {
            for (len, parallel) in [(0, false), (1, false), (1000, false), (20_000_000, true)] {
                assert_eq!(two.is_parallel::<f32>(op, len), parallel, "{op} {isa} f32, {len} elements");
                assert_eq!(two.is_parallel::<f64>(op, len), parallel, "{op} {isa} f64, {len} elements");
                assert!(!one.is_parallel::<f64>(op, len), "{op} {isa}, one thread");
            }
            assert!(two.is_parallel::<f64>(op, usize::MAX), "{op} {isa}: no overflow");
        }
    }
}

/// The threads of this process.
fn thread_count() -> Option<usize> {
    cfg!(target_os = "linux").then(|| std::fs::read_dir("/proc/self/task").expect("Linux has it").count())
}

/// What a child process says of itself; harmless, and silent to no one, when run with the other tests.
#[test]
fn report() {
    fn error(error: &Error) -> String {
        match error {
            Error::Environment { variable, cause } => format!("{variable}: {cause:?}"),
            other => format!("{other:?}"),
        }
    }
    match Engine::builder().build() {
        Ok(engine) => {
            println!("\nreport isa={}", engine.isa());
            println!("report threads={}", engine.threads());
            println!("report stores={}", engine.stores());
            println!("report from={:?}", engine.plan::<f64>(Op::Exp, 300, Target::Into).way.parallel_from);
            println!("report workers={}", engine.workers());
            println!("report running={:?}", running(&engine));
        }
        Err(e) => println!("\nreport error={}\nreport message={e}", error(&e)),
    }
    if let Err(e) = Engine::builder().isa(Isa::Scalar).threads(Threads::Exactly(1)).build() {
        println!("report builder={}", error(&e));
    }
    match catch_unwind(|| lanestack::exp(&[0.0])) {
        Ok(y) => println!("report free={y:?}"),
        Err(panic) => println!("report panic={}", panic.downcast_ref::<String>().expect("a message")),
    }
}

/// The same, of its threads.
#[test]
fn report_of_threads() {
    if env::var_os("LANESTACK_TEST_CHILD").is_none() {
        return;
    }
    let engine = Engine::builder().threads(Threads::Exactly(3)).build().expect("an engine");
    let count = || thread_count().map_or("unknown".to_owned(), |n| n.to_string());
    println!("\nreport before={}", count());
    for &op in Op::ALL {
        drop(engine.run(op, &[1.0f64; 1000]));
        drop(engine.run(op, &[1.0f32; 1000]));
    }
    println!("report small={}", count());
    drop(engine.run(Op::Exp, &vec![1.0; 3_000_000]));
    println!("report large={}", count());
    drop(engine.clone().run(Op::Log, &vec![1.0; 3_000_000]));
    println!("report clone={}", count());
}

fn child(test: &str, environment: &[(&str, &str)]) -> BTreeMap<String, String> {
    let this = env::current_exe().expect("this binary");
    let runner = env::var("LANESTACK_TEST_RUNNER").unwrap_or_default();
    let mut words = runner.split_whitespace();
    let mut command = match words.next() {
        Some(runner) => {
            let mut command = Command::new(runner);
            command.args(words).arg(this);
            command
        }
        None => Command::new(this),
    };
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    for variable in [
        lanestack::ISA_VARIABLE,
        lanestack::THREADS_VARIABLE,
        lanestack::STORES_VARIABLE,
        lanestack::PARALLEL_FROM_VARIABLE,
        "RAYON_NUM_THREADS",
    ] {
        command.env_remove(variable);
    }
    let output =
        command.env("LANESTACK_TEST_CHILD", "1").envs(environment.iter().copied()).output().unwrap_or_else(|error| {
            panic!("cannot start this binary again (is LANESTACK_TEST_RUNNER needed?): {error}")
        });
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let said = text.lines().filter_map(|line| line.strip_prefix("report ")?.split_once('='));
    let said: BTreeMap<String, String> = said.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    assert!(!said.is_empty(), "{text}");
    said
}

#[test]
fn the_environment_chooses_the_isa() {
    let said = child("report", &[]);
    assert_eq!(said["isa"], Isa::best().name());
    assert_eq!(said["threads"], "auto");
    assert_eq!(said["free"], "[1.0]");
    assert_eq!(child("report", &[("LANESTACK_ISA", "")]), said, "empty is unset");
    for &isa in inputs::isas() {
        let said = child("report", &[("LANESTACK_ISA", isa.name())]);
        assert_eq!(said["isa"], isa.name());
        assert_eq!(said["running"], format!("[{isa:?}]"));
        assert_eq!(said["free"], "[1.0]");
    }
}

#[test]
fn the_environment_is_refused() {
    for (value, cause) in [
        ("avx1024", Error::UnknownIsa { name: "avx1024".to_owned() }),
        ("AVX2", Error::UnknownIsa { name: "AVX2".to_owned() }),
    ] {
        let said = child("report", &[("LANESTACK_ISA", value)]);
        assert_eq!(said["error"], format!("LANESTACK_ISA: {cause:?}"));
        assert!(said["message"].contains("LANESTACK_ISA") && said["message"].contains(value), "{}", said["message"]);
        assert!(said["panic"].contains("LANESTACK_ISA") && said["panic"].contains(value), "{}", said["panic"]);
        assert!(!said.contains_key("builder"), "what the builder sets is not looked up");
    }
    for &isa in Isa::ALL.iter().filter(|isa| !isa.is_available()) {
        let said = child("report", &[("LANESTACK_ISA", isa.name())]);
        assert_eq!(said["error"], format!("LANESTACK_ISA: {:?}", Error::IsaUnavailable { isa }));
        assert!(said["panic"].contains(isa.name()), "{}", said["panic"]);
    }
    for value in ["0", "-3", "some", "2.5"] {
        let said = child("report", &[("LANESTACK_NUM_THREADS", value)]);
        assert_eq!(said["error"], format!("LANESTACK_NUM_THREADS: {:?}", Error::BadThreads { text: value.to_owned() }));
        assert!(said["panic"].contains("LANESTACK_NUM_THREADS") && said["panic"].contains(value), "{}", said["panic"]);
        assert!(!said.contains_key("builder"), "what the builder sets is not looked up");
    }
}

#[test]
fn the_environment_chooses_the_threads() {
    for (value, threads) in [("1", "1"), ("3", "3"), ("auto", "auto")] {
        let said = child("report", &[("LANESTACK_NUM_THREADS", value)]);
        assert_eq!(said["threads"], threads);
        if value != "auto" {
            assert_eq!(said["workers"], threads);
        }
    }
    let said = child("report", &[("RAYON_NUM_THREADS", "5")]);
    assert_eq!((said["threads"].as_str(), said["workers"].as_str()), ("auto", "5"));
}

#[test]
fn the_environment_chooses_the_way() {
    let said = child("report", &[]);
    assert_eq!((said["stores"].as_str(), said["from"].as_str()), ("auto", "None"));
    for (stores, from, read) in
        [("plain", "1000", "Some(1000)"), ("streaming", "0", "Some(0)"), ("auto", "auto", "None")]
    {
        let said = child("report", &[("LANESTACK_STORES", stores), ("LANESTACK_PARALLEL_FROM", from)]);
        assert_eq!((said["stores"].as_str(), said["from"].as_str()), (stores, read));
    }
    let said = child("report", &[("LANESTACK_STORES", "past")]);
    assert_eq!(said["error"], format!("LANESTACK_STORES: {:?}", Error::UnknownStores { name: "past".to_owned() }));
    assert!(said["message"].contains("expected one of auto, plain, streaming"), "{}", said["message"]);
    let said = child("report", &[("LANESTACK_PARALLEL_FROM", "-1")]);
    assert_eq!(said["error"], format!("LANESTACK_PARALLEL_FROM: {:?}", Error::BadLength { text: "-1".to_owned() }));
}

#[test]
fn small_slices_start_no_threads() {
    if thread_count().is_none() {
        return;
    }
    let said = child("report_of_threads", &[]);
    let count = |key: &str| said[key].parse::<usize>().expect("a number");
    assert_eq!(count("small"), count("before"), "small slices stay on the calling thread");
    assert_eq!(count("large"), count("before") + 3, "Exactly(3) makes a pool of three");
    assert_eq!(count("clone"), count("large"), "a clone makes no other");
}

/// An engine for any `T`, as generic code uses it.
#[test]
fn generic_code_compiles() {
    fn norm<T: Element>(xs: &mut [T]) {
        lanestack::square_in_place(xs);
    }
    let mut xs = [3.0f32, 4.0];
    norm(&mut xs);
    assert_eq!(xs, [9.0, 16.0]);
}
