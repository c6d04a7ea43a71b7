//! How the attributes of operations are written and read.

use super::literal::{Literal, Real};
use super::scan::Scanner;
use super::types::{DType, Visibility};
use super::windows::Window;
use crate::error::Error;
use crate::host::{Elements, HostTensor};
use crate::program::Party;
use crate::shape::Shape;

/// A value in an operation's braces; `parse` reads back exactly what `print` wrote.
pub(super) trait Attribute: Sized {
    /// What it is where the text leaves it out, which it does if `print` gives nothing.
    fn absent() -> Option<Self> {
        None
    }
    fn print(&self) -> String;
    fn parse(scanner: &mut Scanner) -> Result<Self, Error>;
}

impl Attribute for usize {
    fn print(&self) -> String {
        self.to_string()
    }
    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        scanner.number("a number")
    }
}

impl<T: Attribute> Attribute for Vec<T> {
    fn print(&self) -> String {
        format!("[{}]", printed(self))
    }
    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        scanner.list("[", "]", T::parse)
    }
}

impl Attribute for (usize, usize) {
    fn print(&self) -> String {
        format!("{self:?}")
    }
    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        scanner.expect("(")?;
        let first = usize::parse(scanner)?;
        scanner.expect(",")?;
        let second = usize::parse(scanner)?;
        scanner.expect(")").map(|()| (first, second))
    }
}

impl Attribute for Shape {
    fn print(&self) -> String {
        self.to_string()
    }
    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        Vec::parse(scanner).map(Self::new)
    }
}

/// `[2, 2] strides [2, 2] dilations [1, 1] low [0, 0] high [0, 0]`.
impl Attribute for Window {
    fn print(&self) -> String {
        let Self { sizes, strides, dilations, low, high } = self;
        format!("{sizes:?} strides {strides:?} dilations {dilations:?} low {low:?} high {high:?}")
    }
    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        let sizes = Vec::parse(scanner)?;
        let mut part = |name| {
            scanner.expect(name)?;
            Vec::parse(scanner)
        };
        let [strides, dilations, low, high] = [part("strides")?, part("dilations")?, part("low")?, part("high")?];
        Ok(Self { sizes, strides, dilations, low, high })
    }
}

impl Attribute for DType {
    fn print(&self) -> String {
        self.to_string()
    }
    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        let word = scanner.word("a data type")?;
        let all = [Self::Bool, Self::Int, Self::Fxp];
        all.into_iter().find(|d| d.to_string() == word).ok_or_else(|| scanner.error(format!("no data type `{word}`")))
    }
}

impl Attribute for Visibility {
    fn print(&self) -> String {
        self.to_string()
    }
    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        match scanner.word("a visibility")? {
            "public" => Ok(Self::Public),
            "secret" => Ok(Self::Secret),
            other => Err(scanner.error(format!("no visibility `{other}`"))),
        }
    }
}

impl Attribute for Party {
    fn print(&self) -> String {
        self.0.to_string()
    }
    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        match scanner.number("a party")? {
            party @ 0..Self::COUNT => Ok(Self(party)),
            other => Err(scanner.error(format!("no party {other}"))),
        }
    }
}

impl Attribute for bool {
    fn print(&self) -> String {
        self.to_string()
    }
    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        scanner.number("true or false")
    }
}

impl Attribute for i64 {
    fn print(&self) -> String {
        self.to_string()
    }
    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        scanner.number("an integer")
    }
}

/// The shortest decimal that reads back to the same bits; not-a-number with its bits.
impl Attribute for f64 {
    fn print(&self) -> String {
        match self.is_nan() {
            true => format!("nan:{:x}", self.to_bits()),
            false => format!("{self:?}"),
        }
    }
    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        match scanner.accept("nan:") {
            true => {
                let bits = u64::from_str_radix(scanner.word("bits")?, 16).ok().map(Self::from_bits);
                bits.filter(|x| x.is_nan()).ok_or_else(|| scanner.error("these bits are no not-a-number"))
            }
            false => scanner.number("a real number"),
        }
    }
}

impl Attribute for Real {
    fn print(&self) -> String {
        self.0.print()
    }
    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        f64::parse(scanner).map(Self)
    }
}

/// `fxp[2, 2] (1.0, 2.0, 3.0, 4.0)`; `fxp[128, 10] (0.5)` when all elements are 0.5.
impl Attribute for Literal {
    fn print(&self) -> String {
        let shown = self.splat();
        let shown = match &shown {
            Some(splat) => &splat.elements,
            None => &self.0.elements,
        };
        let elements = match shown {
            Elements::Fxp(v) => printed(v),
            Elements::Int(v) => printed(v),
            Elements::Bool(v) => printed(v),
        };
        format!("{}{} ({elements})", self.0.elements.dtype(), self.0.shape)
    }

    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        let dtype = DType::parse(scanner)?;
        let shape = Shape::parse(scanner)?;
        let count = shape.extents().iter().try_fold(1usize, |n, &extent| n.checked_mul(extent));
        let count =
            count.filter(|&n| n <= LARGEST_LITERAL).ok_or_else(|| scanner.error("the constant is too large"))?;
        let elements = match dtype {
            DType::Fxp => Elements::Fxp(elements(scanner, count)?),
            DType::Int => Elements::Int(elements(scanner, count)?),
            DType::Bool => Elements::Bool(elements(scanner, count)?),
        };
        Ok(HostTensor::new(shape, elements).into())
    }
}

fn printed<T: Attribute>(elements: &[T]) -> String {
    elements.iter().map(T::print).collect::<Vec<_>>().join(", ")
}

fn elements<T: Attribute + Clone>(scanner: &mut Scanner, count: usize) -> Result<Vec<T>, Error> {
    let listed = scanner.list("(", ")", T::parse)?;
    match listed.as_slice() {
        [one] => Ok(vec![one.clone(); count]),
        _ if listed.len() == count => Ok(listed),
        _ => Err(scanner.error(format!("the shape has {count} elements, the list {}", listed.len()))),
    }
}

/// Keeps a few characters of text from asking for all memory.
const LARGEST_LITERAL: usize = 1 << 28;
