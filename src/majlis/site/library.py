"""All that one round of rendering looks up again and again: bodies by name, states, acts; and which acts have pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from majlis.errors import Fault, Missing
from majlis.institutions import Act, Finding, State, parse_act, trace
from majlis.institutions.kinds import is_current
from majlis.institutions.state import Standing
from majlis.site.adopted import Adopted, adopted
from majlis.site.source import BodyInfo, Source

SHOWN = frozenset(
    {
        "seat.fill",
        "seat.vacate",
        "founding.confirm",
        "plan.adopt",
        "plan.amend",
        "plan.challenge",
        "charter.amend",
        "host.move",
        "host.confirm",
        "fork.show",
        "fork.settle",
        "delivery.show",
    }
)
"""Kinds of act in force that pages point to one by one."""

DEEPEST = 12
"""Steps of a chain of warrants that are followed."""


class Library:
    """A ``Source`` with a memory. ``every_act``: whether any act has a page (served), or only the chosen (exported)."""

    def __init__(self, source: Source, *, every_act: bool) -> None:
        self.source = source
        self.every_act = every_act
        self._states: dict[str, State | None] = {}
        self._acts: dict[tuple[str, int], Act | None] = {}
        self._findings: dict[str, Mapping[int, tuple[Finding, ...]]] = {}
        self._plans: dict[str, Adopted | None] = {}
        self._names: dict[str, Mapping[str, str]] = {}
        self._offices: dict[str, Mapping[str, str]] = {}
        self._sat: dict[str, frozenset[str]] = {}

    @cached_property
    def bodies(self) -> tuple[BodyInfo, ...]:
        """All bodies, in the order of the source."""
        return tuple(self.source.bodies())

    @cached_property
    def by_identity(self) -> dict[str, BodyInfo]:
        """The bodies by identity."""
        return {body.identity: body for body in self.bodies}

    @cached_property
    def by_slug(self) -> dict[str, BodyInfo]:
        """The bodies by the name of their pages."""
        return {body.slug: body for body in self.bodies}

    @cached_property
    def assemblies(self) -> tuple[BodyInfo, ...]:
        """The bodies that seat delegates."""
        return tuple(body for body in self.bodies if body.type == "assembly")

    def body(self, slug: str) -> BodyInfo:
        """Raises: Missing."""
        try:
            return self.by_slug[slug]
        except KeyError:
            raise Missing(f"there is no body '{slug[:80]}' here; the first page lists those there are") from None

    def state_of(self, identity: str) -> State | None:
        """The newest state, or None where the record is not at hand."""
        if identity not in self._states:
            try:
                self._states[identity] = self.source.state(identity) if identity in self.by_identity else None
            except Missing:
                self._states[identity] = None
        return self._states[identity]

    def state(self, identity: str) -> State:
        """Raises: Missing."""
        found = self.state_of(identity)
        if found is None:
            raise Missing(f"the record of body {identity[:16]} is not at hand")
        return found

    def entry(self, identity: str, index: int) -> bytes:
        """Raises: Missing."""
        entries = self.source.entries(identity)
        if not 0 <= index < len(entries):
            raise Missing(f"this record has {len(entries)} entries, and none at position {index}")
        return entries[index]

    def act(self, identity: str, index: int) -> Act | None:
        """The act at this position, or None where the entry is no act."""
        place = (identity, index)
        if place not in self._acts:
            try:
                self._acts[place] = parse_act(self.entry(identity, index))
            except Missing:
                raise
            except Fault:
                self._acts[place] = None
        return self._acts[place]

    def findings(self, identity: str) -> Mapping[int, tuple[Finding, ...]]:
        """The findings of a record by position."""
        if identity not in self._findings:
            by_index: defaultdict[int, list[Finding]] = defaultdict(list)
            for finding in self.source.findings(identity):
                by_index[finding.index].append(finding)
            self._findings[identity] = {index: tuple(found) for index, found in by_index.items()}
        return self._findings[identity]

    def plan(self, identity: str) -> Adopted | None:
        """The districts that an assembly adopted, where its plan is at hand and has the root that was adopted."""
        if identity not in self._plans:
            plan, state = self.source.plan(identity), self.state_of(identity)
            self._plans[identity] = adopted(plan, state) if plan is not None and state is not None else None
        return self._plans[identity]

    @cached_property
    def chosen(self) -> dict[str, frozenset[int]]:
        """The acts with pages of their own in an export: decisions, results, void acts, and all that those rest on."""
        found: defaultdict[str, set[int]] = defaultdict(set)
        met: set[tuple[str, str]] = set()
        for body in self.bodies:
            state = self.state_of(body.identity)
            if state is None:
                continue
            found[body.identity] |= {index for index in range(state.size) if self.is_void(body.identity, index)}
            for act in _roots(state):
                for identity, standing in self._below(body.identity, act, met):
                    found[identity].add(standing.index)
        return {identity: frozenset(indices) for identity, indices in found.items()}

    def _below(self, identity: str, act: str, met: set[tuple[str, str]]) -> Iterator[tuple[str, Standing]]:
        """The act and what it rests on, each once over all calls, so that a whole federation is walked in one go."""
        stack = [(identity, act)]
        while stack:
            place = stack.pop()
            if place in met:
                continue
            met.add(place)
            state = self.state_of(place[0])
            standing = state.acts.get(place[1]) if state else None
            if standing is not None:
                yield place[0], standing
                stack += [(link.body, link.act) for link in standing.because]

    def names(self, identity: str) -> Mapping[str, str]:
        """The names under which the holders of keys appear in a record: as candidates, and as those who sat."""
        if identity not in self._names:
            state = self.state_of(identity)
            names = {}
            if state is not None:
                names = {candidate.key: candidate.name for candidate in state.candidates.values()}
                names |= {seat.key: seat.name for member in state.bodies.values() for seat in member.held}
            self._names[identity] = names
        return self._names[identity]

    def offices(self, identity: str) -> Mapping[str, str]:
        """The office that each key of a record holds now, or held last; ``charter`` for charter keys."""
        if identity not in self._offices:
            state = self.state_of(identity)
            found: dict[str, str] = {}
            if state is not None:
                found = {held.key: held.office for held in state.offices}
                found |= {held.key: held.office for held in state.offices if is_current(state, held)}
                found |= dict.fromkeys(state.founding.charter_keys if state.founding else (), "charter")
            self._offices[identity] = found
        return self._offices[identity]

    def sat(self, identity: str) -> frozenset[str]:
        """The keys that hold or held a seat in this assembly."""
        if identity not in self._sat:
            state = self.state_of(identity)
            members = state.bodies.values() if state else ()
            self._sat[identity] = frozenset(seat.key for member in members for seat in member.held)
        return self._sat[identity]

    def is_void(self, identity: str, index: int) -> bool:
        """Whether the entry at this position was judged void there."""
        return any(finding.kind == "void" for finding in self.findings(identity).get(index, ()))

    def has_page(self, identity: str, index: int) -> bool:
        """Whether the act at this position has a page of its own."""
        if identity not in self.by_identity:
            return False
        return self.every_act or index in self.chosen.get(identity, ())


def _roots(state: State) -> Iterator[str]:
    """The acts for whose sake chains of warrants are shown."""
    if state.identity:
        yield state.identity
    yield from state.decisions
    for election in state.elections.values():
        if election.result is not None:
            yield election.result.act
    yield from state.memberships
    for act, standing in state.acts.items():
        if standing.status == "void" or standing.kind in SHOWN:
            yield act


__all__ = ["DEEPEST", "Library", "trace"]
