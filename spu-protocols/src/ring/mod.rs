//! The rings Z_2^K and the kernels on their elements. This module knows no party.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod convolution;
mod cpu;
mod element;
mod fields;
mod matmul;
mod operand;
mod panels;
mod planes;
mod reciprocal;
mod slices;
mod square;
mod transpose;

pub use convolution::{Convolution, SpatialAxis, convolve};
pub use cpu::{Cpu, Unsupported, cpu, set_cpu, vectorize};
pub use element::{Ring, Z16};
pub use fields::{pack_fields, unpack_fields};
pub use matmul::{MatmulShape, matmul, matmul_add};
pub use operand::{Offsets, Operand};
pub use planes::Planes;
pub use reciprocal::reciprocal_parts;
pub use slices::{
    add_assign, low_assign, mul_add_assign, mul_assign, scale_assign, shl_assign, shr_assign, sub_assign,
};
pub use transpose::{from_planes, to_planes};
