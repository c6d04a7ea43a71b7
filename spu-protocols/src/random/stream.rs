//! Streams of a pair's key: AES-128 in counter mode, one stream a draw.
//!
//! Block c of a stream is the encryption of 16 bytes, big-endian: run (4), node (4), part (1), label (1), 0 (2), c (4). Addresses
//! differ, so do blocks: no two streams of a key overlap before one has given 64 GiB, where it panics.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use aes::cipher::{Array, InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper};
use ctr::CtrCore;
use ctr::flavors::Ctr32BE;
use spu::Party;

use crate::aby3::{Address, Randomness};
use crate::ring::{Planes, Ring, low_assign};

pub(super) type Cipher = aes::Aes128;

/// The streams of one run at one party.
pub struct Streams {
    party: Party,
    previous: Arc<Cipher>,
    next: Arc<Cipher>,
    run: u32,
    // 12 bytes a draw: cheap against the draw itself, and a draw repeated by mistake would void the privacy of both values.
    opened: RefCell<HashSet<(Party, Address)>>,
}

impl Streams {
    pub(super) fn new(party: Party, previous: Arc<Cipher>, next: Arc<Cipher>, run: u32) -> Self {
        Self { party, previous, next, run, opened: RefCell::default() }
    }

    /// The stream that this party has in common with `peer` at `address`. Each is opened once: a second time would repeat
    /// randomness, and panics.
    pub fn open(&self, peer: Party, address: Address) -> Stream<'_> {
        assert!(self.opened.borrow_mut().insert((peer, address)), "{address:?} with {peer} is opened once in a run");
        let cipher = match peer {
            _ if peer == self.party.next() => &self.next,
            _ if peer == self.party.previous() => &self.previous,
            _ => panic!("a party shares keys with the two others"),
        };
        let mut block = [0; 16];
        block[..4].copy_from_slice(&self.run.to_be_bytes());
        block[4..8].copy_from_slice(&address.node.to_be_bytes());
        block[8] = address.part;
        block[9] = address.step;
        Stream::new(cipher, block)
    }
}

impl<R: Ring> Randomness<R> for Streams {
    fn elements(&self, peer: Party, address: Address, width: u32, count: usize) -> Vec<R> {
        let mut elements = R::from_words(self.open(peer, address).words(R::words(count)), count);
        if width < R::BITS {
            low_assign(&mut elements, width);
        }
        elements
    }

    fn planes(&self, peer: Party, address: Address, elements: usize, count: usize) -> Planes {
        Planes::from_words(elements, count, self.open(peer, address).words(count * elements.div_ceil(64)))
    }
}

/// Uniform words in order; the next call goes on where the last one ended.
pub struct Stream<'a>(StreamCipherCoreWrapper<CtrCore<&'a Cipher, Ctr32BE>>);

impl<'a> Stream<'a> {
    fn new(cipher: &'a Cipher, first_block: [u8; 16]) -> Self {
        Self(StreamCipherCoreWrapper::from_core(CtrCore::inner_iv_init(cipher, &Array(first_block))))
    }

    /// Writes the next words over whatever `words` held.
    pub fn fill(&mut self, words: &mut [u64]) {
        self.0.write_keystream(bytemuck::cast_slice_mut(words));
        if cfg!(target_endian = "big") {
            words.iter_mut().for_each(|word| *word = u64::from_le(*word));
        }
    }

    /// The next `n` words.
    pub fn words(&mut self, n: usize) -> Vec<u64> {
        let mut words = vec![0; n];
        self.fill(&mut words);
        words
    }
}

/// `count` words of the counter stream under a public seed.
pub fn expand(seed: [u64; 2], count: usize) -> Vec<u64> {
    let key: [u8; 16] = std::array::from_fn(|i| seed[i / 8].to_le_bytes()[i % 8]);
    let cipher = Cipher::new((&key).into());
    Stream::new(&cipher, [0; 16]).words(count)
}

#[cfg(test)]
mod tests {
    use super::super::{Keys, insecure_keys};
    use super::*;
    use crate::ring::Z16;

    const ADDRESS: Address = Address { node: 2, part: 3, step: 4 };

    fn big_endian(words: &[u64]) -> Vec<u128> {
        let words = words.chunks_exact(2);
        words.map(|w| u128::from(w[0].swap_bytes()) << 64 | u128::from(w[1].swap_bytes())).collect()
    }

    #[test]
    fn keystream_of_sp_800_38a() {
        // NIST SP 800-38A, F.5.1: the output blocks of CTR-AES128.Encrypt.
        let cipher = Cipher::new(&Array(0x2b7e151628aed2a6abf7158809cf4f3c_u128.to_be_bytes()));
        let mut stream = Stream::new(&cipher, 0xf0f1f2f3f4f5f6f7f8f9fafbfcfdfeff_u128.to_be_bytes());
        let blocks = [
            0xec8cdf7398607cb0f2d21675ea9ea1e4,
            0x362b7c3c6773516318a077d7fc5073ae,
            0x6a2cc3787889374fbeb4c81b17ba6c44,
            0xe89c399ff0f198c6d40a31db156cabfe,
        ];
        assert_eq!(big_endian(&stream.words(8)), blocks);
    }

