"""Threshold keys: any t of n, step by step from files; every lie is found where it can be, and the liar named.

R-CEREMONY-1 to R-CEREMONY-6, and of the published checks those that trustees make before they answer.
"""

from __future__ import annotations

import copy
import json
import pickle
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from majlis.ballot import (
    ChannelKey,
    Collected,
    accuse,
    certificate_commitment,
    certify,
    check_accusation,
    check_certificates,
    check_finished,
    check_parameters,
    check_polynomials,
    collect,
    deal,
    draw_channel_key,
    format_parameters,
    make_input,
    make_trustee_key,
    may_show,
    open_share,
    polynomial_commitment,
)
from majlis.ballot.trustees import check_trustees, format_trustees, parse_trustees
from majlis.crypto import ED25519, combine_powers
from majlis.errors import Fault, Forged, Malformed, Missing, Refused

VECTORS = Path(__file__).resolve().parent.parent.parent / "vectors" / "ballot"
VECTOR: dict[str, Any] = json.loads((VECTORS / "ceremony.json").read_text())
SIZE, THRESHOLD = VECTOR["size"], VECTOR["threshold"]
LIES: list[dict[str, Any]] = VECTOR["lies"]


def messages(field: str, lie: dict[str, Any] | None = None) -> dict[int, bytes]:
    """The honest messages, by number, with those of a liar in their place."""
    return {int(i): text.encode() for i, text in (VECTOR[field] | (lie or {}).get(field, {})).items()}


def commitments(lie: dict[str, Any] | None = None) -> dict[int, str]:
    """What was logged: of the polynomials that are shown, unless the lie is about that."""
    logged = {i: polynomial_commitment(raw) for i, raw in messages("polynomials", lie).items()}
    return logged | {int(i): each for i, each in (lie or {}).get("commitments", {}).items()}


KEYS = {int(i): ChannelKey(seed.encode()) for i, seed in VECTOR["seeds"].items()}
CERTIFIED = check_certificates(messages("certificates"), size=SIZE, threshold=THRESHOLD)
SHOWN = check_polynomials(CERTIFIED, messages("polynomials"), commitments())


def nothing(_: int) -> bytes:
    raise AssertionError("a lie is answered with nothing")


def test_the_published_ceremony() -> None:
    """Each step again from the files: everything that is not drawn comes out the same."""
    assert {str(i): each for i, each in commitments().items()} == VECTOR["commitments"]
    for i, key in KEYS.items():
        may_show(CERTIFIED, i, messages("polynomials")[i], commitments())
        given = make_input(CERTIFIED, SHOWN, i)
        assert given.decode() == VECTOR["inputs"][str(i)]
        answer = messages("answers")[i]
        assert str(open_share(key, answer).reveal()) == VECTOR["shares"][str(i)]
        check_finished(CERTIFIED, i, given, answer, VECTOR["parameters"].encode())
    entry = format_parameters(CERTIFIED, SHOWN, messages("answers"))
    assert entry.raw.decode() == VECTOR["parameters"]
    assert ED25519.format(entry.joint_key(ED25519)) == VECTOR["key"]
    for member, certificate in zip(entry.members, messages("certificates").values(), strict=True):
        assert member.commitment == certificate_commitment(certificate)


def test_any_t_of_n_hold_the_key(making: Any) -> None:
    """Every t of n up to four: those t have the joint key, and one fewer have another."""
    for size in range(1, 5):
        for threshold in range(1, size + 1):
            held = making("ceremony").Ceremony(f"{threshold} of {size}", size, threshold)
            trustees = parse_trustees(ED25519, format_trustees([held.entry]))
            check_trustees(trustees)
            powers = {i: ED25519.raise_generator_secretly(share) for i, share in held.shares.items()}
            assert [owner.public_key for owner in trustees.owners] == list(powers.values())
            for count in {threshold - 1, threshold, size}:
                for members in combinations(powers, count):
                    found = combine_powers(ED25519, {i: powers[i] for i in members})
                    assert (found == trustees.key) == (count >= threshold)


