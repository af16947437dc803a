"""A recall that nobody carries: the clerk above waits in vain, anybody shows the district's head (R-HEAD-4)."""

from __future__ import annotations

import pytest
from tests.stories.play import Play, Stage
from tests.stories.test_delegates import delegate, open_sitting, recall, vote

from majlis.errors import Missing
from majlis.host.federation import Federation
from majlis.host.heads import due_heads, newer_heads, show_heads
from majlis.institutions.kinds import sitting


class Copies:
    """What a data folder gives of its records: the newest checkpoint of each that is safe."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.without: set[str] = set()

    def checkpoint(self, identity: str) -> bytes:
        return b"" if identity in self.without else self.stage.host.hosted(identity).safe


@pytest.fixture
def copies(stage: Stage) -> Copies:
    return Copies(stage)


def test_a_host_shows_a_recall_that_nobody_carries(stage: Stage, copies: Copies) -> None:
    """R-HEAD-4: at once, and with no roll call open."""
    breaker = delegate(stage, 0)
    assembly = stage.assembly.identity
    assert show_heads(copies, stage.host, assembly) == 0  # type: ignore[arg-type]
    recall(stage, breaker)
    assert sitting(stage.host.state(assembly), breaker.id)
    assert show_heads(copies, stage.host, assembly) == 1  # type: ignore[arg-type]
    state = stage.host.state(assembly)
    standing = state.acts[state.log[state.size - 1]]
    log = stage.host.hosted(assembly).log_key.public_key.hex()
    assert (standing.kind, standing.status, standing.author) == ("head.show", "in-force", log)
    assert not sitting(state, breaker.id)
    assert show_heads(copies, stage.host, assembly) == 0  # type: ignore[arg-type]


def test_a_host_shows_what_a_roll_call_needs_while_one_is_open(stage: Stage, copies: Copies) -> None:
    assembly = stage.assembly.identity
    motion = open_sitting(stage)
    for _, seat in stage.sittings.seats():
        assert vote(stage, motion, stage.federation.delegate(seat.key)) == ("in-force", "")
    stage.world.tick()
    closing = stage.attempt(stage.assembly, "motion.close", {"motion": motion}, stage.assembly.one("clerk"))
    assert (closing.status, closing.rule) == ("void", "R-ASSEMBLY-6")
    due = due_heads(copies, stage.host.federation, stage.host.state(assembly), stage.host.clock.now())  # type: ignore[arg-type]
    assert {body for body, _ in due} == {body.identity for body in stage.districts}
    copies.without = {stage.districts[2].identity}
    assert show_heads(copies, stage.host, assembly) == 2  # type: ignore[arg-type]
    copies.without = set()
    assert show_heads(copies, stage.host, assembly) == 1  # type: ignore[arg-type]
    stage.world.tick()
    assert show_heads(copies, stage.host, assembly) == 0, "each was shown within twelve hours"  # type: ignore[arg-type]
    closing = stage.attempt(stage.assembly, "motion.close", {"motion": motion}, stage.assembly.one("clerk"))
    assert closing.status == "in-force"
    assert stage.host.state(assembly).decisions[closing_act(stage, closing.index)].silent == frozenset()


def closing_act(stage: Stage, index: int) -> str:
    return stage.host.state(stage.assembly.identity).log[index]


def test_a_head_of_another_branch_than_the_copy_is_not_shown(stage: Stage, copies: Copies) -> None:
    """What the folder cannot fold it does not put into the assembly's record."""
    assembly = stage.host.state(stage.assembly.identity)
    stage.world.pass_days(1)
    assert len(list(newer_heads(copies, stage.host.federation, assembly))) == 3  # type: ignore[arg-type]
    short = Federation()
    for identity, record in stage.host.federation.records.items():
        entries = list(record.entries)
        short.add(entries[:-40] if identity == stage.districts[1].identity else entries)
    found = {body for body, *_ in newer_heads(copies, short, assembly)}  # type: ignore[arg-type]
    assert found == {stage.districts[0].identity, stage.districts[2].identity}


def test_readers_are_told_of_nothing_once_a_head_was_shown(stage: Stage, copies: Copies, play: Play) -> None:
    """R-VERIFY-12 warns before, and is silent after; the folder is sound."""
    breaker = delegate(stage, 0)
    recall(stage, breaker)
    stage.world.tick()
    said = {finding.rule for finding in stage.verify().findings}
    assert "R-VERIFY-12" in said
    assert show_heads(copies, stage.host, stage.assembly.identity) == 1  # type: ignore[arg-type]
    stage.world.tick()
    verdict = stage.verify()
    assert (verdict.verdict, "R-VERIFY-12" in {finding.rule for finding in verdict.findings}) == ("sound", False)


def test_the_host_takes_no_head_of_entries_that_nobody_shows(stage: Stage) -> None:
    """R-CERT-9, at the door of a real host: nothing is logged, and who delivers is told what to bring."""
    stage.world.tick()
    body, assembly = stage.districts[1].identity, stage.assembly.identity
    lines = stage.host.hosted(body).safe.decode().split("\n")
    far = "\n".join([lines[0], str(2**40), *lines[2:]])
    before = stage.host.state(assembly).size
    with pytest.raises(Missing, match=r"bring that record first.*R-CERT-9"):
        stage.attempt(stage.assembly, "head.show", {"body": body, "checkpoint": far}, stage.world.courier)
    assert stage.host.state(assembly).size == before


def test_a_copy_that_cannot_be_read_keeps_the_assembly_s_clock_going(stage: Stage) -> None:
    """R-HEAD-4: whatever is wrong with a copy, the others are shown, and the round ends in a tick as ever."""
    open_sitting(stage)
    stage.world.pass_days(1)
    copies, broken = Copies(stage), stage.districts[1].identity

    class Damaged(Copies):
        def checkpoint(self, identity: str) -> bytes:
            return b"no note at all" if identity == broken else copies.checkpoint(identity)

    assert show_heads(Damaged(stage), stage.host, stage.assembly.identity) == 2  # type: ignore[arg-type]
