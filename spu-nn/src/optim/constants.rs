//! What the constants of optimizers must be.

use spu::{Fxp, Secret, Tensor, refuse};

use super::Trainable;

/// A constant by its name, its value, and what it must be.
pub(super) struct Constant {
    name: &'static str,
    value: f64,
    is_sound: bool,
    expected: &'static str,
}

impl Constant {
    /// What is multiplied by itself from step to step.
    pub(super) fn fading(name: &'static str, value: f64) -> Self {
        Self { name, value, is_sound: (0.0..1.0).contains(&value), expected: "at least 0 and less than 1" }
    }

    /// A positive number.
    pub(super) fn positive(name: &'static str, value: f64) -> Self {
        Self { name, value, is_sound: value > 0.0 && value.is_finite(), expected: "a finite number above 0" }
    }

    /// Any number.
    pub(super) fn finite(name: &'static str, value: f64) -> Self {
        Self { name, value, is_sound: value.is_finite(), expected: "a finite number" }
    }
}

/// Whether all constants of an optimizer are sound; makes the program an error at the caller's line if one is not.
#[track_caller]
pub(super) fn are_sound<T: Trainable>(whose: &str, weights: T, constants: &[Constant]) -> bool {
    let Some(Constant { name, value, expected, .. }) = constants.iter().find(|constant| !constant.is_sound) else {
        return true;
    };
    if let Some(leaf) = first_leaf(weights) {
        refuse(format!("cannot use {name} {value:?} in {whose}: it must be {expected}"), leaf);
    }
    false
}

fn first_leaf<T: Trainable>(tree: T) -> Option<Tensor<Secret, Fxp>> {
    let mut first = None;
    let _ = tree.map(|leaf| {
        first.get_or_insert(leaf);
        leaf
    });
    first
}
