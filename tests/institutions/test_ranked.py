"""R-SHUFFLE, R-OPEN-6, R-COUNTING: ranked votes, shuffled and counted by the rule that the charter pins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.institutions.polling import HEAD, Polling, candidate, prepare, report, stand, trustees
from tests.institutions.simulator import BLOB, Body, Simulator, in_force, void
from tests.institutions.test_federation import join

from majlis.count import count_votes, make_profile, reserves
from majlis.institutions import Charter
from majlis.institutions.elections.announcing import counting_rule
from majlis.institutions.elections.numbers import count_box, preferences
from majlis.institutions.elections.paper import claim, lot_seed, paper

# Twenty-one papers for two seats: A is elected on first preferences, and her surplus decides between B and C.
PAPERS = [(1, 2, 0, 0)] * 10 + [(0, 1, 0, 0)] * 3 + [(0, 0, 1, 0)] * 5 + [(0, 0, 2, 1)] * 2 + [(0, 0, 0, 0)]


@pytest.fixture(scope="session")
def _ranked() -> Simulator:
    """North sends two delegates, so that its ballots rank; the box is closed and the objection window over."""
    sim = prepare(Simulator())
    join(sim.bodies["north"])
    polled(sim.bodies["north"])
    return sim


def polled(body: Body, number: int = 4) -> Polling:
    """An election of two delegates, waiting to be opened."""
    declared = stand(body, *(candidate(body, n) for n in range(number)))
    assembly = body.sim.bodies["assembly"].identity
    return Polling(body, "delegates", assembly, seats=2, candidates=declared).prepare().open().close(21).wait()


@pytest.fixture
def polling(_ranked: Simulator) -> Polling:
    body = _ranked.fork().bodies["north"]
    again = Polling.__new__(Polling)
    again.body = body
    again.act = next(act for act, e in body.state.elections.items() if e.purpose == "delegates")
    again.keys = getattr(_ranked, "keys", {})
    return again


def say(polling: Polling, papers: Sequence[tuple[int, ...]], **changes: Any) -> None:
    """What the verifier will say that the box holds."""
    polling.body.sim.reports[polling.election.uuid] = report(result=(tuple(papers),), counted=len(papers), **changes)


def result(*votes: int, blank: int = 0) -> dict[str, Any]:
    return {"head": HEAD, "votes": list(votes), "blank": blank}


def test_ballots_rank_where_several_are_sent(polling: Polling) -> None:
    """R-COUNTING-1."""
    assert polling.election.rule == "scottish/1"
    assert b'"type":"NonHomomorphic"' in paper(polling.body.state, polling.election)
    charter = Charter(one_seat="irv/1", more_seats="plurality/1")
    assert [counting_rule(charter, seats) for seats in (1, 2, 7)] == ["irv/1", "plurality/1", "plurality/1"]


def commitment(polling: Polling, trustee: Any, position: int, text: str = "") -> dict[str, Any]:
    """A commitment to decrypt what the shuffle at ``position`` left."""
    after = polling.shuffle_data(position)["payload"]
    return polling.commitment(trustee) | {"after": after} | ({"commitment": text} if text else {})


def test_nobody_decrypts_before_the_votes_are_shuffled(polling: Polling) -> None:
    """R-OPEN-6: by two trustees, each once in the chain that the commitment names."""
    body = polling.body
    one, two = trustees(body)
    assert void(body.submit("decryption.commit", polling.commitment(one), one)) == "R-OPEN-6"
    assert in_force(body.submit("box.shuffle", polling.shuffle_data(0), one))
    assert void(body.submit("decryption.commit", commitment(polling, one, 0), one)) == "R-OPEN-6"
    assert void(body.submit("box.shuffle", polling.shuffle_data(1), one)) == "R-SHUFFLE-2"
    assert in_force(body.submit("box.shuffle", polling.shuffle_data(1), two))
    assert void(body.submit("decryption.commit", commitment(polling, one, 5), one)) == "R-OPEN-6"
    assert in_force(body.submit("decryption.commit", commitment(polling, one, 1), one))
    assert void(body.submit("decryption.commit", commitment(polling, one, 1), one)) == "R-OPEN-2"
    assert in_force(body.submit("decryption.commit", commitment(polling, two, 1), two))
    assert void(body.submit("box.shuffle", polling.shuffle_data(0) | {"payload": BLOB}, two)) == "R-SHUFFLE-1"


def test_a_saboteur_s_end_is_decrypted_by_nobody_and_stops_nobody(polling: Polling) -> None:
    """R-OPEN-2, R-OPEN-4: whoever committed to another end commits anew, and shows nothing before the others agree."""
    body = polling.body
    one, two = trustees(body)
    body.do("box.shuffle", polling.shuffle_data(0), one)
    astray = polling.shuffle_data(1) | {"payload": BLOB}
    body.do("box.shuffle", astray, two)
    body.do("decryption.commit", commitment(polling, two, 1) | {"after": BLOB}, two)
    body.do("box.shuffle", polling.shuffle_data(1), two)
    body.do("decryption.commit", commitment(polling, one, 1), one)
    for trustee in (one, two):
        assert void(body.submit("decryption.reveal", polling.share(trustee), trustee)) == "R-OPEN-4"
    body.do("decryption.commit", commitment(polling, two, 1), two)
    assert void(body.submit("decryption.commit", commitment(polling, one, 1, BLOB), one)) == "R-OPEN-2"
    assert in_force(body.submit("decryption.reveal", polling.share(one), one))


def test_no_shuffle_is_published_twice(polling: Polling) -> None:
    """R-SHUFFLE-2: nobody takes another's shuffle for their own, so two shuffles are by two trustees."""
    body = polling.body
    one, two = trustees(body)
    body.do("box.shuffle", polling.shuffle_data(0), one)
    for trustee in (one, two):
        assert void(body.submit("box.shuffle", polling.shuffle_data(0), trustee)) == "R-SHUFFLE-2"


