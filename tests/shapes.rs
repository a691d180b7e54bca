//! Every length around the blocks, every alignment; nothing beside the destination is touched.
mod inputs;
mod oracle;

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lanestack::{Accuracy, Element, Engine, Op};
use oracle::Real;

fn bits<T: Real>(xs: &[T]) -> Vec<u64> {
    xs.iter().map(|x| x.bits()).collect()
}

/// Guards on each side of a destination; they hold a NaN that no op gives.
const GUARDS: usize = 64;

fn lengths_and_alignments<T: Real>() {
    let guard = T::of_bits(T::BITS_OF_INFINITY | T::SIGN | 0xbad);
    for &isa in inputs::isas() {
        for (op, tier) in inputs::kernels::<T>() {
            let block = isa.block::<T>(op, tier).expect("an available isa");
            let all = inputs::ordinary::<T>(35 * block + 2, 11);
            let engine = inputs::serial(isa, tier);
            // What each gives alone.
            let want: Vec<u64> = all.iter().map(|x| engine.run(op, &[*x])[0].bits()).collect();
            // Around a few blocks; and long enough that a sweep begins its blocks at a cache line.
            for len in (0..=3 * block + 1).chain([32 * block - 1, 32 * block, 34 * block - 1]) {
                for offset in 0..=if len > 4 * block { block.min(16) } else { block } {
                    let what = || format!("{op} {} {isa} {tier}: {len} elements from {offset} on", T::NAME);
                    let src = &all[offset..offset + len];
                    let want = &want[offset..offset + len];
                    let before = bits(src);
                    for shift in [0, offset, 7 * offset % (block + 1)] {
                        let mut room = vec![guard; GUARDS + shift + len + GUARDS];
                        let dst = GUARDS + shift..GUARDS + shift + len;
                        engine.run_into(op, src, &mut room[dst.clone()]);
                        assert_eq!(bits(&room[dst.clone()]), want, "{}, into", what());
                        assert!(room[..dst.start].iter().all(|x| x.bits() == guard.bits()), "{}, before", what());
                        assert!(room[dst.end..].iter().all(|x| x.bits() == guard.bits()), "{}, behind", what());
                    }
                    assert_eq!(bits(src), before, "{}, the source", what());
                    let mut room = vec![guard; GUARDS + offset + len + GUARDS];
                    let data = GUARDS + offset..GUARDS + offset + len;
                    room[data.clone()].copy_from_slice(src);
                    engine.run_in_place(op, &mut room[data.clone()]);
                    assert_eq!(bits(&room[data.clone()]), want, "{}, in place", what());
                    assert!(room[..data.start].iter().all(|x| x.bits() == guard.bits()), "{}, before", what());
                    assert!(room[data.end..].iter().all(|x| x.bits() == guard.bits()), "{}, behind", what());
                    assert_eq!(bits(&engine.run(op, src)), want, "{}, new", what());
                    let mut room = vec![MaybeUninit::new(guard); offset + len + GUARDS];
                    let written = engine.run_uninit(op, src, &mut room[offset..offset + len]);
                    assert_eq!(bits(written), want, "{}, uninit", what());
                    drop(room);
                }
            }
        }
    }
}

#[test]
fn f32_lengths_and_alignments() {
    lengths_and_alignments::<f32>();
}

#[test]
fn f64_lengths_and_alignments() {
    lengths_and_alignments::<f64>();
}

fn panic_message(work: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(work)).expect_err("it panics");
    panic.downcast_ref::<String>().expect("a message").clone()
}

fn mismatched<T: Element>() {
    for &isa in inputs::isas() {
        for (&op, &tier) in Op::ALL.iter().flat_map(|op| Accuracy::ALL.iter().map(move |tier| (op, tier))) {
            let engine = inputs::serial(isa, tier);
            for (src, dst) in [(0, 1), (1, 0), (17, 16), (1000, 1001), (1_000_003, 1_000_002)] {
                let (xs, mut ys) = (vec![T::ONE; src], vec![T::ONE; dst]);
                let mut room = vec![MaybeUninit::new(T::ONE); dst];
                for message in [
                    panic_message(|| engine.run_into(op, &xs, &mut ys)),
                    panic_message(|| _ = engine.run_uninit(op, &xs, &mut room)),
                ] {
                    let numbers: Vec<&str> =
                        message.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).collect();
                    assert_eq!(numbers, [src.to_string(), dst.to_string()], "{message}");
                    assert!(message.contains("source") && message.contains("destination"), "{message}");
                }
                assert!(ys.iter().all(|y| *y == T::ONE), "nothing is written");
            }
        }
    }
}

#[test]
fn mismatched_lengths_panic_and_name_both() {
    mismatched::<f32>();
    mismatched::<f64>();
    let mut y = [0.0; 2];
    for message in [
        panic_message(|| lanestack::exp_into(&[1.0; 3], &mut y)),
        panic_message(|| lanestack::log_into(&[1.0; 3], &mut y)),
        panic_message(|| lanestack::sqrt_into(&[1.0; 3], &mut y)),
        panic_message(|| lanestack::square_into(&[1.0; 3], &mut y)),
    ] {
        assert!(message.contains('3') && message.contains('2'), "{message}");
    }
}

#[test]
fn free_functions_are_the_ops() {
    let xs: Vec<f64> = inputs::ordinary(1000, 12);
    let engine = Engine::global();
    type Functions = (Op, fn(&[f64]) -> Vec<f64>, fn(&[f64], &mut [f64]), fn(&mut [f64]));
    let all: [Functions; 4] = [
        (Op::Exp, lanestack::exp, lanestack::exp_into, lanestack::exp_in_place),
        (Op::Log, lanestack::log, lanestack::log_into, lanestack::log_in_place),
        (Op::Sqrt, lanestack::sqrt, lanestack::sqrt_into, lanestack::sqrt_in_place),
        (Op::Square, lanestack::square, lanestack::square_into, lanestack::square_in_place),
    ];
    assert_eq!(all.len(), Op::ALL.len());
    for (op, new, into, in_place) in all {
        let want = engine.run(op, &xs);
        assert_eq!(new(&xs), want, "{op}");
        let mut ys = vec![0.0; xs.len()];
        into(&xs, &mut ys);
        assert_eq!(ys, want, "{op}");
        let mut data = xs.clone();
        in_place(&mut data);
        assert_eq!(data, want, "{op}");
    }
}
