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
        let opened = opened(self, Location::caller(), "spu::reveal", String::new(), shared, Op::Reveal)?;
        let leaves = opened.into_iter().map(|leaf| leaf.expect("a public leaf is in the clear"));
        Ok(HostOf::from_leaves(leaves.collect()))
    }

    /// Opens every secret leaf to `party` alone: the tree there, nothing at the others, who learn nothing. All parties call it; a
    /// session that holds all three in one process has the tree.
    ///
    /// ```
    /// use spu_tensor::{Evaluator, ExecutorExt, Fxp, Party, Secret, Shared, Tensor};
    ///
    /// let session = Evaluator::new(); // or any other session
    /// let pair: Shared<(Tensor<Secret, Fxp>, Tensor<Secret, Fxp>)> =
    ///     session.input(Party(0), ([1], [2]), || Ok((vec![0.5], vec![1.0, 2.0])))?;
    /// if let Some(pair) = session.reveal_to(&pair, Party(2))? {
    ///     assert_eq!(pair.split().1.values(), [1.0, 2.0]); // here is party 2
    /// }
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    fn reveal_to<T: Tree>(&self, shared: &Shared<T>, party: Party) -> Result<Option<HostOf<T>>, Error> {
        let location = Location::caller();
        if party.0 >= Party::COUNT {
            return Err(Error::program(format!("cannot reveal to {party}: the parties are 0, 1 and 2"), location));
        }
        let opened = opened(self, location, "spu::reveal_to", party.to_string(), shared, Op::RevealTo { party })?;
        Ok(opened.into_iter().collect::<Option<_>>().map(HostOf::from_leaves))
    }
}

impl<E: Executor + ?Sized> ExecutorExt for E {}

/// Runs the program that opens every secret leaf by `open`: what this process learns of each leaf.
fn opened<T: Tree>(
    session: &(impl Executor + ?Sized),
    location: Location,
    function: &'static str,
    fixed: String,
    shared: &Shared<T>,
    open: Op,
) -> Result<Vec<Option<HostTensor>>, Error> {
    let arguments = vec![("shared", shared.leaves().to_vec())];
    let opened: Shared<T> = call::run(session, location, function, arguments, fixed, |types| {
        call::program(function.trim_start_matches("spu::"), location, types, |parameters| {
            let leaves = flatten(parameters.next::<T>("shared", location)).into_iter();
            let opened =
                |leaf| if trace::ty(leaf).is_secret() { trace::emit(open.clone(), &[leaf], location) } else { leaf };
            rebuild::<T>(leaves.map(opened).collect(), location)
        })
    })?;
    Ok(opened.leaves().iter().map(|leaf| leaf.value.to_host()).collect())
}

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
