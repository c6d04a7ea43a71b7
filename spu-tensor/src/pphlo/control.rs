//! Operations with regions: what a region is given and what it gives back.
//!
//! A region is a graph of its own. Its `Parameter {index}` is what stands at that place in the list that the operation gives to
//! its region; a region need not have a node for each. It uses nothing else from outside: what the author's closure captures
//! is an operand, at the end of the list. Types are equal on both sides, visibilities too: a public value becomes secret by
//! `ToSecret` before it is carried as one.

use super::{DType, Graph, Op, Type, infer};
use crate::shape::Shape;

/// How many regions the operation has.
pub fn region_count(op: &Op) -> usize {
    match op {
        Op::If => 2,
        Op::While { .. } | Op::For { .. } => 1,
        _ => 0,
    }
}

/// The types of the parameters that each region of `op` is given for these operands, or what is wrong with these.
pub fn region_parameters(op: &Op, operands: &[&Type]) -> Result<Vec<Type>, String> {
    let owned = |types: &[&Type]| types.iter().map(|&ty| ty.clone()).collect::<Vec<_>>();
    let name = op.name();
    match op {
        Op::If | Op::While { .. } => {
            let (predicate, given) = operands.split_first().ok_or_else(|| format!("`{name}` takes a predicate"))?;
            is_predicate(op, predicate)?;
            match op {
                Op::While { carried } if *carried > given.len() => {
                    Err(format!("`{name}` does not carry {carried} of {} operands", given.len()))
                }
                _ => Ok(owned(given)),
            }
        }
        Op::For { start, trips, carried, scanned } => {
            let first_capture = carried.checked_add(*scanned).filter(|&n| n <= operands.len());
            let Some(first_capture) = first_capture else {
                return Err(format!(
                    "`{name}` does not carry {carried} and scan {scanned} of {} operands",
                    operands.len()
                ));
            };
            if i64::try_from(*trips).ok().and_then(|trips| start.checked_add(trips)).is_none() {
                return Err(format!("`{name}` cannot count {trips} times from {start}"));
            }
            let rows =
                operands[*carried..first_capture].iter().map(|ty| row(ty, *trips)).collect::<Result<Vec<_>, _>>()?;
            let index = Type::public(Shape::SCALAR, DType::Int);
            Ok([vec![index], owned(&operands[..*carried]), rows, owned(&operands[first_capture..])].concat())
        }
        _ => Ok(Vec::new()),
    }
}

/// The result types of a node: as [`infer()`], and for operations with regions from these.
pub fn infer_with_regions(op: &Op, operands: &[&Type], regions: &[Graph]) -> Result<Vec<Type>, String> {
    let name = op.name();
    if regions.len() != region_count(op) {
        return Err(format!("`{name}` has {} regions, not {}", region_count(op), regions.len()));
    }
    if regions.is_empty() {
        return infer(op, operands);
    }
    let given = region_parameters(op, operands)?;
    regions.iter().try_for_each(|region| takes(op, region, &given))?;
    if regions.iter().any(|region| region.outputs.iter().any(|v| v.index() >= region.value_count())) {
        return Err(format!("a region of `{name}` gives back what it does not make"));
    }
    let gives = |region: &Graph| region.outputs.iter().map(|&v| region.ty(v).clone()).collect::<Vec<Type>>();
    let first = gives(&regions[0]);
    match op {
        Op::If => {
            let second = gives(&regions[1]);
            match first == second {
                true => Ok(first),
                false => Err(format!("the branches of `{name}` differ: {} and {}", listed(&first), listed(&second))),
            }
        }
        Op::While { carried } => {
            let (predicate, next) =
                first.split_first().ok_or_else(|| format!("the region of `{name}` gives nothing"))?;
            is_predicate(op, predicate)?;
            carries(op, &given[..*carried], next)?;
            Ok(next.to_vec())
        }
        Op::For { trips, carried, .. } => {
            carries(op, &given[1..=*carried], &first[..first.len().min(*carried)])?;
            let stacked = first[*carried..].iter().map(|row| stacked(row, *trips));
            Ok(first[..*carried].iter().cloned().map(Ok).chain(stacked).collect::<Result<_, String>>()?)
        }
        _ => unreachable!("`{name}` has no regions"),
    }
}

/// The type of `trips` rows of this type.
fn stacked(row: &Type, trips: usize) -> Result<Type, String> {
    let extents = [&[trips], row.shape.extents()].concat();
    match extents.iter().try_fold(1usize, |count, &n| count.checked_mul(n)) {
        Some(_) => Ok(Type { shape: Shape::new(extents), ..row.clone() }),
        None => Err(format!("{trips} rows of {row} have too many elements")),
    }
}

/// The type of one row of a scanned operand.
fn row(ty: &Type, trips: usize) -> Result<Type, String> {
    match ty.shape.extents().split_first() {
        Some((&rows, rest)) if rows == trips => Ok(Type { shape: Shape::new(rest.to_vec()), ..ty.clone() }),
        _ => Err(format!("cannot scan {ty} in {trips} steps: its first axis must have as many rows")),
    }
}

fn is_predicate(op: &Op, ty: &Type) -> Result<(), String> {
    match *ty == Type::public(Shape::SCALAR, DType::Bool) {
        true => Ok(()),
        false => Err(format!("`{}` is decided by one public truth value, not by {ty}", op.name())),
    }
}

fn takes(op: &Op, region: &Graph, given: &[Type]) -> Result<(), String> {
    for (_, node) in region.nodes() {
        if let Op::Parameter { index } = node.operation {
            let stored = region.ty(node.result(0));
            match given.get(index) {
                Some(ty) if ty == stored => {}
                Some(ty) => return Err(format!("parameter {index} of `{}` is {stored}, but is given {ty}", op.name())),
                None => return Err(format!("`{}` gives its region no parameter {index}", op.name())),
            }
        }
    }
    Ok(())
}

fn carries(op: &Op, from: &[Type], to: &[Type]) -> Result<(), String> {
    match from == to {
        true => Ok(()),
        false => Err(format!("`{}` carries {}, but its region gives {}", op.name(), listed(from), listed(to))),
    }
}

fn listed(types: &[Type]) -> String {
    let types: Vec<String> = types.iter().map(Type::to_string).collect();
    format!("({})", types.join(", "))
}
