"""Care-taking: what officers' powers come to while no tick comes (``spec/keys.md``, R-OFFICE-7).

A record without ticks does not know how long it has been without. So whoever keeps the witnesses away could hold every
clock back, and use what the members once decided at whatever time suits them. The fold learns the length of such a
stretch from the tick that ends it, as it learns that a term has run out; and what was done meanwhile ends there:

    index      a tick      i: spend.order, office.appoint      the tick that covers i
    time       t                                               t' > t + care_days      both end, and may be logged anew

Money waits for that tick (R-FUND-5), since what is paid does not come back. It leans against officers: an act on the
day after the last tick ends too, for nobody can prove which day it was. The decision gets back what was used of it.
"""

from __future__ import annotations

from bisect import bisect_left

from majlis.institutions.charter import DAY
from majlis.institutions.kinds import current
from majlis.institutions.profile import is_same
from majlis.institutions.state import Grant, Holding, Order, State, Tick, replace
from majlis.institutions.ticks import earliest, first_over, has_run_out


def is_unattended(state: State, index: int) -> bool:
    """Whether the act at ``index`` lies between ticks that are more than ``care_days`` apart."""
    before, after = earliest(state, index), first_over(state, index)
    return before is not None and after is not None and after.time - before > state.charter.care_days * DAY


def end_unattended(state: State, covered: int) -> State:
    """The state in which appointments and orders that the newest tick shows to be unattended have ended.

    ``covered``: how many entries the tick before it had covered. The newest act ends first, so that what it had ended
    in turn is found. Cost: none but for such a stretch; then its length.
    """
    for index in reversed(unattended(state, covered)):
        state = _end(state, state.log[index], index)
    return state


def unattended(state: State, covered: int) -> range:
    """The entries of which the newest tick shows that they are (``is_unattended``), from the one at ``covered`` on."""
    newest = state.ticks[-1]
    limit = newest.time - state.charter.care_days * DAY
    # Those before the first tick that is near enough: times never go back, so what follows it was attended.
    near = state.ticks[bisect_left(state.ticks, limit, key=_time)]
    return range(max(covered, state.ticks[0].index + 1), min(newest.size, near.index + 1))


def _end(state: State, act: str, index: int) -> State:
    """What the act in force at ``index`` gave ends here, where it is one of those; else nothing changes."""
    standing = state.acts.get(act)
    if standing is None or standing.index != index or standing.status != "in-force":
        return state
    match standing.kind:
        case "office.appoint":
            return _end_holding(state, act)
        case "spend.order":
            order = replace(state.orders[act], ended=state.size)
            return _give_back(replace(state, orders=state.orders.set(act, order)), order.decision, order)
        case _:
            return state


def _end_holding(state: State, act: str) -> State:
    """The appointment ends, and one that it had ended for the same office and person goes on with what is left of it.

    An office that was taken away meanwhile, or given anew, is not touched: nobody removed comes back. Nor does an older
    term where the newer one had run out before: since then the same person may hold what nobody combines with it.
    """
    given = next((held for held in state.offices if held.act == act and held.ended is None), None)
    if given is None:
        return state
    begun = state.acts[act].index
    was_over = has_run_out(replace(state, ticks=state.ticks[:-1]), begun, given.term_days)
    offices = []
    for held in state.offices:
        if held is given:
            offices.append(replace(held, ended=state.size))
        elif (held.office, held.tag, held.ended) == (given.office, given.tag, begun) and not was_over:
            offices.append(replace(held, key=current(state, held.key), ended=None))
        else:
            offices.append(held)
    decision = next(link.act for link in state.acts[act].because if link.role == "decision")
    return _give_back(replace(state, offices=tuple(offices)), decision, given)


def _give_back(state: State, act: str, used: Holding | Order) -> State:
    """The decision ``act`` allows again what ``used`` had used up of it: what members decided, nobody outwaits."""
    decision = state.decisions[act]
    spent = list(decision.spent)
    amount = used.amount if isinstance(used, Order) else 1
    for number, grant in enumerate(state.motions[decision.motion].grants):
        if _is_of(state, grant, used) and spent[number] >= amount:
            spent[number] -= amount
            break
    return replace(state, decisions=state.decisions.set(act, replace(decision, spent=tuple(spent))))


def _is_of(state: State, grant: Grant, used: Holding | Order) -> bool:
    """Whether ``used`` may have used this grant. What a grant names can be any JSON, and fit nothing."""
    match = grant.match
    if isinstance(used, Order):
        same = is_same([match.get("purpose"), match.get("unit")], [used.purpose, used.unit])
        return grant.kind == "spend.order" and same
    if grant.kind != "office.appoint" or not isinstance(match["key"], str):
        return False
    same = is_same([match["office"], match["of"], match["term_days"]], [used.office, used.of, used.term_days])
    return same and current(state, match["key"]) == current(state, used.key)


def _time(tick: Tick) -> int:
    return tick.time
