"""Records written by hand, and a source that hands them out.

Entries are real signed notes and states are built beside them, so that nothing here waits for a fold, a box or a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from typing import Any

from majlis.census import District, Measures
from majlis.census import Plan as SeatPlan
from majlis.crypto import SigningKey
from majlis.errors import Missing
from majlis.host.lacking import NOTHING, Lacking
from majlis.host.nightly import VerifiedAt
from majlis.institutions import NOBODY, Finding, Seen, State, act_id, format_text, sign_text
from majlis.institutions.charter import BodyType, Charter
from majlis.institutions.federation import Row, rows_tree
from majlis.institutions.state import Founding, Link, Map, Plan, Standing, Tick
from majlis.site import BodyInfo, BoxInfo, paths
from majlis.site.source import InForceFile, Notice, Stopped

START = 1_790_000_000
DAY = 86_400
FLOUR = "Buy flour for the camps.\nشراء الطحين للمخيمات.\n\nAt most 3,000 in all.".encode()


def hexed(text: str) -> str:
    """64 hex digits that stand for something."""
    return sha256(text.encode()).hexdigest()


def person(name: str) -> SigningKey:
    """The key of somebody invented."""
    return SigningKey(sha256(f"key of {name}".encode()).digest())


def key(name: str) -> str:
    """The id under which they sign."""
    return person(name).public_key.hex()


class Book:
    """One body's record while it is written: entries, standings, findings, and the parts of a state."""

    def __init__(self, slug: str, type_: BodyType, names: dict[str, str]) -> None:
        self.slug = slug
        self.type = type_
        self.names = names
        self.origin = f"majlis.example/{slug}"
        self.entries: list[bytes] = []
        self.acts: dict[str, Standing] = {}
        self.order: list[str] = []
        self.findings: list[Finding] = []
        self.identity = ""
        self.parts: dict[str, Any] = {}
        data = {"names": names, "type": type_, "charter_keys": [key("a"), key("b")], "parent": "", "threshold": 2}
        self.identity = self.log("found", data, author="founder")

    def log(
        self,
        kind: str,
        data: Mapping[str, Any] | None = None,
        *,
        author: str = "clerk",
        status: str = "in-force",
        rule: str = "",
        text: str = "",
        on: Sequence[tuple[Book, str, str]] = (),
    ) -> str:
        """One more act; ``on`` says what it rests on: book, act, role. Returns its id."""
        words = format_text(
            body=self.identity or NOBODY,
            kind=kind,
            author=key(author),
            nonce=len(self.entries).to_bytes(16, "big"),
            seen=Seen(size=0, root="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
            cites=(),
            data=dict(data or {}),
        )
        act = act_id(words)
        index = len(self.entries)
        self.entries.append(sign_text(words, person(author)))
        self.order.append(act)
        self.acts[act] = Standing(
            index=index,
            kind=kind,
            author=key(author),
            status=status,  # type: ignore[arg-type]
            signers=frozenset({key(author)}),
            rule=rule,
            text=text,
            because=tuple(Link(body=book.identity, act=other, role=role) for book, other, role in on),
        )
        if status in ("void", "waiting", "missing"):
            self.findings.append(Finding(kind=status, index=index, act=act, rule=rule, text=text))  # type: ignore[arg-type]
        return act

    def junk(self, entry: bytes) -> int:
        """An entry that is no act."""
        self.entries.append(entry)
        self.order.append("")
        index = len(self.entries) - 1
        self.findings.append(Finding(kind="void", index=index, rule="R-ACT-1", text="an act is a signed note"))
        return index

    def copy(self, act: str) -> None:
        """The same act again."""
        self.entries.append(self.entries[self.acts[act].index])
        self.order.append(act)

    def at(self, act: str) -> int:
        """Where an act stands."""
        return self.acts[act].index

    def state(self) -> State:
        """The state as the parts say; a tick after every fifth entry, a day apart."""
        size = len(self.entries)
        ticks = tuple(Tick(index=at, size=at, time=START + at * DAY) for at in range(2, size, 5))
        founding = Founding(
            names=self.names,
            type=self.type,
            charter_keys=frozenset({key("a"), key("b")}),
            threshold=2,
            log="log",
            next_log=hexed("next"),
            mirrors=("m1", "m2"),
            mirror_quorum=2,
            languages=("en", "ar"),
            confirmed=1,
        )
        return State(
            identity=self.identity,
            size=size,
            founding=founding,
            charter=Charter(),
            ticks=ticks,
            acts=Map(self.acts),
            log=Map(dict(enumerate(self.order))),
            **{name: Map(value) if isinstance(value, dict) else value for name, value in self.parts.items()},
        )


class FakeSource:
    """A ``Source`` over books."""

    def __init__(self, books: Sequence[Book], plan: SeatPlan | None = None, demonstration: bool = True) -> None:
        self.books = list(books)
        self._plan = plan
        self.demonstration = demonstration
        self.blobs: dict[str, bytes] = {}
        self.boxes: dict[str, BoxInfo] = {}
        self.files: dict[str, bytes] = {}
        self.proofs: dict[tuple[str, str], bytes] = {}
        self.states: dict[str, State] = {}
        self.unsafe = 2
        self.lacking: dict[str, int] = {}
        self.absent: dict[str, Lacking] = {}
        self.halted: dict[str, Stopped] = {}
        self.again: dict[str, VerifiedAt] = {}
        self.refresh()

    def refresh(self) -> None:
        """Make the states anew from the books."""
        self.states = {book.identity: book.state() for book in self.books}

    def put(self, data: bytes) -> str:
        """A blob is at hand."""
        digest = sha256(data).hexdigest()
        self.blobs[digest] = data
        return digest

    @property
    def notices(self) -> Sequence[Notice]:
        return ("simulated-clock", "geonames") if self.demonstration else ()

    def bodies(self) -> Sequence[BodyInfo]:
        return [
            BodyInfo(
                slug=book.slug,
                identity=book.identity,
                origin=book.origin,
                names=book.names,
                type=book.type,
                inhabitants=28_400 if book.type == "committee" else None,
                demonstration=(60, 28_400) if self.demonstration and book.type == "committee" else None,
            )
            for book in self.books
        ]

    def _book(self, identity: str) -> Book:
        for book in self.books:
            if book.identity == identity:
                return book
        raise Missing("no such record")

    def state(self, identity: str) -> State:
        self._book(identity)
        return self.states[identity]

    def entries(self, identity: str) -> Sequence[bytes]:
        return self._book(identity).entries

    def findings(self, identity: str) -> Sequence[Finding]:
        return self._book(identity).findings

    def safe_size(self, identity: str) -> int:
        return max(0, len(self._book(identity).entries) - self.unsafe)

    def verified(self, identity: str) -> VerifiedAt | None:
        return self.again.get(identity)

    def stopped(self, identity: str) -> Stopped:
        return self.halted.get(identity, "")

    def lacks(self, identity: str) -> Lacking:
        return self.absent.get(identity, NOTHING)

    def omitted(self, identity: str) -> int:
        return self.lacking.get(identity, 0)

    def blob(self, digest: str) -> bytes | None:
        return self.blobs.get(digest)

    def box(self, uuid: str) -> BoxInfo | None:
        return self.boxes.get(uuid)

    def plan(self, identity: str) -> SeatPlan | None:
        return self._plan if self._book(identity).type == "assembly" else None

    def in_force(self, identity: str, statement: str) -> InForceFile | None:
        found = self.proofs.get((identity, statement))
        if found is None:
            return None
        return InForceFile(path=paths.in_force(identity, statement), data=found, time=1_790_000_000)

    def file(self, path: str) -> bytes | None:
        return self.files.get(path)


def district(id_: str, name: str, seats: int, *, ward: int | None = None, of: int | None = None) -> District:
    """One district of a plan; a ward where ``ward`` is given; three places in reach of each other otherwise."""
    places = (f"{id_.rstrip('-123')}-a",) if ward else (f"{id_}-a", f"{id_}-b", f"{id_}-c")
    return District(
        id=id_,
        name=name,
        group="Valley",
        places=places,
        links=() if ward else ((places[0], places[1]), (places[1], places[2])),
        attached=(),
        crossing=False,
        below=False,
        inhabitants=seats * 9_500,
        seats=seats,
        ward=ward,
        of=of,
        provisional=ward is not None,
    )


def plan_of(districts: Sequence[District]) -> SeatPlan:
    """A plan of these districts."""
    figures = Measures(
        mal=Fraction(1, 50),
        gini=Fraction(7, 250),
        max_min=Fraction(5, 4),
        within_10=Fraction(19, 20),
        within_15=Fraction(1),
    )
    return SeatPlan(
        quota=10_000,
        rounding="nearest",
        max_magnitude=7,
        seed="majlis",
        effort=2,
        size=None,
        method=None,
        ways=None,
        grouped=True,
        bound=1,
        districts=tuple(districts),
        unknown=("lost",),
        measures=figures,
        measures_without_provisional=figures,
    )


def adopted(book: Book, act: str, plan: SeatPlan) -> Plan:
    """What the state keeps of a whole plan that was adopted."""
    rows = [
        Row(id=d.id, inhabitants=d.inhabitants, seats=d.seats, places=d.places, provisional=d.provisional)
        for d in plan.districts
    ]
    return Plan(
        act=act,
        index=book.at(act),
        blob=hexed("plan"),
        root=rows_tree(rows).root().hex(),
        districts=len(rows),
        inhabitants=plan.inhabitants,
    )
