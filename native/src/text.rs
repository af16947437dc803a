//! Hex, base64 and decimals as they stand in ballots.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Two hex digits for each byte.
const PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[0; 2]; 256];
    let mut i = 0;
    while i < 256 {
        pairs[i] = [DIGITS[i >> 4], DIGITS[i & 15]];
        i += 1;
    }
    pairs
};

/// The value of each hex digit; 255 for what is none. Upper case is none: it is never written.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut i = 0;
    while i < 16 {
        values[DIGITS[i] as usize] = i as u8;
        i += 1;
    }
    values
};

/// 64 hex digits.
pub fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    for (to, &byte) in text.chunks_exact_mut(2).zip(bytes) {
        to.copy_from_slice(&PAIRS[byte as usize]);
    }
    text
}

/// A point as printed: the 32 bytes of RFC 8032 from the last to the first.
#[inline(always)]
pub fn point_hex(bytes: &[u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    for (to, &byte) in text.chunks_exact_mut(2).rev().zip(bytes) {
        to.copy_from_slice(&PAIRS[byte as usize]);
    }
    text
}

/// The inverse of ``point_hex``; None for any text it does not give.
pub fn point_bytes(text: &[u8; 64]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    for (from, byte) in text.chunks_exact(2).rev().zip(&mut bytes) {
        let (high, low) = (VALUES[from[0] as usize], VALUES[from[1] as usize]);
        if high | low == 255 {
            return None;
        }
        *byte = high << 4 | low;
    }
    Some(bytes)
}

/// A digest as people see it: standard base64 without its "=".
pub fn fingerprint(digest: &[u8; 32]) -> [u8; 43] {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = [0; 43];
    for (to, from) in text.chunks_mut(4).zip(digest.chunks(3)) {
        let at = |i: usize| u32::from(from.get(i).copied().unwrap_or(0));
        let group = at(0) << 16 | at(1) << 8 | at(2);
        for (i, character) in to.iter_mut().enumerate() {
            *character = ALPHABET[(group >> (18 - 6 * i) & 63) as usize];
        }
    }
    text
}
