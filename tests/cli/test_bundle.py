"""``majlis bundle``, ``majlis import`` and ``majlis compare``: exit codes, words and JSON."""

from __future__ import annotations

import json

import pytest
from tests.host.stick import Body, key

from majlis.host.publish import publish_file
from majlis.institutions.words import format_words
from majlis.main import main


@pytest.fixture(scope="module")
def body() -> Body:
    return Body(acts=300)


@pytest.fixture
def public(tmp_path, body):
    return body.publish(tmp_path / "public")


def run(capsys, *words: object):
    code = main([str(word) for word in words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_bundle_is_made_and_taken_in(capsys, tmp_path, body, public):
    code, out, _ = run(capsys, "bundle", public, "-o", tmp_path / "a.majlis")
    assert code == 0
    assert "hilltop: entries 0 to 300" in out
    code, out, _ = run(capsys, "import", tmp_path / "a.majlis", "--into", tmp_path / "to")
    assert code == 0
    first, words, blobs = out.splitlines()
    assert (first, blobs) == ("hilltop: new, 300 entries", "new besides: 1 blobs")
    assert words == f"  compare its words with its people: {' '.join(format_words(body.identity))}"
    code, out, _ = run(capsys, "import", tmp_path / "a.majlis", "--into", tmp_path / "to")
    assert (code, out) == (0, "hilltop: the same, 300 entries\n")
    code, out, _ = run(capsys, "compare", public, tmp_path / "to")
    assert (code, out) == (0, "same: hilltop.example/log: both have the same 300 entries\n")


def test_a_bundle_is_split_for_mails(capsys, tmp_path, public):
    code, out, _ = run(capsys, "bundle", public, "-o", tmp_path / "a.majlis", "--split", "100kB")
    assert code == 0
    assert "a-1-of-1.majlis: " in out
    code, out, _ = run(capsys, "bundle", public, "-o", tmp_path / "a.majlis", "--split", "1MB", "--json")
    assert json.loads(out)["parts"] == [str(tmp_path / "a-1-of-1.majlis")]
    for size in ("5", "many", "1TB", "-1MB"):
        assert run(capsys, "bundle", public, "-o", tmp_path / "b.majlis", "--split", size)[0] == 2


def test_the_same_as_json(capsys, tmp_path, body, public):
    _, entry = body.waiting_act()
    (tmp_path / "late.act").write_bytes(entry)
    words = ["bundle", public, "-o", tmp_path / "a", "--from", "9", "--from", "hilltop=5", "--json"]
    code, out, _ = run(capsys, *words, "--add", tmp_path / "late.act")
    made = json.loads(out)
    assert (code, made["records"]) == (0, [{"slug": "hilltop", "origin": body.origin, "from": 5, "to": 300}])
    assert made["loose"] == 1
    body.publish(tmp_path / "to", 7)
    code, out, _ = run(capsys, "import", tmp_path / "a", "--into", tmp_path / "to", "--vkey", body.log.vkey, "--json")
    taken = json.loads(out)
    assert (code, taken["ok"], taken["acts"]) == (0, True, 1)
    assert taken["records"][0]["outcome"] == "grown"
    assert (taken["records"][0]["held"], taken["records"][0]["size"]) == (7, 300)


def test_a_file_cut_short_ends_with_three(capsys, tmp_path, public):
    run(capsys, "bundle", public, "-o", tmp_path / "a")
    data = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(data[: len(data) - 9000])
    code, out, _ = run(capsys, "import", tmp_path / "a", "--into", tmp_path / "to")
    assert code == 3
    assert "the file was cut short" in out


def test_a_fork_ends_with_one_and_evidence_that_anyone_checks(capsys, tmp_path, body, public):
    other = body.publish(tmp_path / "other", entries=body.parted(99, 250))
    code, out, _ = run(capsys, "compare", public, other)
    assert code == 1
    assert out.startswith("FORK: hilltop.example/log: the log signed two histories, which part within 100 entries")
    assert "--evidence" in out
    code, out, _ = run(capsys, "compare", public, other, "--evidence", tmp_path / "fork.json", "--json")
    answer = json.loads(out)
    assert (code, answer["exit_code"], answer["records"][0]["parted"]) == (1, 1, 100)
    assert answer["evidence"] == str(tmp_path / "fork.json")
    code, out, _ = run(capsys, "compare", "--check", tmp_path / "fork.json")
    assert code == 0
    assert "signed two histories that part within 100 entries" in out
    assert "compare the key" in out
    code, out, _ = run(capsys, "compare", "--check", tmp_path / "fork.json", "--vkey", body.log.vkey, "--json")
    assert json.loads(out)["forks"][0]["sizes"] == [300, 250]
    stranger = Body(seed=9).log.vkey
    code, _, err = run(capsys, "compare", "--check", tmp_path / "fork.json", "--vkey", stranger)
    assert code == 1
    assert "R-FORK-2" in err
    run(capsys, "bundle", other, "-o", tmp_path / "a")
    code, out, _ = run(capsys, "import", tmp_path / "a", "--into", public)
    assert code == 1
    assert "FORK" in out
    (evidence,) = (public / "evidence").iterdir()
    assert run(capsys, "compare", "--check", evidence)[0] == 0


def test_evidence_that_does_not_hold_ends_with_one(capsys, tmp_path, body, public):
    other = body.publish(tmp_path / "other", entries=body.parted(99, 250))
    run(capsys, "compare", public, other, "--evidence", tmp_path / "fork.json")
    false = json.loads((tmp_path / "fork.json").read_text())
    false["forks"][0]["size"] = 99
    (tmp_path / "fork.json").write_text(json.dumps(false))
    code, _, err = run(capsys, "compare", "--check", tmp_path / "fork.json")
    assert code == 1
    assert "R-FORK-1" in err
    (tmp_path / "fork.json").write_text("noise")
    assert run(capsys, "compare", "--check", tmp_path / "fork.json")[0] == 2


def test_what_cannot_be_told_ends_with_three(capsys, tmp_path, body, public):
    (tmp_path / "old").write_bytes(body.note(body.record(200)))
    (tmp_path / "new").write_bytes(body.note(body.record(250)))
    assert run(capsys, "compare", tmp_path / "old", tmp_path / "new", "--vkey", body.log.vkey)[0] == 3
    assert run(capsys, "compare", tmp_path / "old", public)[0] == 0


def test_wrong_usage_is_two(capsys, tmp_path, body, public):
    for words in (
        ("bundle", public, "-o", tmp_path / "a", "--from", "many"),
        ("bundle", public, "-o", tmp_path / "a", "--from", "=9"),
        ("bundle", public, "-o", tmp_path / "a", "--add", public / "index.json"),
        ("import", public / "index.json", "--into", tmp_path / "to"),
        ("import", public / "index.json", "--into", tmp_path / "to", "--vkey", "noise"),
        ("compare", public),
        ("compare", public, public, "--vkey", "noise"),
        ("compare", public, public, "--vkey", body.mirrors[0].vkey),
        ("compare", public, "--check", public),
    ):
        code, _, err = run(capsys, *words)
        assert code == 2, words
        assert err


def test_a_data_folder_is_no_public_folder(capsys, tmp_path, public):
    run(capsys, "bundle", public, "-o", tmp_path / "a")
    publish_file(tmp_path / "data", "node.json", b"{}")
    code, _, err = run(capsys, "import", tmp_path / "a", "--into", tmp_path / "data")
    assert code == 2
    assert "majlis node take" in err


def test_strange_things_are_named(capsys, tmp_path, body, public):
    publish_file(public, "inbox/" + "0" * 64 + ".act", body.waiting_act()[1])
    run(capsys, "bundle", public, "-o", tmp_path / "a")
    code, out, _ = run(capsys, "import", tmp_path / "a", "--into", tmp_path / "to", "--vkey", body.mirrors[0].vkey)
    assert code == 1
    assert "failure: inbox/0000" in out
    assert key(1).public_key.hex() not in out


@pytest.mark.parametrize("command", ["bundle", "import", "compare"])
def test_the_help_has_an_example(capsys, command):
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert f"majlis {command} " in out
