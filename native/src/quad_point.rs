//! Four points at once, each in its lane, by the formulas of `point.rs`. Sizes are those of `quad.rs`.

use std::arch::x86_64::*;

use crate::field::{self, D, D2, ONE, ZERO};
use crate::point::{Affine, Extended, Niels};
use crate::quad::{
    add, all, carried, choose, gather, mul, scatter, spread, square, sub, sub_wide, transpose, Fe4, LANES,
};

/// All coordinates of size 1.
#[derive(Clone, Copy)]
pub struct Extended4 {
    x: Fe4,
    y: Fe4,
    z: Fe4,
    t: Fe4,
}

/// All coordinates of size 1.
#[derive(Clone, Copy)]
pub struct Projective4 {
    pub x: Fe4,
    pub y: Fe4,
    pub z: Fe4,
}

#[derive(Clone, Copy)]
pub struct Niels4 {
    plus: Fe4,
    minus: Fe4,
    product: Fe4,
}

/// A point as it lies in memory: the limbs of X, Y, Z, T one after the other, two in each 64 bits.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
pub struct Place([[u64; LANES]; 5]);

impl Place {
    pub const IDENTITY: Place = Place([[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0; LANES], [0; LANES]]);

    /// Its memory is asked for, to be near when it is needed.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn prefetch(&self) {
        for row in self.0.iter().step_by(2) {
            // SAFETY: a prefetch reads nothing, and the address is that of a row.
            #[allow(unused_unsafe)] // Newer compilers know that.
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(row.as_ptr().cast())
            };
        }
    }
}

impl Niels4 {
    /// One point in every lane.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn spread(point: &Niels) -> Niels4 {
        Niels4 { plus: spread(&point.plus), minus: spread(&point.minus), product: spread(&point.product) }
    }
}

impl Extended4 {
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn identity() -> Extended4 {
        let (zero, one) = (spread(&ZERO), spread(&ONE));
        Extended4 { x: zero, y: one, z: one, t: zero }
    }

    /// The points at four places.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn load(places: [&Place; LANES]) -> Extended4 {
        let [a, b, c, d, e] = std::array::from_fn(|block| {
            // SAFETY: a row has the size of a vector; the load asks for no alignment.
            transpose(places.map(|place| unsafe { _mm256_loadu_si256(place.0[block].as_ptr().cast()) }))
        });
        Extended4 {
            x: Fe4([a[0], a[1], a[2], a[3], b[0]]),
            y: Fe4([b[1], b[2], b[3], c[0], c[1]]),
            z: Fe4([c[2], c[3], d[0], d[1], d[2]]),
            t: Fe4([d[3], e[0], e[1], e[2], e[3]]),
        }
    }

    /// The points go to four places, by their numbers.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn store(&self, places: &mut [Place], numbers: &[usize; LANES]) {
        let Extended4 { x: Fe4(x), y: Fe4(y), z: Fe4(z), t: Fe4(t) } = *self;
        let blocks = [
            transpose([x[0], x[1], x[2], x[3]]),
            transpose([x[4], y[0], y[1], y[2]]),
            transpose([y[3], y[4], z[0], z[1]]),
            transpose([z[2], z[3], z[4], t[0]]),
            transpose([t[1], t[2], t[3], t[4]]),
        ];
        for (lane, &number) in numbers.iter().enumerate() {
            for (row, block) in places[number].0.iter_mut().zip(&blocks) {
                // SAFETY: a row has the size of a vector; the store asks for no alignment.
                unsafe { _mm256_storeu_si256(row.as_mut_ptr().cast(), block[lane]) };
            }
        }
    }

    /// self + other, or self - other in the lanes of the mask.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn plus_niels(&self, other: &Niels4, negative: __m256i) -> Extended4 {
        let a = mul(&sub(&self.y, &self.x), &choose(negative, &other.minus, &other.plus));
        let b = mul(&add(&self.y, &self.x), &choose(negative, &other.plus, &other.minus));
        let c = mul(&self.t, &other.product);
        self.completed(&a, &b, &c, &self.z, negative)
    }

    /// self + other.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn plus(&self, other: &Extended4) -> Extended4 {
        let a = mul(&sub(&self.y, &self.x), &sub(&other.y, &other.x));
        let b = mul(&add(&self.y, &self.x), &add(&other.y, &other.x));
        let c = mul(&mul(&self.t, &other.t), &spread(&D2));
        let half = mul(&self.z, &other.z);
        self.completed(&a, &b, &c, &half, all(0))
    }

    /// ``half``: half of D. E, H, F, G get sizes 3, 2, 4 and 3, the last two in any order.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn completed(&self, a: &Fe4, b: &Fe4, c: &Fe4, half: &Fe4, negative: __m256i) -> Extended4 {
        let (e, h) = (sub(b, a), add(b, a));
        let d = add(half, half);
        let (less, more) = (sub(&d, c), add(&d, c));
        let (f, g) = (choose(negative, &less, &more), choose(negative, &more, &less));
        Extended4 { x: mul(&f, &e), y: mul(&g, &h), z: mul(&less, &more), t: mul(&e, &h) }
    }

    /// The points one by one.
    #[target_feature(enable = "avx2")]
    pub fn apart(&self) -> [Extended; LANES] {
        let [x, y, z, t] = [&self.x, &self.y, &self.z, &self.t].map(|part| scatter(part));
        std::array::from_fn(|i| Extended { x: x[i], y: y[i], z: z[i], t: t[i] })
    }
}

impl Projective4 {
    /// Twice the point.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn doubled(&self) -> Projective4 {
        let (xx, yy, zz) = (square(&self.x), square(&self.y), square(&self.z));
        let (h, g) = (add(&yy, &xx), sub(&yy, &xx));
        let e = sub_wide(&square(&add(&self.x, &self.y)), &h);
        let f = carried(&sub_wide(&add(&zz, &zz), &g));
        Projective4 { x: mul(&e, &f), y: mul(&g, &h), z: mul(&g, &f) }
    }

    /// Eight times each of these points; the identity in the lanes where there is none, or none on the curve.
    ///
    /// As `Affine::times_eight`.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn eight_times(points: [Option<Affine>; LANES]) -> Projective4 {
        let known = points.map(|point| point.unwrap_or(Affine { x: ZERO, y: ONE }));
        let x = gather([&known[0].x, &known[1].x, &known[2].x, &known[3].x]);
        let y = gather([&known[0].y, &known[1].y, &known[2].y, &known[3].y]);
        let (xx, yy, one) = (square(&x), square(&y), spread(&ONE));
        let (difference, sum) = (sub(&yy, &xx), add(&yy, &xx));
        let right = add(&mul(&mul(&xx, &yy), &spread(&D)), &one);
        let wrong = scatter(&carried(&sub_wide(&difference, &right)));
        let e = sub_wide(&square(&add(&x, &y)), &sum);
        let f = carried(&sub_wide(&add(&one, &one), &difference));
        let twice = Projective4 { x: mul(&e, &f), y: mul(&difference, &sum), z: mul(&difference, &f) };
        let eight = twice.doubled().doubled();
        let [a, b, c, d] = wrong.map(|element| if field::is_zero(&element) { 0 } else { -1 });
        let off_curve = _mm256_set_epi64x(d, c, b, a);
        Projective4 {
            x: choose(off_curve, &eight.x, &spread(&ZERO)),
            y: choose(off_curve, &eight.y, &one),
            z: choose(off_curve, &eight.z, &one),
        }
    }
}
