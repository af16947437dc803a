"""How trustees make an election's key together, each step as one act, and what they do with ranked votes.

A trustee keeps a seed (``ChannelKey``) in the keyring, and between promise and deal the letters, in which nothing is in
the clear. All else is read from the acts, and checked before it is answered. Source: ``spec/elections.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any

import msgspec

from majlis.ballot import (
    ChannelKey,
    Pedersen,
    Polynomial,
    Tally,
    TrusteeKey,
    accuse,
    certify,
    check_polynomial,
    check_polynomials,
    check_shuffle,
    collect,
    deal,
    format_parameters,
    format_trustees,
    make_input,
    may_show,
    open_share,
    polynomial_commitment,
)
from majlis.ballot import Election as BallotElection
from majlis.crypto import ED25519, Chance, Proof, SecretScalar
from majlis.errors import Fault, Forged, Missing
from majlis.institutions import State, parse_act
from majlis.institutions.elections import certificates_of
from majlis.institutions.state import Election

Data = dict[str, Any]
BlobReader = Callable[[str], bytes]

_STEPS = (
    ("trustee.certify", "certificate"),
    ("trustee.promise", "promise"),
    ("trustee.deal", "letters"),
    ("trustee.share", "answer"),
)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One act of the ceremony: its kind and its data."""

    kind: str
    data: Data


def next_step(election: Election, number: int) -> str | None:
    """The kind of act that trustee ``number``, from 1, gives next; None when all is given.

    Raises: Missing, while others have not taken the step before.
    """
    own = election.trustees[number - 1]
    if not election.is_threshold:
        return None if own.public_key else "trustee.key"
    before = ""
    for kind, field in _STEPS:
        if not getattr(own, field):
            waiting = [at for at, each in enumerate(election.trustees, start=1) if before and not getattr(each, before)]
            if waiting:
                raise Missing(
                    f"your next step waits for trustee {', '.join(map(str, waiting))}, by the copy that is here; take "
                    "a newer one"
                )
            return kind
        before = field
    return None


def _polynomials(election: Election) -> tuple[Polynomial, ...]:
    raws = {number: each.letters.encode() for number, each in enumerate(election.trustees, start=1) if each.letters}
    return check_polynomials(certificates_of(election), raws, _promises(election))


def _promises(election: Election) -> dict[int, str]:
    return {number: each.promise for number, each in enumerate(election.trustees, start=1) if each.promise}


def parameters_of(election: Election) -> Pedersen:
    """The finished set-up, for the box. Raises: Missing; what ``format_parameters`` raises, naming the trustee."""
    answers = {number: each.answer.encode() for number, each in enumerate(election.trustees, start=1) if each.answer}
    return format_parameters(certificates_of(election), _polynomials(election), answers)


def trustees_payload(state: State, election_id: str, entries: Sequence[bytes]) -> bytes:
    """The trustees as the box states them, from the acts in force. Raises: Missing, while somebody's key lacks."""
    election = state.elections[election_id]
    lacking = sum(not trustee.public_key for trustee in election.trustees)
    if lacking:
        raise Missing(
            f"{lacking} of {len(election.trustees)} trustees have not published a key; each runs 'majlis trustee key'"
        )
    if election.is_threshold:
        return format_trustees([parameters_of(election)])
    proofs = _proofs(state, election_id, entries)
    keys = [(ED25519.read(trustee.public_key), proofs[trustee.public_key]) for trustee in election.trustees]
    return format_trustees([TrusteeKey(public_key=public, proof=proof) for public, proof in keys])


def _proofs(state: State, election_id: str, entries: Sequence[bytes]) -> dict[str, Proof]:
    """By public key, the proofs that the acts in force bring."""
    found = {}
    for standing in state.acts.values():
        if standing.kind == "trustee.key" and standing.status == "in-force":
            data = parse_act(entries[standing.index]).data
            if data["election"] == election_id:
                found[data["public_key"]] = Proof(int(data["challenge"]), int(data["response"]))
    return found


# --- one trustee's steps


