"""R-SEAT: who sits, by whose election, and until when; no certificate that anybody delivers again changes that."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.polling import Drive, Polling, candidate, elect, renew
from tests.institutions.simulator import BLOB, DAY, Body, Person, Simulator, grant, in_force, void

from majlis.institutions import GENESIS
from majlis.institutions.kinds import is_sitting, sitting
from majlis.institutions.seats.rules import _since
from majlis.institutions.state import Seat
from majlis.institutions.ticks import now


def held(body: Body) -> tuple[Seat, ...]:
    """Everybody who sat for the district, in order."""
    return body.sim.bodies["assembly"].state.bodies[body.identity].held


def sits(body: Body, key: str) -> bool:
    return is_sitting(body.sim.bodies["assembly"].state, body.identity, key)


def deliver(body: Body, kind: str, act: str, **how: Any) -> Any:
    """Anybody delivers the certificate of one of the body's acts to the assembly."""
    data = {"certificate": body.certificate(act, **how)}
    return body.sim.bodies["assembly"].submit(kind, data, body.sim.witnesses[0])


def election_of(body: Body) -> str:
    """The result by which the body's delegates sit."""
    return held(body)[0].election.act


def recall(body: Body, delegate: str) -> str:
    """The members recall the delegate; the act with the result."""
    assembly = body.sim.bodies["assembly"]
    data = {"delegate": delegate, "assembly": assembly.identity, "reason": BLOB}
    petition = Drive(body, body.do("recall.petition", data, body.clerk))
    petition.sign(6)
    return Polling(body, "recall", petition.act).hold(35, 5)


@pytest.fixture
def north(seated: Simulator) -> Body:
    return seated.bodies["north"]


@pytest.fixture
def east(seated: Simulator) -> Body:
    return seated.bodies["east"]


def test_those_with_most_votes_sit_in_order(north: Body) -> None:
    assert [(seat.name, seat.votes, seat.reserve) for seat in held(north)] == [
        ("north candidate 0", 30, False),
        ("north candidate 1", 27, False),
    ]


def test_only_a_member_in_good_standing_fills_seats(seated: Simulator) -> None:
    stranger = seated.confirmed("stranger")
    assert void(deliver(stranger, "seat.fill", stranger.identity)) == "R-SEAT-1"
    assert void(deliver(stranger, "seat.vacate", stranger.identity)) == "R-SEAT-1"


def test_who_left_by_their_own_record_fills_no_seat(north: Body) -> None:
    assembly = north.sim.bodies["assembly"]
    delegate = held(north)[0].key
    result = recall(north, delegate)
    fork = north.sim.fork().bodies["north"]
    gone = {"assembly": assembly.identity}
    north.do("federation.leave", gone, north.clerk, cites=[north.decide(grant("federation.leave", **gone))])
    assert void(deliver(north, "seat.vacate", result)) == "R-SEAT-1"
    assert in_force(deliver(fork, "seat.vacate", result))


def test_seats_are_filled_by_an_election_of_delegates_to_this_assembly(north: Body) -> None:
    delegate = held(north)[0].key
    result = recall(north, delegate)
    assert void(deliver(north, "seat.fill", result)) == "R-SEAT-2"
    assert void(deliver(north, "seat.fill", north.identity)) == "R-CERT-6"


def test_a_seat_is_filled_only_when_it_is_vacant(north: Body) -> None:
    assert void(deliver(north, "seat.fill", election_of(north))) == "R-SEAT-3"


def test_a_recall_ends_a_seat_and_the_reserve_takes_it(north: Body) -> None:
    """The host above sits on the certificate: anybody delivers it."""
    delegate = held(north)[0].key
    result = recall(north, delegate)
    assert in_force(deliver(north, "seat.vacate", result))
    assert not sits(north, delegate)
    assert void(deliver(north, "seat.vacate", result)) == "R-SEAT-4"
    assert in_force(deliver(north, "seat.fill", election_of(north)))
    assert [(seat.name, seat.reserve, seat.ended is None) for seat in held(north)] == [
        ("north candidate 0", False, False),
        ("north candidate 1", False, True),
        ("north candidate 2", True, True),
    ]
    assert void(deliver(north, "seat.fill", election_of(north))) == "R-SEAT-3"


def test_a_recall_that_failed_or_of_elsewhere_ends_nothing(north: Body) -> None:
    assembly = north.sim.bodies["assembly"]
    data = {"delegate": held(north)[0].key, "assembly": assembly.identity, "reason": BLOB}
    petition = Drive(north, north.do("recall.petition", data, north.clerk))
    petition.sign(6)
    failed = Polling(north, "recall", petition.act).hold(5, 35)
    assert void(deliver(north, "seat.vacate", failed)) == "R-SEAT-4"
    assert void(deliver(north, "seat.vacate", election_of(north))) == "R-SEAT-4"


