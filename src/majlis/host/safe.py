"""The safe checkpoint that lies beside a newer one in a public folder (R-PUBLIC-5), judged like all else there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from majlis.errors import Forged
from majlis.record import CosignerKey, NoteKey, open_checkpoint, parse_checkpoint, parse_note, read_cosignatures

__all__ = ["check_safe"]

_RULE: Final = "R-PUBLIC-5"


def check_safe(
    note: bytes,
    *,
    origin: str,
    size: int,
    root: Callable[[int], bytes],
    logs: Callable[[int], Sequence[NoteKey]],
    mirrors: Sequence[CosignerKey],
    quorum: int,
) -> int:
    """How many entries this note makes safe of a record of ``size`` entries.

    ``root``: of the first n entries. ``logs``: the keys of the log that may sign a checkpoint of that size.

    Raises: Malformed, when it is no checkpoint; Forged, when it is not of these entries, not signed by one of these
    keys, or fewer mirrors than the quorum cosigned it.
    """
    claimed = parse_checkpoint(parse_note(note).text)
    if claimed.origin != origin or claimed.size > size:
        raise Forged("the safe checkpoint is of another record, or of more entries than lie here", rule=_RULE)
    checkpoint, parsed = open_checkpoint(note, *logs(claimed.size))
    if root(checkpoint.size) != checkpoint.root:
        raise Forged(
            f"the safe checkpoint is of another history than the {size} entries here, and its log signed both; keep "
            "this folder as evidence, and call the charter keys together",
            rule=_RULE,
        )
    cosigned = len(read_cosignatures(parsed, mirrors))
    if cosigned < max(quorum, 1):
        raise Forged(f"{cosigned} of {quorum} mirrors cosigned the checkpoint that is called safe here", rule=_RULE)
    return checkpoint.size
