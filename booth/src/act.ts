// The act: one signed entry in a body's record (`spec/act.md`, R-ACT-1 to R-ACT-5).
//
//     majlis/1 <identity of the body, 64 hex>\n
//     {"v":1,"kind":…,"author":…,"nonce":…,"seen":{"size":…,"root":…},"cites":[…],"data":{…}}\n
//     \n
//     — <key id> <base64(4-byte note key id || 64-byte signature)>\n      one or more
//
// What is signed is the text: the first two lines with their line feeds. The first names format and body, so that a
// signature serves no other body and nothing that is not an act. The text's SHA-256 is the act's id. A key id is the
// public key itself in hex: signatures are checked with no list of keys at hand, and whether a key may do what it signs
// is for the fold, which is not here.

import { type Bytes, decodeBase64, decodeHex, encodeHex, encodeUtf8, isEqual, isHex64 } from "./bytes.js";
import { Fault, forged, malformed } from "./fault.js";
import { ED25519, type Note, type SignatureLine, keyId, parseNote } from "./note.js";
import { bestEquation } from "./platform.js";
import { type Json, type JsonObject, isObject, parseProfile } from "./profile.js";
import { digest } from "./sha2.js";
import { type Equation, SIGNATURE_SIZE, checkSignature } from "./signature.js";

export const FORMAT = "majlis/1";
export const NOBODY = "0".repeat(64);
export const MAX_ENTRY = 16 * 1024;
export const MAX_KIND = 64;

const FIELDS = ["v", "kind", "author", "nonce", "seen", "cites", "data"] as const;
const OPTIONAL = ["expires", "expects"] as const;
const KIND = /^[a-z]+(?:\.[a-z]+)*$/;

/** One signature line: the key that it names and its 64 bytes, not yet checked. */
export interface Signature {
  readonly key: string;
  readonly blob: Bytes;
}

/** A well-formed act. `id` is the SHA-256 of `text` in hex; `entry` is the whole note as logged. */
export interface Act {
  readonly id: string;
  readonly body: string;
  readonly kind: string;
  readonly author: string;
  readonly nonce: string;
  /** The last checkpoint that the author verified: size in entries, root as 44 characters of base64. */
  readonly seen: { readonly size: number; readonly root: string };
  readonly cites: readonly string[];
  readonly data: JsonObject;
  readonly expires: JsonObject | null;
  readonly expects: JsonObject | null;
  readonly text: Bytes;
  readonly entry: Bytes;
  readonly signatures: readonly Signature[];
}

/** An act of which every signature line verifies; `keys`: those who signed this copy. Made by `openAct`. */
export interface SignedAct {
  readonly act: Act;
  readonly keys: ReadonlySet<string>;
}

/** The body in whose record the act belongs; act 0 is its own body's identity. */
export function identityOf(act: Act): string {
  return act.body === NOBODY ? act.id : act.body;
}

/** The act in these bytes, well formed, its signatures not yet checked. Throws `Malformed`, R-ACT-1 to R-ACT-4. */
export async function parseAct(entry: Bytes): Promise<Act> {
  const note = parseEntry(entry);
  const signatures = await Promise.all(note.signatures.map(parseSignature));
  const text = encodeUtf8(note.text);
  const lines = note.text.split("\n");
  const [first = "", second = ""] = lines;
  if (lines.length !== 3) {
    throw malformed("R-ACT-2", `the text of an act is exactly two lines, found ${lines.length - 1}`);
  }
  const body = first.slice(FORMAT.length + 1);
  if (!first.startsWith(`${FORMAT} `) || !isHex64(body)) {
    throw malformed("R-ACT-2", `the first line must be '${FORMAT} ' and 64 hex digits of the body's identity`);
  }
  const fields = readEnvelope(parseProfile(second));
  return { id: encodeHex(await digest("SHA-256", text)), body, ...fields, text, entry, signatures };
}

/** The act in these bytes, well formed and signed as it says. Throws as `parseAct` and `checkSignatures` do. */
export async function openAct(entry: Bytes, equation: Equation = bestEquation): Promise<SignedAct> {
  const act = await parseAct(entry);
  return { act, keys: await checkSignatures(act, equation) };
}

/**
 * The keys that signed this copy, once every line verifies by rule S.
 *
 * Throws `Forged` with R-ACT-5 when a signature fails; `Malformed` with R-ACT-5 when a key signs twice.
 */
