//! The table of a kernel's messages: planner, cost report and link all read it.

use super::role::Role;

/// One message of a kernel.
///
/// The table of a kernel is a `Vec<Message>`, one row for each (step, from, to), ordered by step. A row may be sent once the
/// sender holds its own shares of the operands and every message that it receives in a step below `after`; a kernel that
/// has taken a message of step `after` or later can no longer send the row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message {
    /// Names the message inside the kernel.
    pub step: u8,
    /// Who sends it.
    pub from: Role,
    /// Who receives it.
    pub to: Role,
    /// Its length in bits; on the wire it takes whole words of 64 bits.
    pub bits: u64,
    /// It depends on what the sender received in steps below this one.
    pub after: u8,
}

impl Message {
    /// A message that depends on everything its sender received in earlier steps.
    pub const fn new(step: u8, from: Role, to: Role, bits: u64) -> Self {
        Self { step, from, to, bits, after: step }
    }

    /// The same in both directions.
    pub const fn swap(step: u8, a: Role, b: Role, bits: u64) -> [Self; 2] {
        [Self::new(step, a, b, bits), Self::new(step, b, a, bits)]
    }

    /// A message that depends on nothing but the sender's operands and keys.
    pub const fn dealt(step: u8, from: Role, to: Role, bits: u64) -> Self {
        Self { step, from, to, bits, after: 0 }
    }

    /// Words on the wire.
    pub const fn words(&self) -> usize {
        self.bits.div_ceil(64) as usize
    }
}

/// What a table costs when all operands are at hand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TableCost {
    /// Rounds: the largest stamp.
    pub rounds: u64,
    /// Bits over all messages, before they are rounded up to words.
    pub bits: u64,
    /// Bytes on the wire that each role sends.
    pub bytes: [u64; 3],
}

/// Stamps of the rows, given the stamps from which each role holds its operands; and those from which it holds its results.
///
/// A row's stamp is one more than the largest stamp its sender has used. A role's results wait for all it receives.
pub fn stamps(table: &[Message], operands: [u64; 3]) -> (Vec<u64>, [u64; 3]) {
    let mut stamps = Vec::with_capacity(table.len());
    for (i, row) in table.iter().enumerate() {
        let received = table[..i].iter().zip(&stamps).filter(|(m, _)| m.to == row.from && m.step < row.after);
        stamps.push(1 + received.map(|(_, &s)| s).fold(operands[row.from as usize], u64::max));
    }
    let mut results = operands;
    for (row, &stamp) in table.iter().zip(&stamps) {
        results[row.to as usize] = results[row.to as usize].max(stamp);
    }
    (stamps, results)
}

/// The cost of a table by itself.
pub fn cost(table: &[Message]) -> TableCost {
    let mut cost = TableCost { rounds: stamps(table, [0; 3]).0.into_iter().max().unwrap_or(0), ..Default::default() };
    for row in table {
        cost.bits += row.bits;
        cost.bytes[row.from as usize] += 8 * row.words() as u64;
    }
    cost
}
