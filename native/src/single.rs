//! One ballot by itself, from its text alone, and the roots of its points as a by-product.
//!
//! All multiples of one base share their doublings; those of g and y come from tables. Every exponent is divided by
//! eight first, so that what is computed is a root of each commitment, and eight times it the commitment itself. For a
//! base P the root is (1/8)P, and P is in the subgroup of order q exactly when eight times that is P again.
//!
//! Source: the equations are those of `election.rs`.

use std::sync::OnceLock;

use crate::ballot::{Ballot, Hashes};
use crate::election::{Election, Prefix, Subject};
use crate::field::Fe;
use crate::member;
use crate::point::{affine_all, Affine, Extended, Projective, GENERATOR, IDENTITY, IDENTITY_BYTES};
use crate::power::{comb_all, multiples, multiples_of_all, Comb};
use crate::scalar::{self, Scalar, EIGHTH};
use crate::text;

/// What is computed for ballot after ballot, and the memory that it lends.
pub struct Single<'a> {
    election: &'a Election,
    generator: &'static Comb,
    key: Comb,
    commitments: Vec<Extended>,
    inverses: Vec<Fe>,
    scratch: Vec<Fe>,
}

/// What is known of a ballot that holds: its bases, the credential last, and the roots of bases and commitments.
pub struct Found {
    pub bases: Vec<Affine>,
    pub roots: Vec<Affine>,
}

/// A use of a base: which commitment takes its power, and the exponent.
type Use = (usize, Scalar);

