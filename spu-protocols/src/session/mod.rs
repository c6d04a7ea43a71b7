//! Sessions: three parties as threads of this process, one party among connected processes, or the plain oracle.

mod config;
mod connect;
pub mod handshake;
mod leaf;
mod local;
mod network;
mod node;
mod shadow;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use spu::diagnose::report_warning;
use spu::executor::{Executor, Leaf, ProgramKey, SessionId};
use spu::graph::Value;
use spu::pphlo::Type;
use spu::{Cost, Error, HostTensor, Location, Party, Program, ShapeOf};

pub use config::{Config, Peers};
pub use connect::connect;
pub use network::Network;
pub use node::{Node, NodeTraffic};

use crate::exec::PartyValue;
use crate::hal::{RingConfig, boundary_type, encode, in_ring};
use crate::plain;
use crate::ring::Ring;
use crate::share::{Builder, Kind, Plan, Schedule, ShareType};
use leaf::ShareLeaf;
use local::Threads;

/// A session, in any of the rings that [`Config`] offers. The same program runs in all three kinds; only the line that makes the session differs.
pub struct Session {
    id: SessionId,
    network: Network,
    warns: bool,
    parties: Mutex<Parties>,
    programs: Mutex<HashMap<ProgramKey, Arc<Compiled>>>,
    inputs: Mutex<HashMap<InputKey, Arc<Schedule>>>,
    leaves: AtomicU64,
    /// Runs of the plain oracle so far: each has random draws of its own.
    runs: AtomicU64,
}

/// Who computes.
enum Parties {
    Local(Threads),
    Connected(Box<Node>),
    Plain,
}

struct Compiled {
    schedule: Arc<Schedule>,
    results: Vec<Type>,
}

/// What all parties have written to their links since the session began, by party.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Traffic {
    /// Rounds, summed over runs; of each run, the most that any party saw.
    pub rounds: u64,
    /// Payload bytes of messages.
    pub bytes: [u64; 3],
    /// Bytes of handshakes, digests and run numbers.
    pub agreement: [u64; 3],
    /// Bytes of frame headers.
    pub overhead: [u64; 3],
}

/// What tells input programs apart: the owner and what is shared.
type InputKey = (Party, Vec<Type>);

impl Session {
    /// Three parties as threads of this process.
    pub fn local(config: &Config) -> Result<Self, Error> {
        let network = config.network()?;
        Ok(Self::new(config, network, Parties::Local(Threads::start(config, network.ring)?)))
    }

    /// One party among three connected processes; returns once all are there and agree on the configuration.
    pub fn connect(config: &Config, peers: &Peers) -> Result<Self, Error> {
        let network = config.network()?;
        let node = connect::node(config, peers, network.ring)?;
        Ok(Self::new(config, network, Parties::Connected(Box::new(node))))
    }

    /// The plain oracle: the same share program on plain ring elements, by one party that sees everything.
    pub fn plain(config: &Config) -> Result<Self, Error> {
        Ok(Self::new(config, config.network()?, Parties::Plain))
    }

    fn new(config: &Config, network: Network, parties: Parties) -> Self {
        Self {
            id: SessionId::unique(),
            network,
            warns: config.range_warnings,
            parties: Mutex::new(parties),
            programs: Mutex::default(),
            inputs: Mutex::default(),
            leaves: AtomicU64::new(0),
            runs: AtomicU64::new(0),
        }
    }

    /// What programs of this session are compiled for: prices them before a run.
    pub fn network(&self) -> Network {
        self.network
    }

    /// The party of this process in a connected session.
    pub fn party(&self) -> Option<Party> {
        match &*self.parties() {
            Parties::Connected(node) => Some(node.party()),
            _ => None,
        }
    }

    /// What sharing tensors of these shapes costs, if they belong to `owner`.
    pub fn input_cost<T>(&self, owner: Party, shape: impl Into<ShapeOf<T>>) -> Result<Cost, Error> {
        Ok(self.input_plan(owner, &shape.into().into_types()?).cost.clone())
    }

    /// What was measured on the links of all parties. Connected parties exchange their counters: all of them call this
    /// at the same place.
    pub fn gather_traffic(&self) -> Result<Traffic, Error> {
        let by_party = match &mut *self.parties() {
            Parties::Local(threads) => threads.traffic()?,
            Parties::Connected(node) => {
                let NodeTraffic { rounds, bytes, agreement, overhead } = node.traffic();
                node.gather(&[&[bytes, agreement, overhead], &rounds[..]].concat())?.map(|numbers| NodeTraffic {
                    bytes: numbers[0],
                    agreement: numbers[1],
                    overhead: numbers[2],
                    rounds: numbers[3..].to_vec(),
                })
            }
            Parties::Plain => Default::default(),
        };
        let plans = by_party.iter().map(|t| t.rounds.len()).max().unwrap_or(0);
        let of_plan = |plan: usize| by_party.iter().filter_map(|t| t.rounds.get(plan)).max().copied().unwrap_or(0);
        Ok(Traffic {
            rounds: (0..plans).map(of_plan).sum(),
            bytes: by_party.each_ref().map(|t| t.bytes),
            agreement: by_party.each_ref().map(|t| t.agreement),
            overhead: by_party.each_ref().map(|t| t.overhead),
        })
    }

