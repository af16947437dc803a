"""Two hosts in two processes on loopback that witness each other (R-WITNESS-1 to 6, R-MIRROR-1 to 4 over HTTP)."""

from __future__ import annotations

import time

import msgspec
import pytest
from tests.cli.served import address, free_port, serving, shown, wait_for
from tests.cli.village import ABROAD, HERE, Village

from majlis.crypto import SigningKey
from majlis.host.author import write_act
from majlis.host.chance import chance
from majlis.host.node import Node
from majlis.institutions.charter import DAY
from majlis.institutions.digest import digest, is_digest_due

MARK = SigningKey(bytes(range(32)))

pytestmark = pytest.mark.xdist_group("village")


def origin(village: Village, slug: str) -> str:
    return Node(village.root / HERE).body(slug).origin


def test_two_hosts_witness_each_other_over_http(founded: Village) -> None:
    founded.run(HERE, "node", "take", "stick/public")
    founded.run(HERE, "witness", "trust", "friends")
    here, abroad = free_port(), free_port()
    hilltop, friends = origin(founded, "hilltop"), origin(founded, "friends")
    for n in range(3):
        founded.run(HERE, "propose", "hilltop", "--text", f"Well {n}?", "--as", "amal")
    with (
        serving(founded.root, HERE, here, "--witness", address(abroad), "--every", 1),
        serving(founded.root, ABROAD, abroad, "--witness", address(here), "--every", 1),
    ):
        for log, mirror in ((hilltop, abroad), (friends, here)):
            wait_for(lambda log=log, mirror=mirror: shown(mirror, log)[0].size >= 3)
            checkpoint, names = shown(mirror, log)
            assert names > {log}, "the mirror shows the record with its own line"
            assert checkpoint.size >= 3
    ticks = [act for act in founded.acts() if act["kind"] == "tick" and act["status"] == "in-force"]
    assert len(ticks) >= 2
    held = {act["act"] for act in founded.acts(ABROAD)}
    proposed = {act["act"] for act in founded.acts() if act["kind"] == "motion.table"}
    assert len(proposed) == 3
    assert proposed <= held, "the friends' mirror holds what it cosigned"


def test_a_host_that_ticks_by_itself_logs_what_is_in_force_when_that_changed(founded: Village) -> None:
    """R-DIGEST-9: as the last entry that the tick is over; and no second one while all is as it was."""
    founded.run(HERE, "node", "take", "stick/public")
    abroad, here = free_port(), free_port()

    def ticks() -> list[int]:
        return [act["index"] for act in founded.acts() if act["kind"] == "tick" and act["status"] == "in-force"]

    before = len(ticks())
    with (
        serving(founded.root, ABROAD, abroad),
        serving(founded.root, HERE, here, "--witness", address(abroad), "--every", 1),
    ):
        wait_for(lambda: len(ticks()) >= before + 3)
    federation = Node(founded.root / HERE).federation()
    record = federation.records[Node(founded.root / HERE).body("hilltop").identity]
    found = [act for act in founded.acts() if act["kind"] == "state.digest"]
    assert [act["status"] for act in found] == ["in-force"]
    (index,) = [act["index"] for act in found]
    assert index + 1 in {tick.size for tick in record.state.ticks}, "the tick after it is over nothing more"
    assert record.state.digest == (index, digest(federation.fold(record.state.identity, index)))
    assert not is_digest_due(record.state)
    assert is_digest_due(msgspec.structs.replace(record.state, money=record.state.money.set("SYP", 1)))
    (*others, newest) = record.state.ticks
    tomorrow = msgspec.structs.replace(newest, time=newest.time + DAY, until=newest.until + DAY)
    assert is_digest_due(msgspec.structs.replace(record.state, ticks=(*others, tomorrow)))


def test_a_tick_is_asked_for_at_addresses(founded: Village) -> None:
    founded.run(HERE, "propose", "hilltop", "--text", "A well?", "--as", "amal")
    port = free_port()
    outcome = founded.try_(HERE, "tick", "hilltop", "--witness", address(port))
    assert outcome.code == 3
    assert "nobody answers there" in outcome.err
    assert founded.try_(HERE, "tick", "hilltop", "--witness", address(port), "--witness", ABROAD).code == 2
    with serving(founded.root, ABROAD, port):
        outcome = founded.run(HERE, "tick", "hilltop", "--witness", address(port), "--json")
        assert outcome.json["status"] == "in-force"


def test_a_mirror_that_saw_more_is_believed_over_an_old_copy(founded: Village) -> None:
    """R-SIGNER-3, R-SIGNER-5"""
    old = founded.copy(founded.root.with_name("old"))
    founded.run(HERE, "propose", "hilltop", "--text", "A well?", "--as", "amal")
    founded.tick()
    port = free_port()
    with serving(founded.root, ABROAD, port):
        outcome = old.try_(HERE, "tick", "hilltop", "--witness", address(port))
    assert outcome.code == 1
    assert "this is an old copy" in outcome.err
    outcome = old.try_(HERE, "propose", "hilltop", "--text", "A road?", "--as", "amal")
    assert outcome.code == 1, "what a mirror showed once is known to every command after it"
    assert "this is an old copy" in outcome.err


def test_a_host_on_an_old_copy_logs_nothing_of_its_own(founded: Village) -> None:
    """R-DIGEST-9: its mirrors saw more; whatever it logged before it asked them would be another branch."""
    old = founded.copy(founded.root.with_name("old"))
    founded.run(HERE, "propose", "hilltop", "--text", "A well?", "--as", "amal")
    founded.tick()
    before = len(old.acts())
    abroad, here = free_port(), free_port()
    with (
        serving(founded.root, ABROAD, abroad),
        serving(old.root, HERE, here, "--witness", address(abroad), "--every", 0.2),
    ):
        time.sleep(2)
    assert len(old.acts()) == before


def test_a_read_only_server_asks_nobody(founded: Village) -> None:
    for asking in ("--witness", "--follow"):
        assert founded.try_(HERE, "serve", HERE, asking, "http://127.0.0.1:9").code == 1


def test_a_mirror_does_not_cosign_a_false_digest(founded: Village) -> None:
    """R-MIRROR-4: the host logs a digest of what is not in force; the mirror's own fold says otherwise."""
    node = Node(founded.root / HERE)
    body = node.body("hilltop")
    with node.writing() as store:
        record = store.record(body.origin)
        for size in (record.size + 7, record.size + 1):  # The first speaks of another position, and says nothing.
            claim = {"size": size, "root": "ab" * 32}
            record.append([write_act("state.digest", claim, MARK, chance=chance, body=body.identity)])
    outcome = founded.try_(HERE, "tick", "hilltop", "--witness", ABROAD)
    assert outcome.code == 1
    assert "R-MIRROR-4" in outcome.err or "is not that of what is in force" in outcome.err
    port = free_port()
    with serving(founded.root, ABROAD, port):
        outcome = founded.try_(HERE, "tick", "hilltop", "--witness", address(port))
    assert outcome.code == 3
    assert "422" in outcome.err or "another than it saw" in outcome.err


def test_a_true_digest_is_cosigned(founded: Village) -> None:
    node = Node(founded.root / HERE)
    body = node.body("hilltop")
    state = node.federation().records[body.identity].state
    claim = {"size": state.size, "root": digest(state)}
    with node.writing() as store:
        entry = write_act("state.digest", claim, MARK, chance=chance, body=body.identity)
        store.record(body.origin).append([entry])
    founded.tick()
    assert founded.acts()[-1]["status"] == "in-force"
