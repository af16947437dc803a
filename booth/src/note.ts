// Signed notes: text with signature lines below it (`spec/record.md`, R-NOTE-1 to R-NOTE-6).
//
//     <text, ends in \n>
//     \n
//     — <key name> <base64(key id[4] || signature)>\n          one or more; the dash is U+2014
//
// The signed bytes are the text with its last line feed, without the blank line. The text may hold blank lines, so it
// ends at the last one. Never show or trust the text of a note before `checkNote`: until then anybody may have written
// it.
//
// Source: c2sp.org/signed-note v1.0.0.

import { type Bytes, concat, decodeBase64, decodeUtf8, encodeHex, encodeUtf8 } from "./bytes.js";
import { forged, malformed } from "./fault.js";
import { digest } from "./sha2.js";
import { type Equation, PUBLIC_KEY_SIZE, checkPublicKey, checkSignature } from "./signature.js";

/** The kind of a key that signs texts as they are. */
export const ED25519 = 0x01;

const MAX_NOTE_SIZE = 1_000_000;
const MAX_SIGNATURES = 100;
const MAX_KEY_NAME_SIZE = 255;
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
// Plus, control characters, and Unicode's White_Space property, written out so that the set does not change with a
// language's tables.
const NOT_IN_NAME = /[+\x00-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** One line below a note, not yet judged. `keyId`: 4 bytes. `signature`: what follows it, at least one byte. */
export interface SignatureLine {
  readonly name: string;
  readonly keyId: Bytes;
  readonly signature: Bytes;
}

/** A note as parsed: form checked, signatures not. `text` ends in a line feed. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly SignatureLine[];
}

/** A key that a reader was configured with: a name, a 4-byte id, and a check of its line under a text. */
export interface Verifier {
  readonly name: string;
  readonly keyId: Bytes;
  readonly publicKey: Bytes;
  /** `signature` is this key's over `text`. Throws `Forged`. */
  check(text: string, signature: Bytes, equation: Equation): Promise<void>;
}

/** A verifier key as written: `kind` says what it may sign (0x01 notes, 0x04 cosignatures). */
export interface VKey {
  readonly name: string;
  readonly kind: number;
  readonly publicKey: Bytes;
  readonly keyId: Bytes;
}

/** The first 4 bytes of SHA-256(name || 0x0A || kind || public key). An identifier, not a security feature. */
export async function keyId(name: string, kind: number, publicKey: Uint8Array): Promise<Bytes> {
  const hash = await digest("SHA-256", concat(encodeUtf8(`${name}\n`), Uint8Array.of(kind), publicKey));
  return hash.slice(0, 4);
}

/** The note in `data`, in form; who signed it is another question. Throws `Malformed`. */
export function parseNote(data: Bytes): Note {
  if (data.length > MAX_NOTE_SIZE) {
    throw malformed("R-NOTE-1", `a note has at most ${MAX_NOTE_SIZE} bytes, this one ${data.length}`);
  }
  const whole = decodeUtf8(data, "R-NOTE-1");
  if (CONTROL.test(whole)) throw malformed("R-NOTE-1", "a note has no control characters, and one was found");
  const end = whole.lastIndexOf("\n\n");
  if (end < 0) {
    throw malformed("R-NOTE-1", "a note has a blank line between its text and its signatures, and there is none");
  }
  const below = whole.slice(end + 2);
  if (!below.endsWith("\n")) {
    throw malformed("R-NOTE-1", "a note ends with signature lines, the last one closed by a line feed; it was cut off");
  }
  const lines = below.slice(0, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) {
    throw malformed("R-NOTE-1", `a note has at most ${MAX_SIGNATURES} signatures, this one ${lines.length}`);
  }
  return { text: whole.slice(0, end + 1), signatures: lines.map(parseSignatureLine) };
}

function parseSignatureLine(line: string): SignatureLine {
  if (!line.startsWith("— ")) throw malformed("R-NOTE-1", "a signature line starts with an em dash and a space");
  const [name = "", ...rest] = line.slice(2).split(" ");
  checkKeyName(name);
  const blob = decodeBase64(rest.join(" "), "R-NOTE-3");
  if (blob.length < 5) {
    throw malformed("R-NOTE-1", `a signature line holds 4 bytes of key id and a signature, got ${blob.length} in all`);
  }
  return { name, keyId: blob.slice(0, 4), signature: blob.slice(4) };
}

function checkKeyName(name: string): void {
  if (name === "" || NOT_IN_NAME.test(name)) {
    throw malformed("R-NOTE-2", "a key name is not empty and has no space and no plus");
  }
}

/**
 * The key in `<name>+<8 hex digits of the key id>+<base64(kind || public key)>`, where it is an Ed25519 key of `kind`.
 *
 * The base64 part may hold a plus, so the name ends at the first one. Throws `Malformed`, also when the key id is not
 * the one computed, or the key may not be enrolled.
 */
export async function parseVkey(text: string, kind: number): Promise<VKey> {
  const [, name = "", written = "", encoded = ""] = /^([^+]+)\+([0-9a-f]{8})\+([^\n]+)$/.exec(text) ?? [];
  if (encoded === "") throw malformed("R-NOTE-4", "a verifier key is <name>+<8 hex digits>+<base64>");
  checkKeyName(name);
  if (encodeUtf8(name).length > MAX_KEY_NAME_SIZE) {
    throw malformed("R-NOTE-4", `a key name has at most ${MAX_KEY_NAME_SIZE} bytes`);
  }
  const material = decodeBase64(encoded, "R-NOTE-3");
  const [found = 0] = material;
  const publicKey = material.slice(1);
  const id = await keyId(name, found, publicKey);
  if (material.length < 2 || encodeHex(id) !== written) {
    throw malformed("R-NOTE-4", `the verifier key of ${name} says another id than its name and key give`);
  }
  if (found !== kind || publicKey.length !== PUBLIC_KEY_SIZE) {
    throw malformed("R-NOTE-4", `the key of ${name} is of kind ${found}; an Ed25519 key of kind ${kind} was expected`);
  }
  checkPublicKey(publicKey);
  return { name, kind, publicKey, keyId: id };
}

/** The key of a log or of any signer of notes (kind 0x01). A log's key is named as its origin. Throws `Malformed`. */
export async function parseNoteKey(vkey: string): Promise<Verifier> {
  const key = await parseVkey(vkey, ED25519);
  return {
    name: key.name,
    keyId: key.keyId,
    publicKey: key.publicKey,
    check: (text, signature, equation) => checkSignature(key.publicKey, encodeUtf8(text), signature, equation),
  };
}

/**
 * The note is signed by at least one of `verifiers`, and no line in the name of one of them is false.
 *
 * Lines of other keys are ignored, as are repeated lines of one key. Returns those who signed, each with its line, in
 * the order of the lines. Throws `Forged`, when a known key's line fails or none is there (R-NOTE-6); `Malformed`, when
 * two verifiers have one name and id.
 */
export async function checkNote<V extends Verifier>(
  note: Note,
  verifiers: readonly V[],
  equation: Equation,
): Promise<ReadonlyMap<V, SignatureLine>> {
  const nameAndId = (of: V | SignatureLine): string => `${of.name}+${encodeHex(of.keyId)}`;
  const known = new Map(verifiers.map((verifier) => [nameAndId(verifier), verifier]));
  if (known.size !== verifiers.length) {
    throw malformed("R-NOTE-4", "two of the configured keys have the same name and id; remove one");
  }
  const signed = new Map<V, SignatureLine>();
  for (const line of note.signatures) {
    const verifier = known.get(nameAndId(line));
    if (verifier === undefined || signed.has(verifier)) continue;
    await verifier.check(note.text, line.signature, equation);
    signed.set(verifier, line);
  }
  if (signed.size === 0) throw forged("R-NOTE-6", "the note carries no signature of a key that we know");
  return signed;
}
