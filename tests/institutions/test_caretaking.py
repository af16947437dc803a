"""R-OFFICE-7 and R-FUND-5: while no tick comes officers take care, and no more."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.institutions.simulator import BLOB, DAY, Body, Person, Simulator, grant, in_force, void

from majlis.institutions import GENESIS, Charter
from majlis.institutions.caretaking import is_unattended, unattended
from majlis.institutions.kinds import holders, holds
from majlis.institutions.state import Holding, Tick

FLOUR = {"amount": 300, "unit": "SYP", "purpose": "flour"}
CARE = 30


def decide_spending(body: Body, ceiling: int = 500) -> str:
    """The fund holds 1,000, and the members allow so much for flour."""
    body.do("gift.receive", {"amount": 1_000, "unit": "SYP", "conditions": BLOB}, *body.treasurers)
    return body.decide(grant("spend.order", ceiling=ceiling, purpose="flour", unit="SYP"))


def order(body: Body, decision: str, **changes: Any) -> str:
    return body.do("spend.order", FLOUR | changes, body.clerk, cites=[decision])


def pay(body: Body, act: str, amount: int = 1) -> Any:
    return body.submit("spend.pay", {"order": act, "amount": amount, "payee": BLOB}, *body.treasurers)


def appointment(body: Body, person: Person, office: str = "storekeeper") -> dict[str, Any]:
    return {"office": office, "key": person.id, "of": body.identity, "term_days": 365}


def silence(body: Body, days: int) -> None:
    """So many days pass without a tick, and then one comes."""
    body.sim.now += days * DAY
    assert in_force(body.tick())


def test_an_order_is_paid_once_a_tick_shows_it(north: Body) -> None:
    act = order(north, decide_spending(north))
    assert void(pay(north, act)) == "R-FUND-5"
    north.tick()
    assert in_force(pay(north, act))


@pytest.mark.parametrize(("days", "counts"), [(CARE, True), (CARE + 1, False)])
def test_an_order_ends_with_a_stretch_without_ticks(north: Body, days: int, counts: bool) -> None:
    decision = decide_spending(north)
    act = order(north, decision)
    silence(north, days)
    standing = pay(north, act)
    assert in_force(standing) if counts else void(standing) == "R-FUND-5"
    assert north.state.decisions[decision].spent == (300 if counts else 0,)
    north.tick()
    assert void(pay(north, act, 300)) == ("R-FUND-2" if counts else "R-FUND-5")


def test_what_was_ordered_and_shown_before_is_paid_in_silence_and_after(north: Body) -> None:
    act = order(north, decide_spending(north))
    north.tick()
    assert in_force(pay(north, act, 100))
    silence(north, 5 * CARE)
    assert in_force(pay(north, act, 100))
    assert north.state.money["SYP"] == 800


def test_what_members_decided_is_logged_anew_after_the_silence(north: Body) -> None:
    decision = decide_spending(north)
    order(north, decision)
    order(north, decision, amount=200)
    silence(north, CARE + 1)
    again = order(north, decision, amount=500)
    assert void(north.submit("spend.order", FLOUR, north.clerk, cites=[decision])) == "R-WARRANT-4"
    north.tick()
    assert in_force(pay(north, again, 500))


@pytest.mark.parametrize(("days", "held"), [(CARE, True), (CARE + 1, False)])
def test_an_office_given_in_silence_ends_with_it(north: Body, days: int, held: bool) -> None:
    person = Person("north keeper")
    north.enrol(person)
    data = appointment(north, person)
    decision = north.decide(grant("office.appoint", **data))
    north.do("office.appoint", data, north.clerk, cites=[decision])
    assert holds(north.state, person.id, "storekeeper")
    silence(north, days)
    assert holds(north.state, person.id, "storekeeper") is held
    again = north.submit("office.appoint", data, north.clerk, cites=[decision])
    assert void(again) == "R-WARRANT-4" if held else in_force(again)
    north.tick()
    assert holds(north.state, person.id, "storekeeper")


def test_a_renewal_in_silence_ends_and_the_older_term_goes_on(north: Body) -> None:
    """Twice renewed meanwhile: the newer ends first, then the one before, and the founders' goes on."""
    (before,) = holders(north.state, "clerk")
    data = appointment(north, north.clerk, "clerk")
    decision = north.decide(grant("office.appoint", **data), grant("office.appoint", **data))
    for _ in range(2):
        north.do("office.appoint", data, north.registrar, cites=[decision])
    (renewed,) = holders(north.state, "clerk")
    assert renewed.index > before.index
    silence(north, CARE + 1)
    assert holders(north.state, "clerk") == (before,)
    assert north.state.decisions[decision].spent == (0, 0)


