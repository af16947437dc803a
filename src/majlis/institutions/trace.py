"""The chain of warrants: from any act down to the votes, the roll and the census it rests on (``spec/warrant.md``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from majlis.institutions.state import Standing, State


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One act of the chain, how deep it lies, what it is to the act above it, and its standing in its own record."""

    depth: int
    role: str
    body: str
    act: str
    standing: Standing | None


def trace(body: str, act: str, states: Callable[[str], State | None], *, deepest: int = 12) -> Iterator[Step]:
    """The act and all that it rests on, depth first; an act met before is not followed again.

    ``states`` gives a body's newest state, or None where its record is not at hand.
    """
    yield from _walk(body, act, "", 0, states, set(), deepest)


def _walk(
    body: str,
    act: str,
    role: str,
    depth: int,
    states: Callable[[str], State | None],
    met: set[tuple[str, str]],
    deepest: int,
) -> Iterator[Step]:
    state = states(body)
    standing = state.acts.get(act) if state else None
    yield Step(depth=depth, role=role, body=body, act=act, standing=standing)
    if standing is None or (body, act) in met or depth >= deepest:
        return
    met.add((body, act))
    for link in standing.because:
        yield from _walk(link.body, link.act, link.role, depth + 1, states, met, deepest)
