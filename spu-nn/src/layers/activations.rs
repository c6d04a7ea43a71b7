//! Functions of single numbers, as layers.

use spu::{Fxp, Secret, Tensor};

use super::without::{without_state, without_weights};
use super::{Layer, Pure};

/// max(x, 0).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Relu;

macro_rules! activations {
    ($($layer:ident => |$this:ident, $x:ident| $value:expr;)+) => { $(
        impl Layer for $layer {
            without_weights!();
            without_state!();

            fn infer(self, (): (), (): (), $x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
                let $this = self;
                $value
            }
        }

        impl Pure for $layer {}
    )+ };
}

activations! {
    Relu => |_this, x| x.relu();
}
