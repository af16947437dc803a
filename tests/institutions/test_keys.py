"""R-KEY and R-OFFICE: who may sign what, and until when."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.simulator import BLOB, Body, Person, Simulator, grant, in_force, void
from tests.institutions.test_succession import move

from majlis.institutions import sign_text
from majlis.institutions.kinds import holds, is_charter_over
from majlis.institutions.state import replace

NEW = Person("newcomer")
MOTION = {"text": BLOB, "grants": []}
SPEND = grant("spend.order", 100, purpose="flour", unit="SYP")


def enrolment(person: Person) -> dict[str, Any]:
    return {"key": person.id, "tag": person.tag, "recovery": BLOB}


def appointment(body: Body, office: str, person: Person, of: str = "", term_days: int = 365) -> dict[str, Any]:
    return {"office": office, "key": person.id, "of": of or body.identity, "term_days": term_days}


def test_an_act_is_authored_by_who_holds_the_office(north: Body) -> None:
    assert void(north.submit("motion.table", MOTION, north.registrar)) == "R-KEY-1"
    assert void(north.submit("motion.table", MOTION, NEW)) == "R-KEY-1"
    assert in_force(north.submit("motion.table", MOTION, north.clerk))
    assert in_force(north.submit("motion.table", MOTION, north.charter_keys[0]))


def test_a_key_is_enrolled_with_its_own_signature(north: Body) -> None:
    alone = north.submit("key.enrol", enrolment(NEW), north.registrar)
    assert (alone.status, alone.rule) == ("waiting", "R-KEY-3")
    assert in_force(north.submit("key.enrol", enrolment(NEW), north.registrar, NEW))
    assert void(north.submit("key.enrol", enrolment(Person("x")), north.clerk, Person("x"))) == "R-KEY-1"


def test_the_new_key_may_sign_later(north: Body) -> None:
    written = north.write("key.enrol", enrolment(NEW), north.registrar)
    assert north.log(written).rule == "R-KEY-3"
    text, _, _ = written.rpartition(b"\n\n")
    assert in_force(north.log(sign_text(text + b"\n", NEW.key)))


def test_a_key_under_which_anybody_could_sign_waits_for_ever(north: Body) -> None:
    """R-KEY-2."""
    data = {"key": "00" * 32, "tag": "ab" * 16, "recovery": BLOB}
    assert north.submit("key.enrol", data, north.registrar).rule == "R-KEY-3"


def test_a_key_is_enrolled_once(north: Body) -> None:
    for person in (north.clerk, north.charter_keys[0]):
        assert void(north.submit("key.enrol", enrolment(person), north.registrar, person)) == "R-KEY-4"
    assert in_force(north.submit("key.enrol", enrolment(NEW), north.registrar, NEW))
    assert void(north.submit("key.enrol", enrolment(NEW), north.registrar, NEW)) == "R-KEY-4"


def test_only_the_holder_suspends_a_key_and_at_once(north: Body) -> None:
    assert void(north.submit("key.suspend", {"key": north.clerk.id}, north.registrar)) == "R-KEY-5"
    assert in_force(north.submit("key.suspend", {"key": north.clerk.id}, north.clerk))
    assert void(north.submit("motion.table", MOTION, north.clerk)) == "R-KEY-1"
    assert void(north.submit("key.suspend", {"key": north.clerk.id}, north.clerk)) == "R-KEY-1"


@pytest.mark.parametrize("fault", ["office", "key", "suspended", "term"])
def test_an_office_is_given_to_an_enrolled_key_for_a_term(north: Body, fault: str) -> None:
    north.enrol(NEW)
    if fault == "suspended":
        north.do("key.suspend", {"key": NEW.id}, NEW)
    person = Person("stranger") if fault == "key" else NEW
    office = "king" if fault == "office" else "clerk"
    data = appointment(north, office, person, term_days=366 if fault == "term" else 365)
    decision = north.decide(grant("office.appoint", **data))
    assert void(north.submit("office.appoint", data, north.clerk, cites=[decision])) == "R-OFFICE-1"


def test_an_office_is_given_by_a_decision_that_names_everything(north: Body) -> None:
    north.enrol(NEW)
    data = appointment(north, "clerk", NEW)
    assert void(north.submit("office.appoint", data, north.clerk)) == "R-WARRANT-1"
    decision = north.decide(grant("office.appoint", **data))
    assert void(north.submit("office.appoint", data | {"term_days": 300}, NEW, cites=[decision])) == "R-WARRANT-2"
    assert in_force(north.submit("office.appoint", data, NEW, cites=[decision]))
    assert in_force(north.submit("motion.table", MOTION, NEW))
    assert void(north.submit("office.appoint", data, NEW, cites=[decision])) == "R-WARRANT-4"


def test_nobody_combines_offices_that_guard_an_election(north: Body) -> None:
    """One person holds registrar, trustee and teller: refused, also with a second key."""
    second = Person("second key of a teller")
    second.tag = north.tellers[0].tag
    north.enrol(second)
    for person in (north.tellers[0], second):
        data = appointment(north, "trustee", person)
        decision = north.decide(grant("office.appoint", **data))
        assert void(north.submit("office.appoint", data, north.clerk, cites=[decision])) == "R-OFFICE-2"
    north.appoint("clerk", north.tellers[0])
    north.enrol(NEW)
    north.appoint("trustee", NEW)
    assert holds(north.state, NEW.id, "trustee")


def test_a_term_ends_at_the_first_tick_past_it(north: Body) -> None:
    """Leaders cling on past their term: R-OFFICE-3 ends it with no officer's help."""
    north.sim.pass_days(364 - (north.sim.now - north.state.ticks[0].time) // 86_400)
    assert in_force(north.submit("motion.table", MOTION, north.clerk))
    north.sim.pass_days(2)
    standing = north.submit("motion.table", MOTION, north.clerk)
    assert void(standing) == "R-KEY-1"
    assert not holds(north.state, north.clerk.id, "clerk")


def test_an_office_is_renewed_and_never_held_twice(north: Body) -> None:
    """A registrar's second term begins when it is given; the first one ends there."""
    north.sim.pass_days(300)
    north.appoint("registrar", north.registrar)
    north.sim.pass_days(100)
    assert holds(north.state, north.registrar.id, "registrar")
    assert not holds(north.state, north.clerk.id, "clerk")
    held = [holding for holding in north.state.offices if holding.office == "registrar"]
    assert [holding.ended is None for holding in held] == [False, True]


def test_the_list_keeper_comes_from_another_body(north: Body) -> None:
    north.enrol(NEW)
    data = appointment(north, "list_keeper", NEW)
    decision = north.decide(grant("office.appoint", **data))
    assert void(north.submit("office.appoint", data, north.clerk, cites=[decision])) == "R-OFFICE-4"
    other = appointment(north, "list_keeper", NEW, of="cd" * 32)
    decision = north.decide(grant("office.appoint", **other))
    assert in_force(north.submit("office.appoint", other, north.clerk, cites=[decision]))


def test_members_take_an_office_away(north: Body) -> None:
    data = {"office": "clerk", "key": north.clerk.id}
    assert void(north.submit("office.remove", data, north.registrar)) == "R-WARRANT-1"
    wrong = {"office": "clerk", "key": north.registrar.id}
    decision = north.decide(grant("office.remove", **data), grant("office.remove", **wrong))
    assert void(north.submit("office.remove", wrong, north.registrar, cites=[decision])) == "R-OFFICE-5"
    assert in_force(north.submit("office.remove", data, north.registrar, cites=[decision]))
    assert void(north.submit("motion.table", MOTION, north.clerk)) == "R-KEY-1"


def test_a_body_whose_officers_are_all_gone_can_still_give_the_offices(north: Body) -> None:
    """R-OFFICE-6: the last tellers count, or the charter keys, until the members have appointed others."""
    offices = [
        grant("office.appoint", **appointment(north, "teller", north.tellers[0])),
        grant("office.remove", office="clerk", key=north.clerk.id),
    ]
    motion = north.table(*offices)
    session = north.call(motion)
    north.sim.pass_days(8)
    count = north.count(session, motion)
    mixed = [*north.tellers[:2], north.charter_keys[0]]
    assert north.submit("decision.hand", count, *mixed).status == "waiting"
    fork = north.sim.fork().bodies["north"]
    north.sim.pass_days(400)
    assert not holds(north.state, north.tellers[0].id, "teller")
    assert in_force(north.sim.fork().bodies["north"].submit("decision.hand", count, *north.tellers))
    assert in_force(north.sim.fork().bodies["north"].submit("decision.hand", count, *north.charter_keys))
    north.do("key.suspend", {"key": north.tellers[0].id}, north.tellers[0])
    assert void(north.submit("decision.hand", count, *north.tellers)) == "R-KEY-1"
    assert in_force(north.submit("decision.hand", count, *north.tellers[1:], north.charter_keys[0]))
    fork.do("key.suspend", {"key": fork.tellers[0].id}, fork.tellers[0])
    assert in_force(fork.submit("decision.hand", count, *fork.tellers[1:], fork.charter_keys[0]))


@pytest.mark.parametrize(
    "grants",
    [
        (),
        (grant("spend.order", 100, purpose="flour", unit="SYP"),),
        (grant("office.remove", office="clerk", key=BLOB), grant("federation.leave", assembly=BLOB)),
    ],
)
def test_charter_keys_decide_nothing_but_offices_where_nobody_is_left(
    north: Body, grants: tuple[dict[str, Any], ...]
) -> None:
    """R-OFFICE-6: all terms lapsed, no list keeper for a contest: three charter keys cannot spend, leave, dissolve."""
    motion = north.table(*grants)
    session = north.call(motion)
    north.sim.pass_days(400)
    count = north.count(session, motion)
    for people in (north.charter_keys, north.tellers, [north.tellers[0], *north.charter_keys[1:]]):
        standing = north.submit("decision.hand", count, *people)
        assert void(standing) == "R-OFFICE-6"
        assert "appoint tellers first" in standing.text
    renewed = [appointment(north, "teller", person) for person in north.tellers]
    decision = north.decide(*(grant("office.appoint", **data) for data in renewed))
    for data in renewed:
        north.do("office.appoint", data, north.tellers[0], cites=[decision])
    assert in_force(north.submit("decision.hand", count, *north.tellers))


def test_two_tellers_and_a_charter_key_give_offices_and_no_more(north: Body) -> None:
    """R-OFFICE-6: one teller of three has suspended the key; the other two do not decide with a charter key."""
    spend, office = north.table(SPEND), north.table(grant("office.remove", office="clerk", key=north.clerk.id))
    session = north.call(spend, office)
    north.sim.pass_days(8)
    north.do("key.suspend", {"key": north.tellers[0].id}, north.tellers[0])
    people = [*north.tellers[1:], north.charter_keys[0]]
    assert void(north.submit("decision.hand", north.count(session, spend), *people)) == "R-OFFICE-6"
    assert in_force(north.submit("decision.hand", north.count(session, office), *people))


# --- R-KEY-8, R-KEY-9


def test_whoever_keeps_or_mirrors_a_record_holds_nothing_in_it_by_that_key(north: Body) -> None:
    keeper, mirror = Person("keeper"), north.sim.witnesses[1]
    keeper.key, keeper.id = north.log_key, north.log_key.public_key.hex()
    for person in (keeper, mirror):
        assert void(north.submit("key.enrol", enrolment(person), north.registrar, person)) == "R-KEY-8"
        data = {"key": north.charter_keys[0].id, "new": person.id}
        decision = north.decide(grant("charterkey.replace", **data))
        assert void(north.submit("charterkey.replace", data, person, cites=[decision])) == "R-KEY-8"


@pytest.mark.parametrize("whose", ["log", "mirror"])
@pytest.mark.parametrize("what", ["charter key", "officer"])
def test_no_founder_signs_the_record(whose: str, what: str) -> None:
    body = Body(Simulator(), "south", "committee")
    key = body.log_key if whose == "log" else body.sim.witnesses[0].key
    person = body.charter_keys[1] if what == "charter key" else body.clerk
    person.key, person.id = key, key.public_key.hex()
    standing = body.found()
    assert standing is not None
    assert void(standing) == "R-KEY-8"


def test_a_record_is_not_moved_to_an_officer_s_key(north: Body) -> None:
    assert void(move(north, key=north.clerk.key)) == "R-KEY-8"
    assert void(move(north, key=north.charter_keys[2].key)) == "R-KEY-8"


def test_a_charter_key_after_its_term_keeps_the_body_alive_and_no_more(seated: Simulator) -> None:
    """R-KEY-9: it proposes, calls and moves the record; it opens no door of an assembly."""
    assembly = seated.bodies["assembly"]
    first, new = assembly.charter_keys[0], Person("third, after three years")
    assert not is_charter_over(assembly.state, first.id)
    plan = {"of": assembly.state.plan.act, "plan": "cd" * 32, "root": BLOB, "places": BLOB}
    plan |= {"districts": 3, "inhabitants": 9}
    again = seated.fork()
    assert in_force(again.bodies["assembly"].submit("plan.amend", plan, *assembly.charter_keys[:2]))
    seated.pass_days(900)
    assert not is_charter_over(assembly.state, first.id)
    seated.pass_days(200)
    assert is_charter_over(assembly.state, first.id)
    assert void(assembly.submit("plan.amend", plan, *assembly.charter_keys[:2])) == "R-KEY-1"
    assert in_force(assembly.submit("motion.table", MOTION, first))
    assert in_force(move(assembly))
    founding = assembly.state.founding
    renewed = replace(
        assembly.state,
        founding=replace(
            founding,
            charter_keys=founding.charter_keys - {first.id} | {new.id},
            charter_since=founding.charter_since.set(new.id, assembly.state.size - 1),
        ),
    )
    assert not is_charter_over(renewed, new.id)


def test_who_is_given_a_charter_key_begins_a_term(north: Body) -> None:
    north.sim.pass_days(300)
    data = {"key": north.charter_keys[0].id, "new": NEW.id}
    decision = north.decide(grant("charterkey.replace", **data))
    assert in_force(north.submit("charterkey.replace", data, NEW, cites=[decision]))
    north.sim.pass_days(800)
    assert is_charter_over(north.state, north.charter_keys[1].id)
    assert not is_charter_over(north.state, NEW.id)
