"""Comparing what two sources say of the same records: folders, bundles, checkpoints, proofs, witness requests.

Any two readers can do this with what they were shown, and a log that showed them two histories is caught by its own two
signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Literal

import msgspec

from majlis.errors import Fault, Forged, Malformed, Missing
from majlis.host.carried import carried_notes, first_entry, leaf_tree, with_start
from majlis.host.federation import Federation, identity_of
from majlis.host.folder import Folder, claimed_moves, founding_keys, judged_moves, keys_at
from majlis.host.history import Claim, History, find_fork, is_settled
from majlis.host.layout import CHECKPOINT, INDEX
from majlis.host.manifest import MANIFEST, parse_manifest
from majlis.host.reader import PublicFolder, RecordFiles, check_record_folder
from majlis.host.unzip import open_archive
from majlis.record import (
    AddCheckpoint,
    Fork,
    NoteKey,
    Tree,
    find_parting,
    leaf_hash,
    open_checkpoint,
    parse_add_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_tlog_proof,
    read_cosignatures,
)

__all__ = ["Comparison", "compare"]

_MAX_FILE: Final = 2_000_000
_MAX_MANIFEST: Final = 16 * 2**20

Relation = Literal["same", "extends", "FORK", "DROPPED", "parted", "other body", "not signed", "unknown"]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What two sources say of one record. ``first`` and ``second``: its sizes there.

    ``fork``: the evidence, where there is a fork.
    """

    origin: str
    relation: Relation
    first: int
    second: int
    text: str
    fork: Fork | None = None

    @property
    def exit_code(self) -> int:
        """0 one growing record; 1 several histories or bodies, or a signature that fails; 3 it cannot be told."""
        return {"same": 0, "extends": 0, "unknown": 3}.get(self.relation, 1)


class _Side(msgspec.Struct, frozen=True, kw_only=True):
    """One record in one source. ``moves``: the key that its own act 0 names, and those that it was moved to by its own
    fold, with the positions; ``claimed``: keys that its entries claim beside, where not all is here to judge that.
    ``request``: a proof from an older size.
    """

    history: History
    first_entry: bytes = b""
    moves: dict[NoteKey, int] = {}
    claimed: tuple[NoteKey, ...] = ()
    request: AddCheckpoint | None = None

    @property
    def logs(self) -> tuple[NoteKey, ...]:
        """All those keys."""
        return tuple(self.moves)


def compare(one: Path, other: Path, *, logs: Iterable[NoteKey] = ()) -> tuple[Comparison, ...]:
    """What the two sources say of each record that is in both, by origin.

    ``logs``: keys that the reader knows; for other origins the record's own act 0 says which it is.

    Raises: Missing, when no record is in both, or there is no such file; Malformed, when one is nothing of the kind;
    Forged, when a source does not even agree with itself.
    """
    known = tuple(logs)
    left, right = _sides(one), _sides(other)
    common = sorted(left.keys() & right.keys())
    if not common:
        raise Missing(
            f"no record is in both: {one} has {_names(left)}, and {other} has {_names(right)}", rule="R-FORK-3"
        )
    return tuple(_compare(origin, left[origin], right[origin], known) for origin in common)


def _names(sides: Iterable[str]) -> str:
    names = sorted(sides)
    return ", ".join(names[:5]) + (" and more" if len(names) > 5 else "") if names else "none"


