//! The windows of a large sum (`sum.rs`), eight at a time: each lane has a window and buckets of its own.
//!
//! Full groups of eight windows take one point in all lanes. What is left over, two or four windows, takes four points or
//! two at once, and lanes that share a window are added up in the end.

use std::arch::x86_64::*;

use crate::lanes::{self, all, Row, LANES};
use crate::lanes_point::{Extended8, Niels8, Place};
use crate::point::{Extended, IDENTITY};
use crate::sum::{Multiples, Terms};

/// The share of each window, least first.
#[target_feature(enable = "avx512f,avx512ifma")]
pub fn shares(terms: &Terms) -> Vec<Extended> {
    let windows = terms.long.windows.max(terms.short.windows);
    let mut shares = vec![IDENTITY; windows];
    let mut buckets = Buckets::new(terms.w);
    for first in (0..windows).step_by(LANES) {
        let mut is_used = false;
        let mut parted = Vec::new();
        for multiples in [&terms.long, &terms.short] {
            match multiples.windows.saturating_sub(first) {
                0 => {}
                left @ 1..=4 => parted.push((multiples, if left > 2 { 4 } else { 2 })),
                _ => {
                    buckets.fill(multiples, first, LANES);
                    is_used = true;
                }
            }
        }
        if is_used {
            buckets.empty(first, LANES, &mut shares);
        }
        for (multiples, width) in parted {
            buckets.fill(multiples, first, width);
            buckets.empty(first, width, &mut shares);
        }
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

    /// Every point goes into the buckets of ``width`` windows from ``first``; eight lanes take 8/width points at once.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn fill(&mut self, multiples: &Multiples, first: usize, width: usize) {
        let at_once = LANES / width;
        let count = multiples.points.len();
        let starts: Row = std::array::from_fn(|lane| (lane * self.stride) as u64);
        let mut next = self.aim(multiples, 0, first, width, &starts);
        for number in (0..count).step_by(at_once) {
            let (numbers, negative) = next;
            if number + at_once < count {
                next = self.aim(multiples, number + at_once, first, width, &starts);
                next.0.iter().for_each(|&place| self.places[place as usize].prefetch());
            }
            let mut point = Niels8::spread(multiples.points[number]);
            for other in 1..at_once.min(count - number) {
                let lanes_of_others = u8::MAX << (other * width);
                point = point.choose(lanes_of_others, &Niels8::spread(multiples.points[number + other]));
            }
            let sums = Extended8::load(numbers.map(|place| &self.places[place as usize]));
            sums.plus_niels(&point, negative).store(&mut self.places, &numbers);
        }
    }

    /// Each lane's place, and the lanes whose digits are negative.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn aim(&self, multiples: &Multiples, number: usize, first: usize, width: usize, starts: &Row) -> (Row, u8) {
        let mut digits = [0i16; LANES];
        for (own, number) in digits.chunks_exact_mut(width).zip(number..multiples.points.len()) {
            let there = &multiples.digits(number)[first..];
            let size = width.min(there.len());
            own[..size].copy_from_slice(&there[..size]);
        }
        // SAFETY: eight digits have the size of the vector; the load asks for no alignment.
        let digits = unsafe { _mm512_cvtepi16_epi64(_mm_loadu_si128(digits.as_ptr().cast())) };
        let negative = _mm512_cmplt_epi64_mask(digits, all(0));
        let mut numbers = [0; LANES];
        lanes::store(&mut numbers, _mm512_add_epi64(_mm512_abs_epi64(digits), lanes::load(starts)));
        (numbers, negative)
    }

    /// The sum of j * bucket_j of each lane goes to the window of the lane; the buckets are then as new.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn empty(&mut self, first: usize, width: usize, shares: &mut [Extended]) {
        let (mut run, mut total) = (Extended8::identity(), Extended8::identity());
        for size in (1..self.stride).rev() {
            let buckets = Extended8::load(std::array::from_fn(|lane| &self.places[lane * self.stride + size]));
            run = run.plus(&buckets);
            total = total.plus(&run);
        }
        for (lane, own) in total.apart().iter().enumerate() {
            if let Some(share) = shares.get_mut(first + lane % width) {
                *share = share.plus(own);
            }
        }
        self.places.fill(Place::IDENTITY);
    }
}
