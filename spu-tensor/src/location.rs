//! Source locations: every operation remembers the line of the user's program that asked for it.

use std::fmt;

/// A line and column of the user's source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Source file as the compiler was given it.
    pub file: &'static str,
    /// Line, from 1; 0 means unknown.
    pub line: u32,
    /// Column, from 1; 0 means unknown.
    pub column: u32,
}

impl Location {
    /// No place in the user's source (parsed text, compiler-made operations).
    pub const UNKNOWN: Self = Self { file: "<unknown>", line: 0, column: 0 };

    /// The caller's place; use it in a `#[track_caller]` function.
    #[track_caller]
    pub fn caller() -> Self {
        let at = std::panic::Location::caller();
        Self { file: at.file(), line: at.line(), column: at.column() }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", without_detours(self.file), self.line, self.column)
    }
}

/// The path without `folder/..`, which a module's `#[path]` leaves in it.
fn without_detours(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match parts.last() {
            Some(&last) if part == ".." && last != ".." && !last.is_empty() => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detours_are_left_out() {
        let shown = |file| Location { file, line: 3, column: 5 }.to_string();
        assert_eq!(shown("examples/one/../shared/model.rs"), "examples/shared/model.rs:3:5");
        assert_eq!(shown("a/b/../../c.rs"), "c.rs:3:5");
        assert_eq!(shown("../a/b.rs"), "../a/b.rs:3:5");
        assert_eq!(shown("/../a.rs"), "/../a.rs:3:5");
    }
}
