"""Making a bundle: records, blobs, boxes, and what waits to be delivered, in one file for a stick.

An ordinary ZIP with its members in this order, so that a copy that was cut short keeps what is small and cannot be had
elsewhere:

    MANIFEST                                  what is carried (``manifest``)
    checkpoint-<h>  <h>/safe                  h: lowercase hex SHA-256 of the origin
    witness/<h>-<old>-<new>.req               add-checkpoint requests, from size 0 and from each size asked for
    inbox/<act id>.act  receipts/  proofs/  witness/<h>-<size>.cosig
    <h>/checkpoint  <h>/tile/0/…  <h>/tile/entries/…  <h>/tile/1/…            full: unzipped, it is a mirror
    <h>/delta-<a>-<b>                         update: the body of an add-entries request with the entries [a, b)
    blobs/sha256/xx/<hash>                    what the acts of the records name, and those that are not logged yet
    boxes/<uuid>.bel

Nothing in it is signed as a whole; its contents prove themselves. Private things (rolls, drafts, keyrings) are no part
of a public folder, so none gets in.
"""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from majlis.ballot import election_uuid
from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host.actfile import ENTRY, read_act_file
from majlis.host.bundle_parts import LEAST_PART, Parts
from majlis.host.delivery import RECEIPT
from majlis.host.disk import sync_folder
from majlis.host.excess import EXCESS
from majlis.host.folder import claimed_logs, founding_keys
from majlis.host.layout import (
    CHECKPOINT,
    INDEX,
    SAFE,
    IndexEntry,
    blob_path,
    box_path,
    check_path,
    parse_notices,
    record_folder,
)
from majlis.host.manifest import MANIFEST, Carried, Manifest, format_manifest
from majlis.host.reader import PublicFolder, RecordFiles
from majlis.host.safe import check_safe
from majlis.institutions import parse_act
from majlis.institutions.act import act_id
from majlis.institutions.words import format_words
from majlis.record import (
    MAX_PACKAGES,
    AddCheckpoint,
    AddEntries,
    Package,
    Tile,
    Tree,
    format_add_checkpoint,
    format_add_entries,
    format_bundle,
    format_tile_path,
    leaf_hash,
    open_checkpoint,
    package_ranges,
    parse_note,
    prove_consistency,
    prove_package,
    tiles_of,
)

__all__ = ["LOOSE", "Made", "loose_members", "make_bundle", "make_parts", "request_name", "words_of"]

LOOSE: Final = {
    "inbox": re.compile(r"inbox/([0-9a-f]{64})\.act"),
    "receipts": re.compile(r"receipts/([0-9a-f]{64})\.receipt"),
    "proofs": re.compile(r"proofs/([0-9a-f]{64})\.tlog-proof"),
    "witness": re.compile(r"witness/([0-9a-f]{64})-([0-9]{1,19})\.cosig"),
}
"""What travels beside records, by the folder it lies in, in a public folder as in a bundle."""

