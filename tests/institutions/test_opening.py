"""R-OPEN, R-LOT, R-RESULT: from the closed box to what follows from its numbers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.polling import HEAD, Polling, candidate, prepare, report, stand, trustees
from tests.institutions.simulator import BLOB, Body, Simulator, grant, in_force, void
from tests.institutions.test_elections import objection
from tests.institutions.test_federation import join

from majlis.ballot import Failure
from majlis.count import rank
from majlis.institutions.elections.paper import claim, lot_seed, process
from majlis.institutions.evidence import BoxClaim
from majlis.institutions.kinds import holds

GRANT = grant("spend.order", ceiling=100, purpose="flour", unit="SYP")


@pytest.fixture(scope="session")
def _joined() -> Simulator:
    sim = prepare(Simulator())
    join(sim.bodies["east"])
    return sim


@pytest.fixture
def east(_joined: Simulator) -> Body:
    return _joined.fork().bodies["east"]


@pytest.fixture
def closed(east: Body) -> Polling:
    """A ballot on a motion whose box was just closed with 40 ballots."""
    return Polling(east, "motion", east.table(GRANT)).prepare().open().close()


@pytest.fixture
def counted(closed: Polling) -> Polling:
    """The same, decrypted; only the result is lacking."""
    return closed.wait().decrypt()


def delegates(body: Body, number: int = 3) -> Polling:
    """An election of delegates with so many candidates, decrypted."""
    declared = stand(body, *(candidate(body, n) for n in range(number)))
    assembly = body.sim.bodies["assembly"].identity
    return Polling(body, "delegates", assembly, seats=1, candidates=declared).prepare().open().close().wait().decrypt()


def test_nothing_is_opened_before_the_objection_window_has_passed(closed: Polling) -> None:
    body, (one, _) = closed.body, trustees(closed.body)
    assert void(body.submit("decryption.commit", closed.commitment(one), one)) == "R-OPEN-1"
    body.sim.pass_days(3)
    assert in_force(body.submit("decryption.commit", closed.commitment(one), one))


def test_nothing_is_opened_before_the_box_is_closed(east: Body) -> None:
    polling = Polling(east, "motion", east.table()).prepare().open()
    one, _ = trustees(east)
    assert void(east.submit("decryption.commit", polling.commitment(one), one)) == "R-OPEN-1"


def test_objections_stop_the_count(closed: Polling) -> None:
    body, (one, _) = closed.body, trustees(closed.body)
    body.do("objection.raise", objection(closed, closed.members, 3), body.clerk)
    closed.wait()
    assert void(body.submit("decryption.commit", closed.commitment(one), one)) == "R-OPEN-1"


def test_members_settle_objections_so_that_nobody_stops_every_count(closed: Polling) -> None:
    """One friend of a delegate objects to each box of the recall: the others hear them, and go on."""
    body, (one, _) = closed.body, trustees(closed.body)
    body.do("objection.raise", objection(closed, closed.members, 3), body.clerk)
    data = {"election": closed.act}
    early = body.table(grant("objection.settle", **data)), grant("objection.settle", election=BLOB)
    assert void(body.submit("objection.settle", data, body.clerk)) == "R-OBJECT-4"
    decision, other = body.hand(early[0]), body.decide(early[1])
    assert void(body.submit("objection.settle", data, body.clerk)) == "R-WARRANT-1"
    assert void(body.submit("objection.settle", data, body.clerk, cites=[other])) == "R-WARRANT-2"
    assert in_force(body.submit("objection.settle", data, body.sim.witnesses[0], cites=[decision]))
    assert in_force(body.submit("decryption.commit", closed.commitment(one), one))


def test_a_trustee_commits_once(closed: Polling) -> None:
    body, (one, two) = closed.wait().body, trustees(closed.body)
    assert void(body.submit("decryption.commit", closed.commitment(one), body.clerk)) == "R-TRUSTEE-1"
    assert in_force(body.submit("decryption.commit", closed.commitment(one), one))
    assert void(body.submit("decryption.commit", closed.commitment(one), one)) == "R-OPEN-2"
    assert in_force(body.submit("decryption.commit", closed.commitment(two), two))


@pytest.mark.parametrize(("ballots", "opens"), [(19, False), (20, True)])
def test_a_box_with_few_ballots_is_never_opened(east: Body, ballots: int, opens: bool) -> None:
    polling = Polling(east, "motion", east.table()).prepare().open().close(ballots).wait()
    one, _ = trustees(east)
    standing = east.submit("decryption.commit", polling.commitment(one), one)
    assert in_force(standing) if opens else void(standing) == "R-OPEN-3"


def test_no_trustee_shows_anything_before_all_have_committed(closed: Polling) -> None:
    body, (one, two) = closed.wait().body, trustees(closed.body)
    body.do("decryption.commit", closed.commitment(one), one)
    assert void(body.submit("decryption.reveal", closed.share(one), one)) == "R-OPEN-4"
    body.do("decryption.commit", closed.commitment(two), two)
    assert in_force(body.submit("decryption.reveal", closed.share(one), one))


def test_a_trustee_shows_what_was_committed_once(closed: Polling) -> None:
    body, (one, two) = closed.wait().body, trustees(closed.body)
    for trustee in (one, two):
        body.do("decryption.commit", closed.commitment(trustee), trustee)
    assert void(body.submit("decryption.reveal", closed.share(two), one)) == "R-OPEN-5"
    assert in_force(body.submit("decryption.reveal", closed.share(one), one))
    assert void(body.submit("decryption.reveal", closed.share(one), one)) == "R-OPEN-5"


def test_a_trustee_whose_term_ended_still_opens_what_they_closed(closed: Polling) -> None:
    body, (one, _) = closed.wait().body, trustees(closed.body)
    body.sim.pass_days(1)
    data = {"office": "trustee", "key": one.id}
    decision = body.decide(grant("office.remove", **data))
    body.do("office.remove", data, body.clerk, cites=[decision])
    assert not holds(body.state, one.id, "trustee")
    assert in_force(body.submit("decryption.commit", closed.commitment(one), one))


def test_a_lot_is_drawn_after_the_close_each_trustee_giving_one_share(east: Body) -> None:
    polling = Polling(east, "motion", east.table()).prepare().open()
    one, two = trustees(east)
    assert void(east.submit("lot.share", polling.lot(one), one)) == "R-LOT-1"
    polling.close()
    assert void(east.submit("lot.share", polling.lot(one), east.clerk)) == "R-TRUSTEE-1"
    assert in_force(east.submit("lot.share", polling.lot(one), one))
    assert void(east.submit("lot.share", polling.lot(one), one)) == "R-LOT-1"
    assert lot_seed(polling.election) is None
    assert in_force(east.submit("lot.share", polling.lot(two), two))
    assert len(lot_seed(polling.election) or b"") == 32


def test_a_share_of_the_lot_is_the_only_possible_one(closed: Polling) -> None:
    body, (one, two) = closed.body, trustees(closed.body)
    good = closed.lot(one)
    for bad in (closed.lot(two), good | {"value": closed.lot(two)["value"]}, good | {"value": "00" * 32}):
        assert void(body.submit("lot.share", bad, one)) == "R-LOT-2"
    assert in_force(body.submit("lot.share", good, one))


def test_a_result_comes_after_every_decryption_and_once(closed: Polling) -> None:
    body, (one, two) = closed.wait().body, trustees(closed.body)
    data = closed.result_data(25, 15)
    for trustee in (one, two):
        body.do("decryption.commit", closed.commitment(trustee), trustee)
    body.do("decryption.reveal", closed.share(one), one)
    assert void(body.submit("election.result", data, body.clerk)) == "R-RESULT-1"
    body.do("decryption.reveal", closed.share(two), two)
    assert in_force(body.submit("election.result", data, one))
    assert void(body.submit("election.result", data, body.clerk)) == "R-RESULT-1"


def test_a_result_is_one_that_the_archive_bears_out(counted: Polling) -> None:
    body = counted.body
    data = counted.result_data(25, 15)
    sound = body.sim.reports[counted.election.uuid]
    for changes in ({"verdict": "invalid"}, {"verdict": "valid-v1"}, {"verdict": "non-canonical"}):
        body.sim.reports[counted.election.uuid] = report(result=((0, 25, 15),), **changes)
        body.sim.federation._reports.clear()
        assert void(body.submit("election.result", data, body.clerk)) == "R-RESULT-2"
    body.sim.reports[counted.election.uuid] = sound
    body.sim.federation._reports.clear()
    assert in_force(body.submit("election.result", data | {"head": BLOB}, body.clerk))


def test_a_failed_check_of_the_archive_is_named(counted: Polling) -> None:
    body = counted.body
    data = counted.result_data(25, 15)
    failure = Failure(
        check="R-BOX-38",
        text="a stranger's ballot",
        where="event 7",
        height=7,
        record="",
        ballot="",
        is_form_only=False,
    )
    body.sim.reports[counted.election.uuid] = report(verdict="invalid", failures=(failure,))
    standing = body.submit("election.result", data, body.clerk)
    assert void(standing) == "R-RESULT-2"
    assert "a stranger's ballot" in standing.text


def test_a_result_says_the_archive_s_numbers(counted: Polling) -> None:
    body = counted.body
    data = counted.result_data(25, 15)
    for changes in ({"votes": [26, 14]}, {"votes": [25]}, {"blank": 1}, {"votes": [25, 15, 0]}):
        assert void(body.submit("election.result", data | changes, body.clerk)) == "R-RESULT-3"
    assert in_force(body.submit("election.result", data, body.clerk))


def test_an_archive_without_a_result_bears_out_nothing(counted: Polling) -> None:
    body = counted.body
    data = counted.result_data(25, 15)
    body.sim.reports[counted.election.uuid] = report()
    assert void(body.submit("election.result", data, body.clerk)) == "R-RESULT-3"


@pytest.mark.parametrize("archive", [None, "incomplete"])
def test_an_archive_that_is_not_at_hand_or_not_finished_is_missing(counted: Polling, archive: str | None) -> None:
    """Else a reader with an old copy of the box would call void what others call in force."""
    body = counted.body
    data = counted.result_data(25, 15)
    del body.sim.reports[counted.election.uuid]
    if archive:
        body.sim.reports[counted.election.uuid] = report(verdict=archive)
    standing = body.submit("election.result", data, body.clerk)
    assert (standing.status, standing.rule) == ("missing", "R-RESULT-4")


def test_a_motion_carried_by_box_binds_at_once(counted: Polling) -> None:
    body = counted.body
    result = counted.result(25, 12, blank=3)
    decision = body.state.decisions[result]
    assert (decision.how, decision.yes, decision.no, decision.abstain, decision.carried) == ("box", 25, 12, 3, True)
    assert body.state.motions[decision.motion].closed
    order = {"amount": 5, "unit": "SYP", "purpose": "flour"}
    assert in_force(body.submit("spend.order", order, body.clerk, cites=[result]))


@pytest.mark.parametrize(("yes", "no", "blank", "carried"), [(3, 2, 0, False), (20, 20, 0, False), (4, 0, 2, True)])
def test_a_box_carries_with_quorum_and_majority(counted: Polling, yes: int, no: int, blank: int, carried: bool) -> None:
    result = counted.result(yes, no, blank=blank)
    assert counted.body.state.decisions[result].carried is carried


def test_delegates_come_in_the_order_of_their_votes(east: Body) -> None:
    polling = delegates(east)
    polling.result(10, 30, 20)
    assert polling.election.result.order == (1, 2, 0)


def test_a_tie_waits_for_the_public_lot_which_anybody_recomputes(east: Body) -> None:
    polling = delegates(east)
    data = polling.result_data(20, 20, 5)
    assert void(east.submit("election.result", data, east.clerk)) == "R-LOT-3"
    for trustee in trustees(east):
        east.do("lot.share", polling.lot(trustee), trustee)
    assert in_force(east.submit("election.result", data, east.clerk))
    seed = lot_seed(polling.election)
    assert polling.election.result.order == rank((20, 20, 5), seed).order


def test_no_tie_needs_no_lot(east: Body) -> None:
    polling = delegates(east)
    polling.result(20, 19, 5)
    assert lot_seed(polling.election) is None


def test_what_the_acts_say_of_a_box_is_put_in_the_verifier_s_words(counted: Polling) -> None:
    body = counted.body
    said: BoxClaim = claim(body.state, counted.election, HEAD)
    asked: Any = process(said, {1: b"one", 2: b"two"})
    assert (said.uuid, said.voters, said.min_ballots) == (counted.election.uuid, 60, 20)
    assert asked.roll.voters == 60
    assert asked.sidecars == {1: b"one", 2: b"two"}
    assert asked.decryption_commitments == asked.decryption_acts
    assert asked.heads_seen == ((0, HEAD), (41, HEAD))
    assert asked.head == HEAD


def test_trustees_say_that_their_secrets_are_destroyed_once_nothing_is_left_to_open(closed: Polling) -> None:
    """R-TRUSTEE-9."""
    body, data = closed.body, {"election": closed.act}
    one, two, *_ = trustees(body)
    assert void(body.submit("trustee.forget", data, one)) == "R-TRUSTEE-9"
    closed.wait().decrypt()
    assert void(body.submit("trustee.forget", data, one)) == "R-TRUSTEE-9", "the result is not there yet"
    fork = body.sim.fork().bodies[body.name]
    body.do("election.result", closed.result_data(25, 15), body.clerk)
    assert void(body.submit("trustee.forget", data, body.clerk)) == "R-TRUSTEE-1"
    assert void(body.submit("trustee.forget", {"election": BLOB}, one)) == "R-ELECT-6"
    act = body.do("trustee.forget", data, one)
    assert [trustee.forgot for trustee in closed.election.trustees].count(act) == 1
    assert void(body.submit("trustee.forget", data, one)) == "R-TRUSTEE-9"
    assert in_force(body.submit("trustee.forget", data, two))
    fork.sim.pass_days(120)
    assert in_force(fork.submit("trustee.forget", data, one)), "or the ballot has lapsed"
