//! A slower network on one machine: a one-way delay, and a rate at which each party can send over both its links together.
//!
//! A party has one line out. A frame occupies it for its bytes / rate, after the frames before it to either peer, and arrives a
//! delay after its last byte has left. Frames on their way do not wait for each other, as in a real network. The sender holds
//! a frame back until it would arrive and then hands it to the transport below, whose own time is left out of account.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use spu::Error;
use spu::error::PeerFault;

use super::channel::Outbound;
use super::frame::Frame;
use super::links::Links;

/// The network to imitate.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Shaping {
    latency: Duration,
    /// `None` for no limit.
    bytes_per_second: Option<f64>,
}

impl Shaping {
    /// A one-way delay in milliseconds, and each party's rate in megabits (10^6) a second; `None` for an unlimited one.
    pub fn new(latency_ms: f64, bandwidth_mbps: Option<f64>) -> Result<Self, Error> {
        if !(0.0..=MAX_LATENCY_MS).contains(&latency_ms) {
            let problem = format!("{latency_ms} is not between 0 and {MAX_LATENCY_MS} milliseconds");
            return Err(Error::configuration("latency", problem));
        }
        if let Some(mbps) = bandwidth_mbps.filter(|mbps| !(MIN_MBPS..=MAX_MBPS).contains(mbps)) {
            let problem = format!("{mbps} is not between {MIN_MBPS} and {MAX_MBPS} megabits a second");
            return Err(Error::configuration("bandwidth", problem));
        }
        let bytes_per_second = bandwidth_mbps.map(|mbps| mbps * 1e6 / 8.0);
        Ok(Self { latency: Duration::from_secs_f64(latency_ms / 1e3), bytes_per_second })
    }

    /// The links of one party on this network. All three parties are to be shaped.
    pub fn apply(&self, links: Links) -> Links {
        if *self == Self::default() {
            return links;
        }
        let line = Arc::new(Line { shaping: *self, free: Mutex::new(Instant::now()) });
        links.map(|link| link.wrap_outbound(|below| ShapedOutbound::over(below, line.clone())))
    }
}

/// The line out of one party.
struct Line {
    shaping: Shaping,
    /// When its last frame has left.
    free: Mutex<Instant>,
}

impl Line {
    /// When a frame of `bytes` that is ready now arrives.
    fn arrival(&self, bytes: u64) -> Instant {
        let occupied =
            self.shaping.bytes_per_second.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(bytes as f64 / rate));
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = Instant::now().max(*free) + occupied;
        *free + self.shaping.latency
    }
}

enum Job {
    Deliver(Instant, Frame),
    /// To be answered with whether all before it is written, waiting below no longer than this.
    Flush(Duration, Sender<bool>),
}

struct ShapedOutbound {
    line: Arc<Line>,
    /// `None` in `drop` alone.
    jobs: Option<Sender<Job>>,
    /// Disconnected when all frames are handed on.
    finished: Receiver<()>,
}

impl ShapedOutbound {
    fn over(mut below: Box<dyn Outbound>, line: Arc<Line>) -> Self {
        let ((jobs, on_the_way), (done, finished)) = (unbounded(), bounded(0));
        thread::spawn(move || {
            deliver(&mut *below, &on_the_way);
            // The link below closes first, so that who waits for `finished` knows it closed.
            drop((below, on_the_way));
            drop(done);
        });
        Self { line, jobs: Some(jobs), finished }
    }

    fn jobs(&self) -> &Sender<Job> {
        self.jobs.as_ref().expect("the queue is there until the drop")
    }
}

impl Outbound for ShapedOutbound {
    fn send(&mut self, frame: Frame) -> Result<(), PeerFault> {
        let arrival = self.line.arrival(frame.wire_bytes());
        self.jobs().send(Job::Deliver(arrival, frame)).map_err(|_| PeerFault::Closed)
    }

    fn flush(&mut self, within: Duration) -> bool {
        let (answer, answered) = bounded(1);
        self.jobs().send(Job::Flush(within, answer)).is_ok() && answered.recv_timeout(within) == Ok(true)
    }
}

impl Drop for ShapedOutbound {
    fn drop(&mut self) {
        self.jobs = None;
        // What is not there by then is lost, as on a real line; an orderly end waits before it comes here.
        let _ = self.finished.recv_timeout(LINGER);
    }
}