def test_an_office_that_was_taken_away_meanwhile_is_not_given_back(north: Body) -> None:
    """Whoever the members removed is not put back by the decision that had appointed them."""
    person = Person("north keeper")
    north.enrol(person)
    data = appointment(north, person)
    removal = grant("office.remove", office="storekeeper", key=person.id)
    decision = north.decide(grant("office.appoint", **data), removal)
    north.do("office.appoint", data, north.clerk, cites=[decision])
    north.do("office.remove", {"office": "storekeeper", "key": person.id}, north.clerk, cites=[decision])
    silence(north, CARE + 1)
    assert void(north.submit("office.appoint", data, north.clerk, cites=[decision])) == "R-WARRANT-4"


def test_an_appointee_whose_key_was_replaced_meanwhile_loses_the_office_too(north: Body) -> None:
    old, new = Person("north keeper"), Person("north keeper anew")
    north.enrol(old)
    data = appointment(north, old)
    replacing = {"key": old.id, "new": new.id, "next": BLOB}
    decision = north.decide(grant("office.appoint", **data), grant("key.replace", **replacing))
    north.do("office.appoint", data, north.clerk, cites=[decision])
    north.do("key.replace", replacing | {"recovery": ""}, north.registrar, new, cites=[decision])
    assert holds(north.state, new.id, "storekeeper")
    silence(north, CARE + 1)
    assert not holders(north.state, "storekeeper")
    assert north.state.decisions[decision].spent == (0, 1)


def test_an_older_term_goes_on_under_the_key_that_replaced_its_own(north: Body) -> None:
    new = Person("north clerk anew")
    data = appointment(north, north.clerk, "clerk")
    replacing = {"key": north.clerk.id, "new": new.id, "next": BLOB}
    decision = north.decide(grant("office.appoint", **data), grant("key.replace", **replacing))
    (before,) = holders(north.state, "clerk")
    north.do("office.appoint", data, north.clerk, cites=[decision])
    north.do("key.replace", replacing | {"recovery": ""}, north.registrar, new, cites=[decision])
    silence(north, CARE + 1)
    ((held,)) = holders(north.state, "clerk")
    assert (held.key, held.index, held.act) == (new.id, before.index, before.act)


def test_a_grant_that_names_nonsense_stops_no_tick(north: Body) -> None:
    """The values of a grant are whatever its motion said: one that fits no act is given nothing back, and no reader
    falls over it.
    """
    person = Person("north keeper")
    north.enrol(person)
    data = appointment(north, person)
    strange = [data | {"key": [person.id]}, data | {"key": {}}, data | {"term_days": True}, data | {"office": None}]
    money = [{"purpose": ["flour"], "unit": "SYP"}, {"purpose": "flour", "unit": {}}]
    decision = north.decide(
        *(grant("office.appoint", **match) for match in (*strange, data)),
        *(grant("spend.order", ceiling=500, **match) for match in (*money, {"purpose": "flour", "unit": "SYP"})),
    )
    north.do("office.appoint", data, north.clerk, cites=[decision])
    order(north, decision)
    assert north.state.decisions[decision].spent == (0, 0, 0, 0, 1, 0, 0, 300)
    silence(north, CARE + 1)
    assert north.state.decisions[decision].spent == (0,) * 8


