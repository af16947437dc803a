//! Many ballots at once, by roots that somebody wrote beside them.
//!
//! A proof is (challenge, response), and its commitments are hashed: so each commitment must be known before one equation
//! can be added to another. The roots say what they are. Of every base and commitment P a root Q with 8*Q = P is given:
//!
//! - P is computed as 8*Q. 8*E(F_p) is exactly the subgroup of order q, so P is in it, whoever chose Q;
//! - the text of every base must be the text of its P; the hash of every claim is taken over the commitments' P;
//! - all equations of all ballots are added up, each times a random number z that nobody knew before.
//!
//! ```text
//! A = g^r * a^c         additively   z *(A - r*g - c*a)           = 0
//! B = y^r * (b/g^M)^c                z'*(B - r*y - c*b + c*M*g)   = 0
//! ```
//!
//! All points are in a group of prime order, so a false equation leaves the sum at 0 for at most one value of its z:
//! an error of at most 2^-130 in each sum. The roots are otherwise as little trusted as the ballots: wrong ones make a
//! ballot go to one-by-one verification, and decide nothing.

use crate::ballot::{Ballot, Proof};
use crate::chance;
use crate::election::{Election, Prefix, Subject};
use crate::field::Fe;
use crate::point::{affine_all, Affine, Niels, Projective, GENERATOR, IDENTITY, IDENTITY_BYTES};
use crate::scalar::{self, Scalar, Sum};
use crate::sum::{best_width, Terms};
use crate::text;

/// How many coins a digit may have: z has at least so many bits.
const COIN_BITS: usize = 130;

/// After so many single failures in a batch, what is left of the failing part is not divided any further.
const MOST_DIVISIONS: usize = 64;

/// A ballot whose hashes hold: points and proofs, for the sum of all equations.
pub struct Prepared {
    /// Which ballot of the batch.
    pub number: usize,
    /// Bases, then commitments.
    points: Vec<Niels>,
    proofs: Vec<Proof>,
}

/// What is computed for ballot after ballot, and the memory that it lends.
pub struct Batch<'a> {
    election: &'a Election,
    inverses: Vec<Fe>,
    scratch: Vec<Fe>,
    affine: Vec<Affine>,
    sums: Vec<Affine>,
    buffer: Vec<u8>,
}

