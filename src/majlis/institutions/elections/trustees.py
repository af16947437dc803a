"""How the trustees make an election's key, in signed acts (``spec/elections.md``).

Where all of them are needed each publishes a key of their own, and the election's is the product. Where fewer are,
they make it together, any ``needed`` of whom then open the box: each certifies two keys, commits to a polynomial, shows
it in the exponent, and publishes the key of the share that all of it gives them. What they write to each other is
sealed, lies in blobs that the acts name, and follows ``spec/ballot.md`` section 5.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.ballot import (
    check_accusation,
    check_answer,
    check_certificate,
    check_certificates,
    check_polynomial,
    coefexps_message,
    key_prefix,
)
from majlis.crypto import ED25519, Point, check_knowledge
from majlis.errors import Fault, Missing, Refused
from majlis.institutions.charter import Decimal, Hex64
from majlis.institutions.elections.announcing import MOST_TRUSTEES, find_election, set_trustee, trustee_position
from majlis.institutions.elections.paper import certificate_text, election_key, read_proof, share_key
from majlis.institutions.kinds import ANYONE, Context, Kind
from majlis.institutions.state import Election, State, Trustee, replace


class TrusteeKey(msgspec.Struct, frozen=True, kw_only=True):
    """A trustee's part of the election key, with the proof of knowing its secret (made for this election only)."""

    election: Hex64
    public_key: Hex64
    challenge: Decimal
    response: Decimal


class Certify(msgspec.Struct, frozen=True, kw_only=True):
    """The two keys by which a trustee signs and reads in this ceremony; ``certificate``: the blob that says so."""

    election: Hex64
    verification: Hex64
    encryption: Hex64
    certificate: Hex64


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """SHA-256 of the message that will show the trustee's polynomial in the exponent."""

    election: Hex64
    commitment: Hex64


class Deal(msgspec.Struct, frozen=True, kw_only=True):
    """The polynomial in the exponent, constant term first; ``letters``: the blob with it and the sealed values."""

    election: Hex64
    coefexps: Annotated[tuple[Hex64, ...], Meta(max_length=MOST_TRUSTEES)]
    letters: Hex64


class ShareKey(msgspec.Struct, frozen=True, kw_only=True):
    """The key of the trustee's share, with the proof of knowing it; ``answer``: the blob with it, signed."""

    election: Hex64
    public_key: Hex64
    challenge: Decimal
    response: Decimal
    answer: Hex64


