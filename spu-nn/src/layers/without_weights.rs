//! The parts of a layer that has no weights.

macro_rules! without_weights {
    () => {
        type Weights = ();

        fn shape(&self) -> ::spu::ShapeOf<()> {
            ().into()
        }

        fn initial(&self, _: &mut $crate::init::Draws) -> ::core::result::Result<::spu::HostOf<()>, ::spu::Error> {
            ::core::result::Result::Ok(().into())
        }
    };
}

pub(super) use without_weights;
