//! Memory: whichever way results go there, they are the same; nothing beside a slice is touched; and a plan is carried out.
mod inputs;
mod oracle;

use std::collections::HashSet;
use std::sync::Mutex;
use std::thread::{self, ThreadId};
use std::time::Duration;

use lanestack::kernels::exp::Exp;
use lanestack::kernels::isa::Places;
use lanestack::kernels::lanes::{Double, Kernel, Medium, Single};
use lanestack::kernels::sweep::{MapLong, MapStreaming};
use lanestack::{Accuracy, Buffer, Engine, Isa, Op, Spec, Stores, Target, Threads};
use oracle::Real;

fn bits<T: Real>(xs: &[T]) -> Vec<u64> {
    xs.iter().map(|x| x.bits()).collect()
}

/// Ordinary elements, among them some of any kind.
fn mixed<T: Real>(op: Op, n: usize) -> Vec<T> {
    let mut random = inputs::Random(71);
    let (any, values) = (inputs::any_bits::<T>(n, 72), inputs::values::<T>(op, n, 73));
    any.into_iter().zip(values).map(|(any, value)| if random.below(40) == 0 { any } else { value }).collect()
}

fn engine(isa: Isa, tier: Accuracy, stores: Stores, threads: usize) -> Engine {
    let builder = Engine::builder().isa(isa).accuracy(tier).stores(stores).threads(Threads::Exactly(threads));
    builder.parallel_from(if threads > 1 { 2 } else { usize::MAX }).build().expect("an available isa")
}

/// Streamed and plain, on one thread and more, at every alignment, and nothing beside the destination.
fn streaming<T: Real>() {
    let guard = T::of_bits(T::BITS_OF_INFINITY | T::SIGN | 0xbad);
    for &isa in inputs::isas() {
        for (op, tier) in inputs::kernels::<T>() {
            let block = isa.block::<T>(op, tier).expect("an available isa");
            let lengths = [256, 257, 300, 32 * block - 1, 32 * block, 33 * block + 5, 40 * block - 1, 20_011];
            let xs = mixed::<T>(op, 20_011 + 3);
            let want = bits(&engine(isa, tier, Stores::Plain, 1).run(op, &xs));
            for threads in [1, 3] {
                let engine = engine(isa, tier, Stores::Streaming, threads);
                for len in lengths.into_iter().filter(|&len| threads == 1 || len > 10_000) {
                    for shift in 0..if len < 2000 { 17 } else { 3 } {
                        let what =
                            format!("{op} {} {isa} {tier}: {len} elements at {shift}, threads {threads}", T::NAME);
                        let mut room = vec![guard; shift + len + 64];
                        let src = &xs[shift % 4..][..len];
                        engine.run_into(op, src, &mut room[shift..shift + len]);
                        assert_eq!(bits(&room[shift..shift + len]), want[shift % 4..][..len], "{what}");
                        let beside = room[..shift].iter().chain(&room[shift + len..]);
                        assert!(beside.into_iter().all(|x| x.bits() == guard.bits()), "{what}: beside it");
                    }
                }
                let plan = engine.plan::<T>(op, 20_011, Target::Into);
                assert_eq!(Some(plan.way.streaming), isa.streams(), "{op} {isa}");
                let mut ys = Vec::with_capacity(xs.len());
                let written = engine.run_uninit(op, &xs, &mut ys.spare_capacity_mut()[..xs.len()]);
                assert_eq!(bits(written), want, "{op} {isa}, uninitialized");
            }
        }
    }
}

#[test]
fn f32_streaming() {
    streaming::<f32>();
}

#[test]
fn f64_streaming() {
    streaming::<f64>();
}

/// A page of memory before which and behind which there is none.
#[cfg(target_os = "linux")]
mod lone_page {
    use std::ffi::{c_int, c_void};

    use super::*;

    /// At least a page of any system.
    const PAGE: usize = 64 << 10;

    unsafe extern "C" {
        fn mmap(start: *mut c_void, bytes: usize, access: c_int, flags: c_int, file: c_int, at: i64) -> *mut c_void;
        fn mprotect(start: *mut c_void, bytes: usize, access: c_int) -> c_int;
    }

