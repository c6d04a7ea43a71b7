//! A tensor between programs: what each party of this process holds.

use std::any::Any;

use spu::HostTensor;
use spu::executor::LeafValue;
use spu::pphlo::Type;

use crate::exec::PartyValue;
use crate::hal::{RingConfig, decode};
use crate::ring::Ring;

/// The value of a leaf: one slot for each party; those of other processes are empty.
pub(super) struct ShareLeaf<R: Ring> {
    pub(super) ty: Type,
    pub(super) ring: RingConfig,
    pub(super) slots: [PartyValue<R>; 3],
    /// Whether the slots hold the secret itself: the plain oracle.
    pub(super) plain: bool,
    /// How many leaves the session made before: the same at all parties.
    pub(super) number: u64,
}

impl<R: Ring> LeafValue for ShareLeaf<R> {
    /// The public or disclosed value, where a party of this process has it.
    fn to_host(&self) -> Option<HostTensor> {
        if self.plain && self.ty.is_secret() {
            return None;
        }
        let public = self.slots.iter().find_map(|slot| match slot {
            PartyValue::Public(elements) => Some(elements),
            _ => None,
        });
        public.map(|elements| decode(elements, &self.ty, self.ring))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
