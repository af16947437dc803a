"""Everything a fold knows of one body after some number of entries.

A state is a value: folding one more entry gives a new state that shares nearly all of its maps with the old one
(`immutables.Map` is a persistent hash map), so that the state at every earlier checkpoint stays at hand for the
certificates that cite it.

Ids of acts, bodies and keys are 64 hex digits. ``index`` is a position in the record, counted from 0.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
from immutables import Map as Map  # noqa: PLC0414

from majlis.institutions.charter import BodyType, Charter
from majlis.institutions.members import Head as Head  # noqa: PLC0414  (who reads states needs its name)
from majlis.institutions.members import Link as Link  # noqa: PLC0414
from majlis.institutions.members import MemberBody as MemberBody  # noqa: PLC0414
from majlis.institutions.members import Seat as Seat  # noqa: PLC0414
from majlis.institutions.plans import Challenge, Standpoint
from majlis.institutions.plans import Plan as Plan  # noqa: PLC0414
from majlis.institutions.roots import Roots
from majlis.institutions.vector import Vector

Status = Literal["in-force", "void", "waiting", "missing"]
Choice = Literal["yes", "no", "abstain"]
How = Literal["hand", "box", "rollcall"]
Aim = Literal["recall", "contest"]

PLURALITY: Final = "plurality/1"
"""Choose up to as many as there are seats; the other rules are the count floor's, for ballots that rank."""


replace: Final = msgspec.structs.replace
"""A copy of a frozen struct with some fields changed."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one act id: where it was judged, how, by which rule, and on what it rests."""

    index: int
    kind: str
    author: str
    status: Status
    signers: frozenset[str]
    rule: str = ""
    text: str = ""
    because: tuple[Link, ...] = ()


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """The time (Unix seconds UTC) at which witnesses saw it at ``size``, surely by ``until``; appended at ``index``."""

    index: int
    size: int
    time: int
    until: int = 0


class Founding(msgspec.Struct, frozen=True, kw_only=True):
    """What act 0 fixed, and what amendments and the first decision made of it.

    ``charter_since``: for charter keys that came later, the act that gave them.
    """

    names: Map[str, str]
    type: BodyType
    charter_keys: frozenset[str]
    charter_since: Map[str, int] = Map()
    threshold: int
    log: str
    next_log: str
    mirrors: tuple[str, ...]
    mirror_quorum: int
    languages: tuple[str, ...]
    confirmed: int | None = None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """The record was moved by the act at ``index`` from the log key ``before`` to ``log`` (vkeys);
    ``sealed``: the new key is the one that was committed to before. ``confirmed``: where the members confirmed it.
    """

    act: str
    index: int
    before: str
    log: str
    sealed: bool
    confirmed: int | None = None


class ShownFork(msgspec.Struct, frozen=True, kw_only=True):
    """Two histories that the log key ``log`` signed, which part within ``size`` entries, shown by the act at ``index``;
    ``settled``: where the members settled which goes on.
    """

    act: str
    index: int
    log: str
    size: int
    settled: int | None = None


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """An enrolled key; ``tag`` is equal for keys of one person in this body, and means nothing elsewhere.

    ``recovery``: SHA-256 (hex) of the public half of the key that replaces it, or empty. ``replaced``: by which key;
    then it is suspended for good.
    """

    tag: str
    index: int
    suspended: bool = False
    recovery: str = ""
    replaced: str = ""


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """An office held by a key of a person sent by body ``of``, from ``index`` on, for at most ``term_days``."""

    office: str
    key: str
    tag: str
    of: str
    index: int
    term_days: int
    act: str
    ended: int | None = None


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a motion, once decided, allows: acts of ``kind`` whose fields equal ``match``, up to ``ceiling`` in all."""

    kind: str
    match: dict[str, Any] = {}
    ceiling: int | None = None


class Motion(msgspec.Struct, frozen=True, kw_only=True):
    """A motion on the table; ``text`` names the blob with its wording, which the fold never reads."""

    index: int
    author: str
    text: str
    grants: tuple[Grant, ...]
    closed: bool = False
    contested: bool = False


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a closed vote on a motion. ``spent`` counts what was used of each grant, in their order.

    ``contest_days``: how long it can be contested, where it was by hand, by the charter under which it was made.
    ``silent``: bodies whose votes a roll call counted though no new head of their records was shown (R-ASSEMBLY-6).
    """

    motion: str
    how: How
    yes: int
    no: int
    abstain: int
    roll: int
    carried: bool
    index: int
    contest_days: int
    contested: int | None = None
    spent: tuple[int, ...] = ()
    silent: frozenset[str] = frozenset()


