"""The life of the valley before its assembly meets tonight, played in memory through the demonstration's parts."""

from __future__ import annotations

from pathlib import Path

from majlis.crypto import SigningKey
from majlis.demo.committee import Committee
from majlis.demo.federation import Federation
from majlis.demo.people import Person, person_name
from majlis.demo.polling import Polling
from majlis.demo.sittings import Sittings
from majlis.host.chance import chance


def until_tonight(
    federation: Federation, spring: Committee, olive: Committee, mill: Committee, papers: Path
) -> tuple[Polling, str]:
    """Founded, elected, a sitting called, a mandate given, a recall voted on: that box, closed and not opened; and the
    decision of Old Mill that it leaves. ``papers``: where those who stood keep their recovery keys.
    """
    world = federation.world
    federation.found(world.setting.mirror_keys, 1)
    world.tick()
    federation.countersign()
    federation.constitute()
    federation.admit()
    _elect(federation, olive, papers)
    motion = federation.assembly.table("Shall the federation repair the road to Old Mill?", [])
    federation.assembly.call(motion)
    world.tick()
    given = {"assembly": federation.assembly.identity, "motion": motion, "instruction": "yes"}
    asked = spring.table("Our delegates vote for the road.", [{"kind": "mandate.give", "match": given}])
    session = spring.call(asked)
    leaving = [{"kind": "federation.leave", "match": {"assembly": federation.assembly.identity}}]
    left = mill.table("Do we leave the assembly?", leaving)
    meeting = mill.call(left)
    sittings = Sittings(federation)
    sittings.betrayed, sittings.breaker = olive, elected(federation, olive)[0]
    polling = sittings.petition_recall()
    world.pass_days(8)
    decision = spring.decide(session, asked, yes=7, no=1)
    decided = mill.decide(meeting, left, yes=7, no=1)
    world.tick()
    federation.vote([polling], sittings.recall_choices)
    world.pass_days(8)
    spring.act("mandate.give", given, spring.one("clerk"), cites=(decision,))
    world.tick()
    world.seal_all()
    return polling, decided


def _elect(federation: Federation, boxed: Committee, papers: Path) -> None:
    """Two more stand than there are seats. One district elects by box, the others are small and elect on paper."""
    world, announced = federation.world, {}
    for number, body in enumerate(federation.districts):
        assert body.district is not None
        people = [Person(f"{body.slug} {n}", chance, person_name(4 * number + n + 1)) for n in range(_stands(body))]
        federation.candidates[body.slug] = people
        for person in people:
            recovery = SigningKey(chance(32))
            (papers / person.name.split()[0].lower()).write_text(recovery.export().hex())
            sealed = {"key": person.id, "tag": person.tag, "recovery": world.sealed(recovery)}
            body.act("key.enrol", sealed, body.one("registrar"), person)
        standing = [body.act("candidacy.declare", {"name": person.name}, person) for person in people]
        announced[body.slug] = federation.polling(body)
        announced[body.slug].announce(
            "delegates", federation.assembly.identity, seats=body.district.seats, candidates=standing
        )
    polling = announced[boxed.slug]
    polling.prepare()
    world.tick()
    world.pass_days(8)
    for body in federation.districts:
        if body is not boxed:
            ways = [{"choices": [n + 1], "papers": papers} for n, papers in enumerate((5, 3, 2, 1)[: _stands(body)])]
            data = {
                "election": announced[body.slug].act,
                "present": 12,
                "ways": ways,
                "blank": 0,
                "sheets": ["5e" * 32],
            }
            body.act("election.paper", data, *body.all("teller"), body.guests["list_keeper"])
    federation.vote([polling], lambda _: [(1, 0, 0)] * 6 + [(0, 1, 0)] * 3 + [(0, 0, 1)] * 2)
    polling.count(map)
    world.tick()


def _stands(body: Committee) -> int:
    """How many stand there."""
    assert body.district is not None
    return body.district.seats + 2


def elected(federation: Federation, body: Committee) -> list[Person]:
    """Who stood, in the order of the result."""
    state = federation.world.host.state(body.identity)
    (election,) = (each for each in state.elections.values() if each.purpose == "delegates")
    assert election.result is not None
    return [federation.delegate(election.candidates[number].key) for number in election.result.order]
