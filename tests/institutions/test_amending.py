"""R-FED-10, R-FED-13 to R-FED-16, R-SEAT-8: another plan, accepted by each body, ends no seat before its term."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from tests.institutions.polling import SEATS, admit_data, adopt, countersign_data, federate, join_data, prepare, rows
from tests.institutions.simulator import BLOB, Body, Simulator, grant, in_force, void

from majlis.institutions.assembly.rules import strength
from majlis.institutions.federation import Row, format_row, prove_row, rows_tree
from majlis.institutions.kinds import sitting

OTHER = "cd" * 32
TABLE = "ef" * 32


def redrawn() -> list[Row]:
    """A hamlet of the north has passed to the east: the south stays as it is."""
    north, east, south = rows()
    return [
        replace(north, inhabitants=16_000),
        replace(east, inhabitants=14_000, seats=2, places=("hamlet", *east.places)),
        south,
    ]


def amendment(assembly: Body, districts: list[Row], **changes: Any) -> dict[str, Any]:
    assert assembly.state.plan is not None
    return {
        "of": assembly.state.plan.act,
        "plan": OTHER,
        "root": rows_tree(districts).root().hex(),
        "districts": len(districts),
        "inhabitants": sum(row.inhabitants for row in districts),
        "places": TABLE,
        "ways": "",
    } | changes


def put_forward(assembly: Body, plan: list[Row]) -> str:
    return assembly.do("plan.amend", amendment(assembly, plan), *assembly.charter_keys[:2])


def recount(body: Body, row: Row) -> None:
    """Its people are counted anew, as the row says."""
    others = [other for other in body.sim.bodies.values() if other is not body and other.name != "assembly"]
    data = {"inhabitants": row.inhabitants, "places": list(row.places), "source": TABLE}
    body.do("census.publish", data, body.clerk)
    body.do("census.countersign", countersign_data(body, others[0]), others[0].counter, body.clerk)


def accept(body: Body, act: str, row: Row, **changes: Any) -> str:
    data = {"assembly": body.sim.bodies["assembly"].identity, "plan": act, "district": row.id, "seats": row.seats}
    data |= changes
    return body.do("plan.accept", data, body.clerk, cites=[body.decide(grant("plan.accept", **data))])


def ratify_data(body: Body, act: str, plan: list[Row]) -> dict[str, Any]:
    index = next(n for n, row in enumerate(plan) if row.id == body.name)
    return {
        "certificate": body.certificate(act),
        "row": format_row(plan[index]),
        "index": index,
        "path": list(prove_row(plan, index)),
    }


def ratify(body: Body, act: str, plan: list[Row], **changes: Any) -> Any:
    assembly = body.sim.bodies["assembly"]
    return assembly.submit("plan.ratify", ratify_data(body, act, plan) | changes, body.sim.witnesses[0])


def fill(body: Body) -> Any:
    """The body's election is delivered once more: whoever is next in line takes a vacant seat."""
    result = next(e.result.act for e in body.state.elections.values() if e.result)
    data = {"certificate": body.certificate(result)}
    return body.sim.bodies["assembly"].submit("seat.fill", data, body.sim.witnesses[0])


@pytest.fixture(scope="session")
def _federated() -> Simulator:
    return federate(Simulator())


@pytest.fixture
def federated(_federated: Simulator) -> Simulator:
    """Three districts that sent delegates to their assembly."""
    return _federated.fork()


def members(sim: Simulator) -> dict[str, Any]:
    state = sim.bodies["assembly"].state
    return {member.district: member for member in state.bodies.values()}


def sits(sim: Simulator) -> int:
    state = sim.bodies["assembly"].state
    return sum(sitting(state, key) != "" for key in state.seated)


def test_a_plan_put_forward_binds_nobody(federated: Simulator) -> None:
    assembly = federated.bodies["assembly"]
    data = amendment(assembly, redrawn())
    before = assembly.state.plan
    assert void(assembly.submit("plan.amend", data | {"of": OTHER}, *assembly.charter_keys)) == "R-FED-10"
    assert void(assembly.submit("plan.amend", data | {"plan": BLOB}, *assembly.charter_keys)) == "R-FED-10"
    assert void(assembly.submit("plan.amend", data, assembly.clerk)) == "R-KEY-1"
    assert assembly.submit("plan.amend", data, assembly.charter_keys[0]).status == "waiting"
    put_forward(assembly, redrawn())
    assert assembly.state.plan == before
    assert assembly.state.amendment is not None
    assert sits(federated) == sum(row.seats for row in rows())


