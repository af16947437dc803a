"""A valley whose assembly meets tonight: three districts of which one recalls its delegate meanwhile; four folders.

The life before is played in memory through the demonstration's parts; then everybody gets a data folder with the keys
that they would have. All folders share a practice clock.

    capital   keeps the assembly's record; copies of the others as they were when the box on the recall was still shut
    olive     keeps Olive Hill's record, in which the recall has passed
    mill      keeps Old Mill's record, in which it has just left the assembly
    friends   the mirror of all
    papers    the recovery keys of those who stood
    public    what was safe when the evening began; newer what is safe of Olive Hill's and Old Mill's records now

Upper Spring has two seats, elected Louay and Maha, and instructs them to vote for the motion. Old Mill elected Bassam,
and Olive Hill Hani, before Iman and Jamal. Nobody sits yet. The assembly's motion is act 19 of its record, and act 20
calls the meeting on it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from tests.cli.valley_life import elected, until_tonight
from tests.cli.village import LIGHT, Outcome, Village
from tests.stories.play import PLACES, remembering_map

from majlis.census import draw_plan, parse_places
from majlis.cli.desk import PERSON
from majlis.crypto import SigningKey
from majlis.demo.committee import Committee
from majlis.demo.federation import Federation
from majlis.demo.people import Person
from majlis.demo.setting import Setting
from majlis.demo.tell import QuietTeller
from majlis.demo.world import World
from majlis.host import node
from majlis.host.boxes import Boxes
from majlis.host.chance import chance
from majlis.host.keyring import KeyEntry, Keyring, Passphrase, Secret
from majlis.host.layout import IndexEntry
from majlis.host.node import LOG, Known, Node
from majlis.host.practice import PracticeClock
from majlis.host.publish import publish_blob, publish_box, publish_record, write_index, write_sums
from majlis.host.witnessing import WITNESS
from majlis.institutions import Charter
from majlis.record import CosignerKey

CAPITAL, OLIVE, MILL, FRIENDS = "capital", "olive", "mill", "friends"
MOTION, MEETING = 19, 20
WORDS = "nine wells and one fig tree"


class _Slow(World):
    """Time passes in the records of some bodies only."""

    only: Sequence[str] = ()

    def tick(self) -> None:
        for identity in self.only or self.host.bodies():
            self.host.tick(identity, self.setting.witnesses, self.courier.key)


class Valley(Village):
    """Commands at the folders of the valley. A ballot that was examined once is not examined again."""

    def try_(self, where: str, *words: object) -> Outcome:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(node, "Boxes", partial(Boxes, map_=remembering_map))
            return super().try_(where, *words)

    def seat(self) -> None:
        """Whom the districts elected is seated, and what Spring instructs is known."""
        for body in ("upper-spring", "old-mill", "olive-hill"):
            self.run(CAPITAL, "deliver", "assembly", body, "--as", "salma")

    def carry(self, *folders: str) -> None:
        """By stick the assembly's record goes to these folders, or else to Olive Hill, where the recall is known."""
        self.run(CAPITAL, "node", "give", "stick/public")
        for where in folders or (OLIVE,):
            self.run(where, "node", "take", "stick/public")

    def sitting(self) -> list[str]:
        """Who holds a seat in the assembly's record, by the folder's word for them."""
        capital = Node(self.root / CAPITAL)
        state = capital.federation().records[capital.body("assembly").identity].state
        keys = {seat.key for member in state.bodies.values() for seat in member.held if seat.ended is None}
        others = (capital.keeper, "salma", "clerk")
        people = (name for name in capital.people() if name not in others and "-" not in name)
        return [name for name in people if self.run(CAPITAL, "key", "show", name, "--json").json["public"] in keys]

    def copy(self, root: Path) -> Valley:
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return Valley(root)

    def act(self, where: str, body: str, index: int | str) -> Any:
        """An act of a record as that folder has it."""
        return self.try_(where, "act", "show", body, index, "--json").json

    def last(self, where: str, body: str, kind: str) -> int:
        """The position of the newest act of this kind in a record as that folder has it."""
        acts = self.run(where, "act", "list", body, "--json").json["acts"]
        return max(act["index"] for act in acts if act["kind"] == kind)


@cache
def valley_of(base: Path) -> Valley:
    """The one valley of this process, to be copied."""
    return make_valley(base / "valley")


@cache
def seated_of(base: Path) -> Valley:
    """The same once everybody who was elected sits, and Olive Hill's copy shows it; to be copied."""
    valley = valley_of(base).copy(base / "seated")
    valley.seat()
    valley.carry(OLIVE, MILL)
    return valley


@cache
def voted_of(base: Path) -> Valley:
    """The same once all four delegates attended and voted on motion 19, and a tick showed it; to be copied."""
    valley = seated_of(base).copy(base / "voted")
    for who in ("louay", "maha", "bassam", "hani"):
        valley.run(CAPITAL, "sit", "attend", "assembly", "--as", who)
    valley.run(CAPITAL, "sit", "open", "assembly", "--as", "clerk")
    for who, how in (("louay", "for"), ("maha", "against"), ("bassam", "for"), ("hani", "for")):
        valley.run(CAPITAL, "sit", "vote", "assembly", MOTION, how, "--as", who)
    valley.run(CAPITAL, "tick", "assembly", "--witness", FRIENDS)
    valley.carry()
    return valley


