// Merkle trees: short proofs about a whole record (`spec/record.md`, R-TREE-1 to R-TREE-3).
//
//     leaf = SHA-256(0x00 || entry)        node = SHA-256(0x01 || left || right)
//
// A tree over n > 1 leaves has on its left the largest power of two of leaves below n.
//
// Source: RFC 6962 section 2.1; RFC 9162 sections 2.1.3.2 and 2.1.4.2.

import { type Bytes, concat, isEqual } from "./bytes.js";
import { forged } from "./fault.js";
import { digest } from "./sha2.js";

export const MAX_PROOF = 63;
const HASH_SIZE = 32;

/** The hash of an entry as a leaf. */
export function leafHash(entry: Uint8Array): Promise<Bytes> {
  return digest("SHA-256", concat(Uint8Array.of(0), entry));
}

function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return digest("SHA-256", concat(Uint8Array.of(1), left, right));
}

/** `leaf` (a leaf hash) is at `index` in the tree of `size` with `root`. Throws `Forged`, whatever is wrong. */
export async function checkInclusion(
  proof: readonly Bytes[],
  { index, size, leaf, root }: { index: bigint; size: bigint; leaf: Bytes; root: Bytes },
): Promise<void> {
  checkHashes(proof, leaf, root);
  if (index < 0n || index >= size) throw forged("R-TREE-2", `entry ${index} cannot be in a record of ${size}`);
  // fn and sn are, level by level, the numbers of our node and of the last node.
  let [fn, sn, computed] = [index, size - 1n, leaf];
  for (const sibling of proof) {
    if (sn === 0n) throw forged("R-TREE-2", "the inclusion proof is longer than the tree is high");
    if (isOdd(fn) || fn === sn) {
      computed = await nodeHash(sibling, computed);
      while (fn !== 0n && !isOdd(fn)) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      computed = await nodeHash(computed, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n) throw forged("R-TREE-2", "the inclusion proof is shorter than the tree is high");
  if (!isEqual(computed, root)) {
    throw forged("R-TREE-2", "the inclusion proof leads to another root: the entry is not in this record as shown");
  }
}

/**
 * The tree of `size` with `root` extends that of `old` with `oldRoot`; 0 < old <= size. Throws `Forged`.
 *
 * What a phone asks before it takes a larger checkpoint for that of the same record.
 */
export async function checkConsistency(
  proof: readonly Bytes[],
  { old, size, oldRoot, root }: { old: bigint; size: bigint; oldRoot: Bytes; root: Bytes },
): Promise<void> {
  checkHashes(proof, oldRoot, root);
  if (old <= 0n || old > size) throw forged("R-TREE-3", `a record of ${size} does not extend one of ${old}`);
  // fn and sn are, level by level, the numbers of the last node of the old tree and of the new one.
  let [fn, sn] = [old - 1n, size - 1n];
  while (isOdd(fn) || (fn === sn && fn !== 0n)) [fn, sn] = [fn >> 1n, sn >> 1n];
  // Where the old tree is one perfect node of the new, its root is where the proof starts from.
  const [first, ...rest] = fn === 0n ? [oldRoot, ...proof] : proof;
  if (first === undefined) throw forged("R-TREE-3", "the consistency proof is empty, and these two sizes need one");
  let [computedOld, computed] = [first, first];
  for (const sibling of rest) {
    if (sn === 0n) throw forged("R-TREE-3", "the consistency proof is longer than the tree is high");
    if (isOdd(fn) || fn === sn) {
      if (fn !== 0n) computedOld = await nodeHash(sibling, computedOld);
      computed = await nodeHash(sibling, computed);
      while (fn !== 0n && !isOdd(fn)) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      computed = await nodeHash(computed, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n) throw forged("R-TREE-3", "the consistency proof is shorter than the tree is high");
  if (!isEqual(computedOld, oldRoot)) {
    throw forged("R-TREE-3", "the consistency proof does not start from the earlier root: history was rewritten");
  }
  if (!isEqual(computed, root)) {
    throw forged("R-TREE-3", "the consistency proof does not lead to the later root: history was rewritten");
  }
}

function isOdd(number: bigint): boolean {
  return (number & 1n) === 1n;
}

function checkHashes(proof: readonly Bytes[], ...others: readonly Bytes[]): void {
  if (proof.length > MAX_PROOF) {
    throw forged("R-TREE-1", `a proof has at most ${MAX_PROOF} hashes, this one ${proof.length}`);
  }
  if ([...proof, ...others].some((hash) => hash.length !== HASH_SIZE)) {
    throw forged("R-TREE-1", "a hash in this proof is not 32 bytes long; it was cut or altered");
  }
}
