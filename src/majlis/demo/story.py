"""The whole story in order, from an empty folder to a verified one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

from majlis.census import Places, Plan, draw_plan
from majlis.demo.betrayals import Betrayals
from majlis.demo.federation import AFFILIATES, Federation
from majlis.demo.publishing import publish_bodies, save_keys
from majlis.demo.setting import Setting
from majlis.demo.sittings import Sittings
from majlis.demo.world import Teller, World
from majlis.errors import Malformed, Refused
from majlis.host.trust import format_trust

# The assembly's charter says how many inhabitants have a seat, and no charter says more.
MOST_FOR_A_SEAT: Final = 10_000_000


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. ``group`` None plays the whole country."""

    places: Places
    source: bytes
    arabic: dict[str, str] = {}
    quota: int = 10_000
    group: str | None = "Idlib"
    members: int = 60
    out: Path = Path("majlis-demo")
    workers: int = 2


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Where things are when the story is over, and whether all of it held."""

    public: Path
    trust: Path
    passphrase: str
    held: bool


def tell_story(story: Story, tell: Teller) -> Told:
    """Play it all.

    Raises: Malformed when the census or the group cannot be played; Refused when the folder holds something else.
    """
    plan = census(story, tell)
    folder = prepare(story.out)
    with ProcessPoolExecutor(story.workers) as pool:
        setting = Setting(folder / "private" / "host", pool.map)
        setting.found_witnesses([*(slug for slug, _ in AFFILIATES), "assembly"])
        world = World(setting, tell)
        federation = Federation(world, plan, story.group, story.members, pool.map, arabic_names(story, plan))
        sittings = live(federation, story, setting, tell)
        passphrase = save_keys(federation, setting, folder / "private")
        public = folder / "public"
        publish_bodies(world.host, federation.everyone(), public)
        trust = folder / "trust.txt"
        trust.write_text(format_trust([federation.districts[0].identity]))
        betrayals = Betrayals(sittings, public, trust, folder / "scratch")
        held = betray(betrayals, tell)
        betrayals.close()
        setting.close()
    shutil.rmtree(folder / "scratch", ignore_errors=True)
    held = prove(public, trust, sittings, tell) and held
    return Told(public=public, trust=trust, passphrase=passphrase, held=held)


def prepare(out: Path) -> Path:
    """An empty folder; an older demonstration in it is replaced, anything else is left alone."""
    marker = out / "DEMONSTRATION"
    if out.exists() and any(out.iterdir()) and not marker.exists():
        raise Refused(f"{out} holds something that is not a demonstration; name another folder with --out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    marker.write_text(
        "Made by 'majlis demo', with invented people and a simulated clock. It may be deleted at any time.\n"
    )
    return out


def arabic_names(story: Story, plan: Plan) -> dict[str, str]:
    """The Arabic names that are known, by district id and by group: a district is named after its largest place."""
    titles = {place.id: place.name for place in story.places.rows}
    found = dict(story.arabic)
    for district in plan.districts:
        for place in district.places:
            if titles[place] == district.name and place in story.arabic:
                found[district.id] = story.arabic[place]
    return found


def census(story: Story, tell: Teller) -> Plan:
    """Step 1: seats for everybody counted."""
    if story.quota > MOST_FOR_A_SEAT:
        raise Malformed(f"a quota is at most {MOST_FOR_A_SEAT:,} inhabitants for a seat, as charters have it")
    tell.chapter("1. From the census to seats")
    plan = draw_plan(story.places, quota=story.quota)
    groups = {district.group for district in plan.districts}
    if story.group is not None and story.group not in groups:
        known = ", ".join(repr(group) for group in sorted(groups)[:20]) or "none"
        raise Malformed(f"the census has no group '{story.group}'; name one with --group ({known}), or play it --all")
    played = [district for district in plan.districts if story.group in (None, district.group)]
    if len(played) < 2:
        raise Malformed(
            f"a federation has at least two districts, which lend each other officers, and here is {len(played)}; play "
            "--all, or count more places"
        )
    provisional = sum(district.provisional for district in plan.districts)
    tell.say(
        f"{plan.inhabitants:,} inhabitants counted; one delegate for every {plan.quota:,}: {plan.seats:,} seats in "
        f"{len(plan.districts)} districts, {provisional} of them provisional wards. {len(plan.unknown)} places have no "
        "known population: they are listed, not guessed."
    )
    return plan


def live(federation: Federation, story: Story, setting: Setting, tell: Teller) -> Sittings:
    """Steps 2 to 5."""
    world = federation.world
    seats = sum(row.seats for row in federation.rows)
    tell.chapter("2. Founding")
    tell.say(
        "Time is a simulated clock behind the host and its witnesses; every name and key is invented for this run."
    )
    federation.source = world.host.blobs.put(story.source)
    federation.found(setting.mirror_keys, 2)
    world.tick()
    federation.countersign()
    federation.constitute()
    federation.admit()
    tell.say(
        f"{len(federation.districts)} committees with {story.members} members each on their demonstration rolls, two "
        f"affiliates abroad and one assembly of {seats} seats; each joined by its own decision and so ratified the "
        "charter."
    )
    tell.chapter("3. Elections by secret ballot")
    federation.announce()
    world.tick()
    world.pass_days(8)
    pollings = list(federation.elections.values())
    federation.vote(pollings, federation.delegates_choices)
    federation.seat()
    ballots = sum(polling.box.count for polling in pollings)
    lots = sum(any(t.lot for t in polling.election.trustees) for polling in pollings)
    tell.say(
        f"{len(pollings)} boxes, {ballots} ballots; ties in {lots} districts were settled by the public lot. "
        f"{seats} seated."
    )
    sittings = Sittings(federation)
    tell.chapter("4. The assembly works")
    sittings.table()
    sittings.sit()
    sittings.spend()
    decision = world.host.state(federation.assembly.identity).decisions[sittings.decision]
    assert sittings.breaker is not None
    tell.say(f"The roll call: {decision.yes} for, {decision.no} against, {decision.abstain} abstaining. Carried.")
    tell.say(f"{sittings.breaker.name} voted against the mandate of {sittings.betrayed.names['en']}: shown as broken.")
    tell.chapter("5. Recall")
    polling = sittings.petition_recall()
    world.pass_days(8)
    federation.vote([polling], sittings.recall_choices)
    sittings.recall(polling)
    void = sittings.sit_again()
    result = polling.election.result
    assert result is not None and sittings.successor is not None
    standing = world.host.state(federation.assembly.identity).acts[void]
    tell.say(
        f"Recalled by {result.votes[0]} to {result.votes[1]}. "
        f"The seat passed to the reserve, {sittings.successor.name}."
    )
    tell.say(f"The recalled delegate voted once more: {standing.status}, {standing.rule}.")
    for body in federation.everyone():
        world.host.log_digest(body.identity, world.courier.key)
    world.tick()
    world.seal_all()
    return sittings


def betray(betrayals: Betrayals, tell: Teller) -> bool:
    """Step 6."""
    tell.chapter("6. Betrayals, each attempted on a copy")
    all_caught = True
    for caught in betrayals.attempt_all():
        mark = "caught" if caught.caught else "NOT CAUGHT"
        tell.say(f"{caught.what}\n      {mark}: {caught.how}")
        all_caught = all_caught and caught.caught
    return all_caught


def prove(public: Path, trust: Path, sittings: Sittings, tell: Teller) -> bool:
    """Step 7: fresh processes, which have the public folder and nothing else."""
    tell.chapter("7. Proof")
    verify = _run("verify", str(public), "--trust", str(trust))
    tell.say("majlis verify, in a fresh process, from the public files alone:")
    tell.say(verify.stdout.strip().replace("\n", "\n  "))
    if verify.returncode != 0:
        tell.say(verify.stderr.strip())
        return False
    index = sittings.world.host.state(sittings.assembly.identity).acts[sittings.decision].index
    trace = _run("trace", str(public), "assembly", str(index), "--brief")
    tell.say(f"majlis trace {public} assembly {index} (the decision on the flour, back to the census):")
    tell.say(trace.stdout.strip().replace("\n", "\n  "))
    return trace.returncode == 0


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "majlis", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (our own program)
