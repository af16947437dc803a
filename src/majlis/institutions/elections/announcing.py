"""Before the box opens: roll, candidacies, announcement, trustees' keys, list (``spec/elections.md``)."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from majlis.ballot import election_uuid
from majlis.errors import Refused
from majlis.institutions.charter import Charter, Count, Hex64, Name
from majlis.institutions.keys import INCOMPATIBLE
from majlis.institutions.kinds import (
    ANYONE,
    ENROLLED,
    Context,
    Kind,
    Waiting,
    current,
    holders,
    holds,
    is_current,
    may_count,
)
from majlis.institutions.petitions import has_lapsed
from majlis.institutions.state import PLURALITY, Candidate, Election, Holding, Map, Roll, State, Trustee, replace
from majlis.institutions.ticks import has_passed, is_running

# A new election of delegates may be announced when this part of the term or more is over.
RENEW_DAYS: Final = 60
MOST_CANDIDATES: Final = 60
# A registrar alone changes the number of members by at most one part in so many.
ALONE: Final = 10
# What a ranked question of the format holds, and how many people one key ceremony takes.
MOST_RANKED: Final = 30
MOST_TRUSTEES: Final = 9
# How many leaves one act names.
MOST_REPLACED: Final = 200


class RollData(msgspec.Struct, frozen=True, kw_only=True):
    """``root``: Merkle root, in hex, over the salted leaves; ``paper`` of them vote on paper, counted in the open.

    ``replaced``: leaves, as their members hold them, in whose place others of the same members stand now.
    """

    root: Hex64
    leaves: Annotated[int, Meta(ge=1, le=10_000_000)]
    paper: Count = 0
    replaced: Annotated[tuple[Hex64, ...], Meta(max_length=MOST_REPLACED)] = ()


class Declare(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever stands says so with their own key, under the name they choose to appear by."""

    name: Name


class Announce(msgspec.Struct, frozen=True, kw_only=True):
    """``subject``: the assembly, the motion, or the petition. ``candidates``: ids of their declarations, in order."""

    purpose: Literal["delegates", "motion", "recall"]
    subject: Hex64
    seats: Count
    candidates: Annotated[tuple[Hex64, ...], Meta(max_length=MOST_CANDIDATES)]


class ListData(msgspec.Struct, frozen=True, kw_only=True):
    """The anonymous list: SHA-256 (hex) of its payload, Merkle root over its sorted keys, and their number."""

    election: Hex64
    credentials: Hex64
    root: Hex64
    voters: Count


def judge_roll(context: Context) -> State:
    """R-ROLL-1: no more paper voters than leaves, no more leaves than inhabitants counted; assemblies have no roll.
    R-ROLL-2: no registrar alone says how many there are. R-ROLL-3: whoever is replaced is named, once.
    """
    data: RollData = context.data
    if data.paper > data.leaves:
        raise Refused("more paper voters than leaves on the roll", rule="R-ROLL-1")
    if context.state.founding is not None and context.state.founding.type == "assembly":
        raise Refused("an assembly's members are bodies; it has no roll, and votes by roll call", rule="R-ROLL-1")
    census = context.state.census
    if census is not None and data.leaves > census.inhabitants:
        raise Refused("more leaves on the roll than inhabitants counted", rule="R-ROLL-1")
    dead = context.state.roll.dead if context.state.roll is not None else frozenset()
    if len(set(data.replaced)) != len(data.replaced) or dead & set(data.replaced):
        raise Refused("a leaf that was replaced is named once, and never comes back", rule="R-ROLL-3")
    roll = Roll(
        act=context.act.id,
        index=context.index,
        root=data.root,
        leaves=data.leaves,
        paper=data.paper,
        witnessed=_witnessed(context, data.leaves, len(data.replaced)),
        dead=dead | set(data.replaced),
    )
    if context.state.census is not None:
        context.rests_on(context.state.census.act, "census")
    return replace(context.state, roll=roll)


