"""Whom a pin makes known, and what a reader who has seen more is told (R-VERIFY-8)."""

from __future__ import annotations

from pathlib import Path

import msgspec
from tests.stories.play import Play

from majlis.host.layout import record_folder
from majlis.host.publish import write_sums
from majlis.host.trust import format_trust, known_from
from majlis.institutions import State


def states_of(play: Play) -> dict[str, State]:
    host = play.world.host
    return {body.identity: host.state(body.identity) for body in play.federation.everyone()}


def test_trust_does_not_follow_a_joining_that_was_undone(play: Play) -> None:
    """Who pinned a committee that left does not learn from it which assembly is real."""
    states, body = states_of(play), play.federation.districts[0].identity
    assembly = play.sittings.assembly.identity
    assert assembly in known_from([body], states)
    state = states[body]
    gone = msgspec.structs.replace(state.memberships[assembly], left=state.size)
    states[body] = msgspec.structs.replace(state, memberships=state.memberships.set(assembly, gone))
    known = known_from([body], states)
    assert body in known
    assert assembly not in known


def test_trust_follows_no_member_that_left_or_is_disputed(play: Play) -> None:
    """Two claim one district: which of them is real the assembly's keys cannot say."""
    assembly, body = play.sittings.assembly.identity, play.federation.districts[1].identity
    for change in ({"left": 7}, {"disputed": True}):
        states = states_of(play)
        above = states[assembly]
        member = msgspec.structs.replace(above.bodies[body], **change)
        assert body in known_from([assembly], states)
        states[assembly] = msgspec.structs.replace(above, bodies=above.bodies.set(body, member))
        known = known_from([assembly], states)
        assert body not in known
        assert play.federation.districts[0].identity in known


def test_a_pinned_record_that_is_not_there_leaves_the_verdict_incomplete(play: Play, given: Path) -> None:
    """Another pinned record is: so this is a copy of the right federation, with one record held back."""
    here, gone = play.federation.districts[0], play.federation.affiliates[0]
    trust = format_trust([here.identity, "ab" * 32]).encode()
    verdict = play.verify(trust=trust)
    (missing,) = verdict.findings
    assert (verdict.exit_code, missing.kind, missing.rule, missing.body) == (3, "missing", "R-VERIFY-8", "ab" * 32)
    for path in sorted((given / record_folder(gone.origin)).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    write_sums(given)
    verdict = play.verify(given, trust=format_trust([here.identity, gone.identity]).encode())
    assert verdict.exit_code == 3
    assert ("missing", "R-VERIFY-8", gone.identity) in {(f.kind, f.rule, f.body) for f in verdict.findings}
