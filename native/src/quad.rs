//! Four field elements at once, by the AVX2 instruction that multiplies 32-bit numbers.
//!
//! An element is ten limbs of 26 and 25 bits in turn: limb i of `field.rs`, of 51 bits, is limbs 2i and 2i+1 here. A
//! vector holds two limbs of four elements, the even one in the lower half of each 64 bits. Limbs are **size** s when they
//! are at most s*2^26 or s*2^25, and a little more for s = 1:
//!
//! ```text
//! mul, square, carried   give size 1
//! add                    adds the sizes
//! sub                    adds 2 to the size of a; b has size 1
//! sub_wide               adds 4 to the size of a; b has size 3 at most
//! mul(a, b)              takes a of size 6 at most and b of size 3 at most: 19*b fits 32 bits, and a column
//!                        (1 + 19*6.5) * 2^52 * 18 < 2^63.2
//! square(a)              takes a of size 3 at most: 38*a fits 32 bits
//! ```
//!
//! Everything here may run only where `cpu::has(cpu::AVX2)` has said so. Variable time: public data only.

use std::arch::x86_64::*;

use crate::field::{tighten, Fe, Middle};

pub const LANES: usize = 4;

/// Four elements.
#[derive(Clone, Copy)]
pub struct Fe4(pub [__m256i; 5]);

#[inline]
#[target_feature(enable = "avx2")]
pub fn all(value: u64) -> __m256i {
    _mm256_set1_epi64x(value as i64)
}

/// Limbs of 51 bits become two limbs each.
#[inline]
#[target_feature(enable = "avx2")]
fn halves(word: __m256i) -> __m256i {
    let low = _mm256_and_si256(word, all((1 << 26) - 1));
    _mm256_or_si256(low, _mm256_slli_epi64(_mm256_srli_epi64(word, 26), 32))
}

/// One element in every lane.
#[inline]
#[target_feature(enable = "avx2")]
pub fn spread(element: &Fe) -> Fe4 {
    Fe4(element.0.map(|limb| halves(all(limb))))
}

/// An element for each lane.
#[inline]
#[target_feature(enable = "avx2")]
pub fn gather(elements: [&Fe; LANES]) -> Fe4 {
    Fe4(std::array::from_fn(|i| {
        let [a, b, c, d] = elements.map(|element| element.0[i] as i64);
        halves(_mm256_set_epi64x(d, c, b, a))
    }))
}

/// The elements one by one, from size 1.
#[inline]
#[target_feature(enable = "avx2")]
pub fn scatter(elements: &Fe4) -> [Fe; LANES] {
    let mut rows = [[0u64; LANES]; 5];
    for (row, &limbs) in rows.iter_mut().zip(&elements.0) {
        let low = _mm256_and_si256(limbs, all(u64::from(u32::MAX)));
        let words = _mm256_add_epi64(low, _mm256_slli_epi64(_mm256_srli_epi64(limbs, 32), 26));
        // SAFETY: a row has the size of a vector; the store asks for no alignment.
        unsafe { _mm256_storeu_si256(row.as_mut_ptr().cast(), words) };
    }
    std::array::from_fn(|lane| tighten(&Middle(rows.map(|row| row[lane]))))
}

/// a + b.
#[inline]
#[target_feature(enable = "avx2")]
pub fn add(a: &Fe4, b: &Fe4) -> Fe4 {
    Fe4(std::array::from_fn(|i| _mm256_add_epi32(a.0[i], b.0[i])))
}

/// a - b + n*p, for the even limb of n*p that stands lowest.
#[inline]
#[target_feature(enable = "avx2")]
fn sub_from(a: &Fe4, b: &Fe4, times: u64) -> Fe4 {
    let odd = (times * ((1 << 25) - 1)) << 32;
    let (lowest, rest) = (all(odd | (times * ((1 << 26) - 19))), all(odd | (times * ((1 << 26) - 1))));
    Fe4(std::array::from_fn(|i| _mm256_sub_epi32(_mm256_add_epi32(a.0[i], if i == 0 { lowest } else { rest }), b.0[i])))
}

/// a - b, for b of size 1, by way of 2p.
#[inline]
#[target_feature(enable = "avx2")]
pub fn sub(a: &Fe4, b: &Fe4) -> Fe4 {
    sub_from(a, b, 2)
}

/// a - b, for b of size 3 at most, by way of 4p.
#[inline]
#[target_feature(enable = "avx2")]
pub fn sub_wide(a: &Fe4, b: &Fe4) -> Fe4 {
    sub_from(a, b, 4)
}

/// In each lane b where the mask is all ones, else a.
#[inline]
#[target_feature(enable = "avx2")]
pub fn choose(mask: __m256i, a: &Fe4, b: &Fe4) -> Fe4 {
    Fe4(std::array::from_fn(|i| _mm256_blendv_epi8(a.0[i], b.0[i], mask)))
}

/// The same elements in size 1, from size 31 at most.
#[inline]
#[target_feature(enable = "avx2")]
pub fn carried(a: &Fe4) -> Fe4 {
    let low = all(((1 << 25) - 1) << 32 | ((1 << 26) - 1));
    let widths = all(25 << 32 | 26);
    let over = a.0.map(|limbs| _mm256_srlv_epi32(limbs, widths));
    Fe4(std::array::from_fn(|i| {
        let below = _mm256_srli_epi64(over[(i + 4) % 5], 32);
        let below = if i == 0 { _mm256_mul_epu32(below, all(19)) } else { below };
        let kept = _mm256_add_epi32(_mm256_and_si256(a.0[i], low), below);
        _mm256_add_epi32(kept, _mm256_slli_epi64(over[i], 32))
    }))
}

