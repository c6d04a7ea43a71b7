//! spu-macros
