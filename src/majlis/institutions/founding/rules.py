"""How a body comes to be, changes its charter, and ends (``spec/founding.md``)."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Final

import msgspec
from immutables import Map
from msgspec import Meta

from majlis.errors import Fault, Refused
from majlis.institutions.charter import (
    BodyType,
    Charter,
    Hex64,
    Name,
    Tag,
    charter_hash,
    check_charter,
    check_known_rules,
)
from majlis.institutions.kinds import ANYONE, Context, Kind
from majlis.institutions.state import Founding, Holding, Key, State, founded, replace
from majlis.institutions.warrant import use_warrant
from majlis.record.cosignature import parse_cosigner_key
from majlis.record.note import parse_note_key

OFFICES: Final = (
    "clerk",
    "teller",
    "registrar",
    "list_keeper",
    "trustee",
    "counter",
    "treasurer",
    "storekeeper",
    "spokesperson",
)
# One person holds at most one of these: each of them could betray an election that the others guard.
INCOMPATIBLE: Final = frozenset({"registrar", "list_keeper", "trustee", "teller", "counter"})
FROM_ELSEWHERE: Final = frozenset({"list_keeper"})


class Officer(msgspec.Struct, frozen=True, kw_only=True):
    """A first officer named by the founders; serves until the members confirm or replace them.

    ``recovery``: the hash of the recovery key, as in an enrolment; left out, only a decision replaces the key.
    """

    office: str
    key: Hex64
    tag: Tag
    recovery: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Act 0. ``log`` and ``mirrors`` are vkeys; ``next_log`` is the hash of the next log key, kept sealed on paper."""

    names: dict[str, Name]
    type: BodyType
    charter: Charter
    charter_keys: tuple[Hex64, ...]
    threshold: Annotated[int, Meta(ge=1, le=100)]
    log: Annotated[str, Meta(max_length=400)]
    next_log: Hex64
    mirrors: tuple[Annotated[str, Meta(max_length=400)], ...]
    quorum: Annotated[int, Meta(ge=1, le=100)]
    languages: tuple[Annotated[str, Meta(pattern=r"^[a-z]{2,3}\Z")], ...]
    officers: tuple[Officer, ...]
    parent: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""


class Empty(msgspec.Struct, frozen=True, kw_only=True):
    """An act that says all by its kind and what it cites."""


class Amend(msgspec.Struct, frozen=True, kw_only=True):
    """The whole new charter; the motion's grant names its hash."""

    charter: Charter
    charter_hash: Hex64


def judge_found(context: Context) -> State:
    """The first state of a body. Its identity is the id of this very act.

    R-FOUND-1 charter keys; R-FOUND-2 every key named signed, the proof that somebody holds it; R-FOUND-3 log and mirror
    keys; R-KEY-8 which are nobody's; R-FOUND-4 officers; R-CHARTER-n floors. Keys of small order sign nothing by rule
    S, so none is ever named.
    """
    if context.index != 0:
        raise Refused("a body is founded once, by its act 0", rule="R-FOUND-1")
    data: Found = context.data
    check_known_rules(data.charter)
    _check_charter_keys(context, data)
    _check_log(data)
    _check_officers(data)
    check_charter(data.charter)
    holdings = [
        Holding(
            office=officer.office,
            key=officer.key,
            tag=officer.tag,
            of=context.act.id,
            index=0,
            term_days=data.charter.term_days,
            act=context.act.id,
        )
        for officer in data.officers
    ]
    return replace(
        context.state,
        identity=context.act.id,
        founding=Founding(
            names=Map(data.names),
            type=data.type,
            charter_keys=frozenset(data.charter_keys),
            threshold=data.threshold,
            log=data.log,
            next_log=data.next_log,
            mirrors=data.mirrors,
            mirror_quorum=data.quorum,
            languages=data.languages,
        ),
        charter=data.charter,
        keys=Map({o.key: Key(tag=o.tag, index=0, recovery=o.recovery) for o in data.officers}),
        offices=tuple(holdings),
    )


def _check_charter_keys(context: Context, data: Found) -> None:
    keys = frozenset(data.charter_keys)
    if len(keys) != len(data.charter_keys) or not 2 * data.threshold > len(keys) >= data.threshold or len(keys) < 2:
        raise Refused(
            "charter keys: at least two, each once, and a threshold of more than half of them", rule="R-FOUND-1"
        )
    if not data.names or not data.languages:
        raise Refused("a body has a name and a language", rule="R-FOUND-1")
    named = keys | {officer.key for officer in data.officers}
    if context.act.author not in keys or not named <= context.signers:
        raise Refused("everyone named in act 0 signs it, and a charter key is its author", rule="R-FOUND-2")


