"""R-FUND: nothing leaves the fund but by a decision, within an order, signed by two."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.simulator import BLOB, Body, grant, in_force, void


@pytest.fixture
def rich(north: Body) -> tuple[Body, str]:
    """North with 500 in its fund, and an order for 300 within a decision's ceiling."""
    gift(north, 500)
    decision = north.decide(grant("spend.order", ceiling=1000, purpose="flour", unit="SYP"))
    order = {"amount": 300, "unit": "SYP", "purpose": "flour"}
    act = north.do("spend.order", order, north.clerk, cites=[decision])
    north.sim.tick()
    return north, act


def gift(body: Body, amount: int, unit: str = "SYP") -> str:
    return body.do("gift.receive", {"amount": amount, "unit": unit, "conditions": BLOB}, *body.treasurers)


def pay(body: Body, order: str, amount: int) -> Any:
    return body.submit("spend.pay", {"order": order, "amount": amount, "payee": BLOB}, *body.treasurers)


def test_a_gift_comes_with_its_conditions(north: Body) -> None:
    data = {"amount": 500, "unit": "SYP"}
    assert void(north.submit("gift.receive", data, *north.treasurers)) == "R-ACT-9"
    assert in_force(north.submit("gift.receive", data | {"conditions": BLOB}, *north.treasurers))
    assert north.state.money["SYP"] == 500


@pytest.mark.parametrize("amount", [0, -5, 2**53])
def test_an_amount_is_a_positive_integer(north: Body, amount: int) -> None:
    data = {"amount": amount, "unit": "SYP", "conditions": BLOB}
    if amount == 2**53:
        assert north.log(north.write("gift.receive", data, *north.treasurers)) is None
    else:
        assert void(north.submit("gift.receive", data, *north.treasurers)) == "R-ACT-9"


def test_a_payment_is_under_an_order_in_force(rich: tuple[Body, str]) -> None:
    north, order = rich
    unordered = north.write("spend.order", {"amount": 9, "unit": "SYP", "purpose": "flour"}, north.clerk)
    assert void(north.log(unordered)) == "R-WARRANT-1"
    assert void(pay(north, north.state.log[north.state.size - 1], 5)) == "R-FUND-1"
    assert void(pay(north, BLOB, 5)) == "R-FUND-1"
    assert in_force(pay(north, order, 5))


def test_payments_stay_within_their_order(rich: tuple[Body, str]) -> None:
    north, order = rich
    assert void(pay(north, order, 301)) == "R-FUND-2"
    assert in_force(pay(north, order, 200))
    assert void(pay(north, order, 101)) == "R-FUND-2"
    assert in_force(pay(north, order, 100))
    assert north.state.money["SYP"] == 200


def test_payments_stay_within_what_the_fund_holds(rich: tuple[Body, str]) -> None:
    north, order = rich
    cite = north.state.orders[order].decision
    large = north.do("spend.order", {"amount": 700, "unit": "SYP", "purpose": "flour"}, north.clerk, cites=[cite])
    north.sim.tick()
    gift(north, 10_000, "USD")
    assert void(pay(north, large, 501)) == "R-FUND-3"
    assert in_force(pay(north, large, 500))
    assert void(pay(north, order, 1)) == "R-FUND-3"


def test_a_payment_takes_two_treasurers(rich: tuple[Body, str]) -> None:
    north, order = rich
    data = {"order": order, "amount": 5, "payee": BLOB}
    one, two = north.treasurers
    assert north.submit("spend.pay", data, one).status == "waiting"
    assert north.submit("spend.pay", data, one, north.clerk).status == "waiting"
    assert void(north.submit("spend.pay", data, north.clerk, one, two)) == "R-KEY-1"
    assert in_force(north.submit("spend.pay", data, one, two))


def test_every_payment_is_traced_to_its_decision(rich: tuple[Body, str]) -> None:
    north, order = rich
    assert [(link.role, link.act) for link in pay(north, order, 5).because] == [("order", order)]
    assert [link.role for link in north.state.acts[order].because] == ["decision"]
