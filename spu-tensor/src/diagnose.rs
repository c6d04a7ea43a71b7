//! Messages for the author of a program: where an operation and its operands stand in the source.

use std::fmt::Write;

use crate::error::{Diagnostic, Error, Label};
use crate::format::Warning;
use crate::graph::{NodeId, Value};
use crate::location::Location;
use crate::pphlo::{Graph, Op};

/// The error as a compiler would print it, with the source lines where they can be read here.
///
/// ```text
/// error: cannot add shapes [2, 4] and [5]
///   --> examples/mnist_mlp.rs:16:5
/// 16 |     h + b
///    |     ^ here
/// ```
pub fn report(error: &Error) -> String {
    match error {
        Error::Program(diagnostic) => report_as("error", diagnostic),
        _ => format!("error: {error}"),
    }
}

/// A warning in the form of [`report`].
pub fn report_warning(Warning(diagnostic): &Warning) -> String {
    report_as("warning", diagnostic)
}

fn report_as(level: &str, diagnostic: &Diagnostic) -> String {
    let lines: Vec<Option<String>> = diagnostic.labels.iter().map(|label| source_line(label.location)).collect();
    let width = diagnostic.labels.iter().map(|label| label.location.line.to_string().len()).max().unwrap_or(0);
    let mut text = format!("{level}: {}", diagnostic.message);
    for (Label { location, text: label }, line) in diagnostic.labels.iter().zip(lines) {
        match line {
            Some(line) => {
                let indent: String = line.chars().take(location.column.saturating_sub(1) as usize).map(blank).collect();
                let _ = write!(text, "\n{:width$}--> {location}\n{:width$} | {line}", "", location.line);
                let _ = write!(text, "\n{:width$} | {indent}^ {label}", "");
            }
            None => {
                let _ = write!(text, "\n{:width$}--> {location}: {label}", "");
            }
        }
    }
    text
}

/// The operation's place, then each operand's origin with its type; a parameter is called by its name.
pub(crate) fn labels(graph: &Graph, parameters: &[String], operands: &[Value], location: Location) -> Vec<Label> {
    let mut labels = vec![Label { location, text: "here".into() }];
    for &operand in operands {
        let origin = origin(graph, operand);
        let ty = graph.ty(operand);
        let name = match graph.node(graph.definition(origin).0).operation {
            Op::Parameter { index } => parameters.get(index).filter(|name| !name.is_empty()),
            _ => None,
        };
        let text = name.map_or_else(|| ty.to_string(), |name| format!("parameter {name}: {ty}"));
        let label = Label { location: graph.value_location(origin), text };
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

/// What went wrong when a node was computed, with the lines of [`labels`].
pub(crate) fn fault(graph: &Graph, parameters: &[String], id: NodeId, message: String) -> Error {
    let labels = labels(graph, parameters, &graph.node(id).operands, graph.location(id));
    Error::Program(Box::new(Diagnostic { message, labels }))
}

/// The value behind reshapes to the same shape, which tracing itself inserts.
fn origin(graph: &Graph, value: Value) -> Value {
    let node = graph.node(graph.definition(value).0);
    match &node.operation {
        Op::Reshape { shape } if graph.ty(node.operands[0]).shape == *shape => origin(graph, node.operands[0]),
        _ => value,
    }
}

fn source_line(location: Location) -> Option<String> {
    let source = std::fs::read_to_string(location.file).ok()?;
    source.lines().nth((location.line as usize).checked_sub(1)?).map(str::to_owned)
}

fn blank(c: char) -> char {
    if c == '\t' { c } else { ' ' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_source_each_label_is_one_line() {
        let error = Error::program("cannot add", Location { file: "no/such/file.rs", line: 7, column: 1 });
        assert_eq!(report(&error), "error: cannot add\n --> no/such/file.rs:7:1: here");
        assert_eq!(report(&Error::data("x", None, "is empty")), "error: x: is empty");
    }
}
