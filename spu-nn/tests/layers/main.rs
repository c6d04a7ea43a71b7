//! Layers against plain loops over real numbers that know nothing of the language, values and derivatives.

extern crate spu_tensor as spu;

mod attention;
mod chains;
mod check;
mod dense_and_conv;
mod functions;
mod initial;
mod misfits;
mod networks;
mod norms;
mod places;
mod random;
mod reference;
