//! Tests of passes as text: a program before and after.

use super::{Changed, dce};
use crate::pphlo::{Graph, parse, print, verify};

/// Checks that the pass turns one body into the other, what it leaves unused apart. Bodies may use `%x` and `%g`,
/// fxp\[secret\]\[2, 3\], `%i`, int\[secret\]\[2, 3\], `%p`, bool\[secret\]\[2, 3\], and `%zero` and `%half` of the same shape.
pub(super) fn rewrites(run: fn(&mut Graph) -> Changed, before: &str, after: &str) {
    let program = |body: &str| parse(&format!("{HEAD}{body}")).unwrap_or_else(|error| panic!("{error}\nin\n{body}"));
    let (mut found, mut expected) = (program(before), program(after));
    let should_change = before != after;
    assert_eq!(run(&mut found.graph), if should_change { Changed::Yes } else { Changed::No }, "{before}");
    verify(&found.graph).unwrap();
    for program in [&mut found, &mut expected] {
        dce::run(&mut program.graph);
    }
    assert_eq!(print(&found), print(&expected));
}

/// Checks that the pass leaves the body as it is.
pub(super) fn keeps(run: fn(&mut Graph) -> Changed, body: &str) {
    rewrites(run, body, body);
}

const HEAD: &str = "program f(x: fxp[secret][2, 3], g: fxp[secret][2, 3], i: int[secret][2, 3], p: bool[secret][2, 3])
    %x = parameter {index = 0} : fxp[secret][2, 3]
    %g = parameter {index = 1} : fxp[secret][2, 3]
    %i = parameter {index = 2} : int[secret][2, 3]
    %p = parameter {index = 3} : bool[secret][2, 3]
    %c0 = constant {literal = fxp[] (0.0)}
    %zero = broadcast %c0 {shape = [2, 3], dimensions = []}
    %c1 = constant {literal = fxp[] (0.5)}
    %half = broadcast %c1 {shape = [2, 3], dimensions = []}\n";
