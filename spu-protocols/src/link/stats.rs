//! What was really written to a peer, counted where it is written and knowing nothing of plans.

use std::ops::AddAssign;
use std::sync::{Arc, Mutex, PoisonError};

use super::codec::HEADER_BYTES;
use super::frame::{Body, Frame};

/// What a party has written to one peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkStats {
    /// Bytes of the messages of data frames: 8 for each word.
    pub payload_bytes: u64,
    /// Messages of data frames.
    pub messages: u64,
    /// Data frames, empty ones too.
    pub frames: u64,
    /// Bytes of handshakes and digests.
    pub agreement_bytes: u64,
    /// Everything else: headers, lengths of messages, aborts, goodbyes.
    pub overhead_bytes: u64,
    /// Run and superstep of the last data frame with a word in it.
    pub last_payload: Option<(u64, u32)>,
}

impl AddAssign for LinkStats {
    /// Both links of a party together.
    fn add_assign(&mut self, other: Self) {
        self.payload_bytes += other.payload_bytes;
        self.messages += other.messages;
        self.frames += other.frames;
        self.agreement_bytes += other.agreement_bytes;
        self.overhead_bytes += other.overhead_bytes;
        self.last_payload = self.last_payload.max(other.last_payload);
    }
}

/// The counters of one link, shared by the half that writes and the one who asks.
#[derive(Clone, Default)]
pub struct Counters(Arc<Mutex<LinkStats>>);

impl Counters {
    /// The counts now.
    pub fn get(&self) -> LinkStats {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, written: LinkStats) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += written;
    }
}

/// What `frame` counts once it is written.
pub(super) fn of_frame(frame: &Frame) -> LinkStats {
    let wire = frame.wire_bytes();
    match &frame.body {
        Body::Data(messages) => {
            let payload_bytes = messages.iter().map(|m| 8 * m.len() as u64).sum();
            LinkStats {
                payload_bytes,
                messages: messages.len() as u64,
                frames: 1,
                overhead_bytes: wire - payload_bytes,
                last_payload: (payload_bytes > 0).then_some((frame.run, frame.superstep)),
                ..LinkStats::default()
            }
        }
        Body::Agreement(bytes) => LinkStats {
            agreement_bytes: bytes.len() as u64,
            overhead_bytes: HEADER_BYTES as u64,
            ..LinkStats::default()
        },
        Body::Abort(_) | Body::Goodbye => LinkStats { overhead_bytes: wire, ..LinkStats::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 32 for a header and 8 for each message's length, by the table in `codec`.
    #[test]
    fn counts_payload_apart_from_overhead() {
        let counters = Counters::default();
        counters.add(of_frame(&Frame::data(4, 9, vec![vec![0; 3], vec![], vec![0; 2]])));
        counters.add(of_frame(&Frame::data(4, 10, vec![])));
        counters.add(of_frame(&Frame::agreement(1, vec![0; 17])));
        let expected = LinkStats {
            payload_bytes: 40,
            messages: 3,
            frames: 2,
            agreement_bytes: 17,
            overhead_bytes: 32 + 3 * 8 + 32 + 32,
            last_payload: Some((4, 9)),
        };
        assert_eq!(counters.get(), expected);
    }
}
