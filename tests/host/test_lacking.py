"""What acts name is known to be here or not: by kind and field, act by act, and nothing is looked at twice."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from tests.institutions.simulator import BLOB, Body, Simulator, act_of

from majlis.host.federation import Federation
from majlis.host.lacking import NOTHING, TEXTS, Lacking, Lacks, bodies_in, texts_in
from majlis.institutions import parse_act
from majlis.institutions.table import KINDS

HERE = "1f" * 32


@pytest.fixture(scope="module")
def _north() -> Simulator:
    sim = Simulator()
    sim.confirmed("north")
    return sim


@pytest.fixture
def north(_north: Simulator) -> Body:
    return _north.fork().bodies["north"]


def lacking_of(body: Body, lacks: Lacks) -> Lacking:
    federation = Federation()
    identity = federation.add(body.record.entries)
    federation.fold(identity)
    return lacks.of(federation, identity)


def nowhere(uuid: str) -> Path:
    return Path("/nonexistent") / uuid


@pytest.mark.parametrize("kind", TEXTS)
def test_the_fields_that_name_blobs_are_fields_of_those_acts(kind: str) -> None:
    """R-MIRROR-11"""
    fields = {field.name for field in msgspec.structs.fields(KINDS[kind].data)}
    assert set(TEXTS[kind]) <= fields


def test_a_text_lacks_until_it_is_here(north: Body) -> None:
    """R-MIRROR-11"""
    here: set[str] = set()
    lacks = Lacks(here.__contains__, nowhere)
    index = len(north.record.entries)
    north.do("motion.table", {"text": HERE, "grants": []}, north.charter_keys[0])
    found = lacking_of(north, lacks)
    assert (index, HERE) in {(text.index, text.digest) for text in found.texts}
    assert BLOB in {text.digest for text in found.texts}, "the census and the motion of the founding name texts too"
    here |= {HERE, BLOB}
    assert lacking_of(north, lacks) == NOTHING
    assert not NOTHING


def test_what_is_void_needs_no_text(north: Body) -> None:
    """R-MIRROR-11: else anybody could make every copy look lacking, with acts that are worth nothing."""
    lacks = Lacks({BLOB}.__contains__, nowhere)
    stranger = Simulator().body("other").charter_keys[0]
    entry = north.write("motion.table", {"text": HERE, "grants": []}, stranger)
    north.log(entry)
    assert north.state.acts[act_of(entry)].status == "void"
    assert lacking_of(north, lacks) == NOTHING
    federation = Federation()
    identity = federation.add(north.record.entries)
    federation.fold(identity)
    record = federation.records[identity]
    assert HERE in {text.digest for text in lacks.texts(record, identity)}
    assert HERE not in lacks.wanted(record, identity), "nor is it asked for: else anybody could fill every disk"
    late = north.write("motion.table", {"text": HERE, "grants": []}, north.charter_keys[0])
    record.append(late)
    federation.fold(identity)
    assert lacks.wanted(record, identity) == {HERE}, "where an act that counts names it too, it is"


def test_only_new_entries_are_looked_at(north: Body) -> None:
    asked: list[str] = []

    def has(digest: str) -> bool:
        asked.append(digest)
        return True

    lacks = Lacks(has, nowhere)
    federation = Federation()
    identity = federation.add(north.record.entries)
    federation.fold(identity)
    assert lacks.of(federation, identity) == NOTHING
    asked.clear()
    assert lacks.of(federation, identity) == NOTHING
    assert not asked
    entry = north.write("motion.table", {"text": HERE, "grants": []}, north.charter_keys[0])
    federation.records[identity].append(entry)
    federation.fold(identity)
    assert lacks.of(federation, identity) == NOTHING
    assert asked == [HERE]


def test_a_record_that_is_another_from_somewhere_on_is_looked_through_again(north: Body) -> None:
    """R-MIRROR-9: where a branch was left, what was known of it is worth nothing."""
    lacks = Lacks({BLOB}.__contains__, nowhere)
    assert lacking_of(north, lacks) == NOTHING
    other = north.sim.fork().bodies["north"]
    other.do("motion.table", {"text": HERE, "grants": []}, other.charter_keys[0])
    north.tick()
    assert lacking_of(north, lacks) == NOTHING
    assert [text.digest for text in lacking_of(other, lacks).texts] == [HERE]


def test_the_sheets_of_a_count_are_named_one_by_one(north: Body) -> None:
    sheets = [sha256(bytes([number])).hexdigest() for number in range(3)]
    data = {"election": "cd" * 32, "present": 3, "ways": [], "blank": 3, "sheets": [*sheets, "no hash"]}
    act = parse_act(north.write("election.paper", data, north.clerk))
    assert [text.digest for text in texts_in(7, act)] == sheets
    assert {(text.index, text.election) for text in texts_in(7, act)} == {(7, "cd" * 32)}


def test_an_entry_speaks_of_bodies(north: Body) -> None:
    entry = north.write("federation.join", {"assembly": "ef" * 32, "seats": 1}, north.clerk)
    assert bodies_in(entry) - {parse_act(entry).body} == {"ef" * 32}
