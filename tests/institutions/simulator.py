"""A federation in memory: bodies, officers, witnesses and a clock, so that a rule or an attack is one line of a test.

Everything goes through the wire formats and ``majlis.host.federation``: real acts, real signatures, real checkpoints
and proofs. Only boxes are fakes: ``Simulator.reports`` says what the verifier of an archive would say.

    sim = Simulator()
    north = sim.body("north")
    order = north.submit("spend.order", {...}, north.clerk)          a Standing: order.status, order.rule
    decision = north.decide(grant("spend.order", purpose="flour", unit="SYP", ceiling=100))
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from majlis.ballot import Report
from majlis.crypto import SigningKey
from majlis.errors import Missing
from majlis.host.federation import Federation, Record
from majlis.institutions import NOBODY, Charter, Seen, State, act_id, format_text, sign_text
from majlis.institutions.evidence import BoxClaim
from majlis.institutions.founding import Found, Officer
from majlis.institutions.kinds import holds
from majlis.institutions.state import Standing
from majlis.record import (
    Checkpoint,
    CosignerKey,
    Note,
    NoteKey,
    TlogProof,
    cosign,
    encode_base64,
    format_checkpoint,
    format_note,
    format_tlog_proof,
    leaf_hash,
    prove_inclusion,
    sign_note,
)

DAY = 86_400
START = 1_790_000_000
BLOB = "ab" * 32
NOTHING_SEEN = Seen(size=0, root=encode_base64(sha256(b"").digest()))
OFFICES = ("clerk", "teller", "teller", "teller", "registrar", "counter", "treasurer", "treasurer")


class Person:
    """Somebody with a key; ``tag`` tells persons of one body apart."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.key = SigningKey(sha256(b"person|" + label.encode()).digest())
        self.id = self.key.public_key.hex()
        self.tag = sha256(b"tag|" + label.encode()).hexdigest()[:32]


def grant(kind: str, ceiling: int | None = None, **match: Any) -> dict[str, Any]:
    """A grant as a motion prints it."""
    return {"kind": kind, "match": match} | ({} if ceiling is None else {"ceiling": ceiling})


