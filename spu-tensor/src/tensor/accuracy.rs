//! What each function promises of secret arguments, for each number format: the one list behind the documentation of methods, the table in
//! `docs/functions.md` and the tests that hold the parties to it.
//!
//! ```
//! use spu_tensor::accuracy;
//!
//! let exp = accuracy::of("exp").unwrap();
//! // In the ring 2^64 with 18 fraction bits: 4 units of the last place, whatever x ≤ 0.
//! assert_eq!(exp.error[1].to_string(), "4 ulp");
//! assert!(exp.error[1].allowed(0.5, 18) == 4.0 / 262_144.0);
//! ```

use std::fmt;

/// A function, where it is defined, and how far from the true value the parties may be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Accuracy {
    /// Its method, operator or expression.
    pub name: &'static str,
    /// The arguments for which the error holds, in Markdown; f and K are the format's fraction bits and the ring's bits.
    pub domain: &'static str,
    /// What other arguments give.
    pub outside: &'static str,
    /// The largest error in each of [`FORMATS`].
    pub error: [ErrorBound; FORMATS.len()],
}

/// An error's bound: `ulp` units of the last place or, if that is more, a part of the true value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ErrorBound {
    /// Units of the last place, 2^−f.
    pub ulp: f64,
    /// b, for 2^−b of the true value.
    pub relative: Option<i32>,
    /// Whether both add up, instead of the larger one being allowed.
    pub is_sum: bool,
}

/// The formats that are listed: bits of the ring, fraction bits.
pub const FORMATS: [(u32, u32); 4] = [(32, 8), (64, 18), (128, 26), (128, 40)];

/// The row of this name.
pub fn of(name: &str) -> Option<&'static Accuracy> {
    ALL.iter().find(|row| row.name == name)
}

impl ErrorBound {
    /// The largest error that is allowed where the true value is `exact`.
    pub fn allowed(self, exact: f64, fraction_bits: u32) -> f64 {
        let absolute = self.ulp * 0.5f64.powi(fraction_bits as i32);
        let relative = self.relative.map_or(0.0, |bits| exact.abs() * 0.5f64.powi(bits));
        if self.is_sum { absolute + relative } else { absolute.max(relative) }
    }
}

impl fmt::Display for ErrorBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ulp, self.relative) {
            (0.0, None) => f.write_str("exact"),
            (ulp, None) => write!(f, "{ulp} ulp"),
            (ulp, Some(bits)) => write!(f, "{ulp} ulp {} 2^−{bits}", if self.is_sum { "and" } else { "or" }),
        }
    }
}

/// The text of a bound, as [`ErrorBound`] prints it.
macro_rules! bound_text {
    ([exact]) => {
        "exact"
    };
    ([$ulp:literal]) => {
        concat!($ulp, " ulp")
    };
    ([$ulp:literal or $bits:literal]) => {
        concat!($ulp, " ulp or 2^−", $bits)
    };
    ([$ulp:literal and $bits:literal]) => {
        concat!($ulp, " ulp and 2^−", $bits)
    };
}
pub(crate) use bound_text;

macro_rules! bound {
    ([exact]) => {
        ErrorBound { ulp: 0.0, relative: None, is_sum: false }
    };
    ([$ulp:literal]) => {
        ErrorBound { ulp: $ulp as f64, relative: None, is_sum: false }
    };
    ([$ulp:literal or $bits:literal]) => {
        ErrorBound { ulp: $ulp as f64, relative: Some($bits), is_sum: false }
    };
    ([$ulp:literal and $bits:literal]) => {
        ErrorBound { ulp: $ulp as f64, relative: Some($bits), is_sum: true }
    };
}

macro_rules! accuracies {
    ($($key:ident $name:literal, $domain:literal, $outside:literal, $z32:tt $z64:tt $z128:tt $z128_40:tt;)+) => {
        /// All functions.
        pub const ALL: &[Accuracy] = &[$(Accuracy {
            name: $name,
            domain: $domain,
            outside: $outside,
            error: [bound!($z32), bound!($z64), bound!($z128), bound!($z128_40)],
        }),+];

        /// A row of a method's documentation.
        macro_rules! accuracy_row {
            $(($key) => {
                concat!(
                    "| ", $name, " | ", $domain, " | ", $outside, " | ",
                    $crate::tensor::accuracy::bound_text!($z32), " | ",
                    $crate::tensor::accuracy::bound_text!($z64), " | ",
                    $crate::tensor::accuracy::bound_text!($z128), " | ",
                    $crate::tensor::accuracy::bound_text!($z128_40), " |\n",
                )
            };)+
        }
        pub(crate) use accuracy_row;
    };
}

