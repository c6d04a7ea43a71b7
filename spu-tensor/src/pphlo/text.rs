//! The text form: what [`print()`] writes, [`parse()`] reads back to the same program, locations apart.
//!
//! ```text
//! program scale(x: fxp[secret][2, 3]) traced 4
//! %0 = parameter {index = 0} : fxp[secret][2, 3]
//! %1 = constant {literal = fxp[2, 3] (0.5)} : fxp[public][2, 3]
//! %2 = multiply %0, %1 : fxp[secret][2, 3]
//! return scaled = %2
//! ```
//!
//! Values may have any names in a text to be parsed, and types may be left out except at parameters. The regions of an operation
//! stand in braces after its attributes; names count from 0 in each, and nothing of the outside is known there:
//!
//! ```text
//! %3 = for %0, %1 {start = 0, trips = 10, carried = 1, scanned = 0} {
//!   %0 = parameter {index = 1} : fxp[secret][2]
//!   %1 = parameter {index = 2} : fxp[secret][2]
//!   %2 = multiply %0, %1 : fxp[secret][2]
//!   return %2
//! } : fxp[secret][2]
//! ```

use std::collections::HashMap;
use std::fmt::Write;

use super::attribute::Attribute;
use super::scan::{Scanner, quoted};
use super::{DType, Graph, Op, Type, Visibility, infer_with_regions, region_count, verify};
use crate::error::Error;
use crate::graph::{Node, Value};
use crate::location::Location;
use crate::program::Program;
use crate::shape::Shape;

/// The program as text.
pub fn print(program: &Program) -> String {
    let parameters = program.parameters.iter().map(|(name, ty)| format!("{}: {ty}", quoted(name)));
    let (name, traced) = (quoted(&program.name), program.operations_traced);
    let mut text = format!("program {name}({}) traced {traced}\n", joined(parameters));
    for (_, node) in program.graph.nodes() {
        print_node(&mut text, &program.graph, node, 0);
    }
    let names = program.results.iter().map(|(name, _)| name.as_str()).chain(std::iter::repeat(""));
    let results = names.zip(&program.graph.outputs).map(|(name, value)| format!("{} = {value:?}", quoted(name)));
    writeln!(text, "return {}", joined(results)).expect(GROWS);
    text
}

/// The program of a text. Errors have the line and column of the text.
pub fn parse(text: &str) -> Result<Program, Error> {
    let mut scanner = Scanner::new(text);
    scanner.expect("program")?;
    let name = scanner.name()?;
    let parameters = scanner.list("(", ")", |s| {
        let name = s.name()?;
        s.expect(":")?;
        Ok((name, parse_type(s)?))
    })?;
    let operations_traced = match scanner.accept("traced") {
        true => scanner.number("a number of operations")?,
        false => 0,
    };
    let mut graph = Graph::new();
    let mut names = HashMap::new();
    while !scanner.accept("return") {
        parse_node(&mut scanner, &mut graph, &mut names)?;
    }
    let mut results = Vec::new();
    while !scanner.at_end() {
        if !results.is_empty() {
            scanner.expect(",")?;
        }
        let name = scanner.name()?;
        scanner.expect("=")?;
        let value = parse_value(&mut scanner, &names)?;
        results.push((name, graph.ty(value).clone()));
        graph.outputs.push(value);
    }
    verify(&graph)?;
    Ok(Program { name, graph, parameters, results, operations_traced })
}

