"""R-MANDATE: a district binds its delegates by its own decision, and each vote is kept, broken or free."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.simulator import BLOB, Body, Simulator, grant, in_force, void
from tests.institutions.test_assembly import Sitting


@pytest.fixture
def sitting(seated: Simulator) -> Sitting:
    return Sitting(seated)


def instruction(sitting: Sitting, choice: str = "yes", **changes: Any) -> dict[str, Any]:
    return {"assembly": sitting.assembly.identity, "motion": sitting.motion, "instruction": choice} | changes


def give(body: Body, data: dict[str, Any]) -> str:
    """The members instruct their delegates."""
    decision = body.decide(grant("mandate.give", **data))
    return body.do("mandate.give", data, body.sim.witnesses[0], cites=[decision])


def deliver(sitting: Sitting, body: Body, act: str) -> Any:
    data = {"certificate": body.certificate(act)}
    return sitting.assembly.submit("mandate.deliver", data, sitting.sim.witnesses[0])


def test_only_a_member_of_the_assembly_instructs_and_by_decision(sitting: Sitting) -> None:
    north = sitting.sim.bodies["north"]
    elsewhere = instruction(sitting, assembly=BLOB)
    decision = north.decide(grant("mandate.give", **elsewhere))
    assert void(north.submit("mandate.give", elsewhere, north.clerk, cites=[decision])) == "R-MANDATE-1"
    assert void(north.submit("mandate.give", instruction(sitting), north.clerk)) == "R-WARRANT-1"
    assert north.state.mandates.get("x") is None
    give(north, instruction(sitting))


def test_a_body_that_left_instructs_nobody(sitting: Sitting) -> None:
    north, data = sitting.sim.bodies["north"], {"assembly": sitting.assembly.identity}
    decision = north.decide(grant("federation.leave", **data), grant("mandate.give", **instruction(sitting)))
    north.do("federation.leave", data, north.clerk, cites=[decision])
    assert void(north.submit("mandate.give", instruction(sitting), north.clerk, cites=[decision])) == "R-MANDATE-1"


def test_a_mandate_is_delivered_by_anybody_and_once(sitting: Sitting) -> None:
    north = sitting.sim.bodies["north"]
    act = give(north, instruction(sitting))
    assert in_force(deliver(sitting, north, act))
    assert void(deliver(sitting, north, act)) == "R-MANDATE-2"


def test_a_newer_mandate_replaces_an_older_one_and_never_the_other_way(sitting: Sitting) -> None:
    north = sitting.sim.bodies["north"]
    old = give(north, instruction(sitting, "yes"))
    before = {"certificate": north.certificate(old)}
    new = give(north, instruction(sitting, "no"))
    assert void(deliver(sitting, north, old)) == "R-MANDATE-2"
    assert in_force(deliver(sitting, north, new))
    assert void(sitting.assembly.submit("mandate.deliver", before, sitting.assembly.clerk)) == "R-MANDATE-2"
    assert sitting.assembly.state.instructions[sitting.motion][north.identity].instruction == "no"


def test_a_mandate_is_on_a_motion_of_this_assembly(sitting: Sitting) -> None:
    north = sitting.sim.bodies["north"]
    assert void(deliver(sitting, north, give(north, instruction(sitting, motion=BLOB)))) == "R-MANDATE-2"
    assert in_force(deliver(sitting, north, give(north, instruction(sitting))))


def test_a_void_mandate_is_presented_upward_as_if_it_counted(sitting: Sitting) -> None:
    north = sitting.sim.bodies["north"]
    written = north.write("mandate.give", instruction(sitting, "no"), north.clerk)
    assert void(north.log(written)) == "R-WARRANT-1"
    assert void(deliver(sitting, north, north.state.log[north.state.size - 1])) == "R-CERT-5"


def test_a_vote_against_the_mandate_shows_as_broken(sitting: Sitting) -> None:
    sim = sitting.sim
    north, east, south = (sim.bodies[name] for name in ("north", "east", "south"))
    for body, choice in ((north, "yes"), (east, "free"), (south, "abstain")):
        assert in_force(deliver(sitting, body, give(body, instruction(sitting, choice))))
    assert in_force(sitting.attend().open())
    choices = ("yes", "no", "no", "abstain")
    for person, choice in zip(sitting.delegates, choices, strict=True):
        assert in_force(sitting.vote(person, choice))
    assert in_force(sitting.hear().close())
    assert [sitting.recorded(person).label for person in sitting.delegates] == ["kept", "broken", "free", "kept"]
