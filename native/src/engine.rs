//! Ballots of a box examined, on several threads, with roots beside them or without.
//!
//! Of each ballot it says "all holds" or nothing. It never says that a ballot is false: whatever is not accepted here is
//! judged by the reference engine, so that there is one verdict and one wording.

use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::archive::Span;
use crate::ballot::Ballot;
use crate::batch::{Batch, Hinted, Prepared};
use crate::election::Election;
use crate::member::{self, Wanted};
use crate::point::Niels;
use crate::roots;
use crate::single::Single;

/// So many ballots share one inversion when their roots are read.
const GROUP: usize = 16;

/// So many ballots are added up in one sum.
const MOST_IN_BATCH: usize = 8192;

/// A hint is the SHA-256 of its ballot, then the roots of its points, each x and y.
pub fn hint_size(election: &Election) -> usize {
    32 + 64 * election.points()
}

/// What is known of a ballot.
#[derive(Clone, Copy, PartialEq)]
#[repr(u8)]
pub enum Outcome {
    /// Not accepted here: the reference engine will judge it.
    Unknown = 0,
    /// Accepted by its hint.
    Batched = 1,
    /// Accepted by itself; there was no hint for it.
    Single = 2,
    /// Accepted by itself, after its hint turned out wrong.
    Corrected = 3,
}

/// What is to be examined. ``hints``: one for each span, or empty.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    pub election: &'a Election,
    pub data: &'a [u8],
    pub spans: &'a [Span],
    pub hints: &'a [u8],
}

/// What is found of each ballot.
pub struct Findings<'a> {
    pub outcomes: &'a mut [Outcome],
    /// Its ciphertexts' points, as they are added and as they are written.
    pub points: &'a mut [Niels],
    pub encodings: &'a mut [[u8; 32]],
    /// Its hint, or empty where none is wanted.
    pub hints: &'a mut [u8],
}

impl<'a> Findings<'a> {
    /// Those of the first ballots, and of the rest.
    fn split(self, election: &Election, count: usize) -> (Findings<'a>, Findings<'a>) {
        let points = count * election.ciphertext_points();
        let bytes = if self.hints.is_empty() { 0 } else { count * hint_size(election) };
        let outcomes = self.outcomes.split_at_mut(count);
        let (points, encodings) = (self.points.split_at_mut(points), self.encodings.split_at_mut(points));
        let hints = self.hints.split_at_mut(bytes);
        (
            Findings { outcomes: outcomes.0, points: points.0, encodings: encodings.0, hints: hints.0 },
            Findings { outcomes: outcomes.1, points: points.1, encodings: encodings.1, hints: hints.1 },
        )
    }
}

/// All ballots examined, by at most so many threads.
pub fn examine(task: Task, findings: Findings, threads: usize) {
    let count = task.spans.len();
    let share = count.div_ceil(threads.max(1)).clamp(1, MOST_IN_BATCH);
    let per_hint = hint_size(task.election);
    let mut parts = Vec::new();
    let mut left = findings;
    for (number, spans) in task.spans.chunks(share).enumerate() {
        let (own, rest) = left.split(task.election, spans.len());
        left = rest;
        let start = number * share * per_hint;
        let hints = task.hints.get(start..start + spans.len() * per_hint).unwrap_or(&[]);
        parts.push((Task { spans, hints, ..task }, own));
    }
    if threads <= 1 || parts.len() == 1 {
        parts.into_iter().for_each(|(task, findings)| examine_part(task, findings));
        return;
    }
    let queue = std::sync::Mutex::new(parts.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| loop {
                let Some((task, findings)) = queue.lock().ok().and_then(|mut queue| queue.next()) else {
                    return;
                };
                examine_part(task, findings);
            });
        }
    });
}

/// A fault of our own leaves the ballots of its part unknown, and no more.
fn examine_part(task: Task, found: Findings) {
    found.outcomes.fill(Outcome::Unknown);
    let mut part = Part { task, found };
    if catch_unwind(AssertUnwindSafe(|| part.examine())).is_err() {
        part.found.outcomes.fill(Outcome::Unknown);
    }
}

struct Part<'a> {
    task: Task<'a>,
    found: Findings<'a>,
}

