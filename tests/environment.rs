//! What a caller's floating-point environment does to results: `docs/environment.md` is what is asserted here.
//!
//! Rust takes the default environment for granted, so another one is set around an opaque call only, in one piece of
//! assembly, as a program in another language would have it when it calls the library.
#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod golden;
mod inputs;
mod oracle;

use std::cmp::Ordering;
use std::ffi::c_void;
use std::hint::black_box;

use Rounding::{Down, Nearest, Up, Zero};
use lanestack::kernels::exact::fixed;
use lanestack::{Accuracy, Engine, Isa, Op, Threads};
use oracle::{Exact, Real, parts};

/// How results are rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rounding {
    Nearest,
    Down,
    Up,
    Zero,
}

/// A floating-point environment.
#[derive(Clone, Copy, Debug)]
struct Environment {
    name: &'static str,
    /// The bits of the control register that differ from the default.
    control: u64,
    /// The flags that are set beforehand.
    flags: u64,
    rounding: Rounding,
    /// Whether subnormal arguments of an instruction count as zero, and whether its subnormal results become zero.
    flush: [bool; 2],
}

impl Environment {
    const fn new(name: &'static str, control: u64, flags: u64, rounding: Rounding, flush: [bool; 2]) -> Self {
        Self { name, control, flags, rounding, flush }
    }
}

#[cfg(target_arch = "x86_64")]
const FLUSHING: Environment = ENVIRONMENTS[3];
#[cfg(target_arch = "aarch64")]
const FLUSHING: Environment = ENVIRONMENTS[1];
/// Bits of MXCSR.
#[cfg(target_arch = "x86_64")]
const ENVIRONMENTS: &[Environment] = &[
    Environment::new("all flags set", 0, 0x3f, Nearest, [false, false]),
    Environment::new("DAZ", 1 << 6, 0, Nearest, [true, false]),
    Environment::new("FTZ", 1 << 15, 0, Nearest, [false, true]),
    Environment::new("FTZ and DAZ", 1 << 15 | 1 << 6, 0, Nearest, [true, true]),
    Environment::new("down", 1 << 13, 0, Down, [false, false]),
    Environment::new("up", 2 << 13, 0, Up, [false, false]),
    Environment::new("toward zero", 3 << 13, 0, Zero, [false, false]),
];

/// Bits of FPCR and FPSR.
#[cfg(target_arch = "aarch64")]
const ENVIRONMENTS: &[Environment] = &[
    Environment::new("all flags set", 0, 0x9f, Nearest, [false, false]),
    Environment::new("FZ", 1 << 24, 0, Nearest, [true, true]),
    Environment::new("up", 1 << 22, 0, Up, [false, false]),
    Environment::new("down", 2 << 22, 0, Down, [false, false]),
    Environment::new("toward zero", 3 << 22, 0, Zero, [false, false]),
];

/// Calls `f` in the environment, and returns the control register as `f` left it, less the flags.
#[cfg(target_arch = "x86_64")]
fn call(environment: Environment, f: extern "sysv64" fn(*mut c_void), data: *mut c_void) -> u64 {
    const FLAGS: u64 = 0x3f;
    let control = (0x1f80 | environment.control | environment.flags) as u32; // all exceptions masked
    let (mut before, mut after) = (0u32, 0u32);
    // SAFETY: MXCSR is as it was when the assembly ends; what is called returns.
    unsafe {
        std::arch::asm!(
            "stmxcsr [r14]",
            "ldmxcsr [r12]",
            "call {f}",
            "stmxcsr [r13]",
            "ldmxcsr [r14]",
            f = in(reg) f,
            in("rdi") data,
            in("r12") &raw const control,
            in("r13") &raw mut after,
            in("r14") &raw mut before,
            clobber_abi("sysv64"),
        );
    }
    (u64::from(after) & !FLAGS) ^ 0x1f80
}

/// As above.
#[cfg(target_arch = "aarch64")]
fn call(environment: Environment, f: extern "C" fn(*mut c_void), data: *mut c_void) -> u64 {
    let after: u64;
    // SAFETY: FPCR and FPSR are as they were when the assembly ends; what is called returns.
    unsafe {
        std::arch::asm!(
            "mrs x23, fpcr",
            "mrs x24, fpsr",
            "msr fpcr, x20",
            "msr fpsr, x21",
            "blr {f}",
            "mrs x22, fpcr",
            "msr fpcr, x23",
            "msr fpsr, x24",
            f = in(reg) f,
            in("x0") data,
            in("x20") environment.control,
            in("x21") environment.flags,
            out("x22") after,
            out("x23") _,
            out("x24") _,
            clobber_abi("C"),
        );
    }
    after
}