def _witnessed(context: Context, leaves: int, replaced: int) -> int:
    """How many leaves a teller or the list keeper signed for last: these, where one of them signed beside.

    The registrar alone stays within a tenth of that, however often the roll is committed, and replaces no more at once.

    Raises: Waiting with R-ROLL-2, R-ROLL-3.
    """
    state = context.state
    beside = context.signers - {context.act.author}
    if any(may_count(state, key) or holds(state, key, "list_keeper") for key in beside):
        return leaves
    last = state.roll.witnessed if state.roll is not None else 0
    if abs(leaves - last) * ALONE > last:
        text = (
            f"a teller's or the list keeper's, since {leaves} leaves are not within a tenth of the {last} signed last"
        )
        raise Waiting(text, rule="R-ROLL-2")
    if replaced * ALONE > last:
        text = f"a teller's or the list keeper's, since {replaced} of {last} are replaced at once"
        raise Waiting(text, rule="R-ROLL-3")
    return last


def judge_declare(context: Context) -> State:
    """R-ELECT-1: whoever guards elections does not stand in them."""
    state, author = context.state, context.act.author
    if _is_guard(state, author):
        offices = ", ".join(sorted(INCOMPATIBLE))
        raise Refused(f"who holds one of these offices does not stand for election: {offices}", rule="R-ELECT-1")
    candidate = Candidate(act=context.act.id, index=context.index, key=author, name=context.data.name)
    return replace(state, candidates=state.candidates.set(context.act.id, candidate))


def _is_guard(state: State, key: str) -> bool:
    tag = state.keys[key].tag
    return any(held.tag == tag and held.office in INCOMPATIBLE and is_current(state, held) for held in state.offices)


def judge_announce(context: Context) -> State:
    """R-ELECT-2 roll and officers; R-ELECT-3 what may be put to a box; R-ELECT-4 when; R-ELECT-5 who stands;
    R-ELECT-12 who announces: the clerk, but anybody what the members have asked for by petition.
    """
    state, data = context.state, context.data
    if not holds(state, context.act.author, "clerk") and not _is_asked_for(state, data):
        raise Refused("the clerk announces; others only a recall or a contest that members signed", rule="R-ELECT-12")
    if state.roll is None:
        raise Refused("a secret ballot needs a committed roll", rule="R-ELECT-2")
    elections = _without_stalled(context)
    petition = state.petitions.get(data.subject) if data.purpose == "recall" else None
    charter = state.charter if petition is None else petition.charter
    registrar, list_keeper, trustees, needed = _officers(state, charter)
    candidates = _subject(context)
    context.rests_on(state.roll.act, "roll")
    election = Election(
        index=context.index,
        uuid=election_uuid(context.act.id),
        purpose=data.purpose,
        subject=data.subject,
        seats=data.seats,
        candidates=candidates,
        roll=state.roll,
        charter=charter,
        registrar=registrar,
        list_keeper=list_keeper,
        trustees=trustees,
        needed=needed,
        rule=counting_rule(charter, data.seats) if data.purpose == "delegates" else PLURALITY,
    )
    return replace(state, elections=elections.set(context.act.id, election))


def _without_stalled(context: Context) -> Map[str, Election]:
    """R-ELECT-4: one ballot at a time on one thing, but one that did not come to open in twice its notice is ended by
    the next announcement: a trustee who stays away stops nothing.
    """
    state, data = context.state, context.data
    elections = state.elections
    for act, election in state.elections.items():
        if (election.purpose, election.subject) != (data.purpose, data.subject) or not is_running(state, election):
            continue
        if election.opened is not None or not has_passed(state, election.index, 2 * notice_of(election)):
            raise Refused("a ballot on this is announced or open already", rule="R-ELECT-4")
        elections = elections.set(act, replace(election, ended=context.act.id))
    return elections


def notice_of(election: Election) -> int:
    """Days from the announcement to the opening."""
    charter = election.charter
    return charter.recall_notice_days if election.purpose == "recall" else charter.notice_days


