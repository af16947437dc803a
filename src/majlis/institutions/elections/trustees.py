"""How the trustees make an election's key, in signed acts (``spec/elections.md``).

Where all of them are needed each publishes a key of their own, and the election's is the product. Where fewer are,
they make it together, any ``needed`` of whom then open the box: each certifies two keys, commits to a polynomial, shows
it in the exponent, and publishes the key of the share that all of it gives them. What they write to each other is
sealed, stands in the acts whole, so that nobody can withhold it, and follows ``spec/ballot.md`` section 5. All that
everybody can see of it is checked before an act is in force; what only its reader can see is what accusations are for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from majlis.ballot import (
    Certificates,
    check_accusation,
    check_answer,
    check_certificate,
    check_certificates,
    check_polynomial,
    key_prefix,
)
from majlis.crypto import ED25519, check_knowledge
from majlis.errors import Fault, Refused
from majlis.institutions.charter import Decimal, Hex64
from majlis.institutions.elections.announcing import MOST_TRUSTEES, find_election, set_trustee, trustee_position
from majlis.institutions.elections.paper import election_key, read_proof
from majlis.institutions.kinds import ANYONE, Context, Kind
from majlis.institutions.state import Election, State, Trustee, replace

T = TypeVar("T")

# An entry has 16 KiB at most; what nine trustees deal to each other fits.
LONGEST_TEXT: Final = 4_000
LONGEST_LETTERS: Final = 14_000


class TrusteeKey(msgspec.Struct, frozen=True, kw_only=True):
    """A trustee's part of the election key, with the proof of knowing its secret (made for this election only)."""

    election: Hex64
    public_key: Hex64
    challenge: Decimal
    response: Decimal


class Certify(msgspec.Struct, frozen=True, kw_only=True):
    """The two keys by which a trustee signs and reads in this ceremony, as ``certificate`` says, signed."""

    election: Hex64
    certificate: Annotated[str, Meta(max_length=LONGEST_TEXT)]


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """SHA-256 of the message that will show the trustee's polynomial in the exponent."""

    election: Hex64
    commitment: Hex64


class Deal(msgspec.Struct, frozen=True, kw_only=True):
    """The polynomial in the exponent, and the sealed values of it."""

    election: Hex64
    letters: Annotated[str, Meta(max_length=LONGEST_LETTERS)]


class ShareKey(msgspec.Struct, frozen=True, kw_only=True):
    """The key of the trustee's share with the proof of knowing it, signed, and the share sealed to themselves."""

    election: Hex64
    answer: Annotated[str, Meta(max_length=LONGEST_TEXT)]


class Accuse(msgspec.Struct, frozen=True, kw_only=True):
    """Trustee number ``accused``, from 1, dealt the author a false value, as ``accusation`` opens to all."""

    election: Hex64
    accused: Annotated[int, Meta(ge=1, le=MOST_TRUSTEES)]
    accusation: Annotated[str, Meta(max_length=LONGEST_TEXT)]


def judge_key(context: Context) -> State:
    """R-TRUSTEE-1 a trustee of this election, once, before it opens; R-TRUSTEE-2 the proof of knowledge holds."""
    state, data = context.state, context.data
    election, position = _part(context, threshold=False)
    if election.trustees[position].public_key:
        raise Refused("this trustee's key is published already", rule="R-TRUSTEE-1")
    _check_new(state, data.public_key)
    _check_knowledge(data, "R-TRUSTEE-2")
    context.rests_on(data.election, "announcement")
    after = set_trustee(state, data.election, position, public_key=data.public_key)
    _check_product(after.elections[data.election], "public_key", "R-TRUSTEE-2")
    return after


def judge_certify(context: Context) -> State:
    """R-TRUSTEE-3: the first step, by each trustee once, for this election and place, with new keys."""
    state, data = context.state, context.data
    election, position = _part(context, threshold=True)
    if election.trustees[position].certificate:
        raise Refused("this trustee has certified already", rule="R-TRUSTEE-3")
    size, threshold = len(election.trustees), election.needed
    found = _checked(
        "R-TRUSTEE-3",
        lambda: check_certificate(data.certificate.encode(), size=size, threshold=threshold, index=position + 1),
    )
    verification, encryption = ED25519.format(found.verification), ED25519.format(found.encryption)
    if verification == encryption:
        raise Refused("one key signs and another reads; these are the same", rule="R-TRUSTEE-2")
    for key in (verification, encryption):
        _check_new(state, key)
    context.rests_on(data.election, "announcement")
    return set_trustee(
        state,
        data.election,
        position,
        verification=verification,
        encryption=encryption,
        certificate=data.certificate,
    )


def judge_promise(context: Context) -> State:
    """R-TRUSTEE-3: the second step, once everybody has certified; nobody has seen a polynomial by then."""
    election, position = _part(context, threshold=True)
    _require(election, position, before="certificate", own="promise", what="certified")
    context.rests_on(context.data.election, "announcement")
    return set_trustee(context.state, context.data.election, position, promise=context.data.commitment)


def judge_deal(context: Context) -> State:
    """R-TRUSTEE-3 the third step, once everybody has committed; R-TRUSTEE-4 what was committed to, of the right
    length, signed after the same certificates, with a letter in form to everybody.
    """
    state, data = context.state, context.data
    election, position = _part(context, threshold=True)
    _require(election, position, before="promise", own="letters", what="committed")
    promise = election.trustees[position].promise
    found = _checked(
        "R-TRUSTEE-4",
        lambda: check_polynomial(certificates_of(election), position + 1, data.letters.encode(), promise),
    )
    context.rests_on(data.election, "announcement")
    coefexps = tuple(ED25519.format(point) for point in found.coefexps)
    after = set_trustee(state, data.election, position, coefexps=coefexps, letters=data.letters)
    _check_product(after.elections[data.election], "letters", "R-TRUSTEE-4")
    return after


