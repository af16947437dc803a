//! SHA-256 (FIPS 180-4), by the processor's own instructions where they are found at run time.

use crate::cpu;

/// First 32 bits of the fractional parts of the cube roots of the first 64 primes.
const K: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

/// The same of the square roots of the first 8.
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

const BLOCK: usize = 64;

/// So many messages are hashed side by side by plain vectors.
const LANES: usize = 4;

/// The digest of a whole message.
pub fn digest(message: &[u8]) -> [u8; 32] {
    let mut found = [0; 32];
    digest_all(&[(message, b"")], |_, digest| found = digest);
    found
}

/// The digests of many messages, each told with its number, in any order. The second part of a message is one block at
/// most.
///
/// A hash waits most of the time for its own last round, so messages are hashed side by side: two by the processor's
/// instructions, four without them.
pub fn digest_all(messages: &[(&[u8], &[u8])], mut found: impl FnMut(usize, [u8; 32])) {
    let at_once = if cpu::has(cpu::SHA) { 2 } else { LANES };
    let mut waiting = messages.iter().enumerate().map(|(number, (start, end))| Stream::new(number, start, end));
    let mut streams: Vec<Stream> = waiting.by_ref().take(at_once).collect();
    while !streams.is_empty() {
        let bytes = streams.iter().map(|stream| stream.blocks().len()).min().unwrap_or(0);
        compress_all(&mut streams, bytes);
        let mut number = 0;
        while number < streams.len() {
            if !streams[number].is_finished() {
                number += 1;
                continue;
            }
            found(streams[number].number, streams[number].digest());
            match waiting.next() {
                Some(next) => streams[number] = next,
                None => drop(streams.swap_remove(number)),
            }
        }
    }
}

/// A message while it is hashed.
struct Stream<'a> {
    number: usize,
    state: [u32; 8],
    /// Whole blocks of the first part that are still to come.
    rest: &'a [u8],
    /// What comes after them: the end of the message, and its padding.
    tail: [u8; 3 * BLOCK],
    tail_at: usize,
    tail_end: usize,
}

