//! Random tensors.

use spu::pphlo::{DType, Op, Type};

use super::{Entry, Lowering};
use crate::aby3::bernoulli::PROBABILITY_BITS;
use crate::share::PublicFunction;

impl Lowering<'_> {
    /// Uniform numbers and biased bits, secret or public.
    pub(super) fn random(&mut self, op: &Op, ty: &Type) -> Entry {
        let (shape, f) = (ty.shape.clone(), self.ring.fraction_bits);
        let draw = self.draw_number();
        let p = match op {
            Op::RandomBernoulli { p, .. } => p.0,
            _ if ty.is_secret() => {
                let value = self.build.uniform(shape, f, draw);
                return self.number(value, f);
            }
            _ => {
                let value = self.build.public_uniform(shape, f, f, draw);
                return self.number(value, f);
            }
        };
        let one = f64::from(1 << PROBABILITY_BITS);
        let numerator = (p * one).round();
        if numerator == 0.0 || numerator == one {
            let sure = self.splat(if numerator == 0.0 { 0.0 } else { 1.0 }, shape, 0);
            let value = if ty.is_secret() { self.build.public_to_arith(sure) } else { sure };
            return self.number(value, 0);
        }
        let value = match ty.is_secret() {
            true => {
                let bits = self.build.bernoulli(shape, numerator as u32, draw);
                self.build.bit_to_arith(bits)
            }
            false => {
                let drawn = self.build.public_uniform(shape.clone(), PROBABILITY_BITS, 0, draw);
                let bound = self.splat(numerator, shape.clone(), 0);
                let operands = vec![DType::Int, DType::Int];
                let less = PublicFunction { op: Op::Less, operands, index: 0, result: DType::Bool };
                self.build.public(less, vec![drawn, bound], shape, 0)
            }
        };
        self.number(value, 0)
    }
}