def _compare(origin: str, one: _Side, other: _Side, known: tuple[NoteKey, ...]) -> Comparison:
    told = partial(Comparison, origin=origin, first=one.history.size, second=other.history.size)
    logs = tuple(log for log in known if log.name == origin)
    if not logs:
        if one.first_entry and other.first_entry and one.first_entry != other.first_entry and one.logs != other.logs:
            return told(
                relation="other body", text="two bodies use this name, each under its own key; compare their identities"
            )
        logs = tuple(dict.fromkeys((*one.logs, *other.logs)))
    if not logs:
        return told(relation="unknown", text="nothing at hand says which key signs this record; name it with --vkey")
    for name, side in (("first", one), ("second", other)):
        moved = keys_at(side.moves, side.history.size) if len(side.moves) > 1 else logs
        try:
            open_checkpoint(side.history.note, *(log for log in moved if log in logs))
        except Fault as fault:
            if _is_claimed(side):
                return told(
                    relation="unknown",
                    text=f"the {name} says that it was moved to the key that signs it; not all is here to judge that",
                )
            return told(
                relation="not signed",
                text=f"the {name} is not signed by the log's key, so it says nothing: {fault.text}",
            )
    first, second = _with_request(one, other), _with_request(other, one)
    fork = find_fork(first, second, logs)
    if fork is not None:
        return told(
            relation="FORK", text=f"the log signed two histories, which part within {fork.size} entries", fork=fork
        )
    at = _parted(first, second)
    if at is None and not is_settled(first, second):
        at = _left_behind(one, other) or _left_behind(other, one)
    if at is not None:
        return _told_parted(told, one, other, logs, at)
    if not is_settled(first, second):
        return told(
            relation="unknown",
            text=f"sizes {first.size} and {second.size}: neither shows what the larger was at the smaller size; "
            "compare with a folder or a bundle that holds the larger one",
        )
    if first.size == second.size:
        return told(relation="same", text=f"both have the same {first.size} entries")
    larger, which = (second, "second") if second.size > first.size else (first, "first")
    return told(
        relation="extends",
        text=f"the {which} extends the other, {min(first.size, second.size)} to {larger.size} entries",
    )


def _is_claimed(side: _Side) -> bool:
    try:
        open_checkpoint(side.history.note, *side.claimed)
    except (Fault, ValueError):
        return False
    return bool(side.claimed)


def _parted(first: History, second: History) -> int | None:
    """The size within which two histories part that no one key signed; None where nothing at hand shows that."""
    common = min(first.size, second.size)
    ours, theirs = first.branch(common), second.branch(common)
    if ours is None or theirs is None or ours.root == theirs.root:
        return None
    if first.tree is not None and second.tree is not None:
        return find_parting(common, first.tree.read, second.tree.read)
    return common


def _left_behind(moved: _Side, old: _Side) -> int | None:
    """The size at which one side was moved, where the old key signed more on the other; None otherwise.

    Only the new key signs more than the move itself in the record that was moved, so that is another history.
    """
    if len(moved.moves) < 2:
        return None
    at = list(moved.moves.values())[-1] + 1
    key = moved.logs[-2]
    try:
        open_checkpoint(old.history.note, key)
    except Fault:
        return None
    return at if old.history.size > at else None


def _told_parted(
    told: Callable[..., Comparison], one: _Side, other: _Side, logs: tuple[NoteKey, ...], at: int
) -> Comparison:
    """The record was moved to another key, and the old key's history went on otherwise.

    Whether that drops what was safe (R-MOVE-7), the cosignatures below the old key's checkpoint say.
    """
    names = ("first", "second") if _place(one, logs) <= _place(other, logs) else ("second", "first")
    old = one if names[0] == "first" else other
    entry = one.first_entry or other.first_entry
    if entry:
        _, mirrors, quorum = founding_keys(entry)
        cosigned = read_cosignatures(parse_note(old.history.note), mirrors)
        if len(cosigned) >= quorum:
            return told(
                relation="DROPPED",
                text=f"the {names[1]} was moved to another log key, and they part within {at} entries; but "
                f"{len(cosigned)} mirrors had cosigned {old.history.size} entries of the {names[0]}: the move dropped "
                "what was safe [R-MOVE-7]",
            )
    return told(
        relation="parted",
        text=f"the {names[1]} was moved to another log key, and they part within {at} entries; what the {names[0]} has "
        "beyond is to be handed in again unchanged: majlis succession resubmit",
    )


