"""The verifier as a whole: total, the same however bytes come and work is spread, and it claims only what it saw."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from majlis.ballot import (
    CHECKS,
    Process,
    Report,
    RollAct,
    check_ballot,
    compute_tally,
    parse_credentials,
    read_entries,
    read_records,
    seal,
    verify_archive,
)
from majlis.ballot.audit_ballots import BATCH, WINDOW, BallotAudit
from majlis.ballot.election import parse_election
from majlis.crypto import ED25519

SOUND = (Path(__file__).resolve().parent.parent.parent / "vectors" / "ballot" / "boxes" / "sound.bel").read_bytes()


@pytest.fixture(scope="module")
def process(material: Any) -> Process:
    """Every act about the sound box."""
    whole: Process = msgspec.convert(material.acts(material.SOUND, SOUND), Process, strict=False)
    return whole


def outcomes(report: Report) -> dict[str, str]:
    return {check.id: check.outcome for check in report.checks}


def test_a_report_has_every_check_once_and_in_order(process: Process) -> None:
    for report in (
        verify_archive(SOUND),
        verify_archive(SOUND, process),
        verify_archive(b""),
        verify_archive(b"x" * 600),
    ):
        assert [check.id for check in report.checks] == [check.id for check in CHECKS]
        assert all(check.text for check in report.checks)


def test_nothing_that_was_not_run_is_called_ok(process: Process) -> None:
    alone, whole = outcomes(verify_archive(SOUND)), outcomes(verify_archive(SOUND, process))
    acts = {check.id for check in CHECKS if check.needs_acts}
    assert {check for check in acts if alone[check] == "ok"} == set()
    applicable = acts - {"R-BOX-30", "R-BOX-55", "R-BOX-70"}
    assert {check for check in applicable if whole[check] != "ok"} == set()
    assert {check for check in whole if whole[check] == "ok" and check not in acts} == {
        check for check in alone if alone[check] == "ok"
    }
    empty = outcomes(verify_archive(b""))
    assert set(empty.values()) == {"failed", "not-run"}


@pytest.mark.parametrize("field", [name for name in Process.__struct_fields__ if name not in {"shuffles_needed"}])
def test_each_kind_of_act_that_lacks_is_named(process: Process, field: str) -> None:
    lacking = verify_archive(SOUND, msgspec.structs.replace(process, **{field: getattr(Process(), field)}))
    if field in {"polynomial_commitments", "shuffles", "heads_seen"}:
        assert (lacking.verdict, lacking.missing) == ("valid", ())
    else:
        assert lacking.verdict == "valid-v1"
        assert len(lacking.missing) == 1


def test_one_act_of_one_trustee_may_lack(process: Process) -> None:
    for field in ("trustee_keys", "decryption_acts", "decryption_commitments", "sidecars"):
        fewer = {1: getattr(process, field)[1]}
        report = verify_archive(SOUND, msgspec.structs.replace(process, **{field: fewer}))
        assert report.verdict == "valid-v1"
        assert [missing[-9:] for missing in report.missing] == ["trustee 2"]


@pytest.mark.parametrize("weights", [(1, 1), (2, 0)])
def test_a_list_with_weights_that_the_act_does_not_speak_of_fails(
    process: Process, forge: Callable[..., bytes], weights: tuple[int, ...]
) -> None:
    """R-BOX-35: one voter weighs two and another nothing; hash, number and sum are those that the act states."""

    def weigh(raw: bytes) -> bytes:
        lines = [f"{key},{weight}" for key, weight in zip(json.loads(raw), weights, strict=True)]
        return json.dumps(lines, separators=(",", ":")).encode()

    old = next(payload for payload in payloads(SOUND) if payload.startswith(b'["'))
    roll = RollAct(hash=hashlib.sha256(weigh(old)).hexdigest(), voters=2, weight=2)
    box = forge(SOUND, {(0, payloads(SOUND).index(old)): weigh})
    report = verify_archive(box, msgspec.structs.replace(process, roll=roll))
    assert outcomes(report)["R-BOX-35"] == ("ok" if weights == (1, 1) else "failed")


def payloads(archive: bytes) -> list[bytes]:
    """What stands before the first event."""
    return [record.payload for record in next(iter(read_entries(read_records(archive)))).records]


@given(st.integers(1, 5000))
def test_pieces_of_any_size_make_the_same_report(size: int) -> None:
    pieces = (SOUND[at : at + size] for at in range(0, len(SOUND), size))
    assert verify_archive(pieces) == verify_archive(SOUND)


@settings(max_examples=60)
@given(st.integers(0, len(SOUND) - 1), st.integers(1, 255))
def test_no_changed_byte_is_sound_and_none_is_a_crash(place: int, flip: int) -> None:
    changed = bytearray(SOUND)
    changed[place] ^= flip
    assert not verify_archive(bytes(changed)).is_sound


@settings(max_examples=60)
@given(st.integers(0, len(SOUND)), st.integers(0, len(SOUND)), st.binary(max_size=40))
def test_no_splice_is_sound_and_none_is_a_crash(start: int, end: int, middle: bytes) -> None:
    spliced = SOUND[:start] + middle + SOUND[end:]
    assert verify_archive(spliced).is_sound == (spliced == SOUND)


@given(st.binary(max_size=1200))
def test_any_bytes_have_a_verdict(data: bytes) -> None:
    assert verify_archive(data).verdict == "invalid"


def test_a_running_box_is_incomplete_at_every_event(tools: Any, process: Process) -> None:
    events = tools.events_of(SOUND)
    for length in range(1, len(events)):
        archive = tools.assembled(events[:length])
        report = verify_archive(archive)
        assert (report.verdict, report.failures, report.result) == ("incomplete", (), None)
        assert report.missing
        assert SOUND.startswith(archive)
        cut = verify_archive(archive, process)
        assert {failure.check for failure in cut.failures} == {"R-BOX-69"}


def test_a_head_that_was_seen_must_still_be_there(tools: Any, process: Process) -> None:
    events = tools.events_of(SOUND)
    heads = tuple((height, verify_archive(tools.assembled(events[: height + 1])).head) for height in range(len(events)))
    report = verify_archive(SOUND, msgspec.structs.replace(process, heads_seen=heads))
    assert report.verdict == "valid"
    assert outcomes(report)["R-BOX-70"] == "ok"
    assert (report.height, report.head) == heads[-1]


@pytest.fixture(scope="module")
def many(material: Any, tools: Any) -> bytes:
    """A box of some ballots more than one batch, one of them false, most of them revotes."""
    parts = material.SOUND
    election = parse_election(parts.election)
    chance = material.Counter("many")
    ballots = [
        seal(election, material.MEMBERS[number % 2], [((number + 1) % 2, number % 2)], chance)
        for number in range(BATCH + 3)
    ]
    credentials = parse_credentials(ED25519, parts.credentials)
    tally = compute_tally(election, credentials, [check_ballot(election, credentials, raw) for raw in ballots])
    ballots[BATCH] = ballots[BATCH].replace(b'"response":"', b'"response":"1', 1)
    data = material.written({"num_tallied": 2, "total_weight": 2, "encrypted_tally": tally.hash})
    events = tools.events_of(SOUND)
    box: bytes = tools.assembled(
        [
            events[0],
            *(("Ballot", [ballot]) for ballot in ballots),
            ("EndBallots", []),
            ("EncryptedTally", [tally.raw, data]),
        ]
    )
    return box


def test_work_spread_over_threads_and_processes_makes_the_same_report(many: bytes) -> None:
    alone = verify_archive(many)
    assert {failure.height for failure in alone.failures} == {BATCH + 1}
    with ThreadPoolExecutor(2) as threads:
        spread = [verify_archive(many, map=threads.map)]
    with ProcessPoolExecutor(2) as processes:
        spread.append(verify_archive(many, map=processes.map))
    for report in spread:
        assert msgspec.structs.asdict(report) == msgspec.structs.asdict(alone)


def test_no_more_than_a_window_of_ballots_waits(many: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A box larger than memory is read in one pass."""
    most = 0
    add = BallotAudit.add

    def watched(self: BallotAudit, entry: Any) -> None:
        nonlocal most
        add(self, entry)
        most = max(most, len(self._waiting))

    monkeypatch.setattr(BallotAudit, "add", watched)
    monkeypatch.setattr("majlis.ballot.audit_ballots.WINDOW", 4)
    assert verify_archive(many) == verify_archive(many)
    assert 0 < most <= 4 < WINDOW