def test_it_is_in_force_once_enough_bodies_accepted_and_ends_no_seat(federated: Simulator) -> None:
    """Two of three districts, holding most people: they change at one act; the third goes on, asked for nothing."""
    assembly, plan = federated.bodies["assembly"], redrawn()
    north, east, south = (federated.bodies[row.id] for row in plan)
    act = put_forward(assembly, plan)
    for body, row in ((north, plan[0]), (east, plan[1])):
        recount(body, row)
    sat = sits(federated)
    first = accept(north, act, plan[0])
    assert in_force(ratify(north, first, plan))
    assert members(federated)["north"].inhabitants == 20_000
    assert void(ratify(north, first, plan)) == "R-FED-14"
    second = accept(east, act, plan[1])
    assert in_force(ratify(east, second, plan))
    state = assembly.state
    assert state.plan is not None
    assert (state.plan.act, state.amendment, [p.blob for p in state.plans]) == (act, None, [BLOB])
    assert state.plan.since == state.size - 1
    assert {name: member.inhabitants for name, member in members(federated).items()} == {
        "north": 16_000,
        "east": 14_000,
        "south": 10_000,
    }
    assert sits(federated) == sat
    assert void(ratify(east, second, plan)) == "R-FED-14"

    assert in_force(fill(east))
    assert sits(federated) == sat + 1

    assert void(fill(south)) == "R-SEAT-8"
    census = south.state.census
    assert census is not None
    assert in_force(ratify(south, census.act, plan))
    assert void(fill(south)) == "R-SEAT-3"


def test_whose_row_changes_is_asked(federated: Simulator) -> None:
    """Not even a new count, of just the people of the new row, replaces the decision of those who live there."""
    assembly, plan = federated.bodies["assembly"], redrawn()
    north, east, south = (federated.bodies[row.id] for row in plan)
    act = put_forward(assembly, plan)
    for body, row in ((north, plan[0]), (east, plan[1])):
        recount(body, row)
    for body, row in ((north, plan[0]), (south, plan[2])):
        ratify(body, accept(body, act, row), plan)
    assert assembly.state.plan is not None
    assert assembly.state.plan.act == act
    census = east.state.census
    assert census is not None
    assert void(ratify(east, census.act, plan)) == "R-FED-16"
    assert members(federated)["east"].seats == 1
    assert in_force(ratify(east, accept(east, act, plan[1]), plan))
    assert members(federated)["east"].seats == 2


def test_an_acceptance_is_a_decision_of_a_member(federated: Simulator) -> None:
    assembly, plan = federated.bodies["assembly"], redrawn()
    south = federated.bodies["south"]
    act = put_forward(assembly, plan)
    data = {"assembly": assembly.identity, "plan": act, "district": "south", "seats": 1}
    assert void(south.submit("plan.accept", data, south.clerk)) == "R-WARRANT-1"
    stranger = data | {"assembly": OTHER}
    assert void(south.submit("plan.accept", stranger, south.clerk)) == "R-FED-13"
    accept(south, act, plan[2])
    assert void(south.submit("plan.accept", data, south.clerk)) == "R-FED-13"


def test_what_was_accepted_is_what_is_ratified(federated: Simulator) -> None:
    assembly, plan = federated.bodies["assembly"], redrawn()
    north, south = federated.bodies["north"], federated.bodies["south"]
    act = put_forward(assembly, plan)
    other = accept(south, OTHER, plan[2])
    assert void(ratify(south, other, plan)) == "R-FED-14"
    more = accept(south, act, plan[2], seats=9)
    assert void(ratify(south, more, plan)) == "R-FED-14"
    assert void(ratify(south, other, plan)) == "R-FED-14"
    assert void(ratify(north, accept(north, act, plan[0]), plan)) == "R-FED-6"
    recount(north, plan[0])
    assert void(ratify(north, north.state.memberships[assembly.identity].accepted, plan, index=1)) == "R-FED-4"


def test_a_body_that_left_ratifies_nothing(federated: Simulator) -> None:
    assembly, plan = federated.bodies["assembly"], redrawn()
    south = federated.bodies["south"]
    act = accept(south, put_forward(assembly, plan), plan[2])
    data = {"assembly": assembly.identity}
    south.do("federation.leave", data, south.clerk, cites=[south.decide(grant("federation.leave", **data))])
    assert void(ratify(south, act, plan)) == "R-FED-14"


