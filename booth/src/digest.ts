// What is in force, shown without a fold: one statement under a digest that mirrors made again (`spec/digest.md`).
//
//     office clerk <key id>                 a statement; its leaf is in the tree whose root is
//     {…"kind":"state.digest",…"data":{"size":811,"root":"<hex>"}}           this act's, which is entry 811 of
//     camp-north.example/log                the record whose checkpoint the log signed and mirrors cosigned
//
// A mirror makes each digest again that stands at the position it states, before it cosigns (R-MIRROR-4). So a digest
// at that position, under a checkpoint that enough mirrors cosigned, says what was in force before entry 811. It says
// nothing of what came later: whoever shows the statement shows its age with it.

import { identityOf, openAct } from "./act.js";
import { type Bytes, decodeHex, encodeUtf8, isHex64 } from "./bytes.js";
import { type Cosignature, readCosignatures } from "./cosignature.js";
import { forged, malformed } from "./fault.js";
import { checkInclusion, leafHash } from "./merkle.js";
import type { Verifier } from "./note.js";
import { bestEquation } from "./platform.js";
import { checkTlogProof, parseTlogProof } from "./proof.js";
import type { Equation } from "./signature.js";

/** Whom a phone trusts to say what is in force in one body: from its card, never from what is shown. */
export interface Trust {
  /** The body's identity, 64 hex digits. */
  readonly body: string;
  readonly logs: readonly Verifier[];
  readonly mirrors: readonly Verifier[];
  /** How many of the mirrors must have cosigned; at least 1. */
  readonly quorum: number;
}

/** One statement and its way up to a digest: its number among `count` statements, and the hashes from the leaf up. */
export interface Shown {
  readonly statement: string;
  readonly index: bigint;
  readonly count: bigint;
  readonly hashes: readonly Bytes[];
  /** The act `state.digest`, as logged, and the proof file that shows it in the record. */
  readonly digest: Bytes;
  readonly proof: Bytes;
}

/** What was shown: true before entry `size` of the record, as seen by these mirrors at these times. */
export interface InForce {
  readonly statement: string;
  readonly size: bigint;
  readonly cosignatures: readonly Cosignature[];
  /** The middle of the mirrors' times, the earlier of two; Unix seconds UTC. The age is counted from here. */
  readonly time: bigint;
}

/** The statement was in force in the body. Throws `Malformed` in form; `Forged` where anything does not hold. */
export async function checkInForce(shown: Shown, trust: Trust, equation: Equation = bestEquation): Promise<InForce> {
  const { act } = await openAct(shown.digest, equation);
  if (identityOf(act) !== trust.body) {
    throw forged("R-ACT-6", "this digest is of another body than the one asked about");
  }
  const [size, root] = [act.data.get("size"), act.data.get("root")];
  if (act.kind !== "state.digest" || typeof size !== "number" || !isHex64(root)) {
    throw malformed("R-ACT-9", "this act is no digest of what is in force");
  }
  const proof = parseTlogProof(shown.proof);
  if (proof.index !== BigInt(size)) {
    throw forged("R-DIGEST-1", `this digest is of ${size} entries and stands at ${proof.index}: mirrors pass it over`);
  }
  const { note } = await checkTlogProof(proof, shown.digest, trust.logs, equation);
  const cosignatures = await readCosignatures(note, trust.mirrors, equation);
  if (trust.quorum < 1 || cosignatures.length < trust.quorum) {
    throw forged("R-POLICY-2", `${cosignatures.length} of these mirrors cosigned, and ${trust.quorum} must`);
  }
  const leaf = await leafHash(encodeUtf8(shown.statement));
  await checkInclusion(shown.hashes, { index: shown.index, size: shown.count, leaf, root: decodeHex(root, "R-ACT-9") });
  return { statement: shown.statement, size: BigInt(size), cosignatures, time: median(cosignatures) };
}

function median(cosignatures: readonly Cosignature[]): bigint {
  const times = cosignatures.map(({ time }) => time).sort((one, other) => (one < other ? -1 : one > other ? 1 : 0));
  return times[Math.floor((times.length - 1) / 2)] ?? 0n;
}
