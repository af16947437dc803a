"""The warrant: the decision of this body that an act must cite (``spec/warrant.md``).

A motion carries typed grants. Once it is decided and the decision binds, an act is warranted when it cites the decision
and one grant names its kind and equals it in every field the grant names. A grant without a ceiling serves once; one
with a ceiling serves until the amounts of the acts that used it reach it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from majlis.errors import Refused
from majlis.institutions.kinds import Context
from majlis.institutions.profile import is_same
from majlis.institutions.state import Decision, Grant, State, replace
from majlis.institutions.ticks import has_passed

# What a decision can allow: the kinds of act, and the fields that a grant of each must name. A decision that left the
# person or the purpose open would let anybody fill them in.
GRANTABLE: Final[dict[str, tuple[str, ...]]] = {
    "founding.confirm": (),
    "charter.amend": ("charter_hash",),
    "dissolve": (),
    "host.confirm": ("move",),
    "fork.settle": ("fork",),
    "office.appoint": ("office", "key", "of", "term_days"),
    "office.remove": ("office", "key"),
    "key.replace": ("key", "new", "next"),
    "charterkey.replace": ("key", "new"),
    "federation.join": ("assembly", "charter", "plan", "district", "seats"),
    "federation.leave": ("assembly",),
    "plan.accept": ("assembly", "plan", "district", "seats"),
    "objection.settle": ("election",),
    "mandate.give": ("assembly", "motion", "instruction"),
    "spend.order": ("purpose", "unit"),
}
# Those whose grant sets a ceiling: every act has an amount, and together they stay below it.
MEASURED: Final = frozenset({"spend.order"})


def check_grant(grant: Grant) -> None:
    """Returns when a decision on this grant will allow something, exactly what it names.

    Raises: Refused with R-DECIDE-1.
    """
    names = GRANTABLE.get(grant.kind)
    if names is None:
        allowed = ", ".join(GRANTABLE)
        raise Refused(f"no decision can allow '{grant.kind[:64]}'; it can allow {allowed}", rule="R-DECIDE-1")
    if set(grant.match) != set(names):
        wanted = ", ".join(names) or "nothing more"
        raise Refused(f"a grant of '{grant.kind}' names {wanted}: no less, or somebody fills it in", rule="R-DECIDE-1")
    if (grant.ceiling is not None) != (grant.kind in MEASURED) or (grant.ceiling or 0) < 0:
        raise Refused(
            f"a grant sets a ceiling of 0 or more where sums are spent, and only there; '{grant.kind}' does not fit",
            rule="R-DECIDE-1",
        )


def use_warrant(context: Context, *, amount: int | None = None) -> State:
    """The state in which the cited decision's grant is used by this act; the link is noted.

    Raises: Refused with R-WARRANT-1 (no decision cited), R-WARRANT-2 (it allows something else), R-WARRANT-3 (it does
    not bind, or not yet), R-WARRANT-4 (used up). With several decisions cited, any one that serves is enough.
    """
    state, act = context.state, context.act
    cited = [(cite, state.decisions[cite]) for cite in act.cites if cite in state.decisions]
    if not cited:
        raise Refused(f"'{act.kind}' cites no decision of this body", rule="R-WARRANT-1")
    data = msgspec.to_builtins(context.data)
    obstacle = Refused(f"the decision cited allows no '{act.kind}' with these particulars", rule="R-WARRANT-2")
    for cite, decision in cited:
        for number, grant in enumerate(state.motions[decision.motion].grants):
            if grant.kind != act.kind or not all(is_same(data[name], grant.match[name]) for name in grant.match):
                continue
            try:
                check_binding(state, decision)
                spent = _spend(decision, number, grant, amount)
            except Refused as fault:
                obstacle = fault
                continue
            context.rests_on(cite, "decision")
            return replace(state, decisions=state.decisions.set(cite, replace(decision, spent=spent)))
    raise obstacle


def check_binding(state: State, decision: Decision) -> None:
    """Returns when the decision was carried and its contest window has provably passed.

    Raises: Refused with R-WARRANT-3.
    """
    if not decision.carried:
        raise Refused("the decision cited was not carried", rule="R-WARRANT-3")
    if decision.contested is not None:
        raise Refused("the decision cited is contested and awaits a secret ballot", rule="R-WARRANT-3")
    if decision.how == "hand" and not has_passed(state, decision.index, decision.contest_days):
        raise Refused(
            f"a decision by hand binds {decision.contest_days} days after a tick shows it; that has not passed",
            rule="R-WARRANT-3",
        )


def is_binding(state: State, decision: Decision) -> bool:
    """Whether the decision binds now; for pages."""
    try:
        check_binding(state, decision)
    except Refused:
        return False
    return True


def _spend(decision: Decision, number: int, grant: Grant, amount: int | None) -> tuple[int, ...]:
    """What is used of each grant after this act: once, or a sum so far. Raises: Refused with R-WARRANT-4."""
    spent = list(decision.spent)
    if amount is None or grant.ceiling is None:
        if spent[number]:
            raise Refused("the decision cited was already used for this", rule="R-WARRANT-4")
        spent[number] = 1
    else:
        left = grant.ceiling - spent[number]
        if amount > left:
            raise Refused(f"the decision's ceiling leaves {left}; this act asks for {amount}", rule="R-WARRANT-4")
        spent[number] += amount
    return tuple(spent)
