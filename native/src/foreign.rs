//! The functions that the caller sees. Every pointer is to as many elements as its function says; where that number is
//! 0 the pointer may be null.
//!
//! No panic leaves them: what goes wrong inside means "not accepted here".

use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::archive::{self, Place, Span};
use crate::election::Election;
use crate::engine::{self, Findings, Outcome, Task};
use crate::point::{Affine, Extended, Niels, IDENTITY};
use crate::signature::{self, Claim};
use crate::{cpu, shuffle, single, tally, tree};

/// Changes whenever a function or a layout does.
const INTERFACE: u32 = 4;

/// SAFETY: ``start`` is to ``count`` elements that nobody writes to during the call.
unsafe fn slice<'a, T>(start: *const T, count: usize) -> &'a [T] {
    if count == 0 {
        return &[];
    }
    std::slice::from_raw_parts(start, count)
}

/// SAFETY: ``start`` is to ``count`` elements that nobody else reads or writes during the call.
unsafe fn slice_mut<'a, T>(start: *mut T, count: usize) -> &'a mut [T] {
    if count == 0 {
        return &mut [];
    }
    std::slice::from_raw_parts_mut(start, count)
}

fn or<T>(otherwise: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(otherwise)
}

/// The version of this interface.
#[no_mangle]
pub extern "C" fn majlis_interface() -> u32 {
    INTERFACE
}

/// By bits what the processor has that is used (`cpu.rs`), after ``left_out`` is not any more.
#[no_mangle]
pub extern "C" fn majlis_features(left_out: u32) -> u32 {
    cpu::leave_out(left_out);
    cpu::features()
}

/// Sizes in bytes of a span, a decoded point and a sum.
#[no_mangle]
pub extern "C" fn majlis_sizes(sizes: &mut [u32; 3]) {
    *sizes = [size_of::<Span>() as u32, size_of::<Niels>() as u32, size_of::<Extended>() as u32];
}

/// The election of a description (``election.rs``), or null where it is none for this engine.
#[no_mangle]
pub unsafe extern "C" fn majlis_election_new(description: *const u8, size: usize) -> *mut Election {
    let description = slice(description, size);
    let made =
        or(None, || Election::parse(description).filter(|election| single::eighth_root(&election.key).is_some()));
    made.map_or(std::ptr::null_mut(), |election| Box::into_raw(Box::new(election)))
}

#[no_mangle]
pub unsafe extern "C" fn majlis_election_free(election: *mut Election) {
    if !election.is_null() {
        drop(Box::from_raw(election));
    }
}

/// How many points a ballot's ciphertexts have, and how many bytes its hint.
#[no_mangle]
pub extern "C" fn majlis_election_sizes(election: &Election, sizes: &mut [u32; 2]) {
    *sizes = [election.ciphertext_points() as u32, engine::hint_size(election) as u32];
}

/// The run of ballots at ``at``, at most ``most``; how many there are.
#[no_mangle]
pub unsafe extern "C" fn majlis_skim(
    data: *const u8,
    size: usize,
    at: usize,
    timestamp: u64,
    parent: &[u8; 32],
    height: u64,
    most: usize,
    spans: *mut Span,
) -> usize {
    let (data, spans) = (slice(data, size), slice_mut(spans, most));
    or(0, || archive::skim(data, &Place { at, timestamp, parent: *parent, height }, spans))
}

/// The ballots at the spans, examined by so many threads.
///
/// ``hints``: for each ballot its hint, or null. ``outcomes``: one byte each. ``points``, ``encodings``: the ciphertext
/// points of each. ``made``: takes a hint for each, or is null.
#[no_mangle]
pub unsafe extern "C" fn majlis_examine(
    election: &Election,
    data: *const u8,
    size: usize,
    spans: *const Span,
    count: usize,
    hints: *const u8,
    threads: usize,
    outcomes: *mut u8,
    points: *mut Niels,
    encodings: *mut [u8; 32],
    made: *mut u8,
) {
    let per_hint = engine::hint_size(election);
    let bytes = |is_there: bool| if is_there { count * per_hint } else { 0 };
    let task = Task {
        election,
        data: slice(data, size),
        spans: slice(spans, count),
        hints: slice(hints, bytes(!hints.is_null())),
    };
    let outcomes = slice_mut(outcomes, count);
    outcomes.fill(Outcome::Unknown as u8);
    // SAFETY: an Outcome is one byte, and every byte there is now one of its values.
    let findings = Findings {
        outcomes: slice_mut(outcomes.as_mut_ptr().cast::<Outcome>(), count),
        points: slice_mut(points, count * election.ciphertext_points()),
        encodings: slice_mut(encodings, count * election.ciphertext_points()),
        hints: slice_mut(made, bytes(!made.is_null())),
    };
    or((), || engine::examine(task, findings, threads));
}

/// Whether all encodings are of members other than the identity. ``hints``, ``roots``: 64 bytes for each, or null.
#[no_mangle]
pub unsafe extern "C" fn majlis_are_members(
    encodings: *const [u8; 32],
    count: usize,
    hints: *const u8,
    roots: *mut u8,
    threads: usize,
) -> bool {
    let encodings = slice(encodings, count);
    let hints = slice(hints, if hints.is_null() { 0 } else { 64 * count });
    let roots = slice_mut(roots, if roots.is_null() { 0 } else { 64 * count });
    or(false, || engine::are_members(encodings, hints, roots, threads))
}

