"""One person in several offices that guard each other (betrayal 29), and offices taken without being given."""

from __future__ import annotations

from typing import Any

import pytest
from tests.stories.play import Stage

from majlis.crypto import SigningKey
from majlis.demo.committee import Committee
from majlis.demo.people import Person
from majlis.errors import Refused
from majlis.host.author import write_act
from majlis.institutions.founding import Found, Officer
from majlis.record import NoteKey


def found(stage: Stage, *second: tuple[str, Person], body: Committee | None = None) -> None:
    """A committee is founded, with these officers besides; everyone named signs once."""
    body = body or Committee(stage.world, "greedy", {"en": "Greedy"}, "committee", members=3)
    officers = [*body.officers, *second]
    data = Found(
        names=body.names,
        type="committee",
        charter=body.charter,
        charter_keys=tuple(person.id for person in body.charter_keys),
        threshold=2,
        log=NoteKey(name=body.origin, public_key=body.log_key.public_key).vkey,
        next_log="ab" * 32,
        mirrors=stage.setting.mirror_keys,
        quorum=2,
        languages=("en",),
        officers=tuple(Officer(office=office, key=person.id, tag=person.tag) for office, person in officers),
    )
    people = {person.id: person for person in [*body.charter_keys, *(person for _, person in officers)]}
    entry = write_act("found", data, *(person.key for person in people.values()), chance=stage.world.chance)
    stage.host.found(entry, body.origin, body.log_key)


@pytest.mark.parametrize("second", ["teller", "counter", "trustee"])
def test_no_founder_is_registrar_and_guard_at_once(hall: Stage, second: str) -> None:
    body = Committee(hall.world, "greedy", {"en": "Greedy"}, "committee", members=3)
    with pytest.raises(Refused, match="R-FOUND-4"):
        found(hall, (second, body.one("registrar")), body=body)
    found(hall, ("spokesperson", body.one("registrar")), body=body)


def test_no_charter_key_holds_an_office(hall: Stage) -> None:
    body = Committee(hall.world, "greedy", {"en": "Greedy"}, "committee", members=3)
    with pytest.raises(Refused, match="R-FOUND-4"):
        found(hall, ("spokesperson", body.charter_keys[0]), body=body)


def test_a_second_key_of_one_person_does_not_help(hall: Stage) -> None:
    """The keys differ; the tag, by which the registrar tells persons apart, is the same."""
    body = Committee(hall.world, "greedy", {"en": "Greedy"}, "committee", members=3)
    other = Person("the registrar again", hall.world.chance)
    other.tag = body.one("registrar").tag
    with pytest.raises(Refused, match="R-FOUND-4"):
        found(hall, ("teller", other), body=body)


def appoint(stage: Stage, body: Committee, office: str, person: Person, of: str) -> tuple[str, str]:
    data = {"office": office, "key": person.id, "of": of, "term_days": 100}
    decision = stage.decide(body, {"kind": "office.appoint", "match": data})
    standing = stage.attempt(body, "office.appoint", data, body.one("clerk"), cites=(decision,))
    return standing.status, standing.rule


def test_members_do_not_make_the_registrar_a_trustee(hall: Stage) -> None:
    body, other = hall.districts[1], hall.affiliates[0].identity
    assert appoint(hall, body, "trustee", body.one("registrar"), other) == ("void", "R-OFFICE-2")
    assert appoint(hall, body, "list_keeper", body.guests["trustee0"], other) == ("void", "R-OFFICE-2")
    assert appoint(hall, body, "teller", body.guests["list_keeper"], other) == ("void", "R-OFFICE-2")


def test_the_list_keeper_comes_from_elsewhere(hall: Stage) -> None:
    body = hall.districts[1]
    person = Person("a neighbour in the same street", hall.world.chance)
    body.enrol(person)
    assert appoint(hall, body, "list_keeper", person, body.identity) == ("void", "R-OFFICE-4")


def test_nobody_takes_an_office(hall: Stage) -> None:
    body = hall.districts[1]
    mine: dict[str, Any] = {"office": "clerk", "key": body.one("teller").id, "of": body.identity, "term_days": 100}
    standing = hall.attempt(body, "office.appoint", mine, body.one("teller"))
    assert (standing.status, standing.rule) == ("void", "R-WARRANT-1")


def test_nobodys_key_is_enrolled_without_its_holder(hall: Stage) -> None:
    """The registrar alone enrols a key; the act waits for the key's own signature, and has no effect."""
    body, ghost = hall.districts[1], Person("nobody", hall.world.chance)
    data = {"key": ghost.id, "tag": ghost.tag, "recovery": hall.world.sealed(SigningKey(hall.world.chance(32)))}
    standing = hall.attempt(body, "key.enrol", data, body.one("registrar"))
    assert (standing.status, standing.rule) == ("waiting", "R-KEY-3")
    assert ghost.id not in hall.state(body).keys


def test_who_guards_an_election_does_not_stand_in_it(hall: Stage) -> None:
    body = hall.districts[1]
    standing = hall.attempt(body, "candidacy.declare", {"name": "Registrar for delegate"}, body.one("registrar"))
    assert (standing.status, standing.rule) == ("void", "R-ELECT-1")


def test_no_trustees_of_one_body_alone(stage: Stage) -> None:
    """A ballot whose trustees all come from one body is not announced."""
    body = stage.districts[1]
    for number in (0, 1):
        data = {"office": "trustee", "key": body.guests[f"trustee{number}"].id}
        decision = stage.decide(body, {"kind": "office.remove", "match": data})
        body.act("office.remove", data, body.one("clerk"), cites=(decision,))
    motion = body.table("Shall we?", [])
    data = {"purpose": "motion", "subject": motion, "seats": 0, "candidates": []}
    standing = stage.attempt(body, "election.announce", data, body.one("clerk"))
    assert (standing.status, standing.rule) == ("void", "R-ELECT-2")


def test_a_census_is_not_countersigned_by_ones_own(hall: Stage) -> None:
    """Betrayal 20 in small: nobody confirms their own figure, and the lower one stands."""
    body, other = hall.districts[2], hall.districts[0]
    figure = body.act(
        "census.publish", {"inhabitants": 99_000, "places": ["olive"], "source": "ab" * 32}, body.one("clerk")
    )
    hall.world.tick()
    hall.world.seal_all()
    certificate = other.certify(other.identity)
    data = {"figure": figure, "inhabitants": 99_000, "certificate": certificate}
    own = hall.attempt(body, "census.countersign", data, body.one("counter"), body.one("clerk"))
    assert (own.status, own.rule) == ("void", "R-CENSUS-3")
    alone = hall.attempt(body, "census.countersign", data, other.one("counter"))
    assert alone.status == "waiting"
    lower = data | {"inhabitants": 10_000}
    assert hall.attempt(body, "census.countersign", lower, other.one("counter"), body.one("clerk")).status == "in-force"
    census = hall.state(body).census
    assert census is not None
    assert census.inhabitants == 10_000
