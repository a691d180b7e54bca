//! Pipelines: the bits of their steps one after another, each step as in plain Rust, and text both ways.
mod inputs;
mod oracle;

use inputs::Random;
use lanestack::kernels::exact::{exp::ExpExact, log::LogExact};
use lanestack::kernels::lanes::Kernel;
use lanestack::kernels::steps::{Abs, Affine, Clip, Constant, Max, Neg, Offset, Recip};
use lanestack::kernels::{exp::Exp, log::Log, sqrt::Sqrt, square::Square};
use lanestack::{Accuracy, Engine, Error, Isa, Op, Pipeline, Step, Stores, Threads};
use oracle::Real;
use proptest::prelude::*;

fn bits<T: Real>(xs: &[T]) -> Vec<u64> {
    xs.iter().map(|x| x.bits()).collect()
}

/// What can be done to two constants in plain Rust, each rounded once.
trait Plain: Real + std::ops::Mul<Output = Self> + std::ops::Add<Output = Self> + std::ops::Div<Output = Self> {
    fn fma(self, a: Self, b: Self) -> Self;
    fn root(self) -> Self;
    fn minimum(self, o: Self) -> Self {
        match self.total_order(o) {
            true => self,
            false => o,
        }
    }
    fn maximum(self, o: Self) -> Self {
        match self.total_order(o) {
            true => o,
            false => self,
        }
    }
    /// Whether it stands before the other, -0 before +0.
    fn total_order(self, o: Self) -> bool;
}

macro_rules! plain {
    ($($t:ident)*) => { $(impl Plain for $t {
        fn fma(self, a: Self, b: Self) -> Self {
            self.mul_add(a, b)
        }
        fn root(self) -> Self {
            self.sqrt()
        }
        fn total_order(self, o: Self) -> bool {
            self.total_cmp(&o).is_le()
        }
    })* };
}
plain!(f32 f64);

/// The step of one element; NaN stays itself, made quiet, and one made from numbers has a clear sign.
fn plain<T: Plain>(step: Step<T>, x: T) -> T {
    let y = match step {
        Step::Neg => return T::of_bits(x.bits() ^ T::SIGN),
        Step::Abs => return T::of_bits(x.bits() & !T::SIGN),
        _ if x.is_nan() => return T::of_bits(x.bits() | T::QUIET),
        Step::Op(Op::Sqrt) => x.root(),
        Step::Op(Op::Square) => x * x,
        Step::Scale(a) => x * a,
        Step::Offset(b) => x + b,
        Step::Affine(a, b) => x.fma(a, b),
        Step::Recip => T::ONE / x,
        Step::Clip(lo, hi) => x.maximum(lo).minimum(hi),
        Step::Min(c) => x.minimum(c),
        Step::Max(c) => x.maximum(c),
        _ => unreachable!("an op that is not as simple"),
    };
    if y.is_nan() { T::of_bits(T::BITS_OF_NAN) } else { y }
}

fn elements<T: Real>() -> Vec<T> {
    let mut all = inputs::nans::<T>();
    for op in Op::ALL {
        all.extend(inputs::borders::<T>(*op));
    }
    all.extend(inputs::any_bits::<T>(20_000, 31));
    all.extend(inputs::ordinary::<T>(3000, 32));
    all
}

/// Constants where something changes: zeros, ones, infinities, the ends of the range.
fn constants<T: Real>() -> Vec<T> {
    let mut all: Vec<T> =
        [0.0, -0.0, 1.0, -1.0, 2.0, 0.1, -3.7e5, 1e30, f64::INFINITY, f64::NEG_INFINITY].map(T::of_f64).to_vec();
    all.extend([1, T::QUIET << 1, (T::QUIET << 1) - 1, T::BITS_OF_INFINITY - 1].map(T::of_bits));
    all
}

fn each_step_is_plain<T: Plain>() {
    let xs = elements::<T>();
    let mut steps = vec![Step::Neg, Step::Abs, Step::Recip, Op::Sqrt.into(), Op::Square.into()];
    let constants = constants::<T>();
    for &a in &constants {
        steps.extend([Step::Scale(a), Step::Offset(a), Step::Min(a), Step::Max(a)]);
        for &b in &constants {
            steps.push(Step::Affine(a, b));
            steps.extend((a <= b).then_some(Step::Clip(a, b)));
        }
    }
    for &isa in inputs::isas() {
        let engine = inputs::serial(isa, Accuracy::Default);
        for &step in &steps {
            let pipeline = Pipeline::new([step]).expect("a step");
            let stride = if matches!(step, Step::Affine(..)) && isa.is_fused() == Some(false) { 17 } else { 1 };
            let xs: Vec<T> = xs.iter().copied().step_by(stride * inputs::stride().min(8)).collect();
            for (x, y) in xs.iter().zip(engine.pipe(&pipeline, &xs)) {
                let want = plain(step, *x);
                assert!(y.bits() == want.bits(), "{step} {} {isa}: {x:?} gives {y:?}, not {want:?}", T::NAME);
            }
        }
    }
}

