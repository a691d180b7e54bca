//! What is done with the elements of a call: an op on numbers, on integers through numbers, on halves, squares of integers.
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use lanestack::{Accuracy, Engine, Error, Op, Plan, Stores, Target, Threads};

use crate::exceptions::{self, Float};
use crate::flags::Flags;
use crate::half::Table;

/// Bytes of arguments that are looked at and then evaluated: they stay in the first-level cache.
const TILE: usize = 16 << 10;

/// A function of each element, with what NumPy calls a loop's types.
pub trait Loop: Sync {
    type Src: Copy + Send + Sync;
    type Dst: Copy + Send + Sync;
    /// Whether what is raised is found in the flags of the thread that does the work, rather than returned.
    fn is_raised_by_hardware(&self) -> bool {
        false
    }
    /// What an engine would do with so many elements.
    fn plan(&self, engine: &Engine, len: usize) -> Plan;
    /// Writes the result of each element of `src` to the same place of `dst`; returns what that raises.
    fn run_into(&self, src: &[Self::Src], dst: &mut [MaybeUninit<Self::Dst>], streaming: bool) -> Flags;
    /// The same in place; none if it cannot.
    fn run_in_place<'b>(&self, _data: impl FnOnce() -> &'b mut [Self::Dst]) -> Option<Flags>
    where
        Self::Dst: 'b,
    {
        None
    }
}

/// An op of a tier, on one thread.
pub struct Evaluator {
    pub op: Op,
    pub accuracy: Accuracy,
    planner: Engine,
    plain: Engine,
    streaming: Engine,
}

impl Evaluator {
    pub fn new(op: Op, accuracy: Accuracy) -> Result<Self, Error> {
        let builder = Engine::builder().accuracy(accuracy).threads(Threads::Exactly(1));
        let [planner, plain, streaming] =
            [Stores::Auto, Stores::Plain, Stores::Streaming].map(|stores| builder.clone().stores(stores).build());
        Ok(Self { op, accuracy, planner: planner?, plain: plain?, streaming: streaming? })
    }

    /// The engine that plans for one thread.
    pub fn planner(&self) -> &Engine {
        &self.planner
    }

    fn plan<T: Float>(&self, engine: &Engine, len: usize) -> Plan {
        engine.with_accuracy(self.accuracy).plan::<T>(self.op, len, Target::Into)
    }

    fn run_in_place<T: Float>(&self, data: &mut [T]) -> Flags {
        let flags = exceptions::of(self.op, data);
        self.plain.run_in_place(self.op, data);
        flags
    }
}

/// Numbers, as they are.
pub struct Numbers<'a, T>(pub &'a Evaluator, pub PhantomData<T>);

impl<T: Float> Loop for Numbers<'_, T> {
    type Src = T;
    type Dst = T;

    fn is_raised_by_hardware(&self) -> bool {
        exceptions::are_raised_by_hardware(self.0.op)
    }

    fn plan(&self, engine: &Engine, len: usize) -> Plan {
        self.0.plan::<T>(engine, len)
    }

    #[inline]
    fn run_into(&self, src: &[T], dst: &mut [MaybeUninit<T>], streaming: bool) -> Flags {
        let Self(Evaluator { op, plain, streaming: past_caches, .. }, _) = *self;
        let engine = if streaming { past_caches } else { plain };
        if self.is_raised_by_hardware() {
            engine.run_uninit(*op, src, dst);
            return Flags::NONE;
        }
        let mut flags = Flags::NONE;
        let tile = TILE / size_of::<T>();
        for (src, dst) in src.chunks(tile).zip(dst.chunks_mut(tile)) {
            flags |= exceptions::of(*op, src);
            engine.run_uninit(*op, src, dst);
        }
        flags
    }

    fn run_in_place<'b>(&self, data: impl FnOnce() -> &'b mut [T]) -> Option<Flags>
    where
        T: 'b,
    {
        let data = data();
        let Evaluator { op, plain, .. } = self.0;
        if self.is_raised_by_hardware() {
            plain.run_in_place(*op, data);
            return Some(Flags::NONE);
        }
        let tiles = data.chunks_mut(TILE / size_of::<T>());
        Some(tiles.fold(Flags::NONE, |flags, tile| flags | self.0.run_in_place(tile)))
    }
}

/// An integer as the nearest number.
pub trait Integer<T>: Copy + Send + Sync {
    fn to_number(self) -> T;
}

/// Integers, made numbers.
pub struct Integers<'a, S, T>(pub &'a Evaluator, pub PhantomData<(S, T)>);

impl<S: Integer<T>, T: Float> Loop for Integers<'_, S, T> {
    type Src = S;
    type Dst = T;

    fn plan(&self, engine: &Engine, len: usize) -> Plan {
        self.0.plan::<T>(engine, len)
    }

    fn run_into(&self, src: &[S], dst: &mut [MaybeUninit<T>], _: bool) -> Flags {
        let mut flags = Flags::NONE;
        let tile = TILE / size_of::<T>();
        for (src, dst) in src.chunks(tile).zip(dst.chunks_mut(tile)) {
            for (&x, slot) in src.iter().zip(&mut *dst) {
                slot.write(x.to_number());
            }
            // SAFETY: source and destination are of one length, so all of it has been written.
            flags |= self.0.run_in_place(unsafe { dst.assume_init_mut() });
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

    fn plan(&self, engine: &Engine, len: usize) -> Plan {
        // A look-up takes about as long as this.
        engine.plan::<f64>(Op::Exp, len, Target::Into)
    }

    fn run_into(&self, src: &[S], dst: &mut [MaybeUninit<u16>], _: bool) -> Flags {
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

    fn plan(&self, engine: &Engine, len: usize) -> Plan {
        engine.plan::<f64>(Op::Square, len, Target::Into)
    }

    fn run_into(&self, src: &[I], dst: &mut [MaybeUninit<I>], _: bool) -> Flags {
        for (&x, slot) in src.iter().zip(dst) {
            slot.write(x.squared());
        }
        Flags::NONE
    }

    fn run_in_place<'b>(&self, data: impl FnOnce() -> &'b mut [I]) -> Option<Flags>
    where
        I: 'b,
    {
        for x in data() {
            *x = x.squared();
        }
        Some(Flags::NONE)
    }
}
