"""What ``majlis verify`` and ``majlis trace`` promise to other programs: exit codes and the names in their JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.stories.archives import Part, put_together, rebuild
from tests.stories.play import Play, majlis, verify_program

from majlis.ballot import (
    ArchiveWriter,
    ChoiceQuestion,
    format_credentials,
    format_election,
    format_trustees,
    make_trustee_key,
    parse_election,
    seal,
    sort_points,
)
from majlis.crypto import ED25519, draw_scalar
from majlis.errors import Malformed
from majlis.host.chance import chance
from majlis.host.layout import CHECKPOINT, record_folder
from majlis.host.publish import write_sums
from majlis.host.trust import known_from, parse_trust
from majlis.main import main

VERDICT = {"ok", "verdict", "exit_code", "summary", "findings", "void", "checked", "unknown", "records"}
RECORD = {"body", "slug", "size", "root", "tick", "age"}
FINDING = {"kind", "body", "index", "box", "ballot", "file", "rule", "text"}
VOID = {"body", "slug", "index", "act", "kind", "rule", "text"}
CHECKED = {"files", "records", "acts", "safe", "boxes", "ballots", "blobs"}
KINDS = {"failure", "missing", "non-canonical", "warning", "note"}
STEP = {"depth", "role", "body", "act", "standing"}


def test_0_is_sound(play: Play) -> None:
    code, said = verify_program(play.public, "--trust", play.trust)
    assert code == 0
    assert said.keys() == VERDICT
    assert (said["ok"], said["verdict"], said["exit_code"], said["unknown"]) == (True, "sound", 0, [])
    assert said["findings"] == []
    assert said["checked"].keys() == CHECKED
    assert all(void.keys() == VOID for void in said["void"])
    assert all(record.keys() == RECORD for record in said["records"])
    everything = [path for path in play.public.rglob("*") if path.is_file()]
    assert said["checked"]["files"] == len(everything)
    assert (said["checked"]["records"], said["checked"]["boxes"]) == (6, 4)
    assert said["checked"]["safe"] == said["checked"]["acts"]


def test_0_where_identities_are_taken_on_faith_and_it_is_said(play: Play) -> None:
    code, said = verify_program(play.public, "--accept-unknown")
    assert (code, said["ok"], said["verdict"]) == (0, True, "sound")
    assert len(said["unknown"]) == 6
    assert "taken on faith" in said["summary"]


def test_1_when_a_check_failed(play: Play, given: Path) -> None:
    (given / "index.json").unlink()
    code, said = verify_program(given, "--trust", play.trust)
    assert (code, said["ok"], said["verdict"]) == (1, False, "failed")
    assert all(finding.keys() == FINDING for finding in said["findings"])
    assert {finding["kind"] for finding in said["findings"]} <= {
        "failure",
        "missing",
        "non-canonical",
        "warning",
        "note",
    }
    assert "index.json" in said["summary"]


@pytest.mark.parametrize("what", ["nowhere", "a file", "an empty folder", "no trust file", "rubbish for a trust file"])
def test_2_when_it_cannot_be_read(play: Play, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str) -> None:
    (tmp_path / "file").write_bytes(b"rubbish")
    (tmp_path / "empty").mkdir()
    arguments = {
        "nowhere": [tmp_path / "nowhere"],
        "a file": [tmp_path / "file"],
        "an empty folder": [tmp_path / "empty"],
        "no trust file": [play.public, "--trust", tmp_path / "nowhere"],
        "rubbish for a trust file": [play.public, "--trust", tmp_path / "file"],
    }[what]
    assert main(["verify", *map(str, arguments)]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert said.out == ""


def test_2_for_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["verify"], ["verify", ".", "--what"], ["trace", "."], ["trace", ".", "body", "seven"]):
        assert main(arguments) == 2
        assert "usage" in capsys.readouterr().err


def test_2_of_the_program_itself(tmp_path: Path) -> None:
    done = majlis("verify", tmp_path / "nowhere", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_3_when_something_is_not_here(play: Play, given: Path) -> None:
    shutil.rmtree(given / record_folder(play.federation.districts[1].origin))
    write_sums(given)
    code, said = verify_program(given, "--trust", play.trust)
    assert (code, said["ok"], said["verdict"]) == (3, False, "incomplete")
    missing = [finding for finding in said["findings"] if finding["kind"] == "missing"]
    assert f"{record_folder(play.federation.districts[1].origin)}/{CHECKPOINT}" in {
        finding["file"] for finding in missing
    }


def foreign_box(change: Callable[[bytes], bytes]) -> tuple[str, bytes]:
    """A running box of nobody's election, whose one ballot was written otherwise: its identifier and its bytes."""
    uuid = "NoBodysBoxHere1"
    secret, key = make_trustee_key(chance)
    del secret
    members = [draw_scalar(chance) for _ in range(3)]
    points = sort_points(ED25519.raise_generator_secretly(member) for member in members)
    question = ChoiceQuestion(question="Shall we?", answers=("yes", "no"), min=1, max=1, blank=True)
    paper = format_election(
        uuid=uuid, name="Nobody", description="", public_key=ED25519.check(key.public_key), questions=(question,)
    )
    writer = ArchiveWriter.begin(1_700_000_000)
    archive = writer.setup(paper, format_trustees([key]), format_credentials(points))
    ballot = seal(parse_election(paper), members[0], [[1, 0]], chance)
    return uuid, rebuild(archive, lambda parts: [*parts, Part(type="Ballot", payloads=[change(ballot)])])


def reordered(ballot: bytes) -> bytes:
    fields = json.loads(ballot)
    return json.dumps(dict(reversed(fields.items())), separators=(",", ":")).encode()


