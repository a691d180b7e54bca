//! What is done with the elements of a call: an op on numbers, on integers through numbers, on halves, squares of integers.
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use lanestack::kernels::isa::Places;
use lanestack::kernels::sweep::{MapLong, MapStreaming};
use lanestack::{Accuracy, Engine, Error, Op, Pipeline, Plan, Stores, Target, Threads};

use crate::flags::Flags;
use crate::half::Table;
use crate::watch::{Exceptions, Float, Known, Watched, found_in};

/// Bytes of numbers that integers are made and that are then evaluated: they stay in the first-level cache.
const TILE: usize = 16 << 10;

/// A function of each element, with what NumPy calls a loop's types.
pub trait Loop: Sync {
    type Src: Copy + Send + Sync;
    type Dst: Copy + Send + Sync;
    /// Whether what is raised is found in the flags of the thread that does the work, rather than returned.
    const BY_HARDWARE: bool = false;
    /// What an engine would do with so many elements.
    fn plan(&self, engine: &Engine, len: usize, target: Target) -> Plan;
    /// Writes the result of each element of `src` to the same place of `dst`; returns what that raises.
    fn run_into(&self, src: &[Self::Src], dst: &mut [MaybeUninit<Self::Dst>], ahead: Option<Ahead>) -> Flags;
    /// The same in place; none if it cannot.
    fn run_in_place<'b>(&self, _data: impl FnOnce() -> &'b mut [Self::Dst], _ahead: Option<Ahead>) -> Option<Flags>
    where
        Self::Dst: 'b,
    {
        None
    }
}

/// That no cache holds all: arguments are asked for ahead of their use, and results that go elsewhere go past the caches.
#[derive(Clone, Copy)]
pub struct Ahead {
    /// Where the arguments of the next call will be, if it is known.
    pub next: Option<usize>,
}

/// The engines that evaluate an op, or what takes as long, in a tier on one thread.
pub struct Evaluator {
    pub op: Op,
    pub accuracy: Accuracy,
    planner: Engine,
    plain: Engine,
    streaming: Engine,
    last_level: usize,
}

impl Evaluator {
    pub fn new(op: Op, accuracy: Accuracy) -> Result<Self, Error> {
        let builder = Engine::builder().accuracy(accuracy).threads(Threads::Exactly(1));
        let [planner, plain, streaming] =
            [Stores::Auto, Stores::Plain, Stores::Streaming].map(|stores| builder.clone().stores(stores).build());
        let planner = planner?;
        // So many elements exceed a core's own cache, and a plan tells what the next one holds.
        let last_level = planner.plan::<f64>(op, 1 << 20, Target::Into).way.last_level.unwrap_or(usize::MAX);
        Ok(Self { op, accuracy, planner, plain: plain?, streaming: streaming?, last_level })
    }

    /// The engine that plans for one thread.
    pub fn planner(&self) -> &Engine {
        &self.planner
    }

    /// Bytes that the last-level cache holds.
    pub fn last_level(&self) -> usize {
        self.last_level
    }

    fn plan<T: Float>(&self, engine: &Engine, len: usize, target: Target) -> Plan {
        engine.with_accuracy(self.accuracy).plan::<T>(self.op, len, target)
    }
}

/// Numbers, as they are.
pub struct Numbers<'a, T, K>(pub &'a Evaluator, pub PhantomData<(T, K)>);

impl<T: Float, K: Known> Loop for Numbers<'_, T, K> {
    type Src = T;
    type Dst = T;
    const BY_HARDWARE: bool = K::Exceptions::BY_HARDWARE;

    fn plan(&self, engine: &Engine, len: usize, target: Target) -> Plan {
        self.0.plan::<T>(engine, len, target)
    }

    #[inline]
    fn run_into(&self, src: &[T], dst: &mut [MaybeUninit<T>], ahead: Option<Ahead>) -> Flags {
        let kernel = Watched::<K>::KERNEL;
        found_in(|| match ahead {
            Some(Ahead { next }) => self.0.plain.enter(MapStreaming { src, dst, kernel, next }),
            None => self.0.plain.map_into(kernel, src, dst),
        })
    }

    fn run_in_place<'b>(&self, data: impl FnOnce() -> &'b mut [T], ahead: Option<Ahead>) -> Option<Flags>
    where
        T: 'b,
    {
        let (kernel, data) = (Watched::<K>::KERNEL, data());
        Some(found_in(|| match ahead {
            Some(Ahead { next }) => {
                self.0.plain.enter(MapLong { places: Places::one(data), kernel, next, streaming: false });
            }
            None => self.0.plain.map_in_place(kernel, data),
        }))
    }
}

/// An integer as the nearest number.
pub trait Integer<T>: Copy + Send + Sync {
    fn to_number(self) -> T;
}

/// Integers, made numbers.
pub struct Integers<'a, S, T, K>(pub &'a Evaluator, pub PhantomData<(S, T, K)>);

