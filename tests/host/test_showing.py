"""Proofs of delivery from copies at hand; boxes wait for what was delivered: R-DELIVER-2, R-DELIVER-5, R-DELIVER-7."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest
from tests.institutions.polling import Members, keeper
from tests.institutions.simulator import BLOB, Body, Person, Simulator, act_of, grant, in_force, void
from tests.institutions.test_delivery import batch, deliver

from majlis.errors import Missing, Refused
from majlis.host.delivery import _would_count
from majlis.host.node import Known
from majlis.host.showing import check_nothing_omitted, resubmission, show_delivery
from majlis.institutions import parse_act
from majlis.institutions.delivery.omitted import omitted

STRANGER = Person("somebody")


@pytest.fixture(scope="module")
def _world() -> Simulator:
    sim = Simulator()
    for name in ("north", "east"):
        sim.confirmed(name)
    north, east = sim.bodies["north"], sim.bodies["east"]
    north.enrol(keeper(north))
    office = {"office": "list_keeper", "key": keeper(north).id, "of": east.identity, "term_days": 365}
    north.do("office.appoint", office, north.clerk, cites=[north.decide(grant("office.appoint", **office))])
    sim.pass_days(1)
    return sim


@pytest.fixture
def north(_world: Simulator) -> Body:
    return _world.fork().bodies["north"]


@pytest.fixture
def signed(north: Body) -> tuple[Body, bytes]:
    """North, and a batch of signatures against a decision that its host will not take."""
    decision = north.hand(north.table(grant("spend.order", ceiling=1, purpose="flour", unit="SYP")))
    petition = north.do("decision.contest", {"decision": decision}, STRANGER)
    members = Members(north)
    data = {"petition": petition, "root": members.root, "listed": 60}
    north.do("petition.list", data, keeper(north), north.registrar)
    north.sim.tick()
    return north, batch(north, petition, members)


def chances() -> Iterator[bytes]:
    for number in range(1000):
        yield sha256(b"chance|%d" % number).digest()


def blobs(*entries: bytes) -> dict[str, bytes]:
    """What lies beside the records."""
    return {sha256(entry).hexdigest(): entry for entry in entries}


def again(body: Body, entry: bytes) -> tuple[bytes, ...]:
    drawn = chances()
    return resubmission(body.sim.federation, body.identity, entry, lambda size: next(drawn)[:size])


def test_a_mirror_takes_what_a_member_signs_without_a_key_of_their_own(signed: tuple[Body, bytes]) -> None:
    north, entry = signed
    known = Known(identity=north.identity, slug="north", origin=north.origin, names={}, is_hosted=False)
    assert _would_count(north.sim.federation, known, entry)
    noise = north.write("census.publish", {"inhabitants": 1, "places": ["a"], "source": BLOB}, STRANGER)
    assert not _would_count(north.sim.federation, known, noise)


def test_the_proof_is_made_from_the_mirror_s_own_ticks(signed: tuple[Body, bytes]) -> None:
    north, entry = signed
    east = north.sim.bodies["east"]
    assert again(north, entry) == (entry,), "nobody has it"
    deliver(east, entry, north)
    assert again(north, entry) == (entry,), "no mirror saw it yet"
    with pytest.raises(Missing):
        show_delivery(north.sim.federation, north.identity, act_of(entry))
    north.sim.pass_days(9)
    proof, act = again(north, entry)
    assert act == entry
    assert in_force(north.log(proof))
    assert in_force(north.log(act))
    assert again(north, entry) == (entry,)


def test_an_act_that_its_host_logged_late_bears_one_more_signature(signed: tuple[Body, bytes]) -> None:
    north, entry = signed
    deliver(north.sim.bodies["east"], entry, north)
    north.sim.pass_days(9)
    assert void(north.log(entry)) == "R-PETITION-3"
    proof, act = again(north, entry)
    assert act != entry
    assert parse_act(act).text == parse_act(entry).text
    assert in_force(north.log(proof))
    assert in_force(north.log(act))


def test_nobody_opens_a_box_while_a_delivered_act_is_missing(signed: tuple[Body, bytes]) -> None:
    """R-DELIVER-7, also where the host has logged it too late for it to count."""
    north, entry = signed
    east = north.sim.bodies["east"]
    read = blobs(entry).get
    check_nothing_omitted(north.sim.federation, north.identity, read)
    deliver(east, entry, north)
    with pytest.raises(Refused, match=f"1 acts .*{act_of(entry)[:16]}"):
        check_nothing_omitted(north.sim.federation, north.identity, read)
    check_nothing_omitted(north.sim.federation, east.identity, read)
    north.sim.pass_days(9)
    proof, _ = again(north, entry)
    assert void(north.log(entry)) == "R-PETITION-3"
    (late,) = omitted(north.state, [east.state])
    assert (late.is_late, late.act, late.mirror) == (True, act_of(entry), east.identity)
    with pytest.raises(Refused, match="R-DELIVER-7"):
        check_nothing_omitted(north.sim.federation, north.identity, read)
    north.log(proof)
    check_nothing_omitted(north.sim.federation, north.identity, read)


def test_a_delivery_of_nothing_stops_no_count(signed: tuple[Body, bytes]) -> None:
    """R-DELIVER-8: anybody can log an id and a hash; nobody is accused by that, and it hides no true delivery."""
    north, entry = signed
    east = north.sim.bodies["east"]
    noise = north.write("census.publish", {"inhabitants": 1, "places": ["a"], "source": BLOB}, STRANGER)
    others = north.write("act.deliver", {"body": east.identity, "act": BLOB, "entry": BLOB}, north.clerk)
    for act, data in (("11" * 32, "22" * 32), (act_of(noise), sha256(noise).hexdigest()), (act_of(entry), BLOB)):
        east.do("act.deliver", {"body": north.identity, "act": act, "entry": data}, STRANGER)
    east.do("act.deliver", {"body": north.identity, "act": "33" * 32, "entry": sha256(others).hexdigest()}, STRANGER)
    read = blobs(noise, others).get
    check_nothing_omitted(north.sim.federation, north.identity, read)
    deliver(east, entry, north)
    check_nothing_omitted(north.sim.federation, north.identity, read)
    with pytest.raises(Refused, match=f"1 acts .*{act_of(entry)[:16]}"):
        check_nothing_omitted(north.sim.federation, north.identity, blobs(noise, others, entry).get)