_BLOBS: Final = "blobs/sha256/"
_MAX_NOTE: Final = 1_000_000
_MAX_LOOSE: Final = 2 * 2**20
_MAX_BUNDLE: Final = 2**31
_MAX_MEMBER: Final = 32 * 2**20
_HEX64: Final = re.compile(rb"\b[0-9a-f]{64}\b")


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that was written. ``loose``: acts, receipts, proofs and cosignatures in it."""

    records: tuple[Carried, ...]
    members: int
    size: int
    blobs: int
    boxes: int
    loose: int


def request_name(origin: str, old: int, new: int) -> str:
    """The member with the add-checkpoint request from ``old`` to ``new``."""
    return f"witness/{record_folder(origin)}-{old}-{new}.req"


def make_bundle(
    public: Path,
    out: Path,
    *,
    since: Mapping[str, Iterable[int]] | None = None,
    every_since: Iterable[int] = (),
    only: Iterable[str] = (),
    extra: Mapping[str, bytes] | None = None,
) -> Made:
    """The file ``out`` carries the records of a public folder, each checked before it is taken in.

    ``since``: by slug, the sizes that receivers may have; ``every_since``: the same for all records. The smallest says
    from where entries are carried; none means all. ``only``: the slugs wanted; none means all. ``extra``: loose members
    more, by name, and blobs that these name.

    Raises: Missing, Malformed, Forged, when the folder does not hold; Refused, when the file would be over 2 GiB.
    """
    folder = PublicFolder(public)
    maker = _Maker(folder, since or {}, tuple(every_since), frozenset(only), extra or {})
    beside = out.with_name(f".{out.name}.{os.getpid()}.new")
    try:
        with zipfile.ZipFile(beside, "x", zipfile.ZIP_DEFLATED) as file:
            made = maker.write(file)
        size = beside.stat().st_size
        if size >= _MAX_BUNDLE:
            raise Refused(
                f"this bundle would have {size} bytes, and 2 GiB is the most; make several with --record, or an update "
                "with --from",
                where=str(out),
                rule="R-BUNDLE-1",
            )
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.replace(out)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    sync_folder(out.absolute().parent)
    return msgspec.structs.replace(made, size=size)


def make_parts(
    public: Path,
    out: Path,
    most: int,
    *,
    since: Mapping[str, Iterable[int]] | None = None,
    every_since: Iterable[int] = (),
    only: Iterable[str] = (),
    extra: Mapping[str, bytes] | None = None,
) -> tuple[Made, list[Path]]:
    """The same in parts of at most ``most`` bytes, which are called after ``out`` (R-BUNDLE-10); and the parts.

    Raises: as ``make_bundle``; Malformed, for parts that would hold nothing.
    """
    if not LEAST_PART <= most < _MAX_BUNDLE:
        raise Malformed(f"a part has from {LEAST_PART} bytes to less than 2 GiB, got {most}", where="--split")
    folder = PublicFolder(public)
    maker = _Maker(folder, since or {}, tuple(every_since), frozenset(only), extra or {}, most // 4)
    parts = Parts(out, most)
    try:
        made = maker.write(parts)
        paths = parts.finish()
    finally:
        parts.discard()
    return msgspec.structs.replace(made, size=sum(path.stat().st_size for path in paths)), paths


class _Maker:
    """A bundle being written."""

    def __init__(
        self,
        folder: PublicFolder,
        since: Mapping[str, Iterable[int]],
        every_since: tuple[int, ...],
        only: frozenset[str],
        extra: Mapping[str, bytes],
        most_packed: int = 0,
    ) -> None:
        """``most_packed``: of a bundle in parts, how many bytes of entries a member has; 0 for one file."""
        self.folder = folder
        self.most_packed = most_packed
        index = folder.index()
        unknown = sorted((only | set(since)) - {entry.slug for entry in index})
        if unknown:
            raise Missing(f"no record {unknown[0]!r} is in this folder", where=str(folder.path))
        self.wanted = [entry for entry in index if entry.slug in only or not only]
        self.notices = parse_notices(folder.read(INDEX, 16 * 2**20))
        self.olds = {entry.slug: sorted({*every_since, *since.get(entry.slug, ())}) for entry in self.wanted}
        self.blobs = {name[-64:]: data for name, data in extra.items() if name.startswith(_BLOBS)}
        self.extra = {name: data for name, data in extra.items() if not name.startswith(_BLOBS)}
        self.names: set[str] = set()

    def write(self, file: zipfile.ZipFile | Parts) -> Made:
        self.file = file
        read = [(entry, self._read(entry)) for entry in self.wanted]
        carried = [self._carried(entry, files) for entry, files in read]
        self._put(MANIFEST, format_manifest(Manifest(records=tuple(carried), notices=self.notices)), is_front=True)
        trees = {files.origin: Tree(map(leaf_hash, files.entries)) for _, files in read}
        for _, files in read:
            self._put(f"checkpoint-{record_folder(files.origin)}", files.note, is_front=True)
        for _, files in read:
            self._put_safe(files, trees[files.origin])
        for entry, files in read:
            self._put_requests(files, trees[files.origin], self.olds[entry.slug])
        loose = self._put_loose({record_folder(files.origin) for _, files in read})
        named = _named(data for name, data in loose.items() if name.startswith("inbox/"))
        for record, (_, files) in zip(carried, read, strict=True):
            tree = trees[files.origin]
            if record.start or self.most_packed:
                self._put_update(files, tree, record.start)
            else:
                self._put_full(files, tree)
            named |= _named(files.entries[record.start :])
        blobs = [digest for digest in sorted(named & {*self._blobs(), *self.blobs}) if self._put_blob(digest)]
        boxes = [uuid for uuid in sorted(self._boxes(named)) if self._put_box(uuid)]
        return Made(
            records=tuple(carried),
            members=len(self.names),
            size=0,
            blobs=len(blobs),
            boxes=len(boxes),
            loose=len(loose),
        )

    def _read(self, entry: IndexEntry) -> RecordFiles:
        files = self.folder.record(entry.origin)
        try:
            logs = claimed_logs(files.entries)
        except (Malformed, IndexError):
            return files  # A log of others: whoever receives it names its key.
        open_checkpoint(files.note, *logs)
        return files

    def _carried(self, entry: IndexEntry, files: RecordFiles) -> Carried:
        olds = self.olds[entry.slug]
        size = files.checkpoint.size
        start = min([size, *olds]) if olds else 0
        return Carried(
            origin=entry.origin,
            slug=entry.slug,
            start=start,
            start_root=Tree(map(leaf_hash, files.entries[:start])).root(),
            size=size,
            root=files.checkpoint.root,
            words=words_of(files.entries),
        )

    # --- members

    def _info(self, name: str) -> zipfile.ZipInfo:
        check_path(name)
        if name in self.names:
            raise Malformed("a bundle holds each member once", where=name, rule="R-BUNDLE-2")
        self.names.add(name)
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o100644 << 16
        return info

    def _put(self, name: str, data: bytes, *, is_front: bool = False) -> None:
        if is_front and isinstance(self.file, Parts):
            self.file.front(self._info(name), data)
        else:
            self.file.writestr(self._info(name), data)

    def _put_safe(self, files: RecordFiles, tree: Tree) -> None:
        """The safe checkpoint that lies beside the newest travels too. Raises: as ``check_safe``."""
        name = f"{record_folder(files.origin)}/{SAFE}"
        try:
            note = self.folder.read(name, _MAX_NOTE)
        except Missing:
            return
        _, mirrors, quorum = founding_keys(files.entries[0])
        logs = claimed_logs(files.entries)
        try:
            check_safe(
                note,
                origin=files.origin,
                size=files.checkpoint.size,
                root=tree.root,
                logs=lambda _: logs,
                mirrors=mirrors,
                quorum=quorum,
            )
        except Fault as fault:
            raise fault.at(name) from None
        self._put(name, note)

    def _put_requests(self, files: RecordFiles, tree: Tree, olds: list[int]) -> None:
        note, size = parse_note(files.note), files.checkpoint.size
        for old in sorted({0, *(old for old in olds if old <= size)}):
            proof = prove_consistency(old, size, tree.read) if old else ()
            request = format_add_checkpoint(AddCheckpoint(old=old, proof=proof, note=note))
            self._put(request_name(files.origin, old, size), request)

    def _put_loose(self, bases: set[str]) -> dict[str, bytes]:
        """What waits beside the records travels too; it, by member."""
        loose = dict(self.extra)
        for place, form in LOOSE.items():
            for name in self.folder.names(place):
                match = form.fullmatch(f"{place}/{name}")
                if match and (place != "witness" or match[1] in bases):
                    loose.setdefault(f"{place}/{name}", self.folder.read(f"{place}/{name}", _MAX_LOOSE))
        for name, data in sorted(loose.items()):
            self._put(name, data)
        return loose

    def _put_full(self, files: RecordFiles, tree: Tree) -> None:
        base, size = record_folder(files.origin), files.checkpoint.size
        self._put(f"{base}/{CHECKPOINT}", files.note)
        # Leaf hashes come first, so that each bundle of entries can be judged even where the file ends in the middle;
        # inner tiles last, because anyone can make them again.
        ordered = sorted(tiles_of(size), key=lambda tile: (tile.level or 0, tile.level is None, tile.index))
        for tile in ordered:
            self._put(f"{base}/{format_tile_path(tile)}", _tile(tile, files.entries, tree))

    def _put_update(self, files: RecordFiles, tree: Tree, start: int) -> None:
        base, size = record_folder(files.origin), files.checkpoint.size
        for packages in _batches(files.entries, tree, start, size, self.most_packed or _MAX_MEMBER):
            first, last = packages[0].start, packages[-1].end
            body = AddEntries(origin=files.origin, start=first, end=size, packages=tuple(packages))
            self._put(f"{base}/delta-{first}-{last}", format_add_entries(body))

    def _blobs(self) -> Iterator[str]:
        for first in self.folder.names("blobs/sha256"):
            yield from self.folder.names(f"blobs/sha256/{first}")

    def _boxes(self, named: set[str]) -> set[str]:
        """The boxes in the folder that belong to an election among the acts named."""
        here = {name.removesuffix(".bel") for name in self.folder.names("boxes")}
        return here & {election_uuid(digest) for digest in named} if here else set()

    def _put_blob(self, digest: str) -> bool:
        try:
            self._put(blob_path(digest), self.blobs.get(digest) or self.folder.blob(digest))
        except Missing:
            return False
        return True

    def _put_box(self, uuid: str) -> bool:
        try:
            source = self.folder.open_box(uuid)
        except Missing:
            return False
        info = self._info(box_path(uuid))
        with source:
            info.file_size = os.fstat(source.fileno()).st_size
            with self.file.open(info, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)
        return True


def words_of(entries: Sequence[bytes]) -> str:
    """The twelve words of the body that this record founds; empty for a log of others."""
    try:
        act = parse_act(entries[0])
    except (Malformed, IndexError):
        return ""
    return " ".join(format_words(act.id)) if act.kind == "found" else ""


def _tile(tile: Tile, entries: list[bytes], tree: Tree) -> bytes:
    start, end = tile.index * 256, tile.index * 256 + tile.width
    if tile.level is None:
        return format_bundle(entries[start:end])
    return b"".join(tree.read(8 * tile.level, at) for at in range(start, end))


def _batches(entries: list[bytes], tree: Tree, start: int, size: int, most: int) -> Iterator[list[Package]]:
    """The packages of [start, size), as many together as one member of about ``most`` bytes holds."""
    batch: list[Package] = []
    weight = 0
    for first, stop in package_ranges(start, size):
        package = prove_package(first, entries[first:stop], size=size, read=tree.read)
        more = sum(map(len, package.entries))
        if batch and (len(batch) == MAX_PACKAGES or weight + more > most):
            yield batch
            batch, weight = [], 0
        batch.append(package)
        weight += more
    if batch:
        yield batch


def _named(entries: Iterable[bytes]) -> set[str]:
    """What these acts may name by hash, blobs and elections, and the ids of the acts themselves."""
    found: set[str] = set()
    for entry in entries:
        found.update(digest.decode() for digest in _HEX64.findall(entry))
        found.add(act_id(entry.rpartition(b"\n\n")[0] + b"\n"))
    return found


def loose_members(path: Path) -> dict[str, bytes]:
    """The members as which an act with what it brings, a receipt or a proof travels. Raises: Malformed, Forged."""
    data = path.read_bytes()
    digest = sha256(data).hexdigest()
    if data.startswith((RECEIPT, EXCESS)):
        parse_note(data)
        return {f"receipts/{digest}.receipt": data}
    if data.startswith(b"c2sp.org/tlog-proof@v1\n"):
        return {f"proofs/{digest}.tlog-proof": data}
    if data.startswith((ENTRY, b"{")):
        file = read_act_file(path)
        return {f"inbox/{file.act.id}.act": file.entry} | {blob_path(name): blob for name, blob in file.blobs.items()}
    raise Malformed("this is no act, receipt or proof; only those travel beside records", rule="R-BUNDLE-1")
