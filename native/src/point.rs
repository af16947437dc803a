//! Points of edwards25519, -x^2 + y^2 = 1 + d*x^2*y^2, with addition that holds for every pair of points.
//!
//! -1 is a square modulo p and d is none, so the addition law has no exception on the whole curve, points of small order
//! included: nothing a forger writes can leave the formulas.
//!
//! ```text
//! Affine      x, y                         as decoded
//! Extended    X, Y, Z, T                   x = X/Z, y = Y/Z, x*y = T/Z
//! Projective  X, Y, Z                      the same where no addition follows
//! Niels       y+x, y-x, 2d*x*y             to be added, Z = 1: 7 multiplications
//! Cached      Y+X, Y-X, Z, 2d*T            to be added: 8 multiplications
//! ```
//!
//! Source of the formulas: Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited" (2008), sections 3.1, 3.3.
//! Variable time: public data only.

use crate::field::{self, add, add_wide, mul, neg, square, sub, sub_wide, tighten, Fe, D, D2, ONE, ZERO};

/// x and y.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Affine {
    pub x: Fe,
    pub y: Fe,
}

#[derive(Clone, Copy, Debug)]
pub struct Extended {
    pub x: Fe,
    pub y: Fe,
    pub z: Fe,
    pub t: Fe,
}

#[derive(Clone, Copy, Debug)]
pub struct Projective {
    pub x: Fe,
    pub y: Fe,
    pub z: Fe,
}

#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Niels {
    pub plus: Fe,
    pub minus: Fe,
    pub product: Fe,
}

#[derive(Clone, Copy, Debug)]
pub struct Cached {
    plus: Fe,
    minus: Fe,
    z: Fe,
    product: Fe,
}

pub const IDENTITY: Extended = Extended { x: ZERO, y: ONE, z: ONE, t: ZERO };

/// g: y = 4/5, x even.
pub const GENERATOR: Affine = Affine {
    x: Fe([1738742601995546, 1146398526822698, 2070867633025821, 562264141797630, 587772402128613]),
    y: Fe([1801439850948184, 1351079888211148, 450359962737049, 900719925474099, 1801439850948198]),
};

/// The identity as it is written: y = 1, x = 0.
pub const IDENTITY_BYTES: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes
};

impl Affine {
    /// The point of 32 bytes as RFC 8032 has it, on the curve; None for any other text of it, and where there is none.
    ///
    /// Cost: one square root. It may still be outside the subgroup of order q.
    pub fn decode(bytes: &[u8; 32]) -> Option<Affine> {
        let y = field::from_bytes(bytes)?;
        let yy = square(&y);
        let u = tighten(&sub(&yy, &ONE));
        let v = tighten(&add(&mul(&yy, &D), &ONE));
        let x = field::root_of_ratio(&u, &v)?;
        let is_odd = bytes[31] >> 7 == 1;
        if is_odd && field::is_zero(&x) {
            return None;
        }
        Some(Affine { x: if is_odd { neg(&x) } else { x }, y })
    }

    /// The point of two canonical coordinates; None when one is not below p, has its top bit set, or it is off the curve.
    #[inline(always)]
    pub fn from_coordinates(bytes: &[u8; 64]) -> Option<Affine> {
        if (bytes[31] | bytes[63]) >> 7 != 0 {
            return None;
        }
        let x = field::from_bytes(bytes[..32].try_into().unwrap())?;
        let y = field::from_bytes(bytes[32..].try_into().unwrap())?;
        Some(Affine { x, y })
    }

    /// The inverse of ``from_coordinates``.
    pub fn coordinates(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&field::to_bytes(&self.x));
        bytes[32..].copy_from_slice(&field::to_bytes(&self.y));
        bytes
    }

    /// 32 bytes as RFC 8032 has them.
    #[inline(always)]
    pub fn encode(&self) -> [u8; 32] {
        let mut bytes = field::to_bytes(&self.y);
        bytes[31] |= u8::from(field::is_odd(&self.x)) << 7;
        bytes
    }

    pub fn extended(&self) -> Extended {
        Extended { x: self.x, y: self.y, z: ONE, t: mul(&self.x, &self.y) }
    }

    #[inline(always)]
    pub fn niels(&self) -> Niels {
        Niels {
            plus: tighten(&add(&self.y, &self.x)),
            minus: tighten(&sub(&self.y, &self.x)),
            product: mul(&mul(&self.x, &self.y), &D2),
        }
    }

    /// Eight times the point, or None when it is not on the curve. What comes out is in the subgroup of order q, as
    /// 8*E(F_p) is exactly that subgroup.
    ///
    /// The first doubling shares its squares with the equation of the curve, and none needs T.
    #[inline(always)]
    pub fn times_eight(&self) -> Option<Projective> {
        let (xx, yy) = (square(&self.x), square(&self.y));
        let difference = sub(&yy, &xx);
        let right = mul(&mul(&xx, &yy), &D);
        if !field::is_equal(&tighten(&difference), &tighten(&add(&right, &ONE))) {
            return None;
        }
        let sum = add(&yy, &xx);
        let e = sub_wide(&square(&add(&self.x, &self.y)), &sum);
        let f = sub_wide(&Fe([2, 0, 0, 0, 0]), &difference);
        let twice = Projective { x: mul(&e, &f), y: mul(&difference, &sum), z: mul(&f, &difference) };
        Some(twice.doubled().doubled())
    }
}

