"""R-HEAD: how far each member's record was seen; what its newest head shows undone is undone above (R-CERT-8)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.polling import candidate
from tests.institutions.simulator import DAY, Body, Person, Simulator, in_force, void
from tests.institutions.test_assembly import Sitting
from tests.institutions.test_federation import depart, leave
from tests.institutions.test_replacing import replace_at_home
from tests.institutions.test_seats import deliver, election_of, held, new_term, recall, sits

from majlis.errors import Missing
from majlis.institutions import NoEvidence, fold
from majlis.institutions.seats import is_heard


@pytest.fixture
def assembly(seated: Simulator) -> Body:
    return seated.bodies["assembly"]


@pytest.fixture
def north(seated: Simulator) -> Body:
    return seated.bodies["north"]


@pytest.fixture
def east(seated: Simulator) -> Body:
    return seated.bodies["east"]


def member(body: Body) -> Any:
    return body.sim.bodies["assembly"].state.bodies[body.identity]


# --- what may be shown


def test_heads_are_shown_of_members(seated: Simulator, assembly: Body, north: Body) -> None:
    stranger = seated.confirmed("stranger")
    assert void(stranger.show_head(assembly)) == "R-HEAD-1"
    assert void(assembly.show_head(assembly)) == "R-HEAD-1"
    assert in_force(depart(north, leave(north)))
    assert void(north.show_head(assembly)) == "R-HEAD-1"


def test_a_stranger_s_head_is_void_for_who_has_nothing_else_at_hand(seated: Simulator, assembly: Body) -> None:
    stranger = seated.confirmed("stranger")
    data = {"body": stranger.identity, "checkpoint": stranger.checkpoint()}
    entry = assembly.write("head.show", data, seated.witnesses[0])
    state, (finding,) = fold(assembly.state, entry, NoEvidence())
    assert (finding.kind, finding.rule, state.missing) == ("void", "R-HEAD-1", None)


def test_a_head_is_the_log_s_and_safe(assembly: Body, north: Body) -> None:
    assert void(north.show_head(assembly, witnesses=(1,))) == "R-CERT-2"
    lines = north.checkpoint().split("\n")
    unsigned = "\n".join(line for line in lines if not line.startswith(f"— {north.origin}"))
    for checkpoint, rule in (
        (unsigned, "R-CERT-1"),
        (north.sim.bodies["east"].checkpoint(), "R-CERT-1"),
        ("", "R-CERT-1"),
        ("\n".join([lines[0], str(int(lines[1]) + 1), *lines[2:]]), "R-CERT-1"),
    ):
        data = {"body": north.identity, "checkpoint": checkpoint}
        assert void(assembly.submit("head.show", data, north.clerk)) == rule
    assert member(north).head is None


def test_a_head_is_newer_than_the_one_shown_last(seated: Simulator, assembly: Body, north: Body) -> None:
    joined = member(north).joined
    assert void(north.show_head(assembly, size=joined)) == "R-HEAD-2"
    size = len(north.record.entries)
    assert in_force(north.show_head(assembly, size=size - 1))
    assert void(north.show_head(assembly, size=size - 1)) == "R-HEAD-2"
    assert void(north.show_head(assembly, size=size - 2, time=seated.now + 9)) == "R-HEAD-2"
    assert in_force(north.show_head(assembly))
    assert void(north.show_head(assembly, time=seated.now - 1)) == "R-HEAD-2"
    assert in_force(north.show_head(assembly, time=seated.now + 5)), "its mirrors saw nothing new until then"
    head = member(north).head
    assert (head.size, head.root, head.time) == (size, north.record.tree.root().hex(), seated.now + 5)


def test_its_time_is_the_middle_of_its_mirrors(seated: Simulator, assembly: Body, north: Body) -> None:
    """Of two the earlier, so that no single clock that is ahead makes an old head look new."""
    late, early = north.checkpoint(time=seated.now + 900 * DAY), north.checkpoint(time=seated.now - 9 * DAY)
    text, _, lines = early.partition("\n\n")
    cosigned = [line for line in lines.splitlines() if not line.startswith(f"— {seated.mirrors[2].name}")]
    ahead = [line for line in late.splitlines() if line.startswith(f"— {seated.mirrors[1].name}")]
    mixed = [line for line in cosigned if not line.startswith(f"— {seated.mirrors[1].name}")] + ahead
    data = {"body": north.identity, "checkpoint": "\n".join([text, "", *mixed, ""])}
    assert in_force(assembly.submit("head.show", data, seated.witnesses[0]))
    assert member(north).head.time == seated.now - 9 * DAY


def test_a_head_whose_record_is_not_at_hand_is_missing(seated: Simulator, assembly: Body, north: Body) -> None:
    data = {"body": north.identity, "checkpoint": north.checkpoint()}
    entry = assembly.write("head.show", data, seated.witnesses[0])
    state, (finding,) = fold(assembly.state, entry, NoEvidence())
    assert (finding.kind, finding.rule) == ("missing", "R-CERT-7")
    assert state.missing == assembly.state.size


def test_a_head_that_rests_on_what_is_not_at_hand_is_missing(seated: Simulator, north: Body) -> None:
    class Half:
        """Evidence of a reader who lacks a box of north's."""

        def founding(self, body: str) -> Any:
            return seated.federation.founding(body)

        def state(self, body: str, size: int, root: str) -> Any:
            from majlis.institutions.state import replace

            return replace(seated.federation.state(body, size, root), missing=7)

        def box(self, claim: Any) -> Any:
            raise Missing("none")

    assembly = seated.bodies["assembly"]
    north.state  # noqa: B018  (folded, so that its state is at hand)
    data = {"body": north.identity, "checkpoint": north.checkpoint()}
    entry = assembly.write("head.show", data, seated.witnesses[0])
    state, (finding,) = fold(assembly.state, entry, Half())
    assert (finding.kind, finding.rule) == ("missing", "R-CERT-7")
    assert state.bodies[north.identity].head is None


