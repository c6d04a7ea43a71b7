//! spu-protocols
