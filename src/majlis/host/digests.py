"""What a mirror looks at before it cosigns: every digest of what is in force, made again from the entries (R-MIRROR-4).

A phone that holds a digest and an inclusion proof under a cosigned checkpoint has no fold. It relies on the mirrors:
those who cosigned have folded the record themselves, and found the digest to be the one that its entries make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from majlis.errors import Fault, Forged, Missing, Refused
from majlis.host.federation import Federation
from majlis.institutions import Act, State, parse_act
from majlis.institutions.digest import digest

if TYPE_CHECKING:
    from majlis.host.node import Node
    from majlis.host.store import Store

__all__ = ["check_claim", "check_digests", "check_stored_digests"]

_KIND: Final = "state.digest"
_MARK: Final = b'"state.digest"'


def check_claim(state: State, act: Act) -> None:
    """A digest that is handed in may be logged: it is true here and now, or was overtaken and says nothing.

    Mirrors cosign no record with a false digest in it, so no host may let a stranger put one there.

    Raises: Refused, for a digest of another state, or of entries that are still to come; Missing, while nobody here can
    tell.
    """
    size = act.data.get("size")
    if act.kind != _KIND or not isinstance(size, int) or size < state.size:
        return
    if state.missing is not None:
        raise Missing(
            f"entry {state.missing} rests on something that is not here, so what is in force is not known; import it "
            "first",
            rule="R-DIGEST-3",
        )
    if size > state.size or act.data.get("root") != digest(state):
        raise Refused("this digest is not that of what is in force here; make it again", rule="R-DIGEST-3")


def check_digests(federation: Federation, identity: str, start: int, end: int) -> None:
    """Each digest among the entries [start, end) that stands where it says is that of the entries before it.

    One that states another size than its own position says so to everybody, and is passed over: it was overtaken by
    other acts on its way in.

    Raises: Forged, naming the entry; Missing, where the entries before it rest on something that is not at hand.
    """
    record = federation.records[identity]
    for index in range(start, end):
        if _stated(record.entries[index]) != index:
            continue
        state = federation.fold(identity, index)
        if state.missing is not None:
            raise Missing(
                f"entry {state.missing} rests on something that is not here, so the digest at entry {index} cannot be "
                "made again; bring this mirror the other records and the ballot boxes, by stick or by 'majlis serve "
                "--follow URL', which fetches them",
                rule="R-MIRROR-4",
            )
        if parse_act(record.entries[index]).data.get("root") != digest(state):
            raise Forged(
                f"the digest at entry {index} is not that of what is in force there; nothing from it on is cosigned",
                rule="R-MIRROR-4",
            )


def check_stored_digests(node: Node, store: Store, origin: str, start: int, end: int) -> None:
    """The same for a record of a data folder. Nothing is folded where there is no digest. Raises: as above."""
    if not any(_may_be_digest(entry) for entry in store.record(origin).iterate(start, end)):
        return
    federation = Federation(node.boxes.report)
    identities = {body.origin: federation.add(store.record(body.origin).entries()) for body in node.bodies}
    if origin not in identities:
        raise Missing("its record is trusted, but no copy of it is known here; take one first", rule="R-MIRROR-4")
    check_digests(federation, identities[origin], start, end)


def _may_be_digest(entry: bytes) -> bool:
    """False for most entries, without reading them. A kind spelt with escapes is read by phones all the same."""
    return _MARK in entry or b"\\u" in entry


def _stated(entry: bytes) -> int:
    """The size that a digest states; -1 for any other entry."""
    if not _may_be_digest(entry):
        return -1
    try:
        act = parse_act(entry)
    except Fault:
        return -1
    size = act.data.get("size")
    return size if act.kind == _KIND and isinstance(size, int) else -1
