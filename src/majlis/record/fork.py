"""Fork evidence: two checkpoints that one key signed and that cannot both be of one growing record.

    {"format":"majlis-fork/1","forks":[{
      "log":"<vkey>",                          the key that signed both
      "size":812,                              s: both records have this many entries
      "first":{"note":"<checkpoint note>","root":"<base64>","proof":["<base64>",…]},
      "second":{"note":…,"root":…,"proof":…}}]}

``root`` is that of the first s entries of the record in question, and ``proof`` the consistency proof from it to the
note's own root; where the note is of size s there is none, and the roots are one. The two roots at s differ, so the two
records differ in one of their first s entries. Whoever has the log's key checks this alone, with nothing else at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from majlis.errors import Fault, Forged, Malformed
from majlis.record.checkpoint import Checkpoint, format_decimal, open_checkpoint, parse_hash
from majlis.record.merkle import MAX_PROOF, ReadHash, check_consistency, prove_consistency, root_at
from majlis.record.note import Note, NoteKey, encode_base64, format_note, parse_note, parse_note_key

__all__ = ["Branch", "Fork", "bare_fork", "check_fork", "find_parting", "format_forks", "parse_forks", "prove_branch"]

_FORMAT: Final = "majlis-fork/1"
_MAX_FILE: Final = 16 * 2**20


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """One of two histories: a signed checkpoint, and its record's root at the size where the two are compared."""

    note: bytes
    root: bytes
    proof: tuple[bytes, ...] = ()


class Fork(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence as parsed or made; ``check_fork`` says whether it is one."""

    log: NoteKey
    size: int
    first: Branch
    second: Branch


class _Branch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    note: str
    root: str
    proof: tuple[str, ...]


class _Fork(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    log: str
    size: int
    first: _Branch
    second: _Branch


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    forks: tuple[_Fork, ...]


def prove_branch(note: bytes, *, at: int, size: int, read: ReadHash) -> Branch:
    """The root of the first ``at`` entries under a checkpoint of ``size``, with its proof.

    Raises: ValueError, unless 0 < at <= size.
    """
    return Branch(note=note, root=root_at(at, read), proof=prove_consistency(at, size, read))


def bare_fork(fork: Fork) -> Fork:
    """The same evidence with nothing below its checkpoints but the log's own lines, which are all that it takes."""
    return Fork(log=fork.log, size=fork.size, first=_bare(fork.first, fork.log), second=_bare(fork.second, fork.log))


def _bare(branch: Branch, log: NoteKey) -> Branch:
    note = parse_note(branch.note)
    lines = tuple(line for line in note.signatures if (line.name, line.key_id) == (log.name, log.key_id))
    return Branch(note=format_note(Note(text=note.text, signatures=lines[:1])), root=branch.root, proof=branch.proof)


def find_parting(size: int, first: ReadHash, second: ReadHash) -> int:
    """The smallest s at which the roots of two records differ, whose roots at ``size`` differ.

    Entry s - 1 is the first in which they differ. Halves the range, as roots that differ once differ ever after.
    """
    low, high = 0, size
    while high - low > 1:
        middle = (low + high) // 2
        if root_at(middle, first) == root_at(middle, second):
            low = middle
        else:
            high = middle
    return high


def check_fork(fork: Fork) -> tuple[Checkpoint, Checkpoint]:
    """The log signed two histories that differ in one of their first ``size`` entries. Returns both checkpoints.

    Raises: Forged, when a signature or proof does not hold, or the two do agree; Malformed.
    """
    checkpoints = []
    for name, branch in (("first", fork.first), ("second", fork.second)):
        try:
            checkpoint, _ = open_checkpoint(branch.note, fork.log)
            _check_branch(branch, checkpoint, fork.size)
        except Fault as fault:
            fault.rule = "R-FORK-1" if isinstance(fault, Forged) else fault.rule
            raise fault.at(name) from None
        checkpoints.append(checkpoint)
    if fork.first.root == fork.second.root:
        raise Forged(f"both histories have the same root at size {fork.size}: this shows no fork", rule="R-FORK-1")
    return checkpoints[0], checkpoints[1]


def _check_branch(branch: Branch, checkpoint: Checkpoint, at: int) -> None:
    """The branch has this root at this size. Raises: Forged."""
    if at == 0:
        # An empty record has one root; a log that signs another for size 0 has signed what cannot be.
        if checkpoint.size or branch.proof or branch.root != checkpoint.root:
            raise Forged("at size 0 only a checkpoint of size 0 can be shown")
        return
    check_consistency(branch.proof, old=at, new=checkpoint.size, old_root=branch.root, new_root=checkpoint.root)


def format_forks(forks: Iterable[Fork]) -> bytes:
    """The bytes of the file. Raises: Forged or Malformed, when one of them is no evidence: none is written then."""
    written = []
    for fork in forks:
        check_fork(fork)
        written.append(
            _Fork(
                log=fork.log.vkey,
                size=int(format_decimal(fork.size)),
                first=_written(fork.first),
                second=_written(fork.second),
            )
        )
    return msgspec.json.format(msgspec.json.encode(_File(format=_FORMAT, forks=tuple(written))), indent=1) + b"\n"


def _written(branch: Branch) -> _Branch:
    return _Branch(
        note=branch.note.decode(), root=encode_base64(branch.root), proof=tuple(map(encode_base64, branch.proof))
    )


def parse_forks(data: bytes) -> tuple[Fork, ...]:
    """The evidence in the bytes of a file; not checked yet. Raises: Malformed."""
    if len(data) > _MAX_FILE:
        raise Malformed(f"a file of fork evidence has at most {_MAX_FILE} bytes", rule="R-FORK-2")
    try:
        file = msgspec.json.decode(data, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"this is no file of fork evidence: {error}", rule="R-FORK-2") from None
    if file.format != _FORMAT:
        raise Malformed(f"this file has the format {file.format[:40]!r}, expected {_FORMAT}", rule="R-FORK-2")
    if not file.forks:
        raise Malformed("there is no fork in this file", rule="R-FORK-2")
    return tuple(_parsed(fork) for fork in file.forks)


def _parsed(fork: _Fork) -> Fork:
    if fork.size < 0 or any(len(branch.proof) > MAX_PROOF for branch in (fork.first, fork.second)):
        raise Malformed("a size or a proof in this file cannot be", rule="R-FORK-2")
    return Fork(log=parse_note_key(fork.log), size=fork.size, first=_read(fork.first), second=_read(fork.second))


def _read(branch: _Branch) -> Branch:
    return Branch(
        note=branch.note.encode("utf-8", "surrogatepass"),
        root=parse_hash(branch.root),
        proof=tuple(map(parse_hash, branch.proof)),
    )
