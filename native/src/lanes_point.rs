//! Eight points at once, each in its lane, by the formulas of `point.rs`.

use std::arch::x86_64::*;

use crate::field::{Fe, D2};
use crate::lanes::{self, add, all, choose, double_add, double_sub, mul, square, sub, transpose, Fe8, Row, LANES};
use crate::point::{Affine, Extended, Niels};

#[derive(Clone, Copy)]
pub struct Extended8 {
    pub x: Fe8,
    pub y: Fe8,
    pub z: Fe8,
    pub t: Fe8,
}

#[derive(Clone, Copy)]
pub struct Projective8 {
    pub x: Fe8,
    pub y: Fe8,
    pub z: Fe8,
}

/// To be added to several points.
#[derive(Clone, Copy)]
pub struct Cached8 {
    plus: Fe8,
    minus: Fe8,
    z: Fe8,
    product: Fe8,
}

#[derive(Clone, Copy)]
pub struct Niels8 {
    pub plus: Fe8,
    pub minus: Fe8,
    pub product: Fe8,
}

/// A point as it lies in memory: the limbs of X, Y, Z, T one after the other, then nothing; three cache lines.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Place([Row; 3]);

impl Place {
    pub const IDENTITY: Place = Place([[0, 0, 0, 0, 0, 1, 0, 0], [0, 0, 1, 0, 0, 0, 0, 0], [0; LANES]]);

    /// Its memory is asked for, to be near when it is needed.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn prefetch(&self) {
        for row in &self.0 {
            // SAFETY: a prefetch reads nothing, and the address is that of a row.
            #[allow(unused_unsafe)] // Newer compilers know that.
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(row.as_ptr().cast())
            };
        }
    }
}

impl Niels8 {
    /// A point for each lane.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn load(points: [&Niels; LANES]) -> Niels8 {
        Niels8 {
            plus: lanes::gather(&points.map(|point| &point.plus)),
            minus: lanes::gather(&points.map(|point| &point.minus)),
            product: lanes::gather(&points.map(|point| &point.product)),
        }
    }

    /// One point in every lane.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn spread(point: &Niels) -> Niels8 {
        Niels8 {
            plus: lanes::spread(&point.plus),
            minus: lanes::spread(&point.minus),
            product: lanes::spread(&point.product),
        }
    }

    /// In each lane the other where the mask has a bit.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn choose(&self, mask: u8, other: &Niels8) -> Niels8 {
        Niels8 {
            plus: choose(mask, &self.plus, &other.plus),
            minus: choose(mask, &self.minus, &other.minus),
            product: choose(mask, &self.product, &other.product),
        }
    }
}

impl Extended8 {
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn identity() -> Extended8 {
        let (zero, one) = (lanes::spread(&crate::field::ZERO), lanes::spread(&crate::field::ONE));
        Extended8 { x: zero, y: one, z: one, t: zero }
    }

