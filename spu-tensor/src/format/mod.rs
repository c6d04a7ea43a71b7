//! What a number format does to a program: a shadow run that compares it with real numbers, and warnings before any run.
//!
//! Nothing here knows rings: a back end says how it holds each value of a program ([`Format::held`]) and what the values
//! become ([`Format::values`]).

mod check;
mod warnings;
mod written_out;

use std::fmt;

use crate::error::{Diagnostic, Error};
use crate::host::{Elements, HostTensor};
use crate::location::Location;
use crate::pphlo::{DType, Interval, Op};
use crate::program::Program;

/// A number format that programs are compiled for: a network profile of a back end, or a session.
pub trait Format {
    /// How each value of the program's graph is held, by index; `None` where the format holds no number for it, as for
    /// constants and for comparisons that are part of what uses them. `parameters` tells by index where parameters lie, of
    /// those that it has.
    fn held(&self, program: &Program, parameters: &[Interval]) -> Result<Vec<Option<Held>>, Error>;

    /// The values themselves, computed in the clear and with the format's own rounding; `None` as in [`Format::held`].
    fn values(&self, program: &Program, inputs: &[HostTensor]) -> Result<Vec<Option<Elements>>, Error>;

    /// How far a value may be from that of real numbers.
    fn tolerance(&self) -> Tolerance;

    /// What a secret operand of `op` must not be above in absolute value for the result to mean something, where that is less than what the format
    /// holds: 20 for `exponential`, whose only concern is large numbers, and for y·ln x in `power`. `by_secret` tells whether a divisor is secret.
    fn domain(&self, op: &Op, dtype: DType, by_secret: bool) -> Option<f64> {
        let _ = (op, dtype, by_secret);
        None
    }

    /// The same format with another tolerance.
    fn within(self, tolerance: Tolerance) -> Within<Self>
    where
        Self: Sized,
    {
        Within { format: self, tolerance }
    }
}

/// How a format holds a value: at this place of a program, with so many fraction bits.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Held {
    /// What absolute values must be below.
    pub bound: f64,
    /// Bits behind the binary point.
    pub fraction_bits: u32,
}

/// How far a number may be from the real one x: `absolute + relative · |x|`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tolerance {
    /// At any x.
    pub absolute: f64,
    /// For each unit of |x|.
    pub relative: f64,
}

impl Tolerance {
    /// The tolerance for numbers with so many fraction bits: 2^−12, or 64 units of the format where that is more, and 2^−10
    /// of the value.
    pub fn of_fraction_bits(fraction_bits: u32) -> Self {
        let units = libm::ldexp(64.0, -(fraction_bits as i32));
        Self { absolute: units.max(libm::ldexp(1.0, -12)), relative: libm::ldexp(1.0, -10) }
    }

    fn allows(self, found: f64, exact: f64) -> bool {
        (found - exact).abs() <= self.at(exact)
    }

    /// How far a number may be from this real one.
    pub fn at(self, exact: f64) -> f64 {
        self.absolute + self.relative * exact.abs()
    }
}

/// A format with a tolerance of the caller's: see [`Format::within`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Within<F> {
    format: F,
    tolerance: Tolerance,
}

impl<F: Format> Format for Within<F> {
    fn held(&self, program: &Program, parameters: &[Interval]) -> Result<Vec<Option<Held>>, Error> {
        self.format.held(program, parameters)
    }

    fn values(&self, program: &Program, inputs: &[HostTensor]) -> Result<Vec<Option<Elements>>, Error> {
        self.format.values(program, inputs)
    }

    fn tolerance(&self) -> Tolerance {
        self.tolerance
    }

    fn domain(&self, op: &Op, dtype: DType, by_secret: bool) -> Option<f64> {
        self.format.domain(op, dtype, by_secret)
    }
}

/// The largest difference between a value of the format and the real number that a shadow run has seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    /// The difference.
    pub largest: f64,
    /// The operation that has it.
    pub operation: String,
    /// Where that operation stands.
    pub location: Location,
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {:e} from real numbers, at `{}` ({})", self.largest, self.operation, self.location)
    }
}

/// A place of a program whose values may not fit the format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(pub Diagnostic);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "warning: {}", self.0)
    }
}

impl Program {
    /// The shadow run: computes the program on `inputs`, one tensor for each parameter, with real numbers (`f64`) and in the
    /// clear as `format` does, operation by operation. Gives the largest difference.
    ///
    /// The first operation that goes wrong is an error with its source line, the element and both values:
    /// - a value does not fit: the real one is outside the range that is safe for the fraction bits it has at that place, which
    ///   are those of its factors as long as a product is not truncated;
    /// - a value differs by more than [`Format::tolerance`]; the message tells whether the operation itself is at fault or
    ///   what it was given;
    /// - an `.assume(lo..=hi)` does not hold, or a public operand lies outside the operation's domain.
    ///
    /// Where real numbers and the format decide a comparison or a rounding differently because what is compared differs
    /// within the tolerance, the shadow run goes on with the format's decision. Of branches and loops those operations are
    /// compared that real numbers lead to; what an iteration carries to the next one is truncated in between, as in a run. Inputs
    /// are those of one party that knows them all: a check is for test data.
    pub fn check(&self, inputs: &[HostTensor], format: &(impl Format + ?Sized)) -> Result<Deviation, Error> {
        check::check(self, inputs, format)
    }

    /// Places where a value may leave the safe range of `format`, by interval analysis, whatever the parties put in.
    ///
    /// A value is warned about if both its bounds are known and one does not fit, and no operand was warned about before; and where a bound of an
    /// operand is known that is outside of what the operation serves: e^x and x^y above e^20, quotients and remainders by a
    /// secret divisor.
    /// Bounds come from constants, from assertions `.assume(lo..=hi)`, from truth values and from functions of bounded results;
    /// the parties' inputs have none, so a program without assertions is rarely warned about. A quotient by a number
    /// that may be near 0 counts as large as the dividend divided by one unit of the divisor. The body of a loop is looked at once,
    /// for all iterations: what it carries lies where no iteration leaves; a bound that keeps growing is no bound.
    pub fn warnings(&self, format: &(impl Format + ?Sized)) -> Result<Vec<Warning>, Error> {
        warnings::warnings(self, format)
    }
}
