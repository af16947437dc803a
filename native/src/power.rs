//! Multiples of points: many of one point at once, and fast ones of a point that is known long before.
//!
//! Variable time: public data only.

use crate::field::Fe;
use crate::point::{affine_all, Affine, Extended, Niels, Projective, IDENTITY};
use crate::scalar::{signed_digits, Scalar};

pub const WINDOW: usize = 4;
pub const WINDOWS: usize = 64;
pub const BUCKETS: usize = 1 << (WINDOW - 1);

/// s*P for each s: the doublings of P are shared by all of them.
///
/// Yao's method: digit j of s = sum of j_i * 16^i puts 16^i*P into bucket |j|; the result is the sum of j * bucket_j.
/// Cost: 256 doublings, and for each s some 75 additions.
pub fn multiples(point: &Affine, scalars: &[Scalar], out: &mut Vec<Extended>) {
    let mut digits = vec![[0i16; WINDOWS]; scalars.len()];
    for (row, scalar) in digits.iter_mut().zip(scalars) {
        signed_digits(scalar, WINDOW, WINDOWS, |i, digit| row[i] = digit);
    }
    let mut buckets = vec![[IDENTITY; BUCKETS]; scalars.len()];
    let mut power = point.extended();
    for i in 0..WINDOWS {
        let cached = power.cached();
        for (row, own) in digits.iter().zip(&mut buckets) {
            let digit = row[i];
            if digit != 0 {
                let bucket = &mut own[usize::from(digit.unsigned_abs()) - 1];
                *bucket = bucket.plus_cached(&cached, digit < 0);
            }
        }
        power = power.projective().doubled().doubled().doubled().doubled_extended();
    }
    out.clear();
    out.extend(buckets.iter().map(weighted_sum));
}

/// For each point its multiples by its scalars.
pub fn multiples_of_all(points: &[Affine], scalars: &[Vec<Scalar>]) -> Vec<Vec<Extended>> {
    let scalars: Vec<&[Scalar]> = scalars.iter().map(Vec::as_slice).collect();
    #[cfg(target_arch = "x86_64")]
    if crate::cpu::has(crate::cpu::IFMA) {
        let eights = points.chunks(8).zip(scalars.chunks(8));
        // SAFETY: the instructions that it uses have been found.
        return eights.flat_map(|(points, own)| unsafe { crate::lanes_power::multiples(points, own) }).collect();
    }
    let one_by_one = points.iter().zip(scalars).map(|(point, own)| {
        let mut found = Vec::new();
        if !own.is_empty() {
            multiples(point, own, &mut found);
        }
        found
    });
    one_by_one.collect()
}

/// The multiple that each table has of its scalar.
pub fn comb_all(tables: &[&Comb], scalars: &[Scalar]) -> Vec<Extended> {
    #[cfg(target_arch = "x86_64")]
    if crate::cpu::has(crate::cpu::IFMA) {
        let eights = tables.chunks(8).zip(scalars.chunks(8));
        // SAFETY: the instructions that it uses have been found.
        let found = eights
            .flat_map(|(tables, own)| unsafe { crate::lanes_power::comb(tables, own) }.into_iter().take(own.len()));
        return found.collect();
    }
    tables.iter().zip(scalars).map(|(table, scalar)| table.add_multiple(IDENTITY, scalar)).collect()
}

/// The sum of (j+1) * bucket_j.
fn weighted_sum(buckets: &[Extended; BUCKETS]) -> Extended {
    let mut run = buckets[BUCKETS - 1];
    let mut total = run;
    for bucket in buckets[..BUCKETS - 1].iter().rev() {
        run = run.plus(bucket);
        total = total.plus(&run);
    }
    total
}

/// All multiples of one point that its digits can ask for: j * 2^(w*i) * P.
pub struct Comb {
    rows: Vec<[Niels; Comb::ENTRIES]>,
}

impl Comb {
    pub const W: usize = 7;
    pub const ROWS: usize = 37;
    const ENTRIES: usize = 1 << (Comb::W - 1);

    /// Cost: some 2400 additions and one inversion.
    pub fn new(point: &Affine) -> Comb {
        let mut all: Vec<Projective> = Vec::with_capacity(Comb::ROWS * Comb::ENTRIES);
        let mut power = point.extended();
        for _ in 0..Comb::ROWS {
            let cached = power.cached();
            let mut multiple = power;
            for _ in 0..Comb::ENTRIES {
                all.push(multiple.projective());
                multiple = multiple.plus_cached(&cached, false);
            }
            // After the last entry, 2^(w-1) * power, one doubling leads to the next row.
            power = all[all.len() - 1].doubled_extended();
        }
        let (mut inverses, mut scratch, mut affine): (Vec<Fe>, Vec<Fe>, Vec<Affine>) = Default::default();
        affine_all(&all, &mut inverses, &mut scratch, &mut affine);
        let niels: Vec<Niels> = affine.iter().map(Affine::niels).collect();
        Comb { rows: niels.chunks_exact(Comb::ENTRIES).map(|row| row.try_into().unwrap()).collect() }
    }

    /// The point times ``size`` * 2^(w*row), size from 1.
    #[inline(always)]
    pub fn entry(&self, row: usize, size: usize) -> &Niels {
        &self.rows[row][size - 1]
    }

    /// start + s*P. 37 additions, no doubling.
    pub fn add_multiple(&self, start: Extended, scalar: &Scalar) -> Extended {
        let mut sum = start;
        signed_digits(scalar, Comb::W, Comb::ROWS, |i, digit| {
            if digit != 0 {
                sum = sum.plus_niels(&self.rows[i][usize::from(digit.unsigned_abs()) - 1], digit < 0);
            }
        });
        sum
    }
}