def test_a_term_that_ran_out_by_itself_brings_no_older_one_back(north: Body) -> None:
    """Ticks that cover nothing new show the time, and the newer term runs out by them; the person is given an office
    that nobody combines with the older one, and holds that alone when the silence is shown.
    """
    teller = north.tellers[0]
    brief = appointment(north, teller, "teller") | {"term_days": 5}
    other = appointment(north, teller, "counter")
    decision = north.decide(grant("office.appoint", **brief), grant("office.appoint", **other))
    size = north.state.size
    north.do("office.appoint", brief, north.clerk, cites=[decision])
    north.sim.now += (CARE + 1) * DAY
    assert in_force(north.tick(size=size))
    north.do("office.appoint", other, north.clerk, cites=[decision])
    assert in_force(north.tick())
    assert holds(north.state, teller.id, "counter")
    assert not holds(north.state, teller.id, "teller")


def test_only_what_lies_in_the_stretch_ends(north: Body) -> None:
    """One tick covers both: what was ordered before a tick that came near enough stays."""
    decision = decide_spending(north)
    size = north.state.size
    early = order(north, decision, amount=100)
    north.sim.now += CARE * DAY
    assert in_force(north.tick(size=size))
    later = order(north, decision, amount=200)
    north.sim.now += DAY
    assert in_force(north.tick())
    assert north.state.orders[early].ended is not None
    assert north.state.orders[later].ended is None
    assert [is_unattended(north.state, north.state.acts[act].index) for act in (early, later)] == [True, False]


def test_a_tick_that_comes_late_shows_the_stretch_before_it(north: Body) -> None:
    """The tick in between covers only what came before the act: how long that waited, the next one says."""
    decision = decide_spending(north)
    act = order(north, decision)
    index = north.state.acts[act].index
    silent = north.checkpoint(size=index, time=north.sim.now + (CARE + 1) * DAY)
    assert in_force(north.submit("tick", {"checkpoint": silent}, north.clerk))
    assert not is_unattended(north.state, index)
    north.sim.now += (CARE + 1) * DAY
    north.tick()
    assert is_unattended(north.state, index)
    assert void(pay(north, act)) == "R-FUND-5"


def test_members_lose_nothing_by_silence(north: Body) -> None:
    """Contests, motions and decisions stay; what officers did ends, and no seat or roll of the members does."""
    decision = north.hand(north.table(grant("spend.order", ceiling=1, purpose="flour", unit="SYP")))
    petition = north.do("decision.contest", {"decision": decision}, Person("a member"))
    state = north.state
    silence(north, 2 * CARE)
    assert north.state.petitions[petition] == state.petitions[petition]
    assert north.state.roll == state.roll
    assert [held for held in north.state.offices if held.ended is not None] == []


STEPS = st.tuples(st.integers(1, 3), st.integers(0, 3), st.integers(0, 2))


@given(st.lists(STEPS, min_size=1, max_size=12))
def test_what_a_tick_shows_is_what_each_entry_says(steps: list[tuple[int, int, int]]) -> None:
    """Every tick has a place, a time and a size after those of the one before; each entry is looked at by itself."""
    state = msgspec.structs.replace(GENESIS, charter=Charter(care_days=7))
    index = covered = time = 0
    for places, weeks, more in steps:
        index, time, size = index + places, time + 4 * weeks * DAY, min(covered + more, index + places)
        tick = Tick(index=index, size=size, time=time)
        state = msgspec.structs.replace(state, ticks=(*state.ticks, tick))
        assert [*unattended(state, covered)] == [at for at in range(covered, size) if is_unattended(state, at)]
        covered = size


def test_before_the_first_tick_nothing_ends() -> None:
    """What no tick precedes has no stretch to lie in; what the first one did not cover is seen by the second."""
    sim = Simulator()
    body = sim.body("north")
    body.commit_roll()
    old = body.checkpoint()
    body.do("census.publish", {"inhabitants": 90, "places": ["a"], "source": BLOB}, body.clerk)
    assert in_force(body.submit("tick", {"checkpoint": old}, body.clerk))
    silence(body, 20 * CARE)
    assert not any(is_unattended(body.state, index) for index in range(3))
    assert all(isinstance(held, Holding) and held.ended is None for held in body.state.offices)
