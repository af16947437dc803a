// The door of this package. It judges; it signs nothing and holds no secret.

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
export { type Bytes, decodeBase64, decodeHex, encodeBase64, encodeHex } from "./bytes.js";
export { type Checkpoint, openCheckpoint, parseCheckpoint, parseDecimal, parseHash } from "./checkpoint.js";
export { COSIGNATURE, type Cosignature, parseCosignerKey, readCosignatures } from "./cosignature.js";
export { Fault, type Kind } from "./fault.js";
export { type InForce, type InForceProof, type Trust, checkInForce, parseInForce } from "./in-force.js";
export { MAX_PROOF, checkConsistency, checkInclusion, leafHash } from "./merkle.js";
export {
  ED25519,
  type Note,
  type SignatureLine,
  type Verifier,
  checkNote,
  keyId,
  parseNote,
  parseNoteKey,
} from "./note.js";
export { bestEquation, platformEquation } from "./platform.js";
export { type Json, type JsonObject, parseProfile } from "./profile.js";
export { type TlogProof, checkTlogProof, parseTlogProof } from "./proof.js";
export { type Hash, digest, sha2 } from "./sha2.js";
export { type Equation, bigintEquation, checkPublicKey, checkSignature } from "./signature.js";
