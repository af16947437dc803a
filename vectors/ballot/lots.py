"""A lot drawn by one single trustee and two of three threshold trustees; every pair of those gives the same seed."""

from __future__ import annotations

import json
from typing import Any

from ceremony import HONEST
from material import Counter, bumped, outside

from majlis.ballot import draw_lot, format_trustees, give_lot_share, lot_base, make_trustee_key, parse_trustees
from majlis.crypto import ED25519

CASE = "majlis-lot-1|MajVectorBoxX1|" + "ab" * 32
SECRET, KEY = make_trustee_key(Counter("lot trustee"))
TRUSTEES = format_trustees([KEY, HONEST.entry])
SECRETS = {1: SECRET, **{1 + i: share for i, share in HONEST.shares.items()}}


def files() -> dict[str, bytes]:
    """``lot.json``."""
    chance = Counter("lot")
    shares = {owner: give_lot_share(CASE, secret, chance) for owner, secret in SECRETS.items()}
    trustees = parse_trustees(ED25519, TRUSTEES)
    texts: dict[int, dict[str, Any]] = {
        owner: {
            "value": ED25519.format(share.value),
            "challenge": str(share.proof.challenge),
            "response": str(share.proof.response),
        }
        for owner, share in shares.items()
    }
    second = texts[2]
    false = [
        {"name": "value of another trustee", "share": second | {"value": texts[3]["value"]}},
        {"name": "value outside the group", "share": second | {"value": outside(second["value"])}},
        {"name": "not proven", "share": second | {"response": bumped(second["response"])}},
        {"name": "share of another trustee", "share": texts[3]},
    ]
    whole = {
        "origin": "Made by vectors/ballot/make.py with the reference engine; keys are published, for tests only.",
        "case": CASE,
        "base": ED25519.format(lot_base(CASE)),
        "trustees": TRUSTEES.decode(),
        "shares": {str(owner): text for owner, text in texts.items()},
        "seed": draw_lot(CASE, trustees, shares).hex(),
        "enough": [[1, 2, 3], [1, 2, 4], [1, 3, 4], [1, 2, 3, 4]],
        "too_few": [[], [1], [2, 3], [1, 4], [2, 3, 4]],
        "false_shares_of_trustee_2": false,
    }
    return {"lot.json": (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()}
