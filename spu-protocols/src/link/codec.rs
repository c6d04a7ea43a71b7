//! The bytes of a frame, little-endian.
//!
//! | bytes | field |
//! |---|---|
//! | 4 | magic `SPUF` |
//! | 2 | version of this format |
//! | 1 | kind: 0 data, 1 agreement, 2 abort, 3 goodbye |
//! | 1 | zero |
//! | 4 | superstep |
//! | 4 | number of messages (data), else zero |
//! | 8 | run |
//! | 8 | words of all messages (data), bytes of the body (others) |
//! | 8 each | words of each message (data) |
//! | | the messages, or the body |
//!
//! The lengths let the reader put each message into memory of its own, so that nothing is copied afterwards. They are
//! checked against the [`Allowance`] before that memory is asked for.

use std::io::{self, ErrorKind, Read, Write};

use spu::error::PeerFault;
use zeroize::Zeroizing;

use super::abort::Reason;
use super::frame::{Body, Frame, MAX_CONTROL};

/// The version of the format of frames.
pub const WIRE_VERSION: u16 = 1;
/// The length of a header.
pub const HEADER_BYTES: usize = 32;

/// How much one data frame of a peer may hold: what the plans that were agreed on allow at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Words of all messages together.
    pub words: u64,
    /// Number of messages.
    pub messages: u32,
}

impl Allowance {
    /// What covers both.
    pub fn max(self, other: Self) -> Self {
        Self { words: self.words.max(other.words), messages: self.messages.max(other.messages) }
    }
}

/// Writes one frame. The caller's writer gathers small pieces; large messages go to it as they lie in memory.
pub(super) fn write_frame(to: &mut impl Write, frame: Frame) -> io::Result<()> {
    let mut header = Header { kind: 0, superstep: frame.superstep, messages: 0, run: frame.run, size: 0 };
    match frame.body {
        Body::Data(messages) => {
            header.messages = u32::try_from(messages.len()).expect("a plan has fewer than 2^32 messages a superstep");
            let mut lengths: Vec<u64> = messages.iter().map(|m| m.len() as u64).collect();
            header.size = lengths.iter().sum();
            to.write_all(&header.encode())?;
            write_words(to, &mut lengths)?;
            messages.into_iter().try_for_each(|mut message| write_words(to, &mut message))
        }
        Body::Agreement(bytes) => write_control(to, Header { kind: 1, ..header }, &bytes),
        Body::Abort(reason) => write_control(to, Header { kind: 2, ..header }, &reason.encode()),
        Body::Goodbye => write_control(to, Header { kind: 3, ..header }, &[]),
    }
}

/// Reads one frame. `allowance` is asked once the header is there.
pub(super) fn read_frame(from: &mut impl Read, allowance: impl Fn() -> Allowance) -> Result<Frame, PeerFault> {
    let mut bytes = [0; HEADER_BYTES];
    read_start(from, &mut bytes)?;
    let header = Header::decode(&bytes)?;
    let body = match header.kind {
        0 => Body::Data(read_messages(from, &header, allowance())?),
        kind => read_control(from, kind, header.size)?,
    };
    Ok(Frame { run: header.run, superstep: header.superstep, body })
}

/// What `body` takes on the wire.
pub(super) fn body_bytes(body: &Body) -> u64 {
    match body {
        Body::Data(messages) => messages.iter().map(|m| 8 + 8 * m.len() as u64).sum(),
        Body::Agreement(bytes) => bytes.len() as u64,
        Body::Abort(reason) => reason.encode().len() as u64,
        Body::Goodbye => 0,
    }
}

/// A frame that breaks the format or the plan.
pub(super) fn malformed(expected: impl Into<String>, found: impl Into<String>) -> PeerFault {
    PeerFault::Malformed { expected: expected.into(), found: found.into() }
}

struct Header {
    kind: u8,
    superstep: u32,
    messages: u32,
    run: u64,
    size: u64,
}

