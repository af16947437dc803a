// SHA-256 and SHA-512 by BigInt, for phones and pages that have no `crypto.subtle`.
//
// Both are one function over words of 32 or 64 bits. Its constants are the first bits of the fractional parts of the
// square roots of the first 8 primes, and of the cube roots of the first 64 or 80; those of SHA-256 are the upper
// halves of those of SHA-512, so none is copied here.
//
// Source: FIPS 180-4, sections 4.1.2, 4.1.3, 5.3.3, 5.3.5 and 6.2, 6.4.

import { type Bytes, concat } from "./bytes.js";

export type Hash = "SHA-256" | "SHA-512";

type Three = readonly [bigint, bigint, bigint];

interface Shape {
  /** Bits in a word, w. */
  readonly width: number;
  readonly rounds: number;
  /** Rotations, and one shift at the end, of sigma 0 and sigma 1; rotations of Sigma 0 and Sigma 1. */
  readonly small: readonly [Three, Three];
  readonly large: readonly [Three, Three];
}

const SHAPES: Readonly<Record<Hash, Shape>> = {
  "SHA-256": {
    width: 32,
    rounds: 64,
    small: [
      [7n, 18n, 3n],
      [17n, 19n, 10n],
    ],
    large: [
      [2n, 13n, 22n],
      [6n, 11n, 25n],
    ],
  },
  "SHA-512": {
    width: 64,
    rounds: 80,
    small: [
      [1n, 8n, 7n],
      [19n, 61n, 6n],
    ],
    large: [
      [28n, 34n, 39n],
      [14n, 18n, 41n],
    ],
  },
};

function firstPrimes(count: number): bigint[] {
  const found: bigint[] = [];
  for (let n = 2n; found.length < count; n++) if (found.every((prime) => n % prime !== 0n)) found.push(n);
  return found;
}

/** The first 64 bits of the fractional part of the degree-th root of n, for n < 512. */
function rootFraction(n: bigint, degree: bigint): bigint {
  const target = n << (64n * degree);
  let root = 0n;
  // root^degree <= target < (root + 2^bit)^degree after each step.
  for (let bit = 1n << 69n; bit > 0n; bit >>= 1n) if ((root + bit) ** degree <= target) root += bit;
  return BigInt.asUintN(64, root);
}

const PRIMES = firstPrimes(80);
const START = PRIMES.slice(0, 8).map((prime) => rootFraction(prime, 2n));
const ROUND = PRIMES.map((prime) => rootFraction(prime, 3n));

/** SHA-256 or SHA-512 of `data`; 32 or 64 bytes. */
export function sha2(hash: Hash, data: Uint8Array): Bytes {
  const { width, rounds, small, large } = SHAPES[hash];
  const w = BigInt(width);
  const bytes = width / 8;
  const block = bytes * 16;
  const cut = (x: bigint): bigint => BigInt.asUintN(width, x);
  const turn = (x: bigint, n: bigint): bigint => (x >> n) | cut(x << (w - n));
  const sigma = (x: bigint, [a, b, shift]: Three): bigint => turn(x, a) ^ turn(x, b) ^ (x >> shift);
  const sum = (x: bigint, [a, b, c]: Three): bigint => turn(x, a) ^ turn(x, b) ^ turn(x, c);
  const state = START.map((word) => word >> (64n - w));
  const constants = ROUND.map((word) => word >> (64n - w));
  const padded = pad(data, block, bytes * 2);
  for (let at = 0; at < padded.length; at += block) {
    const words: bigint[] = [];
    for (let t = 0; t < rounds; t++) {
      words.push(
        t < 16
          ? bigEndian(padded.subarray(at + t * bytes, at + (t + 1) * bytes))
          : cut(
              sigma(word(words, t - 2), small[1]) +
                word(words, t - 7) +
                sigma(word(words, t - 15), small[0]) +
                word(words, t - 16),
            ),
      );
    }
    let [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n, g = 0n, h = 0n] = state;
    for (let t = 0; t < rounds; t++) {
      const one = h + sum(e, large[1]) + ((e & f) ^ (~e & g)) + word(constants, t) + word(words, t);
      const two = sum(a, large[0]) + ((a & b) ^ (a & c) ^ (b & c));
      [a, b, c, d, e, f, g, h] = [cut(one + two), a, b, c, cut(d + one), e, f, g];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => {
      state[i] = cut(word(state, i) + value);
    });
  }
  return concat(...state.map((value) => toBigEndian(value, bytes)));
}

/** The platform's hash where there is one, which is every secure page; else ours. */
export async function digest(hash: Hash, data: Bytes): Promise<Bytes> {
  const subtle = globalThis.crypto?.subtle;
  return subtle === undefined ? sha2(hash, data) : new Uint8Array(await subtle.digest(hash, data));
}

function word(words: readonly bigint[], at: number): bigint {
  return words[at] ?? 0n;
}

/** data || 0x80 || zeros || number of bits, to a whole number of blocks. */
function pad(data: Uint8Array, block: number, lengthBytes: number): Bytes {
  const zeros = (block - ((data.length + 1 + lengthBytes) % block)) % block;
  return concat(data, Uint8Array.of(0x80), new Uint8Array(zeros), toBigEndian(BigInt(data.length) * 8n, lengthBytes));
}

function bigEndian(data: Uint8Array): bigint {
  let number = 0n;
  for (const byte of data) number = (number << 8n) | BigInt(byte);
  return number;
}

function toBigEndian(number: bigint, size: number): Bytes {
  const data = new Uint8Array(size);
  for (let at = size - 1; at >= 0; at--) {
    data[at] = Number(number & 0xffn);
    number >>= 8n;
  }
  return data;
}
