//! Eight field elements at once, by the AVX-512 instructions that multiply 52-bit numbers (IFMA).
//!
//! An element is five limbs of 51 bits, as in `field.rs`; a vector holds one limb of eight elements. The instructions
//! read the low 52 bits of a factor, so every factor must be **carried**: each limb at most 2^51 + 2^15.
//!
//! Everything here may run only where `cpu::has(cpu::IFMA)` has said so. Variable time: public data only.

use std::arch::x86_64::*;

use crate::field::Fe;

pub const LANES: usize = 8;

const LOW: i64 = (1 << 51) - 1;

/// Eight carried elements.
#[derive(Clone, Copy)]
pub struct Fe8(pub [__m512i; 5]);

/// A number for each lane.
pub type Row = [u64; LANES];

#[inline]
#[target_feature(enable = "avx512f")]
pub fn all(value: u64) -> __m512i {
    _mm512_set1_epi64(value as i64)
}

#[inline]
#[target_feature(enable = "avx512f")]
pub fn load(row: &Row) -> __m512i {
    // SAFETY: a row has the size of a vector; the load asks for no alignment.
    unsafe { _mm512_loadu_si512(row.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub fn store(row: &mut Row, vector: __m512i) {
    // SAFETY: a row has the size of a vector; the store asks for no alignment.
    unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), vector) }
}

/// One element in every lane.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn spread(element: &Fe) -> Fe8 {
    Fe8(std::array::from_fn(|i| all(element.0[i])))
}

/// An element for each lane, each carried.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn gather(elements: &[&Fe; LANES]) -> Fe8 {
    Fe8(std::array::from_fn(|i| load(&elements.map(|element| element.0[i]))))
}

/// 19*v, for v below 2^59.
#[inline]
#[target_feature(enable = "avx512f")]
fn times_19(v: __m512i) -> __m512i {
    let twice_and_once = _mm512_add_epi64(_mm512_slli_epi64(v, 1), v);
    _mm512_add_epi64(_mm512_slli_epi64(v, 4), twice_and_once)
}

/// The same elements with every limb at most 2^51 + 2^15, for limbs below 2^61.
#[inline]
#[target_feature(enable = "avx512f")]
fn carry(limbs: [__m512i; 5]) -> Fe8 {
    let low = all(LOW as u64);
    let over: [__m512i; 5] = std::array::from_fn(|i| _mm512_srli_epi64(limbs[i], 51));
    let kept: [__m512i; 5] = std::array::from_fn(|i| _mm512_and_si512(limbs[i], low));
    Fe8([
        _mm512_add_epi64(kept[0], times_19(over[4])),
        _mm512_add_epi64(kept[1], over[0]),
        _mm512_add_epi64(kept[2], over[1]),
        _mm512_add_epi64(kept[3], over[2]),
        _mm512_add_epi64(kept[4], over[3]),
    ])
}

/// Ten columns of products, the upper five folded: 2^255 = 19.
#[inline]
#[target_feature(enable = "avx512f")]
fn folded(low: [__m512i; 9], high: [__m512i; 9]) -> Fe8 {
    // The high half of a product of column k weighs 2^52, that is 2 in column k + 1. Columns stay below 2^56.
    let mut z = [_mm512_setzero_si512(); 10];
    z[0] = low[0];
    for k in 1..9 {
        z[k] = _mm512_add_epi64(low[k], _mm512_add_epi64(high[k - 1], high[k - 1]));
    }
    z[9] = _mm512_add_epi64(high[8], high[8]);
    carry(std::array::from_fn(|k| _mm512_add_epi64(z[k], times_19(z[k + 5]))))
}

/// a*b.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub fn mul(a: &Fe8, b: &Fe8) -> Fe8 {
    let mut low = [_mm512_setzero_si512(); 9];
    let mut high = [_mm512_setzero_si512(); 9];
    for i in 0..5 {
        for j in 0..5 {
            low[i + j] = _mm512_madd52lo_epu64(low[i + j], a.0[i], b.0[j]);
            high[i + j] = _mm512_madd52hi_epu64(high[i + j], a.0[i], b.0[j]);
        }
    }
    folded(low, high)
}