def test_4_when_a_box_is_not_in_its_one_form(play: Play, given: Path) -> None:
    """Another program wrote the ballot's fields in another order: neither counted here, nor called false."""
    uuid, archive = foreign_box(reordered)
    (given / "boxes" / f"{uuid}.bel").write_bytes(archive)
    write_sums(given)
    code, said = verify_program(given, "--trust", play.trust)
    assert (code, said["ok"], said["verdict"]) == (4, False, "not canonical")
    (finding,) = [finding for finding in said["findings"] if finding["kind"] == "non-canonical"]
    assert (finding["box"], finding["file"]) == (uuid, f"boxes/{uuid}.bel")
    assert finding["ballot"]
    assert finding["rule"].startswith("R-BOX-")
    alone = majlis("box", "verify", given / "boxes" / f"{uuid}.bel")
    assert alone.returncode == 4


def test_a_failure_outweighs_the_form(play: Play, given: Path) -> None:
    uuid, archive = foreign_box(reordered)
    (given / "boxes" / f"{uuid}.bel").write_bytes(archive)
    assert play.verify(given).exit_code == 4  # That the sums do not list it is a warning, no more.
    next(given.glob("pages/**/*.html")).write_bytes(b"")
    assert play.verify(given).exit_code == 1


def test_a_running_box_in_its_one_form_is_no_fault(play: Play, given: Path) -> None:
    uuid, archive = foreign_box(bytes)
    (given / "boxes" / f"{uuid}.bel").write_bytes(archive)
    write_sums(given)
    assert play.verify(given).exit_code == 0


def test_5_when_nothing_says_whose_records_these_are(play: Play) -> None:
    code, said = verify_program(play.public)
    assert (code, said["ok"], said["verdict"]) == (5, False, "consistent, identity unknown")
    assert sorted(said["unknown"]) == sorted(body.identity for body in play.federation.everyone())


# --- trace


def traced(play: Play, *arguments: object) -> tuple[int, list[dict[str, Any]]]:
    done = majlis("trace", play.public, *arguments, "--json")
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout) if done.stdout else []


def test_trace_names_each_step_of_the_warrant(play: Play) -> None:
    assembly = play.sittings.assembly.identity
    index = play.world.host.state(assembly).acts[play.sittings.decision].index
    code, steps = traced(play, "assembly", index)
    assert code == 0
    assert all(step.keys() == STEP for step in steps)
    assert (steps[0]["depth"], steps[0]["role"], steps[0]["act"]) == (0, "", play.sittings.decision)
    assert steps[0]["standing"].keys() >= {"index", "kind", "author", "status", "rule", "text"}
    brief_code, brief = traced(play, assembly[:10], index, "--brief")
    assert brief_code == 0
    assert 0 < len(brief) < len(steps)
    assert {"census.publish", "roll.commit"} <= {step["standing"]["kind"] for step in brief}


def test_trace_says_void_for_what_is_void(play: Play) -> None:
    (void,) = play.verify().void
    assert traced(play, "assembly", void.index)[0] == 1


@pytest.mark.parametrize("arguments", [["nobody", 3], ["assembly", 10_000], ["assembly", -1]])
def test_trace_says_what_there_is_not(play: Play, arguments: list[object]) -> None:
    done = majlis("trace", play.public, "--", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_trace_in_a_folder_that_was_tampered_with_says_so(play: Play, given: Path) -> None:
    folder = given / record_folder(play.sittings.assembly.origin)
    bundle = next(path for path in folder.glob("tile/entries/**/*") if path.is_file())
    bundle.write_bytes(bundle.read_bytes().replace(b"flour", b"floor", 1))
    done = majlis("trace", given, "assembly", 5)
    assert done.returncode == 1
    assert bundle.relative_to(given).as_posix() in done.stderr
    shutil.rmtree(folder)
    assert majlis("trace", given, "assembly", 5).returncode == 3


# --- the trust file


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "line 1"),
        ("majlis-trust/2\nbody " + "ab" * 32, "line 1"),
        ("majlis-trust/1\nbody " + "AB" * 32, "line 2"),
        ("majlis-trust/1\nbody abc", "line 2"),
        ("majlis-trust/1\n\n# x\nbody " + "ab" * 32 + " 12", "line 4"),
        ("majlis-trust/1\nbody " + "ab" * 32 + " 12 " + "A" * 43 + "!", "line 2"),
        ("majlis-trust/1\nbody " + "ab" * 32 + " -1 " + "A" * 43 + "=", "line 2"),
        ("majlis-trust/1\nidentity " + "ab" * 32, "line 2"),
        ("majlis-trust/1\n# nothing\n", ""),
    ],
)
def test_a_trust_file_is_read_to_the_letter(text: str, line: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_trust(text.encode())
    assert line in str(caught.value)


def test_a_trust_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(Malformed):
        parse_trust(b"majlis-trust/1\nbody \xff")


def test_a_pin_with_and_without_a_size() -> None:
    root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    pins = parse_trust(f"majlis-trust/1\n  body {'ab' * 32}  \n# ours\nbody {'cd' * 32} 7 {root}\r\n".encode())
    assert [(pin.identity, pin.size, len(pin.root)) for pin in pins] == [("ab" * 32, 0, 0), ("cd" * 32, 7, 64)]
    assert known_from([pin.identity for pin in pins], {}) == frozenset()


def test_the_verdict_round_trips_as_json(play: Play) -> None:
    verdict = play.verify()
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=type(verdict)) == verdict


def test_an_archive_that_is_put_together_again_is_the_same(play: Play) -> None:
    """The tests' own tool for tampering changes nothing by itself."""
    for box in play.public.glob("boxes/*.bel"):
        archive = box.read_bytes()
        assert rebuild(archive, lambda parts: parts) == archive
    assert put_together([], 1).startswith(b"BELENIOS")
