//! A shuffle of one ranked question: that all its points are members, and that the equations of its proof hold.
//!
//! With N votes, h = ggen(-1), h_i = ggen(i-1) and ch_0 = h, additively, each equation to be 0:
//!
//! ```text
//! t1  + cc*(sum c_i - sum h_i)    - s1*g                      t41 + cc*sum u_i*beta_i  + s4*y - sum sp_i*beta'_i
//! t2  + cc*(ch_N - U*h)           - s2*g                      t42 + cc*sum u_i*alpha_i + s4*g - sum sp_i*alpha'_i
//! t3  + cc*sum u_i*c_i            - s3*g - sum sp_i*h_i       th_i + cc*ch_i - sh_i*g - sp_i*ch_(i-1)
//! U = product of all u_i
//! ```
//!
//! They are added up, each times a random number (`batch.rs` says why that is enough), in a group of prime order: of
//! every point either a root is given, or it is shown by itself to be a member. The votes before are known to be.
//!
//! ```text
//! points    alpha_i, beta_i for each i; alpha'_i, beta'_i for each i; c_1..c_N; ch_1..ch_N; th_1..th_N; t1 t2 t3 t41 t42
//! scalars   u_1..u_N; sp_1..sp_N; sh_1..sh_N; s1 s2 s3 s4 cc
//! ```
//!
//! Source: the equations are those of `shuffle.py` in the reference engine.

use std::sync::Mutex;

use crate::coins::Coins;
use crate::engine::Outcome;
use crate::field::Fe;
use crate::member::{self, Wanted};
use crate::point::{affine_all, Affine, Niels, Projective, GENERATOR, IDENTITY_BYTES};
use crate::roots::{self, Member};
use crate::scalar::{self, Scalar, Sum};
use crate::sha256;
use crate::sum::{best_width, Terms};

/// How many points a shuffle of so many votes has.
pub fn count_points(votes: usize) -> usize {
    7 * votes + 5
}

/// How many scalars.
pub fn count_scalars(votes: usize) -> usize {
    3 * votes + 5
}

/// What is known of a shuffle. ``hints``: a root for each point, or empty; ``made``: takes them, or is empty.
pub fn examine(key: &Affine, points: &[[u8; 32]], scalars: &[[u8; 32]], hints: &[u8], made: &mut [u8]) -> Outcome {
    let votes = points.len().saturating_sub(5) / 7;
    if votes == 0 || points.len() != count_points(votes) || scalars.len() != count_scalars(votes) {
        return Outcome::Unknown;
    }
    let Some(scalars) = scalars.iter().map(scalar::from_bytes).collect::<Option<Vec<Scalar>>>() else {
        return Outcome::Unknown;
    };
    let Some((niels, how)) = admit(points, 2 * votes, hints, made) else {
        return Outcome::Unknown;
    };
    if equations_hold(votes, key, &niels, &scalars) {
        how
    } else {
        Outcome::Unknown
    }
}

/// The points, each a member; None where one is not. ``known``: of so many at the beginning the caller knows it.
fn admit(points: &[[u8; 32]], known: usize, hints: &[u8], made: &mut [u8]) -> Option<(Vec<Niels>, Outcome)> {
    if !made.is_empty() {
        let looked = member::look(points, Wanted::Roots)?;
        made.chunks_exact_mut(64).zip(&looked.roots).for_each(|(to, root)| to.copy_from_slice(root));
        return Some((looked.points, Outcome::Single));
    }
    if hints.is_empty() {
        let mut niels = member::look(&points[..known], Wanted::Points)?.points;
        niels.append(&mut member::look(&points[known..], Wanted::Members)?.points);
        return Some((niels, Outcome::Single));
    }
    let hints: Vec<&[u8; 64]> = hints.chunks_exact(64).map(|root| root.try_into().unwrap()).collect();
    let mut members = Vec::new();
    roots::raise(&hints, &mut members);
    let is_good = |(member, point): (&Member, &[u8; 32])| member.is_proper() && member.encoded == *point;
    let wrong: Vec<usize> = (0..points.len()).filter(|&i| !is_good((&members[i], &points[i]))).collect();
    let mut niels: Vec<Niels> = members.iter().map(|member| member.niels).collect();
    let corrected = member::look(&wrong.iter().map(|&i| points[i]).collect::<Vec<_>>(), Wanted::Members)?;
    wrong.iter().zip(corrected.points).for_each(|(&i, point)| niels[i] = point);
    Some((niels, if wrong.is_empty() { Outcome::Batched } else { Outcome::Corrected }))
}

