"""What an election's acts fix about its archive: the ballot paper, byte for byte, and the lot (``spec/elections.md``).

The paper is made by a rule from the acts alone, so that nobody chooses its wording when the box opens, and the fold can
recompute its fingerprint without reading any file.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from majlis.ballot import (
    ChoiceQuestion,
    Process,
    RankedQuestion,
    RollAct,
    ShuffleAct,
    certificate_commitment,
    format_election,
    parse_election,
)
from majlis.crypto import ED25519, Point, Proof, combine_powers, parse_scalar
from majlis.institutions.evidence import BoxClaim, TrusteeClaim
from majlis.institutions.state import Candidate, Election, State, Trustee

FOR: Final = "for / مع"
AGAINST: Final = "against / ضد"
_LEAST_DIGITS: Final = 8


def question(election: Election) -> ChoiceQuestion | RankedQuestion:
    """The one question of the paper; answering with a blank vote is always possible.

    Delegates: rank the candidates, or choose one to as many as there are seats. Motion or recall: for or against.
    """
    if election.purpose != "delegates":
        text = f"{election.purpose} {election.subject}"
        return ChoiceQuestion(question=text, answers=(FOR, AGAINST), min=1, max=1, blank=True)
    text, names = f"delegates / المندوبون ({election.seats})", answers(election.candidates)
    if election.is_ranked:
        return RankedQuestion(question=text, answers=names)
    most = min(election.seats, len(names))
    return ChoiceQuestion(question=text, answers=names, min=1, max=most, blank=True)


def paper(state: State, election: Election) -> bytes:
    """The exact bytes of election.json."""
    names = state.founding.names if state.founding else {}
    title = next(iter(sorted(names.values())), state.identity[:16])
    return format_election(
        uuid=election.uuid,
        name=title,
        description=f"majlis/1 {state.identity}",
        public_key=election_key(election),
        questions=(question(election),),
    )


def election_key(election: Election) -> Point:
    """The key to which ballots are sealed: the product of the trustees' keys, or of what they all dealt."""
    parts = [t.coefexps[0] if election.is_threshold else t.public_key for t in election.trustees]
    return ED25519.product(ED25519.check(ED25519.parse(part)) for part in parts)


def answers(candidates: tuple[Candidate, ...]) -> tuple[str, ...]:
    """The names on the paper (R-ELECT-14): each with the first digits of its key in brackets, at least eight, and as
    many as tell all keys apart. Who takes another's name cannot take their digits too.
    """
    keys = {candidate.key for candidate in candidates}
    digits = next(n for n in range(_LEAST_DIGITS, 65) if len({key[:n] for key in keys}) == len(keys))
    return tuple(f"{candidate.name} ({candidate.key[:digits]})" for candidate in candidates)


def fingerprint(state: State, election: Election) -> str:
    """The election hash (43 characters of base64) that every ballot of this election must name."""
    return parse_election(paper(state, election)).fingerprint


def claim(state: State, election: Election, head: str) -> BoxClaim:
    """What the signed acts say of the archive that ends at ``head``."""
    return BoxClaim(
        uuid=election.uuid,
        paper=paper(state, election),
        trustees=tuple(
            TrusteeClaim(
                public_key=_certified(trustee) if election.is_threshold else trustee.public_key,
                promise=trustee.promise,
                commitment=trustee.commitment,
                payload=trustee.payload,
                sidecar=trustee.sidecar,
            )
            for trustee in election.trustees
        ),
        shuffles=tuple(
            ShuffleAct(trustee=each.key, position=each.position, input_hash=each.before, payload_hash=each.payload)
            for each in election.shuffles
        ),
        shufflers=election.charter.shufflers if election.is_ranked else 0,
        credentials=election.credentials,
        list_root=election.list_root,
        voters=election.voters,
        head=head,
        heads=election.heads,
        min_ballots=election.charter.min_ballots,
    )


def _certified(trustee: Trustee) -> str:
    return certificate_commitment(trustee.certificate.encode()) if trustee.certificate else ""


def process(claim: BoxClaim, sidecars: Mapping[int, bytes]) -> Process:
    """The claim in the words of the verifier. ``sidecars``: the blobs that it names, by trustee number from 1."""
    numbered = dict(enumerate(claim.trustees, start=1))
    return Process(
        election_hash=sha256(claim.paper).hexdigest(),
        trustee_keys={number: trustee.public_key for number, trustee in numbered.items()},
        polynomial_commitments={number: trustee.promise for number, trustee in numbered.items() if trustee.promise},
        roll=RollAct(hash=claim.credentials, voters=claim.voters, weight=claim.voters),
        shuffles=claim.shuffles,
        shuffles_needed=claim.shufflers,
        decryption_commitments={n: trustee.commitment for n, trustee in numbered.items() if trustee.commitment},
        decryption_acts={number: trustee.payload for number, trustee in numbered.items() if trustee.payload},
        sidecars=sidecars,
        head=claim.head or None,
        heads_seen=claim.heads,
        minimum_ballots=claim.min_ballots,
    )


def read_proof(challenge: str, response: str) -> Proof:
    """The proof as an act prints it. Raises: Malformed where a number is not below the group's order."""
    return Proof(parse_scalar(challenge, ED25519.order), parse_scalar(response, ED25519.order))


def lot_case(election: Election) -> str:
    """What the lot of this election is drawn on: fixed once the box is closed, before anybody can know the seed."""
    head = election.heads[-1][1] if election.heads else ""
    return f"majlis-lot-1|{election.uuid}|{head}"


def lot_seed(election: Election) -> bytes | None:
    """The 32-byte seed once as many trustees gave a share as open the box, or dice stand in for them, else None.

    Unique: any of the trustees make the same, and none can choose it.
    """
    if election.dice:
        return bytes.fromhex(election.dice)
    given = [number for number, trustee in enumerate(election.trustees, start=1) if trustee.lot][: election.needed]
    if len(given) < election.needed:
        return None
    shares = {number: ED25519.check(ED25519.parse(election.trustees[number - 1].lot)) for number in given}
    drawn = combine_powers(ED25519, shares) if election.is_threshold else ED25519.product(shares.values())
    return sha256(b"majlis-lot-seed-1|" + ED25519.format(drawn).encode()).digest()
