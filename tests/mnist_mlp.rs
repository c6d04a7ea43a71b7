//! The MNIST example as its user meets it: the built program, its exit codes, its lines and its JSON, on a small data set.

mod common;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use common::mnist::{TEST, TRAIN, data};
use common::{Folder, errors, program, refused, run};
use serde_json::Value;

const EXAMPLE: &str = "mnist_mlp";

/// Runs on `folder`'s data and gives the JSON.
#[track_caller]
fn measured(folder: &Folder, arguments: &[&str]) -> Value {
    common::measured(EXAMPLE, &[&["--data", folder.path()], arguments].concat())
}

#[test]
fn impossible_values_get_one_line_and_code_2() {
    let cases: [&[&str]; 22] = [
        &["--epochs", "0"],
        &["--epochs", "-1"],
        &["--steps", "many"],
        &["--batch", "0"],
        &["--batch", "60001"],
        &["--loss-every", "0"],
        &["--seed", "1.5"],
        &["--optimizer", "newton"],
        &["--transport", "pigeon"],
        &["--latency-ms", "-1"],
        &["--latency-ms", "NaN"],
        &["--bandwidth-mbps", "0"],
        &["--fraction-bits", "63"],
        &["--fraction-bits", "18", "--ring", "32"],
        &["--ring", "48"],
        &["--cpu", "abacus"],
        &["--frobnicate"],
        &["--party", "1"],
        &["--party", "3", "--peers", "127.0.0.1:1,127.0.0.1:2,127.0.0.1:3"],
        &["--party", "0", "--peers", "127.0.0.1:1,127.0.0.1:2,192.0.2.1:3"],
        &["--plain", "--transport", "tcp"],
        &["--json", "/no/such/folder/file.json"],
    ];
    for case in cases {
        refused(EXAMPLE, case, if case[0] == "--party" { "--p" } else { case[0] });
    }
}

#[test]
fn threads_and_processes_give_the_same_bits_as_predicted() {
    let folder = data(3);
    // Three batches of 40, 40, 20.
    let flags = ["--seed", "5", "--epochs", "2", "--batch", "40", "--loss-every", "2"];
    let threads = measured(&folder, &flags);
    let tcp = measured(&folder, &[&flags[..], &["--transport", "tcp"]].concat());
    let plain = measured(&folder, &[&flags[..], &["--plain"]].concat());

    assert_eq!(threads["loss"], tcp["loss"]);
    assert_eq!(threads["test_accuracy"], tcp["test_accuracy"]);
    let losses = threads["loss"].as_array().unwrap();
    assert_eq!(losses.iter().map(Value::is_null).collect::<Vec<_>>(), [false, true, false, true, false, true]);
    for (secret, clear) in losses.iter().zip(plain["loss"].as_array().unwrap()) {
        let difference = secret.as_f64().zip(clear.as_f64()).map_or(0.0, |(a, b)| (a - b).abs());
        assert!(difference < 1e-3, "{secret} {clear}");
    }
    for report in [&threads, &tcp] {
        assert_eq!(report["rounds_per_step"], report["predicted_rounds_per_step"]);
        assert_eq!(report["bytes_per_step"], report["predicted_bytes_per_step"]);
        assert!(report["rounds_per_step"].as_u64().unwrap() > 0);
        assert_eq!(report["images_read"], TRAIN);
        assert_eq!(report["test_images"], TEST);
        assert_eq!(report["step_seconds"].as_array().unwrap().len(), 6);
        assert!(report["peak_memory_bytes"].as_u64().unwrap() > 1 << 20);
        assert_eq!(report["data_md5"].as_object().unwrap().len(), 4);
        let right = report["test_accuracy"].as_f64().unwrap() * TEST as f64;
        assert!((right - right.round()).abs() < 1e-9 && (0.0..=TEST as f64).contains(&right));
        let revealed: BTreeSet<&str> =
            report["reveals"].as_array().unwrap().iter().map(|r| r["program"].as_str().unwrap()).collect();
        assert_eq!(revealed, BTreeSet::from(["publish_count", "publish_facts", "train_step"]));
    }
    let keys: BTreeSet<&str> = threads.as_object().unwrap().keys().map(String::as_str).collect();
    let promised = "bytes_per_step config data_md5 images_read loss peak_memory_bytes predicted_bytes_per_step \
                    predicted_rounds_per_step reveals rounds_per_step step_seconds test_accuracy test_images";
    assert_eq!(keys, promised.split_whitespace().collect());
}