def needed_of(charter: Charter, trustees: int) -> int:
    """How many of so many trustees open a box: more than the charter's share of them (R-TRUSTEE-7)."""
    above, below = charter.trustee_share
    return min(trustees, trustees * above // below + 1)


def counting_rule(charter: Charter, seats: int) -> str:
    """By which delegates for so many seats are counted (R-COUNTING-1)."""
    return charter.one_seat if seats == 1 else charter.more_seats


def _is_asked_for(state: State, data: Announce) -> bool:
    motion = state.motions.get(data.subject)
    return data.purpose == "recall" or (data.purpose == "motion" and motion is not None and motion.contested)


def _officers(state: State, charter: Charter) -> tuple[str, str, tuple[Trustee, ...], int]:
    """The registrar, the list keeper of another body, and the trustees, so mixed that no body opens a box alone.

    R-TRUSTEE-8: without trustees who were shown to lie; R-TRUSTEE-7: as many are needed as with them.
    """
    registrars, keepers = holders(state, "registrar"), holders(state, "list_keeper")
    trustees = tuple(held for held in holders(state, "trustee") if not _has_lied(state, held))
    if not registrars or not keepers:
        raise Refused("a secret ballot needs a registrar, and a list keeper from another body", rule="R-ELECT-2")
    needed = needed_of(charter, len(holders(state, "trustee")))
    if (
        not 2 <= len(trustees) <= MOST_TRUSTEES
        or len(trustees) < needed
        or any(count >= needed for count in Counter(t.of for t in trustees).values())
    ):
        raise Refused(
            f"a secret ballot needs trustees of several bodies, {MOST_TRUSTEES} at most, and no body has as many as "
            f"open the box (here {needed} of {len(trustees)})",
            rule="R-ELECT-2",
        )
    return (
        registrars[0].key,
        keepers[0].key,
        tuple(Trustee(key=held.key, of=held.of) for held in trustees),
        needed,
    )


def _has_lied(state: State, trustee: Holding) -> bool:
    """R-TRUSTEE-8: shown to lie in a ceremony since the appointment, under whatever key."""
    return any(
        election.liar
        and current(state, election.liar) == trustee.key
        and state.acts[election.ended].index > trustee.index
        for election in state.elections.values()
    )


def _subject(context: Context) -> tuple[Candidate, ...]:
    state, data = context.state, context.data
    if data.purpose == "delegates":
        return _delegates(context)
    if data.purpose == "motion":
        motion = state.motions.get(data.subject)
        if motion is None or motion.closed:
            raise Refused("only an open motion on the table is put to a box", rule="R-ELECT-3")
    else:
        petition = state.petitions.get(data.subject)
        if petition is None or petition.aim != "recall" or petition.passed is None or petition.closed:
            raise Refused("only a recall petition with enough signatures is put to a box", rule="R-ELECT-3")
        if has_lapsed(state, data.subject):
            raise Refused("nobody put this petition to a box in time, and it lapsed; sign anew", rule="R-PETITION-7")
    if data.candidates or data.seats:
        raise Refused("for or against is the question here; there are no candidates", rule="R-ELECT-3")
    context.rests_on(data.subject, "motion" if data.purpose == "motion" else "petition")
    return ()


def _delegates(context: Context) -> tuple[Candidate, ...]:
    state, data = context.state, context.data
    membership = state.memberships.get(data.subject)
    if membership is None or membership.left is not None or data.seats != membership.seats:
        raise Refused("this body sends delegates only to an assembly it joined, as many as its seats", rule="R-ELECT-3")
    last = _last(state, data.subject)
    if last is not None and last.result is not None:
        is_due = has_passed(state, last.result.index, max(0, state.charter.term_days - RENEW_DAYS))
        if not is_due and not _is_used_up(state, last):
            raise Refused("the delegates' term is not near its end; to remove one there is recall", rule="R-ELECT-4")
    most = state.charter.most_candidates
    if counting_rule(state.charter, data.seats) != PLURALITY:
        most = min(most, MOST_RANKED)
    candidates = standing(state, last.result.index if last is not None and last.result is not None else -1, most)
    if not candidates or data.candidates != tuple(candidate.act for candidate in candidates):
        raise Refused(
            "the list is everyone who declared since the last election that they stand, in the order in which they "
            "did; at least one",
            rule="R-ELECT-5",
        )
    for candidate in candidates:
        context.rests_on(candidate.act, "candidacy")
    context.rests_on(membership.act, "membership")
    return candidates


def standing(state: State, since: int = -1, most: int = MOST_CANDIDATES) -> tuple[Candidate, ...]:
    """Who stands now: everybody's newest declaration after position ``since``, in order, without those who guard it.

    ``most``: the first so many of them.

    So the clerk can leave nobody off the list, and put nobody first.
    """
    declared = sorted((c for c in state.candidates.values() if c.index > since), key=lambda c: c.index)
    newest = {candidate.key: candidate for candidate in declared}
    free = [c for c in newest.values() if not state.keys[c.key].suspended and not _is_guard(state, c.key)]
    return tuple(sorted(free, key=lambda c: c.index)[:most])


def _last(state: State, assembly: str) -> Election | None:
    """The newest election of delegates to that assembly that has a result."""
    held = [e for e in state.elections.values() if (e.purpose, e.subject) == ("delegates", assembly) and e.result]
    return max(held, key=lambda election: election.index, default=None)


def _is_used_up(state: State, election: Election) -> bool:
    """Whether so many of those on the list were recalled that not every seat can be filled from it."""
    recalled = {r.delegate for r in state.recalls.values() if r.passed and r.assembly == election.subject}
    return sum(candidate.key not in recalled for candidate in election.candidates) < election.seats


def find_election(state: State, election: str) -> Election:
    """The election announced by that act, not lapsed. Raises: Refused with R-ELECT-6."""
    found = state.elections.get(election)
    if found is None:
        raise Refused("no election was announced by that act", rule="R-ELECT-6")
    if found.result is None and not is_running(state, found):
        raise Refused("this election was ended, or not finished in time; announce it anew", rule="R-ELECT-6")
    return found


def trustee_position(state: State, election: Election, key: str) -> int:
    """Where in the election's trustees ``key`` stands. A trustee serves an election to its end, whatever the term.

    Raises: Refused with R-TRUSTEE-1.
    """
    for position, trustee in enumerate(election.trustees):
        if current(state, trustee.key) == key and not state.keys[key].suspended:
            return position
    raise Refused("the author is no trustee of this election", rule="R-TRUSTEE-1")


def set_trustee(state: State, election_id: str, position: int, **changes: str | tuple[str, ...]) -> State:
    """The state with one trustee of one election changed."""
    election = state.elections[election_id]
    trustees = list(election.trustees)
    trustees[position] = replace(trustees[position], **changes)
    changed = replace(election, trustees=tuple(trustees))
    return replace(state, elections=state.elections.set(election_id, changed))


def judge_list(context: Context) -> State:
    """R-ELECT-7: the list keeper's list, countersigned by the registrar, as long as the roll less its paper voters.

    Until the box opens another takes its place, without a key that was lost meanwhile.
    """
    state, data = context.state, context.data
    election = find_election(state, data.election)
    if context.act.author != current(state, election.list_keeper) or election.opened is not None:
        raise Refused("the list is published by this election's list keeper, before the box opens", rule="R-ELECT-7")
    if data.voters != election.roll.leaves - election.roll.paper:
        raise Refused(
            f"the list has {data.voters} keys; the roll has {election.roll.leaves} members of whom "
            f"{election.roll.paper} vote on paper",
            rule="R-ELECT-7",
        )
    context.rests_on(election.roll.act, "roll")
    changed = replace(
        election, credentials=data.credentials, list_root=data.root, voters=data.voters, list_act=context.act.id
    )
    return replace(state, elections=state.elections.set(data.election, changed))


def _registrar(_: State) -> tuple[str, int]:
    return "registrar", 1


KINDS: Final = (
    Kind(name="roll.commit", data=RollData, judge=judge_roll, authors=("registrar",), warrant="the census", early=True),
    Kind(
        name="candidacy.declare",
        data=Declare,
        judge=judge_declare,
        authors=(ENROLLED,),
        warrant="the candidate's own key",
    ),
    Kind(
        name="election.announce",
        data=Announce,
        judge=judge_announce,
        authors=(ANYONE,),
        warrant="the charter: a seat to fill, a motion, or a petition with enough signatures",
        early=True,
    ),
    Kind(
        name="election.list",
        data=ListData,
        judge=judge_list,
        authors=("list_keeper",),
        beside=_registrar,
        warrant="the roll",
        early=True,
    ),
)
