"""The fold: what each entry of a record does to the state of its body (``spec/act.md``, ``spec/acts.md``).

``fold(state, entry, evidence) -> (state, findings)`` is total and pure. It never raises on what it reads: an entry that
breaks a rule stays in the record and is void with the id of that rule; one that waits for signatures waits; one that
needs what is not at hand is missing. Nothing is ever dropped.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from majlis.errors import Fault, Missing, Refused
from majlis.institutions.act import NOBODY, Act, SignedAct, open_act
from majlis.institutions.certificate import remember
from majlis.institutions.charter import RULES_VERSION, UnknownRules
from majlis.institutions.evidence import Evidence
from majlis.institutions.growing import Growing
from majlis.institutions.kinds import Context, Kind, Waiting, check_author, check_cosigners
from majlis.institutions.logs import check_unhindered
from majlis.institutions.state import Link, Map, Standing, State, Status, replace
from majlis.institutions.table import KINDS
from majlis.institutions.ticks import now
from majlis.record.merkle import leaf_hash
from majlis.record.note import decode_base64

GENESIS: Final = replace(State(), acts=Growing(), objects=Growing(), motions=Growing())
LATE: Final = frozenset({"R-OBJECT-1", "R-PETITION-3", "R-PETITION-8"})
"""The windows in which members contest, sign and object, which a delivery elsewhere keeps (R-DELIVER-6). Nothing but
coming late, or before what it is about where a host logs in another order, breaks these rules."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader should know of one entry.

    ``void``: it breaks ``rule`` and has no effect. ``missing``: what it needs is not at hand. ``copy``: the same act
    was judged before; only its signatures count. ``waiting``: more signatures are needed. ``seen``: its author had
    verified a head that this record does not have, the mark of a fork.
    """

    kind: Literal["void", "missing", "copy", "waiting", "seen"]
    index: int
    act: str = ""
    rule: str = ""
    text: str = ""


def fold(state: State, entry: bytes, evidence: Evidence) -> tuple[State, tuple[Finding, ...]]:
    """The state after one more entry, and what there is to say about it. Never raises on what it reads."""
    try:
        signed = open_act(entry)
    except Fault as fault:
        return _advance(state, state, entry, ""), (_void(state, "", fault),)
    return fold_signed(state, signed, evidence)


def fold_signed(state: State, signed: SignedAct, evidence: Evidence) -> tuple[State, tuple[Finding, ...]]:
    """As ``fold``, for whoever has opened the act before: most of the time goes into its signatures."""
    act = signed.act
    try:
        _check_place(state, act)
    except Fault as fault:
        return _advance(state, state, act.entry, ""), (_void(state, act.id, fault),)
    after, findings = _judge_once(state, act, signed.keys, evidence)
    return _advance(state, after, act.entry, act.id), findings + _seen(state, act)


def _advance(before: State, after: State, entry: bytes, act: str) -> State:
    roots = before.roots.grown(leaf_hash(entry))
    return replace(after, size=roots.size, roots=roots, log=before.log.append(act))


def _void(state: State, act: str, fault: Fault) -> Finding:
    return Finding(kind="void", index=state.size, act=act, rule=fault.rule, text=fault.text)


def _check_place(state: State, act: Act) -> None:
    if state.size == 0:
        if act.body != NOBODY or act.kind != "found":
            raise Refused("a record begins with its act 0: kind 'found', body 64 zeros", rule="R-ACT-6")
    elif act.identity != state.identity and not state.halted:
        raise Refused(f"this act was written for body {act.body[:16]}, not for this record", rule="R-ACT-6")


def _judge_once(state: State, act: Act, keys: frozenset[str], evidence: Evidence) -> tuple[State, tuple[Finding, ...]]:
    """Judge an id at the first position where its signatures suffice; a later copy changes nothing (R-ACT-7).

    What was missing stays so for this reader, who is to fold again with what was missing: taking effect at the later
    copy would be a state that no better equipped reader has. After it nothing is called void, since it may not be
    (R-ACT-13).
    """
    before = state.acts.get(act.id)
    counted = _counted(state, act, keys)
    if not counted:
        text = "no signature of this copy is by its author, by a key it names, or by one this record knows"
        return state, (_void(state, act.id, Refused(text, rule="R-ACT-7")),)
    signers = counted if before is None else counted | before.signers
    if before is not None and before.status != "waiting" and not _came_late(state, before, act.id):
        copied = replace(state, acts=state.acts.set(act.id, replace(before, signers=signers)))
        text = f"the same act was judged at position {before.index} ({before.status}); it has effect once"
        return copied, (Finding(kind="copy", index=state.size, act=act.id, rule="R-ACT-7", text=text),)
    try:
        after, because = _judge(state, act, signers, evidence)
    except Waiting as lack:
        return _stand(state, act, signers, "waiting", rule=lack.rule, text=f"waits for more signatures: {lack.text}")
    except Missing as fault:
        return _stand(_mark(state, fault), act, signers, "missing", rule=fault.rule, text=fault.text)
    except Fault as fault:
        if state.missing is None:
            return _stand(state, act, signers, "void", rule=fault.rule, text=fault.text)
        text = f"entry {state.missing} could not be judged with what is at hand, so this is not sure: {fault}"
        return _stand(state, act, signers, "missing", rule="R-ACT-13", text=text)
    return _stand(after, act, signers, "in-force", because=because)


def _came_late(state: State, before: Standing, act: str) -> bool:
    """Whether the act is void for nothing but coming late, and was since shown to have been handed in elsewhere.

    Then a copy of it is judged again, once for each; else a host would void what it had refused by logging it late.
    """
    return before.status == "void" and before.rule in LATE and act in state.delivered


def _counted(state: State, act: Act, keys: frozenset[str]) -> frozenset[str]:
    """The signers who can matter: the author, keys that the act names, and keys that this record knows.

    So a stranger can neither put a name under an act, nor void one before those who may sign it have, nor fill a record
    with signatures.
    """
    if state.founding is None or (len(keys) == 1 and act.author in keys):
        return keys
    named = {value for value in act.data.values() if isinstance(value, str)} | {act.author}
    return frozenset(key for key in keys if key in named or key in state.keys or key in state.founding.charter_keys)


def _judge(state: State, act: Act, signers: frozenset[str], evidence: Evidence) -> tuple[State, tuple[Link, ...]]:
    """The state after the act, and what it rests on. Raises: Waiting, Missing, Refused with the rule it breaks."""
    if state.halted:
        raise Missing("the charter pins rules that this program does not know; get a newer one", rule="R-CHARTER-1")
    if act.author not in signers:
        raise Waiting("the author's own")
    kind = KINDS.get(act.kind)
    if kind is None:
        raise Refused(f"rules version {RULES_VERSION} knows no act of kind '{act.kind}'", rule="R-ACT-8")
    try:
        data: Any = msgspec.convert(act.data, kind.data, strict=True)
    except msgspec.ValidationError as error:
        text = f"the data of '{act.kind}' do not have the form of spec/acts.md: {error}"
        raise Refused(text, rule="R-ACT-9") from error
    check_author(kind, state, act.author)
    check_cosigners(kind, state, data, signers)
    _check_conditions(state, act)
    _check_stage(state, kind)
    context = Context(state, act, data, signers, evidence)
    after = kind.judge(context)
    return remember(after, context) if context.known else after, tuple(context.because)


def _check_conditions(state: State, act: Act) -> None:
    if not act.expires and not act.expects:
        return
    reached = {"size": state.size, "time": now(state) or 0}
    for name, bound in (act.expires or {}).items():
        if reached[name] > bound:
            raise Refused(f"the act expired: its {name} bound {bound} has passed", rule="R-ACT-10")
    for thing, version in (act.expects or {}).items():
        if _last_on(state, thing) != version:
            text = f"the author expected another last act on {thing[:16]}; look again and decide"
            raise Refused(text, rule="R-ACT-11")


def _check_stage(state: State, kind: Kind) -> None:
    founding = state.founding
    if founding is None:
        return
    if state.dissolved is not None and kind.name not in ("tick", "state.digest", "host.move"):
        raise Refused("this body dissolved itself; nothing more is in force here", rule="R-FOUND-6")
    if founding.confirmed is None and not kind.early:
        raise Refused(
            "the members have not confirmed the founding yet; until then only preparations count", rule="R-FOUND-5"
        )
    if not kind.early:
        check_unhindered(state, kind.name)


def _mark(state: State, fault: Missing) -> State:
    first = state.size if state.missing is None else state.missing
    return replace(state, missing=first, halted=state.halted or isinstance(fault, UnknownRules))


def _touched(state: State, act: Act, because: tuple[Link, ...]) -> Map[str, str]:
    """The act is now the last one on itself and on everything of this record that it rests on, for ``expects``.

    On itself it is so without a word; one is needed where another act rested on it before.
    """
    objects = state.objects.set(act.id, act.id) if act.id in state.objects else state.objects
    for link in because:
        if link.body == state.identity:
            objects = objects.set(link.act, act.id)
    return objects


def _last_on(state: State, thing: str) -> str | None:
    """The last act in force on this one, itself where none rests on it; None where it is not in force."""
    last = state.objects.get(thing)
    if last is None and (standing := state.acts.get(thing)) is not None and standing.status == "in-force":
        return thing
    return last


def _stand(
    state: State,
    act: Act,
    signers: frozenset[str],
    status: Status,
    *,
    rule: str = "",
    text: str = "",
    because: tuple[Link, ...] = (),
) -> tuple[State, tuple[Finding, ...]]:
    standing = Standing(
        index=state.size,
        kind=act.kind,
        author=act.author,
        status=status,
        signers=signers,
        rule=rule,
        text=text,
        because=because,
    )
    acts = state.acts.set(act.id, standing)
    if status == "in-force":
        return replace(state, acts=acts, objects=_touched(state, act, because)), ()
    stood = replace(state, acts=acts)
    return stood, (Finding(kind=status, index=state.size, act=act.id, rule=rule, text=text),)


def _seen(state: State, act: Act) -> tuple[Finding, ...]:
    """R-ACT-12: the head that the author had verified is one that this record had."""
    size = act.seen.size
    if size == 0 or state.roots.get(size) == decode_base64(act.seen.root).hex():
        return ()
    text = f"its author verified a head of size {size} that this record does not have: the mark of another branch"
    return (Finding(kind="seen", index=state.size, act=act.id, rule="R-ACT-12", text=text),)