def test_the_totals_of_a_plan_hold_for_those_who_accept_it(federated: Simulator) -> None:
    assembly, plan = federated.bodies["assembly"], redrawn()
    south = federated.bodies["south"]
    data = amendment(assembly, plan, inhabitants=9_999)
    act = assembly.do("plan.amend", data, *assembly.charter_keys[:2])
    assert void(ratify(south, accept(south, act, plan[2]), plan)) == "R-FED-12"


def test_one_put_forward_later_takes_the_place_of_the_other(federated: Simulator) -> None:
    assembly, plan = federated.bodies["assembly"], redrawn()
    south = federated.bodies["south"]
    first = put_forward(assembly, plan)
    old = accept(south, first, plan[2])
    assert in_force(ratify(south, old, plan))
    second = assembly.do("plan.amend", amendment(assembly, plan, plan="12" * 32), *assembly.charter_keys[:2])
    assert len(assembly.state.accepted) == 0
    assert void(ratify(south, old, plan)) == "R-FED-14"
    assert in_force(ratify(south, accept(south, second, plan[2]), plan))


def test_before_anybody_joined_it_is_in_force_at_once() -> None:
    sim = prepare(Simulator())
    assembly, north = sim.bodies["assembly"], sim.bodies["north"]
    act = put_forward(assembly, redrawn())
    assert assembly.state.plan is not None
    assert (assembly.state.plan.act, assembly.state.plan.places) == (act, TABLE)
    assert join_data(north, assembly)["plan"] == act


def deliver(body: Body, act: str, row: Row, plan: list[Row], **how: Any) -> Any:
    """The act is delivered with this row, of whatever district it is."""
    index = plan.index(row)
    data = {
        "certificate": body.certificate(act, **how),
        "row": format_row(row),
        "index": index,
        "path": list(prove_row(plan, index)),
    }
    return body.sim.bodies["assembly"].submit("plan.ratify", data, body.sim.witnesses[0])


def test_two_that_accept_one_district_are_disputed(federated: Simulator) -> None:
    """East and south are to be one district, and cannot agree who is its body."""
    assembly = federated.bodies["assembly"]
    north, east, south = (federated.bodies[row.id] for row in rows())
    places = ("place-east", "place-south")
    plan = [rows()[0], Row(id="shared", inhabitants=20_000, seats=2, places=places)]
    act = put_forward(assembly, plan)
    assert in_force(deliver(north, accept(north, act, plan[0]), plan[0], plan))
    for body in (east, south):
        recount(body, plan[1])
        assert in_force(deliver(body, accept(body, act, plan[1]), plan[1], plan))
    state = assembly.state
    assert state.plan is not None
    assert state.plan.act == act
    disputed = {body.identity for body in (east, south)}
    assert {body for body, member in state.bodies.items() if member.disputed} == disputed
    assert void(deliver(south, accept(south, act, plan[1], seats=1), plan[1], plan)) == "R-FED-14"


def test_nobody_takes_the_district_of_another(federated: Simulator) -> None:
    """R-FED-17: south counts the people of the east and accepts their district; else both would be disputed, and one
    body could unseat any other by its own decision.
    """
    assembly, plan = federated.bodies["assembly"], redrawn()
    south = federated.bodies["south"]
    act = put_forward(assembly, plan)
    recount(south, plan[1])
    assert void(deliver(south, accept(south, act, plan[1]), plan[1], plan)) == "R-FED-17"
    assert len(assembly.state.accepted) == 0
    assert not any(member.disputed for member in assembly.state.bodies.values())


def test_where_all_are_disputed_no_plan_is_ratified(federated: Simulator) -> None:
    """R-FED-10: members that are disputed are members; charter keys that dispute everybody change no plan alone."""
    assembly = federated.bodies["assembly"]
    state = assembly.state
    bodies = state.bodies
    for body, member in bodies.items():
        bodies = bodies.set(body, replace(member, disputed=True))
    assembly.record.states[-1] = replace(state, bodies=bodies)
    put_forward(assembly, redrawn())
    assert assembly.state.amendment is not None
    assert assembly.state.plan == state.plan


