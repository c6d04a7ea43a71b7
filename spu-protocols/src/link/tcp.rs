//! Sockets: one connection for each pair of parties. The party with the larger index dials, the other listens.
//!
//! Frames travel in the clear here, so only loopback addresses are taken; an encrypted stream under [`stream::link`] lifts
//! this. Both ends say hello first: 8 bytes, `SPUH`, the version of frames (2 bytes), the sender's index, the receiver's.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use spu::error::PeerFault;
use spu::{Error, Party};

use super::channel::Link;
use super::codec::{WIRE_VERSION, malformed};
use super::stream;

/// Checks that the three addresses differ and never leave this machine.
pub fn check_addresses(addresses: &[SocketAddr; 3]) -> Result<(), Error> {
    for (i, address) in addresses.iter().enumerate() {
        if !address.ip().to_canonical().is_loopback() {
            let problem = format!("{address} is not a loopback address; links to other machines need encryption");
            return Err(Error::configuration(format!("address of party {i}"), problem));
        }
        if let Some(j) = addresses[..i].iter().position(|other| other == address) {
            let problem = format!("{address} is also the address of party {j}");
            return Err(Error::configuration(format!("address of party {i}"), problem));
        }
    }
    Ok(())
}

/// Three loopback addresses that were free just now, for parties on one machine.
pub fn free_addresses() -> io::Result<[SocketAddr; 3]> {
    let listeners = [(); 3].map(|()| TcpListener::bind(("127.0.0.1", 0)));
    let [a, b, c] = listeners.map(|listener| listener.and_then(|l| l.local_addr().map(|address| (l, address))));
    let ((_a, a), (_b, b), (_c, c)) = (a?, b?, c?);
    Ok([a, b, c])
}

/// Connects `party` with both peers: links to the next and the previous party. Every wait ends with `timeout`, and the error
/// names the peer that was missing.
pub fn connect(party: Party, addresses: &[SocketAddr; 3], timeout: Duration) -> Result<[Link; 2], Error> {
    check_addresses(addresses)?;
    let listener = TcpListener::bind(addresses[party.0]).map_err(|error| {
        Error::configuration(format!("address of {party}"), format!("cannot bind {}: {error}", addresses[party.0]))
    })?;
    let meeting = Meeting { party, addresses, start: Instant::now(), timeout };
    let mut streams = [None, None, None];
    for peer in Party::ALL.into_iter().filter(|&peer| peer < party) {
        streams[peer.0] = Some(meeting.dial(peer)?);
    }
    meeting.accept(&listener, &mut streams)?;
    let link = |peer: Party, stream: Option<TcpStream>| {
        let stream = stream.expect("both peers are met");
        link(peer, stream).map_err(|error| meeting.unreachable(peer, error.to_string()))
    };
    let [next, previous] = [party.next(), party.previous()].map(|peer| link(peer, streams[peer.0].take()));
    Ok([next?, previous?])
}

/// A link to `peer` over a connection whose hellos are said.
pub fn link(peer: Party, stream: TcpStream) -> io::Result<Link> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(None)?;
    stream.set_write_timeout(None)?;
    let (reader, writer) = (stream.try_clone()?, stream.try_clone()?);
    let hang_up = move |how| {
        // A connection that the peer has ended already cannot be ended again.
        let _ = stream.shutdown(how);
    };
    Ok(stream::link(peer, reader, writer, hang_up))
}

/// The time in which three parties find one another.
struct Meeting<'a> {
    party: Party,
    addresses: &'a [SocketAddr; 3],
    start: Instant,
    timeout: Duration,
}

/// Why one attempt failed.
enum Failure {
    /// Trying again may help.
    Passing(String),
    /// It will not.
    Final(Error),
}