impl Header {
    fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&WIRE_VERSION.to_le_bytes());
        bytes[6] = self.kind;
        bytes[8..12].copy_from_slice(&self.superstep.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.messages.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.run.to_le_bytes());
        bytes[24..].copy_from_slice(&self.size.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Self, PeerFault> {
        let half = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        if bytes[..4] != MAGIC {
            return Err(malformed("a frame that begins with `SPUF`", format!("{:02x?}", &bytes[..4])));
        }
        let version = u16::from_le_bytes([bytes[4], bytes[5]]);
        if version != WIRE_VERSION {
            return Err(malformed(format!("frames of version {WIRE_VERSION}"), format!("version {version}")));
        }
        let header = Self { kind: bytes[6], superstep: half(8), messages: half(12), run: word(16), size: word(24) };
        if header.kind > 3 || bytes[7] != 0 || (header.kind != 0 && header.messages != 0) {
            let found = format!("kind {}, {} messages, reserved {}", header.kind, header.messages, bytes[7]);
            return Err(malformed("a frame's kind", found));
        }
        Ok(header)
    }
}

fn read_messages(from: &mut impl Read, header: &Header, allowance: Allowance) -> Result<Vec<Vec<u64>>, PeerFault> {
    if header.size > allowance.words || header.messages > allowance.messages {
        let Allowance { words, messages } = allowance;
        let expected = format!("at most {words} words in {messages} messages");
        return Err(malformed(expected, format!("{} words in {} messages", header.size, header.messages)));
    }
    let lengths = read_words(from, header.messages.into())?;
    let total = lengths.iter().try_fold(0u64, |sum, &n| sum.checked_add(n));
    if total != Some(header.size) {
        return Err(malformed(format!("messages of {} words together", header.size), format!("{total:?} words")));
    }
    lengths.into_iter().map(|n| read_words(from, n)).collect()
}

fn read_control(from: &mut impl Read, kind: u8, size: u64) -> Result<Body, PeerFault> {
    if size > MAX_CONTROL as u64 || (kind == 3 && size != 0) {
        let limit = if kind == 3 { 0 } else { MAX_CONTROL };
        return Err(malformed(format!("at most {limit} bytes in a frame of kind {kind}"), format!("{size} bytes")));
    }
    let mut bytes = Zeroizing::new(vec![0; size as usize]);
    read_rest(from, &mut bytes)?;
    match kind {
        1 => Ok(Body::Agreement(bytes)),
        2 => Reason::decode(&bytes).map(Body::Abort),
        _ => Ok(Body::Goodbye),
    }
}

fn write_control(to: &mut impl Write, header: Header, body: &[u8]) -> io::Result<()> {
    assert!(body.len() <= MAX_CONTROL, "control frames are small");
    to.write_all(&Header { size: body.len() as u64, ..header }.encode())?;
    to.write_all(body)
}

fn write_words(to: &mut impl Write, words: &mut [u64]) -> io::Result<()> {
    if cfg!(target_endian = "big") {
        words.iter_mut().for_each(|w| *w = w.to_le());
    }
    to.write_all(bytemuck::cast_slice(words))
}

/// The caller has checked that `count` words may be allocated.
fn read_words(from: &mut impl Read, count: u64) -> Result<Vec<u64>, PeerFault> {
    let mut words = vec![0; count as usize];
    read_rest(from, bytemuck::cast_slice_mut(&mut words))?;
    if cfg!(target_endian = "big") {
        words.iter_mut().for_each(|w| *w = u64::from_le(*w));
    }
    Ok(words)
}

/// An end before the first byte of a frame is a closed link; after it, the frame is cut off.
fn read_start(from: &mut impl Read, bytes: &mut [u8]) -> Result<(), PeerFault> {
    loop {
        match from.read(&mut bytes[..1]) {
            Ok(0) => return Err(PeerFault::Closed),
            Ok(_) => return read_rest(from, &mut bytes[1..]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Err(PeerFault::Closed),
        }
    }
}

fn read_rest(from: &mut impl Read, bytes: &mut [u8]) -> Result<(), PeerFault> {
    from.read_exact(bytes).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => malformed("a whole frame", "a frame that is cut off"),
        _ => PeerFault::Closed,
    })
}

