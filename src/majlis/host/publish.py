"""Writing the public folder (``layout``), so that it is whole at every instant.

Each file is written beside its place, synced, and renamed into it; files that would not change are left alone. Tiles
and bundles come before the checkpoint that implies them, and partial tiles that it no longer implies go after it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final

from majlis.ballot.engine import NativeEngine
from majlis.ballot.reading import verify_file
from majlis.crypto.native import is_native
from majlis.errors import Fault, Forged, Malformed, Refused
from majlis.host.checkpoints import newest_safe_of
from majlis.host.disk import sync_folder, write_file
from majlis.host.layout import (
    CHECKPOINT,
    INDEX,
    SAFE,
    SUMS,
    IndexEntry,
    blob_path,
    box_path,
    check_path,
    format_index,
    hints_path,
    record_folder,
)
from majlis.host.store import Record
from majlis.record import Checkpoint, format_tile_path, parse_checkpoint, parse_note, tiles_of

__all__ = [
    "publish_blob",
    "publish_box",
    "publish_file",
    "publish_record",
    "publish_safe",
    "write_index",
    "write_sums",
]

_LAST_EVENT: Final = 1024
"""An event is one block of its archive, after its header."""
_HELD: Final = 16 << 20
"""So many bytes of hints, those of some 7,000 ballots, need no file while they are made."""
_GROWING: Final = (b'"type":"Ballot"', b'"type":"Setup"')


def publish_file(folder: Path, path: str, data: bytes) -> bool:
    """The file at ``path`` in the folder holds ``data``. Returns whether it had to be written."""
    check_path(path)
    target = folder / path
    if target.is_file() and target.stat().st_size == len(data) and target.read_bytes() == data:
        return False
    write_file(target, data)
    return True


def publish_record(folder: Path, record: Record, note: bytes, *, safe: bytes = b"") -> None:
    """The folder holds the record up to the checkpoint in ``note`` (signed, and cosigned by whoever did).

    Only what is new since the checkpoint published last is read and written. ``safe``: the newest that enough mirrors
    cosigned, empty where none is known; it lies beside, as ``publish_safe`` says.

    Raises: Forged, when it is not a checkpoint of these entries; Refused, when more was published already.
    """
    base = f"{record_folder(record.origin)}"
    checkpoint = parse_checkpoint(parse_note(note).text)
    _check_ours(record, checkpoint)
    before = _published(folder / base / CHECKPOINT, record)
    if before > checkpoint.size:
        raise Refused(
            f"{before} entries are published already, and this checkpoint has {checkpoint.size}; publish a newer one",
            where=record.origin,
            rule="R-PUBLIC-4",
        )
    for tile in tiles_of(checkpoint.size, before):
        publish_file(folder, f"{base}/{format_tile_path(tile)}", record.tile(tile))
    (first,) = record.entries(0, 1) or [b""]
    is_safe = publish_safe(folder, record.origin, note, [safe], first=first, root=record.root)
    publish_file(folder, f"{base}/{CHECKPOINT}", note)
    if is_safe:
        (folder / base / SAFE).unlink(missing_ok=True)
    _drop_partials(
        folder / base, keep={format_tile_path(tile) for tile in tiles_of(checkpoint.size) if not tile.is_full}
    )


def publish_safe(
    folder: Path, origin: str, note: bytes, known: Iterable[bytes], *, first: bytes, root: Callable[[int], bytes]
) -> bool:
    """R-PUBLIC-5: the newest safe checkpoint lies beside ``note``, the one that is published, unless that is it.

    It is among ``known``, or in the folder already. What is not of this record, or not safe, is passed over. ``first``:
    act 0. ``root``: of the first n entries, for every n up to the size of ``note``.

    Returns whether ``note`` is safe itself, so that none needs to lie beside it.
    """
    place = folder / record_folder(origin)
    here = [path.read_bytes() for path in (place / SAFE, place / CHECKPOINT) if path.is_file()]
    most = parse_checkpoint(parse_note(note).text).size
    best = newest_safe_of([note, *(each for each in (*known, *here) if _is_of(each, origin, most, root))], first)
    if best and best != note:
        publish_file(folder, f"{record_folder(origin)}/{SAFE}", best)
    return best == note


def _is_of(note: bytes, origin: str, most: int, root: Callable[[int], bytes]) -> bool:
    """Whether this is a checkpoint of these entries, of ``most`` at most."""
    try:
        checkpoint = parse_checkpoint(parse_note(note).text)
    except Fault:
        return False
    return checkpoint.origin == origin and checkpoint.size <= most and root(checkpoint.size) == checkpoint.root


def _check_ours(record: Record, checkpoint: Checkpoint) -> None:
    if (
        checkpoint.origin != record.origin
        or checkpoint.size > record.size
        or record.root(checkpoint.size) != checkpoint.root
    ):
        raise Forged(
            f"this checkpoint ({checkpoint.origin!r}, size {checkpoint.size}) is not of the entries held here; "
            "sign a new one",
            where=record.origin,
            rule="R-PUBLIC-4",
        )


def _published(path: Path, record: Record) -> int:
    """The size published last; 0 when there is none, or it is not of this record and all must be written anew."""
    try:
        checkpoint = parse_checkpoint(parse_note(path.read_bytes()).text)
        _check_ours(record, checkpoint)
    except (OSError, Fault):
        return 0
    return checkpoint.size


def _drop_partials(base: Path, keep: set[str]) -> None:
    for folder in sorted(base.glob("tile/**/*.p")):
        for file in folder.iterdir():
            if file.relative_to(base).as_posix() not in keep:
                file.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()


def publish_blob(folder: Path, data: bytes) -> str:
    """The blob is in the folder. Returns its hash, 64 hex digits."""
    digest = sha256(data).hexdigest()
    publish_file(folder, blob_path(digest), data)
    return digest


def publish_box(folder: Path, uuid: str, archive: Path) -> None:
    """The archive of this election is in the folder, and beside it hints, where they can be made and no more ballots
    enter. It may be large: it is copied, never held in memory.

    Raises: Malformed, for an impossible identifier; OSError.
    """
    target = folder / box_path(uuid)
    is_new = not (target.is_file() and _digest(target) == _digest(archive))
    if is_new:
        with archive.open("rb") as source, _replaced(target) as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
    if is_native() and (is_new or not (folder / hints_path(uuid)).is_file()):
        with suppress(Fault), target.open("rb") as box:
            if _is_closed(box):
                _publish_hints(folder / hints_path(uuid), box)


def _publish_hints(target: Path, box: BinaryIO) -> None:
    """Hints for this box are at ``target``, if it is one for which there are any (R-HINT-4).

    Cost: a verification of the whole box without them, by all cores. Raises: Malformed, when it is no box; OSError.
    """
    with SpooledTemporaryFile(_HELD) as made:
        verify_file(box, NativeEngine(threads=os.cpu_count() or 1, keep_hints=made.write))
        if made.tell():
            made.seek(0)
            with _replaced(target) as file:
                shutil.copyfileobj(made, file, 1 << 20)


def _is_closed(box: BinaryIO) -> bool:
    """Whether the last event is neither a ballot nor the set-up, as far as a glance tells; then the file is at 0 again.

    Hints of a growing box would be made anew each time that it is published.
    """
    box.seek(max(0, box.seek(0, os.SEEK_END) - _LAST_EVENT))
    end = box.read()
    box.seek(0)
    return not any(kind in end for kind in _GROWING)


@contextmanager
def _replaced(target: Path) -> Iterator[BinaryIO]:
    """What is written here takes the place of ``target``, durably, unless something is raised."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(target.parent)


def write_index(folder: Path, entries: Iterable[IndexEntry], notices: Sequence[str] = ()) -> None:
    """``index.json`` lists the records. Raises: Malformed, when two share a slug, identity or origin."""
    publish_file(folder, INDEX, format_index(list(entries), notices))


def write_sums(folder: Path) -> None:
    """``SHA256SUMS`` lists every file but itself, by path; what a cut-short writing left behind is gone.

    It is derived and signed by nobody: it finds accidents, and the rest of the folder is checked without it.

    Raises: Malformed, for a link, or a name that not every machine can hold.
    """
    lines = []
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if path.name.startswith(".") and path.name.endswith(".new"):
            path.unlink()
        elif name != SUMS:
            try:
                check_path(name)
            except Malformed as fault:
                raise fault.at(str(folder)) from None
            lines.append((name, f"{_digest(path)}  {name}\n"))
    publish_file(folder, SUMS, "".join(line for _, line in sorted(lines)).encode())


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise Malformed(
                "a public folder holds no links; put the file itself here", where=str(path), rule="R-PUBLIC-1"
            )
        if path.is_file():
            yield path


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
