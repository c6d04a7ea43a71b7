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
///
/// `rounds`, `bytes` and `lines` are of all that runs in any case, loops that the host counts included. What public conditions
/// decide at run time comes on top: of each `cond` one branch, of each `while_loop` an iteration as often as it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Longest chain of dependent messages.
    pub rounds: u64,
    /// Payload bytes that each party sends.
    pub bytes: [u64; 3],
    /// The same by source line, in order of first use; `rounds` here counts the supersteps in which the line has a message.
    pub lines: Vec<LineCost>,
    /// Each `cond` that is reached in any case.
    pub branches: Vec<BranchCost>,
    /// Each `while_loop` that is reached in any case.
    pub loops: Vec<LoopCost>,
}

/// What a `cond` adds to a [`Cost`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchCost {
    /// Where it stands.
    pub location: Location,
    /// How often it is reached.
    pub reached: u64,
    /// Of the branch that is taken if the condition holds, once.
    pub then: Cost,
    /// Of the other one.
    pub otherwise: Cost,
}

/// What a `while_loop` adds to a [`Cost`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopCost {
    /// Where it stands.
    pub location: Location,
    /// How often it is reached.
    pub reached: u64,
    /// Of one iteration, the next condition included; the first one is part of what comes before the loop.
    pub iteration: Cost,
}

impl Cost {
    /// Adds `times` times another cost, which comes before or after.
    pub fn add(&mut self, other: &Self, times: u64) {
        self.rounds += times * other.rounds;
        (0..Party::COUNT).for_each(|p| self.bytes[p] += times * other.bytes[p]);
        for line in other.lines.iter().filter(|_| times > 0) {
            let position = self.lines.iter().position(|own| own.location == line.location).unwrap_or_else(|| {
                self.lines.push(LineCost { location: line.location, rounds: 0, bytes: [0; 3] });
                self.lines.len() - 1
            });
            self.lines[position].rounds += times * line.rounds;
            (0..Party::COUNT).for_each(|p| self.lines[position].bytes[p] += times * line.bytes[p]);
        }
        if times > 0 {
            let branches = other.branches.iter().cloned();
            self.branches.extend(branches.map(|b| BranchCost { reached: times * b.reached, ..b }));
            let loops = other.loops.iter().cloned();
            self.loops.extend(loops.map(|l| LoopCost { reached: times * l.reached, ..l }));
        }
    }

    /// An upper bound where no `while_loop` runs more than `iterations` times whenever it is reached: of each `cond` more rounds and
    /// more bytes of both branches count. Without public decisions it is exact.
    pub fn at_most(&self, iterations: u64) -> Self {
        let mut most = Self { branches: Vec::new(), loops: Vec::new(), ..self.clone() };
        for BranchCost { reached, then, otherwise, .. } in &self.branches {
            let [a, b] = [then, otherwise].map(|branch| branch.at_most(iterations));
            most.rounds += reached * a.rounds.max(b.rounds);
            (0..Party::COUNT).for_each(|p| most.bytes[p] += reached * a.bytes[p].max(b.bytes[p]));
        }
        for LoopCost { reached, iteration, .. } in &self.loops {
            most.add(&iteration.at_most(iterations), reached * iterations);
        }
        most
    }
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
    /// How often.
    pub occurs: Occurrence,
}

/// How often a run makes a disclosure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// How often in one run; within a `while_loop`, in one of its iterations.
    pub times: u64,
    /// The innermost `while_loop` around it.
    pub each_iteration_of: Option<Location>,
    /// Whether it depends on a `cond` around it.
    pub conditional: bool,
}

impl Occurrence {
    /// Once in every run.
    pub const ONCE: Self = Self { times: 1, each_iteration_of: None, conditional: false };
}

impl fmt::Display for Occurrence {
    /// `once`, `3 times in each iteration of the loop at model.rs:7:5, if its branch is taken`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.times {
            1 => f.write_str("once")?,
            times => write!(f, "{times} times")?,
        }
        if let Some(location) = self.each_iteration_of {
            write!(f, " in each iteration of the loop at {location}")?;
        }
        f.write_str(if self.conditional { ", if its branch is taken" } else { "" })
    }
}

/// Something that can price a program without running it: a network profile of a back end.
pub trait Target {
    /// Rounds and bytes of one run of `program`, of its branches and of iterations of its loops.
    fn cost(&self, program: &Program) -> Result<Cost, Error>;
    /// What `program` discloses, read off what the parties execute.
    fn manifest(&self, program: &Program) -> Result<Manifest, Error>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_add_up() {
        let at = |line| Location { file: "model.rs", line, column: 1 };
        let line = |n, rounds| LineCost { location: at(n), rounds, bytes: [8 * rounds, 0, 0] };
        let plain =
            |n, rounds| Cost { rounds, bytes: [8 * rounds, 0, 0], lines: vec![line(n, rounds)], ..Cost::default() };
        let iteration = plain(3, 2);
        let branch = BranchCost { location: at(2), reached: 1, then: plain(4, 5), otherwise: plain(5, 1) };
        let body = Cost {
            loops: vec![LoopCost { location: at(3), reached: 1, iteration }],
            branches: vec![branch],
            ..plain(1, 1)
        };
        let mut cost = plain(1, 10);
        cost.add(&body, 4);
        assert_eq!((cost.rounds, cost.bytes), (14, [112, 0, 0]));
        assert_eq!(cost.lines, [line(1, 14)]);
        assert_eq!((cost.loops[0].reached, cost.branches[0].reached), (4, 4));
        // 4 times: 3 iterations of 2 rounds, and a branch of 5.
        assert_eq!(cost.at_most(3).rounds, 14 + 4 * (3 * 2 + 5));
        assert_eq!(cost.at_most(3).bytes, [8 * 58, 0, 0]);
        cost.add(&body, 0);
        assert_eq!(cost.loops.len(), 1);
    }

    #[test]
    fn occurrences_read_well() {
        let at = Location { file: "model.rs", line: 7, column: 5 };
        let inside = Occurrence { times: 3, each_iteration_of: Some(at), conditional: true };
        assert_eq!(Occurrence::ONCE.to_string(), "once");
        let text = "3 times in each iteration of the loop at model.rs:7:5, if its branch is taken";
        assert_eq!(inside.to_string(), text);
    }
}
