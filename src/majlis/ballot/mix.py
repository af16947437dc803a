"""Making a shuffle: every ranked vote encrypted anew and put elsewhere, with the proof that nothing else changed.

    order     j_1..j_N: from I = [1..N], for i = 0..N-1 pick k of i..N-1, put j_(i+1) = I[k] and I[k] = I[i]
    votes     e again as (alpha·g^r', beta·y^r'); e'_i is the new e_(j_i)
    commit    c_(j_i) = g^r_(j_i) · h_i                         u by ``shuffle_challenges``, u'_i = u_(j_i)
    chain     ch_0 = h, ch_i = g^rh_i · ch_(i-1)^u'_i           v_N = 1, v_i = u'_(i+1)·v_(i+1)
    t         t1 = g^om_1, t2 = g^om_2, t3 = g^om_3 · Πh_i^op_i, t41 = y^-om_4 · Πbeta'_i^op_i,
              t42 = g^-om_4 · Πalpha'_i^op_i, th_i = g^oh_i · ch_(i-1)^op_i         cc by ``shuffle_challenge``
    s         s1 = om_1 + cc·Σr_i, s2 = om_2 + cc·Σrh_i·v_i, s3 = om_3 + cc·Σr_i·u_i, s4 = om_4 + cc·Σr'_i·u_i,
              sh_i = oh_i + cc·rh_i, sp_i = op_i + cc·u'_i

Whoever shuffles forgets the order: nothing of it is kept. Votes stay secret as long as one shuffler is honest.

Source: Belenios specification, crypto v1; ``spec/ballot.md`` section 11. Checked by ``shuffle.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

from majlis.ballot.election import Election
from majlis.ballot.shuffle import (
    ShuffleProofText,
    ShuffleText,
    ranked_questions,
    shuffle_challenge,
    shuffle_challenges,
    shuffle_statement,
)
from majlis.ballot.tally import Tally
from majlis.ballot.wire import encode, format_ciphertext
from majlis.crypto import ED25519, ORDER, Chance, Ciphertext, Point, SecretScalar, draw_scalar, secret_sum
from majlis.errors import Refused

__all__ = ["shuffle_tally"]

_ZERO = SecretScalar(bytes(32))


def shuffle_tally(election: Election, tally: Tally, chance: Chance) -> bytes:
    """The shuffle payload. ``tally``: as archived for the first shuffle, then what ``check_shuffle`` gave of the last.

    ``chance`` gives for each ranked question the order, r', r, rh, om, oh and op. Cost: 10 multiplications for each
    ciphertext.
    Raises: Refused, outside Ed25519 (R-BOX-19) or where no question is ranked (R-BOX-11).
    """
    if election.group is not ED25519:
        raise Refused("boxes are shuffled in group Ed25519 only; other groups are read", rule="R-BOX-19")
    ranked = ranked_questions(election)
    if not ranked:
        raise Refused("no question of this election is ranked, so there is nothing to shuffle", rule="R-BOX-11")
    shuffled = [_shuffle(election, tally.ciphertexts[i], chance) for i in ranked]
    return encode(
        ShuffleText(
            [[format_ciphertext(ED25519, each) for each in after] for after, _ in shuffled],
            [proof for _, proof in shuffled],
        )
    )


def _shuffle(
    election: Election, before: Sequence[Ciphertext], chance: Chance
) -> tuple[list[Ciphertext], ShuffleProofText]:
    y, size = election.public_key, len(before)
    order = _draw_order(size, chance)
    renewed_by = _draw(size, chance)
    renewed = [_renewed(y, each, r) for each, r in zip(before, renewed_by, strict=True)]
    after = [renewed[j] for j in order]

    h, hs = ED25519.independent_generator(-1), [ED25519.independent_generator(i) for i in range(size)]
    committed_by, committed = [_ZERO] * size, [ED25519.identity] * size
    for h_i, j in zip(hs, order, strict=True):
        committed_by[j] = draw_scalar(chance)
        committed[j] = ED25519.multiply(ED25519.raise_generator_secretly(committed_by[j]), h_i)
    statement = shuffle_statement(ED25519, before, after, committed)
    u = shuffle_challenges(ORDER, election.fingerprint, statement, size)
    u_after = [_ZERO + u[j] for j in order]

    chained_by = _draw(size, chance)
    links = [h]
    for r, x in zip(chained_by, u_after, strict=True):
        links.append(_linked(r, links[-1], x))
    chain = links[1:]

    om1, om2, om3, om4 = _draw(4, chance)
    chain_om, vote_om = _draw(size, chance), _draw(size, chance)
    less_om4 = _ZERO - om4
    t = [
        ED25519.raise_generator_secretly(om1),
        ED25519.raise_generator_secretly(om2),
        _product(ED25519.raise_generator_secretly(om3), hs, vote_om),
        _product(ED25519.power_secretly(y, less_om4), [each.beta for each in after], vote_om),
        _product(ED25519.raise_generator_secretly(less_om4), [each.alpha for each in after], vote_om),
    ]
    chain_t = [_linked(r, link, x) for r, link, x in zip(chain_om, links[:-1], vote_om, strict=True)]

    cc = shuffle_challenge(election, t, chain_t, statement, chain)
    v = [_ZERO + 1] * size
    for i in range(size - 2, -1, -1):
        v[i] = u_after[i + 1] * v[i + 1]
    s = [
        om1 + secret_sum(committed_by) * cc,
        om2 + secret_sum(a * b for a, b in zip(chained_by, v, strict=True)) * cc,
        om3 + secret_sum(a * b for a, b in zip(committed_by, u, strict=True)) * cc,
        om4 + secret_sum(a * b for a, b in zip(renewed_by, u, strict=True)) * cc,
    ]
    chain_s = [om + r * cc for om, r in zip(chain_om, chained_by, strict=True)]
    vote_s = [om + x * cc for om, x in zip(vote_om, u_after, strict=True)]

    t1, t2, t3, t41, t42 = map(ED25519.format, t)
    s1, s2, s3, s4 = map(_number, s)
    proof = (
        (t1, t2, t3, (t41, t42), [ED25519.format(each) for each in chain_t]),
        (s1, s2, s3, s4, [_number(each) for each in chain_s], [_number(each) for each in vote_s]),
        [ED25519.format(each) for each in committed],
        [ED25519.format(each) for each in chain],
    )
    return after, proof


def _draw_order(size: int, chance: Chance) -> list[int]:
    """A permutation of 0..size-1, uniform within 2^-200: each pick is 32 random bytes modulo what is left."""
    left = list(range(size))
    order = []
    for i in range(size):
        k = i + int.from_bytes(chance(32), "big") % (size - i)
        order.append(left[k])
        left[k] = left[i]
    return order


def _draw(count: int, chance: Chance) -> list[SecretScalar]:
    return [draw_scalar(chance) for _ in range(count)]


def _renewed(y: Point, old: Ciphertext, r: SecretScalar) -> Ciphertext:
    """The same vote under fresh randomness."""
    return Ciphertext(
        ED25519.multiply(old.alpha, ED25519.raise_generator_secretly(r)),
        ED25519.multiply(old.beta, ED25519.power_secretly(y, r)),
    )


def _linked(r: SecretScalar, link: Point, x: SecretScalar) -> Point:
    return ED25519.multiply(ED25519.raise_generator_secretly(r), ED25519.power_secretly(link, x))


def _product(first: Point, bases: Sequence[Point], exponents: Sequence[SecretScalar]) -> Point:
    powers = [ED25519.power_secretly(base, x) for base, x in zip(bases, exponents, strict=True)]
    return ED25519.product([first, *powers])


def _number(response: SecretScalar) -> str:
    return str(response.reveal())
