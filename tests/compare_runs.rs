//! The example `compare_runs`: trainings compared by what they wrote.

mod common;

use std::fs;

use common::{Folder, errors, run};

const EXAMPLE: &str = "compare_runs";

/// A training's JSON with these losses, `null` where a step told none.
fn report(folder: &Folder, name: &str, losses: &str, accuracy: &str) -> String {
    let path = folder.0.join(name);
    fs::write(&path, format!(r#"{{"loss": [{losses}], "test_accuracy": {accuracy}, "rounds_per_step": 40}}"#)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn losses_are_compared_step_by_step() {
    let folder = Folder::new();
    let one = report(&folder, "one.json", "2.0, 1.5, null, 1.0", "0.925");
    let two = report(&folder, "two.json", "2.0, 1.25, 3.0, 1.125", "null");
    let longer = report(&folder, "longer.json", "2.0, 1.5, 7.0, 1.0, 9.0", "0.9");
    let output = run(EXAMPLE, &[&one, &two, &longer]);
    assert!(output.status.success(), "{}", errors(&output));
    // Steps that one of two does not tell, or does not have, do not count.
    let expected = "one: accuracy 92.50 %\n\
                    two: accuracy not tested; losses part by 0.250000 at most, in step 2\n\
                    longer: accuracy 90.00 %; losses part by 0.000000 at most, in step 1\n";
    let text = String::from_utf8(output.stdout).unwrap();
    let part = |line: &str| line.split(", in step").next().unwrap().to_owned();
    assert_eq!(text.lines().map(part).collect::<Vec<_>>(), expected.lines().map(part).collect::<Vec<_>>());
    assert!(text.contains("0.250000 at most, in step 2\n"), "{text}");
}

#[test]
fn losses_that_part_by_more_are_an_error() {
    let folder = Folder::new();
    let one = report(&folder, "one.json", "2.0, 1.5", "null");
    let two = report(&folder, "two.json", "2.0, 1.25", "null");
    assert!(run(EXAMPLE, &["--within", "0.25", &one, &two]).status.success());
    let output = run(EXAMPLE, &["--within", "0.249", &one, &two]);
    assert!(!output.status.success());
    assert!(errors(&output).contains("the losses of one and two part by 0.250000"), "{}", errors(&output));
}

#[test]
fn what_cannot_be_compared_is_told() {
    let folder = Folder::new();
    let one = report(&folder, "one.json", "2.0, null", "null");
    let silent = report(&folder, "silent.json", "null, 1.0", "null");
    let broken = folder.0.join("broken.json");
    fs::write(&broken, "[1, 2]").unwrap();
    let missing = folder.0.join("missing.json");
    let cases = [
        (silent.as_str(), "one and silent have no step whose loss both tell"),
        (broken.to_str().unwrap(), "broken.json is not what --json writes"),
        (missing.to_str().unwrap(), "missing.json"),
    ];
    for (other, told) in cases {
        let output = run(EXAMPLE, &[&one, other]);
        assert!(!output.status.success() && output.stdout.iter().filter(|&&c| c == b'\n').count() <= 1);
        assert!(errors(&output).contains(told), "{}", errors(&output));
    }
}

#[test]
fn curves_are_drawn_in_one_picture() {
    let folder = Folder::new();
    let one = report(&folder, "one.json", "2.0, 1.5, 1.25", "null");
    let two = report(&folder, "two.json", "2.0, 1.25, 1.0", "null");
    let svg = folder.0.join("losses.svg");
    assert!(run(EXAMPLE, &["--svg", svg.to_str().unwrap(), &one, &two]).status.success());
    let picture = fs::read_to_string(svg).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("one") && picture.contains("two"), "{picture}");
}
