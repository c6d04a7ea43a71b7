//! Powers of e in integers, for the two halves of the low bits of a summand ([exp](mod@super::exp)).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use super::fixed::{EXPONENT_FRACTION, Fixed, ONE, exponential};
use crate::ring::Ring;
use crate::share::{Accuracy, ExpWindow};

/// How many bits the factors have, and how far they are from the result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Places {
    /// n: bits of x + offset in the window.
    pub(super) low: u32,
    /// Fraction bits of the dealt e^−a without and with carry.
    pub(super) dealt: [i32; 2],
    /// Fraction bits of the known factors without and with carry.
    pub(super) known: [i32; 2],
    /// How far the product is shifted.
    pub(super) shift: u32,
}

impl Places {
    /// For a ring of K = `bits` bits and an operand of scale `scale`.
    pub(super) fn new(window: &ExpWindow, scale: u32, bits: u32) -> Self {
        let peak = window.offset_log2(scale);
        // e^offset < 2^h.
        let h = peak.max(0) + 1;
        let total = match window.accuracy {
            Accuracy::Wide => (bits + window.result_scale) as i32,
            _ => bits as i32 - 2 - h,
        };
        let room = if window.accuracy == Accuracy::Wide { 2 * bits } else { bits } as i32 - 2 - h;
        assert!(total <= room, "the largest value of the window fits the ring");
        let width = (((1 << window.range_bits) * LOG2_E) >> LOG2_FRACTION) as i32;
        let split = |tilt: i32| (total + tilt + 1) >> 1;
        let with_carry = split(peak + width);
        let without = if window.accuracy == Accuracy::Absolute { with_carry } else { split(peak) };
        let dealt = [without, with_carry];
        let shift = total - window.result_scale as i32;
        assert!((1..=bits as i32).contains(&shift), "the result has fewer fraction bits than the product");
        Self { low: scale + window.range_bits, dealt, known: dealt.map(|d| total - d), shift: shift as u32 }
    }
}

impl ExpWindow {
    /// log2 of e^offset, rounded down.
    fn offset_log2(&self, scale: u32) -> i32 {
        ((i128::from(self.offset) * i128::from(LOG2_E)) >> (LOG2_FRACTION + scale)) as i32
    }
}

/// log2 e · 2^20, rounded up.
const LOG2_E: i64 = 1_512_776;
const LOG2_FRACTION: u32 = 20;

/// Powers of e for digits of the low bits.
pub(super) struct Tables<F> {
    places: Places,
    digit_bits: u32,
    /// e^−(digit · its weight), lowest digit first.
    digits: Vec<Vec<F>>,
    /// Those of the last digit times e^(offset + w·2^t) · 2^−exponent, for w = 0 and 1.
    peaks: [Vec<F>; 2],
    exponents: [i32; 2],
}

impl<F: Fixed> Tables<F> {
    fn new(window: &ExpWindow, scale: u32, places: Places) -> Self {
        let count = places.low.div_ceil(DIGIT_BITS);
        let digit_bits = places.low.div_ceil(count);
        // e^−(2^i · 2^−scale).
        let root = |i: u32| {
            let (m, exponent) = exponential(-(1 << (EXPONENT_FRACTION - scale + i)));
            m >> -exponent
        };
        let digit = |d: u32, first: i128| {
            let mut table = vec![first];
            for i in (d * digit_bits..(d + 1) * digit_bits).take_while(|&i| i < places.low) {
                table.extend_from_within(..);
                let (len, root) = (table.len(), root(i));
                table[len / 2..].iter_mut().for_each(|entry| *entry = entry.times(root));
            }
            table.into_iter().map(F::from_wide).collect()
        };
        let peak = |w: i128| {
            let offset = i128::from(window.offset) << (EXPONENT_FRACTION - scale);
            exponential(offset + (w << (window.range_bits + EXPONENT_FRACTION)))
        };
        let peaks = [peak(0), peak(1)];
        Self {
            places,
            digit_bits,
            digits: (0..count).map(|d| digit(d, ONE)).collect(),
            peaks: peaks.map(|(m, _)| digit(count - 1, m)),
            exponents: peaks.map(|(_, exponent)| exponent),
        }
    }

    /// e^−a with the fraction bits of `case`.
    pub(super) fn dealt<R: Ring, I: Ring>(&self, a: &[R], case: usize) -> Vec<I> {
        let last = self.digits.last().expect("there are digits");
        self.products(a, last, self.places.dealt[case])
    }

    /// e^(offset − b), and e^(offset + 2^t − b) for `case` 1.
    pub(super) fn known<R: Ring, I: Ring>(&self, b: &[R], case: usize) -> Vec<I> {
        self.products(b, &self.peaks[case], self.places.known[case] + self.exponents[case])
    }

    /// The product of an entry for each digit, `last` being the table of the highest.
    fn products<R: Ring, I: Ring>(&self, x: &[R], last: &[F], places: i32) -> Vec<I> {
        let (low, count) = (self.places.low, self.digits.len());
        let mask = (1u64 << self.digit_bits) - 1;
        let entry =
            |table: &[F], digits: u64, d: usize| table[(digits >> (d as u32 * self.digit_bits) & mask) as usize];
        let element = |x: &R| {
            let digits = x.low(low).to_u128() as u64;
            let mut product = entry(last, digits, count - 1);
            for (d, table) in self.digits[..count - 1].iter().enumerate() {
                product = product.times(entry(table, digits, d));
            }
            I::from_i128(product.rounded(places))
        };
        x.iter().map(element).collect()
    }
}

/// Tables by scale, offset, range, and what decides their places.
type Known<F> = OnceLock<Mutex<HashMap<(ExpWindow, u32, u32), Arc<Tables<F>>>>>;

/// A number that tables are made of, with the tables made so far.
pub(super) trait Entry: Fixed {
    /// The tables of a window for a ring of K = `bits` bits.
    fn tables(window: &ExpWindow, scale: u32, bits: u32) -> Arc<Tables<Self>>;
}

macro_rules! implement_entry {
    ($($type:ty)*) => {$(
        impl Entry for $type {
            fn tables(window: &ExpWindow, scale: u32, bits: u32) -> Arc<Tables<Self>> {
                static KNOWN: Known<$type> = OnceLock::new();
                let mut known = KNOWN.get_or_init(Mutex::default).lock().expect("no one panics while making tables");
                let made = || Arc::new(Tables::new(window, scale, Places::new(window, scale, bits)));
                known.entry((*window, scale, bits)).or_insert_with(made).clone()
            }
        }
    )*};
}

implement_entry!(i64 i128);

/// Bits of a digit, at most.
const DIGIT_BITS: u32 = 12;
