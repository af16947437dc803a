//! A ballot's text, read in the one layout that it can have, and the hashes over it.
//!
//! ```text
//! {"election_uuid":"…","election_hash":phi,"credential":C,"answers":[…],"signature":{"hash":h,"proof":proof}}
//! choice   {"choices":[ciphertext × n],"individual_proofs":[[proof,proof] × n],"overall_proof":[proof…]
//!           ,?"blank_proof":[proof,proof]}
//! ranked   {"choices":ciphertext,"proof":proof}
//! ```
//!
//! Any other text, however it is wrong, is none of ours to judge: it goes to the reference engine.
//!
//! Source: Belenios specification, crypto v1, as in the reference engine's `answer.py` and `ballot.py`.

use crate::election::{Column, Election, Prefix, Question, Subject};
use crate::scalar::{self, Scalar};
use crate::sha256;
use crate::text;

/// (challenge, response).
pub type Proof = (Scalar, Scalar);

pub struct Ballot<'a> {
    pub raw: &'a [u8],
    pub credential: &'a [u8; 64],
    /// The bases as printed, without the credential.
    pub points: Vec<&'a [u8; 64]>,
    /// In the order of the text, the signature's last.
    pub proofs: Vec<Proof>,
    hash: &'a [u8; 43],
    /// Where `,"signature"` begins.
    signature: usize,
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    #[inline(always)]
    fn expect(&mut self, text: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    #[inline(always)]
    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(taken)
    }

    fn scalar(&mut self) -> Option<Scalar> {
        let size = self.rest.iter().take(78).position(|&byte| byte == b'"')?;
        let (digits, rest) = self.rest.split_at(size);
        self.rest = rest;
        scalar::from_decimal(digits)
    }

    fn proof(&mut self) -> Option<Proof> {
        self.expect(b"{\"challenge\":\"")?;
        let challenge = self.scalar()?;
        self.expect(b"\",\"response\":\"")?;
        let response = self.scalar()?;
        self.expect(b"\"}")?;
        Some((challenge, response))
    }

    /// ``count`` proofs in brackets.
    fn proofs(&mut self, count: usize, out: &mut Vec<Proof>) -> Option<()> {
        self.expect(b"[")?;
        for number in 0..count {
            if number > 0 {
                self.expect(b",")?;
            }
            out.push(self.proof()?);
        }
        self.expect(b"]")
    }

    fn ciphertext(&mut self, out: &mut Vec<&'a [u8; 64]>) -> Option<()> {
        self.expect(b"{\"alpha\":\"")?;
        out.push(self.take()?);
        self.expect(b"\",\"beta\":\"")?;
        out.push(self.take()?);
        self.expect(b"\"}")
    }
}

impl<'a> Ballot<'a> {
    /// The ballot of this election that the text is; None for any other text.
    pub fn parse(election: &Election, raw: &'a [u8]) -> Option<Ballot<'a>> {
        let mut cursor = Cursor { rest: raw };
        let mut points = Vec::with_capacity(election.bases);
        let mut proofs = Vec::with_capacity(election.proofs);
        cursor.expect(b"{\"election_uuid\":\"")?;
        cursor.expect(&election.uuid)?;
        cursor.expect(b"\",\"election_hash\":\"")?;
        cursor.expect(&election.fingerprint)?;
        cursor.expect(b"\",\"credential\":\"")?;
        let credential = cursor.take()?;
        cursor.expect(b"\",\"answers\":[")?;
        for (number, column) in election.columns.iter().enumerate() {
            if number > 0 {
                cursor.expect(b",")?;
            }
            read_answer(&mut cursor, column, &mut points, &mut proofs)?;
        }
        cursor.expect(b"]")?;
        let signature = raw.len() - cursor.rest.len();
        cursor.expect(b",\"signature\":{\"hash\":\"")?;
        let hash = cursor.take()?;
        cursor.expect(b"\",\"proof\":")?;
        proofs.push(cursor.proof()?);
        cursor.expect(b"}}")?;
        cursor.rest.is_empty().then_some(Ballot { raw, credential, points, proofs, hash, signature })
    }

    fn write_prefix(
        &self,
        election: &Election,
        prefix: Prefix,
        question: usize,
        subject: Subject,
        sums: &[[u8; 64]; 2],
        out: &mut Vec<u8>,
    ) {
        let label: &[u8] = match prefix {
            Prefix::Individual | Prefix::Total => b"prove|",
            Prefix::Blank => b"bproof0|",
            Prefix::TotalWithBlank => b"bproof1|",
            Prefix::Ranked => b"raweg|",
        };
        out.extend_from_slice(label);
        out.extend_from_slice(&election.fingerprint);
        out.push(b'|');
        out.extend_from_slice(self.credential);
        out.push(b'|');
        let points = match (prefix, subject) {
            (Prefix::Individual | Prefix::Ranked, Subject::Slot { alpha }) => alpha..alpha + 2,
            _ => election.columns[question].bases.clone(),
        };
        if matches!(prefix, Prefix::Ranked) {
            out.extend_from_slice(&election.key_text);
            out.push(b',');
        }
        write_points(self.points[points].iter().copied(), out);
        if matches!(prefix, Prefix::Total) {
            write_points(sums, out);
        }
    }
}

/// The hashes of several ballots, taken side by side.
#[derive(Default)]
pub struct Hashes<'b> {
    /// Each ballot, and how many of the messages are its own.
    ballots: Vec<(&'b Ballot<'b>, usize)>,
    /// The messages one after the other: where each ends, and the number that its hash has to be.
    text: Vec<u8>,
    ends: Vec<(usize, Scalar)>,
}

