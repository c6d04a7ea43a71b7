//! Keys of pairs of parties and how two parties agree on one.

use std::sync::Arc;

use aes::cipher::KeyInit;
use sha2::{Digest, Sha256};
use spu::Party;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::stream::{Cipher, Streams};

/// An AES-128 key that two parties share. Wiped when dropped; never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; 16]);

impl Key {
    /// The key of two parties from 32 random bytes of each: SHA-256 of a domain, the two parties and their contributions, lower
    /// party first. Uniform as long as one of the contributions is, and secret as long as both are.
    pub fn agree(one: (Party, &Contribution), other: (Party, &Contribution)) -> Self {
        let [(low, from_low), (high, from_high)] = if one.0 < other.0 { [one, other] } else { [other, one] };
        assert!(low != high, "a pair has two parties");
        let mut hash = Sha256::new();
        hash.update(b"spu pair key, version 1");
        hash.update([low.0 as u8, high.0 as u8]);
        hash.update(from_low.0);
        hash.update(from_high.0);
        Self::from_hash(hash)
    }

    fn from_hash(hash: Sha256) -> Self {
        let mut digest = Zeroizing::new([0; 32]);
        hash.finalize_into((&mut *digest).into());
        let mut key = Self([0; 16]);
        key.0.copy_from_slice(&digest[..16]);
        key
    }

    fn cipher(&self) -> Cipher {
        Cipher::new((&self.0).into())
    }
}

/// What one party gives to a common key: 32 bytes of the operating system. Travels to the peer on their link only; wiped when
/// dropped, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Contribution([u8; 32]);

impl Contribution {
    /// Fresh bytes of the operating system.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut contribution = Self([0; 32]);
        getrandom::fill(&mut contribution.0)?;
        Ok(contribution)
    }

    /// As received from a peer. Whoever received them wipes `bytes`.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(*bytes)
    }

    /// As sent to a peer.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What one party holds: the keys it shares with the party before it and with the party after it. The key of the two others has no
/// place in it:
///
/// ```compile_fail,E0061
/// use spu_protocols::random::{Key, Keys};
/// use spu_tensor::Party;
///
/// fn all(a: Key, b: Key, c: Key) -> Keys {
///     Keys::new(Party(0), a, b, c)
/// }
/// ```
pub struct Keys {
    party: Party,
    previous: Arc<Cipher>,
    next: Arc<Cipher>,
    last_run: Option<u32>,
}

impl Keys {
    /// The keys of `party`.
    pub fn new(party: Party, previous: Key, next: Key) -> Self {
        let (previous, next) = (Arc::new(previous.cipher()), Arc::new(next.cipher()));
        Self { party, previous, next, last_run: None }
    }

    /// Fresh keys for three parties in one process, from the operating system.
    pub fn generate_local() -> Result<[Self; 3], getrandom::Error> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed)?;
        Ok(Party::ALL.map(|party| Self::from_seed(&*seed, party)))
    }

    /// Reproducible keys of one party. For tests: whoever knows the seed knows all keys.
    pub fn insecure(seed: u64, party: Party) -> Self {
        Self::from_seed(&seed.to_le_bytes(), party)
    }

    /// The streams of a run. Runs count up: to open one twice, or an earlier one, would repeat randomness, and panics.
    pub fn streams(&mut self, run: u32) -> Streams {
        assert!(self.last_run.is_none_or(|last| last < run), "run {run} opens its streams once and in order");
        self.last_run = Some(run);
        Streams::new(self.party, self.previous.clone(), self.next.clone(), run)
    }

    /// Whose keys these are.
    pub fn party(&self) -> Party {
        self.party
    }

    fn from_seed(seed: &[u8], party: Party) -> Self {
        // The key of a party and the next one is numbered by the former.
        let key = |number: Party| {
            let mut hash = Sha256::new();
            hash.update(b"spu local keys, version 1");
            hash.update([number.0 as u8]);
            hash.update(seed);
            Key::from_hash(hash)
        };
        Self::new(party, key(party.previous()), key(party))
    }
}

/// Reproducible keys of all parties. For tests.
pub fn insecure_keys(seed: u64) -> [Keys; 3] {
    Party::ALL.map(|party| Keys::insecure(seed, party))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_agree_on_one_key() {
        let (a, b) = (Contribution::from_bytes(&[1; 32]), Contribution::from_bytes(&[2; 32]));
        let [p0, p1, p2] = Party::ALL;
        let key = Key::agree((p0, &a), (p1, &b));
        // python3: sha256(b"spu pair key, version 1" + bytes([0, 1]) + b"\1" * 32 + b"\2" * 32).hexdigest()[:32]
        assert_eq!(u128::from_be_bytes(key.0), KEY);
        assert_eq!(key.0, Key::agree((p1, &b), (p0, &a)).0);
        assert_ne!(key.0, Key::agree((p0, &b), (p1, &a)).0);
        assert_ne!(key.0, Key::agree((p0, &a), (p2, &b)).0);
    }

    #[test]
    fn keys_are_wiped() {
        fn wiped<T: ZeroizeOnDrop>() {}
        wiped::<Key>();
        wiped::<Contribution>();
        wiped::<Cipher>();
        let mut key = Key([7; 16]);
        key.zeroize();
        assert_eq!(key.0, [0; 16]);
    }

    #[test]
    fn contributions_are_fresh() {
        let [a, b] = [(); 2].map(|()| Contribution::generate().expect("the operating system has randomness"));
        assert_ne!(a.0, b.0);
        assert_ne!(a.0, [0; 32]);
    }

    #[test]
    #[should_panic(expected = "once and in order")]
    fn a_run_is_not_repeated() {
        let mut keys = Keys::insecure(1, Party(0));
        keys.streams(3);
        keys.streams(3);
    }

    const KEY: u128 = 0xfc2e2ae70ad280888ea7edeb0f7b80fd;
}
