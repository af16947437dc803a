"""R-FED: bodies join from below and leave by their own decision; a plan of seats is one for all."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.institutions.polling import (
    SEATS,
    admit_data,
    adopt,
    countersign_data,
    elect,
    join_data,
    prepare,
    publish,
    rows,
    staff,
)
from tests.institutions.simulator import BLOB, Body, Simulator, grant, in_force, void

from majlis.institutions.federation import Row, format_row, prove_row, rows_tree
from majlis.institutions.kinds import sitting
from majlis.record import Tree, encode_base64, leaf_hash, prove_inclusion


@pytest.fixture(scope="session")
def _prepared() -> Simulator:
    return prepare(Simulator())


@pytest.fixture
def prepared(_prepared: Simulator) -> Simulator:
    """Three committees that may join, and an assembly with its plan."""
    return _prepared.fork()


def join(body: Body, **changes: Any) -> str:
    """The body joins the assembly, by its members' decision."""
    data = join_data(body, body.sim.bodies["assembly"]) | changes
    return body.do("federation.join", data, body.clerk, cites=[body.decide(grant("federation.join", **data))])


def leave(body: Body) -> str:
    """The body leaves the assembly, by its members' decision."""
    data = {"assembly": body.sim.bodies["assembly"].identity}
    decision = body.decide(grant("federation.leave", **data))
    return body.do("federation.leave", data, body.sim.witnesses[0], cites=[decision])


def admit(body: Body, **changes: Any) -> Any:
    assembly = body.sim.bodies["assembly"]
    return assembly.submit("federation.admit", admit_data(body, assembly) | changes, *assembly.charter_keys[:2])


def depart(body: Body, act: str, **how: Any) -> Any:
    assembly = body.sim.bodies["assembly"]
    return assembly.submit("federation.depart", {"certificate": body.certificate(act, **how)}, body.sim.witnesses[0])


def test_a_body_joins_by_its_own_decision_and_once(prepared: Simulator) -> None:
    north, assembly = prepared.bodies["north"], prepared.bodies["assembly"]
    data = join_data(north, assembly)
    assert void(north.submit("federation.join", data, north.clerk)) == "R-WARRANT-1"
    decision = north.decide(grant("federation.join", **data), grant("federation.join", **data))
    assert void(north.submit("federation.join", data | {"seats": 9}, north.clerk, cites=[decision])) == "R-WARRANT-2"
    assert in_force(north.submit("federation.join", data, prepared.witnesses[0], cites=[decision]))
    assert void(north.submit("federation.join", data, north.clerk, cites=[decision])) == "R-FED-1"


def test_a_body_leaves_what_it_joined_and_asks_nobody(prepared: Simulator) -> None:
    north, assembly = prepared.bodies["north"], prepared.bodies["assembly"]
    data = {"assembly": assembly.identity}
    decision = north.decide(grant("federation.leave", **data))
    assert void(north.submit("federation.leave", data, north.clerk, cites=[decision])) == "R-FED-2"
    join(north)
    assert void(north.submit("federation.leave", data, north.clerk)) == "R-WARRANT-1"
    assert in_force(north.submit("federation.leave", data, prepared.witnesses[0], cites=[decision]))
    assert void(north.submit("federation.leave", data, north.clerk, cites=[decision])) == "R-FED-2"
    join(north)


def test_only_an_assembly_adopts_a_plan_and_once() -> None:
    sim = Simulator()
    assembly, north = sim.body("assembly", "assembly"), sim.body("north")
    data = {"plan": BLOB, "root": BLOB, "districts": 3, "inhabitants": 40_000}
    assert void(north.submit("plan.adopt", data, *north.charter_keys)) == "R-FED-3"
    assert void(assembly.submit("plan.adopt", data, assembly.clerk)) == "R-KEY-1"
    assert assembly.submit("plan.adopt", data, assembly.charter_keys[0]).status == "waiting"
    assert void(assembly.submit("plan.adopt", data | {"inhabitants": 0}, *assembly.charter_keys)) == "R-ACT-9"
    adopt(assembly)
    assert void(assembly.submit("plan.adopt", data, *assembly.charter_keys)) == "R-FED-3"


