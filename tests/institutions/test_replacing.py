"""R-KEY-6, R-KEY-7 and R-SEAT-7: a lost or stolen key gives way to another, and nobody gains by it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from tests.institutions.polling import Drive, Polling, candidate, keeper, staff, trustees
from tests.institutions.simulator import BLOB, Body, Person, Simulator, grant, in_force, void

from majlis.institutions.founding import Officer
from majlis.institutions.kinds import current, holds

LOST, NEW, PAPER, OTHER = Person("lost key"), Person("new key"), Person("recovery key"), Person("somebody else")
MOTION = {"text": BLOB, "grants": []}


def hash_of(person: Person) -> str:
    """What is committed to of a recovery key."""
    return sha256(bytes.fromhex(person.id)).hexdigest()


def enrol(body: Body, person: Person = LOST, recovery: Person = PAPER) -> None:
    data = {"key": person.id, "tag": person.tag, "recovery": hash_of(recovery)}
    body.do("key.enrol", data, body.registrar, person)


def replacement(key: Person = LOST, new: Person = NEW, recovery: Person | None = PAPER) -> dict[str, Any]:
    data = {"key": key.id, "new": new.id, "next": hash_of(OTHER)}
    return data | ({"recovery": recovery.id} if recovery else {})


def replace(body: Body, *signers: Person, **changes: Any) -> Any:
    return body.submit("key.replace", replacement(**changes), *(signers or (NEW, PAPER)))


@pytest.fixture
def held(north: Body) -> Body:
    """North, whose spokesperson and trustee holds the key that gets lost."""
    enrol(north)
    north.appoint("spokesperson", LOST)
    north.appoint("clerk", LOST, term_days=100)
    return north


def test_a_recovery_key_carries_offices_and_tag_to_a_new_key(held: Body) -> None:
    assert in_force(replace(held))
    assert in_force(held.submit("motion.table", MOTION, NEW))
    assert void(held.submit("motion.table", MOTION, LOST)) == "R-KEY-1"
    assert held.state.keys[NEW.id].tag == LOST.tag
    assert held.state.keys[NEW.id].recovery == hash_of(OTHER)
    assert [holds(held.state, NEW.id, office) for office in ("clerk", "spokesperson", "teller")] == [True, True, False]
    assert current(held.state, LOST.id) == NEW.id


def test_a_term_goes_on_with_the_new_key_and_is_not_prolonged(held: Body) -> None:
    held.sim.pass_days(60)
    assert in_force(replace(held))
    held.sim.pass_days(30)
    assert holds(held.state, NEW.id, "clerk")
    held.sim.pass_days(30)
    assert not holds(held.state, NEW.id, "clerk")
    assert holds(held.state, NEW.id, "spokesperson")


def test_who_suspended_a_stolen_key_at_once_still_replaces_it(held: Body) -> None:
    held.do("key.suspend", {"key": LOST.id}, LOST)
    assert not holds(held.state, LOST.id, "clerk")
    assert in_force(replace(held))
    assert holds(held.state, NEW.id, "clerk")


def test_both_new_key_and_recovery_key_sign(held: Body) -> None:
    """Who found the paper cannot give the office to a key that nobody holds, nor a thief to the thief's own."""
    for signers in ((NEW,), (PAPER,), (LOST, NEW), (held.clerk, NEW)):
        standing = replace(held, *signers)
        assert (standing.status, standing.rule) == ("waiting", "R-KEY-3")
    assert in_force(replace(held, held.sim.witnesses[0], NEW, PAPER))


def test_a_key_is_replaced_by_its_own_recovery_key_and_once(held: Body) -> None:
    assert void(replace(held, NEW, OTHER, recovery=OTHER)) == "R-KEY-6"
    assert void(replace(held, NEW, LOST, recovery=LOST)) == "R-KEY-6"
    assert void(replace(held, NEW, PAPER, key=Person("stranger"))) == "R-KEY-6"
    assert in_force(replace(held))
    assert void(replace(held, Person("third"), PAPER, new=Person("third"))) == "R-KEY-6"
    assert in_force(replace(held, Person("third"), OTHER, key=NEW, new=Person("third"), recovery=OTHER))
    assert current(held.state, LOST.id) == Person("third").id


