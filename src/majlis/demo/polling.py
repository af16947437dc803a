"""A secret ballot from announcement to result, as clerk, registrar, list keeper, trustees and members hold it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from majlis.ballot import (
    TrusteeKey,
    decrypt_share,
    format_credentials,
    format_result,
    format_trustees,
    make_trustee_key,
    open_tally,
    parse_election,
    parse_trustees,
    prove_sidecar,
    seal,
    sort_points,
)
from majlis.crypto import ED25519, Point, Proof, SecretScalar, prove_equality
from majlis.demo.committee import Committee
from majlis.demo.people import Person
from majlis.demo.world import World
from majlis.host.box import Box
from majlis.host.chance import chance as system_chance
from majlis.institutions.elections import lot_base, lot_case, lot_prefix, paper
from majlis.institutions.state import Election
from majlis.record import Tree, leaf_hash

Choice = Sequence[int] | None
Seal = tuple[bytes, bytes, tuple[int, ...] | None]


class Polling:
    """One election of one body. ``trustees`` hold the key parts, one from each of several bodies."""

    def __init__(self, body: Committee, trustees: Sequence[Person], list_keeper: Person) -> None:
        self.body = body
        self.world: World = body.world
        self.trustees = trustees
        self.list_keeper = list_keeper
        self.act = ""
        self.secrets: list[SecretScalar] = []
        self.keys: list[TrusteeKey] = []

    @property
    def election(self) -> Election:
        """What the body's record says of the election now."""
        return self.world.host.state(self.body.identity).elections[self.act]

    def announce(self, purpose: str, subject: str, *, seats: int = 0, candidates: Sequence[str] = ()) -> None:
        """The clerk announces; the notice runs from here."""
        data = {"purpose": purpose, "subject": subject, "seats": seats, "candidates": list(candidates)}
        self.act = self.body.act("election.announce", data, self.body.one("clerk"))

    def prepare(self) -> None:
        """Every trustee makes a key for this election alone; the list keeper publishes the anonymous list."""
        for trustee in self.trustees:
            secret, key = make_trustee_key(self.world.chance)
            self.secrets.append(secret)
            self.keys.append(key)
            self.body.act("trustee.key", {"election": self.act, **_key_data(key)}, trustee)
        points = self.points()
        payload = format_credentials(points)
        data = {
            "election": self.act,
            "credentials": sha256(payload).hexdigest(),
            "root": list_tree(points).root().hex(),
            "voters": len(points),
        }
        self.body.act("election.list", data, self.list_keeper, self.body.one("registrar"))

    def points(self) -> list[Point]:
        """The derived keys in the list's own order, which tells nothing of the members."""
        return sort_points(ED25519.raise_generator_secretly(m.for_vote(self.act)) for m in self.body.members)

    def open(self) -> None:
        """The box is set up and opens."""
        state = self.world.host.state(self.body.identity)
        election = self.election
        box = Box.create(
            self.world.host.boxes.path(election.uuid),
            timestamp=self.world.clock.now(),
            election=paper(state, election),
            trustees=format_trustees(self.keys),
            credentials=format_credentials(self.points()),
        )
        self.world.host.boxes.add(election.uuid, box)
        data = {"election": self.act, "fingerprint": box.election.fingerprint, "head": box.head}
        self.body.act("election.open", data, self.body.one("clerk"))

    @property
    def box(self) -> Box:
        """The open box."""
        return self.world.host.boxes.get(self.election.uuid)

    def seals(self, choices: Sequence[Choice]) -> list[Seal]:
        """What the members' own devices are to do: seal these votes, one for each member in turn."""
        raw = self.box.election.raw
        return [
            (raw, member.for_vote(self.act).export(), None if choice is None else tuple(choice))
            for member, choice in zip(self.body.members, choices, strict=False)
        ]

    def cast(self, ballots: Sequence[bytes], map_: Callable[..., object]) -> None:
        """The ballots enter the box, verified and durable; its head goes into the record."""
        self.box.cast_many(list(ballots), map_)  # type: ignore[arg-type]
        self.body.act("box.head", self._head(), self.body.one("clerk"))

    def _head(self) -> dict[str, object]:
        box = self.box
        return {"election": self.act, "height": box.height, "head": box.head, "ballots": box.count}

    def close(self) -> None:
        """The clerk closes the box; the objection window begins."""
        self.box.close()
        self.body.act("election.close", self._head(), self.body.one("clerk"))

    def count(self, map_: Callable[..., object]) -> str:
        """Commit, reveal, draw lots where candidates are tied, publish; returns the id of the result's act."""
        box = self.box
        tally = box.tally(map_)  # type: ignore[arg-type]
        shares, sidecars = [], []
        for owner, secret in enumerate(self.secrets, start=1):
            share = decrypt_share(box.election, tally, secret, self.world.chance)
            shares.append(share)
            sidecars.append(
                prove_sidecar(box.election, tally, owner=owner, share=share, secret=secret, chance=self.world.chance)
            )
        for trustee, share in zip(self.trustees, shares, strict=True):
            data = {"election": self.act, "commitment": sha256(share).hexdigest()}
            self.body.act("decryption.commit", data, trustee)
        box.add_tally(tally)
        for owner, (trustee, share, sidecar) in enumerate(zip(self.trustees, shares, sidecars, strict=True), start=1):
            blob = self.world.host.blobs.put(sidecar)
            data = {"election": self.act, "payload": sha256(share).hexdigest(), "sidecar": blob}
            self.body.act("decryption.reveal", data, trustee)
            box.add_share(owner, share)
        trustees = parse_trustees(ED25519, box.trustees)
        result = open_tally(box.election, trustees, tally, dict(enumerate(shares, start=1)))
        box.add_result(format_result(result))
        blank, *votes = result[0]
        if self.election.purpose == "delegates" and len(set(votes)) < len(votes):
            self._draw()
        outcome = {"election": self.act, "head": box.head, "votes": votes, "blank": blank}
        return self.body.act("election.result", outcome, self.body.one("clerk"))

    def _draw(self) -> None:
        """Every trustee gives the one possible share of the public lot."""
        case = lot_case(self.election)
        base = lot_base(case)
        for trustee, secret, key in zip(self.trustees, self.secrets, self.keys, strict=True):
            value = ED25519.format(ED25519.power_secretly(base, secret))
            prefix = lot_prefix(case, ED25519.format(key.public_key), value)
            proof = prove_equality(secret, base, prefix, self.world.chance)
            self.body.act("lot.share", {"election": self.act, "value": value, **_proof_data(proof)}, trustee)


def seal_one(task: Seal) -> bytes:
    """On a member's own device: the sealed ballot. Runs in a worker; its chance is that machine's."""
    raw, secret, choice = task
    return seal(parse_election(raw), SecretScalar(secret), [choice], system_chance)


def list_tree(points: Sequence[Point]) -> Tree:
    """The Merkle tree over a list of derived keys, as the acts print them."""
    return Tree(leaf_hash(bytes.fromhex(ED25519.format(point))) for point in points)


def _key_data(key: TrusteeKey) -> dict[str, str]:
    return {"public_key": ED25519.format(key.public_key), **_proof_data(key.proof)}


def _proof_data(proof: Proof) -> dict[str, str]:
    return {"challenge": str(proof.challenge), "response": str(proof.response)}
