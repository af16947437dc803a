"""Ballots, petitions and a whole federation for the simulator. What a box contains is said, not encrypted."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from tests.institutions.simulator import BLOB, Body, Person, Simulator, grant

from majlis.ballot import Report, give_lot_share, make_trustee_key, sign_petition
from majlis.crypto import ED25519, SecretScalar, draw_scalar
from majlis.institutions import charter_hash
from majlis.institutions.elections import lot_case
from majlis.institutions.elections.paper import fingerprint
from majlis.institutions.federation import Row, format_row, prove_row, rows_tree
from majlis.institutions.state import Election, Petition
from majlis.record import Tree, encode_base64, leaf_hash, prove_inclusion

SEATS = {"north": 2, "east": 1, "south": 1}
HEAD = "cd" * 32


def report(**changes: Any) -> Report:
    """What the verifier says of a good archive."""
    facts: dict[str, Any] = {
        "verdict": "valid",
        "checks": (),
        "failures": (),
        "missing": (),
        "election": None,
        "result": None,
        "ballots": 40,
        "counted": 40,
        "voters": 60,
        "height": 50,
        "head": HEAD,
        "spoilt": (),
    }
    return Report(**facts | changes)


class Members:
    """Sixty members' keys for one vote, and the tree over them that the list keeper commits to."""

    def __init__(self, body: Body, number: int = 60) -> None:
        self.body = body
        secrets = [draw_scalar(body.sim.chance) for _ in range(number)]
        self.secrets: dict[str, SecretScalar] = {
            ED25519.format(ED25519.raise_generator_secretly(secret)): secret for secret in secrets
        }
        self.keys = sorted(self.secrets)
        self.tree = Tree(leaf_hash(bytes.fromhex(key)) for key in self.keys)

    @property
    def root(self) -> str:
        return self.tree.root().hex()

    def sign(self, vote: str, choice: str, index: int) -> dict[str, Any]:
        """The signature of the member whose key is at ``index`` of the list."""
        key = self.keys[index]
        proof = sign_petition(self.secrets[key], vote, choice, self.body.sim.chance)
        path = [encode_base64(step) for step in prove_inclusion(index, self.tree.size, self.tree.read)]
        return {
            "key": key,
            "index": index,
            "path": path,
            "challenge": str(proof.challenge),
            "response": str(proof.response),
        }


class Drive:
    """A petition under way: opened, its list committed."""

    def __init__(self, body: Body, act: str) -> None:
        self.body = body
        self.act = act
        self.members = Members(body)
        data = {"petition": act, "root": self.members.root, "listed": len(self.members.keys)}
        body.do("petition.list", data, keeper(body), body.registrar)

    @property
    def petition(self) -> Petition:
        return self.body.state.petitions[self.act]

    def signatures(self, indices: Sequence[int]) -> dict[str, Any]:
        """The data of a batch."""
        return {
            "petition": self.act,
            "signatures": [self.members.sign(self.act, self.petition.aim, index) for index in indices],
        }

    def sign(self, number: int) -> str:
        """So many members sign."""
        return self.body.do("petition.sign", self.signatures(range(number)), self.body.sim.witnesses[0])


