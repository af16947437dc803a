"""A shuffle of ranked ballots: the same votes, re-encrypted and in another order, with the proof that this is all.

    {"ciphertexts":[[ciphertext…]…],"proofs":[proof…]}                         one list for each ranked question
    proof = [[t1,t2,t3,[t41,t42],[th_1..th_N]],[s1,s2,s3,s4,[sh_1..sh_N],[sp_1..sp_N]],[c_1..c_N],[ch_1..ch_N]]

Terelius-Wikstroem in the form of the CHVote specification. With generators h = ggen(-1), h_i = ggen(i-1), input e,
output e', str() joining points each followed by ",", st1 = str(e) ++ str(e') ++ str(c):

    Hx  = SHA-256("shuffle-challenges|" ++ phi ++ "|" ++ st1) in hex
    u_i = SHA-256(Hx ++ SHA-256(decimal of i-1) in hex) mod q
    cc  = SHA-256("shuffle-challenge|" ++ phi ++ "|" ++ str(t1,t2,t3,t41,t42) ++ str(th) ++ st1 ++ str(ch) ++ y) mod q

    t1  = (Πc_i/Πh_i)^-cc · g^s1                      t41 = (Πbeta_i^u_i)^-cc · y^-s4 · Πbeta'_i^sp_i
    t2  = (ch_N/h^Πu_i)^-cc · g^s2                    t42 = (Πalpha_i^u_i)^-cc · g^-s4 · Πalpha'_i^sp_i
    t3  = (Πc_i^u_i)^-cc · g^s3 · Πh_i^sp_i           th_i = ch_i^-cc · g^sh_i · ch_(i-1)^sp_i, with ch_0 = h

Cost: 9 multiplications and 7 membership checks for each ciphertext. How one is made: ``mix.py``.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` section 11. Rules R-BOX-52 to R-BOX-54.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import NamedTuple

import msgspec

from majlis.ballot.election import Election, RankedQuestion
from majlis.ballot.tally import Tally
from majlis.ballot.wire import CiphertextText, decode, parse_pair, ruled
from majlis.crypto import Ciphertext, Group, Point, PointBytes, parse_scalar, sha256_hex
from majlis.errors import Fault, Forged, Malformed

__all__ = [
    "ShuffleClaim",
    "ShuffleProofText",
    "ShuffleText",
    "check_shuffle",
    "ranked_questions",
    "shuffle_challenge",
    "shuffle_challenges",
    "shuffle_statement",
]

_Commitments = tuple[str, str, str, tuple[str, str], list[str]]
_Responses = tuple[str, str, str, str, list[str], list[str]]
_Pair = tuple[PointBytes, PointBytes]

ShuffleProofText = tuple[_Commitments, _Responses, list[str], list[str]]
"""The proof of one question's shuffle as written."""


class ShuffleText(msgspec.Struct, frozen=True):
    """A shuffle as written."""

    ciphertexts: list[list[CiphertextText]]
    proofs: list[ShuffleProofText]


class _Proof(msgspec.Struct, frozen=True, kw_only=True):
    """t, th, c and ch are members; the rest are scalars."""

    t: tuple[Point, Point, Point, Point, Point]
    chain_t: tuple[Point, ...]
    s: tuple[int, int, int, int]
    chain_s: tuple[int, ...]
    vote_s: tuple[int, ...]
    committed: tuple[Point, ...]
    chain: tuple[Point, ...]


class ShuffleClaim(NamedTuple):
    """What has to hold of one question: all points are members, and the equations above hold with these scalars.

    points    alpha_i, beta_i of e; the same of e'; c_i; ch_i; th_i; t1, t2, t3, t41, t42
    scalars   u_i; sp_i; sh_i; s1, s2, s3, s4, cc
    """

    points: list[PointBytes]
    scalars: list[int]