    /// A point for each lane.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn of_affine(points: &[&Affine; LANES]) -> Extended8 {
        let (x, y) = (lanes::gather(&points.map(|point| &point.x)), lanes::gather(&points.map(|point| &point.y)));
        Extended8 { x, y, z: lanes::spread(&crate::field::ONE), t: mul(&x, &y) }
    }

    /// In each lane the other where the mask has a bit.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn choose(&self, mask: u8, other: &Extended8) -> Extended8 {
        Extended8 {
            x: choose(mask, &self.x, &other.x),
            y: choose(mask, &self.y, &other.y),
            z: choose(mask, &self.z, &other.z),
            t: choose(mask, &self.t, &other.t),
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn cached(&self) -> Cached8 {
        let product = mul(&self.t, &lanes::spread(&D2));
        Cached8 { plus: add(&self.y, &self.x), minus: sub(&self.y, &self.x), z: self.z, product }
    }

    /// self + other, or self - other in the lanes of the mask.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn plus_cached(&self, other: &Cached8, negative: u8) -> Extended8 {
        let a = mul(&sub(&self.y, &self.x), &choose(negative, &other.minus, &other.plus));
        let b = mul(&add(&self.y, &self.x), &choose(negative, &other.plus, &other.minus));
        let c = mul(&self.t, &other.product);
        self.completed(&a, &b, &c, &mul(&self.z, &other.z), negative)
    }

    /// The points at eight places.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn load(places: [&Place; LANES]) -> Extended8 {
        let column = |block: usize| transpose(std::array::from_fn(|lane| lanes::load(&places[lane].0[block])));
        let (a, b, c) = (column(0), column(1), column(2));
        Extended8 {
            x: Fe8([a[0], a[1], a[2], a[3], a[4]]),
            y: Fe8([a[5], a[6], a[7], b[0], b[1]]),
            z: Fe8([b[2], b[3], b[4], b[5], b[6]]),
            t: Fe8([b[7], c[0], c[1], c[2], c[3]]),
        }
    }

    /// The points go to eight places, by their numbers.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn store(&self, places: &mut [Place], numbers: &Row) {
        let Extended8 { x: Fe8(x), y: Fe8(y), z: Fe8(z), t: Fe8(t) } = *self;
        let zero = _mm512_setzero_si512();
        let blocks = [
            transpose([x[0], x[1], x[2], x[3], x[4], y[0], y[1], y[2]]),
            transpose([y[3], y[4], z[0], z[1], z[2], z[3], z[4], t[0]]),
            transpose([t[1], t[2], t[3], t[4], zero, zero, zero, zero]),
        ];
        for lane in 0..LANES {
            let place = &mut places[numbers[lane] as usize];
            for (row, block) in place.0.iter_mut().zip(&blocks) {
                lanes::store(row, block[lane]);
            }
        }
    }

    /// self + other, or self - other in the lanes of the mask.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn plus_niels(&self, other: &Niels8, negative: u8) -> Extended8 {
        let a = mul(&sub(&self.y, &self.x), &choose(negative, &other.minus, &other.plus));
        let b = mul(&add(&self.y, &self.x), &choose(negative, &other.plus, &other.minus));
        let c = mul(&self.t, &other.product);
        self.completed(&a, &b, &c, &self.z, negative)
    }

    /// self + other.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn plus(&self, other: &Extended8) -> Extended8 {
        let a = mul(&sub(&self.y, &self.x), &sub(&other.y, &other.x));
        let b = mul(&add(&self.y, &self.x), &add(&other.y, &other.x));
        let c = mul(&mul(&self.t, &other.t), &lanes::spread(&D2));
        let half = mul(&self.z, &other.z);
        self.completed(&a, &b, &c, &half, 0)
    }

    /// ``half``: half of D.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn completed(&self, a: &Fe8, b: &Fe8, c: &Fe8, half: &Fe8, negative: u8) -> Extended8 {
        let (e, h) = (sub(b, a), add(b, a));
        let (less, more) = (double_sub(half, c), double_add(half, c));
        let (f, g) = (choose(negative, &less, &more), choose(negative, &more, &less));
        Extended8 { x: mul(&e, &f), y: mul(&g, &h), z: mul(&f, &g), t: mul(&e, &h) }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn negated(&self) -> Extended8 {
        let zero = lanes::spread(&crate::field::ZERO);
        Extended8 { x: sub(&zero, &self.x), y: self.y, z: self.z, t: sub(&zero, &self.t) }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn projective(&self) -> Projective8 {
        Projective8 { x: self.x, y: self.y, z: self.z }
    }

    /// The points one by one.
    #[target_feature(enable = "avx512f")]
    pub fn apart(&self) -> [Extended; LANES] {
        let [x, y, z, t] = [&self.x, &self.y, &self.z, &self.t].map(|part| lanes::scatter(part));
        std::array::from_fn(|i| Extended { x: x[i], y: y[i], z: z[i], t: t[i] })
    }
}

impl Projective8 {
    /// Twice the point.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn doubled(&self) -> Projective8 {
        let [e, f, g, h] = self.doubling();
        Projective8 { x: mul(&e, &f), y: mul(&g, &h), z: mul(&f, &g) }
    }

    /// The same with T, for an addition to follow.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn doubled_extended(&self) -> Extended8 {
        let [e, f, g, h] = self.doubling();
        Extended8 { x: mul(&e, &f), y: mul(&g, &h), z: mul(&f, &g), t: mul(&e, &h) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn doubling(&self) -> [Fe8; 4] {
        let (xx, yy) = (square(&self.x), square(&self.y));
        let zz = square(&self.z);
        let (h, g) = (add(&yy, &xx), sub(&yy, &xx));
        let e = sub(&square(&add(&self.x, &self.y)), &h);
        [e, double_sub(&zz, &g), g, h]
    }
}