class Polling:
    """One secret ballot of a body that has its trustees: each method is one step, in the order of the class."""

    def __init__(
        self, body: Body, purpose: str, subject: str, *, seats: int = 0, candidates: Sequence[str] = ()
    ) -> None:
        self.body = body
        self.data = {"purpose": purpose, "subject": subject, "seats": seats, "candidates": list(candidates)}
        self.act = body.do("election.announce", self.data, body.clerk)
        self.keys = {trustee.id: make_trustee_key(body.sim.chance) for trustee in trustees(body)}
        self.members = Members(body)

    @property
    def election(self) -> Election:
        return self.body.state.elections[self.act]

    def key_data(self, trustee: Person) -> dict[str, Any]:
        key = self.keys[trustee.id][1]
        return {
            "election": self.act,
            "public_key": ED25519.format(key.public_key),
            "challenge": str(key.proof.challenge),
            "response": str(key.proof.response),
        }

    def list_data(self) -> dict[str, Any]:
        return {"election": self.act, "credentials": BLOB, "root": self.members.root, "voters": 60}

    def prepare(self) -> Polling:
        """Trustees publish their keys, the list keeper the list."""
        for trustee in trustees(self.body):
            self.body.do("trustee.key", self.key_data(trustee), trustee)
        self.body.do("election.list", self.list_data(), keeper(self.body), self.body.registrar)
        return self

    def open_data(self) -> dict[str, Any]:
        return {"election": self.act, "fingerprint": fingerprint(self.body.state, self.election), "head": HEAD}

    def open(self) -> Polling:
        """The box opens after notice."""
        self.body.sim.pass_days(8)
        self.body.do("election.open", self.open_data(), self.body.clerk)
        return self

    def head(self, height: int = 41, ballots: int = 40) -> dict[str, Any]:
        return {"election": self.act, "height": height, "head": HEAD, "ballots": ballots}

    def close(self, ballots: int = 40) -> Polling:
        """The box closes after the voting time, with so many ballots."""
        self.body.sim.pass_days(2)
        self.body.do("election.close", self.head(ballots=ballots), self.body.clerk)
        return self

    def wait(self) -> Polling:
        """The objection window passes."""
        self.body.sim.pass_days(4)
        return self

    def commitment(self, trustee: Person) -> dict[str, Any]:
        shuffles = self.election.shuffles
        data = {"election": self.act, "commitment": sha256(trustee.id.encode()).hexdigest()}
        return data | {"after": shuffles[-1].payload} if shuffles else data

    def share(self, trustee: Person) -> dict[str, Any]:
        return {"election": self.act, "payload": sha256(trustee.id.encode()).hexdigest(), "sidecar": BLOB}

    def shuffle_data(self, position: int) -> dict[str, Any]:
        """What the shuffle at this place says; it continues the one before."""
        before, payload = (sha256(f"{self.act} shuffle {n}".encode()).hexdigest() for n in (position - 1, position))
        return {"election": self.act, "position": position, "before": before, "payload": payload}

    def shuffle(self) -> Polling:
        """Every trustee shuffles what was ranked, one after the other."""
        for position, trustee in enumerate(trustees(self.body)):
            self.body.do("box.shuffle", self.shuffle_data(position), trustee)
        return self

    def decrypt(self) -> Polling:
        """Every trustee commits, then shows; before that what was ranked is shuffled."""
        if self.election.is_ranked and not self.election.shuffles:
            self.shuffle()
        for trustee in trustees(self.body):
            self.body.do("decryption.commit", self.commitment(trustee), trustee)
        for trustee in trustees(self.body):
            self.body.do("decryption.reveal", self.share(trustee), trustee)
        return self

    def lot(self, trustee: Person) -> dict[str, Any]:
        """The trustee's one possible share of the lot."""
        share = give_lot_share(lot_case(self.election), self.keys[trustee.id][0], self.body.sim.chance)
        return {
            "election": self.act,
            "value": ED25519.format(share.value),
            "challenge": str(share.proof.challenge),
            "response": str(share.proof.response),
        }

    def result_data(self, *votes: int, blank: int = 0) -> dict[str, Any]:
        """What the result says; the verifier will say the same of the archive."""
        said = rankings(*votes, blank=blank) if self.election.is_ranked else (blank, *votes)
        self.body.sim.reports[self.election.uuid] = report(result=(said,), counted=sum(votes) + blank)
        return {"election": self.act, "head": HEAD, "votes": list(votes), "blank": blank}

    def result(self, *votes: int, blank: int = 0) -> str:
        """The result is in force."""
        return self.body.do("election.result", self.result_data(*votes, blank=blank), self.body.clerk)

    def hold(self, *votes: int, blank: int = 0) -> str:
        """The whole ballot from here; the id of its result."""
        return self.prepare().open().close(sum(votes) + blank).wait().decrypt().result(*votes, blank=blank)


def rankings(*votes: int, blank: int = 0) -> tuple[tuple[int, ...], ...]:
    """As many papers as are said, each with one preference alone, and blank ones."""
    papers = [tuple(int(at == number) for at in range(len(votes))) for number, n in enumerate(votes) for _ in range(n)]
    return (*papers, *[(0,) * len(votes)] * blank)


def keeper(body: Body) -> Person:
    """The list keeper whom another body lends to this one."""
    return Person(f"{body.name} list keeper")


def trustees(body: Body) -> list[Person]:
    """Its two trustees: one of its own, one of another body."""
    return [Person(f"{body.name} trustee {number}") for number in range(2)]


def appointments(body: Body, lender: Body) -> list[dict[str, Any]]:
    """What a decision must allow for the guests to hold their offices."""
    own, other = trustees(body)
    guests = [("list_keeper", keeper(body), lender), ("trustee", own, body), ("trustee", other, lender)]
    return [{"office": o, "key": p.id, "of": of.identity, "term_days": 365} for o, p, of in guests]


def staff(body: Body, lender: Body, *more: dict[str, Any]) -> str:
    """The body has a list keeper and trustees, by one decision, which may allow ``more``; its id."""
    for person in (keeper(body), *trustees(body)):
        body.enrol(person)
    data = appointments(body, lender)
    decision = body.decide(*(grant("office.appoint", **match) for match in data), *more)
    for match in data:
        body.do("office.appoint", match, body.clerk, cites=[decision])
    return decision


