// The kinds of fault, as `src/majlis/errors.py` has them: what is wrong, and the rule of `spec/` that it breaks.

/** `Malformed`: does not parse or is not canonical. `Forged`: a hash, signature or proof fails. */
export type Kind = "Malformed" | "Forged";

/** Thrown by every `parse…`, `check…` and `open…` of this package, and nothing else is thrown for bad input. */
export class Fault extends Error {
  readonly kind: Kind;
  readonly rule: string;

  constructor(kind: Kind, rule: string, text: string) {
    super(text);
    this.name = kind;
    this.kind = kind;
    this.rule = rule;
  }
}

export function malformed(rule: string, text: string): Fault {
  return new Fault("Malformed", rule, text);
}

export function forged(rule: string, text: string): Fault {
  return new Fault("Forged", rule, text);
}
