// The group of Ed25519 by BigInt: as much of it as judging a signature takes.
//
//     -x^2 + y^2 = 1 + d x^2 y^2   over the integers modulo p = 2^255 - 19,   d = -121665/121666
//
// The base point B has order L; the whole group has order 8 L, so that a point can have a part of small order. A
// point is kept as (X, Y, Z, T) with x = X/Z, y = Y/Z and T = X Y / Z, and the sum formulas hold for every pair of
// points.
//
// How long this takes depends on its input: nothing secret may ever come here.
//
// Source: RFC 8032, sections 5.1.1 to 5.1.4; Hisil, Wong, Carter, Dawson 2008, section 3.1 (sum) and 3.3 (double).

import { type Bytes, fromLittleEndian, toLittleEndian } from "./bytes.js";

export const P = 2n ** 255n - 19n;
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;

interface Point {
  readonly X: bigint;
  readonly Y: bigint;
  readonly Z: bigint;
  readonly T: bigint;
}

const MASK = 2n ** 255n - 1n;
const WINDOW = 4n;

function mod(a: bigint): bigint {
  const rest = a % P;
  return rest < 0n ? rest + P : rest;
}

/** a^e modulo p, for e >= 0. */
function power(a: bigint, e: bigint): bigint {
  let result = 1n;
  for (let bit = a; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * bit) % P;
    bit = (bit * bit) % P;
  }
  return result;
}

const d = mod(-121665n * power(121666n, P - 2n));
const TWICE_D = mod(2n * d);
const ROOT_OF_MINUS_1 = power(2n, (P - 1n) / 4n);
const NEUTRAL: Point = { X: 0n, Y: 1n, Z: 1n, T: 0n };

function add(a: Point, b: Point): Point {
  const A = ((a.Y - a.X) * (b.Y - b.X)) % P;
  const B = ((a.Y + a.X) * (b.Y + b.X)) % P;
  const C = (((a.T * TWICE_D) % P) * b.T) % P;
  const D = (2n * a.Z * b.Z) % P;
  const [E, F, G, H] = [B - A, D - C, D + C, B + A];
  return { X: (E * F) % P, Y: (G * H) % P, Z: (F * G) % P, T: (E * H) % P };
}

function double(a: Point): Point {
  const A = (a.X * a.X) % P;
  const B = (a.Y * a.Y) % P;
  const S = a.X + a.Y;
  const E = A + B - ((S * S) % P);
  const G = A - B;
  const F = 2n * ((a.Z * a.Z) % P) + G;
  return { X: (E * F) % P, Y: (G * (A + B)) % P, Z: (F * G) % P, T: (E * (A + B)) % P };
}

function negate(a: Point): Point {
  return { X: -a.X, Y: a.Y, Z: a.Z, T: -a.T };
}

/** 0 to 15 times a point. */
function multiples(a: Point): readonly Point[] {
  const found = [NEUTRAL];
  for (let total = a; found.length < 16; total = add(total, a)) found.push(total);
  return found;
}

/** The point that 32 bytes encode, or null where they encode none. The caller has checked that y < p. */
export function decodePoint(encoded: Bytes): Point | null {
  const number = fromLittleEndian(encoded);
  const y = number & MASK;
  const sign = number >> 255n;
  // x^2 = u/v. With p = 5 modulo 8 its root is u v^3 (u v^7)^((p-5)/8), perhaps times the root of -1, or there is none.
  const yy = (y * y) % P;
  const u = mod(yy - 1n);
  const v = mod(d * yy + 1n);
  const v3 = (v * v * v) % P;
  let x = (((u * v3) % P) * power((((u * v3) % P) * v3 * v) % P, (P - 5n) / 8n)) % P;
  const check = (((v * x) % P) * x) % P;
  if (check === mod(-u)) x = (x * ROOT_OF_MINUS_1) % P;
  else if (check !== u) return null;
  if (x === 0n && sign === 1n) return null;
  if ((x & 1n) !== sign) x = P - x;
  return { X: x, Y: y, Z: 1n, T: (x * y) % P };
}

/** The 32 bytes of a point: y, and the lowest bit of x on top. */
function encodePoint(a: Point): Bytes {
  const inverse = power(mod(a.Z), P - 2n);
  return toLittleEndian(mod(a.Y * inverse) | ((mod(a.X * inverse) & 1n) << 255n), 32);
}

const BASE = decodePoint(toLittleEndian(mod(4n * power(5n, P - 2n)), 32)) ?? NEUTRAL;
const BASE_MULTIPLES = multiples(BASE);

/**
 * The 32 bytes of [s]B - [k]A, for s and k below 2^256. Not of constant time.
 *
 * Both numbers are read four bits at a time from the top, so that the doublings are shared.
 */
export function varTimeDifference(s: bigint, k: bigint, A: Point): Bytes {
  const multiplesOfA = multiples(negate(A));
  let total = NEUTRAL;
  for (let shift = 252n; shift >= 0n; shift -= WINDOW) {
    for (let i = 0n; i < WINDOW; i++) total = double(total);
    total = add(total, BASE_MULTIPLES[Number((s >> shift) & 15n)] ?? NEUTRAL);
    total = add(total, multiplesOfA[Number((k >> shift) & 15n)] ?? NEUTRAL);
  }
  return encodePoint(total);
}
