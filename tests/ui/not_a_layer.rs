//! A part of a network says how it becomes a layer.

use spu::prelude::*;

#[derive(Clone, Copy)]
struct Scale;

fn weights<L: Layer>(layer: L, draws: &mut Draws) -> Result<HostOf<Weights<L>>, Error> {
    layer.initial(draws)
}

fn main() {
    let _ = weights((Dense::new(4, 2), Scale), &mut Draws::seeded(1));
}
