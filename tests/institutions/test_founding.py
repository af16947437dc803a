"""R-FOUND: how a body comes to be, is confirmed by its members, and ends by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.polling import admit_data, adopt, join_data, prepare
from tests.institutions.simulator import BLOB, OFFICES, Body, Person, Simulator, grant, in_force, void

from majlis.institutions.founding import Officer
from majlis.record import NoteKey


def unborn(name: str = "north", type: str = "committee") -> Body:  # noqa: A002
    return Body(Simulator(), name, type)


def found(**changes: Any) -> Any:
    return unborn().found(**changes)


def test_founders_found_a_body() -> None:
    body = unborn()
    assert in_force(body.found())
    state = body.state
    assert state.identity == body.identity
    assert state.founding.confirmed is None
    assert len(state.offices) == len(OFFICES)


@pytest.mark.parametrize(
    "changes",
    [
        {"threshold": 1},
        {"threshold": 4},
        {"names": {}},
        {"languages": ()},
    ],
)
def test_charter_keys_are_several_and_more_than_half_act_together(changes: dict[str, Any]) -> None:
    assert void(found(**changes)) == "R-FOUND-1"


def test_one_charter_key_is_not_enough() -> None:
    body = unborn()
    body.charter_keys = body.charter_keys[:1]
    assert void(body.found(threshold=1)) == "R-FOUND-1"
    body = unborn()
    keys = tuple(person.id for person in body.charter_keys)
    assert void(body.found(charter_keys=(keys[0], keys[0], keys[1]))) == "R-FOUND-1"


def test_a_body_is_founded_once() -> None:
    body = unborn()
    body.found()
    people = [*body.charter_keys, *(person for _, person in body.officers)]
    assert void(body.submit("found", body.founding(), *people)) == "R-FOUND-1"


def test_everybody_named_signs_and_a_charter_key_is_the_author() -> None:
    body = unborn()
    everybody = [*body.charter_keys, *(person for _, person in body.officers)]
    assert void(unborn().found(signers=everybody[:-1])) == "R-FOUND-2"
    assert void(unborn().found(signers=everybody[::-1])) == "R-FOUND-2"
    assert in_force(unborn().found(signers=[*everybody[:3], *everybody[:2:-1]]))


def test_a_founding_that_its_author_did_not_sign_founds_nothing() -> None:
    body = unborn()
    entry = body.write("found", body.founding(), body.charter_keys[0], body="0" * 64, by=[body.clerk])
    body.identity = body.sim.federation.add([entry])
    assert body.state.acts[body.identity].status == "waiting"
    assert body.state.founding is None


def test_a_weak_key_is_named_by_nobody() -> None:
    body = unborn()
    weak = Person("weak")
    weak.id = "00" * 32
    officers = (Officer(office="clerk", key=weak.id, tag=weak.tag),)
    entry = body.write("found", body.founding(officers=officers), *body.charter_keys, body="0" * 64)
    body.identity = body.sim.federation.add([entry])
    assert void(body.state.acts[body.identity]) == "R-FOUND-2"


def test_log_and_mirrors_are_distinct_good_keys() -> None:
    body = unborn()
    mirrors = tuple(mirror.vkey for mirror in body.sim.mirrors)
    log = NoteKey(name=body.origin, public_key=body.sim.mirrors[0].public_key).vkey
    for changes in (
        {"log": "nonsense"},
        {"log": mirrors[0]},
        {"log": log},
        {"mirrors": (mirrors[0], mirrors[0])},
        {"mirrors": mirrors, "quorum": 4},
        {"mirrors": ()},
    ):
        assert void(found(**changes)) == "R-FOUND-3"
    assert in_force(found(mirrors=mirrors[:1], quorum=1))


def officers(body: Body, *named: tuple[str, Person]) -> dict[str, Any]:
    """Act 0's officers, by name of office and person."""
    body.officers = list(named)
    return {"officers": tuple(Officer(office=office, key=p.id, tag=p.tag) for office, p in named)}


