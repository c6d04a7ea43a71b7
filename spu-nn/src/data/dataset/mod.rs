//! Data sets whose columns or rows lie at several parties.

mod align;
mod share;
mod stack;

use serde::{Deserialize, Serialize};
use spu::error::PeerFault;
use spu::executor::Executor;
use spu::{Error, Party};

use super::Table;
use super::announce::announce;

pub use align::Unmatched;

/// The data of one or several parties, of which every party knows the outline and each owner its own cells.
///
/// - [`Dataset::aligned`]: **vertically split**, columns of the same rows at different parties, brought together by a public key.
/// - [`Dataset::stacked`]: **horizontally split**, rows of the same columns at different parties; also for one party that has everything.
///
/// All parties make the same calls in the same order, in every kind of session; a [`Source`] is read by its owner alone, and a fault in a file
/// is an error at every party.
///
/// **What becomes public**: of each source its name (the path of a file, as the owner wrote it), the number of its rows, the names of its columns
/// and the classes that [`Table::classify`] named; [`Table::select`] leaves out what nobody else shall see. In an aligned data set also the
/// keys, in ascending order, which tells nothing of the order in the file. Cells are secret.
///
/// ```
/// use spu_nn::data::{Csv, Dataset, Source, Unmatched};
/// use spu_tensor::{Evaluator, ExecutorExt, Party};
///
/// let session = Evaluator::new(); // or any other session
/// let bank = || Csv::default().parse("bank.csv", "id,income\nanna,3.5\nbert,2\n".as_bytes());
/// let shop = || {
///     let table = Csv::default().parse("shop.csv", "id,visits,buys\nbert,4,no\nanna,7,yes\n".as_bytes())?;
///     table.classify("buys", ["no", "yes"])
/// };
/// let sources = [Source::new(Party(0), bank), Source::new(Party(1), shop)];
/// let data = Dataset::aligned(&session, "id", Unmatched::Refuse, sources)?;
/// assert_eq!(data.columns(), ["income", "visits", "buys"]);
///
/// // Rows stand in the order of their keys: anna, bert.
/// let x = data.features(&session, ["visits", "income"], 0..data.rows())?;
/// let y = data.labels(&session, "buys", 2, 0..data.rows())?;
/// assert_eq!(session.reveal(&x)?.values(), [7.0, 3.5, 4.0, 2.0]);
/// assert_eq!(session.reveal(&y)?.values(), [1.0, 0.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
pub struct Dataset {
    parts: Vec<Part>,
    arrangement: Arrangement,
    rows: usize,
    dropped: Vec<usize>,
}

/// A table and who has it.
pub struct Source<'a> {
    owner: Party,
    read: Box<dyn FnOnce() -> Result<Table, Error> + 'a>,
}

impl<'a> Source<'a> {
    /// The table that `read` gives, at `owner`. Nobody else calls it.
    pub fn new(owner: Party, read: impl FnOnce() -> Result<Table, Error> + 'a) -> Self {
        Self { owner, read: Box::new(read) }
    }
}

/// How the parts lie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrangement {
    /// The same rows side by side.
    Beside,
    /// The same columns one below the other.
    Below,
}

/// What one source holds.
struct Part {
    owner: Party,
    outline: Outline,
    /// At the owner.
    table: Option<Table>,
    /// Where each row of the data set stands in the table, at the owner.
    order: Vec<usize>,
}

/// What is public of a source.
#[derive(Serialize, Deserialize)]
struct Outline {
    source: String,
    rows: usize,
    columns: Vec<ColumnOutline>,
    /// In an aligned data set, ascending.
    keys: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ColumnOutline {
    name: String,
    classes: Option<Vec<String>>,
}

impl Dataset {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Names of the columns, source by source; keys are none of them.
    pub fn columns(&self) -> Vec<&str> {
        let parts = match self.arrangement {
            Arrangement::Beside => &self.parts[..],
            Arrangement::Below => &self.parts[..1],
        };
        parts.iter().flat_map(|part| part.outline.names()).collect()
    }

    /// The classes of a column, as its owner named them; `None` if it has none or there is no such column.
    pub fn classes(&self, column: &str) -> Option<&[String]> {
        let mut columns = self.parts.iter().flat_map(|part| &part.outline.columns);
        columns.find(|outline| outline.name == column).and_then(|outline| outline.classes.as_deref())
    }

    /// How many rows of each source had no partner and were left out ([`Unmatched::Drop`]).
    pub fn dropped(&self) -> &[usize] {
        &self.dropped
    }
}

impl Outline {
    fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }
}

/// The parts that the sources become: each owner reads its table and tells the outline. With a key, rows are put in its order.
fn parts<'a>(
    session: &(impl Executor + ?Sized),
    key: Option<&str>,
    sources: impl IntoIterator<Item = Source<'a>>,
) -> Result<Vec<Part>, Error> {
    let part = |Source { owner, read }: Source<'a>| {
        let (mut table, mut order) = (None, Vec::new());
        let outline = announce(session, owner, || {
            let own = read()?;
            order = (0..own.rows()).collect();
            let mut keys = Vec::new();
            if let Some(key) = key {
                let unsorted = own.keys(key)?;
                order.sort_by(|&a, &b| unsorted[a].cmp(&unsorted[b]));
                keys = order.iter().map(|&row| unsorted[row].clone()).collect();
            }
            let named = own.names().filter(|&name| Some(name) != key);
            let columns = named
                .map(|name| Ok(ColumnOutline { name: name.into(), classes: own.classes(name)?.map(<[_]>::to_vec) }));
            let columns = columns.collect::<Result<_, Error>>()?;
            let outline = Outline { source: own.source().into(), rows: own.rows(), columns, keys };
            table = Some(own);
            Ok(outline)
        })?;
        // Others count on these numbers; a table has a row at least.
        if outline.rows == 0 || u32::try_from(outline.rows).is_err() {
            let (expected, found) = ("from 1 to 2^32 − 1 rows".into(), outline.rows.to_string());
            return Err(Error::peer(owner, PeerFault::Malformed { expected, found }));
        }
        Ok(Part { owner, outline, table, order })
    };
    let parts = sources.into_iter().map(part).collect::<Result<Vec<_>, Error>>()?;
    match parts.is_empty() {
        true => Err(Error::data("data set", None, "expected a source, found none")),
        false => Ok(parts),
    }
}

/// How errors name a part.
fn described(part: &Part) -> String {
    format!("{} of {}", part.outline.source, part.owner)
}