    /// Never given back: there are few.
    fn lone_page<T: Real>() -> &'static mut [T] {
        const NONE: c_int = 0;
        const READ_WRITE: c_int = 3;
        const PRIVATE_ANONYMOUS: c_int = 0x22;
        // SAFETY: new memory, of which the middle is handed out; its zeros are elements.
        unsafe {
            let all = mmap(std::ptr::null_mut(), 3 * PAGE, NONE, PRIVATE_ANONYMOUS, -1, 0);
            assert!(all.addr() as isize != -1);
            let page = all.byte_add(PAGE);
            assert_eq!(mprotect(page, PAGE, READ_WRITE), 0);
            std::slice::from_raw_parts_mut(page.cast(), PAGE / size_of::<T>())
        }
    }

    fn nothing_beside_a_slice_is_touched<T: Real>() {
        let (src, dst) = (lone_page::<T>(), lone_page::<T>());
        for &isa in inputs::isas() {
            for (op, tier) in inputs::kernels::<T>() {
                let block = isa.block::<T>(op, tier).expect("an available isa");
                let xs = mixed::<T>(op, src.len());
                src.copy_from_slice(&xs);
                let want = bits(&inputs::serial(isa, tier).run(op, &xs));
                let streaming = engine(isa, tier, Stores::Streaming, 1);
                for len in (0..=2 * block + 17).chain([257, 300, 34 * block + 3]) {
                    for start in [0, xs.len() - len] {
                        let (at, what) =
                            (start..start + len, format!("{op} {} {isa} {tier}: {len} at {start}", T::NAME));
                        streaming.run_into(op, &src[at.clone()], &mut dst[at.clone()]);
                        assert_eq!(bits(&dst[at.clone()]), want[at.clone()], "{what}");
                        dst[at.clone()].copy_from_slice(&xs[at.clone()]);
                        streaming.run_in_place(op, &mut dst[at.clone()]);
                        assert_eq!(bits(&dst[at.clone()]), want[at], "{what}, in place");
                    }
                }
            }
        }
    }

    #[test]
    fn f32_nothing_beside_a_slice_is_touched() {
        nothing_beside_a_slice_is_touched::<f32>();
    }

    #[test]
    fn f64_nothing_beside_a_slice_is_touched() {
        nothing_beside_a_slice_is_touched::<f64>();
    }
}

/// Row by row, whatever follows a row, and wherever; and with arguments asked for ahead, but results in the caches.
fn rows<T: Real>() {
    for &isa in inputs::isas() {
        let engine = engine(isa, Accuracy::Default, Stores::Plain, 1);
        for len in [0, 1, 63, 255, 256, 257, 511, 512, 513, 700, 1025, 3001] {
            let src = mixed::<T>(Op::Exp, len);
            let mut want = src.clone();
            engine.map_in_place(Exp, &mut want);
            for next in [0, src.as_ptr().addr(), src.as_ptr().wrapping_add(2 * len).addr(), usize::MAX] {
                let mut dst = vec![T::ONE; len];
                engine.enter(MapStreaming { src: &src, dst: &mut dst, kernel: Exp, next: Some(next) });
                assert!(bits(&dst) == bits(&want), "{isa} {} {len} {next:#x}", T::NAME);
            }
            for streaming in [false, true] {
                let mut dst = vec![T::ONE; len];
                engine.enter(MapLong { places: Places::two(&src, &mut dst), kernel: Exp, next: None, streaming });
                assert!(bits(&dst) == bits(&want), "{isa} {} {len} {streaming}", T::NAME);
            }
            let mut data = src.clone();
            engine.enter(MapLong { places: Places::one(&mut data), kernel: Exp, next: None, streaming: false });
            assert!(bits(&data) == bits(&want), "{isa} {} {len} in place", T::NAME);
        }
    }
}

#[test]
fn f32_rows() {
    rows::<f32>();
}

#[test]
fn f64_rows() {
    rows::<f64>();
}

/// New memory of less and more than huge pages are asked for, on one thread and more: the bits of small slices.
#[test]
fn new_memory() {
    for len in [0, 1, 300, (4 << 20) / 8 - 1, (4 << 20) / 8, (7 << 20) / 8 + 13] {
        let xs = mixed::<f64>(Op::Exp, len);
        let mut want = vec![0.0; len];
        for (xs, ys) in xs.chunks(1000).zip(want.chunks_mut(1000)) {
            lanestack::exp_into(xs, ys);
        }
        for threads in [1, 3] {
            for stores in [Stores::Plain, Stores::Streaming] {
                let engine = engine(Isa::best(), Accuracy::Default, stores, threads);
                let what = format!("{len} elements, threads {threads}, {stores}");
                assert_eq!(bits(&engine.run(Op::Exp, &xs)), bits(&want), "{what}");
                let buffer = engine.run_buffer(Op::Exp, &xs);
                assert_eq!(bits(&buffer), bits(&want), "{what}, buffer");
                assert_eq!(buffer.as_ptr().addr() % 64, 0, "{what}");
            }
        }
        let copy = Buffer::from(&xs[..]);
        assert_eq!(bits(&copy), bits(&xs));
        let mut clone = copy.clone();
        clone.iter_mut().for_each(|x| *x = 1.0);
        assert_eq!(bits(&copy), bits(&xs), "a clone is memory of its own");
        assert_eq!(bits(&Buffer::<f64>::zeroed(len)), vec![0; len]);
    }
    assert_eq!(format!("{:?}", Buffer::from(&[1.5f32, 2.0][..])), "[1.5, 2.0]");
    assert!(std::panic::catch_unwind(|| Buffer::<f64>::zeroed(usize::MAX / 4)).is_err(), "no memory is so large");
}