class Roll(msgspec.Struct, frozen=True, kw_only=True):
    """The committed roll: Merkle root (64 hex) over ``leaves`` salted leaves, of whom ``paper`` vote on paper.

    ``witnessed``: the number of leaves that a teller or the list keeper signed for last; ``dead``: leaves that were
    replaced, in this and all rolls before.
    """

    act: str
    index: int
    root: str
    leaves: int
    paper: int
    witnessed: int = 0
    dead: frozenset[str] = frozenset()


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A called meeting: its agenda, roll and charter as of the call, who came (their keys), and where it was opened."""

    index: int
    motions: tuple[str, ...]
    roll: Roll | None
    charter: Charter
    attended: frozenset[str] = frozenset()
    opened: int | None = None


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A published count of inhabitants of the places named; it counts once another body's counter countersigned."""

    act: str
    index: int
    inhabitants: int
    places: tuple[str, ...]
    source: str
    countersigned: Link | None = None


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands: the act by which they declared it and where, their key, and the name under which they appear."""

    act: str
    index: int
    key: str
    name: str


class Trustee(msgspec.Struct, frozen=True, kw_only=True):
    """A trustee of one election: person's key, body they come from, and what they published so far (or empty).

    ``public_key``: their part of the election's key; where fewer than all are needed, the key of their share of it.
    ``verification`` to ``answer``: the steps that lead there (R-TRUSTEE-3). ``after``: the last shuffle before the
    partial decryption that they committed to. ``forgot``: the act by which they say that they destroyed their secret.
    """

    key: str
    of: str
    public_key: str = ""
    verification: str = ""
    encryption: str = ""
    certificate: str = ""
    promise: str = ""
    coefexps: tuple[str, ...] = ()
    letters: str = ""
    answer: str = ""
    commitment: str = ""
    after: str = ""
    payload: str = ""
    sidecar: str = ""
    lot: str = ""
    forgot: str = ""


class Shuffle(msgspec.Struct, frozen=True, kw_only=True):
    """One shuffle of ranked votes: by whom, from 0 which it is, SHA-256 of what went in and of what came out."""

    key: str
    position: int
    before: str
    payload: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A verified result: votes per answer (blank votes apart), the order of candidates, and the ballots counted.

    ``votes``: first preferences, where ballots rank; ``quota``: whole votes that a seat takes there, else None.
    """

    index: int
    act: str
    votes: tuple[int, ...]
    blank: int
    ballots: int
    order: tuple[int, ...]
    head: str
    quota: int | None = None


class Election(msgspec.Struct, frozen=True, kw_only=True):
    """One secret ballot, from its announcement, whose roll, charter and officers it keeps, to its result.

    ``needed``  how many of the trustees open it
    ``rule``    by which it is counted: ``plurality/1``, or a rule of the count floor for ballots that rank
    ``ended``   the act that ended it before it opened: a trustee shown to lie, or another announcement
    ``dice``    the seed of its lot, in hex, where dice stood in for trustees (R-LOT-8)
    """

    index: int
    uuid: str
    purpose: Literal["delegates", "motion", "recall"]
    subject: str
    seats: int
    candidates: tuple[Candidate, ...]
    roll: Roll
    charter: Charter
    registrar: str
    list_keeper: str
    trustees: tuple[Trustee, ...]
    needed: int
    rule: str
    credentials: str = ""
    voters: int = 0
    list_root: str = ""
    list_act: str = ""
    opened: int | None = None
    fingerprint: str = ""
    heads: tuple[tuple[int, str], ...] = ()
    closed: int | None = None
    close_act: str = ""
    ballots: int = 0
    objections: frozenset[str] = frozenset()
    settled: bool = False
    shuffles: tuple[Shuffle, ...] = ()
    ended: str = ""
    liar: str = ""
    dice: str = ""
    result: Outcome | None = None

    @property
    def is_threshold(self) -> bool:
        """Whether fewer than all trustees open it, so that they make its key together."""
        return self.needed < len(self.trustees)

    @property
    def is_ranked(self) -> bool:
        """Whether its ballots rank the candidates."""
        return self.rule != PLURALITY


