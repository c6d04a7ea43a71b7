//! Sorting, shuffling and permuting.
//!
//! A sort looks at the keys' bits, lowest first, in digits of three (Asharov et al., eprint 2022/1595, with opened ranks and wider digits). After every
//! digit all that is still needed moves to a fresh order that nobody knows, and there the ranks so far are opened ([rank](crate::aby3::rank)):
//!
//! ```text
//! digit, in order j  →  indicators          (2 rounds, ahead)
//! ranks by digits 1 … j + 1, shuffled to order j + 1 and opened       (2 rounds)
//! bits of the other digits and the numbers of the elements, shuffled to order j + 1     (2 rounds, ahead)
//! ```
//!
//! In the end the numbers of the elements, in the order of the last opened ranks, are the sorting permutation, modulo 2^m. What it is applied to: it
//! is opened in one more order φ, the rows are taken as it says, and shuffled back by φ ([shuffle](mod@crate::aby3::shuffle)). With P digits, m bits a rank
//! and t bits a key (t = 3·P), beside the decomposition of the keys: 2·P rounds to the last ranks, five or six around them, and an element sends
//!
//! ```text
//! 31·m bits a digit for ranks, indicators and numbers, 4·(bits left) a digit for the rest of the key, 5·m to open, 4·K to move.
//! ```

use std::collections::HashMap;

use spu::graph::Value;
use spu::pphlo::DType;
use spu::{Error, Party, Shape};

use super::{Entry, Lowering};
use crate::aby3::rank::LARGEST_DIGIT;
use crate::share::Kind;

/// What is known of permutations and draws while a program is lowered.
#[derive(Default)]
pub(super) struct Orders {
    known: HashMap<Value, Order>,
    draws: u32,
    sorts: usize,
}

/// A secret permutation.
#[derive(Clone, Copy)]
struct Order {
    /// Its numbers modulo the least power of two that is no less than their number.
    residue: Value,
    /// It, if it was drawn.
    drawn: Option<Value>,
    /// A drawn permutation, and the residue shuffled by it, public.
    opened: Option<(Value, Value)>,
    /// Who deals when it is opened: as in the sort, whose last ranks one party learns late, so that it is the same one that may be late.
    dealer: Party,
}

