"""The box as it grows: only at its end, in the order of the grammar, and again after a torn write."""

from __future__ import annotations

import hashlib
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from majlis.ballot import (
    ArchiveWriter,
    Written,
    check_ballot,
    compute_tally,
    parse_credentials,
    parse_election,
    read_entries,
    read_records,
    verify_archive,
    whole_events,
)
from majlis.ballot.event import RECORDS, EventType, Stage, next_stage
from majlis.ballot.tar import format_record
from majlis.crypto import ED25519
from majlis.errors import Fault, Malformed, Refused


@pytest.fixture(scope="module")
def sound(vectors: Path) -> bytes:
    return (vectors / "boxes" / "sound.bel").read_bytes()


def words(most: int, *, ranked: bool) -> set[str]:
    """Every word of at most that many events that the table accepts."""
    letters: dict[str, EventType] = {
        "S": "Setup",
        "B": "Ballot",
        "E": "EndBallots",
        "T": "EncryptedTally",
        "H": "Shuffle",
        "F": "EndShuffles",
        "P": "PartialDecryption",
        "R": "Result",
    }
    found: set[str] = set()
    standing: dict[str, Stage] = {"": "empty"}
    for _ in range(most):
        following: dict[str, Stage] = {}
        for word, stage in standing.items():
            for letter, event in letters.items():
                try:
                    following[word + letter] = next_stage(stage, event, ranked=ranked)
                except Refused as fault:
                    assert fault.rule == "R-BOX-11"
        standing = following
        found |= standing.keys()
    return found


@pytest.mark.parametrize("ranked", [False, True])
def test_the_grammar_is_the_written_one(ranked: bool) -> None:
    """Exhaustive to six events: exactly the prefixes of S B* E T (H* F)? P* R?."""
    middle = ["H" * shuffles + "F" for shuffles in range(7)] if ranked else [""]
    whole = {"S" + "B" * b + "ET" + m + "P" * p + "R" for b, m, p in product(range(7), middle, range(7))}
    prefixes = {word[:length] for word in whole for length in range(1, 7)}
    assert words(6, ranked=ranked) == prefixes


def test_only_what_the_grammar_allows_is_written(material: Any) -> None:
    parts = material.SOUND
    writer = ArchiveWriter.begin(material.TIMESTAMP)
    for step in (lambda: writer.ballot(b"{}"), writer.end_ballots, lambda: writer.result(b"{}")):
        with pytest.raises(Refused) as caught:
            step()
        assert caught.value.rule == "R-BOX-11"
    assert (writer.height, writer.head) == (-1, "")
    writer.setup(parts.election, parts.trustees, parts.credentials)
    before = writer.written
    with pytest.raises(Refused):
        writer.setup(parts.election, parts.trustees, parts.credentials)
    assert writer.written == before
    writer.end_ballots()
    with pytest.raises(Refused):
        writer.ballot(parts.ballots[0])


def test_a_finished_box_is_finished(sound: bytes) -> None:
    writer = ArchiveWriter.resume(sound)
    assert writer.written.stage == "finished"
    for step in (writer.end_ballots, lambda: writer.result(b"{}"), lambda: writer.partial_decryption(1, b"{}")):
        with pytest.raises(Refused):
            step()


def test_the_writer_makes_the_vector_and_stands_where_it_says(sound: bytes, material: Any) -> None:
    writer = ArchiveWriter.begin(material.TIMESTAMP)
    parts = material.SOUND
    archive = writer.setup(parts.election, parts.trustees, parts.credentials)
    for ballot in parts.ballots:
        archive += writer.ballot(ballot)
        again = ArchiveWriter(Written(**{name: getattr(writer.written, name) for name in Written.__struct_fields__}))
        assert again.written == writer.written == ArchiveWriter.resume(archive).written
        assert writer.written.size == len(archive)
    assert sound.startswith(archive)


