//! spu
