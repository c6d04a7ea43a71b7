//! What parties agree on before any share moves.
//!
//! An agreement takes two exchanges. In the first, each party tells both peers its terms. In the second, each tells both what
//! it has from all three: so parties that were told different things by one peer, or of which only one sees the difference,
//! all refuse.

use std::fmt;

use sha2::{Digest, Sha256};
use spu::error::PeerFault;
use spu::{Error, Party};
use zeroize::Zeroizing;

use crate::link::Links;

/// What a session is made with. The parties must give the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Bits of the ring.
    pub ring_bits: u32,
    /// Fraction bits of fixed-point values.
    pub fraction_bits: u32,
    /// Where keys come from.
    pub keys: KeyPolicy,
}

/// Where keys come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPolicy {
    /// Each party's operating system.
    OperatingSystem,
    /// A seed that all parties know: not secure, for tests.
    Seeded(u64),
}

impl fmt::Display for KeyPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OperatingSystem => write!(f, "operating system"),
            Self::Seeded(seed) => write!(f, "insecure seed {seed}"),
        }
    }
}

/// Makes sure that all parties run this version with these terms.
pub fn handshake(links: &mut Links, terms: &Terms) -> Result<(), Error> {
    agree_on(
        links,
        &[
            ("the version", env!("CARGO_PKG_VERSION").to_owned()),
            ("the bits of the ring", terms.ring_bits.to_string()),
            ("the fraction bits", terms.fraction_bits.to_string()),
            ("the source of keys", terms.keys.to_string()),
        ],
    )
}

/// Makes sure that all parties have the same text for `subject`: a digest, as hexadecimal digits.
pub fn agree(links: &mut Links, subject: &'static str, ours: &str) -> Result<(), Error> {
    agree_on(links, &[(subject, ours.to_owned())])
}

