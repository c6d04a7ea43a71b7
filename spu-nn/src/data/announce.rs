//! Public facts of one party.

use serde::Serialize;
use serde::de::DeserializeOwned;
use spu::error::PeerFault;
use spu::executor::Executor;
use spu::{Error, ExecutorExt, HostTensor, Int, Party, Secret, Shared, Tensor};

/// What `owner` says, at every party: **it becomes public**. `facts` is called at the owner alone; an error there is an error at every party.
///
/// Row counts, names of columns and keys get to the other parties so. In terms of the session it is an input of the owner that is
/// revealed: first how many bytes of JSON there are, then those, three in an integer of the ring. Each of the two costs an input and a
/// reveal.
///
/// ```
/// use spu_nn::data::announce;
/// use spu_tensor::{Evaluator, Party};
///
/// let session = Evaluator::new(); // or any other session
/// let count: usize = announce(&session, Party(1), || Ok(60_000))?;
/// assert_eq!(count, 60_000);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
pub fn announce<F: Serialize + DeserializeOwned>(
    session: &(impl Executor + ?Sized),
    owner: Party,
    facts: impl FnOnce() -> Result<F, Error>,
) -> Result<F, Error> {
    let mut bytes = Vec::new();
    let length: Shared<Tensor<Secret, Int>> = session.input(owner, [], || {
        bytes = serde_json::to_vec(&facts()?).map_err(|e| Error::data("public facts", None, e.to_string()))?;
        match bytes.len() <= LONGEST {
            true => Ok(bytes.len() as i64),
            false => {
                let problem = format!("expected at most {LONGEST} bytes of JSON, found {}", bytes.len());
                Err(Error::data("public facts", None, problem))
            }
        }
    })?;
    let malformed =
        |expected: &str, found: String| Error::peer(owner, PeerFault::Malformed { expected: expected.into(), found });
    let found = session.reveal(&length)?.values()[0];
    if !(0.0..=LONGEST as f64).contains(&found) {
        return Err(malformed("a length of public facts", found.to_string()));
    }
    let length = found as usize;
    let words: Shared<Tensor<Secret, Int>> = session.input(owner, [length.div_ceil(PACKED)], || Ok(packed(&bytes)))?;
    let told = unpacked(&session.reveal(&words)?.values(), length);
    let told = told.ok_or_else(|| malformed("bytes of public facts", "other numbers".into()))?;
    serde_json::from_slice(&told).map_err(|e| malformed("public facts in JSON", e.to_string()))
}

fn packed(bytes: &[u8]) -> HostTensor {
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, &byte| word << 8 | i64::from(byte));
    HostTensor::from(bytes.chunks(PACKED).map(word).collect::<Vec<i64>>())
}

/// The bytes, if there can be such.
fn unpacked(words: &[f64], length: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(PACKED * words.len());
    for &word in words {
        if !(0.0..f64::from(1 << (8 * PACKED))).contains(&word) {
            return None;
        }
        bytes.extend(&(word as u32).to_le_bytes()[..PACKED]);
    }
    bytes.truncate(length);
    Some(bytes)
}

/// Bytes in one integer: 24 bits, which every ring holds.
const PACKED: usize = 3;

/// A limit to what a peer can make us allocate; 10 million keys of 20 characters stay below.
const LONGEST: usize = 1 << 28;