impl Part<'_> {
    fn examine(&mut self) {
        let Task { election, data, spans, hints } = self.task;
        let size = hint_size(election);
        let mut alone: Vec<(usize, Ballot, bool)> = Vec::new();
        let mut hinted: Vec<Hinted> = Vec::new();
        for (number, span) in spans.iter().enumerate() {
            let raw = &data[span.start as usize..(span.start + span.size) as usize];
            let Some(ballot) = Ballot::parse(election, raw) else {
                continue;
            };
            match hints.get(number * size..(number + 1) * size) {
                Some(hint) if hint[..32] == span.ballot => hinted.push(Hinted { number, ballot, roots: &hint[32..] }),
                _ => alone.push((number, ballot, false)),
            }
        }
        self.examine_hinted(&hinted);
        let corrected = hinted.into_iter().filter(|item| self.found.outcomes[item.number] == Outcome::Unknown);
        alone.extend(corrected.map(|item| (item.number, item.ballot, true)));
        self.examine_alone(&alone);
    }

    fn examine_hinted(&mut self, hinted: &[Hinted]) {
        let election = self.task.election;
        let count = election.ciphertext_points();
        let mut batch = Batch::new(election, hinted.len());
        let mut prepared: Vec<Prepared> = Vec::with_capacity(hinted.len());
        let Findings { outcomes, points, encodings, .. } = &mut self.found;
        for group in hinted.chunks(GROUP) {
            batch.prepare(group, &mut prepared, |number, bases| {
                for (place, base) in bases[..count].iter().enumerate() {
                    points[number * count + place] = base.niels;
                    encodings[number * count + place] = base.encoded;
                }
            });
        }
        batch.check(&prepared, &mut |number| outcomes[number] = Outcome::Batched);
    }

    fn examine_alone(&mut self, alone: &[(usize, Ballot, bool)]) {
        if alone.is_empty() {
            return;
        }
        let election = self.task.election;
        let (count, size) = (election.ciphertext_points(), hint_size(election));
        let mut single = Single::new(election);
        for (number, ballot, was_hinted) in alone {
            let Some(found) = single.examine(ballot) else {
                continue;
            };
            for (place, base) in found.bases[..count].iter().enumerate() {
                self.found.points[number * count + place] = base.niels();
                self.found.encodings[number * count + place] = base.encode();
            }
            if !self.found.hints.is_empty() {
                let hint = &mut self.found.hints[number * size..(number + 1) * size];
                hint[..32].copy_from_slice(&self.task.spans[*number].ballot);
                for (to, root) in hint[32..].chunks_exact_mut(64).zip(&found.roots) {
                    to.copy_from_slice(&root.coordinates());
                }
            }
            self.found.outcomes[*number] = if *was_hinted { Outcome::Corrected } else { Outcome::Single };
        }
    }
}

/// Whether every encoding is that of a member other than the identity. ``hints``: their roots, or empty.
///
/// ``roots``: takes the root of each, or is empty. A wrong hint costs time and decides nothing.
pub fn are_members(encodings: &[[u8; 32]], hints: &[u8], roots: &mut [u8], threads: usize) -> bool {
    let share = encodings.len().div_ceil(threads.max(1)).max(1);
    let mut left = roots;
    let mut parts = Vec::new();
    for (number, encodings) in encodings.chunks(share).enumerate() {
        let wanted = if left.is_empty() { 0 } else { 64 * encodings.len() };
        let (roots, more) = left.split_at_mut(wanted);
        left = more;
        let start = 64 * number * share;
        parts.push((encodings, hints.get(start..start + 64 * encodings.len()).unwrap_or(&[]), roots));
    }
    let is_part_good = |(encodings, hints, roots): (&[[u8; 32]], &[u8], &mut [u8])| {
        catch_unwind(AssertUnwindSafe(|| part_of_members(encodings, hints, roots))).unwrap_or(false)
    };
    if parts.len() == 1 {
        return parts.into_iter().all(is_part_good);
    }
    std::thread::scope(|scope| {
        let running: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || is_part_good(part))).collect();
        // Every thread is waited for, whatever the others say.
        running.into_iter().fold(true, |all, part| part.join().unwrap_or(false) && all)
    })
}

fn part_of_members(encodings: &[[u8; 32]], hints: &[u8], found: &mut [u8]) -> bool {
    if !found.is_empty() {
        let Some(looked) = member::look(encodings, Wanted::Roots) else {
            return false;
        };
        found.chunks_exact_mut(64).zip(&looked.roots).for_each(|(to, root)| to.copy_from_slice(root));
        return true;
    }
    let hints: Vec<&[u8; 64]> = hints.chunks_exact(64).map(|root| root.try_into().unwrap()).collect();
    let mut members = Vec::new();
    roots::raise(&hints, &mut members);
    let is_known = |number: usize, encoding: &[u8; 32]| {
        members.get(number).is_some_and(|member| member.is_proper() && member.encoded == *encoding)
    };
    let others = encodings.iter().enumerate().filter(|(number, encoding)| !is_known(*number, encoding));
    let others: Vec<[u8; 32]> = others.map(|(_, encoding)| *encoding).collect();
    member::look(&others, Wanted::Members).is_some()
}
