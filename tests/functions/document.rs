//! The documentation's table of functions: what the list says, and costs that are the compiler's.
//!
//! `UPDATE_DOCS=1 cargo test --release --test functions` writes `docs/functions.md` anew.

use std::fmt::Write;

use spu::prelude::*;
use spu::{Target, accuracy};

use crate::list::rows;

#[test]
fn the_documentation_has_this_table() {
    let rows = rows();
    let mut text = String::from(HEAD);
    for function in accuracy::ALL {
        let row = rows.iter().find(|row| row.name == function.name);
        let row = row.unwrap_or_else(|| panic!("{} is tried on no grid", function.name));
        let cost = Network::LOCAL.cost(&(row.program)(ELEMENTS).unwrap()).unwrap();
        let bits = 8 * cost.bytes.iter().sum::<u64>();
        // Functions of whole rows send what is no whole number of bits for one element: tenths are exact.
        assert_eq!(10 * bits % ELEMENTS as u64, 0, "{}", function.name);
        let bits = (10 * bits / ELEMENTS as u64) as f64 / 10.0;
        let errors = function.error.map(|bound| bound.to_string()).join(" | ");
        let accuracy::Accuracy { name, domain, outside, .. } = function;
        writeln!(text, "| {name} | {domain} | {outside} | {errors} | {} | {bits} |", cost.rounds).unwrap();
    }
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/functions.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(written, text, "docs/functions.md is another one: see the head of this test");
}

const HEAD: &str = "\
Functions of secret numbers under ABY3, where nothing is known of their arguments, in four number formats: rings of K bits with f fraction bits. An ulp is
2^−f. An error with two parts, as \"2 ulp or 2^−15\", may be as large as the larger of both, and with \"and\" as their sum; the second is a part of the true
value. The safe range is [−2^(K − 2), 2^(K − 2)) ulp, which inputs lie in. Each row is tried on 100 000 points in each format. What is known of an
argument, by `.assume(lo..=hi)` or because the compiler sees it, makes most of them cheaper. Rounds by themselves and bits for each element of x, sent by all parties together,
in the ring 2^64 with 18 fraction bits.

| function | domain | outside | 2^32, f = 8 | 2^64, f = 18 | 2^128, f = 26 | 2^128, f = 40 | rounds | bits |
|---|---|---|---|---|---|---|---|---|
";

/// Elements of a program whose cost is looked at: rows of ten of them make three parts of whole words.
const ELEMENTS: usize = 122_880;
