"""A secret ballot from announcement to result: who stood, how it went step by step, and how to check it oneself."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from majlis.ballot import counted_rankings
from majlis.count import count_votes, tied
from majlis.errors import Missing
from majlis.institutions.elections import answers, lot_seed, profile_of
from majlis.institutions.state import Election, Outcome, State
from majlis.institutions.ticks import is_running
from majlis.site import lexicon, paths
from majlis.site.language import When
from majlis.site.source import BodyInfo, BoxInfo
from majlis.site.views.counting import CountView, count_view
from majlis.site.views.frame import Frame, frame
from majlis.site.views.parts import Bar, Desk, Fact, Pager, Ref, Stamp, bars

HEADS = 12


class ElectionRow(Struct, frozen=True, kw_only=True):
    """One ballot of a list."""

    ref: Ref
    stamp: Stamp
    ballots: str
    when: When


class ElectionsView(Struct, frozen=True, kw_only=True):
    """One page of a body's secret ballots, newest first."""

    frame: Frame
    rows: tuple[ElectionRow, ...]
    pager: Pager


class CandidateRow(Struct, frozen=True, kw_only=True):
    """One answer on the paper with its votes; ``place`` is empty before the result."""

    name: str
    person: Ref | None
    place: str
    bar: Bar | None
    elected: bool
    by_lot: bool


class Step(Struct, frozen=True, kw_only=True):
    """One step on the way to a result. ``code`` is *done*, *now* or *later*."""

    text: str
    code: str
    when: When
    act: Ref | None
    note: str


class TrusteeRow(Struct, frozen=True, kw_only=True):
    """One trustee: who, from which body, and what they have published so far."""

    person: Ref
    of: Ref
    public_key: str
    committed: bool
    shown: bool
    lot: bool
    shuffled: bool
    lied: bool
    forgot: bool


class Head(Struct, frozen=True, kw_only=True):
    """One logged head of the box."""

    height: str
    hash: str


class Check(Struct, frozen=True, kw_only=True):
    """One check of the archive, as its verifier put it, in English."""

    stamp: Stamp
    text: str


class ElectionView(Struct, frozen=True, kw_only=True):
    """One secret ballot. ``archive_href`` is empty where no archive is at hand."""

    frame: Frame
    title: Ref
    subject: Ref
    stamp: Stamp
    seats: str
    candidates: tuple[CandidateRow, ...]
    blank: str
    rule: str
    lot: str
    turnout: tuple[Fact, ...]
    steps: tuple[Step, ...]
    registrar: Ref
    list_keeper: Ref
    trustees: tuple[TrusteeRow, ...]
    needed: str
    heads: tuple[Head, ...]
    fingerprint: str
    uuid: str
    archive_href: str
    archive_size: str
    verdict: Stamp | None
    checks: tuple[Check, ...]
    command: str
    result_act: Ref | None
    count: CountView | None


def elections_view(desk: Desk, info: BodyInfo, page: int) -> ElectionsView:
    """Raises: Missing for a page that is not there."""
    state = desk.library.state(info.identity)
    rows = election_rows(desk, info, state)
    pages = paths.pages_for(len(rows), paths.ROWS_A_PAGE)
    if not 1 <= page <= pages:
        raise Missing(f"this body's secret ballots fill {pages} pages")
    start = (page - 1) * paths.ROWS_A_PAGE
    title = desk.say.gettext("Secret ballots")
    return ElectionsView(
        frame=frame(desk, title, body=info, section="elections", crumb=title),
        rows=rows[start : start + paths.ROWS_A_PAGE],
        pager=desk.pager(page, pages, f"{info.slug}/elections-{{}}.html"),
    )


