"""Which acts of a member's record an assembly is told of, and in which order."""

from __future__ import annotations

from typing import Any

from immutables import Map

from majlis.host.courier import Bearing, Due, bearing_of, candidates, delivered_at
from majlis.institutions import State
from majlis.institutions.members import Link, MemberBody, Seat
from majlis.institutions.state import Key, Mandate, Membership, Motion, Recall, Standing, replace

ASSEMBLY, BODY, MOTION = "a5" * 32, "b0" * 32, "70" * 32
OLD, NEW = "01" * 32, "02" * 32


def act(index: int) -> str:
    return f"{index:064x}"


def standing(index: int, kind: str, author: str = OLD, **more: Any) -> Standing:
    return Standing(index=index, kind=kind, author=author, status="in-force", signers=frozenset(), **more)


def record(*kinds: str, **more: Any) -> State:
    """A body whose acts are of these kinds, from position 0 on."""
    acts = Map({act(index): standing(index, kind) for index, kind in enumerate(kinds)})
    log = State().log
    for index in range(len(kinds)):
        log = log.append(act(index))
    return State(identity=BODY, size=len(kinds), acts=acts, log=log, **more)


def joined(index: int = 0, left: int | None = None) -> Map[str, Membership]:
    membership = Membership(
        assembly=ASSEMBLY, charter="", plan="", district="north", seats=1, act=act(index), index=index, left=left
    )
    return Map({ASSEMBLY: membership})


def assembly(*seats: str, left: int | None = None, **more: Any) -> State:
    """An assembly of which the body is a member, for which these keys sit."""
    held = tuple(
        Seat(key=key, name="", votes=1, ranked=False, index=3, since=0, election=link(), result_index=1, reserve=False)
        for key in seats
    )
    member = MemberBody(
        district="north",
        names=Map(),
        inhabitants=1,
        seats=1,
        provisional=False,
        act=act(0),
        index=0,
        joined=0,
        census=link(),
        plan="",
        places=frozenset(),
        accepted=0,
        held=held,
        left=left,
    )
    return State(identity=ASSEMBLY, bodies=Map({BODY: member}), **more)


def link(number: int = 0) -> Link:
    return Link(body=BODY, act=act(number), role="election")


def mandate(index: int, motion: str = MOTION) -> Map[str, Mandate]:
    given = Mandate(assembly=ASSEMBLY, motion=motion, instruction="yes", act=act(index), index=index)
    return Map({f"{ASSEMBLY} {motion}": given})


def recall(index: int, passed: bool) -> Map[str, Recall]:
    return Map({OLD: Recall(delegate=OLD, assembly=ASSEMBLY, passed=passed, act=act(index), index=index)})


def motion(closed: bool) -> Map[str, Motion]:
    return Map({MOTION: Motion(index=9, author=OLD, text="", grants=(), closed=closed)})


def test_a_newer_mandate_leaves_nothing_of_the_older() -> None:
    sender = record("federation.join", "mandate.give", "mandate.give", mandates=mandate(2))
    assert bearing_of(sender, act(1)) is None
    assert bearing_of(sender, act(2)) == Bearing("mandate.deliver", ASSEMBLY)


def test_a_recall_that_failed_bears_on_nothing() -> None:
    kinds = ("federation.join", "election.result")
    assert bearing_of(record(*kinds, recalls=recall(1, passed=False)), act(1)) is None
    passed = record(*kinds, recalls=recall(1, passed=True), memberships=joined())
    assert bearing_of(passed, act(1)) == Bearing("seat.vacate", ASSEMBLY)
    assert list(candidates(assembly(), passed)) == [Due(kind="seat.vacate", act=act(1), index=1)]


def test_a_leaving_is_all_there_is_to_tell_and_an_older_one_nothing() -> None:
    left = record("federation.join", "federation.leave", memberships=joined(left=1), recalls=recall(0, passed=True))
    assert bearing_of(left, act(1)) == Bearing("federation.depart", ASSEMBLY)
    assert [due.kind for due in candidates(assembly(), left)] == ["federation.depart"]
    again = record("federation.join", "federation.leave", "federation.join", memberships=joined(2))
    assert bearing_of(again, act(1)) is None
    assert list(candidates(assembly(), again)) == [], "its new joining is not admitted: nothing of it counts"
    assert list(candidates(assembly(left=4), left)) == []
    assert list(candidates(assembly(), record("federation.join"))) == []


def test_a_body_that_dissolved_itself_is_told_as_gone() -> None:
    """Its seats end with it (R-FED-8)."""
    sender = record("federation.join", "dissolve", memberships=joined(), dissolved=1, recalls=recall(0, passed=True))
    assert bearing_of(sender, act(1)) == Bearing("federation.depart", "")
    assert list(candidates(assembly(), sender)) == [Due(kind="federation.depart", act=act(1), index=1)]


def test_a_dead_key_is_told_by_the_act_that_killed_it() -> None:
    """Replaced: the act of the newest key. Suspended: that by its holder."""
    kinds = ("federation.join", "key.replace", "key.suspend")
    keys = Map({OLD: Key(tag="", index=0, suspended=True, replaced=NEW), NEW: Key(tag="", index=1)})
    sender = record(*kinds, memberships=joined(), keys=keys)
    assert [due.index for due in candidates(assembly(OLD), sender)] == [1]
    assert [due.index for due in candidates(assembly(NEW), sender)] == []
    suspended = replace(sender, keys=Map({OLD: Key(tag="", index=0, suspended=True)}))
    assert [due.index for due in candidates(assembly(OLD), suspended)] == [2]
    assert bearing_of(sender, act(2)) == Bearing("seat.vacate", "")
    nobody = replace(suspended, acts=Map({act(0): standing(0, "federation.join")}))
    assert list(candidates(assembly(OLD), nobody)) == []


def test_a_mandate_on_what_is_decided_or_unknown_is_not_owed() -> None:
    sender = record("federation.join", "mandate.give", memberships=joined(), mandates=mandate(1))
    assert [due.kind for due in candidates(assembly(motions=motion(closed=False)), sender)] == ["mandate.deliver"]
    assert list(candidates(assembly(motions=motion(closed=True)), sender)) == []
    assert list(candidates(assembly(), sender)) == []


def test_where_something_was_delivered_is_the_newest_act_in_force_that_rests_on_it() -> None:
    acts = {n: standing(n, "seat.fill", because=(link(7),)) for n in (4, 6)}
    acts[8] = replace(acts[6], index=8, status="void")
    state = State(identity=ASSEMBLY, acts=Map({act(n): each for n, each in acts.items()}))
    assert delivered_at(state, BODY, act(7)) == 6
    assert delivered_at(state, ASSEMBLY, act(7)) is None
    assert delivered_at(state, BODY, act(5)) is None
