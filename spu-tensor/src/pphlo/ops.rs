//! The table of PPHLO operations.

use std::hash::{Hash, Hasher};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::types::DType;
use crate::graph::Operation;
use crate::host::{Elements, HostTensor};
use crate::program::Party;
use crate::shape::Shape;

/// A real attribute, compared bit by bit.
#[derive(Clone, Copy, Debug)]
pub struct Real(pub f64);

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Real {}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// A constant tensor, compared bit by bit.
#[derive(Clone, Debug)]
pub struct Literal(pub Arc<HostTensor>);

impl Literal {
    fn bits(&self) -> impl Iterator<Item = u64> + '_ {
        let tensor = &self.0;
        (0..tensor.elements.len()).map(|i| match &tensor.elements {
            Elements::Fxp(v) => v[i].to_bits(),
            Elements::Int(v) => v[i] as u64,
            Elements::Bool(v) => u64::from(v[i]),
        })
    }
}

impl PartialEq for Literal {
    fn eq(&self, other: &Self) -> bool {
        self.0.shape == other.0.shape
            && self.0.elements.dtype() == other.0.elements.dtype()
            && self.bits().eq(other.bits())
    }
}

impl Eq for Literal {}

impl Hash for Literal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.shape.hash(state);
        self.bits().for_each(|b| b.hash(state));
    }
}

/// A PPHLO operation with its attributes.
///
/// Element-wise operations take operands of one shape (broadcasts are explicit) and, but for `Multiply`, `Dot` and
/// `Select`'s predicate, of one data type. The result is secret if an operand is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// `() -> T`: the parameter with this index; the node's type is given by whoever appends it.
    Parameter { index: usize },
    /// `() -> T`, public: a constant.
    Constant { literal: Literal },
    /// `(T, T) -> T`: sum; Int or Fxp.
    Add,
    /// `(T, T) -> T`: difference; Int or Fxp.
    Subtract,
    /// `(T, U) -> max(T, U)`: product; Int or Fxp each. Int × Fxp needs no truncation.
    Multiply,
    /// `(Fxp, Fxp) -> Fxp`: quotient.
    Divide,
    /// `T -> T`: negation; Int or Fxp.
    Negate,
    /// `(T, T) -> T`: the larger; Int or Fxp.
    Maximum,
    /// `(T, T) -> T`: the smaller; Int or Fxp.
    Minimum,
    /// `(T, T) -> Bool`.
    Equal,
    /// `(T, T) -> Bool`.
    NotEqual,
    /// `(T, T) -> Bool`.
    Less,
    /// `(T, T) -> Bool`.
    LessEqual,
    /// `(T, T) -> Bool`.
    Greater,
    /// `(T, T) -> Bool`.
    GreaterEqual,
    /// `(Bool, Bool) -> Bool`.
    And,
    /// `(Bool, Bool) -> Bool`.
    Or,
    /// `Bool -> Bool`.
    Not,
    /// `(Bool, T, T) -> T`: the second operand where the first holds, else the third.
    Select,
    /// `Fxp -> Fxp`: e^x.
    Exponential,
    /// `Fxp -> Fxp`: natural logarithm.
    Log,
    /// `Fxp -> Fxp`: 1/x.
    Reciprocal,
    /// `T -> (T, Bool)`: max(x, 0) and [x ≥ 0], from one comparison. Made by the predicate-reuse pass.
    Relu,
    /// `(T[m, k], U[k, n]) -> max(T, U)[m, n]`: matrix product; Int or Fxp each.
    Dot,
    /// `T -> T`: the same elements, row-major, in another shape.
    Reshape { shape: Shape },
    /// `T -> T`: axis i of the result is axis permutation[i] of the operand.
    Transpose { permutation: Vec<usize> },
    /// `T -> T`: operand axis i becomes result axis dimensions[i] (strictly increasing); an extent of 1 is stretched,
    /// other result axes repeat.
    Broadcast { shape: Shape, dimensions: Vec<usize> },
    /// `T -> T`: elements start[i] .. limit[i] of each axis.
    Slice { start: Vec<usize>, limit: Vec<usize> },
    /// `(T, …) -> T`: joined along an axis.
    Concatenate { axis: usize },
    /// `T -> T`: sum over these axes (increasing), which disappear; Int or Fxp (Bool counts: result Int).
    ReduceSum { axes: Vec<usize> },
    /// `T -> T`: maximum over one axis, which disappears; Int or Fxp.
    ReduceMax { axis: usize },
    /// `T -> T`: to a wider data type, value unchanged.
    Convert { dtype: DType },
    /// `T -> T`: the operand, which the author asserts to lie in [lo, hi]; checked by the plain evaluator.
    Assume { lo: Real, hi: Real },
    /// `T -> T`: the operand, through which no derivative flows.
    StopGradient,
    /// `T[secret] -> T[public]`: opened to every party.
    Reveal,
    /// `T[secret] -> T[secret]`: opened to one party; only returnable.
    RevealTo { party: Party },
}

impl Op {
    /// Its name in the text form.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Parameter { .. } => "parameter",
            Self::Constant { .. } => "constant",
            Self::Add => "add",
            Self::Subtract => "subtract",
            Self::Multiply => "multiply",
            Self::Divide => "divide",
            Self::Negate => "negate",
            Self::Maximum => "maximum",
            Self::Minimum => "minimum",
            Self::Equal => "equal",
            Self::NotEqual => "not_equal",
            Self::Less => "less",
            Self::LessEqual => "less_equal",
            Self::Greater => "greater",
            Self::GreaterEqual => "greater_equal",
            Self::And => "and",
            Self::Or => "or",
            Self::Not => "not",
            Self::Select => "select",
            Self::Exponential => "exponential",
            Self::Log => "log",
            Self::Reciprocal => "reciprocal",
            Self::Relu => "relu",
            Self::Dot => "dot",
            Self::Reshape { .. } => "reshape",
            Self::Transpose { .. } => "transpose",
            Self::Broadcast { .. } => "broadcast",
            Self::Slice { .. } => "slice",
            Self::Concatenate { .. } => "concatenate",
            Self::ReduceSum { .. } => "reduce_sum",
            Self::ReduceMax { .. } => "reduce_max",
            Self::Convert { .. } => "convert",
            Self::Assume { .. } => "assume",
            Self::StopGradient => "stop_gradient",
            Self::Reveal => "reveal",
            Self::RevealTo { .. } => "reveal_to",
        }
    }

    /// How many operands it takes.
    pub fn arity(&self) -> RangeInclusive<usize> {
        match self {
            Self::Parameter { .. } | Self::Constant { .. } => 0..=0,
            Self::Concatenate { .. } => 1..=usize::MAX,
            Self::Select => 3..=3,
            Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Maximum | Self::Minimum => 2..=2,
            Self::Equal | Self::NotEqual | Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual => 2..=2,
            Self::And | Self::Or | Self::Dot => 2..=2,
            _ => 1..=1,
        }
    }
}

impl Operation for Op {
    type Type = super::Type;

    fn is_pinned(&self) -> bool {
        matches!(self, Self::Parameter { .. } | Self::Reveal | Self::RevealTo { .. })
    }
}
