//! `power.rs`, eight points or tables at a time.

use std::arch::x86_64::*;

use crate::lanes::{self, all, Row, LANES};
use crate::lanes_point::{Extended8, Niels8, Place};
use crate::point::{Affine, Extended, Niels};
use crate::power::{Comb, BUCKETS, WINDOW, WINDOWS};
use crate::scalar::{signed_digits, Scalar};

/// A bucket for each size of a digit, and one before them that is never looked at.
const STRIDE: usize = BUCKETS + 1;

/// Digits of eight scalars, window by window: the size of each, and the lanes in which they are negative.
struct Digits {
    sizes: Vec<Row>,
    negative: Vec<u8>,
}

impl Digits {
    fn of<'a>(scalars: impl Iterator<Item = &'a Scalar>, w: usize, windows: usize) -> Digits {
        let mut digits = Digits { sizes: vec![[0; LANES]; windows], negative: vec![0; windows] };
        for (lane, scalar) in scalars.enumerate() {
            signed_digits(scalar, w, windows, |i, digit| {
                digits.sizes[i][lane] = u64::from(digit.unsigned_abs());
                digits.negative[i] |= u8::from(digit < 0) << lane;
            });
        }
        digits
    }
}

/// For each of at most eight points its multiples by its scalars (`power::multiples`).
#[target_feature(enable = "avx512f,avx512ifma")]
pub fn multiples(points: &[Affine], scalars: &[&[Scalar]]) -> Vec<Vec<Extended>> {
    const NOTHING: Scalar = [0; 4];
    let uses = scalars.iter().map(|own| own.len()).max().unwrap_or(0);
    let column = |number: usize| scalars.iter().map(move |own| own.get(number).unwrap_or(&NOTHING));
    let digits: Vec<Digits> = (0..uses).map(|number| Digits::of(column(number), WINDOW, WINDOWS)).collect();
    let mut places = vec![Place::IDENTITY; uses * LANES * STRIDE];
    let start = |number: usize, lane: usize| (number * LANES + lane) * STRIDE;
    let own: [&Affine; LANES] = std::array::from_fn(|lane| points.get(lane).unwrap_or(&points[0]));
    let mut power = Extended8::of_affine(&own);
    for i in 0..WINDOWS {
        let cached = power.cached();
        for (number, digits) in digits.iter().enumerate() {
            let numbers: Row = std::array::from_fn(|lane| start(number, lane) as u64 + digits.sizes[i][lane]);
            let sums = Extended8::load(numbers.map(|place| &places[place as usize]));
            sums.plus_cached(&cached, digits.negative[i]).store(&mut places, &numbers);
        }
        power = power.projective().doubled().doubled().doubled().doubled_extended();
    }
    let mut found: Vec<Vec<Extended>> = scalars.iter().map(|own| Vec::with_capacity(own.len())).collect();
    for number in 0..uses {
        let (mut run, mut total) = (Extended8::identity(), Extended8::identity());
        for size in (1..STRIDE).rev() {
            run = run.plus(&Extended8::load(std::array::from_fn(|lane| &places[start(number, lane) + size])));
            total = total.plus(&run);
        }
        for ((own, multiple), scalars) in found.iter_mut().zip(total.apart()).zip(scalars) {
            if number < scalars.len() {
                own.push(multiple);
            }
        }
    }
    found
}

/// The multiple that each of at most eight tables has of its scalar (`Comb::add_multiple`).
#[target_feature(enable = "avx512f,avx512ifma")]
pub fn comb(tables: &[&Comb], scalars: &[Scalar]) -> [Extended; LANES] {
    let digits = Digits::of(scalars.iter(), Comb::W, Comb::ROWS);
    let mut sum = Extended8::identity();
    for i in 0..Comb::ROWS {
        let sizes = lanes::load(&digits.sizes[i]);
        let is_there = _mm512_cmpneq_epi64_mask(sizes, all(0));
        let entries: [&Niels; LANES] = std::array::from_fn(|lane| {
            let size = digits.sizes[i][lane].max(1) as usize;
            tables.get(lane).unwrap_or(&tables[0]).entry(i, size)
        });
        let next = sum.plus_niels(&Niels8::load(entries), digits.negative[i]);
        sum = sum.choose(is_there, &next);
    }
    sum.apart()
}