fn equations_hold(votes: usize, key: &Affine, points: &[Niels], scalars: &[Scalar]) -> bool {
    let (before, rest) = points.split_at(2 * votes);
    let (after, rest) = rest.split_at(2 * votes);
    let (committed, rest) = rest.split_at(votes);
    let (chain, rest) = rest.split_at(votes);
    let (chain_t, t) = rest.split_at(votes);
    let (u, rest) = scalars.split_at(votes);
    let (sp, rest) = rest.split_at(votes);
    let (sh, rest) = rest.split_at(votes);
    let &[s1, s2, s3, s4, cc] = rest else {
        return false;
    };
    let bases = generators(votes + 1);
    let (h, bases) = (&bases[0], &bases[1..]);
    let (generator, key) = (GENERATOR.niels(), key.niels());

    let short = votes + t.len();
    let long = 7 * votes + 3;
    let w = best_width(long + short / 2);
    let Ok(mut coins) = Coins::toss(w, short) else {
        return false;
    };
    let mut terms = Terms::new(w, long, short, coins.windows);
    let z: Vec<Scalar> = t.iter().map(|point| coins.add_term(point, &mut terms)).collect();
    let links: Vec<Scalar> = chain_t.iter().map(|point| coins.add_term(point, &mut terms)).collect();
    let raised: Vec<Scalar> = z.iter().map(|z| scalar::mul(z, &cc)).collect();

    let mut of_generator = Sum::default();
    for (z, s) in z[..3].iter().zip([s1, s2, s3]) {
        of_generator.add_product(z, &s);
    }
    for (z, s) in links.iter().zip(sh) {
        of_generator.add_product(z, s);
    }
    let of_generator = scalar::add(&scalar::mul(&z[4], &s4), &scalar::neg(&of_generator.reduced()));
    terms.add_long(&generator, &of_generator);
    terms.add_long(&key, &scalar::mul(&z[3], &s4));
    let all_u = u.iter().fold(scalar::ONE, |product, u| scalar::mul(&product, u));
    let of_h = scalar::add(&scalar::mul(&raised[1], &all_u), &scalar::mul(&links[0], &sp[0]));
    terms.add_long(h, &scalar::neg(&of_h));
    let minus = z.iter().map(scalar::neg).collect::<Vec<Scalar>>();
    for i in 0..votes {
        let by_u = |k: usize| scalar::mul(&raised[k], &u[i]);
        let by_sp = |k: usize| scalar::mul(&minus[k], &sp[i]);
        terms.add_long(&before[2 * i], &by_u(4));
        terms.add_long(&before[2 * i + 1], &by_u(3));
        terms.add_long(&after[2 * i], &by_sp(4));
        terms.add_long(&after[2 * i + 1], &by_sp(3));
        terms.add_long(&committed[i], &scalar::add(&raised[0], &by_u(2)));
        terms.add_long(&bases[i], &scalar::add(&scalar::neg(&raised[0]), &by_sp(2)));
        let own = scalar::mul(&links[i], &cc);
        let of_link = match links.get(i + 1) {
            Some(next) => scalar::neg(&scalar::mul(next, &sp[i + 1])),
            None => raised[1],
        };
        terms.add_long(&chain[i], &scalar::add(&own, &of_link));
    }
    terms.sum().is_identity()
}

/// ggen(-1), ggen(0), …: so many generators of which nobody knows a logarithm. They are computed once.
fn generators(count: usize) -> Vec<Niels> {
    static KNOWN: Mutex<Vec<Niels>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if known.len() < count {
        let found: Vec<Projective> = (known.len()..count).map(|place| find_generator(place as i64 - 1)).collect();
        let (mut inverses, mut scratch, mut affine): (Vec<Fe>, Vec<Fe>, Vec<Affine>) = Default::default();
        affine_all(&found, &mut inverses, &mut scratch, &mut affine);
        known.extend(affine.iter().map(Affine::niels));
    }
    known[..count].to_vec()
}

/// SHA-256("ggen|i") without its last two bits is where the search begins for a point of the curve; eight times it.
fn find_generator(index: i64) -> Projective {
    let mut y = sha256::digest(format!("ggen|{index}").as_bytes());
    y.reverse();
    for i in 0..32 {
        y[i] = y[i] >> 2 | y.get(i + 1).map_or(0, |next| next << 6);
    }
    loop {
        let found = Affine::decode(&y).and_then(|point| point.times_eight());
        for byte in &mut y {
            let (next, is_over) = byte.overflowing_add(1);
            *byte = next;
            if !is_over {
                break;
            }
        }
        let Some(point) = found else {
            continue;
        };
        let encoded = point.affine(&crate::field::invert(&point.z)).encode();
        if encoded != IDENTITY_BYTES && encoded != GENERATOR.encode() {
            return point;
        }
    }
}
