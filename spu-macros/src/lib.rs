//! `#[spu_fn]` and `#[derive(Tree)]`. Both are thin: the user's tokens stay the user's, and generated code names only
//! `::spu::…`.

mod body;
mod function;
mod tree;

use proc_macro::TokenStream;

/// Makes a function on tensors a program that sessions run.
///
/// `#[spu_fn] fn step(model: Mlp, x: Tensor<Secret, Fxp>) -> Mlp` stays callable from other traced code, and adds
/// - `step::run(&session, &model, &x) -> Result<Shared<Mlp>, Error>`,
/// - `step::program(shapes…) -> Result<Program, Error>`,
/// - `step::cost(shapes…, &target) -> Result<Cost, Error>` and `step::manifest(shapes…, &target) -> Result<Manifest, Error>`.
///
/// Parameters are trees of tensors; `run` takes a number for a parameter written `Tensor<Public, _>`. A parameter marked
/// `#[fixed]` is a host value (`f64`, `usize`, `bool`, an enum with `Debug` and `PartialEq`); each of its values makes a
/// program of its own.
///
/// In the body, `if` and `while` conditions, the tail expression and `return` are checked: no branch on a tensor, no
/// secret in a public result.
#[proc_macro_attribute]
pub fn spu_fn(arguments: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(arguments.into(), item.into()).into()
}

/// Makes a struct of tensors, or of trees, a tree. Leaves are named by their fields.
#[proc_macro_derive(Tree)]
pub fn derive_tree(item: TokenStream) -> TokenStream {
    tree::expand(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
