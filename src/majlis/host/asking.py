"""Asking a witness or mirror over HTTP to cosign: the client's side of ``add-checkpoint`` and ``add-entries``.

    POST <url>/add-checkpoint      old, consistency proof, checkpoint
      200, lines                   it held every entry, or only witnesses: these are its cosignatures
      200, nothing                 a mirror that lacks entries: they follow by add-entries, and it cosigns then
      409, a size                  it cosigned that size last: the proof is made anew from there
    POST <url>/add-entries         packages of 256 entries, each with its proof, from the next one it lacks
      200, lines   202 or 409, what it waits for   422, a proof fails

Source: c2sp.org/tlog-witness v1.0.0, c2sp.org/tlog-mirror.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from typing import Final

import msgspec

from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.http import Answer, Caller
from majlis.host.layout import CHECKPOINT, record_folder
from majlis.host.store import Record
from majlis.record import (
    MAX_PACKAGES,
    AddCheckpoint,
    AddEntries,
    CosignerKey,
    MirrorInfo,
    Note,
    Package,
    SignatureLine,
    format_add_checkpoint,
    format_add_entries,
    package_ranges,
    parse_checkpoint,
    parse_mirror_info,
    parse_note,
    parse_signature_line,
    prove_package,
    read_cosignatures,
    with_signatures,
)
from majlis.record.checkpoint import parse_decimal

__all__ = ["Asked", "RemoteWitness", "gather"]

_MAX_ANSWER: Final = 100_000
_NOTE_SECONDS: Final = 10.0
_MAX_BODY: Final = 4 * 2**20
_MOST_ROUNDS: Final = 5
SIZE_KIND: Final = "text/x.tlog.size"
INFO_KIND: Final = "text/x.tlog.mirror-info"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What became of asking one witness. ``text``: why it did not cosign; empty where it did.

    ``has_other``: it says that it saw more of this record, or another history; what it cosigned shows whether it did.
    """

    url: str
    cosigner: str = ""
    text: str = ""
    has_other: bool = False


