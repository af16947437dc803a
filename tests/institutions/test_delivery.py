"""What a host refused was handed in elsewhere in time, and counts once shown: R-DELIVER-1, R-DELIVER-5, R-DELIVER-6."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from tests.institutions.polling import Members, Polling, keeper, trustees
from tests.institutions.simulator import BLOB, DAY, Body, Person, Simulator, act_of, grant, in_force, void

from majlis.institutions import parse_act, sign_text
from majlis.institutions.act import signature_line
from majlis.record import Note, TlogProof, cosign, format_note, format_tlog_proof, prove_inclusion

STRANGER = Person("somebody")


def deliver(mirror: Body, entry: bytes, body: Body) -> str:
    """The act is logged at the mirror; its delivery."""
    data = {"body": body.identity, "act": act_of(entry), "entry": sha256(entry).hexdigest()}
    return mirror.do("act.deliver", data, mirror.clerk)


def shown(mirror: Body, delivery: str, **how: Any) -> dict[str, str]:
    """The delivery with its proof under a checkpoint that the mirrors cosign now."""
    index = mirror.state.acts[delivery].index
    checkpoint = mirror.checkpoint(**how)
    size = int(checkpoint.split("\n")[1])
    hashes = tuple(prove_inclusion(index, size, mirror.record.tree.read))
    proof = TlogProof(index=index, hashes=hashes, checkpoint=checkpoint.encode())
    return {"entry": mirror.record.entries[index].decode(), "proof": format_tlog_proof(proof).decode()}


def again(entry: bytes, other: str) -> bytes:
    """The stranger's act with another signature beside."""
    return sign_text(parse_act(entry).text, STRANGER.key, Person(other).key)


@pytest.fixture
def contested(seated: Simulator) -> tuple[Body, Body, str, Members]:
    """North with a decision by hand, a petition against it that has its list; and its mirror, another body."""
    north, mirror = seated.bodies["north"], seated.bodies["east"]
    decision = north.hand(north.table(grant("spend.order", ceiling=1, purpose="flour", unit="SYP")))
    petition = north.do("decision.contest", {"decision": decision}, STRANGER)
    members = Members(north)
    data = {"petition": petition, "root": members.root, "listed": 60}
    north.do("petition.list", data, keeper(north), north.registrar)
    north.sim.tick()
    return north, mirror, petition, members


def batch(body: Body, petition: str, members: Members, number: int = 3) -> bytes:
    signatures = [members.sign(petition, "contest", index) for index in range(number)]
    return body.write("petition.sign", {"petition": petition, "signatures": signatures}, STRANGER)


def test_signatures_that_a_host_refused_count_once_it_is_shown_when_they_were_handed_in(
    contested: tuple[Body, Body, str, Members],
) -> None:
    north, mirror, petition, members = contested
    entry = batch(north, petition, members)
    delivery = shown(mirror, deliver(mirror, entry, north))
    decision = north.state.petitions[petition].target
    north.sim.pass_days(9)
    assert in_force(north.submit("delivery.show", delivery, STRANGER))
    assert in_force(north.log(entry))
    assert len(north.state.petitions[petition].signed) == 3
    assert north.state.decisions[decision].contested == north.state.size - 1


def test_a_host_that_logs_late_what_it_refused_voids_nothing_by_that(
    contested: tuple[Body, Body, str, Members],
) -> None:
    north, mirror, petition, members = contested
    entry = batch(north, petition, members)
    delivery = shown(mirror, deliver(mirror, entry, north))
    north.sim.pass_days(9)
    assert void(north.log(entry)) == "R-PETITION-3"
    assert void(north.log(again(entry, "one"))) == "R-PETITION-3", "nothing was shown yet, so this is a copy"
    assert north.record.findings[-1].kind == "copy"
    assert in_force(north.submit("delivery.show", delivery, STRANGER))
    standing = north.log(again(entry, "two"))
    assert in_force(standing)
    assert standing.index == north.state.size - 1
    assert north.log(entry).index == standing.index, "it has effect once"


def test_what_was_handed_in_late_stays_late(contested: tuple[Body, Body, str, Members]) -> None:
    north, mirror, petition, members = contested
    entry = batch(north, petition, members)
    act = deliver(mirror, entry, north)
    north.sim.pass_days(9)
    assert in_force(north.submit("delivery.show", shown(mirror, act), STRANGER))
    assert void(north.log(entry)) == "R-PETITION-3"


def test_nobody_keeps_a_signature_up_their_sleeve(contested: tuple[Body, Body, str, Members]) -> None:
    north, mirror, petition, members = contested
    entry = batch(north, petition, members)
    delivery = shown(mirror, deliver(mirror, entry, north))
    north.sim.pass_days(60)
    fork = north.sim.fork().bodies["north"]
    fork.do("delivery.show", delivery, STRANGER)
    assert in_force(fork.log(entry))
    north.sim.pass_days(1)
    north.do("delivery.show", delivery, STRANGER)
    assert void(north.log(entry)) == "R-PETITION-3"