impl<'a> Batch<'a> {
    pub fn new(election: &'a Election) -> Batch<'a> {
        Batch {
            election,
            inverses: Vec::new(),
            scratch: Vec::new(),
            affine: Vec::new(),
            sums: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// Some ballots with their roots, 64 bytes each. Those of which the points are the ballot's and all hashes hold come
    /// back prepared, and their bases, the credential last, are written to ``bases`` in order of ``prepared``.
    pub fn prepare(
        &mut self,
        ballots: &[(usize, Ballot, &[u8])],
        prepared: &mut Vec<Prepared>,
        mut bases: impl FnMut(usize, &[Affine]),
    ) {
        let election = self.election;
        let points = election.points();
        let mut eights: Vec<Projective> = Vec::with_capacity(points * ballots.len());
        let mut readable = Vec::with_capacity(ballots.len());
        for item in ballots {
            let before = eights.len();
            for root in item.2.chunks_exact(64) {
                let eight = Affine::from_coordinates(root.try_into().unwrap()).and_then(|root| root.times_eight());
                eights.extend(eight);
            }
            if eights.len() - before == points {
                readable.push(item);
            } else {
                eights.truncate(before);
            }
        }
        let mut affine = std::mem::take(&mut self.affine);
        affine_all(&eights, &mut self.inverses, &mut self.scratch, &mut affine);
        let mut sums = std::mem::take(&mut self.sums);
        self.add_slots(&affine, &mut sums);
        let columns = 2 * election.columns.len();
        for ((own, own_sums), (number, ballot, _)) in
            affine.chunks_exact(points).zip(sums.chunks_exact(columns.max(1))).zip(readable)
        {
            if self.hashes_hold(ballot, own, own_sums) {
                bases(*number, &own[..election.bases]);
                let niels = own.iter().map(Affine::niels).collect();
                prepared.push(Prepared { number: *number, points: niels, proofs: ballot.proofs.clone() });
            }
        }
        (self.affine, self.sums) = (affine, sums);
    }

    /// For each ballot and question the sum of its slots, alpha and beta.
    fn add_slots(&mut self, affine: &[Affine], out: &mut Vec<Affine>) {
        let election = self.election;
        let mut sums = Vec::with_capacity(2 * election.columns.len() * (affine.len() / election.points()));
        for own in affine.chunks_exact(election.points()) {
            for column in &election.columns {
                let mut pair = [IDENTITY; 2];
                for (number, base) in own[column.summed.clone()].iter().enumerate() {
                    pair[number % 2] = pair[number % 2].plus_niels(&base.niels(), false);
                }
                sums.extend(pair.map(|sum| sum.projective()));
            }
        }
        affine_all(&sums, &mut self.inverses, &mut self.scratch, out);
    }

    fn hashes_hold(&mut self, ballot: &Ballot, points: &[Affine], sums: &[Affine]) -> bool {
        let election = self.election;
        let (bases, commitments) = points.split_at(election.bases);
        let texts = ballot.points.iter().chain([&ballot.credential]);
        let is_theirs = bases.iter().zip(texts).all(|(base, text)| {
            let encoded = base.encode();
            encoded != IDENTITY_BYTES && text::point_hex(&encoded) == **text
        });
        if !is_theirs {
            return false;
        }
        let mut commitment_texts = Vec::with_capacity(commitments.len());
        for commitment in commitments {
            let encoded = commitment.encode();
            if encoded == IDENTITY_BYTES {
                return false;
            }
            commitment_texts.push(text::point_hex(&encoded));
        }
        let sum_texts: Vec<[[u8; 64]; 2]> =
            sums.chunks_exact(2).map(|pair| [0, 1].map(|i| text::point_hex(&pair[i].encode()))).collect();
        ballot.hashes_hold(election, &commitment_texts, &sum_texts, &mut self.buffer)
    }

    /// The numbers of the ballots whose equations hold are told to ``holds``; the others are not.
    ///
    /// A part that fails is divided, with new coins each time.
    pub fn check(&self, prepared: &[Prepared], holds: &mut impl FnMut(usize)) {
        let mut failures = 0;
        self.divide(prepared, holds, &mut failures);
    }

    fn divide(&self, prepared: &[Prepared], holds: &mut impl FnMut(usize), failures: &mut usize) {
        if prepared.is_empty() || *failures >= MOST_DIVISIONS {
            return;
        }
        if self.equations_hold(prepared) {
            prepared.iter().for_each(|ballot| holds(ballot.number));
            return;
        }
        if prepared.len() == 1 {
            *failures += 1;
            return;
        }
        let (first, second) = prepared.split_at(prepared.len() / 2);
        self.divide(first, holds, failures);
        self.divide(second, holds, failures);
    }

    /// Whether the random combination of all equations is the identity itself.
    fn equations_hold(&self, prepared: &[Prepared]) -> bool {
        let election = self.election;
        let (long, short) = (prepared.len() * election.bases + 2, prepared.len() * election.commitments);
        let w = best_width(long + short);
        let Ok(mut coins) = Coins::toss(w, short) else {
            return false;
        };
        let mut terms = Terms::new(w, long, short, coins.windows);
        let (mut of_generator, mut of_key) = (Sum::default(), Sum::default());
        let mut of_bases = vec![Sum::default(); election.bases + 2 * election.columns.len()];
        for ballot in prepared {
            of_bases.fill(Sum::default());
            let (bases, commitments) = ballot.points.split_at(election.bases);
            let mut next = commitments.iter();
            let mut coin = |terms: &mut Terms| {
                let (digits, z) = coins.next();
                terms.add_short(next.next().expect("one coin for each commitment"), digits);
                z
            };
            for claim in &election.claims {
                for (number, case) in claim.cases.iter().enumerate() {
                    let (challenge, response) = &ballot.proofs[claim.proofs + number];
                    let alpha = match case.subject {
                        Subject::Slot { alpha } => alpha,
                        Subject::Sum => election.bases + 2 * claim.question,
                    };
                    let z = coin(&mut terms);
                    of_generator.add_product(&z, response);
                    of_bases[alpha].add_product(&z, challenge);
                    if matches!(claim.prefix, Prefix::Ranked) {
                        continue;
                    }
                    let z = coin(&mut terms);
                    of_key.add_product(&z, response);
                    of_bases[alpha + 1].add_product(&z, challenge);
                    if case.plaintext > 0 {
                        let shift = scalar::neg(&scalar::mul(challenge, &[case.plaintext, 0, 0, 0]));
                        of_generator.add_product(&z, &shift);
                    }
                }
            }
            let (challenge, response) = &ballot.proofs[election.proofs - 1];
            let z = coin(&mut terms);
            of_generator.add_product(&z, response);
            of_bases[election.bases - 1].add_product(&z, challenge);
            self.add_bases(bases, &of_bases, &mut terms);
        }
        terms.add_long(&GENERATOR.niels(), &scalar::neg(&of_generator.reduced()));
        terms.add_long(&election.key.niels(), &scalar::neg(&of_key.reduced()));
        terms.sum().is_identity()
    }

    /// Each base with its own scalar and that of the sum it is part of.
    fn add_bases(&self, bases: &[Niels], scalars: &[Sum], terms: &mut Terms) {
        let election = self.election;
        let mut own: Vec<Scalar> = scalars[..election.bases].iter().map(Sum::reduced).collect();
        for (number, column) in election.columns.iter().enumerate() {
            let shared = [0, 1].map(|i| scalars[election.bases + 2 * number + i].reduced());
            for (place, base) in column.summed.clone().enumerate() {
                own[base] = scalar::add(&own[base], &shared[place % 2]);
            }
        }
        for (base, scalar) in bases.iter().zip(&own) {
            terms.add_long(base, &scalar::neg(scalar));
        }
    }
}

/// Random numbers, each as w-bit signed digits and as a number modulo q.
///
/// Every digit is uniform from -2^(w-1) to 2^(w-1)-1, so z takes each of 2^(w*windows) >= 2^130 values alike.
struct Coins {
    w: usize,
    windows: usize,
    bytes: Vec<u8>,
    at: usize,
    digits: [i16; 32],
}

impl Coins {
    fn toss(w: usize, count: usize) -> std::io::Result<Coins> {
        let windows = COIN_BITS.div_ceil(w);
        let mut bytes = vec![0; count * Coins::size(w, windows)];
        chance::fill(&mut bytes)?;
        Ok(Coins { w, windows, bytes, at: 0, digits: [0; 32] })
    }

    fn size(w: usize, windows: usize) -> usize {
        (w * windows).div_ceil(8)
    }

    fn next(&mut self) -> (&[i16], Scalar) {
        let size = Coins::size(self.w, self.windows);
        let mut bytes = [0; 32];
        bytes[..size].copy_from_slice(&self.bytes[self.at..self.at + size]);
        self.at += size;
        let (low, high) = bytes.split_at(16);
        let low = u128::from_le_bytes(low.try_into().unwrap());
        let high = u128::from_le_bytes(high.try_into().unwrap());
        let half = 1i32 << (self.w - 1);
        // The number is the unsigned one less half in every digit.
        let mut offset = [0u64; 4];
        for i in 0..self.windows {
            let (at, mask) = (self.w * i, (1u128 << self.w) - 1);
            let bits = if at >= 128 {
                high >> (at - 128)
            } else if at + self.w > 128 {
                low >> at | high << (128 - at)
            } else {
                low >> at
            };
            self.digits[i] = ((bits & mask) as i32 - half) as i16;
            let top = at + self.w - 1;
            offset[top / 64] |= 1 << (top % 64);
        }
        let bits = self.w * self.windows;
        let above = if bits >= 128 { high & ((1 << (bits - 128)) - 1) } else { 0 };
        let unsigned = [low as u64, (low >> 64) as u64, above as u64, (above >> 64) as u64];
        (&self.digits[..self.windows], scalar::add(&unsigned, &scalar::neg(&offset)))
    }
}
