//! What a tensor's elements are, as a type: `Bool`, `Int` or `Fxp`, the narrowest first.

use crate::pphlo;
use crate::tensor::sealed::Sealed;

/// Fixed-point numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fxp {}

/// Integers of the ring's width.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Int {}

/// Truth values; in arithmetic they count as 0 and 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Bool {}

/// `Bool`, `Int` or `Fxp`.
pub trait DType: Sealed + Copy + 'static {
    /// The same as a value.
    const DTYPE: pphlo::DType;
}

/// Data types that can be computed with, and what their combinations give.
pub trait Numeric: DType {
    /// The data type of a sum or product with `D`: the wider of both, at least `Int`.
    type Promote<D: Numeric>: Numeric;
    /// The data type of a quotient by `D`: fixed-point.
    type Quotient<D: Numeric>: Numeric;
    /// The data type of a sum of its own elements.
    type AtLeastInt: Numeric;
    /// The wider of both.
    type Widest<D: Numeric>: Numeric;
}

/// Values of this data type may stand where `D` is expected, without loss.
pub trait WidensTo<D: DType>: DType {}

impl DType for Fxp {
    const DTYPE: pphlo::DType = pphlo::DType::Fxp;
}

impl DType for Int {
    const DTYPE: pphlo::DType = pphlo::DType::Int;
}

impl DType for Bool {
    const DTYPE: pphlo::DType = pphlo::DType::Bool;
}

impl Numeric for Fxp {
    type Promote<D: Numeric> = Self;
    type Quotient<D: Numeric> = Fxp;
    type AtLeastInt = Self;
    type Widest<D: Numeric> = Self;
}

impl Numeric for Int {
    type Promote<D: Numeric> = D::AtLeastInt;
    type Quotient<D: Numeric> = Fxp;
    type AtLeastInt = Self;
    type Widest<D: Numeric> = D::AtLeastInt;
}

impl Numeric for Bool {
    type Promote<D: Numeric> = D::AtLeastInt;
    type Quotient<D: Numeric> = Fxp;
    type AtLeastInt = Int;
    type Widest<D: Numeric> = D;
}

macro_rules! widens {
    ($($narrow:ty => $($wide:ty),+;)+) => { $($(
        #[diagnostic::do_not_recommend]
        impl WidensTo<$wide> for $narrow {}
    )+)+ };
}

widens! {
    Bool => Bool, Int, Fxp;
    Int => Int, Fxp;
    Fxp => Fxp;
}

impl Sealed for Fxp {}

impl Sealed for Int {}

impl Sealed for Bool {}
