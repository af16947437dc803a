"""Money of a body, in minor currency units (``spec/fund.md``): nothing leaves without a decision and two signers."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Refused
from majlis.institutions.charter import Hex64
from majlis.institutions.kinds import Context, Kind
from majlis.institutions.state import Order, State, replace
from majlis.institutions.ticks import latest
from majlis.institutions.warrant import use_warrant

Amount = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Unit = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
Purpose = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=64)]


class Gift(msgspec.Struct, frozen=True, kw_only=True):
    """Income. ``conditions``: the blob with everything the giver asks for; what is not in it does not exist."""

    amount: Amount
    unit: Unit
    conditions: Hex64


class OrderData(msgspec.Struct, frozen=True, kw_only=True):
    """An order to spend, within the ceiling of the decision cited."""

    amount: Amount
    unit: Unit
    purpose: Purpose


class Pay(msgspec.Struct, frozen=True, kw_only=True):
    """A payment under an order; ``payee`` is a salted hash, never a name."""

    order: Hex64
    amount: Amount
    payee: Hex64


def judge_gift(context: Context) -> State:
    """A gift and its conditions are one."""
    state, data = context.state, context.data
    return replace(state, money=state.money.set(data.unit, state.money.get(data.unit, 0) + data.amount))


def judge_order(context: Context) -> State:
    """Warranted by a decision with that purpose and unit, whose ceiling is not yet used up (R-WARRANT-1 to -4)."""
    data: OrderData = context.data
    after = use_warrant(context, amount=data.amount)
    order = Order(
        amount=data.amount, unit=data.unit, purpose=data.purpose, decision=context.because[-1].act, index=context.index
    )
    return replace(after, orders=after.orders.set(context.act.id, order))


def judge_pay(context: Context) -> State:
    """R-FUND-1 an order in force; R-FUND-2 not above what is left of it; R-FUND-3 not above what the fund holds.

    R-FUND-5: one that a tick has shown, not after so long a stretch without ticks that it ended. R-FUND-6: not while
    its decision is contested.
    """
    state, data = context.state, context.data
    order = state.orders.get(data.order)
    if order is None:
        raise Refused("no spending order in force is cited", rule="R-FUND-1")
    if order.ended is not None:
        raise Refused(
            f"no tick came for {state.charter.care_days} days around this order, so it ended; order anew",
            rule="R-FUND-5",
        )
    if latest(state, order.index) is None:
        raise Refused("no tick shows this order yet; pay once one does", rule="R-FUND-5")
    _check_uncontested(state, order)
    if order.paid + data.amount > order.amount:
        raise Refused(
            f"the order leaves {order.amount - order.paid} to pay; this act pays {data.amount}", rule="R-FUND-2"
        )
    held = state.money.get(order.unit, 0)
    if data.amount > held:
        raise Refused(f"the fund holds {held} {order.unit}; this act pays {data.amount}", rule="R-FUND-3")
    context.rests_on(data.order, "order")
    return replace(
        state,
        money=state.money.set(order.unit, held - data.amount),
        orders=state.orders.set(data.order, replace(order, paid=order.paid + data.amount)),
    )


def _check_uncontested(state: State, order: Order) -> None:
    """Raises: Refused with R-FUND-6, where the decision was contested and no box has carried its motion since."""
    motion = state.decisions[order.decision].motion
    if state.motions[motion].contested:
        if not any((d.motion, d.how, d.carried) == (motion, "box", True) for d in state.decisions.values()):
            raise Refused(
                "the decision of this order was contested, in time as a mirror had seen; it waits for the box",
                rule="R-FUND-6",
            )


def _two_treasurers(state: State) -> tuple[str, int]:
    return "treasurer", state.charter.pay_signers


KINDS: Final = (
    Kind(
        name="gift.receive",
        data=Gift,
        judge=judge_gift,
        authors=("treasurer",),
        beside=_two_treasurers,
        warrant="the gift with its conditions",
    ),
    Kind(
        name="spend.order",
        data=OrderData,
        judge=judge_order,
        authors=("clerk",),
        warrant="a decision with purpose and ceiling",
    ),
    Kind(
        name="spend.pay",
        data=Pay,
        judge=judge_pay,
        authors=("treasurer",),
        beside=_two_treasurers,
        warrant="a spending order, and two signers",
    ),
)
