"""All ballot boxes of a host or of a public folder, and the verdict on each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Final

from msgspec.structs import replace

from majlis.ballot import NO_HEAD, Failure, Report, verify_archive
from majlis.ballot.engine import NativeEngine
from majlis.errors import Fault, Malformed, Missing
from majlis.host.blobs import Blobs
from majlis.host.box import Box
from majlis.institutions.elections import process
from majlis.institutions.evidence import BoxClaim
from majlis.record import Tree, leaf_hash

_UUID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{14,64}\Z")
_PIECE: Final = 1 << 20

# An archive that breaks one of these is not the one that the record speaks of: its form is broken or cut off (R-BOX-1
# to R-BOX-12), it is of another election (R-BOX-18), or an event that the record logged is not in it (R-BOX-70).
_NOT_THE_ONE: Final = frozenset({*(f"R-BOX-{number}" for number in range(1, 13)), "R-BOX-18", "R-BOX-70"})

NOT_AT_HAND: Final = "the archive of this election is not at hand; import it and look again"

Map = Callable[..., Iterable[Any]]
Heads = tuple[tuple[int, str], ...]


class Boxes:
    """A folder of ``<uuid>.bel`` files. ``map_`` spreads the checks of ballots over workers, where it is given.

    ``heads_of`` gives the heights and heads that the body's record logged of a box; whoever keeps the records sets it,
    so that a box that came back from an old copy is not written on.
    """

    def __init__(self, folder: Path, blobs: Blobs, map_: Map = map) -> None:
        self.folder = folder
        self.blobs = blobs
        self.map_ = map_
        self.heads_of: Callable[[str], Heads] = lambda _: ()
        self._open: dict[str, Box] = {}
        self._mutex = Lock()

    def path(self, uuid: str) -> Path:
        """Where this election's archive lies or would lie. Raises: Malformed for what is no identifier."""
        if not _UUID.match(uuid):
            raise Malformed(f"an election's identifier is 14 to 64 base58 characters, got {uuid[:80]!r}")
        return self.folder / f"{uuid}.bel"

    def add(self, uuid: str, box: Box) -> None:
        """A box that was just created."""
        self._open[uuid] = box

    def get(self, uuid: str) -> Box:
        """The box, opened if it is not yet. Raises: as ``Box.open``; Forged, when it lacks what its record logged."""
        heads = self.heads_of(uuid)
        # Two that are open at once would each write where they think the file ends.
        with self._mutex:
            if uuid not in self._open:
                self._open[uuid] = Box.open(self.path(uuid), heads)
            return self._open[uuid]

    def report(self, claim: BoxClaim) -> Report:
        """The verdict on the archive against what the acts say of it. Raises: Missing, as ``judge_box``."""
        path = self.path(claim.uuid)
        if claim.uuid in self._open and not self._open[claim.uuid].is_finished:
            raise Missing(
                "this box is not finished; its result is judged once it is", where=str(path), rule="R-RESULT-4"
            )
        try:
            file = path.open("rb")
        except FileNotFoundError:
            raise Missing(NOT_AT_HAND, where=str(path), rule="R-RESULT-4") from None
        with file:
            return judge_box(claim, pieces(file), self.blobs.get, self.map_)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """The bytes of an open file, a piece at a time: an archive may be larger than memory."""
    while piece := file.read(_PIECE):
        yield piece


def judge_box(
    claim: BoxClaim,
    archive: Iterable[bytes],
    blob: Callable[[str], bytes],
    map_: Map = map,
    native: NativeEngine | None = None,
) -> Report:
    """The verdict on an archive against all that a body's acts say of it. ``native``: looks first, as everywhere.

    How it ends is not said by acts, but follows from them: any archive that goes through the head of the close and
    holds says the same.

    Raises: Missing with R-RESULT-4, when the archive or a trustee's sidecar is not at hand, or what is at hand is not
    the one that the acts speak of: whoever was given a damaged copy knows less than others, and judges nothing else.
    """
    sidecars = {}
    for number, trustee in enumerate(claim.trustees, start=1):
        if trustee.sidecar:
            with suppress(Fault):
                sidecars[number] = blob(trustee.sidecar)
    report = verify_archive(archive, process(replace(claim, head=""), sidecars), map=map_, native=native)
    wrong = next((failure for failure in report.failures if failure.check in _NOT_THE_ONE), None)
    if wrong is not None:
        raise Missing(
            f"the archive of this election at hand is damaged, or another one ({wrong.check}: {wrong.text}); fetch it "
            "from a mirror and look again",
            where=wrong.where,
            rule="R-RESULT-4",
        )
    if not _is_finished(report):
        raise Missing(
            f"the archive of this election at hand ends at event {report.height}, before its result: it is cut off, or "
            "not finished; fetch the whole of it and look again",
            rule="R-RESULT-4",
        )
    for number, trustee in enumerate(claim.trustees, start=1):
        if trustee.sidecar and number not in sidecars and f"the sidecar proof of trustee {number}" in report.missing:
            raise Missing(
                f"the sidecar of trustee {number} is not at hand; fetch it from a mirror and look again",
                rule="R-RESULT-4",
            )
    if report.verdict == "valid-v1" and report.missing == (NO_HEAD,):
        report = replace(report, verdict="valid", missing=())
    return compare_list(report, claim.list_root)


def compare_list(report: Report, list_root: str) -> Report:
    """The report, which fails with R-ELECT-15 where the keys on the list are not those whose root the acts name."""
    if report.credentials is None or not list_root:
        return report
    keys = (bytes.fromhex(key) for key in report.credentials.weights)
    if Tree(leaf_hash(key) for key in keys).root().hex() == list_root:
        return report
    failure = Failure(
        check="R-ELECT-15",
        text="the list of keys in the box is not the one whose root was published: members cannot prove they are on it",
        where="the credential list",
        height=0,
        record="",
        ballot="",
        is_form_only=False,
    )
    return replace(report, verdict="invalid", failures=(*report.failures, failure), result=None)


def _is_finished(report: Report) -> bool:
    """Whether a result was looked at, or something else than the head stood in the way of it."""
    outcomes = {check.id: check.outcome for check in report.checks}
    return outcomes["R-BOX-65"] != "not-run" or bool({failure.check for failure in report.failures} - {"R-BOX-69"})
