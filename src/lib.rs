//! Privacy-preserving machine learning as a language embedded in Rust.
//!
//! A program is an ordinary function on typed tensors; three parties run it on data that none of them sees. The [`guide`] leads from here to networks of
//! your own; [`functions`] is the table of what tensors can compute.
//!
//! ```
//! use spu::prelude::*;
//!
//! type Network = (Dense, Relu, Dense);
//! const NETWORK: Network = (Dense::new(3, 4), Relu, Dense::new(4, 2));
//!
//! #[spu_fn]
//! fn train_step(
//!     model: Weights<Network>,
//!     x: Tensor<Secret, Fxp>,
//!     y: Tensor<Secret, Int>,
//! ) -> (Weights<Network>, Tensor<Public, Fxp>) {
//!     let (loss, gradient) = value_and_grad(model, |model| cross_entropy(NETWORK.apply(model, x), y));
//!     (model.zip(gradient, |w, g| w - 0.1 * g), loss.reveal())
//! }
//!
//! fn main() -> Result<(), Error> {
//!     let session = Session::local(&Config::default())?; // or Session::connect(&config, &peers)?: the rest stays the same
//!     let x = session.input(Party(0), [2, 3], || Ok(vec![1.0, 0.5, 0.0, -0.5, 0.0, 2.0]))?;
//!     let y = session.input(Party(1), [2, 2], || Ok(vec![1_i64, 0, 0, 1]))?;
//!     let mut model = session.input(Party(2), NETWORK.shape(), || NETWORK.initial(&mut Draws::from_system()?))?;
//!     for _ in 0..3 {
//!         let (next, loss) = train_step::run(&session, &model, &x, &y)?.split();
//!         model = next;
//!         println!("loss {:.4}", loss.item());
//!     }
//!     Ok(())
//! }
//! ```
#![forbid(unsafe_code)]

pub mod guide;

pub use spu_nn as nn;
pub use spu_protocols as protocols;
pub use spu_protocols::hal::RingConfig;
pub use spu_protocols::session::{Config, Network, Peers, Session, Traffic};
pub use spu_tensor::*;

#[doc = include_str!("../docs/functions.md")]
pub mod functions {}

/// The programs of the front page run, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// What a program needs: `use spu::prelude::*;`.
pub mod prelude {
    pub use spu_nn::init::Draws;
    pub use spu_nn::layers::*;
    pub use spu_nn::loss::cross_entropy;
    pub use spu_protocols::session::{Config, Network, Peers, Session};
    pub use spu_tensor::{
        Bool, Differentiable, Disclosed, Error, ExecutorExt as _, Format as _, Fxp, HostOf, HostTensor, Int, Party,
        Public, Secret, ShapeOf, Shared, Tensor, Tree, cond, for_bounded, fori, scan, select, spu_fn, value_and_grad,
        value_and_grad_aux, while_loop,
    };
}
