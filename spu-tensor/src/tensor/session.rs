//! What every session offers beside running programs: inputs of a party, and opening a shared tree.

use super::call::{self, named};
use super::tree::{flatten, rebuild};
use super::{HostOf, ShapeOf, Shared, Tree};
use crate::error::Error;
use crate::executor::Executor;
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{Op, Type};
use crate::program::Party;
use crate::trace;

/// Inputs and disclosure, for every [`Executor`].
pub trait ExecutorExt: Executor {
    /// Shares a tree that belongs to `owner`. Its shape is public; `data` is called at the owner alone, and an error there
    /// becomes an error at every party. Every leaf is secret. A flat array or `Vec` fills its leaf's shape row by row.
    #[track_caller]
    fn input<T: Tree, H: Into<HostOf<T>>>(
        &self,
        owner: Party,
        shape: impl Into<ShapeOf<T>>,
        data: impl FnOnce() -> Result<H, Error>,
    ) -> Result<Shared<T>, Error> {
        let location = Location::caller();
        if owner.0 >= Party::COUNT {
            return Err(Error::program(format!("cannot take input of {owner}: the parties are 0, 1 and 2"), location));
        }
        let types = shape.into().into_types()?;
        let specs = T::leaves();
        let names: Vec<String> = specs.iter().map(|spec| named(spec.name.clone(), "input")).collect();
        if let Some((name, _)) = names.iter().zip(&types).find(|(_, ty)| !ty.is_secret()) {
            return Err(Error::program(format!("cannot share `{name}`: it is public"), location));
        }
        if specs.iter().any(|spec| spec.is_disclosed) {
            return Err(Error::program("cannot share a tree of what one party learns", location));
        }
        let mut data = Some(data);
        let mut data = || {
            let data = data.take().expect("a session asks for its input once");
            fitting(data()?.into().into_leaves(), &names, &types)
        };
        Ok(Shared::from_leaves(self.input_leaves(owner, &names, &types, &mut data)?))
    }

    /// Opens every secret leaf to every party.
    #[track_caller]
    fn reveal<T: Tree>(&self, shared: &Shared<T>) -> Result<HostOf<T>, Error> {
        let location = Location::caller();
        let arguments = vec![("shared", shared.leaves().to_vec())];
        let opened: Shared<T> = call::run(self, location, "spu::reveal", arguments, String::new(), |types| {
            call::program("reveal", location, types, |parameters| {
                let leaves = flatten(parameters.next::<T>("shared", location)).into_iter();
                let open =
                    |leaf| if trace::ty(leaf).is_secret() { trace::emit(Op::Reveal, &[leaf], location) } else { leaf };
                rebuild::<T>(leaves.map(open).collect(), location)
            })
        })?;
        let leaves = opened.leaves().iter().map(|leaf| leaf.value.to_host().expect("a public leaf is in the clear"));
        Ok(HostOf::from_leaves(leaves.collect()))
    }
}

impl<E: Executor + ?Sized> ExecutorExt for E {}

/// The tensors, if they have the types that were announced; a flat one fills its shape row by row.
fn fitting(tensors: Vec<HostTensor>, names: &[String], types: &[Type]) -> Result<Vec<HostTensor>, Error> {
    let fit = |((tensor, name), ty): ((HostTensor, &String), &Type)| {
        let dtype = tensor.elements.dtype();
        let fills =
            tensor.shape == ty.shape || (tensor.shape.rank() == 1 && tensor.elements.len() == ty.shape.elements());
        if dtype == ty.dtype && fills {
            return Ok(HostTensor::new(ty.shape.clone(), tensor.elements));
        }
        let problem = format!("expected {}{}, found {dtype}{}", ty.dtype, ty.shape, tensor.shape);
        Err(Error::data(name, None, problem))
    };
    tensors.into_iter().zip(names).zip(types).map(fit).collect()
}