impl<'a> Stream<'a> {
    fn new(number: usize, start: &'a [u8], end: &[u8]) -> Stream<'a> {
        let (rest, left) = start.split_at(start.len() & !(BLOCK - 1));
        let size = left.len() + end.len();
        let mut tail = [0; 3 * BLOCK];
        tail[..left.len()].copy_from_slice(left);
        tail[left.len()..size].copy_from_slice(end);
        tail[size] = 0x80;
        let tail_end = (size + 9).next_multiple_of(BLOCK);
        let bits = (start.len() + end.len()) as u64 * 8;
        tail[tail_end - 8..tail_end].copy_from_slice(&bits.to_be_bytes());
        Stream { number, state: START, rest, tail, tail_at: 0, tail_end }
    }

    /// The blocks that can be hashed next.
    fn blocks(&self) -> &[u8] {
        if self.rest.is_empty() {
            &self.tail[self.tail_at..self.tail_end]
        } else {
            self.rest
        }
    }

    fn advance(&mut self, bytes: usize) {
        if self.rest.is_empty() {
            self.tail_at += bytes;
        } else {
            self.rest = &self.rest[bytes..];
        }
    }

    fn is_finished(&self) -> bool {
        self.rest.is_empty() && self.tail_at == self.tail_end
    }

    fn digest(&self) -> [u8; 32] {
        let mut digest = [0; 32];
        for (to, word) in digest.chunks_exact_mut(4).zip(self.state) {
            to.copy_from_slice(&word.to_be_bytes());
        }
        digest
    }
}

/// As many blocks of each enter its state.
fn compress_all(streams: &mut [Stream], bytes: usize) {
    match streams {
        #[cfg(target_arch = "x86_64")]
        [a, b] if cpu::has(cpu::SHA) => {
            let (mut first, mut second) = (a.state, b.state);
            hardware::compress(&mut [&mut first, &mut second], [&a.blocks()[..bytes], &b.blocks()[..bytes]]);
            (a.state, b.state) = (first, second);
        }
        #[cfg(target_arch = "x86_64")]
        [a] if cpu::has(cpu::SHA) => {
            let mut state = a.state;
            hardware::compress(&mut [&mut state], [&a.blocks()[..bytes]]);
            a.state = state;
        }
        #[cfg(target_arch = "x86_64")]
        [a, b, c, d] => {
            let blocks = [&*a, b, c, d].map(|own| &own.blocks()[..bytes]);
            // SAFETY: every processor of this kind has SSE2.
            let states = unsafe { lanes::compress([a.state, b.state, c.state, d.state], blocks) };
            [a.state, b.state, c.state, d.state] = states;
        }
        _ => {
            for stream in &mut *streams {
                let mut state = stream.state;
                compress(&mut state, &stream.blocks()[..bytes]);
                stream.state = state;
            }
        }
    }
    streams.iter_mut().for_each(|stream| stream.advance(bytes));
}

/// Whole blocks of 64 bytes enter the state.
fn compress(state: &mut [u32; 8], blocks: &[u8]) {
    for block in blocks.chunks_exact(64) {
        let mut w = [0u32; 64];
        for (word, bytes) in w.iter_mut().zip(block.chunks_exact(4)) {
            *word = u32::from_be_bytes(bytes.try_into().unwrap());
        }
        for t in 16..64 {
            let s0 = w[t - 15].rotate_right(7) ^ w[t - 15].rotate_right(18) ^ (w[t - 15] >> 3);
            let s1 = w[t - 2].rotate_right(17) ^ w[t - 2].rotate_right(19) ^ (w[t - 2] >> 10);
            w[t] = w[t - 16].wrapping_add(s0).wrapping_add(w[t - 7]).wrapping_add(s1);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        for t in 0..64 {
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = (e & f) ^ (!e & g);
            let t1 = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(K[t]).wrapping_add(w[t]);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let majority = (a & b) ^ (a & c) ^ (b & c);
            (h, g, f, e) = (g, f, e, d.wrapping_add(t1));
            (d, c, b, a) = (c, b, a, t1.wrapping_add(s0.wrapping_add(majority)));
        }
        for (word, more) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = word.wrapping_add(more);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod hardware {
    use super::{BLOCK, K};
    use std::arch::x86_64::*;

    /// As many blocks of each message enter its state, side by side. All slices are equally long.
    pub fn compress<const N: usize>(states: &mut [&mut [u32; 8]; N], blocks: [&[u8]; N]) {
        assert!(blocks.iter().all(|own| own.len() == blocks[0].len()));
        // SAFETY: taken only where the three features were found (`cpu.rs`).
        unsafe { compress_blocks(states, blocks) }
    }

    /// Four rounds at a time. The instructions want the state as ABEF and CDGH.
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn compress_blocks<const N: usize>(states: &mut [&mut [u32; 8]; N], blocks: [&[u8]; N]) {
        // SAFETY: here and below, sixteen bytes are read or written within a state, a block or K.
        let load = |from: *const u8| unsafe { _mm_loadu_si128(from.cast()) };
        let big_endian = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
        let mut abef = [_mm_setzero_si128(); N];
        let mut cdgh = [_mm_setzero_si128(); N];
        for n in 0..N {
            let cdab = _mm_shuffle_epi32(load(states[n].as_ptr().cast()), 0xb1);
            let efgh = _mm_shuffle_epi32(load(states[n][4..].as_ptr().cast()), 0x1b);
            abef[n] = _mm_alignr_epi8(cdab, efgh, 8);
            cdgh[n] = _mm_blend_epi16(efgh, cdab, 0xf0);
        }
        for at in (0..blocks[0].len()).step_by(BLOCK) {
            let before = (abef, cdgh);
            let mut w = [[_mm_setzero_si128(); 4]; N];
            for n in 0..N {
                for (i, word) in w[n].iter_mut().enumerate() {
                    *word = _mm_shuffle_epi8(load(blocks[n][at + 16 * i..at + 16 * i + 16].as_ptr()), big_endian);
                }
            }
            for round in 0..16 {
                let k = load(K[4 * round..4 * round + 4].as_ptr().cast());
                for n in 0..N {
                    let now = w[n][round % 4];
                    let sum = _mm_add_epi32(now, k);
                    cdgh[n] = _mm_sha256rnds2_epu32(cdgh[n], abef[n], sum);
                    abef[n] = _mm_sha256rnds2_epu32(abef[n], cdgh[n], _mm_shuffle_epi32(sum, 0x0e));
                    if round < 12 {
                        let [next, after, last] = [1, 2, 3].map(|i| w[n][(round + i) % 4]);
                        let mixed = _mm_add_epi32(_mm_sha256msg1_epu32(now, next), _mm_alignr_epi8(last, after, 4));
                        w[n][round % 4] = _mm_sha256msg2_epu32(mixed, last);
                    }
                }
            }
            for n in 0..N {
                abef[n] = _mm_add_epi32(abef[n], before.0[n]);
                cdgh[n] = _mm_add_epi32(cdgh[n], before.1[n]);
            }
        }
        for n in 0..N {
            let feba = _mm_shuffle_epi32(abef[n], 0x1b);
            let dchg = _mm_shuffle_epi32(cdgh[n], 0xb1);
            let parts = [_mm_blend_epi16(feba, dchg, 0xf0), _mm_alignr_epi8(dchg, feba, 8)];
            for (to, part) in states[n].chunks_exact_mut(4).zip(parts) {
                // SAFETY: four words are sixteen bytes.
                unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), part) };
            }
        }
    }
}

/// Four messages side by side, a word of each in one vector, by what every processor of this kind has.
#[cfg(target_arch = "x86_64")]
mod lanes {
    use super::{BLOCK, K, LANES};
    use std::arch::x86_64::*;

