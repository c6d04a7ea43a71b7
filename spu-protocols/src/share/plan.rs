//! The plan of a run: parts and dealers of every kernel, the superstep of every message, and so the exact cost.
//!
//! A message's stamp is one more than the largest stamp that its sender's kernel has used before it, through messages or
//! through its own shares of the operands; it travels in the superstep of that number. The rounds of the program are the
//! largest stamp.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use spu::graph::{NodeId, Value};
use spu::{Cost, LineCost, Location, Manifest, Occurrence, Party, Reveal};

use super::ShareGraph;
use super::ops::ShareOp;
use super::types::ShareType;
use crate::aby3::{Address, Message, Role, stamps};
use crate::hal::RingConfig;

/// One contiguous part of a kernel's tensor, with the party that deals for it.
#[derive(Clone, Debug)]
pub struct Part {
    /// Elements, or rows for [`ShareOp::Maximum`] and those that also tell its place.
    pub range: Range<usize>,
    /// Who deals.
    pub dealer: Party,
    /// The kernel's messages for this part.
    pub table: Arc<[Message]>,
}

/// A message that a superstep carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlannedMessage {
    /// Which.
    pub address: Address,
    /// Its length in 64-bit words.
    pub words: usize,
}

/// Messages of one superstep by sender and receiver, in plan order.
pub type Superstep = [[Vec<PlannedMessage>; 3]; 3];

/// A share program with everything that is settled before it runs.
pub struct Plan {
    /// The program.
    pub graph: ShareGraph,
    /// Parts of every node; empty for local ones.
    pub parts: Vec<Vec<Part>>,
    /// The messages of superstep 1, 2, …
    pub supersteps: Vec<Superstep>,
    /// Rounds and bytes.
    pub cost: Cost,
    /// What is disclosed.
    pub manifest: Manifest,
    /// For each node, those that wait for one of its results, as often as they do.
    pub consumers: Vec<Vec<NodeId>>,
    /// For each node, how many operands it waits for.
    pub operand_counts: Vec<u32>,
    /// How often each value is used; outputs count as one use.
    pub uses: Vec<u32>,
    /// SHA-256 of all of the above: equal at parties that will do the same.
    pub digest: [u8; 32],
}

/// Gives the table of a kernel: operation, operand types, number of elements (or rows) of the part.
pub type Tables<'a> = &'a dyn Fn(&ShareOp, &[&ShareType], usize) -> Vec<Message>;

impl Plan {
    /// Plans `graph` with the kernels' own message tables, in this number format.
    pub fn new(graph: ShareGraph, ring: RingConfig) -> Self {
        Self::with_tables(graph, &|op, operands, n| crate::aby3::table(op, operands, n, ring.bits))
    }

    /// Plans `graph` with other tables. A plan whose tables are not the kernels' ends in a failed run: tests use it.
    pub fn with_tables(graph: ShareGraph, tables: Tables) -> Self {
        let mut planner = Planner::new(&graph);
        for (id, _) in graph.nodes() {
            planner.place(id, tables);
        }
        let Planner { parts, supersteps, lines, bytes, .. } = planner;
        let lines = lines.into_iter().map(Line::cost).collect();
        let cost = Cost { rounds: supersteps.len() as u64, bytes, lines, ..Cost::default() };
        let manifest = manifest(&graph);
        let digest = digest(&graph, &parts);
        let mut consumers = vec![Vec::new(); graph.len()];
        let mut uses = vec![0; graph.value_count()];
        for (id, node) in graph.nodes() {
            for v in &node.operands {
                consumers[graph.definition(*v).0.index()].push(id);
                uses[v.index()] += 1;
            }
        }
        graph.outputs.iter().for_each(|v| uses[v.index()] += 1);
        let operand_counts = graph.nodes().map(|(_, node)| node.operands.len() as u32).collect();
        Self { graph, parts, supersteps, cost, manifest, consumers, operand_counts, uses, digest }
    }

    /// How many arguments it takes.
    pub fn argument_count(&self) -> usize {
        let index = |op: &ShareOp| if let ShareOp::Argument { index } = op { Some(index + 1) } else { None };
        self.graph.nodes().filter_map(|(_, node)| index(&node.operation)).max().unwrap_or(0)
    }

