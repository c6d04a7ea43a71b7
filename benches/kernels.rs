//! The ABY3 kernels, all three parties in one thread over moved buffers: time for all parties together, by element.

use std::rc::Rc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use spu_protocols::aby3::multiply::product_terms;
use spu_protocols::aby3::{Arith, Context, Message, Randomness, exp, relu, sign, truncate, world};
use spu_protocols::random::insecure_keys;
use spu_protocols::share::{Accuracy, ExpWindow};
use spu_tensor::Party;

const MILLION: usize = 1 << 20;
const FRACTION_BITS: u32 = 18;

fn kernels(criterion: &mut Criterion) {
    let x = shares(MILLION, |i| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 34);
    let mut group = criterion.benchmark_group("kernels");
    group.sample_size(10).throughput(Throughput::Elements(MILLION as u64));
    let table = truncate::sum_table(MILLION, FRACTION_BITS, 64);
    let kernel = async |ctx: Context<u64>| {
        let x = x[ctx.role() as usize].view();
        truncate::truncate_sum(&ctx, &product_terms(x, x), FRACTION_BITS).await
    };
    group.bench_function("multiply and truncate, 1 M", |b| b.iter(|| run(&table, kernel)));
    let table = sign::table(MILLION, 64);
    let kernel = async |ctx: Context<u64>| sign::sign(&ctx, x[ctx.role() as usize].view()).await;
    group.bench_function("sign bit, 1 M", |b| b.iter(|| run(&table, kernel)));
    let table = relu::table(MILLION, 64, 64);
    let kernel = async |ctx: Context<u64>| relu::relu(&ctx, x[ctx.role() as usize].view(), 64).await;
    group.bench_function("ReLU and its mask, 1 M", |b| b.iter(|| run(&table, kernel)));

    let n = 100_000;
    let x = shares(n, |i| i as u64 * 50);
    group.throughput(Throughput::Elements(n as u64));
    let window = ExpWindow {
        offset: 1 << (FRACTION_BITS - 4),
        range_bits: 4,
        result_scale: FRACTION_BITS,
        saturating: true,
        accuracy: Accuracy::Absolute,
    };
    let table = exp::table(n, &window, FRACTION_BITS, 64);
    let kernel =
        async |ctx: Context<u64>| exp::exp_negative(&ctx, x[ctx.role() as usize].view(), &window, FRACTION_BITS).await;
    group.bench_function("exp, 100 k", |b| b.iter(|| run(&table, kernel)));
    group.finish();
}

fn run<T>(table: &[Message], kernel: impl AsyncFn(Context<u64>) -> T) -> [T; 3] {
    let streams: [Rc<dyn Randomness<u64>>; 3] = insecure_keys(1).map(|mut keys| Rc::new(keys.streams(1)) as _);
    let kernel = &kernel;
    world::run(Party(0), table, |party| streams[party.0].clone(), |ctx| kernel(ctx)).results
}

/// Replicated shares of `value(i)`, by role.
fn shares(n: usize, value: impl Fn(usize) -> u64) -> [Arith<u64>; 3] {
    let spread = |i: usize, k: u64| (i as u64 ^ k << 40).wrapping_mul(0xd605_bbb5_8c8a_bbfd).rotate_left(23);
    let [x0, x1]: [Vec<u64>; 2] = [1, 2].map(|k| (0..n).map(|i| spread(i, k)).collect());
    let x2: Vec<u64> = (0..n).map(|i| value(i).wrapping_sub(x0[i]).wrapping_sub(x1[i])).collect();
    let x = [x0, x1, x2];
    [0, 1, 2].map(|i| Arith { own: x[i].clone(), next: x[(i + 1) % 3].clone() })
}

criterion_group!(benches, kernels);
criterion_main!(benches);
