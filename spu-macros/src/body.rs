//! The guards in the body of a traced function: around `if` and `while` conditions, the tail expression and `return`.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{BinOp, Block, Expr, Item, Stmt, Type};

/// Wraps what leaves the body, a value of type `output`, and what steers it.
pub(crate) fn guard(body: &mut Block, output: &Type) {
    let mut guards = Guards { output, is_inner: false };
    guards.visit_block_mut(body);
    if let Some(Stmt::Expr(tail, None)) = body.stmts.last_mut()
        && !matches!(tail, Expr::Return(_))
    {
        guards.returned(tail);
    }
}

struct Guards<'a> {
    output: &'a Type,
    /// Inside a closure or an `async` block, whose `return` is its own.
    is_inner: bool,
}

impl Guards<'_> {
    fn returned(&self, value: &mut Expr) {
        let output = self.output;
        let span = guard_span(value);
        let guard = quote_spanned!(span=> ::spu::generated::Returns::<#output>::from);
        *value = call(guard, value);
    }

    /// `let` patterns in a condition stay; what stands beside them is guarded.
    fn condition(&mut self, condition: &mut Expr) {
        match condition {
            Expr::Let(_) => {}
            Expr::Binary(both) if matches!(both.op, BinOp::And(_)) && has_let(&both.left, &both.right) => {
                self.condition(&mut both.left);
                self.condition(&mut both.right);
            }
            _ => {
                let span = guard_span(condition);
                *condition = call(quote_spanned!(span=> ::spu::generated::condition), condition);
            }
        }
    }

    fn inner(&mut self, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.is_inner, true);
        visit(self);
        self.is_inner = outer;
    }
}

impl VisitMut for Guards<'_> {
    fn visit_expr_if_mut(&mut self, node: &mut syn::ExprIf) {
        visit_mut::visit_expr_if_mut(self, node);
        self.condition(&mut node.cond);
    }

    fn visit_expr_while_mut(&mut self, node: &mut syn::ExprWhile) {
        visit_mut::visit_expr_while_mut(self, node);
        self.condition(&mut node.cond);
    }

    fn visit_expr_return_mut(&mut self, node: &mut syn::ExprReturn) {
        visit_mut::visit_expr_return_mut(self, node);
        if let Some(value) = &mut node.expr
            && !self.is_inner
        {
            self.returned(value);
        }
    }

    fn visit_expr_closure_mut(&mut self, node: &mut syn::ExprClosure) {
        self.inner(|guards| visit_mut::visit_expr_closure_mut(guards, node));
    }

    fn visit_expr_async_mut(&mut self, node: &mut syn::ExprAsync) {
        self.inner(|guards| visit_mut::visit_expr_async_mut(guards, node));
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
}

fn has_let(left: &Expr, right: &Expr) -> bool {
    [left, right].into_iter().any(|expr| match expr {
        Expr::Let(_) => true,
        Expr::Binary(both) => matches!(both.op, BinOp::And(_)) && has_let(&both.left, &both.right),
        _ => false,
    })
}

fn call(guard: TokenStream, argument: &Expr) -> Expr {
    let span = guard_span(argument);
    Expr::Verbatim(quote_spanned!(span=> #guard(#argument)))
}

/// The guard stands where its argument begins, so that the compiler underlines the user's expression.
fn guard_span(argument: &Expr) -> Span {
    argument.span().resolved_at(Span::mixed_site())
}
