//! spu-nn