def test_an_acceptance_is_taken_back_until_the_plan_is_in_force(federated: Simulator) -> None:
    """R-FED-14: the body accepts the plan in force again, and nobody brings the older word back by an older proof."""
    assembly, plan = federated.bodies["assembly"], redrawn()
    north, _, south = (federated.bodies[row.id] for row in plan)
    before = assembly.state.plan
    assert before is not None
    act = put_forward(assembly, plan)
    first = accept(south, act, plan[2])
    old = ratify_data(south, first, plan)
    assert in_force(ratify(south, first, plan))
    back = accept(south, before.act, rows()[2])
    assert in_force(ratify(south, back, rows()))
    assert len(assembly.state.accepted) == 0
    assert void(ratify(south, back, rows())) == "R-FED-14"
    assert void(assembly.submit("plan.ratify", old, federated.witnesses[0])) == "R-FED-14"
    recount(north, plan[0])
    assert in_force(ratify(north, accept(north, act, plan[0]), plan))
    assert assembly.state.plan == before
    assert in_force(ratify(south, accept(south, act, plan[2]), plan))
    assert assembly.state.plan.act == act


def test_the_newest_acceptance_counts_whoever_delivers_which(federated: Simulator) -> None:
    """South accepts one of two rows, then the other: the older proof does not outdo the newer one, put forward or in
    force; and the newer one is heard though the older came first.
    """
    assembly, south = federated.bodies["assembly"], federated.bodies["south"]
    kept, wide = rows(), Row(id="wide", inhabitants=11_000, seats=1, places=("hill", "place-south"))
    plan = [*kept, wide]
    act = put_forward(assembly, plan)
    first = accept(south, act, kept[2])
    old = ratify_data(south, first, plan)
    recount(south, wide)
    second = accept(south, act, wide)
    assert in_force(deliver(south, second, wide, plan))
    assert void(assembly.submit("plan.ratify", old, federated.witnesses[0])) == "R-FED-14"
    fork = federated.fork()
    for sim in (federated, fork):
        for name in ("north", "east"):
            body = sim.bodies[name]
            ratify(body, accept(body, act, kept[list(SEATS).index(name)]), plan)
        assert sim.bodies["assembly"].state.plan.act == act
    assert members(federated)["wide"].inhabitants == 11_000
    assert void(assembly.submit("plan.ratify", old, federated.witnesses[0])) == "R-FED-14"


def test_under_the_plan_in_force_a_newer_acceptance_moves_the_body(federated: Simulator) -> None:
    assembly = federated.bodies["assembly"]
    north, east, south = (federated.bodies[row.id] for row in rows())
    kept, wide = rows(), Row(id="wide", inhabitants=11_000, seats=1, places=("hill", "place-south"))
    plan = [*kept, wide]
    act = put_forward(assembly, plan)
    for body, row in ((north, kept[0]), (east, kept[1])):
        assert in_force(ratify(body, accept(body, act, row), plan))
    old = ratify_data(south, accept(south, act, kept[2]), plan)
    recount(south, wide)
    second = accept(south, act, wide)
    assert in_force(assembly.submit("plan.ratify", old, federated.witnesses[0]))
    assert members(federated)["south"].plan == act
    assert in_force(deliver(south, second, wide, plan))
    assert "south" not in members(federated)
    assert void(deliver(south, second, wide, plan)) == "R-FED-14"
    assert void(assembly.submit("plan.ratify", old, federated.witnesses[0])) == "R-FED-14"


def test_nobody_new_is_admitted_over_who_still_sits(federated: Simulator) -> None:
    """R-FED-18: the south has not accepted to lose a place, and its delegate sits for it; a new body waits."""
    assembly = federated.bodies["assembly"]
    north, east = federated.bodies["north"], federated.bodies["east"]
    new = federated.confirmed("new")
    plan = [*rows()[:2], Row(id="new", inhabitants=10_000, seats=1, places=("place-south",))]
    act = put_forward(assembly, plan)
    for body, row in ((north, plan[0]), (east, plan[1])):
        assert in_force(ratify(body, accept(body, act, row), plan))
    recount(new, plan[2])
    data = join_data(new, assembly, seats=1)
    new.do("federation.join", data, new.clerk, cites=[new.decide(grant("federation.join", **data))])

    def admit() -> Any:
        data = {
            "certificate": new.certificate(new.state.memberships[assembly.identity].act),
            "row": format_row(plan[2]),
            "index": 2,
            "path": list(prove_row(plan, 2)),
        }
        return assembly.submit("federation.admit", data, *assembly.charter_keys[:2])

    assert void(admit()) == "R-FED-18"
    federated.pass_days(366)
    assert in_force(admit())
    assert not members(federated)["south"].disputed


