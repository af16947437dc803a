"""The fold: what each entry of a record does to the state of its body (``spec/act.md``, ``spec/acts.md``).

``fold(state, entry, evidence) -> (state, findings)`` is total and pure. It never raises on what it reads: an entry that
breaks a rule stays in the record and is void with the id of that rule; one that waits for signatures waits; one that
needs what is not at hand is missing. Nothing is ever dropped.
"""

from __future__ import annotations

import base64
from typing import Final, Literal

import msgspec

from majlis.errors import Fault, Missing, Refused
from majlis.institutions.act import NOBODY, Act, check_signatures, parse_act
from majlis.institutions.evidence import Evidence
from majlis.institutions.kinds import Context, Kind, Waiting, check_author, check_beside
from majlis.institutions.state import Link, Standing, State, replace
from majlis.institutions.table import KINDS
from majlis.institutions.ticks import earliest
from majlis.record.merkle import Frontier, leaf_hash

GENESIS: Final = State()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader should know of one entry.

    ``void``: it breaks ``rule`` and has no effect. ``missing``: what it needs is not at hand. ``copy``: the same act was
    judged before; only its signatures count. ``waiting``: more signatures are needed. ``seen``: its author had verified a
    head that this record does not have, the mark of a fork.
    """

    kind: Literal["void", "missing", "copy", "waiting", "seen"]
    index: int
    act: str = ""
    rule: str = ""
    text: str = ""


def fold(state: State, entry: bytes, evidence: Evidence) -> tuple[State, tuple[Finding, ...]]:
    """The state after one more entry, and what there is to say about it. Never raises on what it reads."""
    index = state.size
    try:
        act = parse_act(entry)
        keys = check_signatures(act)
        _check_place(state, act)
    except Fault as fault:
        return _advance(state, state, entry, ""), (_finding("void", index, fault=fault),)
    after, findings = _judge_once(state, act, keys, evidence)
    mark = _seen(state, act)
    return _advance(state, after, entry, act.id), findings + mark


def _advance(before: State, after: State, entry: bytes, act: str) -> State:
    frontier = Frontier(before.size, before.frontier)
    frontier.append(leaf_hash(entry))
    return replace(
        after,
        size=frontier.size,
        frontier=frontier.roots,
        roots=before.roots.set(frontier.size, frontier.root().hex()),
        log=before.log.set(before.size, act),
    )


def _finding(
    kind: Literal["void", "missing", "copy", "waiting", "seen"], index: int, *, act: str = "", fault: Fault
) -> Finding:
    return Finding(kind=kind, index=index, act=act, rule=fault.rule, text=fault.text)


def _check_place(state: State, act: Act) -> None:
    if state.size == 0:
        if act.body != NOBODY or act.kind != "found":
            raise Refused("a record begins with its act 0: kind 'found', body 64 zeros", rule="R-ACT-6")
    elif act.body != state.identity:
        raise Refused(f"this act was written for body {act.body[:16]}, not for this record", rule="R-ACT-6")


def _judge_once(state: State, act: Act, keys: frozenset[str], evidence: Evidence) -> tuple[State, tuple[Finding, ...]]:
    """Judge an id at the first position where its signatures suffice; a later copy changes nothing (R-ACT-7)."""
    before = state.acts.get(act.id)
    if before is not None and before.status in ("in-force", "void"):
        standing = replace(before, signers=before.signers | keys)
        copied = replace(state, acts=state.acts.set(act.id, standing))
        text = f"the same act was judged at position {before.index} ({before.status}); it has effect once"
        return copied, (Finding(kind="copy", index=state.size, act=act.id, rule="R-ACT-7", text=text),)
    signers = keys | (before.signers if before else frozenset())
    try:
        context = _context(state, act, signers, evidence)
        kind = KINDS[act.kind]
        check_author(kind, state, act.author)
        if act.author not in signers:
            raise Waiting("the author's own signature")
        check_beside(kind, state, signers)
        _check_conditions(state, act)
        _check_stage(state, kind)
        after = kind.judge(context)
    except Waiting as lack:
        fault: Fault = Missing(f"waits for more signatures: {lack}", rule="R-ACT-7")
        return _stand(state, act, signers, "waiting", fault), (
            _finding("waiting", state.size, act=act.id, fault=fault),
        )
    except Missing as fault:
        return _stand(state, act, signers, "missing", fault), (
            _finding("missing", state.size, act=act.id, fault=fault),
        )
    except Fault as fault:
        return _stand(state, act, signers, "void", fault), (_finding("void", state.size, act=act.id, fault=fault),)
    if after.identity and not state.identity:
        context.because.clear()
    done = _stand(after, act, signers, "in-force", None, tuple(context.because), index=state.size)
    objects = done.objects.set(act.id, act.id)
    for cite in act.cites:
        objects = objects.set(cite, act.id)
    return replace(done, objects=objects), ()


def _context(state: State, act: Act, signers: frozenset[str], evidence: Evidence) -> Context:
    kind = KINDS.get(act.kind)
    if kind is None:
        raise Refused(f"rules version {state.charter.rules} knows no act of kind '{act.kind}'", rule="R-ACT-8")
    try:
        data = msgspec.convert(act.data, kind.data, strict=True)
    except msgspec.ValidationError as error:
        raise Refused(
            f"the data of '{act.kind}' do not have the form of spec/acts.md: {error}", rule="R-ACT-9"
        ) from error
    return Context(state, act, data, signers, evidence)


def _check_conditions(state: State, act: Act) -> None:
    for name, bound in (act.expires or {}).items():
        reached = state.size if name == "size" else (earliest(state, state.size) or 0)
        if name not in ("size", "time") or reached > bound:
            raise Refused(f"the act expired: its {name} bound {bound} has passed", rule="R-ACT-10")
    for thing, version in (act.expects or {}).items():
        if state.objects.get(thing) != version:
            raise Refused(
                f"the author expected another last act on {thing[:16]}; look again and decide", rule="R-ACT-11"
            )


def _check_stage(state: State, kind: Kind) -> None:
    founding = state.founding
    if founding is None:
        return
    if state.dissolved is not None and kind.name not in ("tick", "state.digest"):
        raise Refused("this body dissolved itself; nothing more is in force here", rule="R-FOUND-6")
    if founding.confirmed is None and not kind.early:
        raise Refused(
            "the members have not confirmed the founding yet; until then only preparations count", rule="R-FOUND-5"
        )


def _stand(
    state: State,
    act: Act,
    signers: frozenset[str],
    status: Literal["in-force", "void", "waiting", "missing"],
    fault: Fault | None,
    because: tuple[Link, ...] = (),
    index: int | None = None,
) -> State:
    standing = Standing(
        index=state.size if index is None else index,
        kind=act.kind,
        author=act.author,
        status=status,
        signers=signers,
        rule=fault.rule if fault else "",
        text=fault.text if fault else "",
        because=because,
    )
    return replace(state, acts=state.acts.set(act.id, standing))


def _seen(state: State, act: Act) -> tuple[Finding, ...]:
    size = act.seen.size
    if size == 0:
        return ()
    known = state.roots.get(size)
    if known is not None and known == _hex(act.seen.root):
        return ()
    text = f"its author verified a head of size {size} that this record does not have: the mark of another branch"
    return (Finding(kind="seen", index=state.size, act=act.id, rule="R-ACT-12", text=text),)


def _hex(root: str) -> str:
    return base64.b64decode(root).hex()
