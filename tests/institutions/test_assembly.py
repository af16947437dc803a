"""R-ASSEMBLY and R-VOTE: delegates meet with notice and quorum, vote openly, and are held to their mandates."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.polling import SEATS, candidate
from tests.institutions.simulator import BLOB, Body, Person, Simulator, grant, in_force, void
from tests.institutions.test_federation import depart, leave

from majlis.institutions.assembly.rules import label_now, strength
from majlis.institutions.state import Vote

GRANT = grant("spend.order", ceiling=100, purpose="flour", unit="SYP")


class Sitting:
    """A meeting of the assembly on one motion, its notice passed."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.assembly: Body = sim.bodies["assembly"]
        self.motion = self.assembly.table(GRANT)
        self.session = self.assembly.call(self.motion)
        sim.pass_days(8)
        self.delegates = [candidate(sim.bodies[name], n) for name, seats in SEATS.items() for n in range(seats)]

    def attend(self, *people: Person) -> Sitting:
        for person in people or self.delegates:
            self.assembly.do("session.attend", {"session": self.session}, person)
        return self

    def open(self) -> Any:
        return self.assembly.submit("session.open", {"session": self.session}, self.assembly.clerk)

    def vote(self, person: Person, choice: str = "yes", motion: str = "") -> Any:
        return self.assembly.submit("vote.cast", {"motion": motion or self.motion, "choice": choice}, person)

    def close(self, motion: str = "") -> Any:
        return self.assembly.submit("motion.close", {"motion": motion or self.motion}, self.assembly.clerk)

    def recorded(self, person: Person) -> Vote:
        return self.assembly.state.votes[self.motion][person.id]


@pytest.fixture
def sitting(seated: Simulator) -> Sitting:
    return Sitting(seated)


@pytest.fixture
def opened(sitting: Sitting) -> Sitting:
    """The same, open, with everybody there."""
    assert in_force(sitting.attend().open())
    return sitting


def test_delegates_decide_by_open_roll_call(opened: Sitting) -> None:
    for person, choice in zip(opened.delegates, ("yes", "yes", "no", "yes"), strict=True):
        assert in_force(opened.vote(person, choice))
    standing = opened.close()
    assert in_force(standing)
    decision = opened.assembly.state.decisions[opened.assembly.state.log[standing.index]]
    assert (decision.how, decision.yes, decision.no, decision.roll, decision.carried) == ("rollcall", 3, 1, 4, True)
    assert [link.role for link in standing.because] == ["motion", "vote", "vote", "vote", "vote"]
    order = {"amount": 5, "unit": "SYP", "purpose": "flour"}
    cite = opened.assembly.state.log[standing.index]
    assert in_force(opened.assembly.submit("spend.order", order, opened.assembly.clerk, cites=[cite]))


def test_one_attends_a_meeting_that_was_called(sitting: Sitting) -> None:
    person = sitting.delegates[0]
    assert void(sitting.assembly.submit("session.attend", {"session": BLOB}, person)) == "R-ASSEMBLY-1"
    assert void(sitting.assembly.submit("session.open", {"session": BLOB}, person)) == "R-ASSEMBLY-1"
    assert void(sitting.assembly.submit("session.attend", {"session": sitting.session}, Person("x"))) == "R-KEY-1"
    sitting.attend()
    assert in_force(sitting.open())
    assert void(sitting.open()) == "R-ASSEMBLY-1"


def test_a_meeting_opens_after_its_notice(seated: Simulator) -> None:
    sitting = Sitting(seated)
    sitting.session = sitting.assembly.call(sitting.motion)
    sitting.attend()
    assert void(sitting.open()) == "R-ASSEMBLY-2"
    seated.pass_days(7)
    assert in_force(sitting.open())


