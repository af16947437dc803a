"""A ballot box as it came from a stranger: taken only where its events are those that the body's record speaks of.

Nobody signs a box as a whole, so anybody on the line can send another one. What the record states of it are heads: the
hash of one event, to which all events before it lead. Source: ``spec/node.md``, R-NODE-3.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from majlis.ballot import read_entries, read_records
from majlis.errors import Fault, Forged, Malformed
from majlis.host.exchange import keep_box

__all__ = ["check_box", "keep_fetched"]

_MOST_RECORD: Final = 64 * 2**20
_BLOCK: Final = 512
_PIECE: Final = 1 << 20


def keep_fetched(fetched: Path, target: Path, heads: Mapping[int, str], evidence: Path) -> None:
    """The longer of two archives of one box is here, of which neither is another than the record says.

    ``heads``: by height. Raises: Forged, Malformed, when the one that was fetched is: then the one here stays. One that
    is here, and is another than the record says by now, gives way and lies in the folder ``evidence``.
    """
    check_box(fetched, heads)
    if target.is_file():
        try:
            check_box(target, heads)
        except Fault:
            evidence.mkdir(parents=True, exist_ok=True)
            name = sha256(f"{heads[max(heads)]}|{target.stat().st_size}".encode()).hexdigest()[:16]
            target.replace(evidence / f"{target.stem}-{name}.bel")
    keep_box(target, fetched)


def check_box(path: Path, heads: Mapping[int, str]) -> None:
    """The archive is well formed, and as far as it goes its events lead to these heads. Raises: Forged, Malformed."""
    _check_sizes(path)
    with path.open("rb") as file:
        for event in read_entries(read_records(iter(lambda: file.read(_PIECE), b""))):
            if heads.get(event.height, event.hash) != event.hash:
                raise Forged(
                    f"event {event.height} of this box is another than the record says; take it from elsewhere",
                    where=path.name,
                    rule="R-NODE-3",
                )


def _check_sizes(path: Path) -> None:
    """No record of the archive is so large that it would fill the memory. Raises: Malformed."""
    at, end = 0, path.stat().st_size
    with path.open("rb") as file:
        while at < end:
            file.seek(at)
            digits = file.read(_BLOCK)[124:135]
            size = int(digits, 8) if digits.isdigit() and not set(digits) & set(b"89") else _MOST_RECORD + 1
            if size > _MOST_RECORD:
                raise Malformed(
                    "this is no ballot box, or one with a record too large", where=path.name, rule="R-NODE-3"
                )
            at += _BLOCK + size + -size % _BLOCK
