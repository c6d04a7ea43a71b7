//! Who is who inside a kernel: roles are the parties counted from the dealer.

use spu::Party;

/// A party as a kernel sees it. `P0` is the dealer; role i holds the shares x_i and x_(i+1), where x_i is counted from the
/// dealer as well, so a kernel reads as protocols are drawn, whoever deals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// The dealer.
    P0,
    /// The party after the dealer.
    P1,
    /// The party before the dealer.
    P2,
}

impl Role {
    /// All roles in order.
    pub const ALL: [Self; 3] = [Self::P0, Self::P1, Self::P2];

    /// The role of `party` where `dealer` deals.
    pub const fn of(party: Party, dealer: Party) -> Self {
        Self::ALL[(party.0 + 3 - dealer.0) % 3]
    }

    /// The party with this role where `dealer` deals.
    pub const fn party(self, dealer: Party) -> Party {
        Party((dealer.0 + self as usize) % 3)
    }

    /// The role after this one, cyclically: with whom the second share is held.
    pub const fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % 3]
    }

    /// The role before this one, cyclically: with whom the first share is held.
    pub const fn previous(self) -> Self {
        Self::ALL[(self as usize + 2) % 3]
    }
}

/// Two roles that share a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Pair {
    /// The dealer and P1.
    P01,
    /// P1 and P2.
    P12,
    /// The dealer and P2.
    P02,
}

impl Pair {
    /// The pair of two different roles.
    pub fn of(a: Role, b: Role) -> Self {
        if a.next() == b { Self::with_next(a) } else { Self::with_next(b) }
    }

    /// The pair of a role with its next one.
    pub const fn with_next(role: Role) -> Self {
        match role {
            Role::P0 => Self::P01,
            Role::P1 => Self::P12,
            Role::P2 => Self::P02,
        }
    }

    /// The pair of a role with its previous one.
    pub const fn with_previous(role: Role) -> Self {
        Self::with_next(role.previous())
    }

    /// Whether `role` belongs to the pair and so holds its key.
    pub fn includes(self, role: Role) -> bool {
        self == Self::with_next(role) || self == Self::with_previous(role)
    }
}