class Petition(msgspec.Struct, frozen=True, kw_only=True):
    """A petition: aim, target, roll and charter as it was opened, the committed list of keys, and those that signed."""

    index: int
    aim: Aim
    target: str
    assembly: str
    roll: Roll
    charter: Charter
    root: str = ""
    listed: int = 0
    signed: frozenset[str] = frozenset()
    passed: int | None = None
    closed: bool = False


class Recall(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a recall vote in the sending body."""

    delegate: str
    assembly: str
    passed: bool
    act: str
    index: int


class Mandate(msgspec.Struct, frozen=True, kw_only=True):
    """A district's binding instruction to its delegates on one motion of one assembly."""

    assembly: str
    motion: str
    instruction: Literal["yes", "no", "abstain", "free"]
    act: str
    index: int


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """This body's own joining of an assembly, with charter and plan that it ratified by doing so; ``accepted``: the act
    by which it accepted another plan since, of which ``plan``, ``district`` and ``seats`` are.
    """

    assembly: str
    charter: str
    plan: str
    district: str
    seats: int
    act: str
    index: int
    left: int | None = None
    accepted: str = ""


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """A delegate's open vote; ``label`` is set when the vote closes."""

    key: str
    district: str
    choice: Choice
    act: str
    index: int
    label: Literal["", "kept", "broken", "free", "void"] = ""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A spending order and what was paid of it, in minor currency units. ``ended``: at the tick of R-OFFICE-7."""

    amount: int
    unit: str
    purpose: str
    decision: str
    index: int
    paid: int = 0
    ended: int | None = None


class State(msgspec.Struct, frozen=True, kw_only=True):
    """One body as its record's first ``size`` entries make it.

    ``roots``    the root at every size; ``log`` the act at every position (empty where the entry is none)
    ``objects``  for each act that others rest on, the last in force that did; ``seated`` the body for which a key sits
    ``delivered``  when mirrors had seen an act handed in elsewhere; ``deliveries``  here, by body and act, and where
    ``plans``    those in force before ``plan``; ``amendment`` the one put forward, which bodies have ``accepted``
    ``missing``  the first position that could not be judged with what is at hand: what follows is not sure either
    ``halted``   the charter pins rules that this program does not know: nothing more is judged
    """

    identity: str = ""
    size: int = 0
    roots: Roots = Roots()
    founding: Founding | None = None
    charter: Charter = Charter()
    ticks: tuple[Tick, ...] = ()
    acts: Map[str, Standing] = Map()
    log: Vector[str] = Vector()
    keys: Map[str, Key] = Map()
    offices: tuple[Holding, ...] = ()
    roll: Roll | None = None
    census: Figure | None = None
    motions: Map[str, Motion] = Map()
    decisions: Map[str, Decision] = Map()
    sessions: Map[str, Session] = Map()
    candidates: Map[str, Candidate] = Map()
    elections: Map[str, Election] = Map()
    petitions: Map[str, Petition] = Map()
    recalls: Map[str, Recall] = Map()
    mandates: Map[str, Mandate] = Map()
    memberships: Map[str, Membership] = Map()
    plan: Plan | None = None
    amendment: Plan | None = None
    accepted: Map[str, Standpoint] = Map()
    plans: tuple[Plan, ...] = ()
    challenges: Map[str, Challenge] = Map()
    bodies: Map[str, MemberBody] = Map()
    seated: Map[str, str] = Map()
    instructions: Map[str, Map[str, Mandate]] = Map()
    votes: Map[str, Map[str, Vote]] = Map()
    money: Map[str, int] = Map()
    orders: Map[str, Order] = Map()
    digest: tuple[int, str] | None = None
    delivered: Map[str, int] = Map()
    deliveries: Map[str, Map[str, int]] = Map()
    objects: Map[str, str] = Map()
    moves: tuple[Move, ...] = ()
    forks: tuple[ShownFork, ...] = ()
    dissolved: int | None = None
    missing: int | None = None
    halted: bool = False


def founded(state: State) -> Founding:
    """What act 0 fixed. No act but act 0 is judged before it is in force."""
    assert state.founding is not None
    return state.founding
