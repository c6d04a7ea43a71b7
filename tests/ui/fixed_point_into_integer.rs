use spu::prelude::*;

#[spu_fn]
fn half(x: Tensor<Secret, Int>) -> Tensor<Secret, Int> {
    x * 0.5
}

fn main() {}