#[test]
fn steps_stop_early_without_a_test() {
    let folder = data(3);
    let report = measured(&folder, &["--steps", "3", "--batch", "77", "--plain"]);
    assert_eq!(report["step_seconds"].as_array().unwrap().len(), 3);
    assert!(report["test_accuracy"].is_null());
    assert_eq!(report["rounds_per_step"], 0);
}

#[test]
fn a_missing_file_is_named_at_every_party() {
    let folder = Folder::new();
    let output = run(EXAMPLE, &["--steps", "1", "--transport", "tcp", "--data", folder.path()]);
    let text = errors(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let named = |line: &&str| line.contains("train-images-idx3-ubyte.gz") && line.contains("expected");
    assert_eq!(text.lines().filter(named).count(), 3, "{text}");
}

#[test]
fn a_label_outside_its_range_is_named_at_every_party() {
    let folder = data(12);
    let output = run(EXAMPLE, &["--steps", "1", "--transport", "tcp", "--data", folder.path()]);
    let text = errors(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let named = |line: &&str| line.contains("labels") && line.contains("[17]") && line.contains("a digit from 0 to 9");
    assert_eq!(text.lines().filter(named).count(), 3, "{text}");
    assert!(!text.contains("found"), "a label is secret: {text}");
}

#[test]
fn another_seed_policy_is_refused_by_every_party() {
    let folder = data(3);
    let listeners: Vec<TcpListener> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let addresses: Vec<String> = listeners.iter().map(|l| l.local_addr().unwrap().to_string()).collect();
    drop(listeners);
    let start = |party: usize| {
        let mut command = Command::new(program(EXAMPLE));
        command.args(["--steps", "1", "--party", &party.to_string(), "--peers", &addresses.join(",")]);
        command.args(["--data", folder.path()]).stdout(Stdio::null()).stderr(Stdio::piped());
        if party == 1 {
            command.args(["--seed", "4"]);
        }
        command.spawn().unwrap()
    };
    let parties: Vec<_> = (0..3).map(start).collect();
    for party in parties {
        let output = party.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(errors(&output).contains("disagrees"), "{}", errors(&output));
    }
}

#[cfg(target_os = "linux")]
mod processes {
    use std::fs;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;

    /// Starts a long training among three processes and waits until they run.
    fn start(folder: &Folder) -> (std::process::Child, Vec<u32>) {
        let mut command = Command::new(program(EXAMPLE));
        command.args(["--steps", "1000000", "--transport", "tcp", "--data", folder.path()]);
        let parent = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut children = Vec::new();
        wait_until("three children run", || {
            children = children_of(parent.id());
            children.len() == 3
        });
        thread::sleep(Duration::from_millis(500));
        (parent, children)
    }

    fn children_of(parent: u32) -> Vec<u32> {
        let ids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        ids.filter(|&id| parent_and_state(id).is_some_and(|(p, _)| p == parent)).collect()
    }

    /// The parent and the state letter of a process, if there is one.
    fn parent_and_state(id: u32) -> Option<(u32, char)> {
        let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let mut fields = text.rsplit(')').next()?.split_whitespace();
        let state = fields.next()?.chars().next()?;
        Some((fields.next()?.parse().ok()?, state))
    }

    fn is_gone(id: u32) -> bool {
        parent_and_state(id).is_none_or(|(_, state)| state == 'Z' || state == 'X')
    }

    #[track_caller]
    fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(name: &str, id: u32) {
        let status = Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status().unwrap();
        assert!(status.success());
    }

    #[test]
    fn an_interrupt_ends_all() {
        let folder = data(3);
        for name in ["INT", "TERM"] {
            let (mut parent, children) = start(&folder);
            signal(name, parent.id());
            assert_eq!(parent.wait().unwrap().code(), Some(130));
            assert!(children.iter().all(|&id| is_gone(id)), "the parent waits for its children");
        }
    }

    #[test]
    fn children_end_with_a_parent_that_was_killed() {
        let folder = data(3);
        let (mut parent, children) = start(&folder);
        parent.kill().unwrap();
        parent.wait().unwrap();
        wait_until("the children end", || children.iter().all(|&id| is_gone(id)));
    }

    #[test]
    fn the_parent_fails_if_a_child_does() {
        let folder = data(3);
        let (mut parent, children) = start(&folder);
        signal("KILL", children[1]);
        assert_eq!(parent.wait().unwrap().code(), Some(1));
        assert!(children.iter().all(|&id| is_gone(id)));
    }
}
