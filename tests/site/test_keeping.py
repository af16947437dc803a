"""How a record is kept, as its pages say: one machine only, moves, forks, deliveries, and who signs for an office."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.institutions.simulator import BLOB, Simulator
from tests.institutions.test_delivery import deliver
from tests.site.books import DAY, START, FakeSource, key
from tests.site.reading import read
from tests.site.valley import World

from majlis.host.blobs import Blobs
from majlis.host.lacking import Lacking, Text
from majlis.host.nightly import VerifiedAt
from majlis.institutions.state import Move, ShownFork, replace
from majlis.site import render_page
from majlis.site.folder import RecordSource


def words(source: FakeSource, path: str, lang: str = "en") -> str:
    return read(render_page(source, f"{lang}/{path}")).words


def moved(world: World, *, days: int = 0, **changes: Any) -> FakeSource:
    """South's record was moved, so many days before its newest tick."""
    book = world.south
    act = book.log("host.move", {"log": "new", "size": len(book.entries)}, author="a")
    book.acts[act] = replace(book.acts[act], signers=frozenset({key("a"), key("b")}))
    fields: dict[str, Any] = {"act": act, "index": book.at(act), "before": "old", "log": "new", "sealed": True}
    move = Move(**(fields | changes))
    world.source.refresh()
    state = world.source.states[book.identity]
    ticks = tuple(tick for tick in state.ticks if tick.index <= move.index)
    last = state.ticks[-1]
    at = replace(last, index=state.size, size=state.size, time=last.time)
    later = replace(last, index=state.size + 1, size=state.size + 1, time=last.time + days * DAY)
    world.source.states[book.identity] = replace(state, moves=(move,), ticks=(*ticks, at, later))
    return world.source


def test_a_move_says_until_when_the_old_key_signed_and_who_moved_it() -> None:
    world = World()
    source = moved(world)
    index = source.states[world.south.identity].moves[0].index
    text = words(source, "south/index.html")
    assert f"Moved with act {index} waiting" in text
    assert f"Up to act {index - 1} another log key signed this record." in text
    assert "Signed by 2 keys: a charter key" in text
    assert "and lapses then unless the members have confirmed it" in text
    assert "another log key" not in words(source, "north/index.html")
    assert "نُقل هذا السجل إلى مفتاح سجل آخر" in words(source, "south/index.html", "ar")
    assert "Where this record was kept" in words(source, "south/record-1.html")


@pytest.mark.parametrize(
    ("how", "said", "alarmed"),
    [
        ({"confirmed": 30}, "The members have confirmed where the record is kept.", False),
        ({"days": 61}, "so nothing new binds", True),
        ({"sealed": False}, "so nothing new binds", True),
        ({}, "It counts until", True),
    ],
)
def test_a_move_is_confirmed_lapsed_or_waits(how: dict[str, Any], said: str, alarmed: bool) -> None:
    text = words(moved(World(), **how), "south/index.html")
    assert said in text
    assert ("This record was moved to another log key." in text) == alarmed


@pytest.mark.parametrize("settled", [None, 9])
def test_a_fork_is_shown_with_what_it_stops(settled: int | None) -> None:
    world = World()
    book = world.south
    act = book.log("fork.show", {"evidence": "{}"})
    world.source.refresh()
    state = world.source.states[book.identity]
    fork = ShownFork(act=act, index=book.at(act), log="log", size=7, settled=settled)
    world.source.states[book.identity] = replace(state, forks=(fork,))
    text = words(world.source, "south/index.html")
    assert f"Fork shown with act {book.at(act)}" in text
    assert "which part within the first 7 entries" in text
    assert ("Until the members settle which goes on" in text) == (settled is None)
    assert ("The members settled it with act 9." in text) == (settled is not None)
    assert "تفرّع أُظهر" in words(world.source, "south/index.html", "ar")


def test_what_a_mirror_has_as_handed_in_is_said_to_be_missing() -> None:
    world = World()
    world.source.lacking = {world.south.identity: 2}
    text = words(world.source, "south/index.html")
    assert "2 acts for this body were handed in at mirrors and are not counted here" in text
    assert "handed in at" not in words(world.source, "friends/index.html")
    assert "إجراءان لهذه الهيئة" in words(world.source, "south/record-1.html", "ar")


