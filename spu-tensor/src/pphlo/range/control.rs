//! Intervals through branches and loops.

use super::super::{Graph, Op};
use super::{Interval, Numbers};
use crate::graph::Node;

/// Where the parameters of the regions of `node` lie, by index, if `known` tells where its operands do.
pub fn region_intervals(node: &Node<Op>, known: &[Interval]) -> Vec<Interval> {
    Numbers::REAL.region_intervals(node, known)
}

impl Numbers {
    /// Where the results of an operation with regions lie: the hull of both branches, and for loops intervals that an iteration
    /// does not leave. These are found by iterating: a bound that still grows after a few rounds is given up, so this ends.
    pub(super) fn results(self, node: &Node<Op>, known: &[Interval]) -> Vec<Interval> {
        let operands: Vec<Interval> = node.operands.iter().map(|v| known[v.index()]).collect();
        match node.operation {
            Op::If => {
                let [first, second] = [0, 1].map(|i| self.through(&node.regions[i], &operands[1..]));
                first.into_iter().zip(second).map(|(a, b)| a.hull(b)).collect()
            }
            Op::While { carried } => self.region_intervals(node, known)[..carried].to_vec(),
            Op::For { carried, trips, .. } => {
                let mut results = self.through(&node.regions[0], &self.region_intervals(node, known));
                if trips == 0 {
                    results[..carried].copy_from_slice(&operands[..carried]);
                }
                results
            }
            ref op => unreachable!("`{}` has no regions", op.name()),
        }
    }

    /// [`region_intervals`] of these numbers.
    pub fn region_intervals(self, node: &Node<Op>, known: &[Interval]) -> Vec<Interval> {
        let operands: Vec<Interval> = node.operands.iter().map(|v| known[v.index()]).collect();
        match node.operation {
            Op::If => operands[1..].to_vec(),
            Op::While { carried } => {
                let (initial, captured) = operands[1..].split_at(carried);
                let body =
                    |state: &[Interval]| self.through(&node.regions[0], &[state, captured].concat())[1..].to_vec();
                [&settled(initial, body), captured].concat()
            }
            Op::For { carried, .. } => {
                let (initial, rest) = operands.split_at(carried);
                let given = |state: &[Interval]| [&[index(node)], state, rest].concat();
                let body = |state: &[Interval]| self.through(&node.regions[0], &given(state))[..carried].to_vec();
                given(&settled(initial, body))
            }
            _ => Vec::new(),
        }
    }

    /// The outputs of a region whose parameters lie there.
    fn through(self, region: &Graph, parameters: &[Interval]) -> Vec<Interval> {
        let known = self.intervals(region, parameters);
        region.outputs.iter().map(|v| known[v.index()]).collect()
    }
}

/// Where the counter of a `For` lies.
fn index(node: &Node<Op>) -> Interval {
    match node.operation {
        Op::For { start, trips, .. } => Interval::new(start as f64, start as f64 + trips.saturating_sub(1) as f64),
        _ => Interval::ALL,
    }
}

/// Intervals that hold `initial` and that `body` does not leave. Bounds that were given up come back where the body itself bounds
/// what it gives: whatever state is reached is the first one or comes of one, so it lies in the hull of both.
fn settled(initial: &[Interval], body: impl Fn(&[Interval]) -> Vec<Interval>) -> Vec<Interval> {
    let mut state = initial.to_vec();
    for round in 0.. {
        let next: Vec<Interval> = state.iter().zip(body(&state)).map(|(a, b)| a.hull(b)).collect();
        if next == state {
            break;
        }
        let widen = |(old, new): (&Interval, Interval)| match round < TRIED {
            true => new,
            false => Interval::new(
                if new.lo < old.lo { f64::NEG_INFINITY } else { new.lo },
                if new.hi > old.hi { f64::INFINITY } else { new.hi },
            ),
        };
        state = state.iter().zip(next).map(widen).collect();
    }
    for _ in 0..TRIED {
        state = initial.iter().zip(body(&state)).map(|(a, b)| a.hull(b)).collect();
    }
    state
}

/// Rounds in which a bound may grow before it is given up.
const TRIED: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pphlo::{intervals, parse};

    fn of(body: &str) -> Vec<Interval> {
        let head = "program f(x: fxp[secret][], p: bool[public][])
            %x0 = parameter {index = 0} : fxp[secret][]
            %p = parameter {index = 1} : bool[public][]
            %x = assume %x0 {lo = 1.0, hi = 2.0}\n";
        let graph = parse(&format!("{head}{body}")).unwrap_or_else(|error| panic!("{error}")).graph;
        let known = intervals(&graph);
        graph.outputs.iter().map(|v| known[v.index()]).collect()
    }

    #[test]
    fn a_branch_gives_the_hull_of_both() {
        let body = "%y = if %p, %x { %a = parameter {index = 0} : fxp[secret][] %n = negate %a return %n }
            { %a = parameter {index = 0} : fxp[secret][] %s = add %a, %a return %s } return y = %y";
        assert_eq!(of(body), [Interval::new(-2.0, 4.0)]);
    }

    #[test]
    fn what_a_loop_does_not_leave_is_kept_and_what_grows_is_given_up() {
        let body = "%y, %z, %rows = for %x, %x {start = 3, trips = 9, carried = 2, scanned = 0} {
                %i = parameter {index = 0} : int[public][]
                %a = parameter {index = 1} : fxp[secret][]
                %b = parameter {index = 2} : fxp[secret][]
                %t = tanh %a
                %g = add %b, %b
                %s = negate %i
                return %t, %g, %s
            } return y = %y, z = %z, rows = %rows";
        let [y, z, rows] = of(body)[..] else { panic!("three results") };
        // tanh only comes near 0, so its lower bound is given up, and then found again to be −1 or more.
        assert!(y.lo >= -1.0 && y.hi <= libm::tanh(2.0) && y.contains(libm::tanh(1.0)), "{y:?}");
        assert_eq!(z, Interval::new(2.0, f64::INFINITY));
        assert_eq!(rows, Interval::new(-11.0, -3.0));
    }

    #[test]
    fn a_while_loop_may_run_never() {
        let body = "%y = while %p, %x {carried = 1} {
                %a = parameter {index = 0} : fxp[secret][]
                %c = constant {literal = bool[] (false)}
                %n = negate %a
                return %c, %n
            } return y = %y";
        assert_eq!(of(body), [Interval::new(-2.0, 2.0)]);
    }
}
