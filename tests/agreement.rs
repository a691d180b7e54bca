//! An element's bits depend on its value, the op and the tier only: not on its place, its neighbours, the threads or the
//! isa.
mod golden;
mod inputs;
mod oracle;

use std::mem::MaybeUninit;

use lanestack::kernels::exact::exp::ExpExact;
use lanestack::kernels::exact::log::LogExact;
use lanestack::kernels::exp::Exp;
use lanestack::kernels::fast::exp::ExpFast;
use lanestack::kernels::fast::log::LogFast;
use lanestack::kernels::lanes::{Double, Kernel, Single};
use lanestack::kernels::log::Log;
use lanestack::kernels::sqrt::Sqrt;
use lanestack::kernels::square::Square;
use lanestack::{Accuracy, Engine, Isa, Op, Spec, Threads};
use oracle::Real;
use proptest::prelude::*;

fn engine(isa: Isa, tier: Accuracy, threads: Threads) -> Engine {
    Engine::builder().isa(isa).accuracy(tier).threads(threads).build().expect("an available isa")
}

/// Whether results are the same on every isa, being correctly rounded.
fn everywhere_alike<T: Real>(op: Op, tier: Accuracy) -> bool {
    op.spec::<T>(tier).ulp_unfused == 0.5
}

#[track_caller]
fn assert_same<T: Real>(xs: &[T], got: &[T], want: &[T], what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, ((x, got), want)) in xs.iter().zip(got).zip(want).enumerate() {
        assert!(
            got.bits() == want.bits(),
            "{what}, {}: element {i}, of {} ({x:e}): got {}, want {}",
            T::NAME,
            x.hex(),
            got.hex(),
            want.hex()
        );
    }
}

/// All kinds of elements, thoroughly mixed.
fn mixed<T: Real>(op: Op, n: usize, seed: u64) -> Vec<T> {
    let mut random = inputs::Random(seed);
    let borders: Vec<T> = inputs::borders::<T>(op).into_iter().flat_map(|x| inputs::around(x, 3)).collect();
    let (bits, values, nans) =
        (inputs::any_bits::<T>(n, seed + 1), inputs::values::<T>(op, n, seed + 2), inputs::nans::<T>());
    (0..n)
        .map(|i| match random.below(64) {
            0..4 => borders[random.below(borders.len())],
            4 => nans[random.below(nans.len())],
            5..20 => bits[i],
            _ => values[i],
        })
        .collect()
}

/// More elements than one thread is left with, and no multiple of anything.
fn many<T: Real>(op: Op, isa: Isa, tier: Accuracy) -> usize {
    let two = engine(isa, tier, Threads::Exactly(2));
    let mut len = 40_009;
    while !two.is_parallel::<T>(op, len) {
        len = 2 * len + 1;
    }
    assert!(len < 20_000_000, "{op} {} {isa}: threads are started late, from {len} elements on", T::NAME);
    len
}

/// Chunks and threads: one after the other, in pools, and many at once.
fn threads<T: Real>() {
    for &isa in inputs::isas() {
        for (op, tier) in inputs::kernels::<T>() {
            threads_of::<T>(op, isa, tier);
        }
    }
}

fn threads_of<T: Real>(op: Op, isa: Isa, tier: Accuracy) {
    let one = inputs::serial(isa, tier);
    let len = many::<T>(op, isa, tier).max(300_007 / inputs::stride().min(8));
    let xs = mixed::<T>(op, len, 21);
    let want = one.run(op, &xs);
    let check = |engine: &Engine, what: &str| {
        let what = format!("{op} {isa} {tier}, {what}");
        assert_same(&xs, &engine.run(op, &xs), &want, &what);
        let mut data = xs.clone();
        engine.run_in_place(op, &mut data);
        assert_same(&xs, &data, &want, &format!("{what}, in place"));
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("three threads");
    for threads in [Threads::Exactly(1), Threads::Exactly(2), Threads::Exactly(3), Threads::Exactly(7), Threads::Auto] {
        let engine = engine(isa, tier, threads);
        check(&engine, &format!("threads {threads}"));
        pool.install(|| check(&engine, &format!("threads {threads} inside a pool of 3")));
    }
    // Chunks of other lengths.
    for part in [1000, len / 3 + 1] {
        let mut ys = vec![T::ONE; len];
        for (xs, ys) in xs.chunks(part).zip(ys.chunks_mut(part)) {
            one.run_into(op, xs, ys);
        }
        assert_same(&xs, &ys, &want, &format!("{op} {isa} {tier}, by {part}"));
    }
    let shared = engine(isa, tier, Threads::Exactly(2));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| check(&shared.clone(), "several callers at once"));
        }
    });
}

