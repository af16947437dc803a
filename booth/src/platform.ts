// Rule S with the help of the platform's own Ed25519 (`crypto.subtle`), which can only say yes.
//
// What WebCrypto accepts may differ from browser to browser, and old phones have no Ed25519 there. Three things make
// its yes the yes of rule S. For A, R and S that have passed R-SIG-1 and R-SIG-2:
//
// 1. y(A) and y(R) are below p, and neither x is 0 (that would be order 1 or 2). So each of A and R is the only
//    encoding of its point, or of none, and it does not matter whether points or bytes are compared, nor how loosely
//    one decodes.
// 2. Whoever follows RFC 8032, section 5.1.7, then accepts by one of two equations: [S]B = R + [k]A, which is ours,
//    or the same times 8. The second accepts more, where A or R has a part of small order. A third reading leaves k
//    unreduced, which differs in the same place only. WebCrypto asks for the first; whether this platform does so is
//    not taken on trust: before its first use it must refuse three signatures, each right by one of the other
//    readings and not by ours.
// 3. A no, or an error, is never believed: BigInt decides then. So a platform that is stricter than rule S costs time
//    and changes no verdict.
//
// Source: W3C Web Cryptography API Level 2, Ed25519, "Verify"; RFC 8032, section 5.1.7. Tests: every vector, by this
// and by BigInt, in node and in a browser.

import { type Bytes, decodeHex } from "./bytes.js";
import { type Equation, bigintEquation } from "./signature.js";

interface Probe {
  readonly answer: boolean;
  readonly key: string;
  readonly message: string;
  readonly signature: string;
}

// From `vectors/record/signatures.json`, which says of each why it is refused.
const PROBES: readonly Probe[] = [
  {
    // an honest signature
    answer: true,
    key: "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
    message: "616374",
    signature:
      "7dc589f09547d6504a4c4986666173b16e6c309d8739089f0bb3e03dcc7024e1" +
      "4debe88fb18ea4749bc0c826606d732fd14cdd69b1bbe47c3d684300208d580f",
  },
  {
    // a key with a part of small order; holds with the cofactor only
    answer: false,
    key: "d63c01223147541df4e170763e9e2788a8bf5971f52a93c5829dbe6f5ff6bba9",
    message: "6d6573736167652039",
    signature:
      "7db0dc9222f3c183457ddde4c708de8e5ea6bf3d5c4404cca14b32729a05c32a" +
      "f1dc4d83ce6ed0032d960cbb6d251e17bb00a2fdd62ddf40cf5b4498dd67e200",
  },
  {
    // R with a part of small order; holds with the cofactor only
    answer: false,
    key: "17ffad8068dc0de9935d36636f3ad1b5de6de3413b12388e453b05f2a4c1d3db",
    message: "616374",
    signature:
      "6999d5cb5126005c325892f1c6eab824b310708befff12fbaf45dda050cb12f0" +
      "298309ded7e4465377520df283efa31dd75a723dc128db9855570aac9ebc0300",
  },
  {
    // a key with a part of small order; holds if the challenge is not reduced
    answer: false,
    key: "d63c01223147541df4e170763e9e2788a8bf5971f52a93c5829dbe6f5ff6bba9",
    message: "6d6573736167652030",
    signature:
      "7db0dc9222f3c183457ddde4c708de8e5ea6bf3d5c4404cca14b32729a05c32a" +
      "7f30bd2eee47b8eba91c20b55c4d0490493a41f1a7984b8f1484c02c017c1004",
  },
];

/** Only what the platform says; null where it has no Ed25519. An error counts as a no. */
export async function platformEquation(): Promise<Equation | null> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) return null;
  const equation: Equation = async (key, message, signature) => {
    try {
      const imported = await subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
      return await subtle.verify("Ed25519", imported, signature, message);
    } catch {
      return false;
    }
  };
  return (await isOurs(equation)) ? equation : null;
}

/** Whether each probe is answered as rule S does. */
async function isOurs(equation: Equation): Promise<boolean> {
  for (const probe of PROBES) {
    const [key, message, signature] = [hex(probe.key), hex(probe.message), hex(probe.signature)];
    if ((await equation(key, message, signature)) !== probe.answer) return false;
  }
  return true;
}

function hex(text: string): Bytes {
  return decodeHex(text, "R-SIG-2");
}

let found: Promise<Equation | null> | undefined;

/** The equation by what this machine does best: its platform for the yes, BigInt for the rest. The verdict is one. */
export const bestEquation: Equation = async (key, message, signature) => {
  found ??= platformEquation();
  const platform = await found;
  if (platform !== null && (await platform(key, message, signature))) return true;
  return bigintEquation(key, message, signature);
};
