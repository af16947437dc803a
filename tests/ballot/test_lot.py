"""R-LOT-2, R-LOT-7: one case, one seed, whoever of the trustees takes part; and no share but the one that can be."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from majlis.ballot import (
    LotShare,
    check_lot_share,
    draw_lot,
    format_trustees,
    give_lot_share,
    lot_base,
    make_trustee_key,
    parse_trustees,
)
from majlis.crypto import ED25519, Proof
from majlis.errors import Forged, Missing, Refused

VECTOR: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parent.parent.parent / "vectors" / "ballot" / "lot.json").read_text()
)
CASE: str = VECTOR["case"]
TRUSTEES = parse_trustees(ED25519, VECTOR["trustees"].encode())


def share_of(text: dict[str, str]) -> LotShare:
    return LotShare(ED25519.parse(text["value"]), Proof(int(text["challenge"]), int(text["response"])))


SHARES = {int(owner): share_of(text) for owner, text in VECTOR["shares"].items()}


def given_by(owners: list[int]) -> dict[int, LotShare]:
    return {owner: SHARES[owner] for owner in owners}


@pytest.mark.parametrize("owners", VECTOR["enough"], ids=str)
def test_whoever_takes_part_the_seed_is_the_same(owners: list[int]) -> None:
    assert ED25519.format(lot_base(CASE)) == VECTOR["base"]
    assert draw_lot(CASE, TRUSTEES, given_by(owners)).hex() == VECTOR["seed"]


@pytest.mark.parametrize("owners", VECTOR["too_few"], ids=str)
def test_too_few_draw_nothing(owners: list[int]) -> None:
    with pytest.raises(Missing) as caught:
        draw_lot(CASE, TRUSTEES, given_by(owners))
    assert caught.value.rule == "R-LOT-7"


@pytest.mark.parametrize("false", VECTOR["false_shares_of_trustee_2"], ids=lambda false: false["name"])
def test_a_false_share_is_named(false: dict[str, Any]) -> None:
    """Also where enough others are there: a lie is never passed over in silence."""
    with pytest.raises(Forged) as caught:
        draw_lot(CASE, TRUSTEES, SHARES | {2: share_of(false["share"])})
    assert (caught.value.rule, caught.value.where) == ("R-LOT-2", "trustee 2")


@pytest.mark.parametrize("number", [0, -1, 5])
def test_a_share_of_nobody_is_refused(number: int) -> None:
    with pytest.raises(Refused) as caught:
        draw_lot(CASE, TRUSTEES, SHARES | {number: SHARES[2]})
    assert caught.value.rule == "R-LOT-2"


def test_a_share_is_for_one_case(material: Any) -> None:
    secret, _ = make_trustee_key(material.Counter("case"))
    share = give_lot_share(CASE, secret, material.Counter("share"))
    public = ED25519.raise_generator_secretly(secret)
    assert check_lot_share(CASE, public, share) == share.value
    with pytest.raises(Forged):
        check_lot_share(f"{CASE}0", public, share)


def test_single_trustees_draw_what_the_record_draws(material: Any) -> None:
    """All of n: the seed is the hash of the product of the values, as elections of this version compute it."""
    chance = material.Counter("n of n")
    secrets, keys = zip(*(make_trustee_key(chance) for _ in range(3)), strict=True)
    trustees = parse_trustees(ED25519, format_trustees(keys))
    shares = {owner: give_lot_share(CASE, secret, chance) for owner, secret in enumerate(secrets, start=1)}
    product = ED25519.product(ED25519.check(share.value) for share in shares.values())
    text = b"majlis-lot-seed-1|" + ED25519.format(product).encode()
    assert draw_lot(CASE, trustees, shares) == hashlib.sha256(text).digest()