const MAGIC: [u8; 4] = *b"SPUF";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SMALL: Allowance = Allowance { words: 100, messages: 8 };

    fn bytes_of(frame: Frame) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, frame).expect("a vector takes all");
        bytes
    }

    /// By the table at the head of this file, written by hand.
    #[test]
    fn data_frame_has_the_documented_bytes() {
        let expected: Vec<u8> = [
            &b"SPUF"[..],
            &[1, 0, 0, 0],
            &[7, 0, 0, 0],
            &[2, 0, 0, 0],
            &[3, 0, 0, 0, 0, 0, 0, 1],
            &[3, 0, 0, 0, 0, 0, 0, 0],
            &[2, 0, 0, 0, 0, 0, 0, 0],
            &[1, 0, 0, 0, 0, 0, 0, 0],
            &[0xf0, 0xde, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12],
            &[255; 8],
            &[5, 0, 0, 0, 0, 0, 0, 0],
        ]
        .concat();
        let frame = Frame::data((1 << 56) + 3, 7, vec![vec![0x1234_5678_9abc_def0, u64::MAX], vec![5]]);
        assert_eq!(frame.wire_bytes(), expected.len() as u64);
        assert_eq!(bytes_of(frame), expected);
    }

    #[test]
    fn refuses_an_oversized_frame_after_its_header_alone() {
        for (words, messages) in [(101, 1), (u64::MAX, 1), (1, 9), (1, u32::MAX)] {
            let header = Header { kind: 0, superstep: 1, messages, run: 1, size: words };
            let stream = [&header.encode()[..], &[0; 64]].concat();
            let mut rest = &stream[..];
            assert!(matches!(read_frame(&mut rest, || SMALL), Err(PeerFault::Malformed { .. })));
            assert_eq!(rest.len(), 64, "nothing behind the header was read");
        }
    }

    #[test]
    fn refuses_lengths_that_do_not_add_up() {
        for lengths in [[3, 3], [u64::MAX, 6], [1 << 63, 1 << 63]] {
            let header = Header { kind: 0, superstep: 1, messages: 2, run: 1, size: 5 };
            let mut stream = header.encode().to_vec();
            stream.extend(lengths.iter().flat_map(|n: &u64| n.to_le_bytes()));
            stream.extend([0; 64]);
            assert!(matches!(read_frame(&mut &stream[..], || SMALL), Err(PeerFault::Malformed { .. })));
        }
    }

    #[test]
    fn tells_an_end_from_a_cut() {
        let bytes = bytes_of(Frame::data(1, 1, vec![vec![1, 2, 3]]));
        assert_eq!(read_frame(&mut &bytes[..0], || SMALL).unwrap_err(), PeerFault::Closed);
        for cut in 1..bytes.len() {
            assert!(matches!(read_frame(&mut &bytes[..cut], || SMALL), Err(PeerFault::Malformed { .. })), "{cut}");
        }
    }

    /// Frames as valid as can be, then a few bytes changed.
    fn nearly_valid() -> impl Strategy<Value = Vec<u8>> {
        let messages = prop::collection::vec(prop::collection::vec(any::<u64>(), 0..6), 0..4);
        let data = (any::<u64>(), any::<u32>(), messages).prop_map(|(run, step, m)| Frame::data(run, step, m));
        let agreement = prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Frame::agreement(3, bytes));
        let abort = Just(Frame::abort(&spu::Error::data("x", Some(vec![1, 2]), "NaN")));
        let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
        (prop_oneof![data, agreement, abort], changes).prop_map(|(frame, changes)| {
            let mut bytes = bytes_of(frame);
            for (at, value) in changes {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            bytes
        })
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_frame_or_an_error(bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..300), nearly_valid()]) {
            let mut rest = &bytes[..];
            match read_frame(&mut rest, || SMALL) {
                Ok(Frame { body: Body::Data(messages), .. }) => {
                    prop_assert!(messages.len() <= SMALL.messages as usize);
                    prop_assert!(messages.iter().map(Vec::capacity).sum::<usize>() <= SMALL.words as usize);
                }
                Ok(Frame { body: Body::Agreement(bytes), .. }) => prop_assert!(bytes.capacity() <= MAX_CONTROL),
                Ok(_) => {}
                Err(fault) => {
                    let typed = matches!(fault, PeerFault::Malformed { .. } | PeerFault::Closed);
                    prop_assert!(typed, "{}", fault);
                }
            }
        }

        #[test]
        fn data_frames_come_back(run: u64, superstep: u32,
            messages in prop::collection::vec(prop::collection::vec(any::<u64>(), 0..9), 0..8)) {
            let bytes = bytes_of(Frame::data(run, superstep, messages.clone()));
            let frame = read_frame(&mut &bytes[..], || SMALL).expect("what was written is valid");
            prop_assert_eq!((frame.run, frame.superstep), (run, superstep));
            prop_assert!(matches!(frame.body, Body::Data(found) if found == messages));
        }
    }
}