def test_a_trustee_comes_back_after_days_with_nothing_but_the_seed_and_files(material: Any) -> None:
    """The share that is collected again is the same, though the letters around it are drawn anew."""
    again = ChannelKey(KEYS[1].export())
    given = make_input(CERTIFIED, SHOWN, 1)
    collected = collect(again, CERTIFIED, 1, given, commitments(), material.Counter("later"))
    assert isinstance(collected, Collected)
    assert collected.share.reveal() == int(VECTOR["shares"]["1"])
    assert collected.answer != messages("answers")[1]
    answers = messages("answers") | {1: collected.answer}
    entry = format_parameters(CERTIFIED, SHOWN, answers)
    check_finished(CERTIFIED, 1, given, collected.answer, entry.raw)
    with pytest.raises(Forged) as caught:
        check_finished(CERTIFIED, 1, given, collected.answer, VECTOR["parameters"].encode())
    assert caught.value.rule == "R-CEREMONY-6"


def found_at(step: str) -> list[Any]:
    return [pytest.param(lie, id=lie["name"]) for lie in LIES if lie["step"] == step]


@pytest.mark.parametrize("lie", found_at("certificates"))
def test_a_false_certificate_is_named(lie: dict[str, Any]) -> None:
    with pytest.raises(Fault) as caught:
        check_certificates(messages("certificates", lie), size=SIZE, threshold=THRESHOLD)
    assert (caught.value.rule, caught.value.where) == (lie["check"], f"trustee {lie['trustee']}")


@pytest.mark.parametrize("lie", found_at("polynomials"))
def test_a_false_polynomial_is_named_by_everybody(lie: dict[str, Any]) -> None:
    with pytest.raises(Fault) as caught:
        check_polynomials(CERTIFIED, messages("polynomials", lie), commitments(lie))
    assert (caught.value.rule, caught.value.where) == (lie["check"], f"trustee {lie['trustee']}")


@pytest.mark.parametrize("lie", [each for each in found_at("polynomials") if "letter" not in each.id])
def test_a_false_polynomial_is_named_by_a_trustee_who_is_only_given_it(lie: dict[str, Any]) -> None:
    """Whoever routes the messages need not be believed."""
    given = json.loads(make_input(CERTIFIED, SHOWN, 1))
    false = json.loads(lie["polynomials"]["2"])
    given["coefexps"][1], given["signatures"][1] = false["coefexps"], false["signature"]
    with pytest.raises(Fault) as caught:
        collect(KEYS[1], CERTIFIED, 1, dumped(given), commitments(lie), nothing)
    assert (caught.value.rule, caught.value.where) == (lie["check"], f"trustee {lie['trustee']}")


@pytest.mark.parametrize("lie", found_at("collect"))
def test_a_false_letter_is_named_by_its_reader_alone(lie: dict[str, Any], material: Any) -> None:
    """Nothing is answered; the others see nothing wrong; and the accusation shows everybody what the reader saw."""
    polynomials, reader = messages("polynomials", lie), lie["reader"]
    shown = check_polynomials(CERTIFIED, polynomials, commitments(lie))
    with pytest.raises(Fault) as caught:
        collect(KEYS[reader], CERTIFIED, reader, make_input(CERTIFIED, shown, reader), commitments(lie), nothing)
    assert (caught.value.rule, caught.value.where) == (lie["check"], f"trustee {lie['trustee']}")
    collect(KEYS[1], CERTIFIED, 1, make_input(CERTIFIED, shown, 1), commitments(lie), material.Counter("others"))
    accusation = accuse(
        KEYS[reader],
        CERTIFIED,
        accuser=reader,
        accused=lie["trustee"],
        polynomial=polynomials[lie["trustee"]],
        chance=material.Counter("accuse"),
    )
    fault = check_accusation(CERTIFIED, polynomials[lie["trustee"]], accusation, accuser=reader, accused=lie["trustee"])
    assert (fault.rule, fault.where) == (lie["check"], f"trustee {lie['trustee']}")


