"""Power that fails at any instant, disks that are full or fail, files that come back cut off, two hosts on one folder.

Betrayal 24: no acknowledged act or ballot is lost, no half state is left, and the next start goes on.
"""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.host.crash import KEY, LOG, ORIGIN, WITNESS, open_setting
from tests.stories.play import Play, copy_of

from majlis.ballot import (
    ChoiceQuestion,
    Election,
    format_credentials,
    format_election,
    format_trustees,
    make_trustee_key,
    seal,
    sort_points,
    verify_archive,
)
from majlis.crypto import ED25519, SecretScalar, SigningKey, draw_scalar
from majlis.demo.setting import Setting
from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host.author import write_act
from majlis.host.blobs import Blobs
from majlis.host.box import Box
from majlis.host.chance import chance
from majlis.host.disk import write_file
from majlis.host.folder import open_folder
from majlis.host.verify import verify_folder
from majlis.host.witness import Witness
from majlis.institutions import Charter
from majlis.institutions.founding import Found, Officer
from majlis.record import NoteKey, parse_checkpoint, parse_note

SCRIPT = Path(__file__).with_name("crash.py")


def found(folder: Path) -> None:
    """One body with one officer, on a host with one witness."""
    setting = Setting(folder)
    setting.witness_keys = {"one": WITNESS}
    home = folder / "witness" / "one"
    home.mkdir(parents=True)
    Witness.create_memory(home, "majlis.example/witness/one", WITNESS.public_key)
    setting.open_witnesses()
    keys = [SigningKey(bytes([n]) * 32) for n in (200, 201, 202)]
    data = Found(
        names={"en": "Crash"},
        type="committee",
        charter=Charter(),
        charter_keys=tuple(key.public_key.hex() for key in keys),
        threshold=2,
        log=NoteKey(name=ORIGIN, public_key=LOG.public_key).vkey,
        next_log="ab" * 32,
        mirrors=setting.mirror_keys,
        quorum=1,
        languages=("en",),
        officers=(Officer(office="clerk", key=KEY.public_key.hex(), tag="ab" * 16),),
    )
    setting.host.found(write_act("found", data, *keys, KEY, chance=chance), ORIGIN, LOG)
    setting.trust(data.log)
    setting.close()


