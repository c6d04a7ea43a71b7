//! Sorting and permuting.

use std::cmp::Ordering;

use super::ill_typed;
use crate::host::{Elements, HostTensor};

/// Of every list along the last axis, the numbers of its elements in order.
pub(super) fn arg_sort(keys: &[&HostTensor], descending: bool) -> Elements {
    let length = keys[0].shape.extents().last().copied().unwrap_or(1);
    let lists = keys[0].elements.len().checked_div(length).unwrap_or(0);
    let mut order = Vec::with_capacity(keys[0].elements.len());
    for first in (0..lists).map(|list| list * length) {
        let compare = |&a: &usize, &b: &usize| {
            let by_key = keys.iter().map(|key| compared(&key.elements, first + a, first + b));
            let order = by_key.fold(Ordering::Equal, Ordering::then);
            if descending { order.reverse() } else { order }
        };
        let mut list: Vec<usize> = (0..length).collect();
        list.sort_by(compare);
        order.extend(list.into_iter().map(|i| i as i64));
    }
    Elements::Int(order)
}

/// Rows in the order of a permutation.
pub(super) fn permute(x: &HostTensor, order: &HostTensor, inverse: bool) -> Result<Elements, String> {
    let Elements::Int(order_elements) = &order.elements else { ill_typed(&order.elements) };
    let length = order.shape.extents().last().copied().unwrap_or(1);
    let width = x.elements.len().checked_div(order_elements.len()).unwrap_or(0);
    let mut sources = vec![usize::MAX; order_elements.len()];
    for (list, order) in order_elements.chunks(length.max(1)).enumerate() {
        let mut seen = vec![false; length];
        for (k, &i) in order.iter().enumerate() {
            let place = usize::try_from(i).ok().filter(|&i| i < length && !std::mem::replace(&mut seen[i], true));
            let Some(i) = place else {
                return Err(format!("cannot permute {length} rows: {i} is out of range, or there twice"));
            };
            let (to, from) = if inverse { (i, k) } else { (k, i) };
            sources[list * length + to] = list * length + from;
        }
    }
    macro_rules! moved {
        ($elements:expr) => {
            sources.iter().flat_map(|&row| &$elements[row * width..][..width]).copied().collect()
        };
    }
    Ok(match &x.elements {
        Elements::Fxp(v) => Elements::Fxp(moved!(v)),
        Elements::Int(v) => Elements::Int(moved!(v)),
        Elements::Bool(v) => Elements::Bool(moved!(v)),
    })
}

fn compared(elements: &Elements, a: usize, b: usize) -> Ordering {
    match elements {
        Elements::Fxp(v) => v[a].partial_cmp(&v[b]).unwrap_or(Ordering::Equal),
        Elements::Int(v) => v[a].cmp(&v[b]),
        Elements::Bool(v) => v[a].cmp(&v[b]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_by_hand() {
        let key = HostTensor::fxp([2, 4], vec![1.0, -2.0, 1.0, -3.0, 0.0, 0.0, -1.0, 5.0]);
        let minor = HostTensor::int([2, 4], vec![3, 0, 1, 0, 2, 1, 9, 9]);
        assert_eq!(arg_sort(&[&key], false), Elements::Int(vec![3, 1, 0, 2, 2, 0, 1, 3]));
        assert_eq!(arg_sort(&[&key], true), Elements::Int(vec![0, 2, 1, 3, 3, 0, 1, 2]));
        assert_eq!(arg_sort(&[&key, &minor], false), Elements::Int(vec![3, 1, 2, 0, 2, 1, 0, 3]));
    }

    #[test]
    fn rows_permuted_by_hand() {
        let x = HostTensor::int([3, 2], vec![1, 2, 3, 4, 5, 6]);
        let order = HostTensor::int([3], vec![2, 0, 1]);
        assert_eq!(permute(&x, &order, false), Ok(Elements::Int(vec![5, 6, 1, 2, 3, 4])));
        assert_eq!(permute(&x, &order, true), Ok(Elements::Int(vec![3, 4, 5, 6, 1, 2])));
        for bad in [vec![0, 1, 1], vec![0, 1, 3], vec![-1, 0, 1]] {
            assert!(permute(&x, &HostTensor::int([3], bad), false).is_err());
        }
    }
}
