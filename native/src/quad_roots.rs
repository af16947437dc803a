//! `roots.rs`, four roots at a time.

use crate::field::{self, D2, ONE};
use crate::point::{Affine, Niels};
use crate::quad::{gather, mul, scatter, spread, LANES};
use crate::quad_point::Projective4;
use crate::roots::Member;

/// The points of these roots, appended to ``out``.
#[target_feature(enable = "avx2")]
pub fn raise(roots: &[&[u8; 64]], out: &mut Vec<Member>) {
    let read = |root: Option<&&[u8; 64]>| root.and_then(|root| Affine::from_coordinates(root));
    let mut points: Vec<Projective4> = Vec::with_capacity(roots.len().div_ceil(LANES));
    for four in roots.chunks(LANES) {
        points.push(Projective4::eight_times(std::array::from_fn(|lane| read(four.get(lane)))));
    }
    // One inversion for all: products up, then down (`field::invert_all`), each lane for itself.
    let mut before = Vec::with_capacity(points.len());
    let mut product = spread(&ONE);
    for point in &points {
        before.push(product);
        product = mul(&product, &point.z);
    }
    let [a, b, c, d] = scatter(&product).map(|element| field::invert(&element));
    let mut inverse = gather([&a, &b, &c, &d]);
    for (point, before) in points.iter_mut().zip(&before).rev() {
        let own = mul(&inverse, before);
        inverse = mul(&inverse, &point.z);
        point.z = own;
    }
    for (point, roots) in points.iter().zip(roots.chunks(LANES)) {
        let (x, y) = (mul(&point.x, &point.z), mul(&point.y, &point.z));
        let products = scatter(&mul(&mul(&x, &y), &spread(&D2)));
        let (x, y) = (scatter(&x), scatter(&y));
        for lane in 0..roots.len() {
            let affine = Affine { x: x[lane], y: y[lane] };
            let plus = field::tighten(&field::add(&affine.y, &affine.x));
            let minus = field::tighten(&field::sub(&affine.y, &affine.x));
            out.push(Member { encoded: affine.encode(), niels: Niels { plus, minus, product: products[lane] } });
        }
    }
}
