"""A whole federation on two hosts, carried to a third by stick, loses its first host and goes on.

    python -m bench.drills.federation [--rounds 3] [--places TABLE --group G] [--members 30] [--folder DIR] [--seed N]

The federation is that of the demonstration (``majlis demo``), or a smaller one by the same code: committees with their
rolls, counts, closed ballot boxes and a recall, two affiliates, and the assembly. Then:

1. Its records are shared out between two machines, each a ``majlis serve`` in a process of its own. Each holds copies
   of the other's records and cosigns them: nobody else does. Texts and ballot boxes lie at the host of their body
   alone, and the other fetches them.
2. People hand in acts with their texts at both, each at the host of their body, and keep them with their receipts.
3. What the second holds is carried to a third folder by stick alone: ``majlis bundle``, ``majlis import``.
4. The first machine is killed (SIGKILL) at a random instant while acts come in, and its folder deleted.
5. Another stick goes from the second to the third. For each record that the first kept two of three charter keys sign
   the move to the key that was sealed: the assembly goes on at the third, the others at the second. They cosign each
   other by stick from there on.

Then: every entry that was cosigned stands where it stood; every act that was acknowledged is in its record exactly
once, handed in again where no copy showed it; every ballot box is at the mirror, and every text, but of the last acts,
which their authors bring again; the next act of each body is in force and safe; and ``majlis verify`` says of the
public folder, boxes, texts and all, that it is sound. Ends with code 1 at the first round where that is not so.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from signal import SIGKILL
from typing import Final, NamedTuple

from bench.drills.siege import PATIENCE, ROOT, Machine

from majlis.ballot import election_uuid
from majlis.census import parse_places
from majlis.crypto import SigningKey
from majlis.demo.committee import Committee
from majlis.demo.federation import Federation
from majlis.demo.publishing import publish_bodies
from majlis.demo.setting import Setting
from majlis.demo.story import Story, census, live
from majlis.demo.tell import QuietTeller
from majlis.demo.world import World
from majlis.errors import Fault
from majlis.host.author import write_act
from majlis.host.chance import chance
from majlis.host.clock import SimulatedClock
from majlis.host.exchange import give, take
from majlis.host.federation import Record
from majlis.host.gathering import lacks_of
from majlis.host.http import Caller
from majlis.host.keyring import KeyEntry, Secret
from majlis.host.lacking import texts_in
from majlis.host.layout import blob_path, box_path
from majlis.host.mirroring import cosign, log_tick
from majlis.host.node import LOG, Known
from majlis.host.post import post_act
from majlis.host.signer import SignerBook
from majlis.host.takeover import draw_up, take_over
from majlis.host.trust import format_trust
from majlis.host.witness import Witness
from majlis.institutions import State, parse_act

PLACES: Final = b"""# Three invented places, far enough apart that each stands alone.
id,name,population,lat,lon,group
spring,Upper Spring,21000,35.90,36.60,Valley
mill,Old Mill,12000,35.50,36.60,Valley
olive,Olive Hill,10000,35.10,36.60,Valley
"""
LIVED_DAYS: Final = 300
"""The federation was founded so long ago; it has come to yesterday or before when the hosts take over."""


class Figures(NamedTuple):
    """Of one round: bodies, entries when the hosts began, acts acknowledged, entries safe at the loss, handed in again,
    records moved, texts of acts held that nobody else had yet, and seconds from the loss to the last record that is
    safe again."""

    bodies: int
    entries: int
    acknowledged: int
    safe: int
    again: int
    moved: int
    texts: int
    seconds: float


class Lived(Federation):
    """The federation as the demonstration plays it; its mirrors are two of the machines, of which one is enough."""

    cosigners: tuple[str, ...] = ()

    def found(self, mirrors: Sequence[str], quorum: int) -> None:
        super().found(self.cosigners, 1)


class Drill:
    """The machines, the federation, and everything that anybody handed in."""

    def __init__(self, home: Path, places: bytes, group: str | None, members: int) -> None:
        self.home = home
        self.machines = [Machine(home, name) for name in ("first", "second", "third")]
        self.first, self.second, self.third = self.machines
        self.sealed: dict[str, SigningKey] = {}
        self.handed: dict[str, list[bytes]] = {}
        self.acknowledged: set[str] = set()
        self.texts: dict[str, bytes] = {}
        self.sticks = 0
        self._play(places, group, members)

    def _play(self, places: bytes, group: str | None, members: int) -> None:
        tell = QuietTeller()
        story = Story(places=parse_places(places), source=places, group=group, members=members, out=self.home / "lived")
        clock = SimulatedClock(int(time.time()) - LIVED_DAYS * 86_400)
        setting = Setting(self.home / "lived", map, clock)
        setting.witnesses = [Witness(each.folder / "witness", each.key, clock) for each in self.machines]
        world = World(setting, tell)
        self.federation = Lived(world, census(story, tell), group, members, map)
        self.federation.cosigners = tuple(each.cosigner.vkey for each in self.machines)
        live(self.federation, story, setting, tell)
        assert clock.now() < time.time(), "the federation lived into the future"
        world.seal_all()
        self.bodies = {body.identity: body for body in self.federation.everyone()}
        public = self.home / "stick" / "lived"
        publish_bodies(world.host, self.federation.everyone(), public)
        setting.close()
        self.trust = self.home / "trust.txt"
        self.trust.write_text(format_trust([self.federation.districts[0].identity]))
        own = [self.federation.assembly, *self.federation.districts[::2]]
        self.of_first = [body.identity for body in own]
        self._share_out()

    def _share_out(self) -> None:
        """Two machines have the entries of all that was lived; each keeps its own half, with what its acts name."""
        self.named: set[str] = set()
        for machine in (self.first, self.second):
            shutil.copy(self.home / "lived" / "host.db", machine.folder / "host.db")
            for identity, body in self.bodies.items():
                hosted = (identity in self.of_first) == (machine is self.first)
                machine.node.add(
                    Known(slug=body.slug, identity=identity, origin=body.origin, names=body.names, is_hosted=hosted)
                )
                if hosted:
                    hold(machine, body, body.log_key, "log")
                    signs(machine, body.origin, self.home / "lived" / "signer.db")
                    self._bring_beside(machine, body)
        shutil.rmtree(self.home / "lived")
        for body in self.bodies.values():
            self.sealed[body.identity] = body.next_log_key
            self.handed[body.identity] = []

    def _bring_beside(self, machine: Machine, body: Committee) -> None:
        """The texts and ballot boxes that this body's acts name lie at its host, and nowhere else."""
        with machine.node.reading() as store:
            acts = [parse_act(entry) for entry in store.record(body.origin).entries()]
        paths = {blob_path(text.digest) for index, act in enumerate(acts) for text in texts_in(index, act)}
        paths |= {box_path(election_uuid(act.id)) for act in acts if act.kind == "election.announce"}
        for path in paths:
            if (self.home / "lived" / path).is_file():
                (machine.folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.home / "lived" / path, machine.folder / path)
                self.named.add(path)

    # --- what happens

    def begin(self) -> int:
        """Both are served; each has cosigned and fetched what the other keeps: the entries of all records by then."""
        self.first.serve(self.second)
        self.second.serve(self.first)
        for machine in (self.first, self.second):
            machine.wait()
        entries = sum(self._size(identity) for identity in self.bodies)
        until = time.monotonic() + PATIENCE
        for machine in (self.first, self.second):
            while lacking := [path for path in self.named if not (machine.folder / path).is_file()]:
                assert time.monotonic() < until, f"the {machine.name} machine lacks {len(lacking)} files: {lacking[0]}"
                time.sleep(0.05)
        return entries

    def _size(self, identity: str) -> int:
        """How many entries the host of this body shows as cosigned, once it shows any that it did not begin with."""
        record = self.bodies[identity]
        name = sha256(record.origin.encode()).hexdigest()
        until = time.monotonic() + PATIENCE
        caller = Caller(self.host_of(identity).url, seconds=5, tries=1)
        while True:
            with suppress(Fault):
                lines = caller.get(f"{name}/checkpoint", 10_000).decode().splitlines()
                if len(lines) > 5:
                    return int(lines[1])
            assert time.monotonic() < until, f"nobody cosigns the record of {record.slug}"
            time.sleep(0.05)

    def host_of(self, identity: str) -> Machine:
        return self.first if identity in self.of_first else self.second

    def hand_in(self, seconds: float) -> None:
        """People of every body hand in one act after the other, at the host of their body."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for identity in self.bodies:
                self._hand_in_one(identity)

    def _hand_in_one(self, identity: str) -> None:
        entry = self.new_act(identity)
        with suppress(Fault):
            text = str(parse_act(entry).data["text"])
            brought = {text: self.texts[text]}
            posted = post_act(self.host_of(identity).url, self.bodies[identity].slug, entry, brought)
            self.acknowledged.add(posted.id)

    def new_act(self, identity: str) -> bytes:
        """Somebody of this body tables a motion."""
        body, handed = self.bodies[identity], self.handed[identity]
        text = f"The motion with the number {len(handed)} of {body.slug}.\n".encode()
        data = {"text": sha256(text).hexdigest(), "grants": []}
        self.texts[sha256(text).hexdigest()] = text
        author = body.charter_keys[len(handed) % len(body.charter_keys)]
        handed.append(write_act("motion.table", data, author.key, chance=chance, body=identity))
        return handed[-1]

    def stick(self, giver: Machine, taker: Machine) -> None:
        """What one machine holds comes to another, in one file and by nothing else."""
        self.sticks += 1
        out, file = self.home / "stick" / f"{self.sticks}", self.home / "stick" / f"{self.sticks}.majlis"
        with giver.node.hosting(giver.keyring) as host:
            give(giver.node, host, out)
        majlis("bundle", out, "-o", file)
        public = taker.folder / "public"
        majlis("import", file, "--into", public)
        outcomes = {each.slug: each.outcome for each in take(taker.node, public)}
        assert set(outcomes.values()) <= {"new", "grown", "same", "cosigned", "older"}, outcomes

    def lose_first(self) -> dict[str, list[bytes]]:
        """The first machine is gone; for each record what was cosigned of it."""
        self.first.end(SIGKILL)
        shutil.rmtree(self.first.folder)
        self.second.end()
        records = folded(self.second)
        with self.second.mirror() as (_, mirror):
            kept = {}
            for identity, body in self.bodies.items():
                own = records[identity].state.ticks[-1].size
                size = mirror.last(body.origin) if identity in self.of_first else own
                kept[identity] = list(records[identity].entries[:size])
            return kept

    def bring_texts(self) -> int:
        """Texts of acts that are held, and that the lost host alone had, are brought again by their authors; how many.

        Raises: AssertionError, where a ballot box is lacking, or a text of those that were there from the beginning.
        """
        brought = set()
        for machine in (self.second, self.third):
            federation, lacks = machine.node.federation(), lacks_of(machine.node)
            for identity, body in self.bodies.items():
                lacking = lacks.of(federation, identity)
                assert not lacking.boxes, f"{body.slug}: {lacking.boxes} burnt with the first machine"
                assert lacking.unjudged is None, f"{body.slug}: entry {lacking.unjudged} is not judged"
                for text in lacking.texts:
                    assert text.digest in self.texts, f"{body.slug}: the text of entry {text.index} burnt"
                    machine.node.blobs.put(self.texts[text.digest])
                    brought.add(text.digest)
        return len(brought)

    def succeed(self) -> dict[str, Machine]:
        """Every record of the first goes on under its sealed key: the assembly's at the third, the others' at the
        second. Who keeps each record from here on."""
        keepers = dict.fromkeys(self.bodies, self.second) | {self.federation.assembly.identity: self.third}
        for machine in (self.second, self.third):
            records = folded(machine)
            for identity in (each for each in self.of_first if keepers[each] is machine):
                self._move(identity, machine, records[identity].state)
        return keepers

    def _move(self, identity: str, machine: Machine, state: State) -> None:
        body, new = self.bodies[identity], self.sealed[identity]
        hold(machine, body, new, "next log")
        known = machine.node.body(identity)
        with machine.node.writing() as store:
            record = store.record(body.origin)
            data = draw_up(machine.node, known, record, state, new.public_key, SigningKey(chance(32)).public_key)
        keys = [person.key for person in body.charter_keys[:2]]
        take_over(machine.node, identity, write_act("host.move", data, *keys, chance=chance, body=identity), new)

    def go_on(self, keepers: dict[str, Machine]) -> tuple[int, dict[str, str]]:
        """What no copy showed is handed in again, with one act more for each body: how many, and those acts."""
        again, last = 0, {}
        for machine in (self.second, self.third):
            own = [identity for identity, keeper in keepers.items() if keeper is machine]
            records = folded(machine)
            missed = {identity: self._missed(records[identity], identity) for identity in own}
            again += sum(map(len, missed.values()))
            with machine.node.hosting(machine.keyring) as host:
                for identity in own:
                    for entry in (*missed[identity], self.new_act(identity)):
                        machine.node.blobs.put(self.texts[str(parse_act(entry).data["text"])])
                        receipt = host.submit(identity, entry)
                    last[identity] = receipt.act
        return again, last

    def _missed(self, record: Record, identity: str) -> list[bytes]:
        here = {parse_act(entry).id for entry in record.entries}
        acts = ((parse_act(entry).id, entry) for entry in self.handed[identity])
        return [entry for act, entry in acts if act in self.acknowledged and act not in here]

    def cosign_by_stick(self, keepers: dict[str, Machine]) -> None:
        """Each of the two cosigns what the other keeps, on a stick that goes there and back."""
        for giver, mirror in ((self.second, self.third), (self.third, self.second)):
            public = self.home / "stick" / f"{giver.name}-moved"
            with giver.node.hosting(giver.keyring) as host:
                give(giver.node, host, public)
            with mirror.mirror() as (store, witness):
                taken = cosign(mirror.node, witness, store, public)
            assert {each.outcome for each in taken} <= {"cosigned", "older"}, taken
            keeper = giver.keyring.get("keeper").signing_key()
            with giver.node.hosting(giver.keyring) as host:
                for identity in (each for each, machine in keepers.items() if machine is giver):
                    log_tick(giver.node, host, identity, public, keeper)

    def publish(self) -> Path:
        """The public folder as the second has it; the third has had the newest of it, and given its own, by stick."""
        public = self.home / "public"
        with self.second.node.hosting(self.second.keyring) as host:
            give(self.second.node, host, public)
        return public

    def close(self) -> None:
        for machine in self.machines:
            machine.end(SIGKILL)


def hold(machine: Machine, body: Committee, key: SigningKey, what: str) -> None:
    """The keeper of the machine has this log key."""
    entry = KeyEntry(
        name=f"{body.slug} {what}",
        kind=LOG,
        public=key.public_key.hex(),
        secret=Secret(key.export()),
        notes={"origin": body.origin},
    )
    machine.keyring.add(entry, chance=chance)


def signs(machine: Machine, origin: str, lived: Path) -> None:
    """The machine's signer remembers what it signed of this record, and nothing of what the other machine keeps."""
    SignerBook.create_in(machine.folder).close()
    with closing(sqlite3.connect(machine.folder / "signer.db", isolation_level=None)) as database:
        database.execute("ATTACH ? AS lived", (str(lived),))
        database.execute("INSERT INTO signed SELECT * FROM lived.signed WHERE origin = ?", (origin,))


