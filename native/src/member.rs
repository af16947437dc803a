//! Which points of the curve are members of the group, found without anybody's help.
//!
//! P is a member exactly when 8*((1/8)P) is P: the left side is a member whatever P is, and for a member 1/8 is undone.

use crate::point::{Affine, Niels};
use crate::single;

/// What is asked of every encoding: a point of the curve; that and a member other than the identity; its root as well.
#[derive(Clone, Copy, PartialEq)]
pub enum Wanted {
    Points,
    Members,
    Roots,
}

/// What is known of encodings, in order. ``roots``: x and y, where they were wanted.
#[derive(Default)]
pub struct Looked {
    pub points: Vec<Niels>,
    pub roots: Vec<[u8; 64]>,
}

/// What is known of these encodings; None when one is not what is wanted.
pub fn look(encodings: &[[u8; 32]], wanted: Wanted) -> Option<Looked> {
    let mut found = Looked::default();
    #[cfg(target_arch = "x86_64")]
    if crate::cpu::has(crate::cpu::IFMA) {
        // SAFETY: the instructions that it uses have been found.
        return unsafe { crate::lanes_member::look(encodings, wanted, &mut found) }.then_some(found);
    }
    for encoding in encodings {
        let point = Affine::decode(encoding)?;
        found.points.push(point.niels());
        if wanted != Wanted::Points {
            let root = single::eighth_root(&point)?;
            if wanted == Wanted::Roots {
                found.roots.push(root.coordinates());
            }
        }
    }
    Some(found)
}

/// The points of these encodings; None when one is off the curve.
pub fn decode(encodings: &[[u8; 32]]) -> Option<Vec<Affine>> {
    #[cfg(target_arch = "x86_64")]
    if crate::cpu::has(crate::cpu::IFMA) {
        // SAFETY: the instructions that it uses have been found.
        return unsafe { crate::lanes_member::decode_all(encodings) };
    }
    encodings.iter().map(Affine::decode).collect()
}
