"""Pages from a public folder: what its files say, folded here, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Protocol

from majlis.census import Plan, parse_plan
from majlis.errors import Fault, Missing
from majlis.host.federation import Federation
from majlis.host.folder import Folder, open_folder
from majlis.host.in_force import Shown, show_in_force
from majlis.host.lacking import Lacking, Lacks
from majlis.host.nightly import VerifiedAt
from majlis.host.practice import SIMULATED, is_practice
from majlis.host.showing import omitted_here
from majlis.institutions import Finding, State
from majlis.institutions.digest import statements
from majlis.institutions.in_force import format_in_force
from majlis.institutions.logs import logs_for
from majlis.record import open_checkpoint, parse_checkpoint, parse_cosigner_key, parse_note, read_cosignatures
from majlis.site import paths
from majlis.site.source import BodyInfo, BoxCheck, BoxInfo, InForceFile, Notice, Stopped

_ORDER = {"assembly": 0, "committee": 1, "affiliate": 2}
_OUTCOMES: Final[dict[str, Literal["passed", "failed", "missing"]]] = {
    "ok": "passed",
    "failed": "failed",
    "not-run": "missing",
}


class ReadBlobs(Protocol):
    """Gives blobs by their hash."""

    def get(self, digest: str) -> bytes:
        """Raises: Missing, Malformed, Forged."""
        ...


class _Now(NamedTuple):
    """What is in force in a record at ``state``, the digest that shows it with its age, and the files made so far."""

    state: State
    statements: frozenset[str]
    shown: Shown | None
    files: dict[str, InForceFile]


class RecordSource:
    """What the pages ask of records that are at hand and folded, wherever they came from.

    ``may_fold``: nobody folds these records meanwhile, so that an older state may be made again.
    """

    may_fold = True

    def __init__(
        self,
        federation: Federation,
        blobs: ReadBlobs,
        box_path: Callable[[str], Path],
        cosigned: Callable[[str], bytes],
    ) -> None:
        """``box_path`` says where the archive of an election lies or would lie; ``cosigned`` gives the newest
        checkpoint of a record that mirrors cosigned, empty where there is none.
        """
        self.federation = federation
        self.blobs = blobs
        self.box_path = box_path
        self._cosigned = cosigned
        self._in_force: dict[str, _Now] = {}
        self._lacks = Lacks(lambda digest: self.blob(digest) is not None, box_path)

    def described(self, known: Iterable[tuple[str, str, str]], *, is_demonstration: bool = False) -> Sequence[BodyInfo]:
        """What is to be said of each body, given as slug, identity and origin; those that found nothing left out."""
        found = []
        for slug, identity, origin in known:
            state = self.state(identity)
            if state.founding is None:
                continue
            people = state.census.inhabitants if state.census else None
            demonstration = None
            if is_demonstration and people is not None and state.roll is not None:
                demonstration = (state.roll.leaves, people)
            found.append(
                BodyInfo(
                    slug=slug,
                    identity=identity,
                    origin=origin,
                    names=state.founding.names,
                    type=state.founding.type,
                    inhabitants=people,
                    demonstration=demonstration,
                )
            )
        return sorted(found, key=lambda body: (_ORDER[body.type], body.slug))

    def state(self, identity: str) -> State:
        """Raises: Missing."""
        record = self.federation.records.get(identity)
        if record is None:
            raise Missing(f"the record of body {identity[:16]} is not here")
        return record.state

    def entries(self, identity: str) -> Sequence[bytes]:
        """The entries of the record."""
        return self.federation.records[identity].entries

    def findings(self, identity: str) -> Sequence[Finding]:
        """What folding had to say."""
        return self.federation.records[identity].findings

    def cosigned_size(self, identity: str, note: bytes) -> int:
        """The size of a checkpoint note if the body's own quorum of mirrors cosigned it, else 0."""
        founding = self.state(identity).founding
        if founding is None:
            return 0
        try:
            size = parse_checkpoint(parse_note(note).text).size
            checkpoint, parsed = open_checkpoint(note, *logs_for(self.state(identity), size))
            cosigned = read_cosignatures(parsed, [parse_cosigner_key(vkey) for vkey in founding.mirrors])
        except Fault:
            return 0
        return checkpoint.size if len(cosigned) >= founding.mirror_quorum else 0

    def in_force(self, identity: str, statement: str) -> InForceFile | None:
        """The proof of what is in force now and was so at the newest digest, where its age can be told; or None."""
        now = self._now(identity)
        if now.shown is None or statement not in now.statements or statement not in now.shown.statements:
            return None
        if statement not in now.files:
            data = format_in_force(now.shown.prove(statement))
            path = paths.in_force(identity, statement)
            now.files[statement] = InForceFile(path=path, data=data, time=now.shown.time)
        return now.files[statement]

    def _now(self, identity: str) -> _Now:
        """What is in force in the newest state, and the digest that can show it; made once for a state."""
        state = self.state(identity)
        known = self._in_force.get(identity)
        if known is None or known.state is not state:
            shown: Shown | None = None
            with suppress(Fault):
                found = show_in_force(self.federation, identity, self._cosigned(identity), may_fold=self.may_fold)
                shown = found if found.later == 0 else None
            known = _Now(state, frozenset(statements(state)) if shown else frozenset(), shown, {})
            self._in_force[identity] = known
        return known

    def verified(self, identity: str) -> VerifiedAt | None:
        """None: what is read here is folded once, and then told as it is."""
        return None

    def stopped(self, identity: str) -> Stopped:
        """Empty: nobody takes anything in here."""
        return ""

    def lacks(self, identity: str) -> Lacking:
        """What the record names and is not here."""
        return self._lacks.of(self.federation, identity)

    def omitted(self, identity: str) -> int:
        """How many acts its record lacks or has too late, by deliveries that their own bytes bear out (R-DELIVER-8)."""
        return len({one.act for one in omitted_here(self.federation, identity, self.blobs.get)})

    def blob(self, digest: str) -> bytes | None:
        """The blob, or None where it is not at hand or not what its name says."""
        try:
            return self.blobs.get(digest)
        except Fault:
            return None

    def box(self, uuid: str) -> BoxInfo | None:
        """The archive with the verdict that the fold needed, or its size alone while it is open."""
        path = self.box_path(uuid)
        if not path.is_file():
            return None
        size = path.stat().st_size
        for report in self.federation.reports().values():
            if report.uuid == uuid:
                checks = tuple(BoxCheck(outcome=_OUTCOMES[check.outcome], text=check.text) for check in report.checks)
                valid = report.verdict in {"valid", "valid-v1"}
                return BoxInfo(
                    size=size,
                    verdict=report.verdict,
                    checks=checks,
                    result=report.result if valid else None,
                    spoilt=frozenset(report.spoilt),
                )
        return BoxInfo(size=size, verdict="incomplete")

    def plan(self, identity: str) -> Plan | None:
        """The plan that this assembly adopted, where its blob is at hand."""
        state = self.state(identity)
        if state.plan is None:
            return None
        data = self.blob(state.plan.blob)
        return parse_plan(data) if data is not None else None


