"""``majlis record prove`` and ``check``: a proof, checked with nothing but itself and keys that are trusted."""

from __future__ import annotations

import json
import shutil
from base64 import b64encode
from pathlib import Path

import pytest
from tests.host.stick import Body

from majlis.host.layout import SAFE
from majlis.host.publish import publish_file
from majlis.institutions import parse_act
from majlis.main import main
from majlis.record import NoteKey, parse_tlog_proof


@pytest.fixture(scope="module")
def body() -> Body:
    return Body()


@pytest.fixture
def public(tmp_path: Path, body: Body) -> Path:
    return body.publish(tmp_path / "public")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    def run(*words: object):
        code = main(["record", *map(str, words)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def entry_file(tmp_path: Path, entry: bytes) -> Path:
    (tmp_path / "one.act").write_bytes(entry)
    return tmp_path / "one.act"


def test_a_proof_is_made_and_checked_by_position_and_by_id(run, tmp_path, body, public):
    """R-PROOF-2"""
    act = parse_act(body.entries[300])
    for name in ("300", act.id, act.id[:12]):
        code, out, _ = run("prove", public, name, "--out", tmp_path / "p.tlog-proof")
        assert code == 0
        assert f"entry 300 of {body.origin}" in out
        assert "enough mirrors cosigned" in out
    proof = tmp_path / "p.tlog-proof"
    assert parse_tlog_proof(proof.read_bytes()).extra is None
    keys = ("--vkey", body.log.vkey, "--vkey", body.mirrors[0].vkey)
    code, out, _ = run("check", proof, entry_file(tmp_path, act.entry), *keys, "--json")
    facts = json.loads(out)
    assert (code, facts["ok"], facts["act"], facts["index"], facts["size"]) == (0, True, act.id, 300, 700)
    assert [name for name, _ in facts["cosigned"]] == [body.mirrors[0].name]
    code, out, _ = run("check", proof, entry_file(tmp_path, act.entry), *keys)
    assert out.startswith(f"motion.table {act.id[:16]} stands at place 300 of {body.origin}")


def test_one_file_is_all_where_it_carries_the_act(run, tmp_path, body, public):
    proof = tmp_path / "p.tlog-proof"
    single = public / body.base
    for source in (public, single):
        assert run("prove", source, 5, "--with-act", "--out", proof)[0] == 0
        code, out, _ = run("check", proof, "--vkey", body.log.vkey, "--json")
        assert (code, json.loads(out)["kind"]) == (0, "motion.table")
    assert run("prove", public, 5, "--out", proof, "--json")[0] == 0
    code, _, err = run("check", proof, "--vkey", body.log.vkey)
    assert code == 3
    assert "name the file with the act" in err


def test_a_proof_of_another_act_or_of_another_log_is_false(run, tmp_path, body, public):
    proof = tmp_path / "p.tlog-proof"
    run("prove", public, 5, "--with-act", "--out", proof)
    other = entry_file(tmp_path, body.entries[6])
    code, _, err = run("check", proof, other, "--vkey", body.log.vkey)
    assert code == 1
    assert "R-PROOF-2" in err
    stranger = NoteKey(name=body.origin, public_key=body.author.public_key)
    assert run("check", proof, "--vkey", stranger.vkey)[0] == 1
    changed = b64encode(body.entries[7])
    data = proof.read_bytes().replace(b64encode(body.entries[5]), changed)
    (tmp_path / "false").write_bytes(data)
    assert run("check", tmp_path / "false", "--vkey", body.log.vkey)[0] == 1, "what is carried is believed by nobody"
    (tmp_path / "noise").write_text("noise")
    assert run("check", tmp_path / "noise")[0] == 2


def test_who_names_nobody_is_told_that_it_is_nobody_s_word(run, tmp_path, body, public):
    proof = tmp_path / "p.tlog-proof"
    run("prove", public, 5, "--with-act", "--out", proof)
    code, out, _ = run("check", proof)
    assert code == 5
    assert "--vkey" in out


def test_a_policy_is_met_or_not(run, tmp_path, body, public):
    """R-POLICY-2: the reader's own quorum of witnesses."""
    proof = tmp_path / "p.tlog-proof"
    run("prove", public, 5, "--with-act", "--out", proof)
    policy = tmp_path / "policy"
    witnesses = "".join(f"witness w{n} {mirror.vkey}\n" for n, mirror in enumerate(body.mirrors))
    for rule, expected in (("any", 0), ("all", 1)):
        policy.write_text(f"log {body.log.vkey}\n{witnesses}group both {rule} w0 w1\nquorum both\n")
        code, out, err = run("check", proof, "--policy", policy)
        assert code == expected, err
        assert ("cosigned by" in out) == (expected == 0)
    policy.write_text("quorum\n")
    code, _, err = run("check", proof, "--policy", policy)
    assert code == 2
    assert "line 1" in err


def test_a_proof_stands_under_the_safe_checkpoint_where_that_covers_it(run, tmp_path, body):
    """R-PUBLIC-5: too few mirrors cosigned the newest, and the act is below the safe one, or it is not safe yet."""
    older = body.publish(tmp_path / "older", 600)
    public = body.publish(tmp_path / "public", 700)
    record = body.record(700)
    (public / body.base / "checkpoint").write_bytes(body.note(record))
    publish_file(public, f"{body.base}/{SAFE}", (older / body.base / "checkpoint").read_bytes())
    proof = tmp_path / "p.tlog-proof"
    told = {index: json.loads(run("prove", public, index, "--out", proof, "--json")[1]) for index in (5, 650)}
    assert [(told[index]["size"], told[index]["safe"]) for index in (5, 650)] == [(600, True), (700, False)]
    assert "NOT safe" in run("prove", public, 650, "--out", proof)[1]


def test_what_is_not_there_is_said(run, tmp_path, body, public):
    proof = tmp_path / "p.tlog-proof"
    for words, code in (
        ((public, 700), 3),
        ((public, "ab" * 32), 3),
        ((public, "xyz"), 2),
        ((public, 5, "--record", "town"), 3),
        ((tmp_path / "nowhere", 5), 3),
    ):
        assert run("prove", *words, "--out", proof)[0] == code
    shutil.rmtree(public / body.base)
    assert run("prove", public, 5, "--out", proof)[0] == 3
    assert not proof.exists()
