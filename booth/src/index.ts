// The door of this package. It judges; it signs nothing and holds no secret.

export { type Bytes, decodeBase64, decodeHex, encodeBase64, encodeHex } from "./bytes.js";
export { Fault, type Kind } from "./fault.js";
export {
  type Act,
  FORMAT,
  MAX_ENTRY,
  NOBODY,
  type Signature,
  type SignedAct,
  checkSignatures,
  identityOf,
  openAct,
  parseAct,
} from "./act.js";
export { ED25519, type Note, type SignatureLine, keyId, parseNote } from "./note.js";
export { bestEquation, platformEquation } from "./platform.js";
export { type Json, type JsonObject, parseProfile } from "./profile.js";
export { type Hash, digest, sha2 } from "./sha2.js";
export { type Equation, bigintEquation, checkPublicKey, checkSignature } from "./signature.js";
