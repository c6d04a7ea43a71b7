//! Rules of the house that a reader would check by searching the source.

use std::fs;
use std::path::{Path, PathBuf};

/// The source files below a folder of this crate.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty(), "{folder} has sources");
    files
}

/// The lines of a file in front of its unit tests, comments left out.
fn code(file: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(file).unwrap();
    let before_tests = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let lines = before_tests.lines().enumerate().map(|(i, line)| (i + 1, line.split("//").next().unwrap().to_owned()));
    lines.collect()
}

/// Parties must agree on every bit, and floating point would steer by values: a kernel knows integers alone, in its tables as well.
#[test]
fn kernels_use_no_floating_point() {
    // The privacy harness is compiled into tests alone.
    for file in sources("aby3").into_iter().filter(|file| !file.iter().any(|part| part == "privacy")) {
        for (number, line) in code(&file) {
            let is_float = ["f64", "f32", "libm"].iter().any(|word| line.contains(word));
            assert!(!is_float, "{}:{number}: {line}", file.display());
        }
    }
}

/// Values leave the kernels through the context alone: no kernel reaches a link, a channel or a mailbox by itself.
#[test]
fn kernels_reach_peers_through_the_context_alone() {
    let own = ["context.rs", "world.rs", "mod.rs"];
    for file in sources("aby3").into_iter().filter(|f| !own.iter().any(|name| f.ends_with(name))) {
        for (number, line) in code(&file) {
            let reaches = ["link::", "crossbeam", "Mailbox", "mailbox"].iter().any(|word| line.contains(word));
            assert!(!reaches, "{}:{number}: {line}", file.display());
        }
    }
}

/// `unsafe` stands in `ring/` and `random/` only, each block with its argument above it.
#[test]
fn unsafe_code_is_confined_and_argued() {
    for file in sources("") {
        let lines = code(&file);
        let text = fs::read_to_string(&file).unwrap();
        let all: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().filter(|(_, line)| line.contains("unsafe {") || line.contains("unsafe fn")) {
            let place = file.to_string_lossy();
            assert!(place.contains("/src/ring/") || place.contains("/src/random/"), "{place}:{number}: {line}");
            if line.contains("unsafe {") {
                let above = &all[number.saturating_sub(6)..*number];
                assert!(above.iter().any(|line| line.contains("SAFETY:")), "{place}:{number}: {line}");
            }
        }
    }
}