def check_shuffle(
    election: Election,
    tally: Tally,
    raw: bytes,
    *,
    holds: Callable[[Sequence[ShuffleClaim]], bool] | None = None,
) -> Tally:
    """The tally with its ranked ciphertexts as the shuffle leaves them.

    ``holds``: a faster way to see that all questions' claims hold; where it does not say so, all is looked at here.
    Raises: Malformed, NonCanonical (R-BOX-52); NotInGroup (R-BOX-53); Forged (R-BOX-54), naming the question.
    """
    group = election.group
    ranked = ranked_questions(election)
    try:
        text = decode(ShuffleText, raw, "the shuffle")
        if not len(text.ciphertexts) == len(text.proofs) == len(ranked):
            raise Malformed("there is not one list and one proof for each ranked question")
        outputs = [[parse_pair(group, pair) for pair in column] for column in text.ciphertexts]
        parsed = [
            _parse_proof(group, proof, len(tally.ciphertexts[i]), len(output))
            for i, proof, output in zip(ranked, text.proofs, outputs, strict=True)
        ]
    except Fault as fault:
        raise ruled(fault, "R-BOX-52") from None
    shuffled = list(tally.ciphertexts)
    if holds is not None:
        questions = zip(ranked, outputs, parsed, strict=True)
        if holds([_claim(election, tally.ciphertexts[i], output, proof) for i, output, proof in questions]):
            for i, output in zip(ranked, outputs, strict=True):
                shuffled[i] = tuple(Ciphertext(Point(alpha), Point(beta)) for alpha, beta in output)
            return msgspec.structs.replace(tally, ciphertexts=tuple(shuffled))
    proofs = []
    for i, output, encoded in zip(ranked, outputs, parsed, strict=True):
        try:
            shuffled[i] = tuple(Ciphertext(group.check(alpha), group.check(beta)) for alpha, beta in output)
            proofs.append(_admit(group, encoded))
        except Forged as fault:
            raise ruled(fault, "R-BOX-53", f"question {i + 1}") from None
    for i, proof in zip(ranked, proofs, strict=True):
        if not _holds(election, tally.ciphertexts[i], shuffled[i], proof):
            raise Forged("these are not the same votes in another order", where=f"question {i + 1}", rule="R-BOX-54")
    return msgspec.structs.replace(tally, ciphertexts=tuple(shuffled))


def ranked_questions(election: Election) -> list[int]:
    """The places, from 0, of the questions that a shuffle is about."""
    return [i for i, question in enumerate(election.questions) if isinstance(question, RankedQuestion)]


def shuffle_statement(
    group: Group, before: Sequence[_Pair], after: Sequence[_Pair], committed: Sequence[PointBytes]
) -> str:
    """st1: what is shuffled, what came out, and the commitment to the permutation."""
    return _pairs(group, before) + _pairs(group, after) + _points(group, committed)


def shuffle_challenges(order: int, election_hash: str, text: str, count: int) -> list[int]:
    """u_1..u_count for a shuffle whose ciphertexts and commitments print as ``text`` (st1)."""
    head = sha256_hex(f"shuffle-challenges|{election_hash}|{text}".encode())
    return [_scalar_of(order, head + sha256_hex(str(i).encode())) for i in range(count)]


def shuffle_challenge(
    election: Election,
    t: Sequence[PointBytes],
    chain_t: Sequence[PointBytes],
    statement: str,
    chain: Sequence[PointBytes],
) -> int:
    """cc, for the commitments of a proof."""
    group = election.group
    text = f"{_points(group, t)}{_points(group, chain_t)}{statement}{_points(group, chain)}"
    prefix = f"shuffle-challenge|{election.fingerprint}|"
    return _scalar_of(group.order, f"{prefix}{text}{group.format(election.public_key)}")


class _Encoded(msgspec.Struct, frozen=True, kw_only=True):
    t: tuple[PointBytes, ...]
    chain_t: tuple[PointBytes, ...]
    s: tuple[int, int, int, int]
    chain_s: tuple[int, ...]
    vote_s: tuple[int, ...]
    committed: tuple[PointBytes, ...]
    chain: tuple[PointBytes, ...]


