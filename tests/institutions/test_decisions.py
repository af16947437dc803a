"""R-DECIDE: what members decide by hand, with notice and quorum, open to contest."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.polling import Drive, Polling, staff, trustees
from tests.institutions.simulator import BLOB, Body, Simulator, grant, in_force, void

from majlis.institutions import Charter
from majlis.institutions.charter import Share
from majlis.institutions.decisions import Tally, is_carried
from majlis.institutions.state import Grant, Motion

GRANT = grant("spend.order", ceiling=100, purpose="flour", unit="SYP")


def called(body: Body) -> tuple[str, str]:
    """A meeting whose notice has passed, and its one motion."""
    motion = body.table(GRANT)
    session = body.call(motion)
    body.sim.pass_days(8)
    return session, motion


def hand(body: Body, session: str, motion: str, **numbers: int) -> Any:
    return body.submit("decision.hand", body.count(session, motion, **numbers), *body.tellers)


def test_members_decide_by_hand(north: Body) -> None:
    session, motion = called(north)
    standing = hand(north, session, motion)
    assert in_force(standing)
    (decision,) = [d for d in north.state.decisions.values() if d.motion == motion]
    assert (decision.yes, decision.no, decision.abstain, decision.roll, decision.carried) == (30, 5, 5, 60, True)
    assert [link.role for link in standing.because] == ["motion", "notice", "roll"]


def test_three_tellers_sign(north: Body) -> None:
    session, motion = called(north)
    data = north.count(session, motion)
    assert north.submit("decision.hand", data, *north.tellers[:2]).status == "waiting"
    assert north.submit("decision.hand", data, *north.tellers[:2], north.clerk).status == "waiting"
    assert void(north.submit("decision.hand", data, north.clerk, *north.tellers)) == "R-KEY-1"
    assert in_force(north.submit("decision.hand", data, *north.tellers))


def test_the_agenda_is_of_open_motions_of_this_record(north: Body) -> None:
    motion = north.table()
    assert void(north.submit("session.call", {"motions": [BLOB]}, north.clerk)) == "R-DECIDE-2"
    assert in_force(north.submit("session.call", {"motions": [motion]}, north.clerk))
    decided = north.table()
    north.hand(decided)
    assert void(north.submit("session.call", {"motions": [decided]}, north.clerk)) == "R-DECIDE-2"


def test_a_meeting_decides_what_is_on_its_agenda_once(north: Body) -> None:
    session, motion = called(north)
    other = north.table()
    assert void(hand(north, session, other)) == "R-DECIDE-2"
    assert void(hand(north, BLOB, motion)) == "R-DECIDE-2"
    assert void(hand(north, session, BLOB)) == "R-DECIDE-2"
    assert in_force(hand(north, session, motion))
    assert void(hand(north, session, motion)) == "R-DECIDE-2"


@pytest.mark.parametrize("numbers", [{"present": 39}, {"yes": 31}, {"present": 61, "yes": 51}, {"abstain": 6}])
def test_numbers_must_be_possible_together(north: Body, numbers: dict[str, int]) -> None:
    session, motion = called(north)
    assert void(hand(north, session, motion, **numbers)) == "R-DECIDE-3"
    assert in_force(hand(north, session, motion))


def test_a_body_decides_once_its_roll_is_committed(fresh: Body) -> None:
    bare = Simulator().body("bare")
    session, motion = called(bare)
    assert void(hand(bare, session, motion)) == "R-DECIDE-3"
    bare.commit_roll()
    assert void(hand(bare, session, motion)) == "R-DECIDE-3"
    assert in_force(hand(bare, *called(bare)))


def test_the_roll_that_counts_is_the_one_of_the_call(north: Body) -> None:
    """A registrar who shrinks the roll on the day of the meeting changes no quorum."""
    session, motion = called(north)
    north.commit_roll(leaves=10)
    assert void(hand(north, session, motion, present=5, yes=5, no=0, abstain=0)) == "R-DECIDE-4"
    assert in_force(hand(north, session, motion, present=6, yes=6, no=0, abstain=0))


def test_a_meeting_without_quorum_decides_nothing(north: Body) -> None:
    session, motion = called(north)
    assert void(hand(north, session, motion, present=5, yes=5, no=0, abstain=0)) == "R-DECIDE-4"
    assert in_force(hand(north, session, motion, present=6, yes=6, no=0, abstain=0))


def test_a_meeting_without_notice_decides_nothing(north: Body) -> None:
    motion = north.table(GRANT)
    session = north.call(motion)
    assert void(hand(north, session, motion)) == "R-DECIDE-6"
    north.sim.pass_days(6)
    assert void(hand(north, session, motion)) == "R-DECIDE-6"
    north.sim.pass_days(1)
    assert in_force(hand(north, session, motion))


def test_an_assembly_does_not_decide_by_show_of_hands(seated: Simulator) -> None:
    assembly = seated.bodies["assembly"]
    session, motion = called(assembly)
    assert void(hand(assembly, session, motion)) == "R-DECIDE-7"


def contest(body: Body, decision: str) -> Any:
    return body.submit("decision.contest", {"decision": decision}, body.sim.witnesses[0])


@pytest.fixture
def staffed() -> Body:
    """North with a list keeper and trustees, so that it can hold petitions and boxes."""
    sim = Simulator()
    north, east = sim.confirmed("north"), sim.body("east")
    staff(north, east)
    return north


def test_a_hand_count_can_be_contested_until_it_binds(staffed: Body) -> None:
    decision = staffed.hand(staffed.table(GRANT))
    fork = staffed.sim.fork().bodies["north"]
    fork.sim.pass_days(7)
    assert void(contest(fork, decision)) == "R-PETITION-3"
    staffed.sim.pass_days(6)
    assert in_force(contest(staffed, decision))
    assert void(contest(staffed, decision)) == "R-DECIDE-8"
    assert void(contest(staffed, BLOB)) == "R-DECIDE-8"


def contested(body: Body) -> tuple[str, str]:
    """A motion whose decision enough members contested, and that decision."""
    motion = body.table(GRANT)
    decision = body.hand(motion)
    standing = contest(body, decision)
    assert in_force(standing)
    drive = Drive(body, body.state.log[standing.index])
    drive.sign(3)
    return motion, decision


def test_five_per_cent_of_the_roll_turn_a_hand_count_into_a_box(staffed: Body) -> None:
    motion = staffed.table(GRANT)
    decision = staffed.hand(motion)
    standing = contest(staffed, decision)
    drive = Drive(staffed, staffed.state.log[standing.index])
    drive.sign(2)
    assert staffed.state.decisions[decision].contested is None
    drive.sign(3)
    assert staffed.state.decisions[decision].contested is not None
    assert not staffed.state.motions[motion].closed
    staffed.sim.pass_days(8)
    order = {"amount": 5, "unit": "SYP", "purpose": "flour"}
    assert void(staffed.submit("spend.order", order, staffed.clerk, cites=[decision])) == "R-WARRANT-3"


def test_a_contested_motion_is_decided_by_box_alone(staffed: Body) -> None:
    motion, decision = contested(staffed)
    assert void(contest(staffed, decision)) == "R-DECIDE-8"
    session = staffed.call(motion)
    staffed.sim.pass_days(8)
    assert void(hand(staffed, session, motion)) == "R-DECIDE-8"
    result = Polling(staffed, "motion", motion).hold(25, 10, blank=2)
    order = {"amount": 5, "unit": "SYP", "purpose": "flour"}
    assert in_force(staffed.submit("spend.order", order, staffed.clerk, cites=[result]))
    assert void(contest(staffed, result)) == "R-DECIDE-8"


def test_one_way_only_decides_a_motion(staffed: Body) -> None:
    """By hand and by box at once would be two warrants, each with its own ceiling."""
    session, motion = called(staffed)
    fork = staffed.sim.fork().bodies["north"]
    assert in_force(hand(fork, session, motion))
    polling = Polling(staffed, "motion", motion)
    assert void(hand(staffed, session, motion)) == "R-DECIDE-9"
    staffed.sim.pass_days(90)
    assert in_force(hand(staffed, session, motion))
    trustee = trustees(staffed)[0]
    assert void(staffed.submit("trustee.key", polling.key_data(trustee), trustee)) == "R-ELECT-6"


@pytest.mark.parametrize(
    ("majority", "numbers", "carried"),
    [
        (((1, 2), "valid"), (5, 5), False),
        (((1, 2), "valid"), (6, 5), True),
        (((1, 2), "roll"), (30, 0), False),
        (((1, 2), "roll"), (31, 0), True),
        (((1, 2), "present"), (20, 0), False),
        (((1, 2), "cast"), (10, 5), False),
        (((1, 2), "cast"), (11, 5), True),
        (((2, 3), "valid"), (20, 10), True),
        (((2, 3), "valid"), (19, 10), False),
        (((2, 3), "present"), (26, 0), False),
        (((2, 3), "present"), (27, 0), True),
        (((2, 3), "valid"), (0, 0), False),
    ],
)
def test_shares_are_exact_parts_of_a_named_base(majority: Any, numbers: tuple[int, int], carried: bool) -> None:
    """60 on the roll, 40 present, 5 abstaining. R-DECIDE-5."""
    part, base = majority
    charter = Charter(majority=Share(part=part, base=base))
    yes, no = numbers
    tally = Tally(roll=60, present=40, yes=yes, no=no, abstain=5)
    motion = Motion(index=0, author="", text="", grants=())
    assert is_carried(charter, motion, tally) is carried


def test_the_haryana_recall_of_428_to_214_is_exactly_two_thirds() -> None:
    """99 invalid, 741 present: two thirds of the valid votes, 57.8 % of those present."""
    tally = Tally(roll=1000, present=741, yes=428, no=214, abstain=0)
    motion = Motion(index=0, author="", text="", grants=())
    of_valid = Charter(majority=Share(part=(2, 3), base="valid"))
    of_present = Charter(majority=Share(part=(2, 3), base="present"))
    assert is_carried(of_valid, motion, tally)
    assert not is_carried(of_present, motion, tally)


def test_what_changes_the_body_takes_the_amend_majority() -> None:
    tally = Tally(roll=60, present=40, yes=20, no=11, abstain=0)
    ordinary = Motion(index=0, author="", text="", grants=(Grant(kind="federation.leave"),))
    grave = Motion(index=0, author="", text="", grants=(Grant(kind="dissolve"),))
    assert is_carried(Charter(), ordinary, tally)
    assert not is_carried(Charter(), grave, tally)
