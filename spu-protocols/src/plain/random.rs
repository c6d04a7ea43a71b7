//! The oracle's draws: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), not secure.

/// `count` words of the draw with this number, for a run with this seed.
pub(super) fn words(seed: u64, draw: u32, count: usize) -> Vec<u64> {
    let mut state = mix(seed ^ mix(u64::from(draw) + 1));
    let next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(state)
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn mix(z: u64) -> u64 {
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}
