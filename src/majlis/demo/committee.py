"""One body of the demonstration and what its people do: found it, count, meet, decide by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from majlis.census import District
from majlis.crypto import SigningKey
from majlis.demo.people import Member, Person, roll_root
from majlis.demo.world import World
from majlis.host.author import write_act
from majlis.institutions import Charter
from majlis.institutions.founding import Found, Officer
from majlis.record import NoteKey

OFFICERS = ("clerk", "teller", "teller", "teller", "registrar", "counter", "treasurer", "treasurer")
CHARTER_KEYS = 3
THRESHOLD = 2


class Committee:
    """A committee, an assembly or an affiliate: its identity, officers, members, and what it decided."""

    def __init__(
        self,
        world: World,
        slug: str,
        names: dict[str, str],
        kind: str,
        *,
        members: int = 0,
        charter: Charter | None = None,
    ) -> None:
        chance = world.chance
        self.world = world
        self.slug = slug
        self.names = names
        self.kind = kind
        self.charter = charter or Charter()
        self.charter_keys = [Person(f"{slug} charter key {n + 1}", chance) for n in range(CHARTER_KEYS)]
        self.officers = [(office, Person(f"{slug} {office} {n + 1}", chance)) for n, office in enumerate(OFFICERS)]
        self.members = [Member(slug, chance) for _ in range(members)]
        self.log_key = SigningKey(chance(32))
        self.next_log_key = SigningKey(chance(32))
        self.origin = f"majlis.example/{slug}/{self.log_key.public_key.hex()[:12]}"
        self.identity = ""
        self.district: District | None = None
        self.guests: dict[str, Person] = {}
        self.lent = {office: Person(f"{slug} {office} for others", chance) for office in ("trustee", "list_keeper")}
        self.decisions: list[str] = []

    def one(self, office: str) -> Person:
        """The first holder of an office among the founders' officers."""
        return next(person for name, person in self.officers if name == office)

    def all(self, office: str) -> list[Person]:
        """All of them."""
        return [person for name, person in self.officers if name == office]

    def people(self) -> list[Person]:
        """Everyone whose key this body knows by name."""
        return [*self.charter_keys, *(person for _, person in self.officers), *self.lent.values()]

    def found(self, mirrors: Sequence[str], quorum: int) -> None:
        """Act 0, signed by everybody it names."""
        data = Found(
            names=self.names,
            type=self.kind,  # type: ignore[arg-type]
            charter=self.charter,
            charter_keys=tuple(person.id for person in self.charter_keys),
            threshold=THRESHOLD,
            log=NoteKey(name=self.origin, public_key=self.log_key.public_key).vkey,
            next_log=self.world.sealed(self.next_log_key),
            mirrors=tuple(mirrors),
            quorum=quorum,
            languages=("ar", "en"),
            officers=tuple(Officer(office=office, key=person.id, tag=person.tag) for office, person in self.officers),
        )
        keys = [person.key for person in (*self.charter_keys, *(person for _, person in self.officers))]
        entry = write_act("found", data, *keys, chance=self.world.chance)
        self.identity = self.world.host.found(entry, self.origin, self.log_key)
        self.world.setting.trust(data.log)
        self.world.log_keys[self.origin] = self.log_key

    def act(self, kind: str, data: Any, *people: Person, cites: tuple[str, ...] = ()) -> str:
        """One act in this body's own record, which must be in force at once; returns its id."""
        receipt = self.attempt(kind, data, *people, cites=cites)
        standing = self.world.host.state(self.identity).acts[receipt]
        if standing.status != "in-force":
            raise RuntimeError(f"{self.slug}: '{kind}' is {standing.status} {standing.rule}: {standing.text}")
        return receipt

    def attempt(self, kind: str, data: Any, *people: Person, cites: tuple[str, ...] = ()) -> str:
        """One act, whatever becomes of it; returns its id."""
        keys = [person.key for person in people]
        return self.world.host.write(self.identity, kind, data, *keys, cites=cites).act

    def commit_roll(self) -> None:
        """The registrar commits to the list of members, a teller beside; only root and number are public."""
        data = {"root": roll_root(self.members), "leaves": len(self.members), "paper": 0}
        self.act("roll.commit", data, self.one("registrar"), self.one("teller"))

    def enrol(self, person: Person) -> None:
        """The registrar enrols a key, which signs beside: nobody's key is enrolled without its holder."""
        recovery = self.world.sealed(SigningKey(self.world.chance(32)))
        self.act(
            "key.enrol", {"key": person.id, "tag": person.tag, "recovery": recovery}, self.one("registrar"), person
        )

    def table(self, text: str, grants: Sequence[dict[str, Any]]) -> str:
        """A motion on the table; its wording is a blob."""
        blob = self.world.host.blobs.put(text.encode())
        return self.act("motion.table", {"text": blob, "grants": list(grants)}, self.one("clerk"))

    def call(self, *motions: str) -> str:
        """A meeting is called."""
        return self.act("session.call", {"motions": list(motions)}, self.one("clerk"))

    def decide(self, session: str, motion: str, *, yes: int, no: int, abstain: int = 0) -> str:
        """Three tellers sign the count by hand."""
        data = {
            "session": session,
            "motion": motion,
            "present": yes + no + abstain,
            "yes": yes,
            "no": no,
            "abstain": abstain,
        }
        return self.act("decision.hand", data, *self.all("teller"))

    def certify(self, act: str) -> Any:
        """The certificate of one of this body's acts, for another body."""
        return self.world.host.certificate(self.identity, act)