/// Does the work in the environment. It must do nothing but call what is to be tried.
fn within<F: FnMut()>(environment: Environment, mut work: F) {
    macro_rules! opaque {
        ($abi:literal) => {{
            // A panic ends the process here, so that none leaves with the environment changed.
            #[inline(never)]
            extern $abi fn opaque<F: FnMut()>(work: *mut c_void) {
                // SAFETY: it is the closure below, borrowed by nothing else.
                unsafe { (*work.cast::<F>())() }
            }
            black_box(opaque::<F> as extern $abi fn(*mut c_void))
        }};
    }
    #[cfg(target_arch = "x86_64")]
    let f = opaque!("sysv64");
    #[cfg(target_arch = "aarch64")]
    let f = opaque!("C");
    let after = call(environment, f, (&raw mut work).cast());
    assert_eq!(after, environment.control, "{}: the control register has been changed", environment.name);
}

fn run<T: Real>(environment: Environment, engine: &Engine, op: Op, xs: &[T]) -> Vec<T> {
    let mut ys = vec![T::ONE; xs.len()];
    within(environment, || engine.run_into(op, xs, &mut ys));
    ys
}

/// Single operations say that the environment is in force: an emulator might not have it.
#[test]
fn the_environments_are_in_force() {
    for &environment in ENVIRONMENTS {
        let [mut third, mut minus_third, mut half, mut twice] = [0f64; 4];
        within(environment, || {
            third = black_box(1.0) / black_box(3.0);
            minus_third = black_box(-1.0) / black_box(3.0);
            half = black_box(f64::MIN_POSITIVE) * black_box(0.5);
            twice = black_box(f64::MIN_POSITIVE / 2.0) * black_box(2.0);
        });
        let (below, above) = (0x3fd5_5555_5555_5555, 0x3fd5_5555_5555_5556);
        let sizes = [third.to_bits(), minus_third.to_bits() & (u64::MAX >> 1)];
        let want = match environment.rounding {
            Nearest | Zero => [below, below],
            Up => [above, below],
            Down => [below, above],
        };
        assert_eq!(sizes, want, "{}: thirds are not rounded so; an emulator's fault?", environment.name);
        let flushed = [twice == 0.0, half == 0.0];
        assert_eq!(flushed, environment.flush, "{}: subnormals, in and out; an emulator's fault?", environment.name);
    }
}

fn is_subnormal<T: Real>(x: T) -> bool {
    (1..T::QUIET << 1).contains(&(x.bits() & !T::SIGN))
}

/// Each kind together, so that whole blocks are of that kind, and then all mixed.
fn cases<T: Real>(op: Op) -> Vec<T> {
    let n = 6000 / inputs::stride().min(20);
    let mut all: Vec<T> = inputs::ordinary(n, 71);
    all.extend(inputs::values::<T>(op, 2 * n, 72));
    all.extend(inputs::any_bits::<T>(n, 73));
    all.extend(inputs::nans::<T>());
    all.extend(inputs::borders::<T>(op).into_iter().flat_map(|x| inputs::around(x, 40)));
    let mut powers = inputs::powers_of_two::<T>(1);
    let mut random = inputs::Random(74);
    // Subnormal arguments of both signs, and numbers whose squares and exponentials are subnormal.
    all.extend((0..n).map(|_| T::of_bits(random.bits() % (T::QUIET << 1))));
    all.extend((0..n / 2).map(|_| T::of_bits(T::SIGN | (random.bits() % (T::QUIET << 1)))));
    let (least, most) = if T::NAME == "f32" { (-103.9, -87.4) } else { (-745.1, -708.4) };
    all.extend((0..n).map(|_| T::of_f64(random.uniform(least, most))));
    let root = if T::NAME == "f32" { 1.0e-19 } else { 1.4e-154 };
    all.extend((0..n).map(|_| T::of_f64(random.uniform(-root, root))));
    // The hard ones are hard for f64, and some numbers like any other for f32.
    let mut hard: Vec<T> = golden::f64_hard(op.name()).into_iter().map(|(x, _)| T::of_f64(x)).collect();
    let mut keep = |xs: &mut Vec<T>| xs.retain(|_| random.below(inputs::stride().min(20)) == 0);
    keep(&mut powers);
    keep(&mut hard);
    all.extend(powers);
    all.extend(hard);
    let mut mixed = all.clone();
    for i in (1..mixed.len()).rev() {
        mixed.swap(i, random.below(i + 1));
    }
    all.extend(mixed);
    all
}

