//! Runs many operations in one program, among three parties and in the plain oracle.

use std::sync::Arc;

use spu_protocols::hal::RingConfig;
use spu_protocols::session::{Config, Session};
use spu_tensor::executor::{Executor, Leaf, ProgramKey};
use spu_tensor::graph::Value;
use spu_tensor::pphlo::{DType, Graph, Interval, Op, Real, Type};
use spu_tensor::pphlo::{append, evaluate, infer_with_regions, intervals_of, parse, print};
use spu_tensor::{HostTensor, Location, Party, Program, passes};

use crate::case::{Bound, Case, Law, Operand};

pub(crate) struct Sessions {
    ring: RingConfig,
    shared: Session,
    plain: Session,
}

type Cases<'a> = [(&'a str, Case)];

impl Sessions {
    pub(crate) fn start(ring: RingConfig) -> Self {
        let RingConfig { bits, fraction_bits } = ring;
        let config = Config { ring_bits: bits, fraction_bits, range_warnings: false, ..Config::default() };
        Self { ring, shared: Session::local(&config).unwrap(), plain: Session::plain(&config).unwrap() }
    }

    /// The first result that is not as near as its case says.
    pub(crate) fn compare(&self, run: usize, cases: &Cases) -> Result<(), String> {
        let (program, results) = program(cases);
        let inputs: Vec<HostTensor> =
            cases.iter().flat_map(|(_, case)| case.operands.iter().map(|x| x.tensor.clone())).collect();
        let exact = evaluate(&program.graph, &inputs).map_err(|error| error.to_string())?;
        let printed = print(&program);
        if parse(&printed).map_err(|error| error.to_string())?.graph != program.graph {
            return Err(format!("printed and parsed, the program is another one:\n{printed}"));
        }
        let hulls: Vec<Interval> = inputs.iter().map(hull).collect();
        let known = intervals_of(&program.graph, &hulls);
        let lie_in: Vec<Interval> = program.graph.outputs.iter().map(|v| known[v.index()]).collect();
        let mut optimized = program;
        passes::optimize(&mut optimized);
        let plain = opened(&self.plain, &optimized, &inputs, run)?;
        let shared = opened(&self.shared, &optimized, &inputs, run)?;
        for (i, ((&case, exact), (plain, shared))) in
            results.iter().zip(&exact).zip(plain.iter().zip(&shared)).enumerate()
        {
            let (name, case) = &cases[case];
            for (found, bound, which) in
                [(exact, Bound::EXACT, "real"), (plain, case.real, "oracle"), (shared, case.real, "shared")]
            {
                self.inside(lie_in[i], bound, found).map_err(|what| text(name, which, &what, case))?;
            }
            if let Some(law) = case.draws {
                let laws =
                    [(exact, 0.0, "real"), (plain, self.unit(plain), "oracle"), (shared, self.unit(shared), "shared")];
                for (found, unit, which) in laws {
                    obeys(law, case, found, exact, unit).map_err(|what| text(name, which, &what, case))?;
                }
                continue;
            }
            self.near(case.shared, shared, plain).map_err(|what| text(name, "shared, oracle", &what, case))?;
            self.near(case.real, plain, exact).map_err(|what| text(name, "oracle, real", &what, case))?;
            self.near(case.real, shared, exact).map_err(|what| text(name, "shared, real", &what, case))?;
        }
        Ok(())
    }

    fn near(&self, bound: Bound, found: &HostTensor, expected: &HostTensor) -> Result<(), String> {
        if found.shape != expected.shape || found.elements.dtype() != expected.elements.dtype() {
            let ty = |x: &HostTensor| format!("{}{}", x.elements.dtype(), x.shape);
            return Err(format!("{} in place of {}", ty(found), ty(expected)));
        }
        if found == expected {
            return Ok(());
        }
        let unit = self.unit(found);
        let pairs = found.elements.to_f64().into_iter().zip(expected.elements.to_f64());
        let mut pairs = pairs.enumerate();
        match pairs.find(|&(_, (found, expected))| !bound.allows(found, expected, unit)) {
            None => Ok(()),
            Some((i, (found, expected))) => {
                let units = (found - expected) / unit;
                Err(format!("element {i}: {found:?} and {expected:?}, {units} units apart, allowed {bound:?}"))
            }
        }
    }

    /// That every element lies where the interval analysis has it, up to a bound.
    fn inside(&self, interval: Interval, bound: Bound, found: &HostTensor) -> Result<(), String> {
        let unit = self.unit(found);
        let mut elements = found.elements.to_f64().into_iter().enumerate();
        match elements.find(|&(_, x)| !bound.allows(x, x.clamp(interval.lo, interval.hi), unit)) {
            None => Ok(()),
            Some((i, x)) => Err(format!("element {i}: {x:?} is not in {interval:?}")),
        }
    }

    fn unit(&self, x: &HostTensor) -> f64 {
        match x.elements.dtype() {
            DType::Fxp => (-f64::from(self.ring.fraction_bits)).exp2(),
            _ => 1.0,
        }
    }
}

/// Where the elements of a tensor lie.
fn hull(x: &HostTensor) -> Interval {
    let points = x.elements.to_f64().into_iter().map(|x| Interval { lo: x, hi: x });
    points.reduce(Interval::hull).unwrap_or(Interval::ALL)
}

