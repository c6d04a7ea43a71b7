use spu::prelude::*;

#[spu_fn]
fn direct(table: Tensor<Public, Fxp>, index: Tensor<Secret, Int>) -> Tensor<Secret, Fxp> {
    table.gather(index)
}

type Index = Tensor<Secret, Int>;

fn index(x: Tensor<Secret, Bool>) -> Index {
    x.to_int()
}

#[spu_fn]
fn behind_a_function(table: Tensor<Public, Fxp>, x: Tensor<Secret, Bool>) -> Tensor<Secret, Fxp> {
    table.gather(index(x))
}

fn main() {}
