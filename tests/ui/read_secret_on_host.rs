use spu::prelude::*;

type Loss = Tensor<Secret, Fxp>;

fn direct(loss: Shared<Tensor<Secret, Fxp>>) -> f64 {
    loss.item()
}

fn behind_an_alias(loss: Shared<Loss>) -> spu::HostTensor {
    loss.to_host()
}

fn main() {}
