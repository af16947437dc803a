//! The windows of a large sum (`sum.rs`), four at a time: each lane has a window and buckets of its own.

use std::arch::x86_64::*;

use crate::point::{Extended, IDENTITY};
use crate::quad::{all, LANES};
use crate::quad_point::{Extended4, Niels4, Place};
use crate::sum::{Multiples, Terms};

/// The share of each window, least first.
#[target_feature(enable = "avx2")]
pub fn shares(terms: &Terms) -> Vec<Extended> {
    let windows = terms.long.windows.max(terms.short.windows);
    let mut shares = vec![IDENTITY; windows];
    let mut buckets = Buckets::new(terms.w);
    for first in (0..windows).step_by(LANES) {
        buckets.fill(&terms.long, first);
        buckets.fill(&terms.short, first);
        buckets.empty(&mut shares[first..]);
    }
    shares
}

/// For each lane as many buckets as a digit has sizes, and one before them that is never looked at.
struct Buckets {
    places: Vec<Place>,
    stride: usize,
}

impl Buckets {
    fn new(w: usize) -> Buckets {
        let stride = (1 << (w - 1)) + 1;
        Buckets { places: vec![Place::IDENTITY; LANES * stride], stride }
    }

    /// Every point goes into the buckets of four windows from ``first``, or of those that there are.
    #[target_feature(enable = "avx2")]
    fn fill(&mut self, multiples: &Multiples, first: usize) {
        if first >= multiples.windows || multiples.points.is_empty() {
            return;
        }
        let mut next = self.aim(multiples, 0, first);
        for (number, point) in multiples.points.iter().enumerate() {
            let (numbers, digits) = next;
            if number + 1 < multiples.points.len() {
                next = self.aim(multiples, number + 1, first);
                next.0.iter().for_each(|&place| self.places[place].prefetch());
            }
            // SAFETY: four digits have the size of what is loaded; the load asks for no alignment.
            let digits = unsafe { _mm_loadl_epi64(digits.as_ptr().cast()) };
            let negative = _mm256_cmpgt_epi64(all(0), _mm256_cvtepi16_epi64(digits));
            let sums = Extended4::load(numbers.map(|place| &self.places[place]));
            sums.plus_niels(&Niels4::spread(point), negative).store(&mut self.places, &numbers);
        }
    }

    /// Each lane's place, and its digit.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn aim(&self, multiples: &Multiples, number: usize, first: usize) -> ([usize; LANES], [i16; LANES]) {
        let there = &multiples.digits(number)[first..];
        let mut digits = [0; LANES];
        match there.first_chunk() {
            Some(four) => digits = *four,
            None => digits[..there.len()].copy_from_slice(there),
        }
        (std::array::from_fn(|lane| lane * self.stride + usize::from(digits[lane].unsigned_abs())), digits)
    }

    /// The sum of j * bucket_j of each lane goes to the window of the lane; the buckets are then as new.
    #[target_feature(enable = "avx2")]
    fn empty(&mut self, shares: &mut [Extended]) {
        let (mut run, mut total) = (Extended4::identity(), Extended4::identity());
        for size in (1..self.stride).rev() {
            run = run.plus(&Extended4::load(std::array::from_fn(|lane| &self.places[lane * self.stride + size])));
            total = total.plus(&run);
        }
        for (share, own) in shares.iter_mut().zip(total.apart()) {
            *share = own;
        }
        self.places.fill(Place::IDENTITY);
    }
}
