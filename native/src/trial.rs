//! Single operations on encoded values, so that tests can hold each of them against plain arithmetic.
//!
//! Field elements, scalars: 32 bytes, little-endian. Points: 64 bytes, x and y.

#[cfg(target_arch = "x86_64")]
use crate::cpu;
use crate::field::{self, Fe};
use crate::point::{Affine, Niels, GENERATOR, IDENTITY};
use crate::power::{comb_all, multiples, multiples_of_all, Comb};
use crate::roots::{self, Member};
use crate::scalar::{self, Scalar};
use crate::sum::{best_width, Terms};
use crate::{sha256, sha512, single, text};

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn element(&mut self) -> Option<Fe> {
        field::from_bytes(&self.bytes()?)
    }

    fn scalar(&mut self) -> Option<Scalar> {
        scalar::from_bytes(&self.bytes()?)
    }

    fn point(&mut self) -> Option<Affine> {
        Affine::from_coordinates(&self.bytes()?)
    }
}

/// What the operation of this name gives for the input; None where it gives nothing, or has another form of input.
pub fn operate(name: &[u8], input: &[u8]) -> Option<Vec<u8>> {
    let mut input = Input(input);
    let field = |element: Fe| Some(field::to_bytes(&element).to_vec());
    let number = |scalar: Scalar| Some(scalar::to_bytes(&scalar).to_vec());
    let point = |point: Affine| Some(point.coordinates().to_vec());
    match name {
        b"field read" => field(input.element()?),
        b"field mul" => field(field::mul(&input.element()?, &input.element()?)),
        b"field square" => field(field::square(&input.element()?)),
        b"field add" => field(field::tighten(&field::add(&input.element()?, &input.element()?))),
        b"field sub" => field(field::tighten(&field::sub(&input.element()?, &input.element()?))),
        b"field neg" => field(field::neg(&input.element()?)),
        b"field invert" => field(field::invert(&input.element()?)),
        b"field root of ratio" => field(field::root_of_ratio(&input.element()?, &input.element()?)?),
        // ((a+b) - (c-d)) * ((a-b) + c): limbs as large as they become anywhere.
        b"field loose" => {
            let [a, b, c, d] = [input.element()?, input.element()?, input.element()?, input.element()?];
            let first = field::sub_wide(&field::add(&a, &b), &field::sub(&c, &d));
            let second = field::add_wide(&field::sub(&a, &b), &c);
            field(field::mul(&first, &second))
        }
        #[cfg(target_arch = "x86_64")]
        b"eight elements" if cpu::has(cpu::IFMA) => {
            let mut eight = || -> Option<[Fe; 8]> {
                let mut elements = [field::ZERO; 8];
                for element in &mut elements {
                    *element = input.element()?;
                }
                Some(elements)
            };
            // SAFETY: the instructions that it uses have been found.
            Some(unsafe { eight_elements(&eight()?, &eight()?) })
        }
        #[cfg(target_arch = "x86_64")]
        b"four elements" if cpu::has(cpu::AVX2) => {
            let mut four = || -> Option<[Fe; 4]> {
                Some([input.element()?, input.element()?, input.element()?, input.element()?])
            };
            // SAFETY: the instructions that it uses have been found.
            Some(unsafe { four_elements(&four()?, &four()?) })
        }
        b"scalar add" => number(scalar::add(&input.scalar()?, &input.scalar()?)),
        b"scalar neg" => number(scalar::neg(&input.scalar()?)),
        b"scalar mul" => number(scalar::mul(&input.scalar()?, &input.scalar()?)),
        b"scalar reduce" => {
            let bytes: [u8; 64] = input.bytes()?;
            let limb = |i: usize| u64::from_le_bytes(bytes[8 * i..8 * i + 8].try_into().unwrap());
            number(scalar::reduce(&std::array::from_fn(limb)))
        }
        b"scalar sum of products" => {
            let mut sum = scalar::Sum::default();
            while !input.0.is_empty() {
                sum.add_product(&input.scalar()?, &input.scalar()?);
            }
            number(sum.reduced())
        }
        b"scalar decimal" => number(scalar::from_decimal(input.0)?),
        b"scalar digits" => {
            let [w, windows] = input.bytes()?;
            let mut digits = Vec::new();
            let scalar = input.scalar()?;
            scalar::signed_digits(&scalar, w.into(), windows.into(), |_, digit| digits.extend(digit.to_le_bytes()));
            Some(digits)
        }
        b"point decode" => point(Affine::decode(&input.bytes()?)?),
        b"point encode" => Some(input.point()?.encode().to_vec()),
        b"point add" => {
            let (a, b) = (input.point()?.extended(), input.point()?);
            let sums = [a.plus_niels(&b.niels(), false), a.plus(&b.extended())].map(|sum| sum.affine().coordinates());
            (sums[0] == sums[1]).then(|| sums[0].to_vec())
        }
        b"point subtract" => {
            let (a, b) = (input.point()?.extended(), input.point()?);
            let differences = [
                a.plus_niels(&b.niels(), true),
                a.plus_cached(&b.extended().cached(), true),
                a.plus(&b.extended().negated()),
            ]
            .map(|difference| difference.affine().coordinates());
            (differences[0] == differences[1] && differences[1] == differences[2]).then(|| differences[0].to_vec())
        }
        b"point double" => point(input.point()?.extended().doubled().affine()),
        b"point times eight" => {
            let eight = input.point()?.times_eight()?;
            point(eight.affine(&field::invert(&eight.z)))
        }
        b"point eighth root" => point(single::eighth_root(&input.point()?)?),
        b"point multiple" => {
            let (base, scalar, mut all) = (input.point()?, input.scalar()?, Vec::new());
            multiples(&base, &[scalar], &mut all);
            let by_comb = Comb::new(&base).add_multiple(IDENTITY, &scalar);
            let mut result = all[0].affine().coordinates().to_vec();
            result.extend(by_comb.affine().coordinates());
            Some(result)
        }
        // Points, each with a scalar: s*P, (s+1)*P by the sums of all, s*P by tables; in the same order for each.
        b"point multiples" => {
            let (mut points, mut scalars) = (Vec::new(), Vec::new());
            while !input.0.is_empty() {
                points.push(input.point()?);
                scalars.push(input.scalar()?);
            }
            let both: Vec<Vec<Scalar>> =
                scalars.iter().map(|scalar| vec![*scalar, scalar::add(scalar, &scalar::ONE)]).collect();
            let combs: Vec<Comb> = points.iter().map(Comb::new).collect();
            let by_comb = comb_all(&combs.iter().collect::<Vec<_>>(), &scalars);
            let mut result = Vec::new();
            for (multiples, comb) in multiples_of_all(&points, &both).iter().zip(&by_comb) {
                for multiple in multiples.iter().chain([comb]) {
                    result.extend(multiple.affine().coordinates());
                }
            }
            Some(result)
        }
        b"point generator" => point(GENERATOR),
        b"sum" => sum(&mut input),
        b"roots" => {
            let roots: Vec<&[u8; 64]> = input.0.chunks_exact(64).map(|root| root.try_into().unwrap()).collect();
            let mut members = Vec::new();
            roots::raise(&roots, &mut members);
            let parts = |member: &Member| {
                let Niels { plus, minus, product } = &member.niels;
                [member.encoded, field::to_bytes(plus), field::to_bytes(minus), field::to_bytes(product)].concat()
            };
            Some(members.iter().flat_map(parts).collect())
        }
        b"sha256" => Some(sha256::digest(input.0).to_vec()),
        b"sha256 many" => {
            let mut parts = Vec::new();
            while !input.0.is_empty() {
                let size = u16::from_le_bytes(input.bytes()?);
                let (part, rest) = input.0.split_at_checked(size.into())?;
                input.0 = rest;
                parts.push(part);
            }
            let messages: Vec<(&[u8], &[u8])> = parts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            let mut digests = vec![[0; 32]; messages.len()];
            sha256::digest_all(&messages, |number, digest| digests[number] = digest);
            Some(digests.concat())
        }
        b"sha512" => Some(sha512::digest(&[&input.bytes::<1>()?, input.0]).to_vec()),
        b"fingerprint" => Some(text::fingerprint(&input.bytes()?).to_vec()),
        b"point text" => Some(text::point_hex(&input.bytes()?).to_vec()),
        b"point of text" => Some(text::point_bytes(&input.bytes()?)?.to_vec()),
        _ => None,
    }
}

