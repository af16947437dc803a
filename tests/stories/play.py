"""A federation of three districts, played once through the demonstration's own parts, and copies of it to betray.

Three invented places, thirty invented members in each, a simulated clock. ``Play`` is the whole life, from census to
recall, published with its pages. ``Stage`` is a copy of the host's folder, with everybody's keys at hand, in which a
test does what it likes.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from majlis.census import parse_places
from majlis.demo.committee import Committee
from majlis.demo.federation import AFFILIATES, Federation
from majlis.demo.polling import Polling, seal_one
from majlis.demo.publishing import publish_bodies
from majlis.demo.setting import Setting
from majlis.demo.sittings import Sittings
from majlis.demo.story import Story, census, live
from majlis.demo.tell import QuietTeller
from majlis.demo.world import World
from majlis.host.layout import IndexEntry
from majlis.host.publish import publish_blob, publish_box, publish_record, write_index, write_sums
from majlis.host.trust import format_trust
from majlis.host.verify import Finding, Verdict, verify_folder
from majlis.institutions import State
from majlis.institutions.state import Standing

PLACES = b"""# Three invented places, far enough apart that each stands alone, and one that nobody counted.
id,name,population,lat,lon,group
spring,Upper Spring,21000,35.90,36.60,Valley
mill,Old Mill,12000,35.50,36.60,Valley
olive,Olive Hill,10000,35.10,36.60,Valley
stone,Far Stones,,34.80,36.60,Valley
"""
MEMBERS = 30


_EXAMINED: dict[tuple[bytes, tuple[bytes, ...]], Any] = {}


def remembering_map(function: Callable[[Any], Any], batches: Iterable[Any]) -> list[Any]:
    """As ``map`` over batches of ballots, each examined once in this process: many verdicts on one box are quick."""
    found = []
    for batch in batches:
        key = (batch.election.raw, batch.ballots)
        if key not in _EXAMINED:
            _EXAMINED[key] = function(batch)
        found.append(_EXAMINED[key])
    return found


class Play:
    """The whole life, in ``folder``: ``public`` is what anybody gets, ``trust`` pins the first district."""

    def __init__(self, folder: Path) -> None:
        tell = QuietTeller()
        story = Story(places=parse_places(PLACES), source=PLACES, group=None, members=MEMBERS, out=folder)
        plan = census(story, tell)
        self.setting = Setting(folder / "host", remembering_map)
        self.setting.found_witnesses([*(slug for slug, _ in AFFILIATES), "assembly"])
        self.world = World(self.setting, tell)
        self.federation = Federation(self.world, plan, None, MEMBERS, map)
        self.sittings: Sittings = live(self.federation, story, self.setting, tell)
        self.public = folder / "public"
        publish_bodies(self.world.host, self.federation.everyone(), self.public)
        self.trust = folder / "trust.txt"
        self.trust.write_text(format_trust([self.federation.districts[0].identity]))

    def verify(self, folder: Path | None = None, **options: Any) -> Verdict:
        """The verdict of a reader who pinned the first district."""
        options.setdefault("map_", remembering_map)
        options.setdefault("trust", self.trust.read_bytes())
        return verify_folder(folder or self.public, **options)


@cache
def played(folder: Path) -> Play:
    """The one play of this process."""
    return Play(folder)


class Stage:
    """A copy of the host, and of everybody as they act there."""

    def __init__(self, play: Play, folder: Path) -> None:
        self.folder = folder
        self.play = play
        self.setting = play.setting.copy(folder / "host", play.world.log_keys)
        self.world = copy.copy(play.world)
        self.world.setting = self.setting
        self.world.host = self.setting.host
        self.world.clock = self.setting.clock
        self.world.log_keys = dict(play.world.log_keys)
        self.host = self.setting.host
        self.bodies = {body.slug: self._move(body) for body in play.federation.everyone()}
        self.affiliates = [self.bodies[body.slug] for body in play.federation.affiliates]
        self.districts = [self.bodies[body.slug] for body in play.federation.districts]
        self.assembly = self.bodies["assembly"]
        self.federation = copy.copy(play.federation)
        self.federation.world = self.world
        self.federation.affiliates = self.affiliates
        self.federation.districts = self.districts
        self.federation.assembly = self.assembly
        self.federation.elections = {slug: self._poll(polling) for slug, polling in play.federation.elections.items()}
        self.sittings = copy.copy(play.sittings)
        self.sittings.federation = self.federation
        self.sittings.world = self.world
        self.sittings.assembly = self.assembly
        self.sittings.betrayed = self.bodies[play.sittings.betrayed.slug]

    def _move(self, body: Committee) -> Committee:
        moved = copy.copy(body)
        moved.world = self.world
        moved.guests = dict(body.guests)
        return moved

    def _poll(self, polling: Polling) -> Polling:
        moved = copy.copy(polling)
        moved.world, moved.body = self.world, self.bodies[polling.body.slug]
        return moved

    def close(self) -> None:
        self.setting.close()

    def reopen(self) -> None:
        """As after a restart: everything is read from the disk again."""
        self.setting.close()
        clock = self.setting.clock
        self.setting = Setting(self.setting.folder, self.setting.map_, clock)
        self.setting.witness_keys = self.play.setting.witness_keys
        self.setting.open_witnesses()
        for origin, key in self.world.log_keys.items():
            self.setting.host.load(origin, key)
        self.setting.host.fold()
        self.host = self.world.host = self.setting.host
        self.world.setting = self.setting

    # --- looking

    def state(self, body: Committee) -> State:
        return self.host.state(body.identity)

    def standing(self, body: Committee, act: str) -> Standing:
        return self.state(body).acts[act]

    # --- doing

    def attempt(self, body: Committee, kind: str, data: Any, *people: Any, cites: tuple[str, ...] = ()) -> Standing:
        """One act in the body's record, and what became of it."""
        return self.standing(body, body.attempt(kind, data, *people, cites=cites))

    def decide(self, body: Committee, *grants: dict[str, Any], binding: bool = True) -> str:
        """The members decide on these grants by hand, in a meeting with notice; returns the decision's id."""
        motion = body.table("Shall we? هل نفعل؟", list(grants))
        session = body.call(motion)
        self.world.tick()
        self.world.pass_days(8)
        decision = body.decide(session, motion, yes=18, no=4)
        self.world.tick()
        if binding:
            self.world.pass_days(8)
        return decision

    def poll(self, body: Committee, purpose: str, subject: str) -> Polling:
        """A secret ballot is announced, its keys and its list are there, and the notice has passed."""
        polling = self.federation.polling(body)
        polling.announce(purpose, subject)
        polling.prepare()
        self.world.tick()
        self.world.pass_days(8)
        return polling

    def cast(self, polling: Polling, choices: Sequence[Any]) -> list[bytes]:
        """Members seal these votes and cast them; the box's head goes into the record."""
        ballots = [seal_one(task) for task in polling.seals(choices)]
        polling.cast(ballots, map)
        return ballots

    def publish(self, folder: Path | None = None, *, bodies: Sequence[Committee] | None = None) -> Path:
        """All that is public on this stage, without pages."""
        folder = folder or self.folder / "public"
        bodies = bodies or list(self.bodies.values())
        for body in bodies:
            publish_record(
                folder, self.host.hosted(body.identity).record, self.host.cosign(body.identity, self.setting.witnesses)
            )
        for digest in self.host.blobs.names():
            publish_blob(folder, self.host.blobs.get(digest))
        for path in sorted(self.host.boxes.folder.glob("*.bel")):
            publish_box(folder, path.stem, path)
        write_index(
            folder,
            [IndexEntry(slug=b.slug, names=b.names, identity=b.identity, origin=b.origin) for b in bodies],
        )
        write_sums(folder)
        return folder

    def verify(self, folder: Path | None = None, **options: Any) -> Verdict:
        """Publish, unless a folder is given, and the verdict of a reader who pinned the first district."""
        return self.play.verify(folder or self.publish(), **options)