impl<'a> Single<'a> {
    pub fn new(election: &'a Election) -> Single<'a> {
        static GENERATOR_COMB: OnceLock<Comb> = OnceLock::new();
        Single {
            election,
            generator: GENERATOR_COMB.get_or_init(|| Comb::new(&GENERATOR)),
            key: Comb::new(&election.key),
            commitments: Vec::new(),
            inverses: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// What a ballot in which everything holds is made of. None for any other, whatever is wrong with it.
    pub fn examine(&mut self, ballot: &Ballot) -> Option<Found> {
        let election = self.election;
        let texts = ballot.points.iter().chain([&ballot.credential]);
        let encodings: Vec<[u8; 32]> = texts.map(|text| text::point_bytes(text)).collect::<Option<_>>()?;
        let bases = member::decode(&encodings)?;
        let sums = self.sums(&bases);
        let mut uses: Vec<Vec<Use>> = vec![Vec::new(); election.bases + 2 * election.columns.len()];
        self.begin(ballot, &mut uses);
        let points: Vec<Affine> = bases.iter().chain(sums.iter().flatten()).copied().collect();
        let mut scalars: Vec<Vec<Scalar>> =
            uses.iter().map(|own| own.iter().map(|(_, exponent)| *exponent).collect()).collect();
        scalars[..election.bases].iter_mut().for_each(|own| own.push(EIGHTH));
        let mut roots: Vec<Projective> = Vec::with_capacity(election.points());
        for (number, multiples) in multiples_of_all(&points, &scalars).iter().enumerate() {
            for ((commitment, _), power) in uses[number].iter().zip(multiples) {
                self.commitments[*commitment] = self.commitments[*commitment].plus(power);
            }
            if let Some(base) = bases.get(number) {
                let root = multiples[uses[number].len()].projective();
                roots.push(is_eighth_root(&root, base).then_some(root)?);
            }
        }
        roots.extend(self.commitments.iter().map(Extended::projective));

        let eights = roots[election.bases..].iter().map(times_eight);
        let points: Vec<Projective> = roots.iter().copied().chain(eights).collect();
        let mut affine = Vec::new();
        affine_all(&points, &mut self.inverses, &mut self.scratch, &mut affine);
        let commitments = affine.split_off(election.points());
        let mut texts = Vec::with_capacity(election.commitments);
        for commitment in &commitments {
            let encoded = commitment.encode();
            if encoded == IDENTITY_BYTES {
                return None;
            }
            texts.push(text::point_hex(&encoded));
        }
        let sums: Vec<[[u8; 64]; 2]> =
            sums.iter().map(|pair| [0, 1].map(|i| text::point_hex(&pair[i].encode()))).collect();
        let mut hashes = Hashes::default();
        hashes.add(election, ballot, &texts, &sums);
        hashes.hold()[0].then_some(Found { bases, roots: affine })
    }

    /// For each question the sum of its slots, alpha and beta; the identity where none are added up.
    fn sums(&mut self, bases: &[Affine]) -> Vec<[Affine; 2]> {
        let columns = &self.election.columns;
        let mut sums: Vec<Projective> = Vec::with_capacity(2 * columns.len());
        for column in columns {
            let mut pair = [IDENTITY; 2];
            for (number, base) in bases[column.summed.clone()].iter().enumerate() {
                pair[number % 2] = pair[number % 2].plus_niels(&base.niels(), false);
            }
            sums.extend(pair.map(|sum| sum.projective()));
        }
        let mut affine = Vec::new();
        affine_all(&sums, &mut self.inverses, &mut self.scratch, &mut affine);
        affine.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect()
    }

    /// The commitments get their powers of g and y; the powers of bases and sums are written down to be taken.
    fn begin(&mut self, ballot: &Ballot, uses: &mut [Vec<Use>]) {
        let election = self.election;
        let mut count = 0;
        let mut tables: Vec<&Comb> = Vec::with_capacity(2 * election.commitments);
        let mut scalars = Vec::with_capacity(2 * election.commitments);
        let mut places = Vec::with_capacity(2 * election.commitments);
        for claim in &election.claims {
            for (number, case) in claim.cases.iter().enumerate() {
                let (challenge, response) = &ballot.proofs[claim.proofs + number];
                let (challenge, response) = (scalar::mul(challenge, &EIGHTH), scalar::mul(response, &EIGHTH));
                let alpha = match case.subject {
                    Subject::Slot { alpha } => alpha,
                    Subject::Sum => election.bases + 2 * claim.question,
                };
                uses[alpha].push((count, challenge));
                let mut own = vec![(self.generator, response, count)];
                count += 1;
                if !matches!(claim.prefix, Prefix::Ranked) {
                    uses[alpha + 1].push((count, challenge));
                    own.push((&self.key, response, count));
                    if case.plaintext > 0 {
                        let shift = scalar::neg(&scalar::mul(&challenge, &[case.plaintext, 0, 0, 0]));
                        own.push((self.generator, shift, count));
                    }
                    count += 1;
                }
                for (table, scalar, place) in own {
                    tables.push(table);
                    scalars.push(scalar);
                    places.push(place);
                }
            }
        }
        let (challenge, response) = &ballot.proofs[election.proofs - 1];
        uses[election.bases - 1].push((count, scalar::mul(challenge, &EIGHTH)));
        tables.push(self.generator);
        scalars.push(scalar::mul(response, &EIGHTH));
        places.push(count);
        self.commitments.clear();
        for (place, power) in places.iter().zip(comb_all(&tables, &scalars)) {
            match self.commitments.get_mut(*place) {
                Some(commitment) => *commitment = commitment.plus(&power),
                None => self.commitments.push(power),
            }
        }
    }
}

/// Three doublings.
pub fn times_eight(root: &Projective) -> Projective {
    root.doubled().doubled().doubled()
}

/// Whether eight times the root is the point, and the point not the identity.
pub fn is_eighth_root(root: &Projective, point: &Affine) -> bool {
    let eight = times_eight(root);
    let is_same =
        |coordinate: &Fe, claimed: &Fe| crate::field::is_equal(&crate::field::mul(coordinate, &eight.z), claimed);
    is_same(&point.x, &eight.x) && is_same(&point.y, &eight.y) && point.encode() != IDENTITY_BYTES
}

/// The root (1/8)P of a member other than the identity; None for any other point.
pub fn eighth_root(point: &Affine) -> Option<Affine> {
    let mut powers = Vec::new();
    multiples(point, &[EIGHTH], &mut powers);
    let root = powers[0].projective();
    is_eighth_root(&root, point).then(|| powers[0].affine())
}
