"""A host's word that it held an act back, against its own record: kept, broken, or not to be told yet (R-ACT-15)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.host.test_quota import Mirror
from tests.site.hilltop import ORIGIN, Hilltop, hosted

from majlis.crypto import SigningKey
from majlis.errors import Forged, Malformed, Missing
from majlis.host.excess import check_excess, read_excess
from majlis.host.host import HeldBack, Host
from majlis.institutions import Charter
from majlis.record import NoteKey, format_note, parse_note, sign_note

QUOTA = 10


@pytest.fixture
def hilltop(tmp_path: Path) -> Hilltop:
    return Hilltop(tmp_path / "hilltop", Charter(act_quota=QUOTA))


@pytest.fixture
def host(hilltop: Hilltop) -> Iterator[Host]:
    with hosted(hilltop) as host:
        yield host


def held_back(hilltop: Hilltop, host: Host) -> str:
    """The word for the first act beyond the quota."""
    for _ in range(QUOTA):
        host.submit(hilltop.identity, hilltop.motion())
    with pytest.raises(HeldBack) as held:
        host.submit(hilltop.identity, hilltop.motion())
    return held.value.note


def check(hilltop: Hilltop, host: Host, note: str) -> int:
    log = NoteKey(name=ORIGIN, public_key=hilltop.log.public_key)
    hosted = host.hosted(hilltop.identity)
    entries = hosted.record.entries()
    return check_excess(read_excess(note.encode()), host.state(hilltop.identity), [log], entries, host.blobs.get)


def tick(hilltop: Hilltop, host: Host, mirror: Mirror) -> None:
    host.tick(hilltop.identity, [mirror], hilltop.clerk)


def reworded(hilltop: Hilltop, note: str, old: str, new: str) -> str:
    """The word as the log's key would have signed it otherwise."""
    text = parse_note(note.encode()).text
    assert old in text
    changed = text.replace(old, new)
    return format_note(
        parse_note(note.encode()).__class__(text=changed, signatures=(sign_note(changed, ORIGIN, hilltop.log),))
    ).decode()


def test_a_word_that_is_kept_says_where(hilltop: Hilltop, host: Host) -> None:
    mirror = Mirror(hilltop.mirror_key)
    note = held_back(hilltop, host)
    with pytest.raises(Missing, match="next tick"):
        check(hilltop, host, note)
    tick(hilltop, host, mirror)
    index = check(hilltop, host, note)
    state = host.state(hilltop.identity)
    assert state.acts[state.log[index]].kind == "act.excess"


def test_another_act_at_its_place_proves_that_it_was_dropped(hilltop: Hilltop, host: Host) -> None:
    """The author shows a word by the log's own key for an act that the logged ids do not have there."""
    note = held_back(hilltop, host)
    tick(hilltop, host, Mirror(hilltop.mirror_key))
    act = read_excess(note.encode()).act
    for old, new in ((act, "ab" * 32), ("\nplace 0\n", "\nplace 7\n")):
        with pytest.raises(Forged, match="dropped") as fault:
            check(hilltop, host, reworded(hilltop, note, old, new))
        assert fault.value.rule == "R-ACT-15"


def test_three_ticks_without_any_word_prove_it_too(hilltop: Hilltop, host: Host) -> None:
    mirror = Mirror(hilltop.mirror_key)
    note = held_back(hilltop, host)
    host.hosted(hilltop.identity).excess.clear()
    for _ in range(2):
        tick(hilltop, host, mirror)
        with pytest.raises(Missing):
            check(hilltop, host, note)
    tick(hilltop, host, mirror)
    with pytest.raises(Forged, match="three ticks"):
        check(hilltop, host, note)


def test_an_act_that_was_logged_after_all_was_not_dropped(hilltop: Hilltop, host: Host) -> None:
    for _ in range(QUOTA):
        host.submit(hilltop.identity, hilltop.motion())
    late = hilltop.motion()
    with pytest.raises(HeldBack) as held:
        host.submit(hilltop.identity, late)
    host.hosted(hilltop.identity).excess.clear()
    mirror = Mirror(hilltop.mirror_key)
    tick(hilltop, host, mirror)
    receipt = host.submit(hilltop.identity, late)
    for _ in range(2):
        tick(hilltop, host, mirror)
    assert check(hilltop, host, held.value.note) == receipt.index


def test_what_does_not_tell_is_missing_and_what_is_no_word_is_said(hilltop: Hilltop, host: Host) -> None:
    note = held_back(hilltop, host)
    with pytest.raises(Missing, match="newer one"):
        check(hilltop, host, reworded(hilltop, note, "\nsize 11\n", "\nsize 99\n"))
    text = parse_note(note.encode()).text
    other = SigningKey(bytes(31) + b"\x77")
    forged = format_note(parse_note(note.encode()).__class__(text=text, signatures=(sign_note(text, ORIGIN, other),)))
    with pytest.raises(Forged):
        check(hilltop, host, forged.decode())
    for noise in (note.replace("place", "plaza"), "x", note + "x" * 100_000):
        with pytest.raises(Malformed):
            read_excess(noise.encode())
    tick(hilltop, host, Mirror(hilltop.mirror_key))
    for name in list(host.blobs.names()):
        host.blobs.path(name).unlink()
    with pytest.raises(Missing):
        check(hilltop, host, note)