/// That what was drawn is as it must be, of the type that `like` has.
fn obeys(law: Law, case: &Case, found: &HostTensor, like: &HostTensor, unit: f64) -> Result<(), String> {
    let is_typed = found.shape == like.shape && found.elements.dtype() == like.elements.dtype();
    match is_typed && law(&case.op, found, unit) {
        true => Ok(()),
        false => Err(format!("drew {:?} of shape {}", found.elements, found.shape)),
    }
}

/// What went wrong, with the operands.
fn text(name: &str, which: &str, what: &str, case: &Case) -> String {
    let i: usize = what.strip_prefix("element ").and_then(|rest| rest.split(':').next()?.parse().ok()).unwrap_or(0);
    let operand = |x: &Operand| {
        let at = x.tensor.elements.to_f64().get(i).copied();
        let secret = if x.is_secret { "secret" } else { "public" };
        format!("{secret} {}{} (element {i}: {at:?})", x.tensor.elements.dtype(), x.tensor.shape)
    };
    let operands: Vec<String> = case.operands.iter().map(operand).collect();
    let bounded = if case.is_bounded { ", all known to lie where they do" } else { "" };
    format!("{name} ({which}): {what}\n  of {:?} on {}{bounded}", case.op, operands.join(", "))
}

/// All operations side by side, every result revealed; for each result, its case.
fn program(cases: &Cases) -> (Program, Vec<usize>) {
    let mut graph = Graph::new();
    let (mut parameters, mut results, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (name, case)) in cases.iter().enumerate() {
        let values = case.operands.iter().map(Operand::ty).map(|ty| {
            let parameter = Op::Parameter { index: parameters.len() };
            parameters.push((format!("{name}.{}", parameters.len()), ty.clone()));
            let node = graph.push(parameter, vec![], vec![ty], Location::UNKNOWN);
            graph.node(node).result(0)
        });
        let mut values: Vec<_> = values.collect();
        if case.is_bounded {
            let numbers =
                values.iter_mut().zip(&case.operands).filter(|(_, x)| x.tensor.elements.dtype() != DType::Bool);
            for (value, operand) in numbers {
                let Interval { lo, hi } = hull(&operand.tensor);
                let assume =
                    append(&mut graph, Op::Assume { lo: Real(lo), hi: Real(hi) }, &[*value], Location::UNKNOWN);
                *value = graph.node(assume.expect("numbers lie somewhere")).result(0);
            }
        }
        let mut apply = |op: &Op, operands: &[Value]| -> Vec<Value> {
            let of: Vec<&Type> = operands.iter().map(|&v| graph.ty(v)).collect();
            let regions = if *op == case.op { case.regions.clone() } else { Vec::new() };
            let types = infer_with_regions(op, &of, &regions).unwrap_or_else(|problem| panic!("{name}: {problem}"));
            let node = graph.push_with_regions(op.clone(), operands.to_vec(), regions, types, Location::UNKNOWN);
            graph.node(node).results().collect()
        };
        let made = match &case.before {
            None => apply(&case.op, &values),
            Some(before) => {
                let made = apply(before, &values[..1]);
                apply(&case.op, &[&values[1..], &made].concat())
            }
        };
        for mut value in made {
            let disclosed = matches!(case.op, Op::Reveal | Op::RevealTo { .. });
            if graph.ty(value).is_secret() && !disclosed {
                let open = append(&mut graph, Op::Reveal, &[value], Location::UNKNOWN).unwrap();
                value = graph.node(open).result(0);
            }
            results.push((format!("{name}.{}", places.len()), graph.ty(value).clone()));
            graph.outputs.push(value);
            places.push(index);
        }
    }
    let operations_traced = graph.len();
    (Program { name: "operations".into(), graph, parameters, results, operations_traced }, places)
}

/// Shares the secret inputs, runs the program and reads its results.
fn opened(session: &Session, program: &Program, inputs: &[HostTensor], run: usize) -> Result<Vec<HostTensor>, String> {
    let failed = |error: spu_tensor::Error| error.to_string();
    let types: Vec<Type> = program.parameters.iter().map(|(_, ty)| ty.clone()).collect();
    let names: Vec<String> = program.parameters.iter().map(|(name, _)| name.clone()).collect();
    let secret: Vec<usize> = (0..types.len()).filter(|&i| types[i].is_secret()).collect();
    let of = |items: &[Type]| secret.iter().map(|&i| items[i].clone()).collect::<Vec<_>>();
    let secret_names: Vec<String> = secret.iter().map(|&i| names[i].clone()).collect();
    let data = &mut || Ok(secret.iter().map(|&i| inputs[i].clone()).collect());
    let mut shared =
        session.input_leaves(Party(run % 3), &secret_names, &of(&types), data).map_err(failed)?.into_iter();
    let leaf = |(ty, tensor): (&Type, &HostTensor)| match ty.is_secret() {
        true => shared.next().expect("as many leaves as secret inputs"),
        false => Leaf { ty: ty.clone(), session: None, value: Arc::new(tensor.clone()) },
    };
    let arguments: Vec<Leaf> = types.iter().zip(inputs).map(leaf).collect();
    let key = ProgramKey { function: "operations", arguments: types.clone(), fixed: run.to_string() };
    let results = session.run(&key, &mut || Ok(program.clone()), &arguments).map_err(failed)?;
    Ok(results.iter().map(|leaf| leaf.value.to_host().expect("every result is revealed")).collect())
}