    /// A number of each process, told to all connected parties; in other sessions there is one process, and its number
    /// stands first.
    pub fn gather_u64(&self, ours: u64) -> Result<[u64; 3], Error> {
        match &mut *self.parties() {
            Parties::Connected(node) => Ok(node.gather(&[ours])?.map(|numbers| numbers[0])),
            _ => Ok([ours, 0, 0]),
        }
    }

    /// Ends the session in order, once all parties do. Dropping a session ends it too, as an error at the others.
    pub fn close(self) -> Result<(), Error> {
        match self.parties.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Parties::Local(threads) => threads.close(),
            Parties::Connected(node) => node.goodbye(),
            Parties::Plain => Ok(()),
        }
    }

    fn parties(&self) -> MutexGuard<'_, Parties> {
        self.parties.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compiled(
        &self,
        key: &ProgramKey,
        build: &mut dyn FnMut() -> Result<Program, Error>,
    ) -> Result<Arc<Compiled>, Error> {
        let known = |programs: &HashMap<_, Arc<Compiled>>| programs.get(key).cloned();
        if let Some(compiled) = known(&self.programs.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(compiled);
        }
        let program = build()?;
        let schedule = Arc::new(self.network.schedule(&program)?);
        if self.warns {
            program.warnings(&self.network)?.iter().for_each(|warning| eprintln!("{}", report_warning(warning)));
        }
        let results = program.results.into_iter().map(|(_, ty)| ty).collect();
        let compiled = Arc::new(Compiled { schedule, results });
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(programs.entry(key.clone()).or_insert(compiled).clone())
    }

    fn input_plan(&self, owner: Party, types: &[Type]) -> Arc<Schedule> {
        let mut inputs = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = inputs.entry((owner, types.to_vec())).or_insert_with(|| {
            let mut build = Builder::default();
            let ring = self.network.ring;
            let outputs = types.iter().enumerate().map(|(i, ty)| {
                let source = ShareType { kind: Kind::Public, ..boundary_type(ty, ring) };
                let source = build.argument(i, source);
                build.input(owner, source)
            });
            let outputs: Vec<Value> = outputs.collect();
            Arc::new(Schedule::straight(Plan::new(build.finish(outputs), ring), vec![false; types.len()]))
        });
        plan.clone()
    }

    /// Walks through a schedule; `arguments` by position, then by party.
    fn execute<R: Ring>(
        &self,
        schedule: &Arc<Schedule>,
        inputs: [u8; 32],
        arguments: Vec<[PartyValue<R>; 3]>,
    ) -> Result<Vec<[PartyValue<R>; 3]>, Error> {
        let of = |party: usize| arguments.iter().map(|slots| slots[party].clone()).collect::<Vec<_>>();
        match &mut *self.parties() {
            Parties::Local(threads) => {
                let [a, b, c] = threads.walk(schedule, inputs, [of(0), of(1), of(2)])?;
                Ok(a.into_iter().zip(b).zip(c).map(|((a, b), c)| [a, b, c]).collect())
            }
            Parties::Connected(node) => {
                let party = node.party().0;
                let alone = |value| {
                    let mut slots = [PartyValue::Absent, PartyValue::Absent, PartyValue::Absent];
                    slots[party] = value;
                    slots
                };
                Ok(node.walk(schedule, inputs, of(party))?.into_iter().map(alone).collect())
            }
            Parties::Plain => {
                let seed = &mut || self.runs.fetch_add(1, Ordering::Relaxed);
                let results = plain::walk(schedule, self.network.ring, of(0), seed)?;
                Ok(results.into_iter().map(|x| [x, PartyValue::Absent, PartyValue::Absent]).collect())
            }
        }
    }

    fn leaf<R: Ring>(&self, ty: &Type, slots: [PartyValue<R>; 3], disclosed: bool) -> Leaf {
        let plain = matches!(*self.parties(), Parties::Plain) && !disclosed;
        let number = self.leaves.fetch_add(1, Ordering::Relaxed);
        let value = Arc::new(ShareLeaf { ty: ty.clone(), ring: self.network.ring, slots, plain, number });
        Leaf { ty: ty.clone(), session: Some(self.id), value }
    }

    /// The argument's slots, and its elements if it is public.
    fn argument<R: Ring>(&self, leaf: &Leaf, ring: RingConfig) -> Result<[PartyValue<R>; 3], Error> {
        if leaf.session.is_some_and(|id| id != self.id) {
            return Err(Error::program("a shared value belongs to another session", Location::UNKNOWN));
        }
        if let Some(own) = leaf.value.as_any().downcast_ref::<ShareLeaf<R>>() {
            return Ok(own.slots.clone());
        }
        let Some(host) = leaf.value.as_any().downcast_ref::<HostTensor>() else {
            return Err(Error::program("a shared value belongs to another kind of session", Location::UNKNOWN));
        };
        let public = PartyValue::public(encode("a public argument", host, ring)?);
        Ok([public.clone(), public.clone(), public])
    }

    fn input_of<R: Ring>(
        &self,
        owner: Party,
        names: &[String],
        types: &[Type],
        data: &mut dyn FnMut() -> Result<Vec<HostTensor>, Error>,
    ) -> Result<Vec<Leaf>, Error> {
        let plan = self.input_plan(owner, types);
        let here = self.party();
        let mut arguments = vec![[PartyValue::Absent, PartyValue::Absent, PartyValue::Absent]; types.len()];
        if here.is_none_or(|party| party == owner) {
            let elements = data().and_then(|tensors| encoded::<R>(&tensors, names, types, self.network.ring));
            let elements = elements.inspect_err(|error| {
                if let Parties::Connected(node) = &mut *self.parties() {
                    node.abort(error);
                }
            })?;
            let slot = if matches!(*self.parties(), Parties::Plain) { 0 } else { owner.0 };
            for (slots, elements) in arguments.iter_mut().zip(elements) {
                slots[slot] = PartyValue::public(elements);
            }
        }
        let results = self.execute(&plan, [0; 32], arguments)?;
        Ok(results.into_iter().zip(types).map(|(slots, ty)| self.leaf(ty, slots, false)).collect())
    }

    fn run_compiled<R: Ring>(&self, compiled: &Compiled, arguments: &[Leaf]) -> Result<Vec<Leaf>, Error> {
        let ring = self.network.ring;
        let slots = arguments.iter().map(|leaf| self.argument::<R>(leaf, ring)).collect::<Result<Vec<_>, _>>()?;
        let inputs = arguments_digest(arguments, &slots);
        let results = self.execute(&compiled.schedule, inputs, slots)?;
        let leaves = results.into_iter().zip(&compiled.results).zip(&compiled.schedule.disclosed);
        Ok(leaves.map(|((slots, ty), &disclosed)| self.leaf(ty, slots, disclosed)).collect())
    }
}

