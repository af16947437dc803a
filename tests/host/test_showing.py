"""Proofs of delivery from copies at hand; boxes wait for what was delivered: R-DELIVER-2, R-DELIVER-5, R-DELIVER-7."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest
from tests.institutions.polling import Members, Polling, keeper, staff
from tests.institutions.simulator import BLOB, Body, Person, Simulator, act_of, grant, in_force, void
from tests.institutions.test_delivery import batch, deliver

from majlis.errors import Missing, Refused
from majlis.host.borne_out import ReadBlob, handed_in
from majlis.host.delivery import _would_count
from majlis.host.node import Known
from majlis.host.showing import check_nothing_omitted, omitted_here, resubmission, show_delivery
from majlis.institutions import parse_act, sign_text
from majlis.institutions.delivery.omitted import omitted

STRANGER = Person("somebody")


@pytest.fixture(scope="module")
def _world() -> Simulator:
    sim = Simulator()
    for name in ("north", "east"):
        sim.confirmed(name)
    north, east = sim.bodies["north"], sim.bodies["east"]
    staff(north, east)
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


def test_a_mirror_takes_from_strangers_only_what_changes_something(signed: tuple[Body, bytes]) -> None:
    """R-DELIVER-2: acts that anybody has in force without end would use up what a mirror logs between two ticks."""
    north, entry = signed
    known = Known(identity=north.identity, slug="north", origin=north.origin, names={}, is_hosted=False)
    federation, other = north.sim.federation, north.sim.bodies["east"].identity
    endless = [
        north.write("act.deliver", {"body": other, "act": BLOB, "entry": BLOB}, STRANGER),
        north.write("tick", {"checkpoint": north.checkpoint(time=north.sim.now + 1)}, STRANGER),
    ]
    assert _would_count(federation, known, entry)
    assert in_force(north.log(entry))
    endless.append(north.write("petition.sign", parse_act(entry).data, STRANGER))
    for act in endless:
        assert not _would_count(federation, known, act)
        assert in_force(north.log(act))


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


@pytest.fixture
def objected(north: Body) -> tuple[Body, Polling, bytes]:
    """North with a closed box, and a member's objection against it that its host will not take."""
    polling = Polling(north, "motion", north.table()).prepare().open().close()
    data = {"election": polling.act, **polling.members.sign(polling.act, "objection", 3)}
    north.sim.tick()
    return north, polling, north.write("objection.raise", data, STRANGER)


def check(body: Body, polling: Polling, read: ReadBlob) -> None:
    check_nothing_omitted(body.sim.federation, body.identity, polling.act, read)


def missing(body: Body, read: ReadBlob) -> list[str]:
    return [one.act for one in omitted_here(body.sim.federation, body.identity, read)]


def test_nobody_opens_a_box_while_an_objection_that_was_delivered_is_missing(
    objected: tuple[Body, Polling, bytes],
) -> None:
    """R-DELIVER-7, also where the host has logged it too late for it to count."""
    north, polling, entry = objected
    east = north.sim.bodies["east"]
    read = blobs(entry).get
    check(north, polling, read)
    deliver(east, entry, north)
    with pytest.raises(Refused, match=f"1 objections .*{act_of(entry)[:16]}"):
        check(north, polling, read)
    assert missing(east, read) == []
    polling.wait()
    with pytest.raises(Refused, match="R-DELIVER-7"):
        check(north, polling, read)
    assert void(north.log(entry)) == "R-OBJECT-1"
    (late,) = omitted(north.state, [east.state])
    assert (late.is_late, late.act, late.mirror) == (True, act_of(entry), east.identity)
    with pytest.raises(Refused, match="R-DELIVER-7"):
        check(north, polling, {}.get)
    proof, copy = again(north, entry)
    assert in_force(north.log(proof))
    with pytest.raises(Refused, match="R-DELIVER-7"):
        check(north, polling, read)
    assert in_force(north.log(copy))
    check(north, polling, read)
    assert missing(north, read) == []


