"""Boxes opened by threshold trustees: any t of them, a liar named and not needed, sidecars, spoilt rankings."""

from __future__ import annotations

import json
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import pytest

from majlis.ballot import (
    Election,
    Tally,
    Trustees,
    check_ballot,
    check_share,
    check_shuffle,
    check_sidecar,
    compute_tally,
    counted_rankings,
    decrypt_share,
    format_result,
    open_box,
    open_tally,
    parse_credentials,
    parse_election,
    parse_trustees,
    prove_sidecar,
)
from majlis.crypto import ED25519, SecretScalar
from majlis.errors import Forged, Missing, Refused


def opened(parts: Any) -> SimpleNamespace:
    """The election of these parts, up to what is decrypted."""
    election: Election = parse_election(parts.election)
    credentials = parse_credentials(ED25519, parts.credentials)
    trustees: Trustees = parse_trustees(ED25519, parts.trustees)
    ballots = [check_ballot(election, credentials, raw) for raw in parts.ballots]
    tally: Tally = compute_tally(election, credentials, ballots)
    for _, shuffle in parts.shuffles or ():
        tally = check_shuffle(election, tally, shuffle)
    return SimpleNamespace(election=election, trustees=trustees, tally=tally)


@pytest.fixture(scope="module")
def elections(making: Any) -> Any:
    return making("elections")


@pytest.fixture(scope="module")
def mixed(elections: Any) -> SimpleNamespace:
    """A choice and a ranking; a single trustee, number 1, and two of the three members 2, 3 and 4."""
    return opened(elections.MIXED)


@pytest.fixture(scope="module")
def shares(mixed: SimpleNamespace, elections: Any, material: Any) -> dict[int, bytes]:
    chance = material.Counter("shares")
    return {owner: decrypt_share(mixed.election, mixed.tally, key, chance) for owner, key in elections.JOINT.items()}


def test_any_enough_of_them_open_the_same(mixed: SimpleNamespace, shares: dict[int, bytes], elections: Any) -> None:
    results = set()
    for count in range(5):
        for owners in combinations(shares, count):
            given = {owner: shares[owner] for owner in owners}
            if 1 in owners and count >= 3:
                opening = open_box(mixed.election, mixed.trustees, mixed.tally, given)
                assert (opening.spoilt, opening.false) == ((), {})
                results.add(opening.result)
                continue
            with pytest.raises(Missing) as caught:
                open_box(mixed.election, mixed.trustees, mixed.tally, given)
            assert caught.value.rule == "R-BOX-61"
    (result,) = results
    assert format_result(result) == elections.MIXED.result
    assert result[0] == (1, 1, 1)
    assert sorted(result[1]) == [(0, 0, 0), (1, 2, 3), (3, 1, 2)]  # type: ignore[type-var]
    assert counted_rankings(result, (), 1) == result[1]
    assert counted_rankings(result, (), 0) == ()


def test_a_liar_is_named_and_not_needed(mixed: SimpleNamespace, shares: dict[int, bytes]) -> None:
    lying = shares | {3: shares[2]}
    opening = open_box(mixed.election, mixed.trustees, mixed.tally, lying)
    assert list(opening.false) == [3]
    fault = opening.false[3]
    assert (fault.rule, fault.where.partition(":")[0]) == ("R-BOX-60", "trustee 3")
    assert opening.result == open_tally(mixed.election, mixed.trustees, mixed.tally, shares)
    with pytest.raises(Forged) as caught:
        open_tally(mixed.election, mixed.trustees, mixed.tally, lying)
    assert caught.value.where.startswith("trustee 3")


def test_where_a_liar_is_needed_both_are_said(mixed: SimpleNamespace, shares: dict[int, bytes]) -> None:
    lying = {1: shares[1], 2: shares[2], 3: shares[2]}
    with pytest.raises(Missing, match=r"2 must answer; 1 did; trustee 3: ") as caught:
        open_box(mixed.election, mixed.trustees, mixed.tally, lying)
    assert caught.value.rule == "R-BOX-61"


@pytest.mark.parametrize("number", [0, 5])
def test_a_share_of_nobody_is_refused(mixed: SimpleNamespace, shares: dict[int, bytes], number: int) -> None:
    with pytest.raises(Refused) as caught:
        open_box(mixed.election, mixed.trustees, mixed.tally, shares | {number: shares[2]})
    assert caught.value.rule == "R-BOX-57"


def test_a_member_proves_each_factor_twice(
    mixed: SimpleNamespace, shares: dict[int, bytes], elections: Any, material: Any
) -> None:
    """The sidecar of a threshold member: their share of the key, and only theirs."""
    key: SecretScalar = elections.JOINT[3]
    public = mixed.trustees.owners[2].public_key
    sidecar = prove_sidecar(
        mixed.election, mixed.tally, owner=3, share=shares[3], secret=key, chance=material.Counter("sidecar")
    )
    factors = check_share(mixed.election, mixed.tally, public, shares[3])
    said = {"owner": 3, "public": public, "share": shares[3], "factors": factors, "sidecar": sidecar}
    check_sidecar(mixed.election, mixed.tally, **said)
    text = json.loads(sidecar)
    text["proofs"][1].reverse()
    forged = json.dumps(text, separators=(",", ":")).encode()
    with pytest.raises(Forged) as caught:
        check_sidecar(mixed.election, mixed.tally, **(said | {"sidecar": forged}))
    assert (caught.value.rule, caught.value.where) == ("R-BOX-64", "question 1, item 0")


def test_a_spoilt_ranking_is_listed_and_left_out(making: Any) -> None:
    parts = making("forged_ranked").spoilt_box()
    box = opened(parts)
    opening = open_box(box.election, box.trustees, box.tally, dict(parts.shares))
    ((question, place),) = opening.spoilt
    assert question == 0
    counted = counted_rankings(opening.result, opening.spoilt, 0)
    assert sorted(counted) == [(1, 1, 1), (2, 2, 1)]
    assert len(opening.result[0]) == 3
    assert opening.result[0][place] not in counted