def test_the_row_is_a_district_of_the_plan(prepared: Simulator) -> None:
    north = prepared.bodies["north"]
    join(north)
    wanted = Row(id="north", inhabitants=20_000, seats=9, places=("place-north",))
    for changes in (
        {"row": format_row(wanted)},
        {"index": 1},
        {"path": []},
        {"path": ["!"]},
        {"index": 1, "path": list(prove_row(rows(), 1))},
    ):
        assert void(admit(north, **changes)) == "R-FED-4"
    assert in_force(admit(north))


def test_a_row_that_is_no_row_is_none() -> None:
    """The founders' tree may hold anything: what is no row of the profile admits nobody."""
    sim = prepare(Simulator())
    north = sim.bodies["north"]
    other = sim.body("other", "assembly")
    leaves = ['{"id":"north","inhabitants":1.5,"seats":2,"places":[]}', '{"id":"North!"}', "[]", "\n"]
    tree = Tree(leaf_hash(leaf.encode()) for leaf in leaves)
    plan = {"plan": BLOB, "root": tree.root().hex(), "districts": 4, "inhabitants": 40_000}
    other.do("plan.adopt", plan, *other.charter_keys)
    join(north)
    certificate = north.certificate(north.state.memberships[sim.bodies["assembly"].identity].act)
    for index, leaf in enumerate(leaves):
        path = [encode_base64(step) for step in prove_inclusion(index, 4, tree.read)]
        data = {"certificate": certificate, "row": leaf, "index": index, "path": path}
        assert void(other.submit("federation.admit", data, *other.charter_keys)) == "R-FED-4"


def test_nobody_is_admitted_before_there_is_a_plan(prepared: Simulator) -> None:
    north = prepared.bodies["north"]
    join(north)
    other = prepared.body("other", "assembly")
    data = admit_data(north, prepared.bodies["assembly"])
    assert void(other.submit("federation.admit", data, *other.charter_keys)) == "R-FED-4"


@pytest.mark.parametrize(
    "changes", [{"charter": BLOB}, {"plan": BLOB}, {"district": "east"}, {"seats": 3}, {"assembly": BLOB}]
)
def test_the_body_joined_this_assembly_charter_and_plan_as_this_district(
    prepared: Simulator, changes: dict[str, Any]
) -> None:
    north, assembly = prepared.bodies["north"], prepared.bodies["assembly"]
    fork = prepared.fork().bodies["north"]
    join(fork)
    assert in_force(admit(fork))
    act = join(north, **changes)
    data = admit_data(fork, fork.sim.bodies["assembly"]) | {"certificate": north.certificate(act)}
    assert void(assembly.submit("federation.admit", data, *assembly.charter_keys[:2])) == "R-FED-5"


def test_who_has_left_is_not_admitted(prepared: Simulator) -> None:
    north = prepared.bodies["north"]
    act = join(north)
    leave(north)
    assembly = prepared.bodies["assembly"]
    data = admit_data(north, assembly)
    assert data["certificate"]["act"] == act
    assert void(assembly.submit("federation.admit", data, *assembly.charter_keys[:2])) == "R-FED-5"


@pytest.mark.parametrize("fault", ["none", "claimed", "number", "places"])
def test_the_people_were_counted_as_the_plan_says(prepared: Simulator, fault: str) -> None:
    north, east = prepared.bodies["north"], prepared.bodies["east"]
    inhabitants = 19_999 if fault == "number" else 20_000
    if fault == "places":
        data = {"inhabitants": inhabitants, "places": ["place-east"], "source": BLOB}
        north.do("census.publish", data, north.clerk)
    elif fault != "none":
        publish(north, inhabitants)
    if fault in ("number", "places"):
        north.do("census.countersign", countersign_data(north, east), east.counter, north.clerk)
    join(north)
    standing = admit(north)
    assert in_force(standing) if fault == "none" else void(standing) == "R-FED-6"


