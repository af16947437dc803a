//! The field of p = 2^255 - 19, in five limbs of 51 bits.
//!
//! Three types keep the limbs within bounds, so that no intermediate product can overflow:
//!
//! ```text
//! Fe       every limb <= 2^51 + 2^15          what a multiplication returns
//! Middle   every limb <= 2^52 + 2^51 + 2^16   a sum or difference of two Fe
//! Loose    every limb <  2^54                 a sum or difference in which a Middle takes part
//! ```
//!
//! All three may be multiplied. 2^54 is the bound under which a column of products and its carry fit.
//!
//! Variable time: public data only.

use std::ops::{BitAnd, Shr};

const LOW: u64 = (1 << 51) - 1;

/// An element with tight limbs.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(8))]
pub struct Fe(pub [u64; 5]);

/// A sum or difference of two elements.
#[derive(Clone, Copy, Debug)]
pub struct Middle(pub [u64; 5]);

/// A sum or difference of more.
#[derive(Clone, Copy, Debug)]
pub struct Loose(pub [u64; 5]);

/// What can be multiplied.
pub trait Factor {
    /// The limbs, each below 2^54.
    fn limbs(&self) -> &[u64; 5];
}

/// What can still be added: `Fe` and `Middle`.
pub trait Term: Factor {}

impl Factor for Fe {
    #[inline(always)]
    fn limbs(&self) -> &[u64; 5] {
        &self.0
    }
}

impl Factor for Middle {
    #[inline(always)]
    fn limbs(&self) -> &[u64; 5] {
        &self.0
    }
}

impl Factor for Loose {
    #[inline(always)]
    fn limbs(&self) -> &[u64; 5] {
        &self.0
    }
}

impl Term for Fe {}
impl Term for Middle {}

pub const ZERO: Fe = Fe([0; 5]);
pub const ONE: Fe = Fe([1, 0, 0, 0, 0]);
/// d of the curve, -121665/121666.
pub const D: Fe = Fe([929955233495203, 466365720129213, 1662059464998953, 2033849074728123, 1442794654840575]);
/// 2d.
pub const D2: Fe = Fe([1859910466990425, 932731440258426, 1072319116312658, 1815898335770999, 633789495995903]);
/// A square root of -1.
pub const ROOT_OF_MINUS_ONE: Fe =
    Fe([1718705420411056, 234908883556509, 2233514472574048, 2117202627021982, 765476049583133]);