def publish_alone(play: Play, body: Committee, folder: Path) -> Path:
    """The public folder of one body's record, with the texts of its motions."""
    host = play.world.host
    publish_record(folder, host.hosted(body.identity).record, host.hosted(body.identity).safe)
    for motion in host.state(body.identity).motions.values():
        publish_blob(folder, host.blobs.get(motion.text))
    write_index(folder, [IndexEntry(slug=body.slug, names=body.names, identity=body.identity, origin=body.origin)])
    write_sums(folder)
    return folder


def majlis(*arguments: object, stdin: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
    """The real program, in a process of its own."""
    command = [sys.executable, "-m", "majlis", *map(str, arguments)]
    env = {**os.environ, "PYTHONWARNINGS": "default"}
    return subprocess.run(command, capture_output=True, text=True, input=stdin, check=False, env=env, **options)


def verify_program(folder: Path, *arguments: object) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of ``majlis verify``."""
    done = majlis("verify", folder, "--json", *arguments)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout) if done.stdout else {}


def failures(verdict: Verdict) -> list[Finding]:
    """What failed."""
    return [finding for finding in verdict.findings if finding.kind in ("failure", "non-canonical")]


def named(verdict: Verdict, file: str) -> bool:
    """Whether a failure names this file."""
    return any(finding.file == file for finding in failures(verdict))


def copy_of(folder: Path, target: Path) -> Path:
    """A copy that a test may spoil."""
    shutil.copytree(folder, target)
    return target


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """The file with other bytes."""
    path.write_bytes(change(path.read_bytes()))