    /// The largest payload of one frame, in words.
    pub fn largest_frame(&self) -> usize {
        let frames = self.supersteps.iter().flatten().flatten();
        frames.map(|messages| messages.iter().map(|m| m.words).sum()).max().unwrap_or(0)
    }
}

/// Cuts `units` elements or rows of `work` elements in all into parts with their dealers: three from 4 096 elements on,
/// at multiples of 64; below, one, whose dealer is still open.
pub fn parts_of(units: usize, work: usize) -> Vec<(Range<usize>, Option<Party>)> {
    if work < SPLIT_FROM || units < 3 {
        return vec![(0..units, None)];
    }
    let third = if units >= 3 * 64 { units.div_ceil(3).next_multiple_of(64) } else { units.div_ceil(3) };
    let cuts = [0, third.min(units), (2 * third).min(units), units];
    Party::ALL.map(|p| (cuts[p.0]..cuts[p.0 + 1], Some(p))).into()
}

const SPLIT_FROM: usize = 4096;

struct Planner<'a> {
    graph: &'a ShareGraph,
    /// From which stamp each party holds its shares of each value.
    held: Vec<[u64; 3]>,
    parts: Vec<Vec<Part>>,
    supersteps: Vec<Superstep>,
    lines: Vec<Line>,
    bytes: [u64; 3],
}

struct Line {
    location: Location,
    supersteps: BTreeSet<u64>,
    bytes: [u64; 3],
}

impl Line {
    fn cost(self) -> LineCost {
        LineCost { location: self.location, rounds: self.supersteps.len() as u64, bytes: self.bytes }
    }
}

impl<'a> Planner<'a> {
    fn new(graph: &'a ShareGraph) -> Self {
        let held = vec![[0; 3]; graph.value_count()];
        Self { graph, held, parts: Vec::new(), supersteps: Vec::new(), lines: Vec::new(), bytes: [0; 3] }
    }

    fn place(&mut self, id: NodeId, tables: Tables) {
        let node = self.graph.node(id);
        let mut operands = [0; 3];
        for v in &node.operands {
            (0..3).for_each(|p| operands[p] = operands[p].max(self.held[v.index()][p]));
        }
        if node.operation.is_local() {
            node.results().for_each(|v| self.held[v.index()] = operands);
            return self.parts.push(Vec::new());
        }
        if matches!(node.operation, ShareOp::Open { .. } | ShareOp::OpenTo { .. }) {
            // The first frames carry what the parties must agree on; nothing is disclosed before that was checked.
            operands.iter_mut().for_each(|stamp| *stamp = (*stamp).max(1));
        }
        let types: Vec<&ShareType> = node.operands.iter().map(|&v| self.graph.ty(v)).collect();
        let fixed_dealer = match node.operation {
            ShareOp::Input { owner } => Some(owner),
            ShareOp::OpenTo { party, .. } => Some(party),
            ref op => shuffling_dealer(self.graph, op, &node.operands),
        };
        let drawn = || self.graph.ty(node.result(0)).elements();
        let work = types.iter().map(|t| t.elements()).max().unwrap_or_else(drawn);
        let (units, work) = match node.operation {
            ShareOp::OneHot { count, .. } => (work, work * count),
            ShareOp::Maximum | ShareOp::MaximumOneHot | ShareOp::MaximumIndex => (types[0].shape.extents()[0], work),
            _ => (work, work),
        };
        let cuts = match fixed_dealer {
            Some(dealer) => vec![(0..units, Some(dealer))],
            None if matches!(node.operation, ShareOp::Indicators { .. }) => vec![(0..units, None)],
            None => parts_of(units, work),
        };
        let mut held = operands;
        let mut parts = Vec::new();
        for (range, dealer) in cuts {
            let table: Arc<[Message]> = tables(&node.operation, &types, range.len()).into();
            let dealer = dealer.unwrap_or_else(|| self.best_dealer(&table, operands));
            let (row_stamps, results) = by_role(&table, operands, dealer);
            for (row, stamp) in table.iter().zip(row_stamps) {
                self.schedule(id, parts.len() as u8, row, dealer, stamp);
            }
            Role::ALL.iter().zip(results).for_each(|(role, stamp)| {
                let party = role.party(dealer).0;
                held[party] = held[party].max(stamp);
            });
            parts.push(Part { range, dealer, table });
        }
        node.results().for_each(|v| self.held[v.index()] = held);
        self.parts.push(parts);
    }

