//! Ed25519 signatures under rule S, many at a time.
//!
//! ```text
//! y(b)   = the 32 bytes of b, little-endian, without the top bit
//! pre(b) = y(b) < p, and y(b) is not the y of a point of order 1, 2, 4 or 8
//! accept(A, R || S, M)  iff  pre(A), pre(R), S < q, and [S]B + [h](-A) is written as R,  h = SHA-512(R || A || M) mod q
//! ```
//!
//! Every signature is computed to its end and compared byte for byte. There is no sum of several: without a cofactor in the
//! equation, such a sum would accept what one alone does not. What is shared is the time: eight points go side by side,
//! all points of a call share one inversion, and a key that signs often gets a table of its multiples.
//!
//! Source: `src/majlis/crypto/signature.py`, which has the last word. Variable time: public data only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use crate::field;
use crate::point::{affine_all, Affine, Extended, GENERATOR};
use crate::power::{comb_all, multiples_of_all, Comb};
use crate::scalar::{self, Scalar};
use crate::sha512;

/// A table costs as much as so many signatures without one.
const OFTEN: u32 = 16;
/// Tables that are kept at once, 0.3 MB each, and keys that are counted.
const MOST_TABLES: usize = 128;
const MOST_KEYS: usize = 1 << 16;

/// The two y of order 8; those of order 4, 1 and 2 are 0, 1 and p - 1.
const ORDER_EIGHT: [[u8; 32]; 2] = [
    hex(b"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    hex(b"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
];
const MINUS_ONE: [u8; 32] = hex(b"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");

const fn hex(text: &[u8; 64]) -> [u8; 32] {
    const fn digit(c: u8) -> u8 {
        if c < b'a' {
            c - b'0'
        } else {
            c - b'a' + 10
        }
    }
    let mut bytes = [0; 32];
    let mut i = 0;
    while i < 32 {
        bytes[i] = digit(text[2 * i]) << 4 | digit(text[2 * i + 1]);
        i += 1;
    }
    bytes
}

/// What is said to be signed, by whom and how.
pub struct Claim<'a> {
    pub key: &'a [u8; 32],
    pub r: &'a [u8; 32],
    pub s: &'a [u8; 32],
    pub message: &'a [u8],
}

/// -A of each key that may sign, and its table where it has one.
type Keys = HashMap<[u8; 32], (Option<Affine>, Option<Arc<Comb>>)>;

/// What the equation of one claim is computed from.
struct Terms {
    number: usize,
    s: Scalar,
    h: Scalar,
    minus_a: Affine,
    table: Option<Arc<Comb>>,
}

/// ``holds`` is set to 1 for each claim that rule S accepts, and else left as it is.
pub fn check(claims: &[Claim], holds: &mut [u8]) {
    static GENERATOR_COMB: OnceLock<Comb> = OnceLock::new();
    let generator = GENERATOR_COMB.get_or_init(|| Comb::new(&GENERATOR));
    let mut keys = Keys::new();
    for (key, count) in counts(claims) {
        let point = if is_allowed(&key) { Affine::decode(&key) } else { None };
        let minus = point.map(|point| Affine { x: field::neg(&point.x), y: point.y });
        keys.insert(key, (minus, minus.and_then(|minus| table(&key, &minus, count))));
    }
    let mut terms: Vec<Terms> =
        claims.iter().enumerate().filter_map(|(number, claim)| prepare(number, claim, &keys)).collect();
    // Those with a table come first, so that each kind goes eight by eight.
    terms.sort_by_key(|own| own.table.is_none());
    let with_table = terms.partition_point(|own| own.table.is_some());

    let mut tables: Vec<&Comb> = vec![generator; terms.len()];
    tables.extend(terms[..with_table].iter().filter_map(|own| own.table.as_deref()));
    let mut scalars: Vec<Scalar> = terms.iter().map(|own| own.s).collect();
    scalars.extend(terms[..with_table].iter().map(|own| own.h));
    let mut parts = comb_all(&tables, &scalars);
    let points: Vec<Affine> = terms[with_table..].iter().map(|own| own.minus_a).collect();
    let scalars: Vec<Vec<Scalar>> = terms[with_table..].iter().map(|own| vec![own.h]).collect();
    parts.extend(multiples_of_all(&points, &scalars).into_iter().flatten());

    let (bases, own) = parts.split_at(terms.len());
    let sums: Vec<_> = bases.iter().zip(own).map(|(base, own): (&Extended, _)| base.plus(own).projective()).collect();
    let (mut inverses, mut scratch, mut affine) = Default::default();
    affine_all(&sums, &mut inverses, &mut scratch, &mut affine);
    for (own, point) in terms.iter().zip(&affine) {
        if point.encode() == *claims[own.number].r {
            holds[own.number] = 1;
        }
    }
}

fn counts(claims: &[Claim]) -> HashMap<[u8; 32], u32> {
    let mut counts = HashMap::new();
    for claim in claims {
        *counts.entry(*claim.key).or_insert(0) += 1;
    }
    counts
}

fn prepare(number: usize, claim: &Claim, keys: &Keys) -> Option<Terms> {
    let (minus_a, table) = keys.get(claim.key)?;
    let minus_a = (*minus_a)?;
    let s = scalar::from_bytes(claim.s)?;
    if !is_allowed(claim.r) {
        return None;
    }
    let digest = sha512::digest(&[claim.r, claim.key, claim.message]);
    let limb = |i: usize| u64::from_le_bytes(digest[8 * i..8 * i + 8].try_into().unwrap());
    Some(Terms { number, s, h: scalar::reduce(&std::array::from_fn(limb)), minus_a, table: table.clone() })
}

/// pre(b).
fn is_allowed(bytes: &[u8; 32]) -> bool {
    let mut y = *bytes;
    y[31] &= 0x7f;
    let is_tiny = y[0] < 2 && y[1..].iter().all(|byte| *byte == 0);
    field::from_bytes(&y).is_some() && !is_tiny && y != MINUS_ONE && !ORDER_EIGHT.contains(&y)
}

/// How often keys were seen, and the tables of those that sign often.
#[derive(Default)]
struct Book {
    seen: HashMap<[u8; 32], u32>,
    tables: HashMap<[u8; 32], Arc<Comb>>,
}

/// The table of a key that now signs so many times more, where it signs often.
fn table(key: &[u8; 32], minus: &Affine, count: u32) -> Option<Arc<Comb>> {
    static BOOK: OnceLock<Mutex<Book>> = OnceLock::new();
    let book = BOOK.get_or_init(Default::default);
    {
        let mut book = book.lock().ok()?;
        if let Some(found) = book.tables.get(key) {
            return Some(found.clone());
        }
        if book.seen.len() >= MOST_KEYS {
            book.seen.clear();
        }
        let seen = book.seen.entry(*key).or_insert(0);
        *seen = seen.saturating_add(count);
        if *seen < OFTEN {
            return None;
        }
    }
    // Made without the lock: two threads may both make it, and neither waits.
    let made = Arc::new(Comb::new(minus));
    let mut book = book.lock().ok()?;
    if book.tables.len() >= MOST_TABLES {
        book.tables.clear();
    }
    book.tables.insert(*key, made.clone());
    Some(made)
}
