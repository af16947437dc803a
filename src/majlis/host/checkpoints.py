"""The checkpoints of a data folder: of each record the newest that is safe, and the newest that anybody showed.

    checkpoints/<identity>            the newest that the quorum of act 0's mirrors cosigned: what is safe here
    checkpoints/<identity>.seen       the newest that its log signed, while it is not that one: mirrors may cosign it
    checkpoints/<identity>.moved      the first by the new key, where the record was moved here (``takeover``)
    checkpoints/<identity>.ahead      the largest that others showed of a record kept here and that is not of what lies
                                      here: it is signed by its log, so nothing is taken in until it is (R-SIGNER-5)

A stick brings what no mirror has cosigned yet, and a mirror shows what it alone cosigned. Neither makes anything less
safe that was so before: whoever asks what is safe reads the first, whoever asks how far a record is known the second
(R-NODE-8). Whether a checkpoint is of the record here, and its log's, was judged before it came here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from majlis.errors import Fault
from majlis.host.disk import write_file
from majlis.host.folder import founding_keys
from majlis.record import (
    format_note,
    parse_checkpoint,
    parse_note,
    read_cosignatures,
    with_signatures,
)

__all__ = ["Checkpoints", "merge_lines", "newest_safe_of", "safe_size"]


class Checkpoints:
    """The notes that a data folder keeps of its records, by identity."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def safe(self, identity: str) -> bytes:
        """The newest that the quorum of mirrors cosigned; empty before the first."""
        return _read(self.folder / identity)

    def seen(self, identity: str) -> bytes:
        """The newest that was kept, whoever cosigned it; empty before the first."""
        return max((self.safe(identity), _read(self._seen(identity))), key=_size)

    def keep(self, identity: str, note: bytes, first: bytes) -> None:
        """The note is kept, durably: as the safe one, the newest seen, both, or not, where larger ones are known.

        Lines known below this very checkpoint come together with its own. ``first``: the record's act 0.
        """
        safe, seen = self.safe(identity), _read(self._seen(identity))
        for before in (safe, seen):
            note = merge_lines(before, note)
        known = [each for each in (note, safe, seen) if each]
        best, newest = newest_safe_of(known, first), max(known, key=_size)
        # What is known is written before what it replaces is taken away.
        if _text(newest) != _text(best):
            write_file(self._seen(identity), newest)
        if best:
            write_file(self.folder / identity, best)
        else:
            (self.folder / identity).unlink(missing_ok=True)
        if _text(newest) == _text(best):
            self._seen(identity).unlink(missing_ok=True)

    def ahead(self, identity: str) -> bytes:
        """What others showed of a record kept here that is not of what lies here; empty where nobody did."""
        return _read(self._ahead(identity))

    def keep_ahead(self, identity: str, note: bytes) -> None:
        """The note is kept, durably, unless a larger one is. Its log signed it, as whoever calls this has seen."""
        if _size(note) > _size(self.ahead(identity)):
            write_file(self._ahead(identity), note)

    def forget_ahead(self, identity: str) -> None:
        """The record here is all that others showed. Harmless where nobody showed more."""
        self._ahead(identity).unlink(missing_ok=True)

    def forget_seen(self, identity: str) -> None:
        """What was seen beyond the safe one is of a branch that is left (R-MIRROR-9), and is kept no longer."""
        self._seen(identity).unlink(missing_ok=True)

    def files(self, identity: str) -> dict[str, bytes]:
        """What is kept of the record, as it lies there, by the names of the files; a disk may have bent it."""
        paths = (self.folder / identity, self._seen(identity), self._ahead(identity))
        return {path.name: note for path in paths if (note := _read(path))}

    def set_aside(self, name: str, evidence: Path) -> None:
        """The file, of which nothing holds, lies in the folder ``evidence`` from now on."""
        evidence.mkdir(parents=True, exist_ok=True)
        (self.folder / name).replace(evidence / f"checkpoint-{name}")

    def _seen(self, identity: str) -> Path:
        return self.folder / f"{identity}.seen"

    def _ahead(self, identity: str) -> Path:
        return self.folder / f"{identity}.ahead"


def safe_size(note: bytes, first: bytes) -> int:
    """The size of the checkpoint where the quorum of mirrors that act 0 names cosigned it, else 0; never raises.

    ``first``: act 0; one that founds nothing has no mirrors. The log's signature is not looked at.
    """
    try:
        _, mirrors, quorum = founding_keys(first)
        parsed = parse_note(note)
        size = parse_checkpoint(parsed.text).size
        return size if len(read_cosignatures(parsed, mirrors)) >= max(quorum, 1) else 0
    except Fault:
        return 0


def newest_safe_of(notes: Iterable[bytes], first: bytes) -> bytes:
    """The largest of these that is safe; empty where none is."""
    found = [(size, note) for note in notes if (size := safe_size(note, first))]
    return max(found, key=lambda each: each[0])[1] if found else b""


def merge_lines(kept: bytes, new: bytes) -> bytes:
    """The checkpoint ``new`` with the lines known of this very checkpoint before, where ``kept`` is the same.

    Both were checked when they came. So cosignatures that two mirrors gave apart come together.
    """
    note = parse_note(new)
    if not kept or (before := parse_note(kept)).text != note.text:
        return new
    names = {(line.name, line.key_id) for line in note.signatures}
    return format_note(
        with_signatures(note, [line for line in before.signatures if (line.name, line.key_id) not in names])
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _size(note: bytes) -> int:
    """Raises: Malformed, for what is no checkpoint; -1 for nothing."""
    return parse_checkpoint(parse_note(note).text).size if note else -1


def _text(note: bytes) -> str:
    return parse_note(note).text if note else ""
