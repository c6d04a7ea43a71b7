//! The ABY3 kernels, all three parties in one thread over moved buffers: time for all parties together, by element.

use std::rc::Rc;

use spu_protocols::aby3::multiply::product_terms;
use spu_protocols::aby3::{Arith, Context, Message, Randomness, exp, relu, sign, truncate, world};
use spu_protocols::random::insecure_keys;
use spu_tensor::Party;

const MILLION: usize = 1 << 20;
const FRACTION_BITS: u32 = 18;

fn ticks() -> (u64, u64) {
    let s = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = s.rsplit(") ").next().unwrap().split(' ').collect();
    (f[11].parse().unwrap(), f[12].parse().unwrap())
}
fn bench<T>(name: &str, n: usize, reps: u64, mut f: impl FnMut() -> T) {
    let args: Vec<String> = std::env::args().collect();
    if args.len() > 2 && (args[1] != name || args[2] != n.to_string()) {
        return;
    }
    f();
    let (u, s) = ticks();
    for _ in 0..reps {
        f();
    }
    let (u2, s2) = ticks();
    let ns = |t: u64| t as f64 * 1e7 / (reps as f64 * n as f64);
    println!("{name}: user {:.1} sys {:.1} ns per element", ns(u2 - u), ns(s2 - s));
}
fn main() {
    let reps = 8;
    for n in [MILLION, 1 << 15, 5461] {
        let reps = reps * (MILLION / n) as u64;
        let x = shares(n, |i| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 34);
        let table = truncate::sum_table(n, FRACTION_BITS, 64);
        let kernel = async |ctx: Context<u64>| {
            let x = x[ctx.role() as usize].view();
            truncate::truncate_sum(&ctx, &product_terms(x, x), FRACTION_BITS).await
        };
        bench("multrunc", n, reps, || run(&table, kernel));
        let table = sign::table(n, 64);
        let kernel = async |ctx: Context<u64>| sign::sign(&ctx, x[ctx.role() as usize].view()).await;
        bench("sign", n, reps, || run(&table, kernel));
        let table = relu::table(n, 64);
        let kernel = async |ctx: Context<u64>| relu::relu(&ctx, x[ctx.role() as usize].view()).await;
        bench("relu", n, reps, || run(&table, kernel));
    }
    let n = 100_000;
    let x = shares(n, |i| i as u64 * 50);
    let table = exp::table(n, FRACTION_BITS);
    let kernel = async |ctx: Context<u64>| exp::exp_negative(&ctx, x[ctx.role() as usize].view(), FRACTION_BITS).await;
    bench("exp", n, 50, || run(&table, kernel));
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