impl Meeting<'_> {
    fn dial(&self, peer: Party) -> Result<TcpStream, Error> {
        loop {
            let cause = match self.try_dial(peer) {
                Ok(stream) => return Ok(stream),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(cause)) => cause,
            };
            if self.left() <= RETRY {
                return Err(self.unreachable(peer, cause));
            }
            thread::sleep(RETRY);
        }
    }

    fn try_dial(&self, peer: Party) -> Result<TcpStream, Failure> {
        let passing = |error: io::Error| Failure::Passing(error.to_string());
        let mut stream = TcpStream::connect_timeout(&self.addresses[peer.0], self.left()).map_err(passing)?;
        // A dialled port that nobody listens on can be the very one that this socket was given.
        if stream.local_addr().map_err(passing)? == self.addresses[peer.0] {
            return Err(Failure::Passing("nobody listens there".into()));
        }
        stream.set_read_timeout(Some(self.left())).map_err(passing)?;
        stream.write_all(&hello(self.party, peer)).map_err(passing)?;
        let mut answer = [0; HELLO_BYTES];
        stream.read_exact(&mut answer).map_err(|error| Failure::Passing(format!("no hello: {error}")))?;
        match heard(&answer, self.party) {
            Ok(from) if from == peer => Ok(stream),
            Ok(from) => {
                let fault = malformed(format!("the hello of {peer}"), format!("the hello of {from}"));
                Err(Failure::Final(Error::peer(peer, fault)))
            }
            Err(fault) => Err(Failure::Final(Error::peer(peer, fault))),
        }
    }

    /// Fills the places of the parties with larger indices. A stranger's connection is closed and forgotten.
    fn accept(&self, listener: &TcpListener, streams: &mut [Option<TcpStream>; 3]) -> Result<(), Error> {
        let mut cause = "it did not connect".to_owned();
        while let Some(missing) = (self.party.0 + 1..3).find(|&peer| streams[peer].is_none()) {
            if self.left() <= RETRY {
                return Err(self.unreachable(Party(missing), cause));
            }
            match self.try_accept(listener) {
                Ok(Some((peer, stream))) if peer > self.party && streams[peer.0].is_none() => {
                    streams[peer.0] = Some(stream)
                }
                Ok(Some((peer, _))) => cause = format!("a connection came from {peer} instead"),
                Ok(None) => thread::sleep(POLL),
                Err(Failure::Passing(failure)) => cause = format!("a connection came without a hello: {failure}"),
                Err(Failure::Final(error)) => return Err(error),
            }
        }
        Ok(())
    }

    fn try_accept(&self, listener: &TcpListener) -> Result<Option<(Party, TcpStream)>, Failure> {
        let passing = |error: io::Error| Failure::Passing(error.to_string());
        // A listener has no time-out of its own.
        listener.set_nonblocking(true).map_err(passing)?;
        let mut stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(passing(error)),
        };
        stream.set_nonblocking(false).map_err(passing)?;
        stream.set_read_timeout(Some(self.left().min(HELLO_TIMEOUT))).map_err(passing)?;
        let mut greeting = [0; HELLO_BYTES];
        stream.read_exact(&mut greeting).map_err(passing)?;
        let from = Party(usize::from(greeting[6]));
        match heard(&greeting, self.party) {
            Ok(from) => {
                stream.write_all(&hello(self.party, from)).map_err(passing)?;
                Ok(Some((from, stream)))
            }
            Err(fault @ PeerFault::Disagrees { .. }) if from > self.party && from.0 < 3 => {
                // The dialler shall see this party's version too; whether it listens is its own affair.
                let _ = stream.write_all(&hello(self.party, from));
                Err(Failure::Final(Error::peer(from, fault)))
            }
            Err(fault) => Err(Failure::Passing(fault.to_string())),
        }
    }

    fn left(&self) -> Duration {
        self.timeout.saturating_sub(self.start.elapsed()).max(Duration::from_millis(1))
    }

    fn unreachable(&self, peer: Party, cause: String) -> Error {
        let address = self.addresses[peer.0].to_string();
        Error::peer(peer, PeerFault::Unreachable { address, seconds: self.timeout.as_secs_f64(), cause })
    }
}

fn hello(from: Party, to: Party) -> [u8; HELLO_BYTES] {
    let [low, high] = WIRE_VERSION.to_le_bytes();
    [b'S', b'P', b'U', b'H', low, high, from.0 as u8, to.0 as u8]
}

/// Who said this hello, if it is meant for `party`.
fn heard(hello: &[u8; HELLO_BYTES], party: Party) -> Result<Party, PeerFault> {
    let [b'S', b'P', b'U', b'H', low, high, from, to] = *hello else {
        return Err(malformed("a hello that begins with `SPUH`", format!("{hello:02x?}")));
    };
    let version = u16::from_le_bytes([low, high]);
    if version != WIRE_VERSION {
        let (here, there) = (WIRE_VERSION.to_string(), version.to_string());
        return Err(PeerFault::Disagrees { subject: "the version of frames", here, there });
    }
    let (from, to) = (Party(from.into()), Party(to.into()));
    if to != party || from == party || from.0 >= Party::COUNT {
        return Err(malformed(format!("a hello to {party}"), format!("one from {from} to {to}")));
    }
    Ok(from)
}

const HELLO_BYTES: usize = 8;
/// Between two attempts to reach a party that is not there yet.
const RETRY: Duration = Duration::from_millis(20);
/// Between two looks for a connection.
const POLL: Duration = Duration::from_millis(5);
/// How long a connection may keep its hello back; others wait meanwhile.
const HELLO_TIMEOUT: Duration = Duration::from_secs(1);