# --- what a head does


def test_a_recall_is_carried_by_any_newer_head(assembly: Body, north: Body) -> None:
    """R-HEAD-3: the clerk above sits on the certificate, and has to show that nothing new is known."""
    delegate = held(north)[0].key
    before = len(north.record.entries)
    recall(north, delegate)
    assert in_force(north.show_head(assembly, size=before))
    assert sits(north, delegate), "what came later is not under that head"
    standing = north.show_head(assembly)
    assert in_force(standing)
    assert not sits(north, delegate)
    seat = held(north)[0]
    assert (seat.ended, seat.ended_act) == (standing.index, assembly.state.log[standing.index])
    assert void(assembly.submit("session.call", {"motions": []}, candidate(north, 0))) != ""
    assert in_force(deliver(north, "seat.fill", election_of(north))), "the reserve takes the seat"
    assert not sits(north, delegate)


def test_a_recall_of_somebody_who_was_elected_anew_ends_nothing(assembly: Body, east: Body) -> None:
    delegate = candidate(east, 0)
    recall(east, delegate.id)
    newer = new_term(east, delegate, *(candidate(east, number, "second ") for number in range(2)))
    assert in_force(deliver(east, "seat.fill", newer))
    assert sits(east, delegate.id)
    assert in_force(east.show_head(assembly))
    assert sits(east, delegate.id)


def test_a_newer_election_seats_nobody_by_itself(assembly: Body, east: Body) -> None:
    newer = new_term(east, *(candidate(east, number, "second ") for number in range(3)))
    before = held(east)
    assert in_force(east.show_head(assembly))
    assert held(east) == before, "who sits goes on until the new ones are seated"
    assert in_force(deliver(east, "seat.fill", newer))
    assert not sits(east, before[0].key)


def test_a_key_that_died_at_home_sits_no_longer(assembly: Body, north: Body) -> None:
    one, two = (candidate(north, number) for number in range(2))
    new = Person("north, a new key")
    replace_at_home(north, one, new)
    north.do("key.suspend", {"key": two.id}, two)
    assert (sits(north, one.id), sits(north, two.id)) == (True, True)
    assert in_force(north.show_head(assembly))
    assert (sits(north, one.id), sits(north, new.id), sits(north, two.id)) == (False, True, False)
    assert in_force(north.show_head(assembly, time=north.sim.now + 1)), "and a second head changes nothing"
    assert [seat.key for seat in held(north) if seat.ended is None] == [new.id]