def test_what_was_not_ranked_has_no_end_to_decrypt_after(polling: Polling) -> None:
    """R-OPEN-6."""
    body = polling.body
    motion = Polling(body, "motion", body.table()).prepare().open().close().wait()
    one = trustees(body)[0]
    assert void(body.submit("decryption.commit", motion.commitment(one) | {"after": BLOB}, one)) == "R-OPEN-6"
    assert in_force(body.submit("decryption.commit", motion.commitment(one), one))


def test_who_publishes_a_result_is_the_clerk_or_a_trustee(polling: Polling) -> None:
    """R-RESULT-5: an act that waits for an archive nobody has leaves the record incomplete; not just anybody's may."""
    polling.decrypt()
    say(polling, PAPERS)
    body, data = polling.body, {"election": polling.act} | result(10, 3, 5, 2, blank=1)
    assert void(body.submit("election.result", data, body.sim.witnesses[0])) == "R-RESULT-5"
    assert in_force(body.submit("election.result", data, trustees(body)[1]))


def test_a_box_of_spoilt_ballots_alone_is_counted_by_lot(polling: Polling) -> None:
    """R-COUNTING-2: nobody has a vote, and all are tied."""
    polling.decrypt()
    say(polling, [(1, 0, 0, 0)] * 21, spoilt=tuple((0, place) for place in range(21)))
    body, data = polling.body, {"election": polling.act} | result(0, 0, 0, 0)
    assert void(body.submit("election.result", data, body.clerk)) == "R-LOT-3"
    found = count_box(polling.election, body.sim.reports[polling.election.uuid], b"s" * 32)
    assert (sorted(found.order), found.quota) == ([0, 1, 2, 3], 1)
    single = msgspec.structs.replace(polling.election, rule="irv/1", candidates=polling.election.candidates[:1])
    assert count_box(single, report(result=((),)), None).order == (0,)


def test_a_shuffle_continues_one_that_another_published(polling: Polling) -> None:
    """R-SHUFFLE-2."""
    body = polling.body
    one, two = trustees(body)
    assert void(body.submit("box.shuffle", polling.shuffle_data(1), two)) == "R-SHUFFLE-2"
    body.do("box.shuffle", polling.shuffle_data(0), one)
    astray = polling.shuffle_data(1) | {"before": BLOB}
    assert void(body.submit("box.shuffle", astray, two)) == "R-SHUFFLE-2"
    assert in_force(body.submit("box.shuffle", polling.shuffle_data(1), two))


def test_a_shuffle_is_made_again_at_its_place_but_not_without_end(polling: Polling) -> None:
    """R-SHUFFLE-1: whatever a saboteur publishes, others go on from what holds."""
    body = polling.body
    one, two = trustees(body)
    for number in range(5):
        astray = polling.shuffle_data(0) | {"payload": f"{number:02x}" * 32}
        assert in_force(body.submit("box.shuffle", astray, one))
    assert void(body.submit("box.shuffle", polling.shuffle_data(0), one)) == "R-SHUFFLE-1"
    assert in_force(body.submit("box.shuffle", polling.shuffle_data(0), two))
    said = claim(body.state, polling.election, "")
    assert [act.position for act in said.shuffles] == [0] * 6
    assert said.shufflers == 2