def test_a_host_that_logs_an_objection_without_its_author_has_not_logged_it(
    objected: tuple[Body, Polling, bytes],
) -> None:
    """R-DELIVER-7: with the line of somebody else alone it waits, and would for ever."""
    north, polling, entry = objected
    deliver(north.sim.bodies["east"], entry, north)
    robbed = sign_text(parse_act(entry).text, north.clerk.key)
    standing = north.log(robbed)
    assert standing is not None
    assert standing.status == "waiting"
    with pytest.raises(Refused, match="R-DELIVER-7"):
        check(north, polling, blobs(entry).get)
    assert missing(north, blobs(robbed).get) == [], "as it is there it waits here too, and nobody is accused"
    assert in_force(north.log(entry))
    check(north, polling, blobs(entry).get)


def test_a_delivery_of_nothing_stops_no_count(objected: tuple[Body, Polling, bytes]) -> None:
    """R-DELIVER-8: anybody can log an id and a hash; nobody is accused by that, and it hides no true delivery."""
    north, polling, entry = objected
    east = north.sim.bodies["east"]
    noise = north.write("census.publish", {"inhabitants": 1, "places": ["a"], "source": BLOB}, STRANGER)
    others = north.write("act.deliver", {"body": east.identity, "act": BLOB, "entry": BLOB}, north.clerk)
    for act, data in (("11" * 32, "22" * 32), (act_of(noise), sha256(noise).hexdigest()), (act_of(entry), BLOB)):
        east.do("act.deliver", {"body": north.identity, "act": act, "entry": data}, STRANGER)
    east.do("act.deliver", {"body": north.identity, "act": "33" * 32, "entry": sha256(others).hexdigest()}, STRANGER)
    read = blobs(noise, others).get
    check(north, polling, read)
    deliver(east, entry, north)
    check(north, polling, read)
    assert missing(north, read) == []
    with pytest.raises(Refused, match=f"1 objections .*{act_of(entry)[:16]}"):
        check(north, polling, blobs(noise, others, entry).get)


def test_nothing_else_keeps_a_box_shut(objected: tuple[Body, Polling, bytes]) -> None:
    """R-DELIVER-7: neither what anybody has in force, nor what somebody known signs, nor an objection that is there."""
    north, polling, entry = objected
    east = north.sim.bodies["east"]
    index = north.state.size
    assert in_force(north.log(entry))
    data = parse_act(entry).data
    flood = [
        north.write("act.deliver", {"body": east.identity, "act": BLOB, "entry": BLOB}, STRANGER),
        north.write("motion.table", {"text": BLOB, "grants": []}, north.clerk),
        north.write("objection.raise", data, STRANGER),
        north.write("objection.raise", data | {"index": 4}, STRANGER),
    ]
    for act in flood:
        deliver(east, act, north)
    read = blobs(*flood).get
    check(north, polling, read)
    assert set(missing(north, read)) == {act_of(act) for act in flood[:3]}
    assert north.state.size == index + 1


def test_what_comes_late_and_was_delivered_late_accuses_nobody(signed: tuple[Body, bytes]) -> None:
    """R-DELIVER-8: a stranger contests what bound long ago, and has that delivered; neither that its host lacks it nor
    that it calls it late says anything, whether or not the mirrors saw the delivery.
    """
    north, entry = signed
    east = north.sim.bodies["east"]
    north.sim.pass_days(9)
    decision = next(iter(north.state.decisions))
    junk = north.write("decision.contest", {"decision": decision}, STRANGER)
    read = blobs(junk, entry).get
    for act in (junk, entry):
        deliver(east, act, north)
    assert missing(north, read) == []
    assert void(north.log(junk)) == "R-PETITION-3"
    assert missing(north, read) == []
    north.sim.tick()
    assert missing(north, read) == []


def test_each_entry_is_looked_at_once_however_much_was_delivered(signed: tuple[Body, bytes]) -> None:
    north, _ = signed
    east = north.sim.bodies["east"]
    for number in range(9):
        data = {"body": north.identity, "act": f"{number:064x}", "entry": BLOB}
        east.do("act.deliver", data, STRANGER)

    class Counted(list[bytes]):
        looks = 0

        def __iter__(self) -> Iterator[bytes]:
            Counted.looks += 1
            return super().__iter__()

    entries = Counted(east.record.entries)
    assert len(list(handed_in(north.state, east.state, entries, {}.get))) == 9
    assert Counted.looks == 1
