//! `#[spu_fn]`: the function as it is, and the type of the same name that runs it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, GenericArgument, ItemFn, Pat, PathArguments, ReturnType, Type};

use crate::body;

/// The expansion, or the error and the item without guards, so that other tools still see the function.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut function = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };
    let parameters = parameters(&mut function);
    match check(&arguments, &function).and(parameters) {
        Ok(parameters) => generate(function, &parameters),
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#error #function)
        }
    }
}

struct Parameter {
    /// As the user called it; also the names of its leaves begin so.
    name: String,
    span: Span,
    ty: Type,
    is_fixed: bool,
    /// What generated functions call it: never a name of the user's or another of ours.
    ident: Ident,
}

/// Reads the parameters and takes `#[fixed]` off them.
fn parameters(function: &mut ItemFn) -> Result<Vec<Parameter>, Error> {
    let mut parameters = Vec::new();
    let mut fault: Option<Error> = None;
    for (i, input) in function.sig.inputs.iter_mut().enumerate() {
        let FnArg::Typed(typed) = input else {
            let message = "`#[spu_fn]` is for free functions: a method cannot be run by itself";
            fault.get_or_insert(Error::new(input.span(), message));
            continue;
        };
        let before = typed.attrs.len();
        typed.attrs.retain(|attribute| !attribute.path().is_ident("fixed"));
        if let Type::ImplTrait(ty) = &*typed.ty {
            fault.get_or_insert(Error::new(ty.span(), GENERIC));
        }
        let (mut ident, span) = match &*typed.pat {
            Pat::Ident(pattern) => (pattern.ident.clone(), pattern.ident.span()),
            pattern => (format_ident!("argument{i}"), pattern.span()),
        };
        ident.set_span(Span::mixed_site());
        let name = ident.to_string().trim_start_matches("r#").to_owned();
        let is_fixed = typed.attrs.len() < before;
        if let (false, Some(host)) = (is_fixed, host_type(&typed.ty)) {
            let message =
                format!("`{host}` is a host value: mark the parameter `#[fixed]`, or make it a `Tensor<Public, _>`");
            fault.get_or_insert(Error::new(typed.ty.span(), message));
        }
        parameters.push(Parameter { name, span, ty: (*typed.ty).clone(), is_fixed, ident });
    }
    fault.map_or(Ok(parameters), Err)
}

fn check(arguments: &TokenStream, function: &ItemFn) -> Result<(), Error> {
    let signature = &function.sig;
    let refuse = |span: Span, message: &str| Err(Error::new(span, message));
    if !arguments.is_empty() {
        return refuse(arguments.span(), "`#[spu_fn]` takes no arguments");
    }
    if !signature.generics.params.is_empty() {
        return refuse(signature.generics.span(), GENERIC);
    }
    if let Some(token) = &signature.asyncness {
        return refuse(token.span(), "`#[spu_fn]` cannot be `async`: tracing runs it once, to its end");
    }
    if let Some(token) = &signature.constness {
        return refuse(token.span(), "`#[spu_fn]` cannot be `const`: tracing records what it does");
    }
    if let ReturnType::Type(_, ty) = &signature.output
        && let Type::ImplTrait(ty) = &**ty
    {
        return refuse(ty.span(), "`#[spu_fn]` cannot return `impl Trait`: name the tree of tensors");
    }
    Ok(())
}

