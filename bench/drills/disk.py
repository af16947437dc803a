"""A disk that fails once, at any one of its calls: for what is written by Python itself and not by SQLite."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

__all__ = ["CALLS", "count_calls", "failing_at"]

CALLS: Final = ("open", "write", "fsync", "replace", "rename", "unlink", "mkdir")


class _Disk:
    """Counts the calls that change a disk, and fails the one whose turn it is."""

    def __init__(self, fail_at: int, code: int) -> None:
        self.fail_at = fail_at
        self.code = code
        self.calls = 0

    def turn(self) -> None:
        self.calls += 1
        if self.calls == self.fail_at:
            raise OSError(self.code, os.strerror(self.code))


class _File:
    """An open file whose writes take their turn."""

    def __init__(self, file: Any, disk: _Disk) -> None:
        self._file = file
        self._disk = disk

    def write(self, data: Any) -> int:
        self._disk.turn()
        return int(self._file.write(data))

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextmanager
def _patched(disk: _Disk) -> Iterator[None]:
    kept = {name: getattr(os, name) for name in ("fsync", "replace", "rename", "unlink", "mkdir", "open", "fdopen")}
    kept_open = io.open

    def counted(name: str) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            disk.turn()
            return kept[name](*args, **more)

        return call

    def open_descriptor(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            disk.turn()
        return int(kept["open"](path, flags, *more, **named))

    def open_file(file: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
        if not set(mode) & set("wxa+"):
            return kept_open(file, mode, *more, **named)
        disk.turn()
        return _File(kept_open(file, mode, *more, **named), disk)

    def wrap_descriptor(descriptor: int, mode: str = "r", *more: Any, **named: Any) -> Any:
        file = kept["fdopen"](descriptor, mode, *more, **named)
        return _File(file, disk) if set(mode) & set("wxa+") else file

    for name in ("fsync", "replace", "rename", "unlink", "mkdir"):
        setattr(os, name, counted(name))
    os.open, os.fdopen, io.open = open_descriptor, wrap_descriptor, open_file  # type: ignore[assignment]
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(os, name, function)
        io.open = kept_open  # type: ignore[assignment]


def count_calls(work: Callable[[], object]) -> int:
    """How many calls that change the disk ``work`` makes."""
    disk = _Disk(0, 0)
    with _patched(disk):
        work()
    return disk.calls


@contextmanager
def failing_at(call: int, code: int = errno.EIO) -> Iterator[None]:
    """The ``call``-th call inside (from 1) fails with this error; all others work."""
    with _patched(_Disk(call, code)):
        yield