class RemoteWitness:
    """A witness or mirror at an address. It remembers which size it cosigned last, and learns it from a 409."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._last: dict[str, int] = {}

    @property
    def url(self) -> str:
        return self._caller.url

    def cosign(self, record: Record, note: Note) -> tuple[SignatureLine, ...]:
        """Its lines for this checkpoint of the record; whether they hold, the caller checks.

        Raises: Missing, when it is away or does not answer to it now; Refused, when it does not know this log or has
        seen more of it; Forged, when it found the record inconsistent with what it saw; Malformed.
        """
        size = parse_checkpoint(note.text).size
        old = min(self._last.get(record.origin, 0), size)
        for _ in range(_MOST_ROUNDS):
            proof = record.prove_consistency(old, size) if 0 < old < size else ()
            body = format_add_checkpoint(AddCheckpoint(old=old, proof=proof, note=note))
            answer = self._caller.post("add-checkpoint", body, limit=_MAX_ANSWER)
            if answer.status == 409:
                old = self._known(answer, size)
                continue
            if answer.status == 403:
                self._check_moved(record.origin, note)
            if answer.status != 200:
                raise _fault(answer, self.url)
            lines = _lines(answer) or self._send(record, size)
            if lines is not None:
                self._last[record.origin] = size
                return lines
        raise Missing("others are asking this witness too, and it moves on; try again", where=self.url)

    def kept_open(self) -> AbstractContextManager[None]:
        """Many questions in this block go over one connection."""
        return self._caller.kept_open()

    def newest(self, origin: str) -> bytes:
        """The newest checkpoint note of this log that it cosigned, as it lies there; nothing in it is believed yet.

        Raises: Missing, where it has none; Away, when nobody answers; Malformed.
        """
        with self._caller.within(_NOTE_SECONDS):
            return self._caller.get(f"{record_folder(origin)}/{CHECKPOINT}", _MAX_ANSWER)

    def _check_moved(self, origin: str, note: Note) -> None:
        """Whoever asked and was not known is told where another key signs the record now. Raises: Refused."""
        ours = {line.key_id for line in note.signatures if line.name == origin}
        with suppress(Malformed, Missing):
            shown = parse_note(self.newest(origin))
            theirs = {line.key_id for line in shown.signatures if line.name == origin}
            if theirs and not theirs & ours and parse_checkpoint(shown.text).origin == origin:
                raise Refused(
                    "it cosigns this record under another log key: it seems that the charter keys moved it to another "
                    f"host. 'majlis mirror {self.url}' looks, and makes a copy of what is kept here if they did",
                    where=self.url,
                    rule="R-MOVE-8",
                )

    def _known(self, answer: Answer, size: int) -> int:
        """The size in a 409. Raises: Refused, when it is larger than ours; Malformed, when there is none."""
        try:
            known = parse_decimal(answer.body.decode("ascii").removesuffix("\n"))
        except (Fault, UnicodeDecodeError):
            raise Malformed(f"its 409 names no size: {answer.text}", where=self.url, rule="R-WITNESS-4") from None
        if known > size:
            raise Refused(
                f"it cosigned {known} entries of this record, and here are {size}: this is an old copy. Bring what is "
                "missing from there: 'majlis record recover BODY URL'; until then sign nothing",
                where=self.url,
                rule="R-SIGNER-3",
            )
        return known

    def _send(self, record: Record, size: int) -> tuple[SignatureLine, ...] | None:
        """The entries that it lacks are sent; its lines. None, when it is to be shown the checkpoint again.

        So it is where somebody else showed it another and sent entries meanwhile, which anybody can who has them.
        Raises: as ``cosign``.
        """
        info = self._ask_next(record.origin)
        idle = 0
        while info is not None and info.size == size and info.next <= size and idle < _MOST_ROUNDS:
            body, stop = _packages(record, info.next, size, info.ticket)
            answer = self._caller.post("add-entries", body, limit=_MAX_ANSWER)
            if answer.status == 200:
                return _lines(answer)
            if answer.status == 404:
                return None
            if answer.status not in (202, 409):
                raise _fault(answer, self.url)
            before, info = info, _info(answer, self.url)
            idle += info.next < stop or info.next <= before.next
        if info is None or info.size != size:
            return None
        raise Missing("it takes no more entries; try again later", where=self.url, rule="R-MIRROR-2")

    def _ask_next(self, origin: str) -> MirrorInfo | None:
        """What it waits for: a request of no entries is answered with that (c2sp.org/tlog-mirror). None for nothing."""
        body = format_add_entries(AddEntries(origin=origin, start=0, end=0, packages=()))
        answer = self._caller.post("add-entries", body, limit=_MAX_ANSWER)
        if answer.status == 404:
            return None
        if answer.status != 409:
            raise _fault(answer, self.url)
        return _info(answer, self.url)


def _packages(record: Record, start: int, size: int, ticket: bytes) -> tuple[bytes, int]:
    """An ``add-entries`` request with as many packages from ``start`` on as we send at once, and where they end."""
    read = record.hashes()
    packages: list[Package] = []
    sent = 0
    end = start
    for first, stop in package_ranges(start, size):
        if len(packages) == MAX_PACKAGES or sent > _MAX_BODY:
            break
        package = prove_package(first, record.entries(first, stop), size=size, read=read)
        packages.append(package)
        end = stop
        sent += sum(map(len, package.entries))
    request = AddEntries(origin=record.origin, start=start, end=size, ticket=ticket, packages=tuple(packages))
    return format_add_entries(request), end


def _info(answer: Answer, url: str) -> MirrorInfo:
    try:
        return parse_mirror_info(answer.body.decode("ascii"))
    except (Fault, UnicodeDecodeError):
        raise Malformed(f"its answer says not what it waits for: {answer.text}", where=url) from None


def _lines(answer: Answer) -> tuple[SignatureLine, ...]:
    try:
        return tuple(parse_signature_line(line) for line in answer.body.decode("utf-8").splitlines())
    except UnicodeDecodeError:
        raise Malformed("its answer is not UTF-8") from None


def _fault(answer: Answer, url: str) -> Fault:
    match answer.status:
        case 403 | 404:
            text = "it does not cosign this log"
            return Refused(f"{text} ({answer.status}): {answer.text}; ask its keeper", where=url)
        case 422:
            return Forged(f"it found this record another than it saw: {answer.text}", where=url, rule="R-WITNESS-5")
        case 400 | 413:
            return Malformed(f"it did not understand the request ({answer.status}): {answer.text}", where=url)
    return Missing(f"it does not cosign now ({answer.status}): {answer.text}", where=url)


def gather(
    record: Record, note: Note, witnesses: Sequence[RemoteWitness], mirrors: Sequence[CosignerKey]
) -> tuple[Note, list[Asked]]:
    """The checkpoint with the lines of those who cosigned, and what became of asking each.

    Only lines of ``mirrors`` (those that act 0 names) that hold are taken: a witness that is away, answers nonsense, or
    in another's name, spoils nothing.
    """
    asked = []
    bare = note  # With the log's line alone, so that a request stays small (c2sp.org/tlog-witness).
    for witness in witnesses:
        try:
            lines = witness.cosign(record, bare)
            held = [
                cosigned for line in lines for cosigned in read_cosignatures(with_signatures(note, [line]), mirrors)
            ]
        except Fault as fault:
            has_other = fault.rule in ("R-SIGNER-3", "R-WITNESS-5")
            asked.append(Asked(url=witness.url, text=str(fault), has_other=has_other))
            continue
        known = {(line.name, line.key_id) for line in note.signatures}
        ours = {(each.cosigner.name, each.cosigner.key_id) for each in held}
        note = with_signatures(note, [line for line in lines if (line.name, line.key_id) in ours - known])
        names = ", ".join(sorted({each.cosigner.name for each in held}))
        text = "" if held else "it is none of the mirrors that act 0 names"
        asked.append(Asked(url=witness.url, cosigner=names, text=text))
    return note, asked
