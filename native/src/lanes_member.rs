//! `member.rs`, eight points at a time.

use std::arch::x86_64::*;

use crate::field::{D, D2, ONE, ROOT_OF_MINUS_ONE, ZERO};
use crate::lanes::{self, add, all, choose, equal, mul, power_of_ratio, spread, square, sub, Fe8, Row, LANES};
use crate::lanes_point::{from_words, niels_apart, to_words, Extended8, Niels8, Projective8};
use crate::member::{Looked, Wanted};
use crate::point::{Affine, Niels, IDENTITY_BYTES};
use crate::scalar::{self, EIGHTH};

/// Digits of 1/8 are so wide; its multiples 1 to 16 of each point are at hand.
const W: usize = 5;
const WINDOWS: usize = 51;
const MULTIPLES: usize = 1 << (W - 1);

/// Whether all are what is wanted; what is known of each, appended to ``out``.
#[target_feature(enable = "avx512f,avx512ifma")]
pub fn look(encodings: &[[u8; 32]], wanted: Wanted, out: &mut Looked) -> bool {
    let mut digits = [0i16; WINDOWS];
    scalar::signed_digits(&EIGHTH, W, WINDOWS, |i, digit| digits[i] = digit);
    encodings.chunks(LANES).all(|eight| {
        let own = std::array::from_fn(|lane| eight.get(lane).unwrap_or(&eight[0]));
        look_at_eight(own, wanted, &digits, eight.len(), out)
    })
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn look_at_eight(own: [&[u8; 32]; LANES], wanted: Wanted, digits: &[i16], count: usize, out: &mut Looked) -> bool {
    let (x, y, is_good) = decode(&own);
    if is_good != u8::MAX {
        return false;
    }
    let product = mul(&mul(&x, &y), &spread(&D2));
    let mut niels = [Niels { plus: ONE, minus: ONE, product: ZERO }; LANES];
    niels_apart(&Niels8 { plus: add(&y, &x), minus: sub(&y, &x), product }, &mut niels);
    out.points.extend_from_slice(&niels[..count]);
    if wanted == Wanted::Points {
        return true;
    }
    let point = Extended8 { x, y, z: spread(&ONE), t: mul(&x, &y) };
    let root = times_eighth(&point, digits);
    let eight = root.doubled().doubled().doubled();
    let is_member = equal(&mul(&x, &eight.z), &eight.x) & equal(&mul(&y, &eight.z), &eight.y);
    if is_member != u8::MAX || own.contains(&&IDENTITY_BYTES) {
        return false;
    }
    if wanted == Wanted::Roots {
        let inverse = lanes::invert(&root.z);
        let parts = [to_words(&mul(&root.x, &inverse)), to_words(&mul(&root.y, &inverse))];
        let mut rows = [[0; LANES]; 8];
        for (row, word) in rows.iter_mut().zip(parts.iter().flatten()) {
            lanes::store(row, *word);
        }
        for lane in 0..count {
            let mut bytes = [0; 64];
            for (to, row) in bytes.chunks_exact_mut(8).zip(&rows) {
                to.copy_from_slice(&row[lane].to_le_bytes());
            }
            out.roots.push(bytes);
        }
    }
    true
}

/// The points of these encodings; None when one is off the curve.
#[target_feature(enable = "avx512f,avx512ifma")]
pub fn decode_all(encodings: &[[u8; 32]]) -> Option<Vec<Affine>> {
    let mut points = Vec::with_capacity(encodings.len());
    for eight in encodings.chunks(LANES) {
        let (x, y, is_good) = decode(&std::array::from_fn(|lane| eight.get(lane).unwrap_or(&eight[0])));
        if is_good != u8::MAX {
            return None;
        }
        let both = lanes::scatter(&x).into_iter().zip(lanes::scatter(&y));
        points.extend(both.map(|(x, y)| Affine { x, y }).take(eight.len()));
    }
    Some(points)
}

/// The points of these texts, and the lanes in which there is one (`Affine::decode`).
#[target_feature(enable = "avx512f,avx512ifma")]
fn decode(own: &[&[u8; 32]; LANES]) -> (Fe8, Fe8, u8) {
    let word = |k: usize| -> Row {
        std::array::from_fn(|lane| u64::from_le_bytes(own[lane][8 * k..8 * k + 8].try_into().unwrap()))
    };
    let mut words: [__m512i; 4] = std::array::from_fn(|k| lanes::load(&word(k)));
    let sign = _mm512_srli_epi64(words[3], 63);
    words[3] = _mm512_and_si512(words[3], all(u64::MAX >> 1));
    let (y, is_canonical) = from_words(&words);
    let (one, zero) = (spread(&ONE), spread(&ZERO));
    let yy = square(&y);
    let u = sub(&yy, &one);
    let v = add(&mul(&yy, &spread(&D)), &one);
    let x = power_of_ratio(&u, &v);
    let check = mul(&v, &square(&x));
    let (is_root, is_other) = (equal(&check, &u), equal(&check, &sub(&zero, &u)));
    let x = choose(is_root, &mul(&x, &spread(&ROOT_OF_MINUS_ONE)), &x);
    let limbs = lanes::reduced(&x);
    let parity = _mm512_and_si512(limbs[0], all(1));
    let x = choose(_mm512_cmpneq_epi64_mask(parity, sign), &x, &sub(&zero, &x));
    let is_signed_zero = equal(&x, &zero) & _mm512_cmpneq_epi64_mask(sign, _mm512_setzero_si512());
    (x, y, is_canonical & (is_root | is_other) & !is_signed_zero)
}

/// (1/8)P in every lane.
#[target_feature(enable = "avx512f,avx512ifma")]
fn times_eighth(point: &Extended8, digits: &[i16]) -> Projective8 {
    let mut multiples = [*point; MULTIPLES];
    for i in 1..MULTIPLES {
        multiples[i] = multiples[i - 1].plus(point);
    }
    let mut sum = Extended8::identity();
    for &digit in digits.iter().rev() {
        let mut power = sum.projective();
        for _ in 1..W {
            power = power.doubled();
        }
        sum = power.doubled_extended();
        let own = usize::from(digit.unsigned_abs());
        if own > 0 {
            let multiple = multiples[own - 1];
            sum = sum.plus(&if digit < 0 { multiple.negated() } else { multiple });
        }
    }
    sum.projective()
}
