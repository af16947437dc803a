"""A key ceremony of three trustees, two of whom decrypt: every message of it, and for each lie a message that tells it.

The seeds are published, so that every program can open the letters; good for tests alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from material import Counter, bumped, outside, sha, written

from majlis.ballot import (
    Certificates,
    ChannelKey,
    Collected,
    Pedersen,
    accuse,
    certify,
    check_certificates,
    check_polynomials,
    collect,
    deal,
    draw_channel_key,
    format_parameters,
    make_input,
    polynomial_commitment,
)
from majlis.crypto import ED25519, SecretScalar, seal_envelope

SIZE, THRESHOLD = 3, 2
Json = dict[str, Any]


class Ceremony:
    """An honest ceremony, played by one chance."""

    def __init__(self, label: str, size: int = SIZE, threshold: int = THRESHOLD) -> None:
        chance = Counter(label)
        numbers = range(1, size + 1)
        self.keys: dict[int, ChannelKey] = {i: draw_channel_key(chance) for i in numbers}
        self.certificates = {
            i: certify(key, size=size, threshold=threshold, index=i, chance=chance) for i, key in self.keys.items()
        }
        self.certified: Certificates = check_certificates(self.certificates, size=size, threshold=threshold)
        self.polynomials = {i: deal(key, self.certified, i, chance) for i, key in self.keys.items()}
        self.commitments = {i: polynomial_commitment(raw) for i, raw in self.polynomials.items()}
        self.shown = check_polynomials(self.certified, self.polynomials, self.commitments)
        self.given = {i: make_input(self.certified, self.shown, i) for i in numbers}
        self.collected: dict[int, Collected] = {
            i: collect(key, self.certified, i, self.given[i], self.commitments, chance) for i, key in self.keys.items()
        }
        self.answers = {i: each.answer for i, each in self.collected.items()}
        self.entry: Pedersen = format_parameters(self.certified, self.shown, self.answers)

    @property
    def shares(self) -> dict[int, SecretScalar]:
        """The secrets with which the trustees decrypt."""
        return {i: each.share for i, each in self.collected.items()}


HONEST = Ceremony("ceremony")
STRANGER = draw_channel_key(Counter("stranger"))
CHANCE = Counter("lies")


def lies() -> Iterator[Json]:
    """Each: what is handed in instead, by whom, at which step it is found, and by which check."""
    yield from certificate_lies()
    yield from polynomial_lies()
    yield from letter_lies()
    yield from answer_lies()
    yield from accusation_cases()


def lie(name: str, step: str, check: str, trustee: int, **changed: Any) -> Json:
    """``trustee``: who lied."""
    return {"name": name, "step": step, "check": check, "trustee": trustee, **changed}


def certificate_lies() -> Iterator[Json]:
    """Step 2 finds them."""
    key = HONEST.keys[2]
    context: Json = {"group": "Ed25519", "size": SIZE, "threshold": THRESHOLD, "index": 2}
    honest = json.loads(json.loads(HONEST.certificates[2])["message"])

    def case(name: str, check: str, signer: ChannelKey = key, **changes: Any) -> Json:
        message = written(honest | changes).decode()
        text = as_text(signer.sign(message, CHANCE))
        return lie(name, "certificates", check, 2, certificates={"2": text})

    yield case("certificate for another number", "R-BOX-23", context=context | {"index": 3})
    yield case("certificate for another threshold", "R-BOX-23", context=context | {"threshold": 3})
    yield case("certificate with another field", "R-BOX-23", mood="good")
    yield case("certificate signed by a stranger", "R-BOX-23", STRANGER)
    yield case("verification key outside the group", "R-BOX-21", verification=outside(honest["verification"]))
    yield case("encryption key outside the group", "R-BOX-21", encryption=outside(honest["encryption"]))
    other = json.loads(json.loads(HONEST.certificates[1])["message"])
    yield case("encryption key of trustee 1", "R-CEREMONY-1", encryption=other["encryption"])


def polynomial_lies() -> Iterator[Json]:
    """Step 4 finds them."""
    key = HONEST.keys[2]
    honest = json.loads(HONEST.polynomials[2])
    points = json.loads(honest["coefexps"]["message"])["coefexps"]

    def case(name: str, check: str, committed: str = "", **changes: Any) -> Json:
        polynomial = honest | changes
        commitment = committed or sha(polynomial["coefexps"]["message"].encode())
        return lie(
            name,
            "polynomials",
            check,
            2,
            polynomials={"2": written(polynomial).decode()},
            commitments={"2": commitment},
        )

    def signed(points: list[str]) -> Json:
        message = written({"coefexps": points}).decode()
        seen = "certs_sig|" + written({"certs": certificates(), "coefexps": points}).decode()
        return {
            "coefexps": json.loads(as_text(key.sign(message, CHANCE))),
            "signature": json.loads(as_text(key.sign(seen, CHANCE)))["signature"],
        }

    def certificates() -> list[Json]:
        return [json.loads(raw) for raw in HONEST.certificates.values()]

    yield case("polynomial chosen after the others", "R-BOX-30", committed=sha(b"another"))
    yield case("polynomial one coefficient short", "R-BOX-24", **signed(points[:1]))
    altered = honest["coefexps"]["signature"]
    altered = altered | {"response": bumped(altered["response"])}
    yield case("polynomial not signed", "R-BOX-24", coefexps=honest["coefexps"] | {"signature": altered})
    yield case("commitment outside the group", "R-BOX-21", **signed([outside(points[0]), points[1]]))
    seen = honest["signature"] | {"response": bumped(honest["signature"]["response"])}
    yield case("other certificates seen", "R-BOX-25", signature=seen)
    yield case("one letter too few", "R-BOX-24", secrets=honest["secrets"][:2])

    def with_letter(name: str, **changes: str) -> Json:
        letter = written(json.loads(honest["secrets"][2]) | changes).decode()
        return case(name, "R-CEREMONY-3", secrets=[*honest["secrets"][:2], letter])

    yield with_letter("letter in another cipher", algorithm="AES-CCM")
    yield with_letter("letter outside the group", alpha=outside(json.loads(honest["secrets"][2])["alpha"]))
    yield with_letter("letter in capitals", data=json.loads(honest["secrets"][2])["data"].upper())


def letter_lies() -> Iterator[Json]:
    """Step 5 finds them, at trustee 3, who alone can read the letter; and the accusation shows them to all."""
    key, reader = HONEST.keys[2], HONEST.keys[3]
    honest = json.loads(HONEST.polynomials[2])

    def case(name: str, check: str, letter: str) -> Json:
        text = written(honest | {"secrets": [*honest["secrets"][:2], letter]}).decode()
        return lie(name, "collect", check, 2, reader=3, polynomials={"2": text})

    def sent(name: str, check: str, message: str, sender: ChannelKey = key) -> Json:
        return case(name, check, sender.send(reader.encryption, message, CHANCE))

    yield sent("false value", "R-CEREMONY-4", '{"secret":"12345"}')
    yield sent("value in another form", "R-CEREMONY-3", '{"secret": "12345"}')
    yield sent("value with a leading zero", "R-CEREMONY-3", '{"secret":"012345"}')
    yield sent("no value", "R-CEREMONY-3", "{}")
    yield sent("letter signed by a stranger", "R-CEREMONY-3", '{"secret":"12345"}', STRANGER)
    inside = {"recipient": ED25519.format(HONEST.keys[1].encryption), "message": '{"secret":"12345"}'}
    signed = as_text(key.sign(written(inside).decode(), CHANCE)).encode()
    alpha, beta, data = seal_envelope(reader.encryption, signed, CHANCE)
    points = {"alpha": ED25519.format(alpha), "beta": ED25519.format(beta)}
    letter = {"algorithm": "AES-GCM", **points, "data": data.hex()}
    yield case("letter written to trustee 1 and sealed again", "R-CEREMONY-3", written(letter).decode())
    to_another = json.loads(key.send(HONEST.keys[1].encryption, '{"secret":"12345"}', CHANCE))
    yield case("letter sealed for trustee 1", "R-CEREMONY-3", written(to_another).decode())
    yield case("letter passed on from trustee 1", "R-CEREMONY-3", json.loads(HONEST.polynomials[1])["secrets"][2])
    data = to_another | {"data": ""}
    yield case("empty letter", "R-CEREMONY-3", written(data).decode())


def answer_lies() -> Iterator[Json]:
    """Step 6 finds them."""
    key = HONEST.keys[2]
    honest = json.loads(HONEST.answers[2])
    public = honest["public_key"]

    def case(name: str, check: str, **changes: Any) -> Json:
        answer = honest | {"public_key": {k: v for k, v in (public | changes).items() if v is not None}}
        return lie(name, "answers", check, 2, answers={"2": written(answer).decode()})

    def altered(proof: Json) -> Json:
        return proof | {"response": bumped(proof["response"])}

    other = json.loads(HONEST.answers[1])["public_key"]
    signature = json.loads(as_text(key.sign(other["public_key"], CHANCE)))["signature"]
    yield case("key of trustee 1", "R-BOX-26", **(other | {"signature": signature}))
    yield case("key not proven", "R-BOX-22", pok=altered(public["pok"]))
    yield case("key not signed", "R-BOX-27", signature=None)
    yield case("key signed otherwise", "R-BOX-27", signature=altered(public["signature"]))
    yield case("key outside the group", "R-BOX-21", public_key=outside(public["public_key"]))


def accusation_cases() -> Iterator[Json]:
    """Everybody judges: ``trustee`` is who lied."""
    for false in list(letter_lies())[:2]:
        polynomial = false["polynomials"]["2"].encode()
        text = accuse(
            HONEST.keys[3], HONEST.certified, accuser=3, accused=2, polynomial=polynomial, chance=CHANCE
        ).decode()
        yield false | {"name": f"accusation: {false['name']}", "step": "accusation", "accusation": text}
        forged = json.loads(text)
        forged["proof"]["response"] = bumped(forged["proof"]["response"])
        yield false | {
            "name": f"accusation not proven: {false['name']}",
            "step": "accusation",
            "check": "R-CEREMONY-5",
            "trustee": 0,
            "accusation": written(forged).decode(),
        }


def as_text(signed: Any) -> str:
    """A signed statement as written."""
    proof = {"challenge": signed.signature.challenge, "response": signed.signature.response}
    return written({"message": signed.message, "signature": proof}).decode()


def files() -> dict[str, bytes]:
    """``ceremony.json``."""

    def texts(messages: dict[int, bytes]) -> dict[str, str]:
        return {str(i): raw.decode() for i, raw in messages.items()}

    whole = {
        "origin": "Made by vectors/ballot/make.py with the reference engine; the seeds are published, for tests only.",
        "notation": "Messages are JSON texts, by trustee number. A lie lists the messages that stand in the place of "
        "honest ones, the step and the check that find it, and who lied.",
        "size": SIZE,
        "threshold": THRESHOLD,
        "seeds": {str(i): key.export().decode() for i, key in HONEST.keys.items()},
        "certificates": texts(HONEST.certificates),
        "polynomials": texts(HONEST.polynomials),
        "commitments": {str(i): each for i, each in HONEST.commitments.items()},
        "inputs": texts(HONEST.given),
        "answers": texts(HONEST.answers),
        "shares": {str(i): str(share.reveal()) for i, share in HONEST.shares.items()},
        "key": ED25519.format(HONEST.entry.joint_key(ED25519)),
        "parameters": HONEST.entry.raw.decode(),
        "lies": list(lies()),
    }
    return {"ceremony.json": (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()}
