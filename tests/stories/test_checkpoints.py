"""Somebody at a checkpoint without network is shown who is a delegate: R-DIGEST-5 to R-DIGEST-8, by the commands."""

from __future__ import annotations

import json
import random
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace
from tests.stories.play import Play

from majlis.errors import Fault, Malformed
from majlis.host.folder import open_folder
from majlis.host.known import format_known, parse_known
from majlis.institutions.in_force import format_in_force, parse_in_force
from majlis.main import main
from majlis.record import format_tlog_proof, parse_tlog_proof, prove_inclusion
from majlis.site import paths
from majlis.site.folder import FolderSource
from majlis.site.server import make_app

SOON = "2026-11-21 10:00"


class Said(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*words: object) -> Said:
        code = main(["in-force", *map(str, words)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.out, said.err)

    return command


@pytest.fixture
def known(run: Run, play: Play, tmp_path: Path) -> Path:
    """Whom somebody believes about the assembly, as their own committee gave it to them."""
    assert run("known", play.public, "assembly", "--out", tmp_path / "assembly.known").code == 0
    return tmp_path / "assembly.known"


@pytest.fixture
def shown(run: Run, play: Play, tmp_path: Path) -> Path:
    """What the delegate of Olive Hill carries."""
    made = run("prove", play.public, "assembly", "seat", "olive-hill", "--out", tmp_path / "olive.in-force")
    assert made.code == 0, made
    return tmp_path / "olive.in-force"


def test_a_delegate_is_shown_with_the_age_and_what_is_not_shown(run: Run, known: Path, shown: Path) -> None:
    said = run("check", shown, "--known", known, "--at", SOON)
    assert said.code == 0, said
    assert "in force: seat: " in said.out
    assert "Assembly" in said.out
    assert "as of 2026-11-2" in said.out
    assert "more than 30 days is too old" in said.out
    assert "3 of 3 mirrors say so" in said.out
    assert "not shown: what came later" in said.out
    facts = json.loads(run("check", shown, "--known", known, "--at", SOON, "--json").out)
    assert (facts["ok"], facts["later"], facts["days"], facts["doubt"]) == (True, 0, 30, "")
    assert facts["statement"].startswith("seat ")


def test_it_fits_a_few_codes_and_is_read_back_from_them(
    run: Run, known: Path, shown: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown.stat().st_size < 2500
    assert main(["qr", str(shown), "--text", str(tmp_path / "codes")]) == 0
    assert main(["qr", "--read", str(tmp_path / "codes"), "-o", str(tmp_path / "back")]) == 0
    capsys.readouterr()
    assert (tmp_path / "back").read_bytes() == shown.read_bytes()
    assert run("check", tmp_path / "back", "--known", known, "--at", SOON).code == 0


def test_no_byte_of_it_changes_unseen(run: Run, known: Path, shown: Path, tmp_path: Path) -> None:
    data, altered = shown.read_bytes(), tmp_path / "altered"
    for at in [*range(0, len(data), 17), *range(len(data) - 120, len(data), 3)]:
        altered.write_bytes(data[:at] + bytes([data[at] ^ 1 << random.Random(at).randrange(7)]) + data[at + 1 :])
        said = run("check", altered, "--known", known, "--at", SOON)
        assert said.code in (1, 2), (at, said)
        assert said.err.startswith(f"error: {altered}"), said.err
    altered.write_bytes(data[:-1])
    assert run("check", altered, "--known", known, "--at", SOON).code == 2


def test_what_is_too_old_or_to_come_is_not_called_in_force(run: Run, known: Path, shown: Path) -> None:
    """R-DIGEST-6: the charter's ``care_days`` unless the reader says otherwise."""
    cases = [("2027-01-15", (), "too old"), ("2020-01-01", (), "still to come"), (SOON, ("--days", 0), "too old")]
    for time, options, why in cases:
        said = run("check", shown, "--known", known, "--at", time, *options)
        assert said.code == 3
        assert why in said.err
    assert run("check", shown, "--known", known, "--at", "2027-01-15", "--days", 90).code == 0
    assert run("check", shown, "--known", known, "--at", "soon").code == 2
    assert run("check", shown, "--known", known, "--days", -1).code == 2


def test_an_old_digest_under_a_newer_checkpoint_has_no_age(run: Run, play: Play, known: Path, shown: Path) -> None:
    """R-DIGEST-6: a delegate who was recalled would look as young as the newest cosignature."""
    folder = open_folder(play.public)
    files = folder.files[play.federation.assembly.identity]
    proof = parse_in_force(shown.read_bytes())
    where = parse_tlog_proof(proof.proof)
    tree = folder.federation.records[play.federation.assembly.identity].tree
    size = files.checkpoint.size
    assert size > where.index + 1
    newer = replace(where, hashes=prove_inclusion(where.index, size, tree.read), checkpoint=files.note)
    shown.write_bytes(format_in_force(replace(proof, proof=format_tlog_proof(newer))))
    said = run("check", shown, "--known", known, "--at", SOON)
    assert said.code == 3
    assert "how old it is cannot be told" in said.err
    assert json.loads(run("check", shown, "--known", known, "--json").out)["age"] is None


def test_whom_to_believe_is_the_readers_own_choice(run: Run, play: Play, shown: Path, tmp_path: Path) -> None:
    """Another body's keys show nothing; an act 0 proves itself to whoever pinned the identity."""
    other, act = tmp_path / "other.known", tmp_path / "assembly.act0"
    run("known", play.public, "olive-hill", "--out", other)
    assert run("check", shown, "--known", other, "--at", SOON).code == 1
    run("known", play.public, "assembly", "--act-0", "--out", act)
    assert run("check", shown, "--known", act, "--at", SOON).code == 0
    assert run("check", shown, "--known", act, "--at", SOON, "--trust", play.trust).code == 1
    pinned = tmp_path / "trust.txt"
    pinned.write_text(f"majlis-trust/1\nbody {play.federation.assembly.identity}\n")
    assert run("check", shown, "--known", act, "--at", SOON, "--trust", pinned).code == 0
    act.write_bytes(act.read_bytes().replace(b'"quorum":2', b'"quorum":1'))
    assert run("check", shown, "--known", act, "--at", SOON).code == 1


def test_a_name_that_means_several_or_nothing_is_answered_with_the_choices(
    run: Run, play: Play, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    several = run("prove", play.public, "assembly", "seat", "--out", out)
    assert several.code == 2
    assert several.err.count("  seat: ") == 4
    nothing = run("prove", play.public, "assembly", "seat", "zanzibar", "--out", out)
    assert nothing.code == 3
    assert "  seat: " in nothing.err
    assert run("prove", play.public, "nowhere", "seat", "--out", out).code == 2
    assert not out.exists()


def test_offices_decisions_and_the_charter_are_shown_alike(run: Run, play: Play, known: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    decision = play.federation.assembly.identity, play.sittings.decision
    index = play.world.host.state(decision[0]).acts[decision[1]].index
    for words in (("office", "clerk"), ("decision", str(index)), ("charter",), ("confirmed",), ("fund", "SYP")):
        assert run("prove", play.public, "assembly", *words, "--out", out).code == 0, words
        said = run("check", out, "--known", known, "--at", SOON)
        assert said.code == 0
        assert f"in force: {words[0]}: " in said.out


def test_who_was_recalled_has_nothing_to_show(run: Run, play: Play, tmp_path: Path) -> None:
    breaker = play.sittings.breaker
    assert breaker is not None
    assert run("list", play.public, "assembly", "seat", breaker.key.public_key.hex(), "--json").code == 0
    said = run("prove", play.public, "assembly", "seat", breaker.key.public_key.hex(), "--out", tmp_path / "out")
    assert said.code == 3


def test_the_page_of_a_delegate_offers_the_file_while_they_sit(play: Play, shown: Path) -> None:
    seats = play.public / "pages" / "in-force" / play.federation.assembly.identity
    offered = {path.name: path.read_bytes() for path in seats.iterdir()}
    assert len(offered) == 4
    assert shown.read_bytes() in offered.values()
    name = next(name for name, data in offered.items() if data == shown.read_bytes())
    key = parse_in_force(shown.read_bytes()).statement.split(" ")[2]
    for language, words in (("en", "Download the proof of this seat"), ("ar", "نزّل إثبات هذا المقعد")):
        pages = play.public / "pages" / language / "assembly"
        page = (pages / f"delegate-{key}.html").read_text(encoding="utf-8")
        assert words in page
        assert f'href="../../in-force/{seats.name}/{name}"' in page
        assert sum(words in path.read_text(encoding="utf-8") for path in pages.glob("delegate-*.html")) == 4
    assert play.sittings.breaker is not None
    recalled = pages / f"delegate-{play.sittings.breaker.key.public_key.hex()}.html"
    assert "in-force/" not in recalled.read_text(encoding="utf-8")


def test_a_published_file_that_was_altered_is_noticed_by_verify(play: Play, public: Path) -> None:
    """R-VERIFY-1, for what is derived too."""
    assert play.verify(public).exit_code == 0
    file = next((public / "pages" / "in-force").rglob("*.in-force"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    verdict = play.verify(public)
    assert verdict.exit_code == 1
    assert [(each.file, each.rule) for each in verdict.findings] == [
        (file.relative_to(public).as_posix(), "R-VERIFY-1")
    ]


def test_a_server_gives_the_same_file_and_no_other(play: Play, shown: Path) -> None:
    source = FolderSource(play.public)
    statement = parse_in_force(shown.read_bytes()).statement
    path = paths.in_force(play.federation.assembly.identity, statement)
    with TestClient(make_app(source)) as client:
        assert client.get(f"/{path}").content == shown.read_bytes()
        assert client.get(f"/{path.replace(path[-20:-10], '0' * 10)}").status_code == 404


def test_the_guide_does_what_it_says_word_for_word(
    play: Play, project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the delegate and whoever asks them do; the clerk's part is tried where clerks are."""
    text = (project_root / "docs" / "guide" / "at-a-checkpoint.md").read_text(encoding="utf-8")
    (tmp_path / "public").symlink_to(play.public)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```sh (?:hani|karim)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    for line in "".join(blocks).splitlines():
        program, *words = shlex.split(line)
        assert program == "majlis"
        assert main(words) == 0, line
    said = capsys.readouterr().out
    assert "3 codes" in said
    assert "in force: seat: " in said
    (tmp_path / "public").unlink()
    assert main(shlex.split(line)[1:]) == 0, "the last command needs no record"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"majlis-known/1", b"majlis-known/2"),
        (b"quorum 2", b"quorum 4"),
        (b"quorum 2\n", b""),
        (b"quorum 2\n", b"quorum 2\nquorum 2\n"),
        (b"care-days 30", b"care-days 0"),
        (b"body ", b"body x"),
        (b"name en ", b"name E "),
        (b"log ", b"lag "),
        (b"care-days 30\n", b"care-days 30"),
    ],
)
def test_a_file_that_says_otherwise_whom_to_believe_is_malformed(known: Path, old: bytes, new: bytes) -> None:
    """R-DIGEST-7."""
    data = known.read_bytes()
    assert format_known(parse_known(data)) == data
    assert old in data
    with pytest.raises(Malformed, match="R-DIGEST-7"):
        parse_known(data.replace(old, new))


def test_whom_to_believe_without_a_log_or_with_a_mirror_twice_is_malformed(known: Path) -> None:
    lines = known.read_bytes().splitlines(keepends=True)
    without = b"".join(line for line in lines if not line.startswith(b"log "))
    twice = b"".join(line * (1 + line.startswith(b"mirror ")) for line in lines)
    for data in (without, twice, b"\xff", b"", known.read_bytes() + b"x" * 65536, b"majlis/1 no act"):
        with pytest.raises(Fault):
            parse_known(data)
