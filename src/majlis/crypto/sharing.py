"""A secret shared among n, of whom any t can use it together: polynomials, and their image in the exponent.

    f(x) = a_0 + a_1*x + ... + a_(t-1)*x^(t-1)  mod q     the secret is a_0 = f(0); member j = 1..n has the share f(j)
    A_k = g^a_k                                           public; g^f(j) = product over k of A_k^(j^k)
    lambda_j = product over the other k of k/(k-j) mod q  f(0) = sum of lambda_j * f(j) over any t members

Fewer than t shares say nothing of f(0). Sums of polynomials share the sums of secrets, so that nobody needs to know
the whole.

Source: Shamir, How to share a secret (1979); Feldman (1987); Pedersen (1991); ``spec/ballot.md`` sections 5 and 12.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from majlis.crypto.group import Group, Point
from majlis.crypto.scalar import SecretScalar, secret_sum

__all__ = ["combine_powers", "lagrange", "share_in_exponent", "share_of"]


def share_of(coefficients: Sequence[SecretScalar], index: int) -> SecretScalar:
    """f(index), of the polynomial with these coefficients, a_0 first."""
    share = secret_sum([])
    for coefficient in reversed(coefficients):
        share = share * index + coefficient
    return share


def share_in_exponent(group: Group, commitments: Sequence[Point], index: int) -> Point:
    """g^f(index), by the commitments A_0, A_1, ... alone. Cost: one multiplication less than there are commitments."""
    power = group.identity
    for commitment in reversed(commitments):
        power = group.multiply(group.power(power, index), commitment)
    return power


def lagrange(group: Group, indices: Collection[int], own: int) -> int:
    """The weight of member ``own`` among the members ``indices``, who are distinct."""
    weight = 1
    for other in indices:
        if other != own:
            weight = weight * other * pow(other - own, -1, group.order) % group.order
    return weight


def combine_powers(group: Group, powers: Mapping[int, Point]) -> Point:
    """a^f(0) of the a^f(j) of as many members as are needed, by index: the same point whoever they are."""
    return group.product(group.power(power, lagrange(group, powers, index)) for index, power in powers.items())
