// The JSON profile: the one JSON object that every reader, in every language, understands alike (`spec/act.md`,
// R-ACT-3).
//
// UTF-8 without a byte order mark, no key twice in one object, integers only and within 2^53 - 1, no half of a
// surrogate pair, nested at most 8 deep. `JSON.parse` tells none of this, and puts keys that look like numbers first;
// hence a reader of our own, with maps that keep the order.

import { malformed } from "./fault.js";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Json>;

export const MAX_DEPTH = 8;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const LITERALS: readonly (readonly [string, Json])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];
// With the flag u a whole pair is one character, and none of these.
const HALF_OF_A_PAIR = /[\ud800-\udfff]/u;

/** The JSON object that `line` is. Throws `Malformed` with R-ACT-3. */
export function parseProfile(line: string): JsonObject {
  const reader = new Reader(line);
  const value = reader.whole();
  if (!isObject(value)) throw fail("this must be one JSON object");
  return value;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

function fail(text: string): Error {
  return malformed("R-ACT-3", text);
}

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  whole(): Json {
    const value = this.value(0);
    if (this.at < this.text.length) throw fail("this must be one JSON object, and something follows it");
    return value;
  }

  /** A value, with the spaces around it. `depth`: of the list or object that it stands in. */
  private value(depth: number): Json {
    this.take(/[ \t\n\r]*/y);
    const value = this.token(depth);
    this.take(/[ \t\n\r]*/y);
    return value;
  }

  private token(depth: number): Json {
    const next = this.text[this.at];
    if ((next === "{" || next === "[") && depth >= MAX_DEPTH) throw fail(`JSON is nested at most ${MAX_DEPTH} deep`);
    if (next === "{") return this.object(depth + 1);
    if (next === "[") return this.list(depth + 1);
    if (next === '"') return this.string();
    for (const [word, value] of LITERALS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.integer();
  }

  private object(depth: number): JsonObject {
    const found = new Map<string, Json>();
    this.at++;
    this.take(/[ \t\n\r]*/y);
    if (this.skip("}")) return found;
    do {
      this.take(/[ \t\n\r]*/y);
      if (this.text[this.at] !== '"') throw fail("a key in quotes was expected here");
      const key = this.string();
      if (found.has(key)) throw fail("a JSON object names the same key twice");
      this.take(/[ \t\n\r]*/y);
      if (!this.skip(":")) throw fail("a colon was expected after a key");
      found.set(key, this.value(depth));
    } while (this.skip(","));
    if (!this.skip("}")) throw fail("a comma or the end of an object was expected here");
    return found;
  }

  private list(depth: number): readonly Json[] {
    const found: Json[] = [];
    this.at++;
    this.take(/[ \t\n\r]*/y);
    if (this.skip("]")) return found;
    do found.push(this.value(depth));
    while (this.skip(","));
    if (!this.skip("]")) throw fail("a comma or the end of a list was expected here");
    return found;
  }

  private string(): string {
    let value = "";
    this.at++;
    for (;;) {
      value += this.take(/[^"\\\x00-\x1f]*/y);
      if (this.skip('"')) break;
      if (!this.skip("\\")) throw fail("a string has no control characters and ends in quotes");
      const letter = this.text[this.at++] ?? "";
      const digits = letter === "u" ? this.take(/[0-9a-fA-F]{4}/y) : "";
      const character = digits ? String.fromCharCode(Number.parseInt(digits, 16)) : ESCAPES[letter];
      if (character === undefined) throw fail("this backslash stands before nothing that JSON knows");
      value += character;
    }
    if (HALF_OF_A_PAIR.test(value)) throw fail("a JSON string holds half of a surrogate pair");
    return value;
  }

  private integer(): number {
    const text = this.take(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y);
    if (text === "") throw fail("a JSON value was expected here");
    // What lies beyond 2^53 - 1 is never rounded to something within.
    const value = Number(text);
    if (!/^-?[0-9]{1,16}$/.test(text) || text === "-0" || !Number.isSafeInteger(value)) {
      throw fail(`numbers are integers within 2^53 - 1, found ${text.slice(0, 40)}`);
    }
    return value;
  }

  /** What the pattern matches here, which is then behind us; nothing where it does not. */
  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const taken = pattern.exec(this.text)?.[0] ?? "";
    this.at += taken.length;
    return taken;
  }

  private skip(sign: string): boolean {
    const isHere = this.text[this.at] === sign;
    if (isHere) this.at++;
    return isHere;
  }
}
