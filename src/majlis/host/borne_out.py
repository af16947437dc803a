"""Which deliveries say something against a host: those whose act itself is at hand, and one that its record would hear.

Anybody can log ``act.deliver`` in some record, with whatever id and hash. That alone stops no count and accuses nobody
(R-DELIVER-8): the bytes that were handed in must be there, be that act, and be signed by somebody whom the body's
record knows; or the act would count there, but for coming too late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from majlis.errors import Fault
from majlis.institutions import Finding, SignedAct, State, open_act, parse_act
from majlis.institutions.delivery.omitted import Omitted, omitted
from majlis.institutions.fold import LATE

__all__ = ["ReadBlob", "borne_out", "is_heard", "knows"]

ReadBlob = Callable[[str], bytes | None]
"""Gives a blob by its hash; None, or Missing, where it is not at hand."""

Judge = Callable[[bytes], tuple[State, tuple[Finding, ...]]]


def borne_out(
    state: State, others: Iterable[tuple[State, Sequence[bytes]]], read: ReadBlob, judge: Judge
) -> Iterator[Omitted]:
    """What ``others`` (states and entries of records) say was handed in for this body, and bear out with its bytes.

    ``judge``: what one more entry would make of the body's record.
    """
    by_identity = {other.identity: (other, entries) for other, entries in others}
    for one in omitted(state, (other for other, _ in by_identity.values())):
        _, entries = by_identity[one.mirror]
        if one.is_late or any(is_heard(state, signed, judge) for signed in _acts(entries, one, read)):
            yield one


def is_heard(state: State, signed: SignedAct, judge: Judge) -> bool:
    """Whether the body's record knows somebody who signed this copy, or would count it, but for its coming late."""
    if any(knows(state, key) for key in signed.keys):
        return True
    after, _ = judge(signed.act.entry)
    standing = after.acts.get(signed.act.id)
    return standing is not None and (standing.status == "in-force" or standing.rule in LATE)


def knows(state: State, key: str) -> bool:
    """Whether somebody acts in this record with the key: enrolled, a charter key, or a delegate."""
    if key in state.keys or key in state.seated:
        return True
    return state.founding is not None and key in state.founding.charter_keys


def _acts(entries: Sequence[bytes], one: Omitted, read: ReadBlob) -> Iterator[SignedAct]:
    """The copies of the act that were handed in at this record, as far as their bytes are at hand.

    All deliveries of the act are looked at: whoever knows its id can log a false one before the true one.
    """
    mark = one.act.encode()
    for entry in entries:
        if mark not in entry:
            continue
        with suppress(Fault):
            delivery = parse_act(entry)
            data = read(str(delivery.data.get("entry"))) if delivery.kind == "act.deliver" else None
            signed = open_act(data) if data is not None else None
            if signed is not None and signed.act.id == one.act:
                yield signed
