"""What a reader has seen before, how old it is, and what lies here that nobody speaks of (R-VERIFY-8, -10, -11)."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from tests.host.test_verify_contract import foreign_box
from tests.stories.play import Play, Stage, failures, majlis, verify_program

from majlis.cli.verify import as_text
from majlis.errors import Malformed, Refused
from majlis.host.layout import blob_path, box_path
from majlis.host.publish import publish_blob, write_sums
from majlis.host.trust import format_trust, parse_trust, updated_trust
from majlis.host.verify import verify_folder
from majlis.institutions.charter import DAY
from majlis.institutions.ticks import now as newest_tick


@pytest.fixture
def stage(play: Play, tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(play, tmp_path / "stage")
    yield stage
    stage.close()


# --- an older copy


def test_an_older_copy_is_sound_until_one_has_noted_a_newer_one(play: Play, stage: Stage, tmp_path: Path) -> None:
    """R-VERIFY-8: a host shows the record as it was before the recall; every signature on it is good."""
    trust = tmp_path / "trust.txt"
    trust.write_text(f"majlis-trust/1\n# from the card on the wall\nbody {play.federation.districts[0].identity}\n")
    old = stage.publish(tmp_path / "old")
    stage.decide(stage.districts[0])
    stage.decide(stage.districts[1])
    new = stage.publish(tmp_path / "new")
    assert verify_program(old, "--trust", trust)[0] == 0
    code, said = verify_program(new, "--trust", trust, "--update")
    assert code == 0
    assert "# from the card on the wall" in trust.read_text().split("\n")
    pins = parse_trust(trust.read_bytes())
    assert {(pin.identity, pin.size) for pin in pins} == {
        (record["body"], record["size"]) for record in said["records"]
    }
    assert [pin.is_known for pin in pins].count(True) == 1
    code, said = verify_program(old, "--trust", trust)
    assert (code, {finding["rule"] for finding in said["findings"] if finding["kind"] == "failure"}) == (
        1,
        {"R-VERIFY-8"},
    )
    rolled_back = {finding["body"] for finding in said["findings"] if finding["rule"] == "R-VERIFY-8"}
    assert {stage.districts[0].identity, stage.districts[1].identity} <= rolled_back
    before = trust.read_bytes()
    done = majlis("verify", old, "--trust", trust, "--update")
    assert done.returncode == 1
    assert "stays as it was" in done.stderr
    assert trust.read_bytes() == before
    assert verify_program(new, "--trust", trust, "--update")[0] == 0
    assert trust.read_bytes() == before


def test_what_is_not_sound_or_not_known_is_not_noted(play: Play) -> None:
    """R-VERIFY-8: nobody's word is taken for more than it was."""
    data = format_trust(["ab" * 32]).encode()
    unknown = play.verify(trust=data, accept_unknown=True)
    assert unknown.ok
    assert updated_trust(data, unknown) == data
    strangers = play.verify(trust=data)
    assert strangers.exit_code == 5
    with pytest.raises(Refused, match="identity unknown"):
        updated_trust(data, strangers)


def test_a_record_that_was_seen_is_not_thereby_known(play: Play) -> None:
    """R-VERIFY-8: ``seen`` holds a record to its size and makes nobody trusted; and a missing one is only a warning."""
    sound = play.verify()
    records = {record.body: record for record in sound.records}
    first, other = play.federation.districts[0].identity, play.federation.affiliates[1].identity
    only_seen = f"majlis-trust/1\nseen {first} {records[first].size} {records[first].root}\n"
    with pytest.raises(Malformed, match="pins no body"):
        parse_trust(only_seen.encode())
    both = f"{only_seen}body {other}\n"
    verdict = play.verify(trust=both.encode())
    assert verdict.exit_code == 5
    assert first in verdict.unknown
    gone = f"majlis-trust/1\nbody {first}\nseen {'ab' * 32} 3 {records[first].root}\n"
    verdict = play.verify(trust=gone.encode())
    (found,) = verdict.findings
    assert (verdict.ok, found.kind, found.rule, found.body) == (True, "warning", "R-VERIFY-8", "ab" * 32)


@pytest.mark.parametrize("line", ["seen " + "ab" * 32, "seen " + "ab" * 32 + " 7", "seen abc 7 " + "A" * 43 + "="])
def test_a_line_of_what_was_seen_has_a_size_and_a_root(line: str) -> None:
    with pytest.raises(Malformed, match="line 3"):
        parse_trust(f"majlis-trust/1\nbody {'cd' * 32}\n{line}\n".encode())


def test_update_without_a_trust_file_is_wrong_usage(play: Play) -> None:
    done = majlis("verify", play.public, "--accept-unknown", "--update")
    assert done.returncode == 2
    assert "--trust" in done.stderr


# --- how far, how old


def test_each_record_says_how_far_it_goes_and_when_it_was_last_seen(play: Play) -> None:
    """R-VERIFY-11. The folder says that its clock is simulated: then no clock says how old it is."""
    verdict = play.verify(now=2**33)
    assert verdict.findings == ()
    host = play.world.host
    for record in verdict.records:
        state = host.state(record.body)
        assert (record.size, record.tick, record.age) == (state.size, newest_tick(state), None)
        assert f"{record.slug} has {record.size:,} entries, newest tick 20" in as_text(verdict)
    assert len(verdict.records) == 6


def test_a_copy_that_no_mirror_saw_for_long_is_pointed_out(stage: Stage) -> None:
    """R-VERIFY-11: where the clock is a real one."""
    public = stage.publish()
    tick = newest_tick(stage.state(stage.assembly))
    assert tick is not None
    options = {"trust": stage.play.trust.read_bytes()}
    fresh = verify_folder(public, now=tick + 3 * DAY, **options)  # type: ignore[arg-type]
    assert fresh.findings == ()
    assert {record.age for record in fresh.records if record.body == stage.assembly.identity} == {3 * DAY}
    assert ", 3 days ago" in as_text(fresh)
    old = verify_folder(public, now=tick + 90 * DAY, **options)  # type: ignore[arg-type]
    assert old.ok
    assert {(found.kind, found.rule) for found in old.findings} == {("warning", "R-VERIFY-11")}
    assert len(old.findings) == 6


# --- what nobody speaks of


def test_a_box_that_no_record_opened_is_pointed_out(play: Play, given: Path) -> None:
    """R-VERIFY-10: it holds, and decides nothing; beside the others it looks as if it did."""
    uuid, archive = foreign_box(lambda ballot: ballot)
    (given / box_path(uuid)).write_bytes(archive)
    write_sums(given)
    verdict = play.verify(given)
    (found,) = verdict.findings
    assert (verdict.ok, found.kind, found.rule, found.box) == (True, "warning", "R-VERIFY-10", uuid)


def test_a_text_that_no_act_names_is_pointed_out(play: Play, given: Path) -> None:
    """R-VERIFY-10: a false motion among the texts of the true ones."""
    publish_blob(given, b"Buy weapons.")
    write_sums(given)
    verdict = play.verify(given)
    (found,) = verdict.findings
    assert (verdict.ok, found.kind, found.rule) == (True, "warning", "R-VERIFY-10")
    assert found.file == blob_path(sha256(b"Buy weapons.").hexdigest())
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=type(verdict)) == verdict
    assert failures(verdict) == []
