use spu::prelude::*;

#[spu_fn]
fn step(w: Tensor<Secret, Int>) -> Tensor<Secret, Int> {
    let (_, gradient) = value_and_grad(w, |w| (w * 0.5).sum_all());
    gradient
}

fn main() {}