class FolderSource(RecordSource):
    """A ``Source`` over a public folder, read once."""

    def __init__(self, path: Path, map_: Callable[..., Iterable[Any]] = map) -> None:
        """``map_`` spreads the checks of ballots. Raises: Missing or Malformed when it is no public folder."""
        self.folder: Folder = open_folder(path, map_)
        self.folder.federation.fold_all()
        super().__init__(self.folder.federation, self.folder.blobs, self.folder.box_path, self._checkpoint)

    @property
    def notices(self) -> Sequence[Notice]:
        """What the index, or the name of a record, says must stand on every page."""
        known: tuple[Notice, ...] = ("simulated-clock", "geonames")
        practice = {SIMULATED for entry in self.folder.bodies if is_practice(entry.origin)}
        return [notice for notice in known if notice in practice | {*self.folder.notices}]

    def bodies(self) -> Sequence[BodyInfo]:
        """Assemblies first, then committees, then affiliates, by slug."""
        known = [(entry.slug, entry.identity, entry.origin) for entry in self.folder.bodies]
        return self.described(known, is_demonstration="geonames" in self.folder.notices)

    def _checkpoint(self, identity: str) -> bytes:
        """The newest checkpoint in the folder that enough cosigned."""
        return self.folder.safe_notes.get(identity, b"")

    def safe_size(self, identity: str) -> int:
        """How many entries the mirrors' quorum cosigned."""
        return self.folder.safe.get(identity, 0)

    def file(self, path: str) -> bytes | None:
        """A public file, or None."""
        try:
            return self.folder.public.read(path, 256 * 2**20)
        except Fault:
            return None