def test_the_new_key_is_nobodys_yet(held: Body) -> None:
    """Else two people's offices would come together in one key, or a charter key hold an office."""
    for taken in (held.registrar, held.charter_keys[0], LOST):
        assert void(replace(held, taken, PAPER, new=taken)) == "R-KEY-4"


def test_a_recovery_hash_alone_replaces_nothing(north: Body) -> None:
    """The founders' officers named none here: only a decision replaces their keys."""
    assert void(replace(north, NEW, PAPER, key=north.clerk)) == "R-KEY-6"
    data = replacement(key=north.clerk, recovery=None)
    assert void(north.submit("key.replace", data, NEW)) == "R-WARRANT-1"
    decision = north.decide(grant("key.replace", **data))
    thief = data | {"next": hash_of(PAPER)}
    assert void(north.submit("key.replace", thief, NEW, cites=[decision])) == "R-WARRANT-2"
    assert in_force(north.submit("key.replace", data, NEW, cites=[decision]))
    assert holds(north.state, NEW.id, "clerk")
    assert void(north.submit("motion.table", MOTION, north.clerk)) == "R-KEY-1"


def test_a_founder_may_name_a_recovery_key() -> None:
    body = Simulator().body("north")
    officers = [Officer(office=o, key=p.id, tag=p.tag, recovery=hash_of(PAPER)) for o, p in body.officers]
    fresh = Simulator().body("north", officers=tuple(officers))
    assert in_force(replace(fresh, key=fresh.clerk))
    twice = Officer(office="spokesperson", key=body.clerk.id, tag=body.clerk.tag, recovery=hash_of(OTHER))
    other = Body(Simulator(), "north", "committee")
    standing = other.found(officers=(*officers, twice))
    assert standing is not None
    assert void(standing) == "R-FOUND-4"


def test_an_announced_ballot_goes_on_with_the_new_keys() -> None:
    """Its trustee and its list keeper replace their keys between announcement and list."""
    sim = Simulator()
    north, east = sim.confirmed("north"), sim.body("east")
    staff(north, east)
    polling = Polling(north, "motion", north.table())
    replaced = {}
    for person in (trustees(north)[0], keeper(north)):
        new = replaced[person.id] = Person(f"{person.label} again")
        data = replacement(key=person, new=new, recovery=None)
        decision = north.decide(grant("key.replace", **data))
        north.do("key.replace", data, new, cites=[decision])
    for person in trustees(north):
        if person.id in replaced:
            assert void(north.submit("trustee.key", polling.key_data(person), person)) == "R-TRUSTEE-1"
        north.do("trustee.key", polling.key_data(person), replaced.get(person.id, person))
    old, new = keeper(north), replaced[keeper(north).id]
    assert void(north.submit("election.list", polling.list_data(), old, north.registrar)) == "R-KEY-1"
    assert in_force(north.submit("election.list", polling.list_data(), new, north.registrar))


def test_who_stands_stands_with_the_new_key(held: Body) -> None:
    held.do("candidacy.declare", {"name": "Amal"}, LOST)
    assert in_force(replace(held))
    assert [candidate.key for candidate in held.state.candidates.values()] == [NEW.id]


def test_nobody_escapes_a_removal_by_replacing_the_key(held: Body) -> None:
    """R-OFFICE-5: the members decided on a person, and the person's paper came first."""
    data = {"office": "clerk", "key": LOST.id}
    decision = held.decide(grant("office.remove", **data))
    assert in_force(replace(held))
    assert in_force(held.submit("office.remove", data, held.registrar, cites=[decision]))
    assert not holds(held.state, NEW.id, "clerk")
    assert holds(held.state, NEW.id, "spokesperson")


# --- charter keys


