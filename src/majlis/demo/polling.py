"""A secret ballot from announcement to result, as clerk, registrar, list keeper, trustees and members hold it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from majlis.ballot import ChannelKey, Tally, check_shuffle, draw_channel_key, parse_election, seal, shuffle_tally
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
    needs_lot,
    open_data,
    open_result,
    result_data,
    set_up,
    shuffle_data,
)
from majlis.host.chance import chance as system_chance
from majlis.host.trustees import (
    Step,
    certify_step,
    deal_step,
    make_letters,
    promise_step,
    share_of,
    share_step,
    trustees_payload,
)
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
        self.keys: list[ChannelKey] = []

    @property
    def election(self) -> Election:
        """What the body's record says of the election now."""
        return self.world.host.state(self.body.identity).elections[self.act]

    def announce(self, purpose: str, subject: str, *, seats: int = 0, candidates: Sequence[str] = ()) -> None:
        """The clerk announces; the notice runs from here."""
        data = {"purpose": purpose, "subject": subject, "seats": seats, "candidates": list(candidates)}
        self.act = self.body.act("election.announce", data, self.body.one("clerk"))

    def prepare(self) -> None:
        """The trustees make the key of this election together; the list keeper publishes the anonymous list."""
        chance = self.world.chance
        self.keys = [draw_channel_key(chance) for _ in self.trustees]
        numbered = list(enumerate(self.keys, start=1))
        self._take([certify_step(self.act, self.election, n, key, chance) for n, key in numbered])
        election = self.election
        letters = [make_letters(election, n, key, chance) for n, key in numbered]
        self._take([promise_step(self.act, election, n, each) for n, each in enumerate(letters, start=1)])
        election = self.election
        self._take([deal_step(self.act, election, n, each) for n, each in enumerate(letters, start=1)])
        election = self.election
        self._take([share_step(self.act, election, n, key, chance) for n, key in numbered])
        self.body.act(
            "election.list", list_data(self.act, self.listing()), self.list_keeper, self.body.one("registrar")
        )

    def _take(self, steps: Sequence[Step]) -> None:
        """Every trustee gives one act."""
        for trustee, step in zip(self.trustees, steps, strict=True):
            self.body.act(step.kind, step.data, trustee)

    def listing(self) -> Listing:
        """The anonymous list of derived keys, in an order that tells nothing of the members."""
        return make_listing(ED25519.raise_generator_secretly(m.for_vote(self.act)) for m in self.body.members)

    def open(self) -> None:
        """The box is set up and opens."""
        host = self.world.host
        state, path = host.state(self.body.identity), host.boxes.path(self.election.uuid)
        entries = host.federation.records[self.body.identity].entries
        trustees = trustees_payload(state, self.act, entries)
        box = set_up(path, state, self.act, trustees, self.listing(), self.world.clock.now())
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
        """Shuffle what was ranked, commit, reveal, draw lots where candidates are tied, publish; the result's act.

        As many trustees as are needed take part, and the others stay away.
        """
        box, election = self.box, self.election
        tally = box.tally(map_)  # type: ignore[arg-type]
        box.add_tally(tally)
        end = b""
        if election.is_ranked:
            tally, end = self._shuffle(box, tally)
        present = list(enumerate(self.trustees, start=1))[: election.needed]
        secrets = self.secrets
        shares: dict[int, bytes] = {}
        openings = [decrypt(box, tally, n, secrets[n - 1], self.world.chance) for n, _ in present]
        for (_, trustee), opening in zip(present, openings, strict=True):
            self.body.act("decryption.commit", opening.commit_data(self.act, end), trustee)
        for (number, trustee), opening in zip(present, openings, strict=True):
            self.world.host.blobs.put(opening.sidecar)
            self.body.act("decryption.reveal", opening.reveal_data(self.act), trustee)
            box.add_share(number, opening.share)
            shares[number] = opening.share
        payload, opened = open_result(box, tally, shares)
        box.add_result(payload)
        if needs_lot(self.election, opened):
            for number, trustee in present:
                data = lot_data(self.act, self.election, secrets[number - 1], self.world.chance)
                self.body.act("lot.share", data, trustee)
        return self.body.act("election.result", result_data(self.act, election, box, opened), self.body.one("clerk"))

    @property
    def secrets(self) -> list[SecretScalar]:
        """The trustees' shares of the key, each on a machine of its own."""
        return [share_of(self.election, number, key) for number, key in enumerate(self.keys, start=1)]

    def _shuffle(self, box: Box, tally: Tally) -> tuple[Tally, bytes]:
        """As many trustees as the charter asks for shuffle, one after the other; what the last one leaves, and it."""
        before = tally.raw
        for number, trustee in list(enumerate(self.trustees, start=1))[: self.election.charter.shufflers]:
            payload = shuffle_tally(box.election, tally, self.world.chance)
            self.world.host.blobs.put(payload)
            self.body.act("box.shuffle", shuffle_data(self.act, number - 1, before, payload), trustee)
            tally = check_shuffle(box.election, tally, payload)
            box.add_shuffle(number, payload)
            before = payload
        box.end_shuffles()
        return tally, before


def seal_one(task: Seal) -> bytes:
    """On a member's own device: the sealed ballot. Runs in a worker; its chance is that machine's."""
    raw, secret, choice = task
    return seal(parse_election(raw), SecretScalar(secret), [choice], system_chance)


def list_tree(points: Sequence[Point]) -> Tree:
    """The Merkle tree over a list of derived keys, as the acts print them."""
    return Tree(leaf_hash(bytes.fromhex(ED25519.format(point))) for point in points)
