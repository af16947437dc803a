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

use crate::ballot::{Ballot, Hashes, Proof};
use crate::coins::Coins;
use crate::election::{Election, Prefix, Subject};
use crate::field::Fe;
use crate::point::{affine_all, Affine, Niels, GENERATOR, IDENTITY};
use crate::roots::{self, Member};
use crate::scalar::{self, Scalar, Sum};
use crate::sum::{best_width, Terms};
use crate::text;

/// After so many single failures in a batch, what is left of the failing part is not divided any further.
const MOST_DIVISIONS: usize = 64;

/// A ballot whose hashes hold.
#[derive(Clone, Copy)]
pub struct Prepared<'a> {
    /// Which ballot of the batch.
    pub number: usize,
    proofs: &'a [Proof],
    /// The number of its first point in the batch: bases, then commitments.
    first: usize,
}

/// A ballot of the batch, and the roots of its points, 64 bytes each.
pub struct Hinted<'a> {
    pub number: usize,
    pub ballot: Ballot<'a>,
    pub roots: &'a [u8],
}

/// What is computed for ballot after ballot, and the memory that it lends.
pub struct Batch<'a> {
    election: &'a Election,
    /// The points of all prepared ballots.
    points: Vec<Niels>,
    members: Vec<Member>,
    sums: Vec<Affine>,
    inverses: Vec<Fe>,
    scratch: Vec<Fe>,
}

impl<'a> Batch<'a> {
    /// ``count``: how many ballots it will have.
    pub fn new(election: &'a Election, count: usize) -> Batch<'a> {
        Batch {
            election,
            points: Vec::with_capacity(count * election.points()),
            members: Vec::new(),
            sums: Vec::new(),
            inverses: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Those of the ballots whose points are what the roots say, and whose hashes all hold over these, come back
    /// prepared. Their bases, the credential last, are told to ``bases``.
    pub fn prepare<'b>(
        &mut self,
        ballots: &'b [Hinted<'b>],
        prepared: &mut Vec<Prepared<'b>>,
        mut bases: impl FnMut(usize, &[Member]),
    ) {
        let election = self.election;
        let texts: Vec<&[u8; 64]> = ballots
            .iter()
            .flat_map(|ballot| ballot.roots.chunks_exact(64))
            .map(|root| root.try_into().unwrap())
            .collect();
        let mut members = std::mem::take(&mut self.members);
        roots::raise(&texts, &mut members);
        let mut sums = std::mem::take(&mut self.sums);
        self.add_slots(&members, &mut sums);
        let columns = 2 * election.columns.len();
        let mut hashes = Hashes::default();
        let mut fitting: Vec<(&'b Hinted, &[Member])> = Vec::with_capacity(ballots.len());
        for (number, item) in ballots.iter().enumerate() {
            let own = &members[number * election.points()..(number + 1) * election.points()];
            if self.is_of_points(&item.ballot, own) {
                self.add_hashes(&mut hashes, &item.ballot, own, &sums[number * columns..(number + 1) * columns]);
                fitting.push((item, own));
            }
        }
        for ((item, own), _) in fitting.iter().zip(hashes.hold()).filter(|(_, hold)| *hold) {
            bases(item.number, &own[..election.bases]);
            prepared.push(Prepared { number: item.number, proofs: &item.ballot.proofs, first: self.points.len() });
            self.points.extend(own.iter().map(|member| member.niels));
        }
        (self.members, self.sums) = (members, sums);
    }

    /// For each ballot and question the sum of its slots, alpha and beta.
    fn add_slots(&mut self, members: &[Member], out: &mut Vec<Affine>) {
        let election = self.election;
        let mut sums = Vec::with_capacity(2 * election.columns.len() * (members.len() / election.points()));
        for own in members.chunks_exact(election.points()) {
            for column in &election.columns {
                let mut pair = [IDENTITY; 2];
                for (number, base) in own[column.summed.clone()].iter().enumerate() {
                    pair[number % 2] = pair[number % 2].plus_niels(&base.niels, false);
                }
                sums.extend(pair.map(|sum| sum.projective()));
            }
        }
        affine_all(&sums, &mut self.inverses, &mut self.scratch, out);
    }

    /// Whether no point is the identity, and every base is what the ballot prints.
    fn is_of_points(&self, ballot: &Ballot, points: &[Member]) -> bool {
        if !points.iter().all(Member::is_proper) {
            return false;
        }
        let texts = ballot.points.iter().chain([&ballot.credential]);
        points[..self.election.bases].iter().zip(texts).all(|(base, text)| text::point_hex(&base.encoded) == **text)
    }

    fn add_hashes<'b>(&self, hashes: &mut Hashes<'b>, ballot: &'b Ballot, points: &[Member], sums: &[Affine]) {
        let commitments = &points[self.election.bases..];
        let commitments: Vec<[u8; 64]> = commitments.iter().map(|member| text::point_hex(&member.encoded)).collect();
        let sums: Vec<[[u8; 64]; 2]> =
            sums.chunks_exact(2).map(|pair| [0, 1].map(|i| text::point_hex(&pair[i].encode()))).collect();
        hashes.add(self.election, ballot, &commitments, &sums);
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
        let (generator, key) = (GENERATOR.niels(), election.key.niels());
        let mut terms = Terms::new(w, long, short, coins.windows);
        let (mut of_generator, mut of_key, mut of_plaintexts) = (Sum::default(), Sum::default(), Sum::default());
        let mut of_bases = vec![Sum::default(); election.bases + 2 * election.columns.len()];
        for ballot in prepared {
            of_bases.fill(Sum::default());
            let points = &self.points[ballot.first..ballot.first + election.points()];
            let (bases, commitments) = points.split_at(election.bases);
            let mut next = commitments.iter();
            let mut take = || next.next().expect("an election counts its commitments");
            for claim in &election.claims {
                for (number, case) in claim.cases.iter().enumerate() {
                    let (challenge, response) = &ballot.proofs[claim.proofs + number];
                    let alpha = match case.subject {
                        Subject::Slot { alpha } => alpha,
                        Subject::Sum => election.bases + 2 * claim.question,
                    };
                    let z = coins.add_term(take(), &mut terms);
                    of_generator.add_product(&z, response);
                    of_bases[alpha].add_product(&z, challenge);
                    if matches!(claim.prefix, Prefix::Ranked) {
                        continue;
                    }
                    let z = coins.add_term(take(), &mut terms);
                    of_key.add_product(&z, response);
                    of_bases[alpha + 1].add_product(&z, challenge);
                    match case.plaintext {
                        0 => {}
                        1 => of_plaintexts.add_product(&z, challenge),
                        more => of_plaintexts.add_product(&z, &scalar::mul(challenge, &[more, 0, 0, 0])),
                    }
                }
            }
            let (challenge, response) = &ballot.proofs[election.proofs - 1];
            let z = coins.add_term(take(), &mut terms);
            of_generator.add_product(&z, response);
            of_bases[election.bases - 1].add_product(&z, challenge);
            self.add_bases(bases, &of_bases, &mut terms);
        }
        let of_generator = scalar::add(&of_plaintexts.reduced(), &scalar::neg(&of_generator.reduced()));
        terms.add_long(&generator, &of_generator);
        terms.add_long(&key, &scalar::neg(&of_key.reduced()));
        terms.sum().is_identity()
    }

    /// Each base with its own scalar and that of the sum it is part of.
    fn add_bases<'b>(&self, bases: &'b [Niels], scalars: &[Sum], terms: &mut Terms<'b>) {
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
