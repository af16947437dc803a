"""The chain of warrants as a tree of ready-to-print steps, short enough for one page.

Of several steps alike (the votes of a roll call) the first few are followed and the others counted.
"""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from majlis.institutions import Step, trace
from majlis.institutions.state import Standing
from majlis.site import lexicon
from majlis.site.language import When
from majlis.site.library import DEEPEST
from majlis.site.neutral import shorten
from majlis.site.views.parts import Desk, Ref, Stamp

ALIKE = 4
"""Steps of one kind under one act that are followed."""

MOST = 90
"""Steps shown on one page."""


class Node(Struct, frozen=True, kw_only=True):
    """One step: what it is to the step above, what it is, its gist, and what it rests on in turn.

    ``again``: the step and what is below it stand higher up already. ``more``: how many steps like it were left off.
    """

    role: str
    title: str
    body: Ref
    act: Ref
    stamp: Stamp
    when: When
    gist: str
    again: bool
    children: tuple[Node, ...]
    more: str


class _Growing:
    """A node while its children are still coming."""

    def __init__(self, step: Step, *, again: bool) -> None:
        self.step = step
        self.again = again
        self.children: list[_Growing] = []
        self.left_off: Counter[str] = Counter()

    def more_after(self, child: _Growing) -> int:
        """How many steps like ``child`` were left off, if it is the last of its like."""
        alike = [other for other in self.children if other.step.role == child.step.role]
        return self.left_off[child.step.role] if alike[-1] is child else 0


def chain(desk: Desk, body: str, act: str) -> Node:
    """The chain under an act, with the act itself on top."""
    top: list[_Growing] = []
    above: list[_Growing] = []
    met: set[tuple[str, str]] = set()
    shown = 0
    skipping: int | None = None
    for step in trace(body, act, desk.library.state_of, deepest=DEEPEST):
        if skipping is not None and step.depth > skipping:
            continue
        skipping = None
        del above[step.depth :]
        siblings = above[-1].children if above else top
        alike = sum(other.step.role == step.role for other in siblings)
        if above and (alike >= ALIKE or shown >= MOST):
            above[-1].left_off[step.role] += 1
            skipping = step.depth
            continue
        place = (step.body, step.act)
        node = _Growing(step, again=place in met)
        met.add(place)
        siblings.append(node)
        above.append(node)
        shown += 1
    return _finish(desk, top[0], 0)


def _finish(desk: Desk, node: _Growing, more: int) -> Node:
    step = node.step
    standing = step.standing
    state = desk.library.state_of(step.body)
    has_more = standing is not None and bool(standing.because)
    return Node(
        role=_role(desk, step.role),
        title=desk.kind(standing.kind) if standing else desk.say.gettext("an act that is not at hand"),
        body=desk.body(step.body),
        act=desk.act(step.body, standing.index) if standing else Ref(text=f"{step.act[:16]}…"),
        stamp=desk.status(standing.status if standing else "missing"),
        when=desk.when(state, standing.index) if standing and state else When(),
        gist=gist(desk, step.body, standing) if standing else "",
        again=node.again and has_more,
        children=tuple(_finish(desk, child, node.more_after(child)) for child in node.children),
        more=desk.say.ngettext("and %(num)s more like this", "and %(num)s more like these", more) if more else "",
    )


def _role(desk: Desk, role: str) -> str:
    if role in lexicon.KINDS:
        return desk.say.gettext(lexicon.ROLE_BY_CERTIFICATE)
    return desk.word(lexicon.ROLES, role) if role else ""


def gist(desk: Desk, body: str, standing: Standing) -> str:
    """The one thing about an act that its title does not say: numbers, a name, a choice."""
    act = desk.library.act(body, standing.index)
    state = desk.library.state_of(body)
    if act is None or state is None:
        return ""
    say, data = desk.say, act.data
    if act.id in state.decisions:
        decision = state.decisions[act.id]
        return say.gettext(
            "%(yes)s for, %(no)s against, %(abstain)s abstaining",
            yes=desk.number(decision.yes),
            no=desk.number(decision.no),
            abstain=desk.number(decision.abstain),
        )
    match act.kind, data:
        case "roll.commit", {"leaves": int(leaves)}:
            return say.ngettext("%(num)s member", "%(num)s members", leaves)
        case "census.publish" | "census.countersign" | "plan.adopt" | "plan.amend", {"inhabitants": int(people)}:
            return say.ngettext("%(num)s inhabitant", "%(num)s inhabitants", people)
        case "candidacy.declare", {"name": str(name)}:
            return shorten(name, 80)
        case "vote.cast", {"choice": str(choice)}:
            return desk.word(lexicon.CHOICES, choice)
        case "election.list", {"voters": int(voters)}:
            return say.ngettext("%(num)s voter", "%(num)s voters", voters)
        case "election.close", {"ballots": int(ballots)}:
            return say.ngettext("%(num)s ballot", "%(num)s ballots", ballots)
        case "federation.join" | "plan.accept", {"district": str(district)}:
            return shorten(district, 80)
        case "motion.table", _:
            return desk.motion_title(state.motions[act.id]) if act.id in state.motions else ""
        case _:
            return ""
