//! Random numbers that nobody knew before, with which equations are added up.

use crate::chance;
use crate::point::Niels;
use crate::scalar::{self, Scalar};
use crate::sum::Terms;

/// A number has at least so many bits.
const BITS: usize = 130;

/// Random numbers, each as w-bit signed digits and as a number modulo q.
///
/// Every digit is uniform from -2^(w-1) to 2^(w-1)-1, so z takes each of 2^(w*windows) >= 2^130 values alike.
pub struct Coins {
    w: usize,
    /// How many digits each has.
    pub windows: usize,
    bytes: Vec<u8>,
    at: usize,
    digits: [i16; 32],
    /// The number is the unsigned one less half in every digit: less this.
    minus_halves: Scalar,
}

/// Bytes beyond the last coin, so that four can be read anywhere in it.
const BEYOND: usize = 4;

impl Coins {
    /// So many numbers, asked of the operating system.
    pub fn toss(w: usize, count: usize) -> std::io::Result<Coins> {
        let windows = BITS.div_ceil(w);
        let mut bytes = vec![0; count * (w * windows).div_ceil(8) + BEYOND];
        chance::fill(&mut bytes)?;
        let mut halves = scalar::ZERO;
        for top in (0..windows).map(|i| w * i + w - 1) {
            halves[top / 64] |= 1 << (top % 64);
        }
        Ok(Coins { w, windows, bytes, at: 0, digits: [0; 32], minus_halves: scalar::neg(&halves) })
    }

    /// The next commitment enters the sum, times a number that comes back.
    pub fn add_term<'b>(&mut self, commitment: &'b Niels, terms: &mut Terms<'b>) -> Scalar {
        let (digits, z) = self.next();
        terms.add_short(commitment, digits);
        z
    }

    fn next(&mut self) -> (&[i16], Scalar) {
        let (bits, half) = (self.w * self.windows, 1i32 << (self.w - 1));
        let size = bits.div_ceil(8);
        let own = &self.bytes[self.at..self.at + size + BEYOND];
        self.at += size;
        for (i, digit) in self.digits[..self.windows].iter_mut().enumerate() {
            let at = self.w * i;
            let word = u32::from_le_bytes(own[at / 8..at / 8 + 4].try_into().unwrap());
            *digit = ((word >> (at % 8)) as i32 & (2 * half - 1)) as i16 - half as i16;
        }
        let mut unsigned = [0; 32];
        unsigned[..size].copy_from_slice(&own[..size]);
        if bits % 8 > 0 {
            unsigned[size - 1] &= (1 << (bits % 8)) - 1;
        }
        let unsigned = scalar::from_bytes(&unsigned).expect("so few bits are below q");
        (&self.digits[..self.windows], scalar::add(&unsigned, &self.minus_halves))
    }
}
