//! `exp` and `log`, correctly rounded to `f64` and `f32`, by the GNU MPFR library.
use std::cell::RefCell;
use std::ffi::{c_int, c_long};
use std::ptr;

/// What `mpfr.h` calls `__mpfr_struct`.
#[repr(C)]
#[derive(Debug)]
struct Raw {
    precision: c_long,
    sign: c_int,
    exponent: c_long,
    limbs: *mut u64,
}

/// To nearest, ties to even.
const NEAREST: c_int = 0;

// In Debian this is the package libmpfr-dev.
#[link(name = "mpfr")]
unsafe extern "C" {
    fn mpfr_buildopt_tls_p() -> c_int;
    fn mpfr_init2(x: *mut Raw, precision: c_long);
    fn mpfr_clear(x: *mut Raw);
    fn mpfr_set_prec(x: *mut Raw, precision: c_long);
    fn mpfr_set_d(x: *mut Raw, value: f64, rounding: c_int) -> c_int;
    fn mpfr_get_d(x: *const Raw, rounding: c_int) -> f64;
    fn mpfr_exp(y: *mut Raw, x: *const Raw, rounding: c_int) -> c_int;
    fn mpfr_log(y: *mut Raw, x: *const Raw, rounding: c_int) -> c_int;
    fn mpfr_mul_d(y: *mut Raw, x: *const Raw, by: f64, rounding: c_int) -> c_int;
    fn mpfr_set(y: *mut Raw, x: *const Raw, rounding: c_int) -> c_int;
    fn mpfr_set_emin(exponent: c_long) -> c_int;
    fn mpfr_set_emax(exponent: c_long) -> c_int;
    fn mpfr_check_range(x: *mut Raw, ternary: c_int, rounding: c_int) -> c_int;
    fn mpfr_subnormalize(x: *mut Raw, ternary: c_int, rounding: c_int) -> c_int;
}

/// A function of MPFR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Exp,
    Log,
}

/// The numbers of an IEEE format: bits of the significand, and exponents of the least subnormal number and of the
/// largest finite one, as MPFR counts them (significands are in [1/2, 1)).
#[derive(Clone, Copy, Debug)]
struct Format {
    precision: c_long,
    least: c_long,
    most: c_long,
}

const F64: Format = Format { precision: 53, least: -1073, most: 1024 };
const F32: Format = Format { precision: 24, least: -148, most: 128 };
/// More than twice the digits of anything that is asked about, and exponents that hold every result before rounding.
const WIDE: Format = Format { precision: 120, least: -(1 << 20), most: 1 << 20 };

/// The numbers that a calculation needs, made once per thread.
#[derive(Debug)]
struct Calculator {
    input: Number,
    /// A result of `WIDE.precision`.
    wide: Number,
    product: Number,
    /// A result of the precision that is wanted.
    result: Number,
}

#[derive(Debug)]
struct Number(Box<Raw>);

impl Number {
    fn new(precision: c_long) -> Self {
        let mut raw = Box::new(Raw { precision: 0, sign: 0, exponent: 0, limbs: ptr::null_mut() });
        // SAFETY: it may be in any state before.
        unsafe { mpfr_init2(&mut *raw, precision) };
        Self(raw)
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        // SAFETY: made by `mpfr_init2`, and never used again.
        unsafe { mpfr_clear(&mut *self.0) };
    }
}

fn set_range(format: Format) {
    // SAFETY: numbers outside of the new range go through `mpfr_check_range` before anything else.
    let refused = unsafe { mpfr_set_emin(format.least) | mpfr_set_emax(format.most) };
    assert_eq!(refused, 0, "MPFR has these exponents");
}

impl Calculator {
    fn new() -> Self {
        // SAFETY: it only reads how MPFR was built.
        assert!(unsafe { mpfr_buildopt_tls_p() } != 0, "this MPFR keeps the range of exponents for all threads in one");
        set_range(WIDE);
        // 53 bits hold every input.
        Self {
            input: Number::new(F64.precision),
            wide: Number::new(WIDE.precision),
            product: Number::new(WIDE.precision + F64.precision),
            result: Number::new(F64.precision),
        }
    }

