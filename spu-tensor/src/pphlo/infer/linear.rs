//! Shapes of matrix products and convolutions.

use super::representable;
use crate::pphlo::ConvolutionWindow;
use crate::shape::Shape;

pub(super) fn dot_general(
    left: &Shape,
    right: &Shape,
    batch: &[(usize, usize)],
    contract: &[(usize, usize)],
) -> Result<Shape, String> {
    let fault = |problem: String| Err(format!("cannot multiply {left} and {right} with {problem}"));
    for &(l, r) in batch.iter().chain(contract) {
        match (left.extents().get(l), right.extents().get(r)) {
            (Some(m), Some(n)) if m == n => {}
            (Some(m), Some(n)) => return fault(format!("axes {l} and {r} paired: extents {m} and {n} differ")),
            _ => return fault(format!("axes {l} and {r} paired: there is no such axis")),
        }
    }
    let paired = |side: fn(&(usize, usize)) -> usize| batch.iter().chain(contract).map(side).collect::<Vec<_>>();
    let (lefts, rights) = (paired(|pair| pair.0), paired(|pair| pair.1));
    if [&lefts, &rights].iter().any(|axes| axes.iter().enumerate().any(|(i, axis)| axes[..i].contains(axis))) {
        return fault("an axis paired twice".into());
    }
    let free = |shape: &Shape, axes: &[usize]| {
        let free = shape.extents().iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
        free.map(|(_, &n)| n).collect::<Vec<_>>()
    };
    let counted = batch.iter().map(|pair| left.extents()[pair.0]).collect();
    representable(Shape::new([counted, free(left, &lefts), free(right, &rights)].concat()))
}

pub(super) fn convolution(
    input: &Shape,
    kernel: &Shape,
    window: &ConvolutionWindow,
    groups: usize,
) -> Result<Shape, String> {
    let fault = |problem: String| Err(format!("cannot convolve {input} by a kernel of shape {kernel}: {problem}"));
    let Some(axes) = window.axes() else {
        return fault("strides and dilations are at least 1, one for each spatial axis".into());
    };
    let ([n, spatial @ .., channels], [places @ .., depth, features]) = (input.extents(), kernel.extents()) else {
        return fault("the input has a batch axis and channels, the kernel channels and result channels".into());
    };
    if spatial.len() != axes || places.len() != axes {
        return fault(format!("the window has {axes} spatial axes"));
    }
    if groups == 0 || features % groups != 0 || depth.checked_mul(groups) != Some(*channels) {
        return fault(format!("{channels} channels and {features} result channels do not fall into {groups} groups"));
    }
    let outputs = (0..axes).map(|axis| window.output(axis, spatial[axis], places[axis]));
    let shape = representable(Shape::new([*n].into_iter().chain(outputs).chain([*features]).collect::<Vec<_>>()))?;
    // What lies under the window is held in memory.
    let padded = (0..axes).map(|axis| usize::try_from(window.padded(axis, spatial[axis]).max(0)).unwrap_or(usize::MAX));
    let padded = [*n].into_iter().chain(padded).chain([*channels]).collect::<Vec<_>>();
    representable(Shape::new(padded)).map(|_| shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_come_first_then_the_free_axes() {
        let of = |left: &[usize], right: &[usize], batch: &[(usize, usize)], contract: &[(usize, usize)]| {
            dot_general(&left.into(), &right.into(), batch, contract)
        };
        assert_eq!(of(&[7, 2, 3], &[7, 3, 5], &[(0, 0)], &[(2, 1)]), Ok([7, 2, 5].into()));
        assert_eq!(of(&[2, 7, 3], &[5, 3, 7], &[(1, 2)], &[(2, 1)]), Ok([7, 2, 5].into()));
        assert_eq!(of(&[2, 3], &[4, 5], &[], &[]), Ok([2, 3, 4, 5].into()));
        assert_eq!(of(&[2, 3], &[3, 2], &[], &[(0, 1), (1, 0)]), Ok(Shape::SCALAR));
        assert!(of(&[2, 3], &[3, 2], &[], &[(0, 0)]).unwrap_err().contains("extents 2 and 3 differ"));
        assert!(of(&[2, 3], &[3, 2], &[], &[(2, 0)]).unwrap_err().contains("no such axis"));
        assert!(of(&[2, 2], &[2, 2], &[(0, 0)], &[(0, 1)]).unwrap_err().contains("paired twice"));
    }

    #[test]
    fn windows_decide_the_spatial_extents() {
        let of = |input: &[usize], kernel: &[usize], window: &ConvolutionWindow, groups| {
            convolution(&input.into(), &kernel.into(), window, groups)
        };
        let valid = ConvolutionWindow::valid(2);
        assert_eq!(of(&[8, 28, 28, 3], &[5, 5, 3, 16], &valid, 1), Ok([8, 24, 24, 16].into()));
        let strided = ConvolutionWindow { stride: vec![2, 3], low: vec![1, 0], high: vec![1, -1], ..valid.clone() };
        // (7 + 2 − 3) / 2 + 1 and (7 − 1 − 3) / 3 + 1.
        assert_eq!(of(&[1, 7, 7, 4], &[3, 3, 2, 6], &strided, 2), Ok([1, 4, 2, 6].into()));
        let dilated = ConvolutionWindow { input_dilation: vec![2, 1], kernel_dilation: vec![1, 3], ..valid.clone() };
        assert_eq!(of(&[1, 4, 9, 1], &[3, 3, 1, 1], &dilated, 1), Ok([1, 5, 3, 1].into()));
        assert_eq!(of(&[1, 2, 2, 1], &[3, 3, 1, 1], &valid, 1), Ok([1, 0, 0, 1].into()));
        assert!(of(&[1, 2, 2, 3], &[3, 3, 1, 1], &valid, 1).unwrap_err().contains("do not fall into 1 groups"));
        assert!(of(&[1, 2, 2], &[3, 1, 1], &valid, 1).unwrap_err().contains("the window has 2 spatial axes"));
        let halted = ConvolutionWindow { stride: vec![0, 1], ..valid.clone() };
        assert!(of(&[1, 2, 2, 1], &[1, 1, 1, 1], &halted, 1).unwrap_err().contains("at least 1"));
        let huge = ConvolutionWindow { low: vec![i64::MAX; 2], high: vec![i64::MAX; 2], ..valid };
        assert!(of(&[1, 2, 2, 1], &[1, 1, 1, 1], &huge, 1).unwrap_err().contains("too many elements"));
    }
}
