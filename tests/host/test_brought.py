"""What an act brings: kept with the act, before it and never without it; nobody fills a disk (R-HANDED-1 to 3)."""

from __future__ import annotations

import json
import os
import tracemalloc
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.site.hilltop import Hilltop, hosted

from majlis.crypto import SigningKey
from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host import actfile, brought, write_act
from majlis.host.actfile import ActFile, file_of, parse_handed, read_act_file
from majlis.host.chance import chance
from majlis.host.host import HeldBack, Host
from majlis.host.layout import blob_path
from majlis.host.node import Node
from majlis.host.takeover import resubmit
from majlis.host.witnessing import WitnessDoor
from majlis.institutions import Charter

TEXT = b"The road to the spring is mended before winter.\n"
STRANGER = SigningKey(bytes(31) + b"\x63")


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def motion(hilltop: Hilltop, text: bytes = TEXT, key: SigningKey | None = None) -> ActFile:
    """A motion with its wording."""
    data = {"text": digest(text), "grants": []}
    entry = write_act("motion.table", data, key or hilltop.clerk, chance=chance, body=hilltop.identity)
    return file_of(entry, {digest(text): text})


@pytest.fixture
def hilltop(tmp_path: Path) -> Hilltop:
    return Hilltop(tmp_path / "hilltop", Charter(act_quota=10))


@pytest.fixture
def host(hilltop: Hilltop) -> Iterator[Host]:
    with hosted(hilltop) as host:
        yield host


def test_a_motion_comes_with_its_text(hilltop: Hilltop, host: Host) -> None:
    """R-HANDED-2"""
    file = motion(hilltop)
    host.submit(hilltop.identity, file.entry, file.blobs)
    assert host.blobs.get(digest(TEXT)) == TEXT