#[inline(always)]
fn wide(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

/// The carries of five columns brought home. Columns below 2^115.
#[inline(always)]
fn carried(c: [u128; 5]) -> Fe {
    let [c0, mut c1, mut c2, mut c3, mut c4] = c;
    c1 += u128::from(c0.shr(51) as u64);
    let r0 = (c0 as u64).bitand(LOW);
    c2 += u128::from(c1.shr(51) as u64);
    let r1 = (c1 as u64).bitand(LOW);
    c3 += u128::from(c2.shr(51) as u64);
    let r2 = (c2 as u64).bitand(LOW);
    c4 += u128::from(c3.shr(51) as u64);
    let r3 = (c3 as u64).bitand(LOW);
    // c4 holds no factor 19, so c4 < 2^111 and 19 * (c4 >> 51) < 2^64.
    let r0 = r0 + (c4.shr(51) as u64) * 19;
    let r4 = (c4 as u64).bitand(LOW);
    Fe([r0 & LOW, r1 + (r0 >> 51), r2, r3, r4])
}

/// a*b.
#[inline(always)]
pub fn mul(a: &impl Factor, b: &impl Factor) -> Fe {
    let [a0, a1, a2, a3, a4] = *a.limbs();
    let [b0, b1, b2, b3, b4] = *b.limbs();
    let (b1_19, b2_19, b3_19, b4_19) = (b1 * 19, b2 * 19, b3 * 19, b4 * 19);
    carried([
        wide(a0, b0) + wide(a4, b1_19) + wide(a3, b2_19) + wide(a2, b3_19) + wide(a1, b4_19),
        wide(a1, b0) + wide(a0, b1) + wide(a4, b2_19) + wide(a3, b3_19) + wide(a2, b4_19),
        wide(a2, b0) + wide(a1, b1) + wide(a0, b2) + wide(a4, b3_19) + wide(a3, b4_19),
        wide(a3, b0) + wide(a2, b1) + wide(a1, b2) + wide(a0, b3) + wide(a4, b4_19),
        wide(a4, b0) + wide(a3, b1) + wide(a2, b2) + wide(a1, b3) + wide(a0, b4),
    ])
}

/// a^2.
#[inline(always)]
pub fn square(a: &impl Factor) -> Fe {
    let [a0, a1, a2, a3, a4] = *a.limbs();
    let (a3_19, a4_19) = (a3 * 19, a4 * 19);
    carried([
        wide(a0, a0) + 2 * (wide(a1, a4_19) + wide(a2, a3_19)),
        wide(a3, a3_19) + 2 * (wide(a0, a1) + wide(a2, a4_19)),
        wide(a1, a1) + 2 * (wide(a0, a2) + wide(a4, a3_19)),
        wide(a4, a4_19) + 2 * (wide(a0, a3) + wide(a1, a2)),
        wide(a2, a2) + 2 * (wide(a0, a4) + wide(a1, a3)),
    ])
}

/// a^(2^n), n >= 1.
fn square_times(a: &Fe, n: u32) -> Fe {
    let mut r = square(a);
    for _ in 1..n {
        r = square(&r);
    }
    r
}

/// a + b.
#[inline(always)]
pub fn add(a: &Fe, b: &Fe) -> Middle {
    Middle(std::array::from_fn(|i| a.0[i] + b.0[i]))
}

/// a - b, by way of 2p.
#[inline(always)]
pub fn sub(a: &Fe, b: &Fe) -> Middle {
    Middle([
        a.0[0] + ((1 << 52) - 38) - b.0[0],
        a.0[1] + ((1 << 52) - 2) - b.0[1],
        a.0[2] + ((1 << 52) - 2) - b.0[2],
        a.0[3] + ((1 << 52) - 2) - b.0[3],
        a.0[4] + ((1 << 52) - 2) - b.0[4],
    ])
}

/// a + b: at most 2^53 + 2^17.
#[inline(always)]
pub fn add_wide(a: &Middle, b: &Fe) -> Loose {
    Loose(std::array::from_fn(|i| a.0[i] + b.0[i]))
}

/// a - b, by way of 4p: at most 2^53 + 2^52 + 2^51 + 2^16.
#[inline(always)]
pub fn sub_wide(a: &impl Term, b: &impl Term) -> Loose {
    let (a, b) = (a.limbs(), b.limbs());
    Loose([
        a[0] + ((1 << 53) - 76) - b[0],
        a[1] + ((1 << 53) - 4) - b[1],
        a[2] + ((1 << 53) - 4) - b[2],
        a[3] + ((1 << 53) - 4) - b[3],
        a[4] + ((1 << 53) - 4) - b[4],
    ])
}

/// The same element with tight limbs.
#[inline(always)]
pub fn tighten(a: &Middle) -> Fe {
    let c: [u64; 5] = std::array::from_fn(|i| a.0[i] >> 51);
    Fe([
        (a.0[0] & LOW) + 19 * c[4],
        (a.0[1] & LOW) + c[0],
        (a.0[2] & LOW) + c[1],
        (a.0[3] & LOW) + c[2],
        (a.0[4] & LOW) + c[3],
    ])
}

/// -a.
#[inline(always)]
pub fn neg(a: &Fe) -> Fe {
    tighten(&sub(&ZERO, a))
}

/// The limbs of the one representative below p.
#[inline(always)]
fn reduced(a: &Fe) -> [u64; 5] {
    let l = a.0;
    // q = 1 when the value is p or more: whether adding 19 carries out of 2^255.
    let mut q = (l[0] + 19) >> 51;
    for limb in &l[1..] {
        q = (limb + q) >> 51;
    }
    let mut r = [0; 5];
    let mut carry = 19 * q;
    for i in 0..5 {
        carry += l[i];
        r[i] = carry & LOW;
        carry >>= 51;
    }
    r
}

/// 32 bytes, little-endian, below p.
#[inline(always)]
pub fn to_bytes(a: &Fe) -> [u8; 32] {
    let l = reduced(a);
    let words = [l[0] | l[1] << 51, l[1] >> 13 | l[2] << 38, l[2] >> 26 | l[3] << 25, l[3] >> 39 | l[4] << 12];
    let mut bytes = [0; 32];
    for (to, word) in bytes.chunks_exact_mut(8).zip(words) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// The element of 32 bytes, little-endian, the top bit not looked at; None when it is not below p.
#[inline(always)]
pub fn from_bytes(bytes: &[u8; 32]) -> Option<Fe> {
    let word = |i: usize| u64::from_le_bytes(bytes[8 * i..8 * i + 8].try_into().unwrap());
    let w: [u64; 4] = std::array::from_fn(word);
    let top = w[3] & (u64::MAX >> 1);
    if top == u64::MAX >> 1 && w[2] == u64::MAX && w[1] == u64::MAX && w[0] >= u64::MAX - 18 {
        return None;
    }
    Some(Fe([
        w[0] & LOW,
        (w[0] >> 51 | w[1] << 13) & LOW,
        (w[1] >> 38 | w[2] << 26) & LOW,
        (w[2] >> 25 | w[3] << 39) & LOW,
        top >> 12,
    ]))
}

/// Whether a is 0.
#[inline(always)]
pub fn is_zero(a: &Fe) -> bool {
    reduced(a) == [0; 5]
}

/// Whether a and b are the same element.
#[inline(always)]
pub fn is_equal(a: &Fe, b: &Fe) -> bool {
    is_zero(&tighten(&sub(a, b)))
}

/// Whether the representative below p is odd.
#[inline(always)]
pub fn is_odd(a: &Fe) -> bool {
    reduced(a)[0] & 1 == 1
}

/// a^(2^250 - 1) and a^11, which both chains below begin with.
fn chain(a: &Fe) -> (Fe, Fe) {
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

/// 1/a = a^(p-2); 0 for 0.
pub fn invert(a: &Fe) -> Fe {
    let (t250, t11) = chain(a);
    mul(&square_times(&t250, 5), &t11)
}

/// All inverted at the price of one inversion and three multiplications each. None of them may be 0.
pub fn invert_all(elements: &mut [Fe], scratch: &mut Vec<Fe>) {
    scratch.clear();
    let mut product = ONE;
    for element in elements.iter() {
        scratch.push(product);
        product = mul(&product, element);
    }
    let mut inverse = invert(&product);
    for (element, before) in elements.iter_mut().zip(scratch.iter()).rev() {
        let own = mul(&inverse, before);
        inverse = mul(&inverse, element);
        *element = own;
    }
}

/// x with v*x^2 = u, the even one; None when there is none.
pub fn root_of_ratio(u: &Fe, v: &Fe) -> Option<Fe> {
    let v3 = mul(&square(v), v);
    let v7 = mul(&square(&v3), v);
    let uv7 = mul(u, &v7);
    let (t250, _) = chain(&uv7);
    let power = mul(&square_times(&t250, 2), &uv7); // (u*v^7)^((p-5)/8)
    let mut x = mul(&mul(u, &v3), &power);
    let check = mul(v, &square(&x));
    if !is_equal(&check, u) {
        if !is_equal(&check, &neg(u)) {
            return None;
        }
        x = mul(&x, &ROOT_OF_MINUS_ONE);
    }
    Some(if is_odd(&x) { neg(&x) } else { x })
}
