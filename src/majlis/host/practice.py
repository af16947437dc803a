"""A clock for practice: a file whose time stands still until somebody moves it on.

    majlis-practice-clock/1
    1790000000

Everything that reads it says so, and what is founded under it carries ``practice/`` in the name of its log and of its
witnesses, which no folder with a real clock cosigns (R-NODE-1). The same file may serve several data folders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from majlis.errors import Malformed, Missing, Refused
from majlis.host.disk import write_file

__all__ = ["PRACTICE", "SIMULATED", "PracticeClock", "check_simulated", "is_practice", "is_simulated"]

PRACTICE: Final = "practice/"
"""What the names of logs and witnesses under a practice clock begin with."""

SIMULATED: Final = "simulated-clock"
"""The notice by which a public folder or a bundle says that the time of its records is simulated."""

_FORMAT: Final = "majlis-practice-clock/1"
_LAST: Final = 253_402_300_799  # The last second of the year 9999.
_TEXT: Final = re.compile(rf"{_FORMAT}\n([1-9][0-9]{{0,11}})\n")


def is_practice(name: str) -> bool:
    """Whether this is the name of a log or a witness whose time is simulated."""
    return name.startswith(PRACTICE)


def is_simulated(origin: str, notices: Iterable[str] = ()) -> bool:
    """Whether the time of this record is simulated, by its own name or by the ``notices`` of what it came in."""
    return is_practice(origin) or SIMULATED in notices


def check_simulated(origin: str, notices: Iterable[str], *, here: bool) -> None:
    """The record may come to a folder whose own time is simulated, or not, as ``here`` says (R-NODE-1).

    Raises: Refused.
    """
    if is_simulated(origin, notices) != here:
        there, ours = ("simulated", "real") if not here else ("real", "simulated")
        raise Refused(
            f"practice and earnest do not mix: the clock of this record is {there}, and here it is {ours}; keep it in "
            "a folder of its own ('majlis node new --practice-clock' for what is simulated)",
            where=origin,
            rule="R-NODE-1",
        )


class PracticeClock:
    """The clock in a file. It is read anew each time, so that whoever shares it sees it move."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, start: int) -> PracticeClock:
        """The file is there; one that is there already goes on from where it stands. ``start``: Unix seconds UTC."""
        clock = cls(path)
        if not path.exists():
            clock._write(start)
        clock.now()
        return clock

    def now(self) -> int:
        """Unix seconds UTC, as the file says. Raises: Missing, Malformed."""
        try:
            text = self.path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            raise Missing("the practice clock is not here; bring its file back", where=str(self.path)) from None
        match = _TEXT.fullmatch(text)
        if match is None:
            raise Malformed(
                f"a practice clock is the line '{_FORMAT}' and a line with Unix seconds", where=str(self.path)
            )
        return min(int(match[1]), _LAST)

    def advance(self, seconds: int) -> int:
        """The clock shows ``seconds`` later for all who share it; returns its time. Raises: Refused, backwards."""
        if seconds < 0:
            raise Refused("a clock is not turned back; begin again with another practice clock", where=str(self.path))
        self._write(self.now() + seconds)
        return self.now()

    def _write(self, time: int) -> None:
        write_file(self.path, f"{_FORMAT}\n{time}\n".encode())
