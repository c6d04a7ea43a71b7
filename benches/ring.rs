//! Ring kernels on one thread: matrix products and convolutions (elements are multiply-adds), keystreams, bit planes and fields.
//!
//! `cargo bench --bench ring -- u64/Avx512` measures one ring at one vector level.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use spu_protocols::aby3::Address;
use spu_protocols::random::Keys;
use spu_protocols::ring::{
    Convolution, Cpu, MatmulShape, Operand, Ring, SpatialAxis, convolve, from_planes, matmul, pack_fields, set_cpu,
    to_planes, unpack_fields,
};
use spu_tensor::Party;

fn product<R: Ring>(criterion: &mut Criterion, ring: &str) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    for level in levels() {
        let mut group = criterion.benchmark_group(format!("matmul/{ring}/{level:?}"));
        for (rows, inner, columns) in [(128, 784, 128), (784, 128, 128), (128, 128, 10), (512, 512, 512)] {
            let (x, y) = (elements::<R>(rows * inner), elements::<R>(inner * columns));
            let shape = MatmulShape { rows, inner, columns };
            group.throughput(Throughput::Elements((rows * inner * columns) as u64));
            let two = R::ONE.plus(R::ONE);
            let (a, b) = (Operand::new(&x), Operand::new(&y));
            let sum = |x| Operand::combination((x, two), (x, R::ONE));
            let factors = [
                ("a·b", a, b),
                ("aᵀ·b", a.transposed(), b),
                ("a·bᵀ", a, b.transposed()),
                ("(2a+a)·(2b+b)", sum(&x), sum(&y)),
            ];
            for (name, a, b) in factors {
                let id = BenchmarkId::new(name, format!("{rows}×{inner}×{columns}"));
                group.bench_function(id, |bencher| {
                    pool.install(|| {
                        set_cpu(level).expect("a supported level");
                        bencher.iter(|| matmul(shape, black_box(a), black_box(b)));
                    });
                });
            }
        }
    }
}

/// Kernels of 5 × 5 over 32 images, without padding: channels, side, features.
fn convolutions(criterion: &mut Criterion) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    for level in levels() {
        let mut group = criterion.benchmark_group(format!("convolution/u64/{level:?}"));
        for (channels, side, features) in [(1, 28, 16), (16, 12, 16), (20, 12, 50)] {
            let axis = SpatialAxis {
                input: side,
                kernel: 5,
                output: side - 4,
                padded: side,
                low: 0,
                stride: 1,
                input_dilation: 1,
                kernel_dilation: 1,
            };
            let sizes = Convolution { images: 32, channels, features, groups: 1, axes: vec![axis; 2] };
            let (x, k) = (elements::<u64>(32 * side * side * channels), elements::<u64>(25 * channels * features));
            group.throughput(Throughput::Elements((32 * (side - 4) * (side - 4) * 25 * channels * features) as u64));
            group.bench_function(format!("{channels}×{side}² → {features}"), |bencher| {
                pool.install(|| {
                    set_cpu(level).expect("a supported level");
                    bencher.iter(|| convolve(&sizes, black_box(Operand::new(&x)), black_box(Operand::new(&k))));
                });
            });
        }
    }
}

fn keystream(criterion: &mut Criterion) {
    let streams = Keys::insecure(1, Party(0)).streams(0);
    let mut stream = streams.open(Party(1), Address { node: 0, part: 0, step: 0 });
    let mut words = vec![0; 8192];
    let mut group = criterion.benchmark_group("keystream");
    group.throughput(Throughput::Bytes(8 * words.len() as u64));
    group.bench_function("fill", |bencher| bencher.iter(|| stream.fill(black_box(&mut words))));
}

fn bits(criterion: &mut Criterion) {
    const N: usize = 65_536;
    let values = elements::<u64>(N);
    for level in levels() {
        let mut group = criterion.benchmark_group(format!("bits/{level:?}"));
        group.throughput(Throughput::Elements(N as u64));
        group.bench_function("to_planes", |bencher| {
            set_cpu(level).expect("a supported level");
            bencher.iter(|| to_planes(black_box(&values), 0, 64));
        });
        let planes = to_planes(&values, 0, 64);
        group.bench_function("from_planes", |bencher| {
            set_cpu(level).expect("a supported level");
            bencher.iter(|| from_planes::<u64>(black_box(&planes), 0));
        });
    }
    let mut group = criterion.benchmark_group("fields of 45 bits");
    group.throughput(Throughput::Elements(N as u64));
    group.bench_function("pack", |bencher| bencher.iter(|| pack_fields(black_box(&values), 45)));
    let words = pack_fields(&values, 45);
    group.bench_function("unpack", |bencher| bencher.iter(|| unpack_fields::<u64>(black_box(&words), 45, N)));
}

fn levels() -> impl Iterator<Item = Cpu> {
    Cpu::ALL.into_iter().filter(|level| level.is_supported())
}

fn elements<R: Ring>(n: usize) -> Vec<R> {
    (0..n as u128).map(|i| R::from_u128(i.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))).collect()
}

fn products(criterion: &mut Criterion) {
    product::<u64>(criterion, "u64");
    product::<u32>(criterion, "u32");
    product::<u128>(criterion, "u128");
}

criterion_group!(benches, products, convolutions, keystream, bits);
criterion_main!(benches);