def test_a_body_that_left_is_gone(assembly: Body, north: Body) -> None:
    act = leave(north)
    assert in_force(north.show_head(assembly))
    gone = member(north)
    assert gone.left is not None
    assert all(seat.ended is not None for seat in gone.held)
    assert void(depart(north, act)) == "R-FED-8"


def test_what_was_shown_once_is_not_undone_by_older_certificates(assembly: Body, north: Body) -> None:
    """R-CERT-8: the certificate is of before the recall, and the assembly has seen the record after it."""
    delegate = held(north)[0].key
    result = election_of(north)
    old = north.certificate(result)
    recall(north, delegate)
    fork = north.sim.fork().bodies["north"]
    fork_assembly = fork.sim.bodies["assembly"]
    assert in_force(deliver(fork, "seat.vacate", list(fork.state.recalls.values())[-1].act))
    assert in_force(fork_assembly.submit("seat.fill", {"certificate": old}, fork.clerk)), "nothing newer was known"
    assert in_force(north.show_head(assembly))
    filled = assembly.submit("seat.fill", {"certificate": old}, north.clerk)
    assert in_force(filled), "the reserve"
    assert not sits(north, delegate)
    assert [seat.key for seat in held(north) if seat.ended is None] == [candidate(north, n).id for n in (1, 2)]


def test_a_delegate_recalled_before_being_seated_is_not_seated_by_the_old_certificate(
    assembly: Body, east: Body
) -> None:
    """R-CERT-8: the election's certificate is kept back until the delegate is recalled, and a head says so."""
    people = [candidate(east, number, "second ") for number in range(3)]
    newer = new_term(east, *people)
    old = {"certificate": east.certificate(newer)}
    recall(east, people[0].id)
    twin = east.sim.fork().bodies["east"]
    assert in_force(twin.sim.bodies["assembly"].submit("seat.fill", old, twin.clerk))
    assert sits(twin, people[0].id), "without the head"
    assert in_force(east.show_head(assembly))
    assert in_force(assembly.submit("seat.fill", old, east.clerk))
    assert (sits(east, people[0].id), sits(east, people[1].id)) == (False, True)


# --- how new it is


def test_a_head_speaks_for_head_days(seated: Simulator, assembly: Body, north: Body) -> None:
    assert not is_heard(assembly.state, member(north))
    assert in_force(north.show_head(assembly))
    assert is_heard(assembly.state, member(north))
    seated.pass_days(3)
    assert is_heard(assembly.state, member(north))
    seated.pass_days(1)
    assert not is_heard(assembly.state, member(north))
    assert in_force(north.show_head(assembly))
    assert is_heard(assembly.state, member(north))


def test_a_head_of_a_time_to_come_is_none(seated: Simulator, assembly: Body, north: Body) -> None:
    assert in_force(north.show_head(assembly, time=seated.now + 4 * DAY))
    assert not is_heard(assembly.state, member(north))
    seated.pass_days(2)
    assert is_heard(assembly.state, member(north))


def test_a_recalled_delegate_decides_nothing_once_all_were_heard(seated: Simulator, assembly: Body) -> None:
    """The clerk sits on a recall, and wants to close: not before anybody has shown the head that ends the seat."""
    north = seated.bodies["north"]
    delegate = candidate(north, 0)
    recall(north, delegate.id)
    sitting = Sitting(seated)
    assert in_force(sitting.attend().open())
    for person, choice in zip(sitting.delegates, ("yes", "yes", "yes", "no"), strict=True):
        assert in_force(sitting.vote(person, choice))
    assert void(sitting.close()) == "R-ASSEMBLY-6"
    sitting.hear("east", "south")
    assert void(sitting.close()) == "R-ASSEMBLY-6", "without north no quorum is sure"
    assert void(north.show_head(assembly, size=member(north).joined)) == "R-HEAD-2"
    sitting.hear("north")
    assert in_force(sitting.close())
    assert sitting.recorded(delegate).label == "void"
    decision = next(d for d in assembly.state.decisions.values() if d.motion == sitting.motion)
    assert (decision.yes, decision.no, decision.silent) == (2, 1, frozenset())
