"""Opening the result: commitments, decryptions, lots, and what follows from the numbers (``spec/elections.md``)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.count import rank, tied
from majlis.errors import Fault, Missing, Refused
from majlis.institutions.charter import Count, Decimal, Hex64
from majlis.institutions.decisions import Tally, record_decision
from majlis.institutions.elections.announcing import find_election, set_trustee, trustee_position
from majlis.institutions.elections.paper import check_lot_share, claim, lot_case, lot_seed, read_proof
from majlis.institutions.kinds import ANYONE, Context, Kind
from majlis.institutions.state import Election, Outcome, Recall, State, replace
from majlis.institutions.ticks import has_passed


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """SHA-256 (hex) of the partial decryption that the trustee will show once all have committed."""

    election: Hex64
    commitment: Hex64


class Reveal(msgspec.Struct, frozen=True, kw_only=True):
    """SHA-256 of the partial decryption's payload in the archive, and of the blob with its sidecar proofs."""

    election: Hex64
    payload: Hex64
    sidecar: Hex64


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A trustee's share of the public lot, with the proof that it was made with the election's own key."""

    election: Hex64
    value: Hex64
    challenge: Decimal
    response: Decimal


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The archive's last head, and what it says: votes for each answer in the paper's order, and blank votes."""

    election: Hex64
    head: Hex64
    votes: Annotated[tuple[Count, ...], Meta(max_length=60)]
    blank: Count


def judge_commit(context: Context) -> State:
    """R-OPEN-1 the objection window is over, and quiet or settled; R-OPEN-2 one commitment a trustee; R-OPEN-3 enough
    ballots.
    """
    state, data = context.state, context.data
    election = find_election(state, data.election)
    if election.closed is None or not has_passed(state, election.closed, election.charter.objection_days):
        raise Refused("nothing is opened before the objection window has provably passed", rule="R-OPEN-1")
    if len(election.objections) > election.charter.objection_limit and not election.settled:
        raise Refused(
            f"{len(election.objections)} members object; the count waits until the members settle it", rule="R-OPEN-1"
        )
    if election.ballots < election.charter.min_ballots:
        raise Refused(
            f"{election.ballots} ballots; a box with fewer than {election.charter.min_ballots} is never opened",
            rule="R-OPEN-3",
        )
    position = trustee_position(state, election, context.act.author)
    if election.trustees[position].commitment:
        raise Refused("this trustee has committed already", rule="R-OPEN-2")
    context.rests_on(election.close_act, "close")
    return set_trustee(state, data.election, position, commitment=data.commitment)


def judge_reveal(context: Context) -> State:
    """R-OPEN-4 only once every trustee has committed; R-OPEN-5 what was committed, once."""
    state, data = context.state, context.data
    election = find_election(state, data.election)
    position = trustee_position(state, election, context.act.author)
    trustee = election.trustees[position]
    if not all(other.commitment for other in election.trustees):
        raise Refused("no trustee shows anything before all have committed", rule="R-OPEN-4")
    if trustee.payload or data.payload != trustee.commitment:
        raise Refused("a trustee shows what was committed, once", rule="R-OPEN-5")
    context.rests_on(data.election, "announcement")
    return set_trustee(state, data.election, position, payload=data.payload, sidecar=data.sidecar)


def judge_share(context: Context) -> State:
    """R-LOT-1 after the close, by a trustee, once; R-LOT-2 the proof holds, so the share is the only possible one."""
    state, data = context.state, context.data
    election = find_election(state, data.election)
    position = trustee_position(state, election, context.act.author)
    trustee = election.trustees[position]
    if election.closed is None or trustee.lot:
        raise Refused("a lot is drawn after the box is closed, each trustee giving one share", rule="R-LOT-1")
    try:
        check_lot_share(lot_case(election), trustee.public_key, data.value, read_proof(data.challenge, data.response))
    except Fault as fault:
        raise Refused(f"the share of the lot fails its proof: {fault.text}", rule="R-LOT-2") from fault
    context.rests_on(data.election, "announcement")
    return set_trustee(state, data.election, position, lot=data.value)


