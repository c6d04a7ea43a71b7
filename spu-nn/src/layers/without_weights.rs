//! The parts of `Layer` for those that have no weights, or no state.

macro_rules! without_weights {
    () => {
        type Weights = ();

        fn shape(self) -> ::spu::ShapeOf<()> {
            ().into()
        }

        fn initial(self, _: &mut $crate::init::Draws) -> ::core::result::Result<::spu::HostOf<()>, ::spu::Error> {
            ::core::result::Result::Ok(().into())
        }
    };
}

macro_rules! without_state {
    () => {
        type State = ();

        fn state_shape(self) -> ::spu::ShapeOf<()> {
            ().into()
        }

        fn initial_state(self) -> ::core::result::Result<::spu::HostOf<()>, ::spu::Error> {
            ::core::result::Result::Ok(().into())
        }
    };
}

pub(super) use {without_state, without_weights};
