use spu::prelude::*;

#[spu_fn]
fn generic<D: spu::Numeric>(x: Tensor<Secret, D>) -> Tensor<Secret, Fxp> {
    x.exp()
}

#[spu_fn]
fn anonymous(x: impl Copy) -> Tensor<Secret, Fxp> {
    let _ = x;
    Tensor::zeros([]).to_secret()
}

fn main() {
    // The items stand, so nothing but the macro complains.
    let _ = generic::<Int>;
}
