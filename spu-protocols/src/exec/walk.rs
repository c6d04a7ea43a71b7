//! Walking through a schedule at one party: runs plans, decides by public values, keeps what lies between.

use std::sync::Arc;

use spu::Error;

use super::value::PartyValue;
use crate::aby3::Arith;
use crate::ring::Ring;
use crate::share::{Action, Block, Plan, Slot};

/// Who runs plans.
pub trait Runner<R: Ring> {
    /// One run of a plan on these arguments.
    fn run(&mut self, plan: &Arc<Plan>, arguments: Vec<PartyValue<R>>) -> Result<Vec<PartyValue<R>>, Error>;
}

/// Walks through the block; gives its outputs.
pub fn walk<R: Ring>(
    block: &Block,
    arguments: Vec<PartyValue<R>>,
    runner: &mut dyn Runner<R>,
) -> Result<Vec<PartyValue<R>>, Error> {
    let mut slots: Vec<Option<PartyValue<R>>> = arguments.into_iter().map(Some).collect();
    slots.resize(block.slots.max(slots.len()), None);
    for (step, dead) in block.steps.iter().zip(&block.dead) {
        let operands: Vec<PartyValue<R>> = step.operands.iter().map(|&slot| value(&slots, slot)).collect();
        dead.iter().for_each(|&slot| slots[slot] = None);
        let results = match &step.action {
            Action::Run(plan) => runner.run(plan, operands)?,
            Action::If(branches) => {
                let branch = &branches[usize::from(!holds(&operands[0]))];
                walk(branch, operands[1..].to_vec(), runner)?
            }
            Action::While { carried, body } => repeat(operands, *carried, body, runner)?,
            Action::For { start, trips, carried, scanned, body } => {
                count(operands, *start, *trips, [*carried, *scanned], body, runner)?
            }
        };
        assert_eq!(results.len(), step.results, "a step fills its slots");
        for (i, result) in results.into_iter().enumerate() {
            let slot = step.first_result + i;
            slots[slot] = (!dead.contains(&slot)).then_some(result);
        }
    }
    Ok(block.outputs.iter().map(|&slot| value(&slots, slot)).collect())
}

fn value<R: Ring>(slots: &[Option<PartyValue<R>>], slot: Slot) -> PartyValue<R> {
    slots[slot].clone().expect("a slot is filled before it is read")
}

/// A predicate is public at every party and the same.
fn holds<R: Ring>(predicate: &PartyValue<R>) -> bool {
    predicate.as_public()[0] != R::ZERO
}

fn repeat<R: Ring>(
    mut operands: Vec<PartyValue<R>>,
    carried: usize,
    body: &Block,
    runner: &mut dyn Runner<R>,
) -> Result<Vec<PartyValue<R>>, Error> {
    let captured = operands.split_off(1 + carried);
    let mut state = operands.split_off(1);
    let mut goes_on = holds(&operands[0]);
    while goes_on {
        state.extend(captured.iter().cloned());
        let mut made = walk(body, state, runner)?;
        state = made.split_off(1);
        goes_on = holds(&made[0]);
    }
    Ok(state)
}

fn count<R: Ring>(
    mut operands: Vec<PartyValue<R>>,
    start: i64,
    trips: usize,
    [carried, scanned]: [usize; 2],
    body: &Block,
    runner: &mut dyn Runner<R>,
) -> Result<Vec<PartyValue<R>>, Error> {
    let captured = operands.split_off(carried + scanned);
    let xs = operands.split_off(carried);
    let mut state = operands;
    let mut stacked: Vec<Vec<PartyValue<R>>> = vec![Vec::with_capacity(trips); body.outputs.len() - carried];
    for i in 0..trips {
        let index = PartyValue::public(vec![R::from_i128(i128::from(start) + i as i128)]);
        let rows = xs.iter().map(|x| row(x, i, trips));
        let given = [index].into_iter().chain(state).chain(rows).chain(captured.iter().cloned()).collect();
        let mut made = walk(body, given, runner)?;
        made.drain(carried..).zip(&mut stacked).for_each(|(row, rows)| rows.push(row));
        state = made;
    }
    state.extend(stacked.iter().map(|rows| stack(rows)));
    Ok(state)
}

/// Row i of `count` rows.
fn row<R: Ring>(x: &PartyValue<R>, i: usize, count: usize) -> PartyValue<R> {
    let part = |all: &[R]| {
        let length = all.len() / count;
        all[i * length..(i + 1) * length].to_vec()
    };
    match x {
        PartyValue::Public(all) => PartyValue::public(part(all)),
        PartyValue::Arith(shares) => PartyValue::arith(Arith { own: part(&shares.own), next: part(&shares.next) }),
        _ => unreachable!("between plans values are public or arithmetic shares"),
    }
}

/// Rows of one kind below each other. A loop without iterations is not walked through, so there is one.
fn stack<R: Ring>(rows: &[PartyValue<R>]) -> PartyValue<R> {
    match &rows[0] {
        PartyValue::Public(_) => {
            PartyValue::public(rows.iter().flat_map(|row| row.as_public().iter().copied()).collect())
        }
        PartyValue::Arith(_) => {
            let own = rows.iter().flat_map(|row| row.as_arith().own.iter().copied()).collect();
            let next = rows.iter().flat_map(|row| row.as_arith().next.iter().copied()).collect();
            PartyValue::arith(Arith { own, next })
        }
        _ => unreachable!("between plans values are public or arithmetic shares"),
    }
}