def _check_officers(data: Found) -> None:
    """R-FOUND-4. The list keeper comes from another body, so the founders cannot name one."""
    persons: dict[str, tuple[str, str]] = {}
    guards: dict[str, str] = {}
    for officer in data.officers:
        if officer.office not in OFFICES or officer.office in FROM_ELSEWHERE:
            allowed = ", ".join(office for office in OFFICES if office not in FROM_ELSEWHERE)
            raise Refused(f"founders name no '{officer.office[:64]}'; they may name {allowed}", rule="R-FOUND-4")
        if officer.key in data.charter_keys:
            raise Refused("a charter key holds no other office", rule="R-FOUND-4")
        person = (officer.tag, officer.recovery)
        if persons.setdefault(officer.key, person) != person:
            raise Refused("a key belongs to one person, and this one bears two tags or recovery keys", rule="R-FOUND-4")
        if officer.office in INCOMPATIBLE:
            if officer.tag in guards:
                text = f"one person is named '{guards[officer.tag]}' and '{officer.office}', which nobody combines"
                raise Refused(text, rule="R-FOUND-4")
            guards[officer.tag] = officer.office
    if len({(officer.office, officer.key) for officer in data.officers}) != len(data.officers):
        raise Refused("an officer is named twice for one office", rule="R-FOUND-4")


def _check_log(data: Found) -> None:
    try:
        log = parse_note_key(data.log)
        mirrors = [parse_cosigner_key(vkey) for vkey in data.mirrors]
    except Fault as fault:
        raise Refused(f"a log or mirror key does not hold: {fault.text}", rule="R-FOUND-3") from fault
    distinct = {mirror.public_key for mirror in mirrors} | {log.public_key}
    named = {*data.charter_keys, *(officer.key for officer in data.officers)}
    if any(key.hex() in named for key in distinct):
        raise Refused("who keeps or mirrors a record with this key holds nothing in it by the same key", rule="R-KEY-8")
    if len(distinct) != len(mirrors) + 1 or not data.quorum <= len(mirrors):
        raise Refused(
            "mirrors are distinct, none of them is the log itself, and the quorum is at most all", rule="R-FOUND-3"
        )


def judge_confirm(context: Context) -> State:
    """The founding binds: by the members' first decision, or for an assembly by its bases.

    R-FOUND-7 twice; R-FOUND-8 an assembly not yet ratified by enough bodies holding enough inhabitants.
    """
    state = context.state
    founding = founded(state)
    if founding.confirmed is not None:
        raise Refused("the founding is confirmed once", rule="R-FOUND-7")
    if founding.type == "assembly":
        _check_ratified(context)
    else:
        state = use_warrant(context)
    return replace(state, founding=replace(founding, confirmed=context.index))


def _check_ratified(context: Context) -> None:
    state, plan, charter = context.state, context.state.plan, context.state.charter
    if plan is None:
        raise Refused("an assembly has a plan of seats before it is constituted", rule="R-FOUND-8")
    under = [member for member in state.bodies.values() if member.left is None and member.plan == plan.act]
    members = sorted((member for member in under if not member.disputed), key=lambda member: member.index)
    inhabitants = sum(member.inhabitants for member in members)
    enough_bodies = Fraction(len(members), plan.districts) >= Fraction(*charter.ratify_bodies)
    enough_people = Fraction(inhabitants, plan.inhabitants) > Fraction(*charter.ratify_inhabitants)
    if not (enough_bodies and enough_people):
        raise Refused(
            f"{len(members)} of {plan.districts} bodies holding {inhabitants} of {plan.inhabitants} inhabitants "
            "ratified the charter by joining; that is not enough",
            rule="R-FOUND-8",
        )
    for member in members:
        context.rests_on(member.act, "ratification")


def judge_amend(context: Context) -> State:
    """A new charter, by the amend majority of the members. R-CHARTER-7: an assembly's binds only through its bases;
    R-CHARTER-8: it is the charter that was decided. Of one with other rules this program cannot tell the hash.
    """
    data: Amend = context.data
    if founded(context.state).type == "assembly":
        raise Refused("an assembly's charter changes only when its base bodies ratify the change", rule="R-CHARTER-7")
    after = use_warrant(context)
    check_known_rules(data.charter)
    if charter_hash(data.charter) != data.charter_hash:
        raise Refused("the charter is not the one whose hash stands beside it", rule="R-CHARTER-8")
    check_charter(data.charter)
    return replace(after, charter=data.charter)


def judge_dissolve(context: Context) -> State:
    """The members end their own body; nobody else can (R-FOUND-6)."""
    if founded(context.state).type == "assembly":
        raise Refused("an assembly ends when its bases leave it", rule="R-FOUND-9")
    return replace(use_warrant(context), dissolved=context.index)


KINDS: Final = (
    Kind(name="found", data=Found, judge=judge_found, authors=(ANYONE,), warrant="the founders' keys", early=True),
    Kind(
        name="founding.confirm",
        data=Empty,
        judge=judge_confirm,
        authors=(ANYONE,),
        warrant="the members' first decision; for an assembly, ratification by its bases",
        early=True,
    ),
    Kind(
        name="charter.amend",
        data=Amend,
        judge=judge_amend,
        authors=(ANYONE,),
        warrant="a decision by the amend majority",
    ),
    Kind(
        name="dissolve",
        data=Empty,
        judge=judge_dissolve,
        authors=(ANYONE,),
        warrant="a decision by the amend majority",
    ),
)