    /// The words of a block: word t of each message in vector t.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn load(blocks: [&[u8]; LANES], at: usize) -> [__m128i; 16] {
        let mut w = [_mm_setzero_si128(); 16];
        for (i, four) in w.chunks_exact_mut(LANES).enumerate() {
            let [a, b, c, d] = blocks.map(|block| {
                let part: &[u8; 16] = block[at + 16 * i..at + 16 * i + 16].try_into().expect("a part of a block");
                // SAFETY: sixteen bytes are read of sixteen; the load asks for no alignment.
                let words = unsafe { _mm_loadu_si128(part.as_ptr().cast()) };
                let swapped = _mm_or_si128(_mm_slli_epi16(words, 8), _mm_srli_epi16(words, 8));
                _mm_shufflehi_epi16(_mm_shufflelo_epi16(swapped, 0xb1), 0xb1)
            });
            let (ab, cd) = (_mm_unpacklo_epi32(a, b), _mm_unpacklo_epi32(c, d));
            let (more_ab, more_cd) = (_mm_unpackhi_epi32(a, b), _mm_unpackhi_epi32(c, d));
            four[0] = _mm_unpacklo_epi64(ab, cd);
            four[1] = _mm_unpackhi_epi64(ab, cd);
            four[2] = _mm_unpacklo_epi64(more_ab, more_cd);
            four[3] = _mm_unpackhi_epi64(more_ab, more_cd);
        }
        w
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn add(a: __m128i, b: __m128i) -> __m128i {
        _mm_add_epi32(a, b)
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn xor(a: __m128i, b: __m128i, c: __m128i) -> __m128i {
        _mm_xor_si128(_mm_xor_si128(a, b), c)
    }

    /// All words turned right by R; L is 32 - R.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn turn<const R: i32, const L: i32>(a: __m128i) -> __m128i {
        _mm_or_si128(_mm_srli_epi32(a, R), _mm_slli_epi32(a, L))
    }

    /// The states after whole blocks of each message. All slices are equally long.
    #[target_feature(enable = "sse2")]
    pub fn compress(states: [[u32; 8]; LANES], blocks: [&[u8]; LANES]) -> [[u32; 8]; LANES] {
        let lane = |n: usize| {
            _mm_set_epi32(states[3][n] as i32, states[2][n] as i32, states[1][n] as i32, states[0][n] as i32)
        };
        let mut state: [__m128i; 8] = std::array::from_fn(lane);
        for at in (0..blocks[0].len()).step_by(BLOCK) {
            let mut w = load(blocks, at);
            let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
            for (t, &k) in K.iter().enumerate() {
                let now = if t < 16 {
                    w[t]
                } else {
                    let (early, late) = (w[(t + 1) % 16], w[(t + 14) % 16]);
                    let s0 = xor(turn::<7, 25>(early), turn::<18, 14>(early), _mm_srli_epi32(early, 3));
                    let s1 = xor(turn::<17, 15>(late), turn::<19, 13>(late), _mm_srli_epi32(late, 10));
                    w[t % 16] = add(add(w[t % 16], s0), add(w[(t + 9) % 16], s1));
                    w[t % 16]
                };
                let s1 = xor(turn::<6, 26>(e), turn::<11, 21>(e), turn::<25, 7>(e));
                let choice = _mm_xor_si128(g, _mm_and_si128(e, _mm_xor_si128(f, g)));
                let t1 = add(add(add(h, s1), add(choice, now)), _mm_set1_epi32(k as i32));
                let s0 = xor(turn::<2, 30>(a), turn::<13, 19>(a), turn::<22, 10>(a));
                let majority = _mm_or_si128(_mm_and_si128(a, b), _mm_and_si128(c, _mm_or_si128(a, b)));
                (h, g, f, e) = (g, f, e, add(d, t1));
                (d, c, b, a) = (c, b, a, add(t1, add(s0, majority)));
            }
            for (word, more) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
                *word = add(*word, more);
            }
        }
        let mut rows = [[0u32; LANES]; 8];
        for (row, word) in rows.iter_mut().zip(state) {
            // SAFETY: a row has the size of a vector; the store asks for no alignment.
            unsafe { _mm_storeu_si128(row.as_mut_ptr().cast(), word) };
        }
        std::array::from_fn(|lane| rows.map(|row| row[lane]))
    }
}