def test_a_contest_itself_and_its_list_come_in_time_elsewhere(seated: Simulator) -> None:
    """The host lets nobody open the petition at all: contest, list and signatures were all handed in at the mirror."""
    north, mirror = seated.bodies["north"], seated.bodies["east"]
    decision = north.hand(north.table(grant("spend.order", ceiling=1, purpose="flour", unit="SYP")))
    north.sim.tick()
    contest = north.write("decision.contest", {"decision": decision}, STRANGER)
    members = Members(north)
    data = {"petition": act_of(contest), "root": members.root, "listed": 60}
    listed = north.write("petition.list", data, keeper(north), north.registrar)
    signed = batch(north, act_of(contest), members)
    acts = [contest, listed, signed]
    deliveries = [deliver(mirror, entry, north) for entry in acts]
    proofs = [shown(mirror, delivery) for delivery in deliveries]
    fork = north.sim.fork().bodies["north"]
    north.sim.pass_days(9)
    for entry, proof in zip(acts, proofs, strict=True):
        north.do("delivery.show", proof, STRANGER)
        assert in_force(north.log(entry))
    assert north.state.decisions[decision].contested is not None

    # The host takes them after all, in another order, so that each is about what is not there yet (R-PETITION-8).
    for entry in (signed, listed):
        assert void(fork.log(entry)) == "R-PETITION-8"
    fork.sim.pass_days(9)
    assert void(fork.log(contest)) == "R-PETITION-3"
    for entry, proof in zip(acts, proofs, strict=True):
        fork.do("delivery.show", proof, STRANGER)
        people = [Person("one").key] if entry != listed else []
        assert in_force(fork.log(entry + b"".join(signature_line(parse_act(entry).text, key) for key in people)))
    assert fork.state.decisions[decision].contested is not None


@pytest.mark.parametrize("carried", [True, False])
def test_a_late_contest_spends_nothing_twice(seated: Simulator, carried: bool) -> None:
    """R-DECIDE-10, R-FUND-6: what was ordered before is part of what the box allows, and waits for the box."""
    north, mirror = seated.bodies["north"], seated.bodies["east"]
    north.do("gift.receive", {"amount": 1_000, "unit": "SYP", "conditions": BLOB}, *north.treasurers)
    motion = north.table(grant("spend.order", ceiling=500, purpose="flour", unit="SYP"))
    decision = north.hand(motion)
    petition = north.do("decision.contest", {"decision": decision}, STRANGER)
    members = Members(north)
    data = {"petition": petition, "root": members.root, "listed": 60}
    north.do("petition.list", data, keeper(north), north.registrar)
    north.sim.tick()
    entry = batch(north, petition, members)
    delivery = shown(mirror, deliver(mirror, entry, north))
    north.sim.pass_days(9)
    flour = {"amount": 400, "unit": "SYP", "purpose": "flour"}
    order = north.do("spend.order", flour, north.clerk, cites=[decision])
    north.sim.tick()
    paying = {"order": order, "amount": 100, "payee": BLOB}
    north.do("spend.pay", paying, *north.treasurers)
    north.do("delivery.show", delivery, STRANGER)
    assert in_force(north.log(entry))
    assert north.state.decisions[decision].contested is not None
    assert void(north.submit("spend.pay", paying, *north.treasurers)) == "R-FUND-6"

    result = Polling(north, "motion", motion).hold(*((30, 5) if carried else (5, 30)))
    again = north.submit("spend.order", flour, north.clerk, cites=[result])
    rest = north.submit("spend.order", flour | {"amount": 100}, north.clerk, cites=[result])
    paid = north.submit("spend.pay", paying, *north.treasurers)
    if carried:
        assert void(again) == "R-WARRANT-4"
        assert in_force(rest)
        assert in_force(paid)
        assert north.state.decisions[result].spent == (500,)
    else:
        assert (void(again), void(rest), void(paid)) == ("R-WARRANT-3", "R-WARRANT-3", "R-FUND-6")


def test_an_objection_that_was_refused_stops_the_tally(seated: Simulator) -> None:
    north, mirror = seated.bodies["north"], seated.bodies["east"]
    polling = Polling(north, "motion", north.table()).prepare().open().close()
    data = {"election": polling.act, **polling.members.sign(polling.act, "objection", 3)}
    entry = north.write("objection.raise", data, STRANGER)
    north.sim.tick()
    delivery = shown(mirror, deliver(mirror, entry, north))
    polling.wait()
    north.do("delivery.show", delivery, STRANGER)
    assert in_force(north.log(entry))
    trustee = trustees(north)[0]
    assert void(north.submit("decryption.commit", polling.commitment(trustee), trustee)) == "R-OPEN-1"


