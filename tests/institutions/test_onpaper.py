"""R-PAPER: delegates elected on paper, counted in the open, where a box would be too small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace
from tests.institutions.polling import Polling, candidate, keeper, prepare, renew, stand
from tests.institutions.simulator import BLOB, Body, Person, Simulator, grant, in_force, void
from tests.institutions.test_federation import join

from majlis.count import count_votes, make_profile
from majlis.institutions.kinds import sitting


@pytest.fixture(scope="session")
def _joined() -> Simulator:
    sim = prepare(Simulator())
    for name in ("north", "east"):
        join(sim.bodies[name])
    return sim


def polled(body: Body, seats: int, ballots: int = 15) -> Polling:
    """A box of delegates, closed with so many ballots; the window is over."""
    declared = stand(body, *(candidate(body, n) for n in range(3)))
    assembly = body.sim.bodies["assembly"].identity
    return Polling(body, "delegates", assembly, seats=seats, candidates=declared).prepare().open().close(ballots).wait()


@pytest.fixture
def ranked(_joined: Simulator) -> Polling:
    return polled(_joined.fork().bodies["north"], 2)


@pytest.fixture
def single(_joined: Simulator) -> Polling:
    return polled(_joined.fork().bodies["east"], 1)


def data(polling: Polling, *ways: tuple[Sequence[int], int], blank: int = 0, present: int = 15) -> dict[str, Any]:
    return {
        "election": polling.act,
        "present": present,
        "ways": [{"choices": list(choices), "papers": papers} for choices, papers in ways],
        "blank": blank,
        "sheets": [BLOB],
    }


def counters(body: Body) -> list[Person]:
    """The three tellers, and the list keeper of another body."""
    return [*body.tellers[:3], keeper(body)]


def test_a_small_box_is_never_opened_and_its_delegates_are_elected_on_paper(single: Polling) -> None:
    """R-PAPER-4: most votes first, and the assembly seats who was elected so."""
    body = single.body
    said = data(single, ([2], 8), ([1], 4), ([3], 2), blank=1)
    assert in_force(body.submit("election.paper", said, *counters(body)))
    outcome = single.election.result
    assert outcome is not None
    assert (outcome.votes, outcome.blank, outcome.order, outcome.ballots) == ((4, 8, 2), 1, (1, 0, 2), 15)


def test_who_was_elected_on_paper_is_seated_by_certificate(seated: Simulator) -> None:
    """R-SEAT-2: the assembly takes the one kind of result for the other."""
    east, assembly = seated.bodies["east"], seated.bodies["assembly"]
    seated.pass_days(280)
    renew(east, seated.bodies["south"])
    again = [{"office": "teller", "key": p.id, "of": east.identity, "term_days": 365} for p in east.tellers[:3]]
    decision = east.decide(*(grant("office.appoint", **match) for match in again))
    for match in again:
        east.do("office.appoint", match, east.clerk, cites=[decision])
    polling = polled(east, 1)
    said = data(polling, ([2], 8), ([1], 4), ([3], 3))
    act = east.do("election.paper", said, *counters(east))
    assembly.do("seat.fill", {"certificate": east.certificate(act)}, seated.witnesses[0])
    assert sitting(assembly.state, candidate(east, 1).id) == east.identity


def test_rankings_on_paper_are_counted_by_the_charter_s_rule(ranked: Polling) -> None:
    """R-PAPER-4."""
    ways = [((1, 2), 7), ((2, 3), 4), ((3,), 3)]
    assert in_force(ranked.body.submit("election.paper", data(ranked, *ways, blank=1), *counters(ranked.body)))
    counted = count_votes(make_profile("ABC", [(n, choices) for choices, n in ways]), rule="scottish/1", seats=2)
    outcome = ranked.election.result
    assert outcome is not None
    assert outcome.order[:2] == tuple(number - 1 for number in counted.winners)
    assert (outcome.votes, outcome.blank, outcome.quota) == ((7, 4, 3), 1, 14 // 3 + 1)


def test_what_a_box_can_decide_is_not_decided_on_paper(_joined: Simulator, single: Polling) -> None:
    """R-PAPER-1."""
    body = _joined.fork().bodies["east"]
    large = polled(body, 1, ballots=20)
    said = data(large, ([1], 15))
    assert void(body.submit("election.paper", said, *counters(body))) == "R-PAPER-1"
    motion = Polling(body, "motion", body.table()).prepare().open().close(5).wait()
    assert void(body.submit("election.paper", data(motion), *counters(body))) == "R-PAPER-1"
    opened = Polling(body, "motion", body.table()).prepare().open()
    assert void(body.submit("election.paper", data(opened), *counters(body))) == "R-PAPER-1"
    once = data(single, ([1], 9), ([2], 6), ([3], 5), present=20)
    assert in_force(single.body.submit("election.paper", once, *counters(single.body)))
    again = once | {"sheets": [BLOB, "cd" * 32]}
    assert void(single.body.submit("election.paper", again, *counters(single.body))) == "R-PAPER-1"


def test_a_roll_that_fills_no_box_needs_none(_joined: Simulator) -> None:
    """R-PAPER-1: the notice counts all the same."""
    body = _joined.fork().bodies["east"]
    declared = stand(body, *(candidate(body, n) for n in range(3)))
    assembly = body.sim.bodies["assembly"].identity
    polling = Polling(body, "delegates", assembly, seats=1, candidates=declared)
    said = data(polling, ([1], 9), ([2], 6))
    assert void(body.submit("election.paper", said, *counters(body))) == "R-PAPER-1"
    small = replace(polling.election, roll=replace(polling.election.roll, leaves=19))
    body.record.states[-1] = replace(body.state, elections=body.state.elections.set(polling.act, small))
    early = said | {"blank": 1, "present": 16}
    assert void(body.submit("election.paper", early, *counters(body))) == "R-PAPER-1"
    body.sim.pass_days(8)
    two, tie = [{"choices": [1, 2], "papers": 5}], [{"choices": [n], "papers": 5} for n in (1, 2)]
    for wrong, rule in (({"present": 20}, "R-PAPER-2"), ({"ways": two}, "R-PAPER-2"), ({"ways": tie}, "R-LOT-3")):
        assert void(body.submit("election.paper", said | wrong, *counters(body))) == rule
    assert in_force(body.submit("election.paper", data(polling, ([1], 8), ([2], 6), ([3], 1)), *counters(body)))


@pytest.mark.parametrize(
    "changes",
    [
        {"present": 14},
        {"present": 61},
        {"present": 5, "ways": [{"choices": [1], "papers": 5}], "blank": 0},
        {"ways": [{"choices": [1, 1], "papers": 5}]},
        {"ways": [{"choices": [4], "papers": 5}]},
    ],
    ids=str,
)
def test_numbers_are_such_as_can_be_true(ranked: Polling, changes: dict[str, Any]) -> None:
    """R-PAPER-2."""
    said = data(ranked, ((1, 2), 9), ((2,), 5), blank=1)
    assert void(ranked.body.submit("election.paper", said | changes, *counters(ranked.body))) == "R-PAPER-2"
    assert in_force(ranked.body.submit("election.paper", said, *counters(ranked.body)))


def test_three_tellers_count_before_somebody_of_another_body(ranked: Polling) -> None:
    """R-PAPER-3: until they have all signed, nothing is in force."""
    body = ranked.body
    said = data(ranked, ((1, 2), 9), ((2,), 5), blank=1)
    one, two, three, guest = counters(body)
    for signers in ((one, two, guest), (one, two, three), (one,)):
        assert body.submit("election.paper", said, *signers).status == "waiting"
    assert void(body.submit("election.paper", said, body.clerk, guest)) == "R-KEY-1"
    assert in_force(body.submit("election.paper", said, one, two, three, guest))
