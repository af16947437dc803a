// The vectors of rule S on a platform that is not as it should be: node platforms.mjs WHICH < signatures.json
//
// Prints how many cases there are, how many were judged as they say, and whether the platform was used.

import { text } from "node:stream/consumers";

const { cases } = JSON.parse(await text(process.stdin));
const [, , which, spoilt] = process.argv;
const real = globalThis.crypto.subtle;
const hexOf = (data) => Buffer.from(data).toString("hex");
const isCase = (why, signature, message) =>
  cases.some((one) => one.why === why && one.signature === hexOf(signature) && one.message === hexOf(message));
const verify = (...given) => real.verify(...given);

/** Platforms by name: what their `subtle` does otherwise. */
const platforms = {
  "as it is": {},
  "without Ed25519": { importKey: () => Promise.reject(new DOMException("not here", "NotSupportedError")) },
  "that says yes to all": { verify: () => Promise.resolve(true) },
  "that says no to all": { verify: () => Promise.resolve(false) },
  "that breaks": { verify: () => Promise.reject(new Error("broken")) },
  "that accepts one case more": {
    verify: async (algorithm, key, signature, message) =>
      isCase(spoilt, signature, message) || (await verify(algorithm, key, signature, message)),
  },
  "that refuses one case more": {
    verify: async (algorithm, key, signature, message) =>
      !isCase(spoilt, signature, message) && (await verify(algorithm, key, signature, message)),
  },
};
const bound = {
  digest: (...given) => real.digest(...given),
  importKey: (...given) => real.importKey(...given),
  verify,
};
const crypto = which === "without crypto.subtle" ? {} : { subtle: { ...bound, ...platforms[which] } };
Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true });

const booth = await import("../../booth/dist/index.js");
const bytes = (hex) => booth.decodeHex(hex, "hex");
let right = 0;
for (const one of cases) {
  let rule = "";
  try {
    await booth.checkSignature(bytes(one.key), bytes(one.message), bytes(one.signature), booth.bestEquation);
  } catch (fault) {
    if (!(fault instanceof booth.Fault)) throw fault;
    rule = fault.rule;
  }
  right += rule === one.rule ? 1 : 0;
}
process.stdout.write(JSON.stringify({ cases: cases.length, right, used: (await booth.platformEquation()) !== null }));
