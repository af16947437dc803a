"""Petitions to recall a delegate or to contest a decision (``spec/petitions.md``).

Members sign with keys derived for the petition's own id, so that a signature links to no ballot and no other petition.
The list keeper commits the derived keys by a Merkle root; each signature brings its path, and the fold needs no blob.
"""

from __future__ import annotations

from math import ceil
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.ballot import check_petition_signature
from majlis.errors import Fault, Refused
from majlis.institutions.charter import Count, Decimal, Hash, Hex64
from majlis.institutions.kinds import ANYONE, Context, Kind, current, holders
from majlis.institutions.state import Aim, Petition, State, replace
from majlis.institutions.ticks import has_passed, has_run_out, is_running, was_in_time
from majlis.record.merkle import check_inclusion, leaf_hash
from majlis.record.note import decode_base64


class RecallPetition(msgspec.Struct, frozen=True, kw_only=True):
    """Asks to recall the delegate with this key from that assembly; ``reason`` is a blob of at most 200 words."""

    delegate: Hex64
    assembly: Hex64
    reason: Hex64


class Contest(msgspec.Struct, frozen=True, kw_only=True):
    """Asks that a decision by hand be put to a secret ballot."""

    decision: Hex64


class ListData(msgspec.Struct, frozen=True, kw_only=True):
    """The list keeper's commitment: the Merkle root, in hex, over the sorted derived keys, and their number."""

    petition: Hex64
    root: Hex64
    listed: Count


class MemberSignature(msgspec.Struct, frozen=True, kw_only=True):
    """One member's signature: the derived key, its place in the list with its path, and a Schnorr proof."""

    key: Hex64
    index: Count
    path: tuple[Hash, ...]
    challenge: Decimal
    response: Decimal


class SignData(msgspec.Struct, frozen=True, kw_only=True):
    """A batch of signatures; batches hide who signed when."""

    petition: Hex64
    signatures: Annotated[tuple[MemberSignature, ...], Meta(min_length=1, max_length=40)]


def judge_recall_petition(context: Context) -> State:
    """R-RECALL-1 a delegate whom this body sent; R-RECALL-2 one at a time; R-RECALL-4 a wait after a failed recall."""
    state, data = context.state, context.data
    sent = find_delegate(state, data.delegate, data.assembly)
    if sent is None:
        raise Refused("this body has sent no delegate with that key to that assembly", rule="R-RECALL-1")
    delegate, elected = sent
    same = (current(state, delegate), data.assembly)
    _check_only(state, same)
    for recall in state.recalls.values():
        if not recall.passed and (current(state, recall.delegate), recall.assembly) == same:
            if not has_passed(state, recall.index, state.charter.recall_cooling_days):
                raise Refused(
                    f"a recall of this delegate failed less than {state.charter.recall_cooling_days} days ago",
                    rule="R-RECALL-4",
                )
    context.rests_on(elected, "election")
    return _open(context, "recall", delegate, data.assembly)


def _check_only(state: State, delegate: tuple[str, str]) -> None:
    """Raises: Refused with R-RECALL-2, while a petition against this delegate to that assembly is open."""
    for act, petition in state.petitions.items():
        if petition.aim == "recall" and (current(state, petition.target), petition.assembly) == delegate:
            if not petition.closed and not has_lapsed(state, act):
                raise Refused("a petition against this delegate is open already; sign that one", rule="R-RECALL-2")


def find_delegate(state: State, key: str, assembly: str) -> tuple[str, str] | None:
    """The key under which whoever holds ``key`` stood for ``assembly`` last, and the act with that result; or None.

    Nobody escapes a recall by replacing a key, nor is asked about twice.
    """
    stood = [
        (election.result.index, candidate.key, election.result.act)
        for election in state.elections.values()
        if election.purpose == "delegates" and election.subject == assembly and election.result is not None
        for candidate in election.candidates
        if current(state, candidate.key) == current(state, key)
    ]
    return max(stood)[1:] if stood else None


def judge_contest(context: Context) -> State:
    """R-DECIDE-8: a decision by hand is contested by one petition that gathers all; R-PETITION-3: until it binds."""
    state = context.state
    decision = state.decisions.get(context.data.decision)
    if decision is None or decision.how != "hand" or decision.contested is not None:
        raise Refused("only a decision by hand, not yet contested, is contested", rule="R-DECIDE-8")
    if has_passed(state, decision.index, decision.contest_days) and not was_in_time(
        state, context.act.id, decision.index, decision.contest_days
    ):
        raise Refused("the contest window of this decision has passed; it binds", rule="R-PETITION-3")
    if any((p.aim, p.target) == ("contest", context.data.decision) for p in state.petitions.values()):
        raise Refused("a petition against this decision is open already; sign that one", rule="R-DECIDE-8")
    context.rests_on(context.data.decision, "decision")
    return _open(context, "contest", context.data.decision, "")


def _open(context: Context, aim: Aim, target: str, assembly: str) -> State:
    state = context.state
    assert state.roll is not None, "nobody was elected and nothing decided without one"
    petition = Petition(
        index=context.index,
        aim=aim,
        target=target,
        assembly=assembly,
        roll=state.roll,
        charter=state.charter,
    )
    context.rests_on(state.roll.act, "roll")
    return replace(state, petitions=state.petitions.set(context.act.id, petition))


