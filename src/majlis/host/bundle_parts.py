"""A bundle in parts, each small enough for a mail: each is a bundle itself, with the same list and checkpoints.

    friday-1-of-3.majlis    MANIFEST, checkpoint-<h>, requests, what waits, then as much as there is room for
    friday-2-of-3.majlis    MANIFEST, checkpoint-<h>, what comes next …

Entries travel in packages that prove themselves, so each part is judged as it comes, and what does not reach the
checkpoint yet waits for the rest (R-BUNDLE-3). A member is never cut: a ballot box or a blob that alone is larger than
a part makes a part of its own, larger than asked for (R-BUNDLE-10).
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from majlis.host.disk import sync_folder

__all__ = ["LEAST_PART", "Parts"]

LEAST_PART: Final = 100_000
"""Fewer bytes than this are no part: the list and the checkpoints stand in each."""

_PER_MEMBER: Final = 128
_PER_FILE: Final = 64


class Parts:
    """Takes members like a ``ZipFile`` that is being written, and begins another file where one would grow too large.

    ``front`` says which members every part repeats.
    """

    def __init__(self, out: Path, most: int) -> None:
        """``out``: what all parts are called after. ``most``: bytes of a part."""
        self._out = out
        self._most = most
        self._front: dict[str, bytes] = {}
        self._paths: list[Path] = []
        self._file: zipfile.ZipFile | None = None
        self._size = 0
        self._is_begun = False

    def front(self, info: zipfile.ZipInfo, data: bytes) -> None:
        """The member stands in front of each part; to be said before any other."""
        self._front[info.filename] = data

    def writestr(self, info: zipfile.ZipInfo, data: bytes) -> None:
        """The member is in this part, or in the next."""
        self._make_room(info, len(zlib.compress(data)))
        assert self._file is not None
        self._file.writestr(info, data)

    @contextmanager
    def open(self, info: zipfile.ZipInfo, mode: str) -> Iterator[IO[bytes]]:
        """The same for a member whose bytes come one after another; ``info.file_size`` says how many."""
        self._make_room(info, info.file_size)
        assert self._file is not None
        with self._file.open(info, "w") as target:
            yield target

    def _make_room(self, info: zipfile.ZipInfo, size: int) -> None:
        size += _PER_MEMBER + 2 * len(info.filename)
        if self._file is None or (self._is_begun and self._size + size > self._most):
            self._next()
        self._size += size
        self._is_begun = True

    def _next(self) -> None:
        self._close()
        path = self._out.with_name(f".{self._out.name}.{os.getpid()}.{len(self._paths) + 1}.new")
        self._paths.append(path)
        self._file = zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED)
        self._size, self._is_begun = _PER_FILE, False
        for name, data in self._front.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            self._file.writestr(info, data)
            self._size += _PER_MEMBER + 2 * len(name) + len(zlib.compress(data))

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            with self._paths[-1].open("rb") as written:
                os.fsync(written.fileno())

    def finish(self) -> list[Path]:
        """All parts lie under their names, with how many there are; those."""
        if self._file is None:
            self._next()
        self._close()
        count = len(self._paths)
        width = len(str(count))
        done = []
        for number, path in enumerate(self._paths, start=1):
            name = f"{self._out.stem}-{number:0{width}}-of-{count}{self._out.suffix}"
            path.replace(self._out.with_name(name))
            done.append(self._out.with_name(name))
        sync_folder(self._out.absolute().parent)
        self._paths = []
        return done

    def discard(self) -> None:
        """Nothing of what was not finished is left."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        for path in self._paths:
            with suppress(OSError):
                path.unlink(missing_ok=True)
