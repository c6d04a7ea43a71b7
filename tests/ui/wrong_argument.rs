use spu::prelude::*;
use spu::Evaluator;

#[spu_fn]
fn step(x: Tensor<Secret, Fxp>, rate: Tensor<Public, Fxp>) -> Tensor<Secret, Fxp> {
    x * rate
}

fn secret_integer(session: &Evaluator, x: &Shared<Tensor<Secret, Int>>) {
    let _ = step::run(session, x, 0.1);
}

fn text_for_a_number(session: &Evaluator, x: &Shared<Tensor<Secret, Fxp>>) {
    let _ = step::run(session, x, "0.1");
}

fn secret_for_public(session: &Evaluator, x: &Shared<Tensor<Secret, Fxp>>) {
    let _ = step::run(session, x, x);
}

fn main() {}
