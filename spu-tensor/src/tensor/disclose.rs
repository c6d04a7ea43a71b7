//! Disclosure: the only ways from secret to public.

use std::marker::PhantomData;

use super::{DType, Public, Secret, Tensor};
use crate::location::Location;
use crate::pphlo::Op;
use crate::program::Party;
use crate::trace::{self, Handle};

/// What one party will learn: no operations, it can only be returned.
pub struct Disclosed<D> {
    pub(super) handle: Handle,
    pub(super) marker: PhantomData<fn() -> D>,
}

impl<D> Clone for Disclosed<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Disclosed<D> {}

impl<D: DType> Tensor<Secret, D> {
    /// Opened to every party. Each call is listed in the program's manifest.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| x.sum_all().reveal())?;
    /// assert_eq!(y.values(), [3.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn reveal(self) -> Tensor<Public, D> {
        Tensor::from_handle(self.open(Op::Reveal, Location::caller()))
    }

    /// Opened to one party. Each call is listed in the program's manifest.
    ///
    /// ```
    /// # extern crate spu_tensor as spu;
    /// use spu_tensor::{Disclosed, Evaluator, ExecutorExt, Fxp, Party, Secret, Tensor, spu_fn};
    ///
    /// #[spu_fn]
    /// fn total(x: Tensor<Secret, Fxp>) -> Disclosed<Fxp> {
    ///     x.sum_all().reveal_to(Party(1))
    /// }
    ///
    /// let session = Evaluator::new();
    /// let x = session.input(Party(0), [2], || Ok(vec![1.0, 2.0]))?;
    /// // Party 1 gets the value, the others get nothing; the plain evaluator is all three.
    /// assert_eq!(total::run(&session, &x)?.get().unwrap().elements.to_f64(), [3.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn reveal_to(self, party: Party) -> Disclosed<D> {
        let location = Location::caller();
        if party.0 >= Party::COUNT {
            trace::fault(format!("cannot reveal to {party}: the parties are 0, 1 and 2"), &[self.handle], location);
        }
        Disclosed { handle: self.open(Op::RevealTo { party }, location), marker: PhantomData }
    }

    /// A public value may stand as a secret one; then there is nothing to open.
    fn open(self, op: Op, location: Location) -> Handle {
        match trace::ty(self.handle).is_secret() {
            true => trace::emit(op, &[self.handle], location),
            false => self.handle,
        }
    }
}