    /// The dealer with whom the results come earliest; of several, the one after whom the busiest party has sent least.
    fn best_dealer(&self, table: &[Message], operands: [u64; 3]) -> Party {
        let price = |dealer: &Party| {
            let (_, results) = by_role(table, operands, *dealer);
            let mut bytes = self.bytes;
            table.iter().for_each(|row| bytes[row.from.party(*dealer).0] += 8 * row.words() as u64);
            (results.into_iter().max(), bytes.into_iter().max())
        };
        Party::ALL.into_iter().min_by_key(price).expect("there are three parties")
    }

    fn schedule(&mut self, id: NodeId, part: u8, row: &Message, dealer: Party, stamp: u64) {
        if row.bits == 0 {
            return;
        }
        while self.supersteps.len() < stamp as usize {
            self.supersteps.push(Superstep::default());
        }
        let (from, to, words) = (row.from.party(dealer).0, row.to.party(dealer).0, row.words());
        let address = Address { node: id.0, part, step: row.step };
        self.supersteps[stamp as usize - 1][from][to].push(PlannedMessage { address, words });
        let bytes = 8 * words as u64;
        self.bytes[from] += bytes;
        let location = self.graph.location(id);
        let position = self.lines.iter().position(|line| line.location == location).unwrap_or_else(|| {
            self.lines.push(Line { location, supersteps: BTreeSet::new(), bytes: [0; 3] });
            self.lines.len() - 1
        });
        self.lines[position].supersteps.insert(stamp);
        self.lines[position].bytes[from] += bytes;
    }
}

/// The dealer of a kernel that uses a permutation: the one that the permutation was drawn for.
fn shuffling_dealer(graph: &ShareGraph, op: &ShareOp, operands: &[Value]) -> Option<Party> {
    match op {
        ShareOp::Permutation { dealer, .. } => Some(*dealer),
        ShareOp::Shuffle { .. } | ShareOp::OpenShuffled | ShareOp::OpenRanks => {
            let (id, _) = graph.definition(*operands.last()?);
            shuffling_dealer(graph, &graph.node(id).operation, &[])
        }
        _ => None,
    }
}

/// [`stamps`] with operand stamps by party; results by role.
fn by_role(table: &[Message], operands: [u64; 3], dealer: Party) -> (Vec<u64>, [u64; 3]) {
    stamps(table, Role::ALL.map(|role| operands[role.party(dealer).0]))
}

fn manifest(graph: &ShareGraph) -> Manifest {
    let reveals = graph.nodes().filter_map(|(id, node)| {
        let (dtype, to) = match node.operation {
            ShareOp::Open { dtype } => (dtype, None),
            ShareOp::OpenTo { party, dtype } => (dtype, Some(party)),
            _ => return None,
        };
        let (location, shape) = (graph.location(id), graph.ty(node.operands[0]).shape.clone());
        Some(Reveal { location, shape, dtype, to, occurs: Occurrence::ONCE })
    });
    Manifest { reveals: reveals.collect() }
}

fn digest(graph: &ShareGraph, parts: &[Vec<Part>]) -> [u8; 32] {
    let mut hasher = Hasher(Sha256::new());
    for (id, node) in graph.nodes() {
        let types: Vec<&ShareType> = node.results().map(|v: Value| graph.ty(v)).collect();
        let parts = &parts[id.index()];
        write!(hasher, "{:?} {:?} {types:?} {parts:?};", node.operation, node.operands).expect("hashing never fails");
    }
    write!(hasher, "{:?}", graph.outputs).expect("hashing never fails");
    hasher.0.finalize().into()
}

struct Hasher(Sha256);

impl Write for Hasher {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}