    /// The function in the precision of `format`, rounded once.
    fn rounded(&mut self, function: Function, x: f64, format: Format) -> f64 {
        let (input, result) = (&mut *self.input.0, &mut *self.result.0);
        // SAFETY: all numbers were made by `mpfr_init2`.
        let ternary = unsafe {
            mpfr_set_prec(result, format.precision);
            mpfr_set_d(input, x, NEAREST);
            evaluate(function, result, input)
        };
        self.narrow(ternary, format)
    }

    /// Brings `result`, which was rounded to the precision of `format` as `ternary` tells (up, down or not at all), into
    /// the range of `format`: infinity, subnormal numbers and zero, as if it had been rounded only once.
    fn narrow(&mut self, ternary: c_int, format: Format) -> f64 {
        let result = &mut *self.result.0;
        set_range(format);
        // SAFETY: `result` was made by `mpfr_init2`; this is how MPFR's manual emulates IEEE 754.
        let value = unsafe {
            let ternary = mpfr_check_range(result, ternary, NEAREST);
            mpfr_subnormalize(result, ternary, NEAREST);
            mpfr_get_d(result, NEAREST)
        };
        set_range(WIDE);
        value
    }

    /// Whether `f32` results would differ if the exact one were larger or smaller by the part `distance` of it.
    fn is_hard(&mut self, function: Function, x: f32, distance: f64) -> bool {
        // SAFETY: all numbers were made by `mpfr_init2`.
        unsafe {
            mpfr_set_d(&mut *self.input.0, x.into(), NEAREST);
            evaluate(function, &mut self.wide.0, &self.input.0);
        }
        let [below, above] = [1.0 - distance, 1.0 + distance].map(|factor| {
            let (product, result) = (&mut *self.product.0, &mut *self.result.0);
            // SAFETY: as above.
            let ternary = unsafe {
                mpfr_mul_d(product, &*self.wide.0, factor, NEAREST);
                mpfr_set_prec(result, F32.precision);
                mpfr_set(result, product, NEAREST)
            };
            self.narrow(ternary, F32)
        });
        below != above
    }
}

/// # Safety
///
/// Both numbers must have been made by `mpfr_init2`.
unsafe fn evaluate(function: Function, y: &mut Raw, x: &Raw) -> c_int {
    // SAFETY: as promised.
    unsafe {
        match function {
            Function::Exp => mpfr_exp(y, x, NEAREST),
            Function::Log => mpfr_log(y, x, NEAREST),
        }
    }
}

thread_local! {
    static CALCULATOR: RefCell<Calculator> = RefCell::new(Calculator::new());
}

/// The correctly rounded `f64` result.
pub fn to_f64(function: Function, x: f64) -> f64 {
    CALCULATOR.with_borrow_mut(|calculator| calculator.rounded(function, x, F64))
}

/// The correctly rounded `f32` result.
pub fn to_f32(function: Function, x: f32) -> f32 {
    CALCULATOR.with_borrow_mut(|calculator| calculator.rounded(function, x.into(), F32)) as f32
}

/// Whether the exact result is within the part `distance` of itself from where rounding to `f32` changes.
pub fn is_hard(function: Function, x: f32, distance: f64) -> bool {
    CALCULATOR.with_borrow_mut(|calculator| calculator.is_hard(function, x, distance))
}

/// `e^x`, correctly rounded.
pub fn exp(x: f64) -> f64 {
    to_f64(Function::Exp, x)
}

