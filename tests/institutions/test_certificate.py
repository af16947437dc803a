"""R-CERT: an act of another body is a warrant only with its whole proof, and only if it is in force there."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.polling import publish
from tests.institutions.simulator import BLOB, Body, Simulator, act_of, in_force, void

from majlis.errors import Missing
from majlis.host.federation import Federation, Record
from majlis.institutions import NoEvidence, fold, sign_text
from majlis.institutions.evidence import BoxClaim
from majlis.institutions.state import Standing


@pytest.fixture
def two() -> tuple[Body, Body]:
    """North, whose clerk has published a count, and east, whose counter may countersign it."""
    sim = Simulator()
    north, east = sim.confirmed("north"), sim.confirmed("east")
    publish(north, 20_000)
    return north, east


def countersign(north: Body, east: Body, certificate: dict[str, Any]) -> Standing:
    """North's record is shown the certificate, as the warrant of east's counter."""
    data = {"figure": north.state.census.act, "inhabitants": 20_000, "certificate": certificate}
    return north.submit("census.countersign", data, east.counter, north.clerk)


def refused(two: tuple[Body, Body], **changes: Any) -> str:
    """The rule by which a certificate with some parts changed is void; unchanged it is in force."""
    north, east = two
    good = east.certificate(east.identity)
    fork = north.sim.fork()
    assert in_force(countersign(fork.bodies["north"], fork.bodies["east"], good))
    return void(countersign(north, east, good | changes))


def test_a_certificate_comes_from_another_body(two: tuple[Body, Body]) -> None:
    north, east = two
    assert void(countersign(north, east, north.certificate(north.identity))) == "R-CERT-1"


def test_a_certificate_holds_a_proof_signed_by_the_sender_s_log(two: tuple[Body, Body]) -> None:
    _, east = two
    proof = east.certificate(east.identity)["proof"]
    assert refused(two, proof="") == "R-CERT-1"
    assert refused(two, proof=proof.replace("c2sp.org", "majlis.example")) == "R-CERT-1"
    assert refused(two, proof=proof.replace("index 0", "index 00")) == "R-CERT-1"
    assert refused(two, proof=proof.replace(f"\n{len(east.record.entries)}\n", "\n99\n")) == "R-CERT-1"


def test_other_bodies_act_only_on_what_is_safe(two: tuple[Body, Body]) -> None:
    _, east = two
    assert refused(two, proof=east.certificate(east.identity, witnesses=(1,))["proof"]) == "R-CERT-2"
    proof = east.certificate(east.identity)["proof"]
    later = east.certificate(east.identity, time=east.sim.now + 1)["proof"]
    mixed = [*proof.splitlines()[:-1], proof.splitlines()[-1][:70] + later.splitlines()[-1][70:]]
    assert refused(two, proof="\n".join(mixed) + "\n") == "R-CERT-2"


def test_the_proof_is_of_the_act_that_is_named(two: tuple[Body, Body]) -> None:
    _, east = two
    roll = east.state.roll.act
    assert refused(two, leaf=BLOB) == "R-CERT-4"
    assert refused(two, act=roll) == "R-CERT-4"
    assert refused(two, act="ef" * 32) == "R-CERT-4"
    elsewhere = east.certificate(roll)
    assert refused(two, proof=elsewhere["proof"], leaf=elsewhere["leaf"]) == "R-CERT-4"


def test_a_proof_of_the_place_where_an_act_still_waited_does_not_do(two: tuple[Body, Body]) -> None:
    north, east = two
    gift = {"amount": 5, "unit": "SYP", "conditions": BLOB}
    written = east.write("gift.receive", gift, *east.treasurers)
    text, _, _ = written.rpartition(b"\n\n")
    waiting = east.state.size
    east.log(sign_text(text + b"\n", east.treasurers[0].key))
    east.log(written)
    act = act_of(written)
    assert void(countersign(north, east, east.certificate(act, index=waiting))) == "R-CERT-4"
    assert void(countersign(north, east, east.certificate(act))) == "R-CERT-6"


def test_a_void_act_stays_void_wherever_it_is_carried(two: tuple[Body, Body]) -> None:
    north, east = two
    written = east.write("office.appoint", {}, east.clerk)
    assert void(east.log(written)) == "R-ACT-9"
    assert void(countersign(north, east, east.certificate(act_of(written)))) == "R-CERT-5"
    waiting = east.write("gift.receive", {"amount": 5, "unit": "SYP", "conditions": BLOB}, east.treasurers[0])
    assert east.log(waiting).status == "waiting"
    assert void(countersign(north, east, east.certificate(act_of(waiting)))) == "R-CERT-5"
    assert in_force(countersign(north, east, east.certificate(east.identity)))


def test_a_certificate_of_something_else_is_no_warrant_here(two: tuple[Body, Body]) -> None:
    north, east = two
    assert void(countersign(north, east, east.certificate(east.state.roll.act))) == "R-CERT-6"
    assert in_force(countersign(north, east, east.certificate(east.identity)))


def test_another_branch_at_hand_is_no_reason_to_call_an_act_void(two: tuple[Body, Body]) -> None:
    """Readers who hold different branches of a forked record must not fall apart: they find something missing."""
    north, east = two
    branch = east.sim.fork().bodies["east"]
    branch.tick()
    east.table()
    standing = countersign(north, east, branch.certificate(branch.identity))
    assert (standing.status, standing.rule) == ("missing", "R-CERT-3")


def test_a_record_that_is_not_at_hand_is_missing_and_what_rests_on_it_too(two: tuple[Body, Body]) -> None:
    north, east = two
    certificate = east.certificate(east.identity)
    entries = list(north.record.entries)
    assert in_force(countersign(north, east, certificate))
    judged = north.record.entries[-1]
    for federation in (Federation(), short(east, 3)):
        federation.records[north.identity] = Record([*entries, judged])
        state = federation.fold(north.identity)
        standing = state.acts[act_of(judged)]
        assert (standing.status, standing.rule) == ("missing", "R-CERT-7")
        assert state.missing == len(entries)


def short(body: Body, size: int) -> Federation:
    """A reader who has a record only up to some entry."""
    federation = Federation()
    federation.records[body.identity] = Record(body.record.entries[:size])
    return federation


def test_a_record_that_founds_nothing_is_missing(two: tuple[Body, Body]) -> None:
    north, east = two
    east.record.entries[0] = b"overwritten\n"
    east.record.states = east.record.states[:1]
    standing = countersign(north, east, east.certificate("", index=0) | {"act": east.identity})
    assert (standing.status, standing.rule) == ("missing", "R-CERT-7")


def test_what_was_missing_is_not_judged_later_at_another_place(two: tuple[Body, Body]) -> None:
    north, east = two
    data = {"figure": north.state.census.act, "inhabitants": 20_000, "certificate": east.certificate(east.identity)}
    entry = north.write("census.countersign", data, east.counter, north.clerk)
    hidden = north.sim.federation.records.pop(east.identity)
    assert north.log(entry).status == "missing"
    north.sim.federation.records[east.identity] = hidden
    assert north.log(entry).status == "missing"
    again = Federation()
    for body in (north, east):
        again.add(body.record.entries)
    assert again.fold(north.identity).acts[act_of(entry)].status == "in-force"


def test_what_rests_on_a_record_with_a_hole_is_missing(two: tuple[Body, Body]) -> None:
    """East's own record needs a third one: until it is at hand nobody can say what is in force in east."""
    north, east = two
    south = north.sim.confirmed("south")
    publish(east, 10_000)
    assert in_force(countersign(east, south, south.certificate(south.identity)))
    certificate = east.certificate(east.identity)
    assert in_force(countersign(north, east, certificate))
    reader = Federation()
    for body in (north, east):
        reader.add(body.record.entries)
    standing = reader.fold(north.identity).acts[act_of(north.record.entries[-1])]
    assert (standing.status, standing.rule) == ("missing", "R-CERT-7")