fn print_node(text: &mut String, graph: &Graph, node: &Node<Op>, depth: usize) {
    let values = |values: &mut dyn Iterator<Item = Value>| joined(values.map(|v| format!("{v:?}")));
    let indent = "  ".repeat(depth);
    match node.results().len() {
        0 => write!(text, "{indent}() = {}", node.operation.name()).expect(GROWS),
        _ => write!(text, "{indent}{} = {}", values(&mut node.results()), node.operation.name()).expect(GROWS),
    }
    if !node.operands.is_empty() {
        write!(text, " {}", values(&mut node.operands.iter().copied())).expect(GROWS);
    }
    let mut attributes = node.operation.attributes();
    attributes.retain(|(_, value)| !value.is_empty());
    if !attributes.is_empty() {
        let attributes = attributes.into_iter().map(|(name, value)| format!("{name} = {value}"));
        write!(text, " {{{}}}", joined(attributes)).expect(GROWS);
    }
    for region in &node.regions {
        text.push_str(" {\n");
        for (_, node) in region.nodes() {
            print_node(text, region, node, depth + 1);
        }
        let outputs = values(&mut region.outputs.iter().copied());
        let gap = if outputs.is_empty() { "" } else { " " };
        write!(text, "{indent}  return{gap}{outputs}\n{indent}}}").expect(GROWS);
    }
    match node.results().len() {
        0 => text.push('\n'),
        _ => writeln!(text, " : {}", joined(node.results().map(|v| graph.ty(v).to_string()))).expect(GROWS),
    }
}

fn parse_node(scanner: &mut Scanner, graph: &mut Graph, names: &mut HashMap<String, Value>) -> Result<(), Error> {
    let results = match scanner.accept("()") {
        true => Vec::new(),
        false => separated(scanner, |s| {
            s.expect("%")?;
            s.word("the name of a value").map(str::to_owned)
        })?,
    };
    scanner.expect("=")?;
    let name = scanner.word("an operation")?;
    let operands = match scanner.accept("%") {
        true => {
            let mut operands = vec![lookup(scanner, names)?];
            while scanner.accept(",") {
                operands.push(parse_value(scanner, names)?);
            }
            operands
        }
        false => Vec::new(),
    };
    let mut attributes = 0;
    let op = Op::parse(name, scanner, |s, attribute, optional| {
        let words = [if attributes == 0 { "{" } else { "," }, attribute, "="];
        if optional && !s.is_next(&words) {
            return Ok(false);
        }
        attributes += 1;
        words.iter().try_for_each(|word| s.expect(word)).map(|()| true)
    })?;
    if attributes > 0 {
        scanner.expect("}")?;
    }
    let mut regions = Vec::new();
    for _ in 0..region_count(&op) {
        regions.push(parse_region(scanner)?);
    }
    let stated = match scanner.accept(":") {
        true => Some(separated(scanner, parse_type)?),
        false => None,
    };
    let types = match (&op, stated) {
        (Op::Parameter { .. }, Some(types)) if types.len() == 1 && operands.is_empty() => types,
        (Op::Parameter { .. }, _) => return Err(scanner.error("a parameter has one type and no operands")),
        (_, stated) => {
            let given: Vec<&Type> = operands.iter().map(|&v| graph.ty(v)).collect();
            let types = infer_with_regions(&op, &given, &regions).map_err(|problem| scanner.error(problem))?;
            if stated.is_some_and(|stated| stated != types) {
                return Err(scanner.error(format!("`{name}` gives {}", joined(types.iter().map(Type::to_string)))));
            }
            types
        }
    };
    if types.len() != results.len() {
        return Err(scanner.error(format!("`{name}` has {} results, not {}", types.len(), results.len())));
    }
    let node = graph.push_with_regions(op, operands, regions, types, Location::UNKNOWN);
    for (name, value) in results.into_iter().zip(graph.node(node).results()) {
        if names.insert(name.clone(), value).is_some() {
            return Err(scanner.error(format!("%{name} is made twice")));
        }
    }
    Ok(())
}

fn parse_region(scanner: &mut Scanner) -> Result<Graph, Error> {
    scanner.deeper()?;
    scanner.expect("{")?;
    let (mut graph, mut names) = (Graph::new(), HashMap::new());
    while !scanner.accept("return") {
        parse_node(scanner, &mut graph, &mut names)?;
    }
    if !scanner.accept("}") {
        graph.outputs = separated(scanner, |s| parse_value(s, &names))?;
        scanner.expect("}")?;
    }
    scanner.shallower();
    Ok(graph)
}

fn parse_value(scanner: &mut Scanner, names: &HashMap<String, Value>) -> Result<Value, Error> {
    scanner.expect("%")?;
    lookup(scanner, names)
}

