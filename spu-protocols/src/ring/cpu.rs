//! The vector level of the machine, found once: loops are compiled for each level and dispatched at run time.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU8, Ordering};

use super::Ring;
#[cfg(target_arch = "x86_64")]
use super::avx512;
use super::square::{self, SIDE};
use super::transpose::{self, ELEMENTS, Lane};

/// A vector level. Every level computes the same bits; only the speed differs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cpu {
    /// The baseline of the compilation target.
    Scalar,
    /// AVX2 with BMI and FMA: x86-64-v3.
    Avx2,
    /// AVX-512 F, BW, CD, DQ and VL: x86-64-v4.
    Avx512,
}

impl Cpu {
    /// All levels, lowest first.
    pub const ALL: [Self; 3] = [Self::Scalar, Self::Avx2, Self::Avx512];

    /// Whether this machine has the level.
    pub fn is_supported(self) -> bool {
        self <= Self::best()
    }

    /// The highest level of this machine.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let v3 = has!("avx2") && has!("bmi1") && has!("bmi2") && has!("fma") && has!("lzcnt") && has!("popcnt");
            let v4 = has!("avx512f") && has!("avx512bw") && has!("avx512cd") && has!("avx512dq") && has!("avx512vl");
            match (v3, v4) {
                (true, true) => Self::Avx512,
                (true, false) => Self::Avx2,
                (false, _) => Self::Scalar,
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        Self::Scalar
    }
}

/// This machine has no such vector level.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this machine has no {0:?}; its highest vector level is {best:?}", best = Cpu::best())]
pub struct Unsupported(pub Cpu);

/// The level in use: the machine's best unless [`set_cpu`] chose another.
#[inline]
pub fn cpu() -> Cpu {
    // Relaxed is enough: the level guards no other data, and every value ever stored is a supported level.
    match LEVEL.load(Ordering::Relaxed) {
        UNKNOWN => detect(),
        level => Cpu::ALL[level as usize],
    }
}

/// Chooses the level for the whole process.
pub fn set_cpu(cpu: Cpu) -> Result<(), Unsupported> {
    if !cpu.is_supported() {
        return Err(Unsupported(cpu));
    }
    LEVEL.store(cpu as u8, Ordering::Relaxed);
    Ok(())
}

/// Runs `work` compiled for the level in use. Plain loops inside become vector code of that level, provided that everything
/// is inlined into it: write `vectorize(#[inline(always)] || …)`, and `#[inline(always)]` on every function that the closure
/// calls in a loop. (Without the attribute LLVM may keep the closure apart, at the baseline level: right, but slow.)
///
/// The dispatch costs a load and a jump, so put whole loops inside, not single elements.
///
/// ```
/// use spu_protocols::ring::vectorize;
/// let mut x = vec![1u64, 2, 3];
/// vectorize(#[inline(always)] || x.iter_mut().for_each(|x| *x = x.wrapping_mul(*x)));
/// assert_eq!(x, [1, 4, 9]);
/// ```
#[inline(always)]
pub fn vectorize<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: `LEVEL` is written by `set_cpu`, after asking whether the level is supported, and by `detect`, with the best one.
    unsafe { run_at(cpu(), work) }
}

/// Work that is written for a number of elements in a vector register.
pub(super) trait Kernel<R> {
    type Output;

    /// Must be `#[inline(always)]`, as all that it calls in a loop.
    fn run<const LANES: usize>(self) -> Self::Output;
}

/// A level's vector registers. Exists only for levels that the machine supports.
#[derive(Clone, Copy)]
pub(super) struct Vector(Cpu);

impl Vector {
    /// Panics if the machine does not support the level.
    pub(super) fn of(cpu: Cpu) -> Self {
        assert!(cpu.is_supported(), "a level is used only where it is supported");
        Self(cpu)
    }

    /// Elements in a register.
    pub(super) fn lanes<R>(self) -> usize {
        lanes::<R>(REGISTER[self.0 as usize])
    }

