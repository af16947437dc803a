"""R-ROLL: how many members a registrar may say there are."""

from __future__ import annotations

from typing import Any

from tests.institutions.polling import countersign_data, publish
from tests.institutions.simulator import BLOB, Body, Simulator, in_force, void


def commit(body: Body, leaves: int, *beside: Any, paper: int = 0) -> Any:
    data = {"root": BLOB, "leaves": leaves, "paper": paper}
    return body.submit("roll.commit", data, body.registrar, *beside)


def test_a_roll_has_no_more_paper_voters_than_leaves(north: Body) -> None:
    assert void(commit(north, 60, paper=61)) == "R-ROLL-1"
    assert in_force(commit(north, 60, paper=60))


def test_a_roll_is_no_larger_than_the_people_counted(seated: Simulator) -> None:
    """A claim bounds it already, and the lower figure once it is countersigned."""
    north, east = seated.bodies["north"], seated.bodies["east"]
    publish(north, 62)
    assert void(commit(north, 63)) == "R-ROLL-1"
    assert in_force(commit(north, 62))
    data = countersign_data(north, east) | {"inhabitants": 61}
    north.do("census.countersign", data, east.counter, north.clerk)
    assert void(commit(north, 62)) == "R-ROLL-1"
    assert in_force(commit(north, 61))


def test_an_assembly_has_no_roll(seated: Simulator) -> None:
    """Its members are bodies; else its registrar would make every quorum of its delegates a share of nothing."""
    assembly = seated.bodies["assembly"]
    assert void(commit(assembly, 60)) == "R-ROLL-1"
    assert assembly.state.roll is None
