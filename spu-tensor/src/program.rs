//! What a traced function becomes, and what is known of it before a run: cost and manifest.

use std::fmt;

use crate::error::Error;
use crate::location::Location;
use crate::pphlo::{DType, Graph, Type};
use crate::shape::Shape;

/// One of the three parties, by index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Party(pub usize);

impl Party {
    /// How many parties compute together.
    pub const COUNT: usize = 3;
    /// The three parties in order.
    pub const ALL: [Self; 3] = [Self(0), Self(1), Self(2)];

    /// The party after this one, cyclically.
    pub const fn next(self) -> Self {
        Self((self.0 + 1) % 3)
    }

    /// The party before this one, cyclically.
    pub const fn previous(self) -> Self {
        Self((self.0 + 2) % 3)
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "party {}", self.0)
    }
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A traced and optimized function: PPHLO with names for its ends.
#[derive(Clone, Debug)]
pub struct Program {
    /// The function's name.
    pub name: String,
    /// Its operations. `Parameter { index }` names an entry of `parameters`; the graph's outputs are the results.
    pub graph: Graph,
    /// Flattened parameters: leaf name (`model.hidden.weight`) and type.
    pub parameters: Vec<(String, Type)>,
    /// Flattened results: leaf name and type.
    pub results: Vec<(String, Type)>,
    /// PPHLO operations as traced, before any pass.
    pub operations_traced: usize,
}

/// What a run of a program costs, exactly, known before the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Longest chain of dependent messages.
    pub rounds: u64,
    /// Payload bytes that each party sends.
    pub bytes: [u64; 3],
    /// The same by source line, in order of first use; `rounds` here counts the supersteps in which the line has a message.
    pub lines: Vec<LineCost>,
}

/// The share of one source line in a [`Cost`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineCost {
    /// The line.
    pub location: Location,
    /// Supersteps in which operations of this line send.
    pub rounds: u64,
    /// Payload bytes that each party sends for it.
    pub bytes: [u64; 3],
}

/// Everything that a program discloses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// One entry for each opening, in program order.
    pub reveals: Vec<Reveal>,
}

/// One disclosure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// Where the source asks for it.
    pub location: Location,
    /// Shape of the opened tensor.
    pub shape: Shape,
    /// Its data type.
    pub dtype: DType,
    /// Who learns it; `None` means all parties.
    pub to: Option<Party>,
}

/// Something that can price a program without running it: a network profile of a back end.
pub trait Target {
    /// Rounds and bytes of one run of `program`.
    fn cost(&self, program: &Program) -> Result<Cost, Error>;
    /// What `program` discloses, read off what the parties execute.
    fn manifest(&self, program: &Program) -> Result<Manifest, Error>;
}
