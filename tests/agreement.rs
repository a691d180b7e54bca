//! An element's bits depend on its value and the op only: not on its place, its neighbours, the threads or the isa.
mod inputs;
mod oracle;

use lanestack::kernels::exp::Exp;
use lanestack::kernels::lanes::{Double, Kernel, Single};
use lanestack::kernels::log::Log;
use lanestack::kernels::sqrt::Sqrt;
use lanestack::kernels::square::Square;
use lanestack::{Engine, Isa, Op, Spec, Threads};
use oracle::Real;
use proptest::prelude::*;

fn engine(isa: Isa, threads: Threads) -> Engine {
    Engine::builder().isa(isa).threads(threads).build().expect("an available isa")
}

fn serial(isa: Isa) -> Engine {
    engine(isa, Threads::Exactly(1))
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

/// Chunks and threads: one after the other, in pools, and many at once.
fn threads<T: Real>() {
    for &isa in inputs::isas() {
        for &op in Op::ALL {
            let one = serial(isa);
            // Enough for threads, and no multiple of anything.
            let mut len = 300_007;
            while !engine(isa, Threads::Exactly(2)).is_parallel::<T>(op, len) {
                len = 2 * len + 1;
            }
            assert!(len < 20_000_000, "{op} {} {isa}: threads are started late, from {len} elements on", T::NAME);
            let xs = mixed::<T>(op, len, 21);
            let want = one.run(op, &xs);
            let check = |engine: &Engine, what: &str| {
                let what = format!("{op} {isa}, {what}");
                assert_same(&xs, &engine.run(op, &xs), &want, &what);
                let mut data = xs.clone();
                engine.run_in_place(op, &mut data);
                assert_same(&xs, &data, &want, &format!("{what}, in place"));
            };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("three threads");
            for threads in
                [Threads::Exactly(1), Threads::Exactly(2), Threads::Exactly(3), Threads::Exactly(7), Threads::Auto]
            {
                let engine = engine(isa, threads);
                check(&engine, &format!("threads {threads}"));
                pool.install(|| check(&engine, &format!("threads {threads} inside a pool of 3")));
            }
            // Chunks of other lengths.
            for part in [1000, len / 3 + 1] {
                let mut ys = vec![T::ONE; len];
                for (xs, ys) in xs.chunks(part).zip(ys.chunks_mut(part)) {
                    one.run_into(op, xs, ys);
                }
                assert_same(&xs, &ys, &want, &format!("{op} {isa}, by {part}"));
            }
            let shared = engine(isa, Threads::Exactly(2));
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| check(&shared.clone(), "several callers at once"));
                }
            });
        }
    }
}

#[test]
fn f32_threads() {
    threads::<f32>();
}

#[test]
fn f64_threads() {
    threads::<f64>();
}

