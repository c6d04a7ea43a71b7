//! `#[derive(Tree)]`: each field is a part of the tree.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Error, Fields, Index, Type, parse_quote};

pub(crate) fn expand(item: TokenStream) -> Result<TokenStream, Error> {
    let item: DeriveInput = syn::parse2(item)?;
    let Data::Struct(data) = &item.data else {
        return Err(Error::new(item.ident.span(), "`Tree` is for structs: every value of a tree has the same leaves"));
    };
    let ident = &item.ident;
    let types: Vec<&Type> = data.fields.iter().map(|field| &field.ty).collect();
    let members: Vec<TokenStream> = members(&data.fields);
    let names = members.iter().map(|member| member.to_string().trim_start_matches("r#").to_owned());

    let mut generics = item.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(::spu::Tree));
    }
    let (with_bounds, arguments, bounds) = generics.split_for_impl();
    let specs = types
        .iter()
        .zip(names)
        .map(|(ty, name)| quote!(<#ty as ::spu::Tree>::specs(&::spu::generated::join_name(name, #name), specs);));
    let tree = quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        #[allow(unused_variables)]
        impl #with_bounds ::spu::Tree for #ident #arguments #bounds {
            fn specs(name: &str, specs: &mut ::std::vec::Vec<::spu::generated::LeafSpec>) {
                #(#specs)*
            }

            fn flatten(self, leaves: &mut ::spu::generated::Leaves) {
                #(<#types as ::spu::Tree>::flatten(self.#members, leaves);)*
            }

            fn build(leaves: &mut ::spu::generated::Leaves) -> Self {
                Self { #(#members: <#types as ::spu::Tree>::build(leaves)),* }
            }
        }

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #with_bounds ::spu::generated::FlowsInto<Self> for #ident #arguments #bounds {
            fn flow(self, _: ::spu::Location) -> Self {
                self
            }
        }
    };

    // Bounds on the fields name the trait's parameter: a bound without any would be checked at the derive, not at the use.
    let forwarded = [
        (quote!(__V: ::spu::Visibility), quote!(::spu::Differentiable<__V>)),
        (quote!(__L), quote!(::spu::generated::LeavesAre<__L>)),
    ];
    let forwarded = forwarded.into_iter().map(|(parameter, forwarded)| {
        let mut generics = generics.clone();
        generics.params.push(parse_quote!(#parameter));
        let clause = generics.make_where_clause();
        clause.predicates.extend(types.iter().map(|ty| -> syn::WherePredicate { parse_quote!(#ty: #forwarded) }));
        let (with_bounds, _, bounds) = generics.split_for_impl();
        quote! {
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl #with_bounds #forwarded for #ident #arguments #bounds {}
        }
    });
    Ok(quote!(#tree #(#forwarded)*))
}

/// The fields as they are written after a dot: names, or positions.
fn members(fields: &Fields) -> Vec<TokenStream> {
    let name = |(i, field): (usize, &syn::Field)| match &field.ident {
        Some(ident) => ident.to_token_stream(),
        None => Index::from(i).to_token_stream(),
    };
    fields.iter().enumerate().map(name).collect()
}