/// The natural logarithm, correctly rounded.
pub fn log(x: f64) -> f64 {
    to_f64(Function::Log, x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f32_of(bits: u32) -> f32 {
        f32::from_bits(bits)
    }

    #[test]
    fn special_values() {
        for zero in [0.0, -0.0] {
            assert_eq!(exp(zero), 1.0);
            assert_eq!(log(zero), f64::NEG_INFINITY);
        }
        assert_eq!(log(1.0).to_bits(), 0);
        assert_eq!(exp(f64::INFINITY), f64::INFINITY);
        assert_eq!(exp(f64::NEG_INFINITY).to_bits(), 0);
        assert_eq!(log(f64::INFINITY), f64::INFINITY);
        for nan in [log(-1.0), log(f64::NEG_INFINITY), log(f64::NAN), exp(f64::NAN)] {
            assert!(nan.is_nan());
        }
        assert_eq!(exp(f64::MAX), f64::INFINITY);
        assert_eq!(exp(f64::MIN).to_bits(), 0);
        assert_eq!(exp(f64::from_bits(1)), 1.0);
    }

    /// Each border was found from logarithms to 60 digits: ln(2^1024 - 2^970), ln 2^-1075 and so on.
    #[test]
    fn leaves_the_range_where_it_must() {
        let (last, next) = (709.782712893384, 709.7827128933841);
        assert!(exp(last) < f64::INFINITY && exp(next) == f64::INFINITY);
        let (last, next) = (-745.1332191019411, -745.1332191019412);
        assert!(exp(last).to_bits() == 1 && exp(next).to_bits() == 0);
        let exp = |bits| to_f32(Function::Exp, f32_of(bits));
        assert!(exp(0x42b1_7217) < f32::INFINITY && exp(0x42b1_7218) == f32::INFINITY);
        assert!(exp(0xc2cf_f1b4).to_bits() == 1 && exp(0xc2cf_f1b5).to_bits() == 0);
    }

    /// Subnormal results are rounded once: the exact result is compared with the two halves around the `f64` result.
    #[test]
    fn subnormal_results_are_nearest() {
        for i in 0..5000u32 {
            let x = -708.4 - 36.7 * f64::from(i) / 5000.0;
            let y = exp(x);
            assert!(y < f64::MIN_POSITIVE);
            // In units of the last place, and with all bits: e^(x + 600 ln 2) is off by 2^-43 of itself, for its argument
            // was rounded.
            let scaled = exp(x + 600.0 * std::f64::consts::LN_2) * 2f64.powi(1074 - 600);
            let error = (y.to_bits() as f64 - scaled).abs();
            assert!(error <= 0.5 + scaled * 2f64.powi(-40), "exp({x:e}): {y:e} is off by {error} units");
        }
    }

    #[test]
    fn subnormal_inputs_of_log() {
        assert_eq!(log(f64::from_bits(1)), -744.4400719213812);
        assert_eq!(to_f32(Function::Log, f32_of(1)), -103.278_93);
    }

    /// Twice rounding would give other results: the `f64` result of a hard case of `f32` is a tie.
    #[test]
    fn hard_cases() {
        // e^(2^-24) = 1 + 2^-24 + 2^-49 + ... is just above the tie between 1 and 1 + 2^-23.
        assert_eq!(to_f32(Function::Exp, 2f32.powi(-24)), 1.0 + f32::EPSILON);
        assert!(is_hard(Function::Exp, 2f32.powi(-24), 2f64.powi(-43)));
        assert!(!is_hard(Function::Exp, 2f32.powi(-24), 2f64.powi(-50)));
        assert!(!is_hard(Function::Exp, 1.0, 2f64.powi(-43)));
    }

    #[test]
    fn agrees_with_the_platform() {
        let mut x = -700.0;
        while x < 700.0 {
            let (want, got) = (exp(x), x.exp());
            assert!((want - got).abs() <= want * f64::EPSILON, "exp({x:e}): {want:e}, and the platform {got:e}");
            let (want, got) = (log(want), want.ln());
            assert!((want - got).abs() <= want.abs() * f64::EPSILON, "log: {want:e}, and the platform {got:e}");
            x += 0.173;
        }
    }
}