/// a^2.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub fn square(a: &Fe8) -> Fe8 {
    let mut low = [_mm512_setzero_si512(); 9];
    let mut high = [_mm512_setzero_si512(); 9];
    for i in 0..5 {
        for j in i + 1..5 {
            low[i + j] = _mm512_madd52lo_epu64(low[i + j], a.0[i], a.0[j]);
            high[i + j] = _mm512_madd52hi_epu64(high[i + j], a.0[i], a.0[j]);
        }
    }
    for k in 1..8 {
        low[k] = _mm512_add_epi64(low[k], low[k]);
        high[k] = _mm512_add_epi64(high[k], high[k]);
    }
    for i in 0..5 {
        low[2 * i] = _mm512_madd52lo_epu64(low[2 * i], a.0[i], a.0[i]);
        high[2 * i] = _mm512_madd52hi_epu64(high[2 * i], a.0[i], a.0[i]);
    }
    folded(low, high)
}

/// a + b.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn add(a: &Fe8, b: &Fe8) -> Fe8 {
    carry(std::array::from_fn(|i| _mm512_add_epi64(a.0[i], b.0[i])))
}

/// 2a + b.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn double_add(a: &Fe8, b: &Fe8) -> Fe8 {
    carry(std::array::from_fn(|i| _mm512_add_epi64(_mm512_add_epi64(a.0[i], a.0[i]), b.0[i])))
}

/// Limbs of 4p, each above any carried limb.
#[inline]
#[target_feature(enable = "avx512f")]
fn four_p() -> [__m512i; 5] {
    let rest = all((1 << 53) - 4);
    [all((1 << 53) - 76), rest, rest, rest, rest]
}

/// a - b.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn sub(a: &Fe8, b: &Fe8) -> Fe8 {
    let p = four_p();
    carry(std::array::from_fn(|i| _mm512_sub_epi64(_mm512_add_epi64(a.0[i], p[i]), b.0[i])))
}

/// 2a - b.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn double_sub(a: &Fe8, b: &Fe8) -> Fe8 {
    let p = four_p();
    carry(std::array::from_fn(|i| {
        let twice = _mm512_add_epi64(a.0[i], a.0[i]);
        _mm512_sub_epi64(_mm512_add_epi64(twice, p[i]), b.0[i])
    }))
}

/// In each lane b where the mask has a bit, else a.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn choose(mask: u8, a: &Fe8, b: &Fe8) -> Fe8 {
    Fe8(std::array::from_fn(|i| _mm512_mask_blend_epi64(mask, a.0[i], b.0[i])))
}

/// The one representative below p in every lane, carried limbs below 2^51.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn reduced(a: &Fe8) -> [__m512i; 5] {
    let low = all(LOW as u64);
    // Whether adding 19 carries out of 2^255, so that the value is p or more.
    let mut over = _mm512_srli_epi64(_mm512_add_epi64(a.0[0], all(19)), 51);
    for limb in &a.0[1..] {
        over = _mm512_srli_epi64(_mm512_add_epi64(*limb, over), 51);
    }
    let mut carried = times_19(over);
    std::array::from_fn(|i| {
        carried = _mm512_add_epi64(carried, a.0[i]);
        let limb = _mm512_and_si512(carried, low);
        carried = _mm512_srli_epi64(carried, 51);
        limb
    })
}

/// The lanes in which a is b.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn equal(a: &Fe8, b: &Fe8) -> u8 {
    let limbs = reduced(&sub(a, b));
    let any = limbs.into_iter().reduce(|x, y| _mm512_or_si512(x, y)).expect("five limbs");
    _mm512_testn_epi64_mask(any, any)
}

