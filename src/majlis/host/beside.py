"""What lies beside the records in a public folder, blobs and boxes: read with the same suspicion, and never written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from majlis.ballot import Report
from majlis.ballot.engine import NativeEngine
from majlis.ballot.reading import read_hints
from majlis.crypto.native import is_native
from majlis.errors import Fault, Missing, Refused
from majlis.host.blobs import Blobs
from majlis.host.box import Box
from majlis.host.boxes import NOT_AT_HAND, Boxes, Map, judge_box, pieces
from majlis.host.reader import PublicFolder
from majlis.institutions.evidence import BoxClaim

_BLOB: Final = re.compile(r"[0-9a-f]{64}\Z")
_BOX: Final = re.compile(r"([1-9A-HJ-NP-Za-km-z]{14,64})\.bel\Z")


class FolderBlobs(Blobs):
    """The blobs of a public folder: read like all else there, and believed only by their names."""

    def __init__(self, public: PublicFolder) -> None:
        super().__init__(public.path / "blobs" / "sha256")
        self._public = public

    def get(self, digest: str) -> bytes:
        """The bytes. Raises: Missing, Malformed; Forged when they are not those that the hash names."""
        return self._public.blob(digest)

    def put(self, data: bytes) -> str:
        """Raises: Refused, always."""
        raise Refused("a public folder is only read here", where=str(self.folder))

    def names(self) -> Iterator[str]:
        """All files that lie where a blob lies, by the hash that their name says."""
        for first in self._public.names("blobs/sha256"):
            for name in self._public.names(f"blobs/sha256/{first}"):
                if _BLOB.match(name) and name[:2] == first:
                    yield name


class FolderBoxes(Boxes):
    """The boxes of a public folder: read piece by piece, and never written on."""

    def __init__(self, public: PublicFolder, blobs: FolderBlobs, map_: Map) -> None:
        super().__init__(public.path / "boxes", blobs, map_)
        self._public = public

    def get(self, uuid: str) -> Box:
        """Raises: Refused, always."""
        raise Refused("a box of a public folder is only read here", where=str(self.folder))

    def report(self, claim: BoxClaim) -> Report:
        """The verdict on the archive against what the acts say of it. Raises: Missing, as ``judge_box``."""
        try:
            file = self._public.open_box(claim.uuid)
        except Fault as fault:
            raise Missing(NOT_AT_HAND, where=fault.where, rule="R-RESULT-4") from None
        with file, self.engine(claim.uuid) as native:
            return judge_box(claim, pieces(file), self.blobs.get, self.map_, native)

    @contextmanager
    def engine(self, uuid: str) -> Iterator[NativeEngine | None]:
        """What looks first at this archive, once: the native engine, with the hints that lie here; None without it.

        Whatever is in the place of hints, the verdict is the same (R-HINT-2).
        """
        with ExitStack() as files:
            hints = None
            if is_native():
                with suppress(Fault):
                    hints = read_hints(files.enter_context(self._public.open_hints(uuid)))
            yield NativeEngine(threads=os.cpu_count() or 1, hints=hints) if is_native() else None

    def names(self) -> list[str]:
        """The identifiers of all archives that lie here."""
        return [match[1] for name in self._public.names("boxes") if (match := _BOX.match(name))]

    def has(self, uuid: str) -> bool:
        """Whether something lies in the place of this archive."""
        return f"{uuid}.bel" in self._public.names("boxes")
