use spu::prelude::*;

#[spu_fn]
fn step(x: Tensor<Secret, Fxp>, rate: f64) -> Tensor<Secret, Fxp> {
    x * rate
}

fn main() {
    let _ = step;
}
