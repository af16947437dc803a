//! A large sum of multiples, sum of s_j * P_j, by buckets (Pippenger).
//!
//! A scalar is written in signed digits of w bits. For each window every point goes into the bucket of its digit, and the
//! window's share is the sum of j * bucket_j, found by running sums. **Long** scalars are numbers modulo q; **short** ones
//! are given by their digits, and occur in the lowest windows only.
//!
//! Points are in the form that is added cheapest (Z = 1, 7 multiplications). Variable time: public data only.

use crate::point::{Extended, Niels, IDENTITY};
use crate::scalar::{self, Scalar};

/// The points of a sum with their digits, window after window.
pub struct Terms {
    w: usize,
    long: Vec<Niels>,
    long_digits: Vec<Vec<i16>>,
    short: Vec<Niels>,
    short_digits: Vec<Vec<i16>>,
}

/// The number of windows of w bits that hold a number below 2^253 in signed digits.
pub fn long_windows(w: usize) -> usize {
    254_usize.div_ceil(w)
}

/// The w at which a sum of so many terms costs least.
pub fn best_width(terms: usize) -> usize {
    match terms {
        0..=200 => 5,
        201..=800 => 7,
        801..=4_000 => 8,
        4_001..=12_000 => 10,
        12_001..=60_000 => 11,
        60_001..=200_000 => 12,
        _ => 13,
    }
}

impl Terms {
    /// Room for so many terms. ``short_windows``: how many digits a short scalar has.
    pub fn new(w: usize, long: usize, short: usize, short_windows: usize) -> Terms {
        Terms {
            w,
            long: Vec::with_capacity(long),
            long_digits: (0..long_windows(w)).map(|_| Vec::with_capacity(long)).collect(),
            short: Vec::with_capacity(short),
            short_digits: (0..short_windows).map(|_| Vec::with_capacity(short)).collect(),
        }
    }

    pub fn add_long(&mut self, point: &Niels, scalar: &Scalar) {
        self.long.push(*point);
        let rows = &mut self.long_digits;
        scalar::signed_digits(scalar, self.w, rows.len(), |i, digit| rows[i].push(digit));
    }

    /// ``digits``: least first, each from -2^(w-1) to 2^(w-1)-1.
    pub fn add_short(&mut self, point: &Niels, digits: &[i16]) {
        self.short.push(*point);
        for (row, &digit) in self.short_digits.iter_mut().zip(digits) {
            row.push(digit);
        }
    }

    /// The sum.
    pub fn sum(&self) -> Extended {
        let mut buckets = vec![IDENTITY; 1 << (self.w - 1)];
        let mut total = IDENTITY;
        for window in (0..self.long_digits.len()).rev() {
            for _ in 0..self.w {
                total = total.doubled();
            }
            buckets.fill(IDENTITY);
            fill(&mut buckets, &self.long, &self.long_digits[window]);
            if let Some(digits) = self.short_digits.get(window) {
                fill(&mut buckets, &self.short, digits);
            }
            total = total.plus(&weighted_sum(&buckets));
        }
        total
    }
}

fn fill(buckets: &mut [Extended], points: &[Niels], digits: &[i16]) {
    for (point, &digit) in points.iter().zip(digits) {
        if digit != 0 {
            let bucket = &mut buckets[usize::from(digit.unsigned_abs()) - 1];
            *bucket = bucket.plus_niels(point, digit < 0);
        }
    }
}

/// The sum of (j+1) * bucket_j.
fn weighted_sum(buckets: &[Extended]) -> Extended {
    let (mut run, mut total) = (IDENTITY, IDENTITY);
    for bucket in buckets.iter().rev() {
        run = run.plus(bucket);
        total = total.plus(&run);
    }
    total
}