def test_what_came_too_early_is_not_revived(seated: Simulator) -> None:
    """R-OBJECT-5 is no lateness: an objection against an open box, logged again by somebody else after the close with
    a proof that it had been handed in, stays what it was.
    """
    north, mirror = seated.bodies["north"], seated.bodies["east"]
    polling = Polling(north, "motion", north.table()).prepare().open()
    data = {"election": polling.act, **polling.members.sign(polling.act, "objection", 3)}
    entry = north.write("objection.raise", data, STRANGER)
    assert void(north.log(entry)) == "R-OBJECT-5"
    delivery = shown(mirror, deliver(mirror, entry, north))
    polling.close()
    north.do("delivery.show", delivery, STRANGER)
    assert void(north.log(again(entry, "one"))) == "R-OBJECT-5"
    assert not polling.election.objections


def test_a_late_recall_signature_waits_for_no_second_petition(seated: Simulator) -> None:
    """R-RECALL-2: while a newer petition against the delegate is open, that one is signed."""
    north, mirror = seated.bodies["north"], seated.bodies["east"]
    assembly = seated.bodies["assembly"]
    delegate = next(key for key, body in assembly.state.seated.items() if body == north.identity)
    data = {"delegate": delegate, "assembly": assembly.identity, "reason": BLOB}
    petition = north.do("recall.petition", data, STRANGER)
    members = Members(north)
    listing = {"petition": petition, "root": members.root, "listed": 60}
    north.do("petition.list", listing, keeper(north), north.registrar)
    signatures = [members.sign(petition, "recall", index) for index in range(6)]
    entry = north.write("petition.sign", {"petition": petition, "signatures": signatures}, STRANGER)
    north.sim.pass_days(50)
    delivery = shown(mirror, deliver(mirror, entry, north))
    north.sim.pass_days(11)
    north.do("delivery.show", delivery, STRANGER)
    fork = north.sim.fork().bodies["north"]
    assert in_force(fork.log(entry))
    assert fork.state.petitions[petition].passed is not None
    newer = north.do("recall.petition", data, STRANGER)
    assert void(north.log(entry)) == "R-RECALL-2"
    assert north.state.petitions[newer].passed is None


def test_a_delivery_is_shown_by_this_body_s_own_mirrors(contested: tuple[Body, Body, str, Members]) -> None:
    """R-DELIVER-5: a stranger's record with a stranger's clock makes nothing timely."""
    north, mirror, petition, members = contested
    delivery = deliver(mirror, batch(north, petition, members), north)
    good = shown(mirror, delivery)
    other = deliver(mirror, batch(mirror, petition, members), seated_other(north))
    wrong = [
        shown(mirror, delivery, witnesses=(0,)),
        shown(mirror, other),
        good | {"entry": good["entry"].replace("\n{", "\n {", 1)},
        good | {"entry": mirror.record.entries[1].decode()},
        good | {"entry": north.record.entries[-1].decode()},
        good | {"proof": ""},
        good | {"proof": shown(mirror, other)["proof"]},
        good | {"proof": good["proof"][:-30]},
    ]
    for data in wrong:
        assert void(north.submit("delivery.show", data, STRANGER)) == "R-DELIVER-5"
    assert not north.state.delivered
    later = shown(mirror, delivery, time=north.sim.now + 5 * DAY)
    for data in (later, good, later):
        assert in_force(north.submit("delivery.show", data, STRANGER))
    assert list(north.state.delivered.values()) == [north.sim.now], "the earliest time counts"


def seated_other(body: Body) -> Body:
    return body.sim.bodies["south"]


def cosigned_at(checkpoint: str, body: Body, *times: int) -> str:
    """The checkpoint with cosignatures by the first mirrors at these times, and none by others."""
    text = checkpoint.partition("\n\n")[0] + "\n"
    lines = [
        cosign(text, mirror.name, person.key, time)
        for mirror, person, time in zip(body.sim.mirrors, body.sim.witnesses, times, strict=False)
    ]
    return format_note(Note(text=text, signatures=tuple(lines))).decode()


def test_one_mirror_dates_no_delivery_back(contested: tuple[Body, Body, str, Members]) -> None:
    """R-DELIVER-5: of two middles the later; a mirror that lies makes nothing timely, and nothing too old."""
    north, mirror, petition, members = contested
    start = north.sim.now
    north.sim.pass_days(9)
    entry = batch(north, petition, members)
    delivery = shown(mirror, deliver(mirror, entry, north))
    proof, _, checkpoint = delivery["proof"].partition("\n\n")
    lies = [(start, north.sim.now), (north.sim.now, 1), (start, north.sim.now, north.sim.now)]
    for times in lies:
        told = delivery | {"proof": f"{proof}\n\n{cosigned_at(checkpoint, mirror, *times)}"}
        assert in_force(north.submit("delivery.show", told, STRANGER))
        assert north.state.delivered[act_of(entry)] == north.sim.now
    assert void(north.log(entry)) == "R-PETITION-3"


def test_an_act_for_this_very_record_is_logged_itself(contested: tuple[Body, Body, str, Members]) -> None:
    """R-DELIVER-1."""
    north, _, petition, members = contested
    entry = batch(north, petition, members)
    data = {"body": north.identity, "act": act_of(entry), "entry": BLOB}
    assert void(north.submit("act.deliver", data, north.clerk)) == "R-DELIVER-1"