def test_members_replace_a_charter_key(north: Body) -> None:
    """R-KEY-7: whoever holds one, and whether they want to or not; the new one proves that somebody holds it."""
    old = north.charter_keys[0]
    data = {"key": old.id, "new": NEW.id}
    assert void(north.submit("charterkey.replace", data, *north.charter_keys, NEW)) == "R-WARRANT-1"
    decision = north.decide(grant("charterkey.replace", **data))
    alone = north.submit("charterkey.replace", data, north.clerk, cites=[decision])
    assert (alone.status, alone.rule) == ("waiting", "R-KEY-3")
    other = data | {"new": OTHER.id}
    assert void(north.submit("charterkey.replace", other, OTHER, cites=[decision])) == "R-WARRANT-2"
    assert in_force(north.submit("charterkey.replace", data, NEW, cites=[decision]))
    assert void(north.submit("motion.table", MOTION, old)) == "R-KEY-1"
    assert in_force(north.submit("motion.table", MOTION, NEW))
    assert void(north.submit("charterkey.replace", data, NEW, cites=[decision])) == "R-KEY-7"


def test_a_charter_key_holds_no_other_office_however_it_came(north: Body) -> None:
    for taken in (north.registrar, north.charter_keys[1]):
        data = {"key": north.charter_keys[0].id, "new": taken.id}
        decision = north.decide(grant("charterkey.replace", **data))
        assert void(north.submit("charterkey.replace", data, taken, cites=[decision])) == "R-KEY-4"


def test_no_delegate_becomes_a_charter_key(seated: Simulator) -> None:
    assembly = seated.bodies["assembly"]
    seat = next(iter(assembly.state.bodies.values())).held[0]
    delegate = Person(seat.name)
    assert delegate.id == seat.key
    data = {"key": assembly.charter_keys[0].id, "new": delegate.id}
    assert void(assembly.submit("charterkey.replace", data, delegate)) == "R-KEY-7"


def test_charter_keys_do_not_replace_each_other_by_a_count_of_their_own(north: Body) -> None:
    """R-OFFICE-6: all tellers' terms lapsed, and two charter keys would have the third replaced."""
    north.sim.pass_days(400)
    data = {"key": north.charter_keys[2].id, "new": NEW.id}
    motion = north.table(grant("charterkey.replace", **data))
    session = north.call(motion)
    north.sim.pass_days(8)
    assert void(north.submit("decision.hand", north.count(session, motion), *north.charter_keys)) == "R-OFFICE-6"


def test_one_enrols_no_key_that_became_a_charter_key(north: Body) -> None:
    data = {"key": north.charter_keys[0].id, "new": NEW.id}
    decision = north.decide(grant("charterkey.replace", **data))
    north.do("charterkey.replace", data, NEW, cites=[decision])
    enrolment = {"key": NEW.id, "tag": NEW.tag, "recovery": BLOB}
    assert void(north.submit("key.enrol", enrolment, north.registrar, NEW)) == "R-KEY-4"


# --- delegates


@pytest.fixture
def north_seated(seated: Simulator) -> Body:
    return seated.bodies["north"]


def delegate_of(body: Body, number: int = 0) -> Person:
    """Who sits for the body, as a person with the key."""
    assembly = body.sim.bodies["assembly"]
    person = Person(assembly.state.bodies[body.identity].held[number].name)
    assert person.id == assembly.state.bodies[body.identity].held[number].key
    return person


def deliver(body: Body, kind: str, act: str, **how: Any) -> Any:
    assembly = body.sim.bodies["assembly"]
    return assembly.submit(kind, {"certificate": body.certificate(act, **how)}, body.sim.witnesses[0])


def sits(body: Body) -> list[str]:
    """The keys that sit for the body."""
    assembly = body.sim.bodies["assembly"].state
    return [seat.key for seat in assembly.bodies[body.identity].held if seat.ended is None]


def result_of(body: Body) -> str:
    (result,) = [e.result for e in body.state.elections.values() if e.purpose == "delegates" and e.result]
    return result.act