/// a^(2^n), n >= 1.
#[target_feature(enable = "avx512f,avx512ifma")]
fn square_times(a: &Fe8, n: u32) -> Fe8 {
    let mut r = square(a);
    for _ in 1..n {
        r = square(&r);
    }
    r
}

/// a^(2^250 - 1) and a^11.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn chain(a: &Fe8) -> (Fe8, Fe8) {
    let t0 = square(a);
    let t9 = mul(a, &square_times(&t0, 2));
    let t11 = mul(&t0, &t9);
    let t5 = mul(&t9, &square(&t11));
    let t10 = mul(&square_times(&t5, 5), &t5);
    let t20 = mul(&square_times(&t10, 10), &t10);
    let t40 = mul(&square_times(&t20, 20), &t20);
    let t50 = mul(&square_times(&t40, 10), &t10);
    let t100 = mul(&square_times(&t50, 50), &t50);
    let t200 = mul(&square_times(&t100, 100), &t100);
    (mul(&square_times(&t200, 50), &t50), t11)
}

/// 1/a in every lane; 0 for 0.
#[target_feature(enable = "avx512f,avx512ifma")]
pub fn invert(a: &Fe8) -> Fe8 {
    let (t250, t11) = chain(a);
    mul(&square_times(&t250, 5), &t11)
}

/// u*v^3*(u*v^7)^((p-5)/8) in every lane: a square root of u/v, or that times a root of -1, where there is one.
#[target_feature(enable = "avx512f,avx512ifma")]
pub fn power_of_ratio(u: &Fe8, v: &Fe8) -> Fe8 {
    let v3 = mul(&square(v), v);
    let v7 = mul(&square(&v3), v);
    let uv7 = mul(u, &v7);
    let power = mul(&square_times(&chain(&uv7).0, 2), &uv7);
    mul(&mul(u, &v3), &power)
}

/// Rows become columns.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn transpose(r: [__m512i; 8]) -> [__m512i; 8] {
    let pairs: [__m512i; 8] = std::array::from_fn(|i| {
        let (a, b) = (r[i & !1], r[i | 1]);
        if i & 1 == 0 {
            _mm512_unpacklo_epi64(a, b)
        } else {
            _mm512_unpackhi_epi64(a, b)
        }
    });
    // pairs[2m + s] holds columns s, s+2, s+4, s+6 of rows 2m and 2m+1, as four blocks of 128 bits.
    let quads = |s: usize| -> [__m512i; 4] {
        let (a, b, c, d) = (pairs[s], pairs[2 + s], pairs[4 + s], pairs[6 + s]);
        [
            _mm512_shuffle_i64x2(a, b, 0x88),
            _mm512_shuffle_i64x2(c, d, 0x88),
            _mm512_shuffle_i64x2(a, b, 0xdd),
            _mm512_shuffle_i64x2(c, d, 0xdd),
        ]
    };
    let (even, odd) = (quads(0), quads(1));
    [
        _mm512_shuffle_i64x2(even[0], even[1], 0x88),
        _mm512_shuffle_i64x2(odd[0], odd[1], 0x88),
        _mm512_shuffle_i64x2(even[2], even[3], 0x88),
        _mm512_shuffle_i64x2(odd[2], odd[3], 0x88),
        _mm512_shuffle_i64x2(even[0], even[1], 0xdd),
        _mm512_shuffle_i64x2(odd[0], odd[1], 0xdd),
        _mm512_shuffle_i64x2(even[2], even[3], 0xdd),
        _mm512_shuffle_i64x2(odd[2], odd[3], 0xdd),
    ]
}

/// The elements one by one.
#[target_feature(enable = "avx512f")]
pub fn scatter(elements: &Fe8) -> [Fe; LANES] {
    let mut rows = [[0; LANES]; 5];
    for (row, limb) in rows.iter_mut().zip(elements.0) {
        store(row, limb);
    }
    std::array::from_fn(|lane| Fe(std::array::from_fn(|i| rows[i][lane])))
}
