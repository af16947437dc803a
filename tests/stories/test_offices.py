"""One person in offices that guard each other (betrayal 29), offices taken without being given, and stolen keys."""

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


def count(stage: Stage, body: Committee, session: str, motion: str, people: list[Person]) -> tuple[str, str]:
    """What becomes of a count by hand that these people sign."""
    data = {"session": session, "motion": motion, "present": 30, "yes": 30, "no": 0, "abstain": 0}
    standing = stage.attempt(body, "decision.hand", data, *people)
    return standing.status, standing.rule


def test_charter_keys_do_not_govern_once_every_term_has_lapsed(stage: Stage) -> None:
    """They wait until nobody is left to count, or to contest, and count for themselves."""
    body = stage.districts[1]
    treasure = {"kind": "spend.order", "match": {"purpose": "ourselves", "unit": "SYP"}, "ceiling": 10**9}
    leave = {"kind": "federation.leave", "match": {"assembly": stage.assembly.identity}}
    motions = [body.table("For us.", [treasure]), body.table("And away.", [leave])]
    session = body.call(*motions)
    stage.world.tick()
    stage.world.pass_days(400)
    for motion in motions:
        assert count(stage, body, session, motion, body.charter_keys) == ("void", "R-OFFICE-6")
        assert count(stage, body, session, motion, body.all("teller")) == ("void", "R-OFFICE-6")


def test_no_registrar_alone_makes_a_roll_of_one(hall: Stage) -> None:
    """Whose quorum is one, and whose recalls need one vote; or of millions, whom no petition reaches."""
    body = hall.districts[0]
    before = hall.state(body).roll
    for leaves in (1, 2_000_000):
        data = {"root": "ab" * 32, "leaves": leaves, "paper": 0}
        standing = hall.attempt(body, "roll.commit", data, body.one("registrar"))
        assert standing.rule in ("R-ROLL-1", "R-ROLL-2")
        assert standing.status != "in-force"
    assert hall.state(body).roll == before


def test_a_stolen_key_dies_and_its_office_lives(hall: Stage) -> None:
    """The clerk's phone is taken at a checkpoint. Whoever holds it cannot keep the office, nor the clerk lose it."""
    body, thief = hall.districts[0], hall.districts[0].one("clerk")
    assert hall.attempt(body, "key.suspend", {"key": thief.id}, thief).status == "in-force"
    standing = hall.attempt(body, "motion.table", {"text": "ab" * 32, "grants": []}, thief)
    assert (standing.status, standing.rule) == ("void", "R-KEY-1")
    new = Person("the clerk again", hall.world.chance)
    data = {"key": thief.id, "new": new.id, "next": hall.world.sealed(SigningKey(hall.world.chance(32)))}
    own = hall.attempt(body, "key.replace", data | {"recovery": thief.id}, new, thief)
    assert (own.status, own.rule) == ("void", "R-KEY-6")
    motion = body.act(
        "motion.table", {"text": "ab" * 32, "grants": [{"kind": "key.replace", "match": data}]}, body.charter_keys[0]
    )
    session = body.act("session.call", {"motions": [motion]}, body.charter_keys[0])
    hall.world.tick()
    hall.world.pass_days(8)
    decision = body.decide(session, motion, yes=18, no=4)
    hall.world.tick()
    hall.world.pass_days(8)
    body.act("key.replace", data, new, cites=(decision,))
    assert hall.attempt(body, "motion.table", {"text": "ab" * 32, "grants": []}, new).status == "in-force"


def test_a_seized_delegate_s_key_votes_no_more(stage: Stage) -> None:
    """The key dies at home, a courier carries the certificate, and the assembly's own clerk cannot keep it alive."""
    body, seat = stage.districts[1], next(iter(stage.state(stage.assembly).bodies[stage.districts[1].identity].held))
    delegate = stage.federation.delegate(seat.key)
    suspended = body.act("key.suspend", {"key": delegate.id}, delegate)
    stage.world.tick()
    stage.assembly.act("seat.vacate", {"certificate": body.certify(suspended)}, stage.world.courier)
    motion = stage.assembly.table("Shall we?", [])
    session = stage.assembly.call(motion)
    standing = stage.attempt(stage.assembly, "session.attend", {"session": session}, delegate)
    assert (standing.status, standing.rule) == ("void", "R-KEY-1")
    assert stage.verify().ok