def replace_at_home(body: Body, person: Person, new: Person) -> str:
    """The members replace the delegate's key; the act."""
    data = replacement(key=person, new=new, recovery=None)
    return body.do("key.replace", data, new, cites=[body.decide(grant("key.replace", **data))])


def test_a_delegate_suspends_the_sitting_key_in_the_assembly_at_once(north_seated: Body) -> None:
    """R-KEY-5: seized at a checkpoint, the phone votes no more; the reserve takes the seat, not the same key again."""
    assembly, delegate = north_seated.sim.bodies["assembly"], delegate_of(north_seated)
    other = delegate_of(north_seated, 1)
    assert void(assembly.submit("key.suspend", {"key": delegate.id}, other)) == "R-KEY-5"
    assert in_force(assembly.submit("key.suspend", {"key": delegate.id}, delegate))
    assert void(assembly.submit("session.attend", {"session": BLOB}, delegate)) == "R-KEY-1"
    assert sits(north_seated) == [other.id]
    assert in_force(deliver(north_seated, "seat.fill", result_of(north_seated)))
    assert len(sits(north_seated)) == 2
    assert delegate.id not in sits(north_seated)


def test_a_key_suspended_at_home_is_carried_into_the_assembly_by_anybody(north_seated: Body) -> None:
    assembly, delegate = north_seated.sim.bodies["assembly"], delegate_of(north_seated)
    act = north_seated.do("key.suspend", {"key": delegate.id}, delegate)
    assert in_force(deliver(north_seated, "seat.vacate", act))
    assert delegate.id not in sits(north_seated)
    assert void(assembly.submit("key.suspend", {"key": delegate.id}, delegate)) == "R-KEY-1"
    assert void(deliver(north_seated, "seat.vacate", act)) == "R-SEAT-7"
    assert in_force(deliver(north_seated, "seat.fill", result_of(north_seated)))
    assert delegate.id not in sits(north_seated)


def test_a_suspension_of_nobody_who_sits_is_none(north_seated: Body) -> None:
    act = north_seated.do("key.suspend", {"key": north_seated.clerk.id}, north_seated.clerk)
    assert void(deliver(north_seated, "seat.vacate", act)) == "R-SEAT-7"
    enrolled = north_seated.enrol(NEW)
    assert void(deliver(north_seated, "seat.vacate", enrolled)) == "R-CERT-6"


def test_nobody_is_seated_with_a_key_that_is_suspended_at_home(north_seated: Body) -> None:
    """R-SEAT-6: the reserve lost the key before a seat fell vacant; the next one is asked."""
    body = north_seated
    election = next(e for e in body.state.elections.values() if e.purpose == "delegates")
    assert election.result is not None
    reserve, last = (election.candidates[number] for number in election.result.order[2:4])
    body.do("key.suspend", {"key": reserve.key}, Person(reserve.name))
    delegate = delegate_of(body)
    body.sim.bodies["assembly"].do("key.suspend", {"key": delegate.id}, delegate)
    assert in_force(deliver(body, "seat.fill", election.result.act))
    assert last.key in sits(body)
    assert reserve.key not in sits(body)


def order_of(body: Body) -> list[str]:
    """The keys that stood, in the order of the result."""
    election = next(e for e in body.state.elections.values() if e.purpose == "delegates")
    assert election.result is not None
    return [election.candidates[number].key for number in election.result.order]


def test_nobody_is_seated_with_a_key_that_is_suspended_here(north_seated: Body) -> None:
    """R-SEAT-6: the reserve held an office of the assembly, and suspended the key there."""
    body, assembly = north_seated, north_seated.sim.bodies["assembly"]
    _, _, reserve, last = order_of(body)
    person = next(p for p in (candidate(body, number) for number in range(4)) if p.id == reserve)
    assembly.enrol(person)
    assembly.do("key.suspend", {"key": reserve}, person)
    delegate = delegate_of(body)
    assembly.do("key.suspend", {"key": delegate.id}, delegate)
    assert in_force(deliver(body, "seat.fill", result_of(body)))
    assert last in sits(body)
    assert reserve not in sits(body)