def test_a_kind_of_question_that_others_read_is_not_called_false(material: Any) -> None:
    """Lists questions are part of the format and not of this program: nothing is known to be wrong."""
    election = material.SOUND.election.replace(
        b'{"answers":["yes","no"],"min":1,"max":1,',
        b'{"type":"Lists","value":{"answers":[["L","a"]],"question":""}},{"answers":["yes","no"],"min":1,"max":1,',
    )
    parts = dataclasses.replace(material.SOUND, election=election)
    report = verify_archive(material.assemble(parts.events()))
    assert (report.verdict, report.failures) == ("incomplete", ())
    assert report.missing == (
        "a program that reads questions of type 'Lists'; this one reads choice and ranked questions",
    )
    assert "ok" not in {check.outcome for check in report.checks}


def test_ballots_without_a_readable_list_are_not_weighed(material: Any) -> None:
    parts = dataclasses.replace(material.SOUND, credentials=material.SOUND.credentials.replace(b'["', b'["00'))
    report = verify_archive(material.assemble(parts.events()))
    assert {failure.check for failure in report.failures} == {"R-BOX-31"}
    found = outcomes(report)
    assert {found[check] for check in ("R-BOX-38", "R-BOX-49", "R-BOX-60", "R-BOX-66")} == {"not-run"}
    assert found["R-BOX-44"] == "ok"


@pytest.mark.parametrize("tally", [b"[]", b"{}", b"[[]]", b'[[{"alpha":"","beta":""}]]'])
def test_a_tally_of_another_shape_is_not_the_sum(tally: bytes, material: Any) -> None:
    data = material.written({"num_tallied": 2, "total_weight": 2, "encrypted_tally": material.sha(tally)})
    parts = dataclasses.replace(material.SOUND, tally=tally, tally_data=data)
    report = verify_archive(material.assemble(parts.events()))
    assert {failure.check for failure in report.failures} == {"R-BOX-49"}
    assert report.verdict == "invalid"


def test_a_total_weight_in_another_form(material: Any) -> None:
    data = material.SOUND.tally_data.replace(b'"total_weight":2', b'"total_weight":"2"')
    report = verify_archive(material.assemble(dataclasses.replace(material.SOUND, tally_data=data).events()))
    assert [failure.check for failure in report.failures] == ["R-BOX-51"]
    assert report.verdict == "non-canonical"


def test_a_false_ballot_does_not_hide_the_others(many: bytes, material: Any, tools: Any) -> None:
    """Two false ballots are both named; the tally is still judged by itself where it can be."""
    events = tools.events_of(many)
    events[1] = ("Ballot", [events[1][1][0].replace(b'"response":"', b'"response":"1', 1)])
    report = verify_archive(tools.assembled(events))
    assert {failure.height for failure in report.failures} == {1, BATCH + 1}
    assert {failure.check for failure in report.failures} <= {"R-BOX-36", "R-BOX-39", "R-BOX-44"}
