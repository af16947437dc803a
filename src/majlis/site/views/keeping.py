"""How a record is kept: what exists on one machine only, who keeps it since when, forks, and what it does not have."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from majlis.institutions.charter import DAY
from majlis.institutions.logs import CONFIRM_DAYS, is_confirmed, is_lapsed
from majlis.institutions.state import Move, ShownFork, State
from majlis.institutions.ticks import now
from majlis.site.source import BodyInfo
from majlis.site.views.parts import Desk, Ref, Stamp, time_of

MOST = 12


class Unsafe(Struct, frozen=True, kw_only=True):
    """That so many acts exist on one machine only, and what to do about it; ``number`` is 0 where none do."""

    number: int
    text: str = ""
    advice: str = ""


class MoveRow(Struct, frozen=True, kw_only=True):
    """One move of the record to another log key: up to which act the old one kept it, who signed, what became of it."""

    ref: Ref
    until: str
    stamp: Stamp
    why: str
    signed: str
    signers: tuple[Ref, ...]


class ForkRow(Struct, frozen=True, kw_only=True):
    """One fork that was shown: where the two histories part, and whether it still stops what binds."""

    ref: Ref
    text: str
    stamp: Stamp
    why: str


class Lack(Struct, frozen=True, kw_only=True):
    """What acts of this record name and is not here, and the acts that do."""

    text: str
    refs: tuple[Ref, ...]


class Keeping(Struct, frozen=True, kw_only=True):
    """``omitted``: that mirrors logged acts as delivered which this record lacks. ``care``: when care-taking begins.

    ``lacking``: what of it is not here. ``verified``: how far, and when, whoever serves it verified it again in full
    (R-AGAIN-1). ``stopped``: why nothing is taken in.
    """

    unsafe: Unsafe
    moves: tuple[MoveRow, ...]
    forks: tuple[ForkRow, ...]
    lacking: tuple[Lack, ...]
    omitted: str
    care: str
    verified: str
    stopped: str

    @property
    def has_history(self) -> bool:
        """Whether there is more to say than that all is well."""
        return bool(self.moves or self.forks)


def keeping_of(desk: Desk, info: BodyInfo, state: State) -> Keeping:
    """How this record is kept, as far as it is known here."""
    return Keeping(
        unsafe=unsafe_of(desk, info, state),
        moves=tuple(_move(desk, state, move) for move in state.moves[-MOST:]),
        forks=tuple(_fork(desk, state, fork) for fork in state.forks[-MOST:]),
        lacking=tuple(_lacking(desk, info, state)),
        omitted=_omitted(desk, state),
        care=_care(desk, state),
        verified=_verified(desk, state),
        stopped=_stopped(desk, info),
    )


def unsafe_of(desk: Desk, info: BodyInfo, state: State) -> Unsafe:
    """How many acts exist on one machine only. Until mirrors hold the record at all, setting it up is not finished."""
    say = desk.say
    safe = min(state.size, desk.library.source.safe_size(info.identity))
    number = state.size - safe
    if not number:
        return Unsafe(number=0)
    text = say.ngettext(
        "%(num)s act is not safe yet: it exists on one machine only.",
        "%(num)s acts are not safe yet: they exist on one machine only.",
        number,
    )
    if not safe:
        advice = say.gettext(
            "Its mirrors do not hold this record yet, so setting it up is not finished. Have them take it: over the "
            "network, or from a bundle on a stick."
        )
    else:
        advice = say.gettext(
            "Have its mirrors take them: over the network, or from a bundle on a stick. Whoever takes or breaks this "
            "machine before that takes them too."
        )
    return Unsafe(number=number, text=text, advice=advice)


def _move(desk: Desk, state: State, move: Move) -> MoveRow:
    say = desk.say
    standing = state.acts[move.act]
    signers = sorted(standing.signers)
    if is_confirmed(state, move):
        code, word = "in-force", say.gettext("confirmed")
        why = say.gettext("The members have confirmed where the record is kept.")
    elif is_lapsed(state, move):
        code, word = "void", say.gettext("lapsed")
        why = say.gettext(
            "The members have not confirmed it, so nothing new binds; only what they need to decide is in force."
        )
    else:
        code, word = "waiting", say.gettext("waiting")
        why = _waits(desk, state, move)
    return MoveRow(
        ref=desk.act(state.identity, move.index),
        until=say.gettext(
            "Up to act %(index)s another log key signed this record.", index=desk.number(max(0, move.index - 1))
        ),
        stamp=Stamp(code=code, word=word),
        why=why,
        signed=say.ngettext("Signed by %(num)s key:", "Signed by %(num)s keys:", len(signers)),
        signers=tuple(desk.person(state, key) for key in signers[:MOST]),
    )


def _waits(desk: Desk, state: State, move: Move) -> str:
    time = time_of(state, move.index)
    if time is None:
        return desk.say.gettext("It counts until it lapses, unless the members confirm it before.")
    day = desk.say.day(time + CONFIRM_DAYS * DAY).text
    return desk.say.gettext("It counts until %(day)s, and lapses then unless the members have confirmed it.", day=day)


def _fork(desk: Desk, state: State, fork: ShownFork) -> ForkRow:
    say = desk.say
    if fork.settled is None:
        code, word = "void", say.gettext("open")
        why = say.gettext(
            "Until the members settle which goes on, nothing new binds; only what they need to decide is in force."
        )
    else:
        code, word = "in-force", say.gettext("settled")
        why = say.gettext("The members settled it with act %(index)s.", index=desk.number(fork.settled))
    text = say.gettext(
        "The log key of that time signed two histories, which part within the first %(size)s entries.",
        size=desk.number(fork.size),
    )
    return ForkRow(ref=desk.act(state.identity, fork.index), text=text, stamp=Stamp(code=code, word=word), why=why)


def _lacking(desk: Desk, info: BodyInfo, state: State) -> Iterator[Lack]:
    """That an entry is safe says nothing of what it names, which may lie on one machine only (R-MIRROR-11)."""
    say, found = desk.say, desk.library.source.lacks(info.identity)
    if found.texts:
        indices = sorted({text.index for text in found.texts})
        text = say.ngettext(
            "%(num)s text or file that acts of this record name is not here. Whoever has it is asked to hand it on: a "
            "safe act keeps its place, and not its text.",
            "%(num)s texts or files that acts of this record name are not here. Whoever has them is asked to hand them "
            "on: a safe act keeps its place, and not its text.",
            len({text.digest for text in found.texts}),
        )
        yield Lack(text=text, refs=tuple(desk.act(state.identity, index) for index in indices[:MOST]))
    if found.boxes:
        indices = sorted(each.index for each in state.elections.values() if each.uuid in found.boxes)
        text = say.ngettext(
            "%(num)s ballot box of this record is not here, or not to its end; nobody can count it again from here.",
            "%(num)s ballot boxes of this record are not here, or not to their ends; nobody can count them again from "
            "here.",
            len(found.boxes),
        )
        yield Lack(text=text, refs=tuple(desk.act(state.identity, index) for index in indices[:MOST]))
    if found.unjudged is not None:
        text = say.gettext(
            "An act rests on a ballot box or on a record that is not here; what follows it is not sure as shown."
        )
        yield Lack(text=text, refs=(desk.act(state.identity, found.unjudged),))


def _omitted(desk: Desk, state: State) -> str:
    number = desk.library.source.omitted(state.identity)
    if not number:
        return ""
    return desk.say.ngettext(
        "%(num)s act for this body was handed in at a mirror and is not counted here: this record does not have it, "
        "or has it too late. No count is complete until it is handed in.",
        "%(num)s acts for this body were handed in at mirrors and are not counted here: this record does not have "
        "them, or has them too late. No count is complete until they are handed in.",
        number,
    )


def _care(desk: Desk, state: State) -> str:
    newest = now(state)
    if newest is None:
        return ""
    day = desk.say.day(newest + state.charter.care_days * DAY).text
    return desk.say.gettext("without another, officers only take care after %(day)s", day=day)


def _stopped(desk: Desk, info: BodyInfo) -> str:
    match desk.library.source.stopped(info.identity):
        case "behind":
            return desk.say.gettext(
                "Nothing is taken in here now: what lies on this machine is not all of what was signed for this "
                "record, or another history. Acts can be handed in at its mirrors. Its keeper has to bring what is "
                "missing."
            )
        case "disk":
            return desk.say.gettext(
                "Nothing is taken in here now: this machine could not store what came in. Acts can be handed in at its "
                "mirrors. Its keeper has to look at the disk, and start the program again."
            )
    return ""


def _verified(desk: Desk, state: State) -> str:
    verified = desk.library.source.verified(state.identity)
    if verified is None:
        return ""
    return desk.say.gettext(
        "The host verified the first %(size)s entries again in full, from its disk, on %(moment)s.",
        size=desk.number(verified.size),
        moment=desk.say.moment(verified.time).text,
    )
