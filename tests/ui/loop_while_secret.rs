use spu::prelude::*;

#[spu_fn]
fn direct(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    while_loop(x, |x| x.gt(1.0), |x| x * 0.5)
}

fn large(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Bool> {
    x.gt(1.0)
}

#[spu_fn]
fn behind_a_function(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    while_loop(x, large, |x| x * 0.5)
}

#[spu_fn]
fn counted_by_a_tensor(x: Tensor<Secret, Fxp>, n: Tensor<Public, Int>) -> Tensor<Secret, Fxp> {
    fori(n, x, |_, x| x * 0.5)
}

#[spu_fn]
fn branch_on_a_secret(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    cond(x.gt(0.0), || x, || -x)
}

fn main() {}
