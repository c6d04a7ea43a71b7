//! Who runs programs: the trait between the typed language and a back end.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;
use crate::host::HostTensor;
use crate::pphlo::Type;
use crate::program::{Party, Program};

/// Tells sessions of one process apart: a handle of one is refused by another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SessionId(pub u64);

impl SessionId {
    /// An id that no other session of this process has.
    pub fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A tensor that lives between programs: its type and the back end's hold on it.
#[derive(Clone)]
pub struct Leaf {
    /// Shape, data type and visibility.
    pub ty: Type,
    /// The session that made it; `None` for a public value given by the host.
    pub session: Option<SessionId>,
    /// Shares, or a value in the clear.
    pub value: Arc<dyn LeafValue>,
}

impl fmt::Debug for Leaf {
    /// Prints the type alone: shares are never printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leaf({})", self.ty)
    }
}

/// What a back end keeps for a leaf.
pub trait LeafValue: Any + Send + Sync {
    /// The value in the clear, where this process may know it: public values, and what was disclosed to the party here.
    fn to_host(&self) -> Option<HostTensor>;
    /// For the back end to find its own type again.
    fn as_any(&self) -> &dyn Any;
}

impl LeafValue for HostTensor {
    fn to_host(&self) -> Option<HostTensor> {
        Some(self.clone())
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What makes two calls the same program: function, argument types, and the values of `#[fixed]` parameters.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ProgramKey {
    /// Path of the function, unique in the process (`module_path!()` and name).
    pub function: &'static str,
    /// Types of the flattened arguments.
    pub arguments: Vec<Type>,
    /// Values of `#[fixed]` parameters, printed exactly.
    pub fixed: String,
}

/// Runs programs: among three threads, among connected processes, or in the clear.
pub trait Executor {
    /// This session.
    fn id(&self) -> SessionId;

    /// Shares tensors of `owner`. `names` and `types` are public and equal at all parties; `data` is called at the owner
    /// alone and gives one tensor for each type. An error there becomes an error at every party.
    fn input_leaves(
        &self,
        owner: Party,
        names: &[String],
        types: &[Type],
        data: &mut dyn FnMut() -> Result<Vec<HostTensor>, Error>,
    ) -> Result<Vec<Leaf>, Error>;

    /// Whether this session can hold every element of the tensor: if not, an error that names `source` and the index of the first that it cannot, but
    /// not its value. Whoever knows a better name for an element than its index asks before it shares it. A session of real numbers holds everything.
    fn holds(&self, _source: &str, _tensor: &HostTensor) -> Result<(), Error> {
        Ok(())
    }

    /// Runs the program of `key`; `build` traces and optimizes it when it is not cached.
    fn run(
        &self,
        key: &ProgramKey,
        build: &mut dyn FnMut() -> Result<Program, Error>,
        arguments: &[Leaf],
    ) -> Result<Vec<Leaf>, Error>;
}