def judge_share_key(context: Context) -> State:
    """R-TRUSTEE-3 the last step, once everybody has dealt; R-TRUSTEE-5 the key is what was dealt makes, and known."""
    state, data = context.state, context.data
    election, position = _part(context, threshold=True)
    _require(election, position, before="letters", own="answer", what="dealt")
    points = [[ED25519.read(text) for text in trustee.coefexps] for trustee in election.trustees]
    found = _checked(
        "R-TRUSTEE-5",
        lambda: check_answer(certificates_of(election), points, position + 1, data.answer.encode()),
    )
    context.rests_on(data.election, "announcement")
    return set_trustee(state, data.election, position, public_key=found.public_key, answer=data.answer)


def judge_accuse(context: Context) -> State:
    """R-TRUSTEE-6: by whoever was dealt it, and it is true: the election ends, and may be announced anew."""
    state, data = context.state, context.data
    election, position = _part(context, threshold=True)
    if not data.accused <= len(election.trustees):
        raise Refused(f"there are trustees 1 to {len(election.trustees)}", rule="R-TRUSTEE-6")
    accused = election.trustees[data.accused - 1]
    if not accused.letters:
        raise Refused("this trustee has dealt nothing yet", rule="R-TRUSTEE-6")
    _checked(
        "R-TRUSTEE-6",
        lambda: check_accusation(
            certificates_of(election),
            accused.letters.encode(),
            data.accusation.encode(),
            accuser=position + 1,
            accused=data.accused,
        ),
    )
    context.rests_on(data.election, "announcement")
    changed = replace(election, ended=context.act.id, liar=accused.key)
    return replace(state, elections=state.elections.set(data.election, changed))


def certificates_of(election: Election) -> Certificates:
    """The certificates that all trustees have given. Raises: Missing, while some have not."""
    raws = {n: each.certificate.encode() for n, each in enumerate(election.trustees, start=1) if each.certificate}
    return check_certificates(raws, size=len(election.trustees), threshold=election.needed)


def _checked(rule: str, check: Callable[[], T]) -> T:
    """What ``check`` gives. Raises: Refused with ``rule``, for whatever it finds."""
    try:
        return check()
    except Fault as fault:
        raise Refused(f"this does not hold: {fault.text}", where=fault.where, rule=rule) from fault


def _part(context: Context, *, threshold: bool) -> tuple[Election, int]:
    """The election, not opened yet, and the author's place among its trustees.

    Raises: Refused with R-ELECT-6, R-TRUSTEE-1, R-TRUSTEE-3.
    """
    election = find_election(context.state, context.data.election)
    position = trustee_position(context.state, election, context.act.author)
    if election.opened is not None:
        raise Refused("the box is open already; its key is made", rule="R-TRUSTEE-1")
    if election.is_threshold != threshold:
        how = "together, in steps" if election.is_threshold else "each for themselves, since all of them are needed"
        raise Refused(f"the trustees of this election make its key {how}", rule="R-TRUSTEE-3")
    return election, position


def _require(election: Election, position: int, *, before: str, own: str, what: str) -> None:
    """The step before is done by all, and this one not yet by this trustee. Raises: Refused with R-TRUSTEE-3."""
    if not all(getattr(trustee, before) for trustee in election.trustees):
        raise Refused(f"this step comes once every trustee has {what}", rule="R-TRUSTEE-3")
    if getattr(election.trustees[position], own):
        raise Refused("this trustee has taken this step already", rule="R-TRUSTEE-3")


def _check_new(state: State, key: str) -> None:
    if any(key in _keys(trustee) for election in state.elections.values() for trustee in election.trustees):
        raise Refused("a trustee makes a new key for every election", rule="R-TRUSTEE-2")


def _keys(trustee: Trustee) -> tuple[str, ...]:
    return (trustee.public_key, trustee.verification, trustee.encryption)


def _check_knowledge(data: TrusteeKey, rule: str) -> None:
    try:
        encoded = ED25519.parse(data.public_key)
        check_knowledge(ED25519, encoded, key_prefix(ED25519, encoded), read_proof(data.challenge, data.response))
    except Fault as fault:
        raise Refused(f"the trustee's proof fails: {fault.text}", rule=rule) from fault


def _check_product(election: Election, step: str, rule: str) -> None:
    """All parts together are no key that hides nothing, now that the last is there."""
    if all(getattr(trustee, step) for trustee in election.trustees) and election_key(election) == ED25519.identity:
        raise Refused("with this part the election's key would be the one that hides nothing", rule=rule)


_WARRANT: Final = "the trustee's part in the announced election"

KINDS: Final = tuple(
    Kind(name=name, data=data, judge=judge, authors=(ANYONE,), warrant=_WARRANT, early=True)
    for name, data, judge in (
        ("trustee.key", TrusteeKey, judge_key),
        ("trustee.certify", Certify, judge_certify),
        ("trustee.promise", Promise, judge_promise),
        ("trustee.deal", Deal, judge_deal),
        ("trustee.share", ShareKey, judge_share_key),
        ("trustee.accuse", Accuse, judge_accuse),
    )
)