impl Projective {
    /// Twice the point. 4 squarings, 3 multiplications.
    #[inline(always)]
    pub fn doubled(&self) -> Projective {
        let (e, f, g, h) = self.doubling();
        Projective { x: mul(&e, &f), y: mul(&g, &h), z: mul(&f, &g) }
    }

    /// The same with T, for an addition to follow.
    #[inline(always)]
    pub fn doubled_extended(&self) -> Extended {
        let (e, f, g, h) = self.doubling();
        Extended { x: mul(&e, &f), y: mul(&g, &h), z: mul(&f, &g), t: mul(&e, &h) }
    }

    #[inline(always)]
    fn doubling(&self) -> (field::Loose, field::Loose, field::Middle, field::Middle) {
        let (xx, yy, zz) = (square(&self.x), square(&self.y), square(&self.z));
        let (h, g) = (add(&yy, &xx), sub(&yy, &xx));
        let e = sub_wide(&square(&add(&self.x, &self.y)), &h);
        let f = sub_wide(&add(&zz, &zz), &g);
        (e, f, g, h)
    }

    /// The point when 1/Z is known.
    #[inline(always)]
    pub fn affine(&self, inverse: &Fe) -> Affine {
        Affine { x: mul(&self.x, inverse), y: mul(&self.y, inverse) }
    }
}

impl Extended {
    #[inline(always)]
    pub fn projective(&self) -> Projective {
        Projective { x: self.x, y: self.y, z: self.z }
    }

    #[inline(always)]
    pub fn cached(&self) -> Cached {
        Cached {
            plus: tighten(&add(&self.y, &self.x)),
            minus: tighten(&sub(&self.y, &self.x)),
            z: self.z,
            product: mul(&self.t, &D2),
        }
    }

    /// self + other, or self - other.
    #[inline(always)]
    pub fn plus_niels(&self, other: &Niels, is_negative: bool) -> Extended {
        let factors = [&other.plus, &other.minus];
        let n = usize::from(is_negative);
        let b = mul(&add(&self.y, &self.x), factors[n]);
        let a = mul(&sub(&self.y, &self.x), factors[1 - n]);
        let c = mul(&self.t, &other.product);
        let d = add(&self.z, &self.z);
        self.completed(&a, &b, &c, &d, n)
    }

    /// self + other, or self - other.
    #[inline(always)]
    pub fn plus_cached(&self, other: &Cached, is_negative: bool) -> Extended {
        let factors = [&other.plus, &other.minus];
        let n = usize::from(is_negative);
        let b = mul(&add(&self.y, &self.x), factors[n]);
        let a = mul(&sub(&self.y, &self.x), factors[1 - n]);
        let c = mul(&self.t, &other.product);
        let zz = mul(&self.z, &other.z);
        self.completed(&a, &b, &c, &add(&zz, &zz), n)
    }

    #[inline(always)]
    fn completed(&self, a: &Fe, b: &Fe, c: &Fe, d: &field::Middle, n: usize) -> Extended {
        let (e, h) = (sub(b, a), add(b, a));
        // The sign of C changes places with that of the other point: F = D - C and G = D + C are exchanged.
        let parts = [sub_wide(d, c), add_wide(d, c)];
        let (f, g) = (&parts[n], &parts[1 - n]);
        Extended { x: mul(&e, f), y: mul(g, &h), z: mul(f, g), t: mul(&e, &h) }
    }

    pub fn plus(&self, other: &Extended) -> Extended {
        self.plus_cached(&other.cached(), false)
    }

    pub fn doubled(&self) -> Extended {
        self.projective().doubled_extended()
    }

    pub fn negated(&self) -> Extended {
        Extended { x: neg(&self.x), y: self.y, z: self.z, t: neg(&self.t) }
    }

    /// Whether it is the identity and nothing of small order besides.
    pub fn is_identity(&self) -> bool {
        field::is_zero(&self.x) && field::is_equal(&self.y, &self.z)
    }

    pub fn affine(&self) -> Affine {
        self.projective().affine(&field::invert(&self.z))
    }
}

/// All in affine form, for one inversion. ``inverses`` and ``scratch`` only lend their memory.
pub fn affine_all(points: &[Projective], inverses: &mut Vec<Fe>, scratch: &mut Vec<Fe>, out: &mut Vec<Affine>) {
    inverses.clear();
    inverses.extend(points.iter().map(|point| point.z));
    field::invert_all(inverses, scratch);
    out.clear();
    out.extend(points.iter().zip(inverses.iter()).map(|(point, inverse)| point.affine(inverse)));
}
