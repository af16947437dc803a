// Signed notes: text with signature lines below it (`spec/record.md`, R-NOTE-1 to R-NOTE-3).
//
//     <text, ends in \n>
//     \n
//     — <key name> <base64(key id[4] || signature)>\n          one or more; the dash is U+2014
//
// The signed bytes are the text with its last line feed, without the blank line. The text may hold blank lines, so it
// ends at the last one.
//
// Source: c2sp.org/signed-note v1.0.0.

import { type Bytes, concat, decodeBase64, decodeUtf8, encodeUtf8 } from "./bytes.js";
import { malformed } from "./fault.js";
import { digest } from "./sha2.js";

/** The kind of a key that signs texts as they are. */
export const ED25519 = 0x01;

const MAX_NOTE_SIZE = 1_000_000;
const MAX_SIGNATURES = 100;
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
// Plus, and Unicode's White_Space property, written out so that the set does not change with a language's tables.
const NOT_IN_NAME = /[+\x09-\x0d \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

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
  if (name === "" || NOT_IN_NAME.test(name)) {
    throw malformed("R-NOTE-2", "a key name is not empty and has no space and no plus");
  }
  const blob = decodeBase64(rest.join(" "), "R-NOTE-3");
  if (blob.length < 5) {
    throw malformed("R-NOTE-1", `a signature line holds 4 bytes of key id and a signature, got ${blob.length} in all`);
  }
  return { name, keyId: blob.slice(0, 4), signature: blob.slice(4) };
}