def test_a_forged_certificate_is_void_even_where_nothing_is_at_hand(two: tuple[Body, Body]) -> None:
    """Else anybody could make every reader's copy incomplete by delivering rubbish."""
    north, east = two
    proof = east.certificate(east.identity, witnesses=())["proof"]
    del east.record.entries[1:]
    east.record.states = east.record.states[:2]
    standing = countersign(north, east, {"body": east.identity, "act": BLOB, "leaf": BLOB, "proof": proof})
    assert void(standing) == "R-CERT-2"


def test_one_record_alone_is_evidence_for_nothing() -> None:
    nothing = NoEvidence()
    claim = BoxClaim(
        uuid="u",
        paper=b"",
        trustees=(),
        shuffles=(),
        shufflers=0,
        credentials="",
        list_root="",
        voters=0,
        head="",
        heads=(),
        min_ballots=20,
    )
    for ask, rule in (
        (lambda: nothing.founding(BLOB), "R-CERT-7"),
        (lambda: nothing.state(BLOB, 1, BLOB), "R-CERT-7"),
        (lambda: nothing.box(claim), "R-RESULT-4"),
    ):
        with pytest.raises(Missing) as caught:
            ask()
        assert caught.value.rule == rule


def test_a_committee_folds_alone_as_far_as_it_goes(two: tuple[Body, Body]) -> None:
    north, _ = two
    state = north.record.states[0]
    for entry in north.record.entries:
        state, _ = fold(state, entry, NoEvidence())
    assert state == north.state


def test_after_a_hole_nothing_is_called_void(two: tuple[Body, Body]) -> None:
    """What the hole hides may be just what an act needed."""
    north, east = two
    certificate = east.certificate(east.identity)
    del north.sim.federation.records[east.identity]
    assert countersign(north, east, certificate).status == "missing"
    order = north.submit("spend.order", {"amount": 9, "unit": "SYP", "purpose": "flour"}, north.clerk)
    assert (order.status, order.rule) == ("missing", "R-ACT-13")
    assert "R-WARRANT-1" in order.text
