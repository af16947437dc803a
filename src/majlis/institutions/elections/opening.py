"""Opening the box: shuffles of ranked votes, commitments, decryptions, lots (``spec/elections.md``)."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.ballot import LotShare, check_lot_share
from majlis.crypto import ED25519
from majlis.errors import Fault, Refused
from majlis.institutions.charter import Decimal, Hex64
from majlis.institutions.elections.announcing import MOST_TRUSTEES, find_election, set_trustee, trustee_position
from majlis.institutions.elections.paper import lot_case, read_proof
from majlis.institutions.kinds import ANYONE, Context, Kind
from majlis.institutions.state import Election, Shuffle, State, replace
from majlis.institutions.ticks import has_passed, is_running

MOST_SHUFFLES: Final = 5


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """SHA-256 (hex) of the partial decryption that the trustee will show once enough have committed.

    ``after``: of the last shuffle, whose votes it decrypts; empty where ballots do not rank.
    """

    election: Hex64
    commitment: Hex64
    after: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""


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


class Forget(msgspec.Struct, frozen=True, kw_only=True):
    """The author says that they destroyed the secret made for this election, and every copy of it."""

    election: Hex64


class ShuffleData(msgspec.Struct, frozen=True, kw_only=True):
    """One shuffle of ranked votes. ``before``: SHA-256 of the tally, or of the shuffle that this one continues;
    ``payload``: of its own payload in the archive, which is a blob too; ``position``: from 0.
    """

    election: Hex64
    position: Annotated[int, Meta(ge=0, le=MOST_TRUSTEES)]
    before: Hex64
    payload: Hex64


def judge_shuffle(context: Context) -> State:
    """R-OPEN-1, R-OPEN-3 as for a commitment; R-SHUFFLE-1 where ballots rank, by its trustees, until as many as are
    needed agree on an end; R-SHUFFLE-2 each continues the tally or a shuffle that somebody else published, and is new.
    """
    state, data = context.state, context.data
    election = find_election(state, data.election)
    _check_ready(election, state)
    position = trustee_position(state, election, context.act.author)
    if not election.is_ranked or agreed_end(election) is not None:
        raise Refused(
            "ranked votes are shuffled until the trustees agree on the end, and no others", rule="R-SHUFFLE-1"
        )
    own = election.trustees[position].key
    if sum(each.key == own for each in election.shuffles) >= MOST_SHUFFLES:
        raise Refused(f"a trustee shuffles {MOST_SHUFFLES} times at most", rule="R-SHUFFLE-1")
    if any(each.payload == data.payload for each in election.shuffles):
        raise Refused("this very shuffle is published already", rule="R-SHUFFLE-2")
    if data.position and not any(
        (each.position, each.payload) == (data.position - 1, data.before) and each.key != own
        for each in election.shuffles
    ):
        raise Refused("this shuffle continues none that another trustee published", rule="R-SHUFFLE-2")
    context.rests_on(election.close_act, "close")
    made = Shuffle(key=own, position=data.position, before=data.before, payload=data.payload)
    changed = replace(election, shuffles=(*election.shuffles, made))
    return replace(state, elections=state.elections.set(data.election, changed))


def chain_to(election: Election, end: str) -> tuple[Shuffle, ...]:
    """The shuffles that lead to the one with payload ``end``, first one first; empty where there is none such."""
    found: list[Shuffle] = []
    by_payload = {each.payload: each for each in election.shuffles}
    while end in by_payload and (not found or found[0].position == by_payload[end].position + 1):
        found.insert(0, by_payload[end])
        if not found[0].position:
            return tuple(found)
        end = found[0].before
    return ()


def agreed_end(election: Election) -> str | None:
    """The last shuffle that as many trustees as are needed have committed to decrypt; None while they have not.

    Empty where nothing is shuffled.
    """
    ends = Counter(trustee.after for trustee in election.trustees if trustee.commitment)
    return next((end for end, count in ends.items() if count >= election.needed), None)


def _check_ready(election: Election, state: State) -> None:
    """R-OPEN-1 the objection window is over, and quiet or settled; R-OPEN-3 enough ballots."""
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


def judge_commit(context: Context) -> State:
    """R-OPEN-1, R-OPEN-3 it may be opened; R-OPEN-2 one commitment a trustee to an end; R-OPEN-6 of enough shuffles."""
    state, data = context.state, context.data
    election = find_election(state, data.election)
    _check_ready(election, state)
    position = trustee_position(state, election, context.act.author)
    trustee = election.trustees[position]
    if trustee.commitment and (trustee.after == data.after or agreed_end(election) is not None):
        raise Refused("this trustee has committed already", rule="R-OPEN-2")
    _check_end(election, data.after)
    context.rests_on(election.close_act, "close")
    return set_trustee(state, data.election, position, commitment=data.commitment, after=data.after)


def _check_end(election: Election, after: str) -> None:
    """R-OPEN-6: what is decrypted is the tally, or where ballots rank what enough trustees have shuffled."""
    if not election.is_ranked:
        if after:
            raise Refused("nothing is shuffled in this election", rule="R-OPEN-6")
        return
    shufflers = {each.key for each in chain_to(election, after)}
    if len(shufflers) < election.charter.shufflers:
        raise Refused(
            f"{len(shufflers)} trustees have shuffled what would be decrypted; {election.charter.shufflers} do before",
            rule="R-OPEN-6",
        )


def judge_reveal(context: Context) -> State:
    """R-OPEN-4 once as many trustees as are needed have committed, to the same end; R-OPEN-5 what was committed."""
    state, data = context.state, context.data
    election = find_election(state, data.election)
    position = trustee_position(state, election, context.act.author)
    trustee = election.trustees[position]
    end = agreed_end(election)
    if end is None or trustee.after != end:
        raise Refused(
            f"no trustee shows anything before {election.needed} of them have committed, as many as are needed, to "
            "decrypt the same",
            rule="R-OPEN-4",
        )
    if trustee.payload or not trustee.commitment or data.payload != trustee.commitment:
        raise Refused("a trustee shows what was committed, once", rule="R-OPEN-5")
    context.rests_on(data.election, "announcement")
    return set_trustee(state, data.election, position, payload=data.payload, sidecar=data.sidecar)


def judge_share(context: Context) -> State:
    """R-LOT-1 after the close, by a trustee, once; R-LOT-2 the proof holds, so the share is the only possible one."""
    state, data = context.state, context.data
    election = find_election(state, data.election)
    position = trustee_position(state, election, context.act.author)
    trustee = election.trustees[position]
    if election.closed is None or trustee.lot or election.dice:
        raise Refused(
            "a lot is drawn after the box is closed, each trustee giving one share, unless dice stand in for them",
            rule="R-LOT-1",
        )
    try:
        share = LotShare(ED25519.parse(data.value), read_proof(data.challenge, data.response))
        check_lot_share(lot_case(election), ED25519.read(trustee.public_key), share)
    except Fault as fault:
        raise Refused(f"the share of the lot fails its proof: {fault.text}", rule="R-LOT-2") from fault
    context.rests_on(data.election, "announcement")
    return set_trustee(state, data.election, position, lot=data.value)


def judge_forget(context: Context) -> State:
    """R-TRUSTEE-9: a trustee's word, once, when nothing is left to open: after the result, or where there is none to
    come. It proves nothing, and is somebody's in public.
    """
    state, data = context.state, context.data
    election = state.elections.get(data.election)
    if election is None:
        raise Refused("no election was announced by that act", rule="R-ELECT-6")
    position = trustee_position(state, election, context.act.author)
    if is_running(state, election):
        raise Refused("this secret is needed until the result is there, or the ballot has lapsed", rule="R-TRUSTEE-9")
    if election.trustees[position].forgot:
        raise Refused("this trustee has said so already", rule="R-TRUSTEE-9")
    context.rests_on(data.election, "announcement")
    return set_trustee(state, data.election, position, forgot=context.act.id)


KINDS: Final = (
    Kind(
        name="box.shuffle",
        data=ShuffleData,
        judge=judge_shuffle,
        authors=(ANYONE,),
        warrant="the closed box, and the trustee's part in it",
        early=True,
    ),
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
        warrant="the commitments of as many trustees as are needed",
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
        name="trustee.forget",
        data=Forget,
        judge=judge_forget,
        authors=(ANYONE,),
        warrant="the trustee's own word, once nothing is left to open",
        early=True,
    ),
)
