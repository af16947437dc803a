"""election.json, trustees and credentials: what is written reads, and what cannot be held is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from majlis.ballot import (
    ChoiceQuestion,
    RankedQuestion,
    check_trustees,
    derive_credential,
    format_credentials,
    format_election,
    format_trustee_key,
    format_trustees,
    make_trustee_key,
    parse_credentials,
    parse_election,
    parse_trustee_key,
    parse_trustees,
    sort_points,
)
from majlis.crypto import ED25519, NonCanonical, fingerprint
from majlis.errors import Fault, Forged, Malformed, Missing, Refused

KEY = ED25519.raise_generator(5)
UUID = "MajTestUUidxx1"
CHOICE = ChoiceQuestion(question="Q / سؤال", answers=("A", "ب"), min=0, max=2, blank=True)
RANKED = RankedQuestion(question="R", answers=("A", "B"), extra=b'{"type":"ScoreVoting"}')


def election(**changes: Any) -> bytes:
    fields: dict[str, Any] = {
        "uuid": UUID,
        "name": "n",
        "description": "d",
        "public_key": KEY,
        "questions": (CHOICE, RANKED),
    }
    return format_election(**(fields | changes))


def test_what_is_written_reads_the_same() -> None:
    raw = election(administrator="a", credential_authority="c", language=("ar", "rtl"))
    assert list(json.loads(raw)) == [
        "version",
        "description",
        "name",
        "group",
        "public_key",
        "questions",
        "uuid",
        "administrator",
        "credential_authority",
        "language",
    ]
    read = parse_election(raw)
    assert read.questions == (CHOICE, RANKED)
    assert (read.administrator, read.credential_authority, read.language) == ("a", "c", ("ar", "rtl"))
    assert read.is_ranked
    assert read.fingerprint == fingerprint(raw)
    assert not parse_election(election(questions=(CHOICE,))).is_ranked


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"uuid": "short"}, "R-BOX-15"),
        ({"uuid": "O" * 14}, "R-BOX-15"),
        ({"public_key": ED25519.identity}, "R-BOX-14"),
        ({"questions": (ChoiceQuestion(question="", answers=("A",), min=0, max=2),)}, "R-BOX-16"),
        ({"questions": (ChoiceQuestion(question="", answers=("A",), min=-1, max=1),)}, "R-BOX-16"),
        ({"questions": (ChoiceQuestion(question="", answers=("A",), min=1, max=0),)}, "R-BOX-16"),
        ({"questions": (RankedQuestion(question="", answers=("A",) * 31),)}, "R-BOX-16"),
    ],
)
def test_an_election_that_cannot_be_held_is_not_written(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(Fault) as caught:
        election(**changes)
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (b'"version":1', b'"version":2', Refused),
        (b'"version":1', b'"version":"1"', Malformed),
        (b'"min":0', b'"min":"0"', Malformed),
        (b'"NonHomomorphic"', b'"Lists"', Missing),
        (b'"blank":true', b'"blank": true', NonCanonical),
        (b'"name":"n"', b'"name":"n","extra":1', NonCanonical),
    ],
)
def test_another_text_or_another_kind_of_election(old: bytes, new: bytes, kind: type[Fault]) -> None:
    with pytest.raises(kind) as caught:
        parse_election(election().replace(old, new))
    assert caught.value.rule == "R-BOX-13"


def test_an_unknown_group_is_told() -> None:
    with pytest.raises(Refused, match="Ed448") as caught:
        parse_election(election().replace(b"Ed25519", b"Ed448"))
    assert caught.value.rule == "R-BOX-14"


def test_published_credential(formulas: dict[str, Any]) -> None:
    case = formulas["credential"]
    secret = derive_credential(case["uuid"], case["credential"])
    assert secret.reveal() == int(case["secret"])
    assert ED25519.format(ED25519.raise_generator_secretly(secret)) == case["public"]


@pytest.mark.parametrize("text", ["", "1" * 25, "11111-111111-11111-11111O", "11111-111111-11111-1111111"])
def test_a_mistyped_credential_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        derive_credential(UUID, text)


POINTS = sort_points(ED25519.raise_generator(x) for x in (3, 4, 5))


def test_the_order_of_a_list_is_that_of_its_bytes() -> None:
    assert format_credentials(reversed(POINTS)) == format_credentials(POINTS)
    read = parse_credentials(ED25519, format_credentials(POINTS))
    assert (read.total_weight, read.is_weighted) == (3, False)
    assert list(read.weights) == [ED25519.format(point) for point in POINTS]


def test_weights_are_stated_for_all_or_none() -> None:
    raw = format_credentials(POINTS, weights=dict(zip(POINTS, (0, 7, 2_000_000_000), strict=True)))
    read = parse_credentials(ED25519, raw)
    assert (list(read.weights.values()), read.total_weight, read.is_weighted) == (
        [0, 7, 2_000_000_000],
        2_000_000_007,
        True,
    )
    assert parse_credentials(ED25519, b"[]").total_weight == 0


@pytest.mark.parametrize("weight", ["", "-1", "01", "1.5", "x", "9" * 13])
def test_odd_weights_are_malformed(weight: str) -> None:
    raw = json.dumps([f"{ED25519.format(POINTS[0])},{weight}"]).encode()
    with pytest.raises(Malformed) as caught:
        parse_credentials(ED25519, raw)
    assert caught.value.rule == "R-BOX-34"


def test_lists_that_nobody_may_vote_on_are_refused() -> None:
    with pytest.raises(Refused) as caught:
        format_credentials([POINTS[0], POINTS[0]])
    assert caught.value.rule == "R-BOX-33"
    for weights in ((1, -1, 1), (10**11, 1, 0)):
        with pytest.raises(Refused) as caught:
            format_credentials(POINTS, weights=dict(zip(POINTS, weights, strict=True)))
        assert caught.value.rule == "R-BOX-34"
    raw = json.dumps([f"{ED25519.format(POINTS[0])},{10**11 + 1}"]).encode()
    with pytest.raises(Refused) as caught:
        parse_credentials(ED25519, raw)
    assert caught.value.rule == "R-BOX-34"


def test_trustees_are_numbered_in_the_order_they_were_given(material: Any) -> None:
    keys = [make_trustee_key(material.Counter(str(i)), name=f"t{i}")[1] for i in range(3)]
    read = parse_trustees(ED25519, format_trustees(keys))
    check_trustees(read)
    assert [(owner.number, owner.name) for owner in read.owners] == [(1, "t0"), (2, "t1"), (3, "t2")]
    assert read.key == ED25519.product(key.public_key for key in keys)
    assert parse_trustee_key(format_trustee_key(keys[0])) == keys[0]


def test_trustees_that_guard_nothing_are_refused(material: Any) -> None:
    _, key = make_trustee_key(material.Counter("one"))
    for keys in ([], [key, key]):
        with pytest.raises(Refused) as caught:
            format_trustees(keys)
        assert caught.value.rule == "R-BOX-20"


def test_a_trustee_key_without_its_proof_is_forged(material: Any) -> None:
    _, key = make_trustee_key(material.Counter("one"))
    text = json.loads(format_trustee_key(key))
    with pytest.raises(Forged):
        parse_trustee_key(json.dumps(text | {"public_key": ED25519.format(KEY)}, separators=(",", ":")).encode())
    signed = {"pok": text["pok"], "public_key": text["public_key"], "signature": text["pok"]}
    with pytest.raises(Malformed):
        parse_trustee_key(json.dumps(signed, separators=(",", ":")).encode())


@pytest.mark.parametrize("kind", ["Double", "single"])
def test_other_kinds_of_trustees_are_told(material: Any, kind: str) -> None:
    _, key = make_trustee_key(material.Counter("one"))
    raw = format_trustees([key]).replace(b'"Single"', f'"{kind}"'.encode())
    with pytest.raises(Refused, match=kind) as caught:
        parse_trustees(ED25519, raw)
    assert caught.value.rule == "R-BOX-20"
