"""Petitions by command: a count by hand becomes a box; a delegate is elected, by lot where tied, and recalled."""

from __future__ import annotations

import json

import pytest
from tests.cli.village import ABROAD, HERE, MEMBERS, Village

pytestmark = pytest.mark.xdist_group("village")

ASSEMBLY = "a5" * 32


def petition(village: Village, opened: int, signers: list[str]) -> str:
    """The list is committed, members sign, and a batch is logged; how it stands, in words."""
    village.run(HERE, "credential", "points", "hilltop", "--as", "rima", "--out", "stick/points")
    village.exchange()
    files = ("--points", "stick/points", "--listing", "stick/petition.list", "--out", "stick/list.act")
    village.run(ABROAD, "recall", "list", "hilltop", opened, "--as", "lina", *files)
    sign = ("--listing", "stick/petition.list", "--as", signers[0], "--out", "stick/early")
    assert village.try_(HERE, "recall", "sign", "hilltop", opened, *sign).code == 3
    village.run(HERE, "act", "sign", "stick/list.act", "--as", "rima")
    village.run(HERE, "act", "submit", "stick/list.act")
    for name in signers:
        sign = ("--listing", "stick/petition.list", "--as", name, "--out", f"stick/{name}.signature")
        village.run(HERE, "recall", "sign", "hilltop", opened, *sign)
    gathered = [f"stick/{name}.signature" for name in signers]
    return village.run(HERE, "recall", "gather", "hilltop", opened, *gathered, "--as", "amal").out


def test_members_turn_a_count_by_hand_into_a_secret_ballot(met: Village) -> None:
    met.count_hands(6)
    met.count_hands(7)
    met.pass_days(8)
    met.run(HERE, "act", "carry-out", "hilltop", 11, "--as", "amal")
    met.run(HERE, "act", "carry-out", "hilltop", 12, "--as", "amal")
    motion = met.run(HERE, "propose", "hilltop", "--text", "Sell the well?", "--as", "amal", "--json").json["index"]
    session = met.run(HERE, "vote", "call", "hilltop", motion, "--as", "amal", "--json").json["index"]
    met.pass_days(8)
    tellers = ("--as", "tarek", "--with", "tala", "--with", "tamim", "--json")
    counted = ("--session", session, "--motion", motion, "--present", 10, "--yes", 9, "--no", 1)
    decision = met.run(HERE, "vote", "hand", "hilltop", *counted, *tellers).json["index"]
    opened = met.run(HERE, "vote", "contest", "hilltop", decision, "--as", "amal", "--json").json["index"]
    petition(met, opened, ["m3"])
    refused = met.try_(HERE, "vote", "hand", "hilltop", *counted, *tellers)
    assert "R-DECIDE-8" in refused.err
    election = met.run(HERE, "vote", "box", "hilltop", motion, "--as", "amal", "--json").json
    assert election["status"] == "in-force"


def test_a_delegate_is_elected_by_lot_and_recalled(met: Village) -> None:
    join = {"assembly": ASSEMBLY, "charter": "c" * 64, "plan": "b" * 64, "district": "hilltop", "seats": 1}
    met.count_hands(6)
    met.count_hands(7)
    met.pass_days(8)
    met.run(HERE, "act", "carry-out", "hilltop", 11, "--as", "amal")
    met.run(HERE, "act", "carry-out", "hilltop", 12, "--as", "amal")
    grant = json.dumps({"kind": "federation.join", "match": join})
    words = ("--text", "Join?", "--grant", grant, "--as", "amal", "--json")
    motion = met.run(HERE, "propose", "hilltop", *words).json["index"]
    session = met.run(HERE, "vote", "call", "hilltop", motion, "--as", "amal", "--json").json["index"]
    met.pass_days(8)
    counted = ("--session", session, "--motion", motion, "--present", 10, "--yes", 9, "--no", 1)
    tellers = ("--as", "tarek", "--with", "tala", "--with", "tamim", "--json")
    decision = met.run(HERE, "vote", "hand", "hilltop", *counted, *tellers).json["index"]
    met.pass_days(8)
    met.run(HERE, "act", "carry-out", "hilltop", decision, "--as", "amal")

    standing = []
    for name in ("amal", "zeina"):
        if name == "zeina":
            met.person(HERE, name, "hilltop")
            met.run(HERE, "key", "enrol", "hilltop", "stick/zeina.card", "--as", "rima", "--with", name)
        stand = ("vote", "stand", "hilltop", "--called", name.title(), "--as", name, "--json")
        standing.append(met.run(HERE, *stand).json["index"])
    assert met.try_(HERE, "vote", "stand", "hilltop", "--called", "Rima", "--as", "rima").code == 1
    candidates = [word for place in standing for word in ("--candidate", place)]
    announce = ("vote", "delegates", "hilltop", "--assembly", ASSEMBLY, *candidates, "--as", "amal", "--json")
    election = met.run(HERE, *announce).json["index"]
    met.prepare(election)
    met.cast(election, {name: str(1 + n % 2) for n, name in enumerate(MEMBERS[:10])})
    met.close(election)
    result = ("box", "result", "hilltop", election, "--as", "amal")
    met.share(election)
    outcome = met.try_(HERE, *result)
    assert outcome.code == 3
    assert "majlis trustee lot" in outcome.err
    met.run(HERE, "trustee", "lot", "hilltop", election, "--as", "yusuf")
    met.run(ABROAD, "trustee", "lot", "hilltop", election, "--as", "theo", "--out", "stick/lot.act")
    met.run(HERE, "act", "submit", "stick/lot.act")
    assert met.run(HERE, *result, "--json").json["status"] == "in-force"

    key = met.run(HERE, "key", "show", "zeina", "--json").json["public"]
    recall = ("recall", "petition", "hilltop", "--assembly", ASSEMBLY, "--reason", "She sold the well.", "--as", "amal")
    opened = met.run(HERE, *recall, "--delegate", key[:12], "--json").json["index"]
    assert met.try_(HERE, *recall, "--delegate", "0" * 12).code == 3
    assert met.try_(HERE, "recall", "vote", "hilltop", opened, "--as", "amal").code == 1
    petition(met, opened, ["m1", "m2"])
    other = met.stick / "m9.signature"
    other.write_text((met.stick / "m1.signature").read_text().replace('"petition": "', '"petition": "0'))
    gather = ("recall", "gather", "hilltop", opened, "stick/m9.signature", "--as", "amal")
    assert met.try_(HERE, *gather).code == 1
    other.write_text("no signature")
    assert met.try_(HERE, *gather).code == 2
    vote = met.run(HERE, "recall", "vote", "hilltop", opened, "--as", "amal", "--json").json
    assert vote["status"] == "in-force"