@pytest.mark.parametrize("lie", found_at("answers"))
def test_a_false_answer_is_named(lie: dict[str, Any]) -> None:
    with pytest.raises(Fault) as caught:
        format_parameters(CERTIFIED, SHOWN, messages("answers", lie))
    assert (caught.value.rule, caught.value.where) == (lie["check"], f"trustee {lie['trustee']}")


@pytest.mark.parametrize("lie", found_at("accusation"))
def test_published_accusations(lie: dict[str, Any]) -> None:
    polynomial = lie["polynomials"]["2"].encode()
    if lie["trustee"]:
        fault = check_accusation(CERTIFIED, polynomial, lie["accusation"].encode(), accuser=3, accused=2)
        assert (fault.rule, fault.where) == (lie["check"], f"trustee {lie['trustee']}")
        return
    with pytest.raises(Fault) as caught:
        check_accusation(CERTIFIED, polynomial, lie["accusation"].encode(), accuser=3, accused=2)
    assert caught.value.rule == lie["check"]


def test_a_false_accusation_falls_back_on_the_accuser(material: Any) -> None:
    """The proof holds, and what it opens is right: the accuser showed their own value for nothing."""
    polynomial, chance = messages("polynomials")[2], material.Counter("false accusation")
    with pytest.raises(Refused, match="is right") as caught:
        accuse(KEYS[3], CERTIFIED, accuser=3, accused=2, polynomial=polynomial, chance=chance)
    assert (caught.value.rule, caught.value.where) == ("R-CEREMONY-5", "trustee 3")


def accusation_of(lie: dict[str, Any], **changes: Any) -> bytes:
    return dumped(json.loads(lie["accusation"]) | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"accuser": 1},
        {"accuser": 0},
        {"accuser": 4},
        {"accused": 0},
        {"accused": 4},
        {"accused": 1},
        {"polynomial": "0" * 64},
        {"opened": "7" + "f" * 61 + "ec"},
        {"opened": ED25519.format(ED25519.generator)},
        {"mood": "angry"},
    ],
    ids=str,
)
def test_an_accusation_is_for_one_letter_and_proven(changes: dict[str, Any]) -> None:
    (lie, *_) = [each for each in LIES if each["step"] == "accusation" and each["trustee"]]
    with pytest.raises(Fault) as caught:
        check_accusation(
            CERTIFIED, lie["polynomials"]["2"].encode(), accusation_of(lie, **changes), accuser=3, accused=2
        )
    assert caught.value.rule == "R-CEREMONY-5"


def test_an_accusation_about_a_letter_that_is_not_there(material: Any) -> None:
    polynomial = json.loads(messages("polynomials")[2])
    polynomial["secrets"].pop()
    raw, chance = dumped(polynomial), material.Counter("no letter")
    with pytest.raises(Refused) as caught:
        accuse(KEYS[3], CERTIFIED, accuser=3, accused=2, polynomial=raw, chance=chance)
    assert caught.value.rule == "R-CEREMONY-5"


def test_an_accused_polynomial_that_is_false_for_all_is_named_too(material: Any) -> None:
    """What everybody could see is found before the letter is asked for."""
    (lie, *_) = [each for each in LIES if each["step"] == "accusation" and each["trustee"]]
    (open_lie,) = [each for each in LIES if each["name"] == "polynomial not signed"]
    false = json.loads(lie["polynomials"]["2"]) | {"coefexps": json.loads(open_lie["polynomials"]["2"])["coefexps"]}
    accusation = accuse(
        KEYS[3], CERTIFIED, accuser=3, accused=2, polynomial=dumped(false), chance=material.Counter("accuse again")
    )
    fault = check_accusation(CERTIFIED, dumped(false), accusation, accuser=3, accused=2)
    assert (fault.rule, fault.where) == ("R-BOX-24", "trustee 2")


