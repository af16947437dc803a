//! `roots.rs`, eight roots at a time.

use std::arch::x86_64::*;

use crate::field::{D2, ONE, ZERO};
use crate::lanes::{self, add, choose, mul, spread, store, sub, transpose, Fe8, LANES};
use crate::lanes_point::{from_words, niels_apart, times_eight, to_words, Niels8, Projective8};
use crate::point::{Niels, IDENTITY_BYTES};
use crate::roots::Member;

/// The points of these roots, appended to ``out``.
#[target_feature(enable = "avx512f,avx512ifma")]
pub fn raise(roots: &[&[u8; 64]], out: &mut Vec<Member>) {
    const NOTHING: [u8; 64] = [0; 64];
    let mut points = Vec::with_capacity(roots.len().div_ceil(LANES));
    for eight in roots.chunks(LANES) {
        points.push(read(std::array::from_fn(|lane| eight.get(lane).copied().unwrap_or(&NOTHING))));
    }
    // One inversion for all: products up, then down (`field::invert_all`), each lane for itself.
    let mut before = Vec::with_capacity(points.len());
    let mut product = spread(&ONE);
    for point in &points {
        before.push(product);
        product = mul(&product, &point.z);
    }
    let mut inverse = lanes::invert(&product);
    for (point, before) in points.iter_mut().zip(&before).rev() {
        let own = mul(&inverse, before);
        inverse = mul(&inverse, &point.z);
        point.z = own;
    }
    let mut eight = [Member { encoded: IDENTITY_BYTES, niels: Niels { plus: ONE, minus: ONE, product: ZERO } }; LANES];
    for (point, roots) in points.iter().zip(roots.chunks(LANES)) {
        write(&mul(&point.x, &point.z), &mul(&point.y, &point.z), &mut eight);
        out.extend_from_slice(&eight[..roots.len()]);
    }
}

/// Eight times each root; the identity where it is none.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn read(roots: [&[u8; 64]; LANES]) -> Projective8 {
    // SAFETY: a root has the size of a vector; the load asks for no alignment.
    let words = transpose(roots.map(|root| unsafe { _mm512_loadu_si512(root.as_ptr().cast()) }));
    let ((x, is_x), (y, is_y)) = (from_words(&words[..4]), from_words(&words[4..]));
    let (eight, is_on_curve) = times_eight(&x, &y);
    let good = is_x & is_y & is_on_curve;
    Projective8 {
        x: choose(good, &spread(&ZERO), &eight.x),
        y: choose(good, &spread(&ONE), &eight.y),
        z: choose(good, &spread(&ONE), &eight.z),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn write(x: &Fe8, y: &Fe8, out: &mut [Member; LANES]) {
    let product = mul(&mul(x, y), &spread(&D2));
    let mut niels = out.map(|member| member.niels);
    niels_apart(&Niels8 { plus: add(y, x), minus: sub(y, x), product }, &mut niels);
    let mut words = to_words(y);
    let sign = _mm512_slli_epi64(lanes::reduced(x)[0], 63);
    words[3] = _mm512_or_si512(words[3], sign);
    let mut rows = [[0; LANES]; 4];
    for (row, word) in rows.iter_mut().zip(words) {
        store(row, word);
    }
    for (lane, member) in out.iter_mut().enumerate() {
        member.niels = niels[lane];
        for (to, row) in member.encoded.chunks_exact_mut(8).zip(&rows) {
            to.copy_from_slice(&row[lane].to_le_bytes());
        }
    }
}
