"""Before the box opens: the roll, those who stand, the announcement, trustees' keys, the list (``spec/elections.md``)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from majlis.ballot import election_uuid, key_prefix
from majlis.crypto import ED25519, Proof, check_knowledge
from majlis.errors import Fault, Refused
from majlis.institutions.charter import Count, Hex64, Name
from majlis.institutions.keys import INCOMPATIBLE
from majlis.institutions.kinds import ENROLLED, Context, Kind, holders
from majlis.institutions.state import Candidate, Election, Roll, State, Trustee, replace
from majlis.institutions.ticks import has_passed

Decimal = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,77})\Z")]
# A new election of delegates may be announced when this part of the term or more is over.
RENEW_DAYS: Final = 60


class RollData(msgspec.Struct, frozen=True, kw_only=True):
    """``root``: Merkle root, in hex, over the salted leaves; ``paper`` of them vote on paper, counted in the open."""

    root: Hex64
    leaves: Annotated[int, Meta(ge=1, le=10_000_000)]
    paper: Count = 0


class Declare(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever stands says so with their own key, under the name they choose to appear by."""

    name: Name


class Announce(msgspec.Struct, frozen=True, kw_only=True):
    """``subject``: the assembly, the motion, or the petition. ``candidates``: ids of their own declarations."""

    purpose: Literal["delegates", "motion", "recall"]
    subject: Hex64
    seats: Count
    candidates: Annotated[tuple[Hex64, ...], Meta(max_length=60)]


class TrusteeKey(msgspec.Struct, frozen=True, kw_only=True):
    """A trustee's part of the election key, with the proof of knowing its secret (made for this election only)."""

    election: Hex64
    public_key: Hex64
    challenge: Decimal
    response: Decimal


class ListData(msgspec.Struct, frozen=True, kw_only=True):
    """The anonymous list: SHA-256 (hex) of its payload, Merkle root over its sorted keys, and their number."""

    election: Hex64
    credentials: Hex64
    root: Hex64
    voters: Count


def judge_roll(context: Context) -> State:
    """R-ROLL-1: no more paper voters than leaves."""
    data: RollData = context.data
    if data.paper > data.leaves:
        raise Refused("more paper voters than leaves on the roll", rule="R-ROLL-1")
    roll = Roll(act=context.act.id, index=context.index, root=data.root, leaves=data.leaves, paper=data.paper)
    if context.state.census is not None:
        context.rests_on(context.state.census.act, "census")
    return replace(context.state, roll=roll)


def judge_declare(context: Context) -> State:
    """R-ELECT-1: whoever guards elections does not stand in them."""
    state, author = context.state, context.act.author
    tag = state.keys[author].tag
    for office in INCOMPATIBLE:
        if any(held.tag == tag for held in holders(state, office)):
            raise Refused(f"a holder of the office '{office}' does not stand for election", rule="R-ELECT-1")
    candidate = Candidate(act=context.act.id, key=author, name=context.data.name)
    return replace(state, candidates=state.candidates.set(context.act.id, candidate))


def judge_announce(context: Context) -> State:
    """R-ELECT-2 roll and officers; R-ELECT-3 what may be put to a box; R-ELECT-4 when; R-ELECT-5 who stands."""
    state, data = context.state, context.data
    if state.roll is None:
        raise Refused("a secret ballot needs a committed roll", rule="R-ELECT-2")
    registrar, list_keeper, trustees = _officers(state)
    for election in state.elections.values():
        if election.subject == data.subject and election.purpose == data.purpose and election.result is None:
            if election.closed is None or not has_passed(state, election.closed, state.charter.term_days):
                raise Refused("a ballot on this is announced or open already", rule="R-ELECT-4")
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
        registrar=registrar,
        list_keeper=list_keeper,
        trustees=trustees,
    )
    return replace(state, elections=state.elections.set(context.act.id, election))


def _officers(state: State) -> tuple[str, str, tuple[Trustee, ...]]:
    """The registrar, the list keeper of another body, and the trustees from at least two bodies."""
    registrars, keepers = holders(state, "registrar"), holders(state, "list_keeper")
    trustees = holders(state, "trustee")
    if not registrars or not keepers or keepers[0].of == state.identity:
        raise Refused("a secret ballot needs a registrar, and a list keeper from another body", rule="R-ELECT-2")
    if len(trustees) < 2 or len({held.of for held in trustees}) < 2:
        raise Refused("a secret ballot needs trustees from at least two bodies", rule="R-ELECT-2")
    return (
        registrars[0].key,
        keepers[0].key,
        tuple(Trustee(key=held.key, of=held.of) for held in trustees),
    )