def election_rows(desk: Desk, info: BodyInfo, state: State, *, running: bool = False) -> tuple[ElectionRow, ...]:
    """The secret ballots of a body, newest first; only those still going on where ``running``."""
    found = sorted(state.elections.values(), key=lambda election: -election.index)
    return tuple(
        ElectionRow(
            ref=desk.about(state, election),
            stamp=stage(desk, state, election),
            ballots=desk.say.ngettext("%(num)s ballot", "%(num)s ballots", election.ballots) if election.opened else "",
            when=desk.when(state, election.index),
        )
        for election in found
        if not running or is_running(state, election)
    )


def stage(desk: Desk, state: State, election: Election) -> Stamp:
    """How far a secret ballot has come."""
    say = desk.say
    if election.result is not None:
        return Stamp(code="in-force", word=say.gettext("result in force"))
    if election.liar:
        return Stamp(code="lost", word=say.gettext("ended: a trustee lied"))
    if election.ended:
        return Stamp(code="lost", word=say.gettext("ended: announced anew"))
    if not is_running(state, election):
        return Stamp(code="lost", word=say.gettext("lapsed: not finished in time"))
    if election.closed is not None:
        return Stamp(code="waiting", word=say.gettext("closed, not counted yet"))
    if election.opened is not None:
        return Stamp(code="open", word=say.gettext("box open"))
    return Stamp(code="waiting", word=say.gettext("announced"))


def election_view(desk: Desk, info: BodyInfo, index: int) -> ElectionView:
    """The ballot announced at ``index``. Raises: Missing when none was."""
    state = desk.library.state(info.identity)
    act = state.log.get(index, "")
    election = state.elections.get(act)
    if election is None or election.index != index:
        raise Missing(f"no secret ballot was announced by entry {index} of this record")
    say = desk.say
    about = desk.about(state, election)
    box = desk.library.source.box(election.uuid)
    result = election.result
    return ElectionView(
        frame=frame(desk, about.plain, body=info, section="elections", crumb=about.text),
        title=about,
        subject=_subject(desk, state, election),
        stamp=stage(desk, state, election),
        seats=say.ngettext("%(num)s seat", "%(num)s seats", election.seats) if election.seats else "",
        candidates=_candidates(desk, state, election),
        blank=say.ngettext("%(num)s blank vote", "%(num)s blank votes", result.blank) if result else "",
        rule=_rule(desk, election),
        lot=_lot(desk, election),
        turnout=_turnout(desk, election),
        steps=_steps(desk, state, election),
        registrar=desk.person(state, election.registrar),
        list_keeper=desk.person(state, election.list_keeper),
        trustees=tuple(
            TrusteeRow(
                person=desk.person(state, trustee.key),
                of=desk.body(trustee.of),
                public_key=trustee.public_key,
                committed=bool(trustee.commitment),
                shown=bool(trustee.payload),
                lot=bool(trustee.lot),
                forgot=bool(trustee.forgot),
                shuffled=any(shuffle.key == trustee.key for shuffle in election.shuffles),
                lied=trustee.key == election.liar,
            )
            for trustee in election.trustees
        ),
        needed=_needed(desk, election),
        heads=tuple(Head(height=desk.number(height), hash=head) for height, head in election.heads[-HEADS:]),
        fingerprint=election.fingerprint,
        uuid=election.uuid,
        archive_href=desk.public(paths.box(election.uuid)) if box else "",
        archive_size=say.bytes(box.size) if box else "",
        verdict=_verdict(desk, box.verdict) if box else None,
        checks=tuple(
            Check(
                stamp=Stamp(code=f"check-{check.outcome}", word=desk.word(lexicon.CHECKS, check.outcome)),
                text=check.text,
            )
            for check in (box.checks if box else ())
        ),
        command=f"majlis box verify {paths.box(election.uuid)}",
        result_act=desk.act(info.identity, result.index) if result else None,
        count=_count(desk, election, box) if result and box else None,
    )