#[test]
fn each_step_of_f32_is_plain() {
    each_step_is_plain::<f32>();
}

#[test]
fn each_step_of_f64_is_plain() {
    each_step_is_plain::<f64>();
}

/// Steps at random, ops among them.
fn some_steps<T: Real>(random: &mut Random, n: usize) -> Vec<Step<T>> {
    let constants = constants::<T>();
    (0..n)
        .map(|_| {
            let mut pick = || constants[(random.bits() % constants.len() as u64) as usize];
            let (a, b) = (pick(), pick());
            match random.bits() % 13 {
                0 => Op::Exp.into(),
                1 | 2 => Op::Log.into(),
                3 => Op::Sqrt.into(),
                4 => Op::Square.into(),
                5 => Step::Scale(a),
                6 => Step::Offset(a),
                7 => Step::Affine(a, b),
                8 => Step::Neg,
                9 => Step::Abs,
                10 => Step::Recip,
                11 if a <= b => Step::Clip(a, b),
                11 => Step::Min(b),
                _ => Step::Max(a),
            }
        })
        .collect()
}

fn as_one_after_another<T: Real>() {
    let mut random = Random(33);
    let elements = elements::<T>();
    // Ends of tiles, blocks and vectors; and more than one chunk.
    let tile = 8192 / size_of::<T>();
    let lengths = [0, 1, 3, 97, tile - 1, tile, tile + 1, 3 * tile + 5, 100_003];
    for &isa in inputs::isas() {
        let most = if isa.is_fused() == Some(true) { 100_003 } else { 20_000 };
        for tier in Accuracy::ALL {
            for threads in [1, 3] {
                for stores in [Stores::Plain, Stores::Streaming] {
                    let engine = Engine::builder().isa(isa).accuracy(*tier).threads(Threads::Exactly(threads));
                    let engine = engine.stores(stores).parallel_from(1000).build().expect("an engine");
                    for &len in lengths.iter().filter(|&&len| len <= most / inputs::stride().min(8)) {
                        let steps = some_steps::<T>(&mut random, len % 7);
                        let pipeline = Pipeline::new(steps.iter().copied()).expect("steps");
                        let src: Vec<T> = elements.iter().copied().cycle().skip(len).take(len).collect();
                        let mut want = src.clone();
                        for &step in &steps {
                            engine.pipe_in_place(&Pipeline::new([step]).expect("a step"), &mut want);
                        }
                        let want = bits(&want);
                        let what = || format!("{pipeline} {} {isa} {tier} {threads} {stores} {len}", T::NAME);
                        assert!(bits(&engine.pipe(&pipeline, &src)) == want, "new: {}", what());
                        assert!(bits(&engine.pipe_buffer(&pipeline, &src)) == want, "buffer: {}", what());
                        let mut dst = vec![T::ONE; len + 1];
                        engine.pipe_into(&pipeline, &src, &mut dst[1..]);
                        assert!(bits(&dst[1..]) == want, "into: {}", what());
                        engine.pipe_in_place(&pipeline, dst_from(&mut dst, &src));
                        assert!(bits(&dst[1..]) == want, "in place: {}", what());
                    }
                }
            }
        }
    }
}

fn dst_from<'a, T: Real>(dst: &'a mut [T], src: &[T]) -> &'a mut [T] {
    dst[1..].copy_from_slice(src);
    &mut dst[1..]
}

#[test]
fn f32_as_one_after_another() {
    as_one_after_another::<f32>();
}

#[test]
fn f64_as_one_after_another() {
    as_one_after_another::<f64>();
}

/// A step by itself is the op.
#[test]
fn a_single_op_is_the_op() {
    let src = elements::<f64>();
    for &isa in inputs::isas() {
        for (op, tier) in inputs::kernels::<f64>() {
            let engine = inputs::serial(isa, tier);
            assert_eq!(bits(&engine.pipe(&op.into(), &src)), bits(&engine.run(op, &src)), "{op} {isa} {tier}");
        }
    }
}

/// A changed sign stays changed, that of a NaN, too: the compiler knows that `|x| |x| = x x` and `-x + b = b - x`.
#[test]
fn what_follows_a_sign_sees_it() {
    fn sign<T: Real>(isa: Isa, first: impl Kernel) {
        composed::<T>(isa, first, Square);
        composed::<T>(isa, first, Offset::new(1.5));
        composed::<T>(isa, first, Affine::new(-2.0, 0.5));
        composed::<T>(isa, first, Max::new(0.5));
    }
    for &isa in inputs::isas() {
        sign::<f32>(isa, Neg);
        sign::<f64>(isa, Neg);
        sign::<f32>(isa, Abs);
        sign::<f64>(isa, Abs);
    }
}

/// Kernels composed as types give the bits of one after the other, whichever of them finds an element rare.
fn composed<T: Real>(isa: Isa, first: impl Kernel, second: impl Kernel) {
    let engine = inputs::serial(isa, Accuracy::Default);
    let src = elements::<T>();
    let (mut want, mut one) = (src.clone(), src);
    engine.map_in_place(first, &mut want);
    engine.map_in_place(second, &mut want);
    engine.map_in_place(first.then(second), &mut one);
    assert!(bits(&one) == bits(&want), "{isa} {}: {first:?} then {second:?}", T::NAME);
}

