// Checkpoints: the size and the root of a record, signed (`spec/record.md`, R-CHECKPOINT-1, R-CHECKPOINT-2).
//
//     camp-north.example/log\n                          origin
//     812\n                                             size
//     Xcnae…Qyg=\n                                      root, base64 of 32 bytes
//     \n
//     — camp-north.example/log <base64>\n               the log's signature, then cosignatures
//
// Source: c2sp.org/tlog-checkpoint v1.0.0.

import { type Bytes, decodeBase64 } from "./bytes.js";
import { forged, malformed } from "./fault.js";
import { type Note, type Verifier, checkNote, parseNote } from "./note.js";
import { bestEquation } from "./platform.js";
import type { Equation } from "./signature.js";

const MAX_SIZE = 2n ** 63n - 1n;
const HASH_SIZE = 32;

/** What a log says of itself. `root`: 32 bytes. `extensions`: lines of other logs, which mean nothing here. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Bytes;
  readonly extensions: readonly string[];
}

/** An ASCII decimal from 0 to 2^63 - 1: no sign, no leading zero. Throws `Malformed`. */
export function parseDecimal(text: string): bigint {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(text) || BigInt(text) > MAX_SIZE) {
    throw malformed("R-CHECKPOINT-1", "a number is written in plain digits, no sign, no leading zero, below 2^63");
  }
  return BigInt(text);
}

/** The 32 bytes of a hash in base64. Throws `Malformed`. */
export function parseHash(text: string): Bytes {
  const hash = decodeBase64(text, "R-NOTE-3");
  if (hash.length !== HASH_SIZE) throw malformed("R-CHECKPOINT-1", `a hash is 32 bytes, got ${hash.length}`);
  return hash;
}

/** The checkpoint in the text of a note (without signatures). Throws `Malformed`. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  if (lines.length < 4 || lines.pop() !== "" || lines.includes("")) {
    throw malformed("R-CHECKPOINT-1", "a checkpoint is three or more lines, none of them empty, each closed");
  }
  const [origin = "", size = "", root = "", ...extensions] = lines;
  return { origin, size: parseDecimal(size), root: parseHash(root), extensions };
}

/**
 * The checkpoint in a signed note, signed by the log's own key and naming the log as its origin.
 *
 * More than one key may be given where a log changed its key. Cosignatures are left as lines of the note, for
 * `readCosignatures`. Throws `Malformed`, in form; `Forged`, without the log's signature or with another origin.
 */
export async function openCheckpoint(
  data: Bytes,
  logs: readonly Verifier[],
  equation: Equation = bestEquation,
): Promise<{ readonly checkpoint: Checkpoint; readonly note: Note }> {
  const note = parseNote(data);
  const signed = await checkNote(note, logs, equation);
  const checkpoint = parseCheckpoint(note.text);
  for (const { name } of signed.keys()) {
    if (checkpoint.origin !== name) {
      throw forged("R-CHECKPOINT-2", `this checkpoint is of ${checkpoint.origin}, and ${name} signed it`);
    }
  }
  return { checkpoint, note };
}
