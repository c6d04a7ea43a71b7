//! Numbers as they lie in binary files.

use half::{bf16, f16};
use spu::Elements;

/// How a number is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Encoding {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    Bf16,
    F32,
    F64,
}

/// An element that a tensor cannot hold.
pub(crate) struct Unfit {
    /// Its position, row-major.
    pub(crate) at: usize,
    /// What it should have been.
    pub(crate) problem: &'static str,
}

impl Encoding {
    /// Bytes of one number.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 | Self::Bf16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    /// Little-endian numbers: floats as fixed-point elements, which must be finite, integers as integers of 64 bits.
    pub(crate) fn decode(self, bytes: &[u8]) -> Result<Elements, Unfit> {
        match self {
            Self::Bool => Ok(Elements::Bool(each(bytes, |[x]| flag(x))?)),
            Self::I8 => integers(bytes, |x| Some(i8::from_le_bytes(x).into())),
            Self::I16 => integers(bytes, |x| Some(i16::from_le_bytes(x).into())),
            Self::I32 => integers(bytes, |x| Some(i32::from_le_bytes(x).into())),
            Self::I64 => integers(bytes, |x| Some(i64::from_le_bytes(x))),
            Self::U8 => integers(bytes, |x| Some(u8::from_le_bytes(x).into())),
            Self::U16 => integers(bytes, |x| Some(u16::from_le_bytes(x).into())),
            Self::U32 => integers(bytes, |x| Some(u32::from_le_bytes(x).into())),
            Self::U64 => integers(bytes, |x| u64::from_le_bytes(x).try_into().ok()),
            Self::F16 => floats(bytes, |x| f16::from_le_bytes(x).into()),
            Self::Bf16 => floats(bytes, |x| bf16::from_le_bytes(x).into()),
            Self::F32 => floats(bytes, |x| f32::from_le_bytes(x).into()),
            Self::F64 => floats(bytes, f64::from_le_bytes),
        }
    }
}

fn flag(byte: u8) -> Result<bool, &'static str> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err("expected a truth value, 0 or 1"),
    }
}

fn integers<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> Option<i64>) -> Result<Elements, Unfit> {
    Ok(Elements::Int(each(bytes, |x| read(x).ok_or("expected an integer below 2^63"))?))
}

fn floats<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f64) -> Result<Elements, Unfit> {
    let finite = |x| Some(read(x)).filter(|x: &f64| x.is_finite()).ok_or("expected a finite number");
    Ok(Elements::Fxp(each(bytes, finite)?))
}

fn each<T, const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> Result<T, &'static str>) -> Result<Vec<T>, Unfit> {
    let (numbers, rest) = bytes.as_chunks::<N>();
    assert!(rest.is_empty(), "whole numbers are decoded");
    numbers.iter().enumerate().map(|(at, &x)| read(x).map_err(|problem| Unfit { at, problem })).collect()
}

/// The place of element `at` of a row-major tensor.
pub(crate) fn place(at: usize, extents: &[usize]) -> Vec<usize> {
    let mut place = vec![0; extents.len()];
    let mut rest = at;
    for (index, &extent) in place.iter_mut().zip(extents).rev() {
        *index = rest % extent;
        rest /= extent;
    }
    place
}