impl<'b> Hashes<'b> {
    /// One more ballot.
    ///
    /// ``commitments``: as printed, in the order of the election; ``sums``: for each question alpha and beta of the sum
    /// of its slots.
    pub fn add(&mut self, election: &Election, ballot: &'b Ballot, commitments: &[[u8; 64]], sums: &[[[u8; 64]; 2]]) {
        let text = &mut self.text;
        text.extend_from_slice(b"sig|");
        text.extend_from_slice(ballot.hash);
        text.push(b'|');
        write_commitments(&commitments[election.commitments - 1..], text);
        self.ends.push((text.len(), ballot.proofs[election.proofs - 1].0));
        for claim in &election.claims {
            let subject = claim.cases[0].subject;
            ballot.write_prefix(election, claim.prefix, claim.question, subject, &sums[claim.question], text);
            let count = if matches!(claim.prefix, Prefix::Ranked) { 1 } else { 2 * claim.cases.len() };
            write_commitments(&commitments[claim.commitments..claim.commitments + count], text);
            let proofs = &ballot.proofs[claim.proofs..claim.proofs + claim.cases.len()];
            let total = proofs.iter().fold(scalar::ZERO, |total, proof| scalar::add(&total, &proof.0));
            self.ends.push((text.len(), total));
        }
        self.ballots.push((ballot, election.claims.len() + 1));
    }

    /// For each ballot whether every hash is the one that its proofs and signature state.
    pub fn hold(&self) -> Vec<bool> {
        let count = self.ballots.len();
        // The signed texts come first: they are long, and what is long is not to come last.
        let mut messages: Vec<(&[u8], &[u8])> = Vec::with_capacity(count + self.ends.len());
        messages.extend(self.ballots.iter().map(|(ballot, _)| (&ballot.raw[..ballot.signature], b"}".as_slice())));
        let mut start = 0;
        for (end, _) in &self.ends {
            messages.push((&self.text[start..*end], b""));
            start = *end;
        }
        let mut is_right = vec![false; messages.len()];
        sha256::digest_all(&messages, |number, digest| {
            is_right[number] = match number.checked_sub(count) {
                None => text::fingerprint(&digest) == *self.ballots[number].0.hash,
                Some(number) => scalar::from_digest(&digest) == self.ends[number].1,
            };
        });
        let (signed, mut claims) = is_right.split_at(count);
        let all = self.ballots.iter().zip(signed).map(|((_, size), is_signed)| {
            let (own, rest) = claims.split_at(*size);
            claims = rest;
            *is_signed && own.iter().all(|&right| right)
        });
        all.collect()
    }
}

fn read_answer<'a>(
    cursor: &mut Cursor<'a>,
    column: &Column,
    points: &mut Vec<&'a [u8; 64]>,
    proofs: &mut Vec<Proof>,
) -> Option<()> {
    let Question::Choice { slots, cases, is_blank } = column.question else {
        cursor.expect(b"{\"choices\":")?;
        cursor.ciphertext(points)?;
        cursor.expect(b",\"proof\":")?;
        proofs.push(cursor.proof()?);
        return cursor.expect(b"}");
    };
    cursor.expect(b"{\"choices\":[")?;
    for slot in 0..slots {
        if slot > 0 {
            cursor.expect(b",")?;
        }
        cursor.ciphertext(points)?;
    }
    cursor.expect(b"],\"individual_proofs\":[")?;
    for slot in 0..slots {
        if slot > 0 {
            cursor.expect(b",")?;
        }
        cursor.proofs(2, proofs)?;
    }
    cursor.expect(b"],\"overall_proof\":")?;
    cursor.proofs(cases, proofs)?;
    if is_blank {
        cursor.expect(b",\"blank_proof\":")?;
        cursor.proofs(2, proofs)?;
    }
    cursor.expect(b"}")
}

/// The points with commas between them and "|" at the end.
fn write_points<'a>(points: impl IntoIterator<Item = &'a [u8; 64]>, out: &mut Vec<u8>) {
    for point in points {
        out.extend_from_slice(point);
        out.push(b',');
    }
    *out.last_mut().expect("no prefix is empty") = b'|';
}

/// The points with commas between them.
fn write_commitments(commitments: &[[u8; 64]], out: &mut Vec<u8>) {
    for commitment in commitments {
        out.extend_from_slice(commitment);
        out.push(b',');
    }
    out.pop();
}