accuracies! {
    exp "exp", "x ≤ 0", "see below", [4] [4] [4] [4];
    exp_above_0 "exp above 0", "0 < x ≤ 20, e^x ≤ 2^(K − 2.1 − f)", "0 from 20 + 1/16 on", [2.5 or 15] [2 or 15] [2 or 15] [2 or 15];
    exp_decay "exp of a known x ≤ 0", "x ≤ 0", "wrong from 1/16 on", [2.2] [1.7] [1.7] [1.7];
    exp_m1 "exp_m1", "x ≤ 0", "see below", [4] [4] [4] [4];
    exp_m1_above_0 "exp_m1 above 0", "0 < x ≤ 20, e^x ≤ 2^(K − 2.1 − f)", "−1 from 20 + 1/16 on", [2.5 or 15] [2 or 15] [2 or 15] [2 or 15];
    ln "ln, log", "x > 0", "0", [4] [4] [4] [4];
    ln_narrow "ln of a known 1 ≤ x ≤ 10", "1 ≤ x ≤ 10", "wrong", [4] [4] [4] [4];
    ln_1p "ln_1p", "x > −1", "0", [4] [4] [4] [4];
    reciprocal "reciprocal", "x ≠ 0", "1/0 = 0", [2 or 5] [2 or 15] [2 or 23] [2 or 37];
    reciprocal_narrow "reciprocal of a known 1 ≤ x ≤ 10", "1 ≤ x ≤ 10", "wrong", [2 or 5] [2 or 15] [2 or 23] [2 or 37];
    sqrt "sqrt", "x ≥ 0", "0", [2 or 5] [2 or 15] [2 or 23] [2 or 37];
    sqrt_narrow "sqrt of a known 1 ≤ x ≤ 10", "1 ≤ x ≤ 10", "wrong", [2 or 5] [2 or 15] [2 or 23] [2 or 37];
    rsqrt "rsqrt", "x > 0", "0", [2 or 5] [2 or 15] [2 or 23] [2 or 37];
    rsqrt_narrow "rsqrt of a known 1 ≤ x ≤ 10", "1 ≤ x ≤ 10", "wrong", [2 or 5] [2 or 15] [2 or 23] [2 or 37];
    rsqrt_approx "rsqrt_approx", "0 < x < 2^(2f − 2)", "0 for −2^(2f − 2) < x ≤ 0, else meaningless", [2 or 5] [1 and 10] [1 and 10] [1 and 10];
    logistic "logistic, sigmoid", "every x", "always between 0 and 1", [2.2] [2] [2] [2];
    tanh "tanh", "every x", "always between −1 and 1", [2.2] [2] [2] [2];
    erf "erf", "every x", "always between −1 and 1", [2.2] [2] [2] [2];
    softplus "softplus", "every x", "", [2.7] [2.5] [2.5] [2.5];
    silu "silu", "every x", "", [2.7] [2.5] [2.5] [2.5];
    gelu "gelu", "every x", "", [2.7] [2.5] [2.5] [2.5];
    sin "sin", r"\|x\| ≤ 2^10", r"π·\|x\|·2^(2f − K) ulp more", [1.4] [1.4] [1.4] [1.4];
    cos "cos", r"\|x\| ≤ 2^10", r"π·\|x\|·2^(2f − K) ulp more", [1.4] [1.4] [1.4] [1.4];
    atan2 "y.atan2(x)", "every y and x", "0 at the origin", [6] [6] [6] [6];
    asin "asin", "−1 ≤ x ≤ 1", "as ±1, up to 2^12 in 2^64 and 3 in 2^32", [10] [10] [10] [32];
    acos "acos", "−1 ≤ x ≤ 1", "as ±1, up to 2^12 in 2^64 and 3 in 2^32", [10] [10] [10] [32];
    pow "x.pow(y)", r"\|y\| ≤ 2, \|x\|^y ≤ e^20, 2^(K − 2.1 − f)", r"x < 0: ±\|x\|^y for integers y, else 0; 0^y = 0, but x^0 = 1", [2 or 4] [2 or 13] [2 or 14] [2 or 14];
    pow_constant "x.pow(1.7)", "0 < x, x^1.7 ≤ e^20, 2^(K − 2.1 − f)", "0 for x ≤ 0", [2 or 4] [2 or 13] [2 or 14] [2 or 14];
    pow_whole "x.pow(3)", r"\|x³\| < 2^(K − 3 − 2f)", "wraps modulo the ring", [2 or 7] [2 or 17] [2 or 25] [2 or 39];
    pow_negative "x.pow(-2)", "0 < x^−2 < 2^(K − 3 − 2f)", "0 for x = 0, else meaningless", [6 and 4] [6 and 14] [6 and 22] [6 and 36];
    pow_int "x.pow(y) of integers", "y ≥ 0, modulo the ring", "0 for y < 0", [exact] [exact] [exact] [exact];
    multiply "x * y", r"\|x·y\| < 2^(K − 3 − 2f)", "meaningless", [1] [1] [1] [1];
    divide "x / y", "y ≠ 0, x/y in the format", "x/0 = 0", [2 or 5] [2 or 15] [2 or 23] [2 or 37];
    divide_public "x / y, y public", "y ≠ 0, x/y in the format", "a public 0 is an error", [1.012] [1.001] [1.001] [1.001];
    divide_constant "x / 3.0", "every x", "", [1.012] [1.001] [1.001] [1.001];
    remainder "x % y", r"\|x\|, \|y\| < 2^(18 − f), 2^(40 − f), 2^(80 − f) in 2^32, 2^64, 2^128", "x % 0 = x, meaningless beyond", [exact] [exact] [exact] [exact];
    remainder_int "x % y of integers", r"\|x\|, \|y\| < 2^18, 2^40, 2^80 in 2^32, 2^64, 2^128", "x % 0 = x, meaningless beyond", [exact] [exact] [exact] [exact];
    div_trunc "div_trunc", r"\|x\|, \|y\| < 2^18, 2^40, 2^80 in 2^32, 2^64, 2^128", "x/0 = 0, meaningless beyond", [exact] [exact] [exact] [exact];
    remainder_public "x % y of integers, y public", "y ≠ 0", "a public 0 is an error", [exact] [exact] [exact] [exact];
    div_trunc_public "div_trunc, y public", "y ≠ 0", "a public 0 is an error", [exact] [exact] [exact] [exact];
    less "gt, ge, lt, le", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    equal "equal, not_equal", "every x and y", "", [exact] [exact] [exact] [exact];
    maximum "maximum, minimum", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    clamp "clamp", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    relu "relu", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    select "select", "every operand", "", [exact] [exact] [exact] [exact];
    abs "abs", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    sign "sign", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    floor "floor, ceil", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    round "round, round_ties_even", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    trunc "trunc", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    and r"&, \|, ^, ! of integers", "every x and y", "", [exact] [exact] [exact] [exact];
    shift "<<, >>, shift_right_logical", "every x, modulo the ring", "a negative amount is an error", [exact] [exact] [exact] [exact];
    count_ones "count_ones", "every x", "", [exact] [exact] [exact] [exact];
    to_bool "to_bool", "every x", "", [exact] [exact] [exact] [exact];
    max "max, min", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    max_with_one_hot "max_with_one_hot", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    argmax "argmax, argmin", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    any "any, all", "every x", "", [exact] [exact] [exact] [exact];
    sort "sort, top_k", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    argsort "argsort, argsort_descending", "the safe range", "meaningless", [exact] [exact] [exact] [exact];
    median "median", "the safe range", "meaningless", [1] [1] [1] [1];
    prod "prod of 4", r"\|x\| ≤ 1", "each rounding is multiplied by the other factors", [3] [3] [3] [3];
    prod_int "prod of integers", "modulo the ring", "", [exact] [exact] [exact] [exact];
    mean "mean, avg_pool of 10", r"\|Σ x\| < 2^(K − 3 − 2f)", "meaningless", [1 and 8] [1 and 18] [1 and 26] [1 and 40];
    variance "variance of 10", r"\|x\| ≤ 8", r"2·\|x − mean\| + 2 ulp", [18 and 8] [18 and 18] [18 and 26] [18 and 40];
    std "std of 10", r"\|x\| ≤ 8, std ≥ 1", "as sqrt of variance", [4 and 5] [4 and 15] [4 and 23] [4 and 37];
    softmax "softmax of 10", "every x", "0 far below the maximum", [16] [16] [16] [16];
    log_softmax "log_softmax of 10", "every x", "", [18] [18] [18] [18];
    logsumexp "logsumexp of 10", "every x", "", [18] [18] [18] [18];
}

