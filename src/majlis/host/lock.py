"""One writer: an operating-system lock on a file, held until released or until the process ends, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType

from majlis.errors import Refused

__all__ = ["FileLock"]

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """The lock on ``path`` is ours; a second taker, in this process or another, fails at once.

    The file stays when the lock is released: to remove it would let two takers hold two files of one name.
    """

    def __init__(self, path: Path) -> None:
        """Raises: Refused, when another holds it."""
        self.path = path
        self._descriptor: int | None = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            _take(self._descriptor)
        except OSError:
            self.release()
            raise Refused(
                "another program is writing here; close it (or wait for it) and try again",
                where=str(path),
                rule="R-STORE-3",
            ) from None

    def release(self) -> None:
        """The lock is free. Harmless when it already is."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> FileLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