/// a*b, a^2, a+b, a-b, 2a+b, 2a-b, the product of the last two, (a-b)^2, 1/a, each of all eight lanes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512ifma")]
fn eight_elements(a: &[Fe; 8], b: &[Fe; 8]) -> Vec<u8> {
    use crate::lanes::{add, double_add, double_sub, invert, load, mul, scatter, square, sub, Fe8};
    let [a, b] = [a, b].map(|all| Fe8(std::array::from_fn(|limb| load(&all.map(|element| element.0[limb])))));
    let (sum, difference) = (double_add(&a, &b), double_sub(&a, &b));
    let all = [
        mul(&a, &b),
        square(&a),
        add(&a, &b),
        sub(&a, &b),
        sum,
        difference,
        mul(&sum, &difference),
        square(&sub(&a, &b)),
        invert(&a),
    ];
    all.iter().flat_map(|eight| scatter(eight)).flat_map(|element| field::to_bytes(&element)).collect()
}

/// a*b, a^2, a+b, a-b; then of the largest numbers that these take (2a-b)*(a-b), (4a+2b)*(a+2b), (a+2b)^2,
/// 4a+2b-(a+2b); each of all four lanes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn four_elements(a: &[Fe; 4], b: &[Fe; 4]) -> Vec<u8> {
    use crate::quad::{add, carried, gather, mul, scatter, square, sub, sub_wide};
    let [a, b] = [a, b].map(|all| gather([&all[0], &all[1], &all[2], &all[3]]));
    let (twice, difference) = (add(&a, &a), sub(&a, &b));
    let (three, six) = (add(&a, &add(&b, &b)), add(&add(&twice, &twice), &add(&b, &b)));
    let all = [
        mul(&a, &b),
        square(&a),
        carried(&add(&a, &b)),
        carried(&difference),
        mul(&sub_wide(&twice, &b), &difference),
        mul(&six, &three),
        square(&three),
        carried(&sub_wide(&six, &three)),
    ];
    all.iter().flat_map(|four| scatter(four)).flat_map(|element| field::to_bytes(&element)).collect()
}

/// w (0: the best), then terms: kind (0 long, 1 short with scalar below 2^126), point, scalar.
fn sum(input: &mut Input) -> Option<Vec<u8>> {
    let [w] = input.bytes()?;
    let mut parts: Vec<(u8, Niels, Scalar)> = Vec::new();
    while !input.0.is_empty() {
        let [kind] = input.bytes()?;
        parts.push((kind, input.point()?.niels(), input.scalar()?));
    }
    let w = if w == 0 { best_width(parts.len()) } else { w.into() };
    let windows = 128_usize.div_ceil(w);
    let mut terms = Terms::new(w, parts.len(), parts.len(), windows);
    for (kind, niels, scalar) in &parts {
        if *kind == 0 {
            terms.add_long(niels, scalar);
            continue;
        }
        let mut digits = vec![0; 254_usize.div_ceil(w)];
        scalar::signed_digits(scalar, w, digits.len(), |i, digit| digits[i] = digit);
        terms.add_short(niels, &digits[..windows]);
    }
    Some(terms.sum().affine().coordinates().to_vec())
}
