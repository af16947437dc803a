"""The warrant: the decision of this body that an act must cite (``spec/warrant.md``).

A motion carries typed grants. Once it is decided and the decision binds, an act is warranted when it cites the decision
and one grant names its kind and equals it in every field the grant names. A grant without a ceiling serves once; one
with a ceiling serves until the amounts of the acts that used it reach it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from majlis.errors import Refused
from majlis.institutions.kinds import Context
from majlis.institutions.state import Decision, Grant, State, replace
from majlis.institutions.ticks import has_passed


def use_warrant(context: Context, *names: str, amount: int | None = None) -> State:
    """The state in which the cited decision's grant is used by this act; the link is noted.

    ``names`` are the fields that a grant must name to serve here: a decision that leaves the person or the sum open
    would let anybody fill them in.

    Raises: Refused with R-WARRANT-1 (no decision cited), R-WARRANT-2 (it allows something else), R-WARRANT-3 (it does
    not bind, or not yet), R-WARRANT-4 (used up).
    """
    state, act = context.state, context.act
    cited = [(cite, state.decisions[cite]) for cite in act.cites if cite in state.decisions]
    if not cited:
        raise Refused(f"'{act.kind}' cites no decision of this body", rule="R-WARRANT-1")
    data = msgspec.to_builtins(context.data)
    for cite, decision in cited:
        motion = state.motions[decision.motion]
        for number, grant in enumerate(motion.grants):
            if grant.kind == act.kind and _matches(grant, data, names):
                check_binding(state, decision)
                spent = _spend(decision, number, grant, amount)
                context.rests_on(cite, "decision")
                return replace(state, decisions=state.decisions.set(cite, replace(decision, spent=spent)))
    raise Refused(f"the decision cited allows no '{act.kind}' with these particulars", rule="R-WARRANT-2")


def check_binding(state: State, decision: Decision) -> None:
    """Returns when the decision was carried and its contest window has provably passed.

    Raises: Refused with R-WARRANT-3.
    """
    if not decision.carried:
        raise Refused("the decision cited was not carried", rule="R-WARRANT-3")
    if decision.contested is not None:
        raise Refused("the decision cited is contested and awaits a secret ballot", rule="R-WARRANT-3")
    if decision.how == "hand" and not has_passed(state, decision.index, state.charter.contest_days):
        raise Refused(
            f"a decision by hand binds {state.charter.contest_days} days after a tick shows it; that has not passed",
            rule="R-WARRANT-3",
        )


def is_binding(state: State, decision: Decision) -> bool:
    """Whether the decision binds now; for pages."""
    try:
        check_binding(state, decision)
    except Refused:
        return False
    return True


def _matches(grant: Grant, data: dict[str, Any], names: tuple[str, ...]) -> bool:
    return set(names) <= set(grant.match) and all(
        name in data and data[name] == value for name, value in grant.match.items()
    )


def _spend(decision: Decision, number: int, grant: Grant, amount: int | None) -> tuple[int, ...]:
    spent = list(decision.spent)
    if amount is None or grant.ceiling is None:
        if amount is not None:
            raise Refused("the decision cited sets no ceiling, so it allows no amount", rule="R-WARRANT-4")
        if spent[number]:
            raise Refused("the decision cited was already used for this", rule="R-WARRANT-4")
        spent[number] = 1
    else:
        if spent[number] + amount > grant.ceiling:
            left = grant.ceiling - spent[number]
            raise Refused(f"the decision's ceiling leaves {left}; this act asks for {amount}", rule="R-WARRANT-4")
        spent[number] += amount
    return tuple(spent)
