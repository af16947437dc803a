"""What an assembly's meeting looks like before anybody acts: who is here, how each vote would count, what is missing.

Everything is asked of the rules themselves, by the copies at hand: nobody learns it from an act that turned out void.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from majlis.cli.assembly_words import choice_in_words, prose, slug_of
from majlis.cli.desk import at
from majlis.cli.words import key_in_words
from majlis.errors import Refused

if TYPE_CHECKING:
    from majlis.host.federation import Federation
    from majlis.host.node import Known, Node
    from majlis.institutions import State
    from majlis.institutions.state import Mandate, Session, Vote

__all__ = ["Delegate", "Sheet", "delegates"]

_LABELS: Final = {
    "kept": "as the mandate of its district says",
    "broken": "AGAINST the mandate of its district",
    "free": "without a mandate",
    "void": "VOID: who cast it sits no longer",
}


class Delegate(NamedTuple):
    """Who sits now: key, name, and the identity of the body that sent them."""

    key: str
    name: str
    body: str


def delegates(state: State) -> list[Delegate]:
    """All who sit now, in the order in which they were seated."""
    from majlis.institutions.kinds import is_sitting

    found = [
        (seat.index, Delegate(seat.key, seat.name, body))
        for body, member in sorted(state.bodies.items(), key=lambda item: item[0])
        for seat in member.held
        if seat.ended is None and is_sitting(state, body, seat.key)
    ]
    return [delegate for _, delegate in sorted(found, key=lambda each: each[0])]


class Sheet:
    """The assembly of a record, in words and as facts."""

    def __init__(self, node: Node, federation: Federation, body: Known) -> None:
        self.node, self.federation, self.slug = node, federation, body.slug
        self.state: State = federation.records[body.identity].state
        self.sitting = delegates(self.state)

    # --- meetings

    def meeting(self, act: str) -> tuple[list[str], dict[str, Any]]:
        """Who is present, what the quorum lacks, and from when on it can be opened."""
        from majlis.institutions.assembly.rules import presence

        session, here = self.state.sessions[act], presence(self.state, self.state.sessions[act])
        lines = [f"the meeting called by act {session.index} of {self.slug}: {self._opening(session)}"]
        lacks = _lacks(here.delegates, here.seats, here.bodies, here.districts)
        counted = f"{here.delegates} of {here.seats} seats from {here.bodies} of {here.districts} districts"
        lines.append(f"  present are {counted}: {f'no quorum, {lacks}' if lacks else 'a quorum'}")
        for one in self.sitting:
            lines.append(f"  {'here  ' if one.key in session.attended else 'absent'}  {self.named(one)}")
        lines += self._vacant()
        gone = session.attended - {one.key for one in self.sitting}
        lines += [f"  came, and sits no longer: {key_in_words(key)}" for key in sorted(gone)]
        facts = {
            "session": act,
            "index": session.index,
            "opened": session.opened,
            "present": here.delegates,
            "seats": here.seats,
            "districts_present": here.bodies,
            "districts": here.districts,
            "is_quorum": here.is_quorum,
            "attended": sorted(session.attended),
        }
        return lines, facts

    def _vacant(self) -> Iterator[str]:
        """Seats that nobody holds: of a member whose election nobody delivered, or that has nobody in reserve."""
        for body, member in sorted(self.state.bodies.items(), key=lambda each: slug_of(self.node, each[0])):
            vacant = member.seats - sum(one.body == body for one in self.sitting)
            if member.left is None and vacant > 0:
                slug = slug_of(self.node, body)
                why = "its district is disputed" if member.disputed else f"{self._deliver(slug)}, or it elects"
                yield f"  vacant  {vacant} of {member.seats} seats of {slug}; {why}"

    def _opening(self, session: Session) -> str:
        if session.opened is not None:
            return f"open, by act {session.opened}"
        days = session.charter.notice_days
        if self._has_passed(session.index, days):
            return f"not open; its {days} days of notice are over"
        return f"not open; it can be {self._from(session.index, days)}, after {days} days of notice"

    def named(self, one: Delegate) -> str:
        """A delegate as people know them: name, district, words of the key."""
        return f"{one.name} ({slug_of(self.node, one.body)}), {key_in_words(one.key)}"

    # --- motions

    def motion(self, act: str) -> tuple[list[str], dict[str, Any]]:
        """Every vote beside its mandate with the label that it would get now, and what a close would come to."""
        from immutables import Map

        from majlis.institutions.assembly.rules import label_now, opened_at

        motion = self.state.motions[act]
        cast: Map[str, Vote] = self.state.votes.get(act, Map())
        votes = [label_now(self.state, act, vote) for vote in sorted(cast.values(), key=lambda vote: vote.index)]
        lines = [f"act {motion.index} of {self.slug}: {prose(self.node, motion.text)}"]
        lines += self._mandates(act)
        lines += [f"  {choice_in_words(vote.choice):<8} {self._voter(vote)}: {_LABELS[vote.label]}" for vote in votes]
        facts: dict[str, Any] = {
            "motion": act,
            "index": motion.index,
            "closed": motion.closed,
            "votes": [
                {"key": vote.key, "district": vote.district, "choice": vote.choice, "label": vote.label}
                for vote in votes
            ],
        }
        if motion.closed:
            return [*lines, *self._decided(act)], facts
        opened = opened_at(self.state, act)
        if opened is None:
            return [*lines, "  it is not before an open meeting yet"], facts | {"rule": "R-VOTE-2"}
        lacking = [one for one in self.sitting if one.key not in cast]
        lines += [f"  {'no vote':<8} {self.named(one)}" for one in lacking]
        more, said = self._closing(act, opened, votes, lacking)
        return [*lines, *more], facts | said

    def _voter(self, vote: Vote) -> str:
        held = self.state.bodies[vote.district].held
        name = next((seat.name for seat in held if seat.key == vote.key), key_in_words(vote.key))
        return f"{name} ({slug_of(self.node, vote.district)})"

    def _mandates(self, act: str) -> Iterator[str]:
        from immutables import Map

        known: Map[str, Mandate] = self.state.instructions.get(act, Map())
        for body, mandate in sorted(known.items(), key=lambda each: slug_of(self.node, each[0])):
            free = mandate.instruction == "free"
            said = "leaves its delegates free" if free else f"says {choice_in_words(mandate.instruction)}"
            yield f"  mandate: {slug_of(self.node, body)} {said}"
        for body, record in sorted(self.federation.records.items()):
            given = record.state.mandates.get(f"{self.state.identity} {act}")
            is_member = body in self.state.bodies and self.state.bodies[body].left is None
            if given is not None and is_member and (body not in known or known[body].index < given.index):
                slug = slug_of(self.node, body)
                yield f"  NOT DELIVERED: the mandate that {slug} gave by its act {given.index}; {self._deliver(slug)}"

    def _deliver(self, slug: str) -> str:
        return f"majlis deliver {self.slug} {slug}"

    def owed(self) -> Iterator[str]:
        """Recalls and leavings that the copies here show, and this record does not have; and what is not at hand."""
        from majlis.institutions.seats.owed import owed

        if self.state.missing is not None:
            yield f"NOT SURE from entry {self.state.missing} on, which rests on something that is not here"
        for body in sorted(self.state.bodies):
            record = self.federation.records.get(body)
            for each in owed(self.state, record.state) if record is not None else ():
                slug = slug_of(self.node, body)
                if each.what == "sits":
                    yield f"NOT DELIVERED: {slug} recalled a delegate, by its act {each.index}; {self._deliver(slug)}"
                elif each.what == "left":
                    yield f"NOT DELIVERED: {slug} has left, by its act {each.index}; {self._deliver(slug)}"

    # --- closing

    def _decided(self, act: str) -> Iterator[str]:
        for decision in self.state.decisions.values():
            if decision.motion == act and decision.how == "rollcall":
                numbers = f"{decision.yes} for, {decision.no} against, {decision.abstain} abstaining"
                outcome = "carried" if decision.carried else "not carried"
                yield f"  decided by act {decision.index}: {outcome}, {numbers}, of {decision.roll} seats"
                silent = sorted(slug_of(self.node, body) for body in decision.silent)
                if silent:
                    yield f"  counted without a new head of {', '.join(silent)}"

    def _closing(
        self, act: str, opened: int, votes: list[Vote], lacking: list[Delegate]
    ) -> tuple[list[str], dict[str, Any]]:
        """What closing now would come to, and what to do where it would be void."""
        from majlis.institutions.assembly.rules import count_votes, silent_of, strength
        from majlis.institutions.decisions import is_carried

        counted = [vote for vote in votes if vote.label != "void"]
        seats, districts = strength(self.state)
        lacks = _lacks(len(counted), seats, len({vote.district for vote in counted}), districts)
        numbers = (f"{sum(v.choice == meant for v in counted)} {said}" for meant, said in _SAID)
        lines = [f"  counted now: {', '.join(numbers)}, of {seats} seats{f'; no quorum, {lacks}' if lacks else ''}"]
        silent, unheard = silent_of(self.state, counted), self._unheard(counted)
        if unheard:
            days = self.state.charter.head_days
            lines.append(f"  not heard of: {', '.join(unheard)}; no head of at most {days} days was shown")
        facts: dict[str, Any] = {
            "silent": sorted(slug_of(self.node, body) for body in silent),
            "rule": "",
            "carried": None,
        }
        try:
            count = count_votes(self.state, act)
        except Refused as fault:
            lines += [f"  closing now would be VOID by {fault.rule}: {fault.text}"]
            lines += [f"  -> {each}" for each in self._advice(fault.rule, opened, counted, lacking)]
            return lines, facts | {"rule": fault.rule}
        carried = is_carried(self.state.charter, self.state.motions[act], count.tally)
        return [*lines, f"  closing now would {'carry' if carried else 'NOT carry'} it"], facts | {"carried": carried}

    def _unheard(self, votes: list[Vote]) -> list[str]:
        from majlis.institutions.seats import is_heard

        districts = {vote.district for vote in votes}
        return sorted(
            slug_of(self.node, each) for each in districts if not is_heard(self.state, self.state.bodies[each])
        )

    def _advice(self, rule: str, opened: int, votes: list[Vote], lacking: list[Delegate]) -> Iterator[str]:
        """What to do about a close that would be void by this rule."""
        from majlis.institutions.ticks import latest

        days, heads = self.state.charter.voting_days, self.state.charter.head_days
        if rule == "R-ASSEMBLY-5":
            # Who was seated after the opening has time of their own, once everybody else's is over.
            newest = max((self._seated_at(one) for one in lacking), default=opened)
            since = newest if self._has_passed(opened, days) else opened
            yield f"whoever has not voted does, or it is closed {self._from(since, days)}"
        elif rule == "R-ASSEMBLY-4":
            yield "more delegates vote: what is missing to the quorum stands above"
        elif rule == "R-ASSEMBLY-6":
            if any(latest(self.state, vote.index) is None for vote in votes):
                yield f"let a tick show the newest votes: majlis tick {self.slug}"
            if self._unheard(votes):
                yield f"take newer copies of these districts' records, and: majlis seats heads {self.slug}"
            yield f"or it is closed {self._from(opened, days + heads)}, and then every vote counts"

    def _seated_at(self, one: Delegate) -> int:
        return max(seat.index for seat in self.state.bodies[one.body].held if seat.key == one.key)

    def _has_passed(self, since: int, days: int) -> bool:
        from majlis.institutions.ticks import has_passed

        return has_passed(self.state, since, days)

    def _from(self, since: int, days: int) -> str:
        """From which tick on so many days provably lie behind the act at ``since``."""
        from majlis.institutions.charter import DAY
        from majlis.institutions.ticks import latest

        began = latest(self.state, since)
        if began is None:
            return f"{days} days after the first tick that shows act {since} (none does yet: majlis tick {self.slug})"
        return f"from the first tick on that is not before {at(began + days * DAY)}"


_SAID: Final = (("yes", "for"), ("no", "against"), ("abstain", "abstaining"))


def _lacks(delegates: int, seats: int, bodies: int, districts: int) -> str:
    """What is missing to more than half of each, in words; empty where nothing is."""
    people, places = seats // 2 + 1 - delegates, districts // 2 + 1 - bodies
    missing = [f"{people} more of the seats"] if people > 0 else []
    missing += [f"{places} more of the districts"] if places > 0 else []
    return f"{' and '.join(missing)} to come" if missing else ""
