//! A link over any pair of byte streams, with a thread that writes and a thread that reads.
//!
//! A plain socket and an encrypted one differ only in the halves that they give to [`link`].

use std::io::{BufReader, BufWriter, Read, Write};
use std::net::Shutdown;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use spu::Party;
use spu::error::PeerFault;

use super::channel::{Inbound, Link, Outbound};
use super::codec::{Allowance, read_frame, write_frame};
use super::frame::Frame;
use super::inbox::{Delivery, Inbox, inbox};
use super::stats::{self, Counters};

/// A link to `peer`. `hang_up` ends the connection under both halves: `Write` lets the peer read what was written and then see
/// the end, `Both` wakes whoever still reads or writes here.
pub fn link(
    peer: Party,
    reader: impl Read + Send + 'static,
    writer: impl Write + Send + 'static,
    hang_up: impl Fn(Shutdown) + Send + Sync + 'static,
) -> Link {
    let counters = Counters::default();
    let hang_up: HangUp = Arc::new(hang_up);
    let ((delivery, inbox), allowance) = (inbox(), Arc::new(Mutex::new(Allowance::default())));
    let ((jobs, to_write), (done, finished)) = (unbounded(), bounded(0));
    let (written, closing) = (counters.clone(), hang_up.clone());
    thread::spawn(move || {
        write_all(BufWriter::with_capacity(BUFFER, writer), to_write, &written);
        closing(Shutdown::Write);
        drop(done);
    });
    let limit = allowance.clone();
    thread::spawn(move || read_all(BufReader::with_capacity(BUFFER, reader), &delivery, &limit));
    let outbound = StreamOutbound { jobs: Some(jobs), finished, hang_up: hang_up.clone() };
    Link::new(peer, outbound, StreamInbound { inbox, allowance, hang_up }, counters)
}

type HangUp = Arc<dyn Fn(Shutdown) + Send + Sync>;

enum Job {
    Write(Frame),
    /// To be answered once all before it is written.
    Flush(Sender<()>),
}

struct StreamOutbound {
    /// `None` in `drop` alone.
    jobs: Option<Sender<Job>>,
    /// Disconnected when the writer has ended.
    finished: Receiver<()>,
    hang_up: HangUp,
}

struct StreamInbound {
    inbox: Inbox,
    allowance: Arc<Mutex<Allowance>>,
    hang_up: HangUp,
}

impl Outbound for StreamOutbound {
    fn send(&mut self, frame: Frame) -> Result<(), PeerFault> {
        let jobs = self.jobs.as_ref().expect("the queue is there until the drop");
        jobs.send(Job::Write(frame)).map_err(|_| PeerFault::Closed)
    }

    fn flush(&mut self, within: Duration) -> bool {
        let (answer, answered) = bounded(1);
        let jobs = self.jobs.as_ref().expect("the queue is there until the drop");
        jobs.send(Job::Flush(answer)).is_ok() && answered.recv_timeout(within).is_ok()
    }
}

impl Drop for StreamOutbound {
    fn drop(&mut self) {
        self.jobs = None;
        if self.finished.recv_timeout(LINGER) == Err(RecvTimeoutError::Timeout) {
            (self.hang_up)(Shutdown::Both);
        }
    }
}

impl Inbound for StreamInbound {
    fn receive(&mut self, within: Duration) -> Result<Frame, PeerFault> {
        self.inbox.take(within)
    }

    fn allow(&mut self, allowance: Allowance) {
        let mut allowed = self.allowance.lock().unwrap_or_else(PoisonError::into_inner);
        *allowed = allowed.max(allowance);
    }
}

impl Drop for StreamInbound {
    fn drop(&mut self) {
        (self.hang_up)(Shutdown::Both);
    }
}

/// Writes until the queue or the stream ends.
fn write_all(mut to: BufWriter<impl Write>, jobs: Receiver<Job>, counters: &Counters) {
    for job in jobs {
        let frame = match job {
            Job::Write(frame) => frame,
            Job::Flush(answer) => {
                // Who asked may have stopped waiting.
                let _ = answer.send(());
                continue;
            }
        };
        let (count, last) = (stats::of_frame(&frame), frame.is_last());
        if write_frame(&mut to, frame).and_then(|()| to.flush()).is_err() {
            return;
        }
        counters.add(count);
        if last {
            return;
        }
    }
}

/// Reads until the stream ends, the peer breaks the format or nobody takes frames any more.
fn read_all(mut from: BufReader<impl Read>, delivery: &Delivery, allowance: &Mutex<Allowance>) {
    let allowed = || *allowance.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let delivered = match read_frame(&mut from, allowed) {
            Ok(frame) => delivery.deliver(frame),
            Err(fault) => delivery.end(fault),
        };
        if delivered.is_err() {
            return;
        }
    }
}

/// Small pieces of frames are gathered up to this size; larger ones pass by the buffer.
const BUFFER: usize = 1 << 16;
/// How long a dropped link waits for its last frames to be written.
const LINGER: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::time::Instant;

    use super::*;

    /// This party's stream and its peer's.
    fn sockets() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback");
        let ours = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
        (ours, listener.accept().expect("it dialled").0)
    }

    #[test]
    fn a_peer_that_never_reads_does_not_hold_back_the_end() {
        let (ours, theirs) = sockets();
        let mut link = super::super::tcp::link(Party(1), ours).expect("open");
        // More than any socket buffer takes.
        link.send(Frame::data(1, 1, vec![vec![0; 16 << 20]])).expect("queued");
        assert!(!link.flush(Duration::from_millis(50)), "the peer does not read");
        let start = Instant::now();
        drop(link);
        assert!(start.elapsed() < 5 * LINGER);
        drop(theirs);
    }

    #[test]
    fn what_was_queued_is_read_after_the_link_is_gone() {
        let (ours, theirs) = sockets();
        let mut link = super::super::tcp::link(Party(1), ours).expect("open");
        let mut there = super::super::tcp::link(Party(0), theirs).expect("open");
        there.allow(Allowance { words: 1 << 20, messages: 1 });
        link.send(Frame::data(1, 1, vec![vec![7; 1 << 20]])).expect("queued");
        link.abort(&spu::Error::data("images", None, "cut off"));
        drop(link);
        let soon = Duration::from_secs(10);
        assert_eq!(there.receive(1, 1, &[1 << 20], soon).expect("queued before the end"), [vec![7; 1 << 20]]);
        assert_eq!(there.receive(1, 2, &[], soon).expect_err("aborted").to_string(), "images: cut off");
    }
}