    #[test]
    fn a_public_seed_is_the_key() {
        // openssl enc -aes-128-ecb of zeros under the key 00 01 … 0f.
        let seed = [0x0706050403020100, 0x0f0e0d0c0b0a0908];
        assert_eq!(big_endian(&expand(seed, 2)), [0xc6a13b37878f5b826f4f8162a1c8d879]);
        assert_eq!(expand(seed, 9)[..2], expand(seed, 2));
    }

    #[test]
    fn block_has_the_documented_layout() {
        // openssl enc -aes-128-ecb of 0000000100000002030400000000000c for c = 0, 1 under the key 00 01 … 0f.
        let cipher = || Arc::new(Cipher::new(&Array(std::array::from_fn(|i| i as u8))));
        let streams = Streams::new(Party(1), cipher(), cipher(), 1);
        let words = streams.open(Party(2), ADDRESS).words(4);
        assert_eq!(big_endian(&words), [0xd8b09041262b254fec2c0cc39ca713e1, 0x400a0ce827753b4ebd43ed91c8ade4ad]);
    }

    #[test]
    fn pieces_are_the_whole() {
        let [mut one, mut other, _] = insecure_keys(5);
        let whole = one.streams(0).open(Party(1), ADDRESS).words(1000);
        let streams = other.streams(0);
        let mut stream = streams.open(Party(0), ADDRESS);
        let pieces: Vec<u64> = [0, 1, 2, 3, 64, 930].into_iter().flat_map(|n| stream.words(n)).collect();
        assert_eq!(whole, pieces);
    }

    #[test]
    fn every_pair_agrees_and_every_address_differs() {
        let address = |node, part, step| Address { node, part, step };
        let places = [address(0, 0, 0), address(1, 0, 0), address(0, 1, 0), address(0, 0, 1), address(256, 0, 0)];
        let mut seen = HashSet::new();
        let mut keys: Vec<Keys> = [insecure_keys(7), insecure_keys(8)].into_iter().flatten().collect();
        for run in [0, 1, u32::MAX] {
            let streams: Vec<Streams> = keys.iter_mut().map(|keys| keys.streams(run)).collect();
            for place in places {
                for (i, one) in streams.iter().enumerate() {
                    let other = &streams[i / 3 * 3 + (i + 1) % 3];
                    let words = one.open(other.party, place).words(2);
                    assert_eq!(words, other.open(one.party, place).words(2));
                    assert!(seen.insert(words), "run {run}, {place:?}");
                }
            }
        }
        assert_eq!(seen.len(), 3 * 5 * 6);
    }

    #[test]
    fn local_keys_are_common_and_fresh() {
        let mut draws = HashSet::new();
        for _ in 0..2 {
            let keys = Keys::generate_local().expect("the operating system has randomness");
            let streams = keys.map(|mut keys| keys.streams(0));
            for one in &streams {
                let words = one.open(one.party.next(), ADDRESS).words(2);
                assert_eq!(words, streams[one.party.next().0].open(one.party, ADDRESS).words(2));
                draws.insert(words);
            }
        }
        assert_eq!(draws.len(), 6);
    }

    #[test]
    #[should_panic(expected = "opened once")]
    fn a_stream_is_opened_once() {
        let streams = Keys::insecure(1, Party(0)).streams(0);
        streams.open(Party(1), ADDRESS);
        streams.open(Party(1), ADDRESS);
    }

    #[test]
    #[should_panic(expected = "two others")]
    fn no_key_with_oneself() {
        Keys::insecure(1, Party(0)).streams(0).open(Party(0), ADDRESS);
    }

    /// Every bit below the width is one in half of 2^14 draws, within six standard deviations (2^6); above it is zero.
    fn check_uniform<R: Ring>(width: u32) {
        let streams = Keys::insecure(9, Party(0)).streams(0);
        let drawn: Vec<R> = streams.elements(Party(1), ADDRESS, width, 1 << 14);
        for bit in 0..R::BITS {
            let ones = drawn.iter().filter(|x| x.bit(bit) == R::ONE).count();
            match bit < width {
                true => assert!(ones.abs_diff(1 << 13) < 6 << 6, "bit {bit}: {ones}"),
                false => assert_eq!(ones, 0, "bit {bit}"),
            }
        }
    }

    #[test]
    fn elements_are_uniform_below_their_width() {
        [1, 3, 4].into_iter().for_each(check_uniform::<Z16>);
        [5, 32].into_iter().for_each(check_uniform::<u32>);
        [19, 64].into_iter().for_each(check_uniform::<u64>);
        [80, 128].into_iter().for_each(check_uniform::<u128>);
    }

    #[test]
    fn planes_have_clean_padding() {
        let streams = Keys::insecure(9, Party(0)).streams(0);
        let planes = Randomness::<u64>::planes(&streams, Party(2), ADDRESS, 70, 3);
        let mut clean = planes.clone();
        clean.clear_padding();
        assert_eq!((planes.elements(), planes.count()), (70, 3));
        assert_eq!(planes, clean);
        assert!(planes.words().iter().all(|word| *word != 0));
    }
}
