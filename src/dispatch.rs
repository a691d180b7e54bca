//! Which instruction set, and from a name to a kernel compiled for it.
use std::fmt;
use std::hint::black_box;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::str::FromStr;
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant};

#[cfg(target_arch = "aarch64")]
use lanestack_kernels::isa::neon::Neon;
use lanestack_kernels::isa::{Places, portable::Portable, scalar::Scalar};
#[cfg(target_arch = "x86_64")]
use lanestack_kernels::isa::{avx2::Avx2, avx512::Avx512};
use lanestack_kernels::lanes::{self, Kernel, Lanes, Simd, Task};
use lanestack_kernels::steps::Constant;
use lanestack_kernels::sweep::{Map, MapLong};

use crate::op::KernelTask;
use crate::pipeline::Stage;
use crate::{Accuracy, Error, Op, plan};

/// How long the speed of an instruction set is measured, at most, but for one run.
const CALIBRATION: Duration = Duration::from_micros(20);

/// An instruction set that there are kernels for.
///
/// ```
/// use lanestack::Isa;
///
/// println!("best first: {:?}", Isa::available());
/// assert_eq!("portable".parse(), Ok(Isa::Portable));
/// assert!(Isa::Portable.is_available());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isa {
    /// x86-64 with AVX-512 F, DQ, BW and VL: 512-bit registers.
    Avx512,
    /// x86-64 with AVX2 and FMA: 256-bit registers.
    Avx2,
    /// Arm's AdvSIMD: 128-bit registers.
    Neon,
    /// Whatever the compiler may assume of the target, through the crate `wide`.
    Portable,
    /// The same algorithms, one lane at a time.
    Scalar,
}

impl Isa {
    /// All instruction sets that there are kernels for, best first.
    pub const ALL: &[Self] = &[Self::Avx512, Self::Avx2, Self::Neon, Self::Portable, Self::Scalar];

    /// Those that this CPU and its operating system offer, best first. It holds at least `portable` and `scalar`.
    pub fn available() -> &'static [Self] {
        static AVAILABLE: LazyLock<Vec<Isa>> =
            LazyLock::new(|| Isa::ALL.iter().copied().filter(|&isa| Token::detect(isa).is_some()).collect());
        &AVAILABLE
    }

    /// The first of [`available`](Self::available): the one that is taken unless another is asked for.
    pub fn best() -> Self {
        Self::available()[0]
    }

    /// Whether this CPU and its operating system offer it.
    pub fn is_available(self) -> bool {
        Self::available().contains(&self)
    }

    /// The name, as it is parsed and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Neon => "neon",
            Self::Portable => "portable",
            Self::Scalar => "scalar",
        }
    }

    /// Whether `a * b + c` is rounded once. All fused instruction sets give the same bits.
    ///
    /// `None` if it is not available here.
    pub fn is_fused(self) -> Option<bool> {
        struct Fused;
        impl Task for Fused {
            type Out = bool;
            fn run<S: Simd>(self, _: S) -> bool {
                S::FUSED
            }
        }
        Token::detect(self).map(|token| token.run(Fused))
    }

    /// Whether its results can be written past the caches: see [`Stores`](crate::Stores).
    ///
    /// `None` if it is not available here.
    pub fn streams(self) -> Option<bool> {
        struct Streams;
        impl Task for Streams {
            type Out = bool;
            fn run<S: Simd>(self, _: S) -> bool {
                S::STREAMS
            }
        }
        Token::detect(self).map(|token| token.run(Streams))
    }

    /// The number of elements of type `T` that are computed side by side in one block, by the kernel that serves the tier.
    ///
    /// `None` if it is not available here.
    pub fn block<T: Element>(self, op: Op, accuracy: Accuracy) -> Option<usize> {
        struct BlockLen<T, K>(PhantomData<(T, K)>);
        impl<T: lanes::Element, K: Kernel> Task for BlockLen<T, K> {
            type Out = usize;
            fn run<S: Simd>(self, _: S) -> usize {
                T::Block::<S, T::BlockLen<K>>::LEN
            }
        }
        struct On<T>(Token, PhantomData<T>);
        impl<T: lanes::Element> KernelTask for On<T> {
            type Out = usize;
            fn run<K: Kernel>(self, _: K) -> usize {
                self.0.run(BlockLen::<T, K>(PhantomData))
            }
        }
        Token::detect(self).map(|token| T::dispatch(op, accuracy, On::<T>(token, PhantomData)))
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Isa {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .iter()
            .copied()
            .find(|isa| isa.name() == name)
            .ok_or_else(|| Error::UnknownIsa { name: name.to_owned() })
    }
}

/// An [`Isa`] with the proof that it is available.
#[derive(Clone, Copy, Debug)]
pub enum Token {
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
    Portable(Portable),
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    ScalarFused(Scalar<true>),
    Scalar(Scalar<false>),
}