/// The encodings as decoded points; whether all are on the curve.
#[no_mangle]
pub unsafe extern "C" fn majlis_decode(encodings: *const [u8; 32], count: usize, points: *mut Niels) -> bool {
    let (encodings, points) = (slice(encodings, count), slice_mut(points, count));
    or(false, || {
        encodings.iter().zip(points).all(|(encoding, to)| match Affine::decode(encoding) {
            Some(point) => {
                *to = point.niels();
                true
            }
            None => false,
        })
    })
}

/// Sums at the identity.
#[no_mangle]
pub unsafe extern "C" fn majlis_sums_new(sums: *mut Extended, count: usize) {
    slice_mut(sums, count).fill(IDENTITY);
}

/// The sums grow by each ballot's points times its weight, which may be negative. ``points``: those of each ballot.
#[no_mangle]
pub unsafe extern "C" fn majlis_sums_add(
    sums: *mut Extended,
    count: usize,
    points: *const Niels,
    weights: *const i64,
    ballots: usize,
) {
    let (sums, points, weights) = (slice_mut(sums, count), slice(points, count * ballots), slice(weights, ballots));
    if count > 0 {
        tally::add_weighted(sums, points, weights);
    }
}

/// The encodings of sums.
#[no_mangle]
pub unsafe extern "C" fn majlis_sums_encode(sums: *const Extended, count: usize, encodings: *mut [u8; 32]) {
    let (sums, encodings) = (slice(sums, count), slice_mut(encodings, count));
    encodings.iter_mut().zip(sums).for_each(|(to, sum)| *to = sum.affine().encode());
}

/// What is known of a shuffle of so many votes (``shuffle.rs``): an outcome.
///
/// ``points``, ``scalars``: as many as it has, 32 bytes each. ``hints``, ``made``: 64 bytes for each point, or null.
#[no_mangle]
pub unsafe extern "C" fn majlis_shuffle(
    key: &[u8; 32],
    votes: usize,
    points: *const [u8; 32],
    scalars: *const [u8; 32],
    hints: *const u8,
    made: *mut u8,
) -> u8 {
    let count = shuffle::count_points(votes);
    let points = slice(points, count);
    let scalars = slice(scalars, shuffle::count_scalars(votes));
    let hints = slice(hints, if hints.is_null() { 0 } else { 64 * count });
    let made = slice_mut(made, if made.is_null() { 0 } else { 64 * count });
    let examined = || Affine::decode(key).map(|key| shuffle::examine(&key, points, scalars, hints, made));
    or(None, examined).unwrap_or(Outcome::Unknown) as u8
}

/// For each claim of a signature 1 where it holds by rule S, else 0 (``signature.rs``).
///
/// ``data``: for each claim the key, 32 bytes, the signature, 64, and the message. ``sizes``: the size of each message;
/// with 96 bytes more for each claim they add up to ``size``, or nothing holds.
#[no_mangle]
pub unsafe extern "C" fn majlis_signatures(
    data: *const u8,
    size: usize,
    sizes: *const u32,
    count: usize,
    holds: *mut u8,
) {
    let (mut rest, sizes, holds) = (slice(data, size), slice(sizes, count), slice_mut(holds, count));
    holds.fill(0);
    let mut claims = Vec::with_capacity(count);
    for size in sizes {
        let Some((own, after)) = rest.split_at_checked(96 + *size as usize) else {
            return;
        };
        let part = |at: usize| own[at..at + 32].try_into().unwrap();
        claims.push(Claim { key: part(0), r: part(32), s: part(64), message: &own[96..] });
        rest = after;
    }
    if rest.is_empty() {
        or((), || signature::check(&claims, holds));
    }
}

/// The perfect nodes above these hashes, level after level (``tree.rs``): ``room`` is how many there are, or nothing is
/// written. Whether they were.
#[no_mangle]
pub unsafe extern "C" fn majlis_raise(
    hashes: *const [u8; 32],
    count: usize,
    nodes: *mut [u8; 32],
    room: usize,
) -> bool {
    let (hashes, nodes) = (slice(hashes, count), slice_mut(nodes, room));
    room == tree::count_nodes(count)
        && or(false, || {
            tree::raise(hashes, nodes);
            true
        })
}

/// Whether the siblings of a leaf, at most 64 of them, lead to this root. ``hashes``: root, leaf, and the siblings from
/// the leaf up; ``sides``: by bits, from the lowest, whether each sibling stands on the left.
#[no_mangle]
pub unsafe extern "C" fn majlis_leads_to(hashes: *const [u8; 32], count: usize, sides: u64) -> bool {
    match slice(hashes, count) {
        [root, leaf, siblings @ ..] if siblings.len() <= 64 => {
            or(false, || tree::climb(leaf, siblings, sides) == *root)
        }
        _ => false,
    }
}

/// One operation on its own, for tests (``trial.rs``): the size of what it gives, or -1 where it gives nothing.
#[no_mangle]
pub unsafe extern "C" fn majlis_try(
    name: *const u8,
    name_size: usize,
    input: *const u8,
    input_size: usize,
    output: *mut u8,
    output_size: usize,
) -> isize {
    let (name, input, output) = (slice(name, name_size), slice(input, input_size), slice_mut(output, output_size));
    or(-1, || match crate::trial::operate(name, input) {
        Some(result) if result.len() <= output.len() => {
            output[..result.len()].copy_from_slice(&result);
            result.len() as isize
        }
        _ => -1,
    })
}
