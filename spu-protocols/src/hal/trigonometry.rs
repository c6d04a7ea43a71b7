//! Sine and cosine: one harmonic of [`crate::aby3::fourier`], three rounds and 449 bits (f = 18 in 2^64).

use spu::graph::Value;
use spu::pphlo::Op;

use super::{Entry, Lowering};
use crate::share::FourierSeries;

impl Lowering<'_> {
    /// sin x or cos x.
    pub(super) fn sine(&mut self, op: &Op, x: Value) -> Entry {
        let f = self.ring.fraction_bits;
        let number = self.as_number(x);
        let value = self.arith_at(number, f);
        let one = 1 << FourierSeries::FRACTION;
        let coefficients = [if *op == Op::Sine { (one, 0) } else { (0, one) }].into();
        // 2^K / (2π · 2^f), rounded.
        let turn = (PER_RADIAN >> (127 - self.ring.bits + f)).div_ceil(2) as i128;
        let result = self.build.fourier(value, FourierSeries { turn, step: 1, coefficients, result_scale: f });
        self.number(result, f)
    }
}

/// 2^128 / 2π, rounded down.
const PER_RADIAN: u128 = 0x28be_60db_9391_054a_7f09_d5f4_7d4d_3770;
