//! Examples as their users meet them: the built program, its exit codes, its lines and its JSON.
// Each test is a program of its own and uses some of this.
#![allow(dead_code)]

pub(crate) mod mnist;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// An example's program, built once for this profile.
pub(crate) fn program(example: &str) -> PathBuf {
    static PROGRAMS: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);
    let mut programs = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    programs.get_or_insert_default().entry(example.to_owned()).or_insert_with(|| build(example)).clone()
}

fn build(example: &str) -> PathBuf {
    // This test is target/PROFILE/deps/NAME; examples stand beside `deps`.
    let own = std::env::current_exe().unwrap();
    let profile = own.parent().and_then(Path::parent).unwrap();
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--example", example, "--manifest-path"]);
    build.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).arg("--target-dir").arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success(), "the example {example} builds");
    profile.join("examples").join(example)
}

/// Runs an example to its end.
pub(crate) fn run(example: &str, arguments: &[&str]) -> Output {
    Command::new(program(example)).args(arguments).output().unwrap()
}

/// What it said on standard error.
pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs an example, which succeeds, and gives its JSON.
#[track_caller]
pub(crate) fn measured(example: &str, arguments: &[&str]) -> Value {
    let folder = Folder::new();
    let json = folder.0.join("report.json");
    let output = run(example, &[arguments, &["--json", json.to_str().unwrap()]].concat());
    assert!(output.status.success(), "{}", errors(&output));
    serde_json::from_slice(&fs::read(json).unwrap()).unwrap()
}

/// Asserts that the example refuses these arguments in one line, with code 2, and names `culprit`.
#[track_caller]
pub(crate) fn refused(example: &str, arguments: &[&str], culprit: &str) {
    let output = run(example, arguments);
    let text = errors(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
    assert_eq!(text.lines().count(), 1, "{arguments:?}: {text}");
    assert!(text.starts_with("error: ") && text.contains(culprit), "{arguments:?}: {text}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
}

/// A folder that goes when the test ends.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("spu-example-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
