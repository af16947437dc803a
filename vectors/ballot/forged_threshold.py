"""Boxes that break a check of threshold trustees."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from ceremony import HONEST, STRANGER
from elections import JOINT_PAYLOAD, MIXED, THRESHOLD
from material import Case, Counter, Parts, acts, assemble, broken, bumped, make_trustee_key, outside, sha, written

from majlis.ballot import format_trustee_key

Json = dict[str, Any]
CHANCE = Counter("forged threshold")


def threshold_cases() -> Iterator[Case]:
    """The set-up is broken in a box just opened, so that nothing follows from its keys; shares in a closed one."""
    archive = assemble(THRESHOLD.events())
    whole = acts(THRESHOLD, archive)
    yield Case("sound threshold", "", "valid", "two of three members opened it", archive, whole)
    mixed = assemble(MIXED.events())
    yield Case("sound mixed", "", "valid", "a choice and a ranking, threshold trustees", mixed, acts(MIXED, mixed))
    yield from unsigned_cases()
    yield from setup_cases()
    yield from act_cases()
    yield from share_cases()


def with_entry(change: Callable[[Json], None], base: Parts = THRESHOLD) -> Parts:
    """The threshold entry of the trustees payload, changed in place."""
    trustees = json.loads(JOINT_PAYLOAD)
    change(trustees[1][1])
    return replace(base, trustees=written(trustees))


def unsigned_cases() -> Iterator[Case]:
    """Keys without signatures, as tools before 3.0 wrote them."""

    def unsign(entry: Json) -> None:
        for key in entry["verification_keys"]:
            del key["signature"]

    parts = with_entry(unsign)
    archive = assemble(parts.events())
    yield Case("threshold keys unsigned", "", "valid-v1", "written by an older tool", archive, None)
    yield broken("threshold keys unsigned here", "R-BOX-27", "in an election of ours they are signed", parts)


def setup_cases() -> Iterator[Case]:
    """Each member signs again what a forger among them could sign again."""

    def case(name: str, check: str, why: str, change: Callable[[Json], None], verdict: str = "invalid") -> Case:
        return broken(name, check, why, replace(with_entry(change), ballots=(), stop="Setup"), verdict)

    def bump(proof: Json) -> None:
        proof["response"] = bumped(proof["response"])

    def signed(member: int, message: str) -> Json:
        text = HONEST.keys[member].sign(message, CHANCE)
        return {"challenge": text.signature.challenge, "response": text.signature.response}

    def certificate(change: Callable[[Json], None]) -> Callable[[Json], None]:
        """Member 1 certifies something else; and all have seen that."""

        def changed(entry: Json) -> None:
            message = json.loads(entry["certs"][0]["message"])
            change(message)
            text = written(message).decode()
            entry["certs"][0] = {"message": text, "signature": signed(1, text)}
            for member, coefexps in enumerate(entry["coefexps"], start=1):
                seen = {"certs": entry["certs"], "coefexps": json.loads(coefexps["message"])["coefexps"]}
                entry["signatures"][member - 1] = signed(member, "certs_sig|" + written(seen).decode())

        return changed

    def polynomial(change: Callable[[list[str]], None]) -> Callable[[Json], None]:
        """Member 2 shows another polynomial, and signs it."""

        def changed(entry: Json) -> None:
            points = json.loads(entry["coefexps"][1]["message"])["coefexps"]
            change(points)
            text = written({"coefexps": points}).decode()
            entry["coefexps"][1] = {"message": text, "signature": signed(2, text)}
            seen = {"certs": entry["certs"], "coefexps": points}
            entry["signatures"][1] = signed(2, "certs_sig|" + written(seen).decode())

        return changed

    def key_of_nobody(entry: Json) -> None:
        """Member 2 has a key that they know, and that is not their share."""
        _, key = make_trustee_key(CHANCE)
        text = json.loads(format_trustee_key(key))
        entry["verification_keys"][1] = text | {"signature": signed(2, text["public_key"])}

    def signed_by_stranger(entry: Json) -> None:
        text = STRANGER.sign(entry["certs"][0]["message"], CHANCE).signature
        entry["certs"][0]["signature"] = {"challenge": text.challenge, "response": text.response}

    def spaced(entry: Json) -> None:
        entry["certs"][0]["message"] = entry["certs"][0]["message"].replace(",", ", ", 1)

    yield case("threshold of four", "R-BOX-20", "four of three", lambda entry: entry.update(threshold=4))
    yield case("threshold member cut off", "R-BOX-20", "two signatures", lambda entry: entry["signatures"].pop())
    yield case(
        "threshold key outside the group",
        "R-BOX-21",
        "plus the point of order two",
        lambda entry: entry["verification_keys"][1].update(
            public_key=outside(entry["verification_keys"][1]["public_key"])
        ),
    )
    yield case(
        "encryption key outside the group",
        "R-BOX-21",
        "plus the point of order two",
        certificate(lambda message: message.update(encryption=outside(message["encryption"]))),
    )
    yield case(
        "polynomial outside the group",
        "R-BOX-21",
        "plus the point of order two",
        polynomial(lambda points: points.__setitem__(1, outside(points[1]))),
    )
    yield case(
        "threshold key without knowledge",
        "R-BOX-22",
        "the proof's response is altered",
        lambda entry: bump(entry["verification_keys"][2]["pok"]),
    )
    yield case(
        "certificate for four",
        "R-BOX-23",
        "signed for a set-up of four",
        certificate(lambda message: message["context"].update(size=4)),
    )
    yield case("certificate of a stranger", "R-BOX-23", "signed under another key", signed_by_stranger)
    yield case("certificate with a blank", "R-BOX-23", "the same in another text", spaced, "non-canonical")
    yield case("short polynomial", "R-BOX-24", "one coefficient", polynomial(lambda points: points.__delitem__(1)))
    yield case(
        "polynomial not signed",
        "R-BOX-24",
        "the response is another",
        lambda entry: bump(entry["coefexps"][2]["signature"]),
    )
    yield case("certificates not signed for", "R-BOX-25", "the response is another", lambda e: bump(e["signatures"][0]))
    yield case("threshold key of nobody", "R-BOX-26", "known, and not the member's share", key_of_nobody)
    yield case(
        "threshold key signed otherwise",
        "R-BOX-27",
        "the response is another",
        lambda entry: bump(entry["verification_keys"][1]["signature"]),
    )


def act_cases() -> Iterator[Case]:
    """The box is sound; the acts name something else."""
    opened = replace(THRESHOLD, ballots=(), stop="Setup")
    said = acts(opened, assemble(opened.events()))
    keys = said["trustee_keys"] | {"3": sha(b"another certificate")}
    polynomials = said["polynomial_commitments"] | {"3": sha(b"another polynomial")}
    yield broken(
        "another certificate signed for", "R-BOX-29", "the act of trustee 3 names another", opened, trustee_keys=keys
    )
    yield broken(
        "another polynomial committed to",
        "R-BOX-30",
        "trustee 3 had committed to another",
        opened,
        polynomial_commitments=polynomials,
    )


def share_cases() -> Iterator[Case]:
    """One member too few; and one who lies, whom nobody needs."""
    yield broken(
        "one member of two needed",
        "R-BOX-61",
        "a result without a second member's share",
        replace(THRESHOLD, shares=THRESHOLD.shares[:2]),
    )
    (_, second) = THRESHOLD.shares[1]
    yield broken(
        "false share of a third member",
        "R-BOX-60",
        "named, though two others had opened the box",
        replace(THRESHOLD, shares=(*THRESHOLD.shares, (3, second))),
    )