def certify_step(act: str, election: Election, number: int, key: ChannelKey, chance: Chance) -> Step:
    """First: the two keys of this ceremony, certified. Raises: Refused."""
    raw = certify(key, size=len(election.trustees), threshold=election.needed, index=number, chance=chance)
    return Step(kind="trustee.certify", data={"election": act, "certificate": raw.decode()})


def make_letters(election: Election, number: int, key: ChannelKey, chance: Chance) -> bytes:
    """A polynomial and the sealed values of it, to be kept until everybody has committed. Raises: as the checks do."""
    return deal(key, certificates_of(election), number, chance)


def promise_step(act: str, election: Election, number: int, letters: bytes) -> Step:
    """Second: a commitment to the letters made. Raises: Forged, Malformed, for letters to other trustees than these."""
    commitment = polynomial_commitment(letters)
    check_polynomial(certificates_of(election), number, letters, commitment)
    return Step(kind="trustee.promise", data={"election": act, "commitment": commitment})


def deal_step(act: str, election: Election, number: int, letters: bytes) -> Step:
    """Third: the letters are shown.

    Raises: Missing, Refused, while not everybody committed, or to other letters; Forged, Malformed as ``promise_step``.
    """
    certificates = certificates_of(election)
    may_show(certificates, number, letters, _promises(election))
    check_polynomial(certificates, number, letters, _promises(election)[number])
    return Step(kind="trustee.deal", data={"election": act, "letters": letters.decode()})


def share_step(act: str, election: Election, number: int, key: ChannelKey, chance: Chance) -> Step:
    """Last: what all dealt to this trustee is checked, and the key of the share published.

    Raises: Missing; Forged, Refused, Malformed, naming who lied: then ``accuse_step``.
    """
    certificates = certificates_of(election)
    given = make_input(certificates, _polynomials(election), number)
    answer = collect(key, certificates, number, given, _promises(election), chance).answer
    return Step(kind="trustee.share", data={"election": act, "answer": answer.decode()})


def accuse_step(act: str, election: Election, number: int, accused: int, key: ChannelKey, chance: Chance) -> Step:
    """The value that ``accused`` dealt to this trustee is false, opened for all to see.

    Raises: Refused, if it is right; Missing, while nothing is dealt.
    """
    letters = election.trustees[accused - 1].letters.encode()
    if not letters:
        raise Missing(f"trustee {accused} has dealt nothing yet, in the copy that is here")
    certificates = certificates_of(election)
    raw = accuse(key, certificates, accuser=number, accused=accused, polynomial=letters, chance=chance)
    return Step(kind="trustee.accuse", data={"election": act, "accused": accused, "accusation": raw.decode()})


def share_of(election: Election, number: int, key: ChannelKey) -> SecretScalar:
    """The trustee's share of the election's key, again, from their own answer. Raises: Missing, Forged."""
    trustee = election.trustees[number - 1]
    share = open_share(key, trustee.answer.encode())
    if ED25519.format(ED25519.raise_generator_secretly(share)) != trustee.public_key:
        raise Forged("the share in your answer is not the one whose key was published in your name; tell the clerk")
    return share


# --- shuffles


def shuffle_chain(
    election: Election, paper: BallotElection, tally: Tally, blob: BlobReader
) -> tuple[list[tuple[int, bytes]], Tally]:
    """The shuffles that hold, one after the other, as (trustee number, payload), and what the last one leaves.

    Of several that continue the same one the first in the record counts; one whose proof fails, or that is not at hand,
    is passed over. Each trustee stands in it once.
    """
    chain: list[tuple[int, bytes]] = []
    before = sha256(tally.raw).hexdigest()
    while True:
        taken = {number for number, _ in chain}
        for each in election.shuffles:
            number = next(at for at, trustee in enumerate(election.trustees, start=1) if trustee.key == each.key)
            if (each.position, each.before) != (len(chain), before) or number in taken:
                continue
            with suppress(Fault):
                raw = blob(each.payload)
                tally = check_shuffle(paper, tally, raw)
                chain.append((number, raw))
                before = each.payload
                break
        else:
            return chain, tally