@pytest.mark.parametrize(
    ("inhabitants", "seats", "fits"),
    [
        (40_000, 2, True),
        (20_000, 2, True),
        (19_999, 2, False),  # more people than the plan stated: a few bodies would be more than half of them
        (40_000, 7, True),  # 4 seats for 40,000, and one more for each of three districts at most
        (40_000, 8, False),  # one district alone would outvote the others
    ],
)
def test_members_have_no_more_people_and_seats_than_the_plan_stated(
    prepared: Simulator, inhabitants: int, seats: int, fits: bool
) -> None:
    """R-FED-12: its root is over rows that nobody has to show before they are admitted."""
    north, other = prepared.bodies["north"], prepared.body("other", "assembly")
    plan = [msgspec.structs.replace(row, seats=seats) if row.id == "north" else row for row in rows()]
    data = {"plan": BLOB, "root": rows_tree(plan).root().hex(), "districts": 3, "inhabitants": inhabitants}
    adopted = other.do("plan.adopt", data, *other.charter_keys[:2])
    joining = join_data(north, prepared.bodies["assembly"]) | {
        "assembly": other.identity,
        "plan": adopted,
        "seats": seats,
    }
    act = north.do("federation.join", joining, north.clerk, cites=[north.decide(grant("federation.join", **joining))])
    admission = {
        "certificate": north.certificate(act),
        "row": format_row(plan[0]),
        "index": 0,
        "path": list(prove_row(plan, 0)),
    }
    standing = other.submit("federation.admit", admission, *other.charter_keys[:2])
    assert in_force(standing) if fits else void(standing) == "R-FED-12"


def test_the_plan_s_people_are_counted_over_all_members(prepared: Simulator) -> None:
    """R-FED-12: two districts fit under what was stated, the third does not; a second claim on one adds nobody."""
    other = prepared.body("other", "assembly")
    data = {"plan": BLOB, "root": rows_tree(rows()).root().hex(), "districts": 3, "inhabitants": 30_000}
    adopted = other.do("plan.adopt", data, *other.charter_keys[:2])
    judged = []
    for index, name in enumerate(SEATS):
        body = prepared.bodies[name]
        joining = join_data(body, prepared.bodies["assembly"]) | {"assembly": other.identity, "plan": adopted}
        act = body.do("federation.join", joining, body.clerk, cites=[body.decide(grant("federation.join", **joining))])
        admission = {
            "certificate": body.certificate(act),
            "row": format_row(rows()[index]),
            "index": index,
            "path": list(prove_row(rows(), index)),
        }
        judged.append(other.submit("federation.admit", admission, *other.charter_keys[:2]))
    assert [standing.rule for standing in judged] == ["", "", "R-FED-12"]


def second_claim(sim: Simulator) -> Body:
    """Another body that joined as the district ``east``, with the same people."""
    rival = sim.confirmed("rival")
    staff(rival, sim.bodies["north"])
    data = {"inhabitants": 10_000, "places": ["place-east"], "source": BLOB}
    rival.do("census.publish", data, rival.clerk)
    north = sim.bodies["north"]
    rival.do("census.countersign", countersign_data(rival, north), north.counter, rival.clerk)
    data = join_data(sim.bodies["east"], sim.bodies["assembly"])
    rival.do("federation.join", data, rival.clerk, cites=[rival.decide(grant("federation.join", **data))])
    return rival


def admit_rival(rival: Body) -> Any:
    assembly = rival.sim.bodies["assembly"]
    index = list(SEATS).index("east")
    data = {
        "certificate": rival.certificate(rival.state.memberships[assembly.identity].act),
        "row": format_row(rows()[index]),
        "index": index,
        "path": list(prove_row(rows(), index)),
    }
    return assembly.submit("federation.admit", data, *assembly.charter_keys[:2])


def test_a_second_claim_on_a_district_seats_nobody_until_one_has_left(seated: Simulator) -> None:
    """A member body is counted twice: both stand disputed. It ends when the people of one decide to leave."""
    assembly, east = seated.bodies["assembly"], seated.bodies["east"]
    rival = second_claim(seated)
    assert in_force(admit_rival(rival))
    bodies = assembly.state.bodies
    assert bodies[east.identity].disputed
    assert bodies[rival.identity].disputed
    delegate = next(seat for seat in bodies[east.identity].held)
    assert sitting(assembly.state, delegate.key) == ""
    result = elect(rival, assembly, 9, 8, 7)
    fill = {"certificate": rival.certificate(result)}
    assert void(assembly.submit("seat.fill", fill, seated.witnesses[0])) == "R-SEAT-1"
    assert in_force(depart(rival, leave(rival)))
    bodies = assembly.state.bodies
    assert not bodies[east.identity].disputed
    assert bodies[rival.identity].left is not None
    assert sitting(assembly.state, delegate.key) == east.identity


