//! The schedule of a program with branches and loops: straight-line plans, and what decides which of them runs next.
//!
//! A program without public decisions is one plan. Others are cut at their `if`, `while` and `for` into blocks: a block computes
//! values in numbered slots, step by step; a region is a block of its own. Every run of a plan has its own run number, so no
//! stream of randomness is opened twice, however often a body runs. What decides is a public value in a slot, the result of a
//! plan that ran before: it is the same at all parties, and the digests of later runs cover it.

use std::fmt::Write;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use spu::{BranchCost, Cost, Location, LoopCost, Manifest, Occurrence};

use super::plan::Plan;

/// The number of a value within a block.
pub type Slot = usize;

/// Steps and the values that they leave.
#[derive(Default)]
pub struct Block {
    /// How many values the block is given; they are in the first slots.
    pub arguments: usize,
    /// How many slots it has.
    pub slots: usize,
    /// In order.
    pub steps: Vec<Step>,
    /// What it gives back.
    pub outputs: Vec<Slot>,
    /// After each step, the slots that nothing uses any more.
    pub dead: Vec<Vec<Slot>>,
}

/// One step: reads the slots of its operands and fills those from `first_result` on.
pub struct Step {
    /// Operands: of a plan its arguments; of others as those of the PPHLO operation, predicates first.
    pub operands: Vec<Slot>,
    /// The slot of the first result.
    pub first_result: Slot,
    /// How many results there are.
    pub results: usize,
    /// What to do.
    pub action: Action,
    /// The user's line; unknown for a plan, which has many.
    pub location: Location,
}

/// What a step does.
pub enum Action {
    /// Runs a plan.
    Run(Arc<Plan>),
    /// Runs one of two blocks: the first if operand 0 is true.
    If([Block; 2]),
    /// As long as the predicate holds, runs a block that gives the next predicate and the next carried values.
    While {
        /// How many values are carried.
        carried: usize,
        /// What runs.
        body: Block,
    },
    /// Runs a block for each number of a range; see [`spu::pphlo::Op::For`].
    For {
        /// The first number.
        start: i64,
        /// How many.
        trips: usize,
        /// How many values are carried.
        carried: usize,
        /// How many operands are scanned.
        scanned: usize,
        /// What runs.
        body: Block,
    },
}

/// A program as the parties walk through it.
pub struct Schedule {
    /// The program.
    pub block: Block,
    /// Which outputs only one party learns.
    pub disclosed: Vec<bool>,
    /// Rounds and bytes.
    pub cost: Cost,
    /// What is disclosed.
    pub manifest: Manifest,
    /// SHA-256 of all plans and of how they follow each other.
    pub digest: [u8; 32],
}

impl Schedule {
    /// The schedule of a program; `disclosed` tells which outputs only one party learns.
    pub fn new(mut block: Block, disclosed: Vec<bool>) -> Self {
        block.find_dead();
        let (cost, manifest) = (block.cost(), Manifest { reveals: block.reveals() });
        let mut text = String::new();
        block.describe(&mut text);
        let digest = Sha256::digest(text.as_bytes()).into();
        Self { block, disclosed, cost, manifest, digest }
    }

    /// One plan and nothing else.
    pub fn straight(plan: Plan, disclosed: Vec<bool>) -> Self {
        let arguments = plan.argument_count();
        let results = plan.graph.outputs.len();
        let operands = (0..arguments).collect();
        let (plan, location) = (Arc::new(plan), Location::UNKNOWN);
        let step = Step { operands, first_result: arguments, results, action: Action::Run(plan), location };
        let outputs = (arguments..arguments + results).collect();
        let block = Block { arguments, slots: arguments + results, steps: vec![step], outputs, dead: Vec::new() };
        Self::new(block, disclosed)
    }

    /// The plan, if there is only one and it runs once.
    pub fn as_plan(&self) -> Option<&Arc<Plan>> {
        match &self.block.steps[..] {
            [Step { action: Action::Run(plan), .. }] => Some(plan),
            _ => None,
        }
    }

    /// All plans.
    pub fn plans(&self) -> Vec<&Arc<Plan>> {
        self.block.plans()
    }

    /// Whether a public decision may come before the first frame, which tells whether all parties decide on the same.
    pub fn decides_first(&self) -> bool {
        self.block.first_event() == Some(Event::Decision)
    }
}

/// What can come first in a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    Frame,
    Decision,
}

