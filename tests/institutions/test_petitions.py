"""R-PETITION and R-RECALL: members sign with keys of this petition alone, and recall whom they sent, any day."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.institutions.polling import Drive, Members, Polling, keeper
from tests.institutions.simulator import BLOB, Body, Simulator, in_force, void

from majlis.institutions.petitions import needed


def ask(body: Body, delegate: str = "", assembly: str = "") -> Any:
    """Anybody opens a petition to recall; by default that of north's first delegate."""
    sim = body.sim
    above = sim.bodies["assembly"]
    first = next(member for member in above.state.bodies.values() if member.district == body.name).held[0].key
    data = {"delegate": delegate or first, "assembly": assembly or above.identity, "reason": BLOB}
    return body.submit("recall.petition", data, sim.witnesses[0])


def drive(body: Body) -> Drive:
    """The petition under way."""
    standing = ask(body)
    assert in_force(standing)
    return Drive(body, body.state.log[standing.index])


def recall(body: Body, yes: int, no: int) -> Any:
    """Petition, box and result; whether the recall passed is in ``body.state.recalls``."""
    petition = drive(body)
    petition.sign(6)
    Polling(body, "recall", petition.act).hold(yes, no)
    return body.state.recalls[petition.act]


@pytest.fixture
def north(seated: Simulator) -> Body:
    return seated.bodies["north"]


def test_only_whom_this_body_sent_is_recalled_by_it(north: Body, seated: Simulator) -> None:
    east = next(member for member in seated.bodies["assembly"].state.bodies.values() if member.district == "east")
    assert void(ask(north, delegate=east.held[0].key)) == "R-RECALL-1"
    assert void(ask(north, assembly=BLOB)) == "R-RECALL-1"
    assert in_force(ask(north))


def test_one_petition_at_a_time(north: Body) -> None:
    assert in_force(ask(north))
    assert void(ask(north)) == "R-RECALL-2"
    north.sim.pass_days(61)
    assert in_force(ask(north))


def listed(body: Body) -> tuple[str, Members, dict[str, Any]]:
    """A petition that is open, members' keys for it, and what the list keeper says of them."""
    standing = ask(body)
    petition = body.state.log[standing.index]
    members = Members(body)
    return petition, members, {"petition": petition, "root": members.root, "listed": 60}


def test_the_list_is_as_long_as_the_roll(north: Body) -> None:
    petition, members, data = listed(north)
    people = keeper(north), north.registrar
    assert void(north.submit("petition.list", data | {"listed": 59}, *people)) == "R-PETITION-2"
    assert void(north.submit("petition.list", data | {"petition": BLOB}, *people)) == "R-PETITION-8"
    assert void(north.submit("petition.list", data, north.registrar, keeper(north))) == "R-KEY-1"
    early = {"petition": petition, "signatures": [members.sign(petition, "recall", 0)]}
    assert void(north.submit("petition.sign", early, north.clerk)) == "R-PETITION-8"
    assert in_force(north.submit("petition.list", data, *people))


def test_no_list_keeper_alone_says_who_may_sign(north: Body) -> None:
    """R-PETITION-1: sixty keys of one's own making would pass every petition, or none."""
    _, _, data = listed(north)
    assert north.submit("petition.list", data, keeper(north)).status == "waiting"
    assert north.submit("petition.list", data, keeper(north), north.clerk, *north.tellers).status == "waiting"
    assert in_force(north.submit("petition.list", data, keeper(north), north.registrar))


def test_a_registrar_who_is_gone_stops_no_petition(north: Body) -> None:
    _, _, data = listed(north)
    north.do("key.suspend", {"key": north.registrar.id}, north.registrar)
    assert in_force(north.submit("petition.list", data, keeper(north)))


def test_a_wrong_list_is_put_right_while_nobody_has_signed(north: Body) -> None:
    """R-PETITION-1: and not any more afterwards, or signatures could be made void."""
    petition, members, data = listed(north)
    people = keeper(north), north.registrar
    assert in_force(north.submit("petition.list", data | {"root": BLOB}, *people))
    batch = {"petition": petition, "signatures": [members.sign(petition, "recall", 0)]}
    assert void(north.submit("petition.sign", batch, north.clerk)) == "R-PETITION-4"
    assert in_force(north.submit("petition.list", data, *people))
    assert in_force(north.submit("petition.sign", batch, north.clerk))
    assert void(north.submit("petition.list", data | {"root": BLOB}, *people)) == "R-PETITION-1"


def test_a_list_that_comes_after_the_window_is_void(north: Body) -> None:
    """R-PETITION-3."""
    _, _, data = listed(north)
    north.sim.pass_days(61)
    assert void(north.submit("petition.list", data, keeper(north), north.registrar)) == "R-PETITION-3"


def test_a_petition_that_passed_does_not_threaten_for_ever(north: Body) -> None:
    """R-PETITION-7: members signed, nobody announced the box; a year later nobody holds it over the delegate."""
    petition = drive(north)
    north.sim.pass_days(30)
    petition.sign(6)
    box = {"purpose": "recall", "subject": petition.act, "seats": 0, "candidates": []}
    north.sim.pass_days(59)
    assert void(ask(north)) == "R-RECALL-2"
    fork = north.sim.fork().bodies["north"]
    assert in_force(fork.submit("election.announce", box, fork.clerk))
    fork.sim.pass_days(5)
    assert void(ask(fork)) == "R-RECALL-2"
    north.sim.pass_days(2)
    assert void(north.submit("election.announce", box, north.clerk)) == "R-PETITION-7"
    assert in_force(ask(north))


