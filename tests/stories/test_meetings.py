"""Meetings that are packed, or held without notice or quorum, and the members' way to a secret ballot (betrayal 4)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.stories.play import Stage

from majlis.ballot import sign_petition
from majlis.crypto import ED25519
from majlis.demo.committee import Committee
from majlis.host.ceremony import make_listing, petition_list_data, prove_listed
from majlis.institutions.petitions import needed

GRANT = {"kind": "spend.order", "match": {"purpose": "flour", "unit": "SYP"}, "ceiling": 100}


def count(
    stage: Stage, body: Committee, session: str, motion: str, tellers: int = 3, **numbers: int
) -> tuple[str, str]:
    data = {"session": session, "motion": motion, "present": 20, "yes": 15, "no": 3, "abstain": 2} | numbers
    standing = stage.attempt(body, "decision.hand", data, *body.all("teller")[:tellers])
    return standing.status, standing.rule


@pytest.fixture(scope="module")
def called(hall: Stage) -> tuple[Committee, str, str]:
    """A meeting of the second district that was called with notice, on one motion."""
    body = hall.districts[1]
    motion = body.table("Shall we?", [GRANT])
    session = body.call(motion)
    hall.world.tick()
    hall.world.pass_days(8)
    return body, session, motion


def test_a_meeting_without_notice_decides_nothing(hall: Stage) -> None:
    body = hall.districts[2]
    motion = body.table("Quickly, before anybody hears of it", [GRANT])
    session = body.call(motion)
    hall.world.tick()
    assert count(hall, body, session, motion) == ("void", "R-DECIDE-6")
    assert motion not in {decision.motion for decision in hall.state(body).decisions.values()}


@pytest.mark.parametrize(
    ("numbers", "rule"),
    [
        ({"present": 2, "yes": 2, "no": 0, "abstain": 0}, "R-DECIDE-4"),  # Three of thirty are the quorum.
        ({"present": 45, "yes": 40}, "R-DECIDE-3"),  # More people than the roll has: strangers in the room.
        ({"present": 10, "yes": 15}, "R-DECIDE-3"),  # More hands than people.
    ],
)
def test_a_meeting_below_the_quorum_or_packed_decides_nothing(
    hall: Stage, called: tuple[Committee, str, str], numbers: dict[str, int], rule: str
) -> None:
    assert count(hall, *called, **numbers) == ("void", rule)


def test_one_teller_counts_nothing(hall: Stage, called: tuple[Committee, str, str]) -> None:
    assert count(hall, *called, tellers=1) == ("waiting", "R-ACT-7")
    assert count(hall, *called, tellers=2) == ("waiting", "R-ACT-7")


def test_what_was_not_on_the_agenda_is_not_decided(hall: Stage, called: tuple[Committee, str, str]) -> None:
    body, session, _ = called
    other = body.table("By the way", [GRANT])
    assert count(hall, body, session, other) == ("void", "R-DECIDE-2")


def contest(stage: Stage, body: Committee, decision: str) -> str:
    """As many members as are needed sign, with keys derived for this petition alone."""
    petition = body.act("decision.contest", {"decision": decision}, stage.world.courier)
    secrets = [member.for_vote(petition) for member in body.members]
    listing = make_listing(ED25519.raise_generator_secretly(secret) for secret in secrets)
    body.act("petition.list", petition_list_data(petition, listing), body.guests["list_keeper"], body.one("registrar"))
    state = stage.state(body)
    signatures = [
        prove_listed(secret, listing, petition, "contest", stage.world.chance)
        for secret in secrets[: needed(state, state.petitions[petition])]
    ]
    body.act("petition.sign", {"petition": petition, "signatures": signatures}, stage.world.courier)
    return petition


def test_a_contested_decision_goes_to_the_box_and_only_the_box_decides(stage: Stage) -> None:
    body = stage.districts[1]
    decision = stage.decide(body, GRANT, binding=False)
    motion = stage.state(body).decisions[decision].motion
    contest(stage, body, decision)
    order = {"amount": 10, "unit": "SYP", "purpose": "flour"}
    stage.world.pass_days(8)
    void = stage.attempt(body, "spend.order", order, body.one("clerk"), cites=(decision,))
    assert (void.status, void.rule) == ("void", "R-WARRANT-3")

    again = body.call(motion)
    stage.world.tick()
    stage.world.pass_days(8)
    assert count(stage, body, again, motion) == ("void", "R-DECIDE-8")

    polling = stage.poll(body, "motion", motion)
    polling.open()
    stage.world.tick()
    stage.cast(polling, [(0, 1)] * 18 + [(1, 0)] * 6)
    stage.world.pass_days(2)
    polling.close()
    stage.world.tick()
    stage.world.pass_days(4)
    result = polling.count(map)
    decided = stage.state(body).decisions[result]
    assert (decided.how, decided.yes, decided.no, decided.carried) == ("box", 6, 18, False)
    void = stage.attempt(body, "spend.order", order, body.one("clerk"), cites=(result,))
    assert (void.status, void.rule) == ("void", "R-WARRANT-3")
    assert stage.verify().ok


def test_a_petition_counts_no_member_twice_and_no_stranger(hall: Stage) -> None:
    body = hall.districts[2]
    decision = hall.decide(body, GRANT, binding=False)
    petition = body.act("decision.contest", {"decision": decision}, hall.world.courier)
    secrets = [member.for_vote(petition) for member in body.members]
    listing = make_listing(ED25519.raise_generator_secretly(secret) for secret in secrets)
    body.act("petition.list", petition_list_data(petition, listing), body.guests["list_keeper"], body.one("registrar"))

    def sign(*signatures: dict[str, Any]) -> tuple[str, str]:
        data = {"petition": petition, "signatures": list(signatures)}
        standing = hall.attempt(body, "petition.sign", data, hall.world.courier)
        return standing.status, standing.rule

    chance = hall.world.chance
    one = prove_listed(secrets[0], listing, petition, "contest", chance)
    assert sign(one) == ("in-force", "")
    assert sign(prove_listed(secrets[0], listing, petition, "contest", chance))[0] == "in-force"
    assert len(hall.state(body).petitions[petition].signed) == 1
    stranger = hall.districts[0].members[0].for_vote(petition)
    key = ED25519.format(ED25519.raise_generator_secretly(stranger))
    assert sign(one | {"key": key}) == ("void", "R-PETITION-4")
    proof = sign_petition(stranger, petition, "contest", chance)
    false = {"challenge": str(proof.challenge), "response": str(proof.response)}
    assert sign(prove_listed(secrets[1], listing, petition, "contest", chance) | false) == ("void", "R-PETITION-5")
    elsewhere = prove_listed(secrets[1], listing, petition, "recall", chance)  # Signed for something else.
    assert sign(elsewhere) == ("void", "R-PETITION-5")
    assert hall.state(body).decisions[decision].contested is None


def test_what_was_not_contested_in_time_binds(hall: Stage) -> None:
    body = hall.districts[2]
    decision = hall.decide(body, GRANT)
    standing = hall.attempt(body, "decision.contest", {"decision": decision}, hall.world.courier)
    assert (standing.status, standing.rule) == ("void", "R-PETITION-3")
