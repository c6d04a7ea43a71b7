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
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
