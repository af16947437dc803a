// What the booth says of signatures, acts and notes, by each way that this machine has. Used in node and in a browser.

import * as booth from "../../booth/dist/index.js";

const platform = await booth.platformEquation();

/** The ways of working out the equation: ours, the platform's alone where it has one, and the one that is used. */
export const ways = { bigint: booth.bigintEquation, best: booth.bestEquation, ...(platform && { platform }) };

const bytes = (hex) => booth.decodeHex(hex, "hex");

/** A value of the JSON profile with the order of its keys, as lists. */
function inOrder(value) {
  if (value instanceof Map) return { pairs: [...value].map(([key, item]) => [key, inOrder(item)]) };
  return Array.isArray(value) ? value.map(inOrder) : value;
}

const inText = ({ origin, size, root, extensions }) => ({
  origin,
  size: String(size),
  root: booth.encodeHex(root),
  extensions,
});

async function cosigned(note, cosigners, equation) {
  const keys = await Promise.all(cosigners.map(booth.parseCosignerKey));
  const found = await booth.readCosignatures(note, keys, equation);
  return found.map(({ cosigner, time }) => [cosigner, String(time)]);
}

const asked = {
  async signature({ key, message, signature }, equation) {
    await booth.checkSignature(bytes(key), bytes(message), bytes(signature), equation);
    return {};
  },
  async key({ key }) {
    booth.checkPublicKey(bytes(key));
    return {};
  },
  async act({ entry }, equation) {
    const { act, keys } = await booth.openAct(bytes(entry), equation);
    const { id, kind, data, seen, cites } = act;
    return { id, kind, identity: booth.identityOf(act), seen, cites, data: inOrder(data), keys: [...keys].sort() };
  },
  async note({ note, vkey }, equation) {
    const log = await booth.parseNoteKey(vkey);
    const signed = await booth.checkNote(booth.parseNote(bytes(note)), [log], equation);
    return { signed: [...signed.keys()].map(({ name }) => name) };
  },
  async checkpoint({ note, logs, cosigners }, equation) {
    const trusted = await Promise.all(logs.map(booth.parseNoteKey));
    const { checkpoint, note: whole } = await booth.openCheckpoint(bytes(note), trusted, equation);
    return { ...inText(checkpoint), cosignatures: await cosigned(whole, cosigners, equation) };
  },
  async proof({ proof, entry, logs, cosigners }, equation) {
    const trusted = await Promise.all(logs.map(booth.parseNoteKey));
    const parsed = booth.parseTlogProof(bytes(proof));
    const { checkpoint, note } = await booth.checkTlogProof(parsed, bytes(entry), trusted, equation);
    const { index, extra } = parsed;
    const read = { index: String(index), extra: extra && booth.encodeHex(extra) };
    return { ...inText(checkpoint), ...read, cosignatures: await cosigned(note, cosigners, equation) };
  },
  async inclusion({ proof, index, size, leaf, root }) {
    const place = { index: BigInt(index), size: BigInt(size) };
    await booth.checkInclusion(proof.map(bytes), { ...place, leaf: bytes(leaf), root: bytes(root) });
    return {};
  },
  async consistency({ proof, old, size, oldRoot, root }) {
    const sizes = { old: BigInt(old), size: BigInt(size) };
    await booth.checkConsistency(proof.map(bytes), { ...sizes, oldRoot: bytes(oldRoot), root: bytes(root) });
    return {};
  },
  async force({ shown, body, logs, mirrors, quorum }, equation) {
    const trust = { body, quorum, logs: await Promise.all(logs.map(booth.parseNoteKey)) };
    const found = await booth.checkInForce(
      booth.parseInForce(bytes(shown)),
      { ...trust, mirrors: await Promise.all(mirrors.map(booth.parseCosignerKey)) },
      equation,
    );
    return { ...found, size: String(found.size), time: String(found.time), later: String(found.later) };
  },
  async hash({ name, data }) {
    return { ours: booth.encodeHex(booth.sha2(name, bytes(data))), used: booth.encodeHex(await booth.digest(name, bytes(data))) };
  },
};

/** The answer to one question by each way: `rule` is empty where all is right, else the first rule that is broken. */
export async function judge(question) {
  const answers = {};
  for (const [way, equation] of Object.entries(ways)) {
    try {
      answers[way] = { rule: "", ...(await asked[question.ask](question, equation)) };
    } catch (fault) {
      if (!(fault instanceof booth.Fault)) throw fault;
      answers[way] = { rule: fault.rule, kind: fault.kind };
    }
  }
  return answers;
}