def test_officers_are_who_they_may_be() -> None:
    one, two = Person("one"), Person("two")
    twin = Person("twin")
    twin.tag = one.tag
    both = Person("one")
    both.tag = two.tag
    for named in (
        [("king", one)],
        [("list_keeper", one)],
        [("clerk", unborn().charter_keys[0])],
        [("clerk", one), ("treasurer", both)],
        [("registrar", one), ("teller", one)],
        [("trustee", one), ("counter", twin)],
        [("trustee", one), ("trustee", twin)],
        [("clerk", one), ("clerk", one)],
    ):
        body = unborn()
        people = list({p.id: p for _, p in named}.values())
        data = officers(body, *named)
        signers = [*body.charter_keys, *(p for p in people if p.id not in {c.id for c in body.charter_keys})]
        assert void(body.found(signers=signers, **data)) == "R-FOUND-4", named
    body = unborn()
    data = officers(body, ("clerk", one), ("treasurer", one), ("registrar", two), ("treasurer", two))
    assert in_force(body.found(signers=[*body.charter_keys, one, two], **data))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("gift.receive", {"amount": 5, "unit": "SYP", "conditions": BLOB}),
        ("candidacy.declare", {"name": "Somebody"}),
    ],
)
def test_until_the_members_confirm_only_preparations_count(fresh: Body, kind: str, data: dict[str, Any]) -> None:
    assert void(fresh.submit(kind, data, *fresh.treasurers)) == "R-FOUND-5"
    fresh.do("founding.confirm", {}, fresh.clerk, cites=[fresh.decide(grant("founding.confirm"))])
    assert in_force(fresh.submit(kind, data, *fresh.treasurers))


def test_a_founding_is_confirmed_by_a_decision_and_once(fresh: Body) -> None:
    assert void(fresh.submit("founding.confirm", {}, fresh.clerk)) == "R-WARRANT-1"
    decision = fresh.decide(grant("founding.confirm"), grant("founding.confirm"))
    assert in_force(fresh.submit("founding.confirm", {}, fresh.sim.witnesses[0], cites=[decision]))
    assert fresh.state.founding.confirmed is not None
    assert void(fresh.submit("founding.confirm", {}, fresh.clerk, cites=[decision])) == "R-FOUND-7"


def test_members_end_their_own_body_and_nothing_counts_after(north: Body) -> None:
    assert void(north.submit("dissolve", {}, north.clerk)) == "R-WARRANT-1"
    decision = north.decide(grant("dissolve"), yes=20, no=11)
    assert void(north.submit("dissolve", {}, north.clerk, cites=[decision])) == "R-WARRANT-3"
    assert in_force(north.submit("dissolve", {}, north.sim.witnesses[0], cites=[north.decide(grant("dissolve"))]))
    assert void(north.submit("motion.table", {"text": BLOB, "grants": []}, north.clerk)) == "R-FOUND-6"
    assert in_force(north.tick())


def test_an_assembly_is_constituted_by_enough_bodies_holding_enough_people() -> None:
    sim = Simulator()
    prepare(sim)
    assembly = sim.bodies["assembly"]

    def join(name: str) -> None:
        body = sim.bodies[name]
        data = join_data(body, assembly)
        body.do("federation.join", data, body.clerk, cites=[body.decide(grant("federation.join", **data))])
        assembly.do("federation.admit", admit_data(body, assembly), *assembly.charter_keys[:2])

    join("east")
    assert void(assembly.submit("founding.confirm", {}, assembly.clerk)) == "R-FOUND-8"
    join("south")  # two of three bodies, but half of the people are not more than half
    assert void(assembly.submit("founding.confirm", {}, assembly.clerk)) == "R-FOUND-8"
    join("north")
    assert in_force(assembly.submit("founding.confirm", {}, sim.witnesses[0]))
    assert void(assembly.submit("founding.confirm", {}, assembly.clerk)) == "R-FOUND-7"
    assert [link.role for link in assembly.state.acts[assembly.state.log[assembly.state.size - 2]].because] == [
        "ratification"
    ] * 3


def test_an_assembly_without_a_plan_is_not_constituted() -> None:
    assembly = Simulator().body("assembly", "assembly")
    assert void(assembly.submit("founding.confirm", {}, assembly.clerk)) == "R-FOUND-8"
    adopt(assembly)
    assert void(assembly.submit("founding.confirm", {}, assembly.clerk)) == "R-FOUND-8"


def test_an_assembly_ends_when_its_bases_leave_it_and_not_otherwise(seated: Simulator) -> None:
    assembly = seated.bodies["assembly"]
    assert void(assembly.submit("dissolve", {}, assembly.clerk)) == "R-FOUND-9"


def test_nobody_above_writes_in_a_record_below(seated: Simulator) -> None:
    """Sovereignty: what an assembly's officers log in a committee's record is void there."""
    north, assembly = seated.bodies["north"], seated.bodies["assembly"]
    assert void(north.submit("dissolve", {}, assembly.clerk)) == "R-WARRANT-1"
    assert void(north.submit("motion.table", {"text": BLOB, "grants": []}, assembly.clerk)) == "R-KEY-1"
    assert (
        void(north.submit("roll.commit", {"root": BLOB, "leaves": 1, "paper": 0}, *assembly.charter_keys)) == "R-KEY-1"
    )
