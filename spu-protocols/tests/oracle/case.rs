//! One operation on drawn operands, and how far its results may be from what they should be.

use spu_tensor::pphlo::{DType, Op};
use spu_tensor::{Elements, HostTensor, Shape};

use crate::draw::Draw;

/// How far a result may be off: `units` of the format, and `relative` of the value.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    pub units: f64,
    pub relative: f64,
}

impl Bound {
    pub const EXACT: Self = Self { units: 0.0, relative: 0.0 };

    pub const fn units(units: f64) -> Self {
        Self { units, relative: 0.0 }
    }

    pub const fn and_relative(self, relative: f64) -> Self {
        Self { relative, ..self }
    }

    pub fn allows(self, found: f64, expected: f64, unit: f64) -> bool {
        (found - expected).abs() <= self.units * unit + self.relative * expected.abs()
    }
}

/// A parameter of the program.
#[derive(Clone)]
pub struct Operand {
    pub tensor: HostTensor,
    pub is_secret: bool,
}

pub struct Case {
    pub op: Op,
    pub operands: Vec<Operand>,
    /// Shared results against those of the plain oracle.
    pub shared: Bound,
    /// Those of the plain oracle against real numbers.
    pub real: Bound,
}

impl Case {
    /// The operation on these tensors, each public or secret.
    pub fn new(d: &mut Draw, op: Op, tensors: impl IntoIterator<Item = HostTensor>) -> Self {
        let operands = tensors.into_iter().map(|tensor| Operand { tensor, is_secret: d.below(4) > 0 }).collect();
        Self { op, operands, shared: Bound::EXACT, real: Bound::EXACT }
    }

    /// The operation on tensors of one shape.
    pub fn elementwise(d: &mut Draw, op: Op, elements: impl FnOnce(&mut Draw, usize) -> Vec<Elements>) -> Self {
        let shape = d.shape();
        let elements = elements(d, shape.elements());
        Self::new(d, op, elements.into_iter().map(|x| HostTensor::new(shape.clone(), x)))
    }

    /// A comparison, a maximum or the like: two operands of one data type with ties among them.
    pub fn of_pair(d: &mut Draw, op: Op, dtypes: &[DType]) -> Self {
        let dtype = d.one_of(dtypes);
        Self::elementwise(d, op, |d, n| {
            let (x, y) = (d.numbers(n, dtype), d.numbers(n, dtype));
            let y = d.mixed(&x, y);
            vec![x, y]
        })
    }

    /// A function of one real number between these.
    pub fn function(d: &mut Draw, op: Op, lo: f64, hi: f64) -> Self {
        Self::elementwise(d, op, |d, n| vec![d.fxp(n, lo, hi)])
    }

    /// A function whose secret operand may lie outside its domain, where it has a documented value.
    pub fn with_outside(mut self, d: &mut Draw, outside: &[f64]) -> Self {
        let operand = self.operands.last_mut().expect("a function has an operand");
        if let (true, Elements::Fxp(values)) = (operand.is_secret, &mut operand.tensor.elements) {
            values.iter_mut().for_each(|x| {
                if d.below(8) == 0 {
                    *x = d.one_of(outside);
                }
            });
        }
        self
    }

    /// An operation that moves elements of any type about.
    pub fn moves(d: &mut Draw, shape: Shape, op: Op) -> Self {
        let dtype = d.one_of(&[DType::Bool, DType::Int, DType::Fxp]);
        let elements = d.numbers(shape.elements(), dtype);
        Self::new(d, op, [HostTensor::new(shape, elements)])
    }

    /// Both bounds.
    pub fn within(self, shared: Bound, real: Bound) -> Self {
        Self { shared, real, ..self }
    }

    /// At least one operand is secret.
    pub fn with_secret(mut self) -> Self {
        if !self.operands.iter().any(|x| x.is_secret) {
            self.operands[0].is_secret = true;
        }
        self
    }
}