def run(folder: Path, mode: str, seconds: float | None = None, limit: int | None = None) -> list[list[str]]:
    """What the host acknowledged until it was killed, so many seconds after it was ready, or ended by itself."""
    command = [sys.executable, str(SCRIPT), str(folder), mode, *([] if limit is None else [str(limit)])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as host:
        assert host.stdout is not None
        assert host.stderr is not None
        first = host.stdout.readline()
        if seconds is not None:
            time.sleep(seconds)
            host.kill()
        rest, wrong = host.stdout.read(), host.stderr.read()
        host.wait(60)
    assert "Traceback" not in wrong, wrong
    lines = [first, *rest.splitlines(keepends=True)]
    return [line.split() for line in lines if line.endswith("\n")]


def check_all_there(setting: Setting, said: list[list[str]]) -> None:
    (identity,) = setting.host.bodies()
    state, record = setting.host.state(identity), setting.host.hosted(identity).record
    assert state.size == record.size
    for words in said:
        match words:
            case ["act", index, act]:
                assert state.log[int(index)] == act
            case ["blob", digest]:
                assert setting.blobs.get(digest)
            case ["safe", size]:
                assert record.size >= int(size)
                assert parse_checkpoint(parse_note(setting.witnesses[0].latest(ORIGIN)).text).size >= int(size)


def test_a_host_killed_at_any_instant_loses_no_acknowledged_act(tmp_path: Path) -> None:
    found(tmp_path)
    delays, said, written = random.Random(1), [], 0
    for _ in range(10):
        said += run(tmp_path, "acts", delays.uniform(0.0, 0.25))
        setting = open_setting(tmp_path)
        check_all_there(setting, said)
        (identity,) = setting.host.bodies()
        tick = setting.host.tick(identity, setting.witnesses, KEY).standing  # It signs, cosigns, and goes on.
        assert tick is not None
        assert tick.status == "in-force"
        written = setting.host.state(identity).size
        setting.close()
    assert written > 30


# --- ballots


class Vote:
    """A box of nobody's election, its members, and what they cast."""

    def __init__(self, folder: Path, count: int) -> None:
        self.path = folder / "box.bel"
        _, key = make_trustee_key(chance)
        self.members: list[SecretScalar] = [draw_scalar(chance) for _ in range(10)]
        points = sort_points(ED25519.raise_generator_secretly(member) for member in self.members)
        question = ChoiceQuestion(question="Shall we?", answers=("yes", "no"), min=1, max=1, blank=True)
        paper = format_election(
            uuid="NoBodysBoxHere1",
            name="Nobody",
            description="",
            public_key=ED25519.check(key.public_key),
            questions=(question,),
        )
        box = Box.create(
            self.path,
            timestamp=1_700_000_000,
            election=paper,
            trustees=format_trustees([key]),
            credentials=format_credentials(points),
        )
        self.election: Election = box.election
        self.ballots = [seal(self.election, self.members[n % 10], [[n % 2, 1 - n % 2]], chance) for n in range(count)]

    def box(self) -> Box:
        return Box.open(self.path)


@pytest.fixture
def vote(tmp_path: Path) -> Vote:
    return Vote(tmp_path, 12)


def test_a_box_whose_host_is_killed_at_any_instant_loses_no_acknowledged_ballot(tmp_path: Path) -> None:
    vote = Vote(tmp_path, 160)
    (tmp_path / "ballots").write_bytes(b"\n".join(vote.ballots) + b"\n")
    delays, cast = random.Random(2), []
    for _ in range(10):
        said = run(tmp_path, "ballots", delays.uniform(0.0, 0.1))
        cast += [words[1] for words in said if words[0] == "ballot"]
        box = vote.box()
        box._load()
        assert set(cast) <= box._seen
        report = verify_archive(vote.path.read_bytes())
        assert (report.verdict, report.failures) == ("incomplete", ())
        assert report.ballots == box.count
    assert cast


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.99])
def test_what_a_crash_tore_off_is_put_aside_and_the_box_goes_on(vote: Vote, share: float) -> None:
    box = vote.box()
    box.cast_many(vote.ballots[:4])
    whole = vote.path.read_bytes()
    box.cast(vote.ballots[4])
    more = vote.path.read_bytes()[len(whole) :]
    torn = more[: int(len(more) * share)]
    vote.path.write_bytes(whole + torn)
    box = vote.box()
    assert vote.path.read_bytes() == whole
    assert vote.path.with_name(f"{vote.path.name}.torn-{len(whole)}").read_bytes() == torn
    box.cast(vote.ballots[4])
    assert verify_archive(vote.path.read_bytes()).failures == ()
    assert vote.box().count == 5


def test_a_torn_end_of_zeros_is_torn_too(vote: Vote) -> None:
    """Some file systems leave zeros where data were to come."""
    vote.box().cast_many(vote.ballots[:3])
    whole = vote.path.read_bytes()
    vote.path.write_bytes(whole + bytes(4096))
    assert vote.box().count == 3
    assert vote.path.read_bytes() == whole


