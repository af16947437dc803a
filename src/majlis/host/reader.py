"""Reading a public folder that anyone may have written: on a stick, from a mirror, from a stranger.

Nothing in it is believed. Paths are built here, never taken from a file; sizes are bounded; links are refused; what is
missing, cut off or altered is named by its file.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, Literal

import msgspec

from majlis.errors import Fault, Forged, Malformed, Missing
from majlis.host.layout import (
    CHECKPOINT,
    INDEX,
    SUMS,
    IndexEntry,
    blob_path,
    box_path,
    check_path,
    hints_path,
    parse_index,
    parse_notices,
    record_folder,
)
from majlis.record import (
    FULL,
    HASH_SIZE,
    MAX_BUNDLE_SIZE,
    Checkpoint,
    Cosignature,
    CosignerKey,
    NoteKey,
    Tile,
    Tree,
    format_tile_path,
    leaf_hash,
    open_checkpoint,
    parse_bundle,
    parse_checkpoint,
    parse_note,
    read_cosignatures,
    tiles_of,
)

__all__ = ["FileFinding", "PublicFolder", "RecordFiles", "check_record_folder"]

_MAX_NOTE: Final = 1_000_000
_MAX_INDEX: Final = 16 * 2**20
_MAX_SUMS: Final = 256 * 2**20
_MAX_BLOB: Final = 64 * 2**20
_MAX_FILE: Final = 256 * 2**20
_MAX_BOX: Final = 64 * 2**30
_LINE: Final = re.compile(r"([0-9a-f]{64})  ([^\n]+)")


class FileFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a file against SHA256SUMS. An unlisted file is a warning; all else is a failure."""

    kind: Literal["missing", "changed", "unlisted", "malformed"]
    file: str
    text: str

    @property
    def is_failure(self) -> bool:
        return self.kind != "unlisted"


class RecordFiles(msgspec.Struct, frozen=True, kw_only=True):
    """A record as read from files: its entries give the root of its checkpoint.

    ``note``: the bytes of the checkpoint file. Its signatures are checked where keys were given, and only there.
    ``cosignatures``: those of the cosigners that were given. ``surplus``: files of its folder that the checkpoint does
    not imply; they were not looked at.
    """

    origin: str
    checkpoint: Checkpoint
    note: bytes
    entries: list[bytes]
    cosignatures: tuple[Cosignature, ...] = ()
    surplus: tuple[str, ...] = ()