def _parse_proof(group: Group, text: ShuffleProofText, size: int, after: int) -> _Encoded:
    (t1, t2, t3, (t41, t42), chain_t), (s1, s2, s3, s4, chain_s, vote_s), committed, chain = text
    if {len(chain_t), len(chain_s), len(vote_s), len(committed), len(chain), after} != {size}:
        raise Malformed(f"a shuffle of {size} ballots has {size} of everything")

    def scalar(value: str) -> int:
        return parse_scalar(value, group.order)

    return _Encoded(
        t=tuple(map(group.parse, (t1, t2, t3, t41, t42))),
        chain_t=tuple(map(group.parse, chain_t)),
        s=(scalar(s1), scalar(s2), scalar(s3), scalar(s4)),
        chain_s=tuple(map(scalar, chain_s)),
        vote_s=tuple(map(scalar, vote_s)),
        committed=tuple(map(group.parse, committed)),
        chain=tuple(map(group.parse, chain)),
    )


def _admit(group: Group, proof: _Encoded) -> _Proof:
    t1, t2, t3, t41, t42 = map(group.check, proof.t)
    return _Proof(
        t=(t1, t2, t3, t41, t42),
        chain_t=tuple(map(group.check, proof.chain_t)),
        s=proof.s,
        chain_s=proof.chain_s,
        vote_s=proof.vote_s,
        committed=tuple(map(group.check, proof.committed)),
        chain=tuple(map(group.check, proof.chain)),
    )


def _claim(election: Election, before: Sequence[Ciphertext], after: Sequence[_Pair], proof: _Encoded) -> ShuffleClaim:
    group = election.group
    st1 = shuffle_statement(group, before, after, proof.committed)
    u = shuffle_challenges(group.order, election.fingerprint, st1, len(before))
    cc = shuffle_challenge(election, proof.t, proof.chain_t, st1, proof.chain)
    pairs: list[_Pair] = [*before, *after]
    points = [point for pair in pairs for point in pair]
    return ShuffleClaim(
        [*points, *proof.committed, *proof.chain, *proof.chain_t, *proof.t],
        [*u, *proof.vote_s, *proof.chain_s, *proof.s, cc],
    )


def _holds(election: Election, before: tuple[Ciphertext, ...], after: tuple[Ciphertext, ...], proof: _Proof) -> bool:
    group, y = election.group, election.public_key
    size = len(before)
    h = group.independent_generator(-1)
    hs = [group.independent_generator(i) for i in range(size)]
    st1 = shuffle_statement(group, before, after, proof.committed)
    u = shuffle_challenges(group.order, election.fingerprint, st1, size)
    cc = shuffle_challenge(election, proof.t, proof.chain_t, st1, proof.chain)
    s1, s2, s3, s4 = proof.s

    def powers(points: Sequence[Point], exponents: Sequence[int]) -> Point:
        return group.product(group.power(point, x) for point, x in zip(points, exponents, strict=True))

    def equation(base: Point, *factors: Point) -> Point:
        return group.product([group.power(base, -cc), *factors])

    alphas, betas = [each.alpha for each in before], [each.beta for each in before]
    alphas_after, betas_after = [each.alpha for each in after], [each.beta for each in after]
    last = proof.chain[-1] if size else h
    expected = [
        equation(group.divide(group.product(proof.committed), group.product(hs)), group.raise_generator(s1)),
        equation(group.divide(last, group.power(h, prod(u))), group.raise_generator(s2)),
        equation(powers(proof.committed, u), group.raise_generator(s3), powers(hs, proof.vote_s)),
        equation(powers(betas, u), group.power(y, -s4), powers(betas_after, proof.vote_s)),
        equation(powers(alphas, u), group.raise_generator(-s4), powers(alphas_after, proof.vote_s)),
    ]
    for i in range(size):
        link = h if i == 0 else proof.chain[i - 1]
        expected.append(
            equation(proof.chain[i], group.raise_generator(proof.chain_s[i]), group.power(link, proof.vote_s[i]))
        )
    return expected == [*proof.t, *proof.chain_t]


def _scalar_of(order: int, text: str) -> int:
    return int(sha256_hex(text.encode()), 16) % order


def _points(group: Group, points: Sequence[PointBytes]) -> str:
    return "".join(f"{group.format(point)}," for point in points)


def _pairs(group: Group, pairs: Sequence[_Pair]) -> str:
    return "".join(f"{group.format(alpha)},{group.format(beta)}," for alpha, beta in pairs)