export async function checkSignatures(act: Act, equation: Equation = bestEquation): Promise<ReadonlySet<string>> {
  const keys = new Set(act.signatures.map((signature) => signature.key));
  if (keys.size !== act.signatures.length) throw malformed("R-ACT-5", "each key signs an act once");
  for (const { key, blob } of act.signatures) {
    try {
      await checkSignature(decodeHex(key, "R-ACT-5"), act.text, blob, equation);
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      throw forged("R-ACT-5", `the signature of key ${key.slice(0, 16)} fails: ${fault.message}`);
    }
  }
  return keys;
}

function parseEntry(entry: Bytes): Note {
  if (entry.length > MAX_ENTRY) {
    const found = `an act is at most ${MAX_ENTRY} bytes, this one has ${entry.length}`;
    throw malformed("R-ACT-1", `${found}; put what is large in a blob`);
  }
  try {
    return parseNote(entry);
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    throw malformed("R-ACT-1", `an act is a signed note: ${fault.message}`);
  }
}

async function parseSignature(line: SignatureLine): Promise<Signature> {
  if (!isHex64(line.name)) {
    throw malformed("R-ACT-1", "a signature line of an act names its key by the 64 hex digits of the public key");
  }
  const expected = await keyId(line.name, ED25519, decodeHex(line.name, "R-ACT-1"));
  if (line.signature.length !== SIGNATURE_SIZE || !isEqual(line.keyId, expected)) {
    throw malformed("R-ACT-1", "a signature line of an act holds the key's own 4-byte id and a 64-byte signature");
  }
  return { key: line.name, blob: line.signature };
}

type Envelope = Pick<Act, "kind" | "author" | "nonce" | "seen" | "cites" | "data" | "expires" | "expects">;

/** The fields of the envelope, each in its form. Throws `Malformed` with R-ACT-4. */
function readEnvelope(fields: JsonObject): Envelope {
  const expected = [...FIELDS, ...OPTIONAL.filter((name) => fields.has(name))];
  if (!hasKeys(fields, expected)) {
    throw malformed("R-ACT-4", `an act has the fields ${FIELDS.join(", ")} (then expires, expects) in this order`);
  }
  const [kind, author, nonce, seen, cites, data] = FIELDS.slice(1).map((name) => fields.get(name));
  const expires = fields.get("expires");
  const expects = fields.get("expects");
  if (
    fields.get("v") !== 1 ||
    !isKind(kind) ||
    !isHex64(author) ||
    !isBase64(nonce, 16) ||
    !isObject(seen) ||
    !hasKeys(seen, ["size", "root"]) ||
    !isList(cites) ||
    !cites.every(isHex64) ||
    !isObject(data) ||
    !isMapOf(expires, isBound, isSize) ||
    !isMapOf(expects, isHex64, isHex64)
  ) {
    throw badField();
  }
  const size = seen.get("size");
  const root = seen.get("root");
  if (!isSize(size) || !isBase64(root, 32)) throw badField();
  return { kind, author, nonce, seen: { size, root }, cites, data, expires: expires ?? null, expects: expects ?? null };
}

function badField(): Fault {
  return malformed("R-ACT-4", "a field of the envelope has the wrong type or form; see spec/act.md for each");
}

/** Whether these are the keys of the object, in this order. */
function hasKeys(value: JsonObject, keys: readonly string[]): boolean {
  const found = [...value.keys()];
  return found.length === keys.length && keys.every((key, at) => found[at] === key);
}

function isKind(value: Json | undefined): value is string {
  return typeof value === "string" && value.length <= MAX_KIND && KIND.test(value);
}

function isSize(value: Json | undefined): value is number {
  return typeof value === "number" && value >= 0;
}

function isBound(value: Json): boolean {
  return value === "size" || value === "time";
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** An object of such keys and values, or nothing at all. */
function isMapOf(
  value: Json | undefined,
  isKey: (key: Json) => boolean,
  isValue: (item: Json) => boolean,
): value is JsonObject | undefined {
  return value === undefined || (isObject(value) && [...value].every(([key, item]) => isKey(key) && isValue(item)));
}

function isBase64(value: Json | undefined, size: number): value is string {
  if (typeof value !== "string") return false;
  try {
    return decodeBase64(value, "R-ACT-4").length === size;
  } catch {
    return false;
  }
}
