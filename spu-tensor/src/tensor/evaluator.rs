//! Programs in the clear, in `f64`: one process stands for all parties.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use super::{HostOf, Tree};
use crate::error::Error;
use crate::executor::{Executor, Leaf, LeafValue, ProgramKey, SessionId};
use crate::graph::Value;
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{self, Op, Type};
use crate::program::{Party, Program};

/// A session without parties or secrecy: it evaluates PPHLO on real numbers. For tests and for comparison.
///
/// Secret leaves stay closed as in any session; only what a program reveals can be read.
pub struct Evaluator {
    id: SessionId,
    programs: RefCell<HashMap<ProgramKey, Arc<Program>>>,
    /// Runs so far: each has random draws of its own.
    runs: Cell<u64>,
}

impl Default for Evaluator {
    fn default() -> Self {
        Self { id: SessionId::unique(), programs: RefCell::default(), runs: Cell::new(0) }
    }
}

impl Evaluator {
    /// A session that has run nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many programs it has built.
    pub fn programs(&self) -> usize {
        self.programs.borrow().len()
    }

    fn leaf(&self, ty: Type, tensor: HostTensor, is_open: bool) -> Leaf {
        Leaf { ty, session: Some(self.id), value: Arc::new(Clear { tensor, is_open }) }
    }

    fn program(
        &self,
        key: &ProgramKey,
        build: &mut dyn FnMut() -> Result<Program, Error>,
    ) -> Result<Arc<Program>, Error> {
        if let Some(program) = self.programs.borrow().get(key) {
            return Ok(Arc::clone(program));
        }
        let program = Arc::new(build()?);
        self.programs.borrow_mut().insert(key.clone(), Arc::clone(&program));
        Ok(program)
    }
}

impl Executor for Evaluator {
    fn id(&self) -> SessionId {
        self.id
    }

    fn input_leaves(
        &self,
        _: Party,
        _: &[String],
        types: &[Type],
        data: &mut dyn FnMut() -> Result<Vec<HostTensor>, Error>,
    ) -> Result<Vec<Leaf>, Error> {
        Ok(types.iter().zip(data()?).map(|(ty, tensor)| self.leaf(ty.clone(), tensor, false)).collect())
    }

    fn run(
        &self,
        key: &ProgramKey,
        build: &mut dyn FnMut() -> Result<Program, Error>,
        arguments: &[Leaf],
    ) -> Result<Vec<Leaf>, Error> {
        let program = self.program(key, build)?;
        let inputs: Vec<HostTensor> = arguments.iter().map(clear).collect();
        self.runs.set(self.runs.get() + 1);
        let results = pphlo::evaluate_seeded(&program.graph, &inputs, self.runs.get())?;
        let types = program.results.iter().zip(&program.graph.outputs);
        let leaves = types.zip(results).map(|(((_, ty), &output), tensor)| {
            self.leaf(ty.clone(), tensor, !ty.is_secret() || is_disclosed(&program, output))
        });
        Ok(leaves.collect())
    }
}

/// The result of `function` on host data, in the clear and on real numbers, secret tensors too: for trying out and for tests.
///
/// ```
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
///
/// let y = evaluate(vec![1.0, 4.0], |x: Tensor<Secret, Fxp>| 2.0 * x.sqrt())?;
/// assert_eq!(y.values(), [2.0, 4.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn evaluate<T: Tree, R: Tree>(
    arguments: impl Into<HostOf<T>>,
    function: impl FnOnce(T) -> R,
) -> Result<HostOf<R>, Error> {
    let location = Location::caller();
    let arguments = arguments.into().into_leaves();
    let leaves = arguments.iter().zip(T::leaves());
    let types: Vec<Type> =
        leaves.map(|(tensor, leaf)| Type::new(tensor.shape.clone(), leaf.dtype, leaf.visibility)).collect();
    let program = super::program("evaluate", location, types, |parameters| function(parameters.next("x", location)))?;
    Ok(HostOf::from_leaves(pphlo::evaluate(&program.graph, &arguments)?))
}

/// A value in the clear, which may be read only if it is public or was disclosed.
struct Clear {
    tensor: HostTensor,
    is_open: bool,
}

impl LeafValue for Clear {
    fn to_host(&self) -> Option<HostTensor> {
        self.is_open.then(|| self.tensor.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn clear(leaf: &Leaf) -> HostTensor {
    match leaf.value.as_any().downcast_ref::<Clear>() {
        Some(clear) => clear.tensor.clone(),
        None => leaf.value.to_host().expect("a leaf of the host is public"),
    }
}

fn is_disclosed(program: &Program, output: Value) -> bool {
    let node = program.graph.node(program.graph.definition(output).0);
    matches!(node.operation, Op::RevealTo { .. })
}
