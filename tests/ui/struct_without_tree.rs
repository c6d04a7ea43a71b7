use spu::prelude::*;

#[derive(Clone, Copy)]
struct Model {
    weight: Tensor<Secret, Fxp>,
}

#[spu_fn]
fn forward(model: Model, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x * model.weight
}

fn main() {}
