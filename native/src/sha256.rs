//! SHA-256 (FIPS 180-4), by the processor's own instructions where they are found at run time.

/// First 32 bits of the fractional parts of the cube roots of the first 64 primes.
const K: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

/// The same of the square roots of the first 8.
const START: [u32; 8] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
];

type Compress = fn(&mut [u32; 8], &[u8]);

/// A message that is hashed as it comes.
#[derive(Clone)]
pub struct Hasher {
    state: [u32; 8],
    waiting: [u8; 64],
    filled: usize,
    length: u64,
    compress: Compress,
}

/// Whether the processor has instructions of its own.
pub fn is_in_hardware() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("ssse3")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}

fn best() -> Compress {
    #[cfg(target_arch = "x86_64")]
    if is_in_hardware() {
        return hardware::compress;
    }
    compress
}

/// The digest of a whole message.
pub fn digest(message: &[u8]) -> [u8; 32] {
    let mut hasher = Hasher::new();
    hasher.update(message);
    hasher.finish()
}

/// The digest by plain arithmetic, whatever the processor has.
pub fn digest_portably(message: &[u8]) -> [u8; 32] {
    let mut hasher = Hasher { compress, ..Hasher::new() };
    hasher.update(message);
    hasher.finish()
}

impl Hasher {
    pub fn new() -> Hasher {
        Hasher { state: START, waiting: [0; 64], filled: 0, length: 0, compress: best() }
    }

    pub fn update(&mut self, mut message: &[u8]) {
        self.length += message.len() as u64;
        if self.filled > 0 {
            let taken = message.len().min(64 - self.filled);
            self.waiting[self.filled..self.filled + taken].copy_from_slice(&message[..taken]);
            self.filled += taken;
            message = &message[taken..];
            if self.filled < 64 {
                return;
            }
            (self.compress)(&mut self.state, &self.waiting);
            self.filled = 0;
        }
        let whole = message.len() & !63;
        if whole > 0 {
            (self.compress)(&mut self.state, &message[..whole]);
        }
        self.filled = message.len() - whole;
        self.waiting[..self.filled].copy_from_slice(&message[whole..]);
    }

    pub fn finish(mut self) -> [u8; 32] {
        let mut end = [0u8; 128];
        end[..self.filled].copy_from_slice(&self.waiting[..self.filled]);
        end[self.filled] = 0x80;
        let size = if self.filled < 56 { 64 } else { 128 };
        end[size - 8..size].copy_from_slice(&(self.length * 8).to_be_bytes());
        (self.compress)(&mut self.state, &end[..size]);
        let mut digest = [0; 32];
        for (to, word) in digest.chunks_exact_mut(4).zip(self.state) {
            to.copy_from_slice(&word.to_be_bytes());
        }
        digest
    }
}

impl Default for Hasher {
    fn default() -> Hasher {
        Hasher::new()
    }
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
    use super::K;
    use std::arch::x86_64::*;

    pub fn compress(state: &mut [u32; 8], blocks: &[u8]) {
        // SAFETY: taken only where the three features were found (``is_in_hardware``).
        unsafe { compress_blocks(state, blocks) }
    }

    /// Four rounds at a time. The instructions want the state as ABEF and CDGH.
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn compress_blocks(state: &mut [u32; 8], blocks: &[u8]) {
        let big_endian = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
        let dcba = _mm_loadu_si128(state.as_ptr().cast());
        let hgfe = _mm_loadu_si128(state.as_ptr().add(4).cast());
        let cdab = _mm_shuffle_epi32(dcba, 0xb1);
        let efgh = _mm_shuffle_epi32(hgfe, 0x1b);
        let mut abef = _mm_alignr_epi8(cdab, efgh, 8);
        let mut cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
        for block in blocks.chunks_exact(64) {
            let before = (abef, cdgh);
            let mut w = [_mm_setzero_si128(); 4];
            for (i, word) in w.iter_mut().enumerate() {
                *word = _mm_shuffle_epi8(_mm_loadu_si128(block.as_ptr().add(16 * i).cast()), big_endian);
            }
            for round in 0..16 {
                let now = w[round % 4];
                let sum = _mm_add_epi32(now, _mm_loadu_si128(K.as_ptr().add(4 * round).cast()));
                cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
                abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
                if round < 12 {
                    let (next, after, last) = (w[(round + 1) % 4], w[(round + 2) % 4], w[(round + 3) % 4]);
                    let mixed = _mm_add_epi32(_mm_sha256msg1_epu32(now, next), _mm_alignr_epi8(last, after, 4));
                    w[round % 4] = _mm_sha256msg2_epu32(mixed, last);
                }
            }
            abef = _mm_add_epi32(abef, before.0);
            cdgh = _mm_add_epi32(cdgh, before.1);
        }
        let feba = _mm_shuffle_epi32(abef, 0x1b);
        let dchg = _mm_shuffle_epi32(cdgh, 0xb1);
        _mm_storeu_si128(state.as_mut_ptr().cast(), _mm_blend_epi16(feba, dchg, 0xf0));
        _mm_storeu_si128(state.as_mut_ptr().add(4).cast(), _mm_alignr_epi8(dchg, feba, 8));
    }
}
