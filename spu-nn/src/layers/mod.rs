//! Layers: trees of weights with the function that they parametrize.

mod dense;
mod mlp;

pub use dense::Dense;
pub use mlp::Mlp;
