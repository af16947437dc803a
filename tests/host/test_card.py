"""A card is believed only under the signature of its own key; a person's tag is theirs in one body and nowhere else."""

from __future__ import annotations

import pytest

from majlis.crypto import SigningKey
from majlis.errors import Forged, Malformed
from majlis.host.card import Card, format_card, parse_card, person_tag
from majlis.host.keyring import Secret

KEY = SigningKey(bytes(range(32)))
CARD = Card(name="Amal · أمل", scope="hilltop", key=KEY.public_key.hex(), tag="a" * 32, recovery="b" * 64)


def test_a_card_reads_back() -> None:
    assert parse_card(format_card(CARD, KEY)) == CARD


def test_a_card_stands_on_its_wire_form() -> None:
    lines = format_card(CARD, KEY).decode().split("\n")
    assert lines[:2] == ["majlis-card/1", "name Amal · أمل"]
    assert lines[2:4] == ["for hilltop", f"key {KEY.public_key.hex()}"]
    assert lines[4:6] == [f"tag {'a' * 32}", f"recovery {'b' * 64}"]
    assert lines[7].startswith(f"— {KEY.public_key.hex()} ")


@pytest.mark.parametrize("field", ["Amal", "hilltop", "a" * 32, "b" * 64])
def test_a_card_altered_in_any_field_is_forged(field: str) -> None:
    altered = format_card(CARD, KEY).replace(field.encode(), (field[:-1] + "c").encode(), 1)
    with pytest.raises(Forged, match="not signed by the key on it") as caught:
        parse_card(altered)
    assert caught.value.rule == "R-CARD-1"


def test_a_card_is_signed_by_the_key_on_it() -> None:
    with pytest.raises(Forged):
        format_card(CARD, SigningKey(bytes(32)))


@pytest.mark.parametrize("name", ["", "two\nlines", "a" * 201, "\x1b[2J"])
def test_a_name_that_does_not_fit_a_line_is_no_name(name: str) -> None:
    with pytest.raises(Malformed):
        format_card(Card(name=name, scope="hilltop", key=CARD.key, tag=CARD.tag, recovery=CARD.recovery), KEY)


def test_a_weak_key_is_on_no_card() -> None:
    weak = format_card(CARD, KEY).replace(KEY.public_key.hex().encode(), b"01" + b"00" * 31)
    with pytest.raises((Malformed, Forged)):
        parse_card(weak)


def test_a_tag_tells_one_person_in_one_body() -> None:
    secret = Secret(bytes(32))
    assert person_tag(secret, "hilltop") == person_tag(Secret(bytes(32)), "hilltop")
    assert len({person_tag(secret, scope) for scope in ("hilltop", "valley")}) == 2
    assert person_tag(secret, "hilltop") != person_tag(Secret(bytes([1]) * 32), "hilltop")