/// Eight times the points of these coordinates, and the lanes in which they are on the curve (`Affine::times_eight`).
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub fn times_eight(x: &Fe8, y: &Fe8) -> (Projective8, u8) {
    let (xx, yy) = (square(x), square(y));
    let (difference, sum) = (sub(&yy, &xx), add(&yy, &xx));
    let right = mul(&mul(&xx, &yy), &lanes::spread(&crate::field::D));
    let one = lanes::spread(&crate::field::ONE);
    let is_on_curve = lanes::equal(&difference, &add(&right, &one));
    let e = sub(&square(&add(x, y)), &sum);
    let f = double_sub(&one, &difference);
    let twice = Projective8 { x: mul(&e, &f), y: mul(&difference, &sum), z: mul(&f, &difference) };
    (twice.doubled().doubled(), is_on_curve)
}

/// Elements of 32 bytes each, given as four words: their limbs, and the lanes in which they are below p.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn from_words(w: &[__m512i]) -> (Fe8, u8) {
    let low = all((1 << 51) - 1);
    let join = |a: __m512i, b: __m512i| _mm512_and_si512(_mm512_or_si512(a, b), low);
    let limbs = [
        _mm512_and_si512(w[0], low),
        join(_mm512_srli_epi64(w[0], 51), _mm512_slli_epi64(w[1], 13)),
        join(_mm512_srli_epi64(w[1], 38), _mm512_slli_epi64(w[2], 26)),
        join(_mm512_srli_epi64(w[2], 25), _mm512_slli_epi64(w[3], 39)),
        _mm512_srli_epi64(w[3], 12),
    ];
    // Below p: the top bit is clear, and not all of bits 255 down to 5 are set with the rest 2^255 - 19 or more.
    let most = all(u64::MAX >> 1);
    let is_short = _mm512_cmple_epu64_mask(w[3], most);
    let full = _mm512_cmpeq_epi64_mask(w[3], most)
        & _mm512_cmpeq_epi64_mask(_mm512_and_si512(w[1], w[2]), all(u64::MAX))
        & _mm512_cmpge_epu64_mask(w[0], all(u64::MAX - 18));
    (Fe8(limbs), is_short & !full)
}

/// Four words of each element, below p.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn to_words(a: &Fe8) -> [__m512i; 4] {
    let l = lanes::reduced(a);
    let join = |a: __m512i, b: __m512i| _mm512_or_si512(a, b);
    [
        join(l[0], _mm512_slli_epi64(l[1], 51)),
        join(_mm512_srli_epi64(l[1], 13), _mm512_slli_epi64(l[2], 38)),
        join(_mm512_srli_epi64(l[2], 26), _mm512_slli_epi64(l[3], 25)),
        join(_mm512_srli_epi64(l[3], 39), _mm512_slli_epi64(l[4], 12)),
    ]
}

/// Niels points one by one.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn niels_apart(points: &Niels8, out: &mut [Niels; LANES]) {
    let Niels8 { plus: Fe8(p), minus: Fe8(m), product: Fe8(r) } = *points;
    let first = transpose([p[0], p[1], p[2], p[3], p[4], m[0], m[1], m[2]]);
    let second = transpose([m[3], m[4], r[0], r[1], r[2], r[3], r[4], _mm512_setzero_si512()]);
    let (mut a, mut b) = ([0; LANES], [0; LANES]);
    for (lane, point) in out.iter_mut().enumerate() {
        lanes::store(&mut a, first[lane]);
        lanes::store(&mut b, second[lane]);
        *point = Niels {
            plus: Fe([a[0], a[1], a[2], a[3], a[4]]),
            minus: Fe([a[5], a[6], a[7], b[0], b[1]]),
            product: Fe([b[2], b[3], b[4], b[5], b[6]]),
        };
    }
}
