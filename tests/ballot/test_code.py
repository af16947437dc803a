"""R-CODE-1 to R-CODE-3: codes on printed cards, typed by hand and made by two printers."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.ballot import (
    CODE_ROLL,
    Code,
    check_half,
    code_label,
    code_secret,
    draw_code,
    enrolment_point,
    format_code,
    join_codes,
    parse_code,
    prove_half,
)
from majlis.ballot.code import ALPHABET
from majlis.crypto import ED25519, ORDER, NotInGroup, PointBytes, Proof, SecretScalar
from majlis.errors import Fault, Forged, Malformed, Refused

BODY = "b0" * 32
LABEL = "ballot 21"
codes = st.builds(
    Code,
    st.sampled_from(["a", "b"]),
    st.builds(code_label, st.sampled_from(["ballot", "petition"]), st.integers(1, 999_999)),
    st.text(ALPHABET, min_size=20, max_size=20),
)


def refused(text: str, label: str = LABEL) -> Fault:
    with pytest.raises(Fault) as caught:
        parse_code(text, label)
    assert caught.value.rule == "R-CODE-1"
    return caught.value


@given(codes)
def test_a_code_reads_as_it_was_printed(code: Code) -> None:
    printed = format_code(code)
    assert [len(group) for group in printed.split("-")] == [5, 5, 5, 5, 3]
    assert not set(printed) & set("ILOU")
    assert parse_code(printed, code.label) == code
    sloppy = printed.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert parse_code(sloppy, code.label) == code
    assert parse_code(f"MAJLIS-CODE:{code.label.upper()}:{printed}", code.label) == code


def test_every_wrong_character_and_every_exchange_of_two_is_found() -> None:
    """R-CODE-1, exhausted for one code of each half."""
    for half in ("a", "b"):
        printed = format_code(Code(half, LABEL, "0123456789ABCDEFGHJK")).replace("-", "")
        for at, other in itertools.product(range(len(printed)), ALPHABET):
            if printed[at] != other:
                refused(printed[:at] + other + printed[at + 1 :])
        for one, two in itertools.combinations(range(len(printed)), 2):
            exchanged = list(printed)
            exchanged[one], exchanged[two] = printed[two], printed[one]
            if printed[one] != printed[two]:
                refused("".join(exchanged))


@given(codes, st.data())
def test_two_wrong_characters_are_found(code: Code, data: Any) -> None:
    printed = format_code(code).replace("-", "")
    one, two = data.draw(st.lists(st.integers(0, 22), min_size=2, max_size=2, unique=True))
    wrong = list(printed)
    for at in (one, two):
        wrong[at] = data.draw(st.sampled_from([each for each in ALPHABET if each != printed[at]]))
    refused("".join(wrong), code.label)


@pytest.mark.parametrize("other", ["ballot 20", "ballot 22", "ballot 19", "ballot 23", "petition 21"])
@pytest.mark.parametrize("half", ["a", "b"])
def test_the_code_of_another_vote_is_told(other: str, half: Any) -> None:
    fault = refused(format_code(Code(half, other, "ZYXWV" * 4)))
    assert isinstance(fault, Refused)
    assert f"the code for {other}" in fault.text


@pytest.mark.parametrize("text", ["", "0" * 22, "0" * 24, "U" * 23, "?" * 23, "٠" * 23, "A" * 10_000])
def test_what_is_no_code_is_malformed(text: str) -> None:
    assert isinstance(refused(text), Malformed)


@pytest.mark.parametrize("label", ["", "ballot", "ballot 0", "ballot 01", "Ballot 1", "roll", "motion 1", "ballot 1\n"])
def test_a_code_is_for_a_ballot_or_a_petition(label: str, material: Any) -> None:
    with pytest.raises(Malformed) as caught:
        parse_code("0" * 23, label)
    assert caught.value.rule == "R-CODE-1"
    with pytest.raises(Malformed):
        draw_code("a", label, material.Counter("code"))


def test_a_vote_needs_a_half_of_each_printer(material: Any) -> None:
    """R-CODE-2: neither printer knows the secret, and the order in which they are typed says nothing."""
    chance = material.Counter("halves")
    one, two = draw_code("a", LABEL, chance), draw_code("b", LABEL, chance)
    texts = [format_code(one), format_code(two)]
    secret = join_codes(texts, LABEL, BODY)
    halves = [enrolment_point(code_secret(BODY, code)) for code in (one, two)]
    assert enrolment_point(secret) == ED25519.multiply(*halves)
    assert enrolment_point(join_codes(texts[::-1], LABEL, BODY)) == enrolment_point(secret)
    for wrong in (texts[:1], [texts[0]] * 2, [*texts, texts[0]], []):
        with pytest.raises(Malformed) as caught:
            join_codes(wrong, LABEL, BODY)
        assert caught.value.rule == "R-CODE-2"
    elsewhere = join_codes(texts, LABEL, "b1" * 32)
    assert enrolment_point(elsewhere) != enrolment_point(secret)
    with pytest.raises(Malformed):
        join_codes(texts, LABEL, "B0" * 32)


def test_a_printer_proves_the_half_that_was_printed_and_no_other(material: Any) -> None:
    """R-CODE-3: else the second printer hands in X / (the first's half), and alone knows the secret of X."""
    chance = material.Counter("proof")
    secret = code_secret(BODY, draw_code("b", LABEL, chance))
    point = enrolment_point(secret)
    proof = prove_half(secret, BODY, 7, "b", LABEL, chance)
    assert check_half(BODY, 7, "b", LABEL, point, proof) == point
    first = enrolment_point(code_secret(BODY, draw_code("a", LABEL, chance)))
    chosen = ED25519.divide(enrolment_point(SecretScalar((5).to_bytes(32, "little"))), first)
    cases: list[Any] = [
        ("b1" * 32, 7, "b", LABEL, point),
        (BODY, 8, "b", LABEL, point),
        (BODY, 7, "a", LABEL, point),
        (BODY, 7, "b", "ballot 22", point),
        (BODY, 7, "b", CODE_ROLL, point),
        (BODY, 7, "b", LABEL, chosen),
    ]
    for body, serial, half, label, claimed in cases:
        with pytest.raises(Forged) as caught:
            check_half(body, serial, half, label, claimed, proof)
        assert caught.value.rule == "R-CODE-3"
    with pytest.raises(NotInGroup):
        check_half(BODY, 7, "b", LABEL, PointBytes(ED25519.identity), proof)


def test_published_codes(vectors: Any) -> None:
    published = json.loads((vectors / "code.json").read_text())
    for each in published["codes"]:
        code = Code(each["half"], each["label"], each["characters"])
        assert format_code(code) == each["printed"]
        text = f"majlis-code-1|{published['body']}|{code.half}|{code.label}|{code.text}"
        number = int.from_bytes(hashlib.sha512(text.encode()).digest(), "big") % ORDER
        assert code_secret(published["body"], code).reveal() == number == int(each["secret"])
        assert ED25519.format(enrolment_point(code_secret(published["body"], code))) == each["point"]
    joined = join_codes([each["printed"] for each in published["codes"][:2]], LABEL, published["body"])
    assert ED25519.format(enrolment_point(joined)) == published["vote_point"]
    proven, first = published["proof"], published["codes"][0]
    proof = Proof(int(proven["challenge"]), int(proven["response"]))
    check_half(published["body"], proven["serial"], "a", LABEL, ED25519.parse(first["point"]), proof)
    for wrong in published["wrong"]:
        refused(wrong["typed"], wrong["label"])
