//! What the compiler says to the author of a program that leaks or cannot be traced.

#[test]
fn programs_that_must_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
