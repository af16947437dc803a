//! A large sum of multiples, sum of s_j * P_j, by buckets (Pippenger).
//!
//! A scalar is written in signed digits of w bits. For each window every point goes into the bucket of its digit, and the
//! window's share is the sum of j * bucket_j, found by running sums. **Long** scalars are numbers modulo q; **short** ones
//! are given by their digits, and occur in the lowest windows only.
//!
//! Points are in the form that is added cheapest (Z = 1, 7 multiplications). Variable time: public data only.

use crate::point::{Extended, Niels, IDENTITY};
use crate::scalar::{self, Scalar};

/// Points with their digits: as many for each point, least first.
pub struct Multiples<'a> {
    pub windows: usize,
    pub points: Vec<&'a Niels>,
    digits: Vec<i16>,
}

/// The points of a sum.
pub struct Terms<'a> {
    pub w: usize,
    pub long: Multiples<'a>,
    pub short: Multiples<'a>,
}

/// The number of windows of w bits that hold a number modulo q in signed digits.
pub fn long_windows(w: usize) -> usize {
    253_usize.div_ceil(w)
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

impl<'a> Multiples<'a> {
    fn new(windows: usize, count: usize) -> Multiples<'a> {
        Multiples { windows, points: Vec::with_capacity(count), digits: Vec::with_capacity(count * windows) }
    }

    /// The digits of a point, each from -2^(w-1) to 2^(w-1).
    #[inline(always)]
    pub fn digits(&self, point: usize) -> &[i16] {
        &self.digits[point * self.windows..(point + 1) * self.windows]
    }
}

impl<'a> Terms<'a> {
    /// Room for so many terms. ``short_windows``: how many digits a short scalar has.
    pub fn new(w: usize, long: usize, short: usize, short_windows: usize) -> Terms<'a> {
        Terms { w, long: Multiples::new(long_windows(w), long), short: Multiples::new(short_windows, short) }
    }

    pub fn add_long(&mut self, point: &'a Niels, scalar: &Scalar) {
        let long = &mut self.long;
        long.points.push(point);
        let mut digits = [0; 64];
        scalar::signed_digits(scalar, self.w, long.windows, |i, digit| digits[i] = digit);
        long.digits.extend_from_slice(&digits[..long.windows]);
    }

    /// ``digits``: as many as a short scalar has.
    pub fn add_short(&mut self, point: &'a Niels, digits: &[i16]) {
        debug_assert_eq!(digits.len(), self.short.windows);
        self.short.points.push(point);
        self.short.digits.extend_from_slice(digits);
    }

    /// The sum.
    pub fn sum(&self) -> Extended {
        #[cfg(target_arch = "x86_64")]
        if crate::cpu::has(crate::cpu::IFMA) {
            // SAFETY: the instructions that it uses have been found.
            return self.join(unsafe { crate::lanes_sum::shares(self) });
        }
        #[cfg(target_arch = "x86_64")]
        if crate::cpu::has(crate::cpu::AVX2) {
            // SAFETY: the instructions that it uses have been found.
            return self.join(unsafe { crate::quad_sum::shares(self) });
        }
        self.join(self.shares())
    }

    /// The share of each window, least first.
    fn shares(&self) -> Vec<Extended> {
        let mut buckets = vec![IDENTITY; 1 << (self.w - 1)];
        let share = |window: usize| {
            buckets.fill(IDENTITY);
            fill(&mut buckets, &self.long, window);
            fill(&mut buckets, &self.short, window);
            weighted_sum(&buckets)
        };
        (0..self.long.windows.max(self.short.windows)).map(share).collect()
    }

    /// The sum of share_i * 2^(w*i).
    fn join(&self, shares: Vec<Extended>) -> Extended {
        shares.iter().rev().fold(IDENTITY, |total, share| {
            let raised = (0..self.w).fold(total, |total, _| total.doubled());
            raised.plus(share)
        })
    }
}

fn fill(buckets: &mut [Extended], multiples: &Multiples, window: usize) {
    if window >= multiples.windows {
        return;
    }
    for (number, point) in multiples.points.iter().enumerate() {
        let digit = multiples.digits(number)[window];
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
