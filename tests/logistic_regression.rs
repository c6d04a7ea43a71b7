//! The logistic regression as its user meets it: as good as the same regression on real numbers, in every kind of session, and clear about bad data.

mod common;

use std::fs;
use std::path::Path;

use common::{Folder, errors, measured, refused, run};
use spu::nn::data::{Table, shuffled};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/breast_cancer");

/// The rows `[x, 1 if malignant]` in the order of their ids, columns with mean 0 and deviation 1; read and computed without a data set.
fn rows() -> Vec<(Vec<f64>, f64)> {
    let [clinic, laboratory] =
        ["clinic.csv", "laboratory.csv"].map(|file| Table::read(Path::new(FOLDER).join(file)).unwrap());
    let ordered = |table: &Table, column: &str| {
        let ids = table.texts("id").unwrap();
        let mut cells: Vec<_> = ids.into_iter().zip(table.texts(column).unwrap()).collect();
        cells.sort();
        cells.into_iter().map(|(_, cell)| cell).collect::<Vec<String>>()
    };
    let mut columns = Vec::new();
    for table in [&clinic, &laboratory] {
        for name in table.names().filter(|name| !["id", "diagnosis"].contains(name)) {
            let x: Vec<f64> = ordered(table, name).iter().map(|cell| cell.parse().unwrap()).collect();
            let mean = x.iter().sum::<f64>() / x.len() as f64;
            let deviation = (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64).sqrt();
            columns.push(x.into_iter().map(|x| (x - mean) / deviation).collect::<Vec<f64>>());
        }
    }
    let labels = ordered(&laboratory, "diagnosis");
    let row = |i: usize| columns.iter().map(|column| column[i]).collect();
    labels.iter().enumerate().map(|(i, label)| (row(i), f64::from(u8::from(label == "malignant")))).collect()
}

/// The area under the curve of the same training on real numbers: momentum 0.9, rate 0.1, from zero.
fn auc_on_real_numbers(seed: u64, epochs: u64, batch: usize) -> f64 {
    let rows = rows();
    let mut train = shuffled(rows.len(), seed, 0);
    let held_out = train.split_off(rows.len() - rows.len() / 4);
    let width = rows[0].0.len();
    let (mut w, mut v) = (vec![0.0; width + 1], vec![0.0; width + 1]);
    let odds = |w: &[f64], x: &[f64]| x.iter().zip(w).map(|(x, w)| x * w).sum::<f64>() + w[x.len()];
    for epoch in 1..=epochs {
        for batch in shuffled(train.len(), seed, epoch).chunks(batch) {
            let mut gradient = vec![0.0; width + 1];
            for &i in batch {
                let (x, y) = &rows[train[i]];
                let error = (1.0 / (1.0 + (-odds(&w, x)).exp()) - y) / batch.len() as f64;
                gradient.iter_mut().zip(x.iter().chain(&[1.0])).for_each(|(g, x)| *g += error * x);
            }
            v.iter_mut().zip(&gradient).for_each(|(v, g)| *v = 0.9 * *v + g);
            w.iter_mut().zip(&v).for_each(|(w, v)| *w -= 0.1 * v);
        }
    }
    let of = |label: f64| -> Vec<f64> {
        held_out.iter().filter(|&&i| rows[i].1 == label).map(|&i| odds(&w, &rows[i].0)).collect()
    };
    let (positive, negative) = (of(1.0), of(0.0));
    let share = |a: f64, b: f64| f64::from(u8::from(a > b)) + 0.5 * f64::from(u8::from(a == b));
    let wins: f64 = positive.iter().flat_map(|&a| negative.iter().map(move |&b| share(a, b))).sum();
    wins / (positive.len() * negative.len()) as f64
}

/// 427 rows to train on in batches of 100: four whole ones and one of 27 an epoch. Two epochs of 30 columns.
///
/// Log-odds err by less than 0.01 (some 10 steps of numbers of 2^-18 with 30 columns of up to 12), so that only pairs closer than that can be ordered
/// otherwise: a few of the some 5000 pairs.
#[test]
fn as_good_as_on_real_numbers() {
    let expected = auc_on_real_numbers(7, 2, 100);
    assert!(expected > 0.97, "{expected}");
    let arguments = ["--epochs", "2", "--batch", "100", "--seed", "7"];
    let threads = measured("logistic_regression", &arguments);
    let plain = measured("logistic_regression", &[&arguments[..], &["--plain"]].concat());
    let tcp = measured("logistic_regression", &[&arguments[..], &["--transport", "tcp"]].concat());
    for report in [&threads, &plain, &tcp] {
        assert!((report["auc"].as_f64().unwrap() - expected).abs() < 1e-3, "{report} {expected}");
        assert_eq!(
            ["columns", "train_rows", "held_out_rows", "steps"].map(|key| report[key].as_u64().unwrap()),
            [30, 427, 142, 10]
        );
    }
    assert_eq!(threads["rounds"], tcp["rounds"]);
    assert_eq!(threads["bytes"], tcp["bytes"]);
}

#[test]
fn impossible_options() {
    refused("logistic_regression", &["--epochs", "0"], "--epochs");
    refused("logistic_regression", &["--batch", "none"], "--batch");
}

/// Three rows leave none to test on, which all parties see.
#[test]
fn too_few_rows_to_hold_one_out() {
    let read = |file: &str| fs::read_to_string(Path::new(FOLDER).join(file)).unwrap();
    let (clinic, laboratory) = (read("clinic.csv"), read("laboratory.csv"));
    let ids: Vec<&str> = clinic.lines().skip(1).map(|line| line.split_once(',').unwrap().0).collect();
    for (rows, refused) in [(3, true), (4, false)] {
        let folder = Folder::new();
        let kept = |line: &&str| line.starts_with("id,") || ids[..rows].contains(&line.split_once(',').unwrap().0);
        for (file, text) in [("clinic.csv", &clinic), ("laboratory.csv", &laboratory)] {
            let lines: Vec<&str> = text.lines().filter(kept).collect();
            assert_eq!(lines.len(), rows + 1);
            fs::write(folder.0.join(file), lines.join("\n") + "\n").unwrap();
        }
        let arguments = ["--data", folder.path(), "--epochs", "1", "--transport", "tcp"];
        let output = run("logistic_regression", &arguments);
        let said = errors(&output);
        assert_eq!(output.status.code(), Some(i32::from(refused)), "{said}");
        let expected = "clinic.csv and laboratory.csv: expected 4 rows or more, of which one is held out, found 3";
        assert_eq!(said.matches(expected).count(), if refused { 3 } else { 0 }, "{said}");
    }
}

/// The laboratory's file with one cell changed: the error names the place at every party, and not what stands there.
#[test]
fn a_bad_cell_is_named() {
    let folder = Folder::new();
    for file in ["clinic.csv", "laboratory.csv"] {
        fs::copy(Path::new(FOLDER).join(file), folder.0.join(file)).unwrap();
    }
    let path = folder.0.join("laboratory.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen(",benign\n", ",harmless\n", 1)).unwrap();
    let line = 1 + text.lines().position(|line| line.ends_with(",benign")).unwrap();
    let output = run("logistic_regression", &["--data", folder.path(), "--transport", "tcp"]);
    let said = errors(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let expected =
        format!("laboratory.csv, line {line}, column `diagnosis`: expected one of the classes `benign`, `malignant`");
    assert_eq!(said.matches(&expected).count(), 3, "{said}");
    assert!(!said.contains("harmless"), "{said}");
}
