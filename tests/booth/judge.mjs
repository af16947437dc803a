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
