"""What an election's acts fix about its archive: the ballot paper, byte for byte, and the lot (``spec/elections.md``).

The paper is made by a rule from the acts alone, so that nobody chooses its wording when the box opens, and the fold can
recompute its fingerprint without reading any file.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from majlis.ballot import ChoiceQuestion, Process, RollAct, format_election, parse_election
from majlis.crypto import ED25519, Point, Proof, check_equality, parse_scalar
from majlis.institutions.evidence import BoxClaim, TrusteeClaim
from majlis.institutions.state import Candidate, Election, State

FOR: Final = "for / مع"
AGAINST: Final = "against / ضد"


def question(election: Election, names: tuple[str, ...]) -> ChoiceQuestion:
    """The one question of the paper; answering with a blank vote is always possible.

    Delegates: choose one to as many as there are seats. Motion or recall: for or against.
    """
    if election.purpose == "delegates":
        return ChoiceQuestion(
            question=f"delegates / المندوبون ({election.seats})",
            answers=names,
            min=1,
            max=min(election.seats, len(names)),
            blank=True,
        )
    text = f"{election.purpose} {election.subject}"
    return ChoiceQuestion(question=text, answers=(FOR, AGAINST), min=1, max=1, blank=True)


def paper(state: State, election: Election) -> bytes:
    """The exact bytes of election.json."""
    product = ED25519.identity
    for trustee in election.trustees:
        product = ED25519.multiply(product, ED25519.check(ED25519.parse(trustee.public_key)))
    names = state.founding.names if state.founding else {}
    title = next(iter(sorted(names.values())), state.identity[:16])
    return format_election(
        uuid=election.uuid,
        name=title,
        description=f"majlis/1 {state.identity}",
        public_key=product,
        questions=(question(election, answers(election.candidates)),),
    )


def answers(candidates: tuple[Candidate, ...]) -> tuple[str, ...]:
    """The names on the paper; equal names are told apart by the first eight digits of their keys."""
    names = [candidate.name for candidate in candidates]
    return tuple(
        name if names.count(name) == 1 else f"{name} ({candidate.key[:8]})"
        for name, candidate in zip(names, candidates, strict=True)
    )


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
                public_key=trustee.public_key,
                commitment=trustee.commitment,
                payload=trustee.payload,
                sidecar=trustee.sidecar,
            )
            for trustee in election.trustees
        ),
        credentials=election.credentials,
        voters=election.voters,
        head=head,
        heads=election.heads,
        min_ballots=election.charter.min_ballots,
    )


def process(claim: BoxClaim, sidecars: Sequence[bytes]) -> Process:
    """The claim in the words of the verifier. ``sidecars``: the blobs that the claim names, in the trustees' order."""
    numbered = dict(enumerate(claim.trustees, start=1))
    return Process(
        election_hash=sha256(claim.paper).hexdigest(),
        trustee_keys={number: trustee.public_key for number, trustee in numbered.items()},
        roll=RollAct(hash=claim.credentials, voters=claim.voters, weight=claim.voters),
        decryption_commitments={number: trustee.commitment for number, trustee in numbered.items()},
        decryption_acts={number: trustee.payload for number, trustee in numbered.items()},
        sidecars=dict(enumerate(sidecars, start=1)),
        head=claim.head,
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


def lot_base(case: str) -> Point:
    """The point of unknown logarithm that each trustee raises to the secret key."""
    return ED25519.independent_generator(int.from_bytes(sha256(case.encode()).digest(), "big"))


def lot_prefix(case: str, public_key: str, value: str) -> str:
    """The statement that a lot share's proof binds."""
    return f"{case}|{public_key}|{value}|"


def check_lot_share(case: str, public_key: str, value: str, proof: Proof) -> None:
    """``value`` = base^x for the x of the trustee's public key. Raises: Malformed, NotInGroup or Forged."""
    public = ED25519.check(ED25519.parse(public_key))
    raised = ED25519.check(ED25519.parse(value))
    prefix = lot_prefix(case, public_key, value)
    check_equality(ED25519, prefix, proof, public=public, base=lot_base(case), raised=raised)


def lot_seed(election: Election) -> bytes | None:
    """The 32-byte seed once every trustee gave a share, else None. Unique: no trustee can choose it."""
    product = ED25519.identity
    for trustee in election.trustees:
        if not trustee.lot:
            return None
        product = ED25519.multiply(product, ED25519.check(ED25519.parse(trustee.lot)))
    return sha256(b"majlis-lot-seed-1|" + ED25519.format(product).encode()).digest()
