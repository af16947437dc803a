"""Power fails, and two people press Enter at once: nothing acknowledged is lost, and the same command goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.cli.village import ABROAD, HERE, MEMBERS, Village

pytestmark = pytest.mark.xdist_group("village")

DIE = """
import os, sys
from importlib import import_module
module, name, when = sys.argv[1:4]
owner = import_module(module)
*path, last = name.split(".")
for part in path:
    owner = getattr(owner, part)
before = getattr(owner, last)
def dying(*args, **kwargs):
    if when == "before":
        os._exit(9)
    before(*args, **kwargs)
    os._exit(9)
setattr(owner, last, dying)
from majlis.cli import desk
from majlis.host.keyring import Strength
from majlis.main import main
desk.STRENGTH = Strength(ops=1, memory=8192)
sys.exit(main(sys.argv[4:]))
"""


def environment(village: Village, where: str) -> dict[str, str]:
    secret = {"MAJLIS_PASSPHRASE_FILE": str(village.root / "passphrase")}
    return {**os.environ, "MAJLIS_DATA_DIR": str(village.root / where), **secret}


def die(village: Village, at: tuple[str, str, str], where: str, *words: object) -> None:
    """The command is killed before or after some step of it."""
    command = [sys.executable, "-c", DIE, *at, *map(str, words)]
    done = subprocess.run(command, cwd=village.root, env=environment(village, where), capture_output=True, check=False)
    assert done.returncode == 9, done.stderr.decode()


def start(village: Village, where: str, *words: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "majlis", *map(str, words)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=village.root, env=environment(village, where), **streams)  # type: ignore[call-overload,no-any-return]


def seal(village: Village, names: list[str]) -> list[Path]:
    for name in names:
        file = f"stick/{name}.ballot"
        village.run(HERE, "box", "seal", "hilltop", 20, "--vote", "for", "--as", name, "--out", file)
    return [village.stick / f"{name}.ballot" for name in names]


# --- killed in between


def test_a_founding_that_was_cut_short_goes_on(founded: Village) -> None:
    village = Village(founded.root.with_name("new"))
    founded.copy(village.root)
    for name in ("host.db", "signer.db"):
        for path in (village.root / HERE).glob(f"{name}*"):
            path.unlink()
    village.run("fresh", "node", "new", "--keeper", "amal", "--practice-clock", "clock")
    for path in (village.root / HERE / "keyrings").glob("*.json"):
        (village.root / "fresh" / "keyrings" / path.name).write_bytes(path.read_bytes())
    for at in (("majlis.host.host", "Host.load", "before"), ("majlis.host.node", "Node.add", "before")):
        die(village, at, "fresh", "found", "start", "stick/hilltop.act")
        assert village.run("fresh", "node", "show", "--json").json["bodies"] == []
    village.run("fresh", "found", "start", "stick/hilltop.act")
    village.run("fresh", "found", "start", "stick/hilltop.act")
    assert [body["entries"] for body in village.run("fresh", "node", "show", "--json").json["bodies"]] == [1]


def test_a_key_is_whole_or_not_there(founded: Village) -> None:
    die(founded, ("majlis.host.keyring", "Keyring._write", "before"), HERE, "key", "new", "zeina")
    assert founded.run(HERE, "node", "show", "--json").json["people"].count("zeina") == 0
    die(founded, ("majlis.host.keyring", "Keyring.create", "after"), HERE, "key", "new", "zeina")
    founded.run(HERE, "key", "new", "zeina")
    founded.run(HERE, "key", "export", "zeina", "--for", "hilltop", "--out", "stick/zeina.card")


def test_a_recovery_that_was_cut_short_goes_on(founded: Village) -> None:
    """R-RECOVER-1: killed before and after each of its steps it takes nothing in, and the same command goes on."""
    from tests.host.test_fsck import change

    old = founded.copy(founded.root.with_name("old"))
    founded.run(HERE, "propose", "hilltop", "--text", "A well?", "--as", "amal")
    founded.tick()
    founded.run(ABROAD, "node", "give", "stick/mirror")
    acts = founded.acts()
    (founded.root / HERE / "host.db").write_bytes((old.root / HERE / "host.db").read_bytes())
    change(founded.root / HERE / "host.db", "UPDATE entry SET bytes = x'00' WHERE key % 1024 = 1")
    recover = ("record", "recover", "hilltop", "stick/mirror")
    for step in (
        ("majlis.host.sql_record", "SqlStore.branch"),
        ("majlis.host.checkpoints", "Checkpoints.keep"),
        ("majlis.host.signer", "SignerBook.recover"),
        ("majlis.host.checkpoints", "Checkpoints.forget_ahead"),
    ):
        for at in ("before", "after"):
            if step[1] != "SqlStore.branch" or at == "before":
                die(founded, (*step, at), HERE, *recover)
    assert "none was lacking" in founded.run(HERE, *recover).out
    assert founded.acts() == acts
    founded.run(HERE, "record", "fsck", HERE)
    founded.run(HERE, "propose", "hilltop", "--text", "A road?", "--as", "amal")


@pytest.mark.parametrize("at", ["before", "after"])
def test_a_tick_that_was_cut_short_is_logged_again_or_known(founded: Village, at: str) -> None:
    founded.run(HERE, "propose", "hilltop", "--text", "x", "--as", "amal")
    founded.run(HERE, "node", "give", "stick/public")
    die(founded, ("majlis.host.mirroring", "_cosign", at), ABROAD, "witness", "cosign", "stick/public")
    founded.run(ABROAD, "witness", "cosign", "stick/public")
    log = ("tick", "hilltop", "--from", "stick/public")
    die(founded, ("majlis.host.host", "Host.submit", at), HERE, *log)
    outcome = founded.try_(HERE, *log)
    assert outcome.code == (0 if at == "before" else 1)
    assert [act["kind"] for act in founded.acts()].count("tick") == 2
    founded.run(HERE, "node", "give", "--cosigned", "public")


def test_a_close_that_was_cut_short_goes_on(voting: Village) -> None:
    voting.cast(20, dict.fromkeys(MEMBERS[:2], "for"))
    voting.tick(2)
    close = ("box", "close", "hilltop", 20, "--as", "amal")
    die(voting, ("majlis.host.box", "Box.close", "after"), HERE, *close)
    assert voting.try_(HERE, "box", "cast", "hilltop", 20, "--vote", "for", "--as", "m3").code == 1
    die(voting, ("majlis.host.host", "Host.submit", "before"), HERE, *close)
    die(voting, ("majlis.host.host", "Host.submit", "after"), HERE, *close)
    assert "closed already" in voting.run(HERE, *close).out
    assert [act["kind"] for act in voting.acts()].count("election.close") == 1


def test_an_opening_that_was_cut_short_goes_on_at_every_step(counting: Village) -> None:
    die(counting, ("majlis.host.box", "Box.add_tally", "before"), HERE, "box", "tally", "hilltop", 20)
    die(counting, ("majlis.host.box", "Box.add_tally", "after"), HERE, "box", "tally", "hilltop", 20)
    commit = ("trustee", "commit", "hilltop", 20, "--as", "yusuf")
    die(counting, ("majlis.host.host", "Host.submit", "before"), HERE, *commit)
    die(counting, ("majlis.host.host", "Host.submit", "after"), HERE, *commit)
    counting.run(HERE, "box", "tally", "hilltop", 20)
    counting.run(HERE, *commit)
    counting.exchange()
    words = ("trustee", "commit", "hilltop", 20, "--as", "theo", "--out", "stick/theo.act")
    die(counting, ("majlis.host.actfile", "ActFile.write", "before"), ABROAD, *words)
    counting.run(ABROAD, *words)
    counting.run(HERE, "act", "submit", "stick/theo.act")
    counting.run(HERE, "trustee", "decrypt", "hilltop", 20, "--as", "yusuf")
    counting.exchange()
    counting.run(ABROAD, "trustee", "decrypt", "hilltop", 20, "--as", "theo", "--out", "stick/theo.act")
    counting.run(HERE, "act", "submit", "stick/theo.act")
    die(counting, ("majlis.host.box", "Box.add_share", "after"), HERE, "box", "decrypt", "hilltop", 20)
    counting.run(HERE, "box", "decrypt", "hilltop", 20)
    result = ("box", "result", "hilltop", 20, "--as", "amal")
    die(counting, ("majlis.host.box", "Box.add_result", "after"), HERE, *result)
    die(counting, ("majlis.host.host", "Host.submit", "before"), HERE, *result)
    assert "in force" in counting.run(HERE, *result).out
    assert "published already" in counting.run(HERE, *result).out


def test_a_key_for_an_election_is_made_once(met: Village) -> None:
    met.decide()
    motion = met.run(HERE, "propose", "hilltop", "--text", "The well?", "--as", "amal", "--json").json["index"]
    met.run(HERE, "vote", "box", "hilltop", motion, "--as", "amal")
    key = ("trustee", "key", "hilltop", 20, "--as", "yusuf")
    die(met, ("majlis.host.keyring", "Keyring.add", "after"), HERE, *key)
    made = [key["public"] for key in met.run(HERE, "key", "list", "--as", "yusuf", "--json").json["keys"]]
    met.run(HERE, *key)
    met.run(HERE, *key)
    assert [key["public"] for key in met.run(HERE, "key", "list", "--as", "yusuf", "--json").json["keys"]] == made


def test_a_box_that_was_set_up_and_not_opened_is_opened(met: Village) -> None:
    met.decide()
    motion = met.run(HERE, "propose", "hilltop", "--text", "The well?", "--as", "amal", "--json").json["index"]
    met.run(HERE, "vote", "box", "hilltop", motion, "--as", "amal")
    new = ("box", "new", "hilltop", 20, "--as", "amal")
    assert met.try_(HERE, *new).code == 3
    met.tick()
    met.run(HERE, "trustee", "key", "hilltop", 20, "--as", "yusuf")
    met.run(HERE, "credential", "points", "hilltop", "--as", "rima", "--out", "stick/points")
    met.run(ABROAD, "trustee", "key", "hilltop", 20, "--as", "theo", "--out", "stick/key.act")
    made = ("--points", "stick/points", "--as", "lina", "--out", "stick/list.act")
    met.run(ABROAD, "credential", "list", "hilltop", 20, *made)
    met.run(HERE, "act", "sign", "stick/list.act", "--as", "rima")
    assert met.try_(HERE, *new).code == 3
    met.run(HERE, "act", "submit", "stick/key.act", "stick/list.act")
    assert met.try_(HERE, *new).code == 1
    met.tick(8)
    die(met, ("majlis.host.ceremony", "set_up", "after"), HERE, *new)
    met.run(HERE, *new)
    met.run(HERE, *new)
    met.cast(20, {"m1": "for"})


def test_ballots_cast_while_the_power_fails_again_and_again_are_all_there(voting: Village) -> None:
    files = seal(voting, MEMBERS[:6])
    acknowledged = set()
    for number, file in enumerate(files * 2):
        process = start(voting, HERE, "box", "cast", "hilltop", 20, file, "--json")
        time.sleep(0.15 + 0.06 * (number % 6))
        process.kill()
        out, _ = process.communicate()
        if out:
            acknowledged.add(file)
    for file in files:
        outcome = voting.try_(HERE, "box", "cast", "hilltop", 20, file)
        assert outcome.code == 0 or "already in the box" in outcome.err
        assert not (outcome.code == 0 and file in acknowledged), "a ballot was acknowledged and lost"
    assert voting.run(HERE, "box", "show", "hilltop", 20, "--json").json["ballots"] == 6


# --- two at once


def test_two_people_at_one_folder_wait_for_each_other(voting: Village) -> None:
    files = seal(voting, MEMBERS[:4])
    processes = [start(voting, HERE, "box", "cast", "hilltop", 20, file) for file in files]
    processes += [start(voting, HERE, "propose", "hilltop", "--text", f"x{n}", "--as", "amal") for n in range(2)]
    for process in processes:
        _, err = process.communicate()
        assert process.returncode == 0, err.decode()
    assert voting.run(HERE, "box", "show", "hilltop", 20, "--json").json["ballots"] == 4
    assert [act["kind"] for act in voting.acts()[-2:]] == ["motion.table", "motion.table"]
    assert voting.try_(HERE, "box", "head", "hilltop", 20, "--as", "amal").code == 0


def test_who_finds_the_folder_busy_for_too_long_is_told(founded: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    from majlis.host import node
    from majlis.host.sqlite_store import SqliteStore

    monkeypatch.setattr(node, "_PATIENCE", 0.2)
    store = SqliteStore(founded.root / HERE)
    try:
        outcome = founded.try_(HERE, "propose", "hilltop", "--text", "x", "--as", "amal")
        assert outcome.code == 1
        assert "another program is writing here" in outcome.err
        assert founded.run(HERE, "act", "list", "hilltop").code == 0
    finally:
        store.close()
    founded.run(HERE, "propose", "hilltop", "--text", "x", "--as", "amal")
