//! Half precision: there are only 65,536 numbers, so a table holds every result, correctly rounded, and what it raises.
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use lanestack::{Accuracy, Engine, Op, Threads};

use crate::flags::Flags;

/// The results of an op.
pub struct Table(Box<[Entry; 1 << 16]>);

#[derive(Clone, Copy)]
pub struct Entry {
    pub result: u16,
    pub raised: u16,
}

/// Bits of the fraction, and the greatest exponent.
const FRACTION: i32 = 10;
const MOST: i32 = 15;
/// The exponent of the least normal number.
const LEAST: i32 = 1 - MOST;
const INFINITY: u16 = 0x7c00;
const QUIET: u16 = 0x0200;
const SIGN: u16 = 0x8000;

impl Table {
    /// The op's table, made when it is first asked for.
    pub fn of(op: Op) -> &'static Self {
        static TABLES: [AtomicPtr<Table>; 4] = [const { AtomicPtr::new(ptr::null_mut()) }; 4];
        let place = &TABLES[op as usize];
        // SAFETY: it is null or was made below, and is never freed once it is here.
        if let Some(table) = unsafe { place.load(Ordering::Acquire).as_ref() } {
            return table;
        }
        // No lock, which a fork could leave locked for ever.
        let new = Box::into_raw(Box::new(Self::new(op)));
        if place.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: made above, and nobody else has it.
            drop(unsafe { Box::from_raw(new) });
        }
        Self::of(op)
    }

    fn new(op: Op) -> Self {
        let x: Vec<f64> = (0..=u16::MAX).map(widened).collect();
        let engine = Engine::builder().accuracy(Accuracy::Exact).threads(Threads::Exactly(1)).build();
        let y = engine.expect("what was built before can be built again").run(op, &x);
        let entries = (0..=u16::MAX).zip(x.iter().zip(&y)).map(|(bits, (&x, &y))| {
            let result = narrowed(y);
            let is_signaling = bits & !SIGN > INFINITY && bits & QUIET == 0;
            let is_infinite = x.is_finite() && result & !SIGN == INFINITY;
            // No result of `exp` is exact but that of zero.
            let is_tiny = x.is_finite() && y.abs() < 2f64.powi(LEAST) && (op == Op::Exp || widened(result) != y);
            let raised = Flags::INVALID.when(is_signaling || y.is_nan() && !x.is_nan())
                | Flags::DIVIDE.when(is_infinite && x == 0.0)
                | Flags::OVERFLOW.when(is_infinite && x != 0.0)
                | Flags::UNDERFLOW.when(is_tiny);
            Entry { result, raised: raised.bits().into() }
        });
        Self(entries.collect::<Vec<_>>().try_into().unwrap_or_else(|_| unreachable!("an entry for each number")))
    }

    /// The result's bits, and what it raises.
    #[inline(always)]
    pub fn look_up(&self, bits: u16) -> Entry {
        self.0[usize::from(bits)]
    }
}

/// The number with these bits.
fn widened(bits: u16) -> f64 {
    let sign = if bits & SIGN == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits & !SIGN) >> FRACTION, f64::from(bits & ((1 << FRACTION) - 1)));
    match exponent {
        0 => sign * fraction * 2f64.powi(LEAST - FRACTION),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::from_bits(u64::from(bits & SIGN) << 48 | 0x7ff8 << 48 | u64::from(bits & (QUIET - 1)) << 42),
        _ => sign * (1.0 + fraction * 2f64.powi(-FRACTION)) * 2f64.powi(exponent - MOST),
    }
}

/// The bits of the nearest number in half precision, of two the even one.
fn narrowed(x: f64) -> u16 {
    let sign = (x.to_bits() >> 48) as u16 & SIGN;
    let magnitude = if x.is_nan() {
        INFINITY | QUIET | (x.to_bits() >> 42) as u16 & (QUIET - 1)
    } else if x.abs() >= 65520.0 {
        INFINITY
    } else {
        // The distance of numbers where x is: subnormal numbers and those of the least exponent have the same.
        let exponent = ((x.abs().to_bits() >> 52) as i32 - 1023).max(LEAST);
        let steps = (x.abs() * 2f64.powi(FRACTION - exponent)).round_ties_even() as u16;
        // A carry out of the fraction raises the exponent, as it should.
        (((exponent - LEAST) << FRACTION) as u16) + steps
    };
    sign | magnitude
}
