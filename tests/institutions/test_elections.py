"""R-ROLL, R-ELECT, R-TRUSTEE, R-BOXHEAD, R-OBJECT: a secret ballot up to the end of its objection window."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.polling import (
    HEAD,
    Drive,
    Members,
    Polling,
    candidate,
    keeper,
    prepare,
    renew,
    staff,
    stand,
    trustees,
)
from tests.institutions.simulator import BLOB, Body, Person, Simulator, grant, in_force, void
from tests.institutions.test_federation import join, leave
from tests.institutions.test_seats import recall

from majlis.institutions.elections.announcing import standing
from majlis.institutions.elections.paper import answers
from majlis.institutions.state import Candidate


@pytest.fixture(scope="session")
def _staffed() -> Simulator:
    sim = Simulator()
    north, east = sim.confirmed("north"), sim.body("east")
    staff(north, east)
    return sim


@pytest.fixture
def staffed(_staffed: Simulator) -> Body:
    """North, which can hold secret ballots."""
    return _staffed.fork().bodies["north"]


@pytest.fixture
def polling(staffed: Body) -> Polling:
    """A ballot on a motion, just announced."""
    return Polling(staffed, "motion", staffed.table())


@pytest.fixture(scope="session")
def _joined() -> Simulator:
    sim = prepare(Simulator())
    join(sim.bodies["east"])
    return sim


@pytest.fixture
def joined(_joined: Simulator) -> Body:
    """East, which has joined an assembly with one seat, and has sent nobody yet."""
    return _joined.fork().bodies["east"]


def announce(body: Body, by: Person | None = None, **changes: Any) -> Any:
    """East announces an election of delegates of everybody who stands."""
    data: dict[str, Any] = {
        "purpose": "delegates",
        "subject": body.sim.bodies["assembly"].identity,
        "seats": 1,
        "candidates": [candidate.act for candidate in standing(body.state)],
    }
    return body.submit("election.announce", data | changes, by or body.clerk)


def test_a_roll_has_no_more_paper_voters_than_leaves(staffed: Body) -> None:
    data = {"root": BLOB, "leaves": 60, "paper": 61}
    assert void(staffed.submit("roll.commit", data, staffed.registrar)) == "R-ROLL-1"
    assert in_force(staffed.submit("roll.commit", data | {"paper": 60}, staffed.registrar))


def test_who_guards_elections_does_not_stand_in_them(joined: Body) -> None:
    for person in (joined.registrar, joined.tellers[0], trustees(joined)[0], keeper(joined)):
        assert void(joined.submit("candidacy.declare", {"name": "Me"}, person)) == "R-ELECT-1"
    assert void(joined.submit("candidacy.declare", {"name": "Me"}, Person("stranger"))) == "R-KEY-1"
    assert in_force(joined.submit("candidacy.declare", {"name": "Me"}, joined.clerk))


@pytest.mark.parametrize("office", ["registrar", "list_keeper", "trustee"])
def test_a_box_needs_its_officers(staffed: Body, office: str) -> None:
    gone = {"registrar": staffed.registrar, "list_keeper": keeper(staffed), "trustee": trustees(staffed)[1]}[office]
    motion = staffed.table()
    data = {"purpose": "motion", "subject": motion, "seats": 0, "candidates": []}
    assert in_force(staffed.sim.fork().bodies["north"].submit("election.announce", data, staffed.clerk))
    staffed.do("key.suspend", {"key": gone.id}, gone)
    assert void(staffed.submit("election.announce", data, staffed.clerk)) == "R-ELECT-2"


def test_a_box_needs_a_roll() -> None:
    bare = Simulator().body("bare")
    data = {"purpose": "motion", "subject": bare.table(), "seats": 0, "candidates": []}
    assert void(bare.submit("election.announce", data, bare.clerk)) == "R-ELECT-2"


def test_only_what_may_be_put_to_a_box_is(staffed: Body) -> None:
    motion = staffed.table()
    data: dict[str, Any] = {"purpose": "motion", "subject": motion, "seats": 0, "candidates": []}
    closed = staffed.table()
    staffed.hand(closed)
    for changes in (
        {"subject": BLOB},
        {"subject": closed},
        {"seats": 1},
        {"candidates": [BLOB]},
        {"purpose": "recall", "subject": BLOB},
        {"purpose": "delegates", "subject": BLOB},
    ):
        assert void(staffed.submit("election.announce", data | changes, staffed.clerk)) == "R-ELECT-3"
    assert in_force(staffed.submit("election.announce", data, staffed.clerk))


def test_delegates_are_sent_to_an_assembly_that_was_joined_as_many_as_its_seats(joined: Body) -> None:
    stand(joined, candidate(joined, 0))
    assert void(announce(joined, seats=2)) == "R-ELECT-3"
    fork = joined.sim.fork().bodies["east"]
    leave(fork)
    assert void(announce(fork)) == "R-ELECT-3"
    assert in_force(announce(joined))


def test_a_recall_has_no_candidates(seated: Simulator) -> None:
    north = seated.bodies["north"]
    delegate = candidate(north, 0)
    data = {"delegate": delegate.id, "assembly": seated.bodies["assembly"].identity, "reason": BLOB}
    petition = Drive(north, north.do("recall.petition", data, north.clerk))
    petition.sign(6)
    box: dict[str, Any] = {"purpose": "recall", "subject": petition.act, "seats": 0, "candidates": []}
    assert void(north.submit("election.announce", box | {"seats": 1}, north.clerk)) == "R-ELECT-3"
    assert in_force(north.submit("election.announce", box, north.clerk))
    assert void(north.submit("election.announce", box, north.clerk)) == "R-ELECT-4"


def test_one_ballot_at_a_time_on_one_thing(polling: Polling) -> None:
    body = polling.body
    assert void(body.submit("election.announce", polling.data, body.clerk)) == "R-ELECT-4"
    other = polling.data | {"subject": body.table()}
    assert in_force(body.submit("election.announce", other, body.clerk))


def test_what_nobody_finishes_lapses_and_blocks_nothing(polling: Polling) -> None:
    """Notice, voting and objection periods of the charter, and sixty days."""
    body = polling.body
    polling.prepare().open()
    body.sim.pass_days(62)
    assert void(body.submit("election.announce", polling.data, body.clerk)) == "R-ELECT-4"
    body.sim.pass_days(2)
    assert void(body.submit("box.head", polling.head(), body.clerk)) == "R-ELECT-6"
    assert in_force(body.submit("election.announce", polling.data, body.clerk))


def test_a_trustee_who_stays_away_is_not_waited_for_twice_the_notice(polling: Polling) -> None:
    """R-ELECT-4: the next announcement ends the one that never opened; nobody acts in it any more."""
    body = polling.body
    body.sim.pass_days(13)
    assert void(body.submit("election.announce", polling.data, body.clerk)) == "R-ELECT-4"
    body.sim.pass_days(1)
    trustee = trustees(body)[0]
    assert in_force(body.submit("trustee.key", polling.key_data(trustee), trustee))
    assert in_force(body.submit("election.announce", polling.data, body.clerk))
    other = trustees(body)[1]
    assert void(body.submit("trustee.key", polling.key_data(other), other)) == "R-ELECT-6"


def test_delegates_are_elected_anew_near_the_end_of_their_term(seated: Simulator) -> None:
    east = seated.bodies["east"]
    stand(east, candidate(east, 0, "second "))
    (newest,) = [c.act for c in east.state.candidates.values() if c.name.startswith("east candidate second")]
    assert void(announce(east, candidates=[newest])) == "R-ELECT-4"
    seated.pass_days(250)
    renew(east, seated.bodies["south"])
    assert void(announce(east, candidates=[newest])) == "R-ELECT-4"
    seated.pass_days(30)
    assert in_force(announce(east, candidates=[newest]))


def test_when_too_many_were_recalled_there_is_an_election_at_once(seated: Simulator) -> None:
    east = seated.bodies["east"]
    stand(east, candidate(east, 0, "second "))
    newest = [c.act for c in east.state.candidates.values() if c.name.startswith("east candidate second")]
    for number in range(2):
        recall(east, candidate(east, number).id)
        assert void(announce(east, candidates=newest)) == "R-ELECT-4"
    recall(east, candidate(east, 2).id)
    assert in_force(announce(east, candidates=newest))


def test_the_list_is_everybody_who_declared_in_that_order(joined: Body) -> None:
    """A clerk can leave nobody off, and put nobody first."""
    assert void(announce(joined)) == "R-ELECT-5"
    first, second = stand(joined, candidate(joined, 0), candidate(joined, 1))
    for listed in ([], [first], [second], [second, first], [first, first], [first, second, BLOB]):
        assert void(announce(joined, candidates=listed)) == "R-ELECT-5"
    assert in_force(announce(joined, candidates=[first, second]))


def test_one_stands_once_and_not_when_one_guards(joined: Body) -> None:
    one, two, three = (candidate(joined, number) for number in range(3))
    stand(joined, one, two, three)
    (again,) = stand(joined, one)
    joined.appoint("teller", two)
    joined.do("key.suspend", {"key": three.id}, three)
    assert [found.act for found in standing(joined.state)] == [again]
    assert in_force(announce(joined))


def test_the_clerk_announces_and_others_only_what_members_asked_for(joined: Body) -> None:
    stand(joined, candidate(joined, 0))
    assert void(announce(joined, by=joined.registrar)) == "R-ELECT-12"
    motion = {"purpose": "motion", "subject": joined.table(), "seats": 0, "candidates": []}
    assert void(joined.submit("election.announce", motion, joined.registrar)) == "R-ELECT-12"
    assert void(announce(joined, by=joined.registrar, purpose="motion")) == "R-ELECT-12"
    assert in_force(announce(joined))


def test_an_election_that_nobody_announced_is_none(polling: Polling) -> None:
    trustee = trustees(polling.body)[0]
    data = polling.key_data(trustee)
    assert void(polling.body.submit("trustee.key", data | {"election": BLOB}, trustee)) == "R-ELECT-6"
    assert in_force(polling.body.submit("trustee.key", data, trustee))


def test_a_trustee_of_this_election_publishes_a_key_once_before_it_opens(polling: Polling) -> None:
    body = polling.body
    one, two = trustees(body)
    assert void(body.submit("trustee.key", polling.key_data(one), body.clerk)) == "R-TRUSTEE-1"
    assert in_force(body.submit("trustee.key", polling.key_data(one), one))
    assert void(body.submit("trustee.key", polling.key_data(one), one)) == "R-TRUSTEE-1"
    assert in_force(body.submit("trustee.key", polling.key_data(two), two))


def test_a_suspended_trustee_serves_no_more(polling: Polling) -> None:
    body = polling.body
    one, _ = trustees(body)
    body.do("key.suspend", {"key": one.id}, one)
    assert void(body.submit("trustee.key", polling.key_data(one), one)) == "R-TRUSTEE-1"


def test_a_trustee_proves_to_know_the_secret_and_makes_a_new_key_for_each_election(polling: Polling) -> None:
    body = polling.body
    one, two = trustees(body)
    good = polling.key_data(one)
    for bad in ({"response": "1"}, {"challenge": "0"}, {"public_key": "00" * 32}, {"public_key": "ff" * 32}):
        assert void(body.submit("trustee.key", good | bad, one)) == "R-TRUSTEE-2"
    assert in_force(body.submit("trustee.key", good, one))
    assert void(body.submit("trustee.key", good, two)) == "R-TRUSTEE-2"
    other = Polling(body, "motion", body.table())
    assert void(body.submit("trustee.key", good | {"election": other.act}, one)) == "R-TRUSTEE-2"
    assert in_force(body.submit("trustee.key", other.key_data(one), one))


def test_the_list_is_the_keeper_s_countersigned_and_as_long_as_the_roll(polling: Polling) -> None:
    body, list_keeper = polling.body, keeper(polling.body)
    good = polling.list_data()
    assert void(body.submit("election.list", good, body.registrar)) == "R-KEY-1"
    assert body.submit("election.list", good, list_keeper).status == "waiting"
    assert void(body.submit("election.list", good | {"voters": 61}, list_keeper, body.registrar)) == "R-ELECT-7"
    assert void(body.submit("election.list", good | {"voters": 59}, list_keeper, body.registrar)) == "R-ELECT-7"
    assert in_force(body.submit("election.list", good, list_keeper, body.registrar))


def test_a_list_is_put_right_until_the_box_opens(polling: Polling) -> None:
    """A key that was lost since is not on the new one; whoever votes finds the last."""
    body = polling.body
    polling.prepare()
    again = polling.list_data() | {"root": "ab" * 32, "credentials": "cd" * 32}
    assert in_force(body.submit("election.list", again, keeper(body), body.registrar))
    assert (polling.election.list_root, polling.election.credentials) == ("ab" * 32, "cd" * 32)
    polling.open()
    assert void(body.submit("election.list", again, keeper(body), body.registrar)) == "R-ELECT-7"


def test_paper_voters_are_not_on_the_list(staffed: Body) -> None:
    staffed.commit_roll(leaves=60, paper=10)
    polling = Polling(staffed, "motion", staffed.table())
    good = polling.list_data()
    people = keeper(staffed), staffed.registrar
    assert void(staffed.submit("election.list", good, *people)) == "R-ELECT-7"
    assert in_force(staffed.submit("election.list", good | {"voters": 50}, *people))


def test_another_list_keeper_than_the_announced_one_lists_nobody(polling: Polling) -> None:
    body = polling.body
    other = Person("other keeper")
    body.enrol(other)
    body.appoint("list_keeper", other, body.sim.bodies["east"])
    assert void(body.submit("election.list", polling.list_data(), other, body.registrar)) == "R-ELECT-7"


def test_a_box_opens_once_with_its_list_and_every_trustee_s_key(polling: Polling) -> None:
    body = polling.body
    one, two = trustees(body)
    body.sim.pass_days(8)
    body.do("trustee.key", polling.key_data(one), one)
    early = {"election": polling.act, "fingerprint": "A" * 43, "head": HEAD}
    assert void(body.submit("election.open", early, body.clerk)) == "R-ELECT-8"
    body.do("election.list", polling.list_data(), keeper(body), body.registrar)
    assert void(body.submit("election.open", early, body.clerk)) == "R-ELECT-8"
    body.do("trustee.key", polling.key_data(two), two)
    assert in_force(body.submit("election.open", polling.open_data(), body.clerk))
    assert void(body.submit("election.open", polling.open_data(), body.clerk)) == "R-ELECT-8"
    assert void(body.submit("trustee.key", polling.key_data(two), two)) == "R-TRUSTEE-1"
    assert void(body.submit("election.list", polling.list_data(), keeper(body), body.registrar)) == "R-ELECT-7"


def test_a_box_opens_after_its_notice(polling: Polling) -> None:
    body = polling.body
    polling.prepare()
    assert void(body.submit("election.open", polling.open_data(), body.clerk)) == "R-ELECT-9"
    body.sim.pass_days(7)
    assert in_force(body.submit("election.open", polling.open_data(), body.clerk))


def test_the_ballot_paper_is_what_the_acts_make_of_it(polling: Polling) -> None:
    """Nobody chooses its wording when the box opens."""
    body = polling.body
    polling.prepare()
    body.sim.pass_days(8)
    other = polling.open_data() | {"fingerprint": "A" * 43}
    assert void(body.submit("election.open", other, body.clerk)) == "R-ELECT-10"
    assert in_force(body.submit("election.open", polling.open_data(), body.clerk))


def test_names_that_are_alike_are_told_apart_on_the_paper(joined: Body) -> None:
    """R-ELECT-14: everybody's digits stand beside the name, so no name imitates another with its digits."""
    one, two = candidate(joined, 0), candidate(joined, 1)
    for person in (one, two):
        joined.enrol(person)
        joined.do("candidacy.declare", {"name": "Amal"}, person)
    three = candidate(joined, 2)
    joined.enrol(three)
    joined.do("candidacy.declare", {"name": f"Amal ({one.id[:8]})"}, three)
    assert answers(standing(joined.state)) == (
        f"Amal ({one.id[:8]})",
        f"Amal ({two.id[:8]})",
        f"Amal ({one.id[:8]}) ({three.id[:8]})",
    )
    same = [Candidate(act=BLOB, index=n, key="ab" * 6 + f"{n}" * 52, name="Amal") for n in range(3)]
    assert answers(tuple(same)) == tuple(f"Amal ({'ab' * 6}{n})" for n in range(3))


