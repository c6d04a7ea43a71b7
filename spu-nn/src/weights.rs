//! Weights in and out of [safetensors](https://huggingface.co/docs/safetensors) files: each leaf of a tree under its name, as `0.weight`.
//!
//! A party that has trained weights gives them to a session, and whoever may see the result saves it. A checkpoint is any tree: weights, the
//! optimizer's state and the statistics of layers ([`Layer::State`](crate::layers::Layer::State)) together in a tuple or a struct.
//!
//! ```
//! # extern crate spu_tensor as spu;
//! use spu::{Evaluator, ExecutorExt, Party};
//! use spu_nn::init::Draws;
//! use spu_nn::layers::{Dense, Layer, Relu};
//! use spu_nn::weights;
//!
//! # fn main() -> Result<(), spu::Error> {
//! # let folder = std::env::temp_dir().join(format!("spu-weights-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder).unwrap();
//! let network = (Dense::new(4, 3), Relu, Dense::new(3, 2));
//! let path = folder.join("model.safetensors");
//! weights::save(&path, &network.initial(&mut Draws::seeded(1))?)?;
//!
//! let session = Evaluator::new(); // or any other session
//! let model = session.input(Party(2), network.shape(), || weights::load(&path, network.shape()))?; // read at party 2 alone
//! // … train …
//! if let Some(model) = session.reveal_to(&model, Party(2))? {
//!     weights::save(&path, &model)?; // at party 2 alone: the others learn nothing
//! }
//! weights::save(&path, &session.reveal(&model)?)?; // tells every party all weights
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok(())
//! # }
//! ```

use std::fs;
use std::path::Path;

use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};
use spu::{Elements, Error, HostOf, HostTensor, Shape, ShapeOf, Tree};

use crate::data::raw::{Encoding, Unfit, place};

/// Writes every leaf under its name; a tree that is one tensor is called `tensor`. Integers are written as I64, truth values as BOOL, fixed-point
/// leaves as F64. That has 53 bits: a number with f fraction bits survives a round trip exactly below 2^(53 − f), which is 2^35 in the ring 2^64 with 18 and
/// 2^27 in the ring 2^128 with 26, and always in the ring 2^32; a larger one is rounded to 53 significant bits.
pub fn save<T: Tree>(path: impl AsRef<Path>, weights: &HostOf<T>) -> Result<(), Error> {
    let source = path.as_ref().display().to_string();
    let blame = |problem: String| Error::data(&source, None, problem);
    let leaves: Vec<(String, HostTensor)> = weights.clone().named();
    let bytes: Vec<Vec<u8>> = leaves.iter().map(|(_, tensor)| encoded(&tensor.elements)).collect();
    let views = leaves.iter().zip(&bytes).map(|((name, tensor), bytes)| {
        let view = TensorView::new(dtype(&tensor.elements), tensor.shape.extents().to_vec(), bytes);
        view.map(|view| (key(name), view)).map_err(|e| blame(e.to_string()))
    });
    let views = views.collect::<Result<Vec<_>, _>>()?;
    let file = serialize(views, None).map_err(|e| blame(e.to_string()))?;
    fs::write(path, file).map_err(|e| blame(format!("it cannot be written: {e}")))
}

/// Reads a tree of this shape. F64, F32, F16 and BF16 become fixed-point leaves, integers integer ones, and BOOL truth values.
///
/// The file has the leaves' names and no others. A name that is missing or not expected, another shape or type than the leaf's, and a number that is
/// not finite are errors that name file and tensor.
pub fn load<T: Tree>(path: impl AsRef<Path>, shape: impl Into<ShapeOf<T>>) -> Result<HostOf<T>, Error> {
    let source = path.as_ref().display().to_string();
    let blame = |problem: String| Error::data(&source, None, problem);
    let bytes =
        fs::read(path).map_err(|e| blame(format!("expected a safetensors file, but it cannot be opened: {e}")))?;
    let file =
        SafeTensors::deserialize(&bytes).map_err(|e| blame(format!("expected a sound safetensors file: {e}")))?;
    let expected: Vec<String> = T::leaves().into_iter().map(|leaf| key(&leaf.name)).collect();
    let mut found = file.names();
    found.sort_unstable();
    let missing = || expected.iter().filter(|name| !found.contains(&name.as_str()));
    let extra = || found.iter().filter(|name| !expected.iter().any(|e| e == *name));
    if missing().next().is_some() || extra().next().is_some() {
        let list = |what, names: Vec<&str>| match names.is_empty() {
            true => String::new(),
            false => format!(", {what} {}", crate::data::listed(names)),
        };
        let missing = list("missing", missing().map(String::as_str).collect());
        let extra = list("not expected", extra().copied().collect());
        return Err(blame(format!("its tensors are not those of the model{missing}{extra}")));
    }
    HostOf::filled(shape, |name, ty| {
        let name = key(name);
        let view = file.tensor(&name).map_err(|e| blame(e.to_string()))?;
        let source = format!("{source}, tensor `{name}`");
        let tensor = decoded(&source, &view)?;
        let dtype = tensor.elements.dtype();
        if (dtype, &tensor.shape) != (ty.dtype, &ty.shape) {
            let found = format!("{:?}{}", view.dtype(), tensor.shape);
            return Err(Error::data(source, None, format!("expected {}{}, found {found}", ty.dtype, ty.shape)));
        }
        Ok(tensor)
    })
}

fn decoded(source: &str, view: &TensorView) -> Result<HostTensor, Error> {
    let encoding = match view.dtype() {
        Dtype::BOOL => Encoding::Bool,
        Dtype::I8 => Encoding::I8,
        Dtype::I16 => Encoding::I16,
        Dtype::I32 => Encoding::I32,
        Dtype::I64 => Encoding::I64,
        Dtype::U8 => Encoding::U8,
        Dtype::U16 => Encoding::U16,
        Dtype::U32 => Encoding::U32,
        Dtype::U64 => Encoding::U64,
        Dtype::F16 => Encoding::F16,
        Dtype::BF16 => Encoding::Bf16,
        Dtype::F32 => Encoding::F32,
        Dtype::F64 => Encoding::F64,
        other => {
            let problem = format!("expected floats of 16 bits or more, integers or truth values, found {other:?}");
            return Err(Error::data(source, None, problem));
        }
    };
    match encoding.decode(view.data()) {
        Ok(elements) => Ok(HostTensor::new(Shape::from(view.shape()), elements)),
        Err(Unfit { at, problem }) => Err(Error::data(source, Some(place(at, view.shape())), problem)),
    }
}

fn dtype(elements: &Elements) -> Dtype {
    match elements {
        Elements::Fxp(_) => Dtype::F64,
        Elements::Int(_) => Dtype::I64,
        Elements::Bool(_) => Dtype::BOOL,
    }
}

fn encoded(elements: &Elements) -> Vec<u8> {
    match elements {
        Elements::Fxp(x) => x.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Elements::Int(x) => x.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Elements::Bool(x) => x.iter().map(|&x| x.into()).collect(),
    }
}

/// The name in the file: a tree that is one tensor has none of its own.
fn key(name: &str) -> String {
    if name.is_empty() { "tensor".into() } else { name.into() }
}