def test_a_reserve_does_not_sit_twice_by_an_old_certificate(north_seated: Body) -> None:
    """R-SEAT-6: with the new key by the new certificate, and with the old one by one from before it was replaced."""
    body, assembly = north_seated, north_seated.sim.bodies["assembly"]
    early = body.certificate(result_of(body))
    _, _, reserve, last = order_of(body)
    person = next(p for p in (candidate(body, number) for number in range(4)) if p.id == reserve)
    replace_at_home(body, person, NEW)
    one, two = delegate_of(body), delegate_of(body, 1)
    assembly.do("key.suspend", {"key": one.id}, one)
    assert in_force(deliver(body, "seat.fill", result_of(body)))
    assert NEW.id in sits(body)
    assembly.do("key.suspend", {"key": two.id}, two)
    assert in_force(assembly.submit("seat.fill", {"certificate": early}, body.sim.witnesses[0]))
    assert sorted(sits(body)) == sorted([NEW.id, last])


def test_nobody_sits_for_two_districts_by_replacing_a_key(north_seated: Body) -> None:
    """R-SEAT-6: a delegate of north takes over, as the new key, the key with which somebody sits for east."""
    body, east = north_seated, north_seated.sim.bodies["east"]
    delegate, other = delegate_of(body), delegate_of(east)
    act = replace_at_home(body, delegate, other)
    assert in_force(deliver(body, "seat.vacate", act))
    assert len(sits(body)) == 1
    assert sits(east) == [other.id]
    assert body.sim.bodies["assembly"].state.seated[other.id] == east.identity


def test_a_recall_reaches_the_seat_that_is_still_held_with_the_old_key(north_seated: Body) -> None:
    """R-SEAT-4: the delegate replaced the key at home and told nobody above."""
    body, delegate = north_seated, delegate_of(north_seated)
    ask = {"delegate": delegate.id, "assembly": body.sim.bodies["assembly"].identity, "reason": BLOB}
    petition = body.do("recall.petition", ask, body.clerk)
    replace_at_home(body, delegate, NEW)
    Drive(body, petition).sign(6)
    result = Polling(body, "recall", petition).hold(40, 2)
    assert delegate.id in sits(body)
    assert in_force(deliver(body, "seat.vacate", result))
    assert delegate.id not in sits(body)


def test_a_replaced_key_passes_the_seat_to_the_new_one(north_seated: Body) -> None:
    """R-SEAT-7: the same seat, the same term; the old key is dead here as there."""
    assembly, delegate = north_seated.sim.bodies["assembly"], delegate_of(north_seated)
    before = assembly.state.bodies[north_seated.identity].held[0]
    act = replace_at_home(north_seated, delegate, NEW)
    assert in_force(deliver(north_seated, "seat.vacate", act))
    after = next(s for s in assembly.state.bodies[north_seated.identity].held if s.key == NEW.id)
    assert (after.since, after.election, after.ended) == (before.since, before.election, None)
    assert len(sits(north_seated)) == 2
    assert void(assembly.submit("key.suspend", {"key": delegate.id}, delegate)) == "R-KEY-1"
    assert void(deliver(north_seated, "seat.vacate", act)) == "R-SEAT-7"
    assert void(deliver(north_seated, "seat.fill", result_of(north_seated))) == "R-SEAT-3"
    assert in_force(assembly.submit("key.suspend", {"key": NEW.id}, NEW))


