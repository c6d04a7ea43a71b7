use spu::prelude::*;

#[spu_fn]
fn direct(x: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
    x * 2.0
}

type Opened = Tensor<Public, Fxp>;
type Closed = Tensor<Secret, Fxp>;

#[spu_fn]
fn behind_an_alias(x: Closed, #[fixed] early: bool) -> Opened {
    if early {
        return x.exp();
    }
    x.reveal()
}

fn loss(x: Closed) -> Closed {
    x.mean_all()
}

#[spu_fn]
fn behind_a_function(x: Closed) -> (Closed, Opened) {
    (x, loss(x))
}

fn main() {}
