//! The outer form of a run of ballots in a box: records and events whose every byte is foreseen.
//!
//! ```text
//! header, ballot, zeros, header, {"parent":"…","height":n,"type":"Ballot","payload":"…"}, zeros
//! ```
//!
//! The run ends before the first byte that is not foreseen; what stands there is read by the reference engine.
//!
//! Source: as in the reference engine's `tar.py` and `event.py`.

use crate::sha256;
use crate::text;

const BLOCK: usize = 512;

/// One ballot of a run, where it stands in the data, and the names of its two records.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Span {
    /// Where the ballot's text begins, and its size.
    pub start: u64,
    pub size: u64,
    /// Where the next record begins.
    pub end: u64,
    /// SHA-256 of the ballot, and of the event after it.
    pub ballot: [u8; 32],
    pub event: [u8; 32],
}

/// Where a run begins.
pub struct Place {
    pub at: usize,
    pub timestamp: u64,
    /// SHA-256 of the event before.
    pub parent: [u8; 32],
    /// The number of the first event of the run.
    pub height: u64,
}

/// So many ballots are hashed side by side.
const GROUP: usize = 16;

/// A ballot and its event, where they stand, before anything is hashed.
struct Pair {
    at: usize,
    start: usize,
    size: usize,
    event_at: usize,
    event_start: usize,
    event_size: usize,
    end: usize,
}

/// The ballots of the run, at most as many as ``out`` has room for; how many there are.
pub fn skim(data: &[u8], place: &Place, out: &mut [Span]) -> usize {
    let (mut at, mut parent, mut count) = (place.at, place.parent, 0);
    while count < out.len() {
        let mut pairs: Vec<Pair> = Vec::with_capacity(GROUP);
        while pairs.len() < GROUP.min(out.len() - count) {
            let Some(pair) = find_pair(data, at, place.timestamp) else {
                break;
            };
            at = pair.end;
            pairs.push(pair);
        }
        let mut messages: Vec<(&[u8], &[u8])> = Vec::with_capacity(2 * pairs.len());
        messages.extend(pairs.iter().map(|pair| (&data[pair.start..pair.start + pair.size], b"".as_slice())));
        messages.extend(
            pairs.iter().map(|pair| (&data[pair.event_start..pair.event_start + pair.event_size], b"".as_slice())),
        );
        let mut digests = vec![[0; 32]; messages.len()];
        sha256::digest_all(&messages, |number, digest| digests[number] = digest);
        for (number, pair) in pairs.iter().enumerate() {
            let (ballot, event) = (&digests[number], &digests[pairs.len() + number]);
            let Some(span) = read_pair(data, pair, ballot, event, &parent, place.height + count as u64) else {
                return count;
            };
            parent = span.event;
            out[count] = span;
            count += 1;
        }
        if pairs.len() < GROUP {
            return count;
        }
    }
    count
}

/// Two records whose headers are foreseen, the names' hashes left aside.
fn find_pair(data: &[u8], at: usize, timestamp: u64) -> Option<Pair> {
    let (start, size, event_at) = read_record(data, at, timestamp, b".data.json")?;
    let (event_start, event_size, end) = read_record(data, event_at, timestamp, b".event.json")?;
    Some(Pair { at, start, size, event_at, event_start, event_size, end })
}

/// ``ballot``, ``event``: the hashes of the two records.
fn read_pair(
    data: &[u8],
    pair: &Pair,
    ballot: &[u8; 32],
    event: &[u8; 32],
    parent: &[u8; 32],
    height: u64,
) -> Option<Span> {
    let (at, event_at) = (pair.at, pair.event_at);
    let name = text::hex(ballot);
    if data[at..at + 64] != name {
        return None;
    }
    let found = &data[pair.event_start..pair.event_start + pair.event_size];
    let rest = found.strip_prefix(b"{\"parent\":\"")?.strip_prefix(&text::hex(parent))?;
    let rest = rest.strip_prefix(b"\",\"height\":")?.strip_prefix(height.to_string().as_bytes())?;
    let rest = rest.strip_prefix(b",\"type\":\"Ballot\",\"payload\":\"")?.strip_prefix(&name)?;
    let is_right = rest == b"\"}" && data[event_at..event_at + 64] == text::hex(event);
    let (start, size, end) = (pair.start as u64, pair.size as u64, pair.end as u64);
    is_right.then_some(Span { start, size, end, ballot: *ballot, event: *event })
}

/// Where the payload begins, its size, and where the next record begins; the header's every byte but the 64 of the
/// name's hash has been compared.
fn read_record(data: &[u8], at: usize, timestamp: u64, ending: &[u8]) -> Option<(usize, usize, usize)> {
    let start = at.checked_add(BLOCK)?;
    let header: &[u8; BLOCK] = data.get(at..start)?.try_into().ok()?;
    let mut size = 0;
    for &digit in &header[124..135] {
        size = size * 8 + usize::from(digit.wrapping_sub(b'0'));
    }
    let mut expected = [0u8; BLOCK];
    expected[..64].copy_from_slice(&header[..64]);
    expected[64..64 + ending.len()].copy_from_slice(ending);
    expected[100..124].copy_from_slice(b"0000644\x000000000\x000000000\x00");
    write_octal(&mut expected[124..135], size as u64);
    write_octal(&mut expected[136..147], timestamp);
    expected[148..156].fill(b' ');
    expected[156] = b'0';
    let sum: u64 = expected[..157].iter().map(|&byte| u64::from(byte)).sum();
    write_octal(&mut expected[148..154], sum);
    expected[154] = 0;
    if *header != expected {
        return None;
    }
    let end = start.checked_add(size.checked_next_multiple_of(BLOCK)?)?;
    let padding = data.get(start..end)?.get(size..)?;
    padding.iter().all(|&byte| byte == 0).then_some((start, size, end))
}

fn write_octal(field: &mut [u8], mut number: u64) {
    for digit in field.iter_mut().rev() {
        *digit = b'0' + (number & 7) as u8;
        number >>= 3;
    }
}
