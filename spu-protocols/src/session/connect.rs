//! Connecting one party with its two peers.

use std::net::SocketAddr;
use std::time::Duration;

use spu::{Error, Party};

use crate::link::{Links, Shaping, tcp};

/// Who takes part, from the view of one party.
#[derive(Clone, Debug, PartialEq)]
pub struct Peers {
    /// The party here.
    pub party: Party,
    /// Where each party listens, this one too. Only loopback addresses are taken.
    pub addresses: [SocketAddr; 3],
    /// How long the parties may take to find one another.
    pub connect_timeout: Duration,
    /// How long a peer may be silent.
    pub read_deadline: Duration,
    /// The network to imitate; the default imitates none.
    pub shaping: Shaping,
}

impl Peers {
    /// `party` among these addresses, with 10 s to connect and 60 s of silence allowed, on the network as it is.
    pub fn new(party: Party, addresses: [SocketAddr; 3]) -> Self {
        let (connect_timeout, read_deadline) = (Duration::from_secs(10), Duration::from_secs(60));
        Self { party, addresses, connect_timeout, read_deadline, shaping: Shaping::default() }
    }

    /// Connects with both peers. A peer that is not there in time is named in the error.
    pub fn connect(&self) -> Result<Links, Error> {
        if self.party.0 >= Party::COUNT {
            return Err(Error::configuration("party", format!("{} is not 0, 1 or 2", self.party.0)));
        }
        let [next, previous] = tcp::connect(self.party, &self.addresses, self.connect_timeout)?;
        Ok(self.shaping.apply(Links::new(self.party, next, previous, self.read_deadline)))
    }
}