def _count(desk: Desk, election: Election, box: BoxInfo) -> CountView | None:
    """The count of ranked ballots again, where the box is open here, so that every stage can be shown."""
    if not election.is_ranked or not box.result:
        return None
    rankings = counted_rankings(box.result, box.spoilt, 0)
    outcome = count_votes(
        profile_of(rankings, answers(election.candidates)),
        rule=election.rule,
        seats=min(election.seats, len(election.candidates)),
        seed=lot_seed(election),
    )
    return count_view(desk.say, outcome)


def _verdict(desk: Desk, verdict: str) -> Stamp:
    code = {"valid": "in-force", "valid-v1": "in-force", "incomplete": "missing"}.get(verdict, "void")
    return Stamp(code=code, word=desk.word(lexicon.VERDICTS, verdict))


def _subject(desk: Desk, state: State, election: Election) -> Ref:
    if election.purpose == "delegates":
        return desk.body(election.subject)
    if election.purpose == "motion":
        return desk.motion(state, election.subject)
    info = desk.library.by_identity[state.identity]
    petition = state.petitions.get(election.subject)
    if petition is None:
        return Ref(text=f"{election.subject[:16]}…")
    return Ref(text=desk.word(lexicon.AIMS, petition.aim), href=desk.link(paths.petition(info.slug, petition.index)))


def _candidates(desk: Desk, state: State, election: Election) -> tuple[CandidateRow, ...]:
    result = election.result
    if election.purpose == "delegates":
        names = answers(election.candidates)
        people: tuple[Ref | None, ...] = tuple(desk.person(state, candidate.key) for candidate in election.candidates)
    else:
        names = (desk.word(lexicon.CHOICES, "yes"), desk.word(lexicon.CHOICES, "no"))
        people = (None, None)
    if result is None:
        return tuple(
            CandidateRow(name=name, person=person, place="", bar=None, elected=False, by_lot=False)
            for name, person in zip(names, people, strict=True)
        )
    order = result.order if len(result.order) == len(names) else tuple(range(len(names)))
    codes = ("yes", "no") if election.purpose != "delegates" else ("",) * len(names)
    counted = bars(desk, ((names[at], result.votes[at], codes[at]) for at in order), result.ballots)
    lots = {number for group in tied(result.votes) for number in group} if _has_lot(election) else set()
    if election.is_ranked:
        lots = set()
    return tuple(
        CandidateRow(
            name=names[at],
            person=people[at],
            place=desk.number(place + 1) if election.purpose == "delegates" else "",
            bar=counted[place],
            elected=place < election.seats,
            by_lot=at in lots,
        )
        for place, at in enumerate(order)
    )


def _rule(desk: Desk, election: Election) -> str:
    """How ranked ballots are counted; empty for others."""
    if not election.is_ranked:
        return ""
    say, name = desk.say, desk.word(lexicon.COUNTING, election.rule)
    if election.result is None or election.result.quota is None:
        return say.gettext("Voters rank the candidates. Counted by: %(rule)s.", rule=name)
    return say.gettext(
        "Voters ranked the candidates; the votes shown are first preferences. Counted by: %(rule)s; a seat takes "
        "%(quota)s votes.",
        rule=name,
        quota=desk.number(election.result.quota),
    )


def _needed(desk: Desk, election: Election) -> str:
    if not election.is_threshold:
        return desk.say.gettext("Trustees: all of them are needed to count, none can open a ballot alone")
    return desk.say.gettext(
        "Trustees: any %(needed)s of %(all)s are needed to count, none can open a ballot alone",
        needed=desk.number(election.needed),
        all=desk.number(len(election.trustees)),
    )


def _has_lot(election: Election) -> bool:
    given = sum(bool(trustee.lot) for trustee in election.trustees)
    return election.purpose == "delegates" and given >= election.needed


def _lot(desk: Desk, election: Election) -> str:
    result = election.result
    if election.purpose != "delegates":
        return ""
    if result is not None and (election.is_ranked or tied(result.votes)) and _has_lot(election):
        return desk.say.gettext(
            "Candidates with equal votes were put in order by a public lot, to which trustees gave their shares after "
            "the box was closed. Nobody could choose it, and anybody can draw it again."
        )
    if result is None and any(trustee.lot for trustee in election.trustees):
        return desk.say.gettext("A public lot is being drawn.")
    return ""