/// Streaming is for what no cache holds, and never in place; a choice overrules the rest. What is streamed is asked for ahead.
#[test]
fn plans_of_stores() {
    let (small, large) = (1000, 1 << 36);
    for &isa in Isa::available() {
        let plan = |stores, len, target| engine(isa, Accuracy::Default, stores, 2).plan::<f64>(Op::Square, len, target);
        let is_streaming = |stores, len, target| plan(stores, len, target).way.streaming;
        let streams = isa.streams() == Some(true);
        for (stores, len, target, want) in [
            (Stores::Auto, small, Target::Into, false),
            (Stores::Auto, large, Target::Into, streams),
            (Stores::Auto, large, Target::InPlace, false),
            (Stores::Plain, large, Target::Into, false),
            (Stores::Streaming, small, Target::Into, streams),
            (Stores::Streaming, 256, Target::Into, false),
            (Stores::Streaming, large, Target::InPlace, false),
        ] {
            assert_eq!(is_streaming(stores, len, target), want, "{isa} {stores} {len} {target:?}");
        }
        let is_prefetching = |op, len, target| {
            engine(isa, Accuracy::Default, Stores::Auto, 2).plan::<f64>(op, len, target).way.prefetching
        };
        for (op, len, target, want) in [
            (Op::Square, large, Target::Into, streams),
            (Op::Exp, small, Target::InPlace, false),
            (Op::Exp, large, Target::Into, streams),
        ] {
            assert_eq!(is_prefetching(op, len, target), want, "{isa} {op} {len} {target:?}");
        }
        let text = plan(Stores::Auto, large, Target::Into).to_string();
        for part in [isa.name(), "threads: 2", "last-level cache"] {
            assert!(text.contains(part) || !streams, "{text}");
        }
    }
}

/// Threads are used as a plan says, from the length on that the engine was told.
#[test]
fn a_plan_is_carried_out() {
    static SEEN: Mutex<Option<HashSet<ThreadId>>> = Mutex::new(None);
    #[derive(Clone, Copy, Debug)]
    struct Seen;
    fn stay() {
        SEEN.lock().expect("no panic").get_or_insert_default().insert(thread::current().id());
        thread::sleep(Duration::from_micros(100));
    }
    impl Kernel for Seen {
        const F32: Spec<f32> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 1.0 };
        const F64: Spec<f64> = Spec { ulp: 0.5, ulp_unfused: 0.5, special: &[], ns: 1.0 };
        type F32Block = Medium;
        type F64Block = Medium;
        fn f32<V: Single>(self, x: V) -> V {
            stay();
            x
        }
        fn f64<V: Double>(self, x: V) -> V {
            stay();
            x
        }
    }
    let engine = Engine::builder().threads(Threads::Exactly(2)).parallel_from(5000).build().expect("an engine");
    for len in [1, 257, 4999, 5000, 12_345] {
        let way = engine.plan::<f64>(Op::Exp, len, Target::InPlace).way;
        assert_eq!(way.threads > 1, len >= 5000, "{len} elements");
        assert_eq!(engine.is_parallel::<f64>(Op::Exp, len), len >= 5000, "{len} elements");
        assert!(way.chunk <= len && (way.threads > 1 || way.chunk == len), "{way:?}");
        engine.map_in_place(Seen, &mut vec![1.0f64; len]);
        let seen = SEEN.lock().expect("no panic").take().expect("some").len();
        assert_eq!(seen, way.threads, "{len} elements");
    }
    let never = Engine::builder().threads(Threads::Exactly(2)).parallel_from(usize::MAX).build().expect("an engine");
    assert_eq!(never.plan::<f64>(Op::Exp, 1 << 40, Target::Into).way.threads, 1);
}