def _place(side: _Side, logs: tuple[NoteKey, ...]) -> int:
    """How late among these keys the one is that signed the side's checkpoint."""
    for place, log in enumerate(logs):
        try:
            open_checkpoint(side.history.note, log)
        except Fault:
            continue
        return place
    return len(logs)


def _with_request(side: _Side, other: _Side) -> History:
    """The side's history, with the size that its witness request starts from, where the other side's root fits."""
    history = side.history
    if side.request is None or not 0 < side.request.old <= history.size:
        return history
    branch = other.history.branch(side.request.old)
    if branch is None:
        return history
    try:
        return history.with_claim(Claim(size=side.request.old, root=branch.root, proof=side.request.proof))
    except Forged:
        return history


# --- reading a source


def _sides(path: Path) -> dict[str, _Side]:
    if path.is_dir():
        return dict(_of_folder(path))
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except FileNotFoundError:
        raise Missing("there is no such file; look at the name", where=str(path)) from None
    if data.startswith(b"PK"):
        return dict(_of_bundle(path))
    try:
        if len(data) > _MAX_FILE:
            raise Malformed("this file is too large for a checkpoint or a proof")
        return _of_note(data)
    except Fault as fault:
        raise fault.at(str(path)) from None


def _of_folder(path: Path) -> Iterator[tuple[str, _Side]]:
    folder = PublicFolder(path)
    if (path / CHECKPOINT).exists() and not (path / INDEX).exists():
        files = check_record_folder(folder, "")
        yield files.origin, _of_files(files, Federation())
        return
    federation: Federation | None = None
    for entry in folder.index():
        files = folder.record(entry.origin)
        if federation is None and len(_claimed(files.entries)) > 1:
            whole = Folder(path)
            whole.read_records()
            federation = whole.federation
        yield entry.origin, _of_files(files, federation or Federation())


def _of_files(files: RecordFiles, federation: Federation) -> _Side:
    """``federation``: the other records and boxes of the source, for the fold of one that was moved."""
    tree = Tree(map(leaf_hash, files.entries))
    history = History(checkpoint=files.checkpoint, note=files.note, tree=tree)
    first = files.entries[0] if files.entries else b""
    claimed = _claimed(files.entries)
    moves = judged_moves(files.entries, federation) if len(claimed) > 1 else claimed
    is_sure = moves == claimed or federation.fold(identity_of(files.entries)).missing is None
    others = () if is_sure else tuple(key for key in claimed if key not in moves)
    return _Side(history=history, first_entry=first, moves=moves, claimed=others)


def _claimed(entries: Sequence[bytes]) -> dict[NoteKey, int]:
    try:
        return claimed_moves(entries)
    except (Fault, IndexError):
        return {}


def _of_bundle(path: Path) -> Iterator[tuple[str, _Side]]:
    with open_archive(path) as archive:
        for carried in parse_manifest(archive.read(MANIFEST, _MAX_MANIFEST)).records:
            for note in carried_notes(archive, carried)[:1]:
                checkpoint = parse_checkpoint(parse_note(note).text)
                if checkpoint.origin != carried.origin or checkpoint.size != carried.size:
                    raise Malformed("the bundle announces another checkpoint than it holds", where=str(path))
                history = History(checkpoint=checkpoint, note=note, tree=leaf_tree(archive, carried))
                first = first_entry(archive, carried)
                history = with_start(archive, carried, history)
                yield carried.origin, _Side(history=history, first_entry=first, moves=_claimed([first]))


def _of_note(data: bytes) -> dict[str, _Side]:
    """A checkpoint, the checkpoint in a proof, or that in a witness request."""
    request = None
    if data.startswith(b"old "):
        request = parse_add_checkpoint(data)
        data = data.partition(b"\n\n")[2]
    elif data.startswith(b"c2sp.org/tlog-proof@v1\n"):
        data = parse_tlog_proof(data).checkpoint
    checkpoint = parse_checkpoint(parse_note(data).text)
    return {checkpoint.origin: _Side(history=History(checkpoint=checkpoint, note=data), request=request)}