impl Token {
    pub fn detect(isa: Isa) -> Option<Self> {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Avx512::detect().map(Self::Avx512),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => Avx2::detect().map(Self::Avx2),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => Neon::detect().map(Self::Neon),
            Isa::Portable => Portable::detect().map(Self::Portable),
            #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
            Isa::Scalar if Scalar::<true>::detect().is_some() => Scalar::<true>::detect().map(Self::ScalarFused),
            Isa::Scalar => Scalar::<false>::detect().map(Self::Scalar),
            #[allow(unreachable_patterns, reason = "depends on the target")]
            _ => None,
        }
    }

    /// By how much time differs here from what [`Spec::ns`](lanes::Spec::ns) says: measured when it is first asked, in some
    /// microseconds, by the exponential function, and kept within what CPUs were seen to take: other work, or an emulator,
    /// may make it take any time.
    pub fn slowness(self, isa: Isa) -> f64 {
        static MEASURED: [OnceLock<f64>; Isa::ALL.len()] = [const { OnceLock::new() }; Isa::ALL.len()];
        *MEASURED[isa as usize].get_or_init(|| {
            const LEN: usize = 512;
            let (src, mut dst) = ([0.5; LEN], [MaybeUninit::new(0.0); LEN]);
            let start = Instant::now();
            let mut shortest = Duration::MAX;
            for run in 0..10 {
                let before = Instant::now();
                f64::sweep(self, Op::Exp, Accuracy::Default, black_box(&src), black_box(&mut dst));
                shortest = shortest.min(before.elapsed());
                if run > 0 && start.elapsed() > CALIBRATION {
                    break;
                }
            }
            let slowness = shortest.as_nanos() as f64 / (LEN as f64 * Op::Exp.spec::<f64>(Accuracy::Default).ns);
            slowness.clamp(0.1, plan::SLOWEST)
        })
    }

    /// Runs the task in code compiled for the instruction set: one `match` per slice.
    #[inline(always)]
    pub fn run<T: Task>(self, task: T) -> T::Out {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(token) => token.enter(task),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => token.enter(task),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(token) => token.enter(task),
            Self::Portable(token) => token.enter(task),
            #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
            Self::ScalarFused(token) => token.enter(task),
            Self::Scalar(token) => token.enter(task),
        }
    }
}

/// An element type: `f32` or `f64`.
pub trait Element: Sweep {}
impl Element for f32 {}
impl Element for f64 {}

/// An op over a slice on one thread, compiled here once for each element type rather than in every crate that calls it.
pub trait Sweep: lanes::Element + Into<Constant> + fmt::Display + fmt::LowerExp + FromStr {
    /// Zero.
    const ZERO: Self;
    /// Runs the task with the kernel that serves the tier.
    fn dispatch<K: KernelTask>(op: Op, accuracy: Accuracy, task: K) -> K::Out;
    /// The tier that serves.
    fn tier(op: Op, accuracy: Accuracy) -> Accuracy;
    /// `dst[i] = op(src[i])`; writes all of `dst`.
    fn sweep(token: Token, op: Op, accuracy: Accuracy, src: &[Self], dst: &mut [MaybeUninit<Self>]);
    /// `data[i] = op(data[i])`.
    fn sweep_in_place(token: Token, op: Op, accuracy: Accuracy, data: &mut [Self]);
    /// Writes the op of each element to its place, where no cache holds all; past the caches, if so said. `next` is the address
    /// of the arguments that will be wanted after these, if it is known.
    fn sweep_long(
        token: Token,
        op: Op,
        accuracy: Accuracy,
        places: Places<'_, Self>,
        next: Option<usize>,
        streaming: bool,
    );
    /// Writes a pipeline's stage of each element to its place.
    fn stage(token: Token, stage: &Stage, accuracy: Accuracy, places: Places<'_, Self>);
    /// As [`stage`](Self::stage), where no cache holds all; past the caches, if so said.
    fn stage_long(token: Token, stage: &Stage, accuracy: Accuracy, places: Places<'_, Self>, streaming: bool);
}

macro_rules! sweep {
    ($t:ident, $op:ident, $accuracy:ident, $task:ident: $dispatch:expr, $tier:expr) => {
        impl Sweep for $t {
            const ZERO: Self = 0.0;
            #[inline(always)]
            fn dispatch<K: KernelTask>($op: Op, $accuracy: Accuracy, $task: K) -> K::Out {
                $dispatch
            }
            fn tier($op: Op, $accuracy: Accuracy) -> Accuracy {
                $tier
            }
            // Slices come in registers; `Places` would be written to memory and read back.
            fn sweep(token: Token, op: Op, accuracy: Accuracy, src: &[$t], dst: &mut [MaybeUninit<$t>]) {
                Self::dispatch(op, accuracy, Cached { token, places: Places::two(src, dst) });
            }
            fn sweep_in_place(token: Token, op: Op, accuracy: Accuracy, data: &mut [$t]) {
                Self::dispatch(op, accuracy, Cached { token, places: Places::one(data) });
            }
            fn sweep_long(
                token: Token,
                op: Op,
                accuracy: Accuracy,
                places: Places<'_, $t>,
                next: Option<usize>,
                streaming: bool,
            ) {
                Self::dispatch(op, accuracy, Long { token, places, next, streaming });
            }
            fn stage(token: Token, stage: &Stage, accuracy: Accuracy, places: Places<'_, $t>) {
                stage.dispatch::<$t, _>(accuracy, Cached { token, places });
            }
            fn stage_long(token: Token, stage: &Stage, accuracy: Accuracy, places: Places<'_, $t>, streaming: bool) {
                stage.dispatch::<$t, _>(accuracy, Long { token, places, next: None, streaming });
            }
        }
    };
}
sweep!(f32, op, accuracy, task: op.dispatch_f32(accuracy, task), op.tier_f32(accuracy));
sweep!(f64, op, accuracy, task: op.dispatch_f64(accuracy, task), op.tier_f64(accuracy));

struct Cached<'a, T> {
    token: Token,
    places: Places<'a, T>,
}

impl<T: lanes::Element> KernelTask for Cached<'_, T> {
    type Out = ();
    // In line down to the isa's code: each copy of the task would be written to memory and read back at once.
    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) {
        self.token.run(Map { places: self.places, kernel });
    }
}

struct Long<'a, T> {
    token: Token,
    places: Places<'a, T>,
    next: Option<usize>,
    streaming: bool,
}

impl<T: lanes::Element> KernelTask for Long<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) {
        let Self { token, places, next, streaming } = self;
        token.run(MapLong { places, kernel, next, streaming });
    }
}
