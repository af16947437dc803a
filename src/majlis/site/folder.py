"""Pages from a public folder: what its files say, folded here, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from majlis.ballot import Report
from majlis.census import Plan, parse_plan
from majlis.errors import Fault, Missing
from majlis.host.folder import Folder, open_folder
from majlis.institutions import Finding, State
from majlis.site.source import BodyInfo, BoxCheck, BoxInfo, Notice

_ORDER = {"assembly": 0, "committee": 1, "affiliate": 2}
_OUTCOMES = {"ok": "passed", "failed": "failed", "not-run": "missing"}


class FolderSource:
    """A ``Source`` over a public folder, read once."""

    def __init__(self, path: Path, map_: Callable[..., Iterable[Any]] = map) -> None:
        """``map_`` spreads the checks of ballots. Raises: Missing or Malformed when it is no public folder."""
        self.folder: Folder = open_folder(path, map_)
        self.folder.federation.fold_all()
        self._reports = {report.uuid: report for report in self.folder.federation.reports().values()}

    @property
    def notices(self) -> Sequence[Notice]:
        """What the index says must stand on every page."""
        known: tuple[Notice, ...] = ("simulated-clock", "geonames")
        return [notice for notice in known if notice in self.folder.notices]

    def bodies(self) -> Sequence[BodyInfo]:
        """Assemblies first, then committees, then affiliates, by slug."""
        found = []
        for entry in self.folder.bodies:
            state = self.state(entry.identity)
            if state.founding is None:
                continue
            people = state.census.inhabitants if state.census else None
            demonstration = None
            if "geonames" in self.folder.notices and people is not None and state.roll is not None:
                demonstration = (state.roll.leaves, people)
            found.append(
                BodyInfo(
                    slug=entry.slug,
                    identity=entry.identity,
                    origin=entry.origin,
                    names=state.founding.names,
                    type=state.founding.type,
                    inhabitants=people,
                    demonstration=demonstration,
                )
            )
        return sorted(found, key=lambda body: (_ORDER[body.type], body.slug))

    def state(self, identity: str) -> State:
        """Raises: Missing."""
        record = self.folder.federation.records.get(identity)
        if record is None:
            raise Missing(f"the record of body {identity[:16]} is not in this folder")
        return record.state

    def entries(self, identity: str) -> Sequence[bytes]:
        """The entries of the record."""
        return self.folder.federation.records[identity].entries

    def findings(self, identity: str) -> Sequence[Finding]:
        """What folding had to say."""
        return self.folder.federation.records[identity].findings

    def safe_size(self, identity: str) -> int:
        """How many entries the mirrors' quorum cosigned."""
        return self.folder.safe.get(identity, 0)

    def blob(self, digest: str) -> bytes | None:
        """The blob, or None where it is not at hand or not what its name says."""
        try:
            return self.folder.blobs.get(digest)
        except Fault:
            return None

    def box(self, uuid: str) -> BoxInfo | None:
        """The archive with the verdict that the fold needed, or its size alone while it is open."""
        path = self.folder.box_path(uuid)
        if not path.is_file():
            return None
        report: Report | None = self._reports.get(uuid)
        if report is None:
            return BoxInfo(size=path.stat().st_size, verdict="incomplete")
        checks = tuple(
            BoxCheck(outcome=_OUTCOMES[check.outcome], text=check.text)  # type: ignore[arg-type]
            for check in report.checks
        )
        return BoxInfo(size=path.stat().st_size, verdict=report.verdict, checks=checks)

    def plan(self, identity: str) -> Plan | None:
        """The plan that this assembly adopted, where its blob is at hand."""
        state = self.state(identity)
        if state.plan is None:
            return None
        data = self.blob(state.plan.blob)
        return parse_plan(data) if data is not None else None

    def file(self, path: str) -> bytes | None:
        """A public file, or None."""
        try:
            return self.folder.public.read(path, 256 * 2**20)
        except Fault:
            return None