def _turnout(desk: Desk, election: Election) -> tuple[Fact, ...]:
    say = desk.say
    voters = election.voters or election.roll.leaves
    facts = [
        Fact(label=say.gettext("Members on the roll"), value=desk.number(election.roll.leaves)),
        Fact(label=say.gettext("Voters on the list"), value=desk.number(election.voters) if election.voters else "–"),
    ]
    if election.opened is not None:
        ballots = election.result.ballots if election.result else election.ballots
        share = say.percent(Fraction(ballots, voters)) if voters else ""
        facts.append(Fact(label=say.gettext("Ballots"), value=desk.number(ballots), note=share))
    if election.result is not None:
        facts.append(Fact(label=say.gettext("Blank votes"), value=desk.number(election.result.blank)))
    if election.closed is not None:
        facts.append(Fact(label=say.gettext("Objections"), value=desk.number(len(election.objections))))
    return tuple(facts)


def _steps(desk: Desk, state: State, election: Election) -> tuple[Step, ...]:
    say = desk.say
    listed = state.acts.get(election.list_act)
    result: Outcome | None = election.result
    needed = election.needed
    committed = [trustee.commitment for trustee in election.trustees]
    objections = say.ngettext("%(num)s objection", "%(num)s objections", len(election.objections))
    if election.settled:
        objections = say.gettext("%(objections)s, settled by the members", objections=objections)
    rows: list[tuple[str, bool, int | None, str]] = [
        (say.gettext("Announced"), True, election.index, ""),
        (say.gettext("Anonymous list of voters published"), bool(listed), listed.index if listed else None, ""),
        (say.gettext("Trustees' keys published"), *_by_trustees(desk, [t.public_key for t in election.trustees])),
        (say.gettext("Box opened"), election.opened is not None, election.opened, ""),
        (say.gettext("Box closed"), election.closed is not None, election.closed, ""),
        (
            say.gettext("Time for objections"),
            any(committed) or bool(election.shuffles),
            None,
            objections if election.closed is not None else "",
        ),
        (say.gettext("Trustees commit to their decryptions"), *_by_trustees(desk, committed, needed)),
        (
            say.gettext("Trustees show their decryptions"),
            *_by_trustees(desk, [t.payload for t in election.trustees], needed),
        ),
        (say.gettext("Result"), result is not None, result.index if result else None, ""),
    ]
    if election.is_ranked:
        shufflers = len({shuffle.key for shuffle in election.shuffles})
        least = election.charter.shufflers
        note = f"{desk.number(shufflers)} / {desk.number(least)}"
        rows.insert(-3, (say.gettext("Trustees shuffle the ballots"), shufflers >= least, None, note))
    if election.is_threshold:
        certified = _by_trustees(desk, [t.certificate for t in election.trustees])
        dealt = _by_trustees(desk, [t.letters for t in election.trustees])
        rows.insert(2, (say.gettext("Trustees certify their parts of a joint key"), *certified))
        rows.insert(3, (say.gettext("Trustees deal shares of it to each other"), *dealt))
    found = []
    waiting = False
    for text, done, index, note in rows:
        code = "done" if done else "later" if waiting else "now"
        waiting = waiting or not done
        found.append(
            Step(
                text=text,
                code=code,
                when=desk.when(state, index) if index is not None else When(),
                act=desk.act(state.identity, index) if index is not None else None,
                note=note,
            )
        )
    return tuple(found)


def _by_trustees(desk: Desk, published: list[str], needed: int | None = None) -> tuple[bool, None, str]:
    """Whether as many trustees as are needed, all where None, published theirs, and how many of them did."""
    done = sum(bool(each) for each in published)
    enough = len(published) if needed is None else needed
    return done >= enough, None, f"{desk.number(done)} / {desk.number(enough)}"
