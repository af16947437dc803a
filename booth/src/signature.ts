// Ed25519 under rule S: the one acceptance rule for acts, notes and cosignatures (`spec/record.md`).
//
//     y(b)   = the 32 bytes of b read little-endian, with the top (sign) bit cleared
//     pre(b) = y(b) < p  and  y(b) is not the y of a point of order 1, 2, 4 or 8
//
//     accept(A, R || S, M)  iff  pre(A) and pre(R) and S < L and [S]B = R + [SHA512(R || A || M) mod L]A
//
// There is no cofactor in the equation. `pre` and `S < L` are checked here, whoever works out the equation.
// Only public values come here: this package signs nothing and holds no secret.

import { type Bytes, concat, decodeHex, fromLittleEndian, isEqual } from "./bytes.js";
import { L, P, decodePoint, varTimeDifference } from "./edwards.js";
import { forged, malformed } from "./fault.js";
import { digest } from "./sha2.js";

export const PUBLIC_KEY_SIZE = 32;
export const SIGNATURE_SIZE = 64;

/**
 * R-SIG-3 for what has passed R-SIG-1 and R-SIG-2: whether [S]B = R + [SHA-512(R || A || M) mod L]A.
 *
 * A key of 32 bytes, any message, a signature of 64 bytes. Throws nothing.
 */
export type Equation = (key: Bytes, message: Bytes, signature: Bytes) => Promise<boolean>;

// The y of the eight points whose order divides 8: order 4, order 1, order 2, and the two of order 8.
const SMALL_ORDER: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  P - 1n,
  fromLittleEndian(decodeHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "R-SIG-1")),
  fromLittleEndian(decodeHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "R-SIG-1")),
]);

/** `pre` of rule S: canonical y, and not of small order. 32 bytes. */
function isAllowedPoint(encoded: Uint8Array): boolean {
  const y = BigInt.asUintN(255, fromLittleEndian(encoded));
  return y < P && !SMALL_ORDER.has(y);
}

/** The key may be enrolled: 32 bytes, canonical, and not of small order. Throws `Malformed` with R-SIG-1. */
export function checkPublicKey(key: Uint8Array): void {
  if (key.length !== PUBLIC_KEY_SIZE) {
    throw malformed("R-SIG-1", `an Ed25519 public key is 32 bytes, this one is ${key.length}; make the key again`);
  }
  if (!isAllowedPoint(key)) {
    throw malformed(
      "R-SIG-1",
      "this public key is non-canonical or of small order, so anyone could sign under it; make a new one",
    );
  }
}

/** `signature` (64 bytes, R || S) is this key's over `message`, by rule S. Throws `Forged`, whatever is wrong. */
export async function checkSignature(key: Bytes, message: Bytes, signature: Bytes, equation: Equation): Promise<void> {
  if (key.length !== PUBLIC_KEY_SIZE || !isAllowedPoint(key)) {
    throw forged("R-SIG-1", "the key has a form that no honest signer makes, and anyone could sign under it");
  }
  if (signature.length !== SIGNATURE_SIZE) {
    throw forged("R-SIG-2", `a signature is 64 bytes, got ${signature.length}; it was cut or altered on the way`);
  }
  if (!isAllowedPoint(signature.subarray(0, 32)) || fromLittleEndian(signature.subarray(32)) >= L) {
    throw forged("R-SIG-2", "the signature has a form that no honest signer makes");
  }
  if (!(await equation(key, message, signature))) {
    throw forged("R-SIG-3", "the signature does not fit the key and the text; one of them was altered");
  }
}

/**
 * The equation by BigInt, on any machine.
 *
 * R is never decoded: [S]B - [k]A is encoded and compared with its bytes. R has passed `pre`, so it is the only
 * encoding of its point, or that of none, and then equals nothing that is encoded.
 */
export const bigintEquation: Equation = async (key, message, signature) => {
  const A = decodePoint(key);
  if (A === null) return false;
  const R = signature.subarray(0, 32);
  const S = fromLittleEndian(signature.subarray(32));
  const k = fromLittleEndian(await digest("SHA-512", concat(R, key, message))) % L;
  return isEqual(varTimeDifference(S, k, A), R);
};
