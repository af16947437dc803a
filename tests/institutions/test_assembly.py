"""R-ASSEMBLY and R-VOTE: delegates meet with notice and quorum, vote openly, and are held to their mandates."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, product
from typing import Any

import pytest
from tests.institutions.polling import SEATS, candidate
from tests.institutions.simulator import BLOB, Body, Person, Simulator, grant, in_force, void
from tests.institutions.test_federation import depart, leave

from majlis.errors import Refused
from majlis.institutions.assembly.rules import _check_sure, _is_quorum, _tally, label_now, strength
from majlis.institutions.decisions import is_carried
from majlis.institutions.kinds import sitting as sitting_for
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

    def hear(self, *names: str) -> Sitting:
        """The newest heads of these districts' records, or of all, are shown."""
        for name in names or SEATS:
            assert in_force(self.sim.bodies[name].show_head(self.assembly))
        return self

    def close(self, motion: str = "") -> Any:
        """A tick covers the votes, and the clerk closes."""
        self.assembly.tick()
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
    return sitting.hear()


def test_delegates_decide_by_open_roll_call(opened: Sitting) -> None:
    for person, choice in zip(opened.delegates, ("yes", "yes", "no", "yes"), strict=True):
        assert in_force(opened.vote(person, choice))
    standing = opened.close()
    assert in_force(standing)
    decision = opened.assembly.state.decisions[opened.assembly.state.log[standing.index]]
    assert (decision.how, decision.yes, decision.no, decision.roll, decision.carried) == ("rollcall", 3, 1, 4, True)
    assert [link.role for link in standing.because] == ["motion", *["vote"] * 4, *["head"] * 3]
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


# --- R-ASSEMBLY-6


def voted(opened: Sitting, *choices: str) -> Sitting:
    """Everybody votes: two delegates of north, one of east, one of south."""
    for person, choice in zip(opened.delegates, choices, strict=True):
        assert in_force(opened.vote(person, choice))
    return opened


@pytest.fixture
def unheard(sitting: Sitting) -> Sitting:
    """A meeting that is open, and nobody has shown a head of any district."""
    assert in_force(sitting.attend().open())
    return sitting


def test_a_roll_call_that_nobody_heard_of_waits_for_heads(unheard: Sitting) -> None:
    voted(unheard, "yes", "yes", "yes", "yes")
    assert void(unheard.close()) == "R-ASSEMBLY-6"
    unheard.hear("north", "east")
    assert in_force(unheard.close()), "three of four seats, two of three districts, all for it: whatever south is"
    (decision,) = [d for d in unheard.assembly.state.decisions.values() if d.motion == unheard.motion]
    assert (decision.carried, decision.yes) == (True, 4), "whoever is cut off has voted all the same"
    assert decision.silent == {unheard.sim.bodies["south"].identity}


def test_districts_that_are_cut_off_delay_a_decision_and_do_not_lose_their_votes(unheard: Sitting) -> None:
    voted(unheard, "yes", "yes", "yes", "yes")
    unheard.sim.pass_days(3)
    assert void(unheard.close()) == "R-ASSEMBLY-6"
    unheard.sim.pass_days(1)
    assert in_force(unheard.close()), "voting_days and head_days after the opening"
    (decision,) = [d for d in unheard.assembly.state.decisions.values() if d.motion == unheard.motion]
    assert (decision.yes, len(decision.silent)) == (4, 3)


@pytest.mark.parametrize(
    ("choices", "heard", "waits"),
    [
        (("yes", "yes", "yes", "yes"), "north east", False),
        (("yes", "yes", "yes", "yes"), "north", True),  # one district of three is no quorum
        (("yes", "yes", "yes", "yes"), "east south", True),  # two seats of four are none
        (("yes", "yes", "no", "yes"), "north east", False),  # without south two to one
        (("yes", "no", "no", "yes"), "north east", False),  # not carried, and no more so without south
        (("yes", "no", "no", "yes"), "south", True),  # of north and east, the noes may be of recalled delegates
        (("no", "no", "no", "yes"), "north south", False),  # one to two even without east
    ],
)
def test_a_roll_call_waits_where_silent_districts_could_turn_it(
    unheard: Sitting, choices: tuple[str, ...], heard: str, waits: bool
) -> None:
    voted(unheard, *choices).hear(*heard.split())
    standing = unheard.close()
    assert (standing.status, standing.rule) == (("void", "R-ASSEMBLY-6") if waits else ("in-force", ""))


def test_it_waits_exactly_where_some_of_those_votes_could_turn_it(unheard: Sitting) -> None:
    """Every way in which four delegates vote, every set of silent districts, every set of recalls that they may hide.

    What is not carried waits also where so many recalls would leave no quorum: some of them would leave one.
    """
    state = unheard.assembly.state
    motion = state.motions[unheard.motion]
    bodies = [sitting_for(state, person.id) for person in unheard.delegates]

    def carries(votes: list[Vote], *, quorum: bool) -> bool:
        return is_carried(state.charter, motion, _tally(4, votes)) and (_is_quorum(state, votes) or not quorum)

    for choices in product(("yes", "no", "abstain"), repeat=4):
        votes = [
            Vote(key=person.id, district=body, choice=choice, act=BLOB, index=0)
            for person, body, choice in zip(unheard.delegates, bodies, choices, strict=True)
        ]
        for silent in powerset(set(bodies)):
            hidden = [vote for vote in votes if vote.district in silent]
            is_now = carries(votes, quorum=True)
            others = {carries([v for v in votes if v not in gone], quorum=is_now) for gone in powerset(hidden)}
            turned = others - {is_now}
            try:
                _check_sure(state, motion, votes, frozenset(silent))
            except Refused as fault:
                assert fault.rule == "R-ASSEMBLY-6"
                assert turned, (choices, silent)
            else:
                assert not turned, (choices, silent)


def powerset(items: Iterable[Any]) -> list[tuple[Any, ...]]:
    listed = sorted(items, key=repr)
    return [found for size in range(len(listed) + 1) for found in combinations(listed, size)]
