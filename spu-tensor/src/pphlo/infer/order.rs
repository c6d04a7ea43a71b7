//! Typing of what sorts, permutes and draws.

use super::super::{DType, Op, Type, Visibility};
use super::{listed, representable};

/// The result type; `visibility` is the operands'.
pub(super) fn infer(op: &Op, operands: &[&Type], visibility: Visibility) -> Result<Vec<Type>, String> {
    let drawn = |shape: &crate::Shape, dtype, visibility| -> Result<Type, String> {
        Ok(Type { shape: representable(shape.clone())?, dtype, visibility })
    };
    let result = match op {
        Op::ArgSort { .. } => {
            if operands.iter().any(|t| t.shape != operands[0].shape) {
                return Err(format!("cannot sort by keys of shapes {}", listed(operands, |t| t.shape.clone())));
            }
            if operands[0].shape.rank() == 0 {
                return Err("cannot sort a scalar: it has no axis".into());
            }
            Type { shape: operands[0].shape.clone(), dtype: DType::Int, visibility }
        }
        Op::Permute { .. } => {
            let (x, p) = (operands[0], operands[1]);
            if p.dtype != DType::Int {
                return Err(format!("cannot permute by {}: a permutation is int", p.dtype));
            }
            let rank = p.shape.rank();
            if rank == 0 || x.shape.extents().get(..rank) != Some(p.shape.extents()) {
                return Err(format!("cannot permute rows of {} by a permutation of shape {}", x.shape, p.shape));
            }
            Type { visibility, ..x.clone() }
        }
        Op::RandomPermutation { shape, .. } => {
            if shape.rank() == 0 {
                return Err("cannot draw a permutation of a scalar: it has no axis".into());
            }
            drawn(shape, DType::Int, Visibility::Secret)?
        }
        Op::RandomUniform { shape, visibility, .. } => drawn(shape, DType::Fxp, *visibility)?,
        Op::RandomBernoulli { p, shape, visibility, .. } => {
            if !(0.0..=1.0).contains(&p.0) {
                return Err(format!("cannot draw with probability {}: it is not in [0, 1]", p.0));
            }
            drawn(shape, DType::Bool, *visibility)?
        }
        _ => unreachable!("`{}` neither sorts nor draws", op.name()),
    };
    Ok(vec![result])
}

#[cfg(test)]
mod tests {
    use super::super::super::{Real, infer};
    use super::*;

    fn one(op: Op, operands: &[Type]) -> Result<Type, String> {
        infer(&op, &operands.iter().collect::<Vec<_>>()).map(|mut types| types.remove(0))
    }

    #[test]
    fn results_have_the_shape_of_the_keys_and_of_the_rows() {
        let (keys, minor) = (Type::public([2, 5], DType::Fxp), Type::secret([2, 5], DType::Bool));
        let sorted = one(Op::ArgSort { descending: false }, &[keys.clone(), minor]);
        assert_eq!(sorted, Ok(Type::secret([2, 5], DType::Int)));
        assert_eq!(one(Op::ArgSort { descending: true }, &[keys]), Ok(Type::public([2, 5], DType::Int)));
        let (rows, order) = (Type::public([2, 5, 3], DType::Fxp), Type::secret([2, 5], DType::Int));
        assert_eq!(one(Op::Permute { inverse: false }, &[rows, order]), Ok(Type::secret([2, 5, 3], DType::Fxp)));
        let draw = Op::RandomUniform { shape: [3].into(), visibility: Visibility::Public, draw: 0 };
        assert_eq!(one(draw, &[]), Ok(Type::public([3], DType::Fxp)));
    }

    #[test]
    fn messages_name_what_does_not_fit() {
        let (x, order) = (Type::secret([2, 5], DType::Fxp), Type::secret([5], DType::Int));
        let fault = |op, operands: &[Type]| one(op, operands).unwrap_err();
        let permute = || Op::Permute { inverse: false };
        assert_eq!(
            fault(permute(), &[x.clone(), order]),
            "cannot permute rows of [2, 5] by a permutation of shape [5]"
        );
        assert_eq!(fault(permute(), &[x.clone(), x.clone()]), "cannot permute by fxp: a permutation is int");
        let scalar = Type::secret(crate::Shape::SCALAR, DType::Int);
        let sort = || Op::ArgSort { descending: false };
        assert_eq!(fault(sort(), &[scalar]), "cannot sort a scalar: it has no axis");
        let keys = [x, Type::secret([5], DType::Int)];
        assert_eq!(fault(sort(), &keys), "cannot sort by keys of shapes [2, 5] and [5]");
        let draw = Op::RandomBernoulli { p: Real(1.5), shape: [1].into(), visibility: Visibility::Secret, draw: 0 };
        assert_eq!(fault(draw, &[]), "cannot draw with probability 1.5: it is not in [0, 1]");
    }
}
