//! How an error travels in an abort: bad data under its own name, anything else as the sender's words.
//!
//! Fields follow one another: a byte (0 stopped, 1 data), then texts as length (4 bytes) and UTF-8; for data the source, the
//! problem, the number of index entries (one byte, 255 for no index) and the entries (8 bytes each).

use spu::error::{DataError, PeerFault};
use spu::{Error, Party};

use super::codec::malformed;

/// Why a party gives up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its input cannot be used: the same error at every party.
    Data(DataError),
    /// Anything else, in its own words.
    Stopped(String),
}

impl Reason {
    /// What the peers of a party that met `error` are told. Long texts and indices are cut.
    pub fn of(error: &Error) -> Self {
        match error {
            Error::Data(error) => {
                let index = error.index.as_ref().map(|index| index[..index.len().min(MAX_RANK)].to_vec());
                Self::Data(DataError { source: cut(&error.source), index, problem: cut(&error.problem) })
            }
            other => Self::Stopped(cut(&other.to_string())),
        }
    }

    /// The error at a party that `peer` told this.
    pub fn from_peer(self, peer: Party) -> Error {
        match self {
            Self::Data(error) => Error::Data(Box::new(error)),
            Self::Stopped(reason) => Error::peer(peer, PeerFault::Stopped { reason }),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Self::Data(error) => {
                bytes.push(DATA);
                put_text(&mut bytes, &error.source);
                put_text(&mut bytes, &error.problem);
                bytes.push(error.index.as_ref().map_or(NO_INDEX, |index| index.len() as u8));
                error.index.iter().flatten().for_each(|&i| bytes.extend((i as u64).to_le_bytes()));
            }
            Self::Stopped(reason) => {
                bytes.push(STOPPED);
                put_text(&mut bytes, reason);
            }
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, PeerFault> {
        parse(bytes).ok_or_else(|| malformed("the reason of an abort", format!("{} other bytes", bytes.len())))
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_TEXT)].to_owned()
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
}

fn parse(bytes: &[u8]) -> Option<Reason> {
    let (&kind, mut rest) = bytes.split_first()?;
    let first = text(&mut rest)?;
    let reason = match kind {
        STOPPED => Reason::Stopped(first),
        DATA => {
            let problem = text(&mut rest)?;
            let index = match *rest.split_off_first()? {
                NO_INDEX => None,
                rank if usize::from(rank) <= MAX_RANK => {
                    Some((0..rank).map(|_| entry(&mut rest)).collect::<Option<_>>()?)
                }
                _ => return None,
            };
            Reason::Data(DataError { source: first, index, problem })
        }
        _ => return None,
    };
    rest.is_empty().then_some(reason)
}

fn text(rest: &mut &[u8]) -> Option<String> {
    let length = u32::from_le_bytes(rest.split_off(..4)?.try_into().ok()?) as usize;
    let text = rest.split_off(..length)?;
    (length <= MAX_TEXT).then(|| String::from_utf8(text.to_vec()).ok())?
}

fn entry(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(u64::from_le_bytes(rest.split_off(..8)?.try_into().ok()?)).ok()
}

const STOPPED: u8 = 0;
const DATA: u8 = 1;
const NO_INDEX: u8 = 255;
const MAX_TEXT: usize = 4096;
const MAX_RANK: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bad_data_is_the_same_error_at_the_peer() {
        for index in [None, Some(vec![]), Some(vec![59_999, 783])] {
            let error = DataError { source: "images".into(), index, problem: "NaN".into() };
            let reason = Reason::of(&Error::Data(Box::new(error.clone())));
            let there = Reason::decode(&reason.encode()).expect("valid").from_peer(Party(1));
            assert!(matches!(there, Error::Data(found) if *found == error));
        }
    }

    #[test]
    fn other_errors_name_the_peer_and_keep_its_words() {
        let reason = Reason::of(&Error::peer(Party(0), PeerFault::Closed));
        let there = Reason::decode(&reason.encode()).expect("valid").from_peer(Party(1));
        assert_eq!(there.to_string(), "party 1 stopped: party 0 closed the connection");
    }

    #[test]
    fn long_reasons_are_cut_at_a_character() {
        let reason = Reason::of(&Error::configuration("x", "ä".repeat(100_000)));
        assert!(reason.encode().len() <= 1 + 4 + MAX_TEXT);
        assert_eq!(Reason::decode(&reason.encode()), Ok(reason));
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_reason_or_an_error(kind in 0u8..3, length in 0u8..5, rest in prop::collection::vec(any::<u8>(), 0..60)) {
            let bytes = [&[kind, length, 0, 0, 0][..], &rest].concat();
            if let Ok(reason) = Reason::decode(&bytes) {
                prop_assert_eq!(reason.encode(), bytes);
            }
        }
    }
}