def test_the_text_lies_there_before_the_act_does(hilltop: Hilltop, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HANDED-2: no crash leaves an act whose text was handed in with it and is lost."""
    record = host.hosted(hilltop.identity).record
    append, seen = record.append_once, []

    def look(entries: list[bytes]) -> tuple[int, ...]:
        seen.append(host.blobs.path(digest(TEXT)).is_file())
        return append(entries)

    monkeypatch.setattr(record, "append_once", look)
    file = motion(hilltop)
    host.submit(hilltop.identity, file.entry, file.blobs)
    assert seen == [True]


def test_what_is_held_back_leaves_nothing(hilltop: Hilltop, host: Host) -> None:
    """R-HANDED-2"""
    for _ in range(10):
        host.submit(hilltop.identity, hilltop.motion())
    file = motion(hilltop)
    with pytest.raises(HeldBack):
        host.submit(hilltop.identity, file.entry, file.blobs)
    assert list(host.blobs.names()) == []


def test_of_a_stranger_nothing_is_kept_that_changes_nothing(hilltop: Hilltop, host: Host) -> None:
    """R-HANDED-2: neither what is void nor what anybody has in force without end; and they are told."""
    data = {"body": "ab" * 32, "act": "cd" * 32, "entry": digest(TEXT)}
    endless = write_act("act.deliver", data, STRANGER, chance=chance, body=hilltop.identity)
    size = host.hosted(hilltop.identity).record.size
    for entry in (motion(hilltop, key=STRANGER).entry, endless):
        with pytest.raises(Refused, match="nothing that it brings is kept") as fault:
            host.submit(hilltop.identity, entry, {digest(TEXT): TEXT})
        assert fault.value.rule == "R-HANDED-2"
    assert host.hosted(hilltop.identity).record.size == size
    receipt = host.submit(hilltop.identity, endless)
    assert receipt.standing is not None
    assert receipt.standing.status == "in-force"
    assert list(host.blobs.names()) == []


def test_a_key_brings_so_much_between_two_ticks(hilltop: Hilltop, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HANDED-3: what goes beyond is refused, act and all, so that its author hands in the whole of it again."""
    monkeypatch.setattr(brought, "MOST_BETWEEN_TICKS", len(TEXT) + 10)
    first, second = motion(hilltop), motion(hilltop, TEXT + b"And the well.\n")
    host.submit(hilltop.identity, first.entry, first.blobs)
    size = host.hosted(hilltop.identity).record.size
    with pytest.raises(Refused, match="after the next tick") as fault:
        host.submit(hilltop.identity, second.entry, second.blobs)
    assert fault.value.rule == "R-HANDED-3"
    assert host.hosted(hilltop.identity).record.size == size
    assert list(host.blobs.names()) == [digest(TEXT)]
    again = motion(hilltop)
    host.submit(hilltop.identity, again.entry, again.blobs)  # What lies there already costs nothing.


@pytest.mark.parametrize("wrong", [OSError("no room"), Refused("the disk is nearly full", rule="R-MIRROR-7")])
def test_where_the_disk_takes_nothing_the_act_is_not_logged(
    hilltop: Hilltop, host: Host, monkeypatch: pytest.MonkeyPatch, wrong: Exception
) -> None:
    def fail(folder: Path) -> None:
        raise wrong

    monkeypatch.setattr(brought, "check_room", fail)
    file = motion(hilltop)
    size = host.hosted(hilltop.identity).record.size
    with pytest.raises(Fault):
        host.submit(hilltop.identity, file.entry, file.blobs)
    assert host.hosted(hilltop.identity).record.size == size


def test_a_text_that_was_left_behind_comes_with_the_act_handed_in_again(hilltop: Hilltop, host: Host) -> None:
    file = motion(hilltop)
    receipt = host.submit(hilltop.identity, file.entry)
    assert host.submit(hilltop.identity, file.entry, file.blobs).index == receipt.index
    assert host.blobs.get(digest(TEXT)) == TEXT


def test_what_another_history_has_comes_with_its_text(hilltop: Hilltop, host: Host) -> None:
    """A resubmission after a move brings what the acts name, also of acts that came without it before."""
    first, second = motion(hilltop), motion(hilltop, b"The school gets a roof.\n")
    host.submit(hilltop.identity, first.entry)
    lying = {**first.blobs, **second.blobs}

    def read(name: str) -> bytes:
        if name not in lying:
            raise Missing("it is not there")
        return lying[name]

    receipts, waiting = resubmit(host, hilltop.identity, [first.entry, second.entry], read)
    assert (len(receipts), waiting) == (1, 0)
    assert sorted(host.blobs.names()) == sorted(lying)


# --- the form in which it is handed in


def altered(file: ActFile, **changes: object) -> bytes:
    return json.dumps({**json.loads(file.handed), **changes}).encode()


def test_an_entry_and_a_file_are_both_read(hilltop: Hilltop) -> None:
    """R-HANDED-1"""
    file = motion(hilltop)
    assert parse_handed(file.handed) == file
    assert parse_handed(file.entry) == file_of(file.entry, {})
    assert file_of(file.entry, {"ab" * 32: b"of another act"}).handed == file.entry


def test_what_is_no_such_file_is_refused(hilltop: Hilltop, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HANDED-1: only what the act names, of that very hash, signed, and no more than a door takes."""
    file = motion(hilltop)
    other = {digest(b"x"): b64encode(b"x").decode()}
    cases: list[tuple[bytes, type[Fault]]] = [
        (altered(file, blobs=other), Refused),
        (altered(file, blobs={digest(TEXT): b64encode(b"another text").decode()}), Malformed),
        (altered(file, blobs={digest(TEXT): "%%%"}), Malformed),
        (altered(file, signatures=[]), Malformed),
        (altered(file, signatures=[motion(hilltop).signatures[0].decode().rstrip("\n")]), Forged),
        (altered(file, more="x"), Malformed),
        (b"{", Malformed),
        (b'{"format":"majlis-act-file/1"' + b"[" * 10_000, Malformed),
    ]
    for data, kind in cases:
        with pytest.raises(kind):
            parse_handed(data)
    for name in ("_MAX_BROUGHT", "MAX_HANDED"):
        with monkeypatch.context() as small:
            small.setattr(actfile, name, 10)
            with pytest.raises(Malformed, match="at most 10 bytes"):
                parse_handed(file.handed)


@pytest.mark.parametrize("what", ["signatures", "blobs"])
def test_a_million_members_become_no_objects(hilltop: Hilltop, what: str) -> None:
    """R-HANDED-1: a small body of many tiny members made a server twenty times as large, and stood in its way."""
    many: dict[str, Any] = {
        "signatures": ["ab"] * 200_000,
        "blobs": {f"{each:x}": "" for each in range(100_000)},
    }
    data = altered(motion(hilltop), **{what: many[what]})
    tracemalloc.start()
    try:
        with pytest.raises(Fault) as fault:
            parse_handed(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert fault.value.rule == {"signatures": "R-ACT-1", "blobs": "R-HAND-2"}[what]
    assert peak < 2 * len(data)


def test_nobody_waits_while_what_a_stranger_handed_in_is_read(hilltop: Hilltop, host: Host) -> None:
    """A delivery is read before its turn comes."""
    mirror: Any = type("Mirror", (), {})()
    door = WitnessDoor(Node(hilltop.folder), host, mirror, hilltop.clerk)
    with ThreadPoolExecutor(1) as thread, host.turn:
        assert thread.submit(door.deliver, b'{"format":1}').result(timeout=20).status == 400


# --- read from a stick


@pytest.fixture
def inbox(hilltop: Hilltop, tmp_path: Path) -> Path:
    """A public folder's inbox with a motion whose text lies among the blobs there."""
    file = motion(hilltop)
    inbox, blob = tmp_path / "public" / "inbox", tmp_path / "public" / blob_path(digest(TEXT))
    inbox.mkdir(parents=True)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(TEXT)
    (inbox / "road.act").write_bytes(file.entry)
    return inbox


def test_what_an_entry_names_is_read_from_the_folder_around_its_inbox(inbox: Path) -> None:
    assert read_act_file(inbox / "road.act").blobs == {digest(TEXT): TEXT}


def test_of_a_blob_on_a_stick_no_more_is_read_than_a_blob_has(inbox: Path) -> None:
    """Three gibibytes of nothing take no room on a stick, and all the memory of whoever reads them."""
    with (inbox.parent / blob_path(digest(TEXT))).open("wb") as blob:
        blob.truncate(3 * 2**30)
    with pytest.raises(Malformed, match="it is not what its name says"):
        read_act_file(inbox / "road.act")


def test_what_an_act_on_a_stick_names_is_bounded_together(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actfile, "_MAX_FILE", len(TEXT) - 1)
    with pytest.raises(Malformed, match="hand it in where they are kept"):
        actfile._beside(inbox / "road.act", (inbox / "road.act").read_bytes())


def test_a_blob_on_a_stick_is_no_link(inbox: Path, tmp_path: Path) -> None:
    """Whoever wrote the stick would choose a file of ours that is read."""
    blob, ours = inbox.parent / blob_path(digest(TEXT)), tmp_path / "ours"
    blob.rename(ours)
    blob.symlink_to(ours)
    with pytest.raises(Malformed, match="holds no links"):
        read_act_file(inbox / "road.act")


@pytest.mark.parametrize("what", ["folder", "pipe", "link", "long name"])
def test_what_is_no_ordinary_file_is_told_as_a_fault(inbox: Path, what: str) -> None:
    """No command ends over one, and none waits for ever for what a pipe might say."""
    path = inbox / "00.act"
    match what:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "link":
            path.symlink_to(inbox / "road.act")
        case _:
            path = inbox / f"{'0' * 300}.act"
    with pytest.raises(Malformed, match="ordinary file") as fault:
        read_act_file(path)
    assert fault.value.where == str(path)