def test_a_vote_by_a_stolen_key_is_void_and_the_delegate_votes(north_seated: Body) -> None:
    """R-VOTE-4: whoever stole the key voted with it before anybody noticed; one seat has one vote that counts."""
    assembly, delegate = north_seated.sim.bodies["assembly"], delegate_of(north_seated)
    motion = assembly.table()
    session = assembly.call(motion)
    assembly.sim.pass_days(8)
    people = [Person(s.name) for body in assembly.state.bodies.values() for s in body.held if s.ended is None]
    for person in people:
        assembly.do("session.attend", {"session": session}, person)
    assembly.do("session.open", {"session": session}, assembly.clerk)
    assembly.do("vote.cast", {"motion": motion, "choice": "no"}, delegate)
    act = replace_at_home(north_seated, delegate, NEW)
    assert in_force(deliver(north_seated, "seat.vacate", act))
    assert void(assembly.submit("vote.cast", {"motion": motion, "choice": "no"}, delegate)) == "R-KEY-1"
    for person in (NEW, *people):
        if person.id != delegate.id:
            assembly.do("vote.cast", {"motion": motion, "choice": "yes"}, person)
    assembly.do("motion.close", {"motion": motion}, assembly.clerk)
    votes = assembly.state.votes[motion]
    assert votes[delegate.id].label == "void"
    (decision,) = [d for d in assembly.state.decisions.values() if d.motion == motion]
    assert (decision.yes, decision.no, decision.carried) == (4, 0, True)


def test_one_delegate_never_sits_with_two_keys(north_seated: Body) -> None:
    """R-SEAT-6: old and new certificates of election and replacement, delivered in the order that suits a cheat."""
    body, assembly = north_seated, north_seated.sim.bodies["assembly"]
    one, two = delegate_of(body), delegate_of(body, 1)
    early = body.certificate(result_of(body))
    first = replace_at_home(body, one, NEW)
    third = Person("third key")
    second = replace_at_home(body, NEW, third)
    assembly.do("key.suspend", {"key": two.id}, two)
    persons = {one.id, NEW.id, third.id}
    submit = assembly.submit
    assert in_force(submit("seat.fill", {"certificate": early}, body.sim.witnesses[0]))
    assert len(persons & set(sits(body))) == 1
    assert in_force(deliver(body, "seat.vacate", first))
    assert third.id in sits(body)
    assert void(deliver(body, "seat.vacate", second)) == "R-SEAT-7"
    assert len(persons & set(sits(body))) == 1
    assembly.do("key.suspend", {"key": third.id}, third)
    for certificate in (early, body.certificate(result_of(body))):
        submit("seat.fill", {"certificate": certificate}, body.sim.witnesses[0])
        assert persons & set(sits(body)) == set()


def test_who_lost_a_key_and_the_seat_comes_back_with_a_new_key_when_a_seat_is_vacant(north_seated: Body) -> None:
    body, assembly = north_seated, north_seated.sim.bodies["assembly"]
    delegate = delegate_of(body)
    assembly.do("key.suspend", {"key": delegate.id}, delegate)
    replace_at_home(body, delegate, NEW)
    assert in_force(deliver(body, "seat.fill", result_of(body)))
    assert NEW.id in sits(body)


def test_a_delegate_s_key_is_no_matter_of_the_assembly(north_seated: Body) -> None:
    """The assembly's registrar and majority cannot put another key in a district's seat."""
    assembly, delegate = north_seated.sim.bodies["assembly"], delegate_of(north_seated)
    enrol(assembly, delegate)
    assert void(replace(assembly, key=delegate)) == "R-KEY-6"
    assert delegate.id in sits(north_seated)


def test_nobody_escapes_a_recall_by_replacing_the_key(north_seated: Body) -> None:
    """R-RECALL-1, R-RECALL-2: asked with the old key or the new one it is the same delegate, and the same seat."""
    body, delegate = north_seated, delegate_of(north_seated)
    assembly = body.sim.bodies["assembly"]
    ask = {"delegate": delegate.id, "assembly": assembly.identity, "reason": BLOB}
    petition = body.do("recall.petition", ask, body.clerk)
    act = replace_at_home(body, delegate, NEW)
    assert in_force(deliver(body, "seat.vacate", act))
    assert void(body.submit("recall.petition", ask | {"delegate": NEW.id}, body.clerk)) == "R-RECALL-2"
    drive = Drive(body, petition)
    drive.sign(6)
    result = Polling(body, "recall", petition).hold(40, 2)
    assert in_force(deliver(body, "seat.vacate", result))
    assert NEW.id not in sits(body)
    assert in_force(deliver(body, "seat.fill", result_of(body)))
    assert NEW.id not in sits(body)
