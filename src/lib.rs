//! Privacy-preserving machine learning as a language embedded in Rust.
//!
//! A program is an ordinary function on typed tensors; three parties run it on data that none of them sees.
//!
//! ```
//! use spu::prelude::*;
//!
//! #[spu_fn]
//! fn dot(a: Tensor<Secret, Fxp>, b: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
//!     (a * b).sum_all().reveal()
//! }
//!
//! # fn main() -> Result<(), Error> {
//! let session = Session::local(&Config::default())?;
//! let a = session.input(Party(0), [3], || Ok(vec![1.0, 2.0, 3.0]))?;
//! let b = session.input(Party(1), [3], || Ok(vec![4.0, 5.0, 6.0]))?;
//! let product = dot::run(&session, &a, &b)?.item();
//! assert!((product - 32.0).abs() < 1e-4);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub use spu_nn as nn;
pub use spu_protocols as protocols;
pub use spu_protocols::session::{Config, Network, Peers, Session, Traffic};
pub use spu_tensor::*;

/// What a program needs: `use spu::prelude::*;`.
pub mod prelude {
    pub use spu_nn::layers::{Dense, Mlp};
    pub use spu_nn::loss::cross_entropy;
    pub use spu_protocols::session::{Config, Network, Peers, Session};
    pub use spu_tensor::{
        Bool, Differentiable, Disclosed, Error, ExecutorExt as _, Fxp, HostOf, HostTensor, Int, Party, Public, Secret,
        ShapeOf, Shared, Tensor, Tree, select, spu_fn, value_and_grad,
    };
}
