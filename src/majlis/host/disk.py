"""Writing files so that a crash at any instant leaves the old bytes or the new, never half."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from majlis.errors import Refused

LEAST_FREE: Final = 256 * 2**20
"""How many bytes of the disk stay free, whatever others send (R-MIRROR-7)."""


def write_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """``path`` holds ``data``, durably: written beside it, synced, renamed over it, and the folder synced.

    Raises: OSError, with the old file untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """The bytes of the file are durable."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """The names in ``folder`` are durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_room(folder: Path, size: int = 0) -> None:
    """There is room on this disk for what others send, so many bytes of it at once. Raises: Refused."""
    if shutil.disk_usage(folder).free < LEAST_FREE + size:
        raise Refused(
            f"less than {(LEAST_FREE + size) >> 20} MiB are free on this disk, and {LEAST_FREE >> 20} of them are kept "
            "for its own records: make room",
            where=str(folder),
            rule="R-MIRROR-7",
        )
