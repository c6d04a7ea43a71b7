//! Branches and loops, whose regions add and compare.

use spu_tensor::graph::Value;
use spu_tensor::pphlo::{DType, Graph, Literal, Op, Type, append};
use spu_tensor::{Elements, HostTensor, Location, Shape};

use super::Rings::All;
use super::{NUMBERS, Row, divided, row, tensor};
use crate::case::{Case, Operand};
use crate::draw::Draw;

pub(crate) const ROWS: &[Row] = &[
    row("if", All, |d| {
        let (shape, dtype) = (d.shape(), d.one_of(NUMBERS));
        let (x, y) = (small(d, shape.clone(), dtype), small(d, shape, dtype));
        let predicate = HostTensor::new(Shape::SCALAR, d.bool(1));
        let mut case = Case::new(d, Op::If, [predicate, x, y]);
        case.operands[0].is_secret = false;
        let given = types(&case.operands[1..]);
        for _ in 0..2 {
            let op = exact(d);
            case.regions.push(region(&given, |r, v| vec![r.one(op, &[v[0], v[1]])]));
        }
        case
    }),
    // x = x ∘ row • y + index, as often as there are rows, and all of these.
    row("for", All, |d| {
        let (shape, dtype, trips, start) = (d.few(0, 12), d.one_of(NUMBERS), d.below(5), d.below(6) as i64 - 3);
        let rows = Shape::from([&[trips], shape.extents()].concat());
        let tensors = [shape.clone(), rows, shape.clone()].map(|shape| small(d, shape, dtype));
        let mut case = Case::new(d, Op::For { start, trips, carried: 1, scanned: 1 }, tensors);
        case.operands[0].is_secret = case.operands.iter().any(|x| x.is_secret);
        let [x, rows, y] = &types(&case.operands)[..] else { unreachable!("three operands") };
        let given = [
            Type::public(Shape::SCALAR, DType::Int),
            x.clone(),
            Type { shape: x.shape.clone(), ..rows.clone() },
            y.clone(),
        ];
        let ops = [exact(d), exact(d)];
        case.regions.push(region(&given, |r, v| {
            let [by_row, by_y] = ops;
            let first = r.one(by_row, &[v[1], v[2]]);
            let second = r.one(by_y, &[first, v[3]]);
            let index = if dtype == DType::Fxp { r.one(Op::Convert { dtype }, &[v[0]]) } else { v[0] };
            let index = r.one(Op::Broadcast { shape, dimensions: vec![] }, &[index]);
            let next = r.one(Op::Add, &[second, index]);
            vec![next, next]
        }));
        case
    }),
    // As long as a count is above zero, which falls.
    row("while", All, |d| {
        let (shape, dtype) = (d.few(0, 12), d.one_of(NUMBERS));
        let (x, y) = (small(d, shape.clone(), dtype), small(d, shape, dtype));
        let [predicate, count] = [d.bool(1), d.int(1, -1, 4)].map(|x| HostTensor::new(Shape::SCALAR, x));
        let mut case = Case::new(d, Op::While { carried: 2 }, [predicate, count, x, y]);
        let is_secret = case.operands[2..].iter().any(|x| x.is_secret);
        [false, false, is_secret]
            .into_iter()
            .zip(&mut case.operands)
            .for_each(|(is_secret, x)| x.is_secret = is_secret);
        let op = exact(d);
        case.regions.push(region(&types(&case.operands[1..]), |r, v| {
            let [one, zero] = [1, 0].map(|n| r.constant(HostTensor::new(Shape::SCALAR, Elements::Int(vec![n]))));
            let left = r.one(Op::Subtract, &[v[0], one]);
            let again = r.one(Op::Greater, &[left, zero]);
            vec![again, left, r.one(op, &[v[1], v[2]])]
        }));
        case
    }),
];

/// Numbers of which a few can be added.
fn small(d: &mut Draw, shape: Shape, dtype: DType) -> HostTensor {
    let HostTensor { shape, elements } = tensor(d, shape, dtype);
    HostTensor::new(shape, divided(elements, 64, d))
}

/// An operation on two numbers of a type that rounds nothing.
fn exact(d: &mut Draw) -> Op {
    d.one_of(&[Op::Add, Op::Subtract, Op::Maximum, Op::Minimum])
}

fn types(operands: &[Operand]) -> Vec<Type> {
    operands.iter().map(Operand::ty).collect()
}

struct Region(Graph);

/// A region that is given these.
fn region(given: &[Type], body: impl FnOnce(&mut Region, &[Value]) -> Vec<Value>) -> Graph {
    let mut region = Region(Graph::new());
    let given: Vec<Value> = given
        .iter()
        .enumerate()
        .map(|(index, ty)| {
            let node = region.0.push(Op::Parameter { index }, vec![], vec![ty.clone()], Location::UNKNOWN);
            region.0.node(node).result(0)
        })
        .collect();
    region.0.outputs = body(&mut region, &given);
    region.0
}

impl Region {
    fn one(&mut self, op: Op, operands: &[Value]) -> Value {
        let node = append(&mut self.0, op, operands, Location::UNKNOWN).expect("regions are well typed");
        self.0.node(node).result(0)
    }

    fn constant(&mut self, tensor: HostTensor) -> Value {
        self.one(Op::Constant { literal: Literal::from(tensor) }, &[])
    }
}
