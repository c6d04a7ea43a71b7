//! Numbering of messages and draws inside a kernel that is made of sub-protocols.

/// Where a sub-protocol begins to number its steps and labels, or how many of each it takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Steps {
    /// Step of the first message.
    pub first: u8,
    /// Label of the first draw.
    pub label: u8,
}

impl Steps {
    /// The beginning of a kernel.
    pub const START: Self = Self { first: 0, label: 0 };

    /// Past a sub-protocol that takes as many steps and labels as `used` says.
    pub const fn past(self, used: Self) -> Self {
        Self { first: self.first + used.first, label: self.label + used.label }
    }
}