#[test]
fn f32_threads() {
    threads::<f32>();
}

#[test]
fn f64_threads() {
    threads::<f64>();
}

/// All isas give what is correctly rounded, if the tier promises that; else all fused ones agree, and all others.
fn isas<T: Real>() {
    let isas = inputs::isas();
    for &op in Op::ALL {
        let n = 2_000_000 / inputs::stride();
        let mut xs = mixed::<T>(op, n, 31);
        xs.extend(inputs::any_bits::<T>(n, 32));
        xs.extend(inputs::ordinary::<T>(n, 33));
        xs.extend(inputs::powers_of_two::<T>(2));
        for tier in inputs::tiers::<T>(op) {
            let mut alike: [Option<(String, Vec<T>)>; 2] = [None, None];
            let correct = everywhere_alike::<T>(op, tier);
            if correct {
                alike[0] = Some(("the oracle".to_owned(), xs.iter().map(|&x| T::truth(op, x)).collect()));
            }
            for &isa in isas {
                let ys = inputs::serial(isa, tier).run(op, &xs);
                match &mut alike[usize::from(!correct && isa.is_fused() == Some(false))] {
                    Some((first, want)) => assert_same(&xs, &ys, want, &format!("{op} {isa} {tier} against {first}")),
                    none => *none = Some((isa.to_string(), ys)),
                }
            }
        }
    }
}

#[test]
fn f32_isas() {
    isas::<f32>();
}

#[test]
fn f64_isas() {
    isas::<f64>();
}

/// A kernel that takes the path of rare elements always.
#[derive(Clone, Copy, Debug)]
struct Rare<K>(K);

impl<K: Kernel> Kernel for Rare<K> {
    const F32: Spec<f32> = K::F32;
    const F64: Spec<f64> = K::F64;
    type F32Block = K::F32Block;
    type F64Block = K::F64Block;
    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        self.0.f32_any(x)
    }
    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        self.0.f64_any(x)
    }
}

fn paths<T: Real, K: Kernel>(op: Op, tier: Accuracy, kernel: K) {
    for &isa in inputs::isas() {
        let engine = inputs::serial(isa, tier);
        // Blocks without a rare element, so that they take the short path: sorted, rare elements stand together.
        let n = 2_000_000 / inputs::stride();
        let mut xs = inputs::values::<T>(op, n, 41);
        xs.extend(inputs::ordinary::<T>(n, 42));
        xs.extend(inputs::any_bits::<T>(n, 43));
        xs.extend(inputs::borders::<T>(op).into_iter().flat_map(|x| inputs::around(x, 1000)));
        xs.sort_unstable_by_key(|x| x.bits());
        let mut any = vec![T::ONE; xs.len()];
        engine.map_into(Rare(kernel), &xs, &mut any);
        assert_same(&xs, &engine.run(op, &xs), &any, &format!("{op} {isa} {tier}, short path against long"));
    }
}

/// Both paths of a kernel, over millions of elements.
#[test]
fn short_and_long_path() {
    for &op in Op::ALL {
        for &tier in Accuracy::ALL {
            match (op, tier) {
                (Op::Exp, Accuracy::Default) => both(op, tier, Exp),
                (Op::Exp, Accuracy::Exact) => paths::<f64, _>(op, tier, ExpExact),
                (Op::Exp, Accuracy::Fast) => paths::<f32, _>(op, tier, ExpFast),
                (Op::Log, Accuracy::Default) => both(op, tier, Log),
                (Op::Log, Accuracy::Exact) => paths::<f64, _>(op, tier, LogExact),
                (Op::Log, Accuracy::Fast) => paths::<f32, _>(op, tier, LogFast),
                (Op::Sqrt, Accuracy::Default) => both(op, tier, Sqrt),
                (Op::Square, Accuracy::Default) => both(op, tier, Square),
                _ => assert!(op.tier::<f32>(tier) != tier && op.tier::<f64>(tier) != tier, "{op} {tier} is not tested"),
            }
        }
    }
}

fn both<K: Kernel>(op: Op, tier: Accuracy, kernel: K) {
    paths::<f32, _>(op, tier, kernel);
    paths::<f64, _>(op, tier, kernel);
}

