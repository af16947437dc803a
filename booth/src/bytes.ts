// Bytes and the three ways in which records write them: UTF-8, hex, base64. Each form is accepted in its one canonical
// way; the caller names the rule that another one breaks.

import { malformed } from "./fault.js";

/** Bytes in memory that nobody else shares, which is what WebCrypto takes. */
export type Bytes = Uint8Array<ArrayBuffer>;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX = /^(?:[0-9a-f]{2})*$/;

/** Exactly 64 lower-case hex digits: a key id, an act's id, a body's identity. */
export function isHex64(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

/** The bytes that lower-case hex stands for. Throws `Malformed` with `rule`. */
export function decodeHex(text: string, rule: string): Bytes {
  if (!HEX.test(text)) throw malformed(rule, "this must be lower-case hex digits, two for each byte");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function encodeHex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of base64, RFC 4648 section 4, with padding, in the one form that encodes them. Throws `Malformed`. */
export function decodeBase64(text: string, rule: string): Bytes {
  const bare = text.replace(/={1,2}$/, "");
  const data = new Uint8Array(Math.floor((bare.length * 3) / 4));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const letter of bare) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) throw malformed(rule, "this is not base64");
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      data[at++] = (held >> bits) & 0xff;
    }
  }
  // Written again it is the same text, so that padding is there and no bit that stands for nothing is set.
  if (encodeBase64(data) !== text) throw malformed(rule, "this base64 is not in its canonical form");
  return data;
}

export function encodeBase64(data: Uint8Array): string {
  let text = "";
  for (let at = 0; at < data.length; at += 3) {
    const [a = 0, b = 0, c = 0] = data.subarray(at, at + 3);
    const group = (a << 16) | (b << 8) | c;
    for (const shift of [18, 12, 6, 0]) text += ALPHABET.charAt((group >> shift) & 63);
  }
  const lacking = (3 - (data.length % 3)) % 3;
  return text.slice(0, text.length - lacking) + "=".repeat(lacking);
}

/** The text that these bytes are in UTF-8, a byte order mark kept as the character it is. Throws `Malformed`. */
export function decodeUtf8(data: Bytes, rule: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw malformed(rule, "this must be UTF-8, and a byte of it is not");
  }
}

export function encodeUtf8(text: string): Bytes {
  const data = new TextEncoder().encode(text);
  return new Uint8Array(data);
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether two byte strings are the same. Not for secrets. */
export function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** The number that bytes are, the least significant first. */
export function fromLittleEndian(data: Uint8Array): bigint {
  let number = 0n;
  for (const byte of Array.from(data).reverse()) number = (number << 8n) | BigInt(byte);
  return number;
}

/** `size` bytes of a number below 256^size, the least significant first. */
export function toLittleEndian(number: bigint, size: number): Bytes {
  const data = new Uint8Array(size);
  for (let at = 0; at < size; at++) {
    data[at] = Number(number & 0xffn);
    number >>= 8n;
  }
  return data;
}
