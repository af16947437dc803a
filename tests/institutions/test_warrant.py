"""R-WARRANT: no act without a warrant; and the chain from any act down to what it rests on."""

from __future__ import annotations

from typing import Any

from tests.institutions.simulator import BLOB, Body, Simulator, grant, in_force, void

from majlis.institutions import KINDS, trace
from majlis.institutions.profile import is_same
from majlis.institutions.warrant import GRANTABLE, is_binding

FLOUR = {"amount": 60, "unit": "SYP", "purpose": "flour"}
GRANT = grant("spend.order", ceiling=100, purpose="flour", unit="SYP")


def order(body: Body, *cites: str, **changes: Any) -> Any:
    return body.submit("spend.order", FLOUR | changes, body.clerk, cites=cites)


def test_an_order_that_nobody_decided_is_void(north: Body) -> None:
    """Officers order in a body's name with no decision."""
    assert void(order(north)) == "R-WARRANT-1"
    assert void(order(north, north.identity)) == "R-WARRANT-1"
    assert in_force(order(north, north.decide(GRANT)))


def test_a_decision_allows_what_it_names_and_nothing_else(north: Body) -> None:
    decision = north.decide(GRANT, grant("office.remove", office="clerk", key=north.clerk.id))
    assert void(order(north, decision, purpose="weapons")) == "R-WARRANT-2"
    assert void(order(north, decision, unit="USD")) == "R-WARRANT-2"
    assert void(order(north, north.decide())) == "R-WARRANT-2"
    assert in_force(order(north, decision))


def test_a_motion_that_was_not_carried_warrants_nothing(north: Body) -> None:
    assert void(order(north, north.decide(GRANT, yes=15, no=15))) == "R-WARRANT-3"
    assert in_force(order(north, north.decide(GRANT, yes=16, no=15)))


def test_a_hand_count_binds_after_its_contest_window(north: Body) -> None:
    decision = north.hand(north.table(GRANT))
    assert void(order(north, decision)) == "R-WARRANT-3"
    north.sim.pass_days(6)
    assert void(order(north, decision)) == "R-WARRANT-3"
    assert not is_binding(north.state, north.state.decisions[decision])
    north.sim.pass_days(1)
    assert is_binding(north.state, north.state.decisions[decision])
    assert in_force(order(north, decision))


def test_a_ceiling_is_used_up(north: Body) -> None:
    decision = north.decide(GRANT)
    assert void(order(north, decision, amount=101)) == "R-WARRANT-4"
    assert in_force(order(north, decision))
    assert void(order(north, decision, amount=41)) == "R-WARRANT-4"
    assert in_force(order(north, decision, amount=40))
    assert void(order(north, decision, amount=1)) == "R-WARRANT-4"


def test_a_grant_without_a_ceiling_serves_once(north: Body) -> None:
    gone = {"office": "treasurer", "key": north.treasurers[0].id}
    decision = north.decide(grant("office.remove", **gone))
    assert in_force(north.submit("office.remove", gone, north.clerk, cites=[decision]))
    north.appoint("treasurer", north.treasurers[0])
    assert void(north.submit("office.remove", gone, north.clerk, cites=[decision])) == "R-WARRANT-4"


def test_of_several_decisions_cited_one_that_serves_is_enough(north: Body) -> None:
    used, early, good = north.decide(GRANT), north.hand(north.table(GRANT)), north.decide(GRANT)
    assert in_force(order(north, used, amount=100))
    assert in_force(order(north, used, good))
    spent = {decision: north.state.decisions[decision].spent for decision in (used, early, good)}
    assert spent == {used: (100,), early: (0,), good: (60,)}


def test_of_two_like_grants_each_serves(north: Body) -> None:
    decision = north.decide(GRANT, GRANT)
    for _ in range(2):
        assert in_force(order(north, decision, amount=100))
    assert void(order(north, decision, amount=1)) == "R-WARRANT-4"


def test_a_number_is_not_a_truth_value() -> None:
    assert is_same({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]})
    for one, other in ((1, True), (0, False), ([1], [1, 2]), ({"a": 1}, {"b": 1}), ({"a": 1}, {"a": 2}), ("1", 1)):
        assert not is_same(one, other)


def test_what_can_be_granted_is_what_asks_for_a_warrant() -> None:
    asking = {name for name, kind in KINDS.items() if "use_warrant" in names_in(kind.judge)}
    assert asking == set(GRANTABLE)
    for name, fields in GRANTABLE.items():
        assert set(fields) <= set(KINDS[name].data.__struct_fields__)


def names_in(function: Any) -> set[str]:
    return set(function.__code__.co_names)


def test_an_act_is_traced_to_the_census(seated: Simulator) -> None:
    assembly = seated.bodies["assembly"]
    seat = next(body for body in assembly.state.bodies.values() if body.district == "north").held[0]
    states = {body.identity: body.state for body in seated.bodies.values()}
    filled = assembly.state.log[seat.index]
    steps = list(trace(assembly.identity, filled, states.get))
    assert [step.depth for step in steps[:2]] == [0, 1]
    assert steps[0].act == filled
    roles = {step.role for step in steps}
    assert {
        "election.result",
        "announcement",
        "candidacy",
        "membership",
        "decision",
        "motion",
        "roll",
        "census",
    } <= roles
    assert all(step.standing is not None and step.standing.status == "in-force" for step in steps)


def test_a_trace_ends_where_nothing_is_at_hand(seated: Simulator) -> None:
    assembly = seated.bodies["assembly"]
    seat = next(iter(assembly.state.bodies.values())).held[0]
    steps = list(trace(assembly.identity, assembly.state.log[seat.index], lambda body: None))
    assert [(step.act, step.standing) for step in steps] == [(assembly.state.log[seat.index], None)]
    states = {assembly.identity: assembly.state}
    steps = list(trace(assembly.identity, assembly.state.log[seat.index], states.get, deepest=1))
    assert max(step.depth for step in steps) == 1


def test_a_grant_says_exactly_what_it_allows(north: Body) -> None:
    """R-DECIDE-1: a decision that left the person or the purpose open would let anybody fill them in."""
    good = {"office": "clerk", "key": BLOB, "of": BLOB, "term_days": 9}
    for bad in (
        grant("no.such.kind"),
        grant("vote.cast", motion=BLOB, choice="yes"),
        grant("office.appoint", **{name: value for name, value in good.items() if name != "key"}),
        grant("office.appoint", **good, more=1),
        grant("office.appoint", ceiling=5, **good),
        grant("spend.order", purpose="flour", unit="SYP"),
        grant("spend.order", ceiling=-1, purpose="flour", unit="SYP"),
        grant("founding.confirm", x=1),
    ):
        assert void(north.submit("motion.table", {"text": BLOB, "grants": [bad]}, north.clerk)) == "R-DECIDE-1", bad
    for fine in (grant("office.appoint", **good), grant("spend.order", ceiling=0, purpose="flour", unit="SYP")):
        assert in_force(north.submit("motion.table", {"text": BLOB, "grants": [fine]}, north.clerk))