def test_what_acts_name_and_is_not_here_is_said_with_the_acts() -> None:
    """R-MIRROR-11: an act that is safe may have a text that nobody else holds."""
    world = World()
    book = world.south
    assert "is not here" not in words(world.source, "south/index.html")
    named = [Text(index=index, kind="motion.table", field="text", digest=f"{index:064x}") for index in (1, 2)]
    world.source.absent[book.identity] = Lacking(texts=(named[0],))
    text = words(world.source, "south/index.html")
    assert "1 text or file that acts of this record name is not here." in text
    assert "a safe act keeps its place, and not its text. act 1" in text
    world.source.absent[book.identity] = Lacking(texts=tuple(named), boxes=("A" * 22,), unjudged=3)
    text = words(world.source, "south/record-1.html")
    assert "2 texts or files that acts of this record name are not here" in text
    assert "1 ballot box of this record is not here, or not to its end" in text
    assert "An act rests on a ballot box or on a record that is not here" in text
    assert "نصّان أو ملفّان" in words(world.source, "south/record-1.html", "ar")
    assert "is not here" not in words(world.source, "friends/index.html")


def test_the_first_page_says_how_much_one_machine_alone_holds() -> None:
    world = World()
    text = words(world.source, "index.html")
    assert "7 acts are not safe yet: they exist on one machine only. It concerns 4 records" in text
    assert "2 acts not safe yet" in text
    world.source.unsafe = 0
    text = words(world.source, "index.html")
    assert "not safe" not in text
    assert "one machine" not in words(world.source, "south/index.html")


def test_a_record_that_no_mirror_holds_is_not_set_up_yet() -> None:
    world = World()
    world.source.unsafe = 10_000
    text = words(world.source, "south/index.html")
    assert "setting it up is not finished" in text
    assert "إجراء" in words(world.source, "south/index.html", "ar")
    world.source.unsafe = 1
    text = words(world.source, "south/index.html")
    assert "1 act is not safe yet: it exists on one machine only. Have its mirrors take them" in text


def test_pages_say_when_officers_only_take_care() -> None:
    world = World()
    newest = world.source.states[world.south.identity].ticks[-1].time
    assert newest < START + 30 * DAY
    assert "without another, officers only take care after" in words(world.source, "south/index.html")


def test_officers_are_called_by_their_office() -> None:
    """The clerk appears under no name; who stands for a seat does, by the name that they chose."""
    world = World()
    book = world.south
    text = words(world.source, f"south/record-{(len(book.entries) + 49) // 50}.html")
    assert "by clerk" in text
    assert text.count("by a key") == 1, "of the founder, who holds no office"


def test_a_folder_counts_what_its_records_show_to_be_missing(tmp_path: Path) -> None:
    """R-DELIVER-8, R-DELIVER-4: a delivery whose act is at hand, by a key that the record knows; no other."""
    sim = Simulator()
    north, east = sim.confirmed("north"), sim.confirmed("east")
    blobs = Blobs(tmp_path / "blobs")
    source = RecordSource(sim.federation, blobs, lambda uuid: tmp_path / uuid, lambda identity: b"")
    entry = north.write("motion.table", {"text": BLOB, "grants": []}, north.clerk)
    deliver(east, entry, north)
    assert source.omitted(north.identity) == 0, "nobody has the act"
    blobs.put(entry)
    assert (source.omitted(north.identity), source.omitted(east.identity)) == (1, 0)
    north.log(entry)
    assert source.omitted(north.identity) == 0


def test_a_record_says_how_far_its_host_verified_it_again_and_when() -> None:
    """R-AGAIN-1."""
    world = World()
    assert "again in full" not in words(world.source, "north/record-1.html")
    world.source.again[world.north.identity] = VerifiedAt(size=12_345, time=START)
    said = "The host verified the first 12,345 entries again in full, from its disk, on 21 September 2026, 14:13 UTC."
    assert said in words(world.source, "north/record-1.html")
    assert "تحقّق المضيف من جديد من أول 12,345 من القيود" in words(world.source, "north/record-1.html", "ar")
    assert "again in full" not in words(world.source, "south/record-1.html")