impl Executor for Session {
    fn id(&self) -> SessionId {
        self.id
    }

    fn input_leaves(
        &self,
        owner: Party,
        names: &[String],
        types: &[Type],
        data: &mut dyn FnMut() -> Result<Vec<HostTensor>, Error>,
    ) -> Result<Vec<Leaf>, Error> {
        in_ring!(self.network.ring, R => self.input_of::<R>(owner, names, types, data))
    }

    fn holds(&self, source: &str, tensor: &HostTensor) -> Result<(), Error> {
        let ring = self.network.ring;
        in_ring!(ring, R => encode::<R>(source, tensor, ring).map(drop))
    }

    fn run(
        &self,
        key: &ProgramKey,
        build: &mut dyn FnMut() -> Result<Program, Error>,
        arguments: &[Leaf],
    ) -> Result<Vec<Leaf>, Error> {
        let compiled = self.compiled(key, build)?;
        in_ring!(self.network.ring, R => self.run_compiled::<R>(&compiled, arguments))
    }
}

/// The owner's tensors as ring elements, checked against what was announced.
fn encoded<R: Ring>(
    tensors: &[HostTensor],
    names: &[String],
    types: &[Type],
    ring: RingConfig,
) -> Result<Vec<Vec<R>>, Error> {
    if tensors.len() != types.len() {
        let problem = format!("expected {} tensors, found {}", types.len(), tensors.len());
        return Err(Error::data("input", None, problem));
    }
    let one = |((tensor, name), ty): ((&HostTensor, &String), &Type)| {
        let found = (tensor.elements.dtype(), &tensor.shape);
        if found != (ty.dtype, &ty.shape) {
            let problem = format!("expected {}{}, found {}{}", ty.dtype, ty.shape, found.0, found.1);
            return Err(Error::data(name, None, problem));
        }
        encode(name, tensor, ring)
    };
    tensors.iter().zip(names).zip(types).map(one).collect()
}

/// SHA-256 of what the parties must agree on before a run: the public arguments' elements, and which shared values the others are.
fn arguments_digest<R: Ring>(arguments: &[Leaf], slots: &[[PartyValue<R>; 3]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for (leaf, slots) in arguments.iter().zip(slots) {
        match slots.iter().find(|s| matches!(s, PartyValue::Public(_))) {
            Some(PartyValue::Public(elements)) if !leaf.ty.is_secret() => {
                hasher.update([0]);
                hasher.update((elements.len() as u64).to_le_bytes());
                elements.iter().for_each(|x| hasher.update(&x.to_u128().to_le_bytes()[..R::BITS as usize / 8]));
            }
            _ => {
                let number = leaf.value.as_any().downcast_ref::<ShareLeaf<R>>().map_or(u64::MAX, |own| own.number);
                hasher.update([1]);
                hasher.update(number.to_le_bytes());
            }
        }
    }
    hasher.finalize().into()
}