def test_whoever_sits_counts_in_every_quorum_whatever_the_plan_says_now(federated: Simulator) -> None:
    """R-ASSEMBLY-3: the north keeps two delegates and has one seat by the new plan; else a minority would decide."""
    assembly = federated.bodies["assembly"]
    north, east, south = rows()
    plan = [replace(north, seats=1, inhabitants=14_000), east, south]
    before = strength(assembly.state)
    act = put_forward(assembly, plan)
    recount(federated.bodies["north"], plan[0])
    for row in plan[:2]:
        body = federated.bodies[row.id]
        assert in_force(ratify(body, accept(body, act, row), plan))
    assert members(federated)["north"].seats == 1
    assert strength(assembly.state) == before == (4, 3)
    federated.pass_days(366)
    assert strength(assembly.state) == (3, 3)


def test_who_is_under_an_older_plan_founds_nothing_by_the_new_one() -> None:
    """R-FOUND-8: east has not accepted the plan by whose districts and people the founding is ratified."""
    sim = prepare(Simulator())
    assembly = sim.bodies["assembly"]
    north, _, south = rows()
    for name in SEATS:
        body = sim.bodies[name]
        data = join_data(body, assembly)
        body.do("federation.join", data, body.clerk, cites=[body.decide(grant("federation.join", **data))])
        assembly.do("federation.admit", admit_data(body, assembly), *assembly.charter_keys[:2])
    plan = [north, south, *(Row(id=new, inhabitants=15_000, seats=1, places=(new,)) for new in ("hill", "lake"))]
    act = put_forward(assembly, plan)
    for row in plan[:2]:
        body = sim.bodies[row.id]
        assert in_force(ratify(body, accept(body, act, row), plan))
    assert assembly.state.plan is not None
    assert assembly.state.plan.act == act
    assert void(assembly.submit("founding.confirm", {}, assembly.clerk)) == "R-FOUND-8"


def test_districts_of_two_plans_are_two_whatever_they_are_called(federated: Simulator) -> None:
    """R-ASSEMBLY-3: south takes the name of the east, which has not accepted. Both count, for every reader alike."""
    assembly = federated.bodies["assembly"]
    north, _, south = rows()
    plan = [north, replace(south, id="east")]
    act = put_forward(assembly, plan)
    for name, row in zip(("north", "south"), plan, strict=True):
        body = federated.bodies[name]
        assert in_force(deliver(body, accept(body, act, row), row, plan))
    state = assembly.state
    assert state.plan is not None
    assert state.plan.act == act
    assert sorted(member.district for member in state.bodies.values()) == ["east", "east", "north"]
    assert strength(state) == (4, 3)


def test_anybody_lays_a_plan_beside_another_once(federated: Simulator) -> None:
    assembly, anybody = federated.bodies["assembly"], federated.witnesses[0]
    assert assembly.state.plan is not None
    data = {"of": assembly.state.plan.act, "plan": OTHER}
    assert void(assembly.submit("plan.challenge", data | {"of": OTHER}, anybody)) == "R-FED-15"
    assert void(assembly.submit("plan.challenge", data | {"plan": BLOB}, anybody)) == "R-FED-15"
    assert in_force(assembly.submit("plan.challenge", data, anybody))
    assert void(assembly.submit("plan.challenge", data, anybody)) == "R-FED-15"
    act = put_forward(assembly, redrawn())
    assert in_force(assembly.submit("plan.challenge", {"of": act, "plan": "34" * 32}, anybody))
    assert {each.blob for each in assembly.state.challenges.values()} == {OTHER, "34" * 32}


def test_a_plan_is_challenged_and_replaced_before_the_founding_binds() -> None:
    sim = Simulator()
    assembly = sim.body("assembly", "assembly")
    nothing = {"of": BLOB, "plan": OTHER}
    assert void(assembly.submit("plan.challenge", nothing, sim.witnesses[0])) == "R-FED-15"
    assert void(assembly.submit("plan.amend", nothing | amendment_of_nothing(), *assembly.charter_keys)) == "R-FED-10"
    act = adopt(assembly)
    assert in_force(assembly.submit("plan.challenge", {"of": act, "plan": OTHER}, sim.witnesses[0]))


def amendment_of_nothing() -> dict[str, Any]:
    return {"root": BLOB, "districts": 1, "inhabitants": 1, "places": TABLE, "ways": ""}
