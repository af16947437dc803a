//! What the processor has beyond plain arithmetic, found when the program runs, and a way to do without it.

use std::sync::atomic::{AtomicU32, Ordering};

/// Instructions for SHA-256.
pub const SHA: u32 = 1;
/// AVX-512 with products of 52-bit numbers (IFMA): eight field elements at once.
pub const IFMA: u32 = 2;
/// AVX2: four field elements at once, where there are not eight.
pub const AVX2: u32 = 4;

static LEFT_OUT: AtomicU32 = AtomicU32::new(0);

/// These are not used any more, so that tests and measurements can do without them.
pub fn leave_out(features: u32) {
    LEFT_OUT.store(features, Ordering::Relaxed);
}

/// What is there and used.
pub fn features() -> u32 {
    found() & !LEFT_OUT.load(Ordering::Relaxed)
}

/// Whether this one is there and used.
pub fn has(feature: u32) -> bool {
    features() & feature != 0
}

#[cfg(target_arch = "x86_64")]
fn found() -> u32 {
    let sha =
        is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("ssse3");
    let ifma = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma");
    let avx2 = is_x86_feature_detected!("avx2");
    (if sha { SHA } else { 0 }) | (if ifma { IFMA } else { 0 }) | (if avx2 { AVX2 } else { 0 })
}

#[cfg(not(target_arch = "x86_64"))]
fn found() -> u32 {
    0
}
