//! The examples `mnist_cnn` and `table1` on a small data set: every network by every optimizer.

mod common;

use std::fs;

use common::mnist::{TEST, data};
use common::{errors, measured, refused, run};
use serde_json::Value;

#[test]
fn an_unknown_network_is_refused() {
    refused("mnist_cnn", &["--network", "e"], "--network");
    refused("table1", &["--networks", "a,e"], "--networks");
    refused("table1", &["--optimizers", "newton"], "--optimizers");
    refused("table1", &["--network-profile", "pigeon"], "--network-profile");
    refused("table1", &["--real", "--plain"], "--real");
    refused("table1", &["--network-profile", "wan", "--latency-ms", "1"], "--latency-ms");
    refused("table1", &["--network-profile", "lan", "--bandwidth-mbps", "5"], "--bandwidth-mbps");
}

/// Networks with convolutions, pooling and padding train alike among threads, among processes, and in the clear.
#[test]
fn convolutional_networks_train_among_processes_as_in_the_clear() {
    let folder = data(3);
    for (network, optimizer, batch) in [("b", "sgd", "4"), ("c", "adam", "2"), ("d", "amsgrad", "40")] {
        let flags = ["--network", network, "--optimizer", optimizer, "--batch", batch, "--seed", "5", "--steps", "3"];
        let flags = [&flags[..], &["--data", folder.path()]].concat();
        let threads = measured("mnist_cnn", &flags);
        let tcp = measured("mnist_cnn", &[&flags[..], &["--transport", "tcp"]].concat());
        let plain = measured("mnist_cnn", &[&flags[..], &["--plain"]].concat());
        assert_eq!(threads["loss"], tcp["loss"]);
        assert_eq!(tcp["rounds_per_step"], tcp["predicted_rounds_per_step"]);
        assert_eq!(tcp["bytes_per_step"], tcp["predicted_bytes_per_step"]);
        let losses = |report: &Value| -> Vec<f64> {
            report["loss"].as_array().unwrap().iter().map(|loss| loss.as_f64().unwrap()).collect()
        };
        for (secret, clear) in losses(&threads).into_iter().zip(losses(&plain)) {
            assert!((secret - clear).abs() < 5e-3, "network {network}: {secret} {clear}");
        }
    }
}

#[test]
fn the_table_has_a_row_for_each_network_and_optimizer() {
    let folder = data(3);
    let json = folder.0.join("table.json");
    let flags =
        ["--networks", "a,d", "--optimizers", "sgd,amsgrad", "--steps", "2", "--batch", "8", "--data", folder.path()];
    let output = run("table1", &[&flags[..], &["--json", json.to_str().unwrap()]].concat());
    assert!(output.status.success(), "{}", errors(&output));
    let printed = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    let cells: Vec<_> =
        rows.iter().map(|row| (row["network"].as_str().unwrap(), row["optimizer"].as_str().unwrap())).collect();
    assert_eq!(cells, [("a", "sgd"), ("a", "amsgrad"), ("d", "sgd"), ("d", "amsgrad")]);
    for row in &rows {
        assert!(row["seconds_per_batch"].as_f64().unwrap() > 0.0);
        assert!(row["rounds"].as_u64().unwrap() > 20);
        assert!(row["mb_per_party"].as_f64().unwrap() > 0.1);
        assert!(row["peak_memory_mb"].as_f64().unwrap() > 1.0);
        assert!(row["accuracy"].is_null());
    }
    // The published figures of network D by SGD (LAN) stand in its row.
    assert!(
        printed.lines().any(|line| line.starts_with("d   sgd") && line.contains("0.23 / 0.39 / 1.77 / 0.22")),
        "{printed}"
    );
    let curve = fs::read_to_string(json.with_extension("svg")).unwrap();
    assert!(curve.starts_with("<svg") && curve.contains("polyline"));
}

/// Each cell runs in processes of its own: what a large network needed says nothing of a small one after it.
#[test]
fn memory_is_that_of_each_cell() {
    let folder = data(3);
    for flags in [&["--plain"][..], &["--real"], &["--transport", "threads"]] {
        let cells = ["--networks", "c,a", "--optimizers", "sgd", "--steps", "1", "--batch", "100"];
        let rows = measured("table1", &[&cells[..], flags, &["--data", folder.path()]].concat());
        let [large, small] = [0, 1].map(|i| rows[i]["peak_memory_mb"].as_f64().unwrap());
        assert!(small > 1.0 && small < 0.8 * large, "{flags:?}: {large} MB, then {small} MB");
    }
}

/// Every round takes at least the latency of the profile; the first and the last may lie outside of what is timed.
#[test]
fn profiles_shape_the_links() {
    let folder = data(3);
    let row = |profile: &str| {
        let cell = ["--networks", "a", "--optimizers", "sgd", "--steps", "2", "--batch", "8"];
        let rows = measured("table1", &[&cell[..], &["--network-profile", profile, "--data", folder.path()]].concat());
        (rows[0]["seconds_per_batch"].as_f64().unwrap(), rows[0]["rounds"].as_f64().unwrap())
    };
    for (profile, latency) in [("lan", 0.05e-3), ("wan", 20e-3)] {
        let (seconds, rounds) = row(profile);
        assert!(seconds >= (rounds - 2.0) * latency, "{profile}: {seconds} s for {rounds} rounds");
    }
}

#[test]
fn real_numbers_and_the_clear_give_an_accuracy() {
    let folder = data(3);
    for flag in ["--real", "--plain"] {
        let flags =
            ["--networks", "d", "--optimizers", "adam", "--epochs", "1", "--batch", "50", "--data", folder.path()];
        let output =
            run("table1", &[&flags[..2], &["--optimizers", "sgd", "--steps", "1"], &flags[6..], &[flag]].concat());
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.contains("in the clear, in one process") && printed.lines().count() == 6, "{printed}");
        let rows = measured("table1", &[&flags[..], &[flag]].concat());
        let right = rows[0]["accuracy"].as_f64().unwrap() / 100.0 * TEST as f64;
        assert!((right - right.round()).abs() < 1e-6 && (0.0..=TEST as f64).contains(&right), "{rows}");
    }
}
