//! Liveness: after which node a value is no longer needed.

use super::{Graph, Operation, Value};

/// For each node, the values whose last use it is.
pub struct LastUses(Vec<Vec<Value>>);

impl LastUses {
    /// The values that can go once node number `node` has run.
    pub fn after(&self, node: usize) -> &[Value] {
        &self.0[node]
    }
}

/// The last use of every value that is not an output; a value that nobody uses goes right after the node that makes it.
pub fn last_uses<O: Operation>(graph: &Graph<O>) -> LastUses {
    let mut last: Vec<Option<usize>> = vec![None; graph.value_count()];
    for (id, node) in graph.nodes() {
        node.results().chain(node.operands.iter().copied()).for_each(|v| last[v.index()] = Some(id.index()));
    }
    for v in &graph.outputs {
        last[v.index()] = None;
    }
    let mut uses = vec![Vec::new(); graph.len()];
    for (v, node) in last.iter().enumerate() {
        if let Some(node) = node {
            uses[*node].push(Value(v as u32));
        }
    }
    LastUses(uses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pphlo::parse;

    #[test]
    fn values_go_after_their_last_use_and_outputs_stay() {
        let text = "program f(x: fxp[secret][2])
            %x = parameter {index = 0} : fxp[secret][2]
            %a = negate %x
            %unused = exponential %x
            %y = add %a, %a
            return y = %y";
        let uses = last_uses(&parse(text).unwrap().graph);
        let expected: [&[Value]; 4] = [&[], &[], &[Value(0), Value(2)], &[Value(1)]];
        (0..4).for_each(|node| assert_eq!(uses.after(node), expected[node]));
    }
}