/// Each place of a block is taken in turn by a stranger that may send the block down the long path.
fn neighbours<T: Real>() {
    for &isa in inputs::isas() {
        for (op, tier) in inputs::kernels::<T>() {
            let block = isa.block::<T>(op, tier).expect("an available isa");
            let engine = inputs::serial(isa, tier);
            let strangers: Vec<T> =
                [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -1.0, 1e300, -1e300, 1e30, -1e30]
                    .into_iter()
                    .chain([
                        640.1, 707.9, 708.0, 709.9, -640.1, -707.9, -708.0, -709.0, -744.9, -746.0, 88.8, 87.1, -69.1,
                        -90.0, -104.1,
                    ])
                    .map(T::of_f64)
                    .chain(
                        [1, 0x1234, T::QUIET, T::SIGN | 1, T::BITS_OF_INFINITY | 1, T::BITS_OF_INFINITY - 1]
                            .map(T::of_bits),
                    )
                    .collect();
            for seed in 0..8 {
                let xs = if seed % 2 == 0 {
                    inputs::ordinary::<T>(block, 50 + seed)
                } else {
                    inputs::values::<T>(op, block, 50 + seed)
                };
                let alone: Vec<T> = xs.iter().map(|x| engine.run(op, &[*x])[0]).collect();
                assert_same(&xs, &engine.run(op, &xs), &alone, &format!("{op} {isa} {tier}, a block"));
                for at in 0..block {
                    for &stranger in &strangers {
                        let (mut xs, mut want) = (xs.clone(), alone.clone());
                        xs[at] = stranger;
                        want[at] = engine.run(op, &[stranger])[0];
                        let mut ys = vec![T::ONE; block];
                        engine.run_into(op, &xs, &mut ys);
                        let what = format!("{op} {isa} {tier}, {} at {at} of a block", stranger.hex());
                        assert_same(&xs, &ys, &want, &what);
                        ys.copy_from_slice(&xs);
                        engine.run_in_place(op, &mut ys);
                        assert_same(&xs, &ys, &want, &format!("{what}, in place"));
                    }
                }
            }
        }
    }
}

#[test]
fn f32_neighbours() {
    neighbours::<f32>();
}

#[test]
fn f64_neighbours() {
    neighbours::<f64>();
}

/// An element: any bits, what is rare, what is hard to round, or one like any other.
fn element<T: Real>(op: Op, (kind, bits): (u8, u64), rare: &[T], hard: &[T]) -> T {
    let pick = |from: &[T]| from[(bits % from.len() as u64) as usize];
    match kind {
        0 => T::of_bits(bits),
        1 => pick(rare),
        2 if !hard.is_empty() => pick(hard),
        _ => inputs::values::<T>(op, 6, bits)[kind as usize % 6],
    }
}

fn elements<T: Real>(op: Op, seeds: &[(u8, u64)]) -> Vec<T> {
    let mut rare = inputs::borders::<T>(op);
    rare.extend(inputs::nans::<T>());
    let hard: Vec<T> = if T::NAME == "f32" {
        golden::f32_hard(op.name()).into_iter().map(|(x, _)| T::of_bits(x.into())).collect()
    } else {
        golden::f64_hard(op.name()).into_iter().map(|(x, _)| T::of_f64(x)).collect()
    };
    seeds.iter().map(|&seed| element(op, seed, &rare, &hard)).collect()
}

/// Elements of all kinds at random places, so that short and long paths, and stages of the exact tier, take turns.
fn seeds() -> impl Strategy<Value = Vec<(u8, u64)>> {
    prop::collection::vec((prop_oneof![3 => 3u8..8, 1 => 0u8..3], any::<u64>()), 0..100)
}

/// Each element so many times in a row, and all so many times.
fn repeated<T: Real>(few: &[T], [each, times]: [usize; 2]) -> Vec<T> {
    let stretches: Vec<T> = few.iter().flat_map(|&x| std::iter::repeat_n(x, each)).collect();
    stretches.repeat(times)
}

