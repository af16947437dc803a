//! Encrypted sums: ciphertext points, each to the weight of its voter.

use crate::point::{Extended, Niels, IDENTITY};

/// The sums grow by ``weight`` times the points of each ballot; a negative weight takes them away again.
pub fn add_weighted(sums: &mut [Extended], points: &[Niels], weights: &[i64]) {
    for (own, &weight) in points.chunks_exact(sums.len()).zip(weights) {
        if weight == 0 {
            continue;
        }
        for (sum, point) in sums.iter_mut().zip(own) {
            let (size, is_negative) = (weight.unsigned_abs(), weight < 0);
            if size == 1 {
                *sum = sum.plus_niels(point, is_negative);
                continue;
            }
            let multiple = times(point, size);
            *sum = sum.plus(&if is_negative { multiple.negated() } else { multiple });
        }
    }
}

/// n*P.
fn times(point: &Niels, n: u64) -> Extended {
    let mut result = IDENTITY;
    for i in (0..64 - n.leading_zeros()).rev() {
        result = result.doubled();
        if n >> i & 1 == 1 {
            result = result.plus_niels(point, false);
        }
    }
    result
}