class Simulator:
    """The world: a clock, witnesses that everybody uses, all bodies and what the verifier says of each box."""

    def __init__(self) -> None:
        self.now = START
        self.reports: dict[str, Report] = {}
        self.federation = Federation(self._report)
        self.bodies: dict[str, Body] = {}
        self.witnesses = [Person(f"witness {number}") for number in range(3)]
        self.mirrors = tuple(
            CosignerKey(name=f"witness{n}.example", public_key=p.key.public_key) for n, p in enumerate(self.witnesses)
        )
        self._drawn = 0

    def _report(self, claim: BoxClaim) -> Report:
        if claim.uuid not in self.reports:
            raise Missing("no such archive is at hand", rule="R-RESULT-4")
        return self.reports[claim.uuid]

    def chance(self, size: int) -> bytes:
        """Bytes that no two draws share."""
        self._drawn += 1
        return b"".join(sha256(f"chance|{self._drawn}|{n}".encode()).digest() for n in range(size // 32 + 1))[:size]

    def body(self, name: str, type: str = "committee", **changes: Any) -> Body:  # noqa: A002
        """A founded body whose roll is committed; ``changes`` go into its act 0."""
        self.bodies[name] = body = Body(self, name, type)
        standing = body.found(**changes)
        assert standing is not None, standing
        assert standing.status == "in-force", standing
        return body

    def confirmed(self, name: str, type: str = "committee", **changes: Any) -> Body:  # noqa: A002
        """The same, its founding confirmed by its members."""
        body = self.body(name, type, **changes)
        body.commit_roll()
        body.do("founding.confirm", {}, body.clerk, cites=[body.decide(grant("founding.confirm"))])
        return body

    def tick(self) -> None:
        """Every record is shown what time it is."""
        for body in self.bodies.values():
            body.tick()

    def pass_days(self, days: int) -> None:
        """So much time passes, provably: every record has a tick before and after."""
        self.tick()
        self.now += days * DAY
        self.tick()

    def fork(self) -> Simulator:
        """The same world, to be played on apart from this one: records are copied, people are not."""
        other = copy.copy(self)
        other.reports = dict(self.reports)
        other.federation = Federation(other._report)
        other.bodies = {}
        for name, body in self.bodies.items():
            twin = other.bodies[name] = copy.copy(body)
            twin.sim = other
            record = other.federation.records[body.identity] = Record(body.record.entries)
            record.states = list(body.record.states)
            record.findings = list(body.record.findings)
        return other


class Body:
    """One body and its people. ``submit`` takes any act whatever; ``do`` insists that it is in force."""

    def __init__(self, sim: Simulator, name: str, type: str) -> None:  # noqa: A002
        self.sim = sim
        self.name = name
        self.type = type
        self.identity = ""
        self.log_key = SigningKey(sha256(f"log|{name}".encode()).digest())
        self.origin = f"{name}.example/log"
        self.charter_keys = [Person(f"{name} charter {number}") for number in range(3)]
        self.officers = [(office, Person(f"{name} {office} {number}")) for number, office in enumerate(OFFICES)]

    def all(self, office: str) -> list[Person]:
        """The founders' officers of that name."""
        return [person for name, person in self.officers if name == office]

    @property
    def clerk(self) -> Person:
        return self.all("clerk")[0]

    @property
    def registrar(self) -> Person:
        return self.all("registrar")[0]

    @property
    def counter(self) -> Person:
        return self.all("counter")[0]

    @property
    def tellers(self) -> list[Person]:
        return self.all("teller")

    @property
    def treasurers(self) -> list[Person]:
        return self.all("treasurer")

    @property
    def record(self) -> Record:
        return self.sim.federation.records[self.identity]

    @property
    def state(self) -> State:
        """The newest state."""
        return self.sim.federation.fold(self.identity)

    def founding(self, **changes: Any) -> Found:
        """The data of act 0."""
        facts: dict[str, Any] = {
            "names": {"en": self.name},
            "type": self.type,
            "charter": Charter(),
            "charter_keys": tuple(person.id for person in self.charter_keys),
            "threshold": 2,
            "log": NoteKey(name=self.origin, public_key=self.log_key.public_key).vkey,
            "next_log": BLOB,
            "mirrors": tuple(mirror.vkey for mirror in self.sim.mirrors),
            "quorum": 2,
            "languages": ("en",),
            "officers": tuple(Officer(office=office, key=p.id, tag=p.tag) for office, p in self.officers),
        }
        return Found(**facts | changes)

    def found(self, signers: Sequence[Person] | None = None, data: Any = None, **changes: Any) -> Standing | None:
        """Act 0, signed by everybody it names unless ``signers`` are given; its standing."""
        people = [*self.charter_keys, *(person for _, person in self.officers)] if signers is None else signers
        entry = self.write("found", self.founding(**changes) if data is None else data, *people, body=NOBODY)
        self.identity = self.sim.federation.add([entry])
        self.sim.bodies.setdefault(self.name, self)
        return self.state.acts.get(self.identity)

    def write(self, kind: str, data: Any, *people: Person, **envelope: Any) -> bytes:
        """The bytes of an act; the first of ``people`` is its author, or ``author``; ``by`` says who really signs."""
        author = envelope.pop("author", people[0] if people else None)
        signers = envelope.pop("by", people)
        fields: dict[str, Any] = {
            "body": self.identity,
            "seen": NOTHING_SEEN,
            "nonce": self.sim.chance(16),
            "cites": (),
        }
        fields |= envelope
        fields["cites"] = tuple(fields["cites"])
        text = format_text(kind=kind, author=author.id, data=data, **fields)
        return sign_text(text, *(person.key for person in signers))

    def log(self, entry: bytes) -> Standing | None:
        """The entry is in the record; the standing of its act, None where it has none."""
        self.record.append(entry)
        self.sim.federation.fold(self.identity)
        return self.state.acts.get(act_of(entry))

    def submit(self, kind: str, data: Any, *people: Person, **envelope: Any) -> Standing:
        """One more act in the record, whatever becomes of it."""
        standing = self.log(self.write(kind, data, *people, **envelope))
        assert standing is not None, self.record.findings[-1]
        return standing

    def do(self, kind: str, data: Any, *people: Person, **envelope: Any) -> str:
        """One more act, which is in force; its id."""
        entry = self.write(kind, data, *people, **envelope)
        standing = self.log(entry)
        assert standing is not None, self.record.findings[-1]
        assert standing.status == "in-force", (kind, standing.rule, standing.text)
        return act_of(entry)

    def checkpoint(
        self, *, size: int | None = None, time: int | None = None, witnesses: Iterable[int] = (0, 1, 2)
    ) -> str:
        """A checkpoint of the record, signed by its log and cosigned."""
        size = len(self.record.entries) if size is None else size
        root = self.record.tree.root(size)
        text = format_checkpoint(Checkpoint(origin=self.origin, size=size, root=root))
        lines = [sign_note(text, self.origin, self.log_key)]
        for number in witnesses:
            mirror, person = self.sim.mirrors[number], self.sim.witnesses[number]
            lines.append(cosign(text, mirror.name, person.key, self.sim.now if time is None else time))
        return format_note(Note(text=text, signatures=tuple(lines))).decode()

    def tick(self, **how: Any) -> Standing:
        """A tick by nobody in particular."""
        return self.submit("tick", {"checkpoint": self.checkpoint(**how)}, self.sim.witnesses[0])

    def certificate(self, act: str, *, index: int | None = None, **how: Any) -> dict[str, Any]:
        """The act's certificate under a checkpoint as ``checkpoint`` makes it."""
        index = self.state.acts[act].index if index is None else index
        checkpoint = self.checkpoint(**how)
        size = int(checkpoint.split("\n")[1])
        hashes = prove_inclusion(index, size, self.record.tree.read)
        proof = TlogProof(index=index, hashes=tuple(hashes), checkpoint=checkpoint.encode())
        leaf = leaf_hash(self.record.entries[index]).hex()
        return {"body": self.identity, "act": act, "leaf": leaf, "proof": format_tlog_proof(proof).decode()}

    def show_head(self, to: Body, **how: Any) -> Standing:
        """Anybody shows the newest head of this record, as ``checkpoint`` makes it, in that of another body."""
        data = {"body": self.identity, "checkpoint": self.checkpoint(**how)}
        return to.submit("head.show", data, self.sim.witnesses[0])

    def commit_roll(self, leaves: int = 60, paper: int = 0) -> str:
        """The roll is committed by the registrar, with whoever is left to sign beside."""
        data = {"root": BLOB, "leaves": leaves, "paper": paper}
        return self.do("roll.commit", data, self.registrar, self.tellers[0])

    @property
    def speaker(self) -> Person:
        """Who may table motions and call meetings: the clerk, or a charter key where there is none in office."""
        return self.clerk if holds(self.state, self.clerk.id, "clerk") else self.charter_keys[0]

    def table(self, *grants: dict[str, Any]) -> str:
        """A motion lies on the table."""
        return self.do("motion.table", {"text": BLOB, "grants": list(grants)}, self.speaker)

    def call(self, *motions: str) -> str:
        """A meeting is called."""
        return self.do("session.call", {"motions": list(motions)}, self.speaker)

    def count(self, session: str, motion: str, **numbers: int) -> dict[str, Any]:
        """What the tellers sign: by default 40 of 60 present, 30 for, 5 against."""
        votes = {"present": 40, "yes": 30, "no": 5, "abstain": 5} | numbers
        return {"session": session, "motion": motion, **votes}

    def hand(self, motion: str, **numbers: int) -> str:
        """The motion is decided by hand after notice; its contest window has not passed yet."""
        session = self.call(motion)
        self.sim.pass_days(8)
        return self.do("decision.hand", self.count(session, motion, **numbers), *self.tellers)

    def decide(self, *grants: dict[str, Any], **numbers: int) -> str:
        """A decision by hand that binds."""
        decision = self.hand(self.table(*grants), **numbers)
        self.sim.pass_days(8)
        return decision

    def enrol(self, person: Person) -> str:
        """The person's key is enrolled."""
        data = {"key": person.id, "tag": person.tag, "recovery": BLOB}
        return self.do("key.enrol", data, self.registrar, person)

    def appoint(self, office: str, person: Person, of: Body | None = None, term_days: int = 365) -> str:
        """The person holds the office by a decision of the members."""
        of_body = (of or self).identity
        data = {"office": office, "key": person.id, "of": of_body, "term_days": term_days}
        return self.do("office.appoint", data, self.clerk, cites=[self.decide(grant("office.appoint", **data))])


def void(standing: Standing) -> str:
    """The rule by which the act is void."""
    assert standing.status == "void", standing
    return standing.rule


def in_force(standing: Standing) -> bool:
    """Whether the act counts; what stands against it is shown where it does not."""
    assert standing.status == "in-force", standing
    return True


def act_of(entry: bytes) -> str:
    """The id of the act in an entry."""
    text, _, _ = entry.rpartition(b"\n\n")
    return act_id(text + b"\n")


def as_json(struct: Any) -> Any:
    """The data as an act prints them."""
    return msgspec.json.decode(msgspec.json.encode(struct))