fn lookup(scanner: &mut Scanner, names: &HashMap<String, Value>) -> Result<Value, Error> {
    let name = scanner.word("the name of a value")?;
    names.get(name).copied().ok_or_else(|| scanner.error(format!("%{name} is not made above")))
}

fn parse_type(scanner: &mut Scanner) -> Result<Type, Error> {
    let dtype = DType::parse(scanner)?;
    scanner.expect("[")?;
    let visibility = match scanner.word("a visibility")? {
        "public" => Visibility::Public,
        "secret" => Visibility::Secret,
        other => return Err(scanner.error(format!("no visibility `{other}`"))),
    };
    scanner.expect("]")?;
    let shape = Shape::parse(scanner)?;
    match shape.extents().iter().try_fold(1usize, |n, &extent| n.checked_mul(extent)) {
        Some(_) => Ok(Type { shape, dtype, visibility }),
        None => Err(scanner.error("the shape has too many elements")),
    }
}

/// One item or more, with commas between.
fn separated<T>(
    scanner: &mut Scanner,
    mut item: impl FnMut(&mut Scanner) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut items = vec![item(scanner)?];
    while scanner.accept(",") {
        items.push(item(scanner)?);
    }
    Ok(items)
}

fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().collect::<Vec<_>>().join(", ")
}

const GROWS: &str = "a string takes all text";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pphlo::generate;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_printed_parses_back(seed: u64, size in 1usize..40) {
            let (program, _) = generate::program(seed, size);
            let text = print(&program);
            let back = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            prop_assert_eq!(&back.name, &program.name);
            prop_assert_eq!(&back.parameters, &program.parameters);
            prop_assert_eq!(&back.results, &program.results);
            prop_assert_eq!(back.operations_traced, program.operations_traced);
            prop_assert!(back.graph == program.graph);
            prop_assert_eq!(print(&back), text);
        }

        #[test]
        fn constants_keep_their_bits(bits: Vec<u64>) {
            let elements: Vec<f64> = bits.into_iter().map(f64::from_bits).collect();
            let literal = super::super::Literal::from(crate::HostTensor::fxp([elements.len()], elements));
            let back = super::super::Literal::parse(&mut Scanner::new(&literal.print()));
            prop_assert_eq!(back.unwrap(), literal);
        }
    }

    #[test]
    fn the_form_is_as_documented() {
        let text = "program scale(x: fxp[secret][2, 3]) traced 4
%0 = parameter {index = 0} : fxp[secret][2, 3]
%1 = constant {literal = fxp[2, 3] (0.5)} : fxp[public][2, 3]
%2 = multiply %0, %1 : fxp[secret][2, 3]
%3, %4 = relu %2 : fxp[secret][2, 3], bool[secret][2, 3]
%5 = slice %3 {start = [0, 1], limit = [1, 3]} : fxp[secret][1, 2]
%6 = assume %5 {lo = -inf, hi = 1.0} : fxp[secret][1, 2]
return \"scaled mask\" = %4, part = %6
";
        assert_eq!(print(&parse(text).unwrap()), text);
    }

    #[test]
    fn faults_have_their_place() {
        let fault = |text: &str| parse(text).unwrap_err().to_string();
        let head = "program f(x: fxp[secret][2])\n%x = parameter {index = 0} : fxp[secret][2]\n";
        assert!(
            fault(&format!("{head}%y = add %x, %z\nreturn")).starts_with("%z is not made above\n  --> <pphlo>:3:16")
        );
        assert!(fault(&format!("{head}%y = sub %x, %x\nreturn")).starts_with("no operation `sub`"));
        assert!(
            fault(&format!("{head}%y = negate %x : int[secret][2]\nreturn"))
                .starts_with("`negate` gives fxp[secret][2]")
        );
        assert!(fault(&format!("{head}%x = negate %x\nreturn")).starts_with("%x is made twice"));
        assert!(fault(&format!("{head}%y = reveal_to %x {{party = 3}}\nreturn")).starts_with("no party 3"));
        assert!(
            fault("program f() %c = constant {literal = fxp[99999999999] (0.0)} return")
                .starts_with("the constant is too")
        );
        assert!(fault(head).starts_with("expected `%`, found ``"));
    }
}
