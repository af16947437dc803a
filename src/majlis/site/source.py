"""What pages need from whoever holds the records: two ports, implemented by the host and by hand-written fakes.

``Source`` is asked for public things only and never changes anything. ``Host`` takes in signed acts and ballots. Pages
and server know no folder, database or clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from majlis.ballot import Result
from majlis.census import Plan
from majlis.host.lacking import Lacking
from majlis.host.nightly import VerifiedAt
from majlis.institutions import Finding, State

Notice = Literal["simulated-clock", "geonames"]
"""What every page must say of the whole: its time is simulated; its populations are GeoNames demonstration input."""


Stopped = Literal["", "behind", "disk"]
"""Why nothing is taken in: what is kept is not all that its log signed, or could not be stored; empty while it is."""


class BodyInfo(Struct, frozen=True, kw_only=True):
    """One body: ``slug`` names its pages, ``origin`` its record; ``demonstration``: members, inhabitants."""

    slug: str
    identity: str
    origin: str
    names: Mapping[str, str]
    type: Literal["committee", "assembly", "affiliate"]
    inhabitants: int | None = None
    demonstration: tuple[int, int] | None = None


class BoxCheck(Struct, frozen=True, kw_only=True):
    """One check of a ballot box; ``text`` is the verifier's sentence, in English."""

    outcome: Literal["passed", "failed", "missing"]
    text: str


class BoxInfo(Struct, frozen=True, kw_only=True):
    """The archive of a ballot box: its size in bytes, the verifier's verdict and checks.

    ``result``: what was in it, where it is valid and open; ``spoilt``: (question, place) of votes that do not count.
    """

    size: int
    verdict: str
    checks: tuple[BoxCheck, ...] = ()
    result: Result | None = None
    spoilt: frozenset[tuple[int, int]] = frozenset()


class InForceFile(Struct, frozen=True, kw_only=True):
    """A proof that a statement is in force: its ``path`` in the public layout, its bytes, and when that was so."""

    path: str
    data: bytes
    time: int


class Source(Protocol):
    """Everything public about some bodies."""

    @property
    def notices(self) -> Sequence[Notice]:
        """What every page must say of the whole; empty for a real federation."""

    def bodies(self) -> Sequence[BodyInfo]:
        """The bodies in the order in which a reader should meet them; slugs are distinct."""

    def state(self, identity: str) -> State:
        """The newest state. Raises: Missing."""

    def entries(self, identity: str) -> Sequence[bytes]:
        """The entries of the record, by position."""

    def findings(self, identity: str) -> Sequence[Finding]:
        """All that folding the record had to say, by position."""

    def safe_size(self, identity: str) -> int:
        """How many entries, from the first on, enough mirrors hold and cosigned."""

    def verified(self, identity: str) -> VerifiedAt | None:
        """How far, and when, whoever serves this record last verified it again in full; None where nobody did."""

    def stopped(self, identity: str) -> Stopped:
        """Why whoever serves this record takes nothing in for it; empty where they do, or nobody would."""

    def lacks(self, identity: str) -> Lacking:
        """What the record names and is not here: texts, ballot boxes, what an entry rests on."""

    def omitted(self, identity: str) -> int:
        """How many acts for this body were handed in at mirrors, as bytes at hand bear out, and do not count there."""

    def blob(self, digest: str) -> bytes | None:
        """The bytes that this SHA-256 (64 hex digits) names, or None where they are not at hand."""

    def box(self, uuid: str) -> BoxInfo | None:
        """The archive of this election, or None where it is not at hand."""

    def plan(self, identity: str) -> Plan | None:
        """The plan of seats that this assembly adopted, or None."""

    def in_force(self, identity: str, statement: str) -> InForceFile | None:
        """The proof of what is in force now and was so at the newest digest, where its age can be told; or None."""

    def file(self, path: str) -> bytes | None:
        """A public file by its path in the public layout (``boxes/….bel``, ``index.json``), or None."""


class Receipt(Struct, frozen=True, kw_only=True):
    """What the host answers. ``id`` is the act's id or the ballot's tracker, ``place`` its position in record or box.

    ``level``: *sequenced* is on the host's disk; *safe* is held and cosigned by enough mirrors. ``note`` is the signed
    receipt, as text, to be kept until the act is safe.
    """

    level: Literal["sequenced", "safe"]
    id: str
    place: int
    note: str = ""


class Host(Protocol):
    """Takes in what people sign. It judges form and quota only; the fold decides what counts."""

    async def submit(self, identity: str, entry: bytes, brought: Mapping[str, bytes] = ...) -> Receipt:
        """The act is logged in that body's record. Raises: Malformed, Forged, Refused, Missing (no such record).

        ``brought``: by hash, blobs that it names, kept only where it is logged.
        """

    async def cast(self, uuid: str, ballot: bytes) -> Receipt:
        """The ballot lies in the box. Raises: Malformed, Forged, Refused, Missing (no such box)."""
