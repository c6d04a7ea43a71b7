//! Vertically split data: the same rows at several parties.

use std::collections::HashMap;

use spu::Error;
use spu::error::PeerFault;
use spu::executor::Executor;

use super::{Arrangement, Dataset, Part, Source, described, parts};

/// What becomes of a row whose key another source does not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unmatched {
    /// It is an error that names the key.
    Refuse,
    /// It is left out, and counted in [`Dataset::dropped`].
    Drop,
}

impl Dataset {
    /// Columns of the same rows at different parties. Each source has the column `key`, whose cells become public; a row of the data set is what
    /// the sources hold under one key, and rows stand in ascending order of the keys' texts (`10` before `9`).
    ///
    /// Errors, at every party: a source without the column `key`, a key twice in a source, a key that another source lacks (unless such rows are to be
    /// [dropped](Unmatched::Drop)), no common key at all, a column of one name in two sources.
    pub fn aligned<'a>(
        session: &(impl Executor + ?Sized),
        key: &str,
        unmatched: Unmatched,
        sources: impl IntoIterator<Item = Source<'a>>,
    ) -> Result<Self, Error> {
        let mut parts = parts(session, Some(key), sources)?;
        parts.iter().try_for_each(sound)?;
        distinct(&parts)?;

        let mut holders: HashMap<&str, usize> = HashMap::new();
        parts.iter().flat_map(|part| &part.outline.keys).for_each(|key| *holders.entry(key).or_default() += 1);
        let is_common = |key: &String| holders[key.as_str()] == parts.len();
        let kept: Vec<Vec<bool>> = parts.iter().map(|part| part.outline.keys.iter().map(is_common).collect()).collect();
        let dropped: Vec<usize> = kept.iter().map(|kept| kept.iter().filter(|&&kept| !kept).count()).collect();
        if unmatched == Unmatched::Refuse && dropped.iter().any(|&count| count > 0) {
            return Err(without_partner(&parts, &kept, &dropped, key));
        }
        let rows = kept[0].len() - dropped[0];
        if rows == 0 {
            let sources: Vec<String> = parts.iter().map(described).collect();
            let problem = format!("expected rows with the same `{key}`, found none");
            return Err(Error::data(sources.join(" and "), None, problem));
        }
        for (part, kept) in parts.iter_mut().zip(kept) {
            let mut kept = kept.into_iter();
            part.order.retain(|_| kept.next().unwrap_or(false));
            part.outline.keys = Vec::new();
        }
        Ok(Self { parts, arrangement: Arrangement::Beside, rows, dropped })
    }
}

/// Keys must be what they are said to be: others rely on their order.
fn sound(part: &Part) -> Result<(), Error> {
    let outline = &part.outline;
    match outline.keys.len() == outline.rows && outline.keys.is_sorted_by(|a, b| a < b) {
        true => Ok(()),
        false => {
            let expected = "as many keys as rows, ascending".into();
            let found = format!("{} keys for {} rows", outline.keys.len(), outline.rows);
            Err(Error::peer(part.owner, PeerFault::Malformed { expected, found }))
        }
    }
}

/// No two sources have a column of the same name.
fn distinct(parts: &[Part]) -> Result<(), Error> {
    let mut seen: HashMap<&str, &Part> = HashMap::new();
    for part in parts {
        for name in part.outline.names() {
            if let Some(other) = seen.insert(name, part) {
                let problem = format!("both have a column `{name}`: select or rename it at one of them");
                return Err(Error::data(format!("{} and {}", described(other), described(part)), None, problem));
            }
        }
    }
    Ok(())
}

/// The first key that some source lacks, and how many there are.
fn without_partner(parts: &[Part], kept: &[Vec<bool>], dropped: &[usize], column: &str) -> Error {
    let at = dropped.iter().position(|&count| count > 0).expect("a row without a partner");
    let first = kept[at].iter().position(|&kept| !kept).expect("a row without a partner");
    let key = &parts[at].outline.keys[first];
    let lacks = |part: &&Part| part.outline.keys.binary_search(key).is_err();
    let other = parts.iter().find(lacks).map_or_else(String::new, described);
    let counts = parts.iter().zip(dropped).map(|(part, count)| format!("{count} in {}", described(part)));
    let counts: Vec<String> = counts.collect();
    let problem = format!(
        "the row with the `{column}` `{key}` has no partner in {other}; rows without: {} (`Unmatched::Drop` leaves them out)",
        counts.join(", ")
    );
    Error::data(described(&parts[at]), None, problem)
}
