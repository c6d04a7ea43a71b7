use spu::prelude::*;

#[derive(Clone, Copy, Tree)]
enum Layer {
    Dense(Tensor<Secret, Fxp>),
}

fn main() {}