class PublicFolder:
    """A folder in the public layout."""

    def __init__(self, path: Path) -> None:
        """Raises: Missing, when there is no such folder."""
        self.path = path
        if not path.is_dir():
            raise Missing("there is no such folder; name the one that holds index.json", where=str(path))

    # --- files

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of a file of at most ``limit`` bytes.

        Raises: Missing; Malformed, for a path out of the folder, a link, anything but a file, or a larger one.
        """
        with os.fdopen(self._open(path), "rb") as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise Malformed(
                f"this file has more than {limit} bytes; it is not what its name says", where=path, rule="R-PUBLIC-1"
            )
        return data

    def _open(self, path: str) -> int:
        check_path(path)
        at = self.path
        for part in path.split("/"):
            at = at / part
            if at.is_symlink():
                raise Malformed(
                    "a public folder holds no links; ask for the file itself", where=path, rule="R-PUBLIC-1"
                )
        try:
            descriptor = os.open(at, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
        except (FileNotFoundError, NotADirectoryError):
            raise Missing(
                "this file is not here; copy the folder again, or ask a mirror", where=path, rule="R-PUBLIC-1"
            ) from None
        except OSError as error:
            raise Malformed(f"this file cannot be read ({error.strerror})", where=path, rule="R-PUBLIC-1") from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Malformed("this is no ordinary file", where=path, rule="R-PUBLIC-1")
        return descriptor

    def check_sums(self) -> tuple[FileFinding, ...]:
        """What differs from SHA256SUMS, by path: empty when every file is there and unchanged, and none is besides.

        It finds accidents. Whoever alters a file on purpose can write the sums anew; the other checks find that.
        """
        findings: list[FileFinding] = []
        listed: dict[str, str] = {}
        try:
            self._parse_sums(self.read(SUMS, _MAX_SUMS), listed)
        except Missing:
            findings.append(FileFinding(kind="missing", file=SUMS, text="the list of checksums is not here"))
        except Malformed as fault:
            findings.append(FileFinding(kind="malformed", file=SUMS, text=str(fault)))
        for path, expected in listed.items():
            try:
                if self._digest(path) != expected:
                    text = "it is not what SHA256SUMS says: one of the two was altered or cut off"
                    findings.append(FileFinding(kind="changed", file=path, text=text))
            except Missing:
                findings.append(FileFinding(kind="missing", file=path, text="SHA256SUMS lists it, and it is not here"))
            except Malformed as fault:
                findings.append(FileFinding(kind="malformed", file=path, text=fault.text))
        for path in self._walk(""):
            if path not in listed and path != SUMS:
                findings.append(FileFinding(kind="unlisted", file=path, text="SHA256SUMS does not list this file"))
        return tuple(sorted(findings, key=lambda finding: finding.file))

    def _parse_sums(self, data: bytes, listed: dict[str, str]) -> None:
        try:
            lines = data.decode("utf-8").split("\n")
        except UnicodeDecodeError:
            raise Malformed("the list of checksums is not UTF-8", where=SUMS, rule="R-PUBLIC-2") from None
        if lines.pop() != "":
            raise Malformed("the list of checksums is cut off", where=SUMS, rule="R-PUBLIC-2")
        for number, line in enumerate(lines, start=1):
            match = _LINE.fullmatch(line)
            if not match or match[2] in listed or match[2] == SUMS:
                raise Malformed(
                    "a line is 64 hex digits, two spaces and a path, each path once",
                    where=f"line {number}",
                    rule="R-PUBLIC-2",
                )
            check_path(match[2])
            listed[match[2]] = match[1]

    def _digest(self, path: str) -> str:
        digest = sha256()
        limit = _MAX_BOX if path.startswith("boxes/") else _MAX_FILE
        with os.fdopen(self._open(path), "rb") as stream:
            if os.fstat(stream.fileno()).st_size > limit:
                raise Malformed(
                    f"this file has more than {limit} bytes; it is not what its name says",
                    where=path,
                    rule="R-PUBLIC-1",
                )
            while block := stream.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()

    def walk(self) -> Iterator[str]:
        """Every file and link of this folder, by path."""
        return self._walk("")

    def _walk(self, under: str) -> Iterator[str]:
        """Every file and link below a folder of this one, by path."""
        for folder, names, files in os.walk(self.path / under):
            links = [name for name in names if (Path(folder) / name).is_symlink()]
            for name in [*links, *files]:
                path = (Path(folder) / name).relative_to(self.path).as_posix()
                yield path.encode("utf-8", "backslashreplace").decode("utf-8")

    # --- what lies in them

    def index(self) -> list[IndexEntry]:
        """The records that the folder says it holds; to be believed of none. Raises: Missing, Malformed."""
        return parse_index(self.read(INDEX, _MAX_INDEX))

    @cached_property
    def notices(self) -> tuple[str, ...]:
        """What the index says of the whole. Raises: Missing, Malformed."""
        return parse_notices(self.read(INDEX, _MAX_INDEX))

    def blob(self, digest: str) -> bytes:
        """The blob with this hash. Raises: Missing; Forged, when the bytes are others; Malformed."""
        path = blob_path(digest)
        data = self.read(path, _MAX_BLOB)
        if sha256(data).hexdigest() != digest:
            raise Forged("the bytes of this blob are not those that its name says", where=path, rule="R-PUBLIC-3")
        return data

    def names(self, folder: str) -> list[str]:
        """What lies in one folder of this one, by name, whatever it is; empty where there is no such folder."""
        at = self.path
        for part in filter(None, folder.split("/")):
            at = at / part
            if at.is_symlink():
                return []
        return sorted(path.name for path in at.iterdir()) if at.is_dir() else []

    def open_box(self, uuid: str) -> BinaryIO:
        """The archive of this election, open for reading piece by piece. Raises: Missing, Malformed."""
        return os.fdopen(self._open(box_path(uuid)), "rb")

    def open_hints(self, uuid: str) -> BinaryIO:
        """The hints for this archive, to be read anywhere; they may be of any size. Raises: Missing, Malformed."""
        return os.fdopen(self._open(hints_path(uuid)), "rb")

    def box(self, uuid: str) -> Path:
        """The archive of this election. Raises: Missing, Malformed."""
        os.close(self._open(box_path(uuid)))
        return self.path / box_path(uuid)

    def record(
        self, origin: str, *, logs: Sequence[NoteKey] = (), cosigners: Sequence[CosignerKey] = ()
    ) -> RecordFiles:
        """The record, with every tile and bundle checked against the root of its checkpoint.

        ``logs``: the keys of the log; with them, one must have signed the checkpoint. ``cosigners``: whose lines are
        checked and returned.

        Raises: Missing, Malformed or Forged, placed at the file.
        """
        files = check_record_folder(self, record_folder(origin), logs=logs, cosigners=cosigners)
        if files.origin != origin:
            raise Forged(
                f"this folder holds the record of {files.origin!r}",
                where=f"{record_folder(origin)}/{CHECKPOINT}",
                rule="R-PUBLIC-3",
            )
        return files


def check_record_folder(
    folder: PublicFolder, base: str, *, logs: Sequence[NoteKey] = (), cosigners: Sequence[CosignerKey] = ()
) -> RecordFiles:
    """The record in the folder ``base`` of a public folder, whatever its origin; else as ``PublicFolder.record``."""
    prefix = f"{base}/" if base else ""
    place = f"{prefix}{CHECKPOINT}"
    note = folder.read(place, _MAX_NOTE)
    try:
        parsed = parse_note(note)
        checkpoint = parse_checkpoint(parsed.text)
        if logs:
            open_checkpoint(note, *logs)
        cosignatures = read_cosignatures(parsed, cosigners)
    except Fault as fault:
        raise fault.at(place) from None
    reading = _Reading(folder, prefix, checkpoint)
    reading.check()
    return RecordFiles(
        origin=checkpoint.origin,
        checkpoint=checkpoint,
        note=note,
        entries=reading.entries,
        cosignatures=cosignatures,
        surplus=tuple(sorted(path for path in folder._walk(base) if path not in reading.read and path != place)),
    )


class _Reading:
    """The files of one record, being compared with one another."""

    def __init__(self, folder: PublicFolder, prefix: str, checkpoint: Checkpoint) -> None:
        self.folder = folder
        self.prefix = prefix
        self.checkpoint = checkpoint
        self.entries: list[bytes] = []
        self.read: set[str] = set()

    def check(self) -> None:
        """Every file is what the root of the checkpoint implies. Raises: Missing, Malformed or Forged, at the file."""
        size, root = self.checkpoint.size, self.checkpoint.root
        # Bundles first: an impossible size ends here, at the first bundle that is not there.
        for index in range(-(-size // FULL)):
            self.entries += self._bundle(_bundle_at(index, size))
        tree = Tree(map(leaf_hash, self.entries))
        altered = [place for tile in tiles_of(size) if tile.level is not None and (place := self._altered(tile, tree))]
        if tree.root() != root:
            self._blame(tree)
        if altered:
            raise Forged("this tile is not that of the entries; it was altered", where=altered[0], rule="R-PUBLIC-3")

    def _file(self, tile: Tile, limit: int) -> tuple[bytes, Tile, str]:
        """The bytes of a tile, or of the wider one that took its place since."""
        place = self.prefix + format_tile_path(tile)
        for found in (tile, *self._wider(tile)):
            try:
                data = self.folder.read(self.prefix + format_tile_path(found), limit)
            except Missing:
                continue
            place = self.prefix + format_tile_path(found)
            self.read.add(place)
            return data, found, place
        raise Missing("this file is not here; copy the folder again, or ask a mirror", where=place, rule="R-PUBLIC-3")

    def _wider(self, tile: Tile) -> Iterator[Tile]:
        """What may have replaced a partial tile in a folder that was copied while it grew."""
        if not tile.is_full:
            for width in range(tile.width + 1, FULL + 1):
                yield Tile(level=tile.level, index=tile.index, width=width)

    def _bundle(self, tile: Tile) -> list[bytes]:
        data, found, place = self._file(tile, MAX_BUNDLE_SIZE)
        try:
            return parse_bundle(data, found.width)[: tile.width]
        except Malformed as fault:
            raise fault.at(place) from None

    def _altered(self, tile: Tile, tree: Tree) -> str:
        """The place of the tile, when it is not that of the tree; else empty."""
        data, found, place = self._file(tile, FULL * HASH_SIZE)
        if len(data) != found.width * HASH_SIZE:
            raise Malformed(
                f"a tile of width {found.width} has {found.width * HASH_SIZE} bytes, this {len(data)}",
                where=place,
                rule="R-PUBLIC-3",
            )
        assert tile.level is not None
        start = tile.index * FULL
        expected = b"".join(tree.read(8 * tile.level, start + at) for at in range(tile.width))
        return "" if data[: len(expected)] == expected else place

    def _blame(self, tree: Tree) -> None:
        """The entries do not give the root. Raises: Forged, at the file that was altered, as far as the others tell."""
        tiles = [tile for tile in tiles_of(self.checkpoint.size) if tile.level == 0]
        leaves = b"".join(self._file(tile, FULL * HASH_SIZE)[0][: tile.width * HASH_SIZE] for tile in tiles)
        hashes = [leaves[at : at + HASH_SIZE] for at in range(0, len(leaves), HASH_SIZE)]
        is_tiles_root = Tree(hashes).root() == self.checkpoint.root
        for index, leaf in enumerate(hashes):
            if leaf != tree.read(0, index):
                place = self._file(_bundle_at(index // FULL, len(hashes)), MAX_BUNDLE_SIZE)[2]
                if is_tiles_root:
                    raise Forged(
                        f"entry {index} in this file is not what the checkpoint covers; it was altered",
                        where=place,
                        rule="R-PUBLIC-3",
                    )
                raise Forged(
                    f"entry {index} in this file and its hash in the tile differ; both were altered",
                    where=place,
                    rule="R-PUBLIC-3",
                )
        raise Forged(
            "the entries and tiles do not give the root of this checkpoint: it was altered, or all of them were",
            where=f"{self.prefix}{CHECKPOINT}",
            rule="R-PUBLIC-3",
        )


def _bundle_at(index: int, size: int) -> Tile:
    return Tile(level=None, index=index, width=min(FULL, size - index * FULL))
