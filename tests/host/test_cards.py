"""R-CODE-3 to R-CODE-5: what two printers hand over, and to whom."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nacl.public import SealedBox
from nacl.signing import VerifyKey

from majlis.ballot import CODE_ROLL, enrolment_point, format_code, join_codes
from majlis.crypto import ED25519, SigningKey
from majlis.errors import Fault, Malformed
from majlis.host.cards import Printed, card_entry, join_halves, open_half, print_half, read_half
from majlis.host.chance import chance
from majlis.host.keyring import Keyring, Passphrase, Strength
from majlis.host.roll import listed_points

BODY, LABELS = "b0" * 32, ("ballot 1", "petition 1")
LINA, TALA, TAMIM = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3))


def made(half: Any, printer: SigningKey, serials: Any = range(1, 4), labels: Any = LABELS) -> Any:
    return print_half(
        BODY, half, serials, labels, printer=printer, list_keeper=LINA.public_key.hex(), chance=chance
    )  # fmt: skip


@pytest.fixture(scope="module")
def printed() -> tuple[Any, Any]:
    return made("a", TALA), made("b", TAMIM)


def rule_of(act: Callable[[], object]) -> str:
    with pytest.raises(Fault) as caught:
        act()
    return caught.value.rule


def test_the_codes_of_a_card_open_the_keys_that_the_list_keeper_lists(printed: Any, tmp_path: Path) -> None:
    one, other = printed
    halves = [open_half(each[2], LINA, BODY)[0] for each in printed]
    cards = join_halves(*halves)
    assert [card.serial for card in cards] == [1, 2, 3]
    book = Keyring.create(tmp_path / "book", Passphrase("nine wells"), chance, Strength(ops=1, memory=8192))
    book.add(*(card_entry(card, BODY) for card in cards), chance=chance)
    own = ED25519.format(cards[1].points[CODE_ROLL])
    for place, label in enumerate(LABELS):
        texts = [format_code(each[0][1].codes[place]) for each in (one, other)]
        assert listed_points(book, [own], "e" * 64, label) == [enrolment_point(join_codes(texts, label, BODY))]
    assert rule_of(lambda: listed_points(book, [own], "e" * 64, "ballot 2")) == "R-CODE-4"


def test_the_registrar_learns_no_key_of_any_vote(printed: Any) -> None:
    """R-CODE-5: else the registrar alone could find members on a list."""
    roll = join_halves(*(read_half(each[1], BODY)[0] for each in printed))
    listed = join_halves(*(open_half(each[2], LINA, BODY)[0] for each in printed))
    assert [card.points.keys() for card in roll] == [{CODE_ROLL}] * 3
    for known, card in zip(roll, listed, strict=True):
        assert known.points[CODE_ROLL] == card.points[CODE_ROLL]
        for label in LABELS:
            assert ED25519.format(card.points[label]).encode() not in printed[0][1] + printed[1][1]
    assert rule_of(lambda: open_half(printed[0][2], TALA, BODY)) == "R-CODE-5"
    assert rule_of(lambda: open_half(b"no base64!", LINA, BODY)) == "R-CODE-5"


def test_halves_of_other_sets_are_not_joined(printed: Any) -> None:
    """R-CODE-3."""
    first = read_half(printed[0][1], BODY)[0]
    assert rule_of(lambda: join_halves(first, first)) == "R-CODE-3"
    fewer = open_half(made("b", TAMIM, labels=LABELS[:1])[2], LINA, BODY)[0]
    assert rule_of(lambda: join_halves(open_half(printed[0][2], LINA, BODY)[0], fewer)) == "R-CODE-3"
    single = read_half(made("b", TAMIM, serials=[2])[1], BODY)[0]
    assert rule_of(lambda: join_halves(first, single)) == "R-CODE-3"
    assert [card.serial for card in join_halves(first, single, [2])] == [2]
    for serials in ([], [1, 1]):
        assert rule_of(lambda serials=serials: made("a", TALA, serials=serials)) == "R-CODE-3"  # type: ignore[misc]


def test_what_a_printer_signed_is_not_altered_on_the_way(printed: Any) -> None:
    """R-CODE-3: a courier who puts in keys of their own would vote for whoever draws the card."""
    good = json.loads(printed[0][1])
    inner = json.loads(good["content"])
    for change in (
        {"content": json.dumps({**inner, "body": "b1" * 32})},
        {"printer": TAMIM.public_key.hex()},
        {"printer": "zz"},
        {"signature": "00" * 64},
    ):
        assert rule_of(lambda change=change: read_half(json.dumps({**good, **change}).encode(), BODY)) == "R-CODE-3"  # type: ignore[misc]
    assert rule_of(lambda: read_half(printed[0][1], "b1" * 32)) == "R-CODE-3"
    with pytest.raises(Malformed):
        read_half(b"{}", BODY)


def test_a_printer_who_knows_the_other_half_first_gains_nothing(printed: Any) -> None:
    """R-CODE-3: keys that were chosen and not made have no proof, however well they are signed."""
    first = read_half(printed[0][1], BODY)[0]
    inner = json.loads(json.loads(printed[1][1])["content"])
    theirs = ED25519.read(inner["cards"][0]["keys"][0][0])
    chosen = ED25519.divide(theirs, ED25519.read(first.cards[0].keys[0].point))
    inner["cards"][0]["keys"][0][0] = ED25519.format(chosen)
    assert rule_of(lambda: join_halves(first, signed(inner, TAMIM))) == "R-CODE-3"
    inner["cards"][0]["keys"] = []
    assert rule_of(lambda: join_halves(first, signed(inner, TAMIM))) == "R-CODE-3"


def signed(inner: dict[str, Any], printer: SigningKey) -> Printed:
    """What a printer signs of their own will."""
    content = json.dumps(inner)
    signature = printer.sign(f"majlis-cards-1|{content}".encode()).hex()
    outer = {"format": "majlis-cards/1", "content": content, "printer": printer.public_key.hex()}
    box = SealedBox(VerifyKey(LINA.public_key).to_curve25519_public_key())
    sealed = b64encode(box.encrypt(json.dumps({**outer, "signature": signature}).encode()))
    return open_half(sealed, LINA, BODY)[0]


def test_content_that_is_no_set_of_cards_is_malformed() -> None:
    with pytest.raises(Malformed) as caught:
        signed({"body": BODY}, TALA)
    assert caught.value.rule == "R-CODE-3"
