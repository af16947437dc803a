// What is in force, shown without a fold: one statement under a digest that mirrors made again (`spec/digest.md`).
//
//     majlis-in-force/1\n
//     office clerk 17cb…\n                   the statement
//     3 9\n                                  its number among the statements, and how many there are
//     <base64 hash>\n                        none or more, from its leaf up to the digest
//     \n
//     612\n                                  bytes of the act
//     majlis/1 …                             the act state.digest, as logged
//     c2sp.org/tlog-proof@v1\n               the proof file that shows that act in the record
//
// A mirror makes each digest again that stands at the position it states, before it cosigns (R-MIRROR-4). So a digest
// at that position, under a checkpoint that enough mirrors cosigned, says what was in force before it. It says nothing
// of what came later: whoever shows the statement shows its age with it.

import { type Act, identityOf, openAct } from "./act.js";
import { type Bytes, decodeHex, decodeUtf8, encodeHex, encodeUtf8, isHex64 } from "./bytes.js";
import { parseDecimal, parseHash } from "./checkpoint.js";
import { type Cosignature, readCosignatures } from "./cosignature.js";
import { Fault, forged, malformed } from "./fault.js";
import { checkInclusion, leafHash } from "./merkle.js";
import type { Verifier } from "./note.js";
import { bestEquation } from "./platform.js";
import { checkTlogProof, parseTlogProof } from "./proof.js";
import type { Equation } from "./signature.js";

const HEAD = "majlis-in-force/1";
const MAX_SIZE = 64 * 1024;
const LF = 10;

/** Whom a phone trusts to say what is in force in one body: from a card or act 0, never from what is shown. */
export interface Trust {
  /** The body's identity, 64 hex digits. */
  readonly body: string;
  /** The key of its log, or several where it was changed. */
  readonly logs: readonly Verifier[];
  readonly mirrors: readonly Verifier[];
  /** How many of the mirrors must have cosigned; one in any case. */
  readonly quorum: number;
}

/** A proof as parsed: nothing in it is checked yet. `proof`: the bytes of a tlog-proof of `act`. */
export interface InForceProof {
  readonly statement: string;
  readonly index: bigint;
  readonly count: bigint;
  readonly hashes: readonly Bytes[];
  readonly act: Bytes;
  readonly proof: Bytes;
}

/** What was shown: true before entry `size` of the record, as seen by these mirrors at these times. */
export interface InForce {
  readonly statement: string;
  readonly size: bigint;
  /** The middle of the mirrors' times, of two the earlier; Unix seconds UTC. */
  readonly time: bigint;
  /** Entries behind the digest under that checkpoint; an age counts from `time` only where this is 0 (R-DIGEST-6). */
  readonly later: bigint;
  readonly mirrors: readonly string[];
}

/** The proof in the bytes of a file, in form. Throws `Malformed`, R-DIGEST-4 or the rule of the part at fault. */
export function parseInForce(data: Bytes): InForceProof {
  if (data.length > MAX_SIZE) throw bad(`it has at most ${MAX_SIZE} bytes, this one ${data.length}`);
  const blank = data.findIndex((byte, at) => byte === LF && data[at + 1] === LF);
  const head = decodeUtf8(blank < 0 ? data : data.slice(0, blank), "R-DIGEST-4");
  const [first, statement, place, ...hashes] = head.split("\n");
  if (first === undefined || statement === undefined || place === undefined) {
    throw bad("a line each: its name, the statement, its place, and hashes");
  }
  if (first !== HEAD || statement === "" || /[\x00-\x1f]/.test(statement)) {
    throw bad(`it starts with '${HEAD}' and a statement without control characters`);
  }
  const space = place.indexOf(" ");
  const [index, count] = space < 0 ? [place, ""] : [place.slice(0, space), place.slice(space + 1)];
  const [length, rest] = cutLine(blank < 0 ? data.slice(data.length) : data.slice(blank + 2));
  const size = parseDecimal(String.fromCharCode(...length.slice(0, 20)));
  if (size > BigInt(rest.length)) throw bad("the act in it is shorter than it says; the end was cut off");
  return {
    statement,
    index: parseDecimal(index),
    count: parseDecimal(count),
    hashes: hashes.map(parseHash),
    act: rest.slice(0, Number(size)),
    proof: rest.slice(Number(size)),
  };
}

/** The statement was in force in the body. Throws `Malformed` in form; `Forged` where anything does not hold. */
export async function checkInForce(
  shown: InForceProof,
  trust: Trust,
  equation: Equation = bestEquation,
): Promise<InForce> {
  const { act } = await openAct(shown.act, equation);
  if (identityOf(act) !== trust.body) throw doesNotHold("the digest in it is of another body than was asked about");
  const { size, root } = digestOf(act);
  const proof = parseTlogProof(shown.proof);
  if (proof.index !== size) {
    throw doesNotHold(`its digest is of ${size} entries and stands at ${proof.index}; mirrors pass such a one over`);
  }
  const { checkpoint, note } = await checkTlogProof(proof, shown.act, trust.logs, equation);
  if (new Set(trust.mirrors.map((mirror) => encodeHex(mirror.publicKey))).size !== trust.mirrors.length) {
    throw malformed("R-DIGEST-5", "one mirror is named twice among those to trust; name each once");
  }
  const cosigned = await readCosignatures(note, trust.mirrors, equation);
  if (cosigned.length < Math.max(1, trust.quorum)) {
    throw doesNotHold(`${cosigned.length} of these mirrors cosigned, and ${Math.max(1, trust.quorum)} must`);
  }
  const leaf = await leafHash(encodeUtf8(shown.statement));
  await checkInclusion(shown.hashes, { index: shown.index, size: shown.count, leaf, root });
  const mirrors = cosigned.map(({ cosigner }) => cosigner);
  return { statement: shown.statement, size, time: median(cosigned), later: checkpoint.size - size - 1n, mirrors };
}

/** What a `state.digest` states: of how many entries, and the root. Throws `Malformed`. */
function digestOf(act: Act): { readonly size: bigint; readonly root: Bytes } {
  const [size, root] = [act.data.get("size"), act.data.get("root")];
  if (act.kind !== "state.digest" || typeof size !== "number" || !isHex64(root)) {
    throw malformed("R-ACT-9", "the act in it is no digest of what is in force");
  }
  return { size: BigInt(size), root: decodeHex(root, "R-ACT-9") };
}

/** The bytes before the first line feed, and those after it. */
function cutLine(data: Bytes): readonly [Bytes, Bytes] {
  const at = data.indexOf(LF);
  return at < 0 ? [data, data.slice(data.length)] : [data.slice(0, at), data.slice(at + 1)];
}

function median(cosigned: readonly Cosignature[]): bigint {
  const times = cosigned.map(({ time }) => time).sort((one, other) => (one < other ? -1 : one > other ? 1 : 0));
  return times[Math.floor((times.length - 1) / 2)] ?? 0n;
}

function bad(text: string): Fault {
  return malformed("R-DIGEST-4", `a proof of what is in force: ${text}`);
}

function doesNotHold(text: string): Fault {
  return forged("R-DIGEST-5", `this proof of what is in force does not hold: ${text}`);
}
