//! The weights that layers begin with: their moments, and that a seed gives the draws that recorded trainings began with.

use spu::{HostOf, HostTensor};
use spu_nn::init::{Draws, Initializer};
use spu_nn::layers::{Conv2d, Dense, Embedding, Layer, MultiHeadAttention};

/// Leaves by name.
fn leaves<T: spu::Tree>(host: HostOf<T>) -> Vec<(String, HostTensor)> {
    host.named()
}

/// Mean 0 and this deviation. With n normal values the mean errs by σ/√n and the deviation by σ/√(2n); six of these is never by chance.
#[track_caller]
fn assert_normal((name, tensor): &(String, HostTensor), shape: &[usize], sigma: f64) {
    assert_eq!(tensor.shape.extents(), shape, "{name}");
    let values = tensor.elements.to_f64();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    assert!(mean.abs() < 6.0 * sigma / n.sqrt(), "{name}: mean {mean}, σ {sigma}");
    assert!((deviation - sigma).abs() < 6.0 * sigma / (2.0 * n).sqrt(), "{name}: {deviation} instead of {sigma}");
}

/// Glorot normal weights; biases N(0, 1e-2) of dense layers, N(0, 1e-6) of convolutions.
#[test]
fn layers_begin_with_the_moments_of_the_recipe() {
    let draws = &mut Draws::seeded(5);
    let dense = leaves(Dense::new(300, 500).initial(draws).unwrap());
    assert_normal(&dense[0], &[300, 500], f64::sqrt(2.0 / 800.0));
    assert_normal(&dense[1], &[500], 1e-2);

    let conv = leaves(Conv2d::new(40, 60, [3, 5]).initial(draws).unwrap());
    assert_normal(&conv[0], &[3, 5, 40, 60], f64::sqrt(2.0 / (15.0 * 100.0)));
    assert_normal(&conv[1], &[60], 1e-6);

    // In four groups an output is a sum over 10 channels and an input goes into 15.
    let groups = leaves(Conv2d::new(40, 60, [3, 5]).groups(4).initial(draws).unwrap());
    assert_normal(&groups[0], &[3, 5, 10, 60], f64::sqrt(2.0 / (15.0 * 25.0)));

    let attention = leaves(MultiHeadAttention::new(60, 4).initial(draws).unwrap());
    assert_eq!(attention.len(), 8);
    for [weight, bias] in attention.as_chunks().0 {
        assert_normal(weight, &[60, 60], f64::sqrt(2.0 / 120.0));
        assert_normal(bias, &[60], 1e-2);
    }
    assert_normal(&leaves(Embedding::new(50, 30).initial(draws).unwrap())[0], &[50, 30], 1.0);
}

#[test]
fn another_initializer_is_used() {
    use Initializer::{Constant, HeNormal, Normal};
    let draws = &mut Draws::seeded(6);
    let ones = |n: usize| HostTensor::fxp([n], vec![1.0; n]);

    let dense = Dense::new(300, 500).initializer(HeNormal).bias_initializer(Constant(1.0));
    let [weight, bias] = leaves(dense.initial(draws).unwrap()).try_into().unwrap();
    assert_normal(&weight, &[300, 500], f64::sqrt(2.0 / 300.0));
    assert_eq!(bias.1, ones(500));
    assert_normal(&leaves(dense.without_bias().initial(draws).unwrap())[0], &[300, 500], f64::sqrt(2.0 / 300.0));

    let conv = Conv2d::new(40, 60, [3, 5]).groups(4).initializer(HeNormal).bias_initializer(Constant(1.0));
    let [weight, bias] = leaves(conv.initial(draws).unwrap()).try_into().unwrap();
    assert_normal(&weight, &[3, 5, 10, 60], f64::sqrt(2.0 / 150.0));
    assert_eq!(bias.1, ones(60));
    assert_normal(&leaves(conv.without_bias().initial(draws).unwrap())[0], &[3, 5, 10, 60], f64::sqrt(2.0 / 150.0));

    let attention = MultiHeadAttention::new(60, 4).initializer(Normal(0.5)).bias_initializer(Constant(1.0));
    for [weight, bias] in leaves(attention.initial(draws).unwrap()).as_chunks().0 {
        assert_normal(weight, &[60, 60], 0.5);
        assert_eq!(bias.1, ones(60));
    }
    let table = leaves(Embedding::new(50, 30).initializer(Normal(0.1)).initial(draws).unwrap());
    assert_normal(&table[0], &[50, 30], 0.1);
}

/// One stream of normal numbers, leaf by leaf, each times its deviation: recorded trainings began with these.
#[test]
fn a_seed_gives_the_same_weights_as_ever() {
    let network = (Conv2d::new(2, 3, [5, 5]), Dense::new(7, 4));
    let draws = &mut Draws::seeded(9);
    let expected = [
        draws.normal([5, 5, 2, 3], (2.0f64 / 125.0).sqrt()),
        draws.normal([3], 1e-6),
        draws.normal([7, 4], (2.0f64 / 11.0).sqrt()),
        draws.normal([4], 1e-2),
    ];
    assert_eq!(network.initial(&mut Draws::seeded(9)).unwrap().into_leaves(), expected);
}