/// The correctly rounded root or square in a rounding mode.
fn directed<T: Real>(op: Op, x: T, nearest: T, rounding: Rounding) -> T {
    let (value, y) = (x.to_f64(), nearest.to_f64());
    if rounding == Nearest || !value.is_finite() || value == 0.0 || y.is_nan() {
        return nearest;
    }
    // Both as whole numbers in units of one power of two.
    let ((m, e), (n, f)) = (parts(value), parts(y));
    let square = |m: u64| u128::from(m) * u128::from(m);
    let side = match op {
        _ if y.is_infinite() => Ordering::Greater,
        _ if y == 0.0 => Ordering::Less,
        Op::Square => (u128::from(n) << (f - 2 * e)).cmp(&square(m)),
        _ => square(n).cmp(&(u128::from(m) << (e - 2 * f))),
    };
    match side {
        Ordering::Less if rounding == Up => T::of_bits(nearest.bits() + 1),
        Ordering::Greater if rounding != Up => T::of_bits(nearest.bits() - 1),
        _ => nearest,
    }
}

/// By how many ulps `y` misses the true value; the numbers next to infinity and zero count as one ulp away from them.
fn error<T: Real>(op: Op, x: T, y: T, nearest: T) -> f64 {
    if y.bits() == nearest.bits() {
        return 0.0; // or half an ulp, at most
    }
    let (value, finite) = (x.to_f64(), y.to_f64().is_finite() && nearest.to_f64().is_finite());
    if y.is_nan() || nearest.is_nan() {
        f64::INFINITY
    } else if !finite || nearest.to_f64() == 0.0 {
        y.bits().abs_diff(nearest.bits()) as f64
    } else if T::NAME == "f64" {
        Exact::of(op, value).error(y.to_f64())
    } else {
        let truth = f64::truth(op, value);
        let exponent = ((truth.to_bits() >> 52 & 0x7ff) as i32 - 1023).max(-126);
        (y.to_f64() - truth).abs() / 2f64.powi(exponent - 23)
    }
}

/// What flushing may do to a result: nothing where argument and result are normal, else what `docs/environment.md` says.
fn flushed<T: Real>(op: Op, tier: Accuracy, x: T, plain: T, y: T, [arguments, results]: [bool; 2]) -> bool {
    if arguments && is_subnormal(x) {
        y.bits() == T::truth(op, T::of_bits(x.bits() & T::SIGN)).bits()
    } else if results && is_subnormal(plain) && !(op == Op::Exp && T::NAME == "f64") {
        y.bits() == 0 || tier == Accuracy::Fast && y.bits() == plain.bits()
    } else {
        // What is the least normal number after rounding may have been subnormal before.
        y.bits() == plain.bits() || results && plain.bits() == T::QUIET << 1 && y.bits() == 0
    }
}

/// The largest error when rounding is not to nearest.
fn bound<T: Real>(op: Op, tier: Accuracy) -> f64 {
    if op.spec::<T>(tier).ulp == 0.5 { 1.1 } else { 3.0 }
}

/// Every op, tier and isa in every environment, against the contract.
fn contract<T: Real>() {
    let mut missed = vec![];
    for &op in Op::ALL {
        let xs = cases::<T>(op);
        let truth: Vec<T> = xs.iter().map(|&x| T::truth(op, x)).collect();
        for tier in inputs::tiers::<T>(op) {
            for &isa in inputs::isas() {
                let engine = inputs::serial(isa, tier);
                let plain = engine.run(op, &xs);
                for &environment in ENVIRONMENTS {
                    let got = run(environment, &engine, op, &xs);
                    let what = format!("{op} {} {isa} {tier}, {}", T::NAME, environment.name);
                    let (mut worst, mut at) = (0.0, T::ONE);
                    for (((&x, &y), &plain), &nearest) in xs.iter().zip(&got).zip(&plain).zip(&truth) {
                        let holds = if environment.rounding == Nearest {
                            flushed(op, tier, x, plain, y, environment.flush)
                        } else if nearest.is_nan() || op == Op::Square || op == Op::Sqrt && isa != Isa::Avx512 {
                            y.bits() == directed(op, x, nearest, environment.rounding).bits()
                        } else if op == Op::Log && x.bits() == T::BITS_OF_ONE {
                            y.bits() & !T::SIGN == 0 // -0 when rounding down
                        } else if x.to_f64() == 0.0 && bound::<T>(op, tier) < 2.0 {
                            y.bits() == nearest.bits()
                        } else {
                            let error = error(op, x, y, nearest);
                            if error > worst {
                                (worst, at) = (error, x);
                            }
                            error <= bound::<T>(op, tier)
                        };
                        if !holds {
                            let [x, y, plain] = [x, y, plain].map(|v| format!("{v:e} ({})", v.hex()));
                            missed.push(format!("{what}: of {x} got {y}, otherwise {plain}"));
                        }
                    }
                    if worst > 0.0 {
                        println!("{what}: at most {worst:.4} ulp, at {at:e}");
                    }
                }
            }
        }
    }
    assert!(missed.is_empty(), "{} missed, first of all:\n{}", missed.len(), missed[..missed.len().min(20)].join("\n"));
}

