"""What a member body decided and its assembly has not been told: which acts of its record are delivered, and as what.

Anybody carries a certificate, so this asks nobody's leave: it looks at the copies at hand, makes the certificates, and
tries each against the assembly's record after those before it. What would be in force is owed; what would not is left.
Source: ``spec/seats.md``, ``spec/mandates.md``, ``spec/federation.md`` (R-FED-8).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from majlis.crypto import Chance, SigningKey
from majlis.errors import Missing
from majlis.host.author import write_act
from majlis.host.federation import Federation
from majlis.institutions import State, parse_act
from majlis.institutions.certificate import Certificate
from majlis.institutions.kinds import current
from majlis.institutions.state import Standing

__all__ = ["Bearing", "Due", "bearing_of", "candidates", "delivered_at", "in_force_among", "try_one"]

NO_ASSEMBLY: Final = ""
"""Where an act concerns every assembly in which the key sits, or of which the body is a member."""


class Bearing(NamedTuple):
    """By which kind of act something is delivered, and to which assembly."""

    kind: str
    assembly: str


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """The act at ``index`` of a member's record, to be delivered by an act of ``kind``."""

    kind: str
    act: str
    index: int


def bearing_of(sender: State, act: str) -> Bearing | None:
    """What the act in the sender's record does in an assembly, once it is delivered there; None where nothing."""
    kind = sender.acts[act].kind
    if kind in ("election.result", "election.paper"):
        recall = next((each for each in sender.recalls.values() if each.act == act), None)
        if recall is not None:
            return Bearing("seat.vacate", recall.assembly) if recall.passed else None
        elected = next((e for e in sender.elections.values() if e.result is not None and e.result.act == act), None)
        is_of_delegates = elected is not None and elected.purpose == "delegates"
        return Bearing("seat.fill", elected.subject) if elected is not None and is_of_delegates else None
    if kind in ("key.suspend", "key.replace"):
        return Bearing("seat.vacate", NO_ASSEMBLY)
    if kind == "dissolve":
        return Bearing("federation.depart", NO_ASSEMBLY)
    if kind == "mandate.give":
        given = next((each for each in sender.mandates.values() if each.act == act), None)
        return Bearing("mandate.deliver", given.assembly) if given is not None else None
    if kind == "federation.leave":
        left = next((m for m in sender.memberships.values() if m.left == sender.acts[act].index), None)
        return Bearing("federation.depart", left.assembly) if left is not None else None
    return None


def candidates(assembly: State, sender: State) -> Iterator[Due]:
    """All that the sender's record could tell the assembly now, in the order in which it is delivered: what ends seats
    before what fills them. Nothing is tried.
    """
    member, own = assembly.bodies.get(sender.identity), sender.memberships.get(assembly.identity)
    if member is None or member.left is not None or own is None or own.index != member.joined:
        return
    gone = own.left if own.left is not None else sender.dissolved
    if gone is not None:
        yield _due(sender, "federation.depart", gone)
        return
    recalls = (each.index for each in sender.recalls.values() if each.passed and each.assembly == assembly.identity)
    for index in sorted(recalls):
        yield _due(sender, "seat.vacate", index)
    for seat in member.held:
        dead = _death(sender, seat.key) if seat.ended is None else None
        if dead is not None:
            yield _due(sender, "seat.vacate", dead)
    elected = [
        e.result.index
        for e in sender.elections.values()
        if e.purpose == "delegates" and e.subject == assembly.identity and e.result is not None
    ]
    if elected:
        yield _due(sender, "seat.fill", max(elected))
    for mandate in sorted(sender.mandates.values(), key=lambda each: each.index):
        motion = assembly.motions.get(mandate.motion) if mandate.assembly == assembly.identity else None
        if motion is not None and not motion.closed:
            yield _due(sender, "mandate.deliver", mandate.index)


def _due(sender: State, kind: str, index: int) -> Due:
    return Due(kind=kind, act=sender.log[index], index=index)


def _death(sender: State, key: str) -> int | None:
    """Where the key of a delegate died at home: replaced, for the newest in its place, or suspended by its holder."""
    newest = current(sender, key)
    if newest != key:
        return sender.keys[newest].index
    known = sender.keys.get(key)
    if known is None or not known.suspended:
        return None
    return next(
        (
            standing.index
            for standing in sender.acts.values()
            if standing.kind == "key.suspend" and standing.author == key and standing.status == "in-force"
        ),
        None,
    )


def in_force_among(
    federation: Federation, assembly: str, wanted: Sequence[tuple[Due, Certificate]], chance: Chance
) -> list[tuple[Due, Certificate]]:
    """Those that would be in force in the assembly's record, each after the ones before it. Nothing is kept.

    Raises: Missing, where that cannot be told with what is at hand.
    """
    entries: list[bytes] = []
    found = []
    for due, certificate in wanted:
        entry = _entry(assembly, due.kind, certificate, chance)
        standing = federation.try_on(assembly, [*entries, entry]).acts[parse_act(entry).id]
        if standing.status == "missing":
            raise Missing(standing.text, rule=standing.rule)
        if standing.status == "in-force":
            entries.append(entry)
            found.append((due, certificate))
    return found


def try_one(federation: Federation, assembly: str, kind: str, certificate: Certificate, chance: Chance) -> Standing:
    """What would become of this certificate in the assembly's record, delivered by nobody in particular."""
    entry = _entry(assembly, kind, certificate, chance)
    return federation.try_on(assembly, [entry]).acts[parse_act(entry).id]


def _entry(assembly: str, kind: str, certificate: Certificate, chance: Chance) -> bytes:
    return write_act(kind, {"certificate": certificate}, SigningKey(chance(32)), chance=chance, body=assembly)


def delivered_at(assembly: State, sender: str, act: str) -> int | None:
    """Where the assembly's record last took this act of the sender; None where it never did."""
    found = [
        standing.index
        for standing in assembly.acts.values()
        if standing.status == "in-force" and any(link.act == act and link.body == sender for link in standing.because)
    ]
    return max(found, default=None)