/// Ten limbs, each in the lower half of its vector.
type Limbs = [__m256i; 10];

#[inline]
#[target_feature(enable = "avx2")]
fn apart(a: &Fe4) -> Limbs {
    std::array::from_fn(|i| if i % 2 == 0 { a.0[i / 2] } else { _mm256_srli_epi64(a.0[i / 2], 32) })
}

#[inline]
#[target_feature(enable = "avx2")]
fn times(a: &Limbs, n: u64) -> Limbs {
    a.map(|limb| _mm256_mul_epu32(limb, all(n)))
}

/// What is above the bits of an even limb goes to the next.
macro_rules! carry_even {
    ($z:ident, $from:literal) => {
        let over = _mm256_srli_epi64($z[$from], 26);
        $z[$from] = _mm256_and_si256($z[$from], all((1 << 26) - 1));
        $z[$from + 1] = _mm256_add_epi64($z[$from + 1], over);
    };
}

/// The same of an odd limb.
macro_rules! carry_odd {
    ($z:ident, $from:literal) => {
        let over = _mm256_srli_epi64($z[$from], 25);
        $z[$from] = _mm256_and_si256($z[$from], all((1 << 25) - 1));
        $z[$from + 1] = _mm256_add_epi64($z[$from + 1], over);
    };
}

/// The columns of products brought to size 1; below 2^63.5.
#[inline]
#[target_feature(enable = "avx2")]
fn folded(mut z: Limbs) -> Fe4 {
    carry_even!(z, 0);
    carry_even!(z, 4);
    carry_odd!(z, 1);
    carry_odd!(z, 5);
    carry_even!(z, 2);
    carry_even!(z, 6);
    carry_odd!(z, 3);
    carry_odd!(z, 7);
    carry_even!(z, 4);
    carry_even!(z, 8);
    let over = _mm256_srli_epi64(z[9], 25);
    z[9] = _mm256_and_si256(z[9], all((1 << 25) - 1));
    let thrice = _mm256_add_epi64(_mm256_add_epi64(over, over), over);
    z[0] = _mm256_add_epi64(z[0], _mm256_add_epi64(_mm256_slli_epi64(over, 4), thrice));
    carry_even!(z, 0);
    Fe4(std::array::from_fn(|i| _mm256_or_si256(z[2 * i], _mm256_slli_epi64(z[2 * i + 1], 32))))
}

/// Something of each limb, written out: a loop would stay one.
macro_rules! of_each {
    ($what:expr) => {
        [$what(0), $what(1), $what(2), $what(3), $what(4), $what(5), $what(6), $what(7), $what(8), $what(9)]
    };
}

/// The sums of the products of each limb of a factor, row after row: ten sums stay in registers.
macro_rules! columns {
    ($product:ident) => {{
        let row = |z: Limbs, i: usize| of_each!(|column: usize| _mm256_add_epi64(z[column], $product(column, i)));
        let z = of_each!(|column| $product(column, 0));
        row(row(row(row(row(row(row(row(row(z, 1), 2), 3), 4), 5), 6), 7), 8), 9)
    }};
}

/// a*b. Two odd limbs stand one bit higher than their column, and what is beyond limb 9 counts 19 times.
#[inline]
#[target_feature(enable = "avx2")]
pub fn mul(a: &Fe4, b: &Fe4) -> Fe4 {
    let (x, y) = (apart(a), apart(b));
    let (x2, y19) = (x.map(|limb| _mm256_add_epi64(limb, limb)), times(&y, 19));
    let product = |column: usize, i: usize| {
        let j = (column + 10 - i) % 10;
        let left = if i % 2 == 1 && j % 2 == 1 { x2[i] } else { x[i] };
        _mm256_mul_epu32(left, if i > column { y19[j] } else { y[j] })
    };
    folded(columns!(product))
}

/// a^2.
#[inline]
#[target_feature(enable = "avx2")]
pub fn square(a: &Fe4) -> Fe4 {
    let x = apart(a);
    let (x2, x19) = (x.map(|limb| _mm256_add_epi64(limb, limb)), times(&x, 19));
    let x38 = x19.map(|limb| _mm256_add_epi64(limb, limb));
    let product = |column: usize, i: usize| {
        let j = (column + 10 - i) % 10;
        if i > j {
            return _mm256_setzero_si256();
        }
        let left = if i == j { x[i] } else { x2[i] };
        let right = match (i % 2 == 1 && j % 2 == 1, i > column) {
            (false, false) => x[j],
            (true, false) => x2[j],
            (false, true) => x19[j],
            (true, true) => x38[j],
        };
        _mm256_mul_epu32(left, right)
    };
    folded(columns!(product))
}

/// Rows become columns.
#[inline]
#[target_feature(enable = "avx2")]
pub fn transpose(r: [__m256i; 4]) -> [__m256i; 4] {
    let (a, b) = (_mm256_unpacklo_epi64(r[0], r[1]), _mm256_unpackhi_epi64(r[0], r[1]));
    let (c, d) = (_mm256_unpacklo_epi64(r[2], r[3]), _mm256_unpackhi_epi64(r[2], r[3]));
    [
        _mm256_permute2x128_si256(a, c, 0x20),
        _mm256_permute2x128_si256(b, d, 0x20),
        _mm256_permute2x128_si256(a, c, 0x31),
        _mm256_permute2x128_si256(b, d, 0x31),
    ]
}