def test_heads_of_a_box_only_grow(polling: Polling) -> None:
    body = polling.body
    assert void(body.submit("box.head", polling.head(), body.clerk)) == "R-BOXHEAD-1"
    polling.prepare().open()
    assert void(body.submit("box.head", polling.head(10, 9), body.registrar)) == "R-BOXHEAD-3"
    assert in_force(body.submit("box.head", polling.head(10, 9), body.clerk))
    for height, ballots in ((9, 9), (11, 8), (10, 10)):
        assert void(body.submit("box.head", polling.head(height, ballots), body.clerk)) == "R-BOXHEAD-1"
    other = polling.head(10, 9) | {"head": BLOB}
    assert void(body.submit("box.head", other, body.clerk)) == "R-BOXHEAD-1"
    assert in_force(body.submit("box.head", polling.head(10, 9), body.clerk))
    polling.close()
    assert void(body.submit("box.head", polling.head(60, 60), body.clerk)) == "R-BOXHEAD-1"


def test_a_box_stays_open_for_the_charter_s_time(polling: Polling) -> None:
    body = polling.body
    polling.prepare().open()
    assert void(body.submit("election.close", polling.head(), body.clerk)) == "R-ELECT-11"
    body.sim.pass_days(1)
    assert in_force(body.submit("election.close", polling.head(), body.clerk))


