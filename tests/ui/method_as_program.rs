use spu::prelude::*;

#[derive(Clone, Copy, Tree)]
struct Model {
    weight: Tensor<Secret, Fxp>,
}

impl Model {
    #[spu_fn]
    fn forward(self, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        x * self.weight
    }
}

fn main() {
    let _ = Model::forward;
}
