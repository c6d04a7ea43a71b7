//! Numbers to ring elements and back.

use spu::pphlo::{DType, Type};
use spu::{Elements, Error, HostTensor};

use super::format::RingConfig;
use crate::ring::Ring;

/// x · 2^scale rounded to nearest, ties away from zero.
pub(super) fn rounded(x: f64, scale: u32) -> i128 {
    (x * (1u128 << scale) as f64).round() as i128
}

/// Encodes a tensor, rounding to nearest. A value that is not finite or lies outside [−2^(K−2), 2^(K−2)) of the ring is an
/// error that names the tensor and the element's place. It does not tell the value: the error goes to the peers.
pub fn encode<R: Ring>(name: &str, tensor: &HostTensor, ring: RingConfig) -> Result<Vec<R>, Error> {
    let bound = 1i128 << (ring.bits - 2);
    let fault = |i: usize, problem: String| Error::data(name, Some(position(i, tensor)), problem);
    let in_range = |i: usize, value: i128| {
        if (-bound..bound).contains(&value) {
            Ok(R::from_i128(value))
        } else {
            let limit = bound as f64 / (1u128 << ring.scale(tensor.elements.dtype())) as f64;
            Err(fault(i, format!("outside the safe range [-{limit}, {limit})")))
        }
    };
    match &tensor.elements {
        Elements::Fxp(values) => {
            let scale = (1u128 << ring.fraction_bits) as f64;
            let element = |(i, &x): (usize, &f64)| match x.is_finite() {
                true => in_range(i, (x * scale).round() as i128),
                false => Err(fault(i, if x.is_nan() { "not a number (NaN)" } else { "infinite" }.into())),
            };
            values.iter().enumerate().map(element).collect()
        }
        Elements::Int(values) => values.iter().enumerate().map(|(i, &x)| in_range(i, x.into())).collect(),
        Elements::Bool(values) => Ok(values.iter().map(|&x| if x { R::ONE } else { R::ZERO }).collect()),
    }
}

/// Decodes ring elements of a type.
pub fn decode<R: Ring>(elements: &[R], ty: &Type, ring: RingConfig) -> HostTensor {
    let scale = (1u128 << ring.fraction_bits) as f64;
    let elements = match ty.dtype {
        DType::Fxp => Elements::Fxp(elements.iter().map(|x| x.signed() as f64 / scale).collect()),
        DType::Int => Elements::Int(elements.iter().map(|x| x.signed() as i64).collect()),
        DType::Bool => Elements::Bool(elements.iter().map(|&x| x != R::ZERO).collect()),
    };
    HostTensor::new(ty.shape.clone(), elements)
}

fn position(mut i: usize, tensor: &HostTensor) -> Vec<usize> {
    let strides = tensor.shape.strides();
    let index = strides.iter().map(|&stride| {
        let at = i / stride.max(1);
        i %= stride.max(1);
        at
    });
    index.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_nearest_and_back() {
        let tensor = HostTensor::fxp([4], vec![0.1, -0.1, 3.0, -1e6]);
        let ring: Vec<u64> = encode("x", &tensor, RingConfig::DEFAULT).unwrap();
        assert_eq!(ring[0], 26214); // 0.1 · 2^18 = 26214.4
        assert_eq!(ring[1].signed(), -26214);
        let back = decode(&ring, &Type::secret([4], DType::Fxp), RingConfig::DEFAULT);
        let Elements::Fxp(back) = back.elements else { panic!("fixed point") };
        assert_eq!(back[2..], [3.0, -1e6]);
    }

    #[test]
    fn names_the_element_at_fault() {
        for (bad, text) in [(f64::NAN, "NaN"), (f64::INFINITY, "infinite"), (2f64.powi(44), "safe range")] {
            let tensor = HostTensor::fxp([2, 2], vec![0.0, 0.0, bad, 0.0]);
            let error = encode::<u64>("images", &tensor, RingConfig::DEFAULT).unwrap_err().to_string();
            assert!(error.starts_with("images at [1, 0]: ") && error.contains(text), "{error}");
        }
        let edge = HostTensor::fxp([1], vec![-(2f64.powi(44))]);
        assert!(encode::<u64>("x", &edge, RingConfig::DEFAULT).is_ok());
    }
}
