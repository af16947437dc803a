//! Merkle trees of records (RFC 6962, section 2.1): node = SHA-256(0x01 || left || right).

use crate::sha256;

/// Bytes of what a node is the hash of.
const NODE: usize = 65;

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; NODE] {
    let mut message = [1; NODE];
    message[1..33].copy_from_slice(left);
    message[33..].copy_from_slice(right);
    message
}

/// How many perfect nodes stand above so many hashes.
pub fn count_nodes(hashes: usize) -> usize {
    hashes - hashes.count_ones() as usize
}

/// The perfect nodes above these hashes, level after level; ``nodes`` has room for as many as there are.
pub fn raise(hashes: &[[u8; 32]], nodes: &mut [[u8; 32]]) {
    assert_eq!(nodes.len(), count_nodes(hashes.len()));
    let (mut below, mut above) = (hashes, nodes);
    while below.len() > 1 {
        let (level, rest) = above.split_at_mut(below.len() / 2);
        let messages: Vec<[u8; NODE]> = below.chunks_exact(2).map(|pair| node(&pair[0], &pair[1])).collect();
        let messages: Vec<(&[u8], &[u8])> = messages.iter().map(|message| (&message[..], &b""[..])).collect();
        sha256::digest_all(&messages, |number, digest| level[number] = digest);
        (below, above) = (level, rest);
    }
}

/// The root that the siblings of a leaf lead to, from the leaf up. ``sides``: by bits, from the lowest, whether each
/// sibling stands on the left.
pub fn climb(leaf: &[u8; 32], siblings: &[[u8; 32]], sides: u64) -> [u8; 32] {
    let mut computed = *leaf;
    for (height, sibling) in siblings.iter().enumerate() {
        let is_left = sides >> height & 1 == 1;
        let message = if is_left { node(sibling, &computed) } else { node(&computed, sibling) };
        computed = sha256::digest(&message);
    }
    computed
}