class Accuse(msgspec.Struct, frozen=True, kw_only=True):
    """Trustee number ``accused``, from 1, broke the ceremony: visibly, or as the blob ``accusation`` opens to all."""

    election: Hex64
    accused: Annotated[int, Meta(ge=1, le=MOST_TRUSTEES)]
    accusation: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""


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
    """R-TRUSTEE-3: the first step, by each trustee once, with keys that nobody published before."""
    state, data = context.state, context.data
    election, position = _part(context, threshold=True)
    if election.trustees[position].certificate:
        raise Refused("this trustee has certified already", rule="R-TRUSTEE-3")
    if data.verification == data.encryption:
        raise Refused("one key signs and another reads; these are the same", rule="R-TRUSTEE-2")
    for text in (data.verification, data.encryption):
        _check_new(state, text)
        _point(text, "R-TRUSTEE-3")
    context.rests_on(data.election, "announcement")
    return set_trustee(
        state,
        data.election,
        position,
        verification=data.verification,
        encryption=data.encryption,
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
    length.
    """
    state, data = context.state, context.data
    election, position = _part(context, threshold=True)
    _require(election, position, before="promise", own="letters", what="committed")
    points = [_point(text, "R-TRUSTEE-4") for text in data.coefexps]
    message = coefexps_message(ED25519, points)
    if len(points) != election.needed or sha256(message.encode()).hexdigest() != election.trustees[position].promise:
        raise Refused("this is not the polynomial that the trustee committed to", rule="R-TRUSTEE-4")
    context.rests_on(data.election, "announcement")
    after = set_trustee(state, data.election, position, coefexps=data.coefexps, letters=data.letters)
    _check_product(after.elections[data.election], "letters", "R-TRUSTEE-4")
    return after


def judge_share_key(context: Context) -> State:
    """R-TRUSTEE-3 the last step, once everybody has dealt; R-TRUSTEE-5 the key is what was dealt makes, and known."""
    state, data = context.state, context.data
    election, position = _part(context, threshold=True)
    _require(election, position, before="letters", own="answer", what="dealt")
    if data.public_key != share_key(election, position + 1):
        raise Refused("this is not the key of the share that the trustees' polynomials give", rule="R-TRUSTEE-5")
    _check_knowledge(data, "R-TRUSTEE-5")
    context.rests_on(data.election, "announcement")
    return set_trustee(state, data.election, position, public_key=data.public_key, answer=data.answer)


def judge_accuse(context: Context) -> State:
    """R-TRUSTEE-6: by a trustee of the election, and it is true: the election ends, and may be announced anew."""
    state, data = context.state, context.data
    election, _ = _part(context, threshold=True)
    if not data.accused <= len(election.trustees):
        raise Refused(f"there are trustees 1 to {len(election.trustees)}", rule="R-TRUSTEE-6")
    _find_lie(context, election)
    context.rests_on(data.election, "announcement")
    accused = election.trustees[data.accused - 1].key
    changed = replace(election, ended=context.act.id, liar=accused)
    return replace(state, elections=state.elections.set(data.election, changed))


def _find_lie(context: Context, election: Election) -> None:
    """Returns when the accused broke the ceremony. Raises: Refused with R-TRUSTEE-6, Missing."""
    number, blob = context.data.accused, context.evidence.blob
    size, threshold = len(election.trustees), election.needed
    accused = election.trustees[number - 1]
    try:
        if accused.certificate and not _is_certificate(election, number, blob(accused.certificate)):
            return
        if all(trustee.certificate for trustee in election.trustees) and accused.letters:
            raws = {at: blob(trustee.certificate) for at, trustee in enumerate(election.trustees, start=1)}
            certificates = check_certificates(raws, size=size, threshold=threshold)
            letters = blob(accused.letters)
            if context.data.accusation:
                check_accusation(certificates, letters, blob(context.data.accusation))
                return
            try:
                check_polynomial(certificates, number, letters, accused.promise)
                if accused.answer:
                    points = [[_point(text, "") for text in trustee.coefexps] for trustee in election.trustees]
                    check_answer(certificates, points, number, blob(accused.answer))
            except Missing:
                raise
            except Fault:
                return
    except Missing:
        raise
    except Fault as fault:
        raise Refused(f"the accusation does not hold: {fault.text}", where=fault.where, rule="R-TRUSTEE-6") from fault
    raise Refused("nothing that this trustee published is false", rule="R-TRUSTEE-6")


def _is_certificate(election: Election, number: int, raw: bytes) -> bool:
    trustee = election.trustees[number - 1]
    try:
        found = check_certificate(raw, size=len(election.trustees), threshold=election.needed, index=number)
    except Fault:
        return False
    keys = (_point(trustee.verification, ""), _point(trustee.encryption, ""))
    expected = sha256(certificate_text(election, number, *keys).encode()).hexdigest()
    return found.commitment == expected


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


def _check_knowledge(data: TrusteeKey | ShareKey, rule: str) -> None:
    try:
        encoded = ED25519.parse(data.public_key)
        check_knowledge(ED25519, encoded, key_prefix(ED25519, encoded), read_proof(data.challenge, data.response))
    except Fault as fault:
        raise Refused(f"the trustee's proof fails: {fault.text}", rule=rule) from fault


def _point(text: str, rule: str) -> Point:
    try:
        return ED25519.read(text)
    except Fault as fault:
        raise Refused(f"this is no element of the group: {fault.text}", rule=rule) from fault


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
