"""All ballot boxes of a host or of a public folder, and the verdict on each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from majlis.ballot import Report, verify_archive
from majlis.errors import Malformed, Missing
from majlis.host.blobs import Blobs
from majlis.host.box import Box
from majlis.institutions.elections import process
from majlis.institutions.evidence import BoxClaim

_UUID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{14,64}\Z")


class Boxes:
    """A folder of ``<uuid>.bel`` files. ``map_`` spreads the checks of ballots over workers, where it is given."""

    def __init__(self, folder: Path, blobs: Blobs, map_: Callable[..., Iterable[Any]] = map) -> None:
        self.folder = folder
        self.blobs = blobs
        self.map_ = map_
        self._open: dict[str, Box] = {}

    def path(self, uuid: str) -> Path:
        """Where this election's archive lies or would lie. Raises: Malformed for what is no identifier."""
        if not _UUID.match(uuid):
            raise Malformed(f"an election's identifier is 14 to 64 base58 characters, got {uuid[:80]!r}")
        return self.folder / f"{uuid}.bel"

    def add(self, uuid: str, box: Box) -> None:
        """A box that was just created."""
        self._open[uuid] = box

    def get(self, uuid: str) -> Box:
        """The box, opened if it is not yet. Raises: Missing, Malformed."""
        if uuid not in self._open:
            self._open[uuid] = Box.open(self.path(uuid))
        return self._open[uuid]

    def report(self, claim: BoxClaim) -> Report:
        """The verdict on the archive against what the acts say of it.

        Raises: Missing when the archive, or a trustee's sidecar blob, is not at hand.
        """
        path = self.path(claim.uuid)
        sidecars = [self.blobs.get(trustee.sidecar) for trustee in claim.trustees]
        if not path.is_file():
            raise Missing("the archive of this election is not at hand; import it and look again", where=str(path))
        return verify_archive(path.read_bytes(), process(claim, sidecars), map=self.map_)