@pytest.mark.parametrize("lacking", [{1}, {2, 3}, {1, 2, 3}])
def test_whoever_is_not_there_is_named(lacking: set[int]) -> None:
    def without(found: dict[int, Any]) -> dict[int, Any]:
        return {i: each for i, each in found.items() if i not in lacking}

    names = ", ".join(map(str, sorted(lacking)))
    steps: list[tuple[Any, str]] = [
        (
            lambda: check_certificates(without(messages("certificates")), size=SIZE, threshold=THRESHOLD),
            "R-CEREMONY-1",
        ),
        (lambda: check_polynomials(CERTIFIED, without(messages("polynomials")), commitments()), "R-CEREMONY-1"),
        (lambda: check_polynomials(CERTIFIED, messages("polynomials"), without(commitments())), "R-CEREMONY-2"),
        (lambda: may_show(CERTIFIED, 1, messages("polynomials")[1], without(commitments())), "R-CEREMONY-2"),
        (
            lambda: collect(KEYS[1], CERTIFIED, 1, make_input(CERTIFIED, SHOWN, 1), without(commitments()), nothing),
            "R-CEREMONY-2",
        ),
        (lambda: format_parameters(CERTIFIED, SHOWN, without(messages("answers"))), "R-CEREMONY-1"),
    ]
    for step, rule in steps:
        with pytest.raises(Missing, match=f"of trustee {names}: ") as caught:
            step()
        assert caught.value.rule == rule


def test_nobody_takes_part_who_is_not_of_it() -> None:
    more = messages("certificates") | {4: messages("certificates")[1]}
    with pytest.raises(Refused, match="not 4") as caught:
        check_certificates(more, size=SIZE, threshold=THRESHOLD)
    assert caught.value.rule == "R-CEREMONY-1"


def test_no_polynomial_is_shown_but_the_one_committed_to(material: Any) -> None:
    """A second one, drawn after the commitment, stays in the drawer."""
    second = deal(KEYS[1], CERTIFIED, 1, material.Counter("second thoughts"))
    with pytest.raises(Refused) as caught:
        may_show(CERTIFIED, 1, second, commitments())
    assert (caught.value.rule, caught.value.where) == ("R-CEREMONY-2", "trustee 1")


@pytest.mark.parametrize(("size", "threshold"), [(0, 0), (3, 0), (3, 4), (1, -1)])
def test_an_impossible_number_of_trustees(size: int, threshold: int) -> None:
    with pytest.raises(Refused) as caught:
        certify(KEYS[1], size=size, threshold=threshold, index=1, chance=nothing)
    assert caught.value.rule == "R-CEREMONY-1"
    with pytest.raises(Refused) as caught:
        check_certificates({}, size=size, threshold=threshold)
    assert caught.value.rule == "R-CEREMONY-1"


@pytest.mark.parametrize("index", [-1, 0, 4])
def test_a_number_that_nobody_has(index: int) -> None:
    with pytest.raises(Refused) as caught:
        certify(KEYS[1], size=SIZE, threshold=THRESHOLD, index=index, chance=nothing)
    assert caught.value.rule == "R-CEREMONY-1"


@pytest.mark.parametrize("index", [-2, 0, 2, 4])
def test_a_trustee_acts_under_their_own_number_only(index: int) -> None:
    given = make_input(CERTIFIED, SHOWN, 1)
    for step in (
        lambda: deal(KEYS[1], CERTIFIED, index, nothing),
        lambda: collect(KEYS[1], CERTIFIED, index, given, commitments(), nothing),
    ):
        with pytest.raises(Refused) as caught:
            step()
        assert (caught.value.rule, caught.value.where) == ("R-CEREMONY-1", f"trustee {index}")


@pytest.mark.parametrize(
    "change",
    [
        lambda given: given.update(polynomial=json.loads(VECTOR["polynomials"]["2"])["polynomial"]),
        lambda given: given["secrets"].pop(),
        lambda given: given["coefexps"].pop(),
        lambda given: given["signatures"].pop(),
        lambda given: given.update(mood="good"),
    ],
)
def test_what_a_trustee_is_given_is_looked_at_as_well(change: Any) -> None:
    given = json.loads(make_input(CERTIFIED, SHOWN, 1))
    change(given)
    with pytest.raises(Fault) as caught:
        collect(KEYS[1], CERTIFIED, 1, dumped(given), commitments(), nothing)
    assert caught.value.rule in {"R-CEREMONY-3", "R-CEREMONY-6"}


