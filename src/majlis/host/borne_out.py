"""Which deliveries say something against a host: those whose act itself is at hand, and that its record would hear.

Anybody can log ``act.deliver`` in some record, with whatever id and hash. That alone stops no count and accuses nobody
(R-DELIVER-8): the bytes that were handed in must be there, be that act, and be signed by somebody whom its record
knows, or count there. Who judges that is ``majlis.host.showing``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from majlis.errors import Fault
from majlis.institutions import SignedAct, State, open_act, parse_act
from majlis.institutions.delivery.omitted import Omitted, omitted

__all__ = ["ReadBlob", "handed_in", "knows"]

ReadBlob = Callable[[str], bytes | None]
"""Gives a blob by its hash; None, or Missing, where it is not at hand."""

_DELIVER = b'"act.deliver"'


def handed_in(
    state: State, other: State, entries: Sequence[bytes], read: ReadBlob
) -> Iterator[tuple[Omitted, list[SignedAct]]]:
    """What ``other``, a record with these entries, says was handed in for the body of ``state`` and does not count
    there; each with the copies of it that are at hand.

    All deliveries of an act are looked at: whoever knows its id can log a false one before the true one. Cost: one look
    at each entry, however much was delivered.
    """
    missing = {one.act: one for one in omitted(state, [other])}
    if not missing:
        return
    copies: defaultdict[str, list[SignedAct]] = defaultdict(list)
    for entry in entries:
        if _DELIVER not in entry:
            continue
        with suppress(Fault):
            delivery = parse_act(entry)
            act = str(delivery.data.get("act"))
            data = read(str(delivery.data.get("entry"))) if act in missing else None
            signed = open_act(data) if data is not None else None
            if signed is not None and signed.act.id == act:
                copies[act].append(signed)
    for act, one in missing.items():
        yield one, copies[act]


def knows(state: State, key: str) -> bool:
    """Whether somebody acts in this record with the key: enrolled, a charter key, or a delegate."""
    if key in state.keys or key in state.seated:
        return True
    return state.founding is not None and key in state.founding.charter_keys