def objection(polling: Polling, members: Members, index: int, choice: str = "objection") -> dict[str, Any]:
    return {"election": polling.act, **members.sign(polling.act, choice, index)}


def test_objections_are_raised_after_the_close_within_the_window(polling: Polling) -> None:
    body, members = polling.body, polling.members
    polling.prepare().open()
    data = objection(polling, members, 3)
    assert void(body.submit("objection.raise", data, body.clerk)) == "R-OBJECT-5"
    polling.close()
    fork = body.sim.fork().bodies["north"]
    assert in_force(body.submit("objection.raise", data, body.clerk))
    assert len(polling.election.objections) == 1
    fork.sim.pass_days(3)
    assert void(fork.submit("objection.raise", data, body.clerk)) == "R-OBJECT-1"


def test_objections_are_by_members_on_the_list(polling: Polling) -> None:
    body = polling.body
    polling.prepare().open().close()
    stranger = objection(polling, Members(body), 3)
    assert void(body.submit("objection.raise", stranger, body.clerk)) == "R-OBJECT-2"
    good = objection(polling, polling.members, 3)
    assert void(body.submit("objection.raise", good | {"index": 4}, body.clerk)) == "R-OBJECT-2"
    assert in_force(body.submit("objection.raise", good, body.clerk))


def test_an_objection_is_signed_as_one(polling: Polling) -> None:
    body = polling.body
    polling.prepare().open().close()
    for bad in (
        objection(polling, polling.members, 3, "recall"),
        objection(polling, polling.members, 3) | {"response": "5"},
    ):
        assert void(body.submit("objection.raise", bad, body.clerk)) == "R-OBJECT-3"
    assert in_force(body.submit("objection.raise", objection(polling, polling.members, 3), body.clerk))


def test_a_new_body_can_settle_a_contested_founding_by_box() -> None:
    """Offices, petitions and boxes are preparations: without them a contest would stop a founding for ever."""
    sim = Simulator()
    north, east = sim.body("north"), sim.body("east")
    north.commit_roll()
    staff(north, east)
    result = Polling(north, "motion", north.table(grant("founding.confirm"))).hold(30, 5)
    assert in_force(north.submit("founding.confirm", {}, north.clerk, cites=[result]))


def test_whom_the_members_sent_is_in_their_record(seated: Simulator) -> None:
    east = seated.bodies["east"]
    (election,) = [e for e in east.state.elections.values() if e.purpose == "delegates"]
    assert election.result.votes == (30, 27, 24)