/// All isas agree in `f32`, all fused ones in `f64`; `sqrt` and `square` agree everywhere.
fn isas<T: Real>() {
    let isas = inputs::isas();
    for &op in Op::ALL {
        let n = 2_000_000 / inputs::stride();
        let mut xs = mixed::<T>(op, n, 31);
        xs.extend(inputs::any_bits::<T>(n, 32));
        xs.extend(inputs::ordinary::<T>(n, 33));
        xs.extend(inputs::powers_of_two::<T>(2));
        let mut fused: Option<(Isa, Vec<T>)> = None;
        let mut unfused: Option<(Isa, Vec<T>)> = None;
        for &isa in isas {
            let ys = serial(isa).run(op, &xs);
            let any_alike = T::NAME == "f32" || matches!(op, Op::Sqrt | Op::Square);
            let like = if any_alike || isa.is_fused() == Some(true) { &mut fused } else { &mut unfused };
            match like {
                Some((first, want)) => assert_same(&xs, &ys, want, &format!("{op} {isa} against {first}")),
                None => *like = Some((isa, ys)),
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
    #[inline(always)]
    fn f32<V: Single>(x: V) -> V {
        K::f32_any(x)
    }
    #[inline(always)]
    fn f64<V: Double>(x: V) -> V {
        K::f64_any(x)
    }
}

fn paths<T: Real, K: Kernel>(op: Op, kernel: K) {
    for &isa in inputs::isas() {
        let engine = serial(isa);
        // Blocks without a rare element, so that they take the short path: sorted, rare elements stand together.
        let n = 2_000_000 / inputs::stride();
        let mut xs = inputs::values::<T>(op, n, 41);
        xs.extend(inputs::ordinary::<T>(n, 42));
        xs.extend(inputs::any_bits::<T>(n, 43));
        xs.extend(inputs::borders::<T>(op).into_iter().flat_map(|x| inputs::around(x, 1000)));
        xs.sort_unstable_by_key(|x| x.bits());
        let mut any = vec![T::ONE; xs.len()];
        engine.map_into(Rare(kernel), &xs, &mut any);
        assert_same(&xs, &engine.run(op, &xs), &any, &format!("{op} {isa}, short path against long"));
    }
}

/// Both paths of a kernel, over millions of elements.
#[test]
fn short_and_long_path() {
    for &op in Op::ALL {
        match op {
            Op::Exp => (paths::<f32, _>(op, Exp), paths::<f64, _>(op, Exp)),
            Op::Log => (paths::<f32, _>(op, Log), paths::<f64, _>(op, Log)),
            Op::Sqrt => (paths::<f32, _>(op, Sqrt), paths::<f64, _>(op, Sqrt)),
            Op::Square => (paths::<f32, _>(op, Square), paths::<f64, _>(op, Square)),
            _ => panic!("{op} is not tested"),
        };
    }
}

/// Each place of a block is taken in turn by a stranger that may send the block down the long path.
fn neighbours<T: Real>() {
    for &isa in inputs::isas() {
        let engine = serial(isa);
        let block = isa.block::<T>().expect("an available isa");
        for &op in Op::ALL {
            let strangers: Vec<T> =
                [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -1.0, 1e300, -1e300, 1e30, -1e30]
                    .into_iter()
                    .chain([707.9, 708.0, 709.9, -707.9, -708.0, -709.0, -744.9, -746.0, 88.8, -90.0, -104.1])
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
                assert_same(&xs, &engine.run(op, &xs), &alone, &format!("{op} {isa}, a block"));
                for at in 0..block {
                    for &stranger in &strangers {
                        let (mut xs, mut want) = (xs.clone(), alone.clone());
                        xs[at] = stranger;
                        want[at] = engine.run(op, &[stranger])[0];
                        let mut ys = vec![T::ONE; block];
                        engine.run_into(op, &xs, &mut ys);
                        let what = format!("{op} {isa}, {} at {at} of a block", stranger.hex());
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

/// A slice of anything gives what its elements give alone, whatever its length and where it starts.
fn place<T: Real>(bits: &[u64], offset: usize) {
    for &isa in Isa::available() {
        let engine = serial(isa);
        for &op in Op::ALL {
            let mut room = vec![T::ONE; offset];
            // Half of them any bits, half of them numbers of moderate size.
            room.extend(
                bits.iter().map(|&b| {
                    if b & 1 == 0 { T::of_bits(b.rotate_right(1)) } else { T::of_f64((b >> 40) as f64 / 1e5) }
                }),
            );
            let xs = &room[offset..];
            let alone: Vec<T> = xs.iter().map(|x| engine.run(op, &[*x])[0]).collect();
            let got = engine.run(op, xs);
            assert_same(xs, &got, &alone, &format!("{op} {isa}, {} elements from {offset} on", xs.len()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn place_does_not_matter(bits in prop::collection::vec(any::<u64>(), 0..200), offset in 0usize..65) {
        place::<f32>(&bits, offset);
        place::<f64>(&bits, offset);
    }
}
