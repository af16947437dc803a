//! Numbers modulo q = 2^252 + 27742317777372353535851937790883648493, in four limbs of 64 bits, always below q.
//!
//! Variable time: public data only.

/// A number below q, least limb first.
pub type Scalar = [u64; 4];

pub const ORDER: Scalar = [0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 1 << 60];
/// q - 2^252.
const EXCESS: [u64; 2] = [ORDER[0], ORDER[1]];
/// 1/8 modulo q.
pub const EIGHTH: Scalar = [0x6106_e529_e2dc_2f79, 0x07d3_9db3_7d1c_dad0, 0, 0x0600_0000_0000_0000];
pub const ZERO: Scalar = [0; 4];
pub const ONE: Scalar = [1, 0, 0, 0];

#[inline(always)]
fn is_below_order(a: &Scalar) -> bool {
    for i in (0..4).rev() {
        if a[i] != ORDER[i] {
            return a[i] < ORDER[i];
        }
    }
    false
}

/// a - b, and whether it went below zero.
#[inline(always)]
fn subtract(a: &Scalar, b: &Scalar) -> (Scalar, bool) {
    let mut r = [0; 4];
    let mut borrow = false;
    for i in 0..4 {
        let (x, first) = a[i].overflowing_sub(b[i]);
        let (y, second) = x.overflowing_sub(u64::from(borrow));
        r[i] = y;
        borrow = first | second;
    }
    (r, borrow)
}

/// a + b modulo q.
#[inline(always)]
pub fn add(a: &Scalar, b: &Scalar) -> Scalar {
    let mut r = [0; 4];
    let mut carry = 0u128;
    for i in 0..4 {
        carry += u128::from(a[i]) + u128::from(b[i]);
        r[i] = carry as u64;
        carry >>= 64;
    }
    let (reduced, borrow) = subtract(&r, &ORDER);
    if borrow {
        r
    } else {
        reduced
    }
}

/// -a modulo q.
#[inline(always)]
pub fn neg(a: &Scalar) -> Scalar {
    if *a == ZERO {
        ZERO
    } else {
        subtract(&ORDER, a).0
    }
}

/// a*b modulo q.
pub fn mul(a: &Scalar, b: &Scalar) -> Scalar {
    let mut sum = Sum::default();
    sum.add_product(a, b);
    sum.reduced()
}

/// A sum of products that is reduced once, at the end.
///
/// 512 bits hold 64 products of two numbers below 2^253; nothing larger is ever added between two reductions.
#[derive(Clone, Copy, Default)]
pub struct Sum {
    limbs: [u64; 8],
    products: u32,
}

impl Sum {
    /// The sum grows by a*b, both below 2^253.
    #[inline(always)]
    pub fn add_product(&mut self, a: &Scalar, b: &Scalar) {
        if self.products == 60 {
            let reduced = self.reduced();
            *self = Sum { limbs: [reduced[0], reduced[1], reduced[2], reduced[3], 0, 0, 0, 0], products: 1 };
        }
        self.products += 1;
        let mut overflow = 0;
        for i in 0..4 {
            let mut carry = 0u128;
            for j in 0..4 {
                carry += u128::from(self.limbs[i + j]) + u128::from(a[i]) * u128::from(b[j]);
                self.limbs[i + j] = carry as u64;
                carry >>= 64;
            }
            // What limb i+4 carries over goes to limb i+5 in the next round, where i is one higher.
            carry += u128::from(self.limbs[i + 4]) + u128::from(overflow);
            self.limbs[i + 4] = carry as u64;
            overflow = (carry >> 64) as u64;
        }
        debug_assert_eq!(overflow, 0);
    }

    /// The sum modulo q.
    pub fn reduced(&self) -> Scalar {
        reduce(&self.limbs)
    }
}

/// x modulo q.
///
/// With x = a + 2^252*b and q = 2^252 + e: x = a - e*b. Three such steps, e having 125 bits, leave 6 bits above.
pub fn reduce(x: &[u64; 8]) -> Scalar {
    let (a, high) = split::<8, 5>(x);
    let b: [u64; 7] = times_excess(&high);
    let (b, high) = split::<7, 3>(&b);
    let c: [u64; 5] = times_excess(&high);
    let (c, high) = split::<5, 1>(&c);
    let d: [u64; 3] = times_excess(&high);
    // a - b + c - d; all four are below 2^252, so adding 2q first keeps it positive, and it stays below 4q.
    let mut r = [0u64; 4];
    let mut carry = 0i128;
    for i in 0..4 {
        let two_q = i128::from(ORDER[i]) * 2;
        carry += i128::from(a[i]) - i128::from(b[i]) + i128::from(c[i]) + two_q;
        carry -= if i < 3 { i128::from(d[i]) } else { 0 };
        r[i] = carry as u64;
        carry >>= 64;
    }
    for _ in 0..3 {
        let (less, borrow) = subtract(&r, &ORDER);
        if !borrow {
            r = less;
        }
    }
    r
}