impl Lowering<'_> {
    /// The permutation that sorts each list of the keys, of which the first decides.
    pub(super) fn arg_sort(&mut self, keys: &[Value], descending: bool, result: Value) -> Result<Entry, Error> {
        let shape = self.shape(result);
        let lists = self.lists(&shape)?;
        let [batch, length] = lists;
        if length <= 1 || batch == 0 {
            let zero = self.splat(0.0, shape, 0);
            let zero = self.build.public_to_arith(zero);
            return Ok(self.number(zero, 0));
        }
        let dealer = Party(self.orders.sorts % 3);
        self.orders.sorts += 1;
        let bits = rank_bits(length);
        let mut rest: Vec<Vec<Digit>> = Vec::new();
        for &key in keys {
            let (value, count) = self.key_bits(key, descending, lists);
            rest.push(digits(count).map(|(start, limit)| Digit { value, start, limit }).collect());
        }
        // Digits in the order of their use, and the bits that they are read off.
        let mut digits: Vec<Digit> = rest.into_iter().rev().flatten().collect();
        digits.reverse();
        let mut ranks = self.places(lists);
        let numbers = self.build.public_to_arith(ranks);
        let mut numbers = self.build.to_residue(numbers, bits);
        while let Some(digit) = digits.pop() {
            let value = self.build.select_bits(digit.value, digit.start, digit.limit);
            let indicators = self.build.indicators(value, bits);
            let permutation = self.permutation(lists, dealer);
            ranks = self.build.open_ranks(indicators, ranks, permutation);
            numbers = self.build.shuffle(numbers, permutation, false);
            self.shuffle_digits(&mut digits, permutation);
        }
        let sorted = self.build.permute_rows(numbers, ranks, true);
        let residue = self.build.reshape(sorted, shape);
        self.orders.known.insert(result, Order { residue, drawn: None, opened: None, dealer });
        Ok(self.permutation_number(result, lists))
    }

    /// A uniform permutation.
    pub(super) fn random_permutation(&mut self, result: Value) -> Result<Entry, Error> {
        let shape = self.shape(result);
        let lists = self.lists(&shape)?;
        let dealer = Party(self.orders.sorts % 3);
        self.orders.sorts += 1;
        let permutation = self.permutation(lists, dealer);
        let iota = self.places(lists);
        let iota = self.build.public_to_arith(iota);
        let numbers = self.build.shuffle(iota, permutation, false);
        let numbers = self.build.reshape(numbers, shape);
        let residue = self.build.to_residue(numbers, rank_bits(lists[1]));
        self.orders.known.insert(result, Order { residue, drawn: Some(permutation), opened: None, dealer });
        Ok(self.number(numbers, 0))
    }

    /// Rows of x in the order of the permutation p, or back.
    pub(super) fn permute(&mut self, x: Value, p: Value, inverse: bool) -> Result<Entry, Error> {
        if let Entry::Splat(c) = self.entry(x) {
            return Ok(Entry::Splat(c));
        }
        let shape = self.shape(x);
        let lists = self.lists(&self.shape(p))?;
        let number = self.as_number(x);
        let source = self.settled_number(number);
        if lists[1] <= 1 || shape.elements() == 0 {
            let value = self.build.public_to_arith(source);
            return Ok(self.number(value, number.precision));
        }
        let width = shape.elements() / (lists[0] * lists[1]);
        let rows = self.build.reshape(source, [lists[0], lists[1], width]);
        let moved = match self.graph.ty(p).is_secret() {
            true => self.permute_secretly(rows, p, lists, inverse),
            false => {
                let index = self.as_number(p);
                let index = self.build.reshape(index.value, lists);
                self.build.permute_rows(rows, index, inverse)
            }
        };
        let value = self.build.reshape(moved, shape);
        Ok(self.number(value, number.precision))
    }

    fn permute_secretly(&mut self, rows: Value, p: Value, lists: [usize; 2], inverse: bool) -> Value {
        if let Some(drawn) = self.order(p, lists).drawn {
            let rows = self.build.public_to_arith(rows);
            return self.build.shuffle(rows, drawn, inverse);
        }
        let (shuffle, index) = self.opened(p, lists);
        if inverse {
            let rows = self.build.public_to_arith(rows);
            let shuffled = self.build.shuffle(rows, shuffle, false);
            return self.build.permute_rows(shuffled, index, true);
        }
        let taken = self.build.permute_rows(rows, index, false);
        let taken = self.build.public_to_arith(taken);
        self.build.shuffle(taken, shuffle, true)
    }

    /// The numbers of a permutation that a sort made: those of the opened copy, shuffled back.
    fn permutation_number(&mut self, p: Value, lists: [usize; 2]) -> Entry {
        let (shuffle, index) = self.opened(p, lists);
        let index = self.build.public_to_arith(index);
        let numbers = self.build.shuffle(index, shuffle, true);
        let numbers = self.build.reshape(numbers, self.shape(p));
        self.number(numbers, 0)
    }

    /// A permutation, opened in an order of its own: once, whatever it is applied to.
    fn opened(&mut self, p: Value, lists: [usize; 2]) -> (Value, Value) {
        let order = self.order(p, lists);
        if let Some(opened) = order.opened {
            return opened;
        }
        let shuffle = self.permutation(lists, order.dealer);
        let residue = self.build.reshape(order.residue, lists);
        let opened = (shuffle, self.build.open_shuffled(residue, shuffle));
        self.orders.known.insert(p, Order { opened: Some(opened), ..order });
        opened
    }

    /// What is known of a secret permutation. The verifier has seen to it that it is one.
    fn order(&mut self, p: Value, lists: [usize; 2]) -> Order {
        if let Some(order) = self.orders.known.get(&p) {
            return *order;
        }
        let number = self.as_number(p);
        let value = self.arith_at(number, 0);
        let residue = self.build.to_residue(value, rank_bits(lists[1]));
        let order = Order { residue, drawn: None, opened: None, dealer: Party(self.orders.sorts % 3) };
        self.orders.known.insert(p, order);
        order
    }

    /// The bits of a key that can differ, as a number that rises with it, or falls, and how many they are.
    fn key_bits(&mut self, key: Value, descending: bool, lists: [usize; 2]) -> (Value, u32) {
        let number = self.as_number(key);
        let value = self.factor(number);
        let value = self.build.public_to_arith(value);
        let value = self.build.reshape(value, lists);
        let scale = self.build.scale(value);
        let (least, most, count) = self.key_range(key, scale);
        let bound = self.build.constant(lists.into(), scale, [if descending { most } else { least }]);
        let offset = match descending {
            true => self.build.subtract(bound, value),
            false => self.build.subtract(value, bound),
        };
        (self.build.decompose(offset, 0, count), count)
    }

    /// Ring elements that bound a key, and the bits of their difference. An interval is of real numbers: rounding may leave it by a little.
    fn key_range(&self, key: Value, scale: u32) -> (i128, i128, u32) {
        let interval = self.intervals[key.index()];
        let unit = libm::ldexp(1.0, scale as i32);
        let slack = if self.dtype(key) == DType::Fxp { libm::ldexp(1.0, scale as i32 - 6).max(8.0) } else { 0.0 };
        let least = libm::floor(interval.lo * unit - slack);
        let most = libm::ceil(interval.hi * unit + slack);
        let all = i128::MIN >> (128 - self.ring.bits);
        // Exact in f64, and below any wrap.
        let exact = libm::ldexp(1.0, (self.ring.bits as i32 - 2).min(52));
        if !(least.abs() < exact && most.abs() < exact) {
            return (all, !all, self.ring.bits);
        }
        let least = least as i128;
        let count = 128 - (most as i128 - least).leading_zeros();
        // The greatest number of so many bits above the least: falling keys count down from it.
        let count = count.max(1);
        (least, least + (1i128 << count) - 1, count)
    }

    /// Moves the bits that the digits are read off to the order of the permutation; those below the next digit of a key are not needed any more.
    fn shuffle_digits(&mut self, digits: &mut [Digit], permutation: Value) {
        let mut moved: HashMap<Value, (Value, u32)> = HashMap::new();
        // The next digit comes last; of one key's digits it is the lowest.
        for digit in digits.iter_mut().rev() {
            let (value, start) = *moved.entry(digit.value).or_insert_with(|| {
                let Kind::Bits(count) = self.build.kind(digit.value) else { unreachable!("keys are bits") };
                let needed = self.build.select_bits(digit.value, digit.start, count);
                (self.build.shuffle(needed, permutation, false), digit.start)
            });
            *digit = Digit { value, start: digit.start - start, limit: digit.limit - start };
        }
    }

    fn permutation(&mut self, lists: [usize; 2], dealer: Party) -> Value {
        let draw = self.draw_number();
        self.build.permutation(lists, draw, dealer)
    }

    /// Tells a draw of the share program from all others.
    pub(super) fn draw_number(&mut self) -> u32 {
        self.orders.draws += 1;
        self.orders.draws - 1
    }

    /// 0, 1, … in every list.
    fn places(&mut self, [batch, length]: [usize; 2]) -> Value {
        let numbers: Vec<i128> = (0..batch).flat_map(|_| 0..length as i128).collect();
        match numbers.is_empty() {
            true => self.build.constant([batch, length].into(), 0, [0]),
            false => self.build.constant([batch, length].into(), 0, numbers),
        }
    }

    /// How many lists along the last axis, and how long they are.
    fn lists(&self, shape: &Shape) -> Result<[usize; 2], Error> {
        let length = shape.extents().last().copied().unwrap_or(1);
        if u32::try_from(length).is_err() || rank_bits(length) >= self.ring.bits {
            let message =
                format!("cannot order {length} rows: a rank does not fit the ring of {} bits", self.ring.bits);
            return Err(Error::program(message, self.location()));
        }
        Ok([shape.elements().checked_div(length).unwrap_or(0), length])
    }
}

/// Bits of some of a key's bits, in the present order of the elements.
#[derive(Clone, Copy)]
struct Digit {
    value: Value,
    start: u32,
    limit: u32,
}

/// Digits of `count` bits, of nearly equal width, lowest first.
fn digits(count: u32) -> impl Iterator<Item = (u32, u32)> {
    let digits = count.div_ceil(LARGEST_DIGIT);
    (0..digits).map(move |i| (count * i / digits, count * (i + 1) / digits))
}

/// The bits of a number below `length`.
fn rank_bits(length: usize) -> u32 {
    length.next_power_of_two().ilog2().max(1)
}
