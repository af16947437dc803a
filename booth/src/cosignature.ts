// Cosignatures: a witness or mirror says when it saw a record, and that it only grew (`spec/record.md`, R-COSIGN-1).
//
//     — <name> base64(key id[4] || uint64 time || 64-byte Ed25519 signature)         a line below a checkpoint
//
//     cosignature/v1\n                                                               the signed bytes
//     time <decimal>\n
//     <the whole text of the checkpoint: origin, size, root, any extension lines>
//
// Source: c2sp.org/tlog-cosignature v1.1.0-rc.1.

import { type Bytes, encodeUtf8, fromLittleEndian } from "./bytes.js";
import { forged } from "./fault.js";
import { type Note, type Verifier, checkNote, parseVkey } from "./note.js";
import { bestEquation } from "./platform.js";
import { type Equation, SIGNATURE_SIZE, checkSignature } from "./signature.js";

/** The kind of a key that cosigns checkpoints. */
export const COSIGNATURE = 0x04;

const TIME_SIZE = 8;
const MAX_TIME = 2n ** 63n - 1n;

/** A cosignature that was checked. `time`: Unix seconds UTC by the cosigner's clock. */
export interface Cosignature {
  readonly cosigner: string;
  readonly time: bigint;
}

/** The key of a witness or mirror (kind 0x04) in a vkey text. Throws `Malformed`. */
export async function parseCosignerKey(vkey: string): Promise<Verifier> {
  const key = await parseVkey(vkey, COSIGNATURE);
  return {
    name: key.name,
    keyId: key.keyId,
    publicKey: key.publicKey,
    async check(text, signature, equation) {
      if (signature.length !== TIME_SIZE + SIGNATURE_SIZE) {
        throw forged("R-COSIGN-1", `a cosignature is 72 bytes, this one ${signature.length}`);
      }
      const time = timeOf(signature);
      if (time === 0n || time > MAX_TIME) {
        throw forged("R-COSIGN-1", "a cosignature states a time, and this one's is impossible");
      }
      const message = encodeUtf8(`cosignature/v1\ntime ${time}\n${text}`);
      await checkSignature(key.publicKey, message, signature.slice(TIME_SIZE), equation);
    },
  };
}

/**
 * The cosignatures of these cosigners on a checkpoint note, each once, in the order of their lines; maybe none.
 *
 * Throws `Forged`, when the line of one of them fails; `Malformed`, when two of them share a name and id.
 */
export async function readCosignatures(
  note: Note,
  cosigners: readonly Verifier[],
  equation: Equation = bestEquation,
): Promise<readonly Cosignature[]> {
  const isTheirs = note.signatures.some((line) =>
    cosigners.some((one) => one.name === line.name && String(one.keyId) === String(line.keyId)),
  );
  if (!isTheirs) return [];
  const signed = await checkNote(note, cosigners, equation);
  return [...signed].map(([cosigner, line]) => ({ cosigner: cosigner.name, time: timeOf(line.signature) }));
}

/** The time in the first 8 bytes, the most significant first. */
function timeOf(signature: Bytes): bigint {
  return fromLittleEndian(signature.slice(0, TIME_SIZE).reverse());
}
