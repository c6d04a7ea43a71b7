//! Products by the Einstein convention.

use super::linear::product;
use super::{DType, Numeric, Tensor, Visibility};
use crate::location::Location;
use crate::pphlo::Op;
use crate::trace::{self, Handle};

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// Sums of products of two tensors whose axes are named by letters: `"bij,bjk->bik"` is a batch of matrix products. A letter that
    /// the result lacks is summed over. It takes the rounds of one product.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0, 4.0], |x: Tensor<Secret, Fxp>| {
    ///     let x = x.reshape([2, 2]);
    ///     x.einsum("ij,kj->ki", x)
    /// })?;
    /// assert_eq!(y.values(), [5.0, 11.0, 11.0, 25.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn einsum<W: Visibility, E: Numeric>(
        self,
        subscripts: &str,
        other: Tensor<W, E>,
    ) -> Tensor<V::Join<W>, D::Promote<E>> {
        let location = Location::caller();
        let operands = [self.handle, other.handle];
        let dtype = <D::Promote<E>>::DTYPE;
        match Letters::parse(subscripts, operands) {
            Ok(letters) => Tensor::from_handle(letters.product(operands, dtype, location)),
            Err(problem) => {
                trace::fault(format!("cannot take the products {subscripts:?}: {problem}"), &operands, location);
                Tensor::from_handle(super::operand::convert(operands[0], dtype, location))
            }
        }
    }
}

/// The names of the axes of both operands and of the result.
struct Letters {
    operands: [Vec<char>; 2],
    result: Vec<char>,
}

impl Letters {
    fn parse(subscripts: &str, operands: [Handle; 2]) -> Result<Self, String> {
        let compact: String = subscripts.chars().filter(|c| !c.is_whitespace()).collect();
        let parts = compact.split_once("->").and_then(|(from, to)| Some((from.split_once(',')?, to)));
        let Some(((left, right), result)) = parts else { return Err("they read as in \"ij,jk->ik\"".into()) };
        let letters = [left, right, result].map(|part| part.chars().collect::<Vec<_>>());
        for part in &letters {
            if let Some(c) = part.iter().find(|c| !c.is_ascii_alphabetic()) {
                return Err(format!("`{c}` is no letter"));
            }
            if let Some((_, c)) = part.iter().enumerate().find(|(i, c)| part[..*i].contains(c)) {
                return Err(format!("`{c}` names two axes of one tensor"));
            }
        }
        let [left, right, result] = letters;
        if let Some(c) = result.iter().find(|c| !left.contains(c) && !right.contains(c)) {
            return Err(format!("`{c}` names no axis of an operand"));
        }
        for (part, operand) in [&left, &right].into_iter().zip(operands) {
            let shape = trace::ty(operand).shape;
            if shape.rank() != part.len() {
                return Err(format!("{shape} does not have {} axes", part.len()));
            }
        }
        Ok(Self { operands: [left, right], result })
    }

    fn product(self, operands: [Handle; 2], dtype: crate::pphlo::DType, location: Location) -> Handle {
        let Self { operands: [left, right], result } = self;
        // What only one operand has and the result lacks is summed up first.
        let alone = |own: &[char], other: &[char], operand: Handle| {
            let is_alone = |c: &char| !other.contains(c) && !result.contains(c);
            let axes: Vec<usize> = (0..own.len()).filter(|&axis| is_alone(&own[axis])).collect();
            let kept: Vec<char> = own.iter().copied().filter(|c| !is_alone(c)).collect();
            match axes.is_empty() {
                true => (operand, kept),
                false => (trace::emit(Op::ReduceSum { axes }, &[operand], location), kept),
            }
        };
        let ((x, left), (y, right)) = (alone(&left, &right, operands[0]), alone(&right, &left, operands[1]));
        let place = |part: &[char], c: char| part.iter().position(|&other| other == c);
        let pairs = left.iter().enumerate().filter_map(|(axis, &c)| Some((c, (axis, place(&right, c)?))));
        let (batch, contract): (Vec<_>, Vec<_>) = pairs.partition(|(c, _)| result.contains(c));
        let is_paired = |c: &char| batch.iter().chain(&contract).any(|(other, _)| other == c);
        let free = left.iter().chain(&right).copied().filter(|c| !is_paired(c));
        let found: Vec<char> = batch.iter().map(|&(c, _)| c).chain(free).collect();
        let axes = |pairs: Vec<(char, (usize, usize))>| pairs.into_iter().map(|(_, pair)| pair).collect();
        let permutation: Vec<usize> = result.iter().filter_map(|&c| place(&found, c)).collect();
        let op = Op::DotGeneral { batch: axes(batch), contract: axes(contract) };
        let product = product(op, [x, y], dtype, location);
        match permutation.iter().copied().eq(0..permutation.len()) {
            true => product,
            false => trace::emit(Op::Transpose { permutation }, &[product], location),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Fxp, Secret, Tensor, evaluate};

    fn of(subscripts: &str) -> Result<Vec<f64>, String> {
        // x = [[1, 2, 3], [4, 5, 6]], y = [[10, 20, 30], [40, 50, 60]].
        let run = |x: Tensor<Secret, Fxp>| {
            let x = x.reshape([2, 3]);
            x.einsum(subscripts, x * 10.0)
        };
        evaluate(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], run)
            .map(|y| y.values().to_vec())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn letters_say_what_is_multiplied_and_summed() {
        assert_eq!(of("ij,ij->").unwrap(), [910.0]);
        assert_eq!(of("ij, ij -> i").unwrap(), [140.0, 770.0]);
        assert_eq!(of("ij,kj->ki").unwrap(), [140.0, 320.0, 320.0, 770.0]);
        assert_eq!(of("ij,ik->jk").unwrap()[..3], [170.0, 220.0, 270.0]);
        assert_eq!(of("ij,kj->j").unwrap(), [250.0, 490.0, 810.0]);
        assert_eq!(of("ij,kl->").unwrap(), [21.0 * 210.0]);
        assert_eq!(of("ij,ij->ji").unwrap(), [10.0, 160.0, 40.0, 250.0, 90.0, 360.0]);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let fault = |subscripts| of(subscripts).unwrap_err();
        assert!(fault("ij,jk->ik").starts_with("cannot multiply [2, 3] and [2, 3] with axes 1 and 0 paired"));
        assert!(fault("ij,jk").contains("they read as in"));
        assert!(fault("ii,ij->j").contains("`i` names two axes"));
        assert!(fault("ij,ij->k").contains("`k` names no axis"));
        assert!(fault("ijk,ij->k").contains("[2, 3] does not have 3 axes"));
        assert!(fault("i.,ij->j").contains("`.` is no letter"));
    }
}
