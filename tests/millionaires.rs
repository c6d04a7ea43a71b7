//! The example `millionaires` as its users meet it.

mod common;

use common::{errors, measured, refused, run};

const EXAMPLE: &str = "millionaires";

#[test]
fn the_poorer_one_is_told_from_the_richer_and_the_equal_one() {
    // Signs, differences of one, and the ends of the range within which comparisons are exact.
    let most = ((1_i64 << 62) - 1).to_string();
    let least = (-(1_i64 << 62)).to_string();
    let cases = [
        ("1000000", "2500000", true),
        ("2500000", "1000000", false),
        ("7", "7", false),
        ("-7", "-7", false),
        ("-1", "0", true),
        ("-3", "-2", true),
        ("-2", "-3", false),
        ("5", "-9", false),
        (&most, &least, false),
        (&least, &most, true),
    ];
    for (alice, bob, poorer) in cases {
        let report = measured(EXAMPLE, &["--alice", alice, "--bob", bob]);
        assert_eq!(report["alice_is_poorer"], poorer, "{alice} {bob}");
    }
}

#[test]
fn three_processes_and_other_rings_agree_with_threads() {
    let flags = ["--alice", "-40", "--bob", "-39"];
    let threads = measured(EXAMPLE, &flags);
    assert_eq!(threads["alice_is_poorer"], true);
    assert_eq!(measured(EXAMPLE, &[&flags[..], &["--transport", "tcp"]].concat()), threads);
    for ring in ["32", "128"] {
        assert_eq!(measured(EXAMPLE, &[&flags[..], &["--ring", ring]].concat())["alice_is_poorer"], true);
    }
    assert_eq!(measured(EXAMPLE, &[&flags[..], &["--plain"]].concat())["alice_is_poorer"], true);
}

#[test]
fn a_fortune_outside_the_ring_is_named_at_every_party() {
    for (flag, party) in [("--alice", 0), ("--bob", 1)] {
        let output = run(EXAMPLE, &["--ring", "32", flag, "1073741999", "--transport", "tcp"]);
        let text = errors(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        let named = |line: &&str| line.contains(flag) && line.contains("outside the safe range");
        assert_eq!(text.lines().filter(named).count(), 3, "{text}");
        assert!(!text.contains("1073741999"), "the fortune of party {party} is secret: {text}");
    }
    refused(EXAMPLE, &["--alice", "9223372036854775808"], "--alice");
    refused(EXAMPLE, &["--bob", "much"], "--bob");
}
