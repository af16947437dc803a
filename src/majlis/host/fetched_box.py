"""A ballot box as it came from somebody else: taken only where its events are those that the body's record speaks of.

Nobody signs a box as a whole, so anybody on the line, or whoever had the stick, can bring another one. What the record
states of it are heads: the hash of one event, to which all events before it lead. Source: ``spec/node.md``, R-NODE-3.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from majlis.ballot import read_entries, read_records
from majlis.errors import Fault, Forged, Malformed
from majlis.host.disk import check_room, sync_file, sync_folder
from majlis.institutions import State

__all__ = ["check_box", "cut_behind", "heads_in", "keep_box", "starts_with"]

_MOST_RECORD: Final = 64 * 2**20
_BLOCK: Final = 512
_PIECE: Final = 1 << 20


def heads_in(states: Iterable[State]) -> dict[str, dict[int, str]]:
    """The heads that these records state of boxes which are open or were, by the box and its height."""
    return {
        election.uuid: dict(election.heads)
        for state in states
        for election in state.elections.values()
        if election.heads
    }


def keep_box(
    theirs: Path, ours: Path, heads: Callable[[], Mapping[int, str]], evidence: Path, *, is_loaded: bool = False
) -> bool:
    """The longer of two archives of one box is at ``ours``, of which neither is another than the record says.

    ``heads``: what the record states, by height; asked for only where the archives differ. Where it states nothing yet,
    an archive is held to nothing but the one that is here. ``is_loaded``: ``theirs`` was loaded into the folder of
    ``ours``, and is moved, since a second copy may not fit on the disk. Returns whether what is at ``ours`` changed.

    Raises: Forged, Malformed, when ``theirs`` is another than the record says, or than ours: then ours stays. One that
    is here, and is another than the record says by now, gives way and lies in the folder ``evidence``. Refused, when
    there is no room for a copy (R-MIRROR-7).
    """
    is_here = ours.is_file()
    if is_here and starts_with(ours, theirs):
        return False
    stated = heads()
    if stated:
        check_box(theirs, stated)
    ours.parent.mkdir(parents=True, exist_ok=True)
    if not is_loaded:
        check_room(ours.parent, theirs.stat().st_size)
    if is_here and not starts_with(theirs, ours):
        if not stated or _holds(ours, stated):
            raise Forged(
                "this ballot box is another than the one known here; keep both", where=theirs.name, rule="R-NODE-3"
            )
        evidence.mkdir(parents=True, exist_ok=True)
        name = sha256(f"{stated[max(stated)]}|{ours.stat().st_size}".encode()).hexdigest()[:16]
        ours.replace(evidence / f"{ours.stem}-{name}.bel")
    beside = theirs if is_loaded else ours.with_name(f".{ours.name}.new")
    try:
        if not is_loaded:
            shutil.copyfile(theirs, beside)
        sync_file(beside)
        beside.replace(ours)
    finally:
        if not is_loaded:
            beside.unlink(missing_ok=True)
    sync_folder(ours.parent)
    return True


def starts_with(longer: Path, shorter: Path) -> bool:
    """Whether one file starts with all of the other."""
    with longer.open("rb") as one, shorter.open("rb") as other:
        while block := other.read(_PIECE):
            if one.read(len(block)) != block:
                return False
    return True


def _holds(path: Path, heads: Mapping[int, str]) -> bool:
    try:
        check_box(path, heads)
    except Fault:
        return False
    return True


def check_box(path: Path, heads: Mapping[int, str]) -> None:
    """The archive is well formed, and as far as it goes its events lead to these heads. Raises: Forged, Malformed."""
    _check_sizes(path)
    with path.open("rb") as file:
        for event in read_entries(read_records(iter(lambda: file.read(_PIECE), b""))):
            if heads.get(event.height, event.hash) != event.hash:
                raise Forged(
                    f"event {event.height} of this box is another than the record says; take it from elsewhere",
                    where=path.name,
                    rule="R-NODE-3",
                )


def cut_behind(path: Path, height: int) -> None:
    """The archive, which ``check_box`` accepts, ends with the event of this height, where it goes beyond it."""
    end, events = path.stat().st_size, 0
    with path.open("rb") as file:
        for record in read_records(iter(lambda: file.read(_PIECE), b"")):
            events += record.kind == "event"
            if events > height:
                end = record.end
                break
    os.truncate(path, end)


def _check_sizes(path: Path) -> None:
    """No record of the archive is so large that it would fill the memory. Raises: Malformed."""
    at, end = 0, path.stat().st_size
    with path.open("rb") as file:
        while at < end:
            file.seek(at)
            digits = file.read(_BLOCK)[124:135]
            size = int(digits, 8) if digits.isdigit() and not set(digits) & set(b"89") else _MOST_RECORD + 1
            if size > _MOST_RECORD:
                raise Malformed(
                    "this is no ballot box, or one with a record too large", where=path.name, rule="R-NODE-3"
                )
            at += _BLOCK + size + -size % _BLOCK
