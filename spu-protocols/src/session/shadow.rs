//! The number format as the shadow run and range warnings see it: the share program in the clear, value by value.

use spu::format::{Format, Held, Tolerance};
use spu::pphlo::{DType, Interval, Op};
use spu::{Elements, Error, HostTensor, Program};

use super::{Network, Session};
use crate::exec::PartyValue;
use crate::hal::{RingConfig, encode, exact_bits, in_ring, largest_exponent, lower_keeping, scales};
use crate::plain;
use crate::ring::Ring;
use crate::share::Plan;

impl Format for Network {
    fn held(&self, program: &Program, parameters: &[Interval]) -> Result<Vec<Option<Held>>, Error> {
        let ring = self.ring.checked()?;
        let held = |fraction_bits: u32| {
            // The host reads integers as `i64`.
            let bound = ring.safe_bound(fraction_bits);
            let bound = if fraction_bits == 0 { bound.min(libm::exp2(63.0)) } else { bound };
            Held { bound, fraction_bits }
        };
        Ok(scales(program, parameters, ring)?.into_iter().map(|scale| scale.map(held)).collect())
    }

    fn values(&self, program: &Program, inputs: &[HostTensor]) -> Result<Vec<Option<Elements>>, Error> {
        let ring = self.ring.checked()?;
        in_ring!(ring, R => values::<R>(program, inputs, ring))
    }

    fn tolerance(&self) -> Tolerance {
        Tolerance::of_fraction_bits(self.ring.fraction_bits)
    }

    fn domain(&self, op: &Op, dtype: DType, by_secret: bool) -> Option<f64> {
        let ring = self.ring;
        match op {
            Op::Exponential | Op::ExponentialMinusOne => Some(largest_exponent(ring)),
            Op::Power if dtype == DType::Fxp => Some(largest_exponent(ring)),
            Op::Divide | Op::Remainder if by_secret && (dtype == DType::Int || *op == Op::Remainder) => {
                let most = libm::exp2(f64::from(exact_bits(ring.bits))) - 1.0;
                Some(libm::ldexp(most, -(ring.scale(dtype) as i32)))
            }
            _ => None,
        }
    }
}

impl Format for Session {
    fn held(&self, program: &Program, parameters: &[Interval]) -> Result<Vec<Option<Held>>, Error> {
        self.network.held(program, parameters)
    }

    fn values(&self, program: &Program, inputs: &[HostTensor]) -> Result<Vec<Option<Elements>>, Error> {
        self.network.values(program, inputs)
    }

    fn tolerance(&self) -> Tolerance {
        self.network.tolerance()
    }

    fn domain(&self, op: &Op, dtype: DType, by_secret: bool) -> Option<f64> {
        self.network.domain(op, dtype, by_secret)
    }
}

/// Runs the program on plain ring elements and reads every value that it holds.
fn values<R: Ring>(program: &Program, inputs: &[HostTensor], ring: RingConfig) -> Result<Vec<Option<Elements>>, Error> {
    let (graph, kept) = lower_keeping(program, ring)?;
    let plan = Plan::new(graph, ring);
    let named = inputs.iter().zip(&program.parameters);
    let arguments = named.map(|(tensor, (name, _))| Ok(PartyValue::public(encode::<R>(name, tensor, ring)?)));
    let results = plain::run(&plan, ring, &arguments.collect::<Result<Vec<_>, Error>>()?)?;
    let read = |(value, output): (usize, Option<usize>)| {
        let output = output?;
        let dtype = program.graph.ty(spu::graph::Value(value as u32)).dtype;
        Some(decoded(results[output].as_public(), dtype, plan.graph.ty(plan.graph.outputs[output]).scale))
    };
    Ok(kept.into_iter().enumerate().map(read).collect())
}

/// Numbers under any scale.
fn decoded<R: Ring>(elements: &[R], dtype: DType, scale: u32) -> Elements {
    let unit = libm::exp2(-f64::from(scale));
    match dtype {
        DType::Fxp => Elements::Fxp(elements.iter().map(|x| x.signed() as f64 * unit).collect()),
        DType::Int => Elements::Int(elements.iter().map(|x| (x.signed() >> scale) as i64).collect()),
        DType::Bool => Elements::Bool(elements.iter().map(|&x| x != R::ZERO).collect()),
    }
}