def folded(machine: Machine) -> Mapping[str, Record]:
    """All records as this machine has them."""
    return machine.node.federation().records


def majlis(*words: object) -> str:
    """What a command of the program says; it ends well."""
    command = [sys.executable, "-m", "majlis", *(str(word) for word in words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10 * PATIENCE, check=False)
    assert done.returncode == 0, f"majlis {' '.join(map(str, words[:2]))}: {done.stdout[-600:]}{done.stderr[-600:]}"
    return done.stdout


def check(drill: Drill, kept: dict[str, list[bytes]], keepers: dict[str, Machine], last: dict[str, str]) -> None:
    """What was safe stands where it was, what was acknowledged stands once, what came last is in force and safe."""
    records = {machine.name: folded(machine) for machine in (drill.second, drill.third)}
    for identity, body in drill.bodies.items():
        record = records[keepers[identity].name][identity]
        entries, state = record.entries, record.state
        assert list(entries[: len(kept[identity])]) == kept[identity], f"{body.slug}: what was safe is gone"
        ids = [parse_act(entry).id for entry in entries]
        for entry in drill.handed[identity]:
            act = parse_act(entry).id
            assert act not in drill.acknowledged or ids.count(act) == 1, f"{body.slug}: {ids.count(act)} times {act}"
        standing = state.acts[last[identity]]
        assert standing.status == "in-force", f"{body.slug}: {standing.text}"
        assert state.ticks[-1].size > standing.index, f"{body.slug}: the last act is not safe"


def play_round(
    home: Path,
    seconds: float,
    *,
    places: bytes = PLACES,
    group: str | None = None,
    members: int = 30,
    sticks_before: int = 1,
) -> Figures:
    """One federation, lived, hosted, carried, bereft of its host, and gone on.

    ``seconds``: for how long acts come in before the first host is lost. ``sticks_before``: how often a stick goes to
    the third folder before that; then the first host keeps on while the second is away.

    Raises: AssertionError, where anything safe or acknowledged is not there in the end, or a command fails.
    """
    drill = Drill(home, places, group, members)
    try:
        entries = drill.begin()
        for _ in range(sticks_before):
            drill.hand_in(seconds / (1 + sticks_before))
            drill.second.end()
            drill.stick(drill.second, drill.third)
            drill.second.serve(drill.first)
            drill.second.wait()
        drill.hand_in(seconds / (1 + sticks_before))
        start = time.perf_counter()
        kept = drill.lose_first()
        drill.stick(drill.second, drill.third)
        texts = drill.bring_texts()
        keepers = drill.succeed()
        again, last = drill.go_on(keepers)
        drill.cosign_by_stick(keepers)
        spent = time.perf_counter() - start
        check(drill, kept, keepers, last)
        told = majlis("verify", drill.publish(), "--trust", drill.trust)
        assert "is not here" not in told, told
    finally:
        drill.close()
    safe = sum(map(len, kept.values()))
    moved = len(drill.of_first)
    return Figures(len(drill.bodies), entries, len(drill.acknowledged), safe, again, moved, texts, spent)


@contextmanager
def folder(parent: Path | None) -> Iterator[Path]:
    """A folder for one round, gone afterwards."""
    home = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield home
    finally:
        shutil.rmtree(home)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how many federations lose their host (3)")
    parser.add_argument("--places", type=Path, help="a census table; three invented places otherwise")
    parser.add_argument("--group", help="the group of places that is played; all otherwise")
    parser.add_argument("--members", type=int, default=30, help="members on each roll (30)")
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder otherwise")
    parser.add_argument("--seed", type=int, default=None, help="of the instants; another each time otherwise")
    args = parser.parse_args()
    print(f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("command: python -m bench.drills.federation", *sys.argv[1:])
    places = args.places.read_bytes() if args.places else PLACES
    dice = random.Random(args.seed)
    for number in range(args.rounds):
        with folder(args.folder) as home:
            try:
                told = play_round(home, dice.uniform(1, 6), places=places, group=args.group, members=args.members)
            except AssertionError as wrong:
                print(f"round {number}: FAILED: {wrong}")
                return 1
        print(
            f"round {number}: {told.bodies} bodies with {told.entries} entries; {told.acknowledged} acts acknowledged "
            f"by two hosts; the first lost with {told.safe} entries safe and none of them gone; {told.moved} records "
            f"moved, {told.again} acts and {told.texts} texts handed in again, all of it safe again after "
            f"{told.seconds:.1f} s; sound, with boxes and texts from its mirror"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
