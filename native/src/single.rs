//! One ballot by itself, from its text alone, and the roots of its points as a by-product.
//!
//! All multiples of one base share their doublings; those of g and y come from tables. Every exponent is divided by
//! eight first, so that what is computed is a root of each commitment, and eight times it the commitment itself. For a
//! base P the root is (1/8)P, and P is in the subgroup of order q exactly when eight times that is P again.
//!
//! Source: the equations are those of `election.rs`.

use std::sync::OnceLock;

use crate::ballot::Ballot;
use crate::election::{Election, Prefix, Subject};
use crate::field::Fe;
use crate::point::{affine_all, Affine, Extended, Projective, GENERATOR, IDENTITY, IDENTITY_BYTES};
use crate::power::{multiples, Comb};
use crate::scalar::{self, Scalar, EIGHTH};
use crate::text;

/// What is computed for ballot after ballot, and the memory that it lends.
pub struct Single<'a> {
    election: &'a Election,
    generator: &'static Comb,
    key: Comb,
    commitments: Vec<Extended>,
    powers: Vec<Extended>,
    inverses: Vec<Fe>,
    scratch: Vec<Fe>,
    buffer: Vec<u8>,
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
            powers: Vec::new(),
            inverses: Vec::new(),
            scratch: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// What a ballot in which everything holds is made of. None for any other, whatever is wrong with it.
    pub fn examine(&mut self, ballot: &Ballot) -> Option<Found> {
        let election = self.election;
        let mut bases = Vec::with_capacity(election.bases);
        for text in ballot.points.iter().chain([&ballot.credential]) {
            bases.push(Affine::decode(&text::point_bytes(text)?)?);
        }
        let sums = self.sums(&bases);
        let mut uses: Vec<Vec<Use>> = vec![Vec::new(); election.bases + 2 * election.columns.len()];
        self.begin(ballot, &mut uses);
        let mut roots: Vec<Projective> = Vec::with_capacity(election.points());
        for (number, base) in bases.iter().enumerate() {
            roots.push(self.raise(base, &uses[number])?);
        }
        for (number, sum) in sums.iter().flatten().enumerate() {
            self.spread(sum, &uses[election.bases + number], &[]);
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
        let holds = ballot.hashes_hold(election, &texts, &sums, &mut self.buffer);
        holds.then_some(Found { bases, roots: affine })
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
        self.commitments.clear();
        for claim in &election.claims {
            for (number, case) in claim.cases.iter().enumerate() {
                let (challenge, response) = &ballot.proofs[claim.proofs + number];
                let (challenge, response) = (scalar::mul(challenge, &EIGHTH), scalar::mul(response, &EIGHTH));
                let alpha = match case.subject {
                    Subject::Slot { alpha } => alpha,
                    Subject::Sum => election.bases + 2 * claim.question,
                };
                uses[alpha].push((self.commitments.len(), challenge));
                self.commitments.push(self.generator.add_multiple(IDENTITY, &response));
                if matches!(claim.prefix, Prefix::Ranked) {
                    continue;
                }
                uses[alpha + 1].push((self.commitments.len(), challenge));
                let mut second = self.key.add_multiple(IDENTITY, &response);
                if case.plaintext > 0 {
                    let shift = scalar::neg(&scalar::mul(&challenge, &[case.plaintext, 0, 0, 0]));
                    second = self.generator.add_multiple(second, &shift);
                }
                self.commitments.push(second);
            }
        }
        let (challenge, response) = &ballot.proofs[election.proofs - 1];
        uses[election.bases - 1].push((self.commitments.len(), scalar::mul(challenge, &EIGHTH)));
        let own = self.generator.add_multiple(IDENTITY, &scalar::mul(response, &EIGHTH));
        self.commitments.push(own);
    }

    /// ``spread`` for one base; its root comes back, or None when it is no member.
    fn raise(&mut self, base: &Affine, uses: &[Use]) -> Option<Projective> {
        self.spread(base, uses, &[EIGHTH]);
        let root = self.powers[uses.len()].projective();
        is_eighth_root(&root, base).then_some(root)
    }

    /// The powers of a point go into their commitments. Those of ``more`` are left after them in ``powers``.
    fn spread(&mut self, point: &Affine, uses: &[Use], more: &[Scalar]) {
        let exponents: Vec<Scalar> = uses.iter().map(|(_, exponent)| exponent).chain(more).copied().collect();
        if exponents.is_empty() {
            return;
        }
        multiples(point, &exponents, &mut self.powers);
        for ((commitment, _), power) in uses.iter().zip(&self.powers) {
            self.commitments[*commitment] = self.commitments[*commitment].plus(power);
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