fn generate(mut function: ItemFn, parameters: &[Parameter]) -> TokenStream {
    let output = match &function.sig.output {
        ReturnType::Default => Type::Verbatim(quote!(())),
        ReturnType::Type(_, ty) => (**ty).clone(),
    };
    body::guard(&mut function.block, &output);
    let (vis, ident) = (&function.vis, &function.sig.ident);
    let name = ident.to_string();
    let kept: Vec<&Attribute> = function.attrs.iter().filter(|a| a.path().is_ident("cfg")).collect();
    let at_function = quote_spanned!(ident.span()=> ::spu::Location::caller());

    let arguments = parameters.iter().map(run_parameter);
    let shapes = parameters.iter().map(shape_parameter);
    let shapes: Vec<TokenStream> = shapes.collect();
    let idents: Vec<&Ident> = parameters.iter().map(|p| &p.ident).collect();
    let leaves = parameters.iter().filter(|p| !p.is_fixed).map(
        |Parameter { name, ident, ty, .. }| quote!((#name, ::spu::generated::Argument::<#ty>::into_leaves(#ident))),
    );
    let types = parameters.iter().filter(|p| !p.is_fixed).map(|Parameter { ident, ty, .. }| {
        quote!(types.extend(::spu::ShapeOf::<#ty>::into_types(::core::convert::Into::into(#ident))?);)
    });
    let hosts = parameters.iter().map(host_parameter);
    let inputs = parameters.iter().filter(|p| !p.is_fixed).map(|Parameter { ident, ty, .. }| {
        quote!(inputs.extend(::spu::HostOf::<#ty>::into_leaves(::core::convert::Into::into(#ident)));)
    });
    let fixed: Vec<&Parameter> = parameters.iter().filter(|p| p.is_fixed).collect();
    let fixed_idents: Vec<&Ident> = fixed.iter().map(|p| &p.ident).collect();
    let fixed_parameters = fixed.iter().map(|Parameter { ident, ty, .. }| quote!(#ident: #ty));
    let inner = parameters.iter().map(|Parameter { name, span, ty, is_fixed, ident }| match is_fixed {
        true => quote!(#ident),
        false => {
            let at = quote_spanned!(*span=> ::spu::Location::caller());
            quote!(::spu::generated::Parameters::next::<#ty>(parameters, #name, #at))
        }
    });
    let summary = format!("Runs [`{name}`](fn@{name}), prints its program, prices and checks it.");
    quote! {
        #function

        #(#kept)*
        #[doc = #summary]
        #[allow(non_camel_case_types, dead_code)]
        #vis enum #ident {}

        #(#kept)*
        #[allow(dead_code, clippy::too_many_arguments, private_interfaces)]
        impl #ident {
            /// Runs the function in a session, which traces it at the first call with these types.
            #[track_caller]
            #vis fn run(
                session: &(impl ::spu::Executor + ?::core::marker::Sized),
                #(#arguments),*
            ) -> ::core::result::Result<::spu::Shared<#output>, ::spu::Error> {
                const FUNCTION: &str =
                    ::core::concat!(::core::module_path!(), "::", #name, "@", ::core::line!(), ":", ::core::column!());
                ::spu::generated::run(
                    session,
                    ::spu::Location::caller(),
                    FUNCTION,
                    ::std::vec![#(#leaves),*],
                    ::std::format!("{:?}", (#(&#fixed_idents,)*)),
                    move |types| Self::__trace(types #(, #fixed_idents)*),
                )
            }

            /// The program for arguments of these shapes.
            #vis fn program(#(#shapes),*) -> ::core::result::Result<::spu::Program, ::spu::Error> {
                #[allow(unused_mut)]
                let mut types = ::std::vec::Vec::new();
                #(#types)*
                Self::__trace(types #(, #fixed_idents)*)
            }

            /// What a run with arguments of these shapes costs.
            #vis fn cost(
                #(#shapes,)*
                target: &(impl ::spu::Target + ?::core::marker::Sized),
            ) -> ::core::result::Result<::spu::Cost, ::spu::Error> {
                ::spu::Target::cost(target, &Self::program(#(#idents),*)?)
            }

            /// What a run with arguments of these shapes discloses.
            #vis fn manifest(
                #(#shapes,)*
                target: &(impl ::spu::Target + ?::core::marker::Sized),
            ) -> ::core::result::Result<::spu::Manifest, ::spu::Error> {
                ::spu::Target::manifest(target, &Self::program(#(#idents),*)?)
            }

            /// Where a run with arguments of these shapes may leave the range of the number format.
            #vis fn warnings(
                #(#shapes,)*
                format: &(impl ::spu::Format + ?::core::marker::Sized),
            ) -> ::core::result::Result<::std::vec::Vec<::spu::Warning>, ::spu::Error> {
                Self::program(#(#idents),*)?.warnings(format)
            }

            /// The shadow run on these data: real numbers beside the number format, operation by operation.
            #vis fn check(
                #(#hosts,)*
                format: &(impl ::spu::Format + ?::core::marker::Sized),
            ) -> ::core::result::Result<::spu::Deviation, ::spu::Error> {
                #[allow(unused_mut)]
                let mut inputs: ::std::vec::Vec<::spu::HostTensor> = ::std::vec::Vec::new();
                #(#inputs)*
                let types = ::spu::generated::ParameterTypes::of_data(&inputs);
                Self::__trace(types #(, #fixed_idents)*)?.check(&inputs, format)
            }

            fn __trace(
                types: impl ::core::convert::Into<::spu::generated::ParameterTypes>
                #(, #fixed_parameters)*
            ) -> ::core::result::Result<::spu::Program, ::spu::Error> {
                #[allow(unused_variables)]
                ::spu::generated::program(#name, #at_function, types, |parameters| #ident(#(#inner),*))
            }
        }
    }
}

fn run_parameter(Parameter { ident, ty, is_fixed, .. }: &Parameter) -> TokenStream {
    match (is_fixed, is_public(ty)) {
        (true, _) => quote!(#ident: #ty),
        (false, true) => quote!(#ident: impl ::spu::generated::Argument<#ty>),
        (false, false) => quote!(#ident: &::spu::Shared<#ty>),
    }
}

fn shape_parameter(Parameter { ident, ty, is_fixed, .. }: &Parameter) -> TokenStream {
    match is_fixed {
        true => quote!(#ident: #ty),
        false => quote!(#ident: impl ::core::convert::Into<::spu::ShapeOf<#ty>>),
    }
}

fn host_parameter(Parameter { ident, ty, is_fixed, .. }: &Parameter) -> TokenStream {
    match is_fixed {
        true => quote!(#ident: #ty),
        false => quote!(#ident: impl ::core::convert::Into<::spu::HostOf<#ty>>),
    }
}

/// The name of a host type without tensors in it.
fn host_type(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    let name = path.path.get_ident()?.to_string();
    HOST_TYPES.contains(&name.as_str()).then_some(name)
}

/// Whether the type is written `Tensor<Public, …>`.
fn is_public(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last() else { return false };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return false };
    last.ident == "Tensor"
        && matches!(arguments.args.first(), Some(GenericArgument::Type(Type::Path(visibility)))
            if visibility.path.segments.last().is_some_and(|segment| segment.ident == "Public"))
}

const HOST_TYPES: [&str; 6] = ["bool", "f32", "f64", "i32", "i64", "usize"];

const GENERIC: &str = "`#[spu_fn]` cannot be generic: a program has concrete types. Write the generic part as a plain \
                       function and call it from here";