#[test]
fn composed_kernels_are_one_after_the_other() {
    for &isa in inputs::isas() {
        composed::<f64>(isa, Square, Exp);
        composed::<f32>(isa, Square, Exp);
        composed::<f64>(isa, Log, Exp);
        composed::<f32>(isa, Log, Exp);
        composed::<f64>(isa, ExpExact, LogExact);
        composed::<f32>(isa, Exp, Log);
        composed::<f64>(isa, LogExact, Neg.then(ExpExact));
        composed::<f64>(isa, Square.then(Affine::new(2.0, -1.0)), Sqrt.then(Log));
        composed::<f32>(isa, Square.then(Affine::new(2.0, -1.0)), Recip.then(Clip::new(-0.0, 0.25)));
    }
}

#[test]
fn constants_are_rounded_once() {
    assert_eq!(Constant::from(0.1f32), Constant::from(0.1f32));
    let pipeline: Pipeline<f32> = "scale(0.1)".parse().expect("a pipeline");
    assert_eq!(pipeline.steps(), [Step::Scale(0.1f32)]);
    // Halfway between two f32 but for digits that f64 has no room for: rounded to f64 first, it would fall to even.
    let pipeline: Pipeline<f32> = "offset(1.00000005960464477539062500000001)".parse().expect("a pipeline");
    assert_eq!(pipeline.steps(), [Step::Offset(1.0f32.next_up())]);
}

#[test]
fn text_is_read_as_written() {
    for (text, want) in [
        ("exp", "exp"),
        (" square |affine( 2 , -1 ),\tsqrt ", "square,affine(2,-1),sqrt"),
        ("neg()", "neg"),
        ("clip(-inf,+1e300)", "clip(-inf,1e300)"),
        ("min(-0)|max(.5)|scale(1_0)", "error"),
        ("min(-0)|max(.5)|recip|abs|log|offset(-1.25e-3)", "min(-0),max(0.5),recip,abs,log,offset(-0.00125)"),
    ] {
        let read = text.parse::<Pipeline<f64>>().map(|pipeline| pipeline.to_string());
        match want {
            "error" => assert!(read.is_err(), "{text}"),
            want => assert_eq!(read.expect(text), want),
        }
    }
}

#[test]
fn errors_name_the_place() {
    for (text, place, words) in [
        ("", 0, "expected a step, found the end"),
        ("  ", 2, "expected a step, found the end"),
        ("square,", 7, "expected a step, found the end"),
        ("square,,sqrt", 7, "expected a step, found ','"),
        ("square sqrt", 7, "expected a comma or the end, found 's'"),
        ("square,afine(2,-1)", 7, "no step is named \"afine\": there are exp, log, sqrt, square, scale"),
        ("affine(2)", 0, "affine takes 2 constants, not 1"),
        ("exp(1)", 0, "exp takes no constants, not 1"),
        ("scale", 0, "scale takes 1 constant, not 0"),
        ("scale(x)", 6, "expected a number, found \"x\""),
        ("scale(2", 7, "expected a comma or ')', found the end"),
        ("affine(2,)", 9, "expected a number, found ')'"),
        ("scale(nan)", 0, "a constant of scale is NaN"),
        ("exp,clip(2,1)", 4, "2.0 is above 1.0"),
        ("é,exp", 0, "no step is named \"é\""),
        ("exp;log", 3, "found ';'"),
        ("scale(1e999)", 6, "1e999 is beyond the numbers of f64"),
    ] {
        match text.parse::<Pipeline<f64>>() {
            Err(error @ Error::BadPipeline { at, .. }) => {
                assert_eq!(at, place, "{text}");
                assert!(error.to_string().contains(words), "{error}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!("scale(1e39)".parse::<Pipeline<f32>>().is_err(), "beyond f32");
    assert!("scale(1e39)".parse::<Pipeline<f64>>().is_ok());
}

#[test]
fn steps_from_code_are_checked() {
    let error = Pipeline::new([Op::Exp.into(), Step::Scale(f64::NAN)]).expect_err("NaN").to_string();
    assert!(error.contains("a constant of scale is NaN") && error.contains("character 5"), "{error}");
    assert!(Pipeline::new([Step::Clip(1.0f32, -1.0)]).is_err());
    assert!(Pipeline::new([Step::Clip(1.0f32, 1.0)]).is_ok());
}

proptest! {
    #[test]
    fn text_survives(seed: u64, n in 1usize..8) {
        let steps = some_steps::<f64>(&mut Random(seed), n);
        let pipeline = Pipeline::new(steps).expect("steps");
        prop_assert_eq!(pipeline.to_string().parse::<Pipeline<f64>>().expect("its own text"), pipeline);
    }

    #[test]
    fn no_text_is_fatal(text in "[a-z0-9(),.|+ é-]{0,20}") {
        let _ = text.parse::<Pipeline<f32>>();
    }
}
