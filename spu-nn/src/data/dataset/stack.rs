//! Horizontally split data: rows of the same columns at several parties.

use spu::Error;
use spu::executor::Executor;

use super::{Arrangement, Dataset, Part, Source, described, parts};

impl Dataset {
    /// Rows of the same columns at different parties, or everything at one: the rows of the first source, in the order of its file, then those of the
    /// second, and so on. Columns are found by name, so that their order may differ.
    ///
    /// Errors, at every party: a column that one source has and another has not, or with other classes; both are named.
    ///
    /// ```
    /// use spu_nn::data::{Dataset, Source, Table};
    /// use spu_tensor::{Evaluator, ExecutorExt, Party};
    ///
    /// let session = Evaluator::new();
    /// let north = || Table::new("north", [("age", vec![38.0].into()), ("dose", vec![2.0].into())]);
    /// let south = || Table::new("south", [("dose", vec![3.0, 1.0].into()), ("age", vec![22.0, 51.0].into())]);
    /// let data = Dataset::stacked(&session, [Source::new(Party(0), north), Source::new(Party(1), south)])?;
    /// let x = data.features(&session, ["age", "dose"], 0..data.rows())?;
    /// assert_eq!(session.reveal(&x)?.values(), [38.0, 2.0, 22.0, 3.0, 51.0, 1.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    pub fn stacked<'a>(
        session: &(impl Executor + ?Sized),
        sources: impl IntoIterator<Item = Source<'a>>,
    ) -> Result<Self, Error> {
        let parts = parts(session, None, sources)?;
        parts[1..].iter().try_for_each(|part| same_columns(&parts[0], part))?;
        let rows = parts.iter().map(|part| part.outline.rows).sum();
        let dropped = vec![0; parts.len()];
        Ok(Self { parts, arrangement: Arrangement::Below, rows, dropped })
    }
}

/// Both have the same columns, with the same classes.
fn same_columns(one: &Part, other: &Part) -> Result<(), Error> {
    let blame = |problem| Err(Error::data(format!("{} and {}", described(one), described(other)), None, problem));
    for (has, lacks) in [(one, other), (other, one)] {
        let (widths, theirs) = ([&has.outline, &lacks.outline].map(|outline| outline.columns.len()), &lacks.outline);
        for column in &has.outline.columns {
            match theirs.columns.iter().find(|c| c.name == column.name) {
                Some(same) if same == column => {}
                Some(_) => {
                    return blame(format!("the column `{}` has other classes in one than in the other", column.name));
                }
                None => {
                    let [wide, narrow] = widths;
                    return blame(format!(
                        "the column `{}` is in {}, which has {wide} columns, and not in {}, which has {narrow}: {}",
                        column.name,
                        has.outline.source,
                        theirs.source,
                        crate::data::listed(theirs.names())
                    ));
                }
            }
        }
    }
    Ok(())
}