def renew(body: Body, lender: Body) -> None:
    """Clerk, registrar and guests are given new terms by a decision."""
    own = [("clerk", body.clerk), ("registrar", body.registrar)]
    data = [{"office": o, "key": p.id, "of": body.identity, "term_days": 365} for o, p in own]
    data += appointments(body, lender)
    decision = body.decide(*(grant("office.appoint", **match) for match in data))
    for match in data:
        body.do("office.appoint", match, body.clerk, cites=[decision])


def stand(body: Body, *people: Person) -> list[str]:
    """These people declare that they stand, their keys enrolled; the ids of the declarations."""
    for person in people:
        if person.id not in body.state.keys:
            body.enrol(person)
    return [body.do("candidacy.declare", {"name": person.label}, person) for person in people]


def candidate(body: Body, number: int, term: str = "") -> Person:
    """One of those who stand in the body."""
    return Person(f"{body.name} candidate {term}{number}")


def elect(body: Body, assembly: Body, *votes: int, people: Sequence[Person] = ()) -> str:
    """An election of delegates with as many candidates as there are numbers; the id of its result."""
    declared = stand(body, *(people or [candidate(body, number) for number in range(len(votes))]))
    seats = body.state.memberships[assembly.identity].seats
    return Polling(body, "delegates", assembly.identity, seats=seats, candidates=declared).hold(*votes)


def rows() -> list[Row]:
    """The plan: three districts with 20,000, 10,000 and 10,000 inhabitants."""
    return [
        Row(id=name, inhabitants=10_000 * seats, seats=seats, places=(f"place-{name}",))
        for name, seats in SEATS.items()
    ]


def publish(body: Body, inhabitants: int) -> str:
    """The body publishes how many live in its place."""
    data = {"inhabitants": inhabitants, "places": [f"place-{body.name}"], "source": BLOB}
    return body.do("census.publish", data, body.clerk)


def countersign_data(body: Body, other: Body) -> dict[str, Any]:
    """What another body's counter signs."""
    figure = body.state.census
    assert figure is not None
    return {"figure": figure.act, "inhabitants": figure.inhabitants, "certificate": other.certificate(other.identity)}


def join_data(body: Body, assembly: Body, seats: int | None = None) -> dict[str, Any]:
    """What the members decide when they join as their district of the plan."""
    state = assembly.state
    assert state.plan is not None
    return {
        "assembly": assembly.identity,
        "charter": charter_hash(state.charter),
        "plan": state.plan.act,
        "district": body.name,
        "seats": SEATS[body.name] if seats is None else seats,
    }


def admit_data(body: Body, assembly: Body, **how: Any) -> dict[str, Any]:
    """What the assembly's charter keys sign to admit the body."""
    index = list(SEATS).index(body.name)
    return {
        "certificate": body.certificate(body.state.memberships[assembly.identity].act, **how),
        "row": format_row(rows()[index]),
        "index": index,
        "path": list(prove_row(rows(), index)),
    }


def adopt(assembly: Body) -> str:
    """The assembly adopts the plan of three districts."""
    data = {"plan": BLOB, "root": rows_tree(rows()).root().hex(), "districts": 3, "inhabitants": 40_000}
    return assembly.do("plan.adopt", data, *assembly.charter_keys[:2])


def prepare(sim: Simulator) -> Simulator:
    """Three committees, counted and staffed, each with a decision to join an assembly that has adopted its plan."""
    districts = [sim.confirmed(name) for name in SEATS]
    assembly = sim.body("assembly", "assembly")
    adopt(assembly)
    for number, body in enumerate(districts):
        other = districts[(number + 1) % len(districts)]
        publish(body, 10_000 * SEATS[body.name])
        body.do("census.countersign", countersign_data(body, other), other.counter, body.clerk)
        staff(body, other)
    return sim


def federate(sim: Simulator) -> Simulator:
    """The same three have joined, sent their delegates, and the assembly is constituted."""
    prepare(sim)
    assembly = sim.bodies["assembly"]
    districts = [sim.bodies[name] for name in SEATS]
    for body in districts:
        data = join_data(body, assembly)
        body.do("federation.join", data, body.clerk, cites=[body.decide(grant("federation.join", **data))])
        assembly.do("federation.admit", admit_data(body, assembly), *assembly.charter_keys[:2])
    assembly.do("founding.confirm", {}, assembly.clerk)
    for body in districts:
        result = elect(body, assembly, *range(30, 30 - 3 * (SEATS[body.name] + 2), -3))
        assembly.do("seat.fill", {"certificate": body.certificate(result)}, sim.witnesses[0])
    return sim
