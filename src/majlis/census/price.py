"""Prices that prove how many districts there can be at most, found by whomever and checked by anybody.

    {"format":"majlis-prices/v1","prices":{"164176":4105,"164479":0}}

Every place has a price, a whole number from 0. If every connected set of places that holds the quota costs the quota or
more, then k disjoint districts cost k * quota or more, and there are at most (all prices) div quota of them: in each
connected part by itself. With the people as prices that is the bound by people. Better prices are the dual of the
linear relaxation of packing districts; a solver finds them, and no solver is needed to check them: the sets that are
still too cheap are walked through, each once, until none of them reaches the quota.

Places of which the file says nothing cost as many as live there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from majlis.errors import Malformed, Refused

FORMAT = "majlis-prices/v1"
MOST_STEPS = 20_000_000
"""Sets that a check looks at before it gives up: about a minute of one core."""
_MOST_BYTES = 16 * 2**20

_Set = tuple[int, int, tuple[int, ...], tuple[int, ...], frozenset[int]]
"""People, cost, who may still join, who is in, and whom it has met."""

Price = Annotated[int, Meta(ge=0, le=2**31)]


class Prices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price of each place, by its id; of places that must stay together, under the first of their ids."""

    format: str = FORMAT
    prices: dict[str, Price]


def format_prices(prices: Mapping[str, int]) -> bytes:
    """The prices as a file."""
    return msgspec.json.encode(Prices(prices=dict(sorted(prices.items()))), order="sorted") + b"\n"


def parse_prices(data: bytes) -> dict[str, int]:
    """The prices of a file. Raises: Malformed."""
    if len(data) > _MOST_BYTES:
        raise Malformed(f"prices of {len(data)} bytes; at most {_MOST_BYTES} are read", rule="R-PLAN-22")
    try:
        found = msgspec.json.decode(data, type=Prices)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as wrong:
        raise Malformed(f"these are no prices: {wrong}; expected the form of spec/plan.md", rule="R-PLAN-22") from None
    if found.format != FORMAT:
        raise Malformed(f"format {found.format!r}; this program reads {FORMAT!r}", rule="R-PLAN-22")
    return found.prices


def too_cheap(
    people: Sequence[int],
    near: Sequence[Sequence[int]],
    quota: int,
    prices: Sequence[int],
    *,
    each: int = 1,
    steps: int = MOST_STEPS,
) -> list[tuple[int, ...]]:
    """Connected sets that hold the quota and cost less, at most so many for ``each`` smallest place; none: proven.

    Raises:
        Refused: more than so many ``steps`` would be needed to tell.
    """
    found: list[tuple[int, ...]] = []
    for start in range(len(people)):
        before = len(found)
        if people[start] >= quota > prices[start]:
            found.append((start,))
            continue
        beside = tuple(j for j in near[start] if j > start)
        stack: list[_Set] = [(people[start], prices[start], beside, (start,), frozenset(beside))]
        if prices[start] >= quota:
            continue
        while stack and len(found) - before < each:
            held, cost, beside, inside, met = stack.pop()
            steps -= 1
            if steps < 0:
                raise Refused("more sets would have to be looked at than a check may", rule="R-PLAN-22")
            for at, joining in enumerate(beside):
                costs = cost + prices[joining]
                if costs >= quota:
                    continue
                if held + people[joining] >= quota:
                    found.append((*inside, joining))
                    continue
                fresh = tuple(j for j in near[joining] if j > start and j not in met)
                rest = beside[at + 1 :] + fresh
                stack.append((held + people[joining], costs, rest, (*inside, joining), met.union(fresh)))
    return found


def most_by_prices(people: Sequence[int], near: Sequence[Sequence[int]], quota: int, prices: Sequence[int]) -> int:
    """The proven bound for one connected part. Raises: Refused, where some set is too cheap, or it cannot be told."""
    if too_cheap(people, near, quota, prices):
        raise Refused(
            f"some connected places hold {quota} people and cost less: these prices prove nothing", rule="R-PLAN-22"
        )
    return sum(prices) // quota
