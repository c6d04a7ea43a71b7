//! A network that misbehaves once, for tests.

use std::thread;
use std::time::Duration;

use spu::error::PeerFault;

use super::channel::{Link, Outbound};
use super::frame::{Body, Frame};

/// What happens to one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// It is lost.
    Drop,
    /// It leaves this much later, and what follows waits behind it.
    Delay(Duration),
    /// Its last word or byte is missing; the last message, if that is empty.
    Truncate,
    /// A bit of its body is flipped; without a body, of its superstep.
    Corrupt,
    /// It leaves after the frame that follows it.
    Reorder,
    /// It leaves twice.
    Duplicate,
    /// The link closes in its stead.
    HangUp,
}

/// The same link, on which `fault` befalls the frame number `nth` (from 0) that this party sends.
pub fn inject(link: Link, nth: usize, fault: Fault) -> Link {
    link.wrap_outbound(|below| Faulty { below: Some(below), until: nth, fault, held: None })
}

struct Faulty {
    /// `None` once hung up.
    below: Option<Box<dyn Outbound>>,
    /// Frames before the fault; `usize::MAX` once it is past.
    until: usize,
    fault: Fault,
    held: Option<Frame>,
}

impl Outbound for Faulty {
    fn send(&mut self, frame: Frame) -> Result<(), PeerFault> {
        let now = self.until == 0;
        self.until = if now { usize::MAX } else { self.until - 1 };
        let below = self.below.as_mut().ok_or(PeerFault::Closed)?;
        if !now {
            below.send(frame)?;
            return self.held.take().map_or(Ok(()), |held| below.send(held));
        }
        match self.fault {
            Fault::Drop => Ok(()),
            Fault::Delay(time) => {
                thread::sleep(time);
                below.send(frame)
            }
            Fault::Truncate => below.send(truncated(frame)),
            Fault::Corrupt => below.send(corrupted(frame)),
            Fault::Reorder => {
                self.held = Some(frame);
                Ok(())
            }
            Fault::Duplicate => {
                below.send(frame.clone())?;
                below.send(frame)
            }
            Fault::HangUp => {
                self.below = None;
                Ok(())
            }
        }
    }

    fn flush(&mut self, within: Duration) -> bool {
        self.below.as_mut().is_some_and(|below| below.flush(within))
    }
}

fn truncated(mut frame: Frame) -> Frame {
    match &mut frame.body {
        Body::Data(messages) => {
            if messages.last_mut().is_some_and(|last| last.pop().is_none()) {
                messages.pop();
            }
        }
        Body::Agreement(bytes) => {
            bytes.pop();
        }
        Body::Abort(_) | Body::Goodbye => {}
    }
    frame
}

fn corrupted(mut frame: Frame) -> Frame {
    match &mut frame.body {
        Body::Data(messages) => match messages.iter_mut().flatten().next_back() {
            Some(word) => *word ^= 1,
            None => frame.superstep ^= 1,
        },
        Body::Agreement(bytes) if !bytes.is_empty() => *bytes.last_mut().expect("not empty") ^= 1,
        _ => frame.superstep ^= 1,
    }
    frame
}