/// A slice gives what its elements give alone, whatever its length, where source and destination start, in place or not,
/// and cut wherever one likes; and on every isa the same.
fn place<T: Real>(op: Op, seeds: &[(u8, u64)], times: [usize; 2], [from, to]: [usize; 2], cuts: &[usize]) {
    // Long enough at times that a sweep begins its blocks at a cache line; repeated, an element has many neighbours, or none
    // but itself.
    let few = elements::<T>(op, seeds);
    let xs = repeated(&few, times);
    let mut room = vec![T::ONE; from];
    room.extend(&xs);
    let src = &room[from..];
    for tier in inputs::tiers::<T>(op) {
        let mut fused: Option<Vec<T>> = None;
        for &isa in Isa::available() {
            let engine = inputs::serial(isa, tier);
            let what = |how: &str| format!("{op} {isa} {tier}, {} elements from {from} to {to}, {how}", xs.len());
            let alone: Vec<T> = few.iter().map(|x| engine.run(op, &[*x])[0]).collect();
            if everywhere_alike::<T>(op, tier) {
                let truth: Vec<T> = few.iter().map(|&x| T::truth(op, x)).collect();
                assert_same(&few, &alone, &truth, &what("against the oracle"));
            } else if isa.is_fused() == Some(true) {
                assert_same(&few, &alone, fused.get_or_insert_with(|| alone.clone()), &what("against another isa"));
            }
            let want = repeated(&alone, times);
            assert_same(&xs, &engine.run(op, src), &want, &what("new"));
            let mut room = vec![T::ONE; to + xs.len()];
            engine.run_into(op, src, &mut room[to..]);
            assert_same(&xs, &room[to..], &want, &what("into"));
            room[to..].copy_from_slice(src);
            engine.run_in_place(op, &mut room[to..]);
            assert_same(&xs, &room[to..], &want, &what("in place"));
            let mut slots = vec![MaybeUninit::uninit(); to + xs.len()];
            assert_same(&xs, engine.run_uninit(op, src, &mut slots[to..]), &want, &what("uninit"));
            room.fill(T::ONE);
            let (mut rest, mut left) = (src, &mut room[to..]);
            for &cut in cuts {
                let (piece, dst) = (rest.split_at(cut.min(rest.len())), left.split_at_mut(cut.min(rest.len())));
                engine.run_into(op, piece.0, dst.0);
                (rest, left) = (piece.1, dst.1);
            }
            engine.run_into(op, rest, left);
            assert_same(&xs, &room[to..], &want, &what(&format!("cut by {cuts:?}")));
        }
    }
}

/// A long slice gives what its elements give alone, on any number of threads, in a pool or not.
fn spread<T: Real>(op: Op, tier: Accuracy, isa: Isa, seeds: &[(u8, u64)], more: usize, threads: Threads, pool: usize) {
    let few = elements::<T>(op, seeds);
    let one = inputs::serial(isa, tier);
    let alone: Vec<T> = few.iter().map(|x| one.run(op, &[*x])[0]).collect();
    let times = (many::<T>(op, isa, tier) + more).div_ceil(few.len());
    let (xs, want) = (few.repeat(times), alone.repeat(times));
    let engine = engine(isa, tier, threads);
    let work = || {
        let what = format!("{op} {isa} {tier}, {} elements, threads {threads} in a pool of {pool}", xs.len());
        assert_same(&xs, &engine.run(op, &xs), &want, &what);
        let mut data = xs.clone();
        engine.run_in_place(op, &mut data);
        assert_same(&xs, &data, &want, &format!("{what}, in place"));
    };
    match pool {
        0 => work(),
        _ => rayon::ThreadPoolBuilder::new().num_threads(pool).build().expect("threads").install(work),
    }
}

fn config(cases: u32) -> ProptestConfig {
    let cases = (cases / inputs::stride().min(10) as u32).max(4);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(300))]
    #[test]
    fn place_does_not_matter(
        seeds in seeds(),
        times in prop_oneof![
            6 => Just([1, 1]),
            2 => (1usize..50).prop_map(|times| [1, times]),
            1 => (1usize..200).prop_map(|each| [each, 1]),
        ],
        offsets in prop::array::uniform2(0usize..65),
        cuts in prop::collection::vec(0usize..200, 0..4),
    ) {
        for &op in Op::ALL {
            place::<f32>(op, &seeds, times, offsets, &cuts);
            place::<f64>(op, &seeds, times, offsets, &cuts);
        }
    }
}

proptest! {
    #![proptest_config(config(40))]
    #[test]
    fn threads_do_not_matter(
        seeds in seeds().prop_filter("an element", |seeds| !seeds.is_empty()),
        op in prop::sample::select(Op::ALL),
        isa in prop::sample::select(Isa::available()),
        more in 0usize..20_000,
        threads in prop::sample::select(vec![1, 2, 3, 7]),
        pool in 0usize..4,
    ) {
        let threads = Threads::Exactly(threads);
        for tier in inputs::tiers::<f32>(op) {
            spread::<f32>(op, tier, isa, &seeds, more, threads, pool);
        }
        for tier in inputs::tiers::<f64>(op) {
            spread::<f64>(op, tier, isa, &seeds, more, threads, pool);
        }
    }
}
