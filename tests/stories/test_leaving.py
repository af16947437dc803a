"""Leaving by one's own decision alone, and charters that go below the floors (betrayals 22 and 23)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.stories.play import Stage

from majlis.demo.committee import Committee
from majlis.errors import Refused
from majlis.institutions import Charter, charter_hash
from majlis.institutions.charter import Share

HALF_OF_ROLL = Share(part=(51, 100), base="roll")


def test_a_body_leaves_by_its_own_decision_and_nobody_can_hold_it(stage: Stage) -> None:
    """The assembly neither agrees nor helps; a passer-by carries the certificate, and the seats end."""
    body, assembly = stage.districts[1], stage.assembly
    leave = {"assembly": assembly.identity}
    decision = stage.decide(body, {"kind": "federation.leave", "match": leave})
    act = body.act("federation.leave", leave, body.one("clerk"), cites=(decision,))
    stage.world.tick()
    assert stage.state(body).memberships[assembly.identity].left is not None
    assert body.identity in {sender for sender, _ in stage.sittings.seats()}  # Until the assembly is shown it.
    standing = stage.attempt(assembly, "federation.depart", {"certificate": body.certify(act)}, stage.world.courier)
    assert standing.status == "in-force"
    assert body.identity not in {sender for sender, _ in stage.sittings.seats()}
    election = stage.federation.elections[body.slug].election.result
    assert election is not None
    again = stage.attempt(assembly, "seat.fill", {"certificate": body.certify(election.act)}, stage.world.courier)
    assert (again.status, again.rule) == ("void", "R-SEAT-1")
    assert stage.verify().ok


def test_nobody_leaves_in_a_bodys_name(hall: Stage) -> None:
    body = hall.districts[1]
    for people in (body.all("clerk"), body.charter_keys, hall.assembly.charter_keys):
        standing = hall.attempt(body, "federation.leave", {"assembly": hall.assembly.identity}, *people)
        assert (standing.status, standing.rule) == ("void", "R-WARRANT-1")


def test_a_leaving_that_was_never_decided_is_not_delivered(stage: Stage) -> None:
    body = stage.districts[1]
    act = body.attempt("federation.leave", {"assembly": stage.assembly.identity}, body.one("clerk"))
    stage.world.tick()
    certificate = body.certify(act)
    standing = stage.attempt(stage.assembly, "federation.depart", {"certificate": certificate}, stage.world.courier)
    assert (standing.status, standing.rule) == ("void", "R-CERT-5")
    assert body.identity in {sender for sender, _ in stage.sittings.seats()}


BELOW: list[tuple[dict[str, Any], str]] = [
    ({"term_days": 1096}, "R-CHARTER-2"),
    ({"term_days": 0}, "R-CHARTER-2"),
    ({"quorum": Share(part=(0, 1), base="roll")}, "R-CHARTER-3"),
    ({"quorum": Share(part=(1, 2), base="present")}, "R-CHARTER-3"),
    ({"recall_petition": Share(part=(1, 2), base="roll")}, "R-CHARTER-4"),
    ({"recall_floor": Share(part=(9, 10), base="roll")}, "R-CHARTER-4"),
    ({"recall_cooling_days": 3650}, "R-CHARTER-4"),
    ({"recall_window_days": 1}, "R-CHARTER-4"),
    ({"amend_majority": Share(part=(1, 3), base="valid")}, "R-CHARTER-5"),
    ({"majority": Share(part=(1, 3), base="valid")}, "R-CHARTER-6"),
    ({"notice_days": 0}, "R-CHARTER-9"),
    ({"contest_days": 0}, "R-CHARTER-9"),
    ({"objection_days": 0}, "R-CHARTER-9"),
]


@pytest.mark.parametrize(("change", "rule"), BELOW)
def test_no_body_is_founded_below_the_floors(hall: Stage, change: dict[str, Any], rule: str) -> None:
    charter = msgspec.structs.replace(Charter(), **change)
    body = Committee(hall.world, "below", {"en": "Below"}, "committee", members=3, charter=charter)
    with pytest.raises(Refused, match=rule):
        body.found(hall.setting.mirror_keys, 2)
    assert body.origin not in hall.host.store.origins()


@pytest.mark.parametrize(("change", "rule"), [BELOW[0], BELOW[5], BELOW[9]])
def test_no_majority_amends_below_the_floors(hall: Stage, change: dict[str, Any], rule: str) -> None:
    """Everybody is for it. It is void all the same, and the old charter stands."""
    body = hall.districts[2]
    charter = msgspec.structs.replace(Charter(), **change)
    digest = charter_hash(charter)
    decision = hall.decide(body, {"kind": "charter.amend", "match": {"charter_hash": digest}})
    data = {"charter": charter, "charter_hash": digest}
    standing = hall.attempt(body, "charter.amend", data, body.one("clerk"), cites=(decision,))
    assert (standing.status, standing.rule) == ("void", rule)
    assert hall.state(body).charter == Charter()


def test_rules_do_not_change_quietly(hall: Stage) -> None:
    """The decision was on one charter, and another is written."""
    body = hall.districts[2]
    decided, written = Charter(term_days=300), Charter(term_days=1000)
    decision = hall.decide(body, {"kind": "charter.amend", "match": {"charter_hash": charter_hash(decided)}})
    clerk = body.one("clerk")
    swapped = {"charter": written, "charter_hash": charter_hash(decided)}
    standing = hall.attempt(body, "charter.amend", swapped, clerk, cites=(decision,))
    assert (standing.status, standing.rule) == ("void", "R-CHARTER-8")
    honest = {"charter": written, "charter_hash": charter_hash(written)}
    standing = hall.attempt(body, "charter.amend", honest, clerk, cites=(decision,))
    assert (standing.status, standing.rule) == ("void", "R-WARRANT-2")
    data = {"charter": decided, "charter_hash": charter_hash(decided)}
    assert hall.attempt(body, "charter.amend", data, clerk, cites=(decision,)).status == "in-force"
    assert hall.state(body).charter == decided


def test_a_bare_majority_does_not_amend(hall: Stage) -> None:
    """Two thirds of the valid votes are needed; eleven of twenty are not."""
    body = hall.districts[1]
    charter = Charter(term_days=300)
    grant = {"kind": "charter.amend", "match": {"charter_hash": charter_hash(charter)}}
    motion = body.table("Another charter", [grant])
    session = body.call(motion)
    hall.world.tick()
    hall.world.pass_days(8)
    decision = body.decide(session, motion, yes=11, no=9)
    assert not hall.state(body).decisions[decision].carried
    hall.world.tick()
    hall.world.pass_days(8)
    data = {"charter": charter, "charter_hash": charter_hash(charter)}
    standing = hall.attempt(body, "charter.amend", data, body.one("clerk"), cites=(decision,))
    assert (standing.status, standing.rule) == ("void", "R-WARRANT-3")


def test_delegates_do_not_amend_the_assemblys_charter(hall: Stage) -> None:
    """It binds only when its base bodies ratify it, whoever signs."""
    assembly = hall.assembly
    charter = Charter(term_days=1000, notice_days=14)
    data = {"charter": charter, "charter_hash": charter_hash(charter)}
    for people in (assembly.charter_keys, assembly.all("clerk")):
        standing = hall.attempt(assembly, "charter.amend", data, *people, cites=(hall.sittings.decision,))
        assert (standing.status, standing.rule) == ("void", "R-CHARTER-7")
    assert hall.state(assembly).charter == assembly.charter
