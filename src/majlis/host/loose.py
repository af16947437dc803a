"""What travels beside records and is kept until it reaches its own: acts not yet logged, receipts, proofs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from majlis.errors import Fault, Forged, Malformed, Missing
from majlis.host.excess import EXCESS, read_excess
from majlis.host.folder import keys_at, moves_of
from majlis.host.incoming import Incoming
from majlis.host.publish import publish_file
from majlis.host.reader import PublicFolder
from majlis.institutions import parse_act
from majlis.institutions.act import act_id, check_signatures
from majlis.record import (
    Note,
    NoteKey,
    check_inclusion,
    check_note,
    format_note,
    leaf_hash,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_tlog_proof,
    with_signatures,
)

__all__ = ["Loose"]

_MAX_LOOSE: Final = 2 * 2**20
_RECEIPT: Final = re.compile(
    r"majlis-receipt/1 ([^\n]+)\nact ([0-9a-f]{64})\nindex ([0-9]{1,18})\ntime ([0-9]{1,18})\n"
)


class Loose:
    """The loose files of a public folder, each judged before it is kept."""

    def __init__(self, into: Path, folder: PublicFolder, known: Mapping[str, Incoming]) -> None:
        """``known``: the records that were joined just now, by origin."""
        self._into = into
        self._folder = folder
        self._known = known
        self._logged: dict[str, set[tuple[str, bytes]]] | None = None

    def take(self, place: str, name: str, data: bytes) -> bool:
        """The file is in the folder under this name; returns whether that is new.

        Raises: Malformed, Forged, when it does not hold; Missing, when nothing at hand tells.
        """
        match place:
            case "inbox":
                return self._take_act(name, data)
            case "receipts":
                self._check_name(name, data)
                self._check_receipt(data)
            case _:
                self._check_name(name, data)
                self._check_proof(data)
        return publish_file(self._into, name, data)

    def _check_name(self, name: str, data: bytes) -> None:
        if sha256(data).hexdigest() not in name:
            raise Malformed("this file is not what its name says", rule="R-BUNDLE-4")

    # --- acts

    def _take_act(self, name: str, data: bytes) -> bool:
        """The act waits in the folder with all signatures known of it, unless its record has logged them."""
        act = parse_act(data)
        check_signatures(act)
        if name != f"inbox/{act.id}.act":
            raise Malformed("this act is not the one that its name says", rule="R-BUNDLE-4")
        note = parse_note(data)
        logged = self._signatures_logged().get(act.id)
        if logged is not None and {(line.name, line.signature) for line in note.signatures} <= logged:
            return False
        with suppress(Missing):
            waiting = parse_note(self._folder.read(name, _MAX_LOOSE))
            names = {line.name for line in waiting.signatures}
            more = [line for line in note.signatures if line.name not in names]
            if waiting.text == note.text:
                note = with_signatures(waiting, more)
        merged = format_note(Note(text=note.text, signatures=note.signatures))
        check_signatures(parse_act(merged))
        return publish_file(self._into, name, merged)

    def _signatures_logged(self) -> dict[str, set[tuple[str, bytes]]]:
        """For each act in the records at hand, who signed a copy that was logged."""
        if self._logged is None:
            self._logged = {}
            for incoming in self._known.values():
                for entry in incoming.entries:
                    with suppress(Fault):
                        note = parse_note(entry)
                        lines = {(line.name, line.signature) for line in note.signatures}
                        self._logged.setdefault(act_id(note.text.encode()), set()).update(lines)
        return self._logged

    # --- receipts and proofs

    def _log_of(self, origin: str) -> tuple[NoteKey, ...]:
        if origin not in self._known:
            raise Missing(f"the record of {origin!r} is not at hand, so nothing tells whether this holds")
        return self._known[origin].logs

    def _check_receipt(self, data: bytes) -> None:
        note = parse_note(data)
        if data.startswith(EXCESS):
            check_note(note, self._log_of(read_excess(data).origin))
            return  # Whether the record keeps it, the next tick says: ``majlis compare``.
        match = _RECEIPT.fullmatch(note.text)
        if match is None:
            raise Malformed("this is no receipt", rule="R-BUNDLE-4")
        check_note(note, self._log_of(match[1]))
        record = self._known[match[1]]
        index = int(match[3])
        if record.state is not None and not _answers(note, keys_at(moves_of(record.state), index + 1)[-1]):
            return  # The record was moved before that place: what the key before it acknowledged there, nobody dropped.
        if index < len(record.entries):
            text, _, _ = record.entries[index].rpartition(b"\n\n")
            if act_id(text + b"\n") != match[2]:
                # Kept all the same: a receipt against the record it is of is proof that the host dropped an act.
                publish_file(self._into, f"evidence/{sha256(data).hexdigest()}.receipt", data)
                raise Forged(
                    f"its host acknowledged act {match[2][:16]} at place {index}, and the record has another there; "
                    "the receipt is kept as evidence",
                    rule="R-BUNDLE-6",
                )

    def _check_proof(self, data: bytes) -> None:
        proof = parse_tlog_proof(data)
        origin = parse_checkpoint(parse_note(proof.checkpoint).text).origin
        checkpoint, _ = open_checkpoint(proof.checkpoint, *self._log_of(origin))
        entries = self._known[origin].entries
        if proof.index < len(entries):
            leaf = leaf_hash(entries[proof.index])
            check_inclusion(proof.hashes, index=proof.index, size=checkpoint.size, leaf=leaf, root=checkpoint.root)


def _answers(note: Note, log: NoteKey) -> bool:
    """Whether this key signed the note."""
    return any((line.name, line.key_id) == (log.name, log.key_id) for line in note.signatures)
