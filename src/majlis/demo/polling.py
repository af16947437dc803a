"""A secret ballot from announcement to result, as clerk, registrar, list keeper, trustees and members hold it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from majlis.ballot import TrusteeKey, make_trustee_key, parse_election, seal
from majlis.crypto import ED25519, Point, SecretScalar
from majlis.demo.committee import Committee
from majlis.demo.people import Person
from majlis.demo.world import World
from majlis.host.box import Box
from majlis.host.ceremony import (
    Listing,
    decrypt,
    head_data,
    list_data,
    lot_data,
    make_listing,
    open_data,
    open_result,
    result_data,
    set_up,
    trustee_key_data,
)
from majlis.host.chance import chance as system_chance
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
            self.body.act("trustee.key", trustee_key_data(self.act, key), trustee)
        self.body.act(
            "election.list", list_data(self.act, self.listing()), self.list_keeper, self.body.one("registrar")
        )

    def listing(self) -> Listing:
        """The anonymous list of derived keys, in an order that tells nothing of the members."""
        return make_listing(ED25519.raise_generator_secretly(m.for_vote(self.act)) for m in self.body.members)

    def open(self) -> None:
        """The box is set up and opens."""
        host = self.world.host
        state, path = host.state(self.body.identity), host.boxes.path(self.election.uuid)
        box = set_up(path, state, self.act, self.keys, self.listing(), self.world.clock.now())
        host.boxes.add(self.election.uuid, box)
        self.body.act("election.open", open_data(self.act, box), self.body.one("clerk"))

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
        self.body.act("box.head", head_data(self.act, self.box), self.body.one("clerk"))

    def close(self) -> None:
        """The clerk closes the box; the objection window begins."""
        self.box.close()
        self.body.act("election.close", head_data(self.act, self.box), self.body.one("clerk"))

    def count(self, map_: Callable[..., object]) -> str:
        """Commit, reveal, draw lots where candidates are tied, publish; returns the id of the result's act."""
        box = self.box
        tally = box.tally(map_)  # type: ignore[arg-type]
        openings = [
            decrypt(box, tally, owner, secret, self.world.chance) for owner, secret in enumerate(self.secrets, start=1)
        ]
        for trustee, opening in zip(self.trustees, openings, strict=True):
            self.body.act("decryption.commit", opening.commit_data(self.act), trustee)
        box.add_tally(tally)
        for owner, (trustee, opening) in enumerate(zip(self.trustees, openings, strict=True), start=1):
            self.world.host.blobs.put(opening.sidecar)
            self.body.act("decryption.reveal", opening.reveal_data(self.act), trustee)
            box.add_share(owner, opening.share)
        shares = {owner: opening.share for owner, opening in enumerate(openings, start=1)}
        payload, result = open_result(box, tally, shares)
        box.add_result(payload)
        data = result_data(self.act, box, result)
        if self.election.purpose == "delegates" and len(set(data["votes"])) < len(data["votes"]):
            self._draw()
        return self.body.act("election.result", data, self.body.one("clerk"))

    def _draw(self) -> None:
        """Every trustee gives the one possible share of the public lot."""
        for trustee, secret in zip(self.trustees, self.secrets, strict=True):
            data = lot_data(self.act, self.election, secret, self.world.chance)
            self.body.act("lot.share", data, trustee)


def seal_one(task: Seal) -> bytes:
    """On a member's own device: the sealed ballot. Runs in a worker; its chance is that machine's."""
    raw, secret, choice = task
    return seal(parse_election(raw), SecretScalar(secret), [choice], system_chance)


def list_tree(points: Sequence[Point]) -> Tree:
    """The Merkle tree over a list of derived keys, as the acts print them."""
    return Tree(leaf_hash(bytes.fromhex(ED25519.format(point))) for point in points)