def test_the_writer_makes_a_ranked_box_and_stands_where_it_says(vectors: Path, making: Any, material: Any) -> None:
    parts = making("elections").RANKED
    ranked = (vectors / "boxes" / "sound-ranked.bel").read_bytes()
    writer = ArchiveWriter.begin(material.TIMESTAMP)
    archive = writer.setup(parts.election, parts.trustees, parts.credentials)
    archive += b"".join(map(writer.ballot, parts.ballots)) + writer.end_ballots()
    election, credentials = parse_election(parts.election), parse_credentials(ED25519, parts.credentials)
    ballots = [check_ballot(election, credentials, ballot) for ballot in parts.ballots]
    archive += writer.encrypted_tally(compute_tally(election, credentials, ballots))
    with pytest.raises(Refused):
        writer.partial_decryption(*parts.shares[0])
    for owner, shuffle in parts.shuffles:
        archive += writer.shuffle(owner, shuffle)
        assert ArchiveWriter.resume(archive).written == writer.written
    archive += writer.end_shuffles()
    with pytest.raises(Refused):
        writer.shuffle(*parts.shuffles[0])
    for owner, share in parts.shares:
        archive += writer.partial_decryption(owner, share)
    assert archive + writer.result(parts.result) == ranked


def test_a_box_of_choices_has_no_shuffles(sound: bytes) -> None:
    tallied = ArchiveWriter.resume(sound[: entry_end(sound, 4)])
    for step in (lambda: tallied.shuffle(1, b"{}"), tallied.end_shuffles):
        with pytest.raises(Refused) as caught:
            step()
        assert caught.value.rule == "R-BOX-11"


def test_a_torn_write_is_cut_to_whole_events(sound: bytes) -> None:
    """At every block boundary and beside it: what is left is a running box, or nothing."""
    ends = [0] + [entry_end(sound, height) for height in range(8)]
    for cut in [at + offset for at in range(0, len(sound), 512) for offset in (-1, 0, 100) if at + offset >= 0]:
        whole = whole_events(sound[:cut])
        assert whole == max(end for end in ends if end <= cut)
        if whole:
            assert verify_archive(sound[:whole]).verdict == "incomplete"
            assert ArchiveWriter.resume(sound[:whole]).written.size == whole


def entry_end(archive: bytes, height: int) -> int:
    records = list(read_records(archive))
    return [record.end for record in records if record.kind == "event"][height]


@pytest.mark.parametrize("cut", [0, 100, 512, 1024, 3000])
def test_what_is_not_whole_is_not_resumed(sound: bytes, cut: int) -> None:
    with pytest.raises(Malformed):
        ArchiveWriter.resume(sound[:cut])


def test_a_box_is_resumed_from_pieces(sound: bytes) -> None:
    pieces = (sound[at : at + 1000] for at in range(0, len(sound), 1000))
    assert ArchiveWriter.resume(pieces).written == ArchiveWriter.resume(sound).written


@pytest.mark.parametrize("kind", sorted(RECORDS))
def test_no_event_has_other_records_than_its_own(kind: EventType, sound: bytes, tools: Any) -> None:
    """One record too few and one too many before every kind of event."""
    events = tools.events_of(sound) if kind not in {"Shuffle", "EndShuffles"} else [("Setup", []), (kind, [])]
    height = next(height for height, (each, _) in enumerate(events) if each == kind)
    payloads = events[height][1]
    for changed in ([b"{}", *payloads], payloads[1:]):
        if changed != payloads and (changed or payloads):
            forged = [*events[:height], (kind, changed), *events[height + 1 :]]
            with pytest.raises(Fault) as caught:
                list(read_entries(read_records(tools.assembled(forged))))
            assert caught.value.rule in {"R-BOX-9", "R-BOX-10"}


def test_an_event_of_no_known_type_is_malformed(sound: bytes) -> None:
    end = entry_end(sound, 0)
    raw = b'{"parent":"%b","height":1,"type":"Recount"}' % b"0" * 1
    forged = sound[:end] + format_record(f"{hashlib.sha256(raw).hexdigest()}.event.json", raw, 1_700_000_000)
    with pytest.raises(Malformed) as caught:
        list(read_entries(read_records(forged)))
    assert caught.value.rule == "R-BOX-6"