def test_a_recalled_reserve_is_passed_over(north: Body) -> None:
    """R-SEAT-6, by the district's own record: nobody has to race to deliver."""
    second = next(c for c in north.state.candidates.values() if c.name == "north candidate 2")
    recall(north, second.key)
    deliver(north, "seat.vacate", recall(north, held(north)[0].key))
    assert in_force(deliver(north, "seat.fill", election_of(north)))
    assert held(north)[-1].name == "north candidate 3"


def test_when_the_line_is_used_up_it_is_time_for_an_election(east: Body) -> None:
    for _ in range(2):
        deliver(east, "seat.vacate", recall(east, held(east)[-1].key))
        assert in_force(deliver(east, "seat.fill", election_of(east)))
    deliver(east, "seat.vacate", recall(east, held(east)[-1].key))
    assert void(deliver(east, "seat.fill", election_of(east))) == "R-SEAT-3"
    result = elect(east, east.sim.bodies["assembly"], 20, 10, people=[candidate(east, n, "second ") for n in range(2)])
    assert in_force(deliver(east, "seat.fill", result))
    assert held(east)[-1].name == "east candidate second 0"


def new_term(body: Body, *people: Person) -> str:
    """The result of a second election, near the end of the first term, held by officers in their second term."""
    assembly = body.sim.bodies["assembly"]
    body.sim.pass_days(280)
    renew(body, body.sim.bodies["south"])
    return elect(body, assembly, 20, 10, 5, people=people)


def test_a_newer_election_ends_what_the_older_gave(east: Body) -> None:
    older = election_of(east)
    newer = new_term(east, *(candidate(east, number, "second ") for number in range(3)))
    first = held(east)[0].key
    assert sits(east, first)
    assert in_force(deliver(east, "seat.fill", newer))
    assert not sits(east, first)
    assert held(east)[-1].name == "east candidate second 0"
    assert void(deliver(east, "seat.fill", older)) == "R-SEAT-2"


def test_an_old_recall_does_not_end_what_the_people_gave_since(east: Body) -> None:
    """Recalled, stood again, was elected again: the old certificate, delivered once more, is powerless."""
    delegate = candidate(east, 0)
    assert held(east)[0].key == delegate.id
    old = recall(east, delegate.id)
    assert in_force(deliver(east, "seat.vacate", old))
    newer = new_term(east, delegate, *(candidate(east, number, "second ") for number in range(2)))
    assert in_force(deliver(east, "seat.fill", newer))
    assert sits(east, delegate.id)
    assert void(deliver(east, "seat.vacate", old)) == "R-SEAT-4"
    assert sits(east, delegate.id)
    assert in_force(deliver(east, "seat.vacate", recall(east, delegate.id)))


def test_a_term_runs_from_the_election_however_late_it_is_delivered(seated: Simulator) -> None:
    """A reserve serves what is left of the term, and a result delivered after it seats nobody."""
    north, assembly = seated.bodies["north"], seated.bodies["assembly"]
    recalled = recall(north, held(north)[0].key)
    began = held(north)[0].since
    assembly.sim.pass_days(300)
    assert in_force(deliver(north, "seat.vacate", recalled))
    fork = seated.fork().bodies["north"]
    assert in_force(deliver(fork, "seat.fill", election_of(fork)))
    assert held(fork)[-1].since == began
    assert sits(fork, held(fork)[-1].key)
    days = (began - seated.now) // DAY + 366
    fork.sim.pass_days(days)
    assert not sits(fork, held(fork)[-1].key)
    assert not sits(fork, held(fork)[1].key)
    seated.pass_days(days)
    assert void(deliver(north, "seat.fill", election_of(north))) == "R-SEAT-5"


def test_a_district_whose_witnesses_run_ahead_gains_no_time(seated: Simulator) -> None:
    assembly = seated.bodies["assembly"].state
    ahead = seated.fork().bodies["east"]
    ahead.tick(time=seated.now + 400 * DAY)
    ahead.tick(time=seated.now + 400 * DAY)
    assert _since(assembly, ahead.state, ahead.state.size - 1) == now(assembly)
    assert _since(GENESIS, ahead.state, ahead.state.size - 1) == seated.now + 400 * DAY
    assert _since(assembly, GENESIS, 0) == 0


def test_nobody_sits_for_two_districts(seated: Simulator) -> None:
    """R-SEAT-6: a person elected in two districts sits for the one that was delivered first."""
    north, east, assembly = (seated.bodies[name] for name in ("north", "east", "assembly"))
    both, other = candidate(north, 0), candidate(east, 0, "second ")
    assert sitting(assembly.state, both.id) == north.identity
    for _ in range(2):
        deliver(east, "seat.vacate", recall(east, held(east)[-1].key))
        deliver(east, "seat.fill", election_of(east))
    deliver(east, "seat.vacate", recall(east, held(east)[-1].key))
    result = elect(east, assembly, 20, 10, people=[both, other])
    assert in_force(deliver(east, "seat.fill", result))
    assert held(east)[-1].key == other.id
    assert sitting(assembly.state, both.id) == north.identity
    deliver(north, "seat.vacate", recall(north, both.id))
    assert sitting(assembly.state, both.id) == ""
