"""Records carried from one data folder to another: in a public folder (``layout``), on a stick or over any network.

``give`` writes all that is public here; ``take`` reads it on the other side, believes nothing, and keeps what grew.
Source: ``spec/node.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from majlis.ballot import election_uuid
from majlis.errors import Fault, Forged, Missing, Refused
from majlis.host.checkpoints import safe_size
from majlis.host.federation import identity_of
from majlis.host.fetched_box import heads_in, keep_box
from majlis.host.folder import founding_keys, keys_at
from majlis.host.host import Host
from majlis.host.layout import CHECKPOINT, INDEX, SAFE, IndexEntry, parse_index, parse_notices, record_folder
from majlis.host.moved import check_log
from majlis.host.node import Known, Node
from majlis.host.practice import SIMULATED, check_simulated, is_simulated
from majlis.host.publish import publish_blob, publish_box, publish_record, write_index, write_sums
from majlis.host.reader import PublicFolder, RecordFiles
from majlis.host.safe import check_safe
from majlis.host.signer import is_of_others
from majlis.host.store import Record, Store
from majlis.institutions import Act, parse_act
from majlis.record import (
    NoteKey,
    Tree,
    find_parting,
    format_note,
    leaf_hash,
    parse_checkpoint,
    parse_note,
    read_cosignatures,
    with_signatures,
)

__all__ = [
    "Parted",
    "Taken",
    "blobs_named",
    "give",
    "give_beside",
    "give_cosigned",
    "newest",
    "parse_acts",
    "take",
    "take_record",
]

_HEX64: Final = re.compile(r"[0-9a-f]{64}")
_MAX_NOTE: Final = 1_000_000


_BESIDE: Final = (
    "{count} entries here were never signed for others, and only the program that writes here may sign them: stop it "
    "('majlis serve': Ctrl-C), give again, and start it; or let it ask mirrors over the network (--witness)"
)


class Parted(Forged):
    """The record was moved to another log key, and goes on without something that is held here."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one record of a public folder. ``size`` is what is held now; ``text`` says why, where refused.

    ``lacking``: what it names and is not here, in words, where that was looked at.
    ``is_parted``: it was refused as ``Parted``; whether the branch here may be left, ``leaving`` says (R-MIRROR-9).
    """

    slug: str
    identity: str
    outcome: Literal["new", "grown", "same", "cosigned", "refused"]
    size: int = 0
    text: str = ""
    lacking: str = ""
    is_parted: bool = False


# --- giving


def newest(host: Host, identity: str) -> bytes:
    """The checkpoint of the record as it stands, signed; with the cosignatures known, if they are of this very size."""
    hosted = host.hosted(identity)
    note = parse_note(hosted.signer.sign())
    if hosted.safe:
        safe = parse_note(hosted.safe)
        if safe.text == note.text:
            note = with_signatures(note, safe.signatures)
    return format_note(note)


def give(node: Node, host: Host, out: Path) -> list[Known]:
    """The public folder holds every record known here, those kept here as they stand; returns them.

    Raises: Refused, when it held more already of a record that is kept here.
    """
    notes = {body.identity: newest(host, body.identity) for body in node.bodies if body.is_hosted}
    return _publish(node, host.store, notes, out)


def give_beside(node: Node, out: Path) -> dict[str, int]:
    """The same beside whoever writes here, and alone may sign: every record as far as its newest checkpoint kept here.

    Nothing is locked (R-NODE-9). Returns, by slug, how many entries of the records kept here are not among them.

    Raises: Missing, when no checkpoint was kept yet; Refused, as ``give``.
    """
    with node.reading() as store:
        sizes = {body.slug: store.record(body.origin).size for body in node.bodies if body.is_hosted}
        try:
            given = {body.slug: body for body in _publish(node, store, {}, out)}
        except Missing:
            raise Missing(_BESIDE.format(count=sum(sizes.values())), where=str(node.folder)) from None
    left = {}
    for slug, size in sizes.items():
        shown = node.checkpoints.seen(given[slug].identity) if slug in given else b""
        left[slug] = size - (parse_checkpoint(parse_note(shown).text).size if shown else 0)
    return {slug: count for slug, count in left.items() if count > 0}


def give_cosigned(node: Node, out: Path) -> list[Known]:
    """The public folder holds every record known here as far as mirrors cosigned it: what others may act on.

    Raises: Missing, when nothing was cosigned yet.
    """
    with node.reading() as store:
        return _publish(node, store, {}, out, only_cosigned=True)


def _publish(
    node: Node, store: Store, notes: Mapping[str, bytes], out: Path, *, only_cosigned: bool = False
) -> list[Known]:
    given, digests, uuids = [], set(), set()
    _check_given_to(node, out)
    out.mkdir(parents=True, exist_ok=True)
    for body in node.bodies:
        safe = node.checkpoint(body.identity)
        note = safe if only_cosigned else notes.get(body.identity) or node.checkpoints.seen(body.identity)
        record = store.record(body.origin)
        if not note or (only_cosigned and not safe_size(note, b"".join(record.entries(0, 1)))):
            continue
        try:
            publish_record(out, record, note, safe=safe)
        except Refused:
            if body.is_hosted:
                raise
            continue
        acts = parse_acts(record.entries(0, parse_checkpoint(parse_note(note).text).size))
        digests |= blobs_named(acts)
        uuids |= _uuids(acts)
        given.append(body)
    if not given:
        raise Missing("no mirror has cosigned anything of this folder yet; log a tick first with 'majlis tick'")
    for digest in sorted(digests & set(node.blobs.names())):
        publish_blob(out, node.blobs.get(digest))
    for uuid in sorted(uuids):
        if node.boxes.path(uuid).is_file():
            publish_box(out, uuid, node.boxes.path(uuid))
    _write_index(node, given, out)
    write_sums(out)
    return given


def _check_given_to(node: Node, out: Path) -> None:
    """What lies in the public folder already is practice where this folder is, and else earnest (R-NODE-1).

    Raises: Refused.
    """
    try:
        folder = PublicFolder(out)
        index, notices = folder.index(), folder.notices
    except Missing:
        return
    if index and any(is_simulated(entry.origin, notices) for entry in index) != (node.practice is not None):
        raise Refused(
            "practice and earnest do not mix: what lies there is under another kind of clock; name another folder",
            where=str(out),
            rule="R-NODE-1",
        )


def _write_index(node: Node, given: list[Known], out: Path) -> None:
    """The index lists what was given beside what others have put there before."""
    try:
        before = PublicFolder(out).read(INDEX, _MAX_NOTE)
        others, notices = parse_index(before), set(parse_notices(before))
    except Missing:
        others, notices = [], set()
    entries = {entry.identity: entry for entry in others}
    for body in given:
        taken = {entry.slug for entry in entries.values() if entry.identity != body.identity}
        slug = f"{body.slug}-{body.identity[:6]}" if body.slug in taken else body.slug
        entries[body.identity] = IndexEntry(slug=slug, names=body.names, identity=body.identity, origin=body.origin)
    write_index(out, entries.values(), sorted(notices | ({SIMULATED} if node.practice else set())))


def parse_acts(entries: Iterable[bytes]) -> list[Act]:
    """The acts among these entries; what is none is passed over."""
    found = []
    for entry in entries:
        try:
            found.append(parse_act(entry))
        except Fault:
            continue
    return found


def blobs_named(acts: Iterable[Act]) -> set[str]:
    """Every 64 hex digits that the data of these acts hold: the blobs they may name."""
    found: set[str] = set()
    for act in acts:
        _gather(act.data, found)
    return found


def _gather(value: Any, found: set[str]) -> None:
    if isinstance(value, str) and _HEX64.fullmatch(value):
        found.add(value)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _gather(item, found)


def _uuids(acts: Iterable[Act]) -> set[str]:
    return {election_uuid(act.id) for act in acts if act.kind == "election.announce"}


# --- taking


def take(node: Node, public: Path) -> list[Taken]:
    """What is new in the public folder is kept here, record by record; one that does not hold spoils no other.

    Raises: Missing or Malformed, when it is no public folder at all.
    """
    folder = PublicFolder(public)
    index = folder.index()
    with node.writing() as store:
        return [take_record(node, store, folder, entry)[0] for entry in index]


def take_record(node: Node, store: Store, folder: PublicFolder, entry: IndexEntry) -> tuple[Taken, RecordFiles | None]:
    """What is new of one record is kept, with what its acts name; its files too, where they hold."""
    try:
        _hear(node, store, folder, entry)
        files, moves = _read(node, folder, entry)
        check_simulated(entry.origin, folder.notices, here=node.practice is not None)
        taken = _keep(node, store, files, entry, moves)
        _keep_safe(node, store, folder, files, entry, moves)
        _keep_beside(node, folder, files, entry.identity)
        return taken, files
    except Fault as fault:
        is_parted = isinstance(fault, Parted)
        refused = Taken(
            slug=entry.slug, identity=entry.identity, outcome="refused", text=str(fault), is_parted=is_parted
        )
        return refused, None


def _hear(node: Node, store: Store, folder: PublicFolder, entry: IndexEntry) -> None:
    """R-SIGNER-5: what the log of a record kept here signed, and is not here, is remembered, whatever else is wrong
    with this folder.
    """
    if not any(body.identity == entry.identity and body.is_hosted for body in node.bodies):
        return
    with suppress(Fault):  # What is false here or there is told by what follows.
        note = folder.read(f"{record_folder(entry.origin)}/{CHECKPOINT}", _MAX_NOTE)
        record = store.record(node.body(entry.identity).origin)
        if is_of_others(record, note, *check_log(node, entry.identity, list(record.entries()), note)):
            node.checkpoints.keep_ahead(entry.identity, note)


def _read(node: Node, folder: PublicFolder, entry: IndexEntry) -> tuple[RecordFiles, Mapping[NoteKey, int]]:
    """Its files, and the moves of it that are in force (R-MOVE-8)."""
    files = folder.record(entry.origin)
    if identity_of(files.entries) != entry.identity:
        raise Forged(
            "the index names another identity than the record's own act 0; ask who gave you this", rule="R-NODE-2"
        )
    log, cosigners, _ = founding_keys(files.entries[0])
    if log.name != entry.origin:
        raise Forged("the record's act 0 names another log; ask who gave you this folder", rule="R-NODE-2")
    try:
        moves = check_log(node, entry.identity, files.entries, files.note)
        cosigned = read_cosignatures(parse_note(files.note), cosigners)
    except Fault as fault:
        raise fault.at(f"{record_folder(entry.origin)}/{CHECKPOINT}") from None
    return msgspec.structs.replace(files, cosignatures=cosigned), moves


def _keep(node: Node, store: Store, files: RecordFiles, entry: IndexEntry, moves: Mapping[NoteKey, int]) -> Taken:
    known = {body.identity: body for body in node.bodies}.get(entry.identity)
    record = store.create(entry.origin)
    before = record.size
    common = min(before, files.checkpoint.size)
    if common and record.root(common) != _root(files, common):
        raise _apart(record, files, common, moves, is_hosted=known is not None and known.is_hosted)
    if known is not None and known.is_hosted:
        if files.checkpoint.size > before and any(index >= before for index in moves.values()):
            # The charter keys moved this record, as its own fold says; here is a copy from now on.
            known = node.set_hosted(entry.identity, False)
        elif files.checkpoint.size > before:
            node.checkpoints.keep_ahead(entry.identity, files.note)
            raise Refused(
                f"others have {files.checkpoint.size} entries of this record, here are {before}: this is an old copy. "
                f"Bring what is missing: 'majlis record recover {known.slug} FROM'",
                rule="R-NODE-2",
            )
        else:
            return Taken(slug=known.slug, identity=entry.identity, outcome="same", size=before)
    if files.checkpoint.size > before:
        record.append(files.entries[before:])
    body = node.add(
        Known(slug=entry.slug, identity=entry.identity, origin=entry.origin, names=entry.names, is_hosted=False)
    )
    node.checkpoints.keep(entry.identity, files.note, files.entries[0])
    outcome: Literal["new", "grown", "same"] = "new" if not before else "grown" if record.size > before else "same"
    return Taken(slug=body.slug, identity=entry.identity, outcome=outcome, size=record.size)


def _apart(record: Record, files: RecordFiles, common: int, moves: Mapping[NoteKey, int], *, is_hosted: bool) -> Forged:
    """What is wrong with another history than the one held here."""
    at = find_parting(common, record.hashes(), Tree(map(leaf_hash, files.entries)).read) - 1
    if not any(index >= at for index in moves.values()):
        return Forged(
            f"this is another history of a record that is known here: they part within {common} entries, and its log "
            "signed both. Keep both folders as evidence, and call the charter keys together",
            rule="R-NODE-2",
        )
    text = f"this record was moved, and goes on without {record.size - at} entries that are held here, from {at} on"
    if is_hosted:
        text += (
            ". Here it was kept: give this folder's copy ('majlis node give'), have what it lacks taken in where it is "
            "kept now ('majlis succession resubmit --from'), and hold the copy in another folder"
        )
    return Parted(text, rule="R-MIRROR-9")


def _keep_safe(
    node: Node,
    store: Store,
    folder: PublicFolder,
    files: RecordFiles,
    entry: IndexEntry,
    moves: Mapping[NoteKey, int],
) -> None:
    """The safe checkpoint that lies beside the one in the folder is kept too. Raises: as ``check_safe``."""
    place = f"{record_folder(entry.origin)}/{SAFE}"
    try:
        note = folder.read(place, _MAX_NOTE)
    except Missing:
        return
    _, mirrors, quorum = founding_keys(files.entries[0])
    try:
        check_safe(
            note,
            origin=entry.origin,
            size=files.checkpoint.size,
            root=store.record(entry.origin).root,
            logs=lambda size: keys_at(moves, size),
            mirrors=mirrors,
            quorum=quorum,
        )
    except Fault as fault:
        raise fault.at(place) from None
    if not node.body(entry.identity).is_hosted:
        node.checkpoints.keep(entry.identity, note, files.entries[0])


def _root(files: RecordFiles, size: int) -> bytes:
    return Tree(leaf_hash(entry) for entry in files.entries[:size]).root()


def _keep_beside(node: Node, folder: PublicFolder, files: RecordFiles, identity: str) -> None:
    """Blobs and boxes that the acts name, as far as they lie in the folder. Raises: as ``keep_box``.

    A box that is kept here as a host is never replaced by what comes from elsewhere (R-NODE-2).
    """
    acts = parse_acts(files.entries)
    for digest in sorted(blobs_named(acts) - set(node.blobs.names())):
        try:
            node.blobs.put(folder.blob(digest))
        except Missing:
            continue
    boxes = set(folder.names("boxes"))
    for uuid in sorted(uuid for uuid in _uuids(acts) if f"{uuid}.bel" in boxes):
        ours = node.boxes.path(uuid)
        if not (ours.is_file() and node.body(identity).is_hosted):
            keep_box(folder.box(uuid), ours, partial(_heads, node, identity, uuid), node.folder / "evidence")


def _heads(node: Node, identity: str, uuid: str) -> dict[int, str]:
    """What the record held here states of this box."""
    return heads_in([node.federation().fold(identity)]).get(uuid, {})