def test_signatures_are_gathered_within_the_window(north: Body) -> None:
    petition = drive(north)
    batch = petition.signatures(range(3))
    assert in_force(north.submit("petition.sign", batch, north.clerk))
    north.sim.pass_days(61)
    assert void(north.submit("petition.sign", batch, north.clerk)) == "R-PETITION-3"


def test_a_closed_petition_is_signed_no_more(north: Body) -> None:
    recall(north, 10, 20)
    (act,) = north.state.recalls
    petition = north.state.petitions[act]
    assert petition.closed
    members = Members(north)
    data = {"petition": act, "signatures": [members.sign(act, "recall", 0)]}
    assert void(north.submit("petition.sign", data, north.clerk)) == "R-PETITION-1"


def test_only_members_on_the_list_sign(north: Body) -> None:
    petition = drive(north)
    good = petition.signatures([4])
    (signature,) = good["signatures"]
    stranger = Members(north).sign(petition.act, "recall", 4)
    for bad in (
        stranger,
        signature | {"index": 5},
        signature | {"index": 60},
        signature | {"path": signature["path"][:-1]},
        signature | {"path": ["x", *signature["path"][1:]]},
    ):
        assert void(north.submit("petition.sign", good | {"signatures": [bad]}, north.clerk)) == "R-PETITION-4"
    assert in_force(north.submit("petition.sign", good, north.clerk))


def test_a_member_s_signature_is_for_this_petition(north: Body) -> None:
    petition = drive(north)
    good = petition.signatures([4])
    (signature,) = good["signatures"]
    for bad in (
        signature | {"response": "1"},
        signature | {"challenge": "0"},
        petition.members.sign(BLOB, "recall", 4),
        petition.members.sign(petition.act, "contest", 4),
    ):
        assert void(north.submit("petition.sign", good | {"signatures": [bad]}, north.clerk)) == "R-PETITION-5"
    assert in_force(north.submit("petition.sign", good, north.clerk))


def test_a_member_counts_once_however_often_they_sign(north: Body) -> None:
    """R-RECALL-3: a tenth of the roll, rounded up."""
    petition = drive(north)
    assert needed(north.state, petition.petition) == 6
    for _ in range(2):
        north.do("petition.sign", petition.signatures([0, 1, 2, 2, 1]), north.clerk)
    assert (len(petition.petition.signed), petition.petition.passed) == (3, None)
    petition.sign(6)
    assert petition.petition.passed == north.state.size - 1
    petition.sign(7)
    assert petition.petition.passed == north.state.size - 2


def test_a_recall_is_put_to_a_box_by_anybody_once_enough_signed(north: Body) -> None:
    """No clerk can sit on a recall."""
    petition = drive(north)
    data = {"purpose": "recall", "subject": petition.act, "seats": 0, "candidates": []}
    petition.sign(5)
    assert void(north.submit("election.announce", data, north.sim.witnesses[0])) == "R-ELECT-3"
    petition.sign(6)
    assert in_force(north.submit("election.announce", data, north.sim.witnesses[0]))


def test_a_failed_recall_is_not_repeated_for_a_while(north: Body) -> None:
    assert not recall(north, 10, 20).passed
    north.sim.pass_days(60)
    assert void(ask(north)) == "R-RECALL-4"
    north.sim.pass_days(30)
    assert in_force(ask(north))


@pytest.mark.parametrize(
    ("yes", "no", "passed"),
    [
        (15, 14, True),  # 15 is a quarter of the roll
        (14, 13, False),  # neither a quarter of the roll nor the 30 votes that elected
        (20, 20, False),  # not more for than against
        (30, 29, True),
    ],
)
def test_a_recall_passes_with_a_majority_and_the_charter_s_floor(north: Body, yes: int, no: int, passed: bool) -> None:
    """R-RECALL-5."""
    assert recall(north, yes, no).passed is passed


def test_as_many_as_elected_suffice_to_recall(north: Body) -> None:
    """R-RECALL-5: whose seat took a quota of 11 votes is recalled by 11, though a quarter of the roll is 15."""
    second = next(member for member in north.sim.bodies["assembly"].state.bodies.values() if member.district == "north")
    state = north.state
    election = next(e for e in state.elections.values() if e.purpose == "delegates")
    weak = msgspec.structs.replace(election.result, votes=(9, 9, 9, 9), quota=11)
    changed = msgspec.structs.replace(election, result=weak)
    identity = next(act for act, e in state.elections.items() if e is election)
    north.record.states[-1] = msgspec.structs.replace(state, elections=state.elections.set(identity, changed))
    assert second.held[0].key == election.candidates[0].key
    assert recall(north, 11, 10).passed


def test_one_less_than_elected_does_not(north: Body) -> None:
    """R-RECALL-5: 29 first preferences elected nobody alone; the quota counts."""
    election = next(e for e in north.state.elections.values() if e.purpose == "delegates")
    assert election.result is not None
    assert election.result.quota == sum(election.result.votes) // 3 + 1
    assert not recall(north, 14, 10).passed
