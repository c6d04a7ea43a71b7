use spu::prelude::*;

#[derive(Clone, Copy, Tree)]
struct Model {
    weight: Tensor<Secret, Fxp>,
    rate: f64,
}

fn main() {}
