//! Layers one after another: tuples of at most 16, and arrays. A longer network is a tuple of tuples.

use spu::{Error, Fxp, HostOf, Secret, ShapeOf, Tensor, within};

use super::{Layer, Pure};
use crate::init::Draws;

macro_rules! tuples {
    ([$($part:tt)*]) => {
        tuple! { $($part)* }
    };
    ([$($part:tt)*] $L:ident $i:tt, $($rest:tt)*) => {
        tuple! { $($part)* }
        tuples! { [$($part)* $L $i,] $($rest)* }
    };
}

macro_rules! tuple {
    ($($L:ident $i:tt,)*) => {
        impl<$($L: Layer),*> Layer for ($($L,)*) {
            type Weights = ($($L::Weights,)*);
            type State = ($($L::State,)*);

            fn shape(self) -> ShapeOf<Self::Weights> {
                ($(self.$i.shape(),)*).into()
            }

            fn state_shape(self) -> ShapeOf<Self::State> {
                ($(self.$i.state_shape(),)*).into()
            }

            #[allow(unused_variables)]
            fn initial(self, draws: &mut Draws) -> Result<HostOf<Self::Weights>, Error> {
                Ok(($(self.$i.initial(draws)?,)*).into())
            }

            fn initial_state(self) -> Result<HostOf<Self::State>, Error> {
                Ok(($(self.$i.initial_state()?,)*).into())
            }

            #[allow(unused_variables)]
            fn infer(self, weights: Self::Weights, state: Self::State, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
                $(let x = {
                    let _layer = within(named::<$L>($i));
                    self.$i.infer(weights.$i, state.$i, x)
                };)*
                x
            }

            #[allow(unused_variables, unused_mut, unused_assignments, clippy::unused_unit)]
            fn train(
                self,
                weights: Self::Weights,
                state: Self::State,
                mut x: Tensor<Secret, Fxp>,
            ) -> (Tensor<Secret, Fxp>, Self::State) {
                let state = ($({
                    let _layer = within(named::<$L>($i));
                    let (y, state) = self.$i.train(weights.$i, state.$i, x);
                    x = y;
                    state
                },)*);
                (x, state)
            }
        }

        impl<$($L: Pure),*> Pure for ($($L,)*) {}
    };
}

tuples! {
    [] L0 0, L1 1, L2 2, L3 3, L4 4, L5 5, L6 6, L7 7, L8 8, L9 9, L10 10, L11 11, L12 12, L13 13, L14 14, L15 15,
}

impl<L: Layer, const N: usize> Layer for [L; N] {
    type Weights = [L::Weights; N];
    type State = [L::State; N];

    fn shape(self) -> ShapeOf<Self::Weights> {
        self.map(L::shape).into()
    }

    fn state_shape(self) -> ShapeOf<Self::State> {
        self.map(L::state_shape).into()
    }

    fn initial(self, draws: &mut Draws) -> Result<HostOf<Self::Weights>, Error> {
        let parts = self.into_iter().map(|layer| layer.initial(draws)).collect::<Result<Vec<_>, _>>()?;
        joined(parts)
    }

    fn initial_state(self) -> Result<HostOf<Self::State>, Error> {
        joined(self.into_iter().map(L::initial_state).collect::<Result<Vec<_>, _>>()?)
    }

    fn infer(self, weights: Self::Weights, state: Self::State, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        let mut x = x;
        for i in 0..N {
            let _layer = within(named::<L>(i));
            x = self[i].infer(weights[i], state[i], x);
        }
        x
    }

    fn train(
        self,
        weights: Self::Weights,
        state: Self::State,
        x: Tensor<Secret, Fxp>,
    ) -> (Tensor<Secret, Fxp>, Self::State) {
        let (mut x, mut state) = (x, state);
        for i in 0..N {
            let _layer = within(named::<L>(i));
            (x, state[i]) = self[i].train(weights[i], state[i], x);
        }
        (x, state)
    }
}

impl<L: Pure, const N: usize> Pure for [L; N] {}

fn joined<T, const N: usize>(parts: Vec<HostOf<T>>) -> Result<HostOf<[T; N]>, Error> {
    let parts: [HostOf<T>; N] = parts.try_into().unwrap_or_else(|_| unreachable!("as many parts as layers"));
    Ok(parts.into())
}

/// How errors call the layer at a place: `layer 3 (Conv2d)`.
fn named<L>(place: usize) -> String {
    let ty = std::any::type_name::<L>();
    match ty.split_once('<').map_or(ty, |(bare, _)| bare) {
        of_several if of_several.starts_with(['(', '[']) => format!("layer {place}"),
        function if function.starts_with("fn(") => format!("layer {place} (function)"),
        path => format!("layer {place} ({})", path.rsplit("::").next().unwrap_or(path)),
    }
}