def judge_result(context: Context) -> State:
    """The result, if the archive shows it. R-RESULT-1 all decryptions are in; R-RESULT-2 the archive is valid and
    ends at this head; R-RESULT-3 it says these numbers; R-RESULT-4 it is not at hand, or not finished; R-LOT-3
    candidates are tied and the lot is not drawn.
    """
    state, data = context.state, context.data
    election = find_election(state, data.election)
    if election.result is not None or not all(trustee.payload for trustee in election.trustees):
        raise Refused("a result is published once, after every trustee's decryption", rule="R-RESULT-1")
    report = context.evidence.box(claim(state, election, data.head))
    if report.verdict == "incomplete":
        raise Missing("the archive at hand is not finished; import the finished one and look again", rule="R-RESULT-4")
    if report.verdict != "valid" or report.head != data.head:
        failed = report.failures[0].text if report.failures else "something the acts must say is missing"
        raise Refused(f"the archive is {report.verdict}: {failed}", rule="R-RESULT-2")
    counted = report.result[0] if report.result else ()
    if tuple(counted) != (data.blank, *data.votes):
        raise Refused(f"the archive says {list(counted)} (blank first), not what this act says", rule="R-RESULT-3")
    order: tuple[int, ...] = tuple(range(len(data.votes)))
    if election.purpose == "delegates":
        seed = lot_seed(election)
        if seed is None and tied(data.votes):
            raise Refused("candidates are tied; every trustee gives a share of the lot first", rule="R-LOT-3")
        order = rank(data.votes, seed).order
    outcome = Outcome(
        index=context.index,
        act=context.act.id,
        votes=data.votes,
        blank=data.blank,
        ballots=report.counted or 0,
        order=order,
        head=data.head,
    )
    for act, role in ((data.election, "announcement"), (election.list_act, "list"), (election.close_act, "close")):
        context.rests_on(act, role)
    after = replace(state, elections=state.elections.set(data.election, replace(election, result=outcome)))
    if election.purpose == "motion":
        return _decide(after, context, election, outcome)
    if election.purpose == "recall":
        return _recall(after, context, election, outcome)
    return after


def _tally(election: Election, outcome: Outcome) -> Tally:
    yes, no = outcome.votes
    return Tally(roll=election.roll.leaves, present=outcome.ballots, yes=yes, no=no, abstain=outcome.blank)


def _decide(state: State, context: Context, election: Election, outcome: Outcome) -> State:
    context.rests_on(election.subject, "motion")
    return record_decision(state, context, election.subject, "box", _tally(election, outcome), election.charter)


def _recall(state: State, context: Context, election: Election, outcome: Outcome) -> State:
    """R-RECALL-5: more for than against, and either the charter's part of the roll or the votes that elected."""
    petition = state.petitions[election.subject]
    tally = _tally(election, outcome)
    floor = election.charter.recall_floor.of(tally.roll)
    elected = _elected_with(state, petition.target, petition.assembly)
    passed = tally.yes > tally.no and (tally.yes >= floor or (elected is not None and tally.yes >= elected))
    recall = Recall(
        delegate=petition.target,
        assembly=petition.assembly,
        passed=passed,
        act=context.act.id,
        index=context.index,
    )
    context.rests_on(election.subject, "petition")
    return replace(
        state,
        recalls=state.recalls.set(election.subject, recall),
        petitions=state.petitions.set(election.subject, replace(petition, closed=True)),
    )


def _elected_with(state: State, key: str, assembly: str) -> int | None:
    votes = None
    newest = -1
    for election in state.elections.values():
        result = election.result
        if election.purpose == "delegates" and election.subject == assembly and result and result.index > newest:
            for number, candidate in enumerate(election.candidates):
                if candidate.key == key:
                    votes, newest = result.votes[number], result.index
    return votes


KINDS: Final = (
    Kind(
        name="decryption.commit",
        data=Commit,
        judge=judge_commit,
        authors=(ANYONE,),
        warrant="the closed box, and the trustee's part in it",
        early=True,
    ),
    Kind(
        name="decryption.reveal",
        data=Reveal,
        judge=judge_reveal,
        authors=(ANYONE,),
        warrant="the commitments of all trustees",
        early=True,
    ),
    Kind(
        name="lot.share",
        data=Share,
        judge=judge_share,
        authors=(ANYONE,),
        warrant="the closed box, and the trustee's part in it",
        early=True,
    ),
    Kind(
        name="election.result",
        data=Result,
        judge=judge_result,
        authors=(ANYONE,),
        warrant="the archive, which verifies",
        early=True,
    ),
)
