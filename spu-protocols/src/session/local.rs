//! Three parties as long-lived threads of this process.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use spu::error::PeerFault;
use spu::{Error, Party};

use super::config::Config;
use super::connect;
use super::node::{Node, NodeTraffic};
use crate::exec::PartyValue;
use crate::hal::RingConfig;
use crate::random::Keys;
use crate::ring::Ring;
use crate::share::Schedule;

/// The party threads, each with its own [`Node`].
pub(super) struct Threads {
    parties: Vec<Thread>,
}

struct Thread {
    tasks: Option<Sender<Task>>,
    handle: Option<JoinHandle<()>>,
}

/// Work for a party thread, which owns its node alone. Tells whether the thread goes on.
type Task = Box<dyn FnOnce(&mut Node) -> bool + Send>;

type Values<R> = Vec<PartyValue<R>>;

impl Threads {
    pub(super) fn start(config: &Config, ring: RingConfig) -> Result<Self, Error> {
        let keys = match config.insecure_seed {
            Some(seed) => Party::ALL.map(|party| Keys::insecure(seed, party)),
            None => Keys::generate_local().map_err(|error| {
                Error::configuration("randomness", format!("the operating system has none: {error}"))
            })?,
        };
        let links = connect::local_links(config)?;
        let mut parties = Vec::new();
        for ((party, keys), links) in Party::ALL.into_iter().zip(keys).zip(links) {
            let node = Node::new(links, keys, ring);
            let (tasks, inbox) = bounded::<Task>(1);
            let run = move || serve(node, &inbox);
            let handle = Builder::new()
                .name(party.to_string())
                .spawn(run)
                .map_err(|error| Error::configuration("threads", format!("{party} could not be started: {error}")))?;
            parties.push(Thread { tasks: Some(tasks), handle: Some(handle) });
        }
        Ok(Self { parties })
    }

    /// Walks through the schedule at all parties.
    pub(super) fn walk<R: Ring>(
        &self,
        schedule: &Arc<Schedule>,
        inputs: [u8; 32],
        arguments: [Values<R>; 3],
    ) -> Result<[Values<R>; 3], Error> {
        let schedule = schedule.clone();
        self.all(arguments, move |node, arguments| node.walk(&schedule, inputs, arguments))
    }

    pub(super) fn traffic(&self) -> Result<[NodeTraffic; 3], Error> {
        self.all([(), (), ()], |node, ()| Ok(node.traffic()))
    }

    /// Gives each party its argument and waits for all of them.
    fn all<A: Send + 'static, T: Send + 'static>(
        &self,
        arguments: [A; 3],
        work: impl Fn(&mut Node, A) -> Result<T, Error> + Clone + Send + 'static,
    ) -> Result<[T; 3], Error> {
        let replies = self.parties.iter().zip(Party::ALL).zip(arguments).map(|((thread, party), argument)| {
            let (reply, answer) = bounded(1);
            let work = work.clone();
            let task = move |node: &mut Node| {
                let outcome = catch_unwind(AssertUnwindSafe(|| work(node, argument)));
                let sound = outcome.is_ok();
                let result = outcome.unwrap_or_else(|panic| Err(panicked(party, &*panic)));
                // The caller waits for every answer, so nobody but a caller that panicked itself is gone.
                drop(reply.send((sound, result)));
                sound
            };
            let sent = thread.tasks.as_ref().is_some_and(|tasks| tasks.send(Box::new(task)).is_ok());
            if sent { Some(answer) } else { None }
        });
        let replies: Vec<Option<Receiver<_>>> = replies.collect();
        let mut results = Vec::new();
        let mut errors: Vec<(bool, Error)> = Vec::new();
        for (reply, party) in replies.into_iter().zip(Party::ALL) {
            match reply.and_then(|answer| answer.recv().ok()) {
                Some((_, Ok(result))) => results.push(result),
                Some((sound, Err(error))) => errors.push((sound, error)),
                None => errors.push((true, Error::peer(party, PeerFault::Closed))),
            }
        }
        // A party that panicked, then one with an error of its own, then what the others say of them.
        let rank = |(sound, error): &(bool, Error)| (*sound, matches!(error, Error::Peer(_)));
        match errors.into_iter().min_by_key(rank) {
            Some((_, error)) => Err(error),
            None => Ok(results.try_into().ok().expect("three parties answered")),
        }
    }

    /// Ends all parties in order.
    pub(super) fn close(mut self) -> Result<(), Error> {
        self.stop();
        Ok(())
    }

    fn stop(&mut self) {
        self.parties.iter_mut().for_each(|thread| drop(thread.tasks.take()));
        for handle in self.parties.iter_mut().filter_map(|thread| thread.handle.take()) {
            // A party's panic was reported when it happened.
            drop(handle.join());
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(mut node: Node, tasks: &Receiver<Task>) {
    while let Ok(task) = tasks.recv() {
        if !task(&mut node) {
            return;
        }
    }
}

fn panicked(party: Party, panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let reason = format!("panicked: {}", text.unwrap_or("no message"));
    Error::peer(party, PeerFault::Stopped { reason })
}