def test_only_trustees_shuffle_and_only_what_was_ranked(polling: Polling, seated: Simulator) -> None:
    """R-SHUFFLE-1, R-TRUSTEE-1."""
    body = polling.body
    assert void(body.submit("box.shuffle", polling.shuffle_data(0), body.clerk)) == "R-TRUSTEE-1"
    north = seated.bodies["north"]
    motion = Polling(north, "motion", north.table()).prepare().open().close().wait()
    assert void(north.submit("box.shuffle", motion.shuffle_data(0), trustees(north)[0])) == "R-SHUFFLE-1"
    assert claim(north.state, motion.election, "").shufflers == 0


def test_nothing_is_shuffled_before_the_objection_window_has_passed(_ranked: Simulator) -> None:
    """R-OPEN-1."""
    body = _ranked.fork().bodies["north"]
    declared = {"purpose": "motion", "subject": body.table(), "seats": 0, "candidates": []}
    open_box = Polling(body, "motion", declared["subject"]).prepare().open().close()
    assert void(body.submit("box.shuffle", open_box.shuffle_data(0), trustees(body)[0])) == "R-OPEN-1"


def test_delegates_are_those_whom_the_pinned_rule_elects(polling: Polling) -> None:
    """R-COUNTING-1, R-RESULT-3: A and C by first preferences and transfers; B and D are the reserves in order."""
    polling.decrypt()
    say(polling, PAPERS)
    body, data = polling.body, {"election": polling.act}
    assert void(body.submit("election.result", data | result(10, 3, 5, 3, blank=0), body.clerk)) == "R-RESULT-3"
    assert in_force(body.submit("election.result", data | result(10, 3, 5, 2, blank=1), body.clerk))
    outcome = polling.election.result
    assert outcome is not None
    profile = make_profile(("A", "B", "C", "D"), [(1, preferences(ranks)) for ranks in PAPERS])
    counted = count_votes(profile, rule="scottish/1", seats=2)
    behind = reserves(profile, rule="scottish/1", seats=2)
    assert outcome.order == tuple(number - 1 for number in (*counted.winners, *behind))
    assert outcome.quota == 20 // 3 + 1
    assert outcome.blank == 1


def test_spoilt_ballots_are_left_out(polling: Polling) -> None:
    """R-COUNTING-2: what no honest device makes is shown as such and counts for nobody."""
    polling.decrypt()
    say(polling, PAPERS, spoilt=((0, 0), (0, 1)))
    body = polling.body
    wrong = {"election": polling.act} | result(10, 3, 5, 2, blank=1)
    assert void(body.submit("election.result", wrong, body.clerk)) == "R-RESULT-3"
    right = {"election": polling.act} | result(8, 3, 5, 2, blank=1)
    assert in_force(body.submit("election.result", right, body.clerk))


def test_a_tie_that_the_rule_does_not_settle_waits_for_the_lot(polling: Polling) -> None:
    """R-LOT-3."""
    polling.decrypt()
    say(polling, [(1, 0, 0, 0)] * 7 + [(0, 1, 0, 0)] * 7 + [(0, 0, 1, 0)] * 7)
    body, data = polling.body, {"election": polling.act} | result(7, 7, 7, 0)
    assert void(body.submit("election.result", data, body.clerk)) == "R-LOT-3"
    held = polling.election
    assert lot_seed(held) is None
    papers = body.sim.reports[held.uuid]
    orders = {count_box(held, papers, bytes([seed]) * 32).order for seed in range(30)}
    assert len(orders) > 1


def test_a_runoff_is_won_with_more_than_half(polling: Polling) -> None:
    """R-RECALL-5: that many recall whom it elected."""
    said = report(result=(tuple([(1, 0, 0, 2)] * 9 + [(2, 1, 0, 0)] * 4 + [(0, 0, 1, 0)] * 8),), counted=21)
    single = msgspec.structs.replace(polling.election, rule="irv/1", seats=1)
    found = count_box(single, said, None)
    assert (found.order[0], found.quota) == (0, 11)


@given(st.lists(st.integers(0, 255), max_size=30))
def test_a_ranking_is_read_while_each_number_is_one_candidate_s(ranks: list[int]) -> None:
    """R-COUNTING-2."""
    found = preferences(ranks)
    assert [ranks[number - 1] for number in found] == list(range(1, len(found) + 1))
    assert len(set(found)) == len(found)
    assert ranks.count(len(found) + 1) != 1


def test_gaps_and_doubles_end_a_ranking() -> None:
    """R-COUNTING-2."""
    assert preferences((2, 1, 3)) == (2, 1, 3)
    assert preferences((1, 3, 0)) == (1,)
    assert preferences((1, 2, 2)) == (1,)
    assert preferences((1, 1, 2)) == ()
    assert preferences((0, 0, 0)) == ()
