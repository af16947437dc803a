"""Decrees that circulate: a void act shown as if it counted, and certificates of what never was (betrayal 2)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.stories.play import Stage, verify_program

from majlis.institutions import Certificate
from majlis.record import Note, format_note, format_tlog_proof, parse_note, parse_tlog_proof


@pytest.fixture(scope="module")
def forged(hall: Stage) -> tuple[str, Certificate]:
    """A mandate that a district's clerk made up, under a checkpoint that mirrors cosigned: its id and certificate."""
    body = hall.districts[1]
    data = {"assembly": hall.assembly.identity, "motion": hall.sittings.second, "instruction": "no"}
    act = body.attempt("mandate.give", data, body.one("clerk"))
    hall.host.cosign(body.identity, hall.setting.witnesses)
    return act, body.certify(act)


def deliver(stage: Stage, certificate: Certificate | dict[str, Any]) -> tuple[str, str]:
    standing = stage.attempt(stage.assembly, "mandate.deliver", {"certificate": certificate}, stage.world.courier)
    return standing.status, standing.rule


def change_proof(certificate: Certificate, **changes: Any) -> Certificate:
    proof = msgspec.structs.replace(parse_tlog_proof(certificate.proof.encode()), **changes)
    return msgspec.structs.replace(certificate, proof=format_tlog_proof(proof).decode())


def test_a_void_act_presented_upward_stays_void(hall: Stage, forged: tuple[str, Certificate]) -> None:
    act, certificate = forged
    assert hall.standing(hall.districts[1], act).rule == "R-WARRANT-1"
    assert deliver(hall, certificate) == ("void", "R-CERT-5")
    instructions = hall.state(hall.assembly).instructions.get(hall.sittings.second, {})
    assert hall.districts[1].identity not in instructions


def test_a_certificate_of_something_else_is_no_warrant(hall: Stage) -> None:
    body = hall.districts[1]
    census = hall.state(body).census
    assert census is not None
    hall.world.tick()
    assert deliver(hall, body.certify(census.act)) == ("void", "R-CERT-6")


def test_a_checkpoint_without_the_mirrors_is_no_proof(hall: Stage, forged: tuple[str, Certificate]) -> None:
    """The host alone signs what it likes."""
    _, certificate = forged
    note = parse_note(parse_tlog_proof(certificate.proof.encode()).checkpoint)
    alone = format_note(Note(text=note.text, signatures=note.signatures[:1]))
    assert deliver(hall, change_proof(certificate, checkpoint=alone)) == ("void", "R-CERT-2")


def test_a_checkpoint_that_the_log_did_not_sign_is_no_proof(hall: Stage, forged: tuple[str, Certificate]) -> None:
    _, certificate = forged
    note = parse_note(parse_tlog_proof(certificate.proof.encode()).checkpoint)
    unsigned = format_note(Note(text=note.text, signatures=note.signatures[1:]))
    assert deliver(hall, change_proof(certificate, checkpoint=unsigned)) == ("void", "R-CERT-1")


def test_an_act_that_is_not_in_the_record_has_no_proof(hall: Stage, forged: tuple[str, Certificate]) -> None:
    _, certificate = forged
    assert deliver(hall, msgspec.structs.replace(certificate, leaf="ab" * 32)) == ("void", "R-CERT-4")
    assert deliver(hall, msgspec.structs.replace(certificate, act="cd" * 32)) == ("void", "R-CERT-4")


def test_a_real_proof_does_not_carry_another_act(hall: Stage, forged: tuple[str, Certificate]) -> None:
    """The proof of a decision that was taken, with the id of the mandate that was made up."""
    body = hall.districts[1]
    real = body.certify(body.decisions[0])
    assert deliver(hall, msgspec.structs.replace(real, act=forged[0])) == ("void", "R-CERT-4")


def test_a_certificate_of_nobody_at_hand_is_missing_and_not_void(stage: Stage) -> None:
    """Whoever is cut off says that something is missing; who has everything can judge."""
    body = stage.districts[1]
    mandate = {"assembly": stage.assembly.identity, "motion": stage.sittings.second, "instruction": "no"}
    decision = stage.decide(body, {"kind": "mandate.give", "match": mandate})
    act = body.act("mandate.give", mandate, body.one("clerk"), cites=(decision,))
    stage.world.tick()
    later = stage.assembly.table("Something else", [])
    assert stage.state(stage.assembly).acts[later].status == "in-force"
    assert deliver(stage, body.certify(act))[0] == "in-force"
    public = stage.publish(bodies=[other for other in stage.bodies.values() if other is not body])
    code, said = verify_program(public, "--trust", stage.play.trust)
    assert (code, said["verdict"]) == (3, "incomplete")
    assert {"R-CERT-7", "R-ACT-13"} == {finding["rule"] for finding in said["findings"] if finding["kind"] == "missing"}
