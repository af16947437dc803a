//! The points of which roots are given: of each root Q the point 8*Q, a member whoever chose Q.
//!
//! A root that is not written canonically, or is off the curve, gives the identity, which nobody accepts.

use crate::field::Fe;
use crate::point::{affine_all, Affine, Niels, Projective, IDENTITY, IDENTITY_BYTES};

/// A point as it is written and as it is added.
#[derive(Clone, Copy)]
pub struct Member {
    pub encoded: [u8; 32],
    pub niels: Niels,
}

/// The points of these roots, x and y in 64 bytes each.
pub fn raise(roots: &[&[u8; 64]], out: &mut Vec<Member>) {
    out.clear();
    #[cfg(target_arch = "x86_64")]
    if crate::cpu::has(crate::cpu::IFMA) {
        // SAFETY: the instructions that it uses have been found.
        unsafe { crate::lanes_roots::raise(roots, out) };
        return;
    }
    #[cfg(target_arch = "x86_64")]
    if crate::cpu::has(crate::cpu::AVX2) {
        // SAFETY: the instructions that it uses have been found.
        unsafe { crate::quad_roots::raise(roots, out) };
        return;
    }
    raise_plainly(roots, out);
}

fn raise_plainly(roots: &[&[u8; 64]], out: &mut Vec<Member>) {
    let eight = |root: &&[u8; 64]| Affine::from_coordinates(root).and_then(|root| root.times_eight());
    let points: Vec<Projective> = roots.iter().map(|root| eight(root).unwrap_or(IDENTITY.projective())).collect();
    let (mut inverses, mut scratch, mut affine): (Vec<Fe>, Vec<Fe>, Vec<Affine>) = Default::default();
    affine_all(&points, &mut inverses, &mut scratch, &mut affine);
    out.extend(affine.iter().map(|point| Member { encoded: point.encode(), niels: point.niels() }));
}

impl Member {
    /// Whether it is a member other than the identity.
    pub fn is_proper(&self) -> bool {
        self.encoded != IDENTITY_BYTES
    }
}