def test_a_body_is_admitted_once(prepared: Simulator) -> None:
    north = prepared.bodies["north"]
    join(north)
    assert in_force(admit(north))
    assert void(admit(north)) == "R-FED-7"
    assert not prepared.bodies["assembly"].state.bodies[north.identity].disputed


def test_a_body_s_own_leaving_ends_its_seats(seated: Simulator) -> None:
    east, assembly = seated.bodies["east"], seated.bodies["assembly"]
    act = leave(east)
    assert in_force(depart(east, act))
    member = assembly.state.bodies[east.identity]
    assert member.left is not None
    assert all(seat.ended is not None for seat in member.held)
    assert void(depart(east, act)) == "R-FED-8"


def test_leaving_another_assembly_is_no_leaving_of_this_one(seated: Simulator) -> None:
    east = seated.bodies["east"]
    other = join_data(east, seated.bodies["assembly"]) | {"assembly": BLOB}
    east.do("federation.join", other, east.clerk, cites=[east.decide(grant("federation.join", **other))])
    gone = {"assembly": BLOB}
    act = east.do("federation.leave", gone, east.clerk, cites=[east.decide(grant("federation.leave", **gone))])
    assert void(depart(east, act)) == "R-FED-8"
    assert in_force(depart(east, leave(east)))


def test_an_old_leaving_does_not_end_a_new_membership(seated: Simulator) -> None:
    """Anybody may deliver a certificate, also again: what was left, and joined anew, is joined."""
    east, assembly = seated.bodies["east"], seated.bodies["assembly"]
    old = leave(east)
    certificate = east.certificate(old)
    assert in_force(depart(east, old))
    join(east)
    assert in_force(admit(east))
    assert void(assembly.submit("federation.depart", {"certificate": certificate}, seated.witnesses[0])) == "R-FED-8"
    assert void(depart(east, old)) == "R-FED-8"
    assert assembly.state.bodies[east.identity].left is None
    assert len(assembly.state.bodies[east.identity].held) == 1


def test_an_old_joining_does_not_bring_back_who_has_left(seated: Simulator) -> None:
    """R-FED-5: under an old checkpoint the joining is in force and nothing left; the keys of the assembly kept it."""
    east, assembly = seated.bodies["east"], seated.bodies["assembly"]
    old = admit_data(east, assembly)
    assert in_force(depart(east, leave(east)))
    standing = assembly.submit("federation.admit", old, *assembly.charter_keys[:2])
    assert void(standing) == "R-FED-5"
    assert "anew" in standing.text
    assert assembly.state.bodies[east.identity].left is not None
    join(east)
    assert in_force(admit(east))


def test_an_affiliate_has_no_vote_and_joins_nothing(seated: Simulator) -> None:
    friends = seated.confirmed("friends", "affiliate")
    data = join_data(seated.bodies["east"], seated.bodies["assembly"])
    decision = friends.decide(grant("federation.join", **data))
    assert void(friends.submit("federation.join", data, friends.clerk, cites=[decision])) == "R-FED-9"


def test_a_stranger_s_certificate_is_void_without_asking_for_the_stranger_s_record(seated: Simulator) -> None:
    assembly = seated.bodies["assembly"]
    certificate = {"body": BLOB, "act": BLOB, "leaf": BLOB, "proof": ""}
    for kind, rule in (
        ("federation.depart", "R-FED-8"),
        ("seat.fill", "R-SEAT-1"),
        ("seat.vacate", "R-SEAT-1"),
        ("mandate.deliver", "R-MANDATE-2"),
    ):
        assert void(assembly.submit(kind, {"certificate": certificate}, seated.witnesses[0])) == rule


def test_rows_are_hashed_as_they_are_printed() -> None:
    assert rows_tree(rows()).size == 3
    assert format_row(rows()[0]) == (
        '{"id":"north","inhabitants":20000,"seats":2,"places":["place-north"],"provisional":false}'
    )
