use spu::prelude::*;

#[derive(Clone, Copy, Tree)]
struct Model {
    weight: Tensor<Secret, Fxp>,
    scale: Tensor<Public, Fxp>,
}

#[spu_fn]
fn zipped(a: Model, b: Model) -> Model {
    a.zip(b, |a, b| a + b)
}

#[spu_fn]
fn mapped(x: Tensor<Public, Fxp>, y: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
    x.map(|_| y)
}

fn main() {}