def test_a_box_damaged_in_the_middle_is_not_taken_for_torn(vote: Vote) -> None:
    """The record logged a head behind the damage: whoever cut there would unsay ballots."""
    box = vote.box()
    box.cast_many(vote.ballots[:6])
    heads = [(box.height, box.head)]
    data = bytearray(vote.path.read_bytes())
    data[len(data) // 2] ^= 1
    vote.path.write_bytes(data)
    with pytest.raises(Fault, match="event 6"):
        Box.open(vote.path, heads)
    assert vote.path.read_bytes() == data


@pytest.mark.parametrize("size", [0, 1, 511, 2000])
def test_a_box_cut_in_its_beginning_says_what_to_do(vote: Vote, size: int) -> None:
    vote.path.write_bytes(vote.path.read_bytes()[:size])
    with pytest.raises(Malformed, match=r"box\.bel.*mirror"):
        vote.box()
    assert vote.path.stat().st_size == size


def fail_with(monkeypatch: pytest.MonkeyPatch, code: int, calls: int = 0) -> None:
    """After so many calls every sync fails."""
    left = calls
    real = os.fsync

    def fsync(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(code, os.strerror(code))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_ballot_that_could_not_be_stored_was_not_acknowledged(
    vote: Vote, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    box = vote.box()
    box.cast_many(vote.ballots[:3])
    before = vote.path.read_bytes()
    with monkeypatch.context() as failing:
        fail_with(failing, code)
        with pytest.raises(Fault, match="nothing was acknowledged"):
            box.cast(vote.ballots[3])
    assert vote.path.read_bytes() == before
    with pytest.raises(Fault, match="start it again"):
        box.cast(vote.ballots[3])
    box = vote.box()
    box.cast(vote.ballots[3])
    assert box.count == 4


def test_a_box_that_fails_when_it_is_made_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as failing:
        fail_with(failing, errno.ENOSPC)
        with pytest.raises(OSError, match="space"):
            Vote(tmp_path, 0)
    assert list(tmp_path.iterdir()) == []
    Vote(tmp_path, 0)


def test_a_disk_that_fills_up_under_the_box_loses_nothing(tmp_path: Path) -> None:
    """For real: no file may grow above the limit."""
    vote = Vote(tmp_path, 60)
    (tmp_path / "ballots").write_bytes(b"\n".join(vote.ballots) + b"\n")
    said = run(tmp_path, "ballots", limit=vote.path.stat().st_size + 60_000)
    cast = [words[1] for words in said if words[0] == "ballot"]
    assert said[-1][0] == "fault"
    assert "nothing was acknowledged" in " ".join(said[-1])
    assert 2 < len(cast) < 60
    box = vote.box()
    assert [ballot.hash for ballot in _checked(box)] == cast
    said = run(tmp_path, "ballots")
    assert said[-1] == ["done"]
    assert vote.box().count == 60


def _checked(box: Box) -> list[Any]:
    box._load()
    return box._ballots


# --- acts and blobs


def test_a_disk_that_fills_up_under_the_host_loses_nothing(tmp_path: Path) -> None:
    found(tmp_path)
    said = run(tmp_path, "acts", limit=400_000)
    assert said[-1][0] == "fault"
    setting = open_setting(tmp_path)
    check_all_there(setting, said)
    (identity,) = setting.host.bodies()
    size = setting.host.state(identity).size
    assert size > 20
    setting.host.write(identity, "motion.table", {"text": "ab" * 32, "grants": []}, KEY)
    assert setting.host.state(identity).size == size + 1
    setting.close()


@pytest.mark.parametrize("calls", [0, 1])
def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    path = tmp_path / "file"
    write_file(path, b"old")
    with monkeypatch.context() as failing:
        fail_with(failing, errno.ENOSPC, calls)
        with pytest.raises(OSError, match="space"):
            write_file(path, b"new and longer")
    assert path.read_bytes() in ((b"old",), (b"old", b"new and longer"))[calls]
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_a_damaged_blob_is_mended_when_it_comes_again(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"the wording of a motion")
    blobs.path(digest).write_bytes(b"the wor")
    with pytest.raises(Fault, match="not those that its name says"):
        blobs.get(digest)
    assert blobs.put(b"the wording of a motion") == digest
    assert blobs.get(digest) == b"the wording of a motion"


def test_a_founding_that_was_cut_short_is_handed_in_again_and_goes_on(tmp_path: Path) -> None:
    """The record is there and empty, or holds act 0 and has no signer yet."""
    for stage_of_crash in ("empty", "unsigned"):
        folder = tmp_path / stage_of_crash
        found(tmp_path / f"{stage_of_crash}-model")
        model = open_setting(tmp_path / f"{stage_of_crash}-model")
        (entry,) = model.host.hosted(model.host.bodies()[0]).record.entries()
        model.close()
        setting = Setting(folder)
        record = setting.store.create(ORIGIN)
        if stage_of_crash == "unsigned":
            record.append([entry])
        with pytest.raises(Missing):
            setting.host.load(ORIGIN, LOG)
        identity = setting.host.found(entry, ORIGIN, LOG)
        assert setting.host.head(identity).size == 1
        assert setting.host.found(entry, ORIGIN, LOG) == identity
        other = write_act("found", {}, KEY, chance=chance)
        with pytest.raises(Refused):
            setting.host.found(other, ORIGIN, LOG)
        setting.close()


def test_another_founding_does_not_take_an_origin_that_is_taken(tmp_path: Path) -> None:
    found(tmp_path / "one")
    found(tmp_path / "two")
    two = open_setting(tmp_path / "two")
    (entry,) = two.host.hosted(two.host.bodies()[0]).record.entries()
    two.close()
    one = open_setting(tmp_path / "one")
    with pytest.raises(Refused, match="another body"):
        one.host.found(entry, ORIGIN, LOG)
    with pytest.raises(Refused, match="another log"):
        one.host.found(entry, "majlis.example/elsewhere", LOG)
    assert one.store.origins() == (ORIGIN,)
    one.close()


# --- what comes back cut off


@pytest.mark.parametrize("file", ["host.db", "signer.db", "witness/one/witness.db"])
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_a_database_that_was_cut_off_is_named_with_the_next_step(tmp_path: Path, file: str, share: float) -> None:
    found(tmp_path)
    path = tmp_path / file
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    for _ in range(2):  # Looking at it changes nothing of that.
        (said,) = run(tmp_path, "acts")
        assert said[0] == "fault"
        assert file.rpartition("/")[2] in " ".join(said)
        assert {"mirror", "aside,"} & set(said)


def test_a_lost_database_is_not_quietly_begun_anew(tmp_path: Path) -> None:
    found(tmp_path)
    (tmp_path / "witness/one/witness.db").unlink()
    with pytest.raises(Missing):
        open_setting(tmp_path)


def test_a_published_folder_that_is_cut_off_anywhere_is_named(play: Play, given: Path) -> None:
    box = sorted(given.glob("boxes/*.bel"))[0]
    box.write_bytes(box.read_bytes()[:-700])
    verdict = play.verify(given)
    assert verdict.exit_code == 1
    assert f"boxes/{box.name}" in {finding.file for finding in verdict.findings if finding.kind == "failure"}


# --- two at once


def test_a_second_host_on_one_folder_is_refused_at_once(tmp_path: Path) -> None:
    found(tmp_path)
    setting = open_setting(tmp_path)
    began = time.monotonic()
    said = run(tmp_path, "acts")
    assert said[0][0] == "fault"
    assert "another program" in " ".join(said[0])
    assert time.monotonic() - began < 60
    setting.close()
    assert run(tmp_path, "acts", 0.1)[0] == ["ready"]


def test_a_copy_of_the_folder_is_another_host_and_says_so_when_it_signs(tmp_path: Path) -> None:
    """The copy knows what was signed before; the witnesses remember what was signed since."""
    found(tmp_path / "one")
    copy_of(tmp_path / "one", tmp_path / "two")
    one, two = open_setting(tmp_path / "one"), open_setting(tmp_path / "two")
    (identity,) = one.host.bodies()
    for setting, text in ((one, "ab"), (two, "cd")):
        setting.host.write(identity, "motion.table", {"text": text * 32, "grants": []}, KEY)
    assert one.host.cosign(identity, one.witnesses).count(b"witness/one") == 1
    assert two.host.cosign(identity, one.witnesses).count(b"witness/one") == 0  # Another history: no line.
    one.close()
    two.close()


# --- the live host and the fresh reader agree


def test_what_the_host_folded_step_by_step_is_what_a_reader_folds_at_once(play: Play) -> None:
    live = {body.identity: play.world.host.state(body.identity) for body in play.federation.everyone()}
    verdict = verify_folder(play.public, accept_unknown=True)
    assert verdict.exit_code == 0
    folder = open_folder(play.public)
    folder.federation.fold_all()
    for identity, state in live.items():
        assert folder.federation.records[identity].state == state