#[test]
fn f32_contract() {
    contract::<f32>();
}

#[test]
fn f64_contract() {
    contract::<f64>();
}

/// The later stages of the exact tier depend on the environment for subnormal arguments only.
#[test]
fn the_integer_stages_do_not_depend_on_it() {
    for (op, stage) in [(Op::Exp, fixed::exp as fn(f64) -> f64), (Op::Log, fixed::log)] {
        let xs = cases::<f64>(op);
        for &environment in ENVIRONMENTS {
            let mut ys = vec![0.0; xs.len()];
            within(environment, || xs.iter().zip(&mut ys).for_each(|(x, y)| *y = stage(*x)));
            for (x, y) in xs.iter().zip(ys).filter(|(x, _)| !is_subnormal(**x)) {
                let want = f64::truth(op, *x);
                assert_eq!(y.to_bits(), want.to_bits(), "{op} of {x:e} ({}), {}", x.hex(), environment.name);
            }
        }
    }
}

/// Threads have their own environment: that of the thread which started them, at that time.
#[test]
fn workers_have_their_own() {
    let engine = |threads| Engine::builder().threads(threads).build().expect("an engine");
    let two = engine(Threads::Exactly(2));
    let mut len = 1 << 20;
    while !two.is_parallel::<f64>(Op::Sqrt, len) {
        len *= 2;
    }
    let subnormal = f64::from_bits(1 << 40);
    let (kept, xs) = (subnormal.sqrt(), vec![subnormal; len]);
    let all = |ys: Vec<f64>, want: f64| ys.iter().all(|y| y.to_bits() == want.to_bits());
    assert!(all(two.run(Op::Sqrt, &xs), kept), "started in the default environment");
    assert!(all(run(FLUSHING, &two, Op::Sqrt, &xs), kept), "the caller's environment is not the workers'");
    assert!(all(run(FLUSHING, &two, Op::Sqrt, &xs[..100]), 0.0), "short slices stay on the calling thread");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
    let auto = engine(Threads::Auto);
    let mut ys = vec![0.0; len];
    within(FLUSHING, || pool.install(|| auto.run_into(Op::Sqrt, &xs, &mut ys)));
    assert!(all(ys, kept), "nor is it that of a pool");
    if cfg!(target_os = "linux") {
        let late = engine(Threads::Exactly(2));
        assert!(all(run(FLUSHING, &late, Op::Sqrt, &xs), 0.0), "started while subnormal numbers are flushed");
        assert!(all(late.run(Op::Sqrt, &xs), 0.0), "and they stay as they are");
    }
}

/// Arm's DN: a NaN is not itself any more, and nothing else changes.
#[cfg(target_arch = "aarch64")]
#[test]
fn default_nan() {
    fn check<T: Real>() {
        let environment = Environment::new("DN", 1 << 25, 0, Nearest, [false, false]);
        for &op in Op::ALL {
            let xs = cases::<T>(op);
            for tier in inputs::tiers::<T>(op) {
                for &isa in inputs::isas() {
                    let engine = inputs::serial(isa, tier);
                    let got = run(environment, &engine, op, &xs);
                    for ((x, y), plain) in xs.iter().zip(got).zip(engine.run(op, &xs)) {
                        let same = if plain.is_nan() { y.bits() == T::BITS_OF_NAN } else { y.bits() == plain.bits() };
                        assert!(same, "{op} {} {isa} {tier}: of {} got {}", T::NAME, x.hex(), y.hex());
                    }
                }
            }
        }
    }
    check::<f32>();
    check::<f64>();
}