/// Hands each frame on when it arrives, until the queue or the link below ends.
fn deliver(below: &mut dyn Outbound, jobs: &Receiver<Job>) {
    for job in jobs {
        match job {
            Job::Deliver(arrival, frame) => {
                thread::sleep(arrival.saturating_duration_since(Instant::now()));
                if below.send(frame).is_err() {
                    return;
                }
            }
            Job::Flush(within, answer) => {
                // Who asked may have stopped waiting.
                let _ = answer.send(below.flush(within));
            }
        }
    }
}

const MAX_LATENCY_MS: f64 = 60_000.0;
const MIN_MBPS: f64 = 1e-3;
const MAX_MBPS: f64 = 1e9;
/// How long a dropped link waits for its last frames to arrive.
const LINGER: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use spu::Party;

    use super::super::channel::Link;
    use super::super::local::triangle;
    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    /// Party 0's links on that network, and the ends of parties 1 and 2.
    fn shaped(latency_ms: f64, mbps: Option<f64>) -> (Links, Links, Links) {
        let [zero, one, two] = triangle(SOON);
        (Shaping::new(latency_ms, mbps).expect("possible").apply(zero), one, two)
    }

    fn send_words(links: Links, words: [usize; 2]) -> (Links, Instant) {
        let mut next = 0;
        let start = Instant::now();
        let links = links.map(|mut link: Link| {
            link.send(Frame::data(1, 1, vec![vec![0; words[next]]])).expect("open");
            next += 1;
            link
        });
        (links, start)
    }

    fn arrival(links: Links, from: Party, superstep: u32, words: usize) -> (Links, Instant) {
        let mut at = None;
        let links = links.map(|mut link| {
            if link.peer() == from {
                link.receive(1, superstep, &[words], SOON).expect("sent");
                at = Some(Instant::now());
            }
            link
        });
        (links, at.expect("`from` is a peer"))
    }

    #[test]
    fn an_empty_frame_takes_the_delay() {
        let (zero, one, _two) = shaped(50.0, None);
        let (_zero, start) = send_words(zero, [0, 0]);
        assert!(arrival(one, Party(0), 1, 0).1 - start >= Duration::from_millis(50));
    }

    /// 12 500 words are 100 000 bytes: 0.1 s at 8 Mbit/s. The second frame leaves after the first, to the other peer.
    #[test]
    fn both_links_share_the_line() {
        let (zero, one, two) = shaped(20.0, Some(8.0));
        let (_zero, start) = send_words(zero, [12_500, 12_500]);
        assert!(arrival(one, Party(0), 1, 12_500).1 - start >= Duration::from_millis(120));
        assert!(arrival(two, Party(0), 1, 12_500).1 - start >= Duration::from_millis(220));
    }

    /// Two frames 0.6 s on their way arrive together, not one delay apart.
    #[test]
    fn frames_do_not_wait_for_each_others_delay() {
        let (zero, one, _two) = shaped(600.0, None);
        let (zero, start) = send_words(zero, [0, 0]);
        let zero = zero.map(|mut link| {
            link.send(Frame::data(1, 2, vec![vec![]])).expect("open");
            link
        });
        let (one, first) = arrival(one, Party(0), 1, 0);
        let second = arrival(one, Party(0), 2, 0).1;
        assert!(first - start >= Duration::from_millis(600));
        assert!(second - first < Duration::from_millis(500), "{:?} after the first", second - first);
        drop(zero);
    }

    #[test]
    fn frames_on_their_way_arrive_though_the_sender_left() {
        let (zero, one, _two) = shaped(50.0, None);
        drop(send_words(zero, [2, 2]));
        let (one, _) = arrival(one, Party(0), 1, 2);
        drop(one);
    }

    #[test]
    fn impossible_networks_are_configuration_errors() {
        let impossible =
            [(-1.0, None), (f64::NAN, None), (0.0, Some(0.0)), (0.0, Some(f64::NAN)), (0.0, Some(-5.0)), (1e9, None)];
        for (latency, bandwidth) in impossible {
            assert!(
                matches!(Shaping::new(latency, bandwidth), Err(Error::Configuration(_))),
                "{latency} {bandwidth:?}"
            );
        }
    }
}