/// The low 252 bits, and the rest.
#[inline(always)]
fn split<const N: usize, const H: usize>(x: &[u64; N]) -> ([u64; 4], [u64; H]) {
    let low = [x[0], x[1], x[2], x[3] & ((1 << 60) - 1)];
    let high = std::array::from_fn(|i| {
        let above = if 4 + i < N { x[4 + i] << 4 } else { 0 };
        x[3 + i] >> 60 | above
    });
    (low, high)
}

/// b*(q - 2^252).
#[inline(always)]
fn times_excess<const N: usize, const M: usize>(b: &[u64; N]) -> [u64; M] {
    let mut r = [0; M];
    for i in 0..N {
        let mut carry = 0u128;
        for j in 0..2 {
            carry += u128::from(r[i + j]) + u128::from(b[i]) * u128::from(EXCESS[j]);
            r[i + j] = carry as u64;
            carry >>= 64;
        }
        r[i + 2] = carry as u64;
    }
    r
}

/// A SHA-256 digest read big-endian, modulo q.
pub fn from_digest(digest: &[u8; 32]) -> Scalar {
    let word = |i: usize| u64::from_be_bytes(digest[24 - 8 * i..32 - 8 * i].try_into().unwrap());
    let x: [u64; 4] = std::array::from_fn(word);
    reduce(&[x[0], x[1], x[2], x[3], 0, 0, 0, 0])
}

/// The number that these decimal digits print; None for an empty text, a leading zero, or a number not below q.
pub fn from_decimal(text: &[u8]) -> Option<Scalar> {
    if text.is_empty() || text.len() > 76 || (text[0] == b'0' && text.len() > 1) {
        return None;
    }
    let mut value = [0u64; 4];
    let mut rest = text;
    while !rest.is_empty() {
        let take = match rest.len() % 19 {
            0 => 19,
            odd => odd,
        };
        let (digits, after) = rest.split_at(take);
        let mut part = 0u64;
        for &digit in digits {
            let digit = digit.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            part = part * 10 + u64::from(digit);
        }
        let mut carry = u128::from(part);
        for limb in &mut value {
            carry += u128::from(*limb) * 10_000_000_000_000_000_000;
            *limb = carry as u64;
            carry >>= 64;
        }
        rest = after;
    }
    is_below_order(&value).then_some(value)
}

/// 32 bytes, little-endian; None when not below q.
pub fn from_bytes(bytes: &[u8; 32]) -> Option<Scalar> {
    let word = |i: usize| u64::from_le_bytes(bytes[8 * i..8 * i + 8].try_into().unwrap());
    let value: Scalar = std::array::from_fn(word);
    is_below_order(&value).then_some(value)
}

/// The inverse of ``from_bytes``.
pub fn to_bytes(a: &Scalar) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (to, limb) in bytes.chunks_exact_mut(8).zip(a) {
        to.copy_from_slice(&limb.to_le_bytes());
    }
    bytes
}

/// ``count`` bits of the number from bit ``at``, count below 32.
#[inline(always)]
fn bits(a: &Scalar, at: usize, count: usize) -> i32 {
    let (limb, shift) = (at / 64, at % 64);
    if limb > 3 {
        return 0;
    }
    let mut found = a[limb] >> shift;
    if shift + count > 64 && limb < 3 {
        found |= a[limb + 1] << (64 - shift);
    }
    (found & ((1 << count) - 1)) as i32
}

/// Signed digits of a number below q, least first: a = sum of digit_i * 2^(w*i), each above -2^(w-1), at most 2^(w-1).
///
/// ``out`` takes each in turn; w*windows is 253 or more. Nothing is carried out of the last: where bit 252 is set, the
/// bits below it are clear down to bit 124.
#[inline(always)]
pub fn signed_digits(a: &Scalar, w: usize, windows: usize, mut out: impl FnMut(usize, i16)) {
    debug_assert!(w * windows >= 253);
    let half = 1 << (w - 1);
    let mut carry = 0;
    for i in 0..windows {
        let digit = bits(a, w * i, w) + carry;
        carry = i32::from(digit > half);
        out(i, (digit - (carry << w)) as i16);
    }
    debug_assert_eq!(carry, 0);
}