def judge_list(context: Context) -> State:
    """R-PETITION-1 a petition that nobody signed yet; R-PETITION-2 as many keys as the roll had leaves; R-PETITION-3
    in its window; R-PETITION-8 after it.
    """
    state, data = context.state, context.data
    petition = state.petitions.get(data.petition)
    if petition is None:
        raise Refused("the petition of this list is not here yet", rule="R-PETITION-8")
    if petition.signed or petition.closed:
        raise Refused("the petition is over, or members have signed by its list already", rule="R-PETITION-1")
    if _is_late(context, petition):
        raise Refused("the window for signing this petition has run out", rule="R-PETITION-3")
    if data.listed != petition.roll.leaves:
        raise Refused(
            f"the list has {data.listed} keys and the roll {petition.roll.leaves} leaves", rule="R-PETITION-2"
        )
    changed = replace(petition, root=data.root, listed=data.listed)
    return replace(state, petitions=state.petitions.set(data.petition, changed))


def judge_sign(context: Context) -> State:
    """Members' signatures, judged all or none. R-PETITION-3 window; R-PETITION-8 after petition and list; R-PETITION-4
    listed; R-PETITION-5 the proof.
    """
    state, data = context.state, context.data
    petition = state.petitions.get(data.petition)
    if petition is None or not petition.root:
        raise Refused("the petition that is signed, or its list, is not here yet", rule="R-PETITION-8")
    if petition.closed:
        raise Refused("the petition is over", rule="R-PETITION-1")
    if _is_late(context, petition):
        raise Refused("the window for signing this petition has run out", rule="R-PETITION-3")
    if has_lapsed(state, data.petition):
        _check_only(state, (current(state, petition.target), petition.assembly))
    for signature in data.signatures:
        check_listed(
            signature.key, signature.index, signature.path, petition.listed, petition.root, rule="R-PETITION-4"
        )
        try:
            check_petition_signature(
                signature.key, data.petition, petition.aim, signature.challenge, signature.response
            )
        except Fault as fault:
            raise Refused(f"a member's signature fails: {fault.text}", rule="R-PETITION-5") from fault
    signed = petition.signed | {signature.key for signature in data.signatures}
    passed = petition.passed
    if passed is None and len(signed) >= needed(state, petition):
        passed = context.index
    context.rests_on(data.petition, "petition")
    changed = replace(petition, signed=signed, passed=passed)
    after = replace(state, petitions=state.petitions.set(data.petition, changed))
    if petition.aim == "contest" and passed is not None and petition.passed is None:
        return _contest(after, petition, context.index)
    return after


def needed(_: State, petition: Petition) -> int:
    """How many signatures a petition needs (R-RECALL-3): an exact share of the roll it was opened on, rounded up.

    The state has no say in it: roll and charter are those of the petition.
    """
    charter = petition.charter
    if petition.aim == "recall":
        return ceil(charter.recall_petition.of(petition.roll.leaves))
    return max(1, min(ceil(charter.contest_share.of(petition.roll.leaves)), charter.contest_members))


def check_listed(key: str, index: int, path: tuple[str, ...], listed: int, root: str, *, rule: str) -> None:
    """The derived key (64 hex) is leaf ``index`` of the committed list. Raises: Refused with ``rule``."""
    try:
        hashes = [decode_base64(step) for step in path]
        check_inclusion(hashes, index=index, size=listed, leaf=leaf_hash(bytes.fromhex(key)), root=bytes.fromhex(root))
    except Fault as fault:
        raise Refused(f"a member's key is not in the committed list: {fault.text}", rule=rule) from fault


def has_lapsed(state: State, act: str) -> bool:
    """Whether the recall petition opened by ``act`` is over with no box: it gathered too few in its window, or passed,
    and nobody put it to a box for as long again (R-PETITION-7). While a box on it runs it has not.
    """
    petition = state.petitions[act]
    since = petition.index if petition.passed is None else petition.passed
    if petition.aim != "recall" or not has_run_out(state, since, petition.charter.recall_window_days):
        return False
    boxes = (e for e in state.elections.values() if (e.purpose, e.subject) == ("recall", act))
    return not any(is_running(state, election) for election in boxes)


def _is_late(context: Context, petition: Petition) -> bool:
    """Whether the window is over, and no mirror saw this very act while it was open (R-DELIVER-6)."""
    state, act = context.state, context.act.id
    if petition.aim == "recall":
        days = petition.charter.recall_window_days
        is_over = has_run_out(state, petition.index, days)
        return is_over and not was_in_time(state, act, petition.index, days)
    decision = state.decisions[petition.target]
    is_over = has_passed(state, decision.index, decision.contest_days)
    return is_over and not was_in_time(state, act, decision.index, decision.contest_days)


def _contest(state: State, petition: Petition, index: int) -> State:
    """The decision no longer binds, and its motion is open again for a secret ballot."""
    decision = state.decisions[petition.target]
    motion = state.motions[decision.motion]
    return replace(
        state,
        decisions=state.decisions.set(petition.target, replace(decision, contested=index)),
        motions=state.motions.set(decision.motion, replace(motion, closed=False, contested=True)),
    )


def _list_signers(state: State) -> tuple[str, int]:
    """The registrar beside the list keeper; where nobody is registrar the members' right does not wait for one."""
    return ("registrar" if holders(state, "registrar") else "list_keeper"), 1


KINDS: Final = (
    Kind(
        name="recall.petition",
        data=RecallPetition,
        judge=judge_recall_petition,
        authors=(ANYONE,),
        warrant="the election by which the delegate was sent",
    ),
    Kind(
        name="decision.contest",
        data=Contest,
        judge=judge_contest,
        authors=(ANYONE,),
        warrant="the members' right",
        early=True,
    ),
    Kind(
        name="petition.list",
        data=ListData,
        judge=judge_list,
        authors=("list_keeper",),
        beside=_list_signers,
        warrant="the roll",
        early=True,
    ),
    Kind(
        name="petition.sign",
        data=SignData,
        judge=judge_sign,
        authors=(ANYONE,),
        warrant="the members' own signatures",
        early=True,
    ),
)
