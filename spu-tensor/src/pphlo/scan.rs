//! Reading text: a cursor that skips white space and knows its line.

use crate::error::Error;
use crate::location::Location;

/// A place in a text.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// Enters a region; an error if so many stand in each other that reading them would exhaust the stack.
    pub(super) fn deeper(&mut self) -> Result<(), Error> {
        self.depth += 1;
        match self.depth > DEEPEST {
            true => Err(self.error("regions stand too deep in each other")),
            false => Ok(()),
        }
    }

    /// Leaves a region.
    pub(super) fn shallower(&mut self) {
        self.depth -= 1;
    }

    /// Skips `symbol` if it comes next.
    pub(super) fn accept(&mut self, symbol: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len();
        }
        found
    }

    /// Whether these come next, one after the other; stays where it is.
    pub(super) fn is_next(&mut self, symbols: &[&str]) -> bool {
        let before = self.at;
        let found = symbols.iter().all(|symbol| self.accept(symbol));
        self.at = before;
        found
    }

    pub(super) fn expect(&mut self, symbol: &str) -> Result<(), Error> {
        match self.accept(symbol) {
            true => Ok(()),
            false => Err(self.expected(&format!("`{symbol}`"))),
        }
    }

    /// The longest run of characters that `part` admits; empty if the next one is not among them.
    pub(super) fn take(&mut self, part: impl Fn(char) -> bool) -> &'a str {
        self.skip_space();
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    /// A name or a number without sign.
    pub(super) fn word(&mut self, what: &str) -> Result<&'a str, Error> {
        match self.take(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
            "" => Err(self.expected(what)),
            word => Ok(word),
        }
    }

    /// Something that Rust can read, up to a comma, a closing bracket or white space.
    pub(super) fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, Error> {
        let before = self.at;
        let token = self.take(|c| !c.is_whitespace() && !",)}]".contains(c));
        token.parse().map_err(|_| {
            self.at = before;
            self.expected(what)
        })
    }

    /// `open item, item, … close`, perhaps without items.
    pub(super) fn list<T>(
        &mut self,
        open: &str,
        close: &str,
        mut item: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.expect(open)?;
        let mut items = Vec::new();
        while !self.accept(close) {
            if !items.is_empty() {
                self.expect(",")?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// A bare word, or a string in quotes.
    pub(super) fn name(&mut self) -> Result<String, Error> {
        if !self.accept("\"") {
            return self.word("a name").map(str::to_owned);
        }
        let mut name = String::new();
        let mut characters = self.rest().char_indices();
        while let Some((i, c)) = characters.next() {
            match c {
                '"' => {
                    self.at += i + 1;
                    return Ok(name);
                }
                '\\' => match characters.next() {
                    Some((_, 'n')) => name.push('\n'),
                    Some((_, escaped)) => name.push(escaped),
                    None => break,
                },
                plain => name.push(plain),
            }
        }
        Err(self.error("the string does not end"))
    }

    /// Whether only white space is left.
    pub(super) fn at_end(&mut self) -> bool {
        self.skip_space();
        self.rest().is_empty()
    }

    /// An error at this place of the text.
    pub(super) fn error(&self, message: impl Into<String>) -> Error {
        let before = &self.text[..self.at];
        let line = before.matches('\n').count() as u32 + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u32 + 1;
        Error::program(message, Location { file: "<pphlo>", line, column })
    }

    fn expected(&mut self, what: &str) -> Error {
        self.skip_space();
        let found: String = self.rest().chars().take_while(|&c| c != '\n').take(20).collect();
        self.error(format!("expected {what}, found `{found}`"))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }
}

/// How deep regions may stand in each other in a text.
const DEEPEST: u32 = 64;

/// The name as [`Scanner::name`] reads it back.
pub(super) fn quoted(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    match !name.is_empty() && name.chars().all(bare) {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")),
    }
}