impl Block {
    fn plans(&self) -> Vec<&Arc<Plan>> {
        fn of(step: &Step) -> Vec<&Arc<Plan>> {
            match &step.action {
                Action::Run(plan) => vec![plan],
                Action::If(branches) => branches.iter().flat_map(Block::plans).collect(),
                Action::While { body, .. } | Action::For { body, .. } => body.plans(),
            }
        }
        self.steps.iter().flat_map(of).collect()
    }

    fn first_event(&self) -> Option<Event> {
        self.steps.iter().find_map(|step| match &step.action {
            Action::Run(plan) => (!plan.supersteps.is_empty()).then_some(Event::Frame),
            Action::If(_) | Action::While { .. } => Some(Event::Decision),
            Action::For { trips: 0, .. } => None,
            Action::For { body, .. } => body.first_event(),
        })
    }

    /// Finds out, here and in the blocks inside, after which step a slot is free.
    fn find_dead(&mut self) {
        let mut last = vec![None; self.slots];
        for (i, step) in self.steps.iter_mut().enumerate() {
            let results = step.first_result..step.first_result + step.results;
            step.operands.iter().copied().chain(results).for_each(|slot| last[slot] = Some(i));
            match &mut step.action {
                Action::Run(_) => {}
                Action::If(branches) => branches.iter_mut().for_each(Self::find_dead),
                Action::While { body, .. } | Action::For { body, .. } => body.find_dead(),
            }
        }
        self.outputs.iter().for_each(|&slot| last[slot] = None);
        self.dead = vec![Vec::new(); self.steps.len()];
        for (slot, step) in last.into_iter().enumerate() {
            if let Some(step) = step {
                self.dead[step].push(slot);
            }
        }
    }

    fn cost(&self) -> Cost {
        let mut cost = Cost::default();
        for Step { action, location, .. } in &self.steps {
            let location = *location;
            match action {
                Action::Run(plan) => cost.add(&plan.cost, 1),
                Action::If([then, otherwise]) => {
                    let (then, otherwise) = (then.cost(), otherwise.cost());
                    cost.branches.push(BranchCost { location, reached: 1, then, otherwise });
                }
                Action::While { body, .. } => {
                    cost.loops.push(LoopCost { location, reached: 1, iteration: body.cost() });
                }
                Action::For { trips, body, .. } => cost.add(&body.cost(), *trips as u64),
            }
        }
        cost
    }

    fn reveals(&self) -> Vec<spu::Reveal> {
        let mut reveals = Vec::new();
        for Step { action, location, .. } in &self.steps {
            match action {
                Action::Run(plan) => reveals.extend(plan.manifest.reveals.iter().cloned()),
                Action::If(branches) => {
                    let inside = branches.iter().flat_map(Self::reveals);
                    reveals.extend(inside.map(|mut reveal| {
                        reveal.occurs.conditional = true;
                        reveal
                    }));
                }
                Action::While { body, .. } => reveals.extend(body.reveals().into_iter().map(|mut reveal| {
                    reveal.occurs.each_iteration_of.get_or_insert(*location);
                    reveal
                })),
                Action::For { trips, body, .. } => {
                    for mut reveal in body.reveals().into_iter().filter(|_| *trips > 0) {
                        let Occurrence { times, each_iteration_of, .. } = &mut reveal.occurs;
                        // Within an inner `while` the number is of one of its iterations.
                        *times *= if each_iteration_of.is_none() { *trips as u64 } else { 1 };
                        reveals.push(reveal);
                    }
                }
            }
        }
        reveals
    }

    fn describe(&self, text: &mut String) {
        for step in &self.steps {
            write!(text, "{:?} {} {} ", step.operands, step.first_result, step.results).expect(GROWS);
            match &step.action {
                Action::Run(plan) => write!(text, "run {:?}", plan.digest).expect(GROWS),
                Action::If(branches) => {
                    text.push_str("if");
                    branches.iter().for_each(|branch| branch.describe(text));
                }
                Action::While { carried, body } => {
                    write!(text, "while {carried}").expect(GROWS);
                    body.describe(text);
                }
                Action::For { start, trips, carried, scanned, body } => {
                    write!(text, "for {start} {trips} {carried} {scanned}").expect(GROWS);
                    body.describe(text);
                }
            }
            text.push(';');
        }
        write!(text, "{} {} {:?}.", self.arguments, self.slots, self.outputs).expect(GROWS);
    }
}

const GROWS: &str = "a string takes all text";
