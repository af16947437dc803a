//! What an election asks, as far as its ballots' form and equations depend on it.
//!
//! ```text
//! description   key (32, RFC 8032) ++ fingerprint (43) ++ uuid size (1) ++ uuid ++ questions (2) ++ question*
//! question      kind (1: 0 choice, 1 ranked) ++ slots (4) ++ least (4) ++ most (4) ++ blank (1); little-endian
//! ```
//!
//! Every proof of a ballot is a **claim**: a hash over commitments, of which each belongs to one **case**. A case says
//! that a ciphertext (a slot, or the sum of slots) encrypts M, and has the equations
//! A = g^r * a^c and B = y^r * (b/g^M)^c.
//!
//! ```text
//! bases         alpha, beta of each slot of each question in order; last the credential
//! commitments   in the order in which they are hashed, claim by claim; last that of the signature
//! ```

use crate::point::Affine;
use crate::text;

/// The largest number of points in one ballot that is verified here; larger ones are left to the reference engine.
const MOST_POINTS: usize = 1 << 16;

#[derive(Clone, Copy)]
pub enum Question {
    Choice { slots: usize, cases: usize, is_blank: bool },
    Ranked,
}

/// Which ciphertext a case speaks of.
#[derive(Clone, Copy)]
pub enum Subject {
    /// A slot: ``alpha`` is the index of its first base.
    Slot { alpha: usize },
    /// The sum of all slots of the claim's question that are added up.
    Sum,
}

#[derive(Clone, Copy)]
pub struct Case {
    pub subject: Subject,
    pub plaintext: u64,
}

#[derive(Clone, Copy)]
pub enum Prefix {
    /// "prove|" S0 "|" alpha "," beta "|"
    Individual,
    /// "prove|" S "|" a "," b "|"
    Total,
    /// "bproof0|" S "|"
    Blank,
    /// "bproof1|" S "|"
    TotalWithBlank,
    /// "raweg|" S0 "|" y "," alpha "," beta "|", and one commitment A = g^r * alpha^c
    Ranked,
}

pub struct Claim {
    pub prefix: Prefix,
    pub question: usize,
    /// The proofs of its cases: the index of the first, as they stand in the ballot.
    pub proofs: usize,
    /// The index of the first commitment.
    pub commitments: usize,
    pub cases: Vec<Case>,
}

/// Where a question's slots lie among the bases.
pub struct Column {
    pub question: Question,
    pub bases: std::ops::Range<usize>,
    /// Those of them that are added up.
    pub summed: std::ops::Range<usize>,
}

pub struct Election {
    pub uuid: Vec<u8>,
    pub fingerprint: [u8; 43],
    pub key: Affine,
    pub key_text: [u8; 64],
    pub columns: Vec<Column>,
    pub claims: Vec<Claim>,
    pub bases: usize,
    pub commitments: usize,
    pub proofs: usize,
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, size: usize) -> Option<usize> {
        Some(self.take(size)?.iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte)))
    }
}

impl Election {
    /// None when the description does not read, the key is off the curve, or a ballot would be too large.
    pub fn parse(description: &[u8]) -> Option<Election> {
        let mut reader = Reader(description);
        let key_bytes: [u8; 32] = reader.take(32)?.try_into().ok()?;
        let fingerprint = reader.take(43)?.try_into().ok()?;
        let uuid_size = reader.number(1)?;
        let uuid = reader.take(uuid_size)?.to_vec();
        let mut election = Election {
            uuid,
            fingerprint,
            key: Affine::decode(&key_bytes)?,
            key_text: text::point_hex(&key_bytes),
            columns: Vec::new(),
            claims: Vec::new(),
            bases: 0,
            commitments: 0,
            proofs: 0,
        };
        for _ in 0..reader.number(2)? {
            let is_ranked = reader.number(1)? == 1;
            let (slots, least, most) = (reader.number(4)?, reader.number(4)?, reader.number(4)?);
            let is_blank = reader.number(1)? == 1;
            if is_ranked {
                election.add_ranked();
            } else if slots > usize::from(is_blank) && least <= most && most <= slots {
                election.add_choice(slots, least, most, is_blank);
            } else {
                return None;
            }
            if election.bases + election.commitments > MOST_POINTS {
                return None;
            }
        }
        election.bases += 1;
        election.commitments += 1;
        election.proofs += 1;
        reader.0.is_empty().then_some(election)
    }

    /// How many points a ballot has.
    pub fn points(&self) -> usize {
        self.bases + self.commitments
    }

    /// How many points of a ballot are ciphertexts.
    pub fn ciphertext_points(&self) -> usize {
        self.bases - 1
    }

    fn add_claim(&mut self, prefix: Prefix, proofs: usize, cases: Vec<Case>) {
        let commitments = self.commitments;
        self.commitments += if matches!(prefix, Prefix::Ranked) { 1 } else { 2 * cases.len() };
        self.claims.push(Claim { prefix, question: self.columns.len(), proofs, commitments, cases });
    }

    fn add_choice(&mut self, slots: usize, least: usize, most: usize, is_blank: bool) {
        let (start, proofs) = (self.bases, self.proofs);
        let slot =
            |number: usize, plaintext: u64| Case { subject: Subject::Slot { alpha: start + 2 * number }, plaintext };
        for number in 0..slots {
            self.add_claim(Prefix::Individual, proofs + 2 * number, vec![slot(number, 0), slot(number, 1)]);
        }
        let allowed = (least..=most).map(|plaintext| Case { subject: Subject::Sum, plaintext: plaintext as u64 });
        let (overall, cases) = (proofs + 2 * slots, most - least + 1);
        if is_blank {
            let blank = overall + cases + 1;
            let others = Case { subject: Subject::Sum, plaintext: 0 };
            self.add_claim(Prefix::Blank, blank, vec![slot(0, 0), others]);
            self.add_claim(Prefix::TotalWithBlank, overall, std::iter::once(slot(0, 1)).chain(allowed).collect());
        } else {
            self.add_claim(Prefix::Total, overall, allowed.collect());
        }
        self.bases += 2 * slots;
        self.proofs = overall + cases + if is_blank { 3 } else { 0 };
        self.columns.push(Column {
            question: Question::Choice { slots, cases: cases + usize::from(is_blank), is_blank },
            bases: start..self.bases,
            summed: start + 2 * usize::from(is_blank)..self.bases,
        });
    }

    fn add_ranked(&mut self) {
        let (start, proofs) = (self.bases, self.proofs);
        let case = Case { subject: Subject::Slot { alpha: start }, plaintext: 0 };
        self.add_claim(Prefix::Ranked, proofs, vec![case]);
        self.bases += 2;
        self.proofs += 1;
        self.columns.push(Column { question: Question::Ranked, bases: start..self.bases, summed: start..start });
    }
}