impl<S: Integer<T>, T: Float, K: Known> Loop for Integers<'_, S, T, K> {
    type Src = S;
    type Dst = T;

    fn plan(&self, engine: &Engine, len: usize, target: Target) -> Plan {
        self.0.plan::<T>(engine, len, target)
    }

    fn run_into(&self, src: &[S], dst: &mut [MaybeUninit<T>], _: Option<Ahead>) -> Flags {
        let mut flags = Flags::NONE;
        let tile = TILE / size_of::<T>();
        for (src, dst) in src.chunks(tile).zip(dst.chunks_mut(tile)) {
            for (&x, slot) in src.iter().zip(&mut *dst) {
                slot.write(x.to_number());
            }
            // SAFETY: source and destination are of one length, so all of it has been written.
            let numbers = unsafe { dst.assume_init_mut() };
            flags |= found_in(|| self.0.plain.map_in_place(Watched::<K>::KERNEL, numbers));
        }
        flags
    }
}

macro_rules! integers {
    ($($s:ident)* => $t:ident) => {
        $(impl Integer<$t> for $s {
            #[inline(always)]
            fn to_number(self) -> $t {
                self as $t
            }
        })*
    };
}
integers!(i16 u16 => f32);
integers!(i32 u32 i64 u64 => f64);

/// A half, or what is exactly one.
pub trait ToHalf: Copy + Send + Sync {
    /// Its bits.
    fn to_half(self) -> u16;
}

impl ToHalf for u16 {
    #[inline(always)]
    fn to_half(self) -> u16 {
        self
    }
}

impl ToHalf for u8 {
    #[inline(always)]
    fn to_half(self) -> u16 {
        // The upper part of a float, with 112 less in the exponent.
        if self == 0 { 0 } else { ((f32::from(self).to_bits() >> 13) - (112 << 10)) as u16 }
    }
}

impl ToHalf for i8 {
    #[inline(always)]
    fn to_half(self) -> u16 {
        self.unsigned_abs().to_half() | u16::from(self < 0) << 15
    }
}

/// Halves, and integers that are.
pub struct Halves<S>(pub Op, pub PhantomData<S>);

impl<S: ToHalf> Loop for Halves<S> {
    type Src = S;
    type Dst = u16;

    fn plan(&self, engine: &Engine, len: usize, target: Target) -> Plan {
        // A look-up takes about as long as this.
        engine.plan::<f64>(Op::Exp, len, target)
    }

    fn run_into(&self, src: &[S], dst: &mut [MaybeUninit<u16>], _: Option<Ahead>) -> Flags {
        let (table, mut raised) = (Table::of(self.0), 0);
        for (&x, slot) in src.iter().zip(dst) {
            let entry = table.look_up(x.to_half());
            slot.write(entry.result);
            raised |= entry.raised;
        }
        Flags::from_bits(raised as u8)
    }
}

/// Integers' squares, which wrap around.
pub struct Squares<I>(pub PhantomData<I>);

/// An integer that can be multiplied.
pub trait Wrapping: Copy + Send + Sync {
    fn squared(self) -> Self;
}

macro_rules! wrapping {
    ($($t:ident)*) => {
        $(impl Wrapping for $t {
            #[inline(always)]
            fn squared(self) -> Self {
                self.wrapping_mul(self)
            }
        })*
    };
}
wrapping!(i8 u8 i16 u16 i32 u32 i64 u64);

impl<I: Wrapping> Loop for Squares<I> {
    type Src = I;
    type Dst = I;

    fn plan(&self, engine: &Engine, len: usize, target: Target) -> Plan {
        engine.plan::<f64>(Op::Square, len, target)
    }

    fn run_into(&self, src: &[I], dst: &mut [MaybeUninit<I>], _: Option<Ahead>) -> Flags {
        for (&x, slot) in src.iter().zip(dst) {
            slot.write(x.squared());
        }
        Flags::NONE
    }

    fn run_in_place<'b>(&self, data: impl FnOnce() -> &'b mut [I], _: Option<Ahead>) -> Option<Flags>
    where
        I: 'b,
    {
        for x in data() {
            *x = x.squared();
        }
        Some(Flags::NONE)
    }
}

/// A pipeline for both types, which nobody is told of what it raises.
pub struct Pipelines {
    pub evaluator: Evaluator,
    pub f32: Pipeline<f32>,
    pub f64: Pipeline<f64>,
}

/// Numbers through a pipeline.
pub struct Piped<'a, T: Float>(pub &'a Evaluator, pub &'a Pipeline<T>);

impl<T: Float> Loop for Piped<'_, T> {
    type Src = T;
    type Dst = T;

    fn plan(&self, engine: &Engine, len: usize, target: Target) -> Plan {
        self.0.plan::<T>(engine, len, target)
    }

    fn run_into(&self, src: &[T], dst: &mut [MaybeUninit<T>], ahead: Option<Ahead>) -> Flags {
        let engine = if ahead.is_some() { &self.0.streaming } else { &self.0.plain };
        engine.pipe_uninit(self.1, src, dst);
        Flags::NONE
    }

    fn run_in_place<'b>(&self, data: impl FnOnce() -> &'b mut [T], _: Option<Ahead>) -> Option<Flags>
    where
        T: 'b,
    {
        self.0.plain.pipe_in_place(self.1, data());
        Some(Flags::NONE)
    }
}