/// The documentation of a method's error: a table with a row for each of its rows in the list.
macro_rules! accuracy {
    ($($key:ident),+) => {
        concat!(
            "\n\nAccuracy of secret numbers under ABY3; an ulp is 2^−f, f the fraction bits:\n\n",
            "| function | domain | outside | 2^32, f = 8 | 2^64, f = 18 | 2^128, f = 26 | 2^128, f = 40 |\n",
            "|---|---|---|---|---|---|---|\n",
            $($crate::tensor::accuracy::accuracy_row!($key)),+,
            "\n"
        )
    };
}
pub(crate) use accuracy;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_texts_are_those_of_the_bounds() {
        for (i, row) in ALL.iter().enumerate() {
            assert!(ALL[..i].iter().all(|other| other.name != row.name), "{}", row.name);
        }
        let text = accuracy!(rsqrt_approx, reciprocal);
        let cells = |name: &str| of(name).unwrap().error.map(|bound| bound.to_string()).join(" | ");
        assert!(text.contains(&cells("rsqrt_approx")) && text.contains(&cells("reciprocal")), "{text}");
        assert!(accuracy!(less).contains("exact | exact"));
    }

    #[test]
    fn the_larger_part_or_both() {
        let bound = |is_sum| ErrorBound { ulp: 2.0, relative: Some(3), is_sum };
        assert_eq!([bound(false), bound(true)].map(|bound| bound.allowed(-16.0, 1)), [2.0, 3.0]);
        assert_eq!(bound(false).allowed(0.0, 1), 1.0);
    }
}
