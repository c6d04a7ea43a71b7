//! What runs should have cost in all.

use spu::Cost;

/// Rounds, and bytes that each party sent.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ledger {
    pub(crate) rounds: u64,
    pub(crate) bytes: [u64; 3],
}

impl Ledger {
    /// One more run.
    pub(crate) fn expect(&mut self, cost: &Cost) {
        self.rounds += cost.rounds;
        self.bytes.iter_mut().zip(cost.bytes).for_each(|(sum, bytes)| *sum += bytes);
    }
}