/// Makes sure that all parties have the same texts; the first difference is the one that is told. A text of more than 1 KiB is
/// compared by its digest.
pub fn agree_on(links: &mut Links, terms: &[(&'static str, String)]) -> Result<(), Error> {
    let party = links.party();
    let peers = [party.next(), party.previous()];
    let texts: Vec<String> = terms.iter().map(|(_, text)| shortened(text)).collect();
    let ours = encode(&texts);
    let theirs = links.exchange([ours.clone(), ours.clone()])?;
    let mut view = [digest(&ours); 3];
    peers.iter().zip(&theirs).for_each(|(peer, bytes)| view[peer.0] = digest(bytes));
    // Nobody judges before the views are exchanged: who leaves earlier could leave a party that saw no difference.
    let views = links.exchange([view.concat(), view.concat()])?;
    links.guarded(|_| {
        for (&peer, bytes) in peers.iter().zip(&theirs) {
            compare(peer, terms, &texts, bytes)?;
        }
        let subject = if let [(subject, _)] = terms { subject } else { "the terms of the session" };
        for (&peer, bytes) in peers.iter().zip(&views) {
            if let Some(fault) = differing_view(subject, &view, bytes) {
                return Err(Error::peer(peer, fault));
            }
        }
        Ok(())
    })
}

/// Sends each peer (next, previous) its contribution to a common key and takes theirs.
pub fn exchange_contributions(links: &mut Links, mine: [&[u8; 32]; 2]) -> Result<Zeroizing<[[u8; 32]; 2]>, Error> {
    let theirs = links.exchange(mine.map(|contribution| contribution.to_vec()))?;
    let peers = [links.party().next(), links.party().previous()];
    let mut contributions = Zeroizing::new([[0; 32]; 2]);
    links.guarded(|_| {
        for ((place, bytes), peer) in contributions.iter_mut().zip(&theirs).zip(peers) {
            *place = bytes.as_slice().try_into().map_err(|_| {
                let (expected, found) = ("a contribution of 32 bytes".to_owned(), format!("{} bytes", bytes.len()));
                Error::peer(peer, PeerFault::Malformed { expected, found })
            })?;
        }
        Ok(())
    })?;
    Ok(contributions)
}

/// A text as it is compared.
fn shortened(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        text.to_owned()
    } else {
        format!("{} bytes with digest {}", text.len(), hex(&digest(text.as_bytes())))
    }
}

/// Each text's length (2 bytes) and UTF-8.
fn encode(texts: &[String]) -> Vec<u8> {
    texts.iter().flat_map(|text| [&(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat()).collect()
}

fn decode(mut bytes: &[u8]) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    while !bytes.is_empty() {
        let length = u16::from_le_bytes(bytes.split_off(..2)?.try_into().ok()?);
        texts.push(String::from_utf8(bytes.split_off(..length.into())?.to_vec()).ok()?);
    }
    Some(texts)
}

/// The first difference from what `peer` said.
fn compare(peer: Party, terms: &[(&'static str, String)], ours: &[String], theirs: &[u8]) -> Result<(), Error> {
    let malformed =
        |found: String| Error::peer(peer, PeerFault::Malformed { expected: format!("{} terms", ours.len()), found });
    let theirs = decode(theirs).ok_or_else(|| malformed(format!("{} bytes of something else", theirs.len())))?;
    for (((subject, _), here), there) in terms.iter().zip(ours).zip(&theirs) {
        if here != there {
            let there = there[..there.floor_char_boundary(MAX_TEXT)].to_owned();
            return Err(Error::peer(peer, PeerFault::Disagrees { subject, here: here.clone(), there }));
        }
    }
    if theirs.len() == ours.len() { Ok(()) } else { Err(malformed(format!("{} terms", theirs.len()))) }
}

/// The first party of which a peer heard something else than this party did.
fn differing_view(subject: &'static str, ours: &[[u8; 32]; 3], theirs: &[u8]) -> Option<PeerFault> {
    let view = |i: usize, digest: &[u8]| format!("{} said {}", Party(i), hex(digest));
    if theirs.len() != ours.as_flattened().len() {
        return Some(PeerFault::Malformed {
            expected: "three digests".into(),
            found: format!("{} bytes", theirs.len()),
        });
    }
    let mut views = ours.iter().zip(theirs.chunks_exact(32)).enumerate();
    let (i, (here, there)) = views.find(|(_, (here, there))| here[..] != **there)?;
    Some(PeerFault::Disagrees { subject, here: view(i, here), there: view(i, there) })
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const MAX_TEXT: usize = 1024;

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::link::fault::{Fault, inject};
    use crate::link::local::triangle;

    const SOON: Duration = Duration::from_secs(10);

    /// What each party's `body` gave.
    fn at_all<T: Send>(links: [Links; 3], body: impl Fn(Party, &mut Links) -> T + Sync) -> [T; 3] {
        thread::scope(|scope| {
            let body = &body;
            let threads = links.map(|mut links| scope.spawn(move || body(links.party(), &mut links)));
            threads.map(|thread| thread.join().expect("no party panics"))
        })
    }

    const TERMS: Terms = Terms { ring_bits: 64, fraction_bits: 18, keys: KeyPolicy::OperatingSystem };

    fn assert_disagrees(error: &Error, with: &[usize], on: &str) {
        let Error::Peer(error) = error else { panic!("{error}") };
        assert!(with.contains(&error.party.0), "{error}");
        assert!(matches!(error.fault, PeerFault::Disagrees { subject, .. } if subject == on), "{error}");
    }

    #[test]
    fn equal_terms_are_agreed_on() {
        at_all(triangle(SOON), |_, links| {
            handshake(links, &TERMS).expect("the same");
            agree(links, "the program", &"f".repeat(100_000)).expect("the same");
        });
    }

    #[test]
    fn one_other_term_at_one_party_fails_at_all() {
        for odd in 0..3 {
            let others = [
                (Terms { ring_bits: 32, ..TERMS }, "the bits of the ring"),
                (Terms { fraction_bits: 20, ..TERMS }, "the fraction bits"),
                (Terms { keys: KeyPolicy::Seeded(18), ..TERMS }, "the source of keys"),
            ];
            for (other, subject) in others {
                let errors = at_all(triangle(SOON), |party, links| {
                    handshake(links, if party.0 == odd { &other } else { &TERMS }).expect_err("they differ")
                });
                let peers_of_odd = [(odd + 1) % 3, (odd + 2) % 3];
                for (party, error) in errors.iter().enumerate() {
                    assert_disagrees(
                        error,
                        if party == odd { &peers_of_odd } else { std::slice::from_ref(&odd) },
                        subject,
                    );
                }
            }
        }
    }

    #[test]
    fn three_programs_and_long_ones_are_told_apart() {
        let errors = at_all(triangle(SOON), |party, links| {
            let program = format!("{}{}", "x".repeat(70_000), party.0);
            agree(links, "the program", &program).expect_err("they differ")
        });
        errors
            .iter()
            .enumerate()
            .for_each(|(i, error)| assert_disagrees(error, &[(i + 1) % 3, (i + 2) % 3], "the program"));
    }

    /// Only party 0 sees the changed digest of party 2; party 1 must refuse all the same.
    #[test]
    fn a_digest_that_one_party_alone_sees_changed_fails_at_all() {
        let [zero, one, two] = triangle(SOON);
        let two = two.map(|link| if link.peer() == Party(0) { inject(link, 0, Fault::Corrupt) } else { link });
        let errors = at_all([zero, one, two], |_, links| agree(links, "the program", "0123").expect_err("they differ"));
        assert_disagrees(&errors[0], &[2], "the program");
        assert_disagrees(&errors[1], &[0], "the program");
        assert_disagrees(&errors[2], &[0], "the program");
    }

    #[test]
    fn nonsense_in_place_of_terms_is_malformed() {
        let results = at_all(triangle(SOON), |party, links| {
            if party.0 == 1 {
                let _ = links.exchange([vec![255; 60_000], vec![7]]);
                return links.exchange([vec![], vec![0; 96]]).map(drop);
            }
            agree(links, "the program", "0123")
        });
        for error in [&results[0], &results[2]].map(|result| result.as_ref().expect_err("it is nonsense")) {
            assert!(
                matches!(error, Error::Peer(e) if e.party == Party(1) && matches!(e.fault, PeerFault::Malformed { .. })),
                "{error}"
            );
        }
    }

    /// Party i sends 10 i + j to party j.
    #[test]
    fn contributions_reach_the_peer_they_are_for() {
        let mine = |i: Party, j: Party| [(10 * i.0 + j.0) as u8; 32];
        at_all(triangle(SOON), |party, links| {
            let (next, previous) = (party.next(), party.previous());
            let theirs = exchange_contributions(links, [&mine(party, next), &mine(party, previous)]).expect("all send");
            assert_eq!(*theirs, [mine(next, party), mine(previous, party)]);
        });
    }
}
