"""R-CHARTER: below its floors no charter goes, at founding or by amendment; unknown rules stop the reader."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.polling import Drive, Polling, candidate
from tests.institutions.simulator import BLOB, Body, Simulator, as_json, grant, in_force, void

from majlis.errors import Missing, Refused
from majlis.institutions import Charter, charter_hash
from majlis.institutions.charter import Share, check_charter, check_known_rules


def share(above: int, below: int, base: str = "roll") -> Share:
    return Share(part=(above, below), base=base)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "broken", "mended"),
    [
        ("R-CHARTER-2", {"term_days": 0}, {"term_days": 1}),
        ("R-CHARTER-2", {"term_days": 1096}, {"term_days": 1095}),
        ("R-CHARTER-3", {"quorum": share(0, 10)}, {"quorum": share(1, 10_000)}),
        ("R-CHARTER-3", {"quorum": share(1, 0)}, {"quorum": share(1, 2)}),
        ("R-CHARTER-3", {"quorum": share(1, 10, "present")}, {"quorum": share(1, 10)}),
        ("R-CHARTER-3", {"quorum": share(-1, -2)}, {"quorum": share(1, 2)}),
        ("R-CHARTER-3", {"majority": share(3, 2, "valid")}, {"majority": share(1, 2, "valid")}),
        ("R-CHARTER-3", {"amend_majority": share(1, 10_001, "valid")}, {"amend_majority": share(2, 3, "valid")}),
        ("R-CHARTER-3", {"ratify_bodies": (5, 4)}, {"ratify_bodies": (1, 1)}),
        ("R-CHARTER-3", {"ratify_inhabitants": (0, 1)}, {"ratify_inhabitants": (1, 2)}),
        ("R-CHARTER-3", {"contest_share": share(1, 20, "valid")}, {"contest_share": share(1, 20)}),
        ("R-CHARTER-3", {"recall_floor": share(1, 4, "valid")}, {"recall_floor": share(1, 4)}),
        ("R-CHARTER-4", {"recall_petition": share(34, 100)}, {"recall_petition": share(1, 3)}),
        ("R-CHARTER-4", {"recall_floor": share(51, 100)}, {"recall_floor": share(1, 2)}),
        ("R-CHARTER-4", {"recall_window_days": 13}, {"recall_window_days": 14}),
        ("R-CHARTER-4", {"recall_notice_days": 15}, {"recall_notice_days": 14}),
        ("R-CHARTER-4", {"recall_cooling_days": 181}, {"recall_cooling_days": 180}),
        ("R-CHARTER-4", {"min_ballots": 101}, {"min_ballots": 100}),
        ("R-CHARTER-5", {"amend_majority": share(1, 2, "valid"), "majority": share(2, 3, "valid")}, {}),
        ("R-CHARTER-5", {"majority": share(1, 2)}, {"majority": share(1, 2), "amend_majority": share(2, 3)}),
        ("R-CHARTER-6", {"majority": share(49, 100, "valid")}, {"majority": share(50, 100, "valid")}),
        ("R-CHARTER-6", {"ratify_bodies": (1, 3)}, {"ratify_bodies": (1, 2)}),
        ("R-CHARTER-6", {"ratify_inhabitants": (1, 3)}, {"ratify_inhabitants": (1, 2)}),
        ("R-CHARTER-6", {"ratify_inhabitants": (1, 1)}, {"ratify_inhabitants": (99, 100)}),
        ("R-CHARTER-6", {"quorum": share(51, 100)}, {"quorum": share(1, 2)}),
        (
            "R-CHARTER-6",
            {"majority": share(76, 100, "valid"), "amend_majority": share(9, 10, "valid")},
            {"majority": share(75, 100, "valid"), "amend_majority": share(9, 10, "valid")},
        ),
        ("R-CHARTER-6", {"amend_majority": share(91, 100)}, {"amend_majority": share(90, 100)}),
        ("R-CHARTER-9", {"notice_days": 0}, {"notice_days": 1}),
        ("R-CHARTER-9", {"contest_days": 0}, {"contest_days": 1}),
        ("R-CHARTER-9", {"voting_days": 31}, {"voting_days": 30}),
        ("R-CHARTER-9", {"objection_days": 31}, {"objection_days": 30}),
        ("R-CHARTER-12", {"care_days": 6}, {"care_days": 7}),
        ("R-CHARTER-12", {"care_days": 366}, {"care_days": 365}),
    ],
)
def test_a_charter_keeps_its_floors(rule: str, broken: dict[str, Any], mended: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        check_charter(Charter(**broken))
    assert caught.value.rule == rule
    check_charter(Charter(**mended))
    assert void(Body(Simulator(), "north", "committee").found(charter=Charter(**broken))) == rule
    assert in_force(Body(Simulator(), "north", "committee").found(charter=Charter(**mended)))


def amended(body: Body, charter: Charter, decided: Charter | None = None, **numbers: int) -> dict[str, Any]:
    """The envelope of an amendment that the members decided."""
    return {"cites": [body.decide(grant("charter.amend", charter_hash=charter_hash(decided or charter)), **numbers)]}


def amendment(charter: Charter, of: Charter | None = None) -> dict[str, Any]:
    return {"charter": as_json(charter), "charter_hash": charter_hash(of or charter)}


def test_members_amend_their_charter(north: Body) -> None:
    charter = Charter(notice_days=14)
    warrant = amended(north, charter)
    assert in_force(north.submit("charter.amend", amendment(charter), north.sim.witnesses[0], **warrant))
    assert north.state.charter.notice_days == 14


def test_amending_takes_the_amend_majority(north: Body) -> None:
    charter = Charter(notice_days=14)
    warrant = amended(north, charter, yes=20, no=11)
    assert void(north.submit("charter.amend", amendment(charter), north.clerk, **warrant)) == "R-WARRANT-3"
    assert in_force(
        north.submit("charter.amend", amendment(charter), north.clerk, **amended(north, charter, yes=20, no=10))
    )


def test_no_amendment_goes_below_a_floor(north: Body) -> None:
    below, above = Charter(term_days=1096), Charter(term_days=1095)
    assert void(north.submit("charter.amend", amendment(below), north.clerk, **amended(north, below))) == "R-CHARTER-2"
    assert in_force(north.submit("charter.amend", amendment(above), north.clerk, **amended(north, above)))


def test_the_charter_is_the_one_that_was_decided(north: Body) -> None:
    decided, other = Charter(notice_days=14), Charter(notice_days=2)
    warrant = amended(north, decided)
    assert void(north.submit("charter.amend", amendment(other), north.clerk, **warrant)) == "R-WARRANT-2"
    assert void(north.submit("charter.amend", amendment(other, decided), north.clerk, **warrant)) == "R-CHARTER-8"
    assert in_force(north.submit("charter.amend", amendment(decided), north.clerk, **warrant))


def test_an_assembly_does_not_amend_its_own_charter(seated: Simulator) -> None:
    assembly = seated.bodies["assembly"]
    charter = Charter(notice_days=14)
    assert void(assembly.submit("charter.amend", amendment(charter), assembly.clerk)) == "R-CHARTER-7"


def test_unknown_rules_stop_the_reader_who_does_not_know_them(north: Body) -> None:
    charter = Charter(rules=2)
    assert void(north.submit("charter.amend", amendment(charter), north.clerk)) == "R-WARRANT-1"
    warrant = amended(north, charter)
    standing = north.submit("charter.amend", amendment(charter), north.clerk, **warrant)
    assert (standing.status, standing.rule) == ("missing", "R-CHARTER-1")
    later = north.submit("motion.table", {"text": BLOB, "grants": []}, north.clerk)
    assert (later.status, later.rule) == ("missing", "R-CHARTER-1")
    assert (north.state.halted, north.state.missing) == (True, standing.index)


def test_a_body_founded_under_unknown_rules_is_not_judged() -> None:
    body = Body(Simulator(), "north", "committee")
    standing = body.found(charter=Charter(rules=2, notice_days=0))
    assert (standing.status, standing.rule) == ("missing", "R-CHARTER-1")
    later = body.submit("motion.table", {"text": BLOB, "grants": []}, body.clerk)
    assert (later.status, later.rule) == ("missing", "R-CHARTER-1")
    with pytest.raises(Missing):
        check_known_rules(Charter(rules=2))


def test_a_charter_s_hash_is_of_all_its_numbers() -> None:
    assert charter_hash(Charter()) == charter_hash(Charter(notice_days=7))
    assert charter_hash(Charter()) != charter_hash(Charter(notice_days=8))


def test_an_amendment_changes_nothing_that_was_called_before(north: Body) -> None:
    """The rules are changed quietly, between the call and the vote: what was called keeps its charter."""
    lax = Charter(notice_days=1, contest_days=1, quorum=share(1, 100), majority=share(1, 2, "valid"))
    decided = north.decide(grant("charter.amend", charter_hash=charter_hash(lax)))
    spend = grant("spend.order", ceiling=9, purpose="flour", unit="SYP")
    early, late = north.hand(north.table(spend)), north.table(spend)
    session = north.call(late)
    north.do("charter.amend", amendment(lax), north.clerk, cites=[decided])
    north.sim.pass_days(2)
    order = {"amount": 5, "unit": "SYP", "purpose": "flour"}
    assert void(north.submit("spend.order", order, north.clerk, cites=[early])) == "R-WARRANT-3"
    assert void(north.submit("decision.hand", north.count(session, late), *north.tellers)) == "R-DECIDE-6"
    few = {"present": 5, "yes": 5, "no": 0, "abstain": 0}
    north.sim.pass_days(6)
    assert void(north.submit("decision.hand", north.count(session, late, **few), *north.tellers)) == "R-DECIDE-4"
    assert in_force(north.submit("spend.order", order, north.clerk, cites=[early]))
    again = north.call(late)
    north.sim.pass_days(1)
    assert in_force(north.submit("decision.hand", north.count(again, late, **few), *north.tellers))


def test_an_amendment_moves_no_goal_of_a_recall_under_way(seated: Simulator) -> None:
    north, assembly = seated.bodies["north"], seated.bodies["assembly"]
    hard = Charter(recall_petition=share(1, 3), recall_floor=share(1, 2), min_ballots=100, objection_days=30)
    decided = north.decide(grant("charter.amend", charter_hash=charter_hash(hard)))
    data = {"delegate": candidate(north, 1).id, "assembly": assembly.identity, "reason": BLOB}
    petition = Drive(north, north.do("recall.petition", data, north.clerk))
    north.do("charter.amend", amendment(hard), north.clerk, cites=[decided])
    petition.sign(6)
    assert petition.petition.passed is not None
    Polling(north, "recall", petition.act).hold(16, 5)
    assert north.state.recalls[petition.act].passed


def test_an_amendment_moves_no_goal_of_a_box_under_way(seated: Simulator) -> None:
    north, assembly = seated.bodies["north"], seated.bodies["assembly"]
    hard = Charter(recall_floor=share(1, 2), min_ballots=100, objection_days=30)
    decided = north.decide(grant("charter.amend", charter_hash=charter_hash(hard)))
    data = {"delegate": candidate(north, 0).id, "assembly": assembly.identity, "reason": BLOB}
    petition = Drive(north, north.do("recall.petition", data, north.clerk))
    petition.sign(6)
    polling = Polling(north, "recall", petition.act)
    north.do("charter.amend", amendment(hard), north.clerk, cites=[decided])
    polling.hold(16, 5)
    assert north.state.recalls[petition.act].passed
