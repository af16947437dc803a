"""Keys that a reader names with ``--vkey``: of logs and of witnesses, as c2sp.org/signed-note writes them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from majlis.errors import Malformed

if TYPE_CHECKING:
    from majlis.record import CosignerKey, NoteKey

__all__ = ["add_vkeys", "read_log_vkeys", "read_vkeys"]


def add_vkeys(parser: argparse.ArgumentParser, of: str = "a log or of a witness") -> None:
    """The option ``--vkey``, which may be repeated. ``of``: whose keys they may be, in words."""
    parser.add_argument("--vkey", action="append", default=[], metavar="VKEY", help=f"the key of {of}; may be repeated")


def read_vkeys(vkeys: Iterable[str]) -> tuple[list[NoteKey], list[CosignerKey]]:
    """The keys of logs among these, and those of witnesses. Raises: Malformed, placed at the option."""
    from majlis.record import ED25519, parse_cosigner_key, parse_note_key, parse_vkey

    logs, cosigners = [], []
    for vkey in vkeys:
        try:
            if parse_vkey(vkey).kind == ED25519:
                logs.append(parse_note_key(vkey))
            else:
                cosigners.append(parse_cosigner_key(vkey))
        except Malformed as fault:
            raise fault.at("--vkey") from None
    return logs, cosigners


def read_log_vkeys(vkeys: Iterable[str]) -> list[NoteKey]:
    """The same where only logs are meant. Raises: Malformed."""
    logs, cosigners = read_vkeys(vkeys)
    if cosigners:
        raise Malformed(f"this is the key of the witness {cosigners[0].name!r}; name that of a log", where="--vkey")
    return logs
