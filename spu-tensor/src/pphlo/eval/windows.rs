//! Windows: gathered, and added back.

use super::elementwise::widen;
use super::ill_typed;
use crate::host::{Elements, HostTensor};
use crate::pphlo::{DType, Window, gathered, scattered};
use crate::shape::Shape;

pub(super) fn gather(x: &HostTensor, window: &Window, repeat: bool) -> Elements {
    match &x.elements {
        Elements::Fxp(v) => Elements::Fxp(gathered(v, &x.shape, window, repeat)),
        Elements::Int(v) => Elements::Int(gathered(v, &x.shape, window, repeat)),
        Elements::Bool(v) => Elements::Bool(gathered(v, &x.shape, window, repeat)),
    }
}

pub(super) fn scatter(x: &HostTensor, window: &Window, repeat: bool, shape: &Shape, dtype: DType) -> Elements {
    match &*widen(&x.elements, dtype) {
        Elements::Fxp(v) => Elements::Fxp(scattered(v, shape, window, repeat, |a, b| a + b)),
        Elements::Int(v) => Elements::Int(scattered(v, shape, window, repeat, i64::wrapping_add)),
        other => ill_typed(other),
    }
}
