// Proof files: an entry, its place and the checkpoint it is under, checked offline (`spec/record.md`, R-PROOF-1).
//
//     c2sp.org/tlog-proof@v1\n
//     [extra <base64>\n]                  not authenticated
//     index <decimal>\n
//     <base64 hash>\n                     none or more, from the leaf to the root
//     \n
//     <checkpoint note>
//
// Source: c2sp.org/tlog-proof.

import { type Bytes, decodeBase64, encodeUtf8, isEqual } from "./bytes.js";
import { type Checkpoint, openCheckpoint, parseDecimal, parseHash } from "./checkpoint.js";
import { malformed } from "./fault.js";
import { MAX_PROOF, checkInclusion, leafHash } from "./merkle.js";
import type { Note, Verifier } from "./note.js";
import { bestEquation } from "./platform.js";
import type { Equation } from "./signature.js";

const HEAD = encodeUtf8("c2sp.org/tlog-proof@v1\n");
const MAX_SIZE = 2_000_000;
const LF = 10;

/**
 * A proof as parsed: nothing in it is checked yet. `checkpoint`: the bytes of a signed note.
 *
 * `extra` is signed by nobody, and may be anything.
 */
export interface TlogProof {
  readonly index: bigint;
  readonly hashes: readonly Bytes[];
  readonly checkpoint: Bytes;
  readonly extra: Bytes | null;
}

/** The proof in the bytes of a file; the checkpoint inside is not looked at. Throws `Malformed`. */
export function parseTlogProof(data: Bytes): TlogProof {
  if (data.length > MAX_SIZE) {
    throw malformed("R-PROOF-1", `a proof file has at most ${MAX_SIZE} bytes, this one ${data.length}`);
  }
  if (!isEqual(data.subarray(0, HEAD.length), HEAD)) {
    throw malformed("R-PROOF-1", "a proof file starts with the line c2sp.org/tlog-proof@v1");
  }
  const blank = data.findIndex((byte, at) => at >= HEAD.length && byte === LF && data[at + 1] === LF);
  if (blank < 0) throw malformed("R-PROOF-1", "a proof file has a blank line before its checkpoint; it was cut off");
  const head = data.slice(HEAD.length, blank);
  if (head.some((byte) => byte > 0x7f)) {
    throw malformed("R-PROOF-1", "the lines of a proof before its checkpoint are ASCII");
  }
  const lines = String.fromCharCode(...head).split("\n");
  const written = lines[0]?.startsWith("extra ") ? lines.shift()?.slice("extra ".length) : undefined;
  const extra = written === undefined ? null : decodeBase64(written, "R-NOTE-3");
  const [index, ...hashes] = lines;
  if (!index?.startsWith("index ")) {
    throw malformed("R-PROOF-1", "a proof file states the index of its entry after its first line");
  }
  if (hashes.length > MAX_PROOF) {
    throw malformed("R-PROOF-1", `a proof has at most ${MAX_PROOF} hashes, this one ${hashes.length}`);
  }
  return {
    index: parseDecimal(index.slice("index ".length)),
    hashes: hashes.map(parseHash),
    checkpoint: data.slice(blank + 2),
    extra,
  };
}

/**
 * `entry` is in the log at the proof's index, under the checkpoint that the log signed.
 *
 * Whether enough witnesses and mirrors cosigned it is for `readCosignatures` on the note that is returned. Throws
 * `Malformed`, when the checkpoint does not parse; `Forged`, when its signature or the proof does not hold.
 */
export async function checkTlogProof(
  proof: TlogProof,
  entry: Bytes,
  logs: readonly Verifier[],
  equation: Equation = bestEquation,
): Promise<{ readonly checkpoint: Checkpoint; readonly note: Note }> {
  const { checkpoint, note } = await openCheckpoint(proof.checkpoint, logs, equation);
  const leaf = await leafHash(entry);
  await checkInclusion(proof.hashes, { index: proof.index, size: checkpoint.size, leaf, root: checkpoint.root });
  return { checkpoint, note };
}