    /// [`square::transpose`], by the best code of the level.
    #[inline(always)]
    pub(super) fn transpose<R: Ring>(self, square: [[R; SIDE]; SIDE]) -> [[R; SIDE]; SIDE] {
        #[cfg(target_arch = "x86_64")]
        if self.0 == Cpu::Avx512 && std::any::TypeId::of::<R>() == std::any::TypeId::of::<u64>() {
            use std::mem::transmute_copy;
            // SAFETY: `Vector` is made of supported levels only; R is u64, so both casts are between equal types.
            return unsafe { transmute_copy(&avx512::transpose(&transmute_copy(&square))) };
        }
        square::transpose(square)
    }

    /// [`transpose::split`], by the best code of the level.
    #[inline(always)]
    pub(super) fn split(self, words: &[u64; ELEMENTS]) -> [Lane; 64] {
        match self.0 {
            // SAFETY: `Vector` is made of supported levels only.
            #[cfg(target_arch = "x86_64")]
            Cpu::Avx512 => unsafe { avx512::split(words) },
            _ => transpose::split(words),
        }
    }

    /// [`transpose::join`], by the best code of the level.
    #[inline(always)]
    pub(super) fn join(self, lines: &mut [Lane; 64]) -> [u64; ELEMENTS] {
        match self.0 {
            // SAFETY: `Vector` is made of supported levels only.
            #[cfg(target_arch = "x86_64")]
            Cpu::Avx512 => unsafe { avx512::join(lines) },
            _ => transpose::join(lines),
        }
    }
}

/// Runs `kernel` compiled for the level, with its number of lanes.
pub(super) fn run<R, K: Kernel<R>>(vector: Vector, kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    match vector.0 {
        // SAFETY: `Vector` is made of supported levels only.
        Cpu::Avx512 => unsafe {
            at_avx512(
                #[inline(always)]
                || with_lanes::<R, K, { REGISTER[2] }>(kernel),
            )
        },
        // SAFETY: as above.
        Cpu::Avx2 => unsafe {
            at_avx2(
                #[inline(always)]
                || with_lanes::<R, K, { REGISTER[1] }>(kernel),
            )
        },
        Cpu::Scalar => with_lanes::<R, K, { REGISTER[0] }>(kernel),
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = vector;
        with_lanes::<R, K, { REGISTER[0] }>(kernel)
    }
}

#[inline(always)]
fn with_lanes<R, K: Kernel<R>, const BYTES: usize>(kernel: K) -> K::Output {
    match const { lanes::<R>(BYTES) } {
        16 => kernel.run::<16>(),
        8 => kernel.run::<8>(),
        4 => kernel.run::<4>(),
        2 => kernel.run::<2>(),
        _ => kernel.run::<1>(),
    }
}

const fn lanes<R>(bytes: usize) -> usize {
    match bytes / size_of::<R>() {
        0 => 1,
        n if n > 16 => 16,
        n => n,
    }
}

/// Bytes of a register by level.
const REGISTER: [usize; 3] = [16, 32, 64];

/// # Safety
/// The machine must support `cpu`.
#[inline(always)]
unsafe fn run_at<T>(cpu: Cpu, work: impl FnOnce() -> T) -> T {
    #[cfg(target_arch = "x86_64")]
    match cpu {
        // SAFETY: the caller vouches that the machine has every feature that the function enables.
        Cpu::Avx512 => unsafe { at_avx512(work) },
        // SAFETY: as above.
        Cpu::Avx2 => unsafe { at_avx2(work) },
        Cpu::Scalar => work(),
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = cpu;
        work()
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,fma,lzcnt,popcnt")]
fn at_avx2<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,bmi1,bmi2,fma,lzcnt,popcnt")]
fn at_avx512<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cold]
fn detect() -> Cpu {
    let best = Cpu::best();
    LEVEL.store(best as u8, Ordering::Relaxed);
    best
}

const UNKNOWN: u8 = u8::MAX;
static LEVEL: AtomicU8 = AtomicU8::new(UNKNOWN);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_set_only_if_the_machine_has_it() {
        assert_eq!(set_cpu(Cpu::Scalar), Ok(()));
        for level in Cpu::ALL {
            assert_eq!(set_cpu(level).is_ok(), level <= Cpu::best());
        }
        set_cpu(Cpu::best()).expect("the best level is supported");
        assert_eq!(cpu(), Cpu::best());
    }
}