def _subject(context: Context) -> tuple[Candidate, ...]:
    state, data = context.state, context.data
    match data.purpose:
        case "delegates":
            return _delegates(context)
        case "motion":
            motion = state.motions.get(data.subject)
            if motion is None or motion.closed or data.candidates or data.seats:
                raise Refused("only an open motion on the table is put to a box, with no candidates", rule="R-ELECT-3")
            context.rests_on(data.subject, "motion")
        case "recall":
            petition = state.petitions.get(data.subject)
            if petition is None or petition.aim != "recall" or petition.passed is None or petition.closed:
                raise Refused("only a recall petition with enough signatures is put to a box", rule="R-ELECT-3")
            if data.candidates or data.seats:
                raise Refused("a recall has no candidates", rule="R-ELECT-3")
            context.rests_on(data.subject, "petition")
    return ()


def _delegates(context: Context) -> tuple[Candidate, ...]:
    state, data = context.state, context.data
    membership = state.memberships.get(data.subject)
    if membership is None or membership.left is not None or data.seats != membership.seats:
        raise Refused("this body sends delegates only to an assembly it joined, as many as its seats", rule="R-ELECT-3")
    for election in state.elections.values():
        if election.purpose == "delegates" and election.subject == data.subject and election.result is not None:
            if not has_passed(state, election.result.index, max(0, state.charter.term_days - RENEW_DAYS)):
                raise Refused(
                    "the delegates' term is not near its end; to remove one there is recall", rule="R-ELECT-4"
                )
    candidates = []
    for declaration in data.candidates:
        candidate = state.candidates.get(declaration)
        if candidate is None:
            raise Refused("a candidate on the list has not declared that they stand", rule="R-ELECT-5")
        context.rests_on(declaration, "candidacy")
        candidates.append(candidate)
    if not candidates or len({candidate.key for candidate in candidates}) != len(candidates):
        raise Refused("an election has at least one candidate, and each stands once", rule="R-ELECT-5")
    context.rests_on(membership.act, "membership")
    return tuple(candidates)


def judge_trustee_key(context: Context) -> State:
    """R-TRUSTEE-1 a trustee of this election, once, before it opens; R-TRUSTEE-2 the proof of knowledge holds."""
    state, data = context.state, context.data
    election = find_election(state, data.election)
    position = trustee_position(election, context.act.author)
    if election.trustees[position].public_key or election.opened is not None:
        raise Refused("this trustee's key is published, or the box is open already", rule="R-TRUSTEE-1")
    try:
        encoded = ED25519.parse(data.public_key)
        proof = Proof(int(data.challenge), int(data.response))
        check_knowledge(ED25519, encoded, key_prefix(ED25519, encoded), proof)
    except Fault as fault:
        raise Refused(f"the trustee's proof fails: {fault.text}", rule="R-TRUSTEE-2") from fault
    if any(trustee.public_key == data.public_key for other in state.elections.values() for trustee in other.trustees):
        raise Refused("a trustee makes a new key for every election", rule="R-TRUSTEE-2")
    context.rests_on(data.election, "announcement")
    return set_trustee(state, data.election, position, public_key=data.public_key)


def find_election(state: State, election: str) -> Election:
    """The election announced by that act. Raises: Refused with R-ELECT-6."""
    found = state.elections.get(election)
    if found is None:
        raise Refused("no election was announced by that act", rule="R-ELECT-6")
    return found


def trustee_position(election: Election, key: str) -> int:
    """Where in the election's trustees ``key`` stands. Raises: Refused with R-TRUSTEE-1."""
    for position, trustee in enumerate(election.trustees):
        if trustee.key == key:
            return position
    raise Refused("the author is no trustee of this election", rule="R-TRUSTEE-1")


def set_trustee(state: State, election_id: str, position: int, **changes: str) -> State:
    """The state with one trustee of one election changed."""
    election = state.elections[election_id]
    trustees = list(election.trustees)
    trustees[position] = replace(trustees[position], **changes)
    changed = replace(election, trustees=tuple(trustees))
    return replace(state, elections=state.elections.set(election_id, changed))


def judge_list(context: Context) -> State:
    """R-ELECT-7: the list keeper's list, countersigned by the registrar, as long as the roll less its paper voters."""
    state, data = context.state, context.data
    election = find_election(state, data.election)
    if context.act.author != election.list_keeper or election.list_act or election.opened is not None:
        raise Refused(
            "the list is published once, by this election's list keeper, before the box opens", rule="R-ELECT-7"
        )
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
        authors=("clerk",),
        warrant="the charter: a seat to fill, a motion, or a petition with enough signatures",
    ),
    Kind(
        name="trustee.key",
        data=TrusteeKey,
        judge=judge_trustee_key,
        authors=("trustee",),
        warrant="the trustee's office",
    ),
    Kind(
        name="election.list",
        data=ListData,
        judge=judge_list,
        authors=("list_keeper",),
        beside=_registrar,
        warrant="the roll",
    ),
)
