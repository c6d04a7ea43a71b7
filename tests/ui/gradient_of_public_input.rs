use spu::prelude::*;

#[spu_fn]
fn direct(w: Tensor<Public, Fxp>, x: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
    let (_, gradient) = value_and_grad(w, |w| (w * x).sum_all());
    gradient
}

#[derive(Clone, Copy, Tree)]
struct Model {
    weight: Tensor<Public, Fxp>,
}

#[spu_fn]
fn inside_a_tree(model: Model, x: Tensor<Secret, Fxp>) -> Model {
    let (_, gradient) = value_and_grad(model, |model| (model.weight * x).sum_all());
    gradient
}

fn main() {}