def test_a_quorum_is_more_than_half_of_all_seats_and_of_the_districts(sitting: Sitting) -> None:
    """Four seats in three districts, of which north has two."""
    assert strength(sitting.assembly.state) == (4, 3)
    north_one, north_two, east, south = sitting.delegates
    sitting.attend(north_one, north_two)
    assert void(sitting.open()) == "R-ASSEMBLY-3"
    sitting.attend(east)
    assert in_force(sitting.open())
    other = Sitting(sitting.sim).attend(east, south)
    assert void(other.open()) == "R-ASSEMBLY-3"


def test_a_vote_is_on_an_open_motion(opened: Sitting) -> None:
    first = opened.delegates[0]
    assert void(opened.vote(first, motion=BLOB)) == "R-VOTE-1"
    assert void(opened.close(motion=BLOB)) == "R-VOTE-1"
    for person in opened.delegates[:3]:
        assert in_force(opened.vote(person))
    opened.sim.pass_days(1)
    assert in_force(opened.close())
    assert void(opened.vote(opened.delegates[3])) == "R-VOTE-1"
    assert void(opened.close()) == "R-VOTE-1"


def test_a_vote_is_before_an_open_meeting(sitting: Sitting) -> None:
    first = sitting.delegates[0]
    assert void(sitting.vote(first)) == "R-VOTE-2"
    assert void(sitting.close()) == "R-VOTE-1"
    sitting.attend()
    assert in_force(sitting.open())
    assert in_force(sitting.vote(first))
    other = sitting.assembly.table()
    assert void(sitting.vote(first, motion=other)) == "R-VOTE-2"


def test_an_open_vote_is_cast_once(opened: Sitting) -> None:
    first = opened.delegates[0]
    assert in_force(opened.vote(first, "no"))
    assert void(opened.vote(first, "yes")) == "R-VOTE-3"
    assert opened.recorded(first).choice == "no"


def test_a_roll_call_without_quorum_does_not_close(opened: Sitting) -> None:
    north_one, north_two, east, _ = opened.delegates
    for person in (north_one, north_two):
        assert in_force(opened.vote(person))
    opened.sim.pass_days(1)
    assert void(opened.close()) == "R-ASSEMBLY-4"
    assert in_force(opened.vote(east))
    assert in_force(opened.close())


def test_nobody_closes_a_roll_call_as_soon_as_it_suits_them(opened: Sitting) -> None:
    for person in opened.delegates[:3]:
        assert in_force(opened.vote(person))
    assert void(opened.close()) == "R-ASSEMBLY-5"
    fork = opened.sim.fork().bodies["assembly"]
    fork.sim.pass_days(1)
    assert in_force(fork.submit("motion.close", {"motion": opened.motion}, opened.delegates[0]))
    assert in_force(opened.vote(opened.delegates[3], "no"))
    assert in_force(opened.close())


def test_who_no_longer_sits_when_the_vote_closes_has_not_voted(opened: Sitting) -> None:
    """R-VOTE-4: votes are judged again when the vote closes, against all certificates logged by then."""
    for person in opened.delegates:
        assert in_force(opened.vote(person, "no" if person is opened.delegates[3] else "yes"))
    south = opened.sim.bodies["south"]
    assert in_force(depart(south, leave(south)))
    assert label_now(opened.assembly.state, opened.motion, opened.recorded(opened.delegates[3])).label == "void"
    assert in_force(opened.close())
    assert [opened.recorded(person).label for person in opened.delegates] == ["free", "free", "free", "void"]
    decision = next(d for d in opened.assembly.state.decisions.values() if d.motion == opened.motion)
    assert (decision.yes, decision.no, decision.roll) == (3, 0, 3)


def test_the_label_of_a_closed_vote_stays(opened: Sitting) -> None:
    for person in opened.delegates:
        assert in_force(opened.vote(person))
    vote = opened.recorded(opened.delegates[0])
    assert vote.label == ""
    assert label_now(opened.assembly.state, opened.motion, vote).label == "free"
    assert in_force(opened.close())
    closed = opened.recorded(opened.delegates[0])
    assert closed.label == "free"
    opened.sim.pass_days(400)
    assert label_now(opened.assembly.state, opened.motion, closed) is closed
