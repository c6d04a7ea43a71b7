//! From configuration to a party with links up and keys agreed.

use spu::{Error, Party};

use super::config::{Config, Peers};
use super::handshake::{KeyPolicy, Terms, exchange_contributions, handshake};
use super::node::Node;
use crate::hal::RingConfig;
use crate::link::{Links, local, tcp};
use crate::random::{Contribution, Key, Keys};

/// Connects one party with its two peers over sockets. A peer that is not there in time is named in the error.
pub fn connect(config: &Config, peers: &Peers) -> Result<Links, Error> {
    let party = peers.party;
    if party.0 >= Party::COUNT {
        return Err(Error::configuration("party", format!("{} is not 0, 1 or 2", party.0)));
    }
    let shaping = config.shaping()?;
    let [next, previous] = tcp::connect(party, &peers.addresses, config.connect_timeout)?;
    Ok(shaping.apply(Links::new(party, next, previous, config.read_deadline)))
}

/// Connects one party and agrees with the others on terms and keys.
pub(super) fn node(config: &Config, peers: &Peers, ring: RingConfig) -> Result<Node, Error> {
    let (party, mut links) = (peers.party, connect(config, peers)?);
    let keys = match config.insecure_seed {
        Some(seed) => KeyPolicy::Seeded(seed),
        None => KeyPolicy::OperatingSystem,
    };
    handshake(&mut links, &Terms { ring_bits: ring.bits, fraction_bits: ring.fraction_bits, keys })?;
    let keys = match config.insecure_seed {
        Some(seed) => Keys::insecure(seed, party),
        None => agreed_keys(&mut links)?,
    };
    Ok(Node::new(links, keys, ring))
}

/// The links of three parties in this process.
pub(super) fn local_links(config: &Config) -> Result<[Links; 3], Error> {
    let shaping = config.shaping()?;
    Ok(local::triangle(config.read_deadline).map(|links| shaping.apply(links)))
}

/// Each pair's key from what both contributed.
fn agreed_keys(links: &mut Links) -> Result<Keys, Error> {
    let fault = |error| Error::configuration("randomness", format!("the operating system has none: {error}"));
    let party = links.party();
    let mine = [Contribution::generate().map_err(fault)?, Contribution::generate().map_err(fault)?];
    let theirs = exchange_contributions(links, mine.each_ref().map(Contribution::as_bytes))?;
    let key =
        |side: usize, peer: Party| Key::agree((party, &mine[side]), (peer, &Contribution::from_bytes(&theirs[side])));
    Ok(Keys::new(party, key(1, party.previous()), key(0, party.next())))
}