def make_valley(root: Path) -> Valley:
    """The valley, in an empty folder."""
    (root / "papers").mkdir(parents=True)
    setting = Setting(root / "played", remembering_map)
    setting.found_witnesses([FRIENDS])
    world = _Slow(setting, QuietTeller())
    federation = Federation(world, draw_plan(parse_places(PLACES), quota=10_000), None, 12, map)
    for body in federation.districts:
        body.charter = Charter(min_ballots=10 if body.slug == "olive-hill" else 20)
    federation.source = world.host.blobs.put(PLACES)
    bodies = {body.slug: body for body in federation.districts}
    olive, mill = bodies["olive-hill"], bodies["old-mill"]
    polling, decided = until_tonight(federation, bodies["upper-spring"], olive, mill, root / "papers")
    (root / "passphrase").write_text(WORDS + "\n")
    _publish(world, federation.everyone(), root / "public")
    _folder(federation, root / CAPITAL, federation.assembly, "amal")
    world.only = [olive.identity]
    setting.clock.advance(3600)
    polling.count(map)
    world.tick()
    world.seal_all()
    _folder(federation, root / OLIVE, olive, "nur")
    world.only = [mill.identity]
    mill.act("federation.leave", {"assembly": federation.assembly.identity}, mill.one("clerk"), cites=(decided,))
    world.tick()
    world.seal_all()
    _folder(federation, root / MILL, mill, "mona")
    _publish(world, [olive, mill], root / "newer")
    _witness(setting, root / FRIENDS)
    PracticeClock.create(root / "practice-clock", setting.clock.now())
    setting.close()
    shutil.rmtree(root / "played")
    valley = Valley(root)
    for folder in ("public", "newer"):
        valley.run(FRIENDS, "node", "take", folder)
    return valley


def _publish(world: World, bodies: Iterable[Committee], folder: Path) -> None:
    host, bodies = world.host, list(bodies)
    for body in bodies:
        publish_record(folder, host.hosted(body.identity).record, host.hosted(body.identity).safe)
    for digest in host.blobs.names():
        publish_blob(folder, host.blobs.get(digest))
    for path in sorted(host.boxes.folder.glob("*.bel")):
        publish_box(folder, path.stem, path)
    entries = [IndexEntry(slug=b.slug, names=b.names, identity=b.identity, origin=b.origin) for b in bodies]
    write_index(folder, entries, ("simulated-clock",))
    write_sums(folder)


def _folder(federation: Federation, folder: Path, hosted: Committee, keeper: str) -> None:
    """A data folder with all records as they stand, of which one is kept there."""
    setting = federation.world.setting
    shutil.copytree(setting.folder, folder, ignore=shutil.ignore_patterns("*.lock", "*-shm", "witness"))
    made = Node.create(folder, keeper=keeper, practice_clock=folder.parent / "practice-clock")
    for body in federation.everyone():
        is_hosted = body is hosted
        made.add(
            Known(slug=body.slug, identity=body.identity, origin=body.origin, names=body.names, is_hosted=is_hosted)
        )
        record = setting.host.hosted(body.identity)
        made.checkpoints.keep(body.identity, record.safe, record.record.entries(0, 1)[0])
    own = Person(keeper, chance)
    _keyring(folder, keeper, _entry("log", LOG, hosted.log_key, origin=hosted.origin), _entry(keeper, PERSON, own.key))
    _people(folder, {"clerk": hosted.one("clerk")})
    _people(folder, {f"teller-{n}": teller for n, teller in enumerate(hosted.all("teller"), start=1)})
    if hosted is federation.assembly:
        _people(folder, {"salma": Person("salma", chance)})
        for body in federation.districts:
            _people(folder, {person.name.split()[0].lower(): person for person in elected(federation, body)})


def _witness(setting: Setting, folder: Path) -> None:
    made = Node.create(folder, keeper="basim", practice_clock=folder.parent / "practice-clock")
    shutil.copytree(setting.folder / "witness" / FRIENDS, made.folder / "witness")
    (key,) = setting.witness_keys.values()
    name = CosignerKey(name=f"majlis.example/witness/{FRIENDS}", public_key=key.public_key).name
    _keyring(folder, "basim", _entry(name, WITNESS, key))


def _keyring(folder: Path, person: str, *entries: KeyEntry) -> None:
    keyring = Keyring.create(folder / "keyrings" / f"{person}.json", Passphrase(WORDS), chance, LIGHT)
    keyring.add(*entries, chance=chance)


def _entry(name: str, kind: str, key: SigningKey, **notes: str) -> KeyEntry:
    return KeyEntry(name=name, kind=kind, public=key.public_key.hex(), secret=Secret(key.export()), notes=notes)


def _people(folder: Path, people: Mapping[str, Person]) -> None:
    for name, person in people.items():
        _keyring(folder, name, _entry(name, PERSON, person.key))
