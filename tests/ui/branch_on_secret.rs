use spu::prelude::*;

#[spu_fn]
fn direct(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    if x.gt(0.0) { x } else { x * 0.0 }
}

type Flag = Tensor<Secret, Bool>;

#[spu_fn]
fn behind_an_alias(flag: Flag, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    if flag {
        return x;
    }
    x * 0.0
}

fn positive(x: Tensor<Secret, Fxp>) -> Flag {
    x.gt(0.0)
}

#[spu_fn]
fn behind_a_function(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    let mut x = x;
    while positive(x) {
        x = x - 1.0;
    }
    x
}

fn main() {}
