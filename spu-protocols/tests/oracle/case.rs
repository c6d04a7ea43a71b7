//! One operation on drawn operands, and how far its results may be from what they should be.

use spu_tensor::pphlo::{DType, Graph, Op, Type, Visibility};
use spu_tensor::{Elements, HostTensor, Shape};

use crate::draw::Draw;

/// How far a result may be off: `units` of the format, and `relative` of the value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(crate) units: f64,
    pub(crate) relative: f64,
}

impl Bound {
    pub(crate) const EXACT: Self = Self { units: 0.0, relative: 0.0 };

    pub(crate) const fn units(units: f64) -> Self {
        Self { units, relative: 0.0 }
    }

    pub(crate) const fn and_relative(self, relative: f64) -> Self {
        Self { relative, ..self }
    }

    /// How far two results may be apart that are both within the bound.
    pub(crate) const fn doubled(self) -> Self {
        Self { units: 2.0 * self.units, relative: 2.0 * self.relative }
    }

    pub(crate) fn allows(self, found: f64, expected: f64, unit: f64) -> bool {
        // The host's numbers have 53 bits.
        let relative = self.relative + (-51f64).exp2();
        (found - expected).abs() <= self.units * unit + relative * expected.abs()
    }
}

/// A parameter of the program.
#[derive(Clone)]
pub(crate) struct Operand {
    pub(crate) tensor: HostTensor,
    pub(crate) is_secret: bool,
}

pub(crate) struct Case {
    /// Makes operands for `op` from the first of `operands`, if it cannot take parameters.
    pub(crate) before: Option<Op>,
    pub(crate) op: Op,
    /// What `op` runs.
    pub(crate) regions: Vec<Graph>,
    pub(crate) operands: Vec<Operand>,
    /// Shared results against those of the plain oracle.
    pub(crate) shared: Bound,
    /// Either against real numbers: what is documented.
    pub(crate) real: Bound,
    /// Whether the program says where the numbers lie.
    pub(crate) is_bounded: bool,
    /// What each result satisfies, in place of the bounds, of an operation that draws.
    pub(crate) draws: Option<Law>,
}

/// Whether a drawn result is one, where a format has this unit.
pub(crate) type Law = fn(&Op, &HostTensor, f64) -> bool;

impl Operand {
    pub(crate) fn ty(&self) -> Type {
        let visibility = if self.is_secret { Visibility::Secret } else { Visibility::Public };
        Type::new(self.tensor.shape.clone(), self.tensor.elements.dtype(), visibility)
    }
}

impl Case {
    /// The operation on these tensors, each public or secret.
    pub(crate) fn new(d: &mut Draw, op: Op, tensors: impl IntoIterator<Item = HostTensor>) -> Self {
        let operands = tensors.into_iter().map(|tensor| Operand { tensor, is_secret: d.below(4) > 0 }).collect();
        let regions = Vec::new();
        let (shared, real, is_bounded) = (Bound::EXACT, Bound::EXACT, d.below(3) == 0);
        Self { before: None, op, regions, operands, shared, real, is_bounded, draws: None }
    }

    /// The operation on tensors of one shape.
    pub(crate) fn elementwise(d: &mut Draw, op: Op, elements: impl FnOnce(&mut Draw, usize) -> Vec<Elements>) -> Self {
        let shape = d.shape();
        let elements = elements(d, shape.elements());
        Self::new(d, op, elements.into_iter().map(|x| HostTensor::new(shape.clone(), x)))
    }

    /// A comparison, a maximum or the like: two operands of one data type with ties among them.
    pub(crate) fn of_pair(d: &mut Draw, op: Op, dtypes: &[DType]) -> Self {
        let dtype = d.one_of(dtypes);
        Self::elementwise(d, op, |d, n| {
            let (x, y) = (d.numbers(n, dtype), d.numbers(n, dtype));
            let y = d.mixed(&x, y);
            vec![x, y]
        })
    }

    /// A function of one real number between these.
    pub(crate) fn function(d: &mut Draw, op: Op, lo: f64, hi: f64) -> Self {
        Self::elementwise(d, op, |d, n| vec![d.fxp(n, lo, hi)])
    }

    /// Gives some elements of the last operand these values, if any operand is secret: outside the domain of the operation,
    /// where it has a documented value for secrets.
    pub(crate) fn with_outside(mut self, d: &mut Draw, outside: &[f64]) -> Self {
        let is_secret = self.operands.iter().any(|operand| operand.is_secret);
        let operand = self.operands.last_mut().expect("a function has an operand");
        if let (true, Elements::Fxp(values)) = (is_secret, &mut operand.tensor.elements) {
            values.iter_mut().for_each(|x| {
                if d.below(8) == 0 {
                    *x = d.one_of(outside);
                }
            });
        }
        self
    }

    /// An operation that moves elements of any type about.
    pub(crate) fn moves(d: &mut Draw, shape: Shape, op: Op) -> Self {
        let dtype = d.one_of(&[DType::Bool, DType::Int, DType::Fxp]);
        let elements = d.numbers(shape.elements(), dtype);
        Self::new(d, op, [HostTensor::new(shape, elements)])
    }

    /// Both bounds.
    pub(crate) fn within(self, shared: Bound, real: Bound) -> Self {
        Self { shared, real, ..self }
    }

    /// Visibilities of its own: of the operands from `first` on.
    pub(crate) fn with_visibility(mut self, first: usize, is_secret: bool) -> Self {
        self.operands[first..].iter_mut().for_each(|operand| operand.is_secret = is_secret);
        self
    }
}
