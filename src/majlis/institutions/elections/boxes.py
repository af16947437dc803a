"""While the box is open and after it closes: heads, close, objections (``spec/elections.md``)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.ballot import check_petition_signature
from majlis.errors import Fault, Refused
from majlis.institutions.charter import Count, Decimal, Hash, Hex64
from majlis.institutions.elections.announcing import find_election, notice_of
from majlis.institutions.elections.paper import fingerprint
from majlis.institutions.kinds import ANYONE, Context, Kind, holds
from majlis.institutions.logs import logs_for
from majlis.institutions.petitions import check_listed
from majlis.institutions.state import Election, State, replace
from majlis.institutions.ticks import has_passed, was_in_time
from majlis.institutions.warrant import use_warrant

Fingerprint = Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{43}\Z")]


class OpenBox(msgspec.Struct, frozen=True, kw_only=True):
    """``fingerprint``: hash of election.json; ``head``: hash of the archive's first event, which is its set-up."""

    election: Hex64
    fingerprint: Fingerprint
    head: Hex64


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The archive's newest event: its height, its hash, and how many ballots there are."""

    election: Hex64
    height: Count
    head: Hex64
    ballots: Count


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """A member whose tracker is not the one that counts objects with the key derived for this very election."""

    election: Hex64
    key: Hex64
    index: Count
    path: tuple[Hash, ...]
    challenge: Decimal
    response: Decimal


class Settle(msgspec.Struct, frozen=True, kw_only=True):
    """The members have heard those who object, and let the count go on."""

    election: Hex64


def judge_open(context: Context) -> State:
    """R-ELECT-8 list and all trustees' keys are in; R-ELECT-9 notice; R-ELECT-10 the paper is what the acts make."""
    state, data = context.state, context.data
    election = find_election(state, data.election)
    if election.opened is not None or not election.list_act or not all(t.public_key for t in election.trustees):
        raise Refused("a box opens once, when the list and every trustee's key are published", rule="R-ELECT-8")
    days = notice_of(election)
    if not has_passed(state, election.index, days):
        raise Refused(f"{days} days of notice have not provably passed since the announcement", rule="R-ELECT-9")
    if data.fingerprint != fingerprint(state, election):
        raise Refused("the ballot paper is not the one that the announcement and the keys make", rule="R-ELECT-10")
    context.rests_on(data.election, "announcement")
    context.rests_on(election.list_act, "list")
    changed = replace(election, opened=context.index, fingerprint=data.fingerprint, heads=((0, data.head),))
    return replace(state, elections=state.elections.set(data.election, changed))


def judge_head(context: Context) -> State:
    """R-BOXHEAD-1: heads only grow; a ballot dropped after a head was logged shows. R-BOXHEAD-3: who says so."""
    state, data = context.state, context.data
    logs = {log.public_key.hex() for log in logs_for(state, state.size + 1)}
    if not holds(state, context.act.author, "clerk") and context.act.author not in logs:
        raise Refused("the clerk or the key of this record's log says how far a box has come", rule="R-BOXHEAD-3")
    election = _running(state, data)
    changed = replace(election, heads=(*election.heads, (data.height, data.head)), ballots=data.ballots)
    return replace(state, elections=state.elections.set(data.election, changed))


def _running(state: State, data: Head) -> Election:
    election = find_election(state, data.election)
    if election.opened is None or election.closed is not None:
        raise Refused("the box is not open", rule="R-BOXHEAD-1")
    height, head = election.heads[-1]
    grows = data.height > height and data.ballots >= election.ballots
    same = (data.height, data.head) == (height, head) and data.ballots == election.ballots
    if not (grows or same):
        raise Refused("the head of a box never goes back, and never changes at one height", rule="R-BOXHEAD-1")
    return election


def judge_close(context: Context) -> State:
    """R-ELECT-11: not before the charter's voting time has provably passed. The last head is the one that counts."""
    state, data = context.state, context.data
    election = _running(state, data)
    if election.opened is None or not has_passed(state, election.opened, election.charter.voting_days):
        raise Refused(f"the box stays open for {election.charter.voting_days} days at least", rule="R-ELECT-11")
    context.rests_on(data.election, "announcement")
    changed = replace(
        election,
        heads=(*election.heads, (data.height, data.head)),
        ballots=data.ballots,
        closed=context.index,
        close_act=context.act.id,
    )
    return replace(state, elections=state.elections.set(data.election, changed))


def judge_objection(context: Context) -> State:
    """R-OBJECT-5 after the close; R-OBJECT-1 in the window; R-OBJECT-2 key on the list; R-OBJECT-3 which signed."""
    state, data = context.state, context.data
    election = find_election(state, data.election)
    days = election.charter.objection_days
    if election.closed is None:
        raise Refused("objections are raised once the box is closed", rule="R-OBJECT-5")
    if has_passed(state, election.closed, days) and not was_in_time(state, context.act.id, election.closed, days):
        raise Refused("objections are raised within the charter's window after the close", rule="R-OBJECT-1")
    check_listed(data.key, data.index, data.path, election.voters, election.list_root, rule="R-OBJECT-2")
    try:
        check_petition_signature(data.key, data.election, "objection", data.challenge, data.response)
    except Fault as fault:
        raise Refused(f"the signature of the objection fails: {fault.text}", rule="R-OBJECT-3") from fault
    changed = replace(election, objections=election.objections | {data.key})
    return replace(state, elections=state.elections.set(data.election, changed))


def judge_settle(context: Context) -> State:
    """R-OBJECT-4: once the window is over, by the members' own decision; else one member could stop every count."""
    state, data = context.state, context.data
    election = find_election(state, data.election)
    if election.closed is None or not has_passed(state, election.closed, election.charter.objection_days):
        raise Refused("objections are settled when all have been raised: after their window", rule="R-OBJECT-4")
    after = use_warrant(context)
    changed = replace(election, settled=True)
    return replace(after, elections=after.elections.set(data.election, changed))


KINDS: Final = (
    Kind(
        name="election.open",
        data=OpenBox,
        judge=judge_open,
        authors=("clerk",),
        warrant="the announcement, the list, and every trustee's key",
        early=True,
    ),
    Kind(name="box.head", data=Head, judge=judge_head, authors=(ANYONE,), warrant="the open box", early=True),
    Kind(
        name="election.close",
        data=Head,
        judge=judge_close,
        authors=("clerk",),
        warrant="the voting time of the charter",
        early=True,
    ),
    Kind(
        name="objection.raise",
        data=Objection,
        judge=judge_objection,
        authors=(ANYONE,),
        warrant="the member's own key",
        early=True,
    ),
    Kind(
        name="objection.settle",
        data=Settle,
        judge=judge_settle,
        authors=(ANYONE,),
        warrant="a decision naming the election",
        early=True,
    ),
)
