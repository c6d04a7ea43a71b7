//! Columns: what a cell is depends on its use.

use spu::Elements;

/// The cells of a column, one a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Real numbers.
    Numbers(Vec<f64>),
    /// Integers, and truth values as 0 and 1.
    Integers(Vec<i64>),
    /// Text as it stands in the file. It is read as a number, an integer, a class or a key by whoever uses it so.
    Text(Texts),
    /// Classes: each cell is an index into the names.
    Classes {
        /// The names of the classes, class 0 first.
        names: Vec<String>,
        /// The class of each row.
        members: Vec<usize>,
    },
    /// Cells of a type that nothing here can use, named; there for a file's other columns to be read.
    Unreadable {
        /// The type, in the file's words.
        ty: String,
        /// How many there are.
        rows: usize,
    },
}

/// Many short texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Texts {
    all: String,
    ends: Vec<usize>,
}

/// A named column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) values: Values,
    /// The first row without a value. A column that has one can be read around, but not used.
    pub(super) absent: Option<usize>,
}

impl Values {
    /// How many cells there are.
    pub fn rows(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Text(values) => values.ends.len(),
            Self::Classes { members, .. } => members.len(),
            Self::Unreadable { rows, .. } => *rows,
        }
    }

    /// The cell as a finite number, or what it should have been.
    pub(super) fn number(&self, row: usize) -> Result<f64, String> {
        let number = match self {
            Self::Numbers(values) => Some(values[row]),
            Self::Integers(values) => Some(values[row] as f64),
            Self::Text(values) => values.get(row).parse().ok(),
            Self::Classes { members, .. } => Some(members[row] as f64),
            Self::Unreadable { ty, .. } => return Err(format!("expected a number, found the type {ty}")),
        };
        number.filter(|x| x.is_finite()).ok_or_else(|| "expected a finite number".into())
    }

    /// The cell as an integer, or what it should have been.
    pub(super) fn integer(&self, row: usize) -> Result<i64, String> {
        let integer = match self {
            // From −2^53 to 2^53 a float is an integer without doubt.
            Self::Numbers(values) => {
                Some(values[row]).filter(|x| x.fract() == 0.0 && x.abs() <= EXACT).map(|x| x as i64)
            }
            Self::Integers(values) => Some(values[row]),
            Self::Text(values) => values.get(row).parse().ok(),
            Self::Classes { members, .. } => Some(members[row] as i64),
            Self::Unreadable { ty, .. } => return Err(format!("expected an integer, found the type {ty}")),
        };
        integer.ok_or_else(|| "expected an integer of 64 bits".into())
    }

    /// The cell as a text that is not empty, or what it should have been.
    pub(super) fn text(&self, row: usize) -> Result<String, String> {
        match self {
            Self::Text(values) if values.get(row).is_empty() => Err("expected a text, found nothing".into()),
            Self::Text(values) => Ok(values.get(row).to_owned()),
            Self::Classes { names, members } => Ok(names[members[row]].clone()),
            Self::Numbers(_) | Self::Integers(_) => {
                self.integer(row).map(|x| x.to_string()).map_err(|_| "expected a text or an integer".into())
            }
            Self::Unreadable { ty, .. } => Err(format!("expected a text or an integer, found the type {ty}")),
        }
    }
}

impl Texts {
    /// The text of a row. Panics if there is no such row.
    pub fn get(&self, row: usize) -> &str {
        &self.all[row.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[row]]
    }

    pub(super) fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len());
    }
}

impl<S: AsRef<str>> FromIterator<S> for Texts {
    fn from_iter<I: IntoIterator<Item = S>>(texts: I) -> Self {
        let mut all = Self::default();
        texts.into_iter().for_each(|text| all.push(text.as_ref()));
        all
    }
}

impl From<Vec<f64>> for Values {
    fn from(values: Vec<f64>) -> Self {
        Self::Numbers(values)
    }
}

impl From<Vec<i64>> for Values {
    fn from(values: Vec<i64>) -> Self {
        Self::Integers(values)
    }
}

impl From<Vec<&str>> for Values {
    fn from(values: Vec<&str>) -> Self {
        Self::Text(values.into_iter().collect())
    }
}

impl From<Vec<String>> for Values {
    fn from(values: Vec<String>) -> Self {
        Self::Text(values.into_iter().collect())
    }
}

impl From<Elements> for Values {
    fn from(elements: Elements) -> Self {
        match elements {
            Elements::Fxp(values) => Self::Numbers(values),
            Elements::Int(values) => Self::Integers(values),
            Elements::Bool(values) => Self::Integers(values.into_iter().map(i64::from).collect()),
        }
    }
}

const EXACT: f64 = 9_007_199_254_740_992.0;