def test_another_polynomial_that_is_ours_does_not_pass_as_this_one(material: Any) -> None:
    """Sealed to oneself and signed by oneself, and yet from another evening."""
    other = json.loads(deal(KEYS[1], CERTIFIED, 1, material.Counter("another evening")))
    given = json.loads(make_input(CERTIFIED, SHOWN, 1)) | {"polynomial": other["polynomial"]}
    with pytest.raises(Forged) as caught:
        collect(KEYS[1], CERTIFIED, 1, dumped(given), commitments(), nothing)
    assert caught.value.rule == "R-CEREMONY-6"


@pytest.mark.parametrize("answer", [b"{}", b"", VECTOR["answers"]["2"].encode()])
def test_a_share_is_opened_from_ones_own_answer_only(answer: bytes) -> None:
    with pytest.raises(Fault) as caught:
        open_share(KEYS[1], answer)
    assert caught.value.rule == "R-CEREMONY-3"


def test_a_published_set_up_that_is_none_of_ours(making: Any) -> None:
    """Sound in itself, and signed by the same keys for the same certificates; or not even readable."""
    given, answer = make_input(CERTIFIED, SHOWN, 1), messages("answers")[1]
    other = making("ceremony").Ceremony("another ceremony").entry
    check_parameters(other.raw)
    for raw, kind, rule in ((other.raw, Forged, "R-CEREMONY-6"), (b"{}", Malformed, "R-BOX-20")):
        with pytest.raises(kind) as caught:
            check_finished(CERTIFIED, 1, given, answer, raw)
        assert caught.value.rule == rule


def test_single_and_threshold_trustees_make_one_payload(making: Any, material: Any) -> None:
    _, single = make_trustee_key(material.Counter("server"))
    first, second = making("ceremony").HONEST.entry, making("ceremony").Ceremony("second").entry
    trustees = parse_trustees(ED25519, format_trustees([single, first, second]))
    check_trustees(trustees)
    assert [entry.owners for entry in trustees.entries] == [(1,), (2, 3, 4), (5, 6, 7)]
    assert trustees.key == ED25519.product([single.public_key, first.joint_key(ED25519), second.joint_key(ED25519)])
    for twice in ([first, single, first], [single, single]):
        with pytest.raises(Refused) as caught:
            format_trustees(twice)
        assert caught.value.rule == "R-BOX-20"


def test_published_channel_key(formulas: dict[str, Any], material: Any) -> None:
    case = formulas["channel_keys"]
    key = ChannelKey(case["seed"].encode())
    assert ED25519.format(key.verification) == case["verification"]
    assert ED25519.format(key.encryption) == case["encryption"]
    assert key.export() == case["seed"].encode()
    drawn = draw_channel_key(material.Counter("seed")).export()
    assert re.fullmatch(rb"[1-9A-HJ-NP-Za-km-z]{22}", drawn)
    assert draw_channel_key(bytes).export() == b"1" * 22


@pytest.mark.parametrize("seed", [b"", b"1" * 21, b"1" * 23, b"0" * 22, b"l" * 22, b"1" * 22 + b"\n"])
def test_a_seed_is_22_base58_characters(seed: bytes) -> None:
    with pytest.raises(Malformed):
        ChannelKey(seed)


def test_a_channel_key_shows_nothing_and_goes_nowhere() -> None:
    key = KEYS[1]
    assert key.export().decode() not in repr(key)
    with pytest.raises(TypeError):
        _ = key == KEYS[1]
    for lost in (hash, pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            lost(key)


def test_nothing_in_the_files_is_in_the_clear() -> None:
    """Neither seed nor any value or share stands in what is written between the steps."""
    files = "".join(text for field in ("polynomials", "inputs", "answers") for text in VECTOR[field].values())
    secrets = [*VECTOR["seeds"].values(), *VECTOR["shares"].values()]
    assert not [secret for secret in secrets if secret in files]


def dumped(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
